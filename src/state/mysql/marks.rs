//! A mark of what Horde keeps of a user: preferences, permissions, groups, shares.
//!
//! One statement over tables that are Horde's alone; nothing but hashes and names of preferences
//! and shares leaves the database.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::state::mysql::Mysql;
use crate::state::{Error, Kind};

/// The tables to look at.
#[derive(Clone, Debug, Default)]
pub struct MarkedTables<'a> {
    /// Preferences.
    pub prefs: &'a str,
    /// Permissions.
    pub perms: &'a str,
    /// Members of groups.
    pub members: Option<&'a str>,
    /// Shares; beside each stand two of the same name with `_users` and `_groups`.
    pub shares: Vec<SharesTable<'a>>,
}

/// One table of shares.
#[derive(Clone, Debug)]
pub struct SharesTable<'a> {
    /// Its name.
    pub name: &'a str,
    /// Columns that count beside those that all such tables have.
    pub columns: &'static [&'static str],
}

impl Mysql {
    /// A value that is another one when any of it was changed.
    ///
    /// # Errors
    /// `Invalid` for names that are none, `Unavailable` when the tables can not be read.
    pub async fn mark(&self, user: &str, tables: &MarkedTables<'_>) -> Result<[u8; 32], Error> {
        let (statement, n_users) = statement(tables)?;
        let mut rows: Vec<Vec<u8>> = self
            .attempt("mark", || async {
                let values = vec![user; n_users];
                self.look_anywhere(&statement, values).await
            })
            .await?;
        rows.sort_unstable();
        let mut hash = Sha256::new();
        hash.update(statement.as_bytes());
        for row in rows {
            hash.update(row.len().to_be_bytes());
            hash.update(row);
        }
        Ok(hash.finalize().into())
    }
}

/// The statement, and how often it wants the user.
fn statement(tables: &MarkedTables<'_>) -> Result<(String, usize), Error> {
    let mut parts = vec![preferences(tables.prefs)?, permissions(tables.perms)?];
    if let Some(members) = tables.members {
        let members = quoted(members, "")?;
        parts.push(format!(
            "SELECT CONCAT_WS(',', 'member', group_uid) FROM {members} WHERE user_uid = ?"
        ));
    }
    for table in &tables.shares {
        parts.extend(shares(table, tables.members)?);
    }
    let statement = parts.join(" UNION ALL ");
    let n_users = statement.matches('?').count();
    Ok((statement, n_users))
}

fn preferences(table: &str) -> Result<String, Error> {
    // Horde writes those two at each login on its pages.
    Ok(format!(
        "SELECT CONCAT_WS(',', 'pref', QUOTE(pref_scope), QUOTE(pref_name), MD5(pref_value)) \
         FROM {} WHERE pref_uid = ? AND pref_name NOT IN ('last_login', 'last_logintasks')",
        quoted(table, "")?
    ))
}

fn permissions(table: &str) -> Result<String, Error> {
    Ok(format!(
        "SELECT CONCAT_WS(',', 'perms', COUNT(*), BIT_XOR(CAST(CONV(LEFT(MD5(CONCAT_WS(',', \
         QUOTE(perm_name), QUOTE(perm_data))), 15), 16, 10) AS UNSIGNED))) FROM {}",
        quoted(table, "")?
    ))
}

/// The shares that a user may see: own ones, those for all, those given to the user or a group.
fn shares(table: &SharesTable<'_>, members: Option<&str>) -> Result<Vec<String>, Error> {
    let name = quoted(table.name, "")?;
    let mut columns = String::from("QUOTE(s.share_name), QUOTE(s.share_owner), s.share_flags");
    for whose in ["creator", "default"] {
        for bit in BITS {
            write!(columns, ", s.perm_{whose}_{bit}").ok();
        }
    }
    for column in ["attribute_name"].iter().chain(table.columns) {
        write!(columns, ", QUOTE(s.{column})").ok();
    }
    let given = BITS.map(|bit| format!("g.perm_{bit}")).join(", ");
    let label = table.name;
    let mut all = vec![
        format!(
            "SELECT CONCAT_WS(',', '{label} own', {columns}) FROM {name} s WHERE s.share_owner = ?"
        ),
        format!(
            "SELECT CONCAT_WS(',', '{label} all', {columns}) FROM {name} s \
             WHERE s.perm_default_2 = 1 OR s.perm_default_4 = 1 OR s.perm_creator_2 = 1 \
             OR s.perm_creator_4 = 1 OR s.share_owner IS NULL"
        ),
        format!(
            "SELECT CONCAT_WS(',', '{label} user', {given}, {columns}) FROM {} g \
             JOIN {name} s ON s.share_id = g.share_id WHERE g.user_uid = ?",
            quoted(table.name, "_users")?
        ),
    ];
    if let Some(members) = members {
        all.push(format!(
            "SELECT CONCAT_WS(',', '{label} group', m.group_uid, {given}, {columns}) FROM {} m \
             JOIN {} g ON g.group_uid = CAST(m.group_uid AS CHAR) \
             JOIN {name} s ON s.share_id = g.share_id WHERE m.user_uid = ?",
            quoted(members, "")?,
            quoted(table.name, "_groups")?
        ));
    }
    Ok(all)
}

/// A name fit for a statement: it comes from another program.
fn quoted(name: &str, suffix: &str) -> Result<String, Error> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if name.is_empty() || name.len() > 60 || !name.chars().all(is_plain) {
        return Err(Error::new(Kind::Invalid, "the name of a table has odd characters"));
    }
    Ok(format!("`{name}{suffix}`"))
}

/// Show, read, edit, delete.
const BITS: [u32; 4] = [2, 4, 8, 16];

#[cfg(test)]
mod tests {
    use crate::state::mysql::marks::{MarkedTables, SharesTable, statement};

    #[test]
    fn each_part_knows_its_user() {
        let shares = vec![SharesTable { name: "turba_sharesng", columns: &["attribute_params"] }];
        let tables = MarkedTables { prefs: "p", perms: "q", members: Some("m"), shares };
        let (text, n_users) = statement(&tables).unwrap();
        assert_eq!(n_users, 5);
        assert_eq!(text.matches(" UNION ALL ").count(), 6);
        assert!(text.contains("QUOTE(s.attribute_params)"));
        let (_, n_users) = statement(&MarkedTables { members: None, ..tables }).unwrap();
        assert_eq!(n_users, 3);
    }

    #[test]
    fn odd_names_never_reach_the_database() {
        for name in ["", "a`b", "a b", "a;b", "ä", &"x".repeat(61)] {
            let tables = MarkedTables { prefs: name, perms: "q", ..MarkedTables::default() };
            assert!(statement(&tables).is_err(), "{name}");
        }
    }
}
