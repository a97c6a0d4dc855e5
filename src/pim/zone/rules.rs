//! From the clocks of a place to one year's rules.
//!
//! What a phone is told holds for ever, so of all that one year's changes allow, that is told which
//! is right at the instant itself, then until the end of that year, then for the ten years to come,
//! then before it.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::pim::zone::information::{Daylight, Rules, SystemTime};
use crate::pim::zone::timeline::Timeline;

/// A change of the clocks.
#[derive(Clone, Copy, Debug)]
struct Change {
    /// What the clocks showed, and the year that was or ended.
    local: DateTime,
    year: i16,
    before: i32,
    after: i32,
}

/// The rules of the year in which an instant lies.
pub(super) fn rules(zone: &TimeZone, at: Timestamp) -> Option<Rules> {
    found(zone, at).map(|(rules, _)| rules)
}

/// The same, and whether they are right in all of that year and the ten to come: then they are the
/// rules of each instant of the year.
pub(super) fn found(zone: &TimeZone, at: Timestamp) -> Option<(Rules, bool)> {
    let year = zone.to_datetime(at).year();
    let (begin, end) = (new_year(zone, year)?, new_year(zone, year.checked_add(1)?)?);
    let far = new_year(zone, year.saturating_add(YEARS_AHEAD).min(LAST_YEAR)).unwrap_or(end);
    let changes = changes(zone, begin, far);
    let near: Vec<Change> =
        changes.iter().filter(|change| change.year <= year + 1).copied().collect();
    let here = Timeline::of(zone, at, at);
    let rest = Timeline::of(zone, at, end);
    let ahead = Timeline::of(zone, at, far);
    let whole = Timeline::of(zone, begin, end);
    let wrong = |rules: &Rules| {
        (
            rules.offset_at(at) != here.first(),
            rest.distance(&rules.timeline(at, end), end),
            ahead.distance(&rules.timeline(at, far), far),
            whole.distance(&rules.timeline(begin, end), end),
        )
    };
    let first = zone.to_offset(begin).seconds();
    let best = candidates(first, year, &near, &changes).into_iter().min_by_key(wrong)?;
    let is_exact = wrong(&best) == (false, 0, 0, 0);
    Some((best, is_exact))
}

/// Everything that the changes of a year and the next allow to say.
fn candidates(first: i32, year: i16, near: &[Change], all: &[Change]) -> Vec<Rules> {
    let mut found = vec![Rules { standard: minutes(first), daylight: None }];
    for change in near {
        let standard = minutes(change.after);
        found.push(Rules { standard, daylight: None });
        let others = near.iter().filter(|other| other.year == year).count() > 1;
        if others || change.year != year {
            continue;
        }
        // The only change of the year: the other one is put at its begin.
        let (standard, offset) = (change.before.min(change.after), change.before.max(change.after));
        let at = moment(change, all);
        let (begins, ends) = if change.after > change.before {
            (at, turn_of_year(year, 1, 1))
        } else {
            (turn_of_year(year, 12, 31), at)
        };
        found.push(daylight(standard, offset, begins, ends));
    }
    for up in near.iter().filter(|change| change.after > change.before) {
        let downs = near.iter().filter(|down| {
            (down.before, down.after) == (up.after, up.before) && down.year == up.year
        });
        let moment = |change| moment(change, all);
        found.extend(downs.map(|down| daylight(up.before, up.after, moment(up), moment(down))));
    }
    found
}

fn daylight(standard: i32, offset: i32, begins: SystemTime, ends: SystemTime) -> Rules {
    let daylight = Daylight { offset: minutes(offset), begins, ends };
    Rules { standard: minutes(standard), daylight: Some(daylight) }
}

/// The moment of a change, spelt so that it meets most of the changes in the years after.
fn moment(change: &Change, all: &[Change]) -> SystemTime {
    let same_way = |other: &&Change| (other.after > other.before) == (change.after > change.before);
    let later = || all.iter().filter(same_way).filter(|other| other.local >= change.local);
    let meets = |moment: &SystemTime, other: &Change| moment.on(other.year) == Some(other.local);
    let met = |moment: &SystemTime| {
        (meets(moment, change), later().filter(|other| meets(moment, other)).count())
    };
    let spellings = spellings(change.local);
    // The first of the best: `max_by_key` would be the last.
    let best = spellings.iter().map(met).max().unwrap_or_default();
    spellings.iter().find(|moment| met(moment) == best).copied().unwrap_or_default()
}

/// The `n`th weekday of the month, the last one where it is that, and midnight as the end of the day
/// before, as Windows has it.
fn spellings(local: DateTime) -> Vec<SystemTime> {
    let time = local.time();
    let clock = SystemTime {
        hour: unsigned(time.hour()),
        minute: unsigned(time.minute()),
        second: unsigned(time.second()),
        ..SystemTime::default()
    };
    let mut found = on_day(local.date(), clock);
    if clock == SystemTime::default()
        && let Ok(yesterday) = local.date().yesterday()
    {
        found.extend(on_day(yesterday, END_OF_DAY));
    }
    found
}

fn on_day(date: Date, clock: SystemTime) -> Vec<SystemTime> {
    let weekday = unsigned(date.weekday().to_sunday_zero_offset());
    let nth = |day| SystemTime { month: unsigned(date.month()), weekday, day, ..clock };
    let week = unsigned((date.day() + 6) / 7);
    let last = date.day() + 7 > date.days_in_month();
    let mut found = Vec::new();
    if week < LAST_WEEK {
        found.push(nth(week));
    }
    if last {
        found.push(nth(LAST_WEEK));
    }
    found
}

/// The begin or the end of a year, where daylight time ends or begins for nobody to notice: both lie
/// outside of the year, since they are on the clock of the other time.
fn turn_of_year(year: i16, month: i8, day: i8) -> SystemTime {
    let date = Date::new(year, month, day).unwrap_or(Date::MIN);
    let clock = if month == 1 { SystemTime::default() } else { END_OF_DAY };
    on_day(date, clock).pop().unwrap_or_default()
}

/// All changes of the clocks from one instant to another.
fn changes(zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<Change> {
    let start = from.checked_sub(SignedDuration::from_secs(1)).unwrap_or(from);
    let mut before = zone.to_offset(start).seconds();
    let changes = zone.following(start).take_while(|change| change.timestamp() < to);
    changes
        .filter_map(|change| {
            let at = change.timestamp();
            let after = zone.to_offset(at).seconds();
            let local = Offset::from_seconds(before).ok()?.to_datetime(at);
            let year = local.checked_sub(SignedDuration::from_nanos(1)).ok()?.year();
            let change = (after != before).then_some(Change { local, year, before, after });
            before = after;
            change
        })
        .collect()
}

fn new_year(zone: &TimeZone, year: i16) -> Option<Timestamp> {
    let date = Date::new(year, 1, 1).ok()?;
    date.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp())
}

/// An offset in whole minutes: more is not said.
fn minutes(offset: i32) -> i32 {
    offset / 60 * 60
}

fn unsigned(number: i8) -> u16 {
    u16::from(number.unsigned_abs())
}

/// The years ahead that rules should meet.
const YEARS_AHEAD: i16 = 10;

/// The last year that all instants can name.
const LAST_YEAR: i16 = 9998;

/// The week that means "the last one".
const LAST_WEEK: u16 = 5;

/// The end of a day, as Windows spells it.
const END_OF_DAY: SystemTime = SystemTime {
    year: 0,
    month: 0,
    weekday: 0,
    day: 0,
    hour: 23,
    minute: 59,
    second: 59,
    milliseconds: 999,
};
