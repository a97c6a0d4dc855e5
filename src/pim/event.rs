//! Kronolith's events and the protocol's.
//!
//! A phone's change is compared with what the phone was sent of the event as it is: what is the same
//! was not changed, and Horde keeps what it has, also where the protocol has no word for it.
//!
//! What cannot make the trip, and what becomes of it, is told in `deploy/FIELDS.md`.
//!
//! [MS-ASCAL] §2.2.2

mod face;
mod guests;
mod instances;
mod shown;
mod status;
mod taken;
mod times;

use jiff::civil::DateTime;
use serde::Deserialize;

use crate::eas::version::ProtocolVersion;
use crate::pim::recurrence::Rule;

pub use shown::from_native;
pub use taken::{instance_of, instance_to_native, to_native};

/// For whom an event is shown, and who changed it.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The version that the phone speaks.
    pub version: ProtocolVersion,
    /// IANA name of the user's time zone.
    pub zone: &'a str,
    /// The user's own addresses.
    pub addresses: &'a [String],
    /// After so many bytes texts were cut for the phone, when they were: the beginning of a longer
    /// one, sent back as it came, is no change.
    pub cut: Option<u32>,
}

impl View<'_> {
    fn is_own(&self, address: &str) -> bool {
        let address = address.trim();
        self.addresses.iter().any(|own| own.trim().eq_ignore_ascii_case(address))
    }
}

/// An event as the bridge sends it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Series {
    /// What it says of itself.
    #[serde(flatten)]
    pub own: Occasion,
    /// Horde's uid.
    #[serde(default)]
    pub uid: String,
    /// How it recurs.
    pub recurrence: Option<Rule>,
    /// Days without an occurrence, in the zone of the event.
    #[serde(default)]
    pub dates: Vec<jiff::civil::Date>,
    /// Occurrences that are otherwise.
    #[serde(default)]
    pub bound: Vec<Bound>,
    /// With which day the user's weeks begin, Sunday 0.
    #[serde(default)]
    pub week_start: u8,
}

/// An occurrence that is otherwise.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Bound {
    /// Its start by the rule of the series.
    pub original: Moment,
    /// What it says of itself.
    #[serde(flatten)]
    pub own: Occasion,
}

/// What an event and an occurrence say of themselves.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Occasion {
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// Where it takes place.
    #[serde(default)]
    pub location: Option<String>,
    /// Its text.
    #[serde(default)]
    pub description: Option<String>,
    /// A link.
    #[serde(default)]
    pub url: Option<String>,
    /// `none`, `tentative`, `confirmed`, `cancelled`, `free`.
    #[serde(default)]
    pub status: String,
    /// Whether it is private.
    #[serde(default)]
    pub private: bool,
    /// IANA name of the zone that it lives in.
    #[serde(default)]
    pub zone: String,
    /// Whether it takes whole days.
    #[serde(default)]
    pub allday: bool,
    /// Its start.
    pub start: Moment,
    /// Its end; with whole days the midnight after the last.
    pub end: Moment,
    /// Minutes before the start.
    #[serde(default)]
    pub alarm: Option<i64>,
    /// Who invites.
    #[serde(default)]
    pub organizer: Option<Person>,
    /// Whether this user does.
    #[serde(default)]
    pub mine: bool,
    /// Those who are invited.
    #[serde(default)]
    pub attendees: Vec<Guest>,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// When it was made, in Unix seconds.
    #[serde(default)]
    pub created: Option<i64>,
    /// When it was changed last.
    #[serde(default)]
    pub changed: Option<i64>,
}

/// An instant, and what the clocks of the event's zone show then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Moment {
    /// In Unix seconds.
    pub utc: i64,
    /// In the zone of the event.
    pub local: DateTime,
}

/// A name and an address.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Person {
    /// The address.
    #[serde(default)]
    pub email: String,
    /// The name.
    #[serde(default)]
    pub name: String,
}

/// One who is invited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Guest {
    /// The address.
    #[serde(default)]
    pub email: String,
    /// The name.
    #[serde(default)]
    pub name: String,
    /// `required`, `optional`, `none`.
    #[serde(default)]
    pub role: String,
    /// `none`, `accepted`, `declined`, `tentative`.
    #[serde(default)]
    pub response: String,
    /// `person`, `resource`.
    #[serde(default)]
    pub kind: String,
}

/// Why an event cannot be stored as a client sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unfit(pub &'static str);
