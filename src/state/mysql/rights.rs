//! The rights of the database user, each tried by a statement that finds no row.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::finding::Finding;
use crate::state::mysql::Fault;
use crate::state::mysql::schema::Table;

const OWN_GRANTS: &str = "SHOW GRANTS";

/// Tries what `sql/grants.sql` grants; nothing is written, for no row is false.
pub(super) async fn try_rights(conn: &mut Conn, table: &Table) -> Result<Vec<Finding>, Fault> {
    let mut findings = Vec::new();
    for right in &table.rights {
        let Some(statement) = trial(table, right) else { continue };
        let Err(error) = conn.query_drop(statement).await else { continue };
        let mysql_async::Error::Server(server) = &error else { return Err(error.into()) };
        findings.extend(match server.code {
            DENIED | COLUMN_DENIED => Some(
                Finding::error(
                    "database.rights",
                    format!("the database user may not {right} here"),
                )
                .because(server.message.clone())
                .mend("run sql/grants.sql with the user's name in it")
                .at("table", &table.name),
            ),
            // Told already: a column that is missing.
            UNKNOWN_COLUMN => None,
            _ => Some(
                Finding::error("database.rights", format!("{right} does not work here"))
                    .because(server.message.clone())
                    .mend("see the server's settings and its log")
                    .at("table", &table.name),
            ),
        });
    }
    Ok(findings)
}

/// Rights that are not needed.
pub(super) async fn excess(conn: &mut Conn) -> Result<Option<Finding>, Fault> {
    let grants: Vec<String> = conn.query(OWN_GRANTS).await?;
    let is_mighty = grants.iter().any(|grant| grant.starts_with("GRANT ALL PRIVILEGES"));
    Ok(is_mighty.then(|| {
        Finding::note("database.excess-rights", "the database user may do more than it needs")
            .because("whoever takes over this program could read and change all of Horde's tables")
            .mend("make a user with sql/grants.sql")
    }))
}

fn trial(table: &Table, right: &str) -> Option<String> {
    let name = &table.name;
    let columns = table.columns.join(", ");
    let first = table.columns.first()?;
    match right {
        "SELECT" => Some(format!("SELECT {columns} FROM {name} LIMIT 0")),
        "INSERT" => {
            Some(format!("INSERT INTO {name} ({columns}) SELECT {columns} FROM {name} WHERE FALSE"))
        }
        "UPDATE" => Some(format!("UPDATE {name} SET {first} = {first} WHERE FALSE")),
        "DELETE" => Some(format!("DELETE FROM {name} WHERE FALSE")),
        _ => None,
    }
}

const COLUMN_DENIED: u16 = 1143;
const DENIED: u16 = 1142;
const UNKNOWN_COLUMN: u16 = 1054;
