//! `Horde_ActiveSync_Folder_RI`: members `d f c v`.

use serde_json::{Map, Value, json};

use crate::state::blob::{Members, Unreadable};
use crate::state::folder::{Layout, RiFolder};

pub(super) fn read(members: Map<String, Value>) -> Result<RiFolder, Unreadable> {
    let mut members = Members(members);
    members.version(VERSION)?;
    let addresses = match members.take("d") {
        Value::Array(list) => list
            .into_iter()
            .map(|address| match address {
                Value::String(address) => Some(address),
                _ => None,
            })
            .collect::<Option<_>>(),
        _ => None,
    };
    let addresses = addresses.ok_or(Unreadable::Member("d"))?;
    members.take("f");
    members.take("c");
    Ok(RiFolder { addresses, layout: Layout(members.0) })
}

pub(super) fn write(folder: &RiFolder) -> Map<String, Value> {
    let mut members = folder.layout.0.clone();
    members.insert("d".to_owned(), json!(folder.addresses));
    members.insert("f".to_owned(), json!("RI"));
    members.insert("c".to_owned(), json!("RI"));
    members.insert("v".to_owned(), json!(VERSION));
    members
}

const VERSION: i64 = 1;
