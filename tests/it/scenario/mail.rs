//! Mail: windows, what the server changes, what the phone changes.

use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, node, text};
use horde_eas::probe::phone::{Phone, body_preference};
use horde_eas::probe::sync::{Wish, change, delete};
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{AirSync, AirSyncBase, Email};

use crate::scenario::Scene;

/// Changes of a mail folder, bodies as text.
pub(super) fn wish(id: &str) -> Wish {
    let options = [text(AirSync::FilterType, "0"), body_preference(1, Some(4096))];
    Wish { get_changes: Some(true), options: options.into(), ..Wish::of(id, "Email") }
}

/// A paired phone whose inbox is synced, and the inbox.
pub(super) async fn with_inbox(scene: &mut Scene) -> Result<(Phone, String), Error> {
    let mut phone = scene.paired().await?;
    let id = phone.folder_of(2).ok_or(Error::Missing("inbox"))?.id.clone();
    phone.sync_all(wish(&id)).await?;
    Ok((phone, id))
}

/// The id of the mail with that subject.
pub(super) fn id_of(phone: &Phone, folder: &str, subject: &str) -> Result<String, Error> {
    let found = phone.collections.get(folder).map(|held| held.find(Email::Subject, subject));
    found.unwrap_or_default().pop().ok_or(Error::Missing("mail"))
}

fn flag(status: &str) -> Element {
    node(Email::Flag, [text(Email::Status, status), text(Email::FlagType, "for Follow Up")])
}

/// A first Sync in windows.
pub(super) async fn window(scene: &mut Scene) -> Result<(), Error> {
    let before = scene.world().mails("INBOX").len();
    for n in before..35 {
        scene.world().mail("INBOX", &format!("window {n:02}"));
    }
    let mut phone = scene.paired().await?;
    let id = phone.folder_of(2).ok_or(Error::Missing("inbox"))?.id.clone();
    let first = phone.sync_one(Wish::of(&id, "Email")).await?;
    scene.same("window.first-key", (first.status, first.added.len()), (1, 0));
    let mut sizes = Vec::new();
    for _ in 0..4 {
        let brought = phone.sync_one(wish(&id).window(10)).await?;
        sizes.push((brought.added.len(), brought.more));
    }
    scene.same("window.sizes", sizes, [(10, true), (10, true), (10, true), (5, false)]);
    let mut subjects: Vec<_> =
        scene.world().mails("INBOX").into_iter().map(|mail| mail.subject).collect();
    subjects.sort();
    scene.same("window.all-once", phone.collections[&id].subjects(), subjects);
    scene.same("window.no-oddities", phone.oddities.clone(), Vec::<String>::new());
    let before = phone.key_of(&id).to_owned();
    let brought = phone.sync_one(wish(&id)).await?;
    let after = phone.key_of(&id).to_owned();
    scene.check("window.quiet", brought.added.is_empty(), format!("{brought:?}"));
    scene.same("window.quiet-key", after, before);
    Ok(())
}

