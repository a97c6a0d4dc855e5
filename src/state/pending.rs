//! Changes found and not yet sent.

use std::fmt;

use crate::php::Array;
use crate::uids::{SortedUids, UidSet};

/// The list of changes of a state row.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Pending {
    /// Nothing was computed yet (the first key of a series).
    #[default]
    NotComputed,
    /// What is left to send; it replaces the next look until it is empty.
    Changes(PendingList),
}

impl Pending {
    /// What is left; nothing when nothing was computed.
    #[must_use]
    pub fn list(self) -> PendingList {
        match self {
            Self::NotComputed => PendingList::default(),
            Self::Changes(list) => list,
        }
    }

    /// How many changes are left.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::NotComputed => 0,
            Self::Changes(list) => list.len(),
        }
    }

    /// Whether nothing is left to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Vec<PendingChange>> for Pending {
    fn from(changes: Vec<PendingChange>) -> Self {
        Self::Changes(PendingList { listed: Listed::default(), changes })
    }
}

/// Changes in the order in which they are to be sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PendingList {
    /// Messages that a first look at a mailbox found, before everything else.
    pub listed: Listed,
    /// All others.
    pub changes: Vec<PendingChange>,
}

impl PendingList {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.listed.uids.len().saturating_add(self.changes.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many of them are to be sent.
    #[must_use]
    pub fn n_to_send(&self) -> usize {
        let changes = self.changes.iter().filter(|change| !change.ignore).count();
        self.listed.uids.len().saturating_add(changes)
    }

    /// Takes so many off the front.
    pub fn take(&mut self, n: usize) -> Vec<PendingChange> {
        let listed = self.listed.take(n);
        let mut taken: Vec<PendingChange> = listed
            .into_iter()
            .map(|uid| PendingChange::new(ItemId::Mail(uid), What::Listed))
            .collect();
        let n_more = n.saturating_sub(taken.len()).min(self.changes.len());
        taken.extend(self.changes.drain(..n_more));
        taken
    }
}

/// Uids of a mailbox's first look, all of which are to be sent: a run of them is one value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// In ascending order.
    pub uids: UidSet,
    /// Whether the highest goes first: so we list, while Horde lists the other way.
    pub newest_first: bool,
}

impl Listed {
    /// Everything that matches, the newest first.
    #[must_use]
    pub fn newest_first(matching: SortedUids) -> Self {
        Self { uids: matching.into_set(), newest_first: true }
    }

    /// Uids of which each is above, or each below, the one before it; `None` for others.
    #[must_use]
    pub fn of(uids: &[u32]) -> Option<Self> {
        if uids.is_sorted_by(|a, b| a < b) {
            return Some(Self { uids: uids.iter().copied().collect(), newest_first: false });
        }
        let uids = uids.is_sorted_by(|a, b| a > b).then(|| uids.iter().rev().copied().collect())?;
        Some(Self { uids, newest_first: true })
    }

    /// Takes so many off the front.
    fn take(&mut self, n: usize) -> Vec<u32> {
        if self.newest_first { self.uids.take_last(n) } else { self.uids.take_first(n) }
    }

    /// All of them, in the order in which they are to be sent.
    #[must_use]
    pub fn iter(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        if self.newest_first {
            Box::new(self.uids.iter().rev())
        } else {
            Box::new(self.uids.iter())
        }
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
