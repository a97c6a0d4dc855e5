//! The port of folders that are not mailboxes: calendars, address books, task lists, notepads.

use async_trait::async_trait;

use crate::backend::{Account, Error};
use crate::eas::class::Class;

/// The way to the user's own shares.
#[async_trait]
pub trait Folders: Send + Sync {
    /// Makes, renames or deletes a share; one round trip to PHP.
    ///
    /// # Errors
    /// `Denied` when it is not the user's own, takes new items or is locked, `Conflict` when
    /// somebody else has one of that id, `NotFound` when it is not there, `Invalid` for a name that
    /// is none, `Unsupported` where this Horde has no such folders.
    async fn change(
        &self,
        account: &Account,
        class: Class,
        share: &str,
        change: Change<'_>,
    ) -> Result<(), Error>;
}

/// What becomes of a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// It comes into being, under the id and with the name given, and is synced; when it is there
    /// already, it stays as it is.
    Create(&'a str),
    /// It and all its items go.
    Delete,
    /// It gets another name.
    Rename(&'a str),
}
