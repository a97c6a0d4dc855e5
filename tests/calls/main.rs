//! How often the sidecar calls PHP, counted in the access log of Horde's web server.
//!
//! A program of its own, since it runs alone: other tests' calls would be counted too.

#![expect(clippy::unwrap_used, reason = "a test that can not go on may panic")]

#[path = "../it/support"]
#[expect(dead_code, reason = "most of it is for the other tests")]
mod support {
    pub(crate) mod mailbox;
    pub(crate) mod stack;
    pub(crate) mod world;
}

use std::future::Future;
use std::path::PathBuf;

use horde_eas::probe::node::text;
use horde_eas::probe::phone::{Phone, body_preference};
use horde_eas::probe::sync::Wish;
use horde_eas::wbxml::pages::AirSync;
use serde_json::json;

use crate::support::stack::port;
use crate::support::world::{End, World, variable_or};

#[tokio::test]
async fn php_is_called_no_more_often_than_promised() {
    let mut world = World::new().await;
    let mut uids = Vec::new();
    for n in 0..100 {
        uids.push(world.add_card("Counted", &format!("Card{n:03}")).await);
    }
    let mut phone = world.phone(End::Sidecar, "14.1");
    phone.provision().await.unwrap();
    let calls = count(async || drop(phone.folder_sync().await.unwrap())).await;
    assert_eq!(calls, 1, "the first FolderSync");
    let inbox = phone.folder_of(2).unwrap().id.clone();
    let contacts = phone.folder_of(9).unwrap().id.clone();
    phone.sync_all(wish(&inbox, "Email")).await.unwrap();
    phone.sync_all(wish(&contacts, "Contacts")).await.unwrap();

    let calls = fewest(&mut world, &mut phone, Round::FolderSync).await;
    assert_eq!(calls, 0, "FolderSync with nothing new");
    let calls = fewest(&mut world, &mut phone, Round::Ping(inbox.clone(), contacts.clone())).await;
    assert_eq!(calls, 0, "Ping");
    let calls = fewest(&mut world, &mut phone, Round::Mail(inbox)).await;
    assert_eq!(calls, 0, "a Sync of mail only");
    let calls = fewest(&mut world, &mut phone, Round::Contacts(contacts, uids)).await;
    assert_eq!(calls, 1, "a Sync with 100 changed contacts");
}

/// What is counted.
enum Round {
    Contacts(String, Vec<String>),
    FolderSync,
    Mail(String),
    Ping(String, String),
}

/// The fewest calls of three rounds: now and then the sidecar reads Horde's settings as well.
async fn fewest(world: &mut World, phone: &mut Phone, round: Round) -> usize {
    let mut fewest = usize::MAX;
    for n in 0..3 {
        let calls = match &round {
            Round::Contacts(id, uids) => {
                for uid in uids {
                    world.change_card(uid, json!({ "company": format!("Company {n}") })).await;
                }
                // Rows younger than two seconds may be left for the next time.
                tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
                let mut changed = 0;
                let calls = count(async || {
                    let brought = phone.sync_one(wish(id, "Contacts")).await.unwrap();
                    changed = brought.changed.len();
                })
                .await;
                assert_eq!(changed, 100);
                calls
            }
            Round::FolderSync => {
                // What Horde said is believed once nothing changed for two seconds.
                tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
                count(async || drop(phone.folder_sync().await.unwrap())).await
            }
            Round::Mail(id) => {
                world.mail("INBOX", &format!("counted {n}"));
                let mut added = 0;
                let calls = count(async || {
                    let brought = phone.sync_one(wish(id, "Email")).await.unwrap();
                    added = brought.added.len();
                })
                .await;
                assert!(added > 0);
                calls
            }
            Round::Ping(inbox, contacts) => {
                world.mail("INBOX", &format!("waited for {n}"));
                let folders = [(&**inbox, "Email"), (&**contacts, "Contacts")];
                let mut status = 0;
                let calls = count(async || status = phone.ping(60, &folders).await.unwrap().status);
                let calls = calls.await;
                assert_eq!(status, 2);
                calls
            }
        };
        fewest = fewest.min(calls);
    }
    fewest
}

/// The calls that PHP got while something was done.
async fn count<F: Future<Output = ()>>(done: impl FnOnce() -> F) -> usize {
    let before = lines();
    done().await;
    // nginx writes its line after the answer.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    lines() - before
}

fn lines() -> usize {
    let default = match port(0) {
        0 => "/tmp/horde-eas-demo".to_owned(),
        offset => format!("/tmp/horde-eas-demo-{offset}"),
    };
    let path = PathBuf::from(variable_or("HORDE_EAS_TEST_STACK", &default)).join("log/access.log");
    let log = std::fs::read_to_string(&path);
    log.unwrap_or_else(|error| panic!("{}: {error}", path.display())).lines().count()
}

fn wish(id: &str, class: &str) -> Wish {
    let mut options = vec![body_preference(1, Some(1000))];
    if class == "Email" {
        options.insert(0, text(AirSync::FilterType, "0"));
    }
    Wish { get_changes: Some(true), options, window: Some(200), ..Wish::of(id, class) }
}
