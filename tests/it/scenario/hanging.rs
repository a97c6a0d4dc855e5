//! A Sync that waits, one that leaves out what it said before, and one of several collections.

use std::time::{Duration, Instant};

use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, empty, node, text};
use horde_eas::probe::phone::Phone;
use horde_eas::probe::sync::{Synced, Wish, add, change};
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{AirSync, Email};

use crate::scenario::{Scene, contacts, mail};
use crate::support::world::End;

/// Runs a Sync, and has mail come while it waits: what it brought, and after how long.
async fn while_mail_comes(
    scene: &mut Scene,
    phone: &mut Phone,
    subject: &str,
    request: impl Into<Option<(Wish, Element)>>,
) -> Result<(Synced, Duration), Error> {
    let request = request.into();
    let began = Instant::now();
    let mut waiting = phone.clone();
    let task = tokio::spawn(async move {
        let synced = match request {
            Some((wish, interval)) => waiting.sync_and(&[wish], [interval]).await?,
            None => waiting.sync_empty(&[]).await?,
        };
        Ok::<_, Error>((waiting, synced))
    });
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    scene.world().mail("INBOX", subject);
    let (after, synced) = task.await.unwrap()?;
    *phone = after;
    Ok((synced, began.elapsed()))
}

/// Waiting ends with the change, and is remembered for the Sync without a body.
pub(super) async fn waits(scene: &mut Scene) -> Result<(), Error> {
    let (mut phone, id) = mail::with_inbox(scene).await?;
    phone.sync_all(mail::wish(&id)).await?;
    for (name, interval) in [
        ("hanging.wait", text(AirSync::Wait, "2")),
        ("hanging.heartbeat", text(AirSync::HeartbeatInterval, "90")),
    ] {
        let request = (mail::wish(&id), interval);
        let (synced, took) = while_mail_comes(scene, &mut phone, name, request).await?;
        scene.same(&format!("{name}.brings-it"), synced.of(&id).added.len(), 1);
        let is_soon = (1_500..25_000).contains(&took.as_millis());
        scene.check(&format!("{name}.soon"), is_soon, format!("{took:?}"));
        // The new key must be presented once: an empty request can not say that it came.
        phone.sync_all(mail::wish(&id)).await?;
    }
    // A Sync that does not wish to wait is not made to.
    let began = Instant::now();
    phone.sync_one(mail::wish(&id)).await?;
    let took = began.elapsed();
    scene.check("hanging.not-asked", took < Duration::from_secs(3), format!("{took:?}"));
    if scene.end == Some(End::Horde) {
        scene.check("hanging.empty-after-none", false, "not sent: it hangs for its own time");
        return Ok(());
    }
    let began = Instant::now();
    phone.sync_empty(&[]).await?;
    let took = began.elapsed();
    scene.check("hanging.empty-after-none", took < Duration::from_secs(3), format!("{took:?}"));
    // One that waited is waited for again, also when nothing but Partial is said.
    let request = (mail::wish(&id), text(AirSync::Wait, "2"));
    while_mail_comes(scene, &mut phone, "hanging first", request).await?;
    let request = (mail::wish(&id), text(AirSync::Wait, "2"));
    while_mail_comes(scene, &mut phone, "hanging second", request).await?;
    let held = phone.key_of(&id).to_owned();
    let synced = phone.sync_and(&[], [empty(AirSync::Partial)]).await?;
    scene.same("hanging.partial-unconfirmed", synced.status, Some(13));
    scene.same("hanging.partial-keeps-the-key", phone.key_of(&id), &*held);
    let request = (mail::wish(&id), text(AirSync::Wait, "1"));
    let (synced, _) = while_mail_comes(scene, &mut phone, "hanging third", request).await?;
    scene.same("hanging.third", synced.of(&id).added.len(), 1);
    Ok(())
}

/// Intervals that can not be, and a Sync with changes of the client's, which does not wait.
pub(super) async fn bounds(scene: &mut Scene) -> Result<(), Error> {
    let (mut phone, id) = mail::with_inbox(scene).await?;
    scene.world().mail("INBOX", "hanging bounds");
    phone.sync_all(mail::wish(&id)).await?;
    let cases = [
        ("wait-too-long", vec![text(AirSync::Wait, "60")], "14", Some("59")),
        ("heartbeat-too-short", vec![text(AirSync::HeartbeatInterval, "59")], "14", Some("60")),
        ("heartbeat-too-long", vec![text(AirSync::HeartbeatInterval, "3541")], "14", Some("3540")),
        (
            "both",
            vec![text(AirSync::Wait, "2"), text(AirSync::HeartbeatInterval, "120")],
            "4",
            None,
        ),
    ];
    for (name, intervals, status, limit) in cases {
        if scene.end == Some(End::Horde) && name == "heartbeat-too-short" {
            scene.check("hanging.heartbeat-too-short", false, "not sent: it waits that long");
            continue;
        }
        let mut request = phone.sync_request(&[mail::wish(&id)]);
        for interval in intervals {
            request = with(request, interval);
        }
        let answer = phone.post("Sync", &request).await?;
        // Horde answers some of these with a page of HTML.
        let answer = answer.document().ok().flatten();
        let value = |tag| answer.as_ref().and_then(|answer| answer.value(&[tag]));
        let said = (value(AirSync::Status), value(AirSync::Limit));
        let expected = (Some(status.to_owned()), limit.map(str::to_owned));
        scene.same(&format!("hanging.{name}"), said, expected);
    }
    let mail_id = mail::id_of(&phone, &id, "hanging bounds")?;
    let read = mail::wish(&id).with([change(&mail_id, [text(Email::Read, "1")])]);
    let began = Instant::now();
    let synced = phone.sync_and(&[read], [text(AirSync::Wait, "2")]).await?;
    let took = began.elapsed();
    scene.same("hanging.change-up", synced.of(&id).status, 1);
    scene.check("hanging.change-up-at-once", took < Duration::from_secs(3), format!("{took:?}"));
    Ok(())
}

