//! Events as the bridge exports them.

use std::collections::BTreeSet;

use arbitrary::{Result, Unstructured};
use horde_eas::pim::zone::get;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value, json};

use crate::generated::{KINDS, labels, line, lines};

/// The user's own address.
pub(super) const OWN: &str = "me@example.test";

/// The name of a user's zone.
pub(super) fn zone(u: &mut Unstructured<'_>) -> Result<&'static str> {
    u.choose(&ZONES).copied()
}

/// An event of a user in that zone.
pub(super) fn event(u: &mut Unstructured<'_>, user: &str) -> Result<Value> {
    let allday = u.ratio(1, 3)?;
    // Whole days are by the user's own clock.
    let is_home = allday || u.ratio(1, 2)?;
    let place = if is_home { user.to_owned() } else { zone(u)?.to_owned() };
    let start = begin(u, allday)?;
    let mut event = occasion(u, (&place, user), start, allday)?;
    event.extend(organized(u)?);
    event.insert("uid".to_owned(), json!("20261124090000.abc@example.test"));
    event.insert("week_start".to_owned(), json!(u.int_in_range(0..=1)?));
    for when in ["created", "changed"] {
        event.insert(when.to_owned(), json!(instant(u)?));
    }
    let start = local(&event, "start");
    let rule = if u.ratio(2, 3)? { Some(rule(u, start)?) } else { None };
    let (mut dates, mut bound) = (BTreeSet::new(), Vec::new());
    if let Some(rule) = &rule {
        for _ in 0..u.int_in_range(0..=3)? {
            let step = u.int_in_range(0..=9)?;
            dates.insert(occurrence(rule, start.date(), step));
        }
        // Islands have left out a day to change sides.
        let at = |day: Date| moment(day.to_datetime(start.time()), &place);
        let is_there = |day: &Date| {
            at(*day)["local"].as_str().is_some_and(|local| local.starts_with(&day.to_string()))
        };
        dates.retain(is_there);
        for day in dates.clone() {
            if u.arbitrary()? {
                dates.remove(&day);
                bound.push(otherwise(u, &event, user, at(day))?);
            }
        }
    }
    event.insert("recurrence".to_owned(), json!(rule));
    event.insert("dates".to_owned(), json!(dates));
    event.insert("bound".to_owned(), json!(bound));
    Ok(Value::Object(event))
}

/// A date of the series.
fn occurrence(rule: &Value, start: Date, step: i64) -> Date {
    let interval = rule["interval"].as_i64().unwrap_or(1);
    let step = step.min(rule["count"].as_i64().unwrap_or(i64::MAX) - 1);
    let days = match rule["type"].as_str() {
        Some("daily") => step * interval,
        Some("weekly") => step * interval * 7,
        // Which these are is not to be said twice.
        _ => 0,
    };
    let date = start.checked_add(days.days()).expect("a date");
    let until = rule["until"].as_str().and_then(|until| until.get(..10)?.parse::<Date>().ok());
    if until.is_some_and(|until| date >= until) { start } else { date }
}

/// What an event and an occurrence say of themselves, but for people.
fn occasion(
    u: &mut Unstructured<'_>,
    (place, user): (&str, &str),
    start: DateTime,
    allday: bool,
) -> Result<Map<String, Value>> {
    let begins = moment(start, place);
    let ends = if allday {
        let days = if u.arbitrary()? { 1 } else { u.int_in_range(2..=40)? };
        moment(start.checked_add(days.days()).expect("a date"), place)
    } else {
        let any = u.int_in_range(0..=12_000)?;
        let minutes = *u.choose(&[0_i64, 15, 30, 60, 1_440, 1_441, 2_880, any])?;
        let begins = begins["utc"].as_i64().expect("an instant");
        let ends = begins + minutes * 60;
        let is_whole = is_midnight(begins, user) && is_midnight(ends, user);
        // To Horde that is a whole day, by its user's clock.
        once(if is_whole { ends + 60 } else { ends }, place)
    };
    let url = if u.ratio(1, 3)? { Some(format!("https://x.test/?{}&a=1", line(u)?)) } else { None };
    let occasion = json!({
        "title": if u.ratio(1, 10)? { String::new() } else { line(u)? },
        "location": if u.arbitrary()? { line(u)? } else { String::new() },
        "description": if u.arbitrary()? { lines(u)? } else { String::new() },
        "url": url,
        "status": *u.choose(&["none", "tentative", "confirmed", "cancelled", "free"])?,
        "private": u.arbitrary::<bool>()?,
        "zone": place,
        "allday": allday,
        "start": begins,
        "end": ends,
        "alarm": *u.choose(&[None, None, Some(1), Some(15), Some(40_320), Some(-30)])?,
        "tags": labels(u)?,
        "attendees": [], "organizer": null, "mine": false,
    });
    match occasion {
        Value::Object(occasion) => Ok(occasion),
        _ => unreachable!("an object"),
    }
}

/// Those who are invited, and who invites.
fn organized(u: &mut Unstructured<'_>) -> Result<Map<String, Value>> {
    let mut guests = Vec::new();
    let person = |u: &mut Unstructured<'_>, email: &str, kind: &str| -> Result<Value> {
        Ok(json!({
            "email": email,
            "name": if u.arbitrary()? { line(u)? } else { String::new() },
            "role": *u.choose(&["required", "optional", "none"])?,
            "response": *u.choose(&["none", "accepted", "declined", "tentative"])?,
            "kind": kind,
        }))
    };
    for email in ["Ann@x.test", "bob+tag@x.test", "\u{e7}a@x.test"] {
        if u.ratio(1, 3)? {
            guests.push(person(u, email, "person")?);
        }
    }
    let owner = u.int_in_range(0..=2)?;
    if owner == 1 && u.ratio(1, 3)? {
        guests.push(person(u, OWN, "person")?);
    }
    if !guests.is_empty() && u.ratio(1, 4)? {
        guests.push(person(u, "room@x.test", "resource")?);
    }
    let organizer = match owner {
        0 => json!({"email": OWN, "name": "Me"}),
        1 => Value::Null,
        _ => json!({"email": "host@x.test", "name": ""}),
    };
    let organizer = if guests.is_empty() { Value::Null } else { organizer };
    let mut people = Map::new();
    people.insert("mine".to_owned(), json!(owner == 0 && !guests.is_empty()));
    people.insert("attendees".to_owned(), json!(guests));
    people.insert("organizer".to_owned(), organizer);
    Ok(people)
}

