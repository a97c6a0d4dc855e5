//! Task lists: somebody else's, a completion whose answer is lost, a phone that waits, and tasks
//! that are broken.

use horde_eas::probe::node::{Look as _, text};
use horde_eas::probe::phone::{Phone, body_preference};
use horde_eas::probe::sync::{Wish, change};
use horde_eas::wbxml::pages::Tasks;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use serde_json::json;

use crate::support::stack::{self, horde_database};
use crate::support::world::{End, World};

const SYNCED: &str = "REPLACE INTO horde_prefs VALUES (?, 'nag', 'sync_lists', ?)";
const FORGET: &str = "DELETE FROM horde_prefs WHERE pref_uid = ? AND pref_scope = 'nag' AND pref_name = 'sync_lists'";
/// Nag syncs what the user may delete from.
const GIVE: &str = "INSERT INTO nag_sharesng_users \
    (share_id, user_uid, perm_2, perm_4, perm_8, perm_16) \
    SELECT share_id, ?, 1, 1, 0, 1 FROM nag_sharesng WHERE share_name = ?";
const HAS_USERS: &str = "UPDATE nag_sharesng SET share_flags = 1 WHERE share_name = ?";
const TAKE: &str = "DELETE FROM nag_sharesng_users WHERE user_uid = ?";
const WEEKLY: &str = "task_recurtype = 2, task_recurinterval = 1, task_recurdays = 2, \
    task_recurenddate = '9999-12-31 23:59:59'";

fn wish(id: &str) -> Wish {
    Wish::of(id, "Tasks").option(body_preference(1, None))
}

async fn with_tasks(world: &World) -> (Phone, String) {
    let mut phone = world.phone(End::Sidecar, "14.1");
    phone.provision().await.unwrap();
    phone.folder_sync().await.unwrap();
    let id = phone.folder_of(7).unwrap().id.clone();
    phone.sync_all(wish(&id)).await.unwrap();
    (phone, id)
}

fn subject(phone: &Phone, id: &str, uid: &str) -> Option<String> {
    phone.collections[id].items.get(uid).and_then(|item| item.value(&[Tasks::Subject]))
}

#[tokio::test]
async fn what_may_not_be_changed_goes_back_to_the_phone() {
    let (world, other) = (World::new().await, World::new().await);
    let mut conn = Conn::new(stack::opts(&horde_database())).await.unwrap();
    let (own, theirs) = (world.task_list().await, other.task_list().await);
    let uid = other.add_task(json!({"name": "Theirs", "due": DUE})).await;
    conn.exec_drop(HAS_USERS, (&theirs,)).await.unwrap();
    conn.exec_drop(GIVE, (&world.user, &theirs)).await.unwrap();
    let synced =
        format!("a:2:{{i:0;s:{}:\"{own}\";i:1;s:{}:\"{theirs}\";}}", own.len(), theirs.len());
    conn.exec_drop(SYNCED, (&world.user, synced)).await.unwrap();

    let (mut phone, id) = with_tasks(&world).await;
    assert_eq!(subject(&phone, &id, &uid).as_deref(), Some("Theirs"));
    let mine = [text(Tasks::Subject, "Mine now"), text(Tasks::Complete, "1")];
    let brought = phone.sync_all(wish(&id).with([change(&uid, mine)])).await.unwrap();
    assert_eq!(brought.responses.first().map(|response| response.status), Some(6));
    assert!(brought.changed.contains(&uid), "{brought:?}");
    assert_eq!(subject(&phone, &id, &uid).as_deref(), Some("Theirs"));
    let stored = other.task(&uid).await.unwrap();
    assert_eq!((&stored["title"], &stored["completed"]), (&json!("Theirs"), &json!(0)));
    let brought = phone.sync_all(wish(&id)).await.unwrap();
    assert_eq!((brought.added.len(), brought.changed.len()), (0, 0), "and then it is quiet");

    other.delete_task(&uid).await;
    conn.exec_drop(TAKE, (&world.user,)).await.unwrap();
    conn.exec_drop(FORGET, (&world.user,)).await.unwrap();
    conn.disconnect().await.unwrap();
}

