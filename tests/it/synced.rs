//! What the user chooses to sync, where a phone sees all shares of a class as one folder: what is
//! in a share comes with it and goes with it, and nothing else is touched.

use std::time::{Duration, Instant};

use horde_eas::backend::items::is_served;
use horde_eas::eas::class::Class;
use horde_eas::probe::phone::Phone;
use horde_eas::probe::sync::{Brought, Wish};

use crate::support::shares::{ALL, CALENDAR, CONTACTS, Form, NOTES};
use crate::support::world::{End, World};

/// The folder of a class, and all that is in it.
async fn fill(phone: &mut Phone, form: Form) -> String {
    let id = phone.folder_of(form.primary).unwrap().id.clone();
    phone.sync_all(Wish::of(&id, form.class)).await.unwrap();
    id
}

async fn sync(phone: &mut Phone, form: Form, id: &str) -> Brought {
    let mut brought = phone.sync_all(Wish::of(id, form.class)).await.unwrap();
    brought.added.sort();
    brought.deleted.sort();
    brought
}

fn sorted(mut uids: Vec<String>) -> Vec<String> {
    uids.sort();
    uids
}

#[tokio::test]
async fn what_is_in_a_share_comes_and_goes_with_it() {
    let (world, other) = (World::new().await, World::new().await);
    let mut served = 0;
    for form in ALL.into_iter().filter(|form| Class::of(form.class).is_some_and(is_served)) {
        come_and_go(&world, &other, form).await;
        served += 1;
    }
    assert!(served >= 2);
    world.want_nothing().await;
}

async fn come_and_go(world: &World, other: &World, form: Form) {
    let api = form.api;
    let own = world.default_share(form).await;
    let second = world.add_share(form, "Second").await;
    let in_own = world.add_to_share(form, &own, "In the first").await;
    let in_second = [
        world.add_to_share(form, &second, "In the second").await,
        world.add_to_share(form, &second, "In the second, too").await,
    ];
    let both = sorted(in_second.to_vec());
    let mut phone = world.phone(End::Sidecar, "14.1");
    phone.provision().await.unwrap();
    phone.folder_sync().await.unwrap();
    let id = fill(&mut phone, form).await;
    let beside = if form.api == "notes" { CONTACTS } else { NOTES };
    let beside_id = fill(&mut phone, beside).await;
    let beside_key = phone.key_of(&beside_id).to_owned();
    assert!(phone.collections[&id].items.contains_key(&in_own), "{api}");
    assert!(!phone.collections[&id].items.contains_key(&both[0]), "{api}");

    world.sync_shares(form, &[&own, &second]).await;
    let told = phone.folder_sync().await.unwrap();
    assert_eq!(told.added.len() + told.updated.len() + told.deleted.len(), 0, "{api}");
    let ended = phone.ping(60, &[(&beside_id, beside.class), (&id, form.class)]).await.unwrap();
    assert_eq!((ended.status, ended.folders), (2, vec![id.clone()]), "{api}: a Ping tells");
    let brought = sync(&mut phone, form, &id).await;
    assert_eq!((brought.added, brought.deleted), (both.clone(), vec![]), "{api}: it comes");
    assert_eq!(brought.changed, Vec::<String>::new(), "{api}: nothing else is told");
    let brought = sync(&mut phone, form, &id).await;
    assert_eq!(brought.added.len() + brought.changed.len() + brought.deleted.len(), 0, "{api}");

    // What left the share before the phone looked is gone with it.
    world.delete_from_share(form, &second, &both[0]).await;
    world.sync_shares(form, &[&own]).await;
    phone.folder_sync().await.unwrap();
    let brought = sync(&mut phone, form, &id).await;
    assert_eq!((brought.added, brought.deleted), (vec![], both.clone()), "{api}: it goes");
    assert!(phone.collections[&id].items.contains_key(&in_own), "{api}: the rest stays");

    let theirs = other.default_share(form).await;
    let in_theirs = other.add_to_share(form, &theirs, "Theirs").await;
    other.give_share(form, &theirs, world, true).await;
    world.sync_shares(form, &[&own, &theirs]).await;
    phone.folder_sync().await.unwrap();
    let brought = sync(&mut phone, form, &id).await;
    assert_eq!((brought.added, brought.deleted), (vec![in_theirs.clone()], vec![]), "{api}: given");
    world.lose_shares(form).await;
    phone.folder_sync().await.unwrap();
    let brought = phone.sync_one(Wish::of(&id, form.class)).await.unwrap();
    assert_eq!(brought.status, 3, "{api}: what is in it can not be told: this folder begins again");
    phone.collections.remove(&id);
    let id = fill(&mut phone, form).await;
    let items = &phone.collections[&id].items;
    assert!(items.contains_key(&in_own) && !items.contains_key(&in_theirs), "{api}: {items:?}");
    sync(&mut phone, beside, &beside_id).await;
    assert_eq!(phone.key_of(&beside_id), beside_key, "{api}: no other folder is disturbed");
    assert_eq!(phone.oddities, Vec::<String>::new(), "{api}");

    world.delete_from_share(form, &own, &in_own).await;
    other.delete_from_share(form, &theirs, &in_theirs).await;
    world.drop_share(form, &second).await;
    world.sync_shares(form, &[&own]).await;
}

