//! All zones of the database, all years: what a phone's clock shows by our rules, and the way back.

use std::collections::{BTreeMap, BTreeSet};

use horde_eas::pim::zone;
use jiff::civil::{Weekday, date};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

const YEARS: std::ops::RangeInclusive<i16> = 2000..=2037;

/// Zones by name; those with the same clocks in all the years, and ten more, are one.
fn zones() -> Vec<(Vec<String>, TimeZone)> {
    let mut found = BTreeMap::<Vec<(i64, i32)>, (Vec<String>, TimeZone)>::new();
    let names = jiff::tz::db().available().map(|name| name.to_string());
    for name in names.filter(|name| !name.starts_with("posix") && !name.starts_with("right")) {
        let Ok(zone) = TimeZone::get(&name) else { continue };
        let entry = found.entry(clocks(&zone, 2000, 2048));
        entry.or_insert_with(|| (Vec::new(), zone)).0.push(name);
    }
    let zones: Vec<_> = found.into_values().collect();
    assert!(zones.len() > 150, "{} zones only", zones.len());
    zones
}

/// The offset at the begin of a year, and all changes to the begin of another.
fn clocks(zone: &TimeZone, from: i16, to: i16) -> Vec<(i64, i32)> {
    let (from, to) = (new_year(zone, from), new_year(zone, to));
    let mut before = zone.to_offset(from).seconds();
    let mut clocks = vec![(i64::MIN, before)];
    for change in zone.following(second_before(from)) {
        let at = change.timestamp();
        if at >= to {
            break;
        }
        let after = zone.to_offset(at).seconds();
        if after != before {
            clocks.push((at.as_second(), after));
        }
        before = after;
    }
    clocks
}

fn new_year(zone: &TimeZone, year: i16) -> Timestamp {
    date(year, 1, 1).to_zoned(zone.clone()).unwrap().timestamp()
}

fn second_before(at: Timestamp) -> Timestamp {
    at - Span::new().seconds(1)
}

/// The instants of a year at which a phone could go wrong: its begin, and each change.
fn edges(zone: &TimeZone, year: i16) -> Vec<Timestamp> {
    let mut edges = vec![new_year(zone, year)];
    for (at, _) in clocks(zone, year, year + 1).into_iter().skip(1) {
        let at = Timestamp::from_second(at).unwrap();
        edges.extend([second_before(at), at]);
    }
    edges.push(second_before(new_year(zone, year + 1)));
    edges
}

/// A phone's clock, from the bytes alone and Windows' own description of them.
struct Clock<'a>(&'a [u8]);

impl Clock<'_> {
    fn long(&self, at: usize) -> i32 {
        i32::from_le_bytes(self.0[at..at + 4].try_into().unwrap())
    }

    fn word(&self, at: usize) -> i64 {
        i64::from(u16::from_le_bytes(self.0[at..at + 2].try_into().unwrap()))
    }

    /// Seconds since the epoch of the wall clock that stands at the structure at `at`.
    fn moment(&self, at: usize, year: i16) -> i64 {
        assert_eq!(self.word(at), 0, "clients skip the year");
        let month = i8::try_from(self.word(at + 2)).unwrap();
        let wanted = self.word(at + 4);
        let days = date(year, month, 1).days_in_month();
        let matching: Vec<i8> = (1..=days)
            .filter(|day| {
                let weekday = date(year, month, *day).weekday();
                i64::from(weekday.since(Weekday::Sunday)) == wanted
            })
            .collect();
        let week = usize::try_from(self.word(at + 6)).unwrap();
        assert!((1..=5).contains(&week));
        let day = matching.get(week - 1).or_else(|| matching.last()).unwrap();
        let midnight = date(year, month, *day).at(0, 0, 0, 0);
        let midnight = Offset::UTC.to_timestamp(midnight).unwrap().as_second();
        let clock = self.word(at + 8) * 3600 + self.word(at + 10) * 60 + self.word(at + 12);
        midnight + clock + i64::from(self.word(at + 14) > 0)
    }

    /// Seconds east of UTC.
    fn offset(&self, at: Timestamp) -> i32 {
        let standard = -(self.long(0) + self.long(84)) * 60;
        let daylight = -(self.long(0) + self.long(168)) * 60;
        if self.word(70) == 0 || self.word(154) == 0 {
            return standard;
        }
        let wall = Timestamp::from_second(at.as_second() + i64::from(standard)).unwrap();
        let (at, year) = (at.as_second(), Offset::UTC.to_datetime(wall).year());
        let begins = self.moment(152, year) - i64::from(standard);
        let ends = self.moment(68, year) - i64::from(daylight);
        let in_daylight =
            if begins < ends { begins <= at && at < ends } else { !(ends <= at && at < begins) };
        if in_daylight { daylight } else { standard }
    }
}

