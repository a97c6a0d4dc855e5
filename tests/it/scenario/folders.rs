//! The hierarchy: what is there, what comes and goes, and which ids stay.

use horde_eas::probe::Error;
use horde_eas::probe::folders::create_request;
use horde_eas::probe::node::{Look as _, node, text};
use horde_eas::probe::phone::Phone;
use horde_eas::probe::sync::Wish;
use horde_eas::wbxml::pages::FolderHierarchy;

use crate::scenario::Scene;
use crate::support::shares;
use crate::support::world::End;

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

/// Calendars, address books, task lists and notepads that the phone makes, renames and deletes.
pub(super) async fn own(scene: &mut Scene) -> Result<(), Error> {
    scene.world().want_separate().await;
    let done = make_and_delete(scene).await;
    for form in shares::ALL {
        scene.world().drop_shares_named(form, NAME).await;
    }
    scene.world().want_nothing().await;
    done
}

async fn make_and_delete(scene: &mut Scene) -> Result<(), Error> {
    let run = uuid::Uuid::new_v4().simple().to_string();
    for form in shares::ALL {
        let name = format!("{NAME}{} {run}", form.class);
        let mut phone = scene.paired().await?;
        // The user never chose what to sync: the default share is.
        let has_primary = |phone: &Phone| phone.folder_of(form.primary).is_some();
        let check = format!("folders.default-{}", form.api);
        scene.check(&check, has_primary(&phone), names(&phone));
        let before = phone.hierarchy_key.clone();
        let made = phone.folder_create("0", &name, form.other).await.unwrap_or_default();
        scene.check(&format!("folder-create.{}", form.api), made.0 == 1, format!("{made:?}"));
        let (1, id) = made else { continue };
        scene.check("folder-create.key", phone.hierarchy_key != before, before.as_str());
        let request = create_request(&before, "0", &name, form.other);
        let again = phone.ask("FolderCreate", &request).await;
        let again = again.ok().and_then(|answer| answer.value(&[FolderHierarchy::ServerId]));
        scene.same("folder-create.again-same-id", again, Some(id.clone()));
        let made = scene.world().shares_named(form, &name).await.len();
        scene.same("folder-create.again-makes-one", made, 1);
        scene.same("folder-create.not-told-again", quiet(&mut phone).await, Ok(()));
        let other = scene.paired().await?;
        let seen = other.folder_named(&name).map(|folder| folder.kind);
        scene.same("folder-create.on-other-phone", seen, Some(form.other));
        let check = format!("folder-create.default-stays-{}", form.api);
        scene.check(&check, has_primary(&other), names(&other));

        let renamed = format!("{name} II");
        let status = phone.folder_update(&id, "0", &renamed).await.unwrap_or_default();
        scene.same(&format!("folder-update.{}", form.api), status, 1);
        scene.same("folder-update.not-told-again", quiet(&mut phone).await, Ok(()));
        let other = scene.paired().await?;
        let seen = other.folder_named(&renamed).is_some();
        let check = format!("folder-update.on-other-phone-{}", form.api);
        scene.check(&check, seen, names(&other));

        if scene.end == Some(End::Sidecar) {
            // Horde's own server deletes it.
            let default = phone.folder_of(form.primary).map(|folder| folder.id.clone());
            let status = phone.folder_delete(&default.unwrap_or_default()).await;
            scene.same("folder-delete.default-stays", status.unwrap_or_default(), 3);
        }
        let status = phone.folder_delete(&id).await.unwrap_or_default();
        scene.same(&format!("folder-delete.{}", form.api), status, 1);
        scene.same("folder-delete.not-told-again", quiet(&mut phone).await, Ok(()));
        let left = scene.world().shares_named(form, &renamed).await.len()
            + scene.world().shares_named(form, &name).await.len();
        scene.same(&format!("folder-delete.gone-{}", form.api), left, 0);
        let status = phone.folder_delete("A00000000").await.unwrap_or_default();
        scene.same("folder-delete.unknown", status, 4);
    }
    Ok(())
}

fn names(phone: &Phone) -> String {
    let names: Vec<_> = phone.folders.values().map(|folder| folder.name.as_str()).collect();
    names.join(", ")
}

/// Whether a FolderSync tells nothing.
async fn quiet(phone: &mut Phone) -> Result<(), String> {
    let told = phone.folder_sync().await.map_err(|error| format!("{error:?}"))?;
    let n_told = told.added.len() + told.updated.len() + told.deleted.len();
    if (told.status, n_told) == (1, 0) { Ok(()) } else { Err(format!("{told:?}")) }
}

