//! The column `sync_pending`: changes found and not yet sent.

use crate::php::{Array, Key, Value, serialize};
use crate::state::blob::{Unreadable, read_array, record, texts};
use crate::state::pending::{
    FlagUpdate, ItemId, Listed, Pending, PendingChange, PendingList, Verb, What,
};

/// What the ids of a folder are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// Uids of Horde's applications.
    Items,
    /// IMAP uids.
    Mail,
}

/// Reads the list; records without a usable id are left out.
///
/// # Errors
/// Anything but a list of ids and records.
pub fn read_pending(bytes: &[u8], ids: Ids) -> Result<Pending, Unreadable> {
    if ids == Ids::Mail
        && let Some(listed) = read_uids(bytes).as_deref().and_then(Listed::of)
    {
        return Ok(Pending::Changes(PendingList { listed, changes: Vec::new() }));
    }
    if ids == Ids::Items
        && let Some(changes) = read_texts(bytes)
    {
        return Ok(changes.into());
    }
    let Some(list) = read_array(bytes)? else { return Ok(Pending::NotComputed) };
    let mut changes = Vec::with_capacity(list.len());
    for value in list.values() {
        let (id, what) = match value {
            Value::Array(entry) => (entry.get("id"), read_what(entry)?),
            id => (Some(id), What::Listed),
        };
        let Some(item) = id.and_then(|id| read_id(id, ids)) else { continue };
        let (ignore, extra) = match value {
            Value::Array(entry) => (
                entry.get("ignore").is_some_and(Value::is_truthy),
                entry.iter().filter(|(key, _)| !is_known(key)).map(pair).collect(),
            ),
            _ => (false, Array::new()),
        };
        changes.push(PendingChange { item, what, ignore, extra });
    }
    Ok(changes.into())
}

/// Reads a list of nothing but uids of mail.
fn read_uids(bytes: &[u8]) -> Option<Vec<u32>> {
    read_listed(bytes, "i:0;i:1;".len(), |rest| {
        let (uid, rest) = field(rest)?;
        Some((read_int(uid).filter(|uid| *uid > 0)?, rest))
    })
}

/// Reads a list of nothing but uids that are texts: the first list of a large address book.
fn read_texts(bytes: &[u8]) -> Option<Vec<PendingChange>> {
    read_listed(bytes, "i:0;s:1:\"1\";".len(), |rest| {
        let (length, rest) = rest.strip_prefix("s:")?.split_once(":\"")?;
        let (uid, rest) = rest.split_at_checked(length.parse().ok()?)?;
        let item = (!uid.is_empty() && uid != "0").then(|| ItemId::Item(uid.to_owned()))?;
        Some((PendingChange::new(item, What::Listed), rest.strip_prefix("\";")?))
    })
}

/// Reads a list whose keys count from 0, without a value for each entry, of which none has fewer
/// bytes than `shortest`; `read` answers an entry's uid and what comes after it.
fn read_listed<T>(
    bytes: &[u8],
    shortest: usize,
    read: impl Fn(&str) -> Option<(T, &str)>,
) -> Option<Vec<T>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (n_uids, mut rest) = text.strip_prefix("a:")?.split_once(":{")?;
    let n_uids: usize = n_uids.parse().ok().filter(|n| *n <= bytes.len() / shortest)?;
    let mut uids = Vec::with_capacity(n_uids);
    for n in 0..n_uids {
        let (key, after) = field(rest)?;
        if usize::try_from(read_int(key)?) != Ok(n) {
            return None;
        }
        let (uid, after) = read(after)?;
        uids.push(uid);
        rest = after;
    }
    (rest == "}").then_some(uids)
}

/// A field up to its semicolon, and what comes after it.
fn field(text: &str) -> Option<(&str, &str)> {
    text.split_at_checked(text.find(';')?.checked_add(1)?)
}

/// `i:7;` as PHP writes it.
fn read_int(field: &str) -> Option<u32> {
    let digits = field.strip_prefix("i:")?.strip_suffix(';')?;
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_plain && (digits == "0" || !digits.starts_with('0')))
}

