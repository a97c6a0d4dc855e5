//! Notes in somebody else's notepad, which a user may read and not change.

use horde_eas::probe::node::{Look as _, text};
use horde_eas::probe::phone::body_preference;
use horde_eas::probe::sync::{Wish, change, delete};
use horde_eas::wbxml::pages::Notes;

use crate::support::shares::NOTES;
use crate::support::world::{End, World};

#[tokio::test]
async fn what_may_not_be_changed_goes_back_to_the_phone() {
    let (world, other) = (World::new().await, World::new().await);
    let (own, theirs) = (world.default_share(NOTES).await, other.default_share(NOTES).await);
    let uid = other.add_note("Theirs\nand their text").await;
    other.give_share(NOTES, &theirs, &world, false).await;
    world.sync_shares(NOTES, &[&own, &theirs]).await;

    let mut phone = world.phone(End::Sidecar, "14.1");
    phone.provision().await.unwrap();
    phone.folder_sync().await.unwrap();
    let id = phone.folder_of(10).unwrap().id.clone();
    let wish = || Wish::of(&id, "Notes").option(body_preference(1, None));
    phone.sync_all(wish()).await.unwrap();
    let title = |phone: &horde_eas::probe::phone::Phone| {
        phone.collections[&id].items.get(&uid).and_then(|item| item.value(&[Notes::Subject]))
    };
    assert_eq!(title(&phone).as_deref(), Some("Theirs"));

    let mine = [text(Notes::Subject, "Mine now")];
    let brought = phone.sync_all(wish().with([change(&uid, mine)])).await.unwrap();
    assert_eq!(brought.responses.first().map(|response| response.status), Some(6));
    assert!(brought.changed.contains(&uid), "{brought:?}");
    assert_eq!(title(&phone).as_deref(), Some("Theirs"));

    let brought = phone.sync_all(wish().with([delete(&uid)])).await.unwrap();
    assert!(brought.responses.iter().all(|response| response.status != 1), "{brought:?}");
    assert_eq!(title(&phone).as_deref(), Some("Theirs"), "{brought:?}");
    assert_eq!(other.note(&uid).await.unwrap().0, "Theirs");
    let brought = phone.sync_all(wish()).await.unwrap();
    assert_eq!((brought.added.len(), brought.changed.len()), (0, 0), "and then it is quiet");

    other.delete_note(&uid).await;
    world.lose_shares(NOTES).await;
    world.want_nothing().await;
}
