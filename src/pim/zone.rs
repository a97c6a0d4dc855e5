//! Time zones: IANA names, as Horde has them, and the rules of one year, as phones are told them.
//!
//! - Rules are in local time: Sydney leaves daylight time on the first Sunday of April at 03:00. The
//!   smaller offset is standard time, also in Ireland and Morocco, whose laws see it the other way
//!   round: so do Windows and all phones.
//! - A moment is told as a weekday of a week of a month, in the spelling that meets most of the ten
//!   years to come: the last Sunday, not the fourth. Never with a year, which clients skip.
//! - Of a year with one change, or with more than two, that is told which is right at the instant
//!   and from then on.
//! - The IANA name stands where Windows has the name of standard time: phones skip it, and what reads
//!   it and what sends it back (Thunderbird) means the very place.
//!
//! [MS-ASDTYPE] §2.7.6

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use crate::pim::zone::information::Rules;
use crate::pim::zone::places::PLACES;
use crate::pim::zone::timeline::Timeline;

pub use crate::pim::zone::information::{SystemTime, TimeZoneInformation};

mod information;
mod known;
mod places;
mod rules;
mod timeline;

/// A zone of Horde: an IANA name, or an offset such as `+0530`, which `rpc.php` stored.
#[must_use]
pub fn get(zone: &str) -> Option<TimeZone> {
    TimeZone::get(zone).ok().or_else(|| fixed(zone).map(TimeZone::fixed))
}

/// What a phone is told of a zone, for an instant and the time to come; `None` for a name that is
/// none.
#[must_use]
pub fn blob(zone: &str, at: Timestamp) -> Option<TimeZoneInformation> {
    let found = get(zone)?;
    let year = found.to_datetime(at).year();
    if let Some(known) = known::get(zone, year) {
        return Some(known);
    }
    let (rules, is_exact) = rules::found(&found, at)?;
    let name = found.iana_name().map(ToOwned::to_owned).unwrap_or_default();
    let mut information = TimeZoneInformation {
        bias: -rules.standard / 60,
        standard_name: name.clone(),
        daylight_name: name,
        ..TimeZoneInformation::default()
    };
    if let Some(daylight) = rules.daylight {
        information.daylight_bias = (rules.standard - daylight.offset) / 60;
        information.daylight_date = daylight.begins;
        information.standard_date = daylight.ends;
    }
    if is_exact {
        known::put(zone, year, &information);
    }
    Some(information)
}

/// The IANA name of what a phone told: the place that it names itself; else the event's `own` zone
/// or the `user`'s, when their clocks agree with it in the year of `at` or by later rules; else the
/// place that stands for such clocks, the nearest one if none is exact.
///
/// Too few bytes, an offset that no place has and a nameless row of zeros say nothing: then it is
/// the event's own zone or the user's.
#[must_use]
pub fn name(blob: &[u8], at: Timestamp, own: Option<&str>, user: &str) -> String {
    let known = || own.into_iter().chain([user]).filter_map(place);
    let otherwise = || known().next().map_or_else(|| UTC.to_owned(), |(name, _)| name);
    let said = TimeZoneInformation::from_bytes(blob)
        .filter(|said| *said != TimeZoneInformation::default())
        .and_then(|said| Some((said.rules()?, said)));
    let Some((rules, said)) = said else { return otherwise() };
    let years = years(at);
    let agrees = |(_, zone): &(String, TimeZone)| {
        let same = |year| distance(&rules, zone, year).is_some_and(|far| far <= TOLERANCE);
        years.into_iter().any(same) || rules::rules(zone, at) == Some(rules)
    };
    if let Some((name, _)) = named(&said).into_iter().chain(known()).find(agrees) {
        return name;
    }
    let windows = PLACES.iter().find(|(windows, _)| *windows == said.standard_name);
    let windows = windows.and_then(|(_, name)| place(name)).filter(agrees);
    if let Some((name, _)) = windows {
        return name;
    }
    nearest(&rules, &years, known().collect()).unwrap_or_else(otherwise)
}

/// What a clock shows at an instant by what a phone told; `None` when it told nothing.
///
/// An all-day event begins at midnight of this clock, wherever the zone may be.
#[must_use]
pub fn local(blob: &[u8], at: Timestamp) -> Option<DateTime> {
    let said = TimeZoneInformation::from_bytes(blob)?;
    let offset = Offset::from_seconds(said.rules()?.offset_at(at)).ok()?;
    Some(offset.to_datetime(at))
}

/// The place whose clocks are the nearest; of equals the first, and `known` ones before all.
fn nearest(rules: &Rules, years: &[i16], known: Vec<(String, TimeZone)>) -> Option<String> {
    let places = PLACES.iter().filter_map(|(_, name)| place(name));
    let places: Vec<(String, TimeZone)> = known.into_iter().chain(places).collect();
    let distance = |zone: &TimeZone, year| distance(rules, zone, year).unwrap_or(i64::MAX);
    for year in years {
        let exact = places.iter().find(|(_, zone)| distance(zone, *year) <= TOLERANCE);
        if let Some((name, _)) = exact {
            return Some(name.clone());
        }
    }
    let first = *years.first()?;
    let near = places.iter().min_by_key(|(_, zone)| distance(zone, first));
    near.map(|(name, _)| name.clone())
}

/// How far a zone's clocks are from the rules in a year.
fn distance(rules: &Rules, zone: &TimeZone, year: i16) -> Option<i64> {
    let begin = |year| Some(jiff::civil::Date::new(year, 1, 1).ok()?.to_datetime(MIDNIGHT));
    let (from, to) = (begin(year)?, begin(year.checked_add(1)?)?);
    let (from, to) = (Offset::UTC.to_timestamp(from).ok()?, Offset::UTC.to_timestamp(to).ok()?);
    Some(Timeline::of(zone, from, to).distance(&rules.timeline(from, to), to))
}

/// The years whose rules a phone may have told: that of the instant, those of today, as far as is
/// known, and those just before and after.
fn years(at: Timestamp) -> [i16; 4] {
    let year = Offset::UTC.to_datetime(at).year();
    [year, LATEST_RULES, year.saturating_add(1), year.saturating_sub(1)]
}

/// The place that the name of standard time names, alone or in a list.
fn named(said: &TimeZoneInformation) -> Option<(String, TimeZone)> {
    let name = said.standard_name.as_str();
    [name].into_iter().chain(name.split([',', ';', ' '])).find_map(place)
}

/// A name with its zone; abbreviations and offsets are none.
fn place(name: &str) -> Option<(String, TimeZone)> {
    let copy = name.starts_with("posix/") || name.starts_with("right/");
    if copy || !name.contains('/') && name != UTC {
        return None;
    }
    let zone = TimeZone::get(name).ok()?;
    let name = zone.iana_name().unwrap_or(name).to_owned();
    Some((name, zone))
}

/// The offset that a name such as `+0530`, `-03` or `+05:30` is.
fn fixed(name: &str) -> Option<Offset> {
    let (sign, digits) = match name.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = digits.split_at(2);
    let minutes: i32 = if minutes.is_empty() { 0 } else { minutes.parse().ok()? };
    let hours: i32 = hours.parse().ok()?;
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// The zone where there is no other.
const UTC: &str = "UTC";

/// A year by which all rules that are known today hold.
const LATEST_RULES: i16 = 2037;

/// Two changes a year may each be wrong by a minute: some spell midnight as 23:59.
const TOLERANCE: i64 = 2 * 60 * 3600;

const MIDNIGHT: jiff::civil::Time = jiff::civil::Time::midnight();

#[cfg(test)]
mod tests;
