//! What came from the client, and what is asked of it later.

use std::collections::BTreeMap;

/// A change of an item that a client made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemChange {
    /// The item's uid.
    pub uid: String,
    /// Add: the highest number of the history after it.
    /// Change: the number of the item's own last `modify`.
    /// Delete: the highest number before it.
    pub mod_seq: i64,
    /// What the client did.
    pub action: ItemAction,
}

/// What a client does to items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemAction {
    /// Added, under this ClientId.
    Add(String),
    /// Changed; recorded where Horde's own server does not see it.
    ///
    /// Horde takes a record under the presented key for the first of two like Changes, compares the
    /// stamp, and dies over the conflict that it finds (`swing-change-repeated` in
    /// tests/scenario/KNOWN.md).
    /// Without the record it takes the change once more, which does no harm.
    Change,
    /// Deleted (the item or one occurrence).
    Delete,
}

impl ItemAction {
    /// Added by somebody, and told to the client; Horde's own server sees it.
    #[must_use]
    pub fn told() -> Self {
        Self::Add(NO_CLIENT_ID.to_owned())
    }
}

/// For each item that the client changed: the newest number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemTimes {
    /// By uid; changes of any sort.
    pub any: BTreeMap<String, i64>,
    /// By uid; deletions alone.
    pub deleted: BTreeMap<String, i64>,
}

impl ItemTimes {
    /// Whether the client changed nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.any.is_empty()
    }

    /// Whether a change of the item is the client's own: `modified` is the number of the item's
    /// last `modify`, 0 when it never was modified.
    #[must_use]
    pub fn is_own_change(&self, uid: &str, modified: i64) -> bool {
        self.any.get(uid).is_some_and(|own| *own >= modified)
    }

    /// Whether the deletion of the item is the client's own.
    #[must_use]
    pub fn is_own_delete(&self, uid: &str) -> bool {
        self.deleted.contains_key(uid)
    }
}

/// A change of a message that a client made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailChange {
    /// The message; after a move its uid in the new mailbox.
    pub imap_uid: u32,
    /// What the client did.
    pub action: MailAction,
}

/// What a client does to messages; a change of several things makes one record for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailAction {
    /// Gave it categories: the MD5, in hex, of all names without a separator.
    Category(String),
    /// Deleted it.
    Delete,
    /// Stored it as a draft (16.0).
    Draft,
    /// Set or cleared the flag.
    Flag(bool),
    /// Moved it here from another mailbox.
    MovedHere,
    /// Marked it read or unread.
    Read(bool),
}

/// What the client did to messages of a mailbox; of several records of one sort the newest counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailEcho(pub BTreeMap<u32, MailEchoes>);

/// What the client did to one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailEchoes {
    /// Read or unread.
    pub read: Option<bool>,
    /// Flagged or not.
    pub flagged: Option<bool>,
    /// The MD5 of its categories.
    pub category: Option<String>,
    /// It was deleted.
    pub deleted: bool,
    /// It was moved here.
    pub moved_here: bool,
    /// It was stored as a draft.
    pub draft: bool,
}

/// What Horde writes where there is no ClientId: PHP's false.
pub const NO_CLIENT_ID: &str = "0";
