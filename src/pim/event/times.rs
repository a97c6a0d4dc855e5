//! When an event is: instants, whole days, zones.
//!
//! Up to 14.1 a day begins at its midnight in the zone that is sent with it; since 16.0 it has no
//! zone, and its digits are what counts.
//!
//! [MS-ASCAL] §2.2.2.1

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, Unit};
use serde_json::{Map, Value, json};

use crate::eas::version::ProtocolVersion;
use crate::pim::event::face::Face;
use crate::pim::event::{Moment, Occasion, Unfit, View};
use crate::pim::zone;

/// When an event is, on the clocks of its zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct When {
    pub(super) zone: String,
    pub(super) all_day: bool,
    pub(super) start: DateTime,
    pub(super) end: DateTime,
}

impl When {
    /// As Kronolith has it.
    pub(super) fn of(event: &Occasion) -> Self {
        let (start, end) = if event.allday {
            let first = event.start.local.date();
            (first.at(0, 0, 0, 0), event.end.local.date().at(0, 0, 0, 0))
        } else {
            (event.start.local, event.end.local)
        };
        Self { zone: event.zone.clone(), all_day: event.allday, start, end }
    }

    /// So many days later.
    pub(super) fn moved(self, days: Span) -> Result<Self, Unfit> {
        let start = self.start.checked_add(days).map_err(|_| NO_DATE)?;
        let end = self.end.checked_add(days).map_err(|_| NO_DATE)?;
        Ok(Self { start, end, ..self })
    }

    /// As the bridge takes it.
    pub(super) fn write(&self, data: &mut Map<String, Value>) {
        data.insert("zone".to_owned(), json!(self.zone));
        data.insert("allday".to_owned(), json!(self.all_day));
        let local = |at: DateTime| json!({"local": at.strftime("%Y-%m-%dT%H:%M:%S").to_string()});
        data.insert("start".to_owned(), local(self.start));
        data.insert("end".to_owned(), local(self.end));
    }
}

/// The zone of that name; UTC when there is none.
pub(super) fn zone_of(name: &str) -> TimeZone {
    zone::get(name).unwrap_or(TimeZone::UTC)
}

/// An instant as a version has it.
pub(super) fn shown(
    at: Moment,
    all_day: bool,
    zone: &TimeZone,
    version: ProtocolVersion,
) -> Option<Timestamp> {
    if !all_day {
        return Timestamp::from_second(at.utc).ok();
    }
    midnight(at.local.date(), zone, version)
}

/// The midnight that begins a day, as a version has it.
pub(super) fn midnight(day: Date, zone: &TimeZone, version: ProtocolVersion) -> Option<Timestamp> {
    let zone = if version >= ProtocolVersion::V16_0 { &TimeZone::UTC } else { zone };
    zone.to_ambiguous_zoned(day.at(0, 0, 0, 0)).compatible().ok().map(|zoned| zoned.timestamp())
}

/// When an event is to be by what a client sent, over what it was sent; `None` when that is the
/// same.
///
/// # Errors
/// When something is missing, or the end lies before the start.
pub(super) fn taken(
    wanted: &Face,
    sent: Option<&Face>,
    own: Option<&When>,
    view: &View<'_>,
) -> Result<Option<When>, Unfit> {
    let of_sent = |get: fn(&Face) -> Option<Timestamp>| sent.and_then(get);
    let start = wanted.start.or_else(|| of_sent(|face| face.start)).ok_or(NO_START)?;
    let was_all_day = own.is_some_and(|when| when.all_day);
    let all_day = wanted.all_day.unwrap_or(was_all_day);
    let own_zone = own.map(|when| when.zone.as_str());
    let (zone_name, is_told) = match &wanted.blob {
        Some(blob) if blob.len() != BLOB => return Err(Unfit("a time zone of another size")),
        // Also a zone that is no place, whose rules are those of one.
        Some(blob) if sent.and_then(|face| face.blob.as_ref()) == Some(blob) => {
            (own_zone.unwrap_or(view.zone).to_owned(), true)
        }
        Some(blob) => (zone::name(blob, start, own_zone, view.zone), true),
        None => (own_zone.unwrap_or(view.zone).to_owned(), false),
    };
    let end = match wanted.end.or_else(|| of_sent(|face| face.end)) {
        Some(end) => end,
        None if all_day => start,
        None => start.checked_add(USUAL.minutes()).map_err(|_| NO_DATE)?,
    };
    if end < start {
        return Err(Unfit("the end lies before the start"));
    }
    let is_same_zone = own_zone == Some(zone_name.as_str());
    let is_same = sent.is_some_and(|face| face.start == Some(start) && face.end == Some(end));
    if is_same && is_same_zone && all_day == was_all_day {
        return Ok(None);
    }
    let zone = zone_of(&zone_name);
    let (start, end) = if all_day {
        let (first, after) = days(start, end, &zone, is_told, view);
        let last = first.tomorrow().map_err(|_| NO_DATE)?;
        (first.at(0, 0, 0, 0), after.max(last).at(0, 0, 0, 0))
    } else {
        let local = |at: Timestamp| at.to_zoned(zone.clone()).datetime();
        // In the hour that clocks show twice the end may seem to be the earlier.
        let length = end.duration_since(start);
        let after = local(start).checked_add(length).map_err(|_| NO_DATE)?;
        (local(start), if local(end) < local(start) { after } else { local(end) })
    };
    if !YEARS.contains(&start.year()) || !YEARS.contains(&end.year()) {
        return Err(NO_DATE);
    }
    Ok(Some(When { zone: zone_name, all_day, start, end }))
}

/// The first day, and the one after the last.
fn days(
    start: Timestamp,
    end: Timestamp,
    zone: &TimeZone,
    is_told: bool,
    view: &View<'_>,
) -> (Date, Date) {
    let utc = TimeZone::UTC;
    let begins =
        |at: Timestamp, zone: &TimeZone| at.to_zoned(zone.clone()).time() == Time::midnight();
    let is_utc = begins(start, &utc) && begins(end, &utc);
    // Without a zone digits are digits; some clients send such days with a zone, too.
    let has_no_zones = view.version >= ProtocolVersion::V16_0;
    let is_bare = has_no_zones || !is_told || !begins(start, zone);
    let by_digits = is_utc && is_bare || has_no_zones && !is_told;
    let zone = if by_digits { &utc } else { zone };
    (nearest(start, zone), nearest(end, zone))
}

/// The day whose midnight is nearest.
fn nearest(at: Timestamp, zone: &TimeZone) -> Date {
    let local = at.to_zoned(zone.clone()).datetime();
    local.round(Unit::Day).unwrap_or(local).date()
}

/// The start by the rule that a client means, in Unix seconds.
///
/// Since 16.0 an occurrence of whole days is named by its date.
pub(super) fn original(at: Timestamp, own: &When, view: &View<'_>) -> i64 {
    if own.all_day && view.version >= ProtocolVersion::V16_0 {
        let day = at.to_zoned(TimeZone::UTC).date();
        let midnight = midnight(day, &zone_of(&own.zone), ProtocolVersion::V14_1);
        return midnight.unwrap_or(at).as_second();
    }
    at.as_second()
}

const NO_START: Unfit = Unfit("an event without a start");
const NO_DATE: Unfit = Unfit("a date that no calendar shows");
/// Years that Kronolith's tables and Horde's dates hold.
const YEARS: std::ops::RangeInclusive<i16> = 1..=9998;
/// Minutes that an event takes which says nothing of its end.
const USUAL: i64 = 30;
/// Bytes of a time zone. [MS-ASDTYPE] §2.7.6
const BLOB: usize = 172;
