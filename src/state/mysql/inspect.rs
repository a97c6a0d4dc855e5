//! What an operator should know of the database; nothing is changed.

use std::collections::BTreeMap;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::finding::{Finding, Severity};
use crate::state::Error;
use crate::state::mysql::schema::{HORDE, OWN, Table, tables};
use crate::state::mysql::{Config, Fault, LEVEL, Mysql, inspect_server, rights};

const SERVER: &str = "SELECT VERSION()";
const TABLES: &str = "SELECT table_name, COALESCE(engine, ''), COALESCE(table_type, '') \
    FROM information_schema.tables WHERE table_schema = DATABASE()";
const COLUMNS: &str = "SELECT table_name, column_name, COALESCE(character_set_name, ''), \
    COALESCE(collation_name, '') FROM information_schema.columns \
    WHERE table_schema = DATABASE() ORDER BY table_name, column_name";
const KEYS: &str = "SELECT table_name, column_name FROM information_schema.statistics \
    WHERE table_schema = DATABASE() AND seq_in_index = 1";
const LEVELS: &str = "SELECT MAX(version) FROM horde_activesync_schema_info";
const LARGEST: [(&str, &str); 2] = [
    (
        "horde_activesync_state",
        "SELECT MAX(COALESCE(LENGTH(sync_data), 0) + COALESCE(LENGTH(sync_pending), 0)) \
         FROM horde_activesync_state",
    ),
    (
        "horde_activesync_cache",
        "SELECT MAX(COALESCE(LENGTH(cache_data), 0)) FROM horde_activesync_cache",
    ),
];

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Version of the server, as it says.
    pub server: String,
    /// Level of the tables; `None` where there are none.
    pub level: Option<i64>,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
}

impl Inspection {
    /// Whether something stops the service.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

impl Mysql {
    /// Looks at Horde's ActiveSync tables, and at our own.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer: see [`reach`].
    pub async fn inspect_state(&self, now_millis: i64) -> Result<Inspection, Error> {
        let mut found = self
            .attempt("inspection", || async {
                let mut conn = self.any_conn().await?;
                let mut all = horde_tables();
                all.retain(|table| table.name.starts_with(STATE_PREFIX));
                let mut found = look(&mut conn, &all).await?;
                if !found.has_errors() {
                    read_level(&mut conn, &mut found).await?;
                }
                for (file, text, lost) in OWN {
                    let mend = format!(
                        "run sql/eas/{file} and sql/grants.sql as the database's administrator"
                    );
                    let own = Wanted { tables: &tables(text), lost, mend: &mend };
                    look_at_tables(&mut conn, &own, &mut found).await?;
                }
                let variables = inspect_server::variables(&mut conn).await?;
                found.findings.extend(inspect_server::judge(&variables, &self.limits));
                found.findings.extend(inspect_server::clock(&mut conn, now_millis).await?);
                found.findings.extend(rights::excess(&mut conn).await?);
                Ok(found)
            })
            .await?;
        if !found.has_errors() {
            found.findings.extend(self.largest_rows().await);
        }
        Ok(found)
    }

    /// Looks at Horde's history.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer: see [`reach`].
    pub async fn inspect_history(&self) -> Result<Inspection, Error> {
        self.attempt("inspection", || async {
            let mut conn = self.any_conn().await?;
            let mut all = horde_tables();
            all.retain(|table| !table.name.starts_with(STATE_PREFIX));
            look(&mut conn, &all).await
        })
        .await
    }

