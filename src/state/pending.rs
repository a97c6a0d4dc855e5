//! Changes found and not yet sent.

use std::fmt;

use crate::php::Array;

/// The list of changes of a state row.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Pending {
    /// Nothing was computed yet (the first key of a series).
    #[default]
    NotComputed,
    /// What is left to send; it replaces the next look until it is empty.
    Changes(Vec<PendingChange>),
}

impl Pending {
    /// The changes left; none when nothing was computed.
    #[must_use]
    pub fn changes(&self) -> &[PendingChange] {
        match self {
            Self::NotComputed => &[],
            Self::Changes(changes) => changes,
        }
    }

    /// Whether nothing is left to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes().is_empty()
    }
}

/// One change to send.
#[derive(Clone, Debug, PartialEq)]
pub struct PendingChange {
    /// The item.
    pub item: ItemId,
    /// What happened to it.
    pub what: What,
    /// Came from the client itself: counts for the window, is not sent.
    pub ignore: bool,
    /// Members that we do not know.
    pub extra: Array,
}

impl PendingChange {
    /// A change that is to be sent.
    #[must_use]
    pub const fn new(item: ItemId, what: What) -> Self {
        Self { item, what, ignore: false, extra: Array::new() }
    }
}

/// An item's id in Horde's state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemId {
    /// An IMAP uid.
    Mail(u32),
    /// A uid of Horde's applications.
    Item(String),
}

impl fmt::Display for ItemId {
    /// The ServerId on the wire.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mail(uid) => write!(formatter, "{uid}"),
            Self::Item(uid) => formatter.write_str(uid),
        }
    }
}

/// What happened to an item.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// It is there: found by a first listing.
    Listed,
    /// It is new since the last look.
    Added,
    /// It was changed.
    Changed,
    /// A draft; `true` when it is new.
    Draft(bool),
    /// Flags, categories or the last verb of a message.
    Flags(FlagUpdate),
    /// It was deleted.
    Deleted,
    /// It left the window of the filter.
    SoftDeleted,
}

/// New flags of a message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlagUpdate {
    /// `\Seen`.
    pub read: Option<bool>,
    /// `\Flagged`.
    pub flagged: Option<bool>,
    /// The last reply or forward, and when.
    pub verb: Option<(Verb, i64)>,
    /// Names of the labels; `None` where they were not looked at (up to 12.1).
    pub categories: Option<Vec<String>>,
}

/// What a user did with a message in webmail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Replied.
    Reply,
    /// Replied to all.
    ReplyAll,
    /// Forwarded.
    Forward,
}
