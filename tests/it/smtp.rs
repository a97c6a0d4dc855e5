//! The way to the mail server, against one that does as it is told.

use std::time::Duration;

use horde_eas::backend::horde::{self, Horde};
use horde_eas::backend::smtp::{Auth, Config, Smtp};
use horde_eas::backend::submit::{Parcel, Receipt, Submit as _, Unsent, Why};
use horde_eas::secret::Secret;

use crate::support::mailbox::account;
use crate::support::smtp_stub::{Script, Stub};
use crate::support::stack::port;

const MESSAGE: &[u8] = b"To: b@x.test\r\n\r\n.\r\n..two\r\nGr\xc3\xbc\xdfe\r\n\r\n";

fn config(stub: &Stub) -> Config {
    Config {
        host: Some("127.0.0.1".to_owned()),
        port: Some(stub.port),
        timeout: 1,
        ..Config::default()
    }
}

async fn submit(config: &Config, to: &[&str]) -> Result<Receipt, Unsent> {
    hand_over(config, to, MESSAGE.to_vec()).await
}

async fn hand_over(config: &Config, to: &[&str], message: Vec<u8>) -> Result<Receipt, Unsent> {
    drop(rustls::crypto::ring::default_provider().install_default());
    // With a host of its own it never asks Horde.
    let accounts = Horde::new(&horde::Config::default()).unwrap().accounts;
    let smtp = Smtp::new(config, accounts as _).unwrap();
    let parcel = Parcel {
        from: "a@x.test".to_owned(),
        to: to.iter().map(|&to| to.to_owned()).collect(),
        message,
    };
    smtp.submit(&account("ann", |_| {}), parcel).await
}

/// What comes of a mail to two, and how many mails the server took.
async fn outcome(script: Script) -> (Why, Option<u16>, usize) {
    let stub = Stub::new(script);
    let unsent = submit(&config(&stub), &["b@x.test", "c@x.test"]).await.unwrap_err();
    assert!(!unsent.to_string().contains("x.test"), "no addresses in the log: {unsent}");
    (unsent.why, unsent.code, stub.taken().len())
}

#[tokio::test]
async fn smtp_hands_the_bytes_over_as_they_are() {
    let stub = Stub::new(Script::default());
    let receipt = submit(&config(&stub), &["b@x.test", "c@x.test"]).await.unwrap();
    assert_eq!(receipt.code, 250);
    let taken = stub.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].message, MESSAGE);
    assert_eq!(
        taken[0].envelope,
        ["MAIL FROM:<a@x.test> BODY=8BITMIME", "RCPT TO:<b@x.test>", "RCPT TO:<c@x.test>"]
    );
}

#[tokio::test]
async fn smtp_tells_refusals_apart_and_sends_nothing() {
    let replies = |reply| Script { replies: vec![reply], ..Script::default() };
    let to_mail = |reply| Script { to_mail: Some(reply), ..Script::default() };
    let cases = [
        (replies(("RCPT TO:<c@x.test>", "550 5.1.1 <c@x.test> unknown")), Why::Refused, Some(550)),
        (replies(("RCPT TO:<c@x.test>", "450 4.2.0 <c@x.test> greylisted")), Why::Later, Some(450)),
        (replies(("MAIL", "552 5.3.4 too large")), Why::TooLarge, Some(552)),
        (replies(("MAIL", "421 4.3.2 closing")), Why::Later, Some(421)),
        (replies(("MAIL", "530 5.7.0 STARTTLS first")), Why::Closed, Some(530)),
        (replies(("DATA", "554 5.5.1 no")), Why::Refused, Some(554)),
        (replies(("EHLO", "554 5.7.1 not you")), Why::Closed, Some(554)),
        (replies(("RCPT", "hang")), Why::Down, None),
        (to_mail("554 5.7.1 spam"), Why::Refused, Some(554)),
        (to_mail("451 4.3.0 later"), Why::Later, Some(451)),
        (to_mail("552 5.2.2 full"), Why::TooLarge, Some(552)),
    ];
    for (script, why, code) in cases {
        assert_eq!(outcome(script).await, (why, code, 0), "{why:?} {code:?}");
    }
}

