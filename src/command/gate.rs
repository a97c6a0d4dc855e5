//! Who may use a command: the device's row, blocks, wipes and policies.
//!
//! [MS-ASCMD] §2.2.2

use crate::backend::profile::Provisioning;
use crate::command::client::Client;
use crate::command::hierarchy::Multiplex;
use crate::command::{Call, Content, DEVICE_STATUS, Error, Row, Services};
use crate::eas::status::CommonStatus;
use crate::eas::version::ProtocolVersion;
use crate::state::cache::SyncCache;
use crate::state::device::{Device, DeviceProperties, NewDevice, WipeState};
use crate::state::model::Owner;

/// Whether the command may run.
pub(super) enum Verdict {
    /// It may, for this device and user, who have this record of folders.
    Pass(Owner, Box<Device>, Option<SyncCache>),
    /// It may not; the answer, and a word for the log.
    Refuse(Content, &'static str),
}

/// Lets a request pass, or says why not.
///
/// Makes or renews the rows of the device; nothing is written for a user who may not sync.
pub(super) async fn admit(services: &Services, call: &Call, row: &Row) -> Result<Verdict, Error> {
    let profile = &call.account.profile;
    if !profile.allowed {
        return Ok(refuse(call, row, CommonStatus::UserDisabledForSync, "user"));
    }
    let owner = Owner { device: call.device.as_str().to_owned(), user: profile.user.clone() };
    let (device, cache) = match services.devices.open(&owner).await? {
        Some((device, cache)) if device.policy_key.is_some() => (device, cache),
        known => {
            if let Some(max) = profile.max_devices
                && services.devices.count(&owner.user).await? >= max
            {
                return Ok(refuse(call, row, CommonStatus::MaximumDevicesReached, "max-devices"));
            }
            if known.as_ref().is_some_and(|(device, _)| device.properties.is_blocked()) {
                return Ok(refuse(call, row, CommonStatus::DeviceNotAllowed, "blocked"));
            }
            register(services, call, &owner).await?
        }
    };
    if device.properties.is_blocked() {
        return Ok(refuse(call, row, CommonStatus::DeviceNotAllowed, "blocked"));
    }
    let device = renew(services, call, &owner, device).await?;
    if is_to_be_wiped(services, call, &device) && !row.open {
        let document = row.only(DEVICE_STATUS, CommonStatus::RemoteWipeRequested);
        return Ok(Verdict::Refuse(Content::Document(document), "wipe"));
    }
    if !row.open && !is_provisioned(call, &device) {
        let document = (call.version >= ProtocolVersion::V14_0)
            .then(|| row.only(DEVICE_STATUS, CommonStatus::DeviceNotProvisioned));
        return Ok(Verdict::Refuse(Content::MustProvision(document), "policy-key"));
    }
    Ok(Verdict::Pass(owner, Box::new(device), cache))
}

/// Whether somebody wants the device wiped, and the device is to hear of it.
pub(super) fn is_to_be_wiped(services: &Services, call: &Call, device: &Device) -> bool {
    let is_wished = matches!(device.wipe, WipeState::Pending | WipeState::Wiped);
    if is_wished
        && call.account.profile.provisioning == Provisioning::None
        && !services.config.wipe_without_policies
    {
        log::warn!(
            "Wipe of a device is wished, but its user has no policies; \
             set commands.wipe_without_policies to deliver it user={} device={}",
            call.account.profile.user,
            call.device,
        );
        return false;
    }
    is_wished
}

/// Policy keys below this are temporary: given with the policy, and not yet acknowledged.
///
/// Horde draws all its keys from above, and takes ours for what they are.
pub(super) const FIRST_FINAL_KEY: u32 = 1_000_000_000;

fn is_provisioned(call: &Call, device: &Device) -> bool {
    let client = Client {
        device_id: call.device.as_str(),
        device_type: &call.device_type,
        user_agent: &call.user_agent,
        ..Client::default()
    };
    let stored = device.policy_key.unwrap_or(0);
    let holds_it = call.policy_key == stored && stored >= FIRST_FINAL_KEY;
    match call.account.profile.provisioning {
        Provisioning::None => true,
        _ if call.policy_key != 0 => holds_it,
        Provisioning::Force => client.cannot_be_provisioned(),
        Provisioning::Loose => client.cannot_be_provisioned() || client.is_old_android(),
    }
}

/// A refusal in the way of the request's version: a Status where Horde's own commands look at it,
/// HTTP 403 elsewhere.
fn refuse(call: &Call, row: &Row, status: CommonStatus, why: &'static str) -> Verdict {
    let knows_it = ["Sync", "FolderSync", "Ping", "Provision"].contains(&row.name);
    let content = if call.version >= ProtocolVersion::V14_0 && knows_it {
        Content::Document(row.only(row.status, status))
    } else {
        Content::Forbidden
    };
    Verdict::Refuse(content, why)
}

async fn register(
    services: &Services,
    call: &Call,
    owner: &Owner,
) -> Result<(Device, Option<SyncCache>), Error> {
    let properties =
        DeviceProperties::new(&call.site.announced, &call.user_agent, call.version.as_str());
    let kind = call.device_type.clone();
    let agent = call.user_agent.clone();
    let new = NewDevice { kind, agent, properties };
    services.devices.register(owner, &new).await?;
    log::info!("Device paired user={} device={}", owner.user, owner.device);
    services.devices.open(owner).await?.ok_or_else(|| {
        Error::State(crate::state::Error::new(
            crate::state::Kind::Unavailable,
            "the device was removed as it was paired",
        ))
    })
}

/// Writes down the version of this request and, once, which classes the client wants merged.
async fn renew(
    services: &Services,
    call: &Call,
    owner: &Owner,
    device: Device,
) -> Result<Device, Error> {
    let edit = |properties: &mut DeviceProperties| {
        properties.set_version(call.version.as_str());
        if properties.announced().is_none() {
            properties.set_announced(&call.site.announced);
        }
        if properties.multiplex().is_none() {
            properties.set_multiplex(sniffed(call, &device).0);
        }
    };
    let mut after = device.clone();
    edit(&mut after.properties);
    if after.properties != device.properties || device.agent.is_empty() {
        services.devices.touch(owner, &call.user_agent, &edit).await?;
    }
    Ok(after)
}

/// The classes that the client wants merged, by what it said of itself when it paired.
fn sniffed(call: &Call, device: &Device) -> Multiplex {
    let setting = |name| device.properties.setting(name).unwrap_or_default();
    Client {
        device_id: call.device.as_str(),
        device_type: &device.kind,
        user_agent: &device.agent,
        os: &setting("OS"),
        model: &setting("Model"),
    }
    .multiplex()
}
