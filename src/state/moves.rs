//! Moves of mail that clients asked for: what was meant, and what came of it.

use std::any::Any;
use std::sync::Arc;

/// The mailbox that messages are moved out of, or into; its uids mean nothing without its
/// UIDVALIDITY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Horde's name of the user.
    pub user: String,
    /// Full name, UTF-8.
    pub mailbox: String,
    /// UIDVALIDITY
    pub uid_validity: u32,
}

/// A move that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The message in the mailbox that it leaves.
    pub imap_uid: u32,
    /// UIDNEXT of the other mailbox before the move: the new uid is not below.
    pub target_next: u32,
    /// By what the message is known again.
    pub mark: [u8; 32],
    /// Its uid in the other mailbox, once that is known.
    pub new_uid: Option<u32>,
}

/// An intent as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The intent.
    pub intent: Intent,
    /// Whether it goes to the mailbox that was asked about.
    pub same_target: bool,
}

/// The right to move messages out of a mailbox: nobody else has it until the last clone is
/// dropped, be it by the end of the process.
pub type Hold = Arc<dyn Any + Send + Sync>;
