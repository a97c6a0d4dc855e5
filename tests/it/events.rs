//! Events there and back, at every version.

mod corners;

use serde_json::{Value, json};

use horde_eas::eas::body::{Body, BodyType};
use horde_eas::eas::class::calendar::{
    Attendee, Attendees, Clearable, Event, Exception, Exceptions, Recurrence,
};
use horde_eas::eas::scalar::{Base64, BasicDate, Data, parse_date};
use horde_eas::eas::schema::Root as _;
use horde_eas::eas::version::ProtocolVersion as V;
use horde_eas::pim::event::{Series, View, from_native, instance_to_native, to_native};
use horde_eas::pim::zone;
use horde_eas::wbxml::Limits;

const OWN: &str = "me@example.test";

fn view(version: V) -> View<'static> {
    static ADDRESSES: std::sync::LazyLock<Vec<String>> =
        std::sync::LazyLock::new(|| vec![OWN.to_owned()]);
    View { version, zone: "Europe/Berlin", addresses: &ADDRESSES, cut: None }
}

fn series(mut changes: Value) -> Series {
    let mut data = json!({
        "title": "Talk", "location": "Room 1", "description": "one\r\ntwo", "url": null,
        "status": "confirmed", "private": false, "zone": "Europe/Berlin",
        "allday": false,
        "start": {"utc": 1_795_507_200, "local": "2026-11-24T09:00:00"},
        "end": {"utc": 1_795_510_800, "local": "2026-11-24T10:00:00"},
        "ends": 1_795_510_800, "alarm": 15, "organizer": null, "mine": false, "attendees": [],
        "tags": ["A", "B"], "recurrence": null, "dates": [], "bound": [], "week_start": 1,
        "created": 1_795_000_000, "changed": null, "editable": true, "files": [],
    });
    let (Some(data_map), Some(changes)) = (data.as_object_mut(), changes.as_object_mut()) else {
        panic!("objects")
    };
    data_map.append(changes);
    serde_json::from_value(data).expect("an event of the bridge")
}

fn plain() -> Series {
    series(json!({}))
}

fn tentative() -> Series {
    series(json!({"status": "tentative"}))
}

fn weekly() -> Series {
    series(json!({
        "recurrence": {"type": "weekly", "interval": 1, "days": 4, "until": null, "count": null},
        "dates": ["2026-12-08"],
        "bound": [{
            "uid": "b1", "original": {"utc": 1_796_112_000, "local": "2026-12-01T09:00:00"},
            "title": "Talk, moved", "location": "", "description": "one\r\ntwo", "url": null,
            "status": "tentative", "private": false, "zone": "Europe/Berlin", "allday": false,
            "start": {"utc": 1_796_119_200, "local": "2026-12-01T11:00:00"},
            "end": {"utc": 1_796_122_800, "local": "2026-12-01T12:00:00"},
            "alarm": null, "organizer": null, "mine": false, "attendees": [], "tags": ["A", "B"],
        }],
    }))
}

fn all_day() -> Series {
    series(json!({
        "allday": true,
        "start": {"utc": 1_795_474_800, "local": "2026-11-24T00:00:00"},
        "end": {"utc": 1_795_647_600, "local": "2026-11-26T00:00:00"},
    }))
}

fn meeting(mine: bool) -> Series {
    series(json!({
        "organizer": if mine { json!({"email": OWN, "name": "Me"}) } else { Value::Null },
        "mine": mine,
        "attendees": [
            {"email": "ann@x.test", "name": "Ann", "role": "required", "response": "accepted",
                "kind": "person"},
            {"email": if mine { "bob@x.test" } else { OWN }, "name": "", "role": "none",
                "response": "none", "kind": "person"},
            {"email": "room@x.test", "name": "Room", "role": "required", "response": "none",
                "kind": "resource"},
        ],
    }))
}

/// What a phone reads of what is written for it.
fn on_the_phone(series: &Series, version: V) -> Event {
    let bytes = from_native(series, &view(version)).encode(version);
    Event::decode(&bytes, Limits::default()).expect("what was written")
}

fn change(event: &Event, series: &Series, version: V) -> Value {
    to_native(event, Some(series), |_| version < V::V16_0, &view(version)).expect("fits")
}

fn body(text: String) -> Body {
    Body {
        kind: BodyType::Text,
        estimated_data_size: None,
        truncated: None,
        data: Some(Data::from(text)),
        part: None,
        preview: None,
    }
}