/// What happens on the server reaches the phone.
pub(super) async fn down(scene: &mut Scene) -> Result<(), Error> {
    if !scene.world().has_mailbox("Target") {
        scene.world().make_mailbox("Target");
    }
    for name in ["down read", "down flag", "down delete", "down move"] {
        scene.world().mail("INBOX", name);
    }
    let (mut phone, id) = with_inbox(scene).await?;
    let target = phone.folder_named("Target").ok_or(Error::Missing("Target"))?.id.clone();
    phone.sync_all(wish(&target)).await?;

    scene.world().mail("INBOX", "down new");
    let brought = phone.sync_all(wish(&id)).await?;
    scene.same("mail.new", brought.added.len(), 1);
    let new = id_of(&phone, &id, "down new")?;
    let item = phone.collections[&id].items[&new].clone();
    let from = item.value(&[Email::From]).unwrap_or_default();
    scene.check("mail.from", from.contains("Ann Other") && from.contains("ann@example.test"), from);
    scene.same(
        "mail.message-class",
        item.value(&[Email::MessageClass]).as_deref(),
        Some("IPM.Note"),
    );
    scene.same("mail.unread", item.value(&[Email::Read]).as_deref(), Some("0"));
    let date = item.value(&[Email::DateReceived]).unwrap_or_default();
    scene.check("mail.date", date.len() == 24 && date.ends_with('Z'), date);
    let body = item.value(&[AirSyncBase::Body, AirSyncBase::Data]).unwrap_or_default();
    scene.same("mail.body", body.trim(), "Hello.");

    scene.world().store("INBOX", "down read", "+FLAGS (\\Seen)");
    let brought = phone.sync_all(wish(&id)).await?;
    let read = id_of(&phone, &id, "down read")?;
    scene.same(
        "mail.read-down",
        (brought.added.len(), brought.changed.as_slice()),
        (0, &[read.clone()][..]),
    );
    let value = phone.collections[&id].items[&read].value(&[Email::Read]);
    scene.same("mail.read-down-value", value.as_deref(), Some("1"));

    scene.world().store("INBOX", "down flag", "+FLAGS (\\Flagged)");
    phone.sync_all(wish(&id)).await?;
    let flagged = id_of(&phone, &id, "down flag")?;
    let value = phone.collections[&id].items[&flagged].value(&[Email::Flag, Email::Status]);
    scene.same("mail.flag-down", value.as_deref(), Some("2"));

    let gone = id_of(&phone, &id, "down delete")?;
    scene.world().delete_mail("INBOX", "down delete");
    let brought = phone.sync_all(wish(&id)).await?;
    scene.same("mail.delete-down", brought.deleted, [gone]);

    let gone = id_of(&phone, &id, "down move")?;
    scene.world().move_mail("INBOX", "down move", "Target");
    let synced = phone.sync(&[wish(&id), wish(&target)]).await?;
    scene.same("mail.move-down-source", synced.of(&id).deleted, [gone]);
    scene.same("mail.move-down-target", synced.of(&target).added.len(), 1);
    scene.same("mail.down-no-oddities", phone.oddities, Vec::<String>::new());
    Ok(())
}

/// What the user does on the phone reaches the server, and does not come back.
pub(super) async fn up(scene: &mut Scene) -> Result<(), Error> {
    for name in ["up read", "up flag", "up both"] {
        scene.world().mail("INBOX", name);
    }
    scene.world().store("INBOX", "up both", "+FLAGS (\\Flagged)");
    let (mut phone, id) = with_inbox(scene).await?;
    let commands = [
        change(&id_of(&phone, &id, "up read")?, [text(Email::Read, "1")]),
        change(&id_of(&phone, &id, "up flag")?, [flag("2")]),
    ];
    let brought = phone.sync_all(wish(&id).with(commands)).await?;
    scene.same("mail.up-status", brought.status, 1);
    let refused = brought.responses.iter().any(|response| response.status != 1);
    scene.check("mail.up-responses", !refused, format!("{:?}", brought.responses));
    scene.check("mail.no-echo", brought.changed.is_empty(), format!("{:?}", brought.changed));
    let mails = scene.world().mails("INBOX");
    let of = |subject: &str| mails.iter().find(|mail| mail.subject == subject).unwrap().clone();
    scene.check("mail.read-up", of("up read").read, "not read");
    scene.check("mail.flag-up", of("up flag").flagged, "not flagged");
    let unflag = change(&id_of(&phone, &id, "up flag")?, [flag("0")]);
    phone.sync_all(wish(&id).with([unflag])).await?;
    let keep = change(&id_of(&phone, &id, "up both")?, [text(Email::Read, "1")]);
    phone.sync_all(wish(&id).with([keep])).await?;
    let mails = scene.world().mails("INBOX");
    let of = |subject: &str| mails.iter().find(|mail| mail.subject == subject).unwrap().clone();
    scene.check("mail.unflag-up", !of("up flag").flagged, "still flagged");
    let both = of("up both");
    scene.same("mail.read-keeps-flag", (both.read, both.flagged), (true, true));
    // A flag that the server changes after the phone changed another.
    scene.world().store("INBOX", "up read", "+FLAGS (\\Flagged)");
    phone.sync_all(wish(&id)).await?;
    let read = id_of(&phone, &id, "up read")?;
    let value = phone.collections[&id].items[&read].value(&[Email::Flag, Email::Status]);
    scene.same("mail.other-flag-is-no-echo", value.as_deref(), Some("2"));
    Ok(())
}

