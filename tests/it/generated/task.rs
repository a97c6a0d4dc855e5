//! Tasks.

use arbitrary::{Result, Unstructured};
use horde_eas::eas::class::Item;
use horde_eas::eas::class::task::Task;
use horde_eas::eas::version::ProtocolVersion;
use horde_eas::pim::task::{Todo, from_native, to_native};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::generated::{KINDS, in_every_version, labels, line, lines, travel};

#[test]
fn tasks_come_back() {
    in_every_version(ProtocolVersion::V2_5, |u, version| {
        let native = task(u)?;
        let todo: Todo = serde_json::from_value(native.clone()).expect("a task");
        let zone = TimeZone::get(&todo.zone).unwrap_or(TimeZone::UTC);
        let item = Item::Task(Box::new(from_native(&todo)));
        let back: Task = travel(&item, version);
        assert_eq!(back.recurrence.is_some(), todo.recurrence.is_some(), "{version}");
        let back = to_native(&back, &zone, Some(&todo), |_| true);
        assert_eq!(back, told(&native), "{version}");
        Ok(())
    });
}

/// A task as the bridge exports it.
fn task(u: &mut Unstructured<'_>) -> Result<Value> {
    let completed = u.arbitrary()?;
    let due = moment(u)?;
    // Without a date there is nothing to be reminded of, and nothing to repeat.
    let has_alarm = due.is_some() && u.arbitrary()?;
    let recurs = due.is_some() && u.arbitrary()?;
    let n_days = if recurs { u.int_in_range(0..=2_000_i64)? } else { 0 };
    Ok(json!({
        "title": line(u)?,
        "description": if u.ratio(1, 8)? { String::new() } else { lines(u)? },
        "private": u.arbitrary::<bool>()?,
        "priority": u.int_in_range(1..=5)?,
        "completed": completed,
        "completed_at": if completed { moment(u)? } else { None },
        "due": due,
        "next_start": moment(u)?,
        "next_due": due.map(|due| due + n_days * 86_400),
        "zone": *u.choose(&["Europe/Berlin", "America/St_Johns", "Pacific/Apia", "UTC", "+0530"])?,
        "alarm": if has_alarm { Some(u.int_in_range(1..=40_000_i64)?) } else { None },
        "tags": labels(u)?,
        "recurrence": if recurs { Some(rule(u)?) } else { None },
    }))
}

fn moment(u: &mut Unstructured<'_>) -> Result<Option<i64>> {
    Ok(if u.arbitrary()? { Some(u.int_in_range(1..=i64::from(i32::MAX))?) } else { None })
}

/// A rule that the protocol has words for.
fn rule(u: &mut Unstructured<'_>) -> Result<Value> {
    let kind = *u.choose(&KINDS)?;
    let days = if kind == "weekly" { u.int_in_range(1..=127)? } else { 0 };
    let end = u.int_in_range(0..=2)?;
    let until =
        format!("20{:02}-{:02}-28T23:59:59", u.int_in_range(0..=99)?, u.int_in_range(1..=12)?);
    Ok(json!({
        "type": kind,
        "interval": u.int_in_range(1..=12)?,
        "days": days,
        "until": (end == 1).then_some(until),
        "count": if end == 2 { Some(u.int_in_range(1..=99)?) } else { None },
    }))
}

/// What the bridge must be told of a task that is sent back as it came.
fn told(native: &Value) -> Value {
    let importance = match native["priority"].as_i64() {
        Some(1) => 2,
        Some(5) => 0,
        _ => 1,
    };
    let due = native["next_due"].as_i64();
    let remind = due.zip(native["alarm"].as_i64()).map(|(due, minutes)| {
        // The bridge makes one minute of none: the two are the same.
        due - if minutes == 1 { 0 } else { minutes * 60 }
    });
    let mut told = json!({
        "title": native["title"],
        "description": native["description"],
        "private": native["private"],
        "importance": importance,
        "completed": native["completed"],
        "start": native["next_start"],
        "due": native["next_due"],
        "remind": remind,
        "tags": native["tags"],
        "recurrence": native["recurrence"],
    });
    if !native["completed_at"].is_null() {
        told["completed_at"] = native["completed_at"].clone();
    }
    told
}
