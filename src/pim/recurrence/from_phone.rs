//! From a phone's pattern to Horde's rule.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{Offset, TimeZone};

use crate::pim::recurrence::series::{self, By};
use crate::pim::recurrence::{
    ALL_DAYS, DAILY, Kind, LAST_WEEK, MONDAY, MONTHLY, MONTHLY_BY_WEEKDAY, MOST, Pattern, Refused,
    Rule, WEEKLY, YEARLY, YEARLY_BY_WEEKDAY,
};

/// The rule for a pattern, and the first date of the series: `start`'s, or a later one when the
/// pattern's days disagree with it.
///
/// # Errors
///
/// What Horde can not keep, and what no calendar has, such as 30 February.
pub fn from_pattern(
    pattern: &Pattern,
    start: DateTime,
    zone: &TimeZone,
) -> Result<(Rule, Date), Refused> {
    let interval = pattern.interval.unwrap_or(1).max(1);
    if interval > MOST || pattern.occurrences.is_some_and(|number| number > MOST) {
        return Err(Refused("a number above 999"));
    }
    if pattern.first_day_of_week.is_some_and(|day| day > 6) {
        return Err(Refused("no such day of the week"));
    }
    let date = start.date();
    let (kind, days, interval, first) = match pattern.kind {
        DAILY => daily(pattern, date, interval)?,
        WEEKLY => weekly(pattern, date, interval)?,
        MONTHLY | MONTHLY_BY_WEEKDAY | YEARLY | YEARLY_BY_WEEKDAY => {
            by_months(pattern, date, interval)?
        }
        _ => return Err(Refused("no such type")),
    };
    let mut rule = Rule { kind, interval, days, until: None, count: None };
    match (pattern.occurrences.filter(|count| *count > 0), pattern.until) {
        (Some(count), _) => match last_of_phone(&rule, first, count)? {
            None => rule.count = Some(count),
            Some(last) => rule.until = Some(last.to_datetime(END_OF_DAY)),
        },
        (None, Some(until)) => {
            let last = last_date(until, start.time(), zone).max(first);
            rule.until = Some(last.to_datetime(END_OF_DAY));
        }
        (None, None) => {}
    }
    Ok((rule, first))
}

type Found = (Kind, u8, u32, Date);

/// Every n days, or each week on some days.
fn daily(pattern: &Pattern, start: Date, interval: u32) -> Result<Found, Refused> {
    match days(pattern)? {
        None | Some(ALL_DAYS) => Ok((Kind::Daily, 0, interval, start)),
        Some(_) if interval == 1 => weekly(pattern, start, interval),
        Some(_) => Err(Refused("every n days on some weekdays")),
    }
}

/// Every n weeks on some days: of the begin where it names none.
fn weekly(pattern: &Pattern, start: Date, interval: u32) -> Result<Found, Refused> {
    let own = 1_u8 << start.weekday().to_sunday_zero_offset();
    let days = days(pattern)?.unwrap_or(own);
    let first_day = i64::from(pattern.first_day_of_week.unwrap_or(MONDAY));
    // Days since the begin of the week, by the phone's weeks.
    let into_week =
        |date: Date| (i64::from(date.weekday().to_sunday_zero_offset()) - first_day + 7) % 7;
    let among = |date: &Date| days & (1 << date.weekday().to_sunday_zero_offset()) != 0;
    let begin = -into_week(start);
    let weeks = [0, i64::from(interval)].into_iter();
    let all = weeks.flat_map(|week| (0..7).map(move |day| begin + week * 7 + day));
    let first = all
        .filter(|day| *day >= 0)
        .filter_map(|day| series::plus_days(start, day))
        .find(among)
        .ok_or(Refused("beyond the calendar"))?;
    if interval > 1 && !weeks_alike(days, first_day, first) {
        return Err(Refused("every n weeks by weeks that begin on another day"));
    }
    Ok((Kind::Weekly, days, interval, first))
}

/// Whether the days after `first` fall into the same weeks for the phone and for Horde.
fn weeks_alike(days: u8, first_day: i64, first: Date) -> bool {
    let weekday = i64::from(first.weekday().to_sunday_zero_offset());
    // How many days after `first` its week ends.
    let left = |first_day: i64| 6 - (weekday - first_day + 7) % 7;
    let (phone, horde) = (left(first_day), left(i64::from(MONDAY)));
    (phone.min(horde) + 1..=phone.max(horde))
        .all(|after| days & (1 << ((weekday + after) % 7)) == 0)
}

/// Months and years: by date and by weekday.
fn by_months(pattern: &Pattern, start: Date, interval: u32) -> Result<Found, Refused> {
    let strange = pattern.calendar_type.is_some_and(|calendar| !OUR_MONTHS.contains(&calendar));
    if strange || pattern.is_leap_month == Some(true) {
        return Err(Refused("months of another calendar"));
    }
    let yearly = matches!(pattern.kind, YEARLY | YEARLY_BY_WEEKDAY);
    let (by, day) = by(pattern, start)?;
    let month = number(pattern.month_of_year.filter(|_| yearly), start.month(), 12)?;
    let months = i64::from(interval) * if yearly { 12 } else { 1 };
    let ahead = i64::from(if yearly { (month - start.month() + 12) % 12 } else { 0 });
    let first = (0..MOST_STEPS)
        .filter_map(|step| series::in_month(start, by, day, ahead + step * months))
        .find(|date| *date >= start)
        .ok_or(Refused("a day that no month has"))?;
    let kind = match (by, yearly) {
        (By::Date, false) => Kind::MonthlyDate,
        (By::Date, true) => Kind::YearlyDate,
        (By::Weekday(_, LAST_WEEK), false) => Kind::MonthlyLastWeekday,
        (By::Weekday(_, LAST_WEEK), true) => {
            return Ok((Kind::MonthlyLastWeekday, 0, interval * 12, first));
        }
        (By::Weekday(..), false) => Kind::MonthlyWeekday,
        (By::Weekday(..), true) => Kind::YearlyWeekday,
    };
    let leap_day = kind == Kind::YearlyDate && (first.month(), first.day()) == (2, 29);
    if leap_day && interval > 2 && !interval.is_multiple_of(4) {
        return Err(Refused("a leap day of such years"));
    }
    Ok((kind, 0, interval, first))
}

