//! What came of one collection, before it is stored and answered.

use crate::command::sync::wire::{ServerCommand, ServerResponse, Status};
use crate::state::folder::FolderObject;
use crate::state::map::ItemChange;
use crate::state::pending::Pending;

/// What came of one collection.
pub(super) struct Outcome {
    /// What became of the client's commands.
    pub(super) responses: Vec<ServerResponse>,
    /// The server's changes.
    pub(super) commands: Vec<ServerCommand>,
    /// How many changes were taken off the list, sent or not.
    pub(super) n_taken: usize,
    /// Whether the client's commands changed anything, or asked for something.
    pub(super) imported: bool,
    /// The state to store, should a new key be due.
    pub(super) stamp: i64,
    /// What is known of the folder now.
    pub(super) folder: FolderObject,
    /// What is left to send.
    pub(super) pending: Pending,
    /// Changes on the list or in the answer that lie behind the stamp: to be recorded under the
    /// new key, so that they are not told again.
    pub(super) told_again: Vec<ItemChange>,
}

/// Why a collection has no outcome.
pub(super) enum Trouble {
    /// Answer this Status; nothing is stored.
    Status(Status),
    /// The stored state is of no use: forget it and answer Status 3.
    Reset(String),
    /// The whole request fails.
    Fatal(crate::command::Error),
}

impl From<crate::state::Error> for Trouble {
    fn from(error: crate::state::Error) -> Self {
        match error.kind {
            crate::state::Kind::Stale => Self::Reset(error.message),
            _ => Self::Fatal(error.into()),
        }
    }
}

impl From<crate::backend::Error> for Trouble {
    /// A folder that is gone has its Status; when a server does not answer, the whole request
    /// fails, and no key is advanced.
    fn from(error: crate::backend::Error) -> Self {
        use crate::backend::Kind;
        match error.kind {
            Kind::Gone => Self::Status(Status::FolderHierarchyChanged),
            Kind::Denied => Self::Status(Status::ObjectNotFound),
            _ => Self::Fatal(error.into()),
        }
    }
}
