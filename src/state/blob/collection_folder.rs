//! `Horde_ActiveSync_Folder_Collection`: members `s f c lsd sd i v`, and one of ours.

use serde_json::{Map, Value, json};

use crate::state::blob::{Members, Unreadable, to_bool};
use crate::state::folder::{CollectionFolder, Layout};

pub(super) fn read(members: Map<String, Value>) -> Result<CollectionFolder, Unreadable> {
    let mut members = Members(members);
    members.version(VERSION)?;
    Ok(CollectionFolder {
        backend_id: members.text("f")?,
        class: members.text("c")?,
        soft_delete_cutoff: members.time("lsd"),
        soft_delete_at: members.time("sd"),
        have_initial_sync: to_bool(&members.take("i")),
        shares: members
            .take(SHARES)
            .as_array()
            .and_then(|all| all.iter().map(|share| share.as_str().map(str::to_owned)).collect()),
        layout: Layout(members.0),
    })
}

pub(super) fn write(folder: &CollectionFolder) -> Map<String, Value> {
    let mut members = folder.layout.0.clone();
    members.entry("s").or_insert_with(|| json!([]));
    members.insert("f".to_owned(), json!(folder.backend_id));
    members.insert("c".to_owned(), json!(folder.class));
    members.insert("lsd".to_owned(), json!(folder.soft_delete_cutoff));
    members.insert("sd".to_owned(), json!(folder.soft_delete_at));
    members.insert("i".to_owned(), json!(folder.have_initial_sync));
    members.insert("v".to_owned(), json!(VERSION));
    match &folder.shares {
        Some(shares) => drop(members.insert(SHARES.to_owned(), json!(shares))),
        None => drop(members.remove(SHARES)),
    }
    members
}

const SHARES: &str = "eas_shares";
const VERSION: i64 = 1;
