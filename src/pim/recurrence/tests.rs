//! Rules to patterns and back.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::pim::recurrence::{Kind, Pattern, Rule, from_pattern, is_shown_by, to_pattern};

fn zone() -> TimeZone {
    TimeZone::get("Europe/Berlin").expect("a zone")
}

fn local(text: &str) -> DateTime {
    text.parse().expect("a time")
}

fn rule(kind: Kind, interval: u32) -> Rule {
    Rule { kind, interval, days: 0, until: None, count: None }
}

fn shown(rule: &Rule, start: &str) -> Pattern {
    to_pattern(rule, local(start), &zone(), 0).expect("a pattern")
}

fn read(pattern: &Pattern, start: &str) -> (Rule, String) {
    let (rule, first) = from_pattern(pattern, local(start), &zone()).expect("a rule");
    (rule, first.to_string())
}

/// Type, then days of the week, day, week, month.
fn fields(pattern: &Pattern) -> (u32, [Option<u32>; 4]) {
    let days = [pattern.day_of_week, pattern.day_of_month];
    (pattern.kind, [days[0], days[1], pattern.week_of_month, pattern.month_of_year])
}

#[test]
fn the_bridges_json_is_a_rule() {
    let json = json!({
        "type": "monthly_last_weekday", "interval": 2, "days": 0,
        "until": "2027-01-31T23:59:59", "count": null
    });
    let rule: Rule = serde_json::from_value(json.clone()).expect("a rule");
    assert_eq!((rule.kind, rule.interval), (Kind::MonthlyLastWeekday, 2));
    assert_eq!(rule.until, Some(local("2027-01-31T23:59:59")));
    assert_eq!(serde_json::to_value(&rule).expect("json"), json);
}

#[test]
fn all_kinds_make_the_trip() {
    let start = "2026-11-24T09:00:00";
    for (kind, expected) in [
        (Kind::Daily, (0, [None, None, None, None])),
        (Kind::MonthlyDate, (2, [None, Some(24), None, None])),
        (Kind::MonthlyWeekday, (3, [Some(4), None, Some(4), None])),
        (Kind::MonthlyLastWeekday, (3, [Some(4), None, Some(5), None])),
        (Kind::YearlyDate, (5, [None, Some(24), None, Some(11)])),
        (Kind::YearlyWeekday, (6, [Some(4), None, Some(4), Some(11)])),
    ] {
        let rule = rule(kind, 3);
        let pattern = shown(&rule, start);
        assert_eq!(fields(&pattern), expected, "{kind:?}");
        assert_eq!((pattern.interval, pattern.calendar_type), (Some(3), Some(1)));
        assert_eq!(read(&pattern, start), (rule, "2026-11-24".to_owned()));
    }
    let weekly = Rule { days: 4 | 16, ..rule(Kind::Weekly, 2) };
    let pattern = shown(&weekly, start);
    assert_eq!(fields(&pattern), (1, [Some(20), None, None, None]));
    assert_eq!(pattern.first_day_of_week, Some(1));
    assert_eq!(read(&pattern, start), (weekly, "2026-11-24".to_owned()));
    let last = rule(Kind::MonthlyLastWeekday, 24);
    let pattern = shown(&last, start);
    assert_eq!(fields(&pattern), (6, [Some(4), None, Some(5), Some(11)]));
    assert_eq!(pattern.interval, Some(2));
    assert_eq!(read(&pattern, start).0, last);
}

#[test]
fn a_rule_that_has_no_pattern_is_not_one() {
    for rule in [rule(Kind::Weekly, 1), rule(Kind::Daily, 0), rule(Kind::Daily, 1000)] {
        assert_eq!(to_pattern(&rule, local("2026-11-24T09:00:00"), &zone(), 1), None);
    }
}

#[test]
fn a_day_of_the_year_is_shown_by_date_and_stays_what_it_is() {
    let start = "2026-11-24T09:00:00";
    let rule = rule(Kind::YearlyDay, 1);
    let pattern = shown(&rule, start);
    assert_eq!(fields(&pattern), (5, [None, Some(24), None, Some(11)]));
    assert!(is_shown_by(&rule, &pattern, local(start), &zone()));
    // What clients leave out or fill in is no change.
    let same = Pattern { interval: None, calendar_type: Some(0), ..pattern.clone() };
    assert!(is_shown_by(&rule, &same, local(start), &zone()));
    for other in [
        Pattern { interval: Some(2), ..pattern.clone() },
        Pattern { day_of_month: Some(25), ..pattern.clone() },
        Pattern { occurrences: Some(3), ..pattern.clone() },
        Pattern { kind: 2, ..pattern },
    ] {
        assert!(!is_shown_by(&rule, &other, local(start), &zone()), "{other:?}");
    }
}

