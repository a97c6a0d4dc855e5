//! What is known of one folder: Horde's three folder objects.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::state::held::Held;
use crate::uids::UidSet;

/// What is known of one folder.
#[derive(Clone, Debug, PartialEq)]
pub enum FolderObject {
    /// A mailbox.
    Imap(ImapFolder),
    /// Contacts, calendar, tasks or notes.
    Collection(CollectionFolder),
    /// Recipient information.
    Ri(RiFolder),
}

/// What is known of a mailbox.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImapFolder {
    /// Full name of the mailbox, UTF-8.
    pub mailbox: String,
    /// STATUS of the last look; `None` before the first.
    pub status: Option<ImapStatus>,
    /// What the client has, or will have when the pending changes are sent.
    pub messages: Messages,
    /// The cutoff of the last pass for soft deletes; 0 for none.
    pub soft_delete_cutoff: i64,
    /// The time of that pass; 0 for none.
    pub soft_delete_at: i64,
    /// Whether the first Sync is through.
    pub have_initial_sync: bool,
    /// What was read, in its order; members that we do not know survive here.
    pub layout: Layout,
}

/// The numbers of STATUS.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImapStatus {
    /// MESSAGES
    pub messages: u32,
    /// UIDNEXT
    pub uid_next: u32,
    /// UIDVALIDITY
    pub uid_validity: u32,
    /// HIGHESTMODSEQ; 0 where the server has none.
    pub highest_mod_seq: u64,
}

/// The messages that the client has.
#[derive(Clone, Debug, PartialEq)]
pub enum Messages {
    /// The server counts changes: uids are enough.
    Uids(UidSet),
    /// The server does not: the flags of each message, for comparing.
    Flags(BTreeMap<u32, KnownFlags>),
}

impl Default for Messages {
    fn default() -> Self {
        Self::Uids(UidSet::default())
    }
}

/// The flags of a message that the client has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownFlags {
    /// `\Seen`; `None` when unknown.
    pub read: Option<bool>,
    /// `\Flagged`; `None` when unknown, and always for clients of 2.5.
    pub flagged: Option<bool>,
    /// Other members, such as the time of a reply.
    pub extra: Map<String, Value>,
}

/// What is known of a folder of items other than mail.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CollectionFolder {
    /// Horde's own name: `@Contacts@`, `Calendar:abc`.
    pub backend_id: String,
    /// The class on the wire: `Contacts`.
    pub class: String,
    /// The cutoff of the last pass for soft deletes; 0 for none.
    pub soft_delete_cutoff: i64,
    /// The time of that pass; 0 for none.
    pub soft_delete_at: i64,
    /// Whether the first Sync is through.
    pub have_initial_sync: bool,
    /// The shares whose items the client has, sorted, where it has several as one folder; `None`
    /// where nobody wrote it down.
    ///
    /// A member of ours: Horde's own server skips it, and leaves it out when it writes.
    pub shares: Option<Vec<String>>,
    /// Which items the client holds; a member of ours too.
    pub held: Held,
    /// What was read, in its order; members that we do not know survive here.
    pub layout: Layout,
}

/// The list of recipients that the client has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RiFolder {
    /// Addresses, by weight.
    pub addresses: Vec<String>,
    /// What was read, in its order; members that we do not know survive here.
    pub layout: Layout,
}

/// The members of a folder object as they were read.
///
/// Opaque: empty for a new object, kept by whoever changes one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout(pub(crate) Map<String, Value>);

impl FolderObject {
    /// The object of a mailbox before its first Sync.
    #[must_use]
    pub fn new_imap(mailbox: &str) -> Self {
        Self::Imap(ImapFolder { mailbox: mailbox.to_owned(), ..ImapFolder::default() })
    }

    /// The object of a folder of items before its first Sync.
    #[must_use]
    pub fn new_collection(backend_id: &str, class: &str) -> Self {
        Self::Collection(CollectionFolder {
            backend_id: backend_id.to_owned(),
            class: class.to_owned(),
            ..CollectionFolder::default()
        })
    }

    /// Horde's own name of the folder.
    #[must_use]
    pub fn backend_id(&self) -> &str {
        match self {
            Self::Imap(folder) => &folder.mailbox,
            Self::Collection(folder) => &folder.backend_id,
            Self::Ri(_) => "RI",
        }
    }
}
