//! A contact over which Turba itself stumbles, since its row is broken: it is left out, or answered
//! alone, and everything else flows.

use horde_eas::probe::node::{Look as _, text};
use horde_eas::probe::phone::body_preference;
use horde_eas::probe::sync::{Brought, Wish, add, change, delete};
use horde_eas::wbxml::pages::Contacts;
use mysql_async::Conn;
use mysql_async::prelude::Queryable as _;
use serde_json::json;

use crate::support::stack;
use crate::support::world::{End, World};

/// No date, which Horde's driver takes for one and gives up.
const BREAK: &str = "UPDATE turba_objects SET object_anniversary = 'soon' WHERE object_uid = ?";
const MEND: &str = "UPDATE turba_objects SET object_anniversary = NULL WHERE object_uid = ?";

async fn run(query: &str, uid: &str) {
    let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
    conn.exec_drop(query, (uid,)).await.unwrap();
    assert_eq!(conn.affected_rows(), 1);
    conn.disconnect().await.unwrap();
}

fn statuses(brought: &Brought) -> Vec<(String, u32)> {
    let named = |it: &horde_eas::probe::sync::Outcome| {
        it.client_id.clone().or_else(|| it.server_id.clone()).unwrap_or_default()
    };
    brought.responses.iter().map(|response| (named(response), response.status)).collect()
}

#[tokio::test]
async fn a_broken_contact_is_alone_and_the_others_flow() {
    let world = World::new().await;
    let mut uids = Vec::new();
    for last in ["One", "Two", "Broken", "Three", "Four"] {
        uids.push(world.add_card("Some", last).await);
    }
    let broken = uids.remove(2);
    run(BREAK, &broken).await;

    let mut phone = world.phone(End::Sidecar, "14.1");
    phone.provision().await.unwrap();
    phone.folder_sync().await.unwrap();
    let id = phone.folder_of(9).unwrap().id.clone();
    let wish = || {
        let wish = Wish { get_changes: Some(true), ..Wish::of(&id, "Contacts") };
        wish.option(body_preference(1, None))
    };
    let mut brought = phone.sync_all(wish()).await.unwrap();
    brought.added.sort();
    uids.sort();
    assert_eq!(brought.added, uids);
    let brought = phone.sync_all(wish()).await.unwrap();
    assert_eq!((brought.added.len(), brought.changed.len()), (0, 0), "and then it is quiet");

    // Both ways at once, with the broken one in the midst.
    world.change_card(&uids[3], json!({ "company": "Server Ltd" })).await;
    let named = |last: &str| [text(Contacts::LastName, last)];
    let commands = [
        change(&uids[0], named("Zero")),
        change(&broken, named("Whole")),
        add("new", named("New")),
        delete(&uids[1]),
        delete(&broken),
    ];
    let brought = phone.sync_one(wish().with(commands)).await.unwrap();
    assert_eq!(brought.status, 1);
    assert_eq!(brought.changed, [uids[3].clone()]);
    let mut told = statuses(&brought);
    told.sort();
    let mut wanted = vec![("new".to_owned(), 1), (broken.clone(), 6), (broken.clone(), 6)];
    wanted.sort();
    assert_eq!(told, wanted);
    assert_eq!(world.card(&uids[0]).await["lastname"], "Zero");
    assert!(world.card(&uids[1]).await.is_null());
    assert_eq!(world.card(&broken).await["lastname"], "Broken", "it is as it was");

    // Once it is mended it is one of them.
    run(MEND, &broken).await;
    world.change_card(&broken, json!({ "company": "Mended Ltd" })).await;
    let brought = phone.sync_all(wish()).await.unwrap();
    assert!(brought.changed.is_empty() && brought.added == [&*broken], "{brought:?}");
    let (status, item) = phone.fetch(&id, &broken, &[body_preference(1, None)]).await.unwrap();
    assert_eq!(status, 1);
    let company = item.unwrap().value(&[Contacts::CompanyName]);
    assert_eq!(company.as_deref(), Some("Mended Ltd"));
}
