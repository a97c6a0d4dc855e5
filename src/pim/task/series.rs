//! Tasks that recur.
//!
//! [MS-ASTASK] §2.2.2.19

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::eas::class::task::{Recurrence, Task};
use crate::eas::scalar::DashDate;
use crate::pim::recurrence::{Pattern, from_pattern, is_shown_by, to_pattern};
use crate::pim::task::Todo;

/// How a phone is told that a task recurs; `None` when it does not, or the protocol has no such rule.
pub(super) fn shown(todo: &Todo, zone: &TimeZone) -> Option<Recurrence> {
    let (rule, start) = (todo.recurrence.as_ref()?, first(todo)?);
    let pattern = to_pattern(rule, zone.to_datetime(start), zone, MONDAY)?;
    Some(Recurrence {
        kind: Some(pattern.kind),
        start: Some(DashDate(start)),
        until: pattern.until.map(DashDate),
        occurrences: pattern.occurrences,
        interval: pattern.interval,
        day_of_week: pattern.day_of_week,
        day_of_month: pattern.day_of_month,
        week_of_month: pattern.week_of_month,
        month_of_year: pattern.month_of_year,
        regenerate: None,
        dead_occur: None,
        calendar_type: pattern.calendar_type,
        is_leap_month: pattern.is_leap_month,
        first_day_of_week: pattern.first_day_of_week,
    })
}

/// Writes how a task recurs, and its due date where that hangs on it.
///
/// A copy of an occurrence that is done recurs no more. What Nag can not keep is left out, and the
/// phone told what there is.
pub(super) fn take(
    data: &mut Map<String, Value>,
    task: &Task,
    recurrence: &Recurrence,
    zone: &TimeZone,
    stored: Option<&Todo>,
) {
    let mut set = |name: &str, value: Value| drop(data.insert(name.to_owned(), value));
    let pattern = pattern(recurrence);
    let (Some(pattern), false) = (pattern, recurrence.dead_occur.unwrap_or(false)) else {
        set("recurrence", Value::Null);
        return;
    };
    if let Some(rule) = stored.and_then(|todo| shown_rule(todo, &pattern, zone)) {
        set("recurrence", rule);
        return;
    }
    let named = due(task, zone);
    let start = recurrence.start.map(|date| zone.to_datetime(date.0));
    let taken = named.or(start).filter(|_| !recurrence.regenerate.unwrap_or(false));
    match taken.map(|due| (due, from_pattern(&pattern, due, zone))) {
        Some((due, Ok((rule, first)))) => {
            if named.is_none() || first != due.date() {
                let first = first.to_datetime(due.time()).strftime("%Y-%m-%dT%H:%M:%S").to_string();
                set("due", json!({"local": first}));
                set("tell", json!(true));
            }
            set("recurrence", json!(rule));
        }
        Some((_, Err(_))) | None => {
            set("recurrence", Value::Null);
            set("tell", json!(true));
        }
    }
}

/// The rule of a stored task, when the phone was shown it by this pattern.
fn shown_rule(todo: &Todo, pattern: &Pattern, zone: &TimeZone) -> Option<Value> {
    let (rule, start) = (todo.recurrence.as_ref()?, zone.to_datetime(first(todo)?));
    is_shown_by(rule, pattern, start, zone).then(|| json!(rule))
}

/// When the first occurrence is due.
fn first(todo: &Todo) -> Option<Timestamp> {
    todo.due.and_then(|seconds| Timestamp::from_second(seconds).ok())
}

/// When a task is due that a phone sent, by the clock on the user's wall.
fn due(task: &Task, zone: &TimeZone) -> Option<DateTime> {
    let utc = task.utc_due_date.and_then(|date| date.0);
    let local = task.due_date.and_then(|date| date.0);
    let local = local.map(|at| TimeZone::UTC.to_datetime(at));
    utc.map(|at| zone.to_datetime(at)).or(local)
}

fn pattern(recurrence: &Recurrence) -> Option<Pattern> {
    Some(Pattern {
        kind: recurrence.kind?,
        interval: recurrence.interval,
        occurrences: recurrence.occurrences,
        until: recurrence.until.map(|date| date.0),
        day_of_week: recurrence.day_of_week,
        day_of_month: recurrence.day_of_month,
        week_of_month: recurrence.week_of_month,
        month_of_year: recurrence.month_of_year,
        calendar_type: recurrence.calendar_type,
        is_leap_month: recurrence.is_leap_month,
        first_day_of_week: recurrence.first_day_of_week,
    })
}

/// The first day of Horde's weeks.
const MONDAY: u8 = 1;
