//! `Horde_ActiveSync_Folder_Imap`: members `s m f c lsd sd hi v`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::state::blob::{Members, Unreadable, to_bool, to_int};
use crate::state::folder::{ImapFolder, ImapStatus, KnownFlags, Layout, Messages};
use crate::uids::UidSet;

pub(super) fn read(members: Map<String, Value>) -> Result<ImapFolder, Unreadable> {
    let mut members = Members(members);
    members.version(VERSION)?;
    let status = read_status(&members.take("s"))?;
    let messages = read_messages(members.take("m"), status.as_ref())?;
    members.take("c");
    Ok(ImapFolder {
        mailbox: members.text("f")?,
        status,
        messages,
        soft_delete_cutoff: members.time("lsd"),
        soft_delete_at: members.time("sd"),
        have_initial_sync: to_bool(&members.take("hi")),
        layout: Layout(members.0),
    })
}

pub(super) fn write(folder: &ImapFolder) -> Map<String, Value> {
    let mut members = folder.layout.0.clone();
    members.insert("s".to_owned(), write_status(folder.status.as_ref()));
    members.insert("m".to_owned(), write_messages(folder));
    members.insert("f".to_owned(), json!(folder.mailbox));
    members.insert("c".to_owned(), json!("Email"));
    members.insert("lsd".to_owned(), json!(folder.soft_delete_cutoff));
    members.insert("sd".to_owned(), json!(folder.soft_delete_at));
    members.insert("hi".to_owned(), json!(folder.have_initial_sync));
    members.insert("v".to_owned(), json!(VERSION));
    // Horde 6 keeps the status that a Ping saw; it is of use only while it is the newest.
    if members.get("ps").is_some_and(|seen| read_status(seen).ok().flatten() != folder.status) {
        members.shift_remove("ps");
    }
    members
}

/// Numbers of STATUS; an empty list or map before the first look.
fn read_status(value: &Value) -> Result<Option<ImapStatus>, Unreadable> {
    let status = match value {
        Value::Array(list) if list.is_empty() => return Ok(None),
        Value::Object(status) if status.is_empty() => return Ok(None),
        Value::Object(status) => status,
        _ => return Err(Unreadable::Member("s")),
    };
    let number = |name| status.get(name).and_then(to_int);
    let needed = |name| number(name).and_then(|number| u32::try_from(number).ok());
    Ok(Some(ImapStatus {
        messages: needed("messages").unwrap_or(0),
        uid_next: needed("uidnext").ok_or(Unreadable::Member("uidnext"))?,
        uid_validity: needed("uidvalidity").ok_or(Unreadable::Member("uidvalidity"))?,
        highest_mod_seq: number("highestmodseq").and_then(|n| u64::try_from(n).ok()).unwrap_or(0),
    }))
}

/// Horde's order depends on whether the server has a HIGHESTMODSEQ.
fn write_status(status: Option<&ImapStatus>) -> Value {
    let Some(status) = status else { return json!([]) };
    if status.highest_mod_seq > 0 {
        json!({
            "messages": status.messages,
            "uidnext": status.uid_next,
            "uidvalidity": status.uid_validity,
            "highestmodseq": status.highest_mod_seq,
        })
    } else {
        json!({
            "highestmodseq": 0,
            "messages": status.messages,
            "uidnext": status.uid_next,
            "uidvalidity": status.uid_validity,
        })
    }
}

fn read_messages(value: Value, status: Option<&ImapStatus>) -> Result<Messages, Unreadable> {
    let counts_changes = status.is_some_and(|status| status.highest_mod_seq > 0);
    let error = Unreadable::Member("m");
    match value {
        Value::String(text) if counts_changes || text.is_empty() => {
            UidSet::parse(&text).map(Messages::Uids).ok_or(error)
        }
        Value::Array(list) if list.is_empty() && status.is_some() && !counts_changes => {
            Ok(Messages::Flags(BTreeMap::new()))
        }
        Value::Array(list) if counts_changes || list.is_empty() => list
            .iter()
            .map(|uid| to_int(uid).and_then(|uid| u32::try_from(uid).ok()).filter(|uid| *uid > 0))
            .collect::<Option<UidSet>>()
            .map(Messages::Uids)
            .ok_or(error),
        Value::Object(known) if !counts_changes => known
            .into_iter()
            .map(|(uid, flags)| {
                let uid = uid.parse::<u32>().ok().filter(|uid| *uid > 0)?;
                read_flags(flags).map(|flags| (uid, flags))
            })
            .collect::<Option<_>>()
            .map(Messages::Flags)
            .ok_or(error),
        _ => Err(error),
    }
}

/// Flags of one message; a number instead means that they are not known.
fn read_flags(value: Value) -> Option<KnownFlags> {
    match value {
        Value::Object(mut members) => Some(KnownFlags {
            read: members.shift_remove("read").map(|on| to_bool(&on)),
            flagged: members.shift_remove("flagged").map(|on| to_bool(&on)),
            extra: members,
        }),
        Value::Number(_) | Value::Null => Some(KnownFlags::default()),
        Value::Array(list) if list.is_empty() => Some(KnownFlags::default()),
        _ => None,
    }
}

fn write_messages(folder: &ImapFolder) -> Value {
    let counts_changes = folder.status.as_ref().is_some_and(|status| status.highest_mod_seq > 0);
    match &folder.messages {
        Messages::Uids(uids) if counts_changes => json!(uids.to_string()),
        Messages::Flags(known) if counts_changes => {
            json!(known.keys().copied().collect::<UidSet>().to_string())
        }
        Messages::Uids(uids) if uids.is_empty() => json!([]),
        Messages::Flags(known) if known.is_empty() => json!([]),
        Messages::Uids(uids) => {
            uids.iter().map(|uid| (uid.to_string(), Value::from(UNKNOWN_FLAGS))).collect()
        }
        Messages::Flags(known) => {
            known.iter().map(|(uid, flags)| (uid.to_string(), write_flags(flags))).collect()
        }
    }
}

fn write_flags(flags: &KnownFlags) -> Value {
    let mut members = Map::new();
    for (name, on) in [("read", flags.read), ("flagged", flags.flagged)] {
        if let Some(on) = on {
            members.insert(name.to_owned(), json!(u8::from(on)));
        }
    }
    members.extend(flags.extra.clone());
    if members.is_empty() { Value::from(UNKNOWN_FLAGS) } else { Value::Object(members) }
}

const VERSION: i64 = 2;
/// Stands for flags that are not known; Horde takes 0 for a message that it does not know.
const UNKNOWN_FLAGS: u8 = 1;
