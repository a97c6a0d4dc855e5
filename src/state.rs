//! What Horde remembers of devices and their folders, as ports.
//!
//! [`Devices`] keeps phones and their policy keys, [`Collections`] the state of each folder under
//! its SyncKey, [`Maps`] what came from the client (so that it is not sent back), [`Caches`] the
//! one record of folders and options per device and user, [`History`] reads what changed in
//! Horde's applications, [`Outbox`](outbox::Outbox) keeps mail from being sent twice.
//! The adapter is `state::mysql`; it works on the tables of Horde itself, next to `rpc.php` and to
//! other sidecars.
//!
//! Nothing read here may be trusted across requests: Horde's pages and `rpc.php` change and delete
//! rows at any time.
//! Time is always an argument: Unix seconds.

pub mod audit;
pub mod blob;
pub mod cache;
pub mod device;
pub mod folder;
pub mod held;
pub mod key;
pub mod map;
pub mod model;
pub mod moves;
pub mod mysql;
pub mod outbox;
pub mod pending;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use crate::state::cache::SyncCache;
use crate::state::device::{Device, DeviceProperties, NewDevice, Supported, Wipe};
use crate::state::key::StateKey;
use crate::state::map::{ItemChange, ItemTimes, MailChange, MailEcho};
use crate::state::model::{
    CollectionState, HierarchyState, HistoryChanges, NewState, Owner, Presented, Since,
};
use crate::state::moves::{Hold, Intent, Place, Remembered};

/// Phones, their users, policy keys and wipes.
#[async_trait]
pub trait Devices: Send + Sync {
    /// The device together with this user's row; `None` when the device is not known.
    ///
    /// A device without this user's row has no policy key (`None`): treat it as a new pair for the
    /// limits, and register it again, but never reset it for that.
    async fn load(&self, owner: &Owner) -> Result<Option<Device>, Error>;

    /// The same, together with what `Caches::load` would tell: one look for what nearly every
    /// request needs.
    async fn open(&self, owner: &Owner) -> Result<Option<(Device, Option<SyncCache>)>, Error>;

    /// Makes what is missing of the device row and the user's row.
    ///
    /// When the device is there but the user is new on it, agent and properties become those of
    /// this request, except what administrators set (`blocked`).
    async fn register(&self, owner: &Owner, device: &NewDevice) -> Result<(), Error>;

    /// Changes the properties under a lock on the row; nothing is written when `edit` changes
    /// nothing.
    ///
    /// An empty agent takes the value of `agent`.
    /// `edit` may run more than once.
    async fn touch(
        &self,
        owner: &Owner,
        agent: &str,
        edit: Edit<'_, DeviceProperties>,
    ) -> Result<(), Error>;

    /// Stores this user's policy key; 0 for none.
    async fn set_policy_key(&self, owner: &Owner, key: u32) -> Result<(), Error>;

    /// Moves the device to another state of the wipe, when that is possible from where it is;
    /// false when it was not.
    async fn set_wipe(&self, device: &str, to: Wipe) -> Result<bool, Error>;

    /// Replaces what the client supports in one class.
    async fn set_supported(
        &self,
        device: &str,
        class: &str,
        supported: &Supported,
    ) -> Result<(), Error>;

    /// How many devices the user has.
    async fn count(&self, user: &str) -> Result<u32, Error>;

    /// Removes everything of this device and user, and the device itself when nobody else uses
    /// it.
    async fn remove(&self, owner: &Owner) -> Result<(), Error>;
}

/// The state of each folder under the keys that the client may present.
///
/// Folders are named by their uid (the CollectionId), never by Horde's own name.
#[async_trait]
pub trait Collections: Send + Sync {
    /// The row of a key; `None` when there is none (the client must start again).
    ///
    /// # Errors
    /// `Stale` when the row can not be read: reset the folder and answer Status 3.
    async fn load(
        &self,
        owner: &Owner,
        folder: &str,
        key: &StateKey,
    ) -> Result<Option<CollectionState>, Error>;

