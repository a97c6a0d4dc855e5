//! What the commands need from Horde and its mail server, as ports.
//!
//! [`Accounts`] proves credentials and says what a user may do, [`Items`] holds contacts (later
//! calendars, tasks and notes), [`Folders`] what
//! they lie in, [`Mail`] the mailboxes; [`Submit`] takes mail that goes out.
//! The adapters are `backend::horde` (JSON-RPC to the bridge), `backend::imap` and
//! `backend::smtp`; only `app` knows which adapter fills a port.
//! Ports speak in the protocol's classes and in domain words: no tags, no Status, and of the wire's
//! versions only what the days of an event mean in them.

pub mod folders;
pub mod horde;
pub mod imap;
pub mod items;
pub mod mail;
pub mod marks;
pub mod profile;
pub mod smtp;
pub mod submit;
pub(crate) mod tls;

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;

use crate::backend::profile::{Profile, Site};
use crate::secret::Secret;

pub use crate::backend::folders::Folders;
pub use crate::backend::items::Items;
pub use crate::backend::mail::Mail;
pub use crate::backend::marks::Marks;
pub use crate::backend::submit::Submit;

/// What a client sent to prove who it is.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user name after a `DOMAIN\` prefix was cut and Horde's rule for addresses was applied.
    pub login: String,
    /// The password, whole: never trimmed, never cut.
    pub password: Secret<String>,
    /// Where the client is, for Horde's own log and tracking of logins.
    pub address: Option<IpAddr>,
}

impl Credentials {
    /// Whether these can be somebody's: PHP and IMAP would take a part of others for the whole.
    #[must_use]
    pub fn can_be(&self) -> bool {
        let (login, password) = (&self.login, self.password.expose());
        !login.is_empty()
            && login.len() <= LONGEST_LOGIN
            && !login.chars().any(|letter| letter.is_control() || letter == ':')
            && !password.is_empty()
            && password.len() <= LONGEST_PASSWORD
            && !password.contains(['\0', '\r', '\n'])
    }
}

/// A user whose credentials were proven, and what Horde says of them.
#[derive(Clone, Debug)]
pub struct Account {
    /// What the client sent; the IMAP server may want the same.
    pub credentials: Credentials,
    /// What Horde said at the last session call.
    pub profile: Arc<Profile>,
}

/// The way to Horde's users and settings.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Proves the credentials; may answer from a cache of proven ones.
    ///
    /// # Errors
    /// `Refused` for wrong credentials, `Unavailable` when nobody can tell.
    async fn login(&self, credentials: &Credentials) -> Result<Account, Error>;

    /// What Horde says of the user now: asks Horde itself, and renews the cache, unless it is
    /// certain that nothing of it changed.
    ///
    /// # Errors
    /// As `login`; a refusal also empties the cache of this user's entry.
    async fn refresh(&self, credentials: &Credentials) -> Result<Account, Error>;

    /// What Horde says of a user, where it is another account than the given one: what somebody
    /// learned since, or what Horde says when asked because something of the user changed.
    /// `None` when nothing changed, or only Horde could tell.
    async fn news(&self, account: &Account) -> Option<Account>;

    /// Drops the credentials from the cache: somebody (the IMAP server) refused them.
    async fn forget(&self, credentials: &Credentials);

    /// Horde's site-wide settings, at most 60 seconds old.
    ///
    /// # Errors
    /// `Unavailable` when they were never read or are too old to be trusted.
    async fn site(&self) -> Result<Arc<Site>, Error>;

    /// The login in Horde's mailer settings, where Horde sends all mail with one: name and
    /// password.
    ///
    /// # Errors
    /// `Denied` when the bridge may not tell it.
    async fn mailer_login(
        &self,
        credentials: &Credentials,
    ) -> Result<(String, Secret<String>), Error>;
}

/// Why a backend could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct Error {
    /// What the caller can do about it.
    pub kind: Kind,
    /// For the log: what happened, without secrets and without content.
    pub message: String,
    /// What lies beneath.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The kinds of [`Error`], by what the caller can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Kind {
    /// The backend works, and gave up over this, or does not know how: asking again will not help.
    #[error("broken")]
    Broken,
    /// The item changed since it was read.
    #[error("conflict")]
    Conflict,
    /// The user may not do this.
    #[error("denied")]
    Denied,
    /// The container (mailbox, address book) is gone.
    #[error("container gone")]
    Gone,
    /// What was sent can not be stored; sending it again will not help.
    #[error("invalid")]
    Invalid,
    /// The item is not there.
    #[error("not found")]
    NotFound,
    /// The credentials are wrong.
    #[error("refused")]
    Refused,
    /// Out of the size that the backend takes.
    #[error("too large")]
    TooLarge,
    /// Temporary: the service does not answer; try again.
    #[error("unavailable")]
    Unavailable,
    /// This backend can not do that.
    #[error("unsupported")]
    Unsupported,
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

const LONGEST_LOGIN: usize = 255;
const LONGEST_PASSWORD: usize = 1_024;
