//! What contacts hold: days, addresses, countries, pictures, notes, labels; and distribution lists.

use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, node, text};
use horde_eas::probe::phone::{Phone, body_preference};
use horde_eas::probe::sync::{Brought, Wish, add, change, delete};
use horde_eas::wbxml::Tag;
use horde_eas::wbxml::element::{Element, Node};
use horde_eas::wbxml::pages::{AirSync, AirSyncBase, Contacts};

use crate::scenario::Scene;
use crate::scenario::contacts::{card, wish, with_contacts};

/// Adds a contact; answers its uid.
async fn added(
    phone: &mut Phone,
    id: &str,
    client_id: &str,
    fields: Vec<Element>,
) -> Result<String, Error> {
    let brought = phone.sync_all(wish(id).with([add(client_id, fields)])).await?;
    let response = brought.responses.first().cloned().unwrap_or_default();
    response.server_id.ok_or(Error::Missing("ServerId"))
}

/// Changes a contact; what the server said of it.
async fn changed(
    phone: &mut Phone,
    id: &str,
    uid: &str,
    fields: Vec<Element>,
) -> Result<Brought, Error> {
    phone.sync_all(wish(id).with([change(uid, fields)])).await
}

/// Days as phones send them: UTC's midnight, their own, Exchange's time; and all phones show the same.
pub(super) async fn days(scene: &mut Scene) -> Result<(), Error> {
    let (mut phone, id) = with_contacts(scene).await?;
    // The user's zone is Europe/Berlin.
    for (check, sent, day) in [
        ("days.midnight-of-utc", "1984-02-29T00:00:00.000Z", "1984-02-29"),
        ("days.midnight-in-winter", "1990-02-02T23:00:00.000Z", "1990-02-03"),
        ("days.midnight-in-summer", "1990-07-02T22:00:00.000Z", "1990-07-03"),
        ("days.as-exchange-has-them", "1990-07-03T11:59:00.000Z", "1990-07-03"),
        ("days.before-all-clocks", "1850-12-31T23:06:32.000Z", "1851-01-01"),
    ] {
        let mut fields = card("Dana", &check.replace('.', "-"));
        fields.push(text(Contacts::Birthday, sent));
        fields.push(text(Contacts::Anniversary, sent));
        let uid = added(&mut phone, &id, check, fields).await?;
        let birthday = scene.world().card_column(&uid, "bday").await;
        let anniversary = scene.world().card_column(&uid, "anniversary").await;
        scene.same(check, (birthday.as_deref(), anniversary.as_deref()), (Some(day), Some(day)));
        let (other, folder) = with_contacts(scene).await?;
        let item = other.collections[&folder].items.get(&uid).cloned();
        let shown = item.and_then(|item| item.value(&[Contacts::Birthday])).unwrap_or_default();
        scene.check("days.down-is-that-day", shown.starts_with(day), format!("{check} {shown}"));
    }
    Ok(())
}

/// What an address book with one address, codes for countries and short columns makes of it.
pub(super) async fn slots(scene: &mut Scene) -> Result<(), Error> {
    let (mut phone, id) = with_contacts(scene).await?;
    let mut fields = card("Sina", "Slots");
    fields.remove(3);
    fields.push(text(Contacts::Email2Address, "\"Sina, S.\" <second@example.test>"));
    fields.push(text(Contacts::HomeAddressCountry, "Germany"));
    fields.push(text(Contacts::BusinessAddressCountry, "USA"));
    let uid = added(&mut phone, &id, "slots1", fields).await?;
    let stored = scene.world().card_column(&uid, "email").await;
    scene.same("slots.second-address-alone", stored.as_deref(), Some("second@example.test"));
    let stored = scene.world().card_column(&uid, "homecountry").await;
    scene.same("slots.country-is-a-code", stored.as_deref(), Some("DE"));
    let stored = scene.world().card_column(&uid, "workcountry").await;
    scene.same("slots.country-as-people-write-it", stored.as_deref(), Some("US"));

    let mut fields = card("Lena", "Long");
    fields.push(text(Contacts::HomePhoneNumber, "+49 30 1234567890 1234567890"));
    fields.push(text(Contacts::HomeAddressPostalCode, "D-10117 Berlin"));
    let brought = phone.sync_all(wish(&id).with([add("slots2", fields)])).await?;
    let response = brought.responses.first().cloned().unwrap_or_default();
    scene.same("slots.too-long-is-no-refusal", response.status, 1);
    let Some(uid) = response.server_id else { return Ok(()) };
    let stored = scene.world().card_column(&uid, "cellphone").await;
    scene.same("slots.the-rest-is-stored", stored.as_deref(), Some("+49 170 1234567"));
    Ok(())
}

