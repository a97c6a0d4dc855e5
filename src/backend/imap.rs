//! Mailboxes over IMAP: the adapter of [`Mail`].
//!
//! The `imap` crate blocks, so sessions live on a bounded set of threads of our own ([`pool`]);
//! they are kept per user between requests.
//! QRESYNC and CONDSTORE are used where the server offers them and Horde is not told to ignore
//! them; without them the same answers are found by looking at more.

mod changes;
mod email;
mod fetch;
mod folders;
mod hierarchy;
mod marks;
pub mod names;
mod part;
mod patience;
mod plain;
mod pool;
mod session;
mod status;
mod store;
mod stream;
mod structure;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use async_trait::async_trait;
use serde::Deserialize;

use crate::backend::imap::changes::Look;
use crate::backend::imap::pool::Pool;
use crate::backend::mail::{
    Before, FlagChange, Hold, Mail, Mailbox, MailboxChange, MailboxChanges, MailboxName,
    MailboxStatus, Mark, Part, Since, Standing, Wanted, Which,
};
use crate::backend::{Account, Error};
use crate::eas::class::email::Email;

/// How mail servers are spoken to; which ones is said by Horde.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Threads that may speak IMAP at the same time.
    pub threads: usize,
    /// Sessions that one user may have open at the same time.
    pub sessions_per_user: usize,
    /// Sessions kept open between requests, for all users together.
    pub kept_sessions: usize,
    /// Seconds for which a session is kept without use.
    pub idle_seconds: u64,
    /// Seconds until a connection must stand.
    pub connect_timeout: u64,
    /// Seconds until the server must have sent something, or taken it; an answer may take twice
    /// as long as a whole, and a second more for each 64 KiB.
    pub timeout: u64,
    /// Seconds that a request may wait for a free thread.
    pub queue_timeout: u64,
    /// File with certificates (PEM) to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Takes any certificate: for tests alone.
    pub insecure: bool,
    /// Bytes up to which messages are read whole.
    pub whole_bytes: u32,
    /// Bytes of one body or source at most, whatever the client asks for.
    pub body_bytes: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            threads: 32,
            sessions_per_user: 3,
            kept_sessions: 2_000,
            idle_seconds: 60,
            connect_timeout: 10,
            timeout: 60,
            queue_timeout: 60,
            ca_file: None,
            insecure: false,
            whole_bytes: 64 * 1_024,
            body_bytes: 64 * 1_024 * 1_024,
        }
    }
}

/// The mailboxes of all users.
pub struct Imap {
    pool: Pool,
    sizes: fetch::Sizes,
}

impl Imap {
    /// Starts the threads; nothing is connected yet.
    ///
    /// # Errors
    /// `Invalid` when the certificates are of no use, `Unavailable` when threads cannot start.
    pub fn new(config: &Config) -> Result<Self, Error> {
        let sizes = fetch::Sizes { whole: config.whole_bytes, body: config.body_bytes };
        Ok(Self { pool: Pool::new(config)?, sizes })
    }

    /// What the server of a user can, without what Horde is told to ignore; sorted.
    ///
    /// # Errors
    /// As for any look at a mailbox.
    pub async fn capabilities(&self, account: &Account) -> Result<Vec<String>, Error> {
        self.pool.run(account, |session| Ok(session.capabilities())).await
    }

    /// How many IMAP commands were sent since the start.
    #[must_use]
    pub fn n_commands(&self) -> u64 {
        self.pool.counters().commands.load(Ordering::Relaxed)
    }

    /// How many sessions were opened since the start.
    #[must_use]
    pub fn n_sessions(&self) -> u64 {
        self.pool.counters().sessions.load(Ordering::Relaxed)
    }
}

/// What is counted of all sessions.
#[derive(Debug, Default)]
struct Counters {
    commands: AtomicU64,
    sessions: AtomicU64,
    /// Sessions that are open now.
    open: AtomicUsize,
}

#[async_trait]
impl Mail for Imap {
    async fn mailboxes(&self, account: &Account) -> Result<Vec<Mailbox>, Error> {
        let subscribed_only =
            account.profile.mail.as_ref().is_some_and(|mail| mail.subscribed_only);
        self.pool.run(account, move |session| hierarchy::list(session, subscribed_only)).await
    }

    async fn status(
        &self,
        account: &Account,
        mailboxes: &[String],
    ) -> Result<BTreeMap<String, MailboxStatus>, Error> {
        if mailboxes.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mailboxes = mailboxes.to_vec();
        self.pool.run(account, move |session| status::of_many(session, &mailboxes)).await
    }

    async fn changes(
        &self,
        account: &Account,
        mailbox: &str,
        since: &Since<'_>,
    ) -> Result<MailboxChanges, Error> {
        let look = Look::new(mailbox, since);
        self.pool.run(account, move |session| look.take(session)).await
    }

