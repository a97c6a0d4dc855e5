//! What came from the client, row by row as Horde writes it.

use horde_eas::state::Maps;
use horde_eas::state::key::StateKey;
use horde_eas::state::map::{ItemAction, ItemChange, MailAction, MailChange};
use horde_eas::state::model::Owner;

use crate::state::{first_key, owner};
use crate::support::stack::Scratch;

fn change(uid: &str, mod_seq: i64, action: ItemAction) -> ItemChange {
    ItemChange { uid: uid.to_owned(), mod_seq, action }
}

#[tokio::test]
async fn items_are_recorded_as_horde_does() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = owner();
    let key = first_key();
    let changes = [
        change("a@x", 6, ItemAction::Add("cid".to_owned())),
        change("b@x", 7, ItemAction::Change),
        change("c@x", 8, ItemAction::Delete),
    ];
    mysql.record(&owner, "@Contacts@", &key, &changes).await.unwrap();
    mysql.record(&owner, "@Contacts@", &key, &[]).await.unwrap();
    let rows = scratch
        .texts(
            "SELECT CONCAT_WS('|', message_uid, sync_modtime, sync_key, sync_devid, sync_folderid, \
             sync_user, sync_clientid, sync_deleted) FROM horde_activesync_map ORDER BY 1",
        )
        .await;
    let middle = format!("{key}|{}|@Contacts@|alice", owner.device);
    // Where Horde's check for repeated changes does not find it.
    let unseen = middle.replace("}1|", "}01|");
    assert_eq!(
        rows,
        [
            format!("a@x|6|{middle}|cid|0"),
            format!("b@x|7|{unseen}|0|0"),
            format!("c@x|8|{middle}||1"),
        ]
    );
}

#[tokio::test]
async fn own_changes_are_known_under_two_keys() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = owner();
    let one = first_key();
    let two = one.next();
    for (key, mod_seq) in [(&one, 5), (&two, 9), (&two, 7)] {
        mysql
            .record(&owner, "@Contacts@", key, &[change("a", mod_seq, ItemAction::Change)])
            .await
            .unwrap();
    }
    mysql.record(&owner, "@Contacts@", &two, &[change("d", 3, ItemAction::Delete)]).await.unwrap();
    let times = mysql.times(&owner, "@Contacts@", &two).await.unwrap();
    assert!(times.is_own_change("a", 9) && !times.is_own_change("a", 10));
    assert!(!times.is_own_change("x", 0));
    assert!(times.is_own_delete("d") && !times.is_own_delete("a"));
    assert!(mysql.times(&owner, "@Contacts@", &one).await.unwrap().is_own_change("a", 5));
    assert!(mysql.times(&owner, "@Contacts@", &two.next().next()).await.unwrap().is_empty());
    assert!(mysql.times(&owner, "Contacts:x", &two).await.unwrap().is_empty());
    mysql.forget(&owner, "@Contacts@").await.unwrap();
    assert!(mysql.times(&owner, "@Contacts@", &two).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_repeated_add_is_found_by_device_folder_and_key() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = owner();
    let key = first_key();
    let adds = [
        change("a", 1, ItemAction::Add("17".to_owned())),
        change("z", 1, ItemAction::Add("0".to_owned())),
        change("c", 1, ItemAction::Change),
    ];
    mysql.record(&owner, "@Contacts@", &key, &adds).await.unwrap();
    let added = async |owner: &Owner, folder: &str, key: &StateKey, client_id: &str| {
        let mut added = mysql.added(owner, folder, key, &["", client_id, "18"]).await.unwrap();
        let found = added.remove(client_id);
        assert!(added.is_empty(), "{added:?}");
        found
    };
    assert_eq!(added(&owner, "@Contacts@", &key, "17").await.as_deref(), Some("a"));
    assert_eq!(added(&owner, "@Contacts@", &key.next(), "17").await.as_deref(), Some("a"));
    assert_eq!(added(&owner, "@Contacts@", &key.next().next(), "17").await, None);
    assert_eq!(added(&owner, "@Tasks@", &key, "17").await, None);
    assert_eq!(added(&owner, "@Contacts@", &key, "0").await, None);
    let other = Owner { device: "OTHER".to_owned(), ..owner.clone() };
    assert_eq!(added(&other, "@Contacts@", &key, "17").await, None);
    // What was told as new and is changed then stands where Horde's check does not see it.
    let change = [change("z", 9, ItemAction::Change)];
    mysql.record(&owner, "@Contacts@", &key, &change).await.unwrap();
    let keys = "SELECT sync_key FROM horde_activesync_map WHERE message_uid = 'z'";
    assert_eq!(scratch.texts(keys).await, [key.unseen()]);
}

#[tokio::test]
async fn mail_is_recorded_with_one_flag_for_each_row() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = owner();
    let key = first_key();
    let mail = |imap_uid, action| MailChange { imap_uid, action };
    let changes = [
        mail(1, MailAction::Read(true)),
        mail(1, MailAction::Flag(false)),
        mail(1, MailAction::Read(false)),
        mail(2, MailAction::Delete),
        mail(3, MailAction::MovedHere),
        mail(4, MailAction::Category("d41d8cd98f00b204e9800998ecf8427e".to_owned())),
        mail(5, MailAction::Draft),
        mail(u32::MAX, MailAction::Read(true)),
    ];
    mysql.record_mail(&owner, "INBOX", &key, &changes).await.unwrap();
    let odd = "SELECT COUNT(*) FROM horde_activesync_mailmap WHERE (sync_read IS NOT NULL) + \
        (sync_flagged IS NOT NULL) + (sync_deleted IS NOT NULL) + (sync_changed IS NOT NULL) + \
        (sync_category IS NOT NULL) + (sync_draft IS NOT NULL) <> 1";
    assert_eq!(scratch.number(odd).await, 0);
    assert_eq!(scratch.number("SELECT COUNT(*) FROM horde_activesync_mailmap").await, 7);

    let echo = mysql.mail(&owner, "INBOX", &[1, 2, 3, 4, 5, 6]).await.unwrap().0;
    assert_eq!((echo[&1].read, echo[&1].flagged), (Some(false), Some(false)));
    assert!(echo[&2].deleted && echo[&3].moved_here && echo[&5].draft);
    assert_eq!(echo[&4].category.as_deref(), Some("d41d8cd98f00b204e9800998ecf8427e"));
    assert!(!echo.contains_key(&6));
    assert_eq!(mysql.mail(&owner, "INBOX", &[2]).await.unwrap().0.len(), 1);
    assert!(mysql.mail(&owner, "Sent", &[1]).await.unwrap().0.is_empty());
}
