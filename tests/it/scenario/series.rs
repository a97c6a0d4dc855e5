//! Tasks that recur: shown, completed one by one, made, changed and ended on the phone.

use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, node, text};
use horde_eas::probe::phone::Phone;
use horde_eas::probe::sync::{add, change};
use horde_eas::wbxml::Tag;
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::Tasks;
use serde_json::json;

use crate::scenario::Scene;
use crate::scenario::tasks::{DUE, but, part, server_id, task, value, wish, with_tasks};

fn shown(phone: &Phone, id: &str, uid: &str, tag: Tag) -> Option<String> {
    phone.collections[id].items.get(uid)?.value(&[Tasks::Recurrence, tag])
}

/// The item as the phone has it, with some fields replaced.
fn copied(phone: &Phone, id: &str, uid: &str, with: Vec<Element>) -> Vec<Element> {
    let item = phone.collections[id].items.get(uid);
    but(item.map(|item| item.children().cloned().collect()).unwrap_or_default(), &[], with)
}

fn due(utc: &str, local: &str) -> Vec<Element> {
    vec![text(Tasks::UtcDueDate, utc), text(Tasks::DueDate, local)]
}

/// Each Monday, without an end.
fn weekly(with: Vec<Element>) -> Element {
    let mut fields = vec![
        text(Tasks::Type, "1"),
        text(Tasks::Start, "2026-12-07T08:00:00.000Z"),
        text(Tasks::Interval, "1"),
        text(Tasks::DayOfWeek, "2"),
    ];
    fields.extend(with);
    node(Tasks::Recurrence, fields)
}

/// What happens to a series on the server, and to its occurrences on the phone.
pub(super) async fn occurrences(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_tasks().await;
    let uid = scene.world().add_task(json!({"name": "Weekly", "due": DUE, "alarm": 60})).await;
    let rule = "task_recurtype = 2, task_recurinterval = 1, task_recurdays = 2, task_recurcount = 9, \
        task_recurenddate = '9999-12-31 23:59:59'";
    scene.world().set_task(&uid, rule).await;
    let (mut phone, id) = with_tasks(scene).await?;
    for (name, tag, want) in [
        ("type", Tasks::Type, "1"),
        ("days", Tasks::DayOfWeek, "2"),
        ("interval", Tasks::Interval, "1"),
        ("count", Tasks::Occurrences, "9"),
        ("start", Tasks::Start, "2026-12-07T08:00:00.000Z"),
    ] {
        let got = shown(&phone, &id, &uid, tag);
        scene.same(&format!("series.{name}"), got.as_deref(), Some(want));
    }
    scene.world().toggle_task(&uid).await;
    phone.sync_all(wish(&id)).await?;
    let now = value(&phone, &id, &uid, Tasks::UtcDueDate);
    scene.same("series.done-down", now.as_deref(), Some("2026-12-14T08:00:00.000Z"));
    let remind = value(&phone, &id, &uid, Tasks::ReminderTime);
    scene.same("series.reminder", remind.as_deref(), Some("2026-12-14T07:00:00.000Z"));

    let same = copied(&phone, &id, &uid, vec![text(Tasks::Subject, "Each week")]);
    phone.sync_all(wish(&id).with([change(&uid, same)])).await?;
    let stored = scene.world().task(&uid).await;
    let got = part(stored.as_ref(), &["title", "due", "done", "count", "alarm"]);
    scene.same("series.renamed", got, json!(["Each week", DUE, "20261207", 9, 60]));

    let done =
        vec![text(Tasks::Complete, "1"), text(Tasks::DateCompleted, "2026-12-14T08:05:00.000Z")];
    let done = copied(&phone, &id, &uid, done);
    phone.sync_all(wish(&id).with([change(&uid, done)])).await?;
    let stored = scene.world().task(&uid).await;
    let got = part(stored.as_ref(), &["completed", "done"]);
    scene.same("series.done-up", got, json!([0, "20261207,20261214"]));
    phone.sync_all(wish(&id)).await?;
    let now = value(&phone, &id, &uid, Tasks::UtcDueDate);
    scene.same("series.done-goes-on", now.as_deref(), Some("2026-12-21T08:00:00.000Z"));
    let complete = value(&phone, &id, &uid, Tasks::Complete);
    scene.same("series.done-is-open", complete.as_deref(), Some("0"));

    // As most phones do it: the copy that is done, and the series moved on.
    let mut dead = due("2026-12-21T08:00:00.000Z", "2026-12-21T09:00:00.000Z");
    dead.push(text(Tasks::Complete, "1"));
    dead.push(text(Tasks::DateCompleted, "2026-12-21T08:05:00.000Z"));
    dead.push(weekly(vec![text(Tasks::DeadOccur, "1")]));
    let dead = copied(&phone, &id, &uid, dead);
    let mut next = due("2026-12-28T08:00:00.000Z", "2026-12-28T09:00:00.000Z");
    next.push(text(Tasks::ReminderTime, "2026-12-28T07:00:00.000Z"));
    let next = copied(&phone, &id, &uid, next);
    let brought = phone.sync_all(wish(&id).with([add("dead", dead), change(&uid, next)])).await?;
    let copy = server_id(&brought)?;
    let stored = scene.world().task(&copy).await;
    let got = part(stored.as_ref(), &["completed", "rule", "due"]);
    scene.same("series.copy", got, json!([1, 0, DUE + 2 * WEEK]));
    let stored = scene.world().task(&uid).await;
    let got = part(stored.as_ref(), &["completed", "due", "done", "alarm"]);
    scene.same("series.moved-on", got, json!([0, DUE, "20261207,20261214,20261221", 60]));
    let brought = phone.sync_all(wish(&id)).await?;
    scene.same("series.quiet", (brought.added.len(), brought.changed.len()), (0, 0));
    Ok(())
}