    async fn fetch(
        &self,
        account: &Account,
        mailbox: &str,
        imap_uids: &[u32],
        wanted: &Wanted,
    ) -> Result<Vec<(u32, Result<Box<Email>, Error>)>, Error> {
        if imap_uids.is_empty() {
            return Ok(Vec::new());
        }
        let labels = account.profile.mail.as_ref().map(|mail| mail.labels.clone());
        let fetch = Arc::new(fetch::Fetch::new(
            mailbox,
            imap_uids,
            wanted,
            labels.unwrap_or_default(),
            self.sizes,
        ));
        self.pool.run(account, move |session| fetch.run(session)).await
    }

    async fn part(
        &self,
        account: &Account,
        mailbox: &str,
        which: &Which<'_>,
        most: usize,
    ) -> Result<Part, Error> {
        let most = most.min(usize::try_from(self.sizes.body).unwrap_or(usize::MAX));
        let wanted = part::Wanted::new(mailbox, which, most)?;
        self.pool.run(account, move |session| wanted.read(session)).await
    }

    async fn store(
        &self,
        account: &Account,
        mailbox: &str,
        changes: &[FlagChange],
    ) -> Result<Vec<Before>, Error> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let (mailbox, changes) = (mailbox.to_owned(), changes.to_vec());
        self.pool.run(account, move |session| store::store(session, &mailbox, &changes)).await
    }

    async fn move_to(
        &self,
        account: &Account,
        mailbox: &str,
        imap_uids: &[u32],
        target: &str,
        hold: Option<Hold>,
    ) -> Result<BTreeMap<u32, Option<u32>>, Error> {
        if imap_uids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let (mailbox, target) = (mailbox.to_owned(), target.to_owned());
        let imap_uids = imap_uids.to_vec();
        // The trash comes into being when the first message goes there, as in IMP.
        let trash = account.profile.mail.as_ref().and_then(|mail| mail.special.trash.clone());
        let may_create = trash.is_some_and(|trash| trash == target);
        self.pool
            .run(account, move |session| {
                let _hold = &hold;
                if may_create {
                    store::create_if_missing(session, &target)?;
                }
                store::move_to(session, &mailbox, &imap_uids, &target)
            })
            .await
    }

    async fn before_move(
        &self,
        account: &Account,
        mailbox: &str,
        imap_uids: &[u32],
        target: &str,
    ) -> Result<Standing, Error> {
        let (mailbox, target) = (mailbox.to_owned(), target.to_owned());
        let imap_uids = imap_uids.to_vec();
        self.pool
            .run(account, move |session| marks::standing(session, &mailbox, &imap_uids, &target))
            .await
    }

    async fn marks(
        &self,
        account: &Account,
        mailbox: &str,
        from: u32,
    ) -> Result<Vec<(u32, Mark)>, Error> {
        let mailbox = mailbox.to_owned();
        self.pool.run(account, move |session| marks::from(session, &mailbox, from)).await
    }

    async fn append(
        &self,
        account: &Account,
        mailbox: &str,
        message: Arc<[u8]>,
        unless: Option<&str>,
    ) -> Result<bool, Error> {
        let (mailbox, unless) = (mailbox.to_owned(), unless.map(str::to_owned));
        self.pool
            .run(account, move |session| {
                // Also says whether the session is alive: what follows must not be sent twice.
                store::create_if_missing(session, &mailbox)?;
                if let Some(id) = &unless
                    && store::has_message(session, &mailbox, id)?
                {
                    return Ok(false);
                }
                session.append(&mailbox, &message).map(|()| true)
            })
            .await
    }

    async fn empty(
        &self,
        account: &Account,
        mailbox: &str,
        and_below: bool,
        keep: &[String],
    ) -> Result<(), Error> {
        let (mailbox, keep) = (mailbox.to_owned(), keep.to_vec());
        self.pool
            .run(account, move |session| {
                store::empty(session, &mailbox)?;
                if and_below { hierarchy::remove_below(session, &mailbox, &keep) } else { Ok(()) }
            })
            .await
    }

    async fn change_mailbox(
        &self,
        account: &Account,
        change: MailboxChange,
    ) -> Result<MailboxName, Error> {
        let prefix = account.profile.mail.as_ref().map(|mail| mail.prefix.clone());
        let prefix = prefix.unwrap_or_default();
        self.pool.run(account, move |session| folders::change(session, &prefix, &change)).await
    }

    async fn delete(
        &self,
        account: &Account,
        mailbox: &str,
        imap_uids: &[u32],
    ) -> Result<Vec<u32>, Error> {
        if imap_uids.is_empty() {
            return Ok(Vec::new());
        }
        let (mailbox, imap_uids) = (mailbox.to_owned(), imap_uids.to_vec());
        self.pool.run(account, move |session| store::delete(session, &mailbox, &imap_uids)).await
    }
}
