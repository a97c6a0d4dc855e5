//! Notes as Horde has them.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use serde_json::{Value, json};

use crate::support::stack;
use crate::support::world::World;

const NOTE: &str = "SELECT memo_desc, COALESCE(memo_body, '') FROM mnemo_memos WHERE memo_uid = ?";
const SET_BODY: &str = "UPDATE mnemo_memos SET memo_body = ? WHERE memo_uid = ?";

impl World {
    /// Adds a note, whose title is its first line; answers its uid.
    pub(crate) async fn add_note(&self, text: &str) -> String {
        let uid = self.call("notes.import", json!([text, "text/plain"])).await;
        uid.as_str().unwrap().to_owned()
    }

    /// Replaces a note.
    pub(crate) async fn change_note(&self, uid: &str, text: &str) {
        self.call("notes.replace", json!([uid, text, "text/plain"])).await;
    }

    /// Deletes a note.
    pub(crate) async fn delete_note(&self, uid: &str) {
        self.call("notes.delete", json!([uid])).await;
    }

    /// Deletes all notes of the user.
    pub(crate) async fn delete_notes(&self) {
        let uids: Vec<Value> = match self.call("notes.listUids", json!([])).await {
            Value::Array(all) => all,
            Value::Object(all) => all.into_iter().map(|(_, uid)| uid).collect(),
            other => panic!("{other}"),
        };
        for uid in uids {
            self.delete_note(uid.as_str().unwrap()).await;
        }
    }

    /// Title and text of a note.
    pub(crate) async fn note(&self, uid: &str) -> Option<(String, String)> {
        let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        let note = conn.exec_first(NOTE, (uid,)).await.unwrap();
        conn.disconnect().await.unwrap();
        note
    }

    /// Writes a note's text past Horde.
    pub(crate) async fn set_note_body(&self, uid: &str, text: &str) {
        let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        conn.exec_drop(SET_BODY, (text, uid)).await.unwrap();
        conn.disconnect().await.unwrap();
    }
}
