//! A contact in an address book that has a place for all of its fields: three addresses and
//! children, which most books have not.

use horde_eas::probe::node::{node, text};
use horde_eas::probe::phone::{Phone, body_preference};
use horde_eas::probe::sync::{Wish, add, change};
use horde_eas::wbxml::Tag;
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::Contacts;

use crate::support::world::{End, World};

const ADDRESSES: [Tag; 3] =
    [Contacts::Email1Address, Contacts::Email2Address, Contacts::Email3Address];

fn card(addresses: [&str; 3], children: &[&str]) -> Vec<Element> {
    let mut fields = vec![text(Contacts::FirstName, "Ann"), text(Contacts::LastName, "Full")];
    for (tag, address) in ADDRESSES.into_iter().zip(addresses) {
        if !address.is_empty() {
            fields.push(text(tag, address));
        }
    }
    if !children.is_empty() {
        let children = children.iter().map(|child| text(Contacts::Child, *child));
        fields.push(node(Contacts::Children, children));
    }
    fields
}

async fn paired(world: &World) -> (Phone, String) {
    let mut phone = world.phone(End::Sidecar, "14.1");
    phone.provision().await.unwrap();
    phone.folder_sync().await.unwrap();
    let id = phone.folder_of(9).unwrap().id.clone();
    phone.sync_all(wish(&id)).await.unwrap();
    (phone, id)
}

fn wish(id: &str) -> Wish {
    let wish = Wish { get_changes: Some(true), ..Wish::of(id, "Contacts") };
    wish.option(body_preference(1, None))
}

/// The addresses and the children of a contact, as a phone that comes anew is shown them.
async fn shown(world: &World, uid: &str) -> (Vec<String>, Vec<String>) {
    let (phone, id) = paired(world).await;
    let item = &phone.collections[&id].items[uid];
    let find = |tag: Tag| item.children().find(|child| child.tag == tag);
    let addresses = ADDRESSES.map(|tag| find(tag).map(Element::text).unwrap_or_default());
    let children = find(Contacts::Children).map(|all| all.children().map(Element::text).collect());
    (addresses.into(), children.unwrap_or_default())
}

#[tokio::test]
async fn three_addresses_and_children_survive() {
    let world = World::of("user34");
    for card in world.cards().await {
        world.delete_card(&card.uid).await;
    }
    let (mut phone, id) = paired(&world).await;
    let all = ["one@example.test", "two@example.test", "three@example.test"];
    let fields = card(all, &["Bea", "Carl Émil"]);
    let brought = phone.sync_all(wish(&id).with([add("full", fields)])).await.unwrap();
    let uid = brought.responses[0].server_id.clone().unwrap();
    let (addresses, children) = shown(&world, &uid).await;
    assert_eq!(addresses, all);
    assert_eq!(children, ["Bea", "Carl Émil"]);
    for (column, address) in ["email", "homeemail", "workemail"].into_iter().zip(all) {
        assert_eq!(world.card_column(&uid, column).await.as_deref(), Some(address), "{column}");
    }

    // The middle one goes, the last one changes; nobody moves into another's place.
    let fields = card([all[0], "", "drei@example.test"], &["Bea", "Carl Émil", "Dora"]);
    phone.sync_all(wish(&id).with([change(&uid, fields)])).await.unwrap();
    let (addresses, children) = shown(&world, &uid).await;
    assert_eq!(addresses, [all[0], "", "drei@example.test"]);
    assert_eq!(children, ["Bea", "Carl Émil", "Dora"]);

    // The first alone may be empty too, and children can be cleared.
    let fields = card(["", "", "drei@example.test"], &[]);
    phone.sync_all(wish(&id).with([change(&uid, fields)])).await.unwrap();
    let (addresses, children) = shown(&world, &uid).await;
    assert_eq!(addresses, ["", "", "drei@example.test"]);
    assert!(children.is_empty(), "{children:?}");

    // What Horde's own pages change comes down in its place.
    world.change_card(&uid, serde_json::json!({"homeEmail": "zwei@example.test"})).await;
    let brought = phone.sync_all(wish(&id)).await.unwrap();
    assert_eq!(brought.changed, std::slice::from_ref(&uid));
    let (addresses, _) = shown(&world, &uid).await;
    assert_eq!(addresses, ["", "zwei@example.test", "drei@example.test"]);
    world.delete_card(&uid).await;
}
