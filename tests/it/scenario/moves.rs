//! MoveItems.

use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, encode, node};
use horde_eas::probe::phone::{Phone, move_request};
use horde_eas::probe::sync::delete;
use horde_eas::wbxml::pages::Move;

use crate::scenario::mail::{id_of, wish};
use crate::scenario::{Scene, contacts};
use crate::support::world::End;

/// A phone with the inbox and a folder beside it in sync.
async fn with_two(scene: &mut Scene, subjects: &[&str]) -> Result<(Phone, String, String), Error> {
    for subject in subjects {
        scene.world().mail("INBOX", subject);
    }
    if !scene.world().has_mailbox("Moved") {
        scene.world().make_mailbox("Moved");
    }
    let mut phone = scene.paired().await?;
    let inbox = phone.folder_of(2).ok_or(Error::Missing("inbox"))?.id.clone();
    let target = phone.folder_named("Moved").ok_or(Error::Missing("Moved"))?.id.clone();
    phone.sync_all(wish(&inbox)).await?;
    phone.sync_all(wish(&target)).await?;
    Ok((phone, inbox, target))
}

fn subjects(scene: &mut Scene, mailbox: &str, like: &str) -> Vec<(String, String)> {
    let mails = scene.world().mails(mailbox).into_iter();
    let mails = mails.map(|mail| (mail.subject, mail.imap_uid.to_string()));
    mails.filter(|(subject, _)| subject.starts_with(like)).collect()
}

/// Mail goes from folder to folder once, and the phone ends with one copy.
pub(super) async fn mail(scene: &mut Scene) -> Result<(), Error> {
    let (mut phone, inbox, target) = with_two(scene, &["move a", "move b", "move c"]).await?;
    let ids: Vec<String> = ["move a", "move b", "move c"]
        .iter()
        .map(|subject| id_of(&phone, &inbox, subject))
        .collect::<Result<_, _>>()?;
    let items: Vec<(&str, &str)> = ids.iter().map(|id| (&**id, &*inbox)).collect();
    let moved = phone.move_items(&items, &target).await?;
    scene.same("move.status", moved.iter().map(|one| one.0).collect::<Vec<_>>(), vec![3; 3]);
    let there = subjects(scene, "Moved", "move ");
    let told: Vec<String> = moved.iter().filter_map(|one| one.1.clone()).collect();
    let mut are: Vec<String> = there.iter().map(|one| one.1.clone()).collect();
    are.sort_by_key(|uid| told.iter().position(|one| one == uid));
    scene.same("move.new-ids", &told, &are);
    let left = subjects(scene, "INBOX", "move ");
    scene.check("move.leaves-none", left.is_empty(), format!("{left:?}"));

    // The answer was lost: the phone says it again, and gets the same answer.
    let again = phone.move_items(&items, &target).await?;
    scene.same("move.replay", again, moved);
    let n_there = subjects(scene, "Moved", "move ").len();
    scene.same("move.once", n_there, 3);

    // The next Sync tells of both ends, and the phone holds each mail once.
    let gone = phone.sync_all(wish(&inbox)).await?;
    let mut deleted = gone.deleted;
    deleted.sort();
    let mut wanted = ids.clone();
    wanted.sort();
    scene.same("move.source-delete", deleted, wanted);
    let brought = phone.sync_all(wish(&target)).await?;
    scene.same("move.target-add", brought.added.len(), 3);
    let holds = phone.collections[&target].subjects();
    let n_held = holds.iter().filter(|subject| subject.starts_with("move ")).count();
    scene.same("move.holds-one-copy", n_held, 3);
    scene.same("move.no-oddities", phone.oddities.clone(), Vec::<String>::new());

    // And back, one of them, which the phone then deletes.
    let one = id_of(&phone, &target, "move b")?;
    let back = phone.move_items(&[(&one, &target)], &inbox).await?;
    scene.same("move.back", back.first().map(|one| one.0), Some(3));
    phone.sync_all(wish(&target)).await?;
    phone.sync_all(wish(&inbox)).await?;
    let one = id_of(&phone, &inbox, "move b")?;
    phone.sync_all(wish(&inbox).with([delete(&one)])).await?;
    let left = subjects(scene, "INBOX", "move ");
    scene.check("move.back-and-deleted", left.is_empty(), format!("{left:?}"));
    Ok(())
}

