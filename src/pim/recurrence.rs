//! Series: Horde's rules and the protocol's patterns, the same for events and tasks.
//!
//! In Horde a rule takes its day from the start of the series; a pattern names it. What the two can
//! not say alike:
//!
//! | Horde's rule | what phones are sent | what differs |
//! |---|---|---|
//! | monthly on the 29th to 31st | Type 2 with that day | Horde, Android and iOS skip months without it, Outlook takes their last day; where a page of Horde shows the end of one month and the begin of the next, it shows 3 March for 31 February |
//! | monthly on the fifth weekday | Type 3, week 5 | the protocol's 5 is the last: months with four have one too |
//! | monthly on the last weekday, begun on another day | Type 3, week 5 | Horde also shows the begin |
//! | yearly on the fifth weekday | Type 6, week 5 | the last of the month; Horde goes on into the next month |
//! | yearly by day of the year | Type 5 with the begin's day | after February of leap years it is a day off |
//! | yearly on 29 February, every 3 years or another number that is not 1, 2 or a multiple of 4 | Type 5 | Horde shows 1 March of other years |
//! | weekly, begun on a day that is not among its days | Type 1 | Horde also shows the begin |
//! | weekly, begun at the turn of the year in a week that belongs to the other year | Type 1 | Horde counts from a week of another year, and may show nothing for a year |
//! | weekly on no day, every 1000 or more, or less than 1 | no pattern: a single item | |
//! | a count of another kind that Horde counts by months or years, or above 999 | Until, the last date that Horde shows | |
//!
//! | a phone's pattern | what Horde gets |
//! |---|---|
//! | Type 0 with days (every weekday) | weekly on these days |
//! | Type 6, week 5 | monthly on the last weekday, every 12 months |
//! | Types 3 and 6 with all seven days and week 1 to 4 | that day of the month |
//! | days that disagree with the begin | the begin is moved to the first day that agrees |
//! | Occurrences that Horde would count otherwise | the date of the last one |
//! | Until | the date that it is at the place, to its end; before the begin's time of that day: the day before, unless it is midnight there; midnight in UTC is what Android keeps of the begin of the last instance |
//! | every n weeks by weeks that do not begin on Monday, where that matters | refused |
//! | calendars whose months are not ours, leap months, the last day of the month, several weekdays in a month, every n days on some weekdays | refused |
//!
//! [MS-ASCAL] §2.2.2.37

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

pub use crate::pim::recurrence::from_phone::from_pattern;

mod from_phone;
mod series;

/// A rule of Horde, as the bridge sends and takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Of what kind it is.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Every how many days, weeks, months or years.
    pub interval: u32,
    /// Days of the week, of weekly rules alone: Sunday 1 to Saturday 64.
    #[serde(default)]
    pub days: u8,
    /// The last moment at which an instance may begin, at the event's place.
    #[serde(default)]
    pub until: Option<DateTime>,
    /// How many instances there are.
    #[serde(default)]
    pub count: Option<u32>,
}

/// The kinds of rules that Horde has. All but the weekly ones take the day from the begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Every n days.
    Daily,
    /// Every n weeks, counted from Monday.
    Weekly,
    /// The same day of the month; months without it are skipped.
    MonthlyDate,
    /// The same weekday of the same week.
    MonthlyWeekday,
    /// The same weekday, the last one.
    MonthlyLastWeekday,
    /// The same day of the same month.
    YearlyDate,
    /// The same day, counted from New Year.
    YearlyDay,
    /// The same weekday of the same week of the same month.
    YearlyWeekday,
}

/// A pattern of the protocol, of an event or a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    /// Type: 0 daily, 1 weekly, 2 and 3 monthly, 5 and 6 yearly, by date and by weekday.
    pub kind: u32,
    /// Every how many days, weeks, months or years: 1 when absent.
    pub interval: Option<u32>,
    /// How many instances there are.
    pub occurrences: Option<u32>,
    /// The begin of the last instance.
    pub until: Option<Timestamp>,
    /// Days of the week: Sunday 1 to Saturday 64.
    pub day_of_week: Option<u32>,
    /// The day of the month.
    pub day_of_month: Option<u32>,
    /// The week of the month; 5: the last.
    pub week_of_month: Option<u32>,
    /// The month.
    pub month_of_year: Option<u32>,
    /// The calendar by which months are counted.
    pub calendar_type: Option<u32>,
    /// Whether the month is a leap month of such a calendar.
    pub is_leap_month: Option<bool>,
    /// The day on which weeks begin: Sunday is 0.
    pub first_day_of_week: Option<u32>,
}

