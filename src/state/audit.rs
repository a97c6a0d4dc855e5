//! All rows of one device as an operator sees them, and what is wrong with them; pure.
//!
//! A [`Survey`] holds what was read of each row, not the row: a mailbox of 100,000 messages is a
//! number here.

mod rows;
mod verify;

use crate::finding::Finding;
use crate::state::cache::SyncCache;
use crate::state::device::{DeviceProperties, WipeState};

pub use crate::state::audit::rows::{Columns, Content, StateRow};
pub use crate::state::audit::verify::{Facts, verify};

/// The rows of one device.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Its id.
    pub device: String,
    /// The device's own row.
    pub row: Option<DeviceRow>,
    /// The users on it, once for each row.
    pub users: Vec<UserRow>,
    /// The records of folders and options, once for each row.
    pub caches: Vec<CacheRow>,
    /// The states of folders.
    pub states: Vec<StateRow>,
    /// What came from the client.
    pub maps: Vec<MapRows>,
}

/// The device's own row.
#[derive(Clone, Debug)]
pub struct DeviceRow {
    /// DeviceType.
    pub kind: String,
    /// User-Agent.
    pub agent: String,
    /// Where it is in a wipe.
    pub wipe: WipeState,
    /// Its properties.
    pub properties: DeviceProperties,
    /// Classes in which it said what it supports.
    pub supported: Vec<String>,
    /// What is wrong with the columns.
    pub findings: Vec<Finding>,
}

/// A user on the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    /// Horde's name of the user.
    pub user: String,
    /// Whether the policies were accepted.
    pub has_policy_key: bool,
}

/// The record of a user on the device.
#[derive(Clone, Debug)]
pub struct CacheRow {
    /// Horde's name of the user.
    pub user: String,
    /// The record; `None` when it can not be read.
    pub cache: Option<SyncCache>,
    /// What is wrong with the column.
    pub findings: Vec<Finding>,
}

/// Rows of a map under one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapRows {
    /// Which of the two tables.
    pub table: &'static str,
    /// Horde's name of the user.
    pub user: String,
    /// Horde's own name of the folder.
    pub backend_id: String,
    /// The key that the client presented.
    pub key: String,
    /// How many.
    pub count: u64,
}

impl Survey {
    /// All users that any row names, in order.
    #[must_use]
    pub fn all_users(&self) -> Vec<String> {
        let users = self.users.iter().map(|row| &row.user);
        let users = users.chain(self.caches.iter().map(|row| &row.user));
        let users = users.chain(self.states.iter().map(|row| &row.user));
        let mut users: Vec<String> =
            users.chain(self.maps.iter().map(|rows| &rows.user)).cloned().collect();
        users.sort_by_key(|user| user.to_lowercase());
        users.dedup_by(|one, other| is_same_user(one, other));
        users
    }

    /// The record that counts of a user.
    #[must_use]
    pub fn cache_of(&self, user: &str) -> Option<&SyncCache> {
        self.caches.iter().find(|row| is_same_user(&row.user, user))?.cache.as_ref()
    }

    /// How many rows there are of all tables.
    #[must_use]
    pub fn n_rows(&self) -> u64 {
        let own = self.users.len() + self.caches.len() + self.states.len();
        let own = own + usize::from(self.row.is_some());
        let mapped: u64 = self.maps.iter().map(|rows| rows.count).sum();
        mapped.saturating_add(own as u64)
    }
}

/// Whether two spellings are one user: the database's usual collations do not look at case.
#[must_use]
pub fn is_same_user(one: &str, other: &str) -> bool {
    one == other || one.to_lowercase() == other.to_lowercase()
}