fn date(text: &str) -> Option<BasicDate> {
    Some(BasicDate(parse_date(text).expect("a date")))
}

#[test]
fn what_comes_back_unchanged_changes_nothing() {
    let all = [
        series(json!({})),
        series(json!({"status": "none", "alarm": -15, "private": true, "url": "https://x.test/"})),
        series(json!({"status": "cancelled", "zone": "Asia/Kolkata", "tags": []})),
        weekly(),
        all_day(),
        meeting(true),
        meeting(false),
    ];
    for version in V::ALL {
        for series in &all {
            let event = on_the_phone(series, version);
            assert_eq!(change(&event, series, version), json!({}), "{version} {event:?}");
        }
    }
}

#[test]
fn whole_days_are_midnights_or_dates() {
    let old = on_the_phone(&all_day(), V::V14_1);
    assert_eq!(old.start_time, date("20261123T230000Z"));
    assert_eq!(old.end_time, date("20261125T230000Z"));
    assert!(old.timezone.is_some());
    let new = on_the_phone(&all_day(), V::V16_0);
    assert_eq!(new.start_time, date("20261124T000000Z"));
    assert_eq!(new.end_time, date("20261126T000000Z"));
    assert!(new.timezone.is_none());
}

#[test]
fn whole_days_are_taken_in_every_notation() {
    let wanted = json!({
        "title": "Holiday", "zone": "Europe/Berlin", "allday": true,
        "start": {"local": "2026-11-24T00:00:00"}, "end": {"local": "2026-11-26T00:00:00"},
    });
    let zone = on_the_phone(&all_day(), V::V14_1).timezone;
    let cases = [
        (V::V14_1, zone.clone(), "20261123T230000Z", "20261125T230000Z"),
        (V::V14_1, zone, "20261124T000000Z", "20261126T000000Z"),
        (V::V14_1, None, "20261124T000000Z", "20261126T000000Z"),
        (V::V16_1, None, "20261124T000000Z", "20261126T000000Z"),
    ];
    for (version, timezone, start, end) in cases {
        let event = Event {
            timezone,
            all_day_event: Some(Clearable::from(1)),
            subject: Some("Holiday".to_owned()),
            start_time: date(start),
            end_time: date(end),
            ..Event::default()
        };
        let data = to_native(&event, None, |_| false, &view(version)).expect("fits");
        assert_eq!(data, wanted, "{version} {start}");
    }
}

#[test]
fn what_is_changed_is_all_that_is_written() {
    let series = series(json!({"status": "none"}));
    let mut event = on_the_phone(&series, V::V14_1);
    event.subject = Some("Another".to_owned());
    event.location_text = None;
    event.reminder = None;
    event.categories = None;
    event.sensitivity = Some(Clearable::from(2));
    let data = change(&event, &series, V::V14_1);
    let wanted = json!({
        "title": "Another", "location": null, "private": true, "alarm": null, "tags": [],
    });
    assert_eq!(data, wanted);
    let kept = to_native(&event, Some(&series), |_| false, &view(V::V14_1)).expect("fits");
    assert_eq!(kept, json!({"title": "Another", "private": true}));
    event.busy_status = Some(Clearable::from(3));
    let data = to_native(&event, Some(&series), |_| false, &view(V::V14_1)).expect("fits");
    assert_eq!(data.get("status"), Some(&json!("confirmed")));
}

#[test]
fn everything_can_be_cleared_since_16_by_empty_tags() {
    let series = weekly();
    let empty: &[u8] = &[
        3, 1, 0x6a, 0, 0x5d, // Sync:ApplicationData
        0, 4, 0x24, 0x0e, 0x1b, 0x26,
        0x25, // Reminder, Categories, Recurrence, Subject, Sensitivity
        0, 17, 0x60, 0x10, 1, // Location with an empty DisplayName
        1,
    ];
    let event = Event::decode(empty, Limits::default()).expect("a document");
    let data = change(&event, &series, V::V16_1);
    let wanted = json!({
        "title": null, "location": null, "alarm": null, "tags": [], "recurrence": null,
    });
    assert_eq!(data, wanted);
}