/// Series that the phone makes, changes and ends, and those that Horde can not keep.
pub(super) async fn rules(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_tasks().await;
    let (mut phone, id) = with_tasks(scene).await?;
    let until = text(Tasks::Until, "2027-02-01T08:00:00.000Z");
    let fields = but(task("Made", "x", &[]), &[], vec![weekly(vec![until])]);
    let brought = phone.sync_all(wish(&id).with([add("made", fields)])).await?;
    let uid = server_id(&brought)?;
    let stored = scene.world().task(&uid).await;
    let got = part(stored.as_ref(), &["rule", "interval", "days", "due"]);
    scene.same("series.made", got, json!([2, 1, 2, DUE]));
    let until = stored.as_ref().map(|task| task["until"].to_string()).unwrap_or_default();
    scene.check("series.made-until", until.starts_with("\"2027-02-01"), until);

    let last = vec![
        text(Tasks::Type, "3"),
        text(Tasks::Start, "2026-12-28T08:00:00.000Z"),
        text(Tasks::Interval, "1"),
        text(Tasks::DayOfWeek, "2"),
        text(Tasks::WeekOfMonth, "5"),
    ];
    let mut with = due("2026-12-28T08:00:00.000Z", "2026-12-28T09:00:00.000Z");
    with.push(node(Tasks::Recurrence, last));
    let fields = but(task("Last Monday", "x", &[]), &[], with);
    phone.sync_all(wish(&id).with([change(&uid, fields)])).await?;
    let stored = scene.world().task(&uid).await;
    let got = part(stored.as_ref(), &["title", "rule", "due"]);
    scene.same("series.last-weekday", got, json!(["Last Monday", 8, DUE + 3 * WEEK]));

    let fields = task("Once", "x", &[]);
    phone.sync_all(wish(&id).with([change(&uid, fields)])).await?;
    let stored = scene.world().task(&uid).await;
    let got = part(stored.as_ref(), &["title", "rule", "due"]);
    scene.same("series.ended", got, json!(["Once", 0, DUE]));

    let regenerate = weekly(vec![text(Tasks::Regenerate, "1")]);
    let fields = but(task("Again and again", "x", &[]), &[], vec![regenerate]);
    let brought = phone.sync_all(wish(&id).with([add("regenerate", fields)])).await?;
    let uid = server_id(&brought)?;
    let stored = scene.world().task(&uid).await;
    let got = part(stored.as_ref(), &["title", "rule", "due"]);
    scene.same("series.regenerates-not", got, json!(["Again and again", 0, DUE]));
    let told =
        brought.changed.contains(&uid) || phone.sync_all(wish(&id)).await?.changed.contains(&uid);
    let kept = shown(&phone, &id, &uid, Tasks::Type);
    scene.check("series.regenerates-not-told", told && kept.is_none(), format!("{told} {kept:?}"));
    Ok(())
}

const WEEK: i64 = 7 * 86_400;
