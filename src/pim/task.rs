//! Nag's tasks and the protocol's.
//!
//! Of a recurring task both sides see the occurrence that is to be done: its dates are the task's.
//! The bridge knows the first one, and tells what a phone did to the series.
//!
//! What can not make the trip:
//!
//! | field | why |
//! |---|---|
//! | `assignee`, `estimate`, `parent`, alarm methods | phones have no field for them; kept |
//! | priority 2 and 4 | phones know three steps: shown as normal; kept until the phone says another |
//! | Sensitivity 1 and 3 | Nag knows private or not: 1 becomes 0, 3 becomes 2 |
//! | a reminder without a due date | Nag counts from the due date: dropped |
//! | a reminder after the due date | as above: at the due date |
//! | an alarm of one minute | is how Nag keeps one at the due date, which it has no number for |
//! | `Regenerate` | Nag counts from the calendar, not from the day of completion: the task stays, its rule goes, and the phone is told |
//! | a recurrence without a date | Nag repeats what is due: from the start date, or dropped, and the phone is told |
//! | a completion of a whole series | Nag completes the occurrence that is due; the phone is told which is next |
//! | some rules | see [`recurrence`](crate::pim::recurrence) |
//! | `OrdinalDate`, `SubOrdinalDate`, `CompressedRTF` | no place in Nag |
//!
//! [MS-ASTASK] §2.2.2

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::eas::class::task::{Categories, Task};
use crate::eas::scalar::ClearableDate;
use crate::pim::recurrence::Rule;
use crate::pim::text;

mod series;

/// A task as the bridge sends it.
#[derive(Debug, Default, Deserialize)]
pub struct Todo {
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// Its text.
    #[serde(default)]
    pub description: String,
    /// Whether others are not to see it.
    #[serde(default)]
    pub private: bool,
    /// From 1, the highest, to 5.
    #[serde(default)]
    pub priority: i64,
    /// Whether it is done.
    #[serde(default)]
    pub completed: bool,
    /// When it was done, in Unix seconds, as all times.
    pub completed_at: Option<i64>,
    /// When the first occurrence is due.
    pub due: Option<i64>,
    /// When work on the current occurrence begins.
    pub next_start: Option<i64>,
    /// When the current occurrence is due.
    pub next_due: Option<i64>,
    /// The user's zone.
    #[serde(default)]
    pub zone: String,
    /// Minutes before the due date.
    pub alarm: Option<i64>,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// How it recurs.
    pub recurrence: Option<Rule>,
}

/// What a phone shows of a task.
#[must_use]
pub fn from_native(todo: &Todo) -> Task {
    let zone = TimeZone::get(&todo.zone).unwrap_or(TimeZone::UTC);
    let instant = |seconds: Option<i64>| seconds.and_then(|it| Timestamp::from_second(it).ok());
    let (start, due) = (instant(todo.next_start), instant(todo.next_due));
    let date = |at: Option<Timestamp>| at.map(|at| ClearableDate(Some(at)));
    let reminder = due.zip(todo.alarm).and_then(|(due, minutes)| reminder(due, minutes));
    let tags = todo.tags.clone();
    Task {
        subject: Some(todo.title.clone()),
        body: Some(text::body(todo.description.clone())),
        plain_body: Some(todo.description.clone()),
        body_size: None,
        body_truncated: None,
        importance: Some(importance(todo.priority)),
        start_date: date(start.and_then(|at| wall(at, &zone))),
        utc_start_date: date(start),
        due_date: date(due.and_then(|at| wall(at, &zone))),
        utc_due_date: date(due),
        categories: (!tags.is_empty()).then_some(Categories { categories: tags }),
        recurrence: series::shown(todo, &zone),
        complete: Some(todo.completed),
        date_completed: date(instant(todo.completed_at).filter(|_| todo.completed)),
        sensitivity: Some(if todo.private { PRIVATE } else { 0 }),
        reminder_set: Some(reminder.is_some()),
        reminder_time: date(reminder),
    }
}

