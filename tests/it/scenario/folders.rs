//! The hierarchy: what is there, what comes and goes, and which ids stay.

use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, node, text};
use horde_eas::wbxml::pages::FolderHierarchy;

use crate::scenario::Scene;

/// The first look, and the second without changes.
pub(super) async fn first(scene: &mut Scene) -> Result<(), Error> {
    let mut phone = scene.phone();
    phone.provision().await?;
    let answer = phone.ask("FolderSync", &phone.folder_sync_request()).await?;
    let changes = phone.take_folders(&answer);
    scene.same("folders.status", changes.status, 1);
    let count = answer.number(&[FolderHierarchy::Changes, FolderHierarchy::Count]);
    scene.same("folders.count", count, Some(u32::try_from(phone.folders.len()).unwrap()));
    for (kind, what) in [
        (2, "inbox"),
        (3, "drafts"),
        (4, "trash"),
        (5, "sent"),
        (7, "tasks"),
        (8, "calendar"),
        (9, "contacts"),
    ] {
        let is_there = phone.folder_of(kind).is_some();
        scene.check(&format!("folders.has-{what}"), is_there, format!("no type {kind}"));
    }
    let key = phone.hierarchy_key.clone();
    let again = phone.folder_sync().await?;
    let moved = again.added.len() + again.updated.len() + again.deleted.len();
    scene.same("folders.unchanged", (again.status, moved), (1, 0));
    scene.same("folders.unchanged-key", &phone.hierarchy_key, &key);
    let bad = node(
        FolderHierarchy::FolderSync,
        [text(FolderHierarchy::SyncKey, "{00000000-0000-0000-0000-000000000000}7")],
    );
    let answer = phone.ask("FolderSync", &bad).await?;
    scene.same("folders.bad-key", answer.number(&[FolderHierarchy::Status]), Some(9));
    Ok(())
}

/// Mailboxes come and go on the server; a phone starts over.
pub(super) async fn change(scene: &mut Scene) -> Result<(), Error> {
    let mut phone = scene.paired().await?;
    // "Entwürfe" and a folder in it, as IMAP writes them.
    scene.world().make_mailbox("Entw&APw-rfe");
    scene.world().make_mailbox("Entw&APw-rfe/Alt");
    let changes = phone.folder_sync().await?;
    scene.same("folders.added", changes.added.len(), 2);
    let parent = phone.folder_named("Entwürfe").map(|folder| folder.id.clone());
    scene.check("folders.non-ascii", parent.is_some(), format!("{:?}", phone.folders));
    let child = phone.folder_named("Alt").map(|folder| folder.parent.clone());
    scene.same("folders.parent", child, parent);
    let before = phone.folders.clone();
    phone.hierarchy_key.clear();
    phone.folders.clear();
    phone.folder_sync().await?;
    scene.same(
        "folders.zero-keeps-ids",
        phone.folders.keys().collect::<Vec<_>>(),
        before.keys().collect::<Vec<_>>(),
    );
    scene.world().remove_mailbox("Entw&APw-rfe/Alt");
    scene.world().remove_mailbox("Entw&APw-rfe");
    let changes = phone.folder_sync().await;
    let deleted = changes.as_ref().map(|changes| changes.deleted.len()).ok();
    scene.check("folders.deleted", deleted == Some(2), format!("{changes:?}"));
    Ok(())
}