    /// The list of folders that the client holds under a key.
    ///
    /// # Errors
    /// `Stale` as for `load`: answer Status 9.
    async fn load_hierarchy(
        &self,
        owner: &Owner,
        key: &StateKey,
    ) -> Result<Option<HierarchyState>, Error>;

    /// Stores a folder under its new key and changes the cache, all in one transaction.
    ///
    /// With a first key (counter 1) every other row of the folder goes.
    /// Otherwise the presented row stays as it is, the row of the new key is replaced when it is
    /// there (its answer was lost), older rows of the series go, and so do older rows of the maps.
    ///
    /// # Errors
    /// `Gone` when the presented row or the cache is no longer there (somebody removed the device
    /// meanwhile) or when another request answered the same key first: nothing is written.
    async fn save(
        &self,
        owner: &Owner,
        new: &NewState<'_, CollectionState>,
        cache: Edit<'_, SyncCache>,
    ) -> Result<(), Error>;

    /// As `save`, for the list of folders; makes the cache when there is none and the key is a
    /// first one.
    ///
    /// # Errors
    /// As `save`.
    async fn save_hierarchy(
        &self,
        owner: &Owner,
        new: &NewState<'_, HierarchyState>,
        cache: Edit<'_, SyncCache>,
    ) -> Result<(), Error>;

    /// The newest key of a series in a folder.
    async fn newest(
        &self,
        owner: &Owner,
        folder: &str,
        series: &str,
    ) -> Result<Option<StateKey>, Error>;

    /// Moves the stamp of a row without a new key, when it still is what the caller saw.
    async fn bump(
        &self,
        owner: &Owner,
        folder: &str,
        presented: &Presented,
        stamp: Bump,
    ) -> Result<(), Error>;

    /// Mail folders that have other names now, each with the new one: their rows tell it, so that
    /// what the client has of them stays.
    async fn rename(&self, owner: &Owner, mailboxes: &[(String, String)]) -> Result<(), Error>;

    /// Removes all rows of folders and marks them as not synced in the cache.
    async fn reset(&self, owner: &Owner, folders: &[String], now: i64) -> Result<(), Error>;

    /// Removes all rows of folders that are no more, and their entries in the cache.
    async fn forget(&self, owner: &Owner, folders: &[String], now: i64) -> Result<(), Error>;
}

/// What came from the client, under the key it presented.
///
/// Folders are named by Horde's own name here (`@Contacts@`, `INBOX`).
/// Each record is committed at once: it alone keeps a repeated request from doing things twice.
#[async_trait]
pub trait Maps: Send + Sync {
    /// Records changes of items other than mail.
    async fn record(
        &self,
        owner: &Owner,
        backend_id: &str,
        key: &StateKey,
        changes: &[ItemChange],
    ) -> Result<(), Error>;

    /// Records changes of mail.
    async fn record_mail(
        &self,
        owner: &Owner,
        mailbox: &str,
        key: &StateKey,
        changes: &[MailChange],
    ) -> Result<(), Error>;

    /// For each item that the client changed under the key or the one before: the newest times.
    async fn times(
        &self,
        owner: &Owner,
        backend_id: &str,
        key: &StateKey,
    ) -> Result<ItemTimes, Error>;

    /// What the client did to the messages, under any key.
    async fn mail(&self, owner: &Owner, mailbox: &str, uids: &[u32]) -> Result<MailEcho, Error>;

    /// The ServerIds that Adds with these ClientIds got under the key or the one before, by ClientId.
    ///
    /// Never one for the ClientIds `0` and the empty one: Horde's rows do not tell them from changes.
    async fn added(
        &self,
        owner: &Owner,
        backend_id: &str,
        key: &StateKey,
        client_ids: &[&str],
    ) -> Result<BTreeMap<String, String>, Error>;

    /// Drops everything recorded of a folder.
    async fn forget(&self, owner: &Owner, backend_id: &str) -> Result<(), Error>;
}

/// The one record per device and user of folders, options and waits.
#[async_trait]
pub trait Caches: Send + Sync {
    /// The record; `None` when there is none, or none that can be read.
    async fn load(&self, owner: &Owner) -> Result<Option<SyncCache>, Error>;

