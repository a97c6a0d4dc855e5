//! Address books that come, go and change in Horde reach a phone at its next FolderSync, although
//! Horde is asked only when something changed.

use std::time::Duration;

use horde_eas::probe::phone::{FolderChanges, Phone};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use serde_json::json;

use crate::support::stack::{self, horde_database};
use crate::support::world::{End, World};

const SEPARATE: &str =
    "REPLACE INTO horde_prefs VALUES (?, 'turba', 'activesync_no_multiplex', '1')";
const SYNCED: &str = "REPLACE INTO horde_prefs VALUES (?, 'turba', 'sync_books', ?)";
const RENAME: &str = "UPDATE turba_sharesng SET attribute_name = ? WHERE share_name = ?";
const GIVE: &str = "INSERT INTO turba_sharesng_users \
    SELECT share_id, ?, 1, 1, 1, 1 FROM turba_sharesng WHERE share_name = ?";
/// Horde looks for users only where a share says that it has some.
const HAS_USERS: &str = "UPDATE turba_sharesng SET share_flags = 1 WHERE share_name = ?";
const TAKE: &str = "DELETE FROM turba_sharesng_users WHERE user_uid = ?";
const DELETE: &str = "DELETE FROM turba_sharesng WHERE share_name = ?";
const FORGET: &str = "DELETE FROM horde_prefs WHERE pref_uid = ? AND pref_scope = 'turba' \
    AND pref_name IN ('activesync_no_multiplex', 'sync_books')";

#[tokio::test]
async fn what_happens_to_address_books_reaches_the_phone_at_once() {
    let (world, other) = (World::new().await, World::new().await);
    let mut conn = Conn::new(stack::opts(&horde_database())).await.unwrap();
    let own = default_book(&world).await;
    let theirs = default_book(&other).await;
    sync_books(&mut conn, &world, &[&own]).await;
    conn.exec_drop(SEPARATE, (&world.user,)).await.unwrap();
    let mut phone = world.phone(End::Sidecar, "14.1");
    phone.provision().await.unwrap();
    look(&mut phone).await;
    // From here on, Horde's last answer is believed as long as nothing changes.
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(2500)).await;
        assert_eq!(look(&mut phone).await, (0, 0, 0));
    }

    let added = world.call("contacts.addAddressbook", json!(["Choir"])).await;
    let added = added.as_str().unwrap().to_owned();
    sync_books(&mut conn, &world, &[&own, &added]).await;
    assert_eq!(look(&mut phone).await, (1, 0, 0), "a new book");
    assert!(phone.folder_named("Choir").is_some(), "{:?}", phone.folders);

    conn.exec_drop(RENAME, ("Orchestra", &added)).await.unwrap();
    assert_eq!(look(&mut phone).await, (0, 1, 0), "another name");

    sync_books(&mut conn, &world, &[&own, &added, &theirs]).await;
    assert_eq!(look(&mut phone).await, (0, 0, 0), "a book that is not given");
    conn.exec_drop(HAS_USERS, (&theirs,)).await.unwrap();
    conn.exec_drop(GIVE, (&world.user, &theirs)).await.unwrap();
    assert_eq!(look(&mut phone).await, (1, 0, 0), "a book that somebody gives");
    conn.exec_drop(TAKE, (&world.user,)).await.unwrap();
    assert_eq!(look(&mut phone).await, (0, 0, 1), "and takes back");

    // Horde's own API breaks down at it.
    conn.exec_drop(DELETE, (&added,)).await.unwrap();
    assert_eq!(look(&mut phone).await, (0, 0, 1), "a book less");
    assert_eq!(look(&mut phone).await, (0, 0, 0));
    conn.exec_drop(FORGET, (&world.user,)).await.unwrap();
    conn.disconnect().await.unwrap();
}

/// How many folders were added, changed and deleted.
async fn look(phone: &mut Phone) -> (usize, usize, usize) {
    let FolderChanges { status, added, updated, deleted, .. } = phone.folder_sync().await.unwrap();
    assert_eq!(status, 1);
    (added.len(), updated.len(), deleted.len())
}

async fn default_book(world: &World) -> String {
    let book = world.call("contacts.getDefaultShare", json!([])).await;
    book.as_str().unwrap().to_owned()
}

/// Sets the preference of the books to sync, as PHP writes it.
async fn sync_books(conn: &mut Conn, world: &World, books: &[&str]) {
    let books: Vec<String> = books
        .iter()
        .enumerate()
        .map(|(n, book)| format!("i:{n};s:{}:\"{book}\";", book.len()))
        .collect();
    let value = format!("a:{}:{{{}}}", books.len(), books.concat());
    conn.exec_drop(SYNCED, (&world.user, value)).await.unwrap();
}
