//! Time zones, series and events as clients send them: a zone always has a name that is known, a
//! series that is taken is shown again, the same, and an event is taken or refused.

#![no_main]

use horde_eas::eas::class::calendar::{Clearable, Event, Exception, Exceptions, Recurrence};
use horde_eas::eas::scalar::{Base64, BasicDate};
use horde_eas::eas::version::ProtocolVersion;
use horde_eas::pim::event::{View, to_native};
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
    event(rest, at);
});

fn time_zone(bytes: &[u8], at: Timestamp) {
    for own in [None, Some("Europe/Berlin"), Some("+0530"), Some("nonsense")] {
        let name = zone::name(bytes, at, own, "America/New_York");
        assert!(zone::get(&name).is_some(), "{name}");
    }
    let _ = zone::local(bytes, at);
}

/// Numbers and nothing; small ones more often than large ones.
fn numbers(bytes: &[u8]) -> impl FnMut() -> Option<u32> {
    let (words, _) = bytes.as_chunks::<4>();
    let words = words.iter().map(|word| u32::from_le_bytes(*word));
    let mut words = words.map(|word| word.checked_shr(word % 33).unwrap_or(0));
    move || words.next().filter(|word| *word > 0).map(|word| word - 1)
}

fn series(bytes: &[u8], at: Timestamp) {
    let mut next = numbers(bytes);
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

fn event(bytes: &[u8], at: Timestamp) {
    let (zone, rest) = bytes.split_at(bytes.len().min(172));
    let mut next = numbers(rest);
    let date = |next: &mut dyn FnMut() -> Option<u32>| {
        let later = next()?.wrapping_mul(next().unwrap_or(1));
        let at = at.as_second().checked_add(i64::from(later))?;
        Timestamp::from_second(at).ok().map(BasicDate)
    };
    let small = |number: Option<u32>| number.map(|number| Clearable::from(number as u8));
    let version = ProtocolVersion::ALL[next().unwrap_or(0) as usize % ProtocolVersion::ALL.len()];
    let (start_time, end_time) = (Some(BasicDate(at)), date(&mut next));
    let exception = Exception {
        deleted: small(next()),
        exception_start_time: date(&mut next),
        all_day_event: small(next()),
        start_time: date(&mut next),
        end_time: date(&mut next),
        reminder: next().map(Clearable::from),
        meeting_status: small(next()),
        ..Exception::default()
    };
    let event = Event {
        timezone: Some(Base64(zone.to_vec())),
        all_day_event: small(next()),
        busy_status: small(next()),
        reminder: next().map(Clearable::from),
        meeting_status: small(next()),
        start_time,
        end_time,
        recurrence: Some(Recurrence {
            kind: next(),
            interval: next(),
            until: date(&mut next),
            day_of_week: next(),
            ..Recurrence::default()
        }),
        exceptions: Some(Exceptions { exceptions: vec![exception] }),
        ..Event::default()
    };
    let addresses = ["me@example.test".to_owned()];
    let view = View { version, zone: "Europe/Berlin", addresses: &addresses, cut: None };
    if let Ok(told) = to_native(&event, None, |_| false, &view) {
        assert!(told.is_object(), "{told}");
    }
}
