//! The port of mail that goes out.

use async_trait::async_trait;

use crate::backend::Account;

/// The way to whoever takes mail that is to be delivered.
#[async_trait]
pub trait Submit: Send + Sync {
    /// Hands a mail over: to all its recipients, or to none.
    ///
    /// # Errors
    /// Whatever it says, nothing was sent, unless it is [`Why::Unsettled`].
    async fn submit(&self, account: &Account, parcel: Parcel) -> Result<Receipt, Unsent>;
}

/// A mail with its envelope.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Parcel {
    /// The address that learns of failures.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
    /// The message, each line with CRLF at its end.
    pub message: Vec<u8>,
}

/// What the server said when it took a mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Its reply code.
    pub code: u16,
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Unsent {
    /// What the caller can do about it.
    pub why: Why,
    /// For the log: what happened, without addresses.
    pub what: String,
    /// The server's reply code, when it gave one.
    pub code: Option<u16>,
    /// What lies beneath; may hold addresses: for `debug` alone.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The kinds of [`Unsent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The server does not answer.
    Down,
    /// The server can not now, and says so.
    Later,
    /// The server does not let us in, or this Horde has no server that we could use: the
    /// administrator must look.
    Closed,
    /// The server does not want this mail, or one of its recipients.
    Refused,
    /// The mail is too large for the server.
    TooLarge,
    /// The connection was lost after all was said: the server may have taken the mail or not.
    Unsettled,
}

impl Unsent {
    /// A failure without a reply of the server's.
    #[must_use]
    pub fn new(why: Why, what: impl Into<String>) -> Self {
        Self { why, what: what.into(), code: None, source: None }
    }

    /// The same with what caused it.
    #[must_use]
    pub fn because(
        why: Why,
        what: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { why, what: what.into(), code: None, source: Some(source.into()) }
    }
}
