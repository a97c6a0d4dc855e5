//! Much happens in Horde, and nothing of it in a phone's folder: the folder's stamp goes along.

use std::time::Duration;

use horde_eas::probe::phone::Phone;
use horde_eas::probe::sync::Wish;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::support::stack::{self, horde_database};
use crate::support::world::{End, World};

const STAMP: &str = "SELECT sync_mod FROM horde_activesync_state WHERE sync_key = ?";
const NUMBER: &str = "INSERT INTO horde_histories_modseq (history_modseq) \
    SELECT MAX(history_modseq) + 600 FROM horde_histories_modseq";
const ELSEWHERE: &str = "INSERT INTO horde_histories (object_uid, history_action, history_ts, \
    history_modseq) VALUES (?, 'add', UNIX_TIMESTAMP() - 60, ?)";
const CLEAN: &str = "DELETE FROM horde_histories WHERE object_uid = ?";

#[tokio::test]
async fn a_folder_without_news_follows_the_history_under_its_old_key() {
    let world = World::new().await;
    world.add_card("Ada", "Lovelace").await;
    let mut phone = world.phone(End::Sidecar, "14.1");
    phone.provision().await.unwrap();
    phone.folder_sync().await.unwrap();
    let contacts = phone.folder_of(9).unwrap().id.clone();
    phone.sync_all(Wish::of(&contacts, "Contacts")).await.unwrap();
    let key = phone.key_of(&contacts).to_owned();
    let mut conn = Conn::new(stack::opts(&horde_database())).await.unwrap();
    let before = stamp(&mut conn, &key).await;

    conn.query_drop(NUMBER).await.unwrap();
    let number = i64::try_from(conn.last_insert_id().unwrap()).unwrap();
    let object = format!("turba:nobody:{}", world.user);
    conn.exec_drop(ELSEWHERE, (&object, number)).await.unwrap();
    // A missing number near a young row may still be written: the stamp waits for it.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(added(&mut phone, &contacts).await, 0);
    assert_eq!(phone.key_of(&contacts), key, "nothing is told, so no key");
    let after = stamp(&mut conn, &key).await;
    assert!(after >= before + 600, "{before} to {after}");

    world.add_card("Grace", "Hopper").await;
    assert_eq!(added(&mut phone, &contacts).await, 1, "what comes later");
    assert_eq!(added(&mut phone, &contacts).await, 0);
    conn.exec_drop(CLEAN, (&object,)).await.unwrap();
    conn.disconnect().await.unwrap();
}

async fn stamp(conn: &mut Conn, key: &str) -> i64 {
    conn.exec_first(STAMP, (key,)).await.unwrap().expect("the key has a row")
}

async fn added(phone: &mut Phone, folder: &str) -> usize {
    let brought = phone.sync_one(Wish::of(folder, "Contacts")).await.unwrap();
    assert_eq!(brought.status, 1);
    brought.added.len()
}
