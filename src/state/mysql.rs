//! Horde's tables in MySQL and MariaDB: the adapter of all ports of `state`.
//!
//! Every write that spans rows is one transaction, and begins by locking the device's row, so that
//! all writers of one device queue up and do not deadlock; `rpc.php` does not take part in that
//! queue, hence the second try.
//! Comparisons are made by the database, never here: its collation decides what is equal, as it
//! does for Horde.
//! Nothing is ever altered, and no table is touched but Horde's and those with the prefix `eas_`,
//! which the administrator made.

mod caches;
mod collections;
mod config;
mod devices;
mod history;
mod inspect;
mod inspect_server;
mod maps;
mod marks;
mod moves;
mod near;
mod outbox;
mod rights;
mod row;
mod schema;
mod survey;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, Pool, Transaction, TxOpts};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::state::blob::Unreadable;
use crate::state::mysql::history::Allocations;
use crate::state::mysql::inspect_server::Limits;
use crate::state::{Error, Kind};

pub use crate::state::mysql::config::{Charset, Config, Tls};
pub use crate::state::mysql::inspect::{Inspection, reach};
pub use crate::state::mysql::marks::{MarkedTables, SharesTable};

const LOCK_DEVICE: &str =
    "SELECT device_id FROM horde_activesync_device WHERE device_id = ? FOR UPDATE";
const SCHEMA_VERSION: &str = "SELECT MAX(version) FROM horde_activesync_schema_info";

/// A pool of connections to one database.
///
/// Fills the ports `Devices`, `Collections`, `Maps`, `Caches`, `Moves` and `Outbox` where Horde's
/// ActiveSync tables are, and `History` where `horde_histories` is; mostly that is the same database.
#[derive(Debug)]
pub struct Mysql {
    pool: Mutex<Renewable>,
    opts: Opts,
    /// Tells this database from others that threads have connections to.
    id: u64,
    /// Where connections are made, and so who drives them: threads of the web server come and go.
    home: Option<Handle>,
    /// What one attempt may take.
    patience: Duration,
    limits: Limits,
    /// Whether `horde_histories` is here too.
    has_history: bool,
    level_seen: Mutex<Option<Instant>>,
    allocations: Mutex<Allocations>,
    /// Connections that may be held over something slow.
    holds: Arc<Semaphore>,
    /// When old rows of the outbox were looked for.
    outbox_swept: Mutex<Option<Instant>>,
}

impl Mysql {
    /// Prepares a pool; nothing is connected before the first use.
    ///
    /// Call it in the runtime that lives longest.
    ///
    /// # Errors
    /// `Unavailable` when the settings make no sense.
    pub fn new(config: &Config) -> Result<Self, Error> {
        let opts = config.to_opts()?;
        Ok(Self {
            pool: Mutex::new(Renewable { age: 0, pool: Pool::new(opts.clone()) }),
            opts,
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            home: Handle::try_current().ok(),
            patience: Duration::from_secs(config.timeout_seconds),
            limits: config.limits(),
            has_history: true,
            level_seen: Mutex::default(),
            allocations: Mutex::default(),
            holds: Arc::new(Semaphore::new(config.connections.div_ceil(2))),
            outbox_swept: Mutex::default(),
        })
    }

    /// Tells that `horde_histories` is in another database.
    #[must_use]
    pub const fn without_history(mut self) -> Self {
        self.has_history = false;
        self
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn ping(&self) -> Result<(), Error> {
        self.attempt("ping", || async {
            self.any_conn().await?.ping().await?;
            Ok(())
        })
        .await
    }

    /// Closes all connections; waits for those in use.
    pub async fn close(&self) {
        if let Err(error) = self.pool().pool.disconnect().await {
            log::warn!("the database's connections did not close: {error}");
        }
    }

    fn pool(&self) -> Renewable {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Leaves the pool behind that was of this age when something did not come to an end.
    ///
    /// A connection that is given back in the middle of an answer is read to its end, by the
    /// crate, without a time limit: when nothing comes, it is a slot less for ever. What is in use
    /// still ends within its own time, so there are never more than twice as many connections.
    fn renew(&self, age: u64) {
        let mut now = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if now.age == age {
            log::info!("the connections to the database are made anew: it took too long");
            *now = Renewable { age: age + 1, pool: Pool::new(self.opts.clone()) };
        }
    }

    /// A connection to tables of the level that we know.
    async fn conn(&self) -> Result<Conn, Fault> {
        self.check_level().await?;
        self.any_conn().await
    }

    /// A connection, whatever the tables are.
    async fn any_conn(&self) -> Result<Conn, Fault> {
        let pool = self.pool().pool;
        self.at_home(async move { pool.get_conn().await }).await
    }

    async fn at_home<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, mysql_async::Error>> + Send + 'static,
    ) -> Result<T, Fault> {
        let Some(home) = &self.home else { return Ok(work.await?) };
        let task = home.spawn(work);
        // Whoever stops waiting leaves nothing behind that waits for ever and holds a slot.
        let _ended = EndOnDrop(task.abort_handle());
        match task.await {
            Ok(done) => Ok(done?),
            Err(error) => {
                let message = "the runtime of the connections is gone";
                Err(Error::because(Kind::Unavailable, message, error).into())
            }
        }
    }

    /// A transaction that holds the device's row.
    ///
    /// A device whose row is gone (an administrator, a fault of Horde) is not locked.
    async fn begin(&self, device: &str) -> Result<Transaction<'static>, Fault> {
        self.check_level().await?;
        let mut tx = self.start().await?;
        let _: Option<String> = tx.exec_first(LOCK_DEVICE, (device,)).await?;
        Ok(tx)
    }