    /// The largest rows against what one packet may hold; in many rows this may take too long.
    async fn largest_rows(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (table, query) in LARGEST {
            let looked = self
                .attempt("inspection of row sizes", || async {
                    let mut conn = self.any_conn().await?;
                    let bytes: Option<Option<u64>> = conn.query_first(query).await?;
                    let packet: Option<u64> =
                        conn.query_first("SELECT @@max_allowed_packet").await?;
                    Ok((bytes.flatten().unwrap_or(0), packet.unwrap_or(u64::MAX)))
                })
                .await;
            match looked {
                Ok((bytes, packet)) => {
                    findings.extend(inspect_server::packet(table, bytes, packet));
                }
                Err(error) => findings.push(
                    Finding::note(
                        "database.packet",
                        format!("sizes of rows were not looked at: {error}"),
                    )
                    .at("table", table),
                ),
            }
        }
        findings
    }
}

/// Why a database can not be reached; without a cause where only the error's own words tell it.
#[must_use]
pub fn reach(config: &Config, error: &Error) -> Finding {
    let place = match &config.socket {
        Some(socket) => format!("the socket {socket}"),
        None => format!("{}:{}", config.host, config.port),
    };
    let source = error.source.as_ref().and_then(|source| source.downcast_ref());
    let Some(mysql_async::Error::Server(server)) = source else {
        let mend =
            "see `host`, `port` and `socket`; is the server running, and no firewall between?";
        let mend = if matches!(source, Some(mysql_async::Error::Io(mysql_async::IoError::Tls(_)))) {
            "see `tls` and `tls_ca`: the certificate must be for `host`, and signed by one trusted"
        } else {
            mend
        };
        return Finding::error("database.reach", format!("no connection to {place}")).mend(mend);
    };
    let user = &config.user;
    let (code, what, mend) = match server.code {
        1045 | 1698 => (
            "database.login",
            format!("the server at {place} refuses the user `{user}`"),
            "see `user` and `password`; sql/grants.sql makes the user, for the host it comes from",
        ),
        1044 | 1049 => (
            "database.name",
            format!("the user `{user}` finds no database `{}`", config.database),
            "see `database`; it must be Horde's, and the user needs the rights of sql/grants.sql",
        ),
        1040 | 1203 | 1226 => (
            "database.connections",
            format!("the server at {place} takes no more connections"),
            "raise max_connections or the user's limit, or lower `connections`",
        ),
        1129 | 1130 => (
            "database.reach",
            format!("the server at {place} does not let this host in"),
            "make the user for this host (sql/grants.sql names 127.0.0.1); FLUSH HOSTS unblocks one",
        ),
        _ => (
            "database.reach",
            format!("the server at {place} does not answer as it should"),
            "see the server's log",
        ),
    };
    Finding::error(code, what).because(server.message.clone()).mend(mend)
}

fn horde_tables() -> Vec<Table> {
    tables(HORDE)
}

async fn look(conn: &mut Conn, wanted: &[Table]) -> Result<Inspection, Fault> {
    let server = conn.query_first(SERVER).await?.unwrap_or_default();
    let mut found = Inspection { server, ..Inspection::default() };
    let mend = "run horde-db-migrate, or see sql/grants.sql";
    let wanted = Wanted { tables: wanted, lost: "nothing is synced", mend };
    look_at_tables(conn, &wanted, &mut found).await?;
    Ok(found)
}

/// Tables that belong together.
struct Wanted<'a> {
    tables: &'a [Table],
    /// What does not work without them.
    lost: &'a str,
    mend: &'a str,
}