/// Writes the list.
#[must_use]
pub fn write_pending(pending: &Pending) -> Vec<u8> {
    let Pending::Changes(list) = pending else { return Vec::new() };
    let mut text = format!("a:{}:{{", list.len()).into_bytes();
    let mut n = 0_usize;
    let mut key = |text: &mut Vec<u8>| {
        text.extend_from_slice(format!("i:{n};").as_bytes());
        n = n.saturating_add(1);
    };
    for uid in list.listed.iter() {
        key(&mut text);
        text.extend_from_slice(format!("i:{uid};").as_bytes());
    }
    for change in &list.changes {
        key(&mut text);
        text.extend_from_slice(&serialize(&write_change(change)));
    }
    text.push(b'}');
    text
}

fn read_id(id: &Value, ids: Ids) -> Option<ItemId> {
    match ids {
        Ids::Mail => {
            let uid = u32::try_from(id.to_int()?).ok().filter(|uid| *uid > 0)?;
            Some(ItemId::Mail(uid))
        }
        Ids::Items => id.to_text().filter(|uid| !uid.is_empty() && uid != "0").map(ItemId::Item),
    }
}

fn read_what(entry: &Array) -> Result<What, Unreadable> {
    let kind = entry.get("type").and_then(Value::as_str).ok_or(Unreadable::Member("type"))?;
    let is_new = entry.get("flags").and_then(Value::as_str) == Some(NEW);
    match kind {
        "change" if is_new => Ok(What::Added),
        "change" => Ok(What::Changed),
        "delete" => Ok(What::Deleted),
        "draft" => Ok(What::Draft(is_new)),
        "flags" => Ok(What::Flags(read_flags(entry))),
        "softdelete" => Ok(What::SoftDeleted),
        _ => Err(Unreadable::Member("type")),
    }
}

fn read_flags(entry: &Array) -> FlagUpdate {
    let flags = entry.get("flags").and_then(Value::as_array);
    let member = |key| flags.and_then(|flags| flags.get(key));
    FlagUpdate {
        read: member("read").map(Value::is_truthy),
        flagged: member("flagged").map(Value::is_truthy),
        verb: VERBS
            .iter()
            .find_map(|(verb, key)| Some((*verb, member(key).and_then(Value::to_int)?))),
        categories: entry.get("categories").and_then(Value::as_array).and_then(texts),
    }
}

fn write_change(change: &PendingChange) -> Value {
    let id = match &change.item {
        ItemId::Mail(uid) => Value::Int(i64::from(*uid)),
        ItemId::Item(uid) => Value::text(uid),
    };
    let kind = match &change.what {
        What::Listed if !change.ignore => return id,
        What::Listed | What::Added | What::Changed => "change",
        What::Deleted => "delete",
        What::Draft(_) => "draft",
        What::Flags(_) => "flags",
        What::SoftDeleted => "softdelete",
    };
    let mut entry = record([("id", id), ("type", Value::text(kind))]);
    match &change.what {
        What::Listed | What::Added | What::Draft(true) => entry.set("flags", Value::text(NEW)),
        What::Flags(update) => {
            entry.set("flags", Value::Array(write_flags(update)));
            let categories = update.categories.as_ref();
            entry.set(
                "categories",
                categories.map_or(Value::Null, |names| {
                    Value::Array(Array::list(names.iter().map(Value::text)))
                }),
            );
        }
        What::Changed | What::Deleted | What::Draft(false) | What::SoftDeleted => {}
    }
    if change.ignore {
        entry.set("ignore", Value::Bool(true));
    }
    Value::Array(entry.into_iter().chain(change.extra.clone()).collect())
}

fn write_flags(update: &FlagUpdate) -> Array {
    let mut flags = Array::new();
    for (key, on) in [("read", update.read), ("flagged", update.flagged)] {
        if let Some(on) = on {
            flags.set(key, Value::Int(i64::from(on)));
        }
    }
    if let Some((verb, at)) = update.verb {
        for (_, key) in VERBS.iter().filter(|(own, _)| *own == verb) {
            flags.set(key, Value::Int(at));
        }
    }
    flags
}

fn is_known(key: &Key) -> bool {
    KNOWN.iter().any(|known| *key == (*known).into())
}

fn pair((key, value): (&Key, &Value)) -> (Key, Value) {
    (key.clone(), value.clone())
}

const NEW: &str = "NewMessage";
const KNOWN: [&str; 5] = ["id", "type", "flags", "categories", "ignore"];
const VERBS: [(Verb, &str); 3] = [
    (Verb::Reply, "@--reply--@"),
    (Verb::ReplyAll, "@--replyall--@"),
    (Verb::Forward, "@--forward--@"),
];