fn with(element: Element, child: Element) -> Element {
    node(element.tag, element.children().cloned().chain([child]))
}

/// Several collections in one request: each has its answer, and they share the window.
pub(super) async fn several(scene: &mut Scene) -> Result<(), Error> {
    let mut phone = scene.paired().await?;
    let inbox = phone.folder_of(2).ok_or(Error::Missing("inbox"))?.id.clone();
    let sent = phone.folder_of(5).ok_or(Error::Missing("sent"))?.id.clone();
    let book = phone.folder_of(9).ok_or(Error::Missing("contacts"))?.id.clone();
    for n in 0..4 {
        scene.world().mail("INBOX", &format!("several {n}"));
        scene.world().mail("Sent", &format!("several sent {n}"));
    }
    let wishes = [mail::wish(&inbox), mail::wish(&sent), contacts::wish(&book)];
    let first = wishes.clone().map(|wish| Wish { get_changes: None, ..wish });
    let synced = phone.sync(&first).await?;
    let keys: Vec<bool> =
        [&inbox, &sent, &book].map(|id| synced.of(id).key.is_some_and(|key| key != "0")).into();
    scene.same("several.first-keys", keys, [true, true, true]);
    let window = || [text(AirSync::WindowSize, "3")];
    let synced = phone.sync_and(&wishes, window()).await?;
    let n_sent: usize = synced.collections.values().map(|brought| brought.added.len()).sum();
    scene.same("several.window-is-shared", (n_sent, synced.of(&inbox).more), (3, true));
    for _ in 0..60 {
        let synced = phone.sync_and(&wishes, window()).await?;
        if !synced.collections.values().any(|brought| brought.more) {
            break;
        }
    }
    let mut subjects: Vec<_> =
        scene.world().mails("Sent").into_iter().map(|mail| mail.subject).collect();
    subjects.sort();
    scene.same("several.all-came", phone.collections[&sent].subjects(), subjects);
    // Changes of two collections in one request, and one that is nobody's between them.
    let mail_id = mail::id_of(&phone, &inbox, "several 0")?;
    let stranger = Wish { key: Some("{a}1".to_owned()), ..Wish::of("Fffffffff", "Email") };
    let card = contacts::card("Severin", "Several");
    let wishes = [
        mail::wish(&inbox).with([change(&mail_id, [text(Email::Read, "1")])]),
        stranger,
        contacts::wish(&book).with([add("several1", card)]),
    ];
    let synced = phone.sync(&wishes).await?;
    scene.same("several.mail-up", synced.of(&inbox).status, 1);
    let stored = synced.of(&book).responses.into_iter().find_map(|outcome| outcome.server_id);
    scene.check("several.contact-up", stored.is_some(), "no ServerId");
    let read = scene.world().mails("INBOX").into_iter().find(|mail| mail.subject == "several 0");
    scene.check("several.flag-is-set", read.is_some_and(|mail| mail.read), "not read");
    Ok(())
}

/// The end of the time is an answer without a body, and the key stays.
pub(super) async fn ends(scene: &mut Scene) -> Result<(), Error> {
    let (mut phone, id) = mail::with_inbox(scene).await?;
    phone.sync_all(mail::wish(&id)).await?;
    let held = phone.key_of(&id).to_owned();
    let began = Instant::now();
    let wait = [text(AirSync::HeartbeatInterval, "60")];
    let synced = phone.sync_and(&[mail::wish(&id)], wait).await?;
    let took = began.elapsed();
    scene.check("hanging.ends-empty", synced.empty, format!("{synced:?}"));
    scene.check("hanging.ends-in-time", (59..65).contains(&took.as_secs()), format!("{took:?}"));
    scene.same("hanging.ends-with-the-key", phone.key_of(&id), &*held);
    // "As last time" waits again, also for somebody who says nothing but Partial.
    let (synced, took) = while_mail_comes(scene, &mut phone, "hanging again", None).await?;
    scene.same("hanging.empty-waits", synced.of(&id).added.len(), 1);
    scene.check("hanging.empty-waited", took.as_millis() >= 1_500, format!("{took:?}"));
    Ok(())
}