/// A picture that is not sent again, is sent empty, is replaced; iOS means less than it says.
pub(super) async fn pictures(scene: &mut Scene) -> Result<(), Error> {
    let (mut phone, id) = with_contacts(scene).await?;
    let with_picture = |picture: &str| {
        let mut fields = card("Paul", "Picture");
        fields.push(text(Contacts::Picture, picture));
        fields
    };
    let uid = added(&mut phone, &id, "picture1", with_picture(ONE)).await?;
    let has = scene.world().card_column(&uid, "phototype").await;
    scene.same("pictures.type-is-told", has.as_deref(), Some("image/gif"));
    changed(&mut phone, &id, &uid, with_picture(OTHER)).await?;
    let (other, folder) = with_contacts(scene).await?;
    let item = other.collections[&folder].items.get(&uid).cloned().unwrap_or_else(nothing);
    let shown = item.value(&[Contacts::Picture]).unwrap_or_default();
    scene.same("pictures.replaced", shown.trim(), OTHER);
    changed(&mut phone, &id, &uid, with_picture("")).await?;
    let stored = scene.world().card_column(&uid, "photo").await;
    scene.same("pictures.empty-removes", stored.as_deref(), Some(""));

    // iOS, which leaves out what it did not change.
    let mut phone = scene.phone();
    "iPhone".clone_into(&mut phone.link.device_type);
    "Apple-iPhone12C1/1805.226".clone_into(&mut phone.link.user_agent);
    phone.provision().await?;
    phone.folder_sync().await?;
    let id = phone.folder_of(9).ok_or(Error::Missing("contacts"))?.id.clone();
    phone.sync_all(wish(&id)).await?;
    let uid = added(&mut phone, &id, "picture2", with_picture(ONE)).await?;
    for (check, fields) in [
        ("pictures.ios-leaves-out", card("Paula", "Picture")),
        ("pictures.ios-sends-empty", with_picture("")),
    ] {
        changed(&mut phone, &id, &uid, fields).await?;
        let stored = scene.world().card_column(&uid, "photo").await.unwrap_or_default();
        scene.check(check, !stored.is_empty(), "gone");
    }
    Ok(())
}

/// Notes: HTML becomes text, what was cut for the phone is not cut on the server.
pub(super) async fn notes(scene: &mut Scene) -> Result<(), Error> {
    let (mut phone, id) = with_contacts(scene).await?;
    let body = |kind: &str, data: &str| {
        node(AirSyncBase::Body, vec![text(AirSyncBase::Type, kind), text(AirSyncBase::Data, data)])
    };
    let mut fields = card("Nils", "Notes");
    fields.push(body("2", "<html><body><p>one &amp; two</p></body></html>"));
    let uid = added(&mut phone, &id, "notes1", fields).await?;
    let stored = scene.world().card_column(&uid, "notes").await.unwrap_or_default();
    scene.same("card-notes.html-is-made-text", stored.trim(), "one & two");

    let long = "Zeile mit \u{e4}\u{f6}\u{fc}.\n".repeat(60);
    let mut fields = card("Nils", "Notes");
    fields.push(body("1", &long));
    changed(&mut phone, &id, &uid, fields).await?;
    let stored = scene.world().card_column(&uid, "notes").await;
    scene.same("card-notes.up", stored.as_deref().map(str::trim), Some(long.trim()));

    let (mut other, folder) = {
        let mut phone = scene.paired().await?;
        let id = phone.folder_of(9).ok_or(Error::Missing("contacts"))?.id.clone();
        phone.sync_all(short(&id)).await?;
        (phone, id)
    };
    let item = other.collections[&folder].items.get(&uid).cloned().unwrap_or_else(nothing);
    let shown = item.value(&[AirSyncBase::Body, AirSyncBase::Data]).unwrap_or_default();
    let is_head = shown.len() <= 201 && long.starts_with(shown.trim_end()) && !shown.is_empty();
    scene.check("card-notes.cut-in-bytes", is_head, shown);
    let mut fields: Vec<_> = elements(&item);
    replace(&mut fields, Contacts::JobTitle, "Cook");
    other.sync_all(short(&folder).with([change(&uid, fields)])).await?;
    let stored = scene.world().card_column(&uid, "title").await;
    scene.same("card-notes.rest-is-changed", stored.as_deref(), Some("Cook"));
    let stored = scene.world().card_column(&uid, "notes").await.unwrap_or_default();
    scene.same("card-notes.cut-is-not-stored", stored.len(), long.trim_end().len());
    changed(&mut phone, &id, &uid, card("Nils", "Left out")).await?;
    let stored = scene.world().card_column(&uid, "notes").await.unwrap_or_default();
    scene.check("card-notes.left-out-is-kept", !stored.is_empty(), "gone");
    let mut fields = card("Nils", "Empty");
    fields.push(body("1", ""));
    changed(&mut phone, &id, &uid, fields).await?;
    let stored = scene.world().card_column(&uid, "notes").await;
    scene.same("card-notes.empty-clears", stored.as_deref(), Some(""));
    Ok(())
}

