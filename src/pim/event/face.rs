//! What an event and an exception have in common, as it stands on the wire.

use jiff::Timestamp;

use crate::eas::body::Body;
use crate::eas::class::calendar::{Attendees, Categories, Clearable, Event, Exception, Location};
use crate::eas::scalar::BasicDate;
use crate::eas::version::ProtocolVersion;
use crate::pim::event::times::{self, zone_of};
use crate::pim::event::{Occasion, Unfit, View, guests, status};
use crate::pim::text;

/// The common fields; `None` is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Face {
    pub(super) blob: Option<Vec<u8>>,
    pub(super) all_day: Option<bool>,
    pub(super) busy: Option<u8>,
    pub(super) stamp: Option<Timestamp>,
    pub(super) start: Option<Timestamp>,
    pub(super) end: Option<Timestamp>,
    pub(super) location: Option<String>,
    /// Minutes; `Some(None)` is none.
    pub(super) reminder: Option<Option<u32>>,
    pub(super) sensitivity: Option<u8>,
    pub(super) subject: Option<String>,
    pub(super) meeting: Option<u8>,
    pub(super) attendees: Option<Attendees>,
    pub(super) categories: Option<Vec<String>>,
    pub(super) body: Option<String>,
    pub(super) response: Option<u8>,
    pub(super) link: Option<String>,
}

impl Face {
    /// All that is shown of an event; empty where it has nothing.
    pub(super) fn of(event: &Occasion, view: &View<'_>) -> Self {
        let zone = zone_of(&event.zone);
        let shown = |at| times::shown(at, event.allday, &zone, view.version);
        let text = |text: &Option<String>| Some(text.clone().unwrap_or_default());
        let stamp = event.changed.or(event.created);
        Self {
            blob: None,
            all_day: Some(event.allday),
            busy: Some(status::busy(&event.status)),
            stamp: stamp.and_then(|seconds| Timestamp::from_second(seconds).ok()),
            start: shown(event.start),
            end: shown(event.end),
            location: text(&event.location),
            reminder: Some(event.alarm.and_then(reminder)),
            sensitivity: Some(if event.private { PRIVATE } else { 0 }),
            subject: Some(event.title.clone()),
            meeting: Some(status::meeting(event)),
            attendees: Some(guests::shown(event)),
            categories: Some(event.tags.clone()),
            body: text(&event.description),
            response: status::response(event, view),
            link: text(&event.url),
        }
    }

    /// What a client says of an event.
    pub(super) fn of_event(event: &Event) -> Self {
        Self {
            blob: event.timezone.as_ref().map(|blob| blob.0.clone()).filter(|it| !it.is_empty()),
            all_day: flag(event.all_day_event),
            busy: event.busy_status.and_then(|it| it.0),
            stamp: None,
            start: event.start_time.map(|date| date.0),
            end: event.end_time.map(|date| date.0),
            location: place(event.location_text.as_ref(), event.location.as_ref()),
            reminder: event.reminder.map(|it| it.0),
            sensitivity: event.sensitivity.map(|it| it.0.unwrap_or(0)),
            subject: event.subject.clone(),
            meeting: event.meeting_status.and_then(|it| it.0),
            attendees: event.attendees.clone(),
            categories: event.categories.as_ref().map(|it| it.categories.clone()),
            body: words(event.body.as_ref(), event.body_text.as_ref(), event.body_truncated),
            response: None,
            link: event.online_meeting_external_link.clone(),
        }
    }

    /// What a client says of an exception.
    pub(super) fn of_exception(it: &Exception) -> Self {
        Self {
            blob: None,
            all_day: flag(it.all_day_event),
            busy: it.busy_status.and_then(|it| it.0),
            stamp: None,
            start: it.start_time.map(|date| date.0),
            end: it.end_time.map(|date| date.0),
            location: place(it.location_text.as_ref(), it.location.as_ref()),
            reminder: it.reminder.map(|it| it.0),
            sensitivity: it.sensitivity.map(|it| it.0.unwrap_or(0)),
            subject: it.subject.clone(),
            meeting: it.meeting_status.and_then(|it| it.0),
            attendees: it.attendees.clone(),
            categories: it.categories.as_ref().map(|it| it.categories.clone()),
            body: words(it.body.as_ref(), it.body_text.as_ref(), it.body_truncated),
            response: None,
            link: it.online_meeting_external_link.clone(),
        }
    }

    /// This, and what it leaves out as in another.
    pub(super) fn over(self, other: &Self) -> Self {
        let other = other.clone();
        Self {
            blob: self.blob.or(other.blob),
            all_day: self.all_day.or(other.all_day),
            busy: self.busy.or(other.busy),
            stamp: self.stamp.or(other.stamp),
            start: self.start.or(other.start),
            end: self.end.or(other.end),
            location: self.location.or(other.location),
            reminder: self.reminder.or(other.reminder),
            sensitivity: self.sensitivity.or(other.sensitivity),
            subject: self.subject.or(other.subject),
            meeting: self.meeting.or(other.meeting),
            attendees: self.attendees.or(other.attendees),
            categories: self.categories.or(other.categories),
            body: self.body.or(other.body),
            response: self.response.or(other.response),
            link: self.link.or(other.link),
        }
    }

