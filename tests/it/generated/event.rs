//! Events.

mod horde;
mod native;
mod seen;
mod store;

use horde_eas::eas::class::Item;
use horde_eas::eas::class::calendar::{Categories, Clearable, Event, Location};
use horde_eas::eas::version::ProtocolVersion;
use horde_eas::pim::event::{
    Occasion, Series, View, from_native, instance_of, instance_to_native, to_native,
};
use horde_eas::pim::recurrence::{self, from_pattern, to_pattern};
use serde_json::{Value, json};

use crate::generated::event::native::OWN;
use crate::generated::event::seen::alone;
use crate::generated::{in_every_version, travel};

/// What Horde has goes to a phone and comes back: nothing is to be changed.
#[test]
fn events_come_back() {
    let addresses = [OWN.to_owned()];
    in_every_version(ProtocolVersion::FIRST, |u, version| {
        let zone = native::zone(u)?;
        let native = native::event(u, zone)?;
        let series = series(&native);
        let cut = if u.arbitrary()? { Some(u.int_in_range(0..=60)?) } else { None };
        let view = View { version, zone, addresses: &addresses, cut };
        let mut shown = from_native(&series, &view);
        assert_eq!(shown.recurrence.is_some(), series.recurrence.is_some(), "{version} {native}");
        let n_exceptions = shown.exceptions.as_ref().map_or(0, |all| all.exceptions.len());
        let wanted = series.dates.len() + series.bound.len();
        assert_eq!(n_exceptions, wanted, "{version} {native}");
        if let Some(cut) = cut {
            shorten(&mut shown, cut as usize);
        }
        let back: Event = travel(&Item::Event(Box::new(shown)), version);
        let clears = version < ProtocolVersion::V16_0 && u.arbitrary()?;
        let told = to_native(&back, Some(&series), |_| clears, &view);
        assert_eq!(told, Ok(json!({})), "{version} at {zone}, cut at {cut:?}: {native}");
        let exceptions = back.exceptions.iter().flat_map(|all| &all.exceptions);
        for exception in exceptions.filter(|one| one.deleted.is_none()) {
            let Some(at) = exception.instance_id else { continue };
            let told = instance_to_native(&alone(exception), at.0, &series, &view);
            assert_eq!(told, Ok(json!({})), "{version} at {zone}, {at:?}: {native}");
        }
        Ok(())
    });
}

/// One field is changed on the phone: nothing else is to be changed, but for occurrences that follow.
#[test]
fn events_change_where_phones_change_them() {
    let addresses = [OWN.to_owned()];
    in_every_version(ProtocolVersion::FIRST, |u, version| {
        let zone = native::zone(u)?;
        let native = native::event(u, zone)?;
        let series = series(&native);
        let view = View { version, zone, addresses: &addresses, cut: None };
        let shown = Item::Event(Box::new(from_native(&series, &view)));
        let mut event: Event = travel(&shown, version);
        let wanted = match u.int_in_range(0..=4)? {
            0 => {
                event.subject = Some("Changed".to_owned());
                json!({"title": "Changed"})
            }
            1 => {
                event.reminder = Some(Clearable::from(33));
                json!({"alarm": 33})
            }
            2 => {
                let is_private = series.own.private;
                event.sensitivity = Some(Clearable::from(if is_private { 0 } else { 2 }));
                json!({"private": !is_private})
            }
            3 => {
                event.categories = Some(Categories { categories: vec!["Changed".to_owned()] });
                json!({"tags": ["Changed"]})
            }
            _ => {
                let place = Some("Changed".to_owned());
                if version < ProtocolVersion::V16_0 {
                    event.location_text = place;
                } else {
                    event.location = Some(Location { display_name: place, ..Location::default() });
                }
                json!({"location": "Changed"})
            }
        };
        let clears = version < ProtocolVersion::V16_0 && u.arbitrary()?;
        let told = to_native(&event, Some(&series), |_| clears, &view);
        let mut told = told.expect("an event");
        told.as_object_mut().expect("an object").remove("instances");
        assert_eq!(told, wanted, "{version} at {zone}: {native}");
        Ok(())
    });
}

