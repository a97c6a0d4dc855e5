//! The tables themselves: `sql/horde-state.sql` against a real Horde's, and what is refused.

use horde_eas::state::mysql::{Config, Mysql};
use horde_eas::state::{Devices, Kind};

use crate::state::{new_device, owner};
use crate::support::stack::{Scratch, horde_database};

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
    let found = mysql.inspect_state().await.unwrap();
    assert_eq!((found.level, found.problems.len()), (Some(25), 1), "{found:?}");
    assert_eq!(scratch.number("SELECT COUNT(*) FROM horde_activesync_device").await, 0);
}

#[tokio::test]
async fn an_inspection_says_what_is_wrong() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let found = mysql.inspect_state().await.unwrap();
    assert!(found.problems.is_empty() && found.notes.is_empty(), "{found:?}");
    assert!(mysql.inspect_history().await.unwrap().problems.is_empty());
    scratch.run("ALTER TABLE horde_activesync_cache CONVERT TO CHARACTER SET latin1").await;
    scratch.run("DROP TABLE horde_histories_modseq").await;
    let found = mysql.inspect_state().await.unwrap();
    assert!(found.notes.iter().any(|note| note.contains("cache_data")), "{found:?}");
    let found = mysql.inspect_history().await.unwrap();
    assert!(found.problems[0].contains("horde_histories_modseq"), "{found:?}");
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
