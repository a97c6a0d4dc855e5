//! The port of mail: mailboxes, their changes, their messages.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use crate::backend::{Account, Error};
use crate::eas::class::email::Email;
use crate::eas::options::BodyPreference;
use crate::uids::SortedUids;

/// The way to the user's mailboxes.
///
/// Mailbox names are full names in UTF-8, as Horde's state holds them.
/// `Refused` means that the mail server does not take the credentials, `Gone` that a mailbox is
/// not there, `Unavailable` that the server does not answer.
#[async_trait]
pub trait Mail: Send + Sync {
    /// All mailboxes that the user should see, parents before children.
    async fn mailboxes(&self, account: &Account) -> Result<Vec<Mailbox>, Error>;

    /// The state of each mailbox, in one round trip where the server can; one that is gone is
    /// left out.
    async fn status(
        &self,
        account: &Account,
        mailboxes: &[String],
    ) -> Result<BTreeMap<String, MailboxStatus>, Error>;

    /// Everything that a diff against `since` needs.
    async fn changes(
        &self,
        account: &Account,
        mailbox: &str,
        since: &Since<'_>,
    ) -> Result<MailboxChanges, Error>;

    /// Reads messages, batched: never one round trip for each message.
    ///
    /// The answers come in the order of `imap_uids`; a message that is gone is `NotFound`, one
    /// that can not be read is an error of its own and does not stop the others.
    async fn fetch(
        &self,
        account: &Account,
        mailbox: &str,
        imap_uids: &[u32],
        wanted: &Wanted,
    ) -> Result<Vec<(u32, Result<Box<Email>, Error>)>, Error>;

    /// Reads a part of a message, or some bytes of it, decoded.
    ///
    /// `NotFound` when there is no such message or part, `TooLarge` when it is more than `most`
    /// bytes, `Invalid` when the range begins behind the end.
    async fn part(
        &self,
        account: &Account,
        mailbox: &str,
        which: &Which<'_>,
        most: usize,
    ) -> Result<Part, Error>;

    /// Changes flags; answers what the messages that were there looked like just before.
    async fn store(
        &self,
        account: &Account,
        mailbox: &str,
        changes: &[FlagChange],
    ) -> Result<Vec<Before>, Error>;

    /// Moves messages; the answer maps each uid that was there to its new one (`None` when the
    /// server does not tell).
    ///
    /// `hold` is let go of when the server is done, even if nobody waits for that any more.
    async fn move_to(
        &self,
        account: &Account,
        mailbox: &str,
        imap_uids: &[u32],
        target: &str,
        hold: Option<Hold>,
    ) -> Result<BTreeMap<u32, Option<u32>>, Error>;

    /// What both mailboxes of a move look like before it.
    async fn before_move(
        &self,
        account: &Account,
        mailbox: &str,
        imap_uids: &[u32],
        target: &str,
    ) -> Result<Standing, Error>;

    /// The messages from a uid on, each with its mark; at most 10,000.
    async fn marks(
        &self,
        account: &Account,
        mailbox: &str,
        from: u32,
    ) -> Result<Vec<(u32, Mark)>, Error>;

    /// Stores a message as read; the mailbox comes into being when it is not there.
    ///
    /// With `unless` (a Message-ID with its angle brackets) nothing is stored when the mailbox has
    /// a message of that id already; false then.
    async fn append(
        &self,
        account: &Account,
        mailbox: &str,
        message: Arc<[u8]>,
        unless: Option<&str>,
    ) -> Result<bool, Error>;

    /// Deletes all messages of a mailbox for good; with `and_below` also the mailboxes below it, but
    /// for those that `keep` names, and those above them.
    async fn empty(
        &self,
        account: &Account,
        mailbox: &str,
        and_below: bool,
        keep: &[String],
    ) -> Result<(), Error>;

    /// Makes, renames or deletes a mailbox.
    ///
    /// What is there already is made well, and what has its new name already is renamed well: the
    /// answer to a first try may have been lost.
    /// `Gone` when the mailbox is not there, `Conflict` when the new name is another's, `Invalid`
    /// for a name that the server would take for several, `Denied` when it does not let the user.
    async fn change_mailbox(
        &self,
        account: &Account,
        change: MailboxChange,
    ) -> Result<MailboxName, Error>;

    /// Deletes messages for good; answers the uids that were there.
    async fn delete(
        &self,
        account: &Account,
        mailbox: &str,
        imap_uids: &[u32],
    ) -> Result<Vec<u32>, Error>;
}

/// What becomes of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailboxChange {
    /// It comes into being, and the user subscribes to it.
    Create {
        /// Where.
        place: MailboxPlace,
        /// The last part of its name.
        label: String,
    },
    /// It goes with its mail, and all mailboxes below it.
    Delete {
        /// Its full name.
        mailbox: String,
    },
    /// It gets another name, and all mailboxes below it go with it.
    Rename {
        /// Its full name.
        mailbox: String,
        /// Where it goes.
        place: MailboxPlace,
        /// The last part of its new name.
        label: String,
    },
}

