//! Contacts as Horde's tables have them.

use mysql_async::Conn;
use mysql_async::prelude::Queryable as _;

use crate::support::stack;
use crate::support::world::World;

const BOOK: &str = "SELECT owner_id FROM turba_objects WHERE object_uid = ?";
const ADD_LIST: &str = "INSERT INTO turba_objects (object_id, owner_id, object_type, object_uid, object_lastname, object_members) \
    VALUES (?, ?, 'Group', ?, ?, 'a:0:{}')";
const LABELS: &str = "SELECT t.tag_name FROM rampage_tagged g JOIN rampage_objects o USING (object_id) \
    JOIN rampage_tags t USING (tag_id) WHERE o.object_name = ? ORDER BY 1";

impl World {
    /// One column of a contact; empty when it is null, `None` when the contact is not there.
    pub(crate) async fn card_column(&self, uid: &str, column: &str) -> Option<String> {
        let query =
            format!("SELECT COALESCE(object_{column}, '') FROM turba_objects WHERE object_uid = ?");
        let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        let value: Option<Vec<u8>> = conn.exec_first(query, (uid,)).await.unwrap();
        conn.disconnect().await.unwrap();
        value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Writes one column of a contact past Horde.
    pub(crate) async fn set_card_column(&self, uid: &str, column: &str, value: &str) {
        let query = format!("UPDATE turba_objects SET object_{column} = ? WHERE object_uid = ?");
        let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        conn.exec_drop(query, (value, uid)).await.unwrap();
        conn.disconnect().await.unwrap();
    }

    /// The labels of a contact, sorted.
    pub(crate) async fn card_labels(&self, uid: &str) -> Vec<String> {
        let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        let labels = conn.exec(LABELS, (uid,)).await.unwrap();
        conn.disconnect().await.unwrap();
        labels
    }

    /// Makes a distribution list in the address book of a contact; answers its uid.
    pub(crate) async fn add_list(&self, beside: &str, name: &str) -> String {
        let uid = uuid::Uuid::new_v4().to_string();
        let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        let book: String = conn.exec_first(BOOK, (beside,)).await.unwrap().unwrap();
        let id = uuid::Uuid::new_v4().simple().to_string();
        conn.exec_drop(ADD_LIST, (id, book, &uid, name)).await.unwrap();
        conn.disconnect().await.unwrap();
        uid
    }
}
