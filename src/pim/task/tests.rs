//! Tasks of Nag and of the protocol.

use serde_json::{Value, json};

use crate::eas::class::task::{Categories, Task};
use crate::eas::scalar::{ClearableDate, parse_date};
use jiff::tz::TimeZone;

use crate::pim::task::{self, Todo, from_native};

fn todo(value: Value) -> Todo {
    serde_json::from_value(value).expect("a task")
}

fn to_native(task: &Task, cleared: impl Fn(&str) -> bool) -> Value {
    task::to_native(task, &TimeZone::get("Europe/Berlin").expect("a zone"), None, cleared)
}

fn date(text: &str) -> Option<ClearableDate> {
    Some(ClearableDate(Some(parse_date(text).expect("a date"))))
}

/// 2026-12-07 09:00 in Berlin.
const DUE: i64 = 1_796_630_400;

#[test]
fn all_fields_of_a_task_reach_the_phone() {
    let task = from_native(&todo(json!({
        "title": "Zo\u{eb}", "description": "one\r\ntwo", "private": true, "priority": 1,
        "completed": true, "completed_at": DUE + 60, "start": 1, "due": 1,
        "next_start": DUE - 86_400, "next_due": DUE, "zone": "Europe/Berlin", "alarm": 30,
        "tags": ["a, b", "Red"], "recurrence": null
    })));
    assert_eq!(task.subject.as_deref(), Some("Zo\u{eb}"));
    assert_eq!(task.plain_body.as_deref(), Some("one\r\ntwo"));
    assert_eq!((task.importance, task.sensitivity, task.complete), (Some(2), Some(2), Some(true)));
    assert_eq!(task.utc_due_date, date("2026-12-07T08:00:00Z"));
    assert_eq!(task.due_date, date("2026-12-07T09:00:00Z"));
    assert_eq!(task.utc_start_date, date("2026-12-06T08:00:00Z"));
    assert_eq!(task.start_date, date("2026-12-06T09:00:00Z"));
    assert_eq!(task.date_completed, date("2026-12-07T08:01:00Z"));
    assert_eq!((task.reminder_set, task.reminder_time), (Some(true), date("2026-12-07T07:30:00Z")));
    assert_eq!(task.categories.expect("labels").categories, ["a, b", "Red"]);
}

#[test]
fn what_is_not_there_is_not_told() {
    let task =
        from_native(&todo(json!({"title": "", "priority": 3, "alarm": 15, "zone": "No/Zone"})));
    assert_eq!((task.importance, task.sensitivity, task.complete), (Some(1), Some(0), Some(false)));
    assert_eq!((task.reminder_set, task.reminder_time), (Some(false), None));
    assert!(task.due_date.is_none() && task.utc_start_date.is_none() && task.categories.is_none());
    let back = to_native(&task, |_| true);
    let want = json!({"title": "", "description": "", "importance": 1, "private": false,
        "completed": false, "start": null, "due": null, "remind": null, "tags": [],
        "recurrence": null});
    assert_eq!(back, want);
}

#[test]
fn a_part_changes_a_part() {
    let task = Task { subject: Some("New".to_owned()), ..Task::default() };
    assert_eq!(to_native(&task, |_| false), json!({"title": "New"}));
    let named = |tag: &str| tag == "Tasks:DueDate";
    assert_eq!(to_native(&task, named), json!({"title": "New", "due": null}));
    let all = to_native(&task, |_| true);
    assert_eq!(
        all,
        json!({"title": "New", "start": null, "due": null, "remind": null, "tags": [],
        "recurrence": null})
    );
}

#[test]
fn dates_are_taken_in_both_notations_and_cleared_by_empty_ones() {
    let of = |utc, local| {
        to_native(&Task { utc_due_date: utc, due_date: local, ..Task::default() }, |_| false)
    };
    let (utc, local) = (date("2026-12-07T08:00:00Z"), date("2026-12-07T09:00:00.000Z"));
    assert_eq!(of(utc, local), json!({"due": DUE}));
    assert_eq!(of(None, local), json!({"due": {"local": "2026-12-07T09:00:00"}}));
    let empty = Some(ClearableDate(None));
    assert_eq!(of(empty, empty), json!({"due": null}));
    assert_eq!(of(empty, local), json!({"due": {"local": "2026-12-07T09:00:00"}}));
}

#[test]
fn a_reminder_is_set_kept_and_cleared() {
    let of = |set, time, clear: bool| {
        let task = Task { reminder_set: set, reminder_time: time, ..Task::default() };
        let mut data = to_native(&task, |tag| clear && tag == "Tasks:ReminderSet");
        data.as_object_mut().expect("an object").remove("remind")
    };
    let at = date("2026-12-07T08:00:00Z");
    assert_eq!(of(Some(true), at, true), Some(json!(DUE)));
    assert_eq!(of(None, at, true), Some(json!(DUE)));
    assert_eq!(of(Some(false), at, false), Some(Value::Null));
    assert_eq!(of(None, None, true), Some(Value::Null));
    assert_eq!(of(None, None, false), None);
    assert_eq!(of(Some(true), None, true), None);
}

