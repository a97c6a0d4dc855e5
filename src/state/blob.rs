//! How Horde writes what it keeps: typed values to the bytes of its columns and back.
//!
//! Folder objects are PHP's `C:` form around JSON; `C:` is what we write, `O:` (Horde 6) is read
//! as well.
//! Everything else is PHP's serialized arrays.
//! Whatever can not be read is an [`Unreadable`], never an empty value: Horde's own server takes
//! it for an empty folder and sends every message again.

pub mod device;
pub mod hierarchy;
pub mod pending;
pub mod sync_cache;

mod collection_folder;
mod imap_folder;
mod json;
mod ri_folder;

use serde_json::{Map, Value as Json};

use crate::php::{self, Array, Key, Limits, Value, serialize, unserialize};
use crate::state::folder::FolderObject;

/// A column that does not hold what it should.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Not PHP's format.
    #[error("not serialized by php")]
    Php(#[from] php::Error),
    /// Not the JSON of a folder object.
    #[error("not json")]
    Json(#[from] serde_json::Error),
    /// The format's version is another, or a member is missing or of the wrong type.
    #[error("`{0}` missing or not as expected")]
    Member(&'static str),
}

impl Unreadable {
    /// At which byte of the column it is, where that can be told.
    #[must_use]
    pub fn at(&self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Php(error) => Some(error.at),
            // The JSON is one line, and begins behind the first brace.
            Self::Json(error) => {
                let start = bytes.iter().position(|byte| *byte == b'{')?;
                start.checked_add(error.column())
            }
            Self::Member(_) => None,
        }
    }
}

/// Whether a column holds a serialized array, or nothing.
///
/// # Errors
/// Anything else.
pub fn check_array(bytes: &[u8]) -> Result<(), Unreadable> {
    read_array(bytes).map(drop)
}

/// Reads the folder object of a state row.
///
/// # Errors
/// Anything but one of the three classes with sound members.
pub fn read_folder(bytes: &[u8]) -> Result<FolderObject, Unreadable> {
    let limits = Limits { depth: FOLDER_DEPTH, classes: &[IMAP, COLLECTION, RI] };
    let (class, members) = match unserialize(bytes, &limits)? {
        Value::Custom { class, payload } => (class, serde_json::from_slice(&payload)?),
        Value::Object { class, props } => (class, object_to_json(&props)?),
        _ => return Err(Unreadable::Member("class")),
    };
    match class.as_str() {
        IMAP => imap_folder::read(members).map(FolderObject::Imap),
        COLLECTION => collection_folder::read(members).map(FolderObject::Collection),
        _ => ri_folder::read(members).map(FolderObject::Ri),
    }
}

/// Writes the folder object of a state row.
#[must_use]
pub fn write_folder(folder: &FolderObject) -> Vec<u8> {
    let (class, members) = match folder {
        FolderObject::Imap(folder) => (IMAP, imap_folder::write(folder)),
        FolderObject::Collection(folder) => (COLLECTION, collection_folder::write(folder)),
        FolderObject::Ri(folder) => (RI, ri_folder::write(folder)),
    };
    let payload = json::to_php_json(&Json::Object(members));
    serialize(&Value::Custom { class: class.to_owned(), payload })
}

/// The members of an `O:` object as if they were its JSON.
fn object_to_json(props: &Array) -> Result<Map<String, Json>, Unreadable> {
    match array_to_json(props)? {
        Json::Object(members) => Ok(members),
        _ => Err(Unreadable::Member("class")),
    }
}

fn array_to_json(array: &Array) -> Result<Json, Unreadable> {
    if array.is_list() {
        return array.values().map(value_to_json).collect::<Result<_, _>>().map(Json::Array);
    }
    let mut members = Map::new();
    for (key, value) in array.iter() {
        let key = key.to_text().ok_or(Unreadable::Member("key"))?;
        members.insert(key, value_to_json(value)?);
    }
    Ok(Json::Object(members))
}

fn value_to_json(value: &Value) -> Result<Json, Unreadable> {
    match value {
        Value::Null => Ok(Json::Null),
        Value::Bool(bool) => Ok(Json::from(*bool)),
        Value::Int(int) => Ok(Json::from(*int)),
        Value::Float(float) => Ok(Json::from(*float)),
        Value::Str(_) => value.as_str().map(Json::from).ok_or(Unreadable::Member("text")),
        Value::Array(array) => array_to_json(array),
        Value::Custom { .. } | Value::Object { .. } => Err(Unreadable::Member("object")),
    }
}

/// Takes the values of known members out, leaving their places.
struct Members(Map<String, Json>);

impl Members {
    fn take(&mut self, name: &str) -> Json {
        self.0.get_mut(name).map_or(Json::Null, Json::take)
    }

    fn text(&mut self, name: &'static str) -> Result<String, Unreadable> {
        match self.take(name) {
            Json::String(text) => Ok(text),
            _ => Err(Unreadable::Member(name)),
        }
    }

    /// A time; nothing and anything odd count as 0, as in Horde.
    fn time(&mut self, name: &str) -> i64 {
        to_int(&self.take(name)).unwrap_or(0)
    }

    fn version(&mut self, version: i64) -> Result<(), Unreadable> {
        match to_int(&self.take("v")) {
            Some(own) if own == version => Ok(()),
            _ => Err(Unreadable::Member("v")),
        }
    }
}

/// An integer, or a string that reads as one.
fn to_int(value: &Json) -> Option<i64> {
    match value {
        Json::Number(number) => number.as_i64(),
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// What PHP takes for true.
fn to_bool(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(bool) => *bool,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty() && text != "0",
        Json::Array(list) => !list.is_empty(),
        Json::Object(map) => !map.is_empty(),
    }
}

/// Reads a serialized array without objects; an empty column is `None`.
fn read_array(bytes: &[u8]) -> Result<Option<Array>, Unreadable> {
    if bytes.is_empty() {
        return Ok(None);
    }
    match unserialize(bytes, &Limits::default())? {
        Value::Array(array) => Ok(Some(array)),
        _ => Err(Unreadable::Member("array")),
    }
}

/// The values of a list; keys do not matter.
fn texts(array: &Array) -> Option<Vec<String>> {
    array.values().map(Value::to_text).collect()
}

/// A map with the given members in order.
fn record<'a>(members: impl IntoIterator<Item = (&'a str, Value)>) -> Array {
    members.into_iter().map(|(key, value)| (Key::from(key), value)).collect()
}

const IMAP: &str = "Horde_ActiveSync_Folder_Imap";
const COLLECTION: &str = "Horde_ActiveSync_Folder_Collection";
const RI: &str = "Horde_ActiveSync_Folder_RI";
const FOLDER_DEPTH: usize = 8;

#[cfg(test)]
mod tests;
