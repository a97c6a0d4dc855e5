//! What Horde keeps of a user, seen by SQL: fills the port of `backend` from `state::mysql`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::backend::marks::{Mark, Places};
use crate::backend::{Error, Kind, Marks};
use crate::logging::chain;
use crate::state::mysql::{MarkedTables, Mysql, SharesTable};

/// [`Marks`] by SQL.
pub(super) struct SqlMarks {
    mysql: Arc<Mysql>,
    /// Since when the tables can not be read.
    shut: Mutex<Option<Instant>>,
}

impl SqlMarks {
    pub(super) fn new(mysql: Arc<Mysql>) -> Self {
        Self { mysql, shut: Mutex::default() }
    }
}

#[async_trait]
impl Marks for SqlMarks {
    async fn mark(&self, user: &str, places: &Places) -> Result<Mark, Error> {
        let is_shut = |since: Instant| since.elapsed() < TRY_AGAIN;
        if self.shut.lock().is_ok_and(|shut| shut.is_some_and(is_shut)) {
            return Err(Error::new(Kind::Denied, "the tables could not be read a moment ago"));
        }
        let tables = MarkedTables {
            prefs: &places.prefs,
            perms: &places.perms,
            members: places.members.as_deref(),
            shares: places.shares.iter().map(|(class, name)| table(class, name)).collect(),
        };
        let error = match self.mysql.mark(user, &tables).await {
            Ok(mark) => return Ok(mark),
            Err(error) => error,
        };
        if let Ok(mut shut) = self.shut.lock() {
            *shut = Some(Instant::now());
        }
        log::debug!("Horde is asked for folders each time: {}", chain(&error));
        Err(Error::because(Kind::Denied, "looking at preferences and shares", error))
    }
}

fn table<'a>(class: &str, name: &'a str) -> SharesTable<'a> {
    // Which source an address book is stands there.
    let columns: &[&str] = if class == "contacts" { &["attribute_params"] } else { &[] };
    SharesTable { name, columns }
}

/// How long no look is tried after one that failed.
const TRY_AGAIN: Duration = Duration::from_secs(60);
