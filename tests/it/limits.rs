//! Horde's limits of how many items a user may have: what is above them is refused, alone.
//!
//! The demo gives some users two of each kind.

use horde_eas::probe::node::{node, text};
use horde_eas::probe::phone::body_preference;
use horde_eas::probe::sync::{Brought, Wish, add, change, delete};
use horde_eas::wbxml::Tag;
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{AirSyncBase, Calendar, Contacts, Notes, Tasks};

use crate::support::shares::{ALL, Form};
use crate::support::world::{End, World};

fn fields(api: &str, name: Tag, title: &str) -> Vec<Element> {
    let mut fields = vec![text(name, title)];
    match api {
        "calendar" => fields.extend([
            text(Calendar::AllDayEvent, "0"),
            text(Calendar::StartTime, "20261207T080000Z"),
            text(Calendar::EndTime, "20261207T090000Z"),
        ]),
        "notes" => fields.push(node(
            AirSyncBase::Body,
            vec![text(AirSyncBase::Type, "1"), text(AirSyncBase::Data, title)],
        )),
        _ => {}
    }
    fields
}

fn statuses(brought: &Brought) -> Vec<(Option<&str>, u32)> {
    brought.responses.iter().map(|it| (it.client_id.as_deref(), it.status)).collect()
}

#[tokio::test]
async fn what_is_above_a_limit_is_refused_alone() {
    let world = World::of("user30");
    for card in world.cards().await {
        world.delete_card(&card.uid).await;
    }
    world.delete_events().await;
    world.delete_tasks().await;
    world.delete_notes().await;
    for form in ALL {
        fill(&world, form).await;
    }
}

async fn fill(world: &World, form: Form) {
    let name: Tag = match form.api {
        "calendar" => Calendar::Subject,
        "contacts" => Contacts::LastName,
        "tasks" => Tasks::Subject,
        _ => Notes::Subject,
    };
    let api = form.api;
    let mut phone = world.phone(End::Sidecar, "14.1");
    phone.provision().await.unwrap();
    phone.folder_sync().await.unwrap();
    let id = phone.folder_of(form.primary).unwrap().id.clone();
    let wish = || Wish::of(&id, form.class).option(body_preference(1, None));
    phone.sync_all(wish()).await.unwrap();
    let add = |id: &str, title: &str| add(id, fields(api, name, title));
    let brought = phone.sync_all(wish().with([add("one", "One")])).await.unwrap();
    assert_eq!(statuses(&brought), [(Some("one"), 1)], "{api}");
    let first = brought.responses[0].server_id.clone().unwrap();

    let commands = [
        change(&first, fields(api, name, "One more")),
        add("two", "Two"),
        add("three", "Three"),
        add("four", "Four"),
    ];
    let brought = phone.sync_all(wish().with(commands)).await.unwrap();
    let mut told = statuses(&brought);
    told.sort_unstable();
    assert_eq!(told, [(Some("four"), 6), (Some("three"), 6), (Some("two"), 1)], "{api}");
    let second = brought.responses.iter().find_map(|it| it.server_id.clone()).unwrap();

    let mut other = world.phone(End::Sidecar, "14.1");
    other.provision().await.unwrap();
    other.folder_sync().await.unwrap();
    let folder = other.folder_of(form.primary).unwrap().id.clone();
    let wanted = Wish::of(&folder, form.class).option(body_preference(1, None));
    let mut brought = other.sync_all(wanted).await.unwrap();
    brought.added.sort();
    let mut wanted = [first.clone(), second];
    wanted.sort();
    assert_eq!(brought.added, wanted, "{api}: the others came, and nothing else");
    assert_eq!(
        other.collections[&folder].find(name, "One more"),
        std::slice::from_ref(&first),
        "{api}"
    );

    let commands = [delete(&first), add("five", "Five")];
    let brought = phone.sync_all(wish().with(commands)).await.unwrap();
    assert_eq!(statuses(&brought), [(Some("five"), 1)], "{api}: there is room again");
}
