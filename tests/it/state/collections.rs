//! State rows: keys, replays, collection of garbage, races.

use std::sync::Arc;

use horde_eas::state::folder::{FolderObject, ImapFolder, ImapStatus, Messages};
use horde_eas::state::key::StateKey;
use horde_eas::state::map::{ItemAction, ItemChange, MailAction, MailChange};
use horde_eas::state::model::{CollectionState, NewState, Owner};
use horde_eas::state::pending::{ItemId, Listed, Pending, PendingChange, PendingList, What};
use horde_eas::state::{Bump, Caches, Collections, Devices, Kind, Maps};

use crate::state::{CONTACTS, NOW, contacts, first_key, load, nothing, paired, save};
use crate::support::stack::Scratch;

const KEYS: &str =
    "SELECT sync_key FROM horde_activesync_state WHERE sync_folderid <> 'foldersync' ORDER BY 1";

fn pending(uid: &str) -> Pending {
    vec![PendingChange::new(ItemId::Item(uid.to_owned()), What::Changed)].into()
}

#[tokio::test]
async fn a_lost_answer_can_be_asked_for_again() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = paired(&mysql).await;
    let one = first_key();
    save(&mysql, &owner, &one, None, &contacts(0, Pending::NotComputed)).await.unwrap();
    let state = load(&mysql, &owner, &one).await;
    let presented = state.presented.as_ref().unwrap();
    assert!(!presented.is_replay());

    let two = one.next();
    save(&mysql, &owner, &two, Some(presented), &contacts(5, pending("a"))).await.unwrap();
    // The answer with key two is lost; the client presents key one again.
    let again = load(&mysql, &owner, &one).await;
    assert!(again.presented.as_ref().unwrap().is_replay());
    assert_eq!((again.stamp, &again.folder, &again.pending), (0, &state.folder, &state.pending));
    save(&mysql, &owner, &two, again.presented.as_ref(), &contacts(6, pending("b"))).await.unwrap();
    let state = load(&mysql, &owner, &two).await;
    assert_eq!((state.stamp, state.pending), (6, pending("b")));

    let three = two.next();
    save(&mysql, &owner, &three, state.presented.as_ref(), &contacts(7, pending("c")))
        .await
        .unwrap();
    assert_eq!(scratch.texts(KEYS).await, [two.to_string(), three.to_string()]);
    assert_eq!(Collections::load(&*mysql, &owner, CONTACTS, &one).await.unwrap(), None);
    let newest = mysql.newest(&owner, CONTACTS, one.series()).await.unwrap();
    assert_eq!(newest, Some(three.clone()));
    let cache = Caches::load(&*mysql, &owner).await.unwrap().unwrap();
    assert_eq!(cache.collection(CONTACTS).unwrap().last_sync_key, Some(three.to_string()));

    // Back to the key before the last: what came after it is an orphan and goes.
    let state = load(&mysql, &owner, &two).await;
    save(&mysql, &owner, &three, state.presented.as_ref(), &contacts(8, pending("d")))
        .await
        .unwrap();
    let state = load(&mysql, &owner, &three).await;
    save(&mysql, &owner, &three.next(), state.presented.as_ref(), &contacts(9, pending("e")))
        .await
        .unwrap();
    let state = load(&mysql, &owner, &three).await;
    assert_eq!(state.stamp, 8);
}

#[tokio::test]
async fn other_folders_users_and_devices_do_not_see_a_row() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = paired(&mysql).await;
    let key = first_key();
    save(&mysql, &owner, &key, None, &contacts(0, Pending::NotComputed)).await.unwrap();
    let bob = Owner { user: "bob".to_owned(), ..owner.clone() };
    let other = Owner { device: "OTHER".to_owned(), ..owner.clone() };
    for (owner, folder) in [(&bob, CONTACTS), (&other, CONTACTS), (&owner, "F1")] {
        assert_eq!(Collections::load(&*mysql, owner, folder, &key).await.unwrap(), None);
    }
    assert_eq!(mysql.load_hierarchy(&owner, &key).await.unwrap(), None);
}

#[tokio::test]
async fn a_first_key_replaces_all_rows_of_its_folder() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = paired(&mysql).await;
    let old = first_key();
    save(&mysql, &owner, &old, None, &contacts(0, Pending::NotComputed)).await.unwrap();
    let change = ItemChange { uid: "u".to_owned(), mod_seq: 1, action: ItemAction::Change };
    mysql.record(&owner, "@Contacts@", &old, &[change]).await.unwrap();
    let new = first_key();
    save(&mysql, &owner, &new, None, &contacts(0, Pending::NotComputed)).await.unwrap();
    assert_eq!(scratch.texts(KEYS).await, [new.to_string()]);
    assert_eq!(scratch.number("SELECT COUNT(*) FROM horde_activesync_map").await, 0);
}