#[test]
fn until_is_the_begin_of_the_last_instance() {
    let daily = |until: &str| Rule { until: Some(local(until)), ..rule(Kind::Daily, 1) };
    for (until, sent, kept) in [
        ("2026-12-24T23:59:59", "2026-12-24T08:00:00Z", "2026-12-24T23:59:59"),
        ("2026-12-24T09:00:00", "2026-12-24T08:00:00Z", "2026-12-24T23:59:59"),
        ("2026-12-24T08:59:59", "2026-12-23T08:00:00Z", "2026-12-23T23:59:59"),
        // Summer time.
        ("2027-06-24T23:59:59", "2027-06-24T07:00:00Z", "2027-06-24T23:59:59"),
        // Before the begin, which Horde shows all the same.
        ("2026-01-01T00:00:00", "2026-11-24T08:00:00Z", "2026-11-24T23:59:59"),
    ] {
        let pattern = shown(&daily(until), "2026-11-24T09:00:00");
        assert_eq!(pattern.until.map(|at| at.to_string()).as_deref(), Some(sent), "{until}");
        assert_eq!(read(&pattern, "2026-11-24T09:00:00").0, daily(kept), "{until}");
    }
}

#[test]
fn phones_write_until_in_several_ways() {
    for (until, last) in [
        // The begin, the end of the day, a moment before the next instance.
        ("2026-12-24T08:00:00Z", "2026-12-24T23:59:59"),
        ("2026-12-24T22:59:59Z", "2026-12-24T23:59:59"),
        ("2026-12-24T07:59:59Z", "2026-12-23T23:59:59"),
        // The date alone: midnight in UTC, midnight in Berlin.
        ("2026-12-24T00:00:00Z", "2026-12-24T23:59:59"),
        ("2026-12-23T23:00:00Z", "2026-12-24T23:59:59"),
        // Before the first instance.
        ("1999-01-01T12:00:00Z", "2026-11-24T23:59:59"),
    ] {
        let until = Some(until.parse().expect("an instant"));
        let pattern = Pattern { until, ..Pattern::default() };
        assert_eq!(read(&pattern, "2026-11-24T09:00:00").0.until, Some(local(last)));
    }
}

#[test]
fn android_keeps_the_date_in_utc_alone() {
    for (place, start, until) in [
        ("Europe/Berlin", "2026-11-24T09:00:00", "2026-12-24T23:59:59"),
        ("Europe/Berlin", "2026-11-24T00:30:00", "2026-12-24T23:59:59"),
        ("America/New_York", "2026-11-24T09:00:00", "2026-12-24T23:59:59"),
        ("America/New_York", "2026-11-24T20:00:00", "2026-12-24T23:59:59"),
        ("Pacific/Auckland", "2026-11-24T09:00:00", "2026-12-24T23:59:59"),
        ("Pacific/Auckland", "2026-11-24T23:00:00", "2026-12-24T23:59:59"),
    ] {
        let (zone, start) = (TimeZone::get(place).expect("a zone"), local(start));
        let rule = Rule { until: Some(local(until)), ..rule(Kind::Daily, 1) };
        let pattern = to_pattern(&rule, start, &zone, 1).expect("a pattern");
        let cut = pattern.until.map(|at| at.strftime("%Y-%m-%dT00:00:00Z").to_string());
        let until = cut.map(|text| text.parse().expect("an instant"));
        let cut = Pattern { until, ..pattern };
        assert_eq!(from_pattern(&cut, start, &zone), Ok((rule.clone(), start.date())), "{place}");
        // Whole days can only be told by what was sent.
        let start = start.date().at(0, 0, 0, 0);
        let whole = to_pattern(&rule, start, &zone, 1).expect("a pattern");
        let until = whole.until.map(|at| at.strftime("%Y-%m-%dT00:00:00Z").to_string());
        let until = until.map(|text| text.parse().expect("an instant"));
        assert!(is_shown_by(&rule, &Pattern { until, ..whole }, start, &zone), "{place}");
    }
    // Of whole days it writes the date itself.
    let until = Some("2026-12-24T00:00:00Z".parse().expect("an instant"));
    let pattern = Pattern { until, ..Pattern::default() };
    assert_eq!(read(&pattern, "2026-11-24T00:00:00").0.until, Some(local("2026-12-24T23:59:59")));
}

