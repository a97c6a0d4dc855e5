//! The history of items: what is told, and what is told again.

use horde_eas::state::model::HistoryAction::{Add, Delete, Modify};
use horde_eas::state::model::{HistoryAction, HistoryChanges, Since};
use horde_eas::state::{History, Kind};
use mysql_async::prelude::Queryable;

use crate::state::NOW;
use crate::support::stack::Scratch;

/// An old row with a number of its own.
async fn row(scratch: &Scratch, number: i64, age: i64, action: &str, object: &str) {
    let mut conn = scratch.conn().await;
    conn.exec_drop("INSERT INTO horde_histories_modseq (history_modseq) VALUES (?)", (number,))
        .await
        .unwrap();
    conn.exec_drop(
        "INSERT INTO horde_histories (object_uid, history_action, history_ts, history_modseq) \
         VALUES (?, ?, ?, ?)",
        (object, action, NOW - age, number),
    )
    .await
    .unwrap();
}

fn told(found: &HistoryChanges) -> Vec<(&str, HistoryAction, i64)> {
    found.changes.iter().map(|it| (it.uid.as_str(), it.action, it.mod_seq)).collect()
}

fn parents(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn changes_of_the_parents_are_told_in_order() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    for (number, action, object) in [
        (1, "add", "turba:a_b:one"),
        (2, "add", "turba:aXb:other"),
        (3, "modify", "turba:a_b:one"),
        (4, "delete", "turba:second:two"),
        (5, "sentmail", "turba:a_b:one"),
        (6, "add", "turba:a_b:with:colon@x"),
        (7, "add", "kronolith:a_b:event"),
    ] {
        row(&scratch, number, 60, action, object).await;
    }
    let both = parents(&["turba:a_b", "turba:second"]);
    let found = mysql.changes(&both, 0.into(), NOW).await.unwrap();
    let all = [("one", Add, 1), ("one", Modify, 3), ("two", Delete, 4), ("with:colon@x", Add, 6)];
    assert_eq!((told(&found).as_slice(), found.stamp), (all.as_slice(), 7));
    assert_eq!(found.changes[2].parent, "turba:second");
    let found = mysql.changes(&both, 3.into(), NOW).await.unwrap();
    assert_eq!((told(&found).len(), found.stamp), (2, 7));
    let found = mysql.changes(&both, 7.into(), NOW).await.unwrap();
    assert_eq!((told(&found).len(), found.stamp), (0, 7));
    assert_eq!(mysql.stamp(NOW).await.unwrap(), 7);
    let guids = parents(&["turba:a_b:one", "turba:second:two"]);
    let modified = mysql.modified(&guids).await.unwrap();
    assert_eq!((modified["turba:a_b:one"], modified["turba:second:two"]), (3, 0));
}

#[tokio::test]
async fn a_young_hole_holds_the_stamp_back_and_nothing_else() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let book = parents(&["turba:a"]);
    row(&scratch, 1, 60, "add", "turba:a:one").await;
    // Number 2 was replaced long ago; rows 4 and 5 are young and have no hole.
    row(&scratch, 3, 60, "add", "turba:a:three").await;
    row(&scratch, 4, 1, "add", "turba:a:four").await;
    row(&scratch, 5, 0, "add", "turba:a:five").await;
    let found = mysql.changes(&book, 3.into(), NOW).await.unwrap();
    assert_eq!((told(&found).len(), found.stamp), (2, 5));

    // Number 6 is not visible yet.
    row(&scratch, 7, 0, "add", "turba:a:seven").await;
    let found = mysql.changes(&book, 5.into(), NOW).await.unwrap();
    assert_eq!((told(&found).as_slice(), found.stamp), ([("seven", Add, 7)].as_slice(), 5));
    assert_eq!(mysql.stamp(NOW).await.unwrap(), 5);
    row(&scratch, 6, 0, "add", "turba:a:six").await;
    let found = mysql.changes(&book, 5.into(), NOW + 1).await.unwrap();
    assert_eq!((told(&found).len(), found.stamp), (2, 7));
}

#[tokio::test]
async fn what_happens_elsewhere_is_passed_by_and_a_long_way_moves_the_stamp() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let book = parents(&["turba:a"]);
    row(&scratch, 1, 60, "add", "turba:a:one").await;
    row(&scratch, 400, 60, "add", "turba:b:other").await;
    let since = |stamp, newest| Since { stamp, newest: Some(newest) };
    let found = mysql.changes(&book, since(1, 400), NOW).await.unwrap();
    assert_eq!((told(&found).len(), found.stamp), (0, 1));
    let found = mysql.changes(&book, since(0, 400), NOW).await.unwrap();
    assert_eq!((told(&found).as_slice(), found.stamp), ([("one", Add, 1)].as_slice(), 400));
    row(&scratch, 900, 60, "add", "turba:b:more").await;
    let found = mysql.changes(&book, since(1, 900), NOW).await.unwrap();
    assert_eq!((told(&found).len(), found.stamp), (0, 900));
    // A history that went back is looked at, whatever was seen before.
    let found = mysql.changes(&book, since(950, 900), NOW).await.unwrap();
    assert_eq!((told(&found).len(), found.stamp), (0, 900));
}

#[tokio::test]
async fn an_old_hole_does_not_hold_the_stamp_back() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let book = parents(&["turba:a"]);
    row(&scratch, 8, 99, "add", "turba:a:other").await;
    row(&scratch, 9, 60, "modify", "turba:a:one").await;
    assert_eq!(mysql.stamp(NOW - 60).await.unwrap(), 9);
    // The item is changed again: its row moves from 9 to 10.
    scratch.run("UPDATE horde_histories SET history_modseq = 10, history_ts = 1795310640 WHERE history_modseq = 9").await;
    scratch.run("INSERT INTO horde_histories_modseq (history_modseq) VALUES (10)").await;
    let found = mysql.changes(&book, 9.into(), NOW).await.unwrap();
    assert_eq!((told(&found).as_slice(), found.stamp), ([("one", Modify, 10)].as_slice(), 10));
    // Another sidecar, which did not see number 9, can not know; it tells the change again.
    let found = scratch.mysql().changes(&book, 9.into(), NOW).await.unwrap();
    assert_eq!((told(&found).len(), found.stamp), (1, 9));
    let found = scratch.mysql().changes(&book, 9.into(), NOW + 3).await.unwrap();
    assert_eq!((told(&found).len(), found.stamp), (1, 10));
}

#[tokio::test]
async fn a_history_that_went_back_takes_the_stamp_along_or_is_stale() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let book = parents(&["turba:a"]);
    assert_eq!(mysql.stamp(NOW).await.unwrap(), 0);
    assert_eq!(mysql.changes(&book, 0.into(), NOW).await.unwrap(), HistoryChanges::default());
    assert_eq!(mysql.changes(&book, 5.into(), NOW).await.unwrap_err().kind, Kind::Stale);
    scratch.run("INSERT INTO horde_histories_modseq (history_modseq) VALUES (4)").await;
    assert_eq!(mysql.stamp(NOW).await.unwrap(), 4);
    row(&scratch, 7, 60, "add", "turba:a:one").await;
    let found = mysql.changes(&book, 90.into(), NOW).await.unwrap();
    assert_eq!((found.changes.len(), found.stamp), (0, 7));
    let error = mysql.changes(&book, 1_000_000_008.into(), NOW).await.unwrap_err();
    assert_eq!(error.kind, Kind::Stale);
}
