//! Tasks: both ways, what phones do not know, the filter for what is still to be done.

use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, node, text};
use horde_eas::probe::phone::{Phone, body_preference};
use horde_eas::probe::sync::{Brought, Wish, add, change, delete};
use horde_eas::wbxml::Tag;
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{AirSync, AirSyncBase, Tasks};
use serde_json::{Value, json};

use crate::scenario::Scene;

pub(super) fn wish(id: &str) -> Wish {
    let options = [body_preference(1, Some(4096))];
    Wish { get_changes: Some(true), options: options.into(), ..Wish::of(id, "Tasks") }
}

pub(super) async fn with_tasks(scene: &Scene) -> Result<(Phone, String), Error> {
    let mut phone = scene.paired().await?;
    let id = phone.folder_of(7).ok_or(Error::Missing("tasks"))?.id.clone();
    phone.sync_all(wish(&id)).await?;
    Ok((phone, id))
}

/// A task that is due, with a reminder half an hour before.
pub(super) fn task(subject: &str, body: &str, labels: &[&str]) -> Vec<Element> {
    let labels: Vec<_> = labels.iter().map(|label| text(Tasks::Category, *label)).collect();
    vec![
        text(Tasks::Subject, subject),
        node(AirSyncBase::Body, vec![text(AirSyncBase::Type, "1"), text(AirSyncBase::Data, body)]),
        text(Tasks::Importance, "2"),
        text(Tasks::UtcStartDate, "2026-12-06T08:00:00.000Z"),
        text(Tasks::StartDate, "2026-12-06T09:00:00.000Z"),
        text(Tasks::UtcDueDate, "2026-12-07T08:00:00.000Z"),
        text(Tasks::DueDate, "2026-12-07T09:00:00.000Z"),
        node(Tasks::Categories, labels),
        text(Tasks::Complete, "0"),
        text(Tasks::Sensitivity, "2"),
        text(Tasks::ReminderSet, "1"),
        text(Tasks::ReminderTime, "2026-12-07T07:30:00.000Z"),
    ]
}

/// The same with some fields left out or replaced.
pub(super) fn but(fields: Vec<Element>, without: &[Tag], with: Vec<Element>) -> Vec<Element> {
    let is_kept = |tag| !without.contains(&tag) && with.iter().all(|other| other.tag != tag);
    let mut all: Vec<_> = fields.into_iter().filter(|field| is_kept(field.tag)).collect();
    all.extend(with);
    all
}

pub(super) fn value(phone: &Phone, id: &str, uid: &str, tag: Tag) -> Option<String> {
    phone.collections[id].items.get(uid)?.value(&[tag])
}

pub(super) fn server_id(brought: &Brought) -> Result<String, Error> {
    let mut added = brought.responses.iter().filter(|response| response.client_id.is_some());
    added.find_map(|response| response.server_id.clone()).ok_or(Error::Missing("ServerId"))
}

/// Fields of a stored task.
pub(super) fn part(stored: Option<&Value>, names: &[&str]) -> Value {
    let of = |name: &&str| stored.map_or(Value::Null, |task| task[*name].clone());
    Value::Array(names.iter().map(of).collect())
}

/// What the server does reaches the phone.
pub(super) async fn down(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_tasks().await;
    let fields = json!({"name": "Taxes", "desc": "all \u{e9}", "start": DUE - 86_400, "due": DUE,
        "priority": 1, "alarm": 30, "private": true, "tags": ["Red", "Blue"]});
    let uid = scene.world().add_task(fields).await;
    let (mut phone, id) = with_tasks(scene).await?;
    let item = phone.collections[&id].items.get(&uid).cloned();
    let item = item.ok_or(Error::Missing("task under Horde's uid"))?;
    for (name, tag, want) in [
        ("subject", Tasks::Subject, "Taxes"),
        ("importance", Tasks::Importance, "2"),
        ("sensitivity", Tasks::Sensitivity, "2"),
        ("complete", Tasks::Complete, "0"),
        ("utc-due", Tasks::UtcDueDate, "2026-12-07T08:00:00.000Z"),
        ("due", Tasks::DueDate, "2026-12-07T09:00:00.000Z"),
        ("utc-start", Tasks::UtcStartDate, "2026-12-06T08:00:00.000Z"),
        ("start", Tasks::StartDate, "2026-12-06T09:00:00.000Z"),
        ("reminder-set", Tasks::ReminderSet, "1"),
        ("reminder", Tasks::ReminderTime, "2026-12-07T07:30:00.000Z"),
    ] {
        let got = item.value(&[tag]);
        scene.same(&format!("tasks.{name}"), got.as_deref(), Some(want));
    }
    let body = item.value(&[AirSyncBase::Body, AirSyncBase::Data]);
    scene.same("tasks.body", body.as_deref(), Some("all \u{e9}"));
    let labels = item.child(Tasks::Categories);
    let mut labels: Vec<_> =
        labels.iter().flat_map(|it| it.children()).map(Element::text).collect();
    labels.sort();
    scene.same("tasks.labels", labels, ["Blue", "Red"]);

    let new = scene.world().add_task(json!({"name": "Second", "due": 0})).await;
    let brought = phone.sync_all(wish(&id)).await?;
    scene.same("tasks.add-down", brought.added, [new.clone()]);
    scene.same("tasks.no-due", value(&phone, &id, &new, Tasks::UtcDueDate), None::<String>);
    scene.world().change_task(&new, json!({"name": "Third", "priority": 4})).await;
    let brought = phone.sync_all(wish(&id)).await?;
    scene.same("tasks.change-down", brought.changed, [new.clone()]);
    let subject = value(&phone, &id, &new, Tasks::Subject);
    scene.same("tasks.change-down-value", subject.as_deref(), Some("Third"));
    scene.world().toggle_task(&new).await;
    phone.sync_all(wish(&id)).await?;
    let complete = value(&phone, &id, &new, Tasks::Complete);
    scene.same("tasks.complete-down", complete.as_deref(), Some("1"));
    let date = value(&phone, &id, &new, Tasks::DateCompleted);
    scene.check("tasks.complete-down-date", date.is_some(), format!("{date:?}"));
    scene.world().delete_task(&new).await;
    let brought = phone.sync_all(wish(&id)).await?;
    scene.check("tasks.delete-down", brought.deleted.contains(&new), format!("{brought:?}"));
    scene.same("tasks.down-no-oddities", phone.oddities, Vec::<String>::new());
    Ok(())
}