#[test]
fn a_moved_event_keeps_its_zone_or_gets_the_phones() {
    let series = series(json!({"zone": "Europe/Vienna"}));
    let mut event = on_the_phone(&series, V::V14_1);
    event.start_time = date("20261124T090000Z");
    event.end_time = date("20261124T093000Z");
    let data = change(&event, &series, V::V14_1);
    let wanted = json!({
        "zone": "Europe/Vienna", "allday": false,
        "start": {"local": "2026-11-24T10:00:00"}, "end": {"local": "2026-11-24T10:30:00"},
    });
    assert_eq!(data, wanted);
    let at = parse_date("20261124T090000Z").expect("a date");
    let tokyo = zone::blob("Asia/Tokyo", at).expect("a zone");
    event.timezone = Some(Base64(tokyo.to_bytes()));
    let data = change(&event, &series, V::V14_1);
    assert_eq!(data.get("zone"), Some(&json!("Asia/Tokyo")));
    assert_eq!(data.pointer("/start/local"), Some(&json!("2026-11-24T18:00:00")));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let good = Event {
        start_time: date("20261124T090000Z"),
        end_time: date("20261124T100000Z"),
        ..Event::default()
    };
    let refused =
        |event: Event| to_native(&event, None, |_| false, &view(V::V14_1)).expect_err("no event").0;
    assert!(to_native(&good, None, |_| false, &view(V::V14_1)).is_ok());
    refused(Event { start_time: None, ..good.clone() });
    refused(Event { end_time: date("20261124T085900Z"), ..good.clone() });
    refused(Event { timezone: Some(Base64(vec![1; 171])), ..good.clone() });
    let lunar = Recurrence {
        kind: Some(5),
        day_of_month: Some(1),
        month_of_year: Some(1),
        calendar_type: Some(15),
        ..Default::default()
    };
    refused(Event { recurrence: Some(lunar), ..good.clone() });
    let nameless = Exceptions { exceptions: vec![Exception::default()] };
    let weekly = on_the_phone(&weekly(), V::V14_1).recurrence;
    refused(Event { recurrence: weekly, exceptions: Some(nameless), ..good });
}

#[test]
fn exceptions_say_what_is_otherwise() {
    let event = on_the_phone(&weekly(), V::V14_1);
    let all = event.exceptions.expect("exceptions").exceptions;
    let [gone, moved] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(gone.deleted, Some(Clearable::from(1)));
    assert_eq!(gone.exception_start_time, date("20261208T080000Z"));
    assert_eq!(moved.exception_start_time, date("20261201T080000Z"));
    assert_eq!(moved.start_time, date("20261201T100000Z"));
    assert_eq!(moved.subject.as_deref(), Some("Talk, moved"));
    assert_eq!(moved.location_text.as_deref(), Some(""));
    assert_eq!(moved.reminder, Some(Clearable(None)));
    assert_eq!(moved.busy_status, Some(Clearable::from(1)));
    assert!(moved.body.is_none() && moved.categories.is_none() && moved.sensitivity.is_none());
    let event = on_the_phone(&weekly(), V::V16_0);
    let all = event.exceptions.expect("exceptions").exceptions;
    assert_eq!(all[1].instance_id, date("20261201T080000Z"));
    assert!(all[1].exception_start_time.is_none());
}

