//! Rows that a real Horde writes, and Horde on the rows that we write.

use std::collections::BTreeMap;
use std::time::Duration;

use horde_eas::state::blob::device::{read_properties, write_properties};
use horde_eas::state::blob::hierarchy::{read_hierarchy, write_hierarchy};
use horde_eas::state::blob::pending::{Ids, read_pending, write_pending};
use horde_eas::state::blob::sync_cache::{read_cache, write_cache};
use horde_eas::state::blob::{read_folder, write_folder};
use horde_eas::state::cache::SyncCache;
use horde_eas::state::folder::FolderObject;
use horde_eas::state::key::StateKey;
use horde_eas::state::model::{NewState, Owner};
use horde_eas::state::mysql::Mysql;
use horde_eas::state::pending::{Pending, What};
use horde_eas::state::{Caches, Collections, Devices, Kind};
use mysql_async::Pool;
use mysql_async::prelude::Queryable;
use uuid::Uuid;

use crate::support::phone::{Phone, deliver, in_inbox};
use crate::support::stack::{horde_database, pool};

/// A user of the stack that no other test uses, in truth: a random one of many.
fn any_user() -> String {
    format!("user{}", 1000 + Uuid::new_v4().as_u128() % 900)
}

async fn key(mysql: &Mysql, owner: &Owner, folder: &str) -> StateKey {
    let cache = Caches::load(mysql, owner).await.unwrap().unwrap();
    StateKey::parse(&cache.collection(folder).unwrap().last_sync_key.unwrap()).unwrap()
}

/// A phone paired with Horde's own server that has asked for the first three of five mails.
struct Paired {
    phone: Phone,
    owner: Owner,
    mysql: Mysql,
    pool: Pool,
    inbox: String,
    contacts: String,
}

async fn paired() -> Paired {
    let owner =
        Owner { device: Uuid::new_v4().simple().to_string().to_uppercase(), user: any_user() };
    let phone = Phone::new(&owner.user, &owner.device);
    let mysql = Mysql::new(&horde_database()).unwrap();
    for n in 0..5 {
        deliver(&owner.user, &format!("mail {n} of {}", owner.device));
    }
    phone.folder_sync("0").await;
    let cache = Caches::load(&mysql, &owner).await.unwrap().unwrap();
    assert!(cache.has_hierarchy());
    let uid = |kind| cache.folders().into_iter().find(|(_, folder)| folder.kind == kind).unwrap().0;
    let (inbox, contacts) = (uid(2), uid(9));
    for folder in [&inbox, &contacts] {
        phone.sync("0", folder, "3").await;
        let first = key(&mysql, &owner, folder).await;
        assert!(first.is_first());
        phone.sync(&first.to_string(), folder, "3").await;
    }
    // Delivery takes a moment; ask again until the five are there.
    for _ in 0..50 {
        let now = key(&mysql, &owner, &inbox).await;
        let state = Collections::load(&mysql, &owner, &inbox, &now).await.unwrap().unwrap();
        if state.pending.len() >= 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        phone.sync("0", &inbox, "3").await;
        let first = key(&mysql, &owner, &inbox).await;
        phone.sync(&first.to_string(), &inbox, "3").await;
    }
    Paired { phone, owner, mysql, pool: pool(&horde_database()), inbox, contacts }
}

/// Asks for one more change in a folder, so that the others stay pending.
async fn ask_for_one(it: &Paired, folder: &str) {
    let key = key(&it.mysql, &it.owner, folder).await;
    it.phone.sync(&key.to_string(), folder, "1").await;
}