    /// What is otherwise than in a series; the times always.
    pub(super) fn other_than(self, series: &Self) -> Self {
        fn new<T: PartialEq>(own: Option<T>, series: &Option<T>) -> Option<T> {
            if own == *series { None } else { own }
        }
        Self {
            blob: None,
            all_day: new(self.all_day, &series.all_day),
            busy: new(self.busy, &series.busy),
            stamp: new(self.stamp, &series.stamp),
            start: self.start,
            end: self.end,
            location: new(self.location, &series.location),
            reminder: new(self.reminder, &series.reminder),
            sensitivity: new(self.sensitivity, &series.sensitivity),
            subject: new(self.subject, &series.subject),
            meeting: new(self.meeting, &series.meeting),
            attendees: new(self.attendees, &series.attendees),
            categories: new(self.categories, &series.categories),
            body: new(self.body, &series.body),
            response: new(self.response, &series.response),
            link: new(self.link, &series.link),
        }
    }

    /// As an event; empty fields that clients take for no value are left out.
    pub(super) fn into_event(self, version: ProtocolVersion) -> Event {
        let (body, body_text) = bodies(self.body, version);
        let (location_text, location) = places(self.location, version);
        Event {
            all_day_event: self.all_day.map(|is| Clearable::from(u8::from(is))),
            busy_status: self.busy.map(Clearable::from),
            dt_stamp: self.stamp.map(BasicDate),
            end_time: self.end.map(BasicDate),
            location_text,
            location,
            reminder: self.reminder.flatten().map(Clearable::from),
            sensitivity: self.sensitivity.map(Clearable::from),
            subject: self.subject,
            start_time: self.start.map(BasicDate),
            meeting_status: self.meeting.map(Clearable::from),
            attendees: self.attendees.filter(|all| !all.attendees.is_empty()),
            categories: self
                .categories
                .filter(|all| !all.is_empty())
                .map(|categories| Categories { categories }),
            body,
            body_text,
            response_type: self.response.map(Clearable::from),
            online_meeting_external_link: self.link.filter(|link| !link.is_empty()),
            ..Event::default()
        }
    }

    /// As an exception; what is empty is sent, since what is absent is as in the series.
    pub(super) fn into_exception(self, version: ProtocolVersion) -> Exception {
        let (body, body_text) = bodies(self.body, version);
        let (location_text, location) = places(self.location, version);
        Exception {
            all_day_event: self.all_day.map(|is| Clearable::from(u8::from(is))),
            busy_status: self.busy.map(Clearable::from),
            dt_stamp: self.stamp.map(BasicDate),
            end_time: self.end.map(BasicDate),
            location_text,
            location,
            reminder: self.reminder.map(Clearable),
            sensitivity: self.sensitivity.map(Clearable::from),
            subject: self.subject,
            start_time: self.start.map(BasicDate),
            meeting_status: self.meeting.map(Clearable::from),
            attendees: self.attendees,
            categories: self.categories.map(|categories| Categories { categories }),
            body,
            body_text,
            response_type: self.response.map(Clearable::from),
            online_meeting_external_link: self.link,
            ..Exception::default()
        }
    }

    /// Bounds of what a client sends.
    pub(super) fn check(&self) -> Result<(), Unfit> {
        if self.attendees.as_ref().is_some_and(|all| all.attendees.len() > MOST) {
            return Err(Unfit("more attendees than a meeting has"));
        }
        if self.categories.as_ref().is_some_and(|all| all.len() > MOST) {
            return Err(Unfit("more labels than an event has"));
        }
        Ok(())
    }
}

/// Minutes before the start as phones see them; `None` when it is after the start.
fn reminder(alarm: i64) -> Option<u32> {
    // So Kronolith keeps a reminder at the start.
    if alarm == 1 { Some(0) } else { u32::try_from(alarm).ok() }
}

fn flag(value: Option<Clearable<u8>>) -> Option<bool> {
    value.map(|it| it.0.is_some_and(|number| number != 0))
}

fn bodies(text: Option<String>, version: ProtocolVersion) -> (Option<Body>, Option<String>) {
    if version >= ProtocolVersion::V12_0 { (text.map(text::body), None) } else { (None, text) }
}

/// The text that a client sent; one that it says was cut is none.
fn words(body: Option<&Body>, text: Option<&String>, truncated: Option<bool>) -> Option<String> {
    match body {
        Some(body) if body.truncated == Some(true) => None,
        Some(body) => text::plain(body),
        None => text.filter(|_| truncated != Some(true)).cloned(),
    }
}

fn places(name: Option<String>, version: ProtocolVersion) -> (Option<String>, Option<Location>) {
    if version >= ProtocolVersion::V16_0 {
        let place = name.map(|name| Location { display_name: Some(name), ..Location::default() });
        (None, place)
    } else {
        (name, None)
    }
}

/// A place in one text: its name, else its parts.
fn place(text: Option<&String>, place: Option<&Location>) -> Option<String> {
    let Some(place) = place else { return text.cloned() };
    if let Some(name) = place.display_name.as_ref().filter(|name| !name.trim().is_empty()) {
        return Some(name.clone());
    }
    let town = [&place.postal_code, &place.city].map(|part| part.as_deref().unwrap_or_default());
    let town = town.join(" ");
    let parts = [place.street.as_deref(), Some(&*town), place.state.as_deref()];
    let parts = parts.into_iter().chain([place.country.as_deref()]).flatten().map(str::trim);
    Some(parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "))
}

const PRIVATE: u8 = 2;
/// Attendees, and labels, of an event at most.
const MOST: usize = 1_000;
