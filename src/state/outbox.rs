//! What was sent for a client, so that a request that comes again sends nothing twice.
//!
//! A row is made before a mail is handed over, and marked when the mail server took it.
//! Whoever makes it holds it for [`LEASE`], and longer by [`Outbox::renew`]; after that the next
//! request for the same mail may send it: with the same Message-ID, so that receivers can tell.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::state::Error;
use crate::state::model::Owner;

/// Mails that are about to be sent, and those that were.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Takes the right to send a mail, or says what became of it; with the id under which the mail
    /// is known, which is to be used from now on.
    ///
    /// # Errors
    /// `Unavailable` also when the table is not there: nothing may be sent then.
    async fn begin(
        &self,
        owner: &Owner,
        sending: &Sending,
        now: i64,
    ) -> Result<(SendId, Begun), Error>;

    /// Holds the right for another [`LEASE`].
    async fn renew(&self, sending: &Sending) -> Result<(), Error>;

    /// The mail server took the mail; `is_done` when no copy is to be kept.
    async fn sent(&self, sending: &Sending, is_done: bool) -> Result<(), Error>;

    /// The mail server did not take the mail, for certain: it is as if nobody had tried.
    async fn not_sent(&self, sending: &Sending) -> Result<(), Error>;

    /// Nobody knows whether the mail server took the mail: the next request may send it at once.
    async fn unsettled(&self, sending: &Sending) -> Result<(), Error>;
}

/// A mail that is to be sent, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Tells it from all others.
    pub id: SendId,
    /// So does this, where the mail brings a Message-ID of its own.
    pub alias: Option<SendId>,
    /// Its Message-ID, with angle brackets.
    pub message_id: String,
    /// Who wants to send it: drawn for each request.
    pub holder: [u8; 16],
}

/// What tells a mail of a client from all others: a hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendId(pub [u8; 32]);

impl fmt::Debug for SendId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(6).try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// What became of a mail so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nothing: it is the caller's to send.
    First,
    /// Somebody began, and it is not known how it ended: it is the caller's to send again, with
    /// this Message-ID.
    Again(String),
    /// Somebody is at it: sends it, or has just sent it and keeps a copy.
    Busy,
    /// It was sent.
    Sent {
        /// With this Message-ID.
        message_id: String,
        /// Whether nothing is left to do; the copy is the caller's to keep otherwise.
        is_done: bool,
    },
}

/// For how long a mail is its sender's alone.
pub const LEASE: Duration = Duration::from_secs(30);
/// How long it is remembered that a mail was sent.
pub const REMEMBERED: Duration = Duration::from_hours(14 * 24);
