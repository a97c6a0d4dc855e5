//! The tables that must be there and the rights on them, read from the files in `sql`.

/// Horde's tables.
pub(super) const HORDE: &str = include_str!("../../../sql/horde-state.sql");
/// Tables of our own: the file, its text, what does not work without it. A test holds the list to
/// the folder `sql/eas`.
pub(super) const OWN: &[(&str, &str, &str)] = &[
    ("moves.sql", include_str!("../../../sql/eas/moves.sql"), "phones can not move mail"),
    ("outbox.sql", include_str!("../../../sql/eas/outbox.sql"), "phones can not send mail"),
];
/// The rights.
const GRANTS: &str = include_str!("../../../sql/grants.sql");

/// What must be there of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    /// First columns of the keys.
    pub(super) keyed: Vec<String>,
    /// Rights that are needed: `SELECT` and so on.
    pub(super) rights: Vec<String>,
}

/// The tables of a file, without their rights.
pub(super) fn tables(sql: &str) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut table: Option<Table> = None;
    for line in sql.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
            let name = rest.trim_start_matches("IF NOT EXISTS ").split([' ', '(']).next();
            table = name.map(|name| Table { name: plain(name), ..Table::default() });
        } else if line.starts_with(')') {
            tables.extend(table.take());
        } else if let Some(table) = &mut table {
            read_line(line, table);
        }
    }
    for table in &mut tables {
        table.rights = rights(&table.name);
    }
    tables
}

/// A line inside of a CREATE TABLE: a column, or a key.
fn read_line(line: &str, table: &mut Table) {
    let first = line.split([' ', '(']).next().unwrap_or_default();
    match first {
        "" | "--" => {}
        "PRIMARY" | "UNIQUE" | "KEY" | "INDEX" => {
            let inner = line.split_once('(').map(|(_, inner)| inner);
            let column = inner.and_then(|inner| inner.split([',', ')', '(']).next());
            table.keyed.extend(column.map(plain));
        }
        "CONSTRAINT" | "FOREIGN" | "CHECK" => {}
        column => table.columns.push(plain(column)),
    }
}

/// What `grants.sql` and the files of our own tables grant on a table.
fn rights(table: &str) -> Vec<String> {
    let files = OWN.iter().map(|(_, text, _)| *text).chain([GRANTS]);
    let mut found = Vec::new();
    for line in files.flat_map(str::lines) {
        let Some((list, rest)) = line
            .trim()
            .trim_start_matches("-- ")
            .strip_prefix("GRANT ")
            .and_then(|rest| rest.split_once(" ON "))
        else {
            continue;
        };
        let granted = rest.split(' ').next().and_then(|name| name.rsplit('.').next());
        if granted.map(plain).as_deref() == Some(table) {
            found.extend(list.split(',').map(|right| right.trim().to_owned()));
        }
    }
    found.sort();
    found.dedup();
    found
}

fn plain(name: &str) -> String {
    name.trim().trim_matches('`').to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use crate::state::mysql::schema::{HORDE, OWN, tables};

    #[test]
    fn the_files_are_read() {
        let all = tables(HORDE);
        assert_eq!(all.len(), 9);
        let state = all.iter().find(|table| table.name == "horde_activesync_state").unwrap();
        assert_eq!(state.columns.len(), 8);
        assert_eq!(state.keyed, ["sync_key", "sync_folderid", "sync_devid"]);
        assert_eq!(state.rights, ["DELETE", "INSERT", "SELECT", "UPDATE"]);
        let history = all.iter().find(|table| table.name == "horde_histories").unwrap();
        assert_eq!(history.rights, ["SELECT"]);
        for (file, text, _) in OWN {
            let own = tables(text);
            assert!(!own.is_empty(), "{file} makes no table");
            for table in own {
                assert!(table.name.starts_with("eas_"), "{}", table.name);
                assert!(!table.rights.is_empty(), "nobody grants rights on {}", table.name);
                assert!(!table.keyed.is_empty(), "{} has no key", table.name);
            }
        }
    }

    #[test]
    fn all_files_of_our_own_are_listed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql/eas");
        let files = std::fs::read_dir(folder).into_iter().flatten();
        let found: BTreeSet<String> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".sql"))
            .collect();
        let listed: BTreeSet<String> = OWN.iter().map(|(file, ..)| (*file).to_owned()).collect();
        assert_eq!(listed, found);
    }
}