#[tokio::test]
async fn maps_go_with_the_keys_before_the_presented_one() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = paired(&mysql).await;
    let mut key = first_key();
    save(&mysql, &owner, &key, None, &contacts(0, Pending::NotComputed)).await.unwrap();
    for n in 1..12 {
        let change = ItemChange { uid: format!("u{n}"), mod_seq: n, action: ItemAction::Change };
        mysql.record(&owner, "@Contacts@", &key, &[change]).await.unwrap();
        let mail = MailChange { imap_uid: 5, action: MailAction::Read(true) };
        mysql.record_mail(&owner, "INBOX", &key, &[mail]).await.unwrap();
        let state = load(&mysql, &owner, &key).await;
        save(&mysql, &owner, &key.next(), state.presented.as_ref(), &contacts(n, pending("a")))
            .await
            .unwrap();
        key = key.next();
    }
    let presented = key.previous().unwrap();
    let left = [presented.unseen()];
    assert_eq!(scratch.texts("SELECT sync_key FROM horde_activesync_map").await, left);
    let left = [presented.to_string()];
    assert_eq!(scratch.texts("SELECT sync_key FROM horde_activesync_mailmap").await, left);
}

#[tokio::test]
async fn of_two_answers_to_one_key_the_first_wins() {
    let scratch = Scratch::new().await;
    let sidecars = [scratch.mysql(), scratch.mysql()];
    let owner = paired(&sidecars[0]).await;
    let mut key = first_key();
    save(&sidecars[0], &owner, &key, None, &contacts(0, Pending::NotComputed)).await.unwrap();
    for round in 0..10 {
        let tasks = [0, 1].map(|n: usize| {
            let (mysql, owner, key) = (Arc::clone(&sidecars[n]), owner.clone(), key.clone());
            tokio::spawn(async move {
                let state = load(&mysql, &owner, &key).await;
                let stamp = if n == 0 { 1_000 + round } else { 2_000 + round };
                let new = contacts(stamp, pending(&format!("from{n}")));
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                save(&mysql, &owner, &key.next(), state.presented.as_ref(), &new).await
            })
        });
        let mut outcomes = Vec::new();
        for task in tasks {
            outcomes.push(task.await.unwrap());
        }
        let kinds: Vec<_> =
            outcomes.iter().filter_map(|it| it.as_ref().err()).map(|e| e.kind).collect();
        assert_eq!(kinds, [Kind::Gone], "{outcomes:?}");
        let winner = usize::from(outcomes[0].is_err());
        key = key.next();
        let state = load(&sidecars[0], &owner, &key).await;
        assert_eq!(state.pending, pending(&format!("from{winner}")));
        assert_eq!(state.stamp, if winner == 0 { 1_000 } else { 2_000 } + round);
    }
}

