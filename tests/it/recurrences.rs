//! Series as phones compute them and as Kronolith lists them: the same instances.
//!
//! The phone is the `rrule` crate, by way of the pattern alone; Kronolith is Horde's own PHP.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use horde_eas::pim::recurrence::{Kind, Pattern, Rule, from_pattern, is_shown_by, to_pattern};
use jiff::civil::{Date, DateTime, Time, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use rrule::RRuleSet;
use serde_json::{Value, json};

const ZONES: [&str; 6] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Sydney",
    "Asia/Kolkata",
    "UTC",
    "America/Sao_Paulo",
];

const KINDS: [Kind; 8] = [
    Kind::Daily,
    Kind::Weekly,
    Kind::MonthlyDate,
    Kind::MonthlyWeekday,
    Kind::MonthlyLastWeekday,
    Kind::YearlyDate,
    Kind::YearlyDay,
    Kind::YearlyWeekday,
];

/// A series.
#[derive(Clone, Debug)]
struct Series {
    zone: &'static str,
    start: DateTime,
    rule: Rule,
    deleted: Vec<Date>,
}

impl Series {
    fn zone(&self) -> TimeZone {
        TimeZone::get(self.zone).unwrap()
    }

    /// From where to where Kronolith is asked: months alone for what falls on a day of the month,
    /// since what it lists over the end of a month depends on the page that asks.
    fn windows(&self) -> Vec<[DateTime; 2]> {
        let (first, end) = (self.start.date().first_of_month(), self.end().date());
        if self.rule.kind != Kind::MonthlyDate {
            return vec![[first.at(0, 0, 0, 0), end.at(0, 0, 0, 0)]];
        }
        let month = |number: i32| (first + Span::new().months(number)).at(0, 0, 0, 0);
        let months = (0..).map(|number| [month(number), month(number + 1)]);
        months.take_while(|[from, _]| from.date() < end).collect()
    }

    /// The moment up to which instances are listed.
    fn end(&self) -> DateTime {
        let years = match self.rule.kind {
            Kind::Daily | Kind::Weekly => 2,
            Kind::MonthlyDate | Kind::MonthlyWeekday | Kind::MonthlyLastWeekday => 12,
            Kind::YearlyDate | Kind::YearlyDay | Kind::YearlyWeekday => 60,
        };
        date(self.start.year() + years, 1, 1).at(0, 0, 0, 0)
    }
}

/// Not in the hours of changes, for which PHP and phones have ways of their own.
fn any_time(random: &mut StdRng) -> Time {
    let hour = [0, 5, 9, 12, 18, 23][random.random_range(0..6)];
    Time::constant(hour, [0, 15, 30][random.random_range(0..3)], 0, 0)
}

fn any_date(random: &mut StdRng) -> Date {
    match random.random_range(0..10) {
        0 => date(2024, 2, 29),
        1 => date(2027, [1, 3, 5, 8, 10, 12][random.random_range(0..6)], 31),
        _ => date(2024, 1, 1) + Span::new().days(random.random_range(0..1500)),
    }
}

fn any_series(random: &mut StdRng) -> Series {
    let kind = KINDS[random.random_range(0..KINDS.len())];
    let start = any_date(random).to_datetime(any_time(random));
    let own = 1 << start.weekday().to_sunday_zero_offset();
    let days = match random.random_range(0..4) {
        0 => own,
        // Hardly ever without the day of the begin, as Horde's forms have it.
        1 => random.random_range(1..=127),
        _ => own | random.random_range(0..=127),
    };
    let mut rule = Rule {
        kind,
        interval: [1, 1, 2, 3, 4, 12][random.random_range(0..6)],
        days: if kind == Kind::Weekly { days } else { 0 },
        until: None,
        count: None,
    };
    match random.random_range(0..3) {
        0 => rule.count = Some(random.random_range(1..25)),
        1 => {
            let last = start.date() + Span::new().days(random.random_range(0..2500));
            let times = [Time::constant(23, 59, 59, 0), Time::midnight(), start.time()];
            rule.until = Some(last.to_datetime(times[random.random_range(0..3)]));
        }
        _ => {}
    }
    let mut series =
        Series { zone: ZONES[random.random_range(0..6)], start, rule, deleted: Vec::new() };
    if random.random_range(0..2) == 0 {
        series.deleted = vec![start.date() + Span::new().days(random.random_range(0..400))];
    }
    series
}

/// What Kronolith lists for all of them.
fn kronolith(all: &[Series]) -> Vec<Vec<DateTime>> {
    let series = |series: &Series| {
        json!({
            "zone": series.zone, "start": series.start, "rule": series.rule,
            "deleted": series.deleted, "windows": series.windows(),
        })
    };
    let asked: Vec<Value> = all.iter().map(series).collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/recurrences/instances.php");
    let mut php = Command::new("php");
    php.args(["-d", "display_errors=stderr", script]);
    let mut child = php.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let asked = serde_json::to_vec(&asked).unwrap();
    let writer = std::thread::spawn(move || input.write_all(&asked));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let answers: Vec<Vec<DateTime>> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), all.len());
    answers
}

