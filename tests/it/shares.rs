//! Calendars, address books, task lists and notepads that come, go and change in Horde reach a
//! phone at its next FolderSync, although Horde is asked only when something changed.

use std::time::Duration;

use horde_eas::probe::phone::{FolderChanges, Phone};
use serde_json::json;

use crate::support::shares::{ALL, CALENDAR, Form};
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