    /// Changes the record under a lock and returns it as stored; nothing is written when `edit`
    /// changes nothing.
    ///
    /// `None` when there is no record: it is made by `Collections::save_hierarchy` alone, so that
    /// what an administrator removed does not come back.
    /// `edit` may run more than once, each time on what is stored at that moment: change only
    /// what this request owns.
    async fn update(
        &self,
        owner: &Owner,
        now: i64,
        edit: Edit<'_, SyncCache>,
    ) -> Result<Option<SyncCache>, Error>;

    /// Drops the record.
    async fn remove(&self, owner: &Owner) -> Result<(), Error>;
}

/// Horde's history of items, read only.
#[async_trait]
pub trait History: Send + Sync {
    /// The stamp for a first listing; read it before the listing.
    async fn stamp(&self, now: i64) -> Result<i64, Error>;

    /// What changed under the parents (`turba:localsql`) after the stamp, and the new stamp.
    ///
    /// All that is visible is told at once.
    /// While a number younger than two seconds is missing in the history (a writer may be on its
    /// way), the new stamp stays before it, and what lies behind it will be told again.
    ///
    /// # Errors
    /// `Stale` when the history is far behind the stamp (another database): Status 3.
    async fn changes(
        &self,
        parents: &[String],
        since: Since,
        now: i64,
    ) -> Result<HistoryChanges, Error>;

    /// For each item (`turba:localsql:uid`) the number of its last `modify`; 0 when it never was
    /// modified.
    async fn modified(&self, guids: &[String]) -> Result<BTreeMap<String, i64>, Error>;
}

/// Moves of mail, remembered before they are made: so that a repeated request moves nothing twice
/// and is answered as the first was.
///
/// They belong to the user, not to the device: a message is moved once, whoever asks.
#[async_trait]
pub trait Moves: Send + Sync {
    /// Takes the right to move messages out of a mailbox; `None` while somebody else has it.
    async fn hold(&self, user: &str, mailbox: &str) -> Result<Option<Hold>, Error>;

    /// What is remembered of these messages, by their uids; `target` is where they are to go now.
    async fn load(
        &self,
        source: &Place,
        imap_uids: &[u32],
        target: &Place,
    ) -> Result<Vec<Remembered>, Error>;

    /// Remembers moves that are about to be made.
    async fn intend(
        &self,
        source: &Place,
        target: &Place,
        intents: &[Intent],
        now: i64,
    ) -> Result<(), Error>;

    /// Remembers the new uids of messages, given by their old ones.
    async fn done(&self, source: &Place, new_uids: &[(u32, u32)]) -> Result<(), Error>;

    /// New uids, not below one, of messages that are known to have been moved to a mailbox.
    async fn arrived(&self, target: &Place, from: u32) -> Result<BTreeSet<u32>, Error>;
}

/// A change to a record that is made under a lock; it may run more than once.
pub type Edit<'a, T> = &'a (dyn Fn(&mut T) + Send + Sync);

/// A stamp's step, from what was loaded to what is known now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bump {
    /// The stamp as loaded.
    pub from: i64,
    /// The stamp to store.
    pub to: i64,
}

/// Why the state could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct Error {
    /// What the caller can do about it.
    pub kind: Kind,
    /// For the log: what happened, without secrets.
    pub message: String,
    /// What lies beneath.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The kinds of [`Error`], by what the caller can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Kind {
    /// Somebody removed the row, or another request was first; nothing was written.
    #[error("gone")]
    Gone,
    /// The value can not be stored as it is (a character that the column does not hold, a number
    /// out of range).
    #[error("invalid")]
    Invalid,
    /// The stored state is of no use; start the folder again.
    #[error("stale")]
    Stale,
    /// The database does not answer, or is not as it must be; try again later.
    #[error("unavailable")]
    Unavailable,
}

impl Error {
    /// An error of a kind with a message for the log.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// The same with what caused it.
    #[must_use]
    pub fn because(
        kind: Kind,
        message: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, message: message.into(), source: Some(source.into()) }
    }
}
