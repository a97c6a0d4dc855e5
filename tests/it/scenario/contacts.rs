//! Contacts: both ways, photos, ghosting, conflicts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, text};
use horde_eas::probe::phone::{Phone, body_preference};
use horde_eas::probe::sync::{Wish, add, change, delete};
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{AirSync, Contacts};
use serde_json::json;

use crate::scenario::Scene;

/// Changes of the contacts.
pub(super) fn wish(id: &str) -> Wish {
    let options = [body_preference(1, Some(4096))];
    Wish { get_changes: Some(true), options: options.into(), ..Wish::of(id, "Contacts") }
}

/// A paired phone whose contacts are synced, and their folder.
pub(super) async fn with_contacts(scene: &Scene) -> Result<(Phone, String), Error> {
    with_supported(scene, None).await
}

async fn with_supported(
    scene: &Scene,
    supported: Option<Vec<horde_eas::wbxml::Tag>>,
) -> Result<(Phone, String), Error> {
    let mut phone = scene.paired().await?;
    let id = phone.folder_of(9).ok_or(Error::Missing("contacts"))?.id.clone();
    phone.sync_all(Wish { supported, ..wish(&id) }).await?;
    Ok((phone, id))
}

pub(super) fn card(first: &str, last: &str) -> Vec<Element> {
    vec![
        text(Contacts::FileAs, format!("{last}, {first}")),
        text(Contacts::FirstName, first),
        text(Contacts::LastName, last),
        text(Contacts::Email1Address, format!("{}@example.test", last.to_lowercase())),
        text(Contacts::CompanyName, "Phone Ltd"),
        text(Contacts::MobilePhoneNumber, "+49 170 1234567"),
    ]
}

/// What the server does reaches the phone.
pub(super) async fn down(scene: &mut Scene) -> Result<(), Error> {
    let uid = scene.world().add_card("Dora", "Down").await;
    let (mut phone, id) = with_contacts(scene).await?;
    let item = phone.collections[&id].items.get(&uid).cloned();
    let item = item.ok_or(Error::Missing("contact under Horde's uid"))?;
    scene.same("contacts.first-name", item.value(&[Contacts::FirstName]).as_deref(), Some("Dora"));
    let email = item.value(&[Contacts::Email1Address]).unwrap_or_default();
    scene.check("contacts.email", email.contains("down@example.test"), email);
    let new = scene.world().add_card("Nina", "New").await;
    let brought = phone.sync_all(wish(&id)).await?;
    scene.same("contacts.add-down", brought.added, [new.clone()]);
    scene.world().change_card(&new, json!({ "company": "Other Ltd" })).await;
    let brought = phone.sync_all(wish(&id)).await?;
    scene.same("contacts.change-down", brought.changed, [new.clone()]);
    let company = phone.collections[&id].items[&new].value(&[Contacts::CompanyName]);
    scene.same("contacts.change-down-value", company.as_deref(), Some("Other Ltd"));
    scene.world().delete_card(&new).await;
    let brought = phone.sync_all(wish(&id)).await?;
    scene.check("contacts.delete-down", brought.deleted.contains(&new), format!("{brought:?}"));
    scene.same("contacts.down-no-oddities", phone.oddities, Vec::<String>::new());
    Ok(())
}

/// What the user does on the phone reaches the server.
pub(super) async fn up(scene: &mut Scene) -> Result<(), Error> {
    let (mut phone, id) = with_contacts(scene).await?;
    let brought = phone.sync_all(wish(&id).with([add("up1", card("Uta", "Upper"))])).await?;
    let response = brought.responses.first().cloned().unwrap_or_default();
    scene.same("contacts.add-up", response.status, 1);
    scene.same("contacts.add-up-client-id", response.client_id.as_deref(), Some("up1"));
    let server_id = response.server_id.ok_or(Error::Missing("ServerId"))?;
    let echoed = brought.added.contains(&server_id) || brought.changed.contains(&server_id);
    scene.check("contacts.no-echo", !echoed, format!("{brought:?}"));
    let stored = scene.world().card(&server_id).await;
    scene.same("contacts.add-up-stored", stored["company"].as_str(), Some("Phone Ltd"));
    scene.same("contacts.add-up-mobile", stored["cellPhone"].as_str(), Some("+49 170 1234567"));

    let mut fields = card("Uta", "Upper");
    fields[4] = text(Contacts::CompanyName, "Changed Ltd");
    let brought = phone.sync_all(wish(&id).with([change(&server_id, fields)])).await?;
    let refused = brought.responses.iter().any(|response| response.status != 1);
    scene.check("contacts.change-up", brought.status == 1 && !refused, format!("{brought:?}"));
    let echoed = brought.changed.contains(&server_id);
    scene.check("contacts.change-no-echo", !echoed, format!("{brought:?}"));
    let stored = scene.world().card(&server_id).await;
    scene.same("contacts.change-up-stored", stored["company"].as_str(), Some("Changed Ltd"));

    let brought = phone.sync_all(wish(&id).with([delete(&server_id)])).await?;
    scene.same("contacts.delete-up", brought.status, 1);
    let cards = scene.world().cards().await;
    scene.check(
        "contacts.delete-up-gone",
        !cards.iter().any(|card| card.uid == server_id),
        "there",
    );
    let brought =
        phone.sync_one(wish(&id).with([change("no-such-uid", card("No", "One"))])).await?;
    let status = brought.responses.first().map(|response| response.status);
    scene.same("contacts.change-of-unknown", status, Some(8));
    Ok(())
}