/// An occurrence that differs from its series in some fields.
fn otherwise(
    u: &mut Unstructured<'_>,
    series: &Map<String, Value>,
    user: &str,
    at: Value,
) -> Result<Value> {
    let of_series = series["zone"].as_str().unwrap();
    let is_elsewhere = series["allday"] == json!(false) && u.ratio(1, 8)?;
    let place = if is_elsewhere { zone(u)? } else { of_series };
    let allday = series["allday"].as_bool().unwrap() != (u.ratio(1, 8)? && place == user);
    let start: DateTime = at["local"].as_str().unwrap().parse().expect("a time");
    let start = if u.arbitrary()? { start } else { near(u, start)? };
    let start = if allday { start.date().at(0, 0, 0, 0) } else { start };
    let mut one = occasion(u, (place, user), start, allday)?;
    one.extend(organized(u)?);
    for name in ["title", "location", "description", "url", "status", "private", "alarm", "tags"] {
        if u.ratio(3, 4)? {
            one.insert(name.to_owned(), series[name].clone());
        }
    }
    if u.ratio(3, 4)? {
        for name in ["attendees", "organizer", "mine"] {
            one.insert(name.to_owned(), series[name].clone());
        }
    }
    one.insert("uid".to_owned(), json!("bound"));
    one.insert("original".to_owned(), at);
    Ok(Value::Object(one))
}

