//! What events need besides other items: a change is compared with what Horde has, so that is read
//! first.

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::backend::horde::items::Stored;
use crate::backend::items::{Batch, ItemRef, Operation};
use crate::backend::{Account, Error, Kind};
use crate::eas::class::calendar::Event;
use crate::eas::class::{Class, Item};
use crate::eas::version::ProtocolVersion;
use crate::pim::event::{self, Series, Unfit, View};
use crate::pim::zone;

/// For whom events are written and read.
pub(super) struct Dialect<'a> {
    version: ProtocolVersion,
    zone: &'a str,
    rules: TimeZone,
    addresses: Vec<String>,
}

impl<'a> Dialect<'a> {
    pub(super) fn of(account: &'a Account, version: ProtocolVersion) -> Self {
        let profile = &account.profile;
        let addresses = profile.identities.iter().map(|identity| identity.from.clone());
        let zone = if profile.time_zone.is_empty() { UTC } else { &profile.time_zone };
        let addresses = addresses.filter(|it| !it.is_empty()).collect();
        Self { version, zone, rules: zone::get(zone).unwrap_or(TimeZone::UTC), addresses }
    }

    /// The user's time zone.
    pub(super) fn zone(&self) -> &TimeZone {
        &self.rules
    }

    pub(super) fn view(&self) -> View<'_> {
        View { version: self.version, zone: self.zone, addresses: &self.addresses, cut: None }
    }
}

/// The events that are to be read before the batch is carried out.
pub(super) fn to_be_read(class: Class, batch: &Batch) -> Vec<ItemRef> {
    if class != Class::Calendar {
        return Vec::new();
    }
    let places = batch.operations.iter().filter_map(|operation| match operation {
        Operation::Change { at, .. } | Operation::Delete { at, instance: Some(_) } => Some(at),
        Operation::Add { .. } | Operation::Delete { instance: None, .. } => None,
    });
    places.cloned().collect()
}

/// The event that was read.
pub(super) fn found<'a>(stored: &'a Stored, at: &ItemRef) -> Result<&'a Series, Error> {
    match stored.events.get(&at.uid) {
        Some(Ok(series)) => Ok(series),
        Some(Err(error)) => Err(Error::new(error.kind, error.message.clone())),
        None => Err(Error::new(Kind::NotFound, "the event was not read")),
    }
}

/// The item as an event.
pub(super) fn event(item: &Item) -> Result<&Event, Error> {
    match item {
        Item::Event(event) => Ok(event),
        Item::Contact(_) | Item::Email(_) | Item::Note(_) | Item::Task(_) => {
            Err(Error::new(Kind::Unsupported, "an item of another class in a calendar"))
        }
    }
}

/// The start by the rule of the occurrence that an operation means.
pub(super) fn instance(
    operation: &Operation,
    series: &Series,
    dialect: &Dialect<'_>,
) -> Result<Option<i64>, Error> {
    match operation {
        Operation::Change { instance: Some(at), .. }
        | Operation::Delete { instance: Some(at), .. } => {
            event::instance_of(*at, series, &dialect.view()).map(Some).map_err(unfit)
        }
        Operation::Add { .. } | Operation::Change { .. } | Operation::Delete { .. } => Ok(None),
    }
}

/// What the bridge should write of a change.
pub(super) fn change(
    event: &Event,
    series: &Series,
    operation: &Operation,
    cleared: impl Fn(&str) -> bool,
    dialect: &Dialect<'_>,
) -> Result<Value, Error> {
    let cut = match operation {
        Operation::Change { cut_at, .. } => *cut_at,
        Operation::Add { .. } | Operation::Delete { .. } => None,
    };
    let view = View { cut, ..dialect.view() };
    let data = match operation {
        Operation::Change { instance: Some(at), .. } => {
            event::instance_to_native(event, *at, series, &view)
        }
        _ => event::to_native(event, Some(series), cleared, &view),
    };
    data.map_err(unfit)
}

/// What the bridge should write of a new event.
pub(super) fn new(event: &Event, dialect: &Dialect<'_>) -> Result<Value, Error> {
    event::to_native(event, None, |_| false, &dialect.view()).map_err(unfit)
}

fn unfit(error: Unfit) -> Error {
    Error::because(Kind::Invalid, "the event", error)
}

/// The zone of users who have none.
const UTC: &str = "UTC";