#[test]
fn counts_are_kept_where_horde_counts_alike() {
    let counted = |kind, interval| Rule { count: Some(4), ..rule(kind, interval) };
    for (kind, start, interval) in [
        (Kind::Daily, "2026-11-24T09:00:00", 3),
        (Kind::MonthlyDate, "2026-11-24T09:00:00", 3),
        (Kind::MonthlyWeekday, "2026-11-24T09:00:00", 1),
        (Kind::MonthlyLastWeekday, "2026-11-30T09:00:00", 1),
        (Kind::YearlyDate, "2026-11-24T09:00:00", 1),
        (Kind::YearlyWeekday, "2026-11-24T09:00:00", 2),
    ] {
        let pattern = shown(&counted(kind, interval), start);
        assert_eq!((pattern.occurrences, pattern.until), (Some(4), None), "{kind:?}");
        assert_eq!(read(&pattern, start).0, counted(kind, interval), "{kind:?}");
    }
    for (kind, start, interval, last) in [
        // January, March; the short months are counted.
        (Kind::MonthlyDate, "2027-01-31T09:00:00", 1, "2027-03-31T07:00:00Z"),
        (Kind::YearlyDate, "2026-11-24T09:00:00", 3, "2029-11-24T08:00:00Z"),
        (Kind::YearlyDate, "2028-02-29T09:00:00", 1, "2028-02-29T08:00:00Z"),
        (Kind::YearlyDay, "2027-01-31T09:00:00", 1, "2030-01-31T08:00:00Z"),
        (Kind::YearlyWeekday, "2027-01-29T09:00:00", 1, "2030-01-25T08:00:00Z"),
    ] {
        let pattern = shown(&counted(kind, interval), start);
        let until = pattern.until.map(|at| at.to_string());
        assert_eq!((pattern.occurrences, until.as_deref()), (None, Some(last)), "{kind:?}");
    }
    let many = Rule { count: Some(1000), ..rule(Kind::Daily, 1) };
    let until = shown(&many, "2026-11-24T09:00:00").until.map(|at| at.to_string());
    assert_eq!(until.as_deref(), Some("2029-08-19T07:00:00Z"));
    let weekly = Rule { days: 127, count: Some(1000), ..rule(Kind::Weekly, 1) };
    let until = shown(&weekly, "2026-11-24T09:00:00").until.map(|at| at.to_string());
    assert_eq!(until.as_deref(), Some("2029-08-19T07:00:00Z"));
}

#[test]
fn a_phones_count_is_a_date_where_horde_would_count_otherwise() {
    let pattern = |kind| Pattern { kind, occurrences: Some(3), ..Pattern::default() };
    for (pattern, start, last) in [
        (pattern(2), "2027-01-31T09:00:00", "2027-05-31T23:59:59"),
        (Pattern { interval: Some(2), ..pattern(5) }, "2026-11-24T09:00:00", "2030-11-24T23:59:59"),
        (pattern(5), "2028-02-29T09:00:00", "2036-02-29T23:59:59"),
    ] {
        let (rule, _) = read(&pattern, start);
        assert_eq!((rule.until, rule.count), (Some(local(last)), None), "{pattern:?}");
    }
    let beyond = Pattern { interval: Some(999), occurrences: Some(999), ..pattern(5) };
    assert!(from_pattern(&beyond, local("2026-11-24T09:00:00"), &zone()).is_err());
}

#[test]
fn every_weekday_is_weekly() {
    let pattern = Pattern { kind: 0, day_of_week: Some(62), ..Pattern::default() };
    let (rule, first) = read(&pattern, "2026-11-28T09:00:00");
    assert_eq!((rule.kind, rule.days, first.as_str()), (Kind::Weekly, 62, "2026-11-30"));
    let all = Pattern { day_of_week: Some(127), interval: Some(2), ..pattern };
    assert_eq!(
        read(&all, "2026-11-28T09:00:00").0,
        Rule { kind: Kind::Daily, days: 0, interval: 2, ..rule }
    );
}

