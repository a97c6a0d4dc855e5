//! Short looks at the database over a connection of the thread's own.
//!
//! The connections of the pool are driven by the one thread that made them: a request on another
//! thread pays two wake-ups for each statement. A thread of the web server keeps one more
//! connection for itself, for statements that only read; when that is in use, or broken, the pool
//! serves as ever.

use std::cell::RefCell;
use std::time::Duration;

use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, Params};
use tokio::runtime::{Handle, Id};
use tokio::time::Instant;

use crate::state::mysql::config::IDLE;
use crate::state::mysql::{Fault, Mysql};

thread_local! {
    static NEAR: RefCell<Vec<Near>> = const { RefCell::new(Vec::new()) };
}

/// What a thread has of one database.
struct Near {
    database: u64,
    /// Who drives it: a thread may get another runtime, and the connection is dead then.
    runtime: Id,
    state: State,
}

enum State {
    /// Since when.
    Broken(Instant),
    /// Since when.
    Idle(Conn, Instant),
    InUse,
}

impl Mysql {
    /// The rows of a statement that reads, and may be made twice, on tables of the level that we
    /// know.
    pub(super) async fn look<T, P>(&self, statement: &str, values: P) -> Result<Vec<T>, Fault>
    where
        T: FromRow + Send + 'static,
        P: Into<Params> + Send,
    {
        self.check_level().await?;
        self.look_anywhere(statement, values).await
    }

    /// The same, whatever the tables are.
    pub(super) async fn look_anywhere<T, P>(
        &self,
        statement: &str,
        values: P,
    ) -> Result<Vec<T>, Fault>
    where
        T: FromRow + Send + 'static,
        P: Into<Params> + Send,
    {
        let values = values.into();
        if let Some(mut lent) = Lent::take(self.id) {
            let found = match lent.conn.take() {
                Some(conn) => Ok(conn),
                None => Conn::new(self.opts.clone()).await,
            };
            if let Ok(mut conn) = found
                && let Ok(rows) = conn.exec(statement, values.clone()).await
            {
                lent.conn = Some(conn);
                return Ok(rows);
            }
            // Whatever is wrong, the pool tells it once more and better.
        }
        Ok(self.any_conn().await?.exec(statement, values).await?)
    }
}

/// The thread's connection while it is in use; given back when dropped, if it is still of use.
struct Lent {
    database: u64,
    runtime: Id,
    conn: Option<Conn>,
}

impl Lent {
    /// `None` when it is in use already, or broke a moment ago.
    fn take(database: u64) -> Option<Self> {
        let runtime = Handle::try_current().ok()?.id();
        NEAR.with_borrow_mut(|all| {
            all.retain(|near| near.runtime == runtime);
            let Some(near) = all.iter_mut().find(|near| near.database == database) else {
                all.push(Near { database, runtime, state: State::InUse });
                return Some(Self { database, runtime, conn: None });
            };
            let conn = match std::mem::replace(&mut near.state, State::InUse) {
                // What lay idle for long may have been closed by the server.
                State::Idle(conn, since) => (since.elapsed() < IDLE).then_some(conn),
                State::Broken(since) if since.elapsed() < PAUSE => {
                    near.state = State::Broken(since);
                    return None;
                }
                State::Broken(_) => None,
                State::InUse => return None,
            };
            Some(Self { database, runtime, conn })
        })
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // Without a connection it broke, or was left in the middle of an answer.
        let now = Instant::now();
        let state = self.conn.take().map_or(State::Broken(now), |conn| State::Idle(conn, now));
        NEAR.with_borrow_mut(|all| {
            let is_own =
                |near: &&mut Near| near.database == self.database && near.runtime == self.runtime;
            if let Some(near) = all.iter_mut().find(is_own) {
                near.state = state;
            }
        });
    }
}

/// How long the pool alone is used after something broke.
const PAUSE: Duration = Duration::from_secs(5);