#[tokio::test]
async fn who_waits_learns_of_folders_that_come_and_are_renamed() {
    let world = World::new().await;
    world.want_separate().await;
    let mut phone = world.phone(End::Sidecar, "14.1");
    phone.provision().await.unwrap();
    // Twice: at first Horde is asked, from the second look on it is known what the answer hangs on.
    for _ in 0..2 {
        phone.folder_sync().await.unwrap();
        tokio::time::sleep(Duration::from_millis(2500)).await;
    }
    let id = fill(&mut phone, NOTES).await;
    for name in ["Before", "After"] {
        let share = world.default_share(NOTES).await;
        let watched = [(id.as_str(), "Notes")];
        let waits = phone.ping(300, &watched);
        let change = async {
            tokio::time::sleep(Duration::from_secs(4)).await;
            world.rename_share(NOTES, &share, name).await;
        };
        let began = Instant::now();
        let (ended, ()) = tokio::join!(waits, change);
        assert_eq!(ended.unwrap().status, 7, "{name}");
        assert!(began.elapsed() < Duration::from_secs(60), "{name}: {:?}", began.elapsed());
        let told = phone.folder_sync().await.unwrap();
        assert_eq!(told.updated, std::slice::from_ref(&id), "{name}");
    }
    // What came between two Pings is told at once, and not again when the phone knows it.
    let changed = world.add_share_to_sync(NOTES, "Third").await;
    let ended = phone.ping(60, &[(&id, "Notes")]).await.unwrap();
    assert_eq!((ended.status, changed.len()), (7, 32));
    assert_eq!(phone.folder_sync().await.unwrap().added.len(), 1);
    let quiet =
        tokio::time::timeout(Duration::from_secs(8), phone.ping(60, &[(&id, "Notes")])).await;
    assert!(quiet.is_err(), "a Ping that should wait was answered: {quiet:?}");
    world.drop_share(NOTES, &changed).await;
    world.want_nothing().await;
}

/// Horde's own server tells nothing of shares that come and go, and does not write down which it
/// showed: a phone that comes back from there holds in the end what it should.
#[tokio::test]
async fn what_came_and_went_at_the_other_server_is_noticed() {
    let (world, other) = (World::new().await, World::new().await);
    for form in [CALENDAR, CONTACTS] {
        elsewhere(&world, &other, form).await;
    }
    world.want_nothing().await;
}