#[test]
fn the_begin_is_moved_to_the_first_day_that_agrees() {
    let named = |kind, fields: [u32; 4]| {
        let some = |value: u32| (value > 0).then_some(value);
        let [day_of_week, day_of_month, week_of_month, month_of_year] = fields.map(some);
        Pattern {
            kind,
            day_of_week,
            day_of_month,
            week_of_month,
            month_of_year,
            ..Pattern::default()
        }
    };
    // A Tuesday.
    let start = "2026-11-24T09:00:00";
    for (pattern, kind, first) in [
        (named(1, [8, 0, 0, 0]), Kind::Weekly, "2026-11-25"),
        (named(1, [2, 0, 0, 0]), Kind::Weekly, "2026-11-30"),
        (named(2, [0, 30, 0, 0]), Kind::MonthlyDate, "2026-11-30"),
        (named(2, [0, 31, 0, 0]), Kind::MonthlyDate, "2026-12-31"),
        (named(2, [0, 1, 0, 0]), Kind::MonthlyDate, "2026-12-01"),
        (named(3, [2, 0, 5, 0]), Kind::MonthlyLastWeekday, "2026-11-30"),
        (named(3, [2, 0, 1, 0]), Kind::MonthlyWeekday, "2026-12-07"),
        (named(3, [127, 0, 1, 0]), Kind::MonthlyDate, "2026-12-01"),
        (named(5, [0, 29, 0, 2]), Kind::YearlyDate, "2028-02-29"),
        (named(5, [0, 24, 0, 10]), Kind::YearlyDate, "2027-10-24"),
        (named(6, [1, 0, 2, 5]), Kind::YearlyWeekday, "2027-05-09"),
        (named(6, [1, 0, 5, 5]), Kind::MonthlyLastWeekday, "2027-05-30"),
        (
            Pattern { interval: Some(999), ..named(6, [4, 0, 5, 11]) },
            Kind::MonthlyLastWeekday,
            "2026-11-24",
        ),
    ] {
        let (rule, moved) = read(&pattern, start);
        assert_eq!((rule.kind, moved.as_str()), (kind, first), "{pattern:?}");
        let again = shown(&rule, &format!("{first}T09:00:00"));
        assert_eq!(read(&again, &format!("{first}T09:00:00")), (rule, moved), "{again:?}");
    }
}

#[test]
fn weeks_that_begin_elsewhere_are_refused_where_it_matters() {
    let every = |interval, days, first_day| Pattern {
        kind: 1,
        interval: Some(interval),
        day_of_week: Some(days),
        first_day_of_week: Some(first_day),
        ..Pattern::default()
    };
    // A Sunday.
    let start = local("2026-11-22T09:00:00");
    let read = |pattern| from_pattern(&pattern, start, &zone()).is_ok();
    assert!(read(every(1, 3, 0)));
    assert!(read(every(2, 1, 0)));
    assert!(read(every(2, 3, 1)));
    assert!(!read(every(2, 3, 0)));
    // From a Monday on, Sunday comes last or first.
    let start = local("2026-11-23T09:00:00");
    let read = |pattern| from_pattern(&pattern, start, &zone()).is_ok();
    assert!(read(every(2, 62, 0)));
    assert!(!read(every(2, 3, 0)));
}

#[test]
fn what_horde_can_not_keep_is_refused() {
    let start = local("2026-11-24T09:00:00");
    let pattern = |kind| Pattern { kind, ..Pattern::default() };
    for refused in [
        pattern(4),
        pattern(7),
        pattern(u32::MAX),
        Pattern { interval: Some(1000), ..pattern(0) },
        Pattern { interval: Some(u32::MAX), ..pattern(5) },
        Pattern { occurrences: Some(1000), ..pattern(0) },
        Pattern { day_of_week: Some(62), interval: Some(2), ..pattern(0) },
        Pattern { day_of_week: Some(128), ..pattern(1) },
        Pattern { first_day_of_week: Some(7), ..pattern(1) },
        Pattern { day_of_month: Some(32), ..pattern(2) },
        Pattern { day_of_month: Some(0), ..pattern(2) },
        Pattern { week_of_month: Some(6), ..pattern(3) },
        Pattern { day_of_week: Some(62), week_of_month: Some(1), ..pattern(3) },
        Pattern { day_of_week: Some(127), week_of_month: Some(5), ..pattern(3) },
        Pattern { day_of_month: Some(30), month_of_year: Some(2), ..pattern(5) },
        Pattern { month_of_year: Some(13), ..pattern(5) },
        Pattern { calendar_type: Some(15), ..pattern(2) },
        Pattern { calendar_type: Some(8), ..pattern(6) },
        Pattern { is_leap_month: Some(true), ..pattern(5) },
    ] {
        assert!(from_pattern(&refused, start, &zone()).is_err(), "{refused:?}");
    }
    // Years are counted otherwise, months are not.
    for kept in [
        Pattern { calendar_type: Some(7), ..pattern(5) },
        Pattern { calendar_type: Some(6), ..pattern(0) },
    ] {
        assert!(from_pattern(&kept, start, &zone()).is_ok(), "{kept:?}");
    }
}
