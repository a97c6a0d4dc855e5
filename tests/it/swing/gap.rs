//! Swings while another writer is between its number and its row: the history has a gap, our stamp
//! stays before it, and what was told lies behind the stamp.

use horde_eas::probe::node::{Look as _, encode, text};
use horde_eas::probe::phone::Phone;
use horde_eas::probe::sync::{Brought, Wish, change};
use horde_eas::wbxml::pages::Contacts;
use mysql_async::Conn;
use mysql_async::prelude::Queryable as _;
use serde_json::json;

use crate::support::stack;
use crate::support::world::{End, World};
use crate::swing::round::contact_wish;

#[tokio::test]
async fn what_was_told_beside_a_gap_can_be_changed_at_horde_at_12_1() {
    change_what_was_told("12.1").await;
}

#[tokio::test]
async fn what_was_told_beside_a_gap_can_be_changed_at_horde_at_14_1() {
    change_what_was_told("14.1").await;
}

/// The change is of an item that was told, under the very key with which it was told.
async fn change_what_was_told(version: &str) {
    let (mut phone, writer, late, known) = beside_a_gap(version).await;
    let brought = phone.sync(End::Sidecar, None).await;
    assert_eq!(brought.changed, [&*known], "{brought:?}");
    assert!(phone.n_unseen().await > 0, "the stamp stays before the gap");
    writer.write().await;

    let brought = phone.sync(End::Horde, Some((&known, "Phone's"))).await;
    assert_taken(&brought);
    assert_eq!(phone.world.card(&known).await["company"], "Phone's");
    let told = [brought.changed, phone.at(End::Horde).await.changed].concat();
    assert!(told.contains(&late), "lost: {told:?}");
    assert!(!told.contains(&known), "its own: {told:?}");
    assert_eq!(phone.n_unseen().await, 0, "Horde removes our records as it does its own");
    phone.is_as_a_fresh_one().await;
}

#[tokio::test]
async fn a_row_that_fills_a_gap_is_told_by_either_server() {
    for (version, end) in [("12.1", End::Horde), ("14.1", End::Sidecar)] {
        let (mut phone, writer, late, known) = beside_a_gap(version).await;
        let brought = phone.at(End::Sidecar).await;
        assert_eq!(brought.changed, [&*known], "{brought:?}");
        writer.write().await;
        let brought = phone.at(end).await;
        // Once more by Horde, which does not know that it was told; never as new.
        assert!(brought.changed.contains(&late), "at {end:?}: {brought:?}");
        assert!(brought.added.is_empty(), "at {end:?}: {brought:?}");
        phone.is_as_a_fresh_one().await;
    }
}

/// A number that never gets its row: once it is old, all is as if it had not been.
#[tokio::test]
async fn a_gap_that_grew_old_is_forgotten() {
    let (mut phone, writer, _, known) = beside_a_gap("14.1").await;
    let brought = phone.at(End::Sidecar).await;
    assert_eq!(brought.changed, [&*known], "{brought:?}");
    writer.give_up().await;
    settle().await;
    let key = phone.phone.key_of(&phone.contacts).to_owned();
    let brought = phone.at(End::Sidecar).await;
    assert!(brought.changed.is_empty() && brought.added.is_empty(), "{brought:?}");
    assert_eq!(phone.phone.key_of(&phone.contacts), key, "nothing came, so the key stays");
    let brought = phone.at(End::Horde).await;
    assert!(brought.changed.is_empty() && brought.added.is_empty(), "told again: {brought:?}");
}

/// The answer to a Change got lost at one server, and the phone sends it again to the other.
#[tokio::test]
async fn a_change_whose_answer_was_lost_is_taken_by_horde() {
    for version in ["12.1", "14.1"] {
        let mut phone = Swinger::new(version).await;
        let known = phone.world.add_card("Well", "Known").await;
        phone.at(End::Sidecar).await;
        phone.phone.link.url = End::Sidecar.url();
        let wish = phone.wish(Some((&known, "Phone's")));
        let request = encode(&phone.phone.sync_request(&[wish]));
        let lost = phone.phone.link.post("Sync", &request).await.unwrap();
        assert_eq!(lost.status, 200);
        let brought = phone.sync(End::Horde, Some((&known, "Phone's"))).await;
        assert_taken(&brought);
        assert_eq!(phone.world.card(&known).await["company"], "Phone's");
        phone.is_as_a_fresh_one().await;
    }
}

/// A phone that holds two contacts; one is being changed by a writer between its number and its row,
/// the other was changed just after that.
async fn beside_a_gap(version: &str) -> (Swinger, Writer, String, String) {
    let mut phone = Swinger::new(version).await;
    let late = phone.world.add_card("Late", "Bloomer").await;
    let known = phone.world.add_card("Well", "Known").await;
    phone.at(End::Sidecar).await;
    settle().await;
    let writer = Writer::between_number_and_row(&late).await;
    phone.world.change_card(&known, json!({ "company": "Server's" })).await;
    (phone, writer, late, known)
}

