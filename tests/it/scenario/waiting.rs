//! Waiting for changes, and the Sync without a body.

use std::time::{Duration, Instant};

use horde_eas::probe::Error;

use crate::scenario::{Scene, contacts, mail};
use crate::support::world::End;

/// "As last time": an empty body.
pub(super) async fn empty_sync(scene: &mut Scene) -> Result<(), Error> {
    let (mut phone, id) = mail::with_inbox(scene).await?;
    phone.sync_all(mail::wish(&id)).await?;
    if scene.end == Some(End::Horde) {
        scene.check("empty-sync.nothing-new", false, "not sent: it hangs for its own waiting time");
        return Ok(());
    }
    let answer = phone.link.post("Sync", &[]).await?;
    // No body at all, or the collection as it was.
    let held = phone.key_of(&id).to_owned();
    let synced = phone.take_sync(answer.document()?.as_ref(), &[mail::wish(&id)]);
    let brought = synced.of(&id);
    let is_right = synced.empty || brought.status == 1 && brought.key.as_deref() == Some(&*held);
    scene.check("empty-sync.nothing-new", is_right, format!("{synced:?}"));
    scene.world().mail("INBOX", "empty sync");
    let answer = phone.link.post("Sync", &[]).await?;
    let wishes = [mail::wish(&id)];
    let synced = phone.take_sync(answer.document()?.as_ref(), &wishes);
    scene.same("empty-sync.something-new", synced.of(&id).added.len(), 1);
    Ok(())
}

/// A change ends the waiting.
pub(super) async fn ping(scene: &mut Scene) -> Result<(), Error> {
    let (mut phone, id) = mail::with_inbox(scene).await?;
    let waiting = phone.clone();
    let inbox = id.clone();
    let began = Instant::now();
    let task = tokio::spawn(async move { waiting.ping(60, &[(&inbox, "Email")]).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    scene.world().mail("INBOX", "ping");
    let end = task.await.unwrap()?;
    scene.same("ping.mail", (end.status, end.folders), (2, vec![id.clone()]));
    let took = began.elapsed();
    scene.check("ping.soon", took < Duration::from_secs(25), format!("{took:?}"));
    // Nothing was fetched since: the same Ping, empty, ends at once with the same.
    let end = phone.ping_with(None).await?;
    scene.same("ping.empty", (end.status, end.folders), (2, vec![id]));
    let contacts = phone.folder_of(9).ok_or(Error::Missing("contacts"))?.id.clone();
    phone.sync_all(contacts::wish(&contacts)).await?;
    scene.world().add_card("Paula", "Ping").await;
    let end = phone.ping(60, &[(&contacts, "Contacts")]).await?;
    scene.same("ping.contacts", (end.status, end.folders), (2, vec![contacts]));
    Ok(())
}

/// Intervals out of bounds, and a Ping that nobody can understand.
pub(super) async fn bounds(scene: &mut Scene) -> Result<(), Error> {
    let mut phone = scene.paired().await?;
    let id = phone.folder_of(2).ok_or(Error::Missing("inbox"))?.id.clone();
    let end = phone.ping_with(None).await?;
    scene.same("ping.empty-first", end.status, 3);
    phone.sync_all(mail::wish(&id)).await?;
    let end = phone.ping(5, &[(&id, "Email")]).await?;
    scene.same("ping.too-short", end.status, 5);
    scene.check(
        "ping.too-short-limit",
        end.interval.is_some_and(|limit| limit > 5),
        format!("{end:?}"),
    );
    let end = phone.ping(100_000, &[(&id, "Email")]).await?;
    scene.same("ping.too-long", end.status, 5);
    scene.check(
        "ping.too-long-limit",
        end.interval.is_some_and(|limit| limit < 100_000),
        format!("{end:?}"),
    );
    Ok(())
}