/// What a phone shows, by the pattern alone.
fn phone(pattern: &Pattern, series: &Series) -> Vec<DateTime> {
    let start = series.start.strftime("%Y%m%dT%H%M%S");
    let text = format!("DTSTART;TZID={}:{start}\nRRULE:{}", series.zone, rrule(pattern));
    let set: RRuleSet = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    let end = series.end().to_zoned(series.zone()).unwrap().timestamp().as_second();
    let zone = series.zone();
    set.into_iter()
        .take_while(|at| at.timestamp() < end)
        .map(|at| zone.to_datetime(Timestamp::from_second(at.timestamp()).unwrap()))
        .filter(|at| !series.deleted.contains(&at.date()))
        .collect()
}

/// The pattern as clients read it that keep iCalendar rules.
fn rrule(pattern: &Pattern) -> String {
    let days = || {
        let names = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
        let mask = pattern.day_of_week.unwrap();
        let named = names.into_iter().enumerate().filter(|(bit, _)| mask & (1 << bit) != 0);
        named.map(|(_, name)| name).collect::<Vec<_>>()
    };
    let nth = || {
        let week = pattern.week_of_month.unwrap();
        let week = if week == 5 { "-1".to_owned() } else { week.to_string() };
        format!("{week}{}", days().join(""))
    };
    let day = || pattern.day_of_month.unwrap();
    let month = || pattern.month_of_year.unwrap();
    let mut rule = match pattern.kind {
        0 if pattern.day_of_week.is_some() => format!("FREQ=DAILY;BYDAY={}", days().join(",")),
        0 => "FREQ=DAILY".to_owned(),
        1 => format!("FREQ=WEEKLY;BYDAY={}", days().join(",")),
        2 => format!("FREQ=MONTHLY;BYMONTHDAY={}", day()),
        3 => format!("FREQ=MONTHLY;BYDAY={}", nth()),
        5 => format!("FREQ=YEARLY;BYMONTH={};BYMONTHDAY={}", month(), day()),
        6 => format!("FREQ=YEARLY;BYMONTH={};BYDAY={}", month(), nth()),
        other => panic!("no such type: {other}"),
    };
    let weekdays = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
    let first = pattern.first_day_of_week.map_or(1, |day| usize::try_from(day).unwrap());
    rule += &format!(";WKST={};INTERVAL={}", weekdays[first], pattern.interval.unwrap_or(1));
    match (pattern.occurrences, pattern.until) {
        (Some(count), None) => rule += &format!(";COUNT={count}"),
        (None, Some(until)) => rule += &format!(";UNTIL={}", until.strftime("%Y%m%dT%H%M%SZ")),
        (None, None) => {}
        (Some(_), Some(_)) => panic!("one of them alone"),
    }
    rule
}

/// What the docs say is shown otherwise.
fn differs(series: &Series) -> Option<&'static str> {
    let (rule, start) = (&series.rule, series.start.date());
    let own = 1_u8 << start.weekday().to_sunday_zero_offset();
    let leap_day = (start.month(), start.day()) == (2, 29);
    let last_week = start.day() + 7 > start.days_in_month();
    match rule.kind {
        Kind::Weekly if rule.days & own == 0 => Some("weekly, begun on a day"),
        Kind::Weekly if turn_of_year(series) => Some("weekly, begun at the turn of the year"),
        Kind::MonthlyWeekday if start.day() > 28 => Some("monthly on the fifth weekday"),
        Kind::MonthlyLastWeekday if !last_week => {
            Some("monthly on the last weekday, begun on another day")
        }
        Kind::YearlyWeekday if start.day() > 28 => Some("yearly on the fifth weekday"),
        Kind::YearlyDay => Some("yearly by day of the year"),
        Kind::YearlyDate if leap_day && rule.interval == 3 => Some("yearly on 29 February"),
        _ => None,
    }
}

/// Horde takes the year of the begin with the number of its week, which may be that of another year.
fn turn_of_year(series: &Series) -> bool {
    let start = series.start.date();
    start.iso_week_date().year() != start.year()
}

/// What both show, of what they show otherwise.
fn alike(why: Option<&str>, series: &Series, shown: &[DateTime]) -> Vec<DateTime> {
    let (start, mut shown) = (series.start, shown.to_vec());
    match why {
        Some("weekly, begun on a day" | "monthly on the last weekday, begun on another day") => {
            shown.retain(|at| *at != start);
        }
        Some("weekly, begun at the turn of the year") => shown.truncate(1),
        Some("monthly on the fifth weekday" | "yearly on the fifth weekday") => {
            shown.retain(|at| at.day() > 28);
        }
        Some("yearly on 29 February") => shown.retain(|at| at.month() == 2),
        Some("yearly by day of the year") => {
            shown.retain(|at| at.date().in_leap_year() == start.date().in_leap_year());
        }
        _ => {}
    }
    shown
}

