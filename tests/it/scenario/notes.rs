//! Notes: both ways, encrypted ones, other people's notepads.

use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, node, text};
use horde_eas::probe::phone::{Phone, body_preference};
use horde_eas::probe::sync::{Brought, Wish, add, change, delete};
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{AirSyncBase, Notes};

use crate::scenario::Scene;

fn wish(id: &str) -> Wish {
    let options = [body_preference(1, Some(4096))];
    Wish { get_changes: Some(true), options: options.into(), ..Wish::of(id, "Notes") }
}

async fn with_notes(scene: &Scene) -> Result<(Phone, String), Error> {
    let mut phone = scene.paired().await?;
    let id = phone.folder_of(10).ok_or(Error::Missing("notes"))?.id.clone();
    phone.sync_all(wish(&id)).await?;
    Ok((phone, id))
}

fn note(subject: &str, body: &str, labels: &[&str]) -> Vec<Element> {
    let labels: Vec<_> = labels.iter().map(|label| text(Notes::Category, *label)).collect();
    vec![
        text(Notes::Subject, subject),
        node(AirSyncBase::Body, vec![text(AirSyncBase::Type, "1"), text(AirSyncBase::Data, body)]),
        text(Notes::MessageClass, "IPM.StickyNote"),
        node(Notes::Categories, labels),
    ]
}

fn body(phone: &Phone, id: &str, uid: &str) -> Option<String> {
    phone.collections[id].items[uid].value(&[AirSyncBase::Body, AirSyncBase::Data])
}

fn server_id(brought: &Brought) -> Result<String, Error> {
    let response = brought.responses.first().cloned().unwrap_or_default();
    response.server_id.ok_or(Error::Missing("ServerId"))
}

/// What the server does reaches the phone.
pub(super) async fn down(scene: &mut Scene) -> Result<(), Error> {
    if scene.version < "14.0" {
        return Ok(());
    }
    scene.world().delete_notes().await;
    let uid = scene.world().add_note("Shopping\nmilk and \u{e9}clairs").await;
    let (mut phone, id) = with_notes(scene).await?;
    let item = phone.collections[&id].items.get(&uid).cloned();
    let item = item.ok_or(Error::Missing("note under Horde's uid"))?;
    scene.same("notes.subject", item.value(&[Notes::Subject]).as_deref(), Some("Shopping"));
    let text = body(&phone, &id, &uid);
    scene.same("notes.body", text.as_deref(), Some("Shopping\nmilk and \u{e9}clairs"));
    let class = item.value(&[Notes::MessageClass]);
    scene.same("notes.message-class", class.as_deref(), Some("IPM.StickyNote"));
    let date = item.value(&[Notes::LastModifiedDate]).unwrap_or_default();
    let is_date = date.len() == 16 && date.ends_with('Z') && date.as_bytes()[8] == b'T';
    scene.check("notes.last-modified", is_date, date);

    let new = scene.world().add_note("Second").await;
    let brought = phone.sync_all(wish(&id)).await?;
    scene.same("notes.add-down", brought.added, [new.clone()]);
    scene.world().change_note(&new, "Second\nand more").await;
    let brought = phone.sync_all(wish(&id)).await?;
    scene.same("notes.change-down", brought.changed, [new.clone()]);
    let text = body(&phone, &id, &new);
    scene.same("notes.change-down-value", text.as_deref(), Some("Second\nand more"));
    scene.world().delete_note(&new).await;
    let brought = phone.sync_all(wish(&id)).await?;
    scene.check("notes.delete-down", brought.deleted.contains(&new), format!("{brought:?}"));
    scene.same("notes.down-no-oddities", phone.oddities, Vec::<String>::new());
    Ok(())
}