async fn elsewhere(world: &World, other: &World, form: Form) {
    let api = form.api;
    let (own, theirs) = (world.default_share(form).await, other.default_share(form).await);
    let in_own = world.add_to_share(form, &own, "In the first").await;
    let in_theirs = other.add_to_share(form, &theirs, "Theirs").await;
    other.give_share(form, &theirs, world, true).await;
    world.sync_shares(form, &[&own]).await;
    let mut phone = world.phone(End::Sidecar, "14.1");
    phone.provision().await.unwrap();
    phone.folder_sync().await.unwrap();
    let id = fill(&mut phone, form).await;
    let holds = |phone: &Phone, uid: &str| phone.collections[&id].items.contains_key(uid);
    assert!(holds(&phone, &in_own) && !holds(&phone, &in_theirs), "{api}");

    stay_at_horde(world, form, &mut phone, &id).await;
    world.sync_shares(form, &[&own, &theirs]).await;
    stay_at_horde(world, form, &mut phone, &id).await;
    assert!(!holds(&phone, &in_theirs), "{api}: Horde tells nothing of what is in it");
    begin_again(&mut phone, form, &id).await;
    assert!(holds(&phone, &in_own) && holds(&phone, &in_theirs), "{api}: it came");

    stay_at_horde(world, form, &mut phone, &id).await;
    world.sync_shares(form, &[&own]).await;
    phone.link.url = End::Sidecar.url();
    phone.folder_sync().await.unwrap();
    let brought = sync(&mut phone, form, &id).await;
    assert_eq!((brought.status, brought.deleted), (1, vec![in_theirs.clone()]), "{api}: it went");
    assert!(holds(&phone, &in_own), "{api}");

    world.sync_shares(form, &[&own, &theirs]).await;
    phone.folder_sync().await.unwrap();
    let brought = sync(&mut phone, form, &id).await;
    assert_eq!(brought.added, std::slice::from_ref(&in_theirs), "{api}: and came here");
    stay_at_horde(world, form, &mut phone, &id).await;
    world.lose_shares(form).await;
    begin_again(&mut phone, form, &id).await;
    assert!(holds(&phone, &in_own) && !holds(&phone, &in_theirs), "{api}: it was taken back");

    // Where nothing of that happened, nothing begins again. Horde dies of a share that is chosen and
    // may not be read.
    world.sync_shares(form, &[&own]).await;
    phone.folder_sync().await.unwrap();
    sync(&mut phone, form, &id).await;
    stay_at_horde(world, form, &mut phone, &id).await;
    phone.link.url = End::Sidecar.url();
    phone.folder_sync().await.unwrap();
    let brought = sync(&mut phone, form, &id).await;
    assert_eq!((brought.status, brought.added.len(), brought.changed.len()), (1, 0, 0), "{api}");
    other.delete_from_share(form, &theirs, &in_theirs).await;
}

/// Goes to Horde's own server, where a change of the user's makes a new row.
async fn stay_at_horde(world: &World, form: Form, phone: &mut Phone, id: &str) {
    let own = world.default_share(form).await;
    phone.link.url = End::Horde.url();
    phone.folder_sync().await.unwrap();
    // Another one each time: the bridge takes the same contact for the first one.
    let name = uuid::Uuid::new_v4().to_string();
    let uid = world.add_to_share(form, &own, &name).await;
    let brought = sync(phone, form, id).await;
    assert!(brought.added.contains(&uid), "{}: {brought:?}", form.api);
}

/// Comes back, is told that the folder begins again, and does so.
async fn begin_again(phone: &mut Phone, form: Form, id: &str) {
    phone.link.url = End::Sidecar.url();
    phone.folder_sync().await.unwrap();
    let brought = phone.sync_one(Wish::of(id, form.class)).await.unwrap();
    assert_eq!(brought.status, 3, "{}: {brought:?}", form.api);
    phone.collections.remove(id);
    assert_eq!(fill(phone, form).await, id);
}