/// A rule of Horde that phones can be told.
fn rule(u: &mut Unstructured<'_>, start: DateTime) -> Result<Value> {
    let kind = *u.choose(&KINDS)?;
    let own = 1 << start.weekday().to_sunday_zero_offset();
    let days = if kind == "weekly" { u.int_in_range(0..=127)? | own } else { 0 };
    let end = u.int_in_range(0..=2)?;
    let last = later(u, start.date())?;
    let until = *u.choose(&["23:59:59", "00:00:00", "09:00:00"])?;
    Ok(json!({
        "type": kind,
        "interval": if u.arbitrary()? { 1 } else { u.int_in_range(2..=11)? },
        "days": days,
        "until": (end == 1).then(|| format!("{last}T{until}")),
        "count": if end == 2 { Some(u.int_in_range(1..=60)?) } else { None },
    }))
}

/// Whether it is midnight, or the minute before.
fn is_midnight(at: i64, place: &str) -> bool {
    let later = Timestamp::from_second(at + 60).expect("an instant");
    let time = later.to_zoned(clock(place)).time();
    time.hour() == 0 && time.minute() < 2
}

fn begin(u: &mut Unstructured<'_>, allday: bool) -> Result<DateTime> {
    let (year, month) = (u.int_in_range(1975..=2037)?, u.int_in_range(1..=12)?);
    let first = jiff::civil::date(year, month, 1);
    let date = first.checked_add(u.int_in_range(0..=30_i64)?.days()).expect("a date");
    let hour = *u.choose(&[0, 2, 9, 23])?;
    let minute = *u.choose(&[0, 30, 59])?;
    let second = if u.ratio(1, 8)? { 7 } else { 0 };
    Ok(if allday { date.at(0, 0, 0, 0) } else { date.at(hour, minute, second, 0) })
}

fn near(u: &mut Unstructured<'_>, at: DateTime) -> Result<DateTime> {
    let minutes = u.int_in_range(-3_000..=3_000_i64)?;
    Ok(at.checked_add(minutes.minutes()).expect("a time"))
}

fn later(u: &mut Unstructured<'_>, date: Date) -> Result<Date> {
    Ok(date.checked_add(u.int_in_range(0..=1_500_i64)?.days()).expect("a date"))
}

fn instant(u: &mut Unstructured<'_>) -> Result<Option<i64>> {
    Ok(if u.arbitrary()? { Some(u.int_in_range(1..=4_000_000_000)?) } else { None })
}

pub(super) fn clock(place: &str) -> TimeZone {
    get(place).expect("a zone")
}

/// What the clocks of a place show, as far as they ever do.
pub(super) fn moment(local: DateTime, place: &str) -> Value {
    let at = clock(place).to_ambiguous_zoned(local).compatible().expect("an instant");
    moment_of(at.timestamp().as_second(), place)
}

/// A moment, or the one an hour later where clocks show the same again: Horde has the first alone.
fn once(seconds: i64, place: &str) -> Value {
    let at = moment_of(seconds, place);
    let local = at["local"].as_str().and_then(|text| text.parse().ok()).expect("a time");
    if moment(local, place) == at { at } else { moment_of(seconds + 3_600, place) }
}

fn moment_of(seconds: i64, place: &str) -> Value {
    let at = Timestamp::from_second(seconds).expect("an instant");
    let local = at.to_zoned(clock(place)).datetime();
    json!({"utc": seconds, "local": local.strftime("%Y-%m-%dT%H:%M:%S").to_string()})
}

fn local(event: &Map<String, Value>, name: &str) -> DateTime {
    event[name]["local"].as_str().and_then(|text| text.parse().ok()).expect("a time")
}

/// Both hemispheres, odd offsets, days that begin at one, old names, and what `rpc.php` stored.
const ZONES: [&str; 24] = [
    "Europe/Berlin",
    "America/New_York",
    "UTC",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Asia/Tehran",
    "Asia/Beirut",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Santiago",
    "America/Havana",
    "America/Phoenix",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "US/Pacific",
    "CET",
];
