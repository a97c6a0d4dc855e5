//! Notes in somebody else's notepad, which a user may read and not change.

use horde_eas::probe::node::{Look as _, text};
use horde_eas::probe::phone::body_preference;
use horde_eas::probe::sync::{Wish, change, delete};
use horde_eas::wbxml::pages::Notes;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use serde_json::json;

use crate::support::stack::{self, horde_database};
use crate::support::world::{End, World};

const SYNCED: &str = "REPLACE INTO horde_prefs VALUES (?, 'mnemo', 'sync_notepads', ?)";
const FORGET: &str = "DELETE FROM horde_prefs WHERE pref_uid = ? AND pref_scope = 'mnemo' AND pref_name = 'sync_notepads'";
const GIVE: &str = "INSERT INTO mnemo_sharesng_users \
    (share_id, user_uid, perm_2, perm_4, perm_8, perm_16) \
    SELECT share_id, ?, 1, 1, 0, 0 FROM mnemo_sharesng WHERE share_name = ?";
const HAS_USERS: &str = "UPDATE mnemo_sharesng SET share_flags = 1 WHERE share_name = ?";
const TAKE: &str = "DELETE FROM mnemo_sharesng_users WHERE user_uid = ?";

#[tokio::test]
async fn what_may_not_be_changed_goes_back_to_the_phone() {
    let (world, other) = (World::new().await, World::new().await);
    let mut conn = Conn::new(stack::opts(&horde_database())).await.unwrap();
    let (own, theirs) = (pad(&world).await, pad(&other).await);
    let uid = other.add_note("Theirs\nand their text").await;
    conn.exec_drop(HAS_USERS, (&theirs,)).await.unwrap();
    conn.exec_drop(GIVE, (&world.user, &theirs)).await.unwrap();
    let synced =
        format!("a:2:{{i:0;s:{}:\"{own}\";i:1;s:{}:\"{theirs}\";}}", own.len(), theirs.len());
    conn.exec_drop(SYNCED, (&world.user, synced)).await.unwrap();

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
    conn.exec_drop(TAKE, (&world.user,)).await.unwrap();
    conn.exec_drop(FORGET, (&world.user,)).await.unwrap();
    conn.disconnect().await.unwrap();
}

async fn pad(world: &World) -> String {
    world.call("notes.getDefaultShare", json!([])).await.as_str().unwrap().to_owned()
}