/// Photos both ways.
pub(super) async fn photo(scene: &mut Scene) -> Result<(), Error> {
    let (mut phone, id) = with_contacts(scene).await?;
    let mut fields = card("Pia", "Photo");
    fields.push(text(Contacts::Picture, PICTURE));
    let brought = phone.sync_all(wish(&id).with([add("photo1", fields)])).await?;
    let response = brought.responses.first().cloned().unwrap_or_default();
    scene.same("photo.up", response.status, 1);
    let server_id = response.server_id.ok_or(Error::Missing("ServerId"))?;
    let (other, folder) = with_contacts(scene).await?;
    let item = other.collections[&folder].items.get(&server_id).cloned();
    let item = item.ok_or(Error::Missing("contact"))?;
    let picture = item.value(&[Contacts::Picture]).unwrap_or_default();
    let same = STANDARD.decode(picture.trim()).ok() == STANDARD.decode(PICTURE).ok();
    scene.check("photo.down", same, picture);
    Ok(())
}

/// What a Change leaves out.
pub(super) async fn ghosting(scene: &mut Scene) -> Result<(), Error> {
    let uid = scene.world().add_card("Gert", "Ghost").await;
    scene.world().change_card(&uid, json!({ "company": "Kept Ltd", "title": "Boss" })).await;
    let names = vec![Contacts::FirstName, Contacts::LastName, Contacts::JobTitle];
    let (mut phone, id) = with_supported(scene, Some(names)).await?;
    let fields = [text(Contacts::FirstName, "Gerd"), text(Contacts::LastName, "Ghost")];
    let brought = phone.sync_all(wish(&id).with([change(&uid, fields)])).await?;
    scene.same("ghosting.status", brought.status, 1);
    let stored = scene.world().card(&uid).await;
    scene.same("ghosting.changed", stored["firstname"].as_str(), Some("Gerd"));
    scene.same("ghosting.unsupported-is-kept", stored["company"].as_str(), Some("Kept Ltd"));
    let title = stored["title"].as_str().unwrap_or_default();
    scene.same("ghosting.supported-is-cleared", title, "");
    let empty = with_supported(scene, Some(Vec::new())).await;
    scene.check("ghosting.empty-supported", empty.is_ok(), format!("{:?}", empty.err()));
    Ok(())
}

/// The same contact is changed on both sides.
pub(super) async fn conflict(scene: &mut Scene) -> Result<(), Error> {
    for (conflict, id_of_check) in [("1", "conflict.server-wins"), ("0", "conflict.client-wins")] {
        let uid = scene.world().add_card("Kurt", &format!("Konflikt{conflict}")).await;
        let (mut phone, id) = with_contacts(scene).await?;
        scene.world().change_card(&uid, json!({ "company": "Server Ltd" })).await;
        let last = format!("Konflikt{conflict}");
        let mut wish = wish(&id).with([change(&uid, card("Kurt", &last))]);
        wish.options.insert(0, text(AirSync::Conflict, conflict));
        let brought = phone.sync_one(wish).await?;
        let status = brought.responses.first().map_or(1, |response| response.status);
        let company =
            scene.world().card(&uid).await["company"].as_str().unwrap_or_default().to_owned();
        let want = if conflict == "1" { (7, "Server Ltd") } else { (1, "Phone Ltd") };
        scene.same(id_of_check, (status, &*company), want);
    }
    Ok(())
}

/// A GIF of one pixel.
const PICTURE: &str = "R0lGODdhAQABAIAAAP///////ywAAAAAAQABAAACAkQBADs=";
