//! A database or mail server that takes connections and says nothing, or stops in the middle of an
//! answer: what was given to it must come back, though it never closes a connection.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use horde_eas::probe::Error;
use horde_eas::probe::phone::Phone;
use horde_eas::probe::sync::{Brought, Wish};

use crate::support::proxy::{Proxy, Rule};
use crate::support::sidecar::{Parts, Sidecar, Ways};
use crate::support::world::World;

/// There are fewer connections than requests, and all of them fall into it.
#[tokio::test]
async fn a_black_hole_of_a_database_uses_up_no_connections() {
    let parts = Parts::new();
    let mut sidecar =
        Sidecar::start_as(&parts, Ways { connections: CONNECTIONS, ..Ways::default() });
    let mut world = World::new().await;
    world.mail("INBOX", "kept");
    let mut phones: Vec<Phone> = (0..8).map(|_| sidecar.phone(&world.user, "14.1")).collect();
    for phone in &mut phones {
        phone.provision().await.unwrap();
        phone.folder_sync().await.unwrap();
    }
    for rule in [Rule::Hang, Rule::HangAfter(5), Rule::HangAfter(100), Rule::HangAfter(700)] {
        fall_and_come_back(&mut phones, &parts.sql, rule, CONNECTIONS, &sidecar).await;
    }
    // The same when there was none to begin with.
    sidecar.kill();
    sidecar.revive();
    // The phones see that their connections are gone.
    tokio::time::sleep(Duration::from_millis(30)).await;
    parts.sql.set(Rule::Hang);
    for fallen in join_all(phones.iter_mut().map(begin_anew)).await {
        assert!(matches!(fallen, Err(Error::Http(503))), "{fallen:?}");
    }
    parts.sql.set(Rule::Pass);
    for done in join_all(phones.iter_mut().map(begin_anew)).await {
        assert_eq!(done.unwrap().added.len(), 1);
    }
    sidecar.assert_sound();
}

/// The same of a mail server, with fewer sessions and threads.
#[tokio::test]
async fn a_black_hole_of_a_mail_server_uses_up_no_sessions() {
    let parts = Parts::new();
    let sidecar = Sidecar::start_as(&parts, Ways { sessions: SESSIONS, ..Ways::default() });
    let mut world = World::new().await;
    world.mail("INBOX", "kept");
    let mut phones: Vec<Phone> = (0..8).map(|_| sidecar.phone(&world.user, "14.1")).collect();
    for phone in &mut phones {
        phone.provision().await.unwrap();
        phone.folder_sync().await.unwrap();
    }
    for rule in [Rule::Hang, Rule::HangAfter(5), Rule::HangAfter(300)] {
        fall_and_come_back(&mut phones, &parts.imap, rule, SESSIONS, &sidecar).await;
    }
    sidecar.assert_sound();
}

/// More phones fall into the hole than it has ways in; once it is closed, all are served at once.
async fn fall_and_come_back(
    phones: &mut [Phone],
    part: &Proxy,
    rule: Rule,
    n_ways: usize,
    sidecar: &Sidecar,
) {
    part.set(rule);
    let fallen = join_all(phones.iter_mut().map(begin_anew)).await;
    let n_fallen = fallen.iter().filter(|one| matches!(one, Err(Error::Http(503)))).count();
    // Where some bytes come through, somebody may have got all that was needed.
    assert!(n_fallen > n_ways, "{rule:?}: {fallen:?}");
    part.set(Rule::Pass);
    for phone in phones {
        let began = Instant::now();
        let brought = begin_anew(phone).await;
        let took = began.elapsed();
        let brought = brought.unwrap_or_else(|error| {
            panic!("{rule:?}: after it: {error:?} in {took:?}: {}", sidecar.log())
        });
        assert_eq!(brought.added.len(), 1, "{rule:?}: {brought:?}");
        assert!(took < Duration::from_secs(2), "{rule:?}: after it: {took:?}");
    }
}

/// A first Sync, which writes.
async fn begin_anew(phone: &mut Phone) -> Result<Brought, Error> {
    let id = phone.folder_of(2).unwrap().id.clone();
    phone.collections.remove(&id);
    let wish = Wish { get_changes: Some(true), ..Wish::of(&id, "Email") };
    phone.sync_all(wish).await
}

const CONNECTIONS: usize = 2;
const SESSIONS: usize = 2;
