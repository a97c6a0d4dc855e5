//! What Horde's end makes of what it is told: a new event as it is read again.

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::{Value, json};

use crate::generated::event::native::{OWN, clock, moment};

/// A new event of a user in that zone.
pub(super) fn added(told: &Value, user: &str) -> Value {
    let mut event = json!({
        "title": "", "location": "", "description": "", "url": null, "status": "confirmed",
        "private": false, "zone": user, "allday": false, "alarm": null, "tags": [],
        "attendees": [], "organizer": null, "mine": false, "recurrence": null,
        "dates": [], "bound": [], "uid": "made", "week_start": 1,
    });
    put(&mut event, told, user);
    if let Some(email) = told.pointer("/organizer/email").and_then(Value::as_str) {
        ask(&mut event, email == OWN);
    }
    organize(&mut event);
    event["recurrence"] = told["recurrence"].clone();
    for one in told.pointer("/instances/changed").and_then(Value::as_array).into_iter().flatten() {
        change(&mut event, one["original"].as_i64().expect("an instant"), &one["data"], user);
    }
    for at in told.pointer("/instances/deleted").and_then(Value::as_array).into_iter().flatten() {
        delete(&mut event, at.as_i64().expect("an instant"));
    }
    event
}

/// Makes an occurrence otherwise.
pub(super) fn change(event: &mut Value, original: i64, told: &Value, user: &str) {
    let mut one = event.clone();
    let start = time(event, "start");
    let day = day(event, original);
    let begins = day.at(start.hour(), start.minute(), start.second(), 0);
    let ends = begins.checked_add(start.duration_until(time(event, "end"))).expect("a time");
    let zone = event["zone"].as_str().expect("a zone").to_owned();
    one["start"] = moment(begins, &zone);
    one["end"] = moment(ends, &zone);
    one["original"] = one["start"].clone();
    put(&mut one, told, user);
    organize(&mut one);
    event["bound"].as_array_mut().expect("a list").push(one);
}

/// Takes an occurrence away.
pub(super) fn delete(event: &mut Value, original: i64) {
    let day = day(event, original).to_string();
    event["dates"].as_array_mut().expect("a list").push(json!(day));
}

fn put(event: &mut Value, told: &Value, user: &str) {
    let told = told.as_object().expect("an object");
    for (name, value) in told {
        match name.as_str() {
            "organizer" | "recurrence" | "instances" => {}
            "start" | "end" => {
                let zone = told["zone"].as_str().expect("a zone");
                let local = value["local"].as_str().and_then(|text| text.parse().ok());
                event[name] = moment(local.expect("a time"), zone);
            }
            "attendees" => {
                let mut all = value.clone();
                for one in all.as_array_mut().expect("a list") {
                    one["email"] = json!(one["email"].as_str().expect("an address").to_lowercase());
                }
                event[name] = all;
            }
            "title" | "location" | "description" if value.is_null() => event[name] = json!(""),
            _ => event[name] = value.clone(),
        }
    }
    if event["allday"] == json!(true) {
        event["zone"] = json!(user);
        for name in ["start", "end"] {
            event[name] = moment(time(event, name), user);
        }
    }
}

/// Horde knows a meeting of others by its user among those who are asked.
fn ask(event: &mut Value, is_mine: bool) {
    let guests = event["attendees"].as_array_mut().expect("a list");
    if is_mine {
        guests.retain(|guest| guest["email"] != json!(OWN));
    } else if guests.iter().all(|guest| guest["email"] != json!(OWN)) {
        guests.push(json!({"email": OWN, "name": "", "role": "required", "response": "accepted",
            "kind": "person"}));
    }
}

fn organize(event: &mut Value) {
    let guests = event["attendees"].as_array().expect("a list");
    let is_asked = guests.iter().any(|guest| guest["email"] == json!(OWN));
    let is_mine = !guests.is_empty() && !is_asked;
    let me = json!({"email": OWN, "name": "Me"});
    event["organizer"] = if is_mine { me } else { Value::Null };
    event["mine"] = json!(is_mine);
}

fn time(event: &Value, name: &str) -> DateTime {
    event[name]["local"].as_str().and_then(|text| text.parse().ok()).expect("a time")
}

fn day(event: &Value, at: i64) -> jiff::civil::Date {
    let zone = clock(event["zone"].as_str().expect("a zone"));
    Timestamp::from_second(at).expect("an instant").to_zoned(zone).date()
}