/// A phone that swings.
struct Swinger {
    world: World,
    phone: Phone,
    contacts: String,
}

impl Swinger {
    async fn new(version: &str) -> Self {
        let world = World::new().await;
        let mut phone = world.phone(End::Sidecar, version);
        phone.provision().await.unwrap();
        assert_eq!(phone.folder_sync().await.unwrap().status, 1);
        let contacts = phone.folder_of(9).unwrap().id.clone();
        assert_eq!(phone.sync_all(contact_wish(&contacts)).await.unwrap().status, 1);
        Self { world, phone, contacts }
    }

    /// A wish for changes, or with one.
    fn wish(&self, what: Option<(&str, &str)>) -> Wish {
        let commands = what.map(|(id, company)| {
            let held = &self.phone.collections[&self.contacts].items[id];
            let field = |tag| text(tag, held.value(&[tag]).unwrap_or_default());
            let kept = [Contacts::FirstName, Contacts::LastName, Contacts::Email1Address];
            let fields = kept.map(field).into_iter();
            change(id, fields.chain([text(Contacts::CompanyName, company)]))
        });
        contact_wish(&self.contacts).with(commands)
    }

    /// One Sync.
    async fn sync(&mut self, end: End, what: Option<(&str, &str)>) -> Brought {
        self.phone.link.url = end.url();
        let wish = self.wish(what);
        let brought = self.phone.sync_one(wish).await;
        brought.unwrap_or_else(|error| panic!("{error} at {end:?}"))
    }

    /// Syncs at one of the servers until nothing comes.
    async fn at(&mut self, end: End) -> Brought {
        self.phone.link.url = end.url();
        let wish = self.wish(None);
        let brought = self.phone.sync_all(wish).await;
        let brought = brought.unwrap_or_else(|error| panic!("{error} at {end:?}"));
        assert_eq!(brought.status, 1, "at {end:?}: {brought:?}");
        brought
    }

    /// How many records there are that Horde's server does not find.
    async fn n_unseen(&self) -> u64 {
        let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        let values = (&self.phone.link.device_id,);
        let count: Option<u64> = conn.exec_first(UNSEEN, values).await.unwrap();
        conn.disconnect().await.unwrap();
        count.unwrap()
    }

    /// Nothing was lost, and nothing is there twice.
    async fn is_as_a_fresh_one(&self) {
        assert!(self.phone.oddities.is_empty(), "{:?}", self.phone.oddities);
        for end in [End::Horde, End::Sidecar] {
            let mut fresh = self.world.phone(end, &self.phone.link.version);
            fresh.provision().await.unwrap();
            assert_eq!(fresh.folder_sync().await.unwrap().status, 1);
            let contacts = fresh.folder_of(9).unwrap().id.clone();
            fresh.sync_all(contact_wish(&contacts)).await.unwrap();
            assert_eq!(crate::swing::contents(&fresh), crate::swing::contents(&self.phone));
        }
    }
}

/// One who took a number of the history, and whose row nobody sees yet.
struct Writer(Conn);

impl Writer {
    async fn between_number_and_row(uid: &str) -> Self {
        let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        let guid: String = conn.exec_first(GUID, (format!("%:{uid}"),)).await.unwrap().unwrap();
        conn.query_drop(NUMBER).await.unwrap();
        let number = conn.last_insert_id().unwrap();
        conn.query_drop("BEGIN").await.unwrap();
        conn.exec_drop(ROW, (guid, number)).await.unwrap();
        Self(conn)
    }

    async fn write(mut self) {
        self.0.query_drop("COMMIT").await.unwrap();
        self.0.disconnect().await.unwrap();
    }

    async fn give_up(mut self) {
        self.0.query_drop("ROLLBACK").await.unwrap();
        self.0.disconnect().await.unwrap();
    }
}

fn assert_taken(brought: &Brought) {
    assert_eq!(brought.status, 1, "{brought:?}");
    assert!(brought.responses.iter().all(|one| one.status == 1), "{brought:?}");
}

/// Until gaps that are there now are old.
async fn settle() {
    tokio::time::sleep(std::time::Duration::from_millis(3_200)).await;
}

const GUID: &str = "SELECT object_uid FROM horde_histories WHERE object_uid LIKE ? LIMIT 1";
const UNSEEN: &str = "SELECT COUNT(*) FROM horde_activesync_map WHERE sync_devid = ? \
    AND sync_key LIKE '%}0%'";
const NUMBER: &str = "INSERT INTO horde_histories_modseq (history_modseqempty) VALUES (0)";
const ROW: &str = "INSERT INTO horde_histories (object_uid, history_action, history_ts, \
    history_modseq) VALUES (?, 'modify', UNIX_TIMESTAMP(), ?)";
