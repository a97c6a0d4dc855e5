//! The mark of what Horde keeps of a user, against Horde's own tables and what its pages do to them.

use horde_eas::secret::Secret;
use horde_eas::state::mysql::{Config, MarkedTables, Mysql, SharesTable};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params};

use crate::support::stack::{self, Root, horde_database};

/// What Horde's pages do, and whether user A may see it.
const DEEDS: &[(&str, bool)] = &[
    ("INSERT INTO horde_prefs VALUES (:a, 'turba', 'sync_books', 'x')", true),
    ("UPDATE horde_prefs SET pref_value = 'y' WHERE pref_uid = :a", true),
    ("INSERT INTO horde_prefs VALUES (:a, 'horde', 'last_login', 'now')", false),
    ("INSERT INTO horde_prefs VALUES (:b, 'turba', 'sync_books', 'x')", false),
    ("INSERT INTO horde_perms (perm_name, perm_data) VALUES (:a, 'x')", true),
    ("UPDATE horde_perms SET perm_data = 'z' WHERE perm_name = :a", true),
    (
        "INSERT INTO turba_sharesng (share_name, share_owner, attribute_name) VALUES (:a, :a, 'Own')",
        true,
    ),
    ("UPDATE turba_sharesng SET attribute_name = 'Mine' WHERE share_name = :a", true),
    ("UPDATE turba_sharesng SET attribute_params = 'other' WHERE share_name = :a", true),
    (
        "INSERT INTO turba_sharesng (share_name, share_owner, attribute_name) VALUES (:b, :b, 'B')",
        false,
    ),
    (
        "INSERT INTO turba_sharesng_users (share_id, user_uid, perm_4) \
        SELECT share_id, :a, 1 FROM turba_sharesng WHERE share_name = :b",
        true,
    ),
    ("UPDATE turba_sharesng SET attribute_name = 'Of B' WHERE share_name = :b", true),
    ("UPDATE turba_sharesng_users SET perm_8 = 1 WHERE user_uid = :a", true),
    ("DELETE FROM turba_sharesng_users WHERE user_uid = :a", true),
    (
        "INSERT INTO turba_sharesng_users (share_id, user_uid, perm_4) \
        SELECT share_id, CONCAT(:b, 'x'), 1 FROM turba_sharesng WHERE share_name = :b",
        false,
    ),
    ("INSERT INTO horde_groups (group_name) VALUES (:a)", false),
    (
        "INSERT INTO turba_sharesng_groups (share_id, group_uid, perm_4) \
        SELECT s.share_id, g.group_uid, 1 FROM turba_sharesng s, horde_groups g \
        WHERE s.share_name = :b AND g.group_name = :a",
        false,
    ),
    (
        "INSERT INTO horde_groups_members SELECT group_uid, :a FROM horde_groups WHERE group_name = :a",
        true,
    ),
    ("UPDATE turba_sharesng SET attribute_name = 'For a group' WHERE share_name = :b", true),
    ("DELETE FROM horde_groups_members WHERE user_uid = :a", true),
    (
        "UPDATE turba_sharesng SET perm_default_2 = 1, perm_default_4 = 1 WHERE share_name = :b",
        true,
    ),
    (
        "UPDATE turba_sharesng SET share_owner = NULL, perm_default_2 = 0, perm_default_4 = 0 \
        WHERE share_name = :b",
        true,
    ),
    ("DELETE FROM turba_sharesng WHERE share_name = :b", true),
];
const CLEAN: &[&str] = &[
    "DELETE FROM horde_prefs WHERE pref_uid IN (:a, :b)",
    "DELETE FROM horde_perms WHERE perm_name = :a",
    "DELETE FROM turba_sharesng_users WHERE user_uid IN (:a, CONCAT(:b, 'x'))",
    "DELETE FROM turba_sharesng_groups \
        WHERE group_uid IN (SELECT group_uid FROM horde_groups WHERE group_name = :a)",
    "DELETE FROM turba_sharesng WHERE share_name IN (:a, :b)",
    "DELETE FROM horde_groups_members WHERE user_uid = :a",
    "DELETE FROM horde_groups WHERE group_name = :a",
];

#[tokio::test]
async fn a_mark_tells_what_a_user_may_see_and_nothing_else() {
    let mysql = Mysql::new(&horde_database()).unwrap();
    let mut conn = Conn::new(stack::opts(&horde_database())).await.unwrap();
    let a = format!("marked-{}", uuid::Uuid::new_v4().simple());
    let b = format!("{a}-b");
    let tables = tables();
    let mut before = mysql.mark(&a, &tables).await.unwrap();
    let mut wrong = Vec::new();
    for (deed, shows) in DEEDS {
        run(&mut conn, deed, &a, &b).await;
        assert!(conn.affected_rows() > 0, "{deed}");
        let after = mysql.mark(&a, &tables).await.unwrap();
        if (after != before) != *shows {
            wrong.push(*deed);
        }
        before = after;
    }
    for statement in CLEAN {
        run(&mut conn, statement, &a, &b).await;
    }
    conn.disconnect().await.unwrap();
    assert_eq!(wrong, [""; 0]);
}

#[tokio::test]
async fn tables_that_are_not_there_are_an_error_and_no_mark() {
    let mysql = Mysql::new(&horde_database()).unwrap();
    for prefs in ["no_such_table", "horde_prefs` --"] {
        assert!(mysql.mark("a", &MarkedTables { prefs, ..tables() }).await.is_err(), "{prefs}");
    }
}

#[tokio::test]
async fn the_optional_grants_are_what_it_takes() {
    let user = format!("t{}", &uuid::Uuid::new_v4().simple().to_string()[..20]);
    let root = Root::new();
    root.run(&format!("CREATE USER '{user}'@'127.0.0.1' IDENTIFIED BY 'pw'"));
    // Without any right nobody may even enter the database.
    root.run(&format!("GRANT SELECT ON horde.horde_histories TO '{user}'@'127.0.0.1'"));
    let password = Secret::new("pw".to_owned());
    let mysql = Mysql::new(&Config { user: user.clone(), password, ..horde_database() }).unwrap();
    let without = mysql.mark("alice", &tables()).await;
    let grants = include_str!("../../../sql/grants-folders.sql")
        .replace("'horde_eas'", &format!("'{user}'"));
    for statement in grants.lines().filter(|line| line.starts_with("GRANT ")) {
        root.run(statement);
    }
    let with = mysql.mark("alice", &tables()).await;
    root.run(&format!("DROP USER '{user}'@'127.0.0.1'"));
    assert!(without.is_err());
    assert_eq!(
        with.unwrap(),
        Mysql::new(&horde_database()).unwrap().mark("alice", &tables()).await.unwrap()
    );
}

fn tables() -> MarkedTables<'static> {
    MarkedTables {
        prefs: "horde_prefs",
        perms: "horde_perms",
        members: Some("horde_groups_members"),
        shares: vec![
            SharesTable { name: "turba_sharesng", columns: &["attribute_params"] },
            SharesTable { name: "kronolith_sharesng", columns: &[] },
            SharesTable { name: "nag_sharesng", columns: &[] },
            SharesTable { name: "mnemo_sharesng", columns: &[] },
        ],
    }
}

async fn run(conn: &mut Conn, statement: &str, a: &str, b: &str) {
    let all = [("a", a), ("b", b)];
    let named = all.into_iter().filter(|(name, _)| statement.contains(&format!(":{name}")));
    let values: Vec<(String, mysql_async::Value)> =
        named.map(|(name, value)| (name.to_owned(), value.into())).collect();
    conn.exec_drop(statement, Params::from(values)).await.unwrap();
}
