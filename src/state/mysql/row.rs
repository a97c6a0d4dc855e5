//! One row of `horde_activesync_state`: columns to a state and back.

use mysql_async::prelude::FromRow;

use crate::state::blob::hierarchy::{read_hierarchy, write_hierarchy};
use crate::state::blob::pending::{Ids, read_pending, write_pending};
use crate::state::blob::{read_folder, write_folder};
use crate::state::folder::FolderObject;
use crate::state::key::StateKey;
use crate::state::model::{CollectionState, HierarchyState, Presented};
use crate::state::mysql::unreadable;
use crate::state::{Error, Kind};

/// A row as it was read.
#[derive(Debug, FromRow)]
pub(super) struct Row {
    sync_key: String,
    sync_mod: Option<i64>,
    sync_data: Option<Vec<u8>>,
    sync_pending: Option<Vec<u8>>,
    mark: Option<u64>,
    newest: Option<i64>,
}

impl Row {
    /// Whether it is the row of a key, and not of that key's successor.
    pub(super) fn is_of(&self, key: &StateKey) -> bool {
        StateKey::parse(&self.sync_key).is_some_and(|found| found.counter() == key.counter())
    }

    /// What is compared of a successor, whose content is not read.
    pub(super) const fn mark(&self) -> Option<u64> {
        self.mark
    }

    pub(super) fn to_collection(&self, presented: Presented) -> Result<CollectionState, Error> {
        let data = self.sync_data.as_deref().unwrap_or_default();
        let folder = read_folder(data).map_err(|error| unreadable(TABLE, error))?;
        let ids = match &folder {
            FolderObject::Imap(_) => Ids::Mail,
            FolderObject::Collection(_) | FolderObject::Ri(_) => Ids::Items,
        };
        let pending = self.sync_pending.as_deref().unwrap_or_default();
        let pending = read_pending(pending, ids).map_err(|error| unreadable(TABLE, error))?;
        let stamp = self.sync_mod.unwrap_or(0);
        let (presented, newest) = (Some(presented), self.newest);
        Ok(CollectionState { stamp, folder, pending, presented, newest })
    }

    pub(super) fn to_hierarchy(&self, presented: Presented) -> Result<HierarchyState, Error> {
        let data = self.sync_data.as_deref().unwrap_or_default();
        let folders = read_hierarchy(data).map_err(|error| unreadable(TABLE, error))?;
        Ok(HierarchyState { folders, presented: Some(presented) })
    }
}

/// What is to be written.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) stamp: i64,
    pub(super) data: Vec<u8>,
    pub(super) pending: Vec<u8>,
}

impl Stored {
    pub(super) fn of_collection(state: &CollectionState) -> Result<Self, Error> {
        if i32::try_from(state.stamp).is_err() {
            return Err(Error::new(
                Kind::Invalid,
                format!("the column of the stamp does not hold it: {}", state.stamp),
            ));
        }
        let (data, pending) = (write_folder(&state.folder), write_pending(&state.pending));
        Ok(Self { stamp: state.stamp, data, pending })
    }

    pub(super) fn of_hierarchy(state: &HierarchyState) -> Self {
        // Horde's rows have neither a stamp nor pending changes.
        Self { stamp: 0, data: write_hierarchy(&state.folders), pending: Vec::new() }
    }
}

const TABLE: &str = "horde_activesync_state";