/// Labels both ways, and cleared.
pub(super) async fn labels(scene: &mut Scene) -> Result<(), Error> {
    let (mut phone, id) = with_contacts(scene).await?;
    let labelled = |labels: &[&str]| {
        let mut fields = card("Lars", "Labels");
        let labels: Vec<_> = labels.iter().map(|it| text(Contacts::Category, *it)).collect();
        fields.push(node(Contacts::Categories, labels));
        fields
    };
    let uid = added(&mut phone, &id, "labels1", labelled(&["Rot", "Bl\u{e4}ulich"])).await?;
    let stored = scene.world().card_labels(&uid).await;
    scene.same("labels.up", stored, ["Bl\u{e4}ulich", "Rot"]);
    let (other, folder) = with_contacts(scene).await?;
    let item = other.collections[&folder].items.get(&uid).cloned().unwrap_or_else(nothing);
    let shown = item.child(Contacts::Categories).map(|all| all.children().count());
    scene.same("labels.down", shown, Some(2));
    changed(&mut phone, &id, &uid, labelled(&["Rot"])).await?;
    let stored = scene.world().card_labels(&uid).await;
    scene.same("labels.one-gone", stored, ["Rot"]);
    changed(&mut phone, &id, &uid, card("Lars", "Labels")).await?;
    let stored = scene.world().card_labels(&uid).await;
    scene.same("labels.left-out-clears", stored, Vec::<String>::new());
    Ok(())
}

/// Distribution lists stay away, and survive what a phone does to them.
pub(super) async fn lists(scene: &mut Scene) -> Result<(), Error> {
    let beside = scene.world().add_card("Lea", "Liste").await;
    let list = scene.world().add_list(&beside, "Everybody").await;
    let (mut phone, id) = with_contacts(scene).await?;
    let items = &phone.collections[&id].items;
    scene.check("lists.stay-away", !items.contains_key(&list), "sent");
    scene.check("lists.others-come", items.contains_key(&beside), "missing");
    changed(&mut phone, &id, &list, card("Not", "Alist")).await?;
    let stored = scene.world().card_column(&list, "lastname").await;
    scene.same("lists.are-not-changed", stored.as_deref(), Some("Everybody"));
    phone.sync_all(wish(&id).with([delete(&list)])).await?;
    let stored = scene.world().card_column(&list, "lastname").await;
    scene.same("lists.are-not-deleted", stored.as_deref(), Some("Everybody"));
    scene.world().set_card_column(&list, "type", "Object").await;
    scene.world().delete_card(&list).await;
    Ok(())
}

fn short(id: &str) -> Wish {
    Wish { options: vec![body_preference(1, Some(200))], ..wish(id) }
}

fn nothing() -> Element {
    node(AirSync::ApplicationData, Vec::new())
}

fn elements(item: &Element) -> Vec<Element> {
    let elements = item.nodes.iter().filter_map(|node| match node {
        Node::Element(element) => Some(element.clone()),
        Node::Text(_) | Node::Opaque(_) => None,
    });
    elements.collect()
}

fn replace(fields: &mut Vec<Element>, tag: Tag, value: &str) {
    fields.retain(|field| field.tag != tag);
    fields.push(text(tag, value));
}

/// GIFs of one pixel.
const ONE: &str = "R0lGODdhAQABAIAAAP///////ywAAAAAAQABAAACAkQBADs=";
const OTHER: &str = "R0lGODdhAQABAIAAAAAAAP///ywAAAAAAQABAAACAkQBADs=";
