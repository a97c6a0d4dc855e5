//! The list of folders in rows named `foldersync`.

use crate::php::{Array, Value, serialize};
use crate::state::blob::{Unreadable, read_array, record};
use crate::state::model::KnownFolder;

/// Reads the list; entries that a FolderCreate wrote lack the type, and name Horde's folder
/// otherwise.
///
/// # Errors
/// Anything but a list of folders with a uid each.
pub fn read_hierarchy(bytes: &[u8]) -> Result<Vec<KnownFolder>, Unreadable> {
    let list = read_array(bytes)?.ok_or(Unreadable::Member("array"))?;
    list.values()
        .map(|entry| entry.as_array().and_then(read_entry))
        .collect::<Option<_>>()
        .ok_or(Unreadable::Member("id"))
}

/// Writes the list, each entry with all five members.
#[must_use]
pub fn write_hierarchy(folders: &[KnownFolder]) -> Vec<u8> {
    serialize(&Value::Array(Array::list(folders.iter().map(write_entry))))
}

fn read_entry(entry: &Array) -> Option<KnownFolder> {
    let text = |key| entry.get(key).and_then(Value::to_text);
    Some(KnownFolder {
        uid: text("id")?,
        name: text("mod").unwrap_or_default(),
        parent: text("parent").unwrap_or_default(),
        backend_id: text("serverid").or_else(|| text("folderid")).unwrap_or_default(),
        kind: entry.get("type").and_then(Value::to_int).and_then(|kind| u8::try_from(kind).ok()),
    })
}

fn write_entry(folder: &KnownFolder) -> Value {
    let mut entry = record([
        ("id", Value::text(&folder.uid)),
        ("mod", Value::text(&folder.name)),
        ("parent", Value::text(&folder.parent)),
    ]);
    entry.set("serverid", Value::text(&folder.backend_id));
    if let Some(kind) = folder.kind {
        entry.set("type", Value::Int(i64::from(kind)));
    }
    Value::Array(entry)
}