/// What the bridge should write: what the task has, and nothing where it leaves out what `cleared`
/// names.
///
/// `zone` is the user's; `stored` is what a series was, of which the phone may send back what it was
/// shown.
///
/// A title, a text, a completion, an importance or a sensitivity that is left out is kept: these
/// are never empty, and a client that does not know them would reset what others see.
#[must_use]
pub fn to_native(
    task: &Task,
    zone: &TimeZone,
    stored: Option<&Todo>,
    cleared: impl Fn(&str) -> bool,
) -> Value {
    let mut data = Map::new();
    let mut set = |name: &str, value: Value| drop(data.insert(name.to_owned(), value));
    if let Some(subject) = &task.subject {
        set("title", json!(subject));
    }
    let body = task.body.as_ref().and_then(text::plain);
    if let Some(text) = body.or_else(|| task.plain_body.clone()) {
        set("description", json!(text));
    }
    if let Some(importance) = task.importance {
        set("importance", json!(importance.min(HIGH)));
    }
    if let Some(sensitivity) = task.sensitivity {
        set("private", json!(sensitivity >= PRIVATE));
    }
    if let Some(complete) = task.complete {
        set("completed", json!(complete));
        if let Some(at) = task.date_completed.and_then(|date| date.0).filter(|_| complete) {
            set("completed_at", json!(at.as_second()));
        }
    }
    let dates = [
        ("start", task.utc_start_date, task.start_date, ["Tasks:UtcStartDate", "Tasks:StartDate"]),
        ("due", task.utc_due_date, task.due_date, ["Tasks:UtcDueDate", "Tasks:DueDate"]),
    ];
    for (name, utc, local, tags) in dates {
        if utc.is_some() || local.is_some() || tags.into_iter().any(&cleared) {
            set(name, moment(utc, local));
        }
    }
    match (task.reminder_set, task.reminder_time.and_then(|date| date.0)) {
        (None | Some(true), Some(at)) => set("remind", json!(at.as_second())),
        (Some(false), _) => set("remind", Value::Null),
        (None, None) if cleared("Tasks:ReminderSet") => set("remind", Value::Null),
        (None | Some(true), None) => {}
    }
    match &task.categories {
        Some(categories) => set("tags", json!(categories.categories)),
        None if cleared("Tasks:Categories") => set("tags", json!([])),
        None => {}
    }
    match &task.recurrence {
        Some(recurrence) => series::take(&mut data, task, recurrence, zone, stored),
        None if cleared("Tasks:Recurrence") => {
            drop(data.insert("recurrence".to_owned(), Value::Null));
        }
        None => {}
    }
    Value::Object(data)
}

/// Three steps of five.
const fn importance(priority: i64) -> u8 {
    match priority {
        1 => HIGH,
        5 => LOW,
        _ => NORMAL,
    }
}

/// When the user is reminded of what is due.
fn reminder(due: Timestamp, minutes: i64) -> Option<Timestamp> {
    let minutes = if minutes == 1 { 0 } else { minutes };
    Timestamp::from_second(due.as_second().checked_sub(minutes.checked_mul(60)?)?).ok()
}

/// What a clock on the wall shows at an instant, spelled as if it were UTC.
fn wall(at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_datetime(at).to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// The instant, where the client gives it, or else what the clock on the wall shows.
fn moment(utc: Option<ClearableDate>, local: Option<ClearableDate>) -> Value {
    if let Some(at) = utc.and_then(|date| date.0) {
        return json!(at.as_second());
    }
    local.and_then(|date| date.0).map_or(Value::Null, |at| {
        let clock: civil::DateTime = TimeZone::UTC.to_datetime(at);
        json!({"local": clock.strftime("%Y-%m-%dT%H:%M:%S").to_string()})
    })
}

/// Of Importance.
const LOW: u8 = 0;
const NORMAL: u8 = 1;
const HIGH: u8 = 2;
/// Of Sensitivity.
const PRIVATE: u8 = 2;

#[cfg(test)]
mod tests;