    /// A transaction that holds nothing yet.
    async fn start(&self) -> Result<Transaction<'static>, Fault> {
        let pool = self.pool().pool;
        self.at_home(async move { pool.start_transaction(TxOpts::default()).await }).await
    }

    async fn check_level(&self) -> Result<(), Fault> {
        let seen = self.level_seen.lock().map_or(None, |seen| *seen);
        if seen.is_some_and(|seen| seen.elapsed() < LEVEL_TRUSTED) {
            return Ok(());
        }
        let level: Option<Option<i64>> = self.any_conn().await?.query_first(SCHEMA_VERSION).await?;
        let message = match level.flatten() {
            Some(LEVEL) => {
                if let Ok(mut seen) = self.level_seen.lock() {
                    *seen = Some(Instant::now());
                }
                return Ok(());
            }
            Some(level) => format!(
                "horde's activesync tables are of level {level}, this program knows level {LEVEL} alone"
            ),
            None => "horde's activesync tables have no level: run horde-db-migrate".to_owned(),
        };
        Err(Error::new(Kind::Unavailable, message).into())
    }

    /// Runs something, again when the database asks for it, and never for too long.
    async fn attempt<T, F: Future<Output = Result<T, Fault>>>(
        &self,
        what: &'static str,
        mut once: impl FnMut() -> F,
    ) -> Result<T, Error> {
        let mut n_left = REPEATS;
        loop {
            let age = self.pool().age;
            let fault = match timeout(self.patience, once()).await {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(fault)) => fault,
                Err(_) => {
                    self.renew(age);
                    return Err(Error::new(
                        Kind::Unavailable,
                        format!("{what}: the database took too long"),
                    ));
                }
            };
            match fault {
                Fault::Sql(error) if n_left > 0 && is_conflict(&error) => {
                    log::debug!("{what} is tried again: {error}");
                    n_left -= 1;
                    sleep(PAUSE).await;
                }
                Fault::Sql(error) => return Err(sql_error(what, error)),
                Fault::State(error) => return Err(error),
            }
        }
    }
}

/// The pool, and how many there were before.
#[derive(Clone, Debug)]
struct Renewable {
    age: u64,
    pool: Pool,
}

/// Ends a task when nobody waits for it any more.
struct EndOnDrop(AbortHandle);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What goes wrong inside an attempt.
#[derive(Debug)]
enum Fault {
    Sql(mysql_async::Error),
    State(Error),
}

impl From<mysql_async::Error> for Fault {
    fn from(error: mysql_async::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::State(error)
    }
}

/// The error for a row that can not be read.
fn unreadable(table: &str, error: Unreadable) -> Error {
    Error::because(Kind::Stale, format!("a row of {table} can not be read"), error)
}

/// Deadlock or a lock that was not given up in time.
fn is_conflict(error: &mysql_async::Error) -> bool {
    matches!(error, mysql_async::Error::Server(server) if matches!(server.code, 1205 | 1213))
}

fn sql_error(what: &str, error: mysql_async::Error) -> Error {
    let kind = match &error {
        // Out of range, not a character of the column, too long.
        mysql_async::Error::Server(server) if matches!(server.code, 1264 | 1366 | 1406) => {
            Kind::Invalid
        }
        _ => Kind::Unavailable,
    };
    Error::because(kind, format!("{what}: the database refused"), error)
}

/// Numbers of databases.
static NEXT: AtomicU64 = AtomicU64::new(0);
/// The level of Horde's tables that we know.
const LEVEL: i64 = 23;
/// How long a level is believed.
const LEVEL_TRUSTED: Duration = Duration::from_secs(60);
/// How often an attempt is repeated after a deadlock.
const REPEATS: u32 = 2;
/// The pause before that.
const PAUSE: Duration = Duration::from_millis(20);
/// How long Horde may take to put back a row that it replaces.
const PAUSE_FOR_ROW: Duration = Duration::from_millis(50);
/// Stands for the hierarchy in the column of the folder.
const HIERARCHY: &str = "foldersync";