/// What the user does on the phone reaches the server, and other phones.
pub(super) async fn up(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_tasks().await;
    let (mut phone, id) = with_tasks(scene).await?;
    let fields = task("From the phone", "one\r\ntwo", &["Red", "a, b"]);
    let brought = phone.sync_all(wish(&id).with([add("t1", fields)])).await?;
    let status = brought.responses.first().map(|response| response.status);
    scene.same("tasks.add-up", status, Some(1));
    let uid = server_id(&brought)?;
    let echoed = brought.added.contains(&uid) || brought.changed.contains(&uid);
    scene.check("tasks.no-echo", !echoed, format!("{brought:?}"));
    let stored = scene.world().task(&uid).await;
    let names = ["title", "description", "start", "due", "priority", "alarm", "completed"];
    let want = json!(["From the phone", "one\r\ntwo", DUE - 86_400, DUE, 1, 30, 0]);
    scene.same("tasks.add-up-stored", part(stored.as_ref(), &names), want);
    scene.same("tasks.sensitivity-up", part(stored.as_ref(), &["private"]), json!([1]));

    let (other, folder) = with_tasks(scene).await?;
    let item = other.collections[&folder].items.get(&uid).cloned();
    let item = item.ok_or(Error::Missing("task on the other phone"))?;
    let labels = item.child(Tasks::Categories);
    let mut labels: Vec<_> =
        labels.iter().flat_map(|it| it.children()).map(Element::text).collect();
    labels.sort();
    scene.same("tasks.labels-with-a-comma", labels, ["Red", "a, b"]);

    let done = vec![
        text(Tasks::Complete, "1"),
        text(Tasks::DateCompleted, "2026-12-07T08:05:00.000Z"),
        text(Tasks::ReminderSet, "0"),
    ];
    let fields = but(task("Another", "three", &["Red"]), &[Tasks::ReminderTime], done);
    let brought = phone.sync_all(wish(&id).with([change(&uid, fields)])).await?;
    let refused = brought.responses.iter().any(|response| response.status != 1);
    scene.check("tasks.change-up", brought.status == 1 && !refused, format!("{brought:?}"));
    let echoed = brought.changed.contains(&uid);
    scene.check("tasks.change-no-echo", !echoed, format!("{brought:?}"));
    let stored = scene.world().task(&uid).await;
    let got = part(stored.as_ref(), &["title", "description", "completed"]);
    scene.same("tasks.change-up-stored", got, json!(["Another", "three", 1]));
    let got = part(stored.as_ref(), &["completed_at"]);
    scene.same("tasks.completed-at", got, json!([DUE + 300]));
    scene.same("tasks.reminder-cleared", part(stored.as_ref(), &["alarm"]), json!([0]));

    let dates = [Tasks::StartDate, Tasks::UtcStartDate, Tasks::DueDate, Tasks::UtcDueDate];
    let fields = but(task("Another", "three", &[]), &dates, vec![text(Tasks::ReminderSet, "0")]);
    let fields = but(fields, &[Tasks::ReminderTime], vec![]);
    phone.sync_all(wish(&id).with([change(&uid, fields)])).await?;
    let stored = scene.world().task(&uid).await;
    let got = part(stored.as_ref(), &["start", "due", "completed"]);
    scene.same("tasks.dates-cleared", got, json!([0, 0, 0]));

    let brought = phone.sync_all(wish(&id).with([delete(&uid)])).await?;
    scene.same("tasks.delete-up", brought.status, 1);
    let stored = scene.world().task(&uid).await;
    scene.check("tasks.delete-up-gone", stored.is_none(), format!("{stored:?}"));
    let unknown = change("no-such-uid", task("No", "one", &[]));
    let brought = phone.sync_one(wish(&id).with([unknown])).await?;
    let status = brought.responses.first().map(|response| response.status);
    scene.same("tasks.change-of-unknown", status, Some(8));
    Ok(())
}