async fn look_at_tables(
    conn: &mut Conn,
    wanted: &Wanted<'_>,
    found: &mut Inspection,
) -> Result<(), Fault> {
    let seen: Vec<(String, String, String)> = conn.query(TABLES).await?;
    let engines: BTreeMap<&str, &str> =
        seen.iter().map(|(name, engine, _)| (name.as_str(), engine.as_str())).collect();
    let columns: Vec<(String, String, String, String)> = conn.query(COLUMNS).await?;
    let keys: Vec<(String, String)> = conn.query(KEYS).await?;
    for table in wanted.tables {
        match engines.get(table.name.as_str()) {
            None => {
                found.findings.push(missing(&table.name, wanted));
                continue;
            }
            Some(engine) if !engine.eq_ignore_ascii_case("innodb") => {
                found.findings.push(
                    Finding::error("database.engine", format!("the table has the engine {engine}"))
                        .because("it knows no transactions: a broken request would leave half of its rows")
                        .mend(format!("ALTER TABLE {} ENGINE=InnoDB", table.name))
                        .at("table", &table.name),
                );
            }
            Some(_) => {}
        }
        let own: Vec<_> = columns.iter().filter(|(name, ..)| *name == table.name).collect();
        for column in &table.columns {
            if !own.iter().any(|(_, name, ..)| name == column) {
                found.findings.push(
                    Finding::error("database.column", format!("the column {column} is missing"))
                        .because("a migration stopped half-way, the tables are of another level, or the user may not see it")
                        .mend(wanted.mend)
                        .at("table", &table.name),
                );
            }
        }
        for column in &table.keyed {
            if !keys.iter().any(|(name, first)| *name == table.name && first == column) {
                found.findings.push(
                    Finding::warning("database.key", format!("no key begins with {column}"))
                        .because("every request reads the whole table")
                        .mend("compare with sql: Horde's migrations, or the file of the table, make it")
                        .at("table", &table.name),
                );
            }
        }
        found.findings.extend(rights::try_rights(conn, table).await?);
    }
    let columns: Vec<_> = columns
        .iter()
        .filter(|(name, ..)| wanted.tables.iter().any(|table| table.name == *name))
        .collect();
    found.findings.extend(charsets(&columns));
    Ok(())
}

fn missing(table: &str, wanted: &Wanted<'_>) -> Finding {
    let what = "the table is missing, or the user has no right on it at all";
    Finding::error("database.table", what)
        .because(format!("without it {}", wanted.lost))
        .mend(wanted.mend)
        .at("table", table)
}

fn charsets(columns: &[&(String, String, String, String)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (table, column, charset, _) in columns.iter().filter(|column| !column.2.is_empty()) {
        if charset != "utf8mb4" && table.starts_with(STATE_PREFIX) {
            findings.push(
                Finding::note("database.charset", format!("the column {column} has the character set {charset}"))
                    .because("names with other characters do not fit: such folders are left out, such devices refused")
                    .mend(format!("ALTER TABLE {table} CONVERT TO CHARACTER SET utf8mb4, while no phone syncs"))
                    .at("table", table),
            );
        }
    }
    let of_devices: BTreeMap<&str, &str> = columns
        .iter()
        .filter(|(_, column, ..)| column == "device_id")
        .map(|(table, _, _, collation)| (table.as_str(), collation.as_str()))
        .collect();
    let mut collations: Vec<&str> = of_devices.values().copied().collect();
    collations.dedup();
    if collations.len() > 1 {
        findings.push(
            Finding::error(
                "database.collation",
                format!("device_id has the collations {}", collations.join(" and ")),
            )
            .because("the database can not compare the two columns: no device is found")
            .mend("ALTER TABLE … CONVERT TO CHARACTER SET … COLLATE … makes the two tables alike")
            .at("table", "horde_activesync_device_users"),
        );
    }
    findings
}

async fn read_level(conn: &mut Conn, found: &mut Inspection) -> Result<(), Fault> {
    let level: Option<Option<i64>> = conn.query_first(LEVELS).await?;
    found.level = level.flatten();
    if found.level != Some(LEVEL) {
        let level = found.level.map_or_else(|| "none".to_owned(), |level| level.to_string());
        found.findings.push(
            Finding::error(
                "database.level",
                format!("horde's activesync tables have the level {level}"),
            )
            .because(format!("this program knows level {LEVEL} alone, and touches no other"))
            .mend("below: run horde-db-migrate; above: this Horde is newer than this program")
            .at("table", "horde_activesync_schema_info"),
        );
    }
    Ok(())
}

const STATE_PREFIX: &str = "horde_activesync_";