/// What the user does on the phone reaches the server, and other phones.
pub(super) async fn up(scene: &mut Scene) -> Result<(), Error> {
    if scene.version < "14.0" {
        return Ok(());
    }
    scene.world().delete_notes().await;
    let (mut phone, id) = with_notes(scene).await?;
    let fields = note("A title", "one\r\ntwo", &["Red", "Blue"]);
    let brought = phone.sync_all(wish(&id).with([add("n1", fields)])).await?;
    let status = brought.responses.first().map(|response| response.status);
    scene.same("notes.add-up", status, Some(1));
    let uid = server_id(&brought)?;
    let echoed = brought.added.contains(&uid) || brought.changed.contains(&uid);
    scene.check("notes.no-echo", !echoed, format!("{brought:?}"));
    let stored = scene.world().note(&uid).await;
    scene.same("notes.add-up-stored", stored, Some(("A title".into(), "one\r\ntwo".into())));

    let (other, folder) = with_notes(scene).await?;
    let item = other.collections[&folder].items.get(&uid).cloned();
    let item = item.ok_or(Error::Missing("note on the other phone"))?;
    let mut labels = item
        .child(Notes::Categories)
        .map(|all| all.children().map(Element::text).collect::<Vec<_>>())
        .unwrap_or_default();
    labels.sort();
    scene.same("notes.labels", labels, ["Blue", "Red"]);

    let fields = note("A title", "three", &["Red"]);
    let brought = phone.sync_all(wish(&id).with([change(&uid, fields)])).await?;
    let refused = brought.responses.iter().any(|response| response.status != 1);
    scene.check("notes.change-up", brought.status == 1 && !refused, format!("{brought:?}"));
    let echoed = brought.changed.contains(&uid);
    scene.check("notes.change-no-echo", !echoed, format!("{brought:?}"));
    let stored = scene.world().note(&uid).await;
    scene.same("notes.change-up-stored", stored, Some(("A title".into(), "three".into())));

    let subject = [text(Notes::Subject, "Another title")];
    phone.sync_all(wish(&id).with([change(&uid, subject)])).await?;
    let stored = scene.world().note(&uid).await;
    scene.same("notes.a-part-is-kept", stored, Some(("Another title".into(), "three".into())));

    let brought = phone.sync_all(wish(&id).with([delete(&uid)])).await?;
    scene.same("notes.delete-up", brought.status, 1);
    let stored = scene.world().note(&uid).await;
    scene.same("notes.delete-up-gone", stored, None);
    let unknown = change("no-such-uid", note("No", "one", &[]));
    let brought = phone.sync_one(wish(&id).with([unknown])).await?;
    let status = brought.responses.first().map(|response| response.status);
    scene.same("notes.change-of-unknown", status, Some(8));
    Ok(())
}

/// The text of an encrypted note is nobody's to overwrite.
pub(super) async fn encrypted(scene: &mut Scene) -> Result<(), Error> {
    if scene.version < "14.0" {
        return Ok(());
    }
    scene.world().delete_notes().await;
    let cipher = "-----BEGIN PGP MESSAGE-----\n\nnot really\n-----END PGP MESSAGE-----\n";
    let uid = scene.world().add_note("Secret").await;
    scene.world().set_note_body(&uid, cipher).await;
    let (mut phone, id) = with_notes(scene).await?;
    let shown = body(&phone, &id, &uid).unwrap_or_default();
    let is_notice = !shown.is_empty() && !shown.contains("PGP");
    scene.check("notes.encrypted-is-told", is_notice, &*shown);
    let fields = note("Secret", "overwritten", &[]);
    let brought = phone.sync_all(wish(&id).with([change(&uid, fields)])).await?;
    let status = brought.responses.first().map(|response| response.status);
    scene.same("notes.encrypted-is-refused", status, Some(6));
    let stored = scene.world().note(&uid).await.map(|(_, body)| body);
    scene.same("notes.encrypted-is-kept", stored.as_deref(), Some(cipher));
    let back = body(&phone, &id, &uid).unwrap_or_default();
    scene.same("notes.encrypted-comes-back", back, shown);
    Ok(())
}

/// A note that is larger than the store keeps is refused, and not cut.
pub(super) async fn large(scene: &mut Scene) -> Result<(), Error> {
    if scene.version < "14.0" {
        return Ok(());
    }
    scene.world().delete_notes().await;
    let (mut phone, id) = with_notes(scene).await?;
    let fields = note("Large", &"\u{e9}".repeat(40_000), &[]);
    let brought = phone.sync_all(wish(&id).with([add("large", fields)])).await?;
    let status = brought.responses.first().map(|response| response.status);
    scene.same("notes.large-is-refused", status, Some(6));
    let fields = note("Fits", &"\u{e9}".repeat(30_000), &[]);
    let brought = phone.sync_all(wish(&id).with([add("fits", fields)])).await?;
    let uid = server_id(&brought)?;
    let stored = scene.world().note(&uid).await.map(|(_, body)| body.len());
    scene.same("notes.large-is-whole", stored, Some(60_000));
    let (status, shown) = phone.fetch(&id, &uid, &[body_preference(1, Some(500))]).await?;
    scene.same("notes.fetch", status, 1);
    let cut = shown.and_then(|item| item.value(&[AirSyncBase::Body, AirSyncBase::Data]));
    scene.same("notes.truncation-in-bytes", cut.map(|text| text.len()), Some(500));
    Ok(())
}