/// What a phone adds is what a phone is shown of it.
#[test]
fn events_of_phones_are_shown_as_they_were_sent() {
    let addresses = [OWN.to_owned()];
    in_every_version(ProtocolVersion::FIRST, |u, version| {
        let zone = native::zone(u)?;
        let view = View { version, zone, addresses: &addresses, cut: None };
        let native = native::event(u, zone)?;
        let Some(sent) = sent(&native, &view) else { return Ok(()) };
        let stored = stored(&sent, &view);
        let shown = Item::Event(Box::new(from_native(&series(&stored), &view)));
        let shown = travel(&shown, version);
        let (wanted, got) = (seen::fields(&sent, OWN), seen::fields(&shown, OWN));
        let differing: Vec<_> = wanted
            .iter()
            .filter(|(name, value)| got.get(*name) != Some(value))
            .map(|(name, value)| (name, value, got.get(name)))
            .collect();
        assert!(differing.is_empty(), "{version} at {zone}: {differing:#?} {native} {stored}");
        assert_eq!(got.len(), wanted.len(), "{version} at {zone}: {wanted:#?} {got:#?}");
        Ok(())
    });
}

/// An event as a phone of that version sends it; `None` when Horde does not keep it as it is.
fn sent(native: &Value, view: &View<'_>) -> Option<Event> {
    let mut series = series(native);
    // What is no place is told as one, whose clocks were others at times.
    if series.own.zone == "CET" {
        return None;
    }
    if let Some(rule) = &series.recurrence {
        let (start, zone) = (series.own.start.local, native::clock(&series.own.zone));
        let pattern = to_pattern(rule, start, &zone, 1)?;
        let (kept, first) = from_pattern(&pattern, start, &zone).ok()?;
        // Midnight in UTC may be the night before, where clocks change: Android keeps no more.
        let is_cut = pattern.until.is_some_and(|at| recurrence::is_cut(at, at));
        if is_cut && to_pattern(&kept, start, &zone, 1)?.until != pattern.until {
            return None;
        }
        // Begun on another day, or counted otherwise by Horde.
        if first != start.date() || kept.count != rule.count.filter(|_| pattern.until.is_none()) {
            return None;
        }
    }
    // Of a cancelled series nothing takes place; one that did could not say whether as free time.
    if series.own.status == "cancelled" {
        series.bound.clear();
    }
    // Phones tell the rules of the start.
    series.own.changed = None;
    // Who is asked to one occurrence is for the organizer to say.
    let is_others = |own: &Occasion| !own.attendees.is_empty() && !own.mine;
    let series_is_others = is_others(&series.own);
    for one in &mut series.bound {
        if series_is_others || is_others(&one.own) {
            one.own.attendees = series.own.attendees.clone();
            one.own.mine = series.own.mine;
        }
    }
    // A name that is known is not forgotten.
    for guest in series.bound.iter_mut().flat_map(|one| &mut one.own.attendees) {
        let known = series.own.attendees.iter().find(|known| known.email == guest.email);
        if let Some(known) = known {
            guest.name.clone_from(&known.name);
        }
    }
    // Rooms are booked by Horde.
    for own in series.bound.iter_mut().map(|one| &mut one.own).chain([&mut series.own]) {
        own.attendees.retain(|guest| guest.kind == "person");
    }
    let event = Item::Event(Box::new(from_native(&series, view)));
    Some(travel(&event, view.version))
}

/// What Horde has after a phone added an event; since 16.0 its occurrences one by one.
fn stored(sent: &Event, view: &View<'_>) -> Value {
    let mut event = sent.clone();
    let alone_since = view.version >= ProtocolVersion::V16_0;
    let exceptions = if alone_since { event.exceptions.take() } else { None };
    let told = to_native(&event, None, |_| false, view).expect("an event");
    let mut stored = store::added(&told, view.zone);
    for one in exceptions.into_iter().flat_map(|all| all.exceptions) {
        let at = one.instance_id.expect("which one").0;
        let now = series(&stored);
        let original = instance_of(at, &now, view).expect("one of the series");
        if one.deleted == Some(Clearable::from(1)) {
            store::delete(&mut stored, original);
        } else {
            let told = instance_to_native(&alone(&one), at, &now, view).expect("an occurrence");
            store::change(&mut stored, original, &told, view.zone);
        }
    }
    stored
}

fn series(native: &Value) -> Series {
    serde_json::from_value(native.clone()).expect("an event")
}

/// What a phone sends back of texts that were cut for it.
fn shorten(event: &mut Event, cut: usize) {
    let exceptions = event.exceptions.iter_mut().flat_map(|all| &mut all.exceptions);
    let texts = exceptions.map(|one| (&mut one.body, &mut one.body_text));
    for (body, text) in texts.chain([(&mut event.body, &mut event.body_text)]) {
        let head = |text: &str| text[..text.floor_char_boundary(cut)].to_owned();
        if let Some(text) = text {
            *text = head(text);
        }
        if let Some(data) = body.as_mut().and_then(|body| body.data.as_mut()) {
            *data = head(&data.to_text()).into();
        }
    }
}