#[tokio::test]
async fn folders_of_one_device_are_saved_side_by_side() {
    let scratch = Scratch::new().await;
    let sidecars = [scratch.mysql(), scratch.mysql()];
    let owner = paired(&sidecars[0]).await;
    let tasks = (0..8).map(|n: usize| {
        let (mysql, owner) = (Arc::clone(&sidecars[n % 2]), owner.clone());
        tokio::spawn(async move {
            let folder = format!("C{n}");
            let mut key = first_key();
            let mut presented = None;
            for counter in 0..10 {
                let state = contacts(counter, pending("x"));
                let new = NewState {
                    folder: &folder,
                    key: &key,
                    presented: presented.as_ref(),
                    state: &state,
                    now: NOW,
                };
                let edit = |cache: &mut horde_eas::state::cache::SyncCache| {
                    let collection = horde_eas::state::cache::CachedCollection {
                        last_sync_key: Some(key.to_string()),
                        ..Default::default()
                    };
                    cache.set_collection(&folder, &collection);
                };
                mysql.save(&owner, &new, &edit).await.unwrap();
                let change =
                    ItemChange { uid: "u".to_owned(), mod_seq: 1, action: ItemAction::Change };
                mysql.record(&owner, &folder, &key, &[change]).await.unwrap();
                presented = Collections::load(&*mysql, &owner, &folder, &key)
                    .await
                    .unwrap()
                    .unwrap()
                    .presented;
                key = key.next();
            }
            (folder, key.previous().unwrap())
        })
    });
    let done: Vec<(String, StateKey)> =
        futures_util::future::join_all(tasks).await.into_iter().map(|task| task.unwrap()).collect();
    let cache = Caches::load(&*sidecars[0], &owner).await.unwrap().unwrap();
    for (folder, key) in done {
        assert_eq!(cache.collection(&folder).unwrap().last_sync_key, Some(key.to_string()));
        assert!(Collections::load(&*sidecars[0], &owner, &folder, &key).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn what_an_administrator_removed_does_not_come_back() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = paired(&mysql).await;
    let key = first_key();
    save(&mysql, &owner, &key, None, &contacts(0, Pending::NotComputed)).await.unwrap();
    let state = load(&mysql, &owner, &key).await;
    Devices::remove(&*mysql, &owner).await.unwrap();
    for (key, presented) in [(key.next(), state.presented.as_ref()), (first_key(), None)] {
        let error = save(&mysql, &owner, &key, presented, &contacts(1, pending("a"))).await;
        assert_eq!(error.unwrap_err().kind, Kind::Gone);
    }
    assert_eq!(Collections::load(&*mysql, &owner, CONTACTS, &key).await.unwrap(), None);
    for table in ["state", "cache", "device", "device_users"] {
        let query = format!("SELECT COUNT(*) FROM horde_activesync_{table}");
        assert_eq!(scratch.number(&query).await, 0, "{table}");
    }
    assert_eq!(Caches::update(&*mysql, &owner, NOW, &nothing).await.unwrap(), None);
}

#[tokio::test]
async fn a_device_whose_row_horde_lost_goes_on() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = paired(&mysql).await;
    let key = first_key();
    scratch.run("DELETE FROM horde_activesync_device").await;
    scratch.run("DELETE FROM horde_activesync_device_users").await;
    save(&mysql, &owner, &key, None, &contacts(0, Pending::NotComputed)).await.unwrap();
    let state = load(&mysql, &owner, &key).await;
    save(&mysql, &owner, &key.next(), state.presented.as_ref(), &contacts(1, pending("a")))
        .await
        .unwrap();
    load(&mysql, &owner, &key.next()).await;
}

#[tokio::test]
async fn rows_that_can_not_be_read_are_stale_and_can_be_reset() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = paired(&mysql).await;
    let key = first_key();
    save(&mysql, &owner, &key, None, &contacts(0, Pending::NotComputed)).await.unwrap();
    for data in ["''", "NULL", "'b:0;'", "LEFT(sync_data, 60)", "REPLACE(sync_data, ':{{', ':[{')"]
    {
        scratch.run(&format!(
            "UPDATE horde_activesync_state SET sync_data = {data} WHERE sync_folderid = '{CONTACTS}'"
        )).await;
        let error = Collections::load(&*mysql, &owner, CONTACTS, &key).await.unwrap_err();
        assert_eq!(error.kind, Kind::Stale, "{data}");
    }
    mysql.reset(&owner, &[CONTACTS.to_owned()], NOW).await.unwrap();
    assert_eq!(Collections::load(&*mysql, &owner, CONTACTS, &key).await.unwrap(), None);
    let cache = Caches::load(&*mysql, &owner).await.unwrap().unwrap();
    assert!(!cache.collection(CONTACTS).unwrap().is_synced() && cache.has_hierarchy());

    Collections::forget(&*mysql, &owner, &[CONTACTS.to_owned()], NOW).await.unwrap();
    let cache = Caches::load(&*mysql, &owner).await.unwrap().unwrap();
    assert!(cache.folder(CONTACTS).is_none() && cache.collection(CONTACTS).is_none());
    let pairs = "SELECT COUNT(*) FROM horde_activesync_device_users";
    assert_eq!(scratch.number(pairs).await, 1);
}

#[tokio::test]
async fn a_row_that_horde_is_writing_is_waited_for() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = paired(&mysql).await;
    let key = first_key();
    save(&mysql, &owner, &key, None, &contacts(3, pending("a"))).await.unwrap();
    scratch.run("CREATE TEMPORARY TABLE kept AS SELECT 1 AS one").await;
    let mut conn = scratch.conn().await;
    let kept = "CREATE TABLE kept AS SELECT * FROM horde_activesync_state WHERE sync_folderid <> 'foldersync'";
    mysql_async::prelude::Queryable::query_drop(&mut conn, kept).await.unwrap();
    scratch.run(&format!("DELETE FROM horde_activesync_state WHERE sync_key = '{key}'")).await;
    let loading = tokio::spawn({
        let (mysql, owner, key) = (Arc::clone(&mysql), owner.clone(), key.clone());
        async move { Collections::load(&*mysql, &owner, CONTACTS, &key).await.unwrap() }
    });
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    scratch.run("INSERT INTO horde_activesync_state SELECT * FROM kept").await;
    assert_eq!(loading.await.unwrap().unwrap().stamp, 3);
}