/// What a phone does not know, or shows more coarsely, survives what it changes.
pub(super) async fn kept(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_tasks().await;
    let parent = scene.world().add_task(json!({"name": "Above"})).await;
    let above = scene.world().task_id(&parent).await;
    let fields = json!({"name": "Below", "due": DUE, "alarm": 30, "priority": 2, "private": true,
        "estimate": 1234.5, "assignee": "bob", "parent": above, "methods": {"notify": {}}});
    let uid = scene.world().add_task(json!({"name": "Below", "due": DUE})).await;
    let mut fields = fields;
    fields["estimate"] = json!(7.5);
    scene.world().change_task(&uid, fields).await;
    scene.world().set_task(&uid, "task_estimate = 1234.5").await;
    let names = ["priority", "private", "estimate", "assignee", "parent", "methods", "creator"];
    let before = scene.world().task(&uid).await;
    let (mut phone, id) = with_tasks(scene).await?;
    let shown = phone.collections[&id].items.get(&uid).cloned().ok_or(Error::Missing("task"))?;
    let fields: Vec<_> = shown.children().cloned().collect();
    let fields = but(fields, &[Tasks::Sensitivity], vec![text(Tasks::Subject, "Changed")]);
    phone.sync_all(wish(&id).with([change(&uid, fields)])).await?;
    let stored = scene.world().task(&uid).await;
    scene.same("tasks.kept-title", part(stored.as_ref(), &["title"]), json!(["Changed"]));
    for name in names {
        let (got, want) = (part(stored.as_ref(), &[name]), part(before.as_ref(), &[name]));
        scene.same(&format!("tasks.kept-{name}"), got, want);
    }
    let only = [text(Tasks::Subject, "A part")];
    phone.sync_all(wish(&id).with([change(&uid, only)])).await?;
    let stored = scene.world().task(&uid).await;
    let got = part(stored.as_ref(), &["title", "priority"]);
    scene.same("tasks.a-part", got, json!(["A part", 2]));

    let brought = phone.sync_all(wish(&id).with([delete(&parent)])).await?;
    let gone = scene.world().task(&parent).await.is_none();
    scene.check("tasks.delete-above", gone && brought.status == 1, format!("{brought:?}"));
    let stored = scene.world().task(&uid).await;
    scene.same(
        "tasks.below-moves-up",
        part(stored.as_ref(), &["title", "parent"]),
        json!(["A part", ""]),
    );
    Ok(())
}

/// A phone that wants only what is still to be done.
pub(super) async fn filter(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_tasks().await;
    let open = scene.world().add_task(json!({"name": "Open"})).await;
    let done = scene.world().add_task(json!({"name": "Done"})).await;
    scene.world().toggle_task(&done).await;
    let mut phone = scene.paired().await?;
    let id = phone.folder_of(7).ok_or(Error::Missing("tasks"))?.id.clone();
    let wish = || wish(&id).option(text(AirSync::FilterType, "8"));
    let brought = phone.sync_all(wish()).await?;
    scene.same("tasks.filter-lists", brought.added, [open.clone()]);
    scene.world().toggle_task(&open).await;
    let brought = phone.sync_all(wish()).await?;
    scene.same("tasks.filter-leaves", brought.soft_deleted, [open.clone()]);
    scene.world().toggle_task(&open).await;
    let brought = phone.sync_all(wish()).await?;
    let is_told = brought.added.contains(&open) || brought.changed.contains(&open);
    scene.check("tasks.filter-comes-back", is_told, format!("{brought:?}"));
    scene.same("tasks.filter-comes-back-new", &brought.added, std::slice::from_ref(&open));
    // It was done before the phone asked for the first time.
    scene.world().toggle_task(&done).await;
    let brought = phone.sync_all(wish()).await?;
    scene.same("tasks.filter-comes-new", &brought.added, std::slice::from_ref(&done));
    scene.world().change_task(&done, json!({"name": "Still open"})).await;
    let brought = phone.sync_all(wish()).await?;
    let told = (brought.added.len(), &*brought.changed);
    scene.same("tasks.filter-changes", told, (0, std::slice::from_ref(&done)));
    Ok(())
}

/// 2026-12-07 09:00 in Berlin.
pub(super) const DUE: i64 = 1_796_630_400;
