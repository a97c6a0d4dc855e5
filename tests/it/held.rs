//! What a phone holds under a filter is known again after it was at the other server, which does
//! not write it down.

use horde_eas::probe::node::text;
use horde_eas::probe::phone::Phone;
use horde_eas::probe::sync::{Brought, Wish};
use horde_eas::wbxml::pages::AirSync;
use serde_json::{Value, json};

use crate::support::world::{End, World};

/// An hour, some days from now.
fn event(title: &str, days: i64) -> Value {
    let day = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
    let at =
        |hour: u8| json!({"local": day.strftime(&format!("%Y-%m-%dT{hour:02}:00:00")).to_string()});
    json!({"title": title, "zone": "Europe/Berlin", "allday": false, "start": at(9), "end": at(10)})
}

async fn put(world: &World, op: &str, uid: &str, title: &str, days: i64) {
    let operation = json!({"op": op, "uid": uid, "data": event(title, days)});
    assert_eq!(world.apply_event(operation).await, uid);
}

async fn sync(phone: &mut Phone, id: &str) -> Brought {
    let wish = Wish { get_changes: Some(true), ..Wish::of(id, "Calendar") };
    phone.sync_all(wish.option(text(AirSync::FilterType, "4"))).await.unwrap()
}

#[tokio::test]
async fn what_is_held_is_known_again() {
    let world = World::new().await;
    world.delete_events().await;
    let [old, new, other] = [(); 3].map(|()| uuid::Uuid::new_v4().to_string());
    put(&world, "add", &old, "Long ago", -60).await;
    put(&world, "add", &new, "Soon", 2).await;
    // While others write, numbers of the history are missing for a moment, and the stamp stays
    // behind them: Horde then takes what was told for something that it has told itself.
    tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
    let mut phone = world.phone(End::Sidecar, "14.1");
    phone.provision().await.unwrap();
    phone.folder_sync().await.unwrap();
    let id = phone.folder_of(8).unwrap().id.clone();
    assert_eq!(sync(&mut phone, &id).await.added, std::slice::from_ref(&new));

    phone.link.url = End::Horde.url();
    put(&world, "patch", &new, "Sooner", 1).await;
    assert_eq!(sync(&mut phone, &id).await.changed, std::slice::from_ref(&new));

    phone.link.url = End::Sidecar.url();
    put(&world, "add", &other, "Another", 3).await;
    put(&world, "patch", &new, "Soonest", 1).await;
    let brought = sync(&mut phone, &id).await;
    let wanted = (std::slice::from_ref(&other), std::slice::from_ref(&new));
    assert_eq!((&*brought.added, &*brought.changed), wanted);
    put(&world, "patch", &old, "Now soon", 4).await;
    put(&world, "patch", &new, "Soon again", 2).await;
    let brought = sync(&mut phone, &id).await;
    let wanted = (std::slice::from_ref(&old), std::slice::from_ref(&new));
    assert_eq!((&*brought.added, &*brought.changed), wanted);
    world.delete_events().await;
}