/// Deletes on the phone: to the trash unless it says otherwise.
pub(super) async fn delete_up(scene: &mut Scene) -> Result<(), Error> {
    for name in ["gone default", "gone trash", "gone for good", "gone twice"] {
        scene.world().mail("INBOX", name);
    }
    let (mut phone, id) = with_inbox(scene).await?;
    for (name, as_moves) in
        [("gone default", None), ("gone trash", Some(true)), ("gone for good", Some(false))]
    {
        let one = delete(&id_of(&phone, &id, name)?);
        let wish = Wish { deletes_as_moves: as_moves, ..wish(&id).with([one]) };
        scene.same("mail.delete-status", phone.sync_all(wish).await?.status, 1);
    }
    let left: Vec<_> = scene.world().mails("INBOX").into_iter().map(|mail| mail.subject).collect();
    let trash: Vec<_> = scene.world().mails("Trash").into_iter().map(|mail| mail.subject).collect();
    let is_left = left.iter().any(|subject| subject.starts_with("gone") && subject != "gone twice");
    scene.check("mail.delete-up", !is_left, format!("{left:?}"));
    let has = |subject: &str| trash.iter().any(|one| one == subject);
    scene.check("mail.delete-to-trash", has("gone trash"), format!("{trash:?}"));
    scene.check("mail.delete-default-to-trash", has("gone default"), format!("{trash:?}"));
    scene.check("mail.delete-for-good", !has("gone for good"), format!("{trash:?}"));

    let twice = id_of(&phone, &id, "gone twice")?;
    scene.world().delete_mail("INBOX", "gone twice");
    let brought = phone.sync_one(wish(&id).with([delete(&twice)])).await?;
    scene.same("mail.delete-of-gone", brought.status, 1);
    let response = brought.responses.first().cloned().unwrap_or_default();
    let named = brought.responses.is_empty() || response.server_id == Some(twice);
    scene.check("mail.delete-of-gone-names-server-id", named, format!("{response:?}"));
    Ok(())
}

/// Filters by age.
pub(super) async fn filter(scene: &mut Scene) -> Result<(), Error> {
    scene.world().old_mail("filter old", 20);
    scene.world().mail("INBOX", "filter new");
    let mut phone = scene.paired().await?;
    let id = phone.folder_of(2).ok_or(Error::Missing("inbox"))?.id.clone();
    let filtered = |kind: &str| {
        let options = [text(AirSync::FilterType, kind), body_preference(1, Some(512))];
        Wish { get_changes: Some(true), options: options.into(), ..Wish::of(&id, "Email") }
    };
    phone.sync_all(filtered("3")).await?;
    let subjects = phone.collections[&id].subjects();
    scene.check(
        "filter.new-is-in",
        subjects.iter().any(|one| one == "filter new"),
        format!("{subjects:?}"),
    );
    scene.check(
        "filter.old-is-out",
        !subjects.iter().any(|one| one == "filter old"),
        format!("{subjects:?}"),
    );
    phone.sync_all(filtered("5")).await?;
    let subjects = phone.collections[&id].subjects();
    scene.check(
        "filter.wider-brings",
        subjects.iter().any(|one| one == "filter old"),
        format!("{subjects:?}"),
    );
    let brought = phone.sync_all(filtered("3")).await?;
    let subjects = phone.collections[&id].subjects();
    scene.check(
        "filter.narrower-takes",
        !subjects.iter().any(|one| one == "filter old"),
        format!("{brought:?}"),
    );
    scene.check("filter.narrower-is-soft", brought.deleted.is_empty(), format!("{brought:?}"));
    // A mail that never had a date is as old as its arrival.
    scene
        .world()
        .append("INBOX", b"From: a@example.test\r\nSubject: filter undated\r\n\r\nHello.\r\n");
    phone.sync_all(filtered("3")).await?;
    let subjects = phone.collections[&id].subjects();
    scene.check(
        "filter.undated-is-in",
        subjects.iter().any(|one| one == "filter undated"),
        format!("{subjects:?}"),
    );
    Ok(())
}