/// What the pattern has its day by, and the day of the month.
fn by(pattern: &Pattern, start: Date) -> Result<(By, i8), Refused> {
    if matches!(pattern.kind, MONTHLY | YEARLY) {
        return Ok((By::Date, number(pattern.day_of_month, start.day(), 31)?));
    }
    let week = number(pattern.week_of_month, (start.day() + 6) / 7, 5)?;
    let week = u32::from(week.unsigned_abs());
    match days(pattern)? {
        Some(ALL_DAYS) if week < LAST_WEEK => Ok((By::Date, i8::try_from(week).unwrap_or(1))),
        Some(ALL_DAYS) => Err(Refused("the last day of the month")),
        Some(days) if days.count_ones() > 1 => Err(Refused("several weekdays in a month")),
        Some(days) => {
            let weekday = i8::try_from(days.trailing_zeros()).ok();
            let weekday = weekday.and_then(|day| Weekday::from_sunday_zero_offset(day).ok());
            Ok((By::Weekday(weekday.unwrap_or_else(|| start.weekday()), week), start.day()))
        }
        None => Ok((By::Weekday(start.weekday(), week), start.day())),
    }
}

/// The date of the last instance, where Horde counts otherwise than phones; else `None`.
fn last_of_phone(rule: &Rule, first: Date, count: u32) -> Result<Option<Date>, Refused> {
    if rule.kind == Kind::Weekly && first.iso_week_date().year() != first.year() {
        let last =
            usize::try_from(count - 1).ok().and_then(|at| series::weekly(rule, first).nth(at));
        return last.map(Some).ok_or(Refused("beyond the calendar"));
    }
    let (day, leap_day) = (first.day(), (first.month(), first.day()) == (2, 29));
    let months = match rule.kind {
        Kind::MonthlyDate if day > 28 => 1,
        Kind::YearlyDate if rule.interval > 1 || leap_day => 12,
        _ => return Ok(None),
    };
    let months = i64::from(rule.interval) * months;
    let dates =
        (0..MOST_STEPS).filter_map(|step| series::in_month(first, By::Date, day, step * months));
    let last = usize::try_from(count - 1).ok().and_then(|count| { dates }.nth(count));
    last.map(Some).ok_or(Refused("beyond the calendar"))
}

/// The last date on which an instance may begin.
///
/// Clients write the begin of the last instance, any time of its day, a second before the first one
/// that is none, or a date alone, as midnight there or in UTC.
fn last_date(until: Timestamp, time: Time, zone: &TimeZone) -> Date {
    let (local, utc) = (zone.to_datetime(until), Offset::UTC.to_datetime(until));
    if local.time() == Time::midnight() {
        return local.date();
    }
    if utc.time() == Time::midnight() {
        return by_utc_date(utc.date(), time, zone);
    }
    if local.time() >= time {
        return local.date();
    }
    local.date().yesterday().unwrap_or_else(|_| local.date())
}

/// The last date whose instance begins on a date in UTC, which is all that Android keeps of the begin
/// of the last instance; of whole days it keeps the date.
fn by_utc_date(last: Date, time: Time, zone: &TimeZone) -> Date {
    if time == Time::midnight() {
        return last;
    }
    let begins = |date: Date| {
        let at = date.to_datetime(time).to_zoned(zone.clone());
        at.map(|at| Offset::UTC.to_datetime(at.timestamp()).date())
    };
    let near = [last.tomorrow(), Ok(last), last.yesterday()].into_iter().flatten();
    near.into_iter().find(|date| begins(*date).is_ok_and(|begins| begins <= last)).unwrap_or(last)
}

/// The days of the week that a pattern names.
fn days(pattern: &Pattern) -> Result<Option<u8>, Refused> {
    let Some(days) = pattern.day_of_week else { return Ok(None) };
    match u8::try_from(days) {
        Ok(0) => Ok(None),
        Ok(days) if days <= ALL_DAYS => Ok(Some(days)),
        _ => Err(Refused("no such days of the week")),
    }
}

/// A number from 1 to `most`, or what the begin has.
fn number(value: Option<u32>, own: i8, most: i8) -> Result<i8, Refused> {
    let Some(value) = value else { return Ok(own) };
    let value = i8::try_from(value).ok().filter(|value| (1..=most).contains(value));
    value.ok_or(Refused("no such day, week or month"))
}

/// Calendars with our months, though some count years otherwise.
const OUR_MONTHS: [u32; 11] = [0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 12];

/// Steps after which a date must have come: 999 leap days of every year.
const MOST_STEPS: i64 = 9000;

/// The last second of a day, as Horde's own forms set it.
const END_OF_DAY: Time = Time::constant(23, 59, 59, 0);