/// Mailboxes that the phone makes, renames, moves and deletes.
pub(super) async fn mailboxes(scene: &mut Scene) -> Result<(), Error> {
    let mut phone = scene.paired().await?;
    let before = phone.hierarchy_key.clone();
    let (status, id) = phone.folder_create("0", "Entw\u{fc}rfe", 12).await?;
    scene.same("folder-mail.create", (status, id.is_empty()), (1, false));
    let request = create_request(&before, "0", "Entw\u{fc}rfe", 12);
    let again = phone.ask("FolderCreate", &request).await?;
    let again = again.value(&[FolderHierarchy::ServerId]);
    scene.same("folder-mail.create-again", again, Some(id.clone()));
    let (status, below) = phone.folder_create(&id, "Alt & neu", 12).await?;
    scene.same("folder-mail.create-below", (status, below.is_empty()), (1, false));
    let twice = phone.folder_create("0", "Entw\u{fc}rfe", 12).await.map(|done| done.0);
    scene.same("folder-mail.create-twice", twice.ok(), Some(2));
    scene.same("folder-mail.create-not-told-again", quiet(&mut phone).await, Ok(()));
    let other = scene.paired().await?;
    let parent = other.folder_named("Entw\u{fc}rfe").map(|folder| folder.id.clone());
    let child = other.folder_named("Alt & neu").map(|folder| folder.parent.clone());
    scene.check("folder-mail.on-other-phone", parent.is_some() && parent == child, names(&other));

    scene.world().mail("Entw&APw-rfe/Alt &- neu", "Kept");
    let wish = || Wish::of(&below, "Email");
    phone.sync_all(wish()).await?;
    let status = phone.folder_update(&id, "0", "Ideen").await?;
    scene.same("folder-mail.update", status, 1);
    scene.same("folder-mail.update-not-told-again", quiet(&mut phone).await, Ok(()));
    if scene.world().has_mailbox("\"Ideen/Alt &- neu\"") {
        scene.world().mail("Ideen/Alt &- neu", "Added");
    }
    let brought = phone.sync_all(wish()).await;
    let n_new = brought.as_ref().map(|brought| (brought.added.len(), brought.deleted.len())).ok();
    scene.check(
        "folder-mail.update-keeps-mail-below",
        n_new == Some((1, 0)),
        format!("{brought:?}"),
    );
    let status = phone.folder_update(&below, "0", "Alt").await.unwrap_or_default();
    scene.same("folder-mail.move-up", status, 1);
    scene.same("folder-mail.move-not-told-again", quiet(&mut phone).await, Ok(()));
    let brought = phone.sync_all(wish()).await;
    let n_new = brought.as_ref().map(|brought| (brought.added.len(), brought.deleted.len())).ok();
    scene.check("folder-mail.move-keeps-mail", n_new == Some((0, 0)), format!("{brought:?}"));

    let status = phone.folder_create("F00000000", "x", 12).await.map(|done| done.0);
    scene.same("folder-mail.no-parent", status.ok(), Some(5));
    if scene.end == Some(End::Sidecar) {
        // Horde's own server does all that is asked here, and its user is left without a trash.
        for (what, name) in [("delimiter", "a/b"), ("star", "a*b")] {
            let status = phone.folder_create("0", name, 12).await?.0;
            scene.same(&format!("folder-mail.{what}"), status, 10);
        }
        let trash = phone.folder_of(4).map(|folder| folder.id.clone()).unwrap_or_default();
        let status = phone.folder_update(&trash, "0", "Other").await?;
        scene.same("folder-mail.trash-keeps-its-name", status, 2);
        let status = phone.folder_delete(&trash).await?;
        scene.same("folder-mail.trash-stays", status, 3);
    }
    for gone in [&below, &id] {
        let status = phone.folder_delete(gone).await.unwrap_or_default();
        scene.same("folder-mail.delete", status, 1);
    }
    scene.same("folder-mail.delete-not-told-again", quiet(&mut phone).await, Ok(()));
    let other = scene.paired().await?;
    let is_there = ["Ideen", "Alt"].iter().any(|name| other.folder_named(name).is_some());
    scene.check("folder-mail.deleted", !is_there, names(&other));
    Ok(())
}

/// What can not be made, renamed or deleted.
pub(super) async fn refused(scene: &mut Scene) -> Result<(), Error> {
    let mut phone = scene.paired().await?;
    let inbox = phone.folder_of(2).map(|folder| folder.id.clone());
    let inbox = inbox.ok_or(Error::Missing("inbox"))?;
    let merged = phone.folder_of(9).map(|folder| folder.id.clone());
    let merged = merged.ok_or(Error::Missing("contacts"))?;
    let key = phone.hierarchy_key.clone();
    // All address books are one folder: there is no place for another.
    let want = if scene.version >= "14.0" { 147 } else { 6 };
    let status = phone.folder_create("0", "Choir", 14).await?.0;
    scene.same("folder-refused.merged-create", status, want);
    let status = phone.folder_update(&merged, "0", "Choir").await.unwrap_or_default();
    scene.same("folder-refused.merged-update", status, 2);
    let status = phone.folder_delete(&merged).await.unwrap_or_default();
    scene.same("folder-refused.merged-delete", status, 3);
    let status = phone.folder_create("0", "  ", 13).await.map(|done| done.0).unwrap_or_default();
    scene.same("folder-refused.no-name", status, 10);
    let status = phone.folder_create("0", "x", 8).await.map(|done| done.0).unwrap_or_default();
    scene.same("folder-refused.no-user-type", status, 10);
    scene.same("folder-refused.key-stays", &phone.hierarchy_key, &key);
    if scene.end == Some(End::Sidecar) {
        // Horde's own server deletes all mail of the inbox at it.
        let status = phone.folder_delete(&inbox).await.unwrap_or_default();
        scene.same("folder-refused.inbox", status, 3);
    }
    phone.hierarchy_key = "{00000000-0000-0000-0000-000000000000}7".to_owned();
    for (command, status) in [
        ("create", phone.folder_create("0", "Choir", 14).await.map(|done| done.0)),
        ("update", phone.folder_update(&merged, "0", "Choir").await),
        ("delete", phone.folder_delete(&merged).await),
    ] {
        scene.same(&format!("folder-refused.bad-key-{command}"), status.ok(), Some(9));
    }
    Ok(())
}

/// How the names of the test's folders begin.
const NAME: &str = "K\u{f6}ln & ";
