//! Provision: policies, their acknowledgement, and the remote wipe.
//!
//! [MS-ASPROV] §2.2.2
//!
//! ```xml
//! <Provision><Policies><Policy><PolicyType>MS-EAS-Provisioning-WBXML</PolicyType></Policy>…
//! <Provision><Status>1</Status><Policies><Policy><PolicyType>…</PolicyType><Status>1</Status>
//!   <PolicyKey>17</PolicyKey><Data><EASProvisionDoc>…</EASProvisionDoc></Data></Policy>…
//! <Provision><Policies><Policy><PolicyType>…</PolicyType><PolicyKey>17</PolicyKey><Status>1</Status>…
//! ```
//!
//! Reads the user's policies; writes the policy key of the user's row, the state of the wipe, and
//! the device's information.
//!
//! Horde: where there are no policies its answer lacks PolicyType and PolicyKey, and three client
//! programs give up; here both are sent. A wipe counts as done when the device says so, not when
//! the device is told.

use rand::Rng as _;

use crate::backend::profile::Provisioning;
use crate::command::gate::{self, FIRST_FINAL_KEY};
use crate::command::settings;
use crate::command::{Command, Context, Error};
use crate::eas::device_information::{DeviceInformation, DeviceInformationStatus};
use crate::eas::policy::EasProvisionDoc;
use crate::eas::scalar::Present;
use crate::eas::status::CommonStatus;
use crate::eas::version::ProtocolVersion;
use crate::state::device::Wipe;
use crate::wbxml::Tag;
use crate::wbxml::pages;
use crate::{element, wire_enum};

pub(super) struct Provision;

impl Command for Provision {
    const NAME: &'static str = "Provision";
    const ROOT: Tag = pages::Provision::Provision;
    const STATUS: Tag = pages::Provision::Status;
    const OPEN: bool = true;
    type Request = Request;
    type Response = Response;

    async fn run(ctx: &Context<'_>, request: Request) -> Result<Response, Error> {
        let mut response = answer(ctx, &request).await?;
        if let Some(set) = request.device_information.and_then(|information| information.set) {
            settings::store_device_information(ctx, &set).await?;
            response.device_information = Some(DeviceInformationStatus { status: 1 });
        }
        Ok(response)
    }

    fn on_bad_document() -> Response {
        Response::only(Status::ProtocolError)
    }
}

element! {
    /// What a device sends: a wish for policies, or word that it keeps them or wiped itself.
    pub struct Request = Provision::Provision {
        /// What the device says of itself (14.1).
        device_information: Option<DeviceInformation> = Settings::DeviceInformation,
        /// The policies.
        policies: Option<RequestPolicies> = Provision::Policies,
        /// Word of the wipe.
        remote_wipe: Option<RequestWipe> = Provision::RemoteWipe,
    }
}

element! {
    /// The policies of a request.
    pub struct RequestPolicies = Provision::Policies {
        /// The one that is meant.
        policy: RequestPolicy = Provision::Policy,
    }
}

element! {
    /// A policy of a request.
    pub struct RequestPolicy = Provision::Policy {
        /// In which form.
        policy_type: Option<String> = Provision::PolicyType,
        /// The key that came with the policy.
        policy_key: Option<String> = Provision::PolicyKey,
        /// Whether the device keeps it: 1 all, 2 in part, 3 not at all, 4 managed elsewhere.
        status: Option<u16> = Provision::Status,
    }
}

element! {
    /// Word of the wipe.
    pub struct RequestWipe = Provision::RemoteWipe {
        /// 1 when the device is wiped.
        status: Option<u16> = Provision::Status,
    }
}

element! {
    /// What is answered.
    pub struct Response = Provision::Provision {
        /// Whether the device's information was taken (14.1).
        device_information: Option<DeviceInformationStatus> = Settings::DeviceInformation since V14_1,
        /// How it went.
        status: Status = Provision::Status,
        /// The policies.
        policies: Option<ResponsePolicies> = Provision::Policies,
        /// Wipe yourself.
        remote_wipe: Option<Present> = Provision::RemoteWipe,
    }
}

element! {
    /// The policies of an answer.
    pub struct ResponsePolicies = Provision::Policies {
        /// The one there is.
        policy: ResponsePolicy = Provision::Policy,
    }
}

element! {
    /// A policy of an answer.
    pub struct ResponsePolicy = Provision::Policy {
        /// In which form.
        policy_type: String = Provision::PolicyType,
        /// How it went with this policy.
        status: PolicyStatus = Provision::Status,
        /// The key that the device is to send from now on.
        policy_key: Option<u32> = Provision::PolicyKey,
        /// The policy itself.
        data: Option<PolicyData> = Provision::Data,
    }
}

element! {
    /// The policy itself.
    pub struct PolicyData = Provision::Data {
        /// As a document of elements.
        document: EasProvisionDoc = Provision::EASProvisionDoc,
    }
}

