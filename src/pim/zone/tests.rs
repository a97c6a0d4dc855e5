//! Known zones, and what phones and strangers send.

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::pim::zone::{SystemTime, TimeZoneInformation, blob, local, name};

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn told(zone: &str, when: &str) -> TimeZoneInformation {
    blob(zone, at(when)).expect("a zone")
}

/// Bias, then month, weekday, week, hour and minute of daylight's begin and end, then its bias.
fn rules(zone: &str, when: &str) -> (i32, [u16; 5], [u16; 5], i32) {
    let told = told(zone, when);
    assert_eq!(told.standard_bias, 0);
    let moment = |at: SystemTime| {
        assert_eq!(at.year, 0);
        [at.month, at.weekday, at.day, at.hour, at.minute]
    };
    (told.bias, moment(told.daylight_date), moment(told.standard_date), told.daylight_bias)
}

const NONE: [u16; 5] = [0; 5];

#[test]
fn rules_are_in_local_time() {
    let berlin = (-60, [3, 0, 5, 2, 0], [10, 0, 5, 3, 0], -60);
    assert_eq!(rules("Europe/Berlin", "2026-11-24T09:00:00Z"), berlin);
    let sydney = (-600, [10, 0, 1, 2, 0], [4, 0, 1, 3, 0], -60);
    assert_eq!(rules("Australia/Sydney", "2026-11-24T09:00:00Z"), sydney);
    let new_york = (300, [3, 0, 2, 2, 0], [11, 0, 1, 2, 0], -60);
    assert_eq!(rules("America/New_York", "2026-07-01T12:00:00Z"), new_york);
    let lord_howe = (-630, [10, 0, 1, 2, 0], [4, 0, 1, 2, 0], -30);
    assert_eq!(rules("Australia/Lord_Howe", "2026-07-01T12:00:00Z"), lord_howe);
    assert_eq!(rules("Asia/Kolkata", "2026-07-01T12:00:00Z"), (-330, NONE, NONE, 0));
    assert_eq!(rules("Asia/Kathmandu", "2026-07-01T12:00:00Z"), (-345, NONE, NONE, 0));
    assert_eq!(rules("UTC", "2026-07-01T12:00:00Z"), (0, NONE, NONE, 0));
}

#[test]
fn the_smaller_offset_is_standard_time() {
    let dublin = (0, [3, 0, 5, 1, 0], [10, 0, 5, 2, 0], -60);
    assert_eq!(rules("Europe/Dublin", "2026-11-24T09:00:00Z"), dublin);
    // In Ramadan the pause of daylight time is told, as it lies in that year.
    let casablanca = (0, [3, 0, 4, 2, 0], [2, 0, 3, 3, 0], -60);
    assert_eq!(rules("Africa/Casablanca", "2026-03-01T09:00:00Z"), casablanca);
}

#[test]
fn rules_that_ended_are_not_told_any_more() {
    let during = (180, [11, 0, 1, 0, 0], [2, 0, 3, 0, 0], -60);
    assert_eq!(rules("America/Sao_Paulo", "2018-06-01T09:00:00Z"), during);
    assert_eq!(rules("America/Sao_Paulo", "2019-06-01T09:00:00Z"), (180, NONE, NONE, 0));
    assert_eq!(rules("America/Sao_Paulo", "2026-01-10T09:00:00Z"), (180, NONE, NONE, 0));
    // Before the last change of all, its year is told, which begins in daylight time.
    let last = (180, [12, 2, 5, 23, 59], [2, 0, 3, 0, 0], -60);
    assert_eq!(rules("America/Sao_Paulo", "2019-01-10T09:00:00Z"), last);
}

#[test]
fn midnight_is_the_end_of_the_day_where_that_holds_for_more_years() {
    // The last Thursday at 24:00.
    let told = told("Africa/Cairo", "2026-07-01T09:00:00Z");
    let end = told.standard_date;
    assert_eq!((end.month, end.weekday, end.day), (10, 4, 5));
    assert_eq!((end.hour, end.minute, end.second, end.milliseconds), (23, 59, 59, 999));
}

#[test]
fn a_name_of_iana_comes_with_it() {
    let told = told("Europe/Berlin", "2026-11-24T09:00:00Z");
    assert_eq!(told.standard_name, "Europe/Berlin");
    let bytes = told.to_bytes();
    let when = at("2026-11-24T09:00:00Z");
    assert_eq!(name(&bytes, when, Some("Europe/Paris"), "Asia/Tokyo"), "Europe/Berlin");
}

#[test]
fn what_rpc_php_stored_is_understood() {
    assert_eq!(rules("+0530", "2026-07-01T12:00:00Z"), (-330, NONE, NONE, 0));
    assert_eq!(rules("-03", "2026-07-01T12:00:00Z"), (180, NONE, NONE, 0));
    for nonsense in ["", "+", "+5", "+99999", "-03x", "Europe/Nowhere", "\u{e9}\u{e9}"] {
        assert!(blob(nonsense, at("2026-07-01T12:00:00Z")).is_none(), "{nonsense}");
    }
}