#[test]
fn exceptions_are_added_changed_and_taken_away() {
    let series = weekly();
    let sent = on_the_phone(&series, V::V14_1);
    let exceptions = |mut event: Event, edit: fn(&mut Vec<Exception>)| {
        edit(&mut event.exceptions.get_or_insert_default().exceptions);
        change(&event, &weekly(), V::V14_1)
    };
    let data = exceptions(sent.clone(), |all| {
        all.push(Exception {
            deleted: Some(Clearable::from(1)),
            exception_start_time: date("20261215T080000Z"),
            ..Exception::default()
        });
    });
    let changed = json!([{"original": 1_796_112_000, "data": {}}]);
    let deleted = json!([1_796_716_800, 1_797_321_600]);
    assert_eq!(data, json!({"instances": {"deleted": deleted, "changed": changed}}));
    let data = exceptions(sent.clone(), |all| all[1].subject = None);
    let changed = json!([{"original": 1_796_112_000, "data": {"title": "Talk"}}]);
    assert_eq!(data, json!({"instances": {"deleted": [1_796_716_800], "changed": changed}}));
    let data = exceptions(sent.clone(), |all| drop(all.pop()));
    assert_eq!(data, json!({"instances": {"deleted": [1_796_716_800], "changed": []}}));
    let data = exceptions(sent.clone(), |all| {
        all.push(Exception {
            exception_start_time: date("20261222T080000Z"),
            start_time: date("20261222T090000Z"),
            end_time: date("20261222T100000Z"),
            location_text: Some("Elsewhere".to_owned()),
            ..Exception::default()
        });
    });
    let new = data.pointer("/instances/changed/1").expect("the new one");
    let wanted = json!({"original": 1_797_926_400, "data": {
        "location": "Elsewhere", "zone": "Europe/Berlin", "allday": false,
        "start": {"local": "2026-12-22T10:00:00"}, "end": {"local": "2026-12-22T11:00:00"},
    }});
    assert_eq!(new, &wanted);
    let mut none = sent.clone();
    none.exceptions = None;
    let data = change(&none, &series, V::V14_1);
    assert_eq!(data, json!({"instances": {"deleted": [], "changed": []}}));
    let data = to_native(&none, Some(&series), |_| false, &view(V::V14_1));
    assert_eq!(data, Ok(json!({})));
    let mut single = sent;
    single.recurrence = None;
    assert_eq!(change(&single, &series, V::V14_1), json!({"recurrence": null}));
}

#[test]
fn one_occurrence_is_changed_since_16() {
    let series = weekly();
    let at = |text: &str| parse_date(text).expect("a date");
    let event = Event { subject: Some("New".to_owned()), ..Event::default() };
    let view = view(V::V16_0);
    let fresh = instance_to_native(&event, at("20261215T080000Z"), &series, &view);
    assert_eq!(fresh, Ok(json!({"title": "New"})));
    let event = Event {
        start_time: date("20261201T120000Z"),
        end_time: date("20261201T130000Z"),
        subject: Some("Talk, moved".to_owned()),
        ..Event::default()
    };
    let known = instance_to_native(&event, at("20261201T080000Z"), &series, &view);
    let wanted = json!({
        "zone": "Europe/Berlin", "allday": false,
        "start": {"local": "2026-12-01T13:00:00"}, "end": {"local": "2026-12-01T14:00:00"},
    });
    assert_eq!(known, Ok(wanted));
    let single = plain();
    assert!(instance_to_native(&event, at("20261201T080000Z"), &single, &view).is_err());
}

#[test]
fn a_series_that_moves_since_16_loses_its_exceptions() {
    let series = weekly();
    let mut event = on_the_phone(&series, V::V16_0);
    event.exceptions = None;
    assert_eq!(change(&event, &series, V::V16_0), json!({}));
    event.start_time = date("20261124T090000Z");
    event.end_time = date("20261124T100000Z");
    let data = change(&event, &series, V::V16_0);
    assert_eq!(data.get("instances"), Some(&json!({"deleted": [], "changed": []})));
}

#[test]
fn meetings_say_whose_they_are() {
    let mine = on_the_phone(&meeting(true), V::V14_1);
    assert_eq!(mine.meeting_status, Some(Clearable::from(1)));
    assert_eq!(mine.response_type, Some(Clearable::from(1)));
    assert_eq!(mine.organizer_email.as_deref(), Some(OWN));
    let kinds = mine.attendees.expect("attendees").attendees;
    let kinds: Vec<_> = kinds.iter().map(|it| it.kind.and_then(|it| it.0)).collect();
    assert_eq!(kinds, [Some(1), Some(2), Some(3)]);
    let theirs = on_the_phone(&meeting(false), V::V14_1);
    assert_eq!(theirs.meeting_status, Some(Clearable::from(3)));
    assert_eq!(theirs.response_type, Some(Clearable::from(5)));
    let old = on_the_phone(&meeting(true), V::V2_5);
    let first = old.attendees.expect("attendees").attendees.remove(0);
    assert_eq!((first.status, first.kind), (None, None));
    let series = series(json!({"status": "cancelled"}));
    assert_eq!(on_the_phone(&series, V::V14_1).meeting_status, Some(Clearable::from(5)));
}

fn guest(email: &str) -> Attendee {
    Attendee { email: Some(email.to_owned()), name: Some(email.to_owned()), ..Attendee::default() }
}