/// Why a pattern is refused: what Horde can not keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("horde has no such series: {0}")]
pub struct Refused(&'static str);

/// What phones are sent for a rule; `None` when the protocol has nothing like it: the item is sent
/// as a single one.
///
/// `start` is the begin of the series at its place, `week_start` the first day of the user's weeks.
#[must_use]
pub fn to_pattern(
    rule: &Rule,
    start: DateTime,
    zone: &TimeZone,
    week_start: u8,
) -> Option<Pattern> {
    let mut pattern = Pattern {
        interval: Some(rule.interval),
        calendar_type: Some(GREGORIAN),
        first_day_of_week: Some(u32::from(week_start.min(6))),
        ..Pattern::default()
    };
    set_days(&mut pattern, rule, start.date())?;
    pattern.interval.filter(|interval| (1..=MOST).contains(interval))?;
    match (rule.count.filter(|count| *count > 0), rule.until) {
        (Some(count), _) if count <= MOST && counts_alike(rule, start.date()) => {
            pattern.occurrences = Some(count);
        }
        (Some(count), _) => {
            pattern.until = series::last_of_horde(rule, start.date(), count)
                .and_then(|last| instant(last, start, zone));
        }
        (None, Some(until)) => pattern.until = instant(last_date(until, start), start, zone),
        (None, None) => {}
    }
    Some(pattern)
}

/// Whether a phone that sends `pattern` sends back what it was shown of `rule`, so that the rule
/// stays as it is.
#[must_use]
pub fn is_shown_by(rule: &Rule, pattern: &Pattern, start: DateTime, zone: &TimeZone) -> bool {
    let Some(shown) = to_pattern(rule, start, zone, 1) else { return false };
    let cut = shown.until.zip(pattern.until).is_some_and(|(shown, told)| is_cut(shown, told));
    let until = if cut { shown.until } else { pattern.until };
    let read = |pattern: &Pattern| from_pattern(pattern, start, zone).ok();
    let told = read(&Pattern { until, ..pattern.clone() });
    read(&shown).is_some_and(|shown| Some(shown) == told)
}

/// Whether an Until is what Android keeps of another one: its date in UTC.
#[must_use]
pub fn is_cut(shown: Timestamp, told: Timestamp) -> bool {
    let midnight = Offset::UTC.to_datetime(shown).date().to_datetime(Time::midnight());
    Offset::UTC.to_timestamp(midnight).is_ok_and(|midnight| midnight == told)
}

/// Type and days.
fn set_days(pattern: &mut Pattern, rule: &Rule, start: Date) -> Option<()> {
    let (day, month) = (u32::from(start.day().unsigned_abs()), start.month().unsigned_abs());
    let weekday = 1_u32 << start.weekday().to_sunday_zero_offset();
    let week = day.div_ceil(7);
    let by_weekday = |pattern: &mut Pattern, kind, week| {
        pattern.kind = kind;
        pattern.day_of_week = Some(weekday);
        pattern.week_of_month = Some(week);
    };
    match rule.kind {
        Kind::Daily => pattern.kind = DAILY,
        Kind::Weekly => {
            pattern.kind = WEEKLY;
            pattern.day_of_week = Some(u32::from(rule.days & ALL_DAYS)).filter(|days| *days > 0);
            pattern.day_of_week?;
            if rule.interval > 1 {
                // Horde's weeks begin on Monday, whatever the user prefers to see.
                pattern.first_day_of_week = Some(MONDAY);
            }
        }
        Kind::MonthlyDate => {
            pattern.kind = MONTHLY;
            pattern.day_of_month = Some(day);
        }
        Kind::MonthlyWeekday => by_weekday(pattern, MONTHLY_BY_WEEKDAY, week),
        Kind::MonthlyLastWeekday if rule.interval.is_multiple_of(12) => {
            by_weekday(pattern, YEARLY_BY_WEEKDAY, LAST_WEEK);
            pattern.month_of_year = Some(u32::from(month));
            pattern.interval = Some(rule.interval / 12);
        }
        Kind::MonthlyLastWeekday => by_weekday(pattern, MONTHLY_BY_WEEKDAY, LAST_WEEK),
        Kind::YearlyDate | Kind::YearlyDay => {
            pattern.kind = YEARLY;
            pattern.day_of_month = Some(day);
            pattern.month_of_year = Some(u32::from(month));
        }
        Kind::YearlyWeekday => {
            by_weekday(pattern, YEARLY_BY_WEEKDAY, week);
            pattern.month_of_year = Some(u32::from(month));
        }
    }
    Some(())
}

/// Whether Horde and phones count the instances alike.
fn counts_alike(rule: &Rule, start: Date) -> bool {
    let short = start.day() > 28;
    match rule.kind {
        Kind::Daily | Kind::Weekly | Kind::MonthlyLastWeekday => true,
        Kind::MonthlyDate | Kind::MonthlyWeekday | Kind::YearlyWeekday => !short,
        Kind::YearlyDate => rule.interval == 1 && !(short && start.month() == 2),
        Kind::YearlyDay => false,
    }
}

/// The last date on which an instance may begin by `until`, but not before the first one.
fn last_date(until: DateTime, start: DateTime) -> Date {
    let whole = until.time() >= start.time();
    let date = if whole { Ok(until.date()) } else { until.date().yesterday() };
    date.unwrap_or_else(|_| until.date()).max(start.date())
}

/// The instant at which the instance of a date begins.
fn instant(date: Date, start: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    date.to_datetime(start.time()).to_zoned(zone.clone()).ok().map(|at| at.timestamp())
}

const DAILY: u32 = 0;
const WEEKLY: u32 = 1;
const MONTHLY: u32 = 2;
const MONTHLY_BY_WEEKDAY: u32 = 3;
const YEARLY: u32 = 5;
const YEARLY_BY_WEEKDAY: u32 = 6;

/// The calendar that Horde has.
const GREGORIAN: u32 = 1;

/// The first day of Horde's weeks.
const MONDAY: u32 = 1;

/// The week that means "the last one".
const LAST_WEEK: u32 = 5;

/// All days of the week.
const ALL_DAYS: u8 = 127;

/// The largest interval, and the largest number of occurrences, that the protocol has.
const MOST: u32 = 999;

#[cfg(test)]
mod tests;
