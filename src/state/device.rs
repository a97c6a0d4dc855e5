//! Devices as Horde keeps them.

use std::collections::BTreeMap;

use crate::php::{Array, Value};

/// A device, and one user on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// DeviceType of the first request.
    pub kind: String,
    /// User-Agent of the first request.
    pub agent: String,
    /// Where the device is in a wipe; shared by all its users.
    pub wipe: WipeState,
    /// This user's policy key, 0 when not provisioned; `None` when the user has no row.
    pub policy_key: Option<u32>,
    /// Properties; shared by all its users.
    pub properties: DeviceProperties,
    /// What the client supports, by class; shared by all its users.
    pub supported: BTreeMap<String, Supported>,
}

/// A device that is seen for the first time, or by a new user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewDevice {
    /// DeviceType.
    pub kind: String,
    /// User-Agent.
    pub agent: String,
    /// Properties.
    pub properties: DeviceProperties,
}

/// Where a device is in a remote wipe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WipeState {
    /// Nothing was ever asked.
    #[default]
    None,
    /// The device is in order.
    Ok,
    /// An administrator or the user wants the device wiped.
    Pending,
    /// The device was wiped, or was told so.
    Wiped,
    /// A number that we do not know.
    Other(i64),
}

/// The state that `device_rwstatus` says.
pub(crate) const fn wipe_state(number: Option<i64>) -> WipeState {
    match number {
        None | Some(0) => WipeState::None,
        Some(1) => WipeState::Ok,
        Some(2) => WipeState::Pending,
        Some(3) => WipeState::Wiped,
        Some(other) => WipeState::Other(other),
    }
}

/// Steps that a device can make in a remote wipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wipe {
    /// It is provisioned; never overwrites a wish to wipe.
    Provisioned,
    /// It acknowledged the wipe that was wished.
    Acknowledged,
}

/// The tags of a class that the client manages.
///
/// [MS-ASCMD] §2.2.3.179
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Supported {
    /// The element was there and empty: every absent field is ghosted.
    AllGhosted,
    /// Names in Horde's spelling: `POOMCONTACTS:FileAs`.
    Tags(Vec<String>),
}

/// The properties of a device; what we do not know survives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeviceProperties(pub(crate) Array);

impl DeviceProperties {
    /// The properties of a device at its first request.
    #[must_use]
    pub fn new(announced: &str, agent: &str, version: &str) -> Self {
        let mut properties = Self::default();
        properties.set_text(ANNOUNCED, announced);
        properties.set_text(AGENT, agent);
        properties.set_text(VERSION, version);
        properties.0.set(BLOCKED, Value::Null);
        properties
    }

    /// The list of versions last announced to the device.
    #[must_use]
    pub fn announced(&self) -> Option<String> {
        self.text(ANNOUNCED)
    }

    /// Remembers the list of versions announced.
    pub fn set_announced(&mut self, announced: &str) {
        self.set_text(ANNOUNCED, announced);
    }

    /// The User-Agent of the first request.
    #[must_use]
    pub fn agent(&self) -> Option<String> {
        self.text(AGENT)
    }

    /// The protocol version of the latest request.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        self.text(VERSION)
    }

    /// Remembers the protocol version of this request.
    pub fn set_version(&mut self, version: &str) {
        self.set_text(VERSION, version);
    }

    /// Whether an administrator blocked the device.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.0.get(BLOCKED).is_some_and(Value::is_truthy)
    }

    /// Bits of the classes that are shown as one merged folder; `None` when not yet found out.
    #[must_use]
    pub fn multiplex(&self) -> Option<u32> {
        let mask = self.0.get(MULTIPLEX)?.to_int()?;
        u32::try_from(mask).ok().filter(|mask| *mask != 0)
    }

    /// Remembers the mask.
    pub fn set_multiplex(&mut self, mask: u32) {
        if self.0.get(MULTIPLEX).and_then(Value::to_int) != Some(i64::from(mask)) {
            self.0.set(MULTIPLEX, Value::Int(i64::from(mask)));
        }
    }

    /// A value of DeviceInformation: `Model`, `IMEI`, `FriendlyName`, `OS`, `OSLanguage`,
    /// `PhoneNumber`, `UserAgent`, `MobileOperator`, `EnableOutboundSMS`.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<String> {
        self.text(&format!("{SETTINGS}{name}"))
    }

    /// Remembers a value of DeviceInformation; empty for one that was not sent.
    pub fn set_setting(&mut self, name: &str, value: &str) {
        self.set_text(&format!("{SETTINGS}{name}"), value);
    }

    /// The same properties with what only administrators set taken from another value.
    #[must_use]
    pub(crate) fn keeping_blocked_of(mut self, old: &Self) -> Self {
        if let Some(blocked) = old.0.get(BLOCKED) {
            self.0.set(BLOCKED, blocked.clone());
        }
        self
    }

    fn text(&self, key: &str) -> Option<String> {
        self.0.get(key)?.to_text()
    }

    fn set_text(&mut self, key: &str, value: &str) {
        if self.text(key).as_deref() != Some(value) {
            self.0.set(key, Value::text(value));
        }
    }
}

const ANNOUNCED: &str = "announcedVersion";
const AGENT: &str = "userAgent";
const VERSION: &str = "version";
const BLOCKED: &str = "blocked";
const MULTIPLEX: &str = "multiplex";
const SETTINGS: &str = "Settings:";