fn nameless(zone: &str, when: &str) -> Vec<u8> {
    let told = told(zone, when);
    let (standard_name, daylight_name) = (String::new(), String::new());
    TimeZoneInformation { standard_name, daylight_name, ..told }.to_bytes()
}

#[test]
fn the_own_zone_is_kept_and_the_users_is_next() {
    let when = "2026-11-24T09:00:00Z";
    let berlin = nameless("Europe/Berlin", when);
    let find = |own, user| name(&berlin, at(when), own, user);
    assert_eq!(find(Some("Europe/Vienna"), "Europe/Rome"), "Europe/Vienna");
    assert_eq!(find(Some("Asia/Tokyo"), "Europe/Rome"), "Europe/Rome");
    assert_eq!(find(Some("Asia/Tokyo"), "America/Lima"), "Europe/Berlin");
    assert_eq!(find(None, "nowhere"), "Europe/Berlin");
    // Never an abbreviation or an offset, though the clocks agree.
    assert_eq!(find(Some("CET"), "MET"), "Europe/Berlin");
    let kolkata = nameless("Asia/Kolkata", when);
    assert_eq!(name(&kolkata, at(when), Some("+0530"), "Europe/Rome"), "Asia/Kolkata");
}

#[test]
fn the_rules_of_today_name_an_event_of_the_past() {
    let today = nameless("America/New_York", "2026-11-24T09:00:00Z");
    let long_ago = at("1995-04-10T09:00:00Z");
    assert_eq!(name(&today, long_ago, None, "Europe/Berlin"), "America/New_York");
    assert_eq!(name(&today, long_ago, Some("America/Toronto"), "Asia/Tokyo"), "America/Toronto");
}

#[test]
fn names_of_windows_are_known() {
    let when = "2026-11-24T09:00:00Z";
    let told = told("Europe/Paris", when);
    for (windows, place) in [
        ("Romance Standard Time", "Europe/Paris"),
        ("Central European Standard Time", "Europe/Warsaw"),
        ("Europe/Madrid, CET", "Europe/Madrid"),
        // A name whose clocks are others is not believed.
        ("Tokyo Standard Time", "Europe/Berlin"),
        ("Asia/Tokyo", "Europe/Berlin"),
    ] {
        let told = TimeZoneInformation { standard_name: windows.to_owned(), ..told.clone() };
        assert_eq!(name(&told.to_bytes(), at(when), None, "Asia/Tokyo"), place, "{windows}");
    }
}

#[test]
fn what_says_nothing_is_the_own_zone() {
    let when = at("2026-11-24T09:00:00Z");
    let far = TimeZoneInformation { bias: i32::MIN, ..TimeZoneInformation::default() };
    for bytes in [&[][..], &[0; 171], &[0; 172], &[0xff; 171], &far.to_bytes()] {
        assert_eq!(name(bytes, when, Some("Asia/Tokyo"), "Europe/Berlin"), "Asia/Tokyo");
        assert_eq!(name(bytes, when, None, "Europe/Berlin"), "Europe/Berlin");
        assert_eq!(name(bytes, when, Some("EST"), "nowhere"), "UTC");
    }
    let utc = told("UTC", "2026-11-24T09:00:00Z").to_bytes();
    assert_eq!(name(&utc, when, Some("Asia/Tokyo"), "Europe/Berlin"), "UTC");
}

#[test]
fn the_nearest_place_stands_for_clocks_that_are_nowhere() {
    let when = at("2026-11-24T09:00:00Z");
    // Horde's own blob of Sydney: Saturday, at hour 27.
    let odd = SystemTime { month: 4, weekday: 6, day: 1, hour: 27, ..SystemTime::default() };
    let sydney = TimeZoneInformation {
        bias: -600,
        daylight_bias: -60,
        standard_date: odd,
        daylight_date: SystemTime { month: 10, hour: 26, ..odd },
        ..TimeZoneInformation::default()
    };
    assert_eq!(name(&sydney.to_bytes(), when, None, "Europe/Berlin"), "Australia/Sydney");
    let nowhere = TimeZoneInformation { bias: -91, ..TimeZoneInformation::default() };
    let found = name(&nowhere.to_bytes(), when, None, "Asia/Tokyo");
    let minutes = blob(&found, when).expect("a zone").bias;
    assert!((-120..=-60).contains(&minutes), "{found}");
}

#[test]
fn the_phones_clock_is_read_without_a_name() {
    let berlin = nameless("Europe/Berlin", "2026-11-24T09:00:00Z");
    let midnight = |text: &str| local(&berlin, at(text));
    let expected: DateTime = "2026-11-24T00:00:00".parse().expect("a time");
    assert_eq!(midnight("2026-11-23T23:00:00Z"), Some(expected));
    let expected: DateTime = "2026-07-24T00:00:00".parse().expect("a time");
    assert_eq!(midnight("2026-07-23T22:00:00Z"), Some(expected));
    assert_eq!(local(&[0; 12], at("2026-07-23T22:00:00Z")), None);
}

#[test]
fn all_places_are_known() {
    for (windows, place) in crate::pim::zone::places::PLACES {
        assert!(crate::pim::zone::place(place).is_some(), "{windows}: {place}");
    }
}