/// Reads each row of the phone and writes it again; the records of the lists are counted by kind.
async fn compare_rows(it: &Paired, seen: &mut BTreeMap<String, usize>) {
    let mut conn = it.pool.get_conn().await.unwrap();
    let query = "SELECT sync_folderid, sync_data, sync_pending FROM horde_activesync_state \
        WHERE sync_devid = ?";
    let rows: Vec<(String, Vec<u8>, Vec<u8>)> =
        conn.exec(query, (&it.owner.device,)).await.unwrap();
    for (folder, data, pending) in &rows {
        if folder == "foldersync" {
            *seen.entry("hierarchy".to_owned()).or_default() += 1;
            assert_eq!(write_hierarchy(&read_hierarchy(data).unwrap()), *data);
            continue;
        }
        let written = write_folder(&read_folder(data).unwrap());
        assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(data));
        let ids = if *folder == it.inbox { Ids::Mail } else { Ids::Items };
        let list = read_pending(pending, ids).unwrap();
        let written = write_pending(&list);
        assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(pending));
        let mut list = list.list();
        for change in list.take(usize::MAX) {
            let what = match &change.what {
                What::Flags(_) => "Flags".to_owned(),
                what => format!("{what:?}"),
            };
            *seen.entry(format!("{ids:?} {what}")).or_default() += 1;
        }
    }
    for query in [
        "SELECT cache_data FROM horde_activesync_cache WHERE cache_devid = ?",
        "SELECT device_properties FROM horde_activesync_device WHERE device_id = ?",
    ] {
        let data: Vec<u8> = conn.exec_first(query, (&it.owner.device,)).await.unwrap().unwrap();
        let written = if query.contains("cache_data") {
            write_cache(&read_cache(&data).unwrap())
        } else {
            write_properties(&read_properties(&data))
        };
        assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(&data));
    }
}