#[tokio::test]
async fn smtp_does_not_know_what_became_of_a_mail_without_a_reply() {
    let script = Script { hangs_up: true, ..Script::default() };
    assert_eq!(outcome(script).await, (Why::Unsettled, None, 1));
}

#[tokio::test]
async fn smtp_is_down_where_nobody_listens() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config =
        Config { host: Some("127.0.0.1".to_owned()), port: Some(free), ..Config::default() };
    let unsent = submit(&config, &["b@x.test"]).await.unwrap_err();
    assert_eq!((unsent.why, unsent.code), (Why::Down, None));
}

#[tokio::test]
async fn smtp_logs_in_as_it_is_told() {
    let fixed = |user: &str| Config {
        auth: Auth::Fixed,
        user: Some(user.to_owned()),
        password: Some(Secret::new("secret".to_owned())),
        ..Config::default()
    };
    let stub = Stub::new(Script { login: Some(("relay", "secret")), ..Script::default() });
    let with = |config: Config| Config {
        host: Some("127.0.0.1".to_owned()),
        port: Some(stub.port),
        ..config
    };
    assert!(submit(&with(fixed("relay")), &["b@x.test"]).await.is_ok());
    let wrong = submit(&with(fixed("other")), &["b@x.test"]).await.unwrap_err();
    assert_eq!((wrong.why, wrong.code), (Why::Closed, Some(535)));
    let none = submit(&with(Config::default()), &["b@x.test"]).await.unwrap_err();
    assert_eq!((none.why, none.code), (Why::Closed, Some(530)));
    stub.set(Script { login: Some(("ann", "ann-pw")), ..Script::default() });
    let own = Config { auth: Auth::User, ..Config::default() };
    assert!(submit(&with(own), &["b@x.test"]).await.is_ok());
    assert_eq!(stub.taken().len(), 2);
}

#[tokio::test]
async fn smtp_without_tls_that_is_demanded_sends_nothing() {
    let stub = Stub::new(Script::default());
    let config =
        Config { security: horde_eas::backend::profile::Security::StartTls, ..config(&stub) };
    let unsent = submit(&config, &["b@x.test"]).await.unwrap_err();
    assert_eq!((unsent.why, stub.taken().len()), (Why::Closed, 0));
}

#[tokio::test]
async fn smtp_does_not_begin_a_mail_that_the_server_would_not_take() {
    let config =
        |port| Config { host: Some("127.0.0.1".to_owned()), port: Some(port), ..Config::default() };
    let sends = async |config: &Config, n_bytes: usize| {
        let line = "a".repeat(998) + "\r\n";
        let message = format!("To: b@x.test\r\n\r\n{}", line.repeat(n_bytes / line.len()));
        hand_over(config, &["b@x.test"], message.into_bytes()).await
    };
    // The demo's Postfix names its limit, and takes what is below it.
    let postfix = config(port(8025));
    assert_eq!(sends(&postfix, 11_000_000).await.unwrap().code, 250);
    let unsent = sends(&postfix, 13_000_000).await.unwrap_err();
    assert_eq!((unsent.why, unsent.code), (Why::TooLarge, None));
    assert!(unsent.to_string().ends_with("the mail server takes 12000000"), "{unsent}");
    // One that knows of no sizes is not told of them; what it says decides.
    let stub = Stub::new(Script::default());
    assert_eq!(sends(&config(stub.port), 100_000).await.unwrap().code, 250);
    assert_eq!(stub.taken()[0].envelope[0], "MAIL FROM:<a@x.test>");
    let size = ("EHLO", "250-stub\r\n250 SIZE 150000");
    stub.set(Script { replies: vec![size], ..Script::default() });
    assert_eq!(sends(&config(stub.port), 100_000).await.unwrap().code, 250);
    assert!(stub.taken()[1].envelope[0].starts_with("MAIL FROM:<a@x.test> SIZE=100"));
    assert_eq!(sends(&config(stub.port), 200_000).await.unwrap_err().why, Why::TooLarge);
    assert_eq!(stub.taken().len(), 2);
}

#[tokio::test]
async fn smtp_waits_longer_for_the_last_reply_than_for_others() {
    let stub = Stub::new(Script { thinks: Duration::from_millis(1_500), ..Script::default() });
    assert!(submit(&config(&stub), &["b@x.test"]).await.is_ok());
}