/// The instances by whom they are shown, if not by both; how many series there are of each kind.
fn compare(all: &[(Series, Pattern)]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    let series: Vec<Series> = all.iter().map(|(series, _)| series.clone()).collect();
    for ((series, pattern), listed) in all.iter().zip(kronolith(&series)) {
        let why = differs(series);
        *counts.entry(why.unwrap_or("alike")).or_default() += 1;
        let shown = alike(why, series, &phone(pattern, series));
        let listed = alike(why, series, &listed);
        *counts.entry("instances").or_default() += shown.len();
        let context = || format!("{why:?} {series:?} {}", rrule(pattern));
        assert_eq!(shown, listed, "{}", context());
    }
    counts
}

#[test]
fn phones_show_what_kronolith_lists() {
    let mut random = StdRng::seed_from_u64(4);
    let mut all = Vec::new();
    for series in (0..2000).map(|_| any_series(&mut random)) {
        let zone = series.zone();
        let pattern = to_pattern(&series.rule, series.start, &zone, 0).unwrap();
        let back = from_pattern(&pattern, series.start, &zone);
        let kept = is_shown_by(&series.rule, &pattern, series.start, &zone);
        assert_eq!(kept, back.is_ok(), "{series:?}");
        // What they show alike makes the trip, an end in Horde's own spelling.
        if differs(&series).is_none() && series.rule.until.is_none() {
            let (rule, first) = back.unwrap();
            let again = to_pattern(&rule, series.start, &zone, 0);
            assert_eq!((again, first), (Some(pattern.clone()), series.start.date()), "{series:?}");
        }
        all.push((series, pattern));
    }
    let counts = compare(&all);
    let docs = include_str!("../../src/pim/recurrence.rs");
    for why in counts.keys().filter(|why| !["alike", "instances"].contains(*why)) {
        assert!(docs.contains(&format!("//! | {why}")), "a row of the docs for: {why}");
    }
    assert!(counts["alike"] > 1300 && counts["instances"] > 80_000, "{counts:?}");
}

/// A pattern as phones make them, whose days may disagree with the begin.
fn any_pattern(random: &mut StdRng) -> (Series, Pattern) {
    let start = any_date(random).to_datetime(any_time(random));
    let zone = ZONES[random.random_range(0..6)];
    let kind = [0, 0, 1, 1, 2, 3, 5, 6][random.random_range(0..8)];
    let mut pattern = Pattern {
        kind,
        interval: Some(random.random_range(1..4)),
        first_day_of_week: Some(random.random_range(0..2)),
        ..Pattern::default()
    };
    match kind {
        0 if random.random_range(0..3) == 0 => {
            pattern.day_of_week = Some(62);
            pattern.interval = Some(1);
        }
        1 => pattern.day_of_week = Some(random.random_range(1..=127)),
        2 | 5 => pattern.day_of_month = Some(random.random_range(1..=31)),
        3 | 6 => {
            pattern.day_of_week = Some(1 << random.random_range(0..7));
            pattern.week_of_month = Some(random.random_range(1..=5));
        }
        _ => {}
    }
    if kind > 3 {
        pattern.month_of_year = Some(random.random_range(1..=12));
    }
    match random.random_range(0..3) {
        0 => pattern.occurrences = Some(random.random_range(1..25)),
        1 => {
            let last = start + Span::new().days(random.random_range(400..4000));
            let last = last.to_zoned(TimeZone::get(zone).unwrap()).unwrap();
            pattern.until = Some(last.timestamp());
        }
        _ => {}
    }
    let rule = Rule { kind: Kind::Daily, interval: 1, days: 0, until: None, count: None };
    (Series { zone, start, rule, deleted: Vec::new() }, pattern)
}

#[test]
fn kronolith_lists_what_phones_show() {
    let mut random = StdRng::seed_from_u64(5);
    let (mut all, mut refused) = (Vec::new(), BTreeMap::<String, usize>::new());
    for (mut series, mut pattern) in (0..2000).map(|_| any_pattern(&mut random)) {
        match from_pattern(&pattern, series.start, &series.zone()) {
            Ok((rule, first)) => {
                series.rule = rule;
                series.start = first.to_datetime(series.start.time());
                // A series that ends before its first day has that day.
                let first = series.start.to_zoned(series.zone()).unwrap().timestamp();
                pattern.until = pattern.until.map(|until| until.max(first));
                all.push((series, pattern));
            }
            Err(why) => *refused.entry(why.to_string()).or_default() += 1,
        }
    }
    let counts = compare(&all);
    assert!(counts["alike"] > 1800 && counts["instances"] > 80_000, "{counts:?}");
    assert_eq!(refused.len(), 2, "{refused:?}");
}
