//! Calendars, address books, task lists and notepads that come, go and change in Horde reach a
//! phone at its next FolderSync, although Horde is asked only when something changed.

use std::time::Duration;

use horde_eas::probe::Error;
use horde_eas::probe::phone::{FolderChanges, Phone};
use horde_eas::probe::sync::Wish;
use serde_json::json;

use crate::support::proxy::Proxy;
use crate::support::shares::{ALL, CALENDAR, Form};
use crate::support::sidecar::{Parts, Sidecar};
use crate::support::stack::port;
use crate::support::world::{End, World};

#[tokio::test]
async fn what_happens_to_shares_reaches_the_phone_at_once() {
    let (world, other) = (World::new().await, World::new().await);
    world.want_separate().await;
    let mut phone = world.phone(End::Sidecar, "14.1");
    phone.provision().await.unwrap();
    look(&mut phone).await;
    // From here on, Horde's last answer is believed as long as nothing changes.
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(2500)).await;
        assert_eq!(look(&mut phone).await, (0, 0, 0));
    }
    for form in ALL {
        come_and_go(&world, &other, form, &mut phone).await;
    }
    world.want_nothing().await;
}

async fn come_and_go(world: &World, other: &World, form: Form, phone: &mut Phone) {
    let api = form.api;
    let own = world.default_share(form).await;
    let theirs = other.default_share(form).await;
    let id = uuid::Uuid::new_v4().simple().to_string();
    let added =
        world.call("bridge.folderOp", json!(["create", api, id, {"name": format!("Choir {id}")}]));
    let added = added.await["share"].as_str().unwrap().to_owned();
    assert_eq!(look(phone).await, (1, 0, 0), "{api}: a new one");
    assert!(phone.folder_named(&format!("Choir {id}")).is_some(), "{:?}", phone.folders);
    assert!(phone.folder_of(form.primary).is_some(), "{api}: the default one is there");

    world.rename_share(form, &added, "Orchestra").await;
    assert_eq!(look(phone).await, (0, 1, 0), "{api}: another name");

    world.sync_shares(form, &[&own, &added, &theirs]).await;
    assert_eq!(look(phone).await, (0, 0, 0), "{api}: one that is not given");
    other.give_share(form, &theirs, world, true).await;
    assert_eq!(look(phone).await, (1, 0, 0), "{api}: one that somebody gives");
    other.give_share(form, &theirs, world, false).await;
    assert_eq!(look(phone).await, (0, 0, 1), "{api}: to read only, it has no place of its own");
    other.give_share(form, &theirs, world, true).await;
    assert_eq!(look(phone).await, (1, 0, 0), "{api}: and again");
    world.lose_shares(form).await;
    assert_eq!(look(phone).await, (0, 0, 1), "{api}: and takes back");

    world.drop_share(form, &added).await;
    assert_eq!(look(phone).await, (0, 0, 1), "{api}: one less");
    world.sync_shares(form, &["nosuch"]).await;
    assert_eq!(look(phone).await, (0, 0, 0), "{api}: the default one stays, whatever is chosen");
    if form.api == CALENDAR.api {
        other.give_share(form, &theirs, world, true).await;
        world.sync_shares(form, &[&theirs]).await;
        assert_eq!(look(phone).await, (1, 0, 0), "{api}: the default one stays beside others");
        world.lose_shares(form).await;
        assert_eq!(look(phone).await, (0, 0, 1), "{api}: alone again");
    }
}

/// How many folders were added, changed and deleted.
async fn look(phone: &mut Phone) -> (usize, usize, usize) {
    let FolderChanges { status, added, updated, deleted, .. } = phone.folder_sync().await.unwrap();
    assert_eq!(status, 1);
    (added.len(), updated.len(), deleted.len())
}

/// What the sidecar wrote of folders that the phone made and renamed is such that Horde's own server
/// goes on with it: nothing is told again, and no mail is loaded anew.
#[tokio::test]
async fn a_phone_takes_its_new_folders_to_the_other_server() {
    let mut world = World::new().await;
    let mut phone = world.phone(End::Sidecar, "14.1");
    phone.provision().await.unwrap();
    look(&mut phone).await;
    let (status, id) = phone.folder_create("0", "Moving", 12).await.unwrap();
    assert_eq!(status, 1);
    world.mail("Moving", "One");
    let wish = || Wish::of(&id, "Email");
    assert_eq!(phone.sync_all(wish()).await.unwrap().added.len(), 1);
    assert_eq!(phone.folder_update(&id, "0", "Moved").await.unwrap(), 1);
    world.mail("Moved", "Two");
    phone.link.url = End::Horde.url();
    assert_eq!(look(&mut phone).await, (0, 0, 0), "Horde has nothing to tell of folders");
    let brought = phone.sync_all(wish()).await.unwrap();
    assert_eq!((brought.added.len(), brought.changed.len(), brought.deleted.len()), (1, 0, 0));
    phone.link.url = End::Sidecar.url();
    assert_eq!(look(&mut phone).await, (0, 0, 0));
    assert_eq!(phone.folder_delete(&id).await.unwrap(), 1);
    phone.link.url = End::Horde.url();
    assert_eq!(look(&mut phone).await, (0, 0, 0), "nor that the phone deleted one");
}

/// PHP that dies over a folder dies of it again: the phone is told, once, and its key stays. An
/// answer of Horde's is made into one that says so.
#[tokio::test]
async fn a_folder_over_which_horde_dies_is_told_to_the_phone() {
    let edits = [
        (r#""result":{"share":"#, r#""error" :{"share":"#),
        (r#""name":"internal""#, r#""kind":"internal""#),
    ];
    let edits = edits.map(|(from, to)| (from.to_owned(), to.to_owned()));
    let web = Proxy::editing(port(8481), edits.into());
    let parts = Parts::with_php(web.port);
    let sidecar = Sidecar::start(&parts);
    let world = World::new().await;
    world.want_separate().await;
    let mut phone = sidecar.phone(&world.user, "14.1");
    phone.provision().await.unwrap();
    look(&mut phone).await;
    // What does not say why it failed may be an outage: the phone asks again.
    let outage = phone.folder_create("0", "Choir", 13).await.unwrap_err();
    assert!(matches!(outage, Error::Http(503)), "{outage:?}");
    let (status, id) = phone.folder_create("0", "internal", 13).await.unwrap();
    assert_eq!((status, id.as_str()), (6, ""));
    phone.link.url = End::Sidecar.url();
    assert_eq!(look(&mut phone).await.0, 2, "both were made, and come with the hierarchy");
    world.want_nothing().await;
    for name in ["internal", "Choir"] {
        world.drop_shares_named(CALENDAR, name).await;
    }
}
