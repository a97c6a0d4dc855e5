//! What an operator should know of the database.

use mysql_async::prelude::Queryable;

use crate::state::Error;
use crate::state::mysql::{Fault, LEVEL, Mysql};

const SERVER: &str = "SELECT VERSION()";
const TABLES: &str = "SELECT table_name, COALESCE(engine, '') FROM information_schema.tables \
    WHERE table_schema = DATABASE()";
const COLUMNS: &str = "SELECT table_name, column_name, character_set_name \
    FROM information_schema.columns WHERE table_schema = DATABASE() \
    AND table_name LIKE 'horde|_activesync|_%' ESCAPE '|' AND character_set_name IS NOT NULL \
    ORDER BY table_name, column_name";
const LEVELS: &str = "SELECT MAX(version) FROM horde_activesync_schema_info";
const BINLOG: &str = "SELECT @@log_bin, @@binlog_format";
const READABLE: &str = "SELECT COUNT(*) FROM horde_histories WHERE history_modseq < 0";

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Version of the server, as it says.
    pub server: String,
    /// Level of the tables; `None` where there are none.
    pub level: Option<i64>,
    /// What stops the service: sentences for an operator.
    pub problems: Vec<String>,
    /// What an operator should know.
    pub notes: Vec<String>,
}

impl Mysql {
    /// Looks at Horde's ActiveSync tables without changing anything.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn inspect_state(&self) -> Result<Inspection, Error> {
        self.attempt("inspection", || self.try_inspect_state()).await
    }

    /// Looks at Horde's history without changing anything.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn inspect_history(&self) -> Result<Inspection, Error> {
        self.attempt("inspection", || async {
            let mut conn = self.any_conn().await?;
            let server = conn.query_first(SERVER).await?.unwrap_or_default();
            let mut found = Inspection { server, ..Inspection::default() };
            let tables: Vec<(String, String)> = conn.query(TABLES).await?;
            for table in HISTORY_TABLES {
                if !tables.iter().any(|(name, _)| name == table) {
                    found.problems.push(format!("the table {table} is missing or not readable"));
                }
            }
            if found.problems.is_empty() {
                let _: Option<i64> = conn.query_first(READABLE).await?;
            }
            Ok(found)
        })
        .await
    }

    async fn try_inspect_state(&self) -> Result<Inspection, Fault> {
        let mut conn = self.any_conn().await?;
        let server = conn.query_first(SERVER).await?.unwrap_or_default();
        let mut found = Inspection { server, ..Inspection::default() };
        let tables: Vec<(String, String)> = conn.query(TABLES).await?;
        for table in STATE_TABLES {
            match tables.iter().find(|(name, _)| name == table) {
                None => found
                    .problems
                    .push(format!("the table {table} is missing or not readable: run horde-db-migrate, or see sql/grants.sql")),
                Some((_, engine)) if !engine.eq_ignore_ascii_case("innodb") => {
                    found.problems.push(format!(
                        "the table {table} has the engine {engine}, which knows no transactions"
                    ));
                }
                Some(_) => {}
            }
        }
        if !found.problems.is_empty() {
            return Ok(found);
        }
        for (table, what) in OWN_TABLES {
            if !tables.iter().any(|(name, _)| name == table) {
                found.problems.push(format!(
                    "the table {table} is missing or not readable, {what}: see sql/eas and sql/grants.sql"
                ));
            }
        }
        let level: Option<Option<i64>> = conn.query_first(LEVELS).await?;
        found.level = level.flatten();
        if found.level != Some(LEVEL) {
            let level = found.level.map_or_else(|| "none".to_owned(), |level| level.to_string());
            found.problems.push(format!(
                "the level of horde's activesync tables is {level}, this program knows {LEVEL} alone"
            ));
        }
        let columns: Vec<(String, String, String)> = conn.query(COLUMNS).await?;
        for (table, column, charset) in columns {
            if charset != "utf8mb4" {
                found.notes.push(format!(
                    "the column {table}.{column} has the character set {charset}: folders whose names need more are left out"
                ));
            }
        }
        let binlog: Option<(i64, String)> = conn.query_first(BINLOG).await?;
        if binlog.is_some_and(|(is_on, format)| is_on == 1 && format == "STATEMENT") {
            found.problems.push(
                "binlog_format is STATEMENT, which does not go with READ COMMITTED: set it to MIXED or ROW".to_owned(),
            );
        }
        Ok(found)
    }
}

const STATE_TABLES: [&str; 7] = [
    "horde_activesync_cache",
    "horde_activesync_device",
    "horde_activesync_device_users",
    "horde_activesync_mailmap",
    "horde_activesync_map",
    "horde_activesync_schema_info",
    "horde_activesync_state",
];
/// Tables of our own, and what does not work without them.
const OWN_TABLES: [(&str, &str); 1] = [("eas_moves", "phones can not move mail")];
const HISTORY_TABLES: [&str; 2] = ["horde_histories", "horde_histories_modseq"];