/// Where a mailbox is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailboxPlace {
    /// Below this one.
    Below(String),
    /// Where it is.
    Same,
    /// Below none.
    Top,
}

/// The full name of a mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxName {
    /// The name, UTF-8.
    pub name: String,
    /// What stands between it and the names of those below.
    pub delimiter: String,
}

/// A part of a message.
#[derive(Clone, Copy, Debug)]
pub struct Which<'a> {
    /// The message.
    pub imap_uid: u32,
    /// IMAP's number of the part, such as `2.1`.
    pub number: &'a str,
    /// First and last byte wanted; `None` for all.
    pub range: Option<(u64, u64)>,
}

/// The content of a part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Its media type, such as `application/pdf`.
    pub media_type: String,
    /// The bytes, decoded.
    pub bytes: Vec<u8>,
    /// Where the first of them stands in the whole.
    pub from: u64,
    /// Size of the whole, decoded.
    pub total: u64,
}

/// Something that is kept as long as a clone of it lives.
pub type Hold = Arc<dyn Any + Send + Sync>;

/// By what a message is known again in another mailbox: a hash of its size and of parts of its
/// header.
pub type Mark = [u8; 32];

/// Two mailboxes before messages are moved from the one to the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// UIDVALIDITY of the mailbox that the messages leave.
    pub uid_validity: u32,
    /// The mailbox that takes them; `None` when it is not there.
    pub target: Option<MailboxStatus>,
    /// Those of the messages that are there, each with its mark.
    pub messages: BTreeMap<u32, Mark>,
}

/// A mailbox in the hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Full name, UTF-8.
    pub name: String,
    /// The last part of the name: what users see.
    pub label: String,
    /// Full name of the selectable mailbox above it.
    pub parent: Option<String>,
    /// What the server says it is for (SPECIAL-USE), when it says so.
    pub special_use: Option<SpecialUse>,
}

/// The purposes of RFC 6154 that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecialUse {
    /// `\Drafts`
    Drafts,
    /// `\Junk`
    Junk,
    /// `\Sent`
    Sent,
    /// `\Trash`
    Trash,
}

/// The numbers of STATUS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailboxStatus {
    /// MESSAGES
    pub messages: u32,
    /// UIDNEXT
    pub uid_next: u32,
    /// UIDVALIDITY
    pub uid_validity: u32,
    /// HIGHESTMODSEQ; 0 where the server or the mailbox has none.
    pub highest_mod_seq: u64,
}

/// What the caller knows of a mailbox.
#[derive(Clone, Copy, Debug)]
pub struct Since<'a> {
    /// The status of the last look; `uid_next` 0 means never: then only `matching` is filled.
    pub status: MailboxStatus,
    /// The uids known.
    pub known: &'a SortedUids,
    /// Messages received before this day (Unix time, server's day) are out of the filter.
    pub cutoff: Option<i64>,
    /// Whether the set of messages inside the filter is wanted even when nothing was changed
    /// (first look, changed filter, daily pass).
    pub want_matching: bool,
}

/// What a mailbox looks like now, against a [`Since`].
#[derive(Clone, Debug, Default)]
pub struct MailboxChanges {
    /// The status now; nothing in the rest is newer than its `highest_mod_seq`.
    pub status: MailboxStatus,
    /// Messages whose modseq is above the one known: new ones and those with changed flags.
    /// Where the server has no modseq: all messages inside the filter with their flags.
    pub changed: Vec<Seen>,
    /// Known uids that are no longer in the mailbox.
    pub vanished: Vec<u32>,
    /// Uids inside the filter; `None` when not wanted and not looked up.
    pub matching: Option<SortedUids>,
}

/// A message as FETCH FLAGS shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The uid.
    pub imap_uid: u32,
    /// `\Seen`
    pub read: bool,
    /// `\Flagged`
    pub flagged: bool,
    /// `\Deleted`
    pub deleted: bool,
    /// Keywords, lower case.
    pub keywords: Vec<String>,
    /// Whether the message is inside the filter; always true without a cutoff.
    pub inside: bool,
}

/// What of a message is wanted, and in which shape.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Bodies that the client would like, in its order of preference.
    pub bodies: Vec<BodyPreference>,
    /// MIMESupport: 0 never, 1 S/MIME only, 2 all.
    pub mime_support: u8,
    /// Bytes of raw MIME at most; `None` for all.
    pub mime_truncation: Option<u32>,
    /// Whether ConversationId, Categories and the like (14.0 on) are wanted.
    pub conversations: bool,
}

/// A message just before its flags were changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// The message.
    pub imap_uid: u32,
    /// `\\Seen`
    pub read: bool,
    /// `\\Flagged`
    pub flagged: bool,
    /// Its modseq; 0 where the server has none.
    pub mod_seq: u64,
}

/// A change of flags that a client asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlagChange {
    /// The uid.
    pub imap_uid: u32,
    /// Sets or clears `\Seen`.
    pub read: Option<bool>,
    /// Sets or clears `\Flagged`.
    pub flagged: Option<bool>,
    /// Keywords to set.
    pub add_keywords: Vec<String>,
    /// Keywords to clear.
    pub remove_keywords: Vec<String>,
}
