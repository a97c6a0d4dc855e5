//! Corners of events: odd zones, reminders at the start, what exceptions do not have.

use horde_eas::eas::class::calendar::{
    Attendee, Attendees, Clearable, Event, Exception, Exceptions,
};
use horde_eas::eas::scalar::Base64;
use horde_eas::eas::schema::Root as _;
use horde_eas::eas::version::ProtocolVersion as V;
use horde_eas::pim::event::to_native;
use horde_eas::pim::zone;
use horde_eas::wbxml::Limits;
use serde_json::{Value, json};

use crate::events::{OWN, change, date, guest, meeting, on_the_phone, series, view, weekly};

#[test]
fn a_zone_that_is_no_place_stays_and_an_empty_one_says_nothing() {
    let series = series(json!({"zone": "CET"}));
    let mut event = on_the_phone(&series, V::V14_1);
    assert_eq!(change(&event, &series, V::V14_1), json!({}));
    event.start_time = date("20261124T083000Z");
    assert_eq!(change(&event, &series, V::V14_1).get("zone"), Some(&json!("CET")));
    let empty: &[u8] = &[
        3, 1, 0x6a, 0, 0x5d, // Sync:ApplicationData
        0, 4, 0x05, // Timezone
        0x67, 3, b'2', b'0', b'2', b'6', b'1', b'1', b'2', b'4', b'T', b'0', b'8', b'0', b'0',
        b'0', b'0', b'Z', 0, 1, // StartTime
        1,
    ];
    let event = Event::decode(empty, Limits::default()).expect("a document");
    assert_eq!(event.timezone, Some(Base64(Vec::new())));
    let data = to_native(&event, None, |_| false, &view(V::V14_1)).expect("fits");
    assert_eq!(data.get("zone"), Some(&json!("Europe/Berlin")));
    // Half an hour, where it does not say how long.
    assert_eq!(data.pointer("/start/local"), Some(&json!("2026-11-24T09:00:00")));
    assert_eq!(data.pointer("/end/local"), Some(&json!("2026-11-24T09:30:00")));
}

#[test]
fn whole_days_of_a_series_have_the_rules_of_the_first() {
    // Moscow's clocks were another hour ahead then.
    let birthday = series(json!({
        "zone": "Europe/Moscow", "allday": true, "changed": 1_795_000_000,
        "start": {"utc": 1_336_507_200, "local": "2012-05-09T00:00:00"},
        "end": {"utc": 1_336_593_600, "local": "2012-05-10T00:00:00"},
        "recurrence": {"type": "yearly_date", "interval": 1, "days": 0},
    }));
    let event = on_the_phone(&birthday, V::V14_1);
    let rules = event.timezone.expect("a zone").0;
    let start = event.start_time.expect("a start").0;
    let local = zone::local(&rules, start).map(|local| local.to_string());
    assert_eq!(local.as_deref(), Some("2012-05-09T00:00:00"));
}

#[test]
fn a_reminder_at_the_start_is_kept_as_one_minute_and_shown_as_none() {
    let event = Event {
        start_time: date("20261124T080000Z"),
        reminder: Some(Clearable::from(0)),
        ..Event::default()
    };
    let data = to_native(&event, None, |_| false, &view(V::V14_1)).expect("fits");
    assert_eq!(data.get("alarm"), Some(&json!(1)));
    let series = series(json!({"alarm": 1}));
    let mut event = on_the_phone(&series, V::V14_1);
    assert_eq!(event.reminder, Some(Clearable::from(0)));
    assert_eq!(change(&event, &series, V::V14_1), json!({}));
    event.reminder = Some(Clearable::from(1));
    assert_eq!(change(&event, &series, V::V14_1), json!({}));
}

/// A weekly meeting that a phone adds, with one exception.
fn added(meeting: u8, exception: Exception) -> Value {
    let event = Event {
        start_time: date("20261124T080000Z"),
        end_time: date("20261124T090000Z"),
        reminder: Some(Clearable::from(15)),
        meeting_status: Some(Clearable::from(meeting)),
        organizer_email: Some(if meeting == 3 { "host@x.test" } else { OWN }.to_owned()),
        attendees: Some(Attendees { attendees: vec![guest("ann@x.test")] }),
        recurrence: on_the_phone(&weekly(), V::V14_1).recurrence,
        exceptions: Some(Exceptions {
            exceptions: vec![Exception {
                exception_start_time: date("20261201T080000Z"),
                ..exception
            }],
        }),
        ..Event::default()
    };
    let data = to_native(&event, None, |_| false, &view(V::V14_1)).expect("fits");
    data.pointer("/instances/changed/0/data").expect("an exception").clone()
}

#[test]
fn a_new_exception_says_what_it_does_not_have() {
    let none = Exception {
        reminder: Some(Clearable(None)),
        attendees: Some(Attendees::default()),
        ..Exception::default()
    };
    let data = added(1, none);
    assert_eq!((data.get("alarm"), data.get("attendees")), (Some(&json!(null)), Some(&json!([]))));
    let data = added(1, Exception::default());
    assert_eq!((data.get("alarm"), data.get("attendees")), (None, None));
}

#[test]
fn an_exception_of_a_meeting_of_others_stays_theirs() {
    let asked = || Exception {
        attendees: Some(Attendees { attendees: vec![guest("new@x.test")] }),
        ..Exception::default()
    };
    let data = added(3, asked());
    assert_eq!(data.pointer("/attendees/0/email"), Some(&json!("new@x.test")));
    assert_eq!(data.pointer("/attendees/1/email"), Some(&json!(OWN)));
    // Once it is stored, only the user's own answer is taken.
    let mut series = meeting(false);
    series.recurrence = weekly().recurrence;
    let mut event = on_the_phone(&series, V::V14_1);
    let exception = |exception: Exception| {
        let at = date("20261201T080000Z");
        vec![Exception { exception_start_time: at, ..exception }]
    };
    event.exceptions = Some(Exceptions { exceptions: exception(asked()) });
    let data = change(&event, &series, V::V14_1);
    assert!(data.pointer("/instances/changed/0/data/start").is_some(), "{data}");
    assert_eq!(data.pointer("/instances/changed/0/data/attendees"), None);
    let answer = Attendee { status: Some(Clearable::from(4)), ..guest(OWN) };
    let attendees = Some(Attendees { attendees: vec![answer] });
    let declined = Exception { attendees, ..Exception::default() };
    event.exceptions = Some(Exceptions { exceptions: exception(declined) });
    let data = change(&event, &series, V::V14_1);
    let guests = data.pointer("/instances/changed/0/data/attendees").expect("guests");
    assert_eq!(guests[0]["response"], json!("accepted"));
    assert_eq!(guests[1]["response"], json!("declined"));
}

#[test]
fn what_ends_in_the_hour_that_clocks_show_twice_does_not_end_before_it_begins() {
    let event = Event {
        start_time: date("20261025T003000Z"),
        end_time: date("20261025T011500Z"),
        ..Event::default()
    };
    let data = to_native(&event, None, |_| false, &view(V::V14_1)).expect("fits");
    assert_eq!(data.pointer("/start/local"), Some(&json!("2026-10-25T02:30:00")));
    assert_eq!(data.pointer("/end/local"), Some(&json!("2026-10-25T03:15:00")));
}