wire_enum! {
    /// How a Provision went. [MS-ASPROV] §2.2.2.54.2
    pub struct Status {
        /// Well.
        Success = 1,
        /// The request is not what the protocol says.
        ProtocolError = 2,
        /// The server could not.
        ServerError = 3,
        /// The device can not keep all of the policy.
        NotFullyProvisionable = 139,
    }
}

wire_enum! {
    /// How it went with a policy. [MS-ASPROV] §2.2.2.54.1
    pub struct PolicyStatus {
        /// Well.
        Success = 1,
        /// There is no policy for this user.
        NoPolicy = 2,
        /// The form of policy is not known.
        UnknownPolicyType = 3,
        /// The key is not the one that was given.
        WrongKey = 5,
    }
}

impl Response {
    const fn only(status: Status) -> Self {
        Self { device_information: None, status, policies: None, remote_wipe: None }
    }

    fn with(policy: ResponsePolicy) -> Self {
        let policies = Some(ResponsePolicies { policy });
        Self { policies, ..Self::only(Status::Success) }
    }
}

async fn answer(ctx: &Context<'_>, request: &Request) -> Result<Response, Error> {
    if gate::is_to_be_wiped(ctx.services, ctx.call, &ctx.device) {
        return wipe(ctx, request).await;
    }
    let Some(policy) = request.policies.as_ref().map(|policies| &policies.policy) else {
        return Ok(Response::only(Status::ProtocolError));
    };
    let policy_type = policy.policy_type.clone().unwrap_or_else(|| WBXML.to_owned());
    let of = |status| ResponsePolicy {
        policy_type: policy_type.clone(),
        status,
        policy_key: None,
        data: None,
    };
    if policy_type != WBXML {
        return Ok(Response::with(of(PolicyStatus::UnknownPolicyType)));
    }
    if ctx.account().profile.provisioning == Provisioning::None {
        let none = ResponsePolicy { policy_key: Some(0), ..of(PolicyStatus::NoPolicy) };
        return Ok(Response::with(none));
    }
    let Some(presented) = policy.policy_key.as_ref().filter(|_| policy.status.is_some()) else {
        let key = rand::rng().random_range(1..FIRST_FINAL_KEY);
        ctx.services.devices.set_policy_key(&ctx.owner, key).await?;
        ctx.note("policy", "given");
        let document = EasProvisionDoc::of(&ctx.account().profile.policies);
        return Ok(Response::with(ResponsePolicy {
            policy_key: Some(key),
            data: Some(PolicyData { document }),
            ..of(PolicyStatus::Success)
        }));
    };
    acknowledge(ctx, presented, policy.status, of(PolicyStatus::Success)).await
}

/// The device says whether it keeps the policy: only with the key that came with it.
async fn acknowledge(
    ctx: &Context<'_>,
    presented: &str,
    status: Option<u16>,
    policy: ResponsePolicy,
) -> Result<Response, Error> {
    let stored = ctx.device.policy_key.unwrap_or(0);
    if stored == 0 || presented.trim().parse() != Ok(stored) {
        ctx.note("policy", "wrong-key");
        return Ok(Response::with(ResponsePolicy { status: PolicyStatus::WrongKey, ..policy }));
    }
    let keeps_it = status == Some(1);
    if !keeps_it && ctx.account().profile.provisioning == Provisioning::Force {
        log::warn!(
            "Device does not keep the policy user={} device={} status={}",
            ctx.owner.user,
            ctx.owner.device,
            status.unwrap_or_default(),
        );
        return Ok(if ctx.version() >= ProtocolVersion::V14_0 {
            Response::only(Status(CommonStatus::DeviceNotFullyProvisionable.0))
        } else {
            Response::with(ResponsePolicy { status: PolicyStatus::WrongKey, ..policy })
        });
    }
    let key = rand::rng().random_range(FIRST_FINAL_KEY..=LAST_KEY);
    ctx.services.devices.set_policy_key(&ctx.owner, key).await?;
    ctx.services.devices.set_wipe(&ctx.owner.device, Wipe::Provisioned).await?;
    ctx.note("policy", "acknowledged");
    Ok(Response::with(ResponsePolicy { policy_key: Some(key), ..policy }))
}

/// Tells the device to wipe itself until it says that it did.
async fn wipe(ctx: &Context<'_>, request: &Request) -> Result<Response, Error> {
    let is_done = request.remote_wipe.as_ref().is_some_and(|wipe| wipe.status == Some(1));
    if is_done {
        ctx.services.devices.set_wipe(&ctx.owner.device, Wipe::Acknowledged).await?;
        log::info!("Device wiped itself user={} device={}", ctx.owner.user, ctx.owner.device);
        return Ok(Response::only(Status::Success));
    }
    ctx.note("policy", "wipe");
    Ok(Response { remote_wipe: Some(Present), ..Response::only(Status::Success) })
}

/// The form of policies from 12.0 on.
const WBXML: &str = "MS-EAS-Provisioning-WBXML";
/// Horde keeps keys below this.
const LAST_KEY: u32 = 2_147_483_647;
