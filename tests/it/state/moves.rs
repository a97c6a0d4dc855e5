//! Moves of mail.

use std::collections::BTreeSet;
use std::time::Duration;

use horde_eas::clock::{Clock as _, SystemClock};
use horde_eas::state::moves::{Intent, Place};
use horde_eas::state::mysql::{Config, Mysql};
use horde_eas::state::{Kind, Moves};

use crate::state::NOW;
use crate::support::stack::Scratch;

fn place(mailbox: &str) -> Place {
    Place { user: "alice".to_owned(), mailbox: mailbox.to_owned(), uid_validity: 9 }
}

const fn intent(imap_uid: u32) -> Intent {
    Intent { imap_uid, target_next: 20, mark: [7; 32], new_uid: None }
}

#[tokio::test]
async fn a_move_is_remembered_with_its_end() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let (inbox, work) = (place("INBOX"), place("W\u{f6}rk"));
    mysql.intend(&inbox, &work, &[intent(1), intent(2)], NOW).await.unwrap();
    mysql.done(&inbox, &[(2, 21)]).await.unwrap();
    let found = Moves::load(&*mysql, &inbox, &[1, 2, 3], &work).await.unwrap();
    let ends: Vec<_> = found.iter().map(|one| (one.intent.imap_uid, one.intent.new_uid)).collect();
    assert_eq!(ends, [(1, None), (2, Some(21))]);
    assert!(found.iter().all(|one| one.same_target && one.intent.mark == [7; 32]));
    assert_eq!(mysql.arrived(&work, 20).await.unwrap(), BTreeSet::from([21]));
    assert!(mysql.arrived(&work, 22).await.unwrap().is_empty());
    // Another target, another user, another UIDVALIDITY.
    let found = Moves::load(&*mysql, &inbox, &[1], &inbox).await.unwrap();
    assert!(!found[0].same_target);
    for other in [Place { user: "bob".to_owned(), ..place("INBOX") }, place("inbox")] {
        assert!(Moves::load(&*mysql, &other, &[1, 2], &work).await.unwrap().is_empty());
    }
    let anew = Place { uid_validity: 10, ..place("INBOX") };
    assert!(Moves::load(&*mysql, &anew, &[1, 2], &work).await.unwrap().is_empty());
    // More than one statement takes.
    let many: Vec<Intent> = (100..350).map(intent).collect();
    mysql.intend(&inbox, &work, &many, NOW).await.unwrap();
    let all: Vec<u32> = (1..400).collect();
    let found = Moves::load(&*mysql, &inbox, &all, &work).await.unwrap();
    let uids: Vec<u32> = found.iter().map(|one| one.intent.imap_uid).collect();
    assert_eq!(uids, [1, 2].into_iter().chain(100..350).collect::<Vec<u32>>());
    // After a week it is forgotten.
    mysql.intend(&inbox, &work, &[intent(3)], NOW + 8 * 86_400).await.unwrap();
    assert_eq!(scratch.number("SELECT COUNT(*) FROM eas_moves").await, 1);
}

#[tokio::test]
async fn one_holds_a_mailbox_at_a_time() {
    let scratch = Scratch::new().await;
    let config = Config { timeout_seconds: 2, ..scratch.config.clone() };
    let (ours, theirs) = (Mysql::new(&config).unwrap(), Mysql::new(&config).unwrap());
    let hold = ours.hold("alice", "INBOX").await.unwrap().unwrap();
    assert!(theirs.hold("alice", "INBOX").await.unwrap().is_none());
    assert!(ours.hold("alice", "INBOX").await.unwrap().is_none());
    assert!(theirs.hold("alice", "Trash").await.unwrap().is_some());
    assert!(theirs.hold("bob", "INBOX").await.unwrap().is_some());
    let clone = hold.clone();
    drop(hold);
    assert!(theirs.hold("alice", "INBOX").await.unwrap().is_none());
    drop(clone);
    assert!(theirs.hold("alice", "INBOX").await.unwrap().is_some());
    // A request that ends while it waits leaves nothing behind.
    let hold = ours.hold("alice", "INBOX").await.unwrap().unwrap();
    let waiting = theirs.hold("alice", "INBOX");
    assert!(tokio::time::timeout(Duration::from_millis(100), waiting).await.is_err());
    drop(hold);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(ours.hold("alice", "INBOX").await.unwrap().is_some());
}

#[tokio::test]
async fn without_the_table_moves_are_refused_and_an_inspection_says_so() {
    let scratch = Scratch::new().await;
    scratch.run("DROP TABLE eas_moves").await;
    let mysql = scratch.mysql();
    let error = mysql.intend(&place("a"), &place("b"), &[intent(1)], NOW).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    let found = mysql.inspect_state(SystemClock.unix_millis()).await.unwrap();
    let at = vec![("table", "eas_moves".to_owned())];
    let missing = found.findings.iter().find(|found| found.at == at).unwrap();
    assert_eq!(missing.code, "database.table");
    assert!(missing.mend.as_deref().unwrap().contains("sql/eas/moves.sql"), "{missing:?}");
}
