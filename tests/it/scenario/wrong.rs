//! Wrong keys, wrong commands, wrong bytes: a Status or a 4xx, never a crash.

use horde_eas::probe::Error;
use horde_eas::probe::node::{encode, node, text};
use horde_eas::probe::sync::Wish;
use horde_eas::wbxml::pages::{AirSync, GetItemEstimate, Ping};

use crate::scenario::{Scene, mail};
use crate::support::world::End;

/// Keys that nobody gave out.
pub(super) async fn keys(scene: &mut Scene) -> Result<(), Error> {
    let (mut phone, id) = mail::with_inbox(scene).await?;
    let bad = |key: &str| Wish { key: Some(key.to_owned()), ..mail::wish(&id) };
    let held = phone.key_of(&id).to_owned();
    let unknown = "{11111111-1111-1111-1111-111111111111}5";
    scene.same("keys.unknown", phone.sync_one(bad(unknown)).await?.status, 3);
    scene.same("keys.malformed", phone.sync_one(bad("nonsense")).await?.status, 3);
    scene.same("keys.good-one-lives-on", phone.sync_one(bad(&held)).await?.status, 1);
    let stranger = Wish::of("Fffffffff", "Email");
    let synced = phone.sync(&[stranger]).await;
    let status = synced.map(|synced| {
        let status = synced.of("Fffffffff").status;
        if status == 0 { synced.status.unwrap_or_default() } else { status }
    });
    let is_right = matches!(status, Ok(8 | 12));
    scene.check("keys.unknown-collection", is_right, format!("{status:?}"));
    Ok(())
}

/// Requests that make no sense.
pub(super) async fn requests(scene: &mut Scene) -> Result<(), Error> {
    let phone = scene.paired().await?;
    let answer = phone.link.post("Dance", &[]).await?;
    scene.same("requests.unknown-command", answer.status, 501);
    let url = format!("{}?Cmd=FolderSync&User=x", phone.link.url);
    let body = encode(&phone.folder_sync_request());
    let kind = Some("application/vnd.ms-sync.wbxml");
    let answer = phone.link.send(reqwest::Method::POST, &url, kind, &body).await?;
    scene.same("requests.no-device", answer.status, 400);
    let url = format!("{}?{}", phone.link.url, phone.link.query("FolderSync"));
    let answer = phone.link.send(reqwest::Method::GET, &url, None, &[]).await?;
    scene.check("requests.get", answer.status < 500, answer.status.to_string());
    let mut odd = phone.clone();
    "99.9".clone_into(&mut odd.link.version);
    let answer = odd.link.post("FolderSync", &body).await?;
    scene.same("requests.unknown-version", answer.status, 400);
    for (name, root) in
        [("Sync", AirSync::Sync), ("GetItemEstimate", GetItemEstimate::GetItemEstimate)]
    {
        let child =
            if name == "Sync" { AirSync::Collections } else { GetItemEstimate::Collections };
        let answer = phone.post(name, &node(root, [node(child, [])])).await?;
        let id = format!("requests.no-collections-{name}");
        scene.check(&id, answer.status < 500, answer.status.to_string());
    }
    let ping = node(Ping::Ping, [text(Ping::HeartbeatInterval, "60"), node(Ping::Folders, [])]);
    let answer = phone.post("Ping", &ping).await?;
    scene.check("requests.ping-without-folders", answer.status < 500, answer.status.to_string());
    Ok(())
}

/// Bytes that are no document.
pub(super) async fn bytes(scene: &mut Scene) -> Result<(), Error> {
    let phone = scene.paired().await?;
    for (name, body) in BYTES {
        let answer = phone.link.post("FolderSync", body).await?;
        let looks_right = answer.status < 500 && answer.document().is_ok() || answer.status == 400;
        let detail = format!("HTTP {} {:?}", answer.status, answer.document());
        scene.check(&format!("bytes.{name}"), looks_right, detail);
    }
    // One command's document under another's name sends a PHP worker into an endless loop.
    let body = encode(&phone.folder_sync_request());
    if scene.end == Some(End::Horde) {
        scene.check("bytes.other-document", false, "not sent: it would never end");
    } else {
        let answer = phone.link.post("Sync", &body).await?;
        scene.check("bytes.other-document", answer.status < 500, answer.status.to_string());
    }
    Ok(())
}

/// Numbers of changes.
pub(super) async fn estimate(scene: &mut Scene) -> Result<(), Error> {
    let (phone, id) = mail::with_inbox(scene).await?;
    scene.world().mail("INBOX", "estimated 1");
    scene.world().mail("INBOX", "estimated 2");
    scene.same("estimate.two", phone.estimate(&id, 0).await?, (1, Some(2)));
    let fresh = scene.paired().await?;
    let primed = fresh.estimate(&fresh.folder_of(2).unwrap().id.clone(), 0).await?;
    scene.same("estimate.before-the-first-sync", primed.0, 3);
    let unknown = phone.estimate("Fffffffff", 0).await;
    let status = unknown.as_ref().map(|(status, _)| *status).ok();
    scene.check("estimate.unknown-collection", status == Some(2), format!("{unknown:?}"));
    Ok(())
}

/// What is posted as a FolderSync.
const BYTES: &[(&str, &[u8])] = &[
    ("text", b"This is no document at all."),
    ("cut", b"\x03\x01\x6a\x00\x00\x07\x56\x52\x03"),
    ("unknown-page", b"\x03\x01\x6a\x00\x00\x63\x56\x52\x030\x00\x01\x01"),
    ("unknown-token", b"\x03\x01\x6a\x00\x00\x07\x7f\x52\x030\x00\x01\x01"),
    ("string-table", b"\x03\x01\x6a\x00\x00\x07\x56\x52\x83\x20\x01\x01"),
    ("literal-tag", b"\x03\x01\x6a\x00\x00\x07\x44\x05\x52\x030\x00\x01\x01"),
    ("long-opaque", b"\x03\x01\x6a\x00\x00\x07\x56\x52\xc3\x8f\xff\xff\x7f0\x01\x01"),
];