#[tokio::test]
async fn every_row_of_a_real_horde_comes_back_byte_by_byte() {
    let it = paired().await;
    let mut seen = BTreeMap::new();
    compare_rows(&it, &mut seen).await;

    // The rest of the mails, then flags, a deletion and new mails, of which one is sent.
    for _ in 0..3 {
        ask_for_one(&it, &it.inbox).await;
    }
    let user = &it.owner.user;
    in_inbox(user, &["STORE 1:2 +FLAGS (\\Seen)", "STORE 2 +FLAGS (\\Flagged)"]);
    in_inbox(user, &["STORE 3 +FLAGS (\\Deleted)", "EXPUNGE"]);
    for n in 0..2 {
        deliver(user, &format!("another {n}"));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    ask_for_one(&it, &it.inbox).await;
    compare_rows(&it, &mut seen).await;

    // Another phone of the user adds contacts, before and after the first sync of this one.
    let other = Phone::new(user, &format!("{}B", it.owner.device));
    let second = Owner { device: format!("{}B", it.owner.device), user: user.clone() };
    other.folder_sync("0").await;
    let cache = Caches::load(&it.mysql, &second).await.unwrap().unwrap();
    let book = cache.folders().into_iter().find(|(_, folder)| folder.kind == 9).unwrap().0;
    other.sync("0", &book, "9").await;
    let add = async |name: &str| {
        let now = key(&it.mysql, &second, &book).await;
        other.add_contact(&now.to_string(), &book, name).await;
    };
    for name in ["one", "two", "three"] {
        add(name).await;
    }
    it.phone.sync("0", &it.contacts, "1").await;
    ask_for_one(&it, &it.contacts).await;
    compare_rows(&it, &mut seen).await;
    ask_for_one(&it, &it.contacts).await;
    ask_for_one(&it, &it.contacts).await;
    add("four").await;
    add("five").await;
    ask_for_one(&it, &it.contacts).await;
    compare_rows(&it, &mut seen).await;

    for kind in [
        "hierarchy",
        "Items Added",
        "Items Listed",
        "Mail Added",
        "Mail Deleted",
        "Mail Flags",
        "Mail Listed",
    ] {
        assert!(seen.contains_key(kind), "{kind} not in {seen:?}");
    }
    Devices::remove(&it.mysql, &it.owner).await.unwrap();
    Devices::remove(&it.mysql, &second).await.unwrap();
}

#[tokio::test]
async fn horde_goes_on_where_we_stopped() {
    let it = paired().await;
    let (owner, mysql, inbox) = (&it.owner, &it.mysql, &it.inbox);
    let two = key(mysql, owner, inbox).await;
    let mut state = Collections::load(mysql, owner, inbox, &two).await.unwrap().unwrap();
    let n_pending = state.pending.len();
    assert!(n_pending >= 2, "{:?}", state.pending);
    // We answer key two with one of the mails left, as the sidecar would.
    if let Pending::Changes(list) = &mut state.pending {
        assert_eq!(list.take(1).len(), 1);
    }
    let three = two.next();
    let presented = state.presented.take();
    let new = NewState {
        folder: inbox,
        key: &three,
        presented: presented.as_ref(),
        state: &state,
        now: state.stamp + 1,
    };
    let edit = |cache: &mut SyncCache| {
        cache.edit_collection(inbox, |inbox| inbox.last_sync_key = Some(three.to_string()));
        cache.add_confirmed_key(&three.to_string());
    };
    Collections::save(mysql, owner, &new, &edit).await.unwrap();

    // Horde sends the rest, under the next key, and has read our row and our cache.
    let answer = it.phone.sync(&three.to_string(), inbox, "9").await;
    let four = three.next();
    let text = String::from_utf8_lossy(&answer).into_owned();
    assert!(text.contains(&four.to_string()), "{text}");
    assert_eq!(key(mysql, owner, inbox).await, four);
    let state = Collections::load(mysql, owner, inbox, &four).await.unwrap().unwrap();
    assert!(state.pending.is_empty());
    assert_eq!(text.matches("Hello").count(), n_pending - 1, "{text}");
    // Horde removed the row of key one when key three was presented.
    let one = two.previous().unwrap();
    assert_eq!(Collections::load(mysql, owner, inbox, &one).await.unwrap(), None);
    Devices::remove(mysql, owner).await.unwrap();
}

#[tokio::test]
async fn a_race_with_horde_leaves_a_sound_row() {
    let it = paired().await;
    let (owner, mysql, inbox) = (&it.owner, &it.mysql, &it.inbox);
    let mut now = key(mysql, owner, inbox).await;
    let mut n_ours = 0;
    for round in 0..6 {
        let state = Collections::load(mysql, owner, inbox, &now).await.unwrap().unwrap();
        let next = now.next();
        let presented = state.presented.clone();
        let new = NewState {
            folder: inbox,
            key: &next,
            presented: presented.as_ref(),
            state: &state,
            now: state.stamp + 1,
        };
        let edit = |cache: &mut SyncCache| {
            cache.edit_collection(inbox, |inbox| inbox.last_sync_key = Some(next.to_string()));
            cache.edit_collection(inbox, |inbox| inbox.ping_change = true);
        };
        let text = now.to_string();
        let ours = async {
            tokio::time::sleep(Duration::from_millis(20 * round)).await;
            Collections::save(mysql, owner, &new, &edit).await
        };
        let (theirs, ours) = futures_util::join!(it.phone.try_sync(&text, inbox, "1"), ours);
        n_ours += usize::from(ours.is_ok());
        assert!(ours.is_ok() || ours.is_err_and(|error| error.kind == Kind::Gone));
        // Whoever was last: both rows can be read, and Horde goes on from the newer one.
        let state = Collections::load(mysql, owner, inbox, &next).await.unwrap();
        let Some(state) = state else { panic!("no row: {theirs:?}") };
        assert!(matches!(state.folder, FolderObject::Imap(_)));
        assert!(Collections::load(mysql, owner, inbox, &now).await.unwrap().is_some());
        assert!(Caches::load(mysql, owner).await.unwrap().unwrap().has_hierarchy());
        let answer = it.phone.try_sync(&next.to_string(), inbox, "1").await;
        let text = String::from_utf8_lossy(&answer).into_owned();
        // Status 1 of the collection: page AirSync, Status, "1".
        assert!(text.contains("\u{0}\u{1}N\u{3}1\u{0}\u{1}"), "{text:?}");
        now = key(mysql, owner, inbox).await;
    }
    assert!(n_ours > 0);
    Devices::remove(mysql, owner).await.unwrap();
}