#[tokio::test]
async fn one_look_tells_the_row_and_how_far_the_history_is() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = paired(&mysql).await;
    let key = first_key();
    save(&mysql, &owner, &key, None, &contacts(5, pending("a"))).await.unwrap();
    assert_eq!(load(&mysql, &owner, &key).await.newest, None, "an empty history");
    scratch
        .run(
            "INSERT INTO horde_histories (object_uid, history_action, history_ts, history_modseq) \
             VALUES ('turba:a:one', 'add', 1, 7)",
        )
        .await;
    assert_eq!(load(&mysql, &owner, &key).await.newest, Some(7));
    let apart = Arc::into_inner(scratch.mysql()).unwrap().without_history();
    assert_eq!(load(&apart, &owner, &key).await.newest, None, "it is another database's");

    let (device, cache) = mysql.open(&owner).await.unwrap().unwrap();
    assert_eq!(Some(device), Devices::load(&*mysql, &owner).await.unwrap());
    assert_eq!(cache, Caches::load(&*mysql, &owner).await.unwrap());
    assert!(cache.is_some());
    Caches::remove(&*mysql, &owner).await.unwrap();
    assert!(mysql.open(&owner).await.unwrap().unwrap().1.is_none());
}

#[tokio::test]
async fn a_stamp_is_bumped_only_from_what_was_seen() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = paired(&mysql).await;
    let key = first_key();
    save(&mysql, &owner, &key, None, &contacts(5, pending("a"))).await.unwrap();
    let state = load(&mysql, &owner, &key).await;
    let presented = state.presented.unwrap();
    mysql.bump(&owner, CONTACTS, &presented, Bump { from: 4, to: 40_000 }).await.unwrap();
    assert_eq!(load(&mysql, &owner, &key).await.stamp, 5);
    mysql.bump(&owner, CONTACTS, &presented, Bump { from: 5, to: 40_000 }).await.unwrap();
    let state = load(&mysql, &owner, &key).await;
    assert_eq!((state.stamp, state.pending), (40_000, pending("a")));
    let error = save(
        &mysql,
        &owner,
        &key.next(),
        state.presented.as_ref(),
        &contacts(1 << 40, pending("a")),
    )
    .await;
    assert_eq!(error.unwrap_err().kind, Kind::Invalid);
}

#[tokio::test]
async fn a_large_mailbox_and_its_name_come_back() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = paired(&mysql).await;
    let uids = (0..100_000).map(|n| 3 * n + 1).collect();
    let folder = FolderObject::Imap(ImapFolder {
        mailbox: "Entwürfe/A&B \"q\" \u{1f4e8}: x".to_owned(),
        status: Some(ImapStatus {
            messages: 100_000,
            uid_next: 300_000,
            uid_validity: u32::MAX,
            highest_mod_seq: 1 << 62,
        }),
        messages: Messages::Uids(uids),
        have_initial_sync: true,
        ..ImapFolder::default()
    });
    let listed = Listed { uids: (1..=5_000).collect(), newest_first: true };
    let pending = Pending::Changes(PendingList { listed, changes: Vec::new() });
    let state = CollectionState { stamp: NOW, folder, pending, presented: None, newest: None };
    let key = first_key();
    let new = NewState { folder: "F1", key: &key, presented: None, state: &state, now: NOW };
    mysql.save(&owner, &new, &nothing).await.unwrap();
    let mut read = Collections::load(&*mysql, &owner, "F1", &key).await.unwrap().unwrap();
    read.presented = None;
    if let (FolderObject::Imap(read), FolderObject::Imap(made)) = (&mut read.folder, &state.folder)
    {
        read.layout = made.layout.clone();
    }
    assert_eq!(read, state);
}

#[tokio::test]
async fn hierarchies_are_stored_with_a_key_each() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = paired(&mysql).await;
    let text = scratch.texts("SELECT sync_key FROM horde_activesync_state").await.remove(0);
    let key = StateKey::parse(&text).unwrap();
    let mut state = mysql.load_hierarchy(&owner, &key).await.unwrap().unwrap();
    state.folders[0].name = "Contacts of Ann".to_owned();
    let next = key.next();
    let new = NewState {
        folder: "",
        key: &next,
        presented: state.presented.as_ref(),
        state: &state,
        now: NOW,
    };
    mysql
        .save_hierarchy(&owner, &new, &|cache| cache.set_hierarchy(&next.to_string()))
        .await
        .unwrap();
    let read = mysql.load_hierarchy(&owner, &next).await.unwrap().unwrap();
    assert_eq!(read.folders, state.folders);
    assert_eq!(scratch.number("SELECT COUNT(*) FROM horde_activesync_state WHERE sync_pending = '' AND sync_mod = 0").await, 2);
    assert!(mysql.save_hierarchy(&crate::state::owner(), &new, &nothing).await.is_err());
}
