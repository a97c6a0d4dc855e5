//! The records of the ports, as we think of them.

use crate::state::folder::FolderObject;
use crate::state::key::StateKey;
use crate::state::pending::{Pending, PendingList};

/// A device in the hands of a user: the key of nearly all state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// The DeviceId, upper case.
    pub device: String,
    /// Horde's name of the user, as Horde wrote it.
    pub user: String,
}

/// What the client holds of one folder under a key.
#[derive(Clone, Debug, PartialEq)]
pub struct CollectionState {
    /// Items: the number in the history up to which this is complete.
    /// Mail: the time of the last look.
    /// 0 when nothing was computed yet.
    pub stamp: i64,
    /// What is known of the folder.
    pub folder: FolderObject,
    /// Changes found and not yet sent.
    pub pending: Pending,
    /// The row this was read from; `None` for a state that is new.
    pub presented: Option<Presented>,
    /// The newest number in the history as the row was read, where the same look could tell it.
    pub newest: Option<i64>,
}

impl CollectionState {
    /// Takes the list out: it may be long.
    #[must_use]
    pub fn take_pending(&mut self) -> PendingList {
        std::mem::replace(&mut self.pending, Pending::NotComputed).list()
    }
}

/// The folders that the client holds under a key, in the order of Horde's row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HierarchyState {
    /// The folders.
    pub folders: Vec<KnownFolder>,
    /// The row this was read from; `None` for a state that is new.
    pub presented: Option<Presented>,
}

/// One folder that the client knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownFolder {
    /// The folder's uid: its ServerId on the wire.
    pub uid: String,
    /// The name that was sent; the only thing that is compared.
    pub name: String,
    /// The parent as Horde stores it: `0` even where the wire had another.
    pub parent: String,
    /// Horde's own name; empty in rows that a FolderCreate of Horde wrote: ask the cache.
    pub backend_id: String,
    /// The type on the wire; `None` where the row does not tell: ask the cache.
    pub kind: Option<u8>,
}

/// The row that a request started from.
///
/// Kept by `save` to see whether anybody else answered the same key meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// The key that the client presented.
    pub key: StateKey,
    /// A mark of the row of the next key, when it was there: an answer that may have been lost.
    pub(crate) successor: Option<u64>,
}

impl Presented {
    /// Whether the row of the next key was there: this is a replay, or the client lost the answer.
    #[must_use]
    pub const fn is_replay(&self) -> bool {
        self.successor.is_some()
    }
}

/// A state to store under a new key.
#[derive(Debug)]
pub struct NewState<'a, T> {
    /// The folder's uid; not used for the hierarchy.
    pub folder: &'a str,
    /// The new key: the first of a series, or the one after the presented key.
    pub key: &'a StateKey,
    /// The row that the request started from, as loaded; `None` with a first key.
    pub presented: Option<&'a Presented>,
    /// What to store.
    pub state: &'a T,
    /// The time.
    pub now: i64,
}

/// From where on the history is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// The stamp that is stored.
    pub stamp: i64,
    /// The newest number that is known to be there; spares a look when it is that of the stamp.
    pub newest: Option<i64>,
}

impl From<i64> for Since {
    fn from(stamp: i64) -> Self {
        Self { stamp, newest: None }
    }
}

/// What Horde's history tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryChanges {
    /// Changes in the order in which they happened; an item may occur once for each action.
    pub changes: Vec<HistoryChange>,
    /// The stamp to store; below the one asked with only when the history itself went back (a
    /// restored database).
    pub stamp: i64,
}

/// One entry of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryChange {
    /// Which of the parents asked for it belongs to.
    pub parent: String,
    /// The item's uid, without the parent.
    pub uid: String,
    /// What happened.
    pub action: HistoryAction,
    /// Its number.
    pub mod_seq: i64,
}

/// What can happen to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HistoryAction {
    /// It was added.
    Add,
    /// It was changed.
    Modify,
    /// It was deleted.
    Delete,
}
