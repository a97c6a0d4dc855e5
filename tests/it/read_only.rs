//! Items in somebody else's share, which a user may read and not change.

use horde_eas::backend::items::is_served;
use horde_eas::eas::class::Class;
use horde_eas::probe::node::{Look as _, text};
use horde_eas::probe::phone::{Phone, body_preference};
use horde_eas::probe::sync::{Wish, change, delete};
use horde_eas::wbxml::Tag;
use horde_eas::wbxml::pages::{Calendar, Contacts, Notes, Tasks};

use crate::support::shares::{ALL, Form};
use crate::support::world::{End, World};

#[tokio::test]
async fn what_may_not_be_changed_goes_back_to_the_phone() {
    let (world, other) = (World::new().await, World::new().await);
    let mut served = 0;
    for form in ALL.into_iter().filter(|form| Class::of(form.class).is_some_and(is_served)) {
        try_to_change(&world, &other, form).await;
        served += 1;
    }
    assert!(served >= 2);
    world.want_nothing().await;
}

async fn try_to_change(world: &World, other: &World, form: Form) {
    let api = form.api;
    let name: Tag = match api {
        "calendar" => Calendar::Subject,
        "contacts" => Contacts::LastName,
        "tasks" => Tasks::Subject,
        _ => Notes::Subject,
    };
    let (own, theirs) = (world.default_share(form).await, other.default_share(form).await);
    let uid = other.add_to_share(form, &theirs, "Theirs").await;
    other.give_share(form, &theirs, world, false).await;
    world.sync_shares(form, &[&own, &theirs]).await;

    let mut phone = world.phone(End::Sidecar, "14.1");
    phone.provision().await.unwrap();
    phone.folder_sync().await.unwrap();
    let id = phone.folder_of(form.primary).unwrap().id.clone();
    let wish = || Wish::of(&id, form.class).option(body_preference(1, None));
    phone.sync_all(wish()).await.unwrap();
    let title =
        |phone: &Phone| phone.collections[&id].items.get(&uid).and_then(|item| item.value(&[name]));
    if api == "tasks" {
        // Nag's own list of what is synced leaves out what the user may not delete from.
        assert_eq!(title(&phone), None);
    } else {
        assert_eq!(title(&phone).as_deref(), Some("Theirs"), "{api}");
        let mut mine = vec![text(name, "Mine now")];
        if api == "calendar" {
            mine.push(text(Calendar::StartTime, "20261201T120000Z"));
            mine.push(text(Calendar::EndTime, "20261201T130000Z"));
        }
        let brought = phone.sync_all(wish().with([change(&uid, mine)])).await.unwrap();
        assert_eq!(brought.responses.first().map(|response| response.status), Some(6), "{api}");
        assert!(brought.changed.contains(&uid), "{api}: {brought:?}");
        assert_eq!(title(&phone).as_deref(), Some("Theirs"), "{api}");

        let brought = phone.sync_all(wish().with([delete(&uid)])).await.unwrap();
        assert!(brought.responses.iter().all(|response| response.status != 1), "{brought:?}");
        assert_eq!(title(&phone).as_deref(), Some("Theirs"), "{api}: {brought:?}");
        let brought = phone.sync_all(wish()).await.unwrap();
        assert_eq!((brought.added.len(), brought.changed.len()), (0, 0), "{api}: then quiet");
    }
    other.delete_from_share(form, &theirs, &uid).await;
    world.lose_shares(form).await;
}
