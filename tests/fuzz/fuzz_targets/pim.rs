//! Time zones and series as clients send them: a zone always has a name that is known, and a series
//! that is taken is shown again, the same.

#![no_main]

use horde_eas::pim::recurrence::{Pattern, from_pattern, is_shown_by, to_pattern};
use horde_eas::pim::zone;
use jiff::Timestamp;
use jiff::tz::Offset;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((seconds, rest)) = bytes.split_first_chunk::<8>() else { return };
    let Ok(at) = Timestamp::from_second(i64::from_le_bytes(*seconds) >> 20) else { return };
    time_zone(rest, at);
    series(rest, at);
});

fn time_zone(bytes: &[u8], at: Timestamp) {
    for own in [None, Some("Europe/Berlin"), Some("+0530"), Some("nonsense")] {
        let name = zone::name(bytes, at, own, "America/New_York");
        assert!(zone::get(&name).is_some(), "{name}");
    }
    let _ = zone::local(bytes, at);
}

fn series(bytes: &[u8], at: Timestamp) {
    let (words, _) = bytes.as_chunks::<4>();
    // Small numbers more often than large ones.
    let words = words.iter().map(|word| u32::from_le_bytes(*word));
    let mut words = words.map(|word| word.checked_shr(word % 33).unwrap_or(0));
    let mut next = || words.next().filter(|word| *word > 0).map(|word| word - 1);
    let pattern = Pattern {
        kind: next().unwrap_or(0),
        interval: next(),
        occurrences: next(),
        until: next().and_then(|seconds| Timestamp::from_second(i64::from(seconds)).ok()),
        day_of_week: next(),
        day_of_month: next(),
        week_of_month: next(),
        month_of_year: next(),
        calendar_type: next(),
        is_leap_month: next().map(|value| value == 1),
        first_day_of_week: next(),
    };
    let start = Offset::UTC.to_datetime(at);
    let Some(zone) = zone::get("Europe/Berlin") else { return };
    let Ok((rule, first)) = from_pattern(&pattern, start, &zone) else { return };
    let start = first.to_datetime(start.time());
    let Some(shown) = to_pattern(&rule, start, &zone, 1) else { panic!("{rule:?}") };
    assert!(is_shown_by(&rule, &shown, start, &zone), "{rule:?} {shown:?}");
}
