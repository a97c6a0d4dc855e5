//! The tables themselves: `sql/horde-state.sql` against a real Horde's, and what is refused.

use horde_eas::clock::{Clock as _, SystemClock};
use horde_eas::secret::Secret;
use horde_eas::state::mysql::{Config, Inspection, Mysql, reach};
use horde_eas::state::{Devices, Kind};

use crate::state::{new_device, owner};
use crate::support::stack::{Root, Scratch, horde_database};

/// Structure of the tables that `sql/horde-state.sql` makes, as the server tells it.
fn structure(database: &str) -> String {
    format!(
        "SELECT CONCAT_WS(' ', table_name, column_name, column_type, is_nullable, \
         COALESCE(column_default, '-'), column_key, extra) FROM information_schema.columns \
         WHERE table_schema = '{database}' AND (table_name LIKE 'horde|_activesync|_%' ESCAPE '|' \
         OR table_name IN ('horde_histories', 'horde_histories_modseq')) ORDER BY 1"
    )
}

fn indexes(database: &str) -> String {
    format!(
        "SELECT CONCAT_WS(' ', table_name, index_name, seq_in_index, column_name, non_unique) \
         FROM information_schema.statistics WHERE table_schema = '{database}' \
         AND (table_name LIKE 'horde|_activesync|_%' ESCAPE '|' \
         OR table_name IN ('horde_histories', 'horde_histories_modseq')) ORDER BY 1"
    )
}

#[tokio::test]
async fn our_description_of_the_tables_is_that_of_a_real_horde() {
    let scratch = Scratch::new().await;
    for query in [structure, indexes] {
        let ours = scratch.texts(&query(&scratch.config.database)).await;
        let real = scratch.texts(&query(&horde_database().database)).await;
        assert!(ours.len() > 10);
        assert_eq!(ours, real);
    }
}

#[tokio::test]
async fn other_levels_are_refused_with_a_plain_message() {
    let scratch = Scratch::new().await;
    scratch.run("UPDATE horde_activesync_schema_info SET version = 25").await;
    let mysql = scratch.mysql();
    let error = mysql.register(&owner(), &new_device()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(error.message.contains("level 25"), "{error}");
    let found = mysql.inspect_state(now()).await.unwrap();
    assert_eq!((found.level, codes(&found)), (Some(25), vec!["database.level"]), "{found:?}");
    assert_eq!(scratch.number("SELECT COUNT(*) FROM horde_activesync_device").await, 0);
}

#[tokio::test]
async fn an_inspection_says_what_is_wrong() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    assert_eq!(codes(&mysql.inspect_state(now()).await.unwrap()), [""; 0]);
    assert_eq!(codes(&mysql.inspect_history().await.unwrap()), [""; 0]);
    for statement in [
        "ALTER TABLE horde_activesync_cache CONVERT TO CHARACTER SET latin1",
        "ALTER TABLE horde_activesync_map ENGINE=Aria",
        "ALTER TABLE horde_activesync_mailmap DROP COLUMN sync_draft",
        "ALTER TABLE horde_activesync_state DROP KEY index_horde_activesync_state_on_sync_devid",
        "ALTER TABLE horde_activesync_device_users CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        "DROP TABLE horde_histories_modseq",
    ] {
        scratch.run(statement).await;
    }
    let found = mysql.inspect_state(now() - 60_000).await.unwrap();
    for (code, table) in [
        ("database.charset", "horde_activesync_cache"),
        ("database.engine", "horde_activesync_map"),
        ("database.column", "horde_activesync_mailmap"),
        ("database.key", "horde_activesync_state"),
        ("database.collation", "horde_activesync_device_users"),
    ] {
        let at = vec![("table", table.to_owned())];
        assert!(
            found.findings.iter().any(|one| one.code == code && one.at == at),
            "{code}: {found:?}"
        );
    }
    let clock = found.findings.iter().find(|one| one.code == "database.clock").unwrap();
    assert!(clock.what.contains("60 s ahead") || clock.what.contains("59 s ahead"), "{clock:?}");
    let found = mysql.inspect_history().await.unwrap();
    assert_eq!(codes(&found), ["database.table"], "{found:?}");
    assert!(found.findings.iter().all(|one| one.mend.is_some()), "{found:?}");
}