/// Outlook holds what it moved, and would show it twice.
pub(super) async fn outlook(scene: &mut Scene) -> Result<(), Error> {
    scene.world().mail("INBOX", "outlook a");
    scene.world().make_mailbox("Outlook");
    let mut phone = scene.phone();
    "WindowsOutlook15".clone_into(&mut phone.link.device_type);
    phone.provision().await?;
    phone.folder_sync().await?;
    let inbox = phone.folder_of(2).ok_or(Error::Missing("inbox"))?.id.clone();
    let target = phone.folder_named("Outlook").ok_or(Error::Missing("Outlook"))?.id.clone();
    phone.sync_all(wish(&inbox)).await?;
    phone.sync_all(wish(&target)).await?;
    let one = id_of(&phone, &inbox, "outlook a")?;
    let moved = phone.move_items(&[(&one, &inbox)], &target).await?;
    scene.same("move.outlook", moved.first().map(|one| one.0), Some(3));
    let brought = phone.sync_all(wish(&target)).await?;
    scene.same("move.outlook-no-add", brought.added, Vec::<String>::new());
    Ok(())
}

/// Moves that can not be made.
pub(super) async fn wrong(scene: &mut Scene) -> Result<(), Error> {
    let (phone, inbox, target) = with_two(scene, &["wrong a"]).await?;
    let one = id_of(&phone, &inbox, "wrong a")?;
    let status = |moved: Result<Vec<(u32, Option<String>)>, Error>| {
        moved.ok().and_then(|moved| moved.first().map(|one| one.0))
    };
    let same = phone.move_items(&[(&one, &inbox)], &inbox).await;
    scene.same("move.same-folder", status(same), Some(4));
    let unknown = phone.move_items(&[(&one, &inbox)], "F00000000").await;
    scene.same("move.unknown-target", status(unknown), Some(2));
    let unknown = phone.move_items(&[(&one, "F00000000")], &target).await;
    scene.same("move.unknown-source", status(unknown), Some(1));
    let gone = phone.move_items(&[("99999", &inbox)], &target).await;
    scene.same("move.gone", status(gone), Some(1));
    let book = phone.folder_of(9).ok_or(Error::Missing("contacts"))?.id.clone();
    let refused = status(phone.move_items(&[(&one, &inbox)], &book).await);
    scene.same("move.mail-to-contacts", refused, Some(5));
    // Horde refuses them all or takes each by itself, by what the mailbox went through.
    if scene.end != Some(End::Horde) {
        let good_and_bad = [("99999", &*inbox), (&*one, &*inbox), ("nonsense", &*inbox)];
        let moved = phone.move_items(&good_and_bad, &target).await?;
        let statuses: Vec<u32> = moved.iter().map(|one| one.0).collect();
        scene.same("move.each-by-itself", statuses, [1, 3, 1]);
    }
    let empty = phone.post("MoveItems", &node(Move::MoveItems, [])).await?;
    scene.same("move.nothing", empty.status, 200);

    let (mut contacts, id) = contacts::with_contacts(scene).await?;
    let uid = scene.world().add_card("Mona", "Moved").await;
    contacts.sync_all(contacts::wish(&id)).await?;
    let inbox = contacts.folder_of(2).ok_or(Error::Missing("inbox"))?.id.clone();
    let refused = status(contacts.move_items(&[(&uid, &id)], &inbox).await);
    scene.check("move.contact", matches!(refused, Some(1 | 5)), format!("{refused:?}"));
    let is_there = scene.world().cards().await.iter().any(|card| card.uid == uid);
    scene.check("move.contact-stays", is_there, "gone");

    // Thousands of moves are no reason to break down; more than a thousand are not begun.
    let many: Vec<(&str, &str)> = vec![("99999", "F00000000"); 20_000];
    let answer = phone.link.post("MoveItems", &encode(&move_request(&many, &target))).await?;
    let answer = answer.document().ok().flatten();
    let status = answer.and_then(|answer| answer.value(&[Move::Status]));
    let too_many = if scene.version == "12.1" { "5" } else { "103" };
    scene.same("move.many", status.as_deref(), Some(too_many));
    Ok(())
}
