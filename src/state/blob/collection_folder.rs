//! `Horde_ActiveSync_Folder_Collection`: members `s f c lsd sd i v`, and two of ours.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Map, Value, json};

use crate::state::blob::{Members, Unreadable, to_bool};
use crate::state::folder::{CollectionFolder, Layout};
use crate::state::held::Held;

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
        held: members.take(HELD).as_str().and_then(read_held).unwrap_or_default(),
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
    match &folder.held {
        Held::AllBut(left) if left.is_empty() => drop(members.remove(HELD)),
        held => drop(members.insert(HELD.to_owned(), json!(write_held(held)))),
    }
    members
}

/// A sign, and the numbers in ascending order, four bytes each.
fn write_held(held: &Held) -> String {
    let (sign, items) = match held {
        Held::AllBut(left) => ('-', left),
        Held::Only(held) => ('+', held),
        Held::TooMany => return "*".to_owned(),
    };
    let bytes: Vec<u8> = items.iter().flat_map(|number| number.to_be_bytes()).collect();
    format!("{sign}{}", BASE64.encode(bytes))
}

fn read_held(text: &str) -> Option<Held> {
    if text == "*" {
        return Some(Held::TooMany);
    }
    let (is_list, items) = match text.strip_prefix('+') {
        Some(items) => (true, items),
        None => (false, text.strip_prefix('-')?),
    };
    let bytes = BASE64.decode(items).ok()?;
    let (numbers, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    let numbers: BTreeSet<u32> = numbers.iter().copied().map(u32::from_be_bytes).collect();
    Some(if is_list { Held::Only(numbers) } else { Held::AllBut(numbers) })
}

const SHARES: &str = "eas_shares";
const HELD: &str = "eas_held";
const VERSION: i64 = 1;

#[cfg(test)]
mod tests {
    use crate::state::blob::collection_folder::{read_held, write_held};
    use crate::state::held::Held;

    #[test]
    fn what_is_held_is_read_as_it_was_written() {
        let mut but_one = Held::default();
        but_one.left("a");
        for held in [but_one, Held::only(["a", "b", "c"]), Held::only([]), Held::TooMany] {
            assert_eq!(read_held(&write_held(&held)), Some(held));
        }
    }

    #[test]
    fn what_is_no_list_is_none() {
        for text in ["", "AAAA", "+AAAA", "+AAAAA_", "+AA AAAA", "?AAAAAA", "**"] {
            assert_eq!(read_held(text), None, "{text}");
        }
    }
}