#[tokio::test]
async fn each_right_that_lacks_is_named() {
    let scratch = Scratch::new().await;
    let user = format!("t{}", &uuid::Uuid::new_v4().simple().to_string()[..20]);
    let root = Root::new();
    let database = &scratch.config.database;
    root.run(&format!("CREATE USER '{user}'@'127.0.0.1' IDENTIFIED BY 'pw'"));
    let grants = include_str!("../../../sql/grants.sql")
        .replace("horde.", &format!("{database}."))
        .replace("'horde_eas'", &format!("'{user}'"));
    for statement in grants.lines().filter(|line| line.starts_with("GRANT ")) {
        root.run(statement);
    }
    let config = Config {
        user: user.clone(),
        password: Secret::new("pw".to_owned()),
        ..scratch.config.clone()
    };
    let mysql = Mysql::new(&config).unwrap();
    assert_eq!(codes(&mysql.inspect_state(now()).await.unwrap()), [""; 0]);
    assert_eq!(codes(&mysql.inspect_history().await.unwrap()), [""; 0]);
    root.run(&format!(
        "REVOKE INSERT ON {database}.horde_activesync_map FROM '{user}'@'127.0.0.1'"
    ));
    root.run(&format!(
        "REVOKE UPDATE ON {database}.horde_activesync_state FROM '{user}'@'127.0.0.1'"
    ));
    root.run(&format!(
        "REVOKE DELETE ON {database}.horde_activesync_cache FROM '{user}'@'127.0.0.1'"
    ));
    root.run(&format!("REVOKE SELECT ON {database}.horde_histories FROM '{user}'@'127.0.0.1'"));
    let state = mysql.inspect_state(now()).await.unwrap();
    let history = mysql.inspect_history().await.unwrap();
    root.run(&format!("DROP USER '{user}'@'127.0.0.1'"));
    let whats: Vec<_> = state.findings.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(codes(&state), ["database.rights"; 3], "{state:?}");
    for right in ["INSERT", "UPDATE", "DELETE"] {
        assert!(whats.iter().any(|what| what.contains(right)), "{right}: {whats:?}");
    }
    assert_eq!(codes(&history), ["database.table"], "{history:?}");
    assert_eq!(scratch.number("SELECT COUNT(*) FROM horde_activesync_map").await, 0);
}

#[tokio::test]
async fn why_a_database_is_out_of_reach_is_told() {
    let wrong = |change: &dyn Fn(&mut Config)| {
        let mut config = horde_database();
        change(&mut config);
        config
    };
    for (config, code) in [
        (wrong(&|config| config.port = 1), "database.reach"),
        (wrong(&|config| config.password = Secret::new("no".to_owned())), "database.login"),
        (wrong(&|config| config.database = "nowhere".to_owned()), "database.name"),
    ] {
        let error = Mysql::new(&config).unwrap().inspect_state(now()).await.unwrap_err();
        let found = reach(&config, &error);
        assert_eq!(found.code, code, "{found:?}");
        assert!(found.mend.is_some());
    }
}

fn codes(found: &Inspection) -> Vec<&'static str> {
    let codes = found.findings.iter().map(|finding| finding.code);
    // The scratch databases belong to Horde's own user, who may do everything there.
    codes.filter(|code| *code != "database.excess-rights").collect()
}

fn now() -> i64 {
    SystemClock.unix_millis()
}

#[tokio::test]
async fn what_a_column_does_not_hold_is_refused_whole() {
    let scratch = Scratch::new().await;
    scratch.run("ALTER TABLE horde_activesync_device CONVERT TO CHARACTER SET utf8mb3").await;
    let mysql = scratch.mysql();
    let mut device = new_device();
    device.properties.set_setting("FriendlyName", "phone \u{1f4f1}");
    let error = mysql.register(&owner(), &device).await.unwrap_err();
    assert_eq!(error.kind, Kind::Invalid, "{error:?}");
    assert_eq!(scratch.number("SELECT COUNT(*) FROM horde_activesync_device").await, 0);
}

#[tokio::test]
async fn a_database_that_is_not_there_is_unavailable() {
    // Port 1 answers nothing.
    let mysql = Mysql::new(&Config { port: 1, ..horde_database() }).unwrap();
    let error = Devices::load(&mysql, &owner()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(!format!("{error:?}").contains("hordepw"));
    assert!(Mysql::new(&Config { connections: 0, ..Config::default() }).is_err());
}