#[test]
fn a_reminder_at_the_due_date_is_an_alarm_of_one_minute() {
    let task = from_native(&todo(json!({"next_due": DUE, "alarm": 1})));
    assert_eq!(task.reminder_time, task.utc_due_date);
}

#[test]
fn labels_and_privacy_go_back() {
    let task = Task {
        categories: Some(Categories { categories: vec!["a, b".to_owned()] }),
        sensitivity: Some(3),
        importance: Some(9),
        complete: Some(false),
        date_completed: date("2026-12-07T08:00:00Z"),
        ..Task::default()
    };
    let want = json!({"tags": ["a, b"], "private": true, "importance": 2, "completed": false});
    assert_eq!(to_native(&task, |_| false), want);
}

/// Each Monday, four times, of which the first is done.
fn weekly() -> Todo {
    todo(json!({
        "title": "Weekly", "priority": 3, "due": DUE, "next_due": DUE + WEEK, "next_start": DUE,
        "zone": "Europe/Berlin", "alarm": 60,
        "recurrence": {"type": "weekly", "interval": 1, "days": 2, "until": null, "count": 4,
            "done": ["2026-12-07"], "gone": []}
    }))
}

const WEEK: i64 = 7 * 86_400;

#[test]
fn a_series_is_shown_by_its_pattern_and_its_current_occurrence() {
    let task = from_native(&weekly());
    assert_eq!(task.utc_due_date, date("2026-12-14T08:00:00Z"));
    let recurrence = task.recurrence.clone().expect("a series");
    let pattern = (recurrence.kind, recurrence.day_of_week, recurrence.occurrences);
    assert_eq!(pattern, (Some(1), Some(2), Some(4)));
    assert_eq!(recurrence.start.expect("a begin").0.as_second(), DUE);
    let back = to_native(&task, |_| true);
    assert_eq!(back["due"], json!(DUE + WEEK));
    assert_eq!(back["remind"], json!(DUE + WEEK - 3600));
    let want = json!({"type": "weekly", "interval": 1, "days": 2, "until": null, "count": 4});
    assert_eq!(back["recurrence"], want);
    assert_eq!(back.get("tell"), None);
}

#[test]
fn a_dead_copy_recurs_no_more() {
    let mut task = from_native(&weekly());
    let recurrence = task.recurrence.as_mut().expect("a series");
    recurrence.dead_occur = Some(true);
    task.complete = Some(true);
    let back = to_native(&task, |_| true);
    assert_eq!((&back["recurrence"], &back["completed"]), (&Value::Null, &json!(true)));
    assert_eq!(back.get("tell"), None);
}

#[test]
fn what_nag_can_not_repeat_stays_once_and_the_phone_is_told() {
    let refused = |edit: fn(&mut Task)| {
        let mut task = from_native(&weekly());
        edit(&mut task);
        let back = to_native(&task, |_| true);
        (back["recurrence"].clone(), back["tell"].clone())
    };
    let told = (Value::Null, json!(true));
    let regenerated = refused(|task| {
        task.recurrence.as_mut().expect("a series").regenerate = Some(true);
    });
    assert_eq!(regenerated, told);
    let lunar = refused(|task| {
        let recurrence = task.recurrence.as_mut().expect("a series");
        (recurrence.kind, recurrence.calendar_type) = (Some(5), Some(8));
    });
    assert_eq!(lunar, told);
    let dateless = refused(|task| {
        (task.due_date, task.utc_due_date) = (None, None);
        task.recurrence.as_mut().expect("a series").start = None;
    });
    assert_eq!(dateless, told);
}

#[test]
fn a_series_begins_on_one_of_its_days() {
    let mut task = from_native(&weekly());
    task.recurrence.as_mut().expect("a series").day_of_week = Some(4);
    let back = to_native(&task, |_| true);
    assert_eq!(back["due"], json!({"local": "2026-12-15T09:00:00"}));
    assert_eq!(back["tell"], json!(true));
    (task.due_date, task.utc_due_date) = (None, None);
    let back = to_native(&task, |_| true);
    assert_eq!(back["due"], json!({"local": "2026-12-08T09:00:00"}), "from Start");
}

#[test]
fn a_rule_that_comes_back_as_it_was_shown_stays() {
    let zone = TimeZone::get("Europe/Berlin").expect("a zone");
    let mut todo = weekly();
    let rule =
        json!({"type": "yearly_day", "interval": 1, "days": 0, "until": null, "count": null});
    todo.recurrence = serde_json::from_value(rule.clone()).expect("a rule");
    let task = from_native(&todo);
    let back = task::to_native(&task, &zone, Some(&todo), |_| true);
    assert_eq!(back["recurrence"], rule);
    let back = task::to_native(&task, &zone, None, |_| true);
    assert_eq!(back["recurrence"]["type"], json!("yearly_date"));
}