#[tokio::test]
async fn an_occurrence_whose_answer_is_lost_is_completed_once() {
    let world = World::new().await;
    let uid = world.add_task(json!({"name": "Weekly", "due": DUE})).await;
    world.set_task(&uid, WEEKLY).await;
    let (mut phone, id) = with_tasks(&world).await;
    let fields: Vec<_> = phone.collections[&id].items[&uid].children().cloned().collect();
    let done = fields.into_iter().filter(|field| field.tag != Tasks::Complete);
    let done: Vec<_> = done.chain([text(Tasks::Complete, "1")]).collect();
    let old = phone.key_of(&id).to_owned();
    let complete = || wish(&id).with([change(&uid, done.clone())]);
    phone.clone().sync_one(complete()).await.unwrap();
    let again = Wish { key: Some(old), ..complete() };
    let brought = phone.sync_one(again).await.unwrap();
    assert_eq!(brought.status, 1, "{brought:?}");
    let stored = world.task(&uid).await.unwrap();
    assert_eq!((&stored["done"], &stored["completed"]), (&json!("20261207"), &json!(0)));
    phone.sync_all(wish(&id)).await.unwrap();
    let due = phone.collections[&id].items[&uid].value(&[Tasks::UtcDueDate]);
    assert_eq!(due.as_deref(), Some("2026-12-14T08:00:00.000Z"), "the phone learns what is next");
    world.delete_task(&uid).await;
}

#[tokio::test]
async fn a_phone_that_waits_is_told_of_a_task() {
    let world = World::new().await;
    let (phone, id) = with_tasks(&world).await;
    let folder = id.clone();
    let waiting = tokio::spawn(async move { phone.ping(60, &[(&folder, "Tasks")]).await });
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let uid = world.add_task(json!({"name": "New"})).await;
    let end = waiting.await.unwrap().unwrap();
    assert_eq!((end.status, end.folders), (2, vec![id]));
    world.delete_task(&uid).await;
}

#[tokio::test]
async fn a_broken_task_keeps_nobody_waiting() {
    let world = World::new().await;
    let sound = world.add_task(json!({"name": "Sound"})).await;
    let broken = world.add_task(json!({"name": "Broken", "due": DUE})).await;
    world
        .set_task(
            &broken,
            "task_recurtype = 99, task_alarm_methods = 'a:1:{s:3', task_priority = 77",
        )
        .await;
    let lost = world.add_task(json!({"name": "No days", "due": DUE})).await;
    world.set_task(&lost, "task_recurtype = 2, task_recurinterval = 0, task_recurdays = 0").await;
    let (mut phone, id) = with_tasks(&world).await;
    assert_eq!(subject(&phone, &id, &sound).as_deref(), Some("Sound"));
    assert_eq!(phone.oddities, Vec::<String>::new());
    let changed = |uid: &String| {
        let shown = phone.collections[&id].items.get(uid).map(|item| item.children().cloned());
        let others = shown.into_iter().flatten().filter(|field| field.tag != Tasks::Subject);
        change(uid, others.chain([text(Tasks::Subject, "Changed")]).collect::<Vec<_>>())
    };
    let all = [&broken, &lost, &sound].map(changed);
    let brought = phone.sync_all(wish(&id).with(all)).await.unwrap();
    assert_eq!(brought.status, 1, "{brought:?}");
    assert_eq!(world.task(&sound).await.unwrap()["title"], json!("Changed"));
    let stored = world.task(&lost).await.unwrap();
    assert_eq!(stored["rule"], json!(2), "what phones have no word for stays: {stored}");
    for uid in [sound, broken, lost] {
        world.delete_task(&uid).await;
    }
}

/// 2026-12-07 09:00 in Berlin, a Monday.
const DUE: i64 = 1_796_630_400;
