//! The outbox: whose a mail is to send, and what became of it.

use horde_eas::state::Kind;
use horde_eas::state::mysql::Mysql;
use horde_eas::state::outbox::{Begun, Outbox, REMEMBERED, SendId, Sending};

use crate::state::{NOW, owner};
use crate::support::stack::Scratch;

fn sending(holder: u8) -> Sending {
    Sending {
        id: SendId([7; 32]),
        alias: None,
        message_id: format!("<{holder}@x.test>"),
        holder: [holder; 16],
    }
}

async fn begin(mysql: &Mysql, holder: u8) -> Begun {
    mysql.begin(&owner(), &sending(holder), NOW).await.unwrap().1
}

/// The lease of whoever has it runs out.
async fn lapse(scratch: &Scratch) {
    scratch.run("UPDATE eas_outbox SET outbox_lease = UNIX_TIMESTAMP()").await;
}

fn sent(holder: u8, is_done: bool) -> Begun {
    Begun::Sent { message_id: format!("<{holder}@x.test>"), is_done }
}

#[tokio::test]
async fn a_mail_is_its_first_senders_alone() {
    let scratch = Scratch::new().await;
    let (one, other) = (scratch.mysql(), scratch.mysql());
    assert_eq!(begin(&one, 1).await, Begun::First);
    assert_eq!(begin(&other, 2).await, Begun::Busy);
    // The same request, whose answer from the database was lost.
    assert_eq!(begin(&one, 1).await, Begun::First);
    one.sent(&sending(1), true).await.unwrap();
    assert_eq!(begin(&other, 2).await, sent(1, true));
    // Nothing makes a mail unsent.
    one.not_sent(&sending(1)).await.unwrap();
    one.unsettled(&sending(1)).await.unwrap();
    assert_eq!(begin(&other, 3).await, sent(1, true));
}

#[tokio::test]
async fn two_at_once_do_not_both_begin() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    for round in 0..20 {
        scratch.run("DELETE FROM eas_outbox").await;
        let (owner, one, two) = (owner(), sending(1), sending(2));
        let begun = futures_util::future::join(
            mysql.begin(&owner, &one, NOW),
            mysql.begin(&owner, &two, NOW),
        );
        let begun = begun.await;
        let begun = [begun.0.unwrap().1, begun.1.unwrap().1];
        assert!(
            begun.contains(&Begun::First) && begun.contains(&Begun::Busy),
            "{round}: {begun:?}"
        );
    }
}

#[tokio::test]
async fn a_lease_that_ran_out_is_the_next_ones_with_the_same_message_id() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    begin(&mysql, 1).await;
    lapse(&scratch).await;
    mysql.renew(&sending(1)).await.unwrap();
    assert_eq!(begin(&mysql, 2).await, Begun::Busy);
    lapse(&scratch).await;
    assert_eq!(begin(&mysql, 2).await, Begun::Again("<1@x.test>".to_owned()));
    // Whoever lost it has no say any more.
    mysql.renew(&sending(1)).await.unwrap();
    mysql.not_sent(&sending(1)).await.unwrap();
    assert_eq!(begin(&mysql, 3).await, Begun::Busy);
    // But a mail that was sent was sent.
    mysql.sent(&sending(1), true).await.unwrap();
    assert_eq!(begin(&mysql, 3).await, sent(1, true));
}

#[tokio::test]
async fn what_was_not_sent_begins_anew_and_what_nobody_knows_at_once() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    begin(&mysql, 1).await;
    mysql.not_sent(&sending(1)).await.unwrap();
    assert_eq!(begin(&mysql, 2).await, Begun::First);
    mysql.unsettled(&sending(2)).await.unwrap();
    assert_eq!(begin(&mysql, 3).await, Begun::Again("<2@x.test>".to_owned()));
}

#[tokio::test]
async fn a_copy_is_one_requests_to_keep() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    begin(&mysql, 1).await;
    mysql.sent(&sending(1), false).await.unwrap();
    assert_eq!(begin(&mysql, 2).await, Begun::Busy);
    lapse(&scratch).await;
    assert_eq!(begin(&mysql, 2).await, sent(1, false));
    assert_eq!(begin(&mysql, 3).await, Begun::Busy);
    mysql.sent(&sending(2), true).await.unwrap();
    mysql.sent(&sending(1), false).await.unwrap();
    assert_eq!(begin(&mysql, 3).await, sent(1, true));
}

#[tokio::test]
async fn a_mail_is_known_by_its_alias_too() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let named = |id: u8, alias: u8, holder: u8| Sending {
        id: SendId([id; 32]),
        alias: Some(SendId([alias; 32])),
        ..sending(holder)
    };
    let begin = async |sending: Sending| mysql.begin(&owner(), &sending, NOW).await.unwrap();
    let first = named(1, 100, 1);
    assert_eq!(begin(first.clone()).await, (first.id, Begun::First));
    // The client tries again under another id.
    assert_eq!(begin(named(2, 100, 2)).await, (first.id, Begun::Busy));
    mysql.sent(&first, true).await.unwrap();
    assert_eq!(begin(named(3, 100, 3)).await, (first.id, sent(1, true)));
    // Or writes the same mail under another Message-ID.
    assert_eq!(begin(named(1, 101, 4)).await, (first.id, sent(1, true)));
    // Many mails have none.
    for id in [5, 6] {
        let other = Sending { id: SendId([id; 32]), ..sending(id) };
        assert_eq!(begin(other.clone()).await, (other.id, Begun::First));
    }
    assert_eq!(scratch.number("SELECT COUNT(*) FROM eas_outbox").await, 3);
}

#[tokio::test]
async fn old_rows_go() {
    let scratch = Scratch::new().await;
    begin(&scratch.mysql(), 1).await;
    let other = Sending { id: SendId([8; 32]), ..sending(2) };
    let later = NOW + i64::try_from(REMEMBERED.as_secs()).unwrap();
    // Each process looks once in a while: these are three.
    scratch.mysql().begin(&owner(), &other, later).await.unwrap();
    assert_eq!(scratch.number("SELECT COUNT(*) FROM eas_outbox").await, 2);
    scratch.mysql().begin(&owner(), &other, later + 1).await.unwrap();
    assert_eq!(scratch.number("SELECT COUNT(*) FROM eas_outbox").await, 1);
}

#[tokio::test]
async fn without_the_table_nothing_begins_and_the_operator_is_told() {
    let scratch = Scratch::new().await;
    scratch.run("DROP TABLE eas_outbox").await;
    let mysql = scratch.mysql();
    let error = mysql.begin(&owner(), &sending(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(error.message.contains("eas_outbox") && error.message.contains("sql/eas"), "{error}");
    let found = mysql.inspect_state(NOW * 1_000).await.unwrap();
    let told = format!("{:?}", found.findings);
    assert!(told.contains("eas_outbox") && told.contains("outbox.sql"), "{told}");
}
