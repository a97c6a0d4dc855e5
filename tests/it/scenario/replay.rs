//! The answer was lost, so the phone says the same again.

use horde_eas::probe::Error;
use horde_eas::probe::node::encode;
use horde_eas::probe::sync::add;

use crate::scenario::contacts::{card, wish, with_contacts};
use crate::scenario::{Scene, mail};

/// Additions are stored once, and the phone learns their ids.
pub(super) async fn adds(scene: &mut Scene) -> Result<(), Error> {
    let (mut phone, id) = with_contacts(scene).await?;
    let request = wish(&id).with([add("replay1", card("Rita", "Replay"))]);
    phone.link.post("Sync", &encode(&phone.sync_request(std::slice::from_ref(&request)))).await?;
    let brought = phone.sync_one(request).await?;
    let response = brought.responses.first().cloned().unwrap_or_default();
    scene.same("replay.add", (response.status, response.server_id.is_some()), (1, true));
    let cards = scene.world().cards().await;
    let n = cards.iter().filter(|card| card.last == "Replay").count();
    scene.same("replay.add-once", n, 1);

    // Another device counts its new items from the same number.
    let (mut other, others) = with_contacts(scene).await?;
    let brought =
        other.sync_one(wish(&others).with([add("replay1", card("Olga", "Otherdevice"))])).await?;
    let status = brought.responses.first().map(|response| response.status);
    scene.same("replay.client-id-of-other-device", status, Some(1));

    // Nor does a waiting phone forget what it sent.
    let request = wish(&id).with([add("replay2", card("Paul", "Pinged"))]);
    phone.sync_all(wish(&id)).await?;
    phone.link.post("Sync", &encode(&phone.sync_request(std::slice::from_ref(&request)))).await?;
    let _ = scene.world().add_card("Wake", "Up").await;
    phone.ping(60, &[(&id, "Contacts")]).await?;
    phone.sync_one(request).await?;
    let cards = scene.world().cards().await;
    let n = cards.iter().filter(|card| card.last == "Pinged").count();
    scene.same("replay.add-after-ping", n, 1);
    Ok(())
}

/// What the server sent is sent again.
pub(super) async fn server_changes(scene: &mut Scene) -> Result<(), Error> {
    let (mut phone, id) = mail::with_inbox(scene).await?;
    for n in 0..3 {
        scene.world().mail("INBOX", &format!("replayed {n}"));
    }
    let request = encode(&phone.sync_request(&[mail::wish(&id)]));
    let lost = phone.link.post("Sync", &request).await?;
    let again = phone.link.post("Sync", &request).await?;
    let same = lost.document()? == again.document()?;
    scene.check("replay.same-answer", same, "another answer");
    let brought = phone.sync_all(mail::wish(&id)).await?;
    scene.same("replay.all-come", brought.added.len(), 3);
    scene.same("replay.no-oddities", phone.oddities.clone(), Vec::<String>::new());
    // And goes on as if nothing had been.
    scene.world().mail("INBOX", "replayed last");
    let brought = phone.sync_all(mail::wish(&id)).await?;
    scene.same("replay.goes-on", (brought.status, brought.added.len()), (1, 1));
    Ok(())
}
