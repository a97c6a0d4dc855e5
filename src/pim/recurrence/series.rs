//! The dates of series, for what Horde and phones count differently.

use jiff::Span;
use jiff::civil::{Date, Weekday};

use crate::pim::recurrence::{Kind, LAST_WEEK, Rule};

/// What a series has its dates by.
#[derive(Clone, Copy, Debug)]
pub(super) enum By {
    /// The day of the month.
    Date,
    /// The nth weekday of the month, 5 for the last one.
    Weekday(Weekday, u32),
}

/// The date in the month that lies `months` after `start`'s; `None` when that month has none.
pub(super) fn in_month(start: Date, by: By, day: i8, months: i64) -> Option<Date> {
    let first = start.first_of_month().checked_add(Span::new().try_months(months).ok()?).ok()?;
    match by {
        By::Date => Date::new(first.year(), first.month(), day).ok(),
        By::Weekday(weekday, LAST_WEEK) => first.nth_weekday_of_month(-1, weekday).ok(),
        By::Weekday(weekday, week) => {
            first.nth_weekday_of_month(i8::try_from(week).ok()?, weekday).ok()
        }
    }
}

/// The last date that Horde shows of a series with a count.
///
/// Horde counts the months, also those without such a day; the years, when they are counted by date,
/// also when only every nth is shown.
pub(super) fn last_of_horde(rule: &Rule, start: Date, count: u32) -> Option<Date> {
    let periods = match rule.kind {
        Kind::YearlyDate => count.div_ceil(rule.interval),
        _ => count,
    };
    if rule.kind == Kind::Weekly {
        return weekly(rule, start).nth(usize::try_from(count).ok()?.checked_sub(1)?);
    }
    // A date that is skipped is not the last one: at most 40 leap days may be missing in a row.
    let periods = i64::from(periods);
    (0..periods).rev().take(LONGEST_GAP).find_map(|period| of_horde(rule, start, period))
}

/// The date of Horde's rule in a period, counted from 0; `None` when it skips that.
fn of_horde(rule: &Rule, start: Date, period: i64) -> Option<Date> {
    let steps = period * i64::from(rule.interval);
    let month = |by, months| in_month(start, by, start.day(), months);
    match rule.kind {
        Kind::Daily => plus_days(start, steps),
        Kind::Weekly => None,
        Kind::MonthlyDate => month(By::Date, steps),
        Kind::MonthlyWeekday => {
            let first = month(By::Weekday(start.weekday(), 1), steps)?;
            let weeks = i64::from((start.day() - 1) / 7);
            let date = plus_days(first, weeks * 7)?;
            (date.month() == first.month()).then_some(date)
        }
        Kind::MonthlyLastWeekday => month(By::Weekday(start.weekday(), LAST_WEEK), steps),
        Kind::YearlyDate => month(By::Date, steps * 12),
        Kind::YearlyWeekday => {
            let week = u32::from(start.day().unsigned_abs()).div_ceil(7);
            month(By::Weekday(start.weekday(), week), steps * 12)
        }
        Kind::YearlyDay => {
            let year = start.year().checked_add(i16::try_from(steps).ok()?)?;
            let day = i64::from(start.day_of_year()) - 1;
            plus_days(Date::new(year, 1, 1).ok()?, day)
        }
    }
}

/// The dates of a weekly rule, by weeks from Monday.
pub(super) fn weekly(rule: &Rule, start: Date) -> impl Iterator<Item = Date> {
    let monday = i64::from(start.weekday().to_monday_zero_offset());
    let (days, interval) = (rule.days, i64::from(rule.interval));
    let date = move |week: i64, day: i64| plus_days(start, week * interval * 7 + day - monday);
    let weeks = (0..).map_while(move |week| date(week, 0).map(|_| week));
    let all = weeks.flat_map(move |week| (0..7).filter_map(move |day| date(week, day)));
    let among = move |date: &Date| days & (1 << date.weekday().to_sunday_zero_offset()) != 0;
    all.filter(move |date| *date >= start && among(date))
}

/// A date and some days; `None` beyond the calendar.
pub(super) fn plus_days(date: Date, days: i64) -> Option<Date> {
    date.checked_add(Span::new().try_days(days).ok()?).ok()
}

/// Periods in a row that a series may skip: leap days of every nth year.
const LONGEST_GAP: usize = 64;
