//! From Kronolith to the phone.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::eas::class::calendar::{Clearable, Event, Exception, Exceptions, Recurrence};
use crate::eas::scalar::{Base64, BasicDate};
use crate::eas::version::ProtocolVersion;
use crate::pim::event::face::Face;
use crate::pim::event::times::{midnight, zone_of};
use crate::pim::event::{Bound, Series, View};
use crate::pim::recurrence::{self, Pattern};
use crate::pim::zone;

/// What a phone shows of an event.
#[must_use]
pub fn from_native(series: &Series, view: &View<'_>) -> Event {
    let own = &series.own;
    let version = view.version;
    let face = Face::of(own, view);
    let is_meeting = !own.attendees.is_empty();
    let exceptions = exceptions(series, &face, view);
    let host = own.organizer.as_ref().filter(|host| is_meeting && !host.email.is_empty());
    Event {
        timezone: timezone(series, version),
        organizer_name: host
            .map(|host| if host.name.is_empty() { host.email.clone() } else { host.name.clone() }),
        organizer_email: host.map(|host| host.email.clone()),
        uid: Some(series.uid.clone()).filter(|uid| !uid.is_empty()),
        recurrence: pattern(series).map(|pattern| recurrence_of(&pattern, series, view)),
        exceptions: (!exceptions.is_empty()).then_some(Exceptions { exceptions }),
        response_requested: is_meeting.then(|| Clearable::from(1)),
        disallow_new_time_proposal: is_meeting.then(|| Clearable::from(1)),
        ..face.into_event(version)
    }
}

/// All that a phone is sent of a series itself.
pub(super) fn face(series: &Series, view: &View<'_>) -> Face {
    let blob = timezone(series, view.version).map(|rules| rules.0);
    Face { blob, ..Face::of(&series.own, view) }
}

/// The rules of the event's zone; since 16.0 whole days have none.
///
/// They hold for all of a series: of an old one those of the year of its last change; but whole days
/// begin at midnight by the rules of their first one.
fn timezone(series: &Series, version: ProtocolVersion) -> Option<Base64> {
    let own = &series.own;
    if own.allday && version >= ProtocolVersion::V16_0 {
        return None;
    }
    let changed = own.changed.filter(|_| series.recurrence.is_some() && !own.allday);
    let at = changed.map_or(own.start.utc, |changed| changed.max(own.start.utc));
    let at = Timestamp::from_second(at).ok()?;
    zone::blob(&own.zone, at).map(|rules| Base64(rules.to_bytes()))
}

/// How the event recurs, in the protocol's words.
pub(super) fn pattern(series: &Series) -> Option<Pattern> {
    let rule = series.recurrence.as_ref()?;
    let zone = zone_of(&series.own.zone);
    recurrence::to_pattern(rule, series.own.start.local, &zone, series.week_start)
}

fn recurrence_of(pattern: &Pattern, series: &Series, view: &View<'_>) -> Recurrence {
    let mut recurrence = Recurrence::from(pattern);
    // Since 16.0 the end of a series of whole days is a date, too.
    if let (Some(until), true) = (recurrence.until, series.own.allday)
        && view.version >= ProtocolVersion::V16_0
    {
        let day = until.0.to_zoned(zone_of(&series.own.zone)).date();
        let at = midnight(day, &zone_of(&series.own.zone), view.version);
        recurrence.until = at.map(BasicDate);
    }
    recurrence
}

/// The occurrences that are otherwise, and those that do not take place.
pub(super) fn exceptions(series: &Series, face: &Face, view: &View<'_>) -> Vec<Exception> {
    if series.recurrence.is_none() {
        return Vec::new();
    }
    let is_bound =
        |day: &Date| series.bound.iter().any(|bound| bound.original.local.date() == *day);
    let gone = series.dates.iter().filter(|day| !is_bound(day)).filter_map(|day| {
        let at = occurrence(series, *day, view)?;
        Some(Exception { deleted: Some(Clearable::from(1)), ..named(at) })
    });
    let other = series.bound.iter().filter_map(|bound| {
        let at = original(series, bound, view)?;
        let own = Face::of(&bound.own, view).other_than(face);
        let Exception { exception_start_time, instance_id, .. } = named(at);
        let exception = own.into_exception(view.version);
        Some(Exception { exception_start_time, instance_id, ..exception })
    });
    gone.chain(other).collect()
}

/// The start by the rule, in the notation of each version.
fn named(at: Timestamp) -> Exception {
    let at = Some(BasicDate(at));
    Exception { exception_start_time: at, instance_id: at, ..Exception::default() }
}

/// The start of the occurrence of that day.
pub(super) fn occurrence(series: &Series, day: Date, view: &View<'_>) -> Option<Timestamp> {
    let zone = zone_of(&series.own.zone);
    if series.own.allday {
        return midnight(day, &zone, view.version);
    }
    let at = day.to_datetime(series.own.start.local.time());
    zone.to_ambiguous_zoned(at).compatible().ok().map(|zoned| zoned.timestamp())
}

/// The start by the rule of an occurrence that is otherwise.
pub(super) fn original(series: &Series, bound: &Bound, view: &View<'_>) -> Option<Timestamp> {
    if series.own.allday {
        return occurrence(series, bound.original.local.date(), view);
    }
    Timestamp::from_second(bound.original.utc).ok()
}

impl From<&Pattern> for Recurrence {
    fn from(pattern: &Pattern) -> Self {
        Self {
            kind: Some(pattern.kind),
            until: pattern.until.map(BasicDate),
            occurrences: pattern.occurrences,
            interval: pattern.interval,
            day_of_week: pattern.day_of_week,
            day_of_month: pattern.day_of_month,
            week_of_month: pattern.week_of_month,
            month_of_year: pattern.month_of_year,
            calendar_type: pattern.calendar_type,
            is_leap_month: pattern.is_leap_month,
            first_day_of_week: pattern.first_day_of_week,
        }
    }
}

impl From<&Recurrence> for Pattern {
    fn from(recurrence: &Recurrence) -> Self {
        Self {
            kind: recurrence.kind.unwrap_or_default(),
            until: recurrence.until.map(|date| date.0),
            occurrences: recurrence.occurrences,
            interval: recurrence.interval,
            day_of_week: recurrence.day_of_week,
            day_of_month: recurrence.day_of_month,
            week_of_month: recurrence.week_of_month,
            month_of_year: recurrence.month_of_year,
            calendar_type: recurrence.calendar_type,
            is_leap_month: recurrence.is_leap_month,
            first_day_of_week: recurrence.first_day_of_week,
        }
    }
}