#[test]
fn guests_are_merged_and_the_host_stays_the_host() {
    let series = meeting(true);
    let mut event = on_the_phone(&series, V::V16_0);
    let attendees = vec![guest("ANN@x.test"), guest("new@x.test"), guest(OWN)];
    event.attendees = Some(Attendees { attendees });
    let data = change(&event, &series, V::V16_0);
    let person = |email: &str, name: &str, response: &str| {
        json!({"email": email, "name": name, "role": "required", "response": response,
            "kind": "person"})
    };
    let wanted = [person("ann@x.test", "Ann", "accepted"), person("new@x.test", "", "none")];
    assert_eq!(data.get("attendees"), Some(&json!(wanted)));
    let series = meeting(false);
    let mut event = on_the_phone(&series, V::V14_1);
    event.meeting_status = Some(Clearable::from(1));
    event.organizer_email = Some(OWN.to_owned());
    event.attendees = Some(Attendees { attendees: vec![guest("new@x.test")] });
    assert_eq!(change(&event, &series, V::V14_1), json!({}));
    let mut answer = guest(OWN);
    answer.status = Some(Clearable::from(3));
    event.attendees = Some(Attendees { attendees: vec![answer] });
    let data = change(&event, &series, V::V14_1);
    assert_eq!(data.pointer("/attendees/1/response"), Some(&json!("accepted")));
    assert_eq!(data.pointer("/attendees/0/response"), Some(&json!("accepted")));
}

#[test]
fn a_new_meeting_of_others_stays_theirs() {
    let new = |meeting: u8, host: &str| {
        let event = Event {
            start_time: date("20261124T090000Z"),
            meeting_status: Some(Clearable::from(meeting)),
            organizer_email: Some(host.to_owned()),
            attendees: Some(Attendees { attendees: vec![guest("ann@x.test")] }),
            ..Event::default()
        };
        let data = to_native(&event, None, |_| false, &view(V::V14_1)).expect("fits");
        data.pointer("/organizer/email").cloned()
    };
    assert_eq!(new(3, "host@x.test"), Some(json!("host@x.test")));
    assert_eq!(new(3, OWN), Some(json!("")));
    assert_eq!(new(0, "host@x.test"), Some(json!("host@x.test")));
    assert_eq!(new(1, OWN), Some(json!(OWN)));
    assert_eq!(new(1, "alias@x.test"), None);
}

#[test]
fn a_cancelled_event_stays_so_until_a_phone_says_otherwise() {
    let series = series(json!({"status": "cancelled"}));
    let mut event = on_the_phone(&series, V::V14_1);
    event.busy_status = Some(Clearable::from(2));
    assert_eq!(change(&event, &series, V::V14_1), json!({}));
    event.meeting_status = Some(Clearable::from(0));
    assert_eq!(change(&event, &series, V::V14_1), json!({"status": "confirmed"}));
    let series = tentative();
    let mut event = on_the_phone(&series, V::V14_1);
    event.meeting_status = Some(Clearable::from(7));
    assert_eq!(change(&event, &series, V::V14_1), json!({"status": "cancelled"}));
}

#[test]
fn a_link_and_a_text_are_not_cleared_by_phones_that_do_not_know_them() {
    let series = series(json!({"url": "https://x.test/"}));
    let mut event = on_the_phone(&series, V::V14_1);
    assert_eq!(event.online_meeting_external_link.as_deref(), Some("https://x.test/"));
    event.online_meeting_external_link = None;
    event.body = None;
    assert_eq!(change(&event, &series, V::V14_1), json!({}));
    event.online_meeting_external_link = Some(String::new());
    assert_eq!(change(&event, &series, V::V14_1), json!({"url": null}));
}

#[test]
fn a_text_that_was_cut_for_the_phone_is_not_cut_for_all() {
    let series = series(json!({"description": "one\r\ntwo\u{e9}\u{e9} and more"}));
    let mut event = on_the_phone(&series, V::V14_1);
    let cut = |event: &Event, cut| {
        let view = View { cut: Some(cut), ..view(V::V14_1) };
        to_native(event, Some(&series), |_| true, &view).expect("fits")
    };
    event.body = Some(body("one\r\ntwo".to_owned()));
    assert_eq!(cut(&event, 9), json!({}));
    assert_eq!(cut(&event, 200), json!({"description": "one\r\ntwo"}));
    event.body = Some(body("two\r\none".to_owned()));
    assert_eq!(cut(&event, 9), json!({"description": "two\r\none"}));
}