/// Years of zones whose clocks no rules of one year tell from one of its edges on to its end.
fn beyond_rules() -> BTreeSet<String> {
    let mut beyond = BTreeSet::new();
    for (names, zone) in zones() {
        for year in YEARS {
            let edges = edges(&zone, year);
            for (index, at) in edges.iter().enumerate() {
                let bytes = zone::blob(&names[0], *at).unwrap().to_bytes();
                assert_eq!(bytes.len(), 172);
                let clock = Clock(&bytes);
                let wrong = |at: &Timestamp| clock.offset(*at) != zone.to_offset(*at).seconds();
                assert!(!wrong(at), "{} at {at} itself", names[0]);
                if edges[index..].iter().any(wrong) {
                    beyond.insert(format!("{year} {}", names[0]));
                }
            }
        }
    }
    beyond
}

#[test]
fn a_phones_clock_is_right_by_our_rules() {
    // Three changes or more, or a change to an offset that the year did not begin with.
    let known = [
        "2000 America/Boa_Vista",
        "2000 America/Fortaleza",
        "2000 America/Noronha",
        "2000 America/Recife",
        "2002 Asia/Tomsk",
        "2004 Asia/Tbilisi",
        "2007 America/Indiana/Winamac",
        "2008 America/Argentina/San_Luis",
        "2010 Africa/Cairo",
        "2010 America/Bahia_Banderas",
        "2011 Asia/Hebron",
        "2011 Pacific/Apia",
        "2011 Pacific/Fakaofo",
        "2012 Africa/Casablanca",
        "2013 Africa/Casablanca",
        "2014 Africa/Cairo",
        "2014 Africa/Casablanca",
        "2014 Europe/Simferopol",
        "2015 Africa/Casablanca",
        "2016 Africa/Casablanca",
        "2017 Africa/Casablanca",
        "2018 Africa/Casablanca",
        "2019 America/Metlakatla",
        "2029 Africa/Casablanca",
        "2033 Africa/Casablanca",
    ];
    let known: BTreeSet<String> = known.into_iter().map(ToOwned::to_owned).collect();
    assert_eq!(beyond_rules(), known);
}

/// The instants of ten years of a weekly series.
fn series(zone: &TimeZone, at: Timestamp) -> Vec<i64> {
    let first = zone.to_datetime(at);
    let week = |week: i32| first.checked_add(Span::new().weeks(week)).unwrap();
    let instant = |local: jiff::civil::DateTime| local.to_zoned(zone.clone()).unwrap().timestamp();
    (0..522).map(|number| instant(week(number)).as_second()).collect()
}

/// What a phone sends that knows no names.
fn without_names(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes[4..68].fill(0);
    bytes[88..152].fill(0);
    bytes
}

#[test]
fn the_way_back_keeps_every_instant() {
    for (names, zone) in zones() {
        let name = &names[0];
        for at in YEARS.flat_map(|year| edges(&zone, year)) {
            let bytes = zone::blob(name, at).unwrap().to_bytes();
            // By the name in it; by the event's own zone, and the user's, when the phone drops that.
            let nameless = without_names(bytes.clone());
            let own = zone::name(&nameless, at, Some(name), "Antarctica/Troll");
            let user = zone::name(&nameless, at, None, name);
            for back in [zone::name(&bytes, at, None, "Antarctica/Troll"), own, user] {
                let other = TimeZone::get(&back).unwrap();
                // Those of one entry have the same clocks until 2047.
                let kept = names.contains(&back) || series(&other, at) == series(&zone, at);
                assert!(kept, "{name} as {back} at {at}");
            }
        }
    }
}

#[test]
fn a_stranger_keeps_every_instant_where_rules_tell_the_zone() {
    let at: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
    let mut lost = BTreeSet::new();
    for (names, zone) in zones() {
        let bytes = without_names(zone::blob(&names[0], at).unwrap().to_bytes());
        let back = zone::name(&bytes, at, None, "Antarctica/Troll");
        let other = TimeZone::get(&back).unwrap();
        if series(&other, at) != series(&zone, at) {
            lost.insert(format!("{} as {back}", names[0]));
        }
    }
    // The second one's rules change each year with the moon. The others are nothing but zeros without
    // a name, which many clients send when they mean nothing: that is the user's own zone.
    let known = [
        "Africa/Abidjan as Antarctica/Troll",
        "Africa/Casablanca as Africa/Lagos",
        "Africa/Sao_Tome as Antarctica/Troll",
    ];
    assert_eq!(lost, known.into_iter().map(ToOwned::to_owned).collect());
}

#[test]
fn bytes_of_strangers_always_name_a_zone() {
    let mut random = StdRng::seed_from_u64(6);
    let at: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
    let good = zone::blob("Australia/Lord_Howe", at).unwrap().to_bytes();
    for _ in 0..3000 {
        let mut bytes = without_names(good.clone());
        for _ in 0..random.random_range(0..12) {
            let place = random.random_range(0..bytes.len());
            bytes[place] = random.random();
        }
        if random.random_range(0..20) == 0 {
            bytes.truncate(random.random_range(0..172));
        }
        let at = Timestamp::from_second(random.random_range(-100_000_000_000..200_000_000_000));
        for own in [None, Some("Europe/Berlin"), Some("-03"), Some("CEST")] {
            let name = zone::name(&bytes, at.clone().unwrap(), own, "America/New_York");
            assert!(TimeZone::get(&name).is_ok() && name.contains('/') || name == "UTC", "{name}");
        }
    }
}
