//! Bodies of mails: types, truncation, single fetches.

use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, text};
use horde_eas::probe::phone::{Phone, body_preference};
use horde_eas::probe::sync::{Wish, fetch};
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{AirSync, AirSyncBase, Email};

use crate::scenario::Scene;
use crate::scenario::mail::{id_of, with_inbox};
use crate::support::world::letter;

fn html_letter(subject: &str) -> String {
    letter(subject, "<html><body><p>Hello <b>there</b></p></body></html>\r\n")
        .replace("text/plain", "text/html")
}

/// The body of a mail that is fetched with a preference by a device of its own.
async fn body(
    scene: &Scene,
    subject: &str,
    kind: u32,
    truncation: Option<u32>,
) -> Result<Element, Error> {
    let mut phone = scene.paired().await?;
    let id = phone.folder_of(2).ok_or(Error::Missing("inbox"))?.id.clone();
    let mut options = vec![text(AirSync::FilterType, "0")];
    if kind == 4 {
        options.push(text(AirSync::MIMESupport, "2"));
    }
    options.push(body_preference(kind, truncation));
    let wish = Wish { get_changes: Some(true), options, ..Wish::of(&id, "Email") };
    phone.sync_all(wish).await?;
    let one = id_of(&phone, &id, subject)?;
    let item = &phone.collections[&id].items[&one];
    item.child(AirSyncBase::Body).cloned().ok_or(Error::Missing("Body"))
}

/// Types and truncation.
pub(super) async fn bodies(scene: &mut Scene) -> Result<(), Error> {
    // Three bytes each, so that a cut at 500 bytes would split one.
    let euros = format!("{}\r\n", "\u{20ac}".repeat(2000));
    scene.world().append("INBOX", letter("body euros", &euros).as_bytes());
    scene.world().append("INBOX", html_letter("body html").as_bytes());

    let data = |body: &Element| body.value(&[AirSyncBase::Data]).unwrap_or_default();
    let one = body(scene, "body html", 2, None).await?;
    scene.same("body.html-type", one.number(&[AirSyncBase::Type]), Some(2));
    scene.check("body.html", data(&one).contains("<b>there</b>"), data(&one));
    let one = body(scene, "body html", 1, None).await?;
    scene.same("body.text-type", one.number(&[AirSyncBase::Type]), Some(1));
    let plain = data(&one).to_lowercase();
    scene.check("body.html-as-text", plain.contains("there") && !plain.contains("<b>"), plain);
    let one = body(scene, "body html", 4, None).await?;
    scene.same("body.mime-type", one.number(&[AirSyncBase::Type]), Some(4));
    scene.check("body.mime", data(&one).contains("Subject: body html"), data(&one));

    let one = body(scene, "body euros", 1, Some(500)).await?;
    let cut = data(&one);
    scene.same("body.truncated", one.value(&[AirSyncBase::Truncated]).as_deref(), Some("1"));
    scene.check(
        "body.truncation-in-bytes",
        cut.len() <= 500 && cut.len() > 490,
        cut.len().to_string(),
    );
    scene.check("body.truncation-between-characters", !cut.contains('\u{fffd}'), &cut);
    let size = one.number(&[AirSyncBase::EstimatedDataSize]).unwrap_or_default();
    scene.check("body.estimated-size", (5_900..=6_100).contains(&size), size.to_string());
    let one = body(scene, "body euros", 4, Some(300)).await?;
    let cut = data(&one);
    scene.check("body.mime-truncation", cut.len() <= 300 && !cut.is_empty(), cut.len().to_string());
    Ok(())
}

/// One mail, fetched by itself.
pub(super) async fn fetches(scene: &mut Scene) -> Result<(), Error> {
    scene.world().append("INBOX", letter("fetch me", &"0123456789\r\n".repeat(1000)).as_bytes());
    let (mut phone, id) = with_inbox(scene).await?;
    let one = id_of(&phone, &id, "fetch me")?;
    in_sync(scene, &mut phone, &id, &one).await?;
    by_item_operations(scene, &phone, &id, &one).await
}

async fn in_sync(scene: &mut Scene, phone: &mut Phone, id: &str, one: &str) -> Result<(), Error> {
    let wish = Wish::of(id, "Email").option(body_preference(1, None)).with([fetch(one)]);
    let brought = phone.sync_one(wish).await?;
    let response = brought.responses.first().cloned().unwrap_or_default();
    scene.same("fetch.sync", (brought.status, response.status), (1, 1));
    let body = response.data.and_then(|data| data.value(&[AirSyncBase::Body, AirSyncBase::Data]));
    scene.check("fetch.sync-whole", body.unwrap_or_default().len() >= 11_000, "cut");
    let wish = Wish::of(id, "Email").option(body_preference(1, None)).with([fetch("99999")]);
    let brought = phone.sync_one(wish).await?;
    let status = brought.responses.first().map(|response| response.status);
    scene.same("fetch.sync-unknown", status, Some(8));
    Ok(())
}

async fn by_item_operations(
    scene: &mut Scene,
    phone: &Phone,
    id: &str,
    one: &str,
) -> Result<(), Error> {
    let (status, data) = phone.fetch(id, one, &[body_preference(1, None)]).await?;
    scene.same("fetch.item", status, 1);
    let data = data.ok_or(Error::Missing("Properties"))?;
    scene.same("fetch.item-subject", data.value(&[Email::Subject]).as_deref(), Some("fetch me"));
    let body = data.value(&[AirSyncBase::Body, AirSyncBase::Data]).unwrap_or_default();
    scene.check("fetch.item-whole", body.len() >= 11_000, body.len().to_string());
    let (_, data) = phone.fetch(id, one, &[body_preference(1, Some(100))]).await?;
    let body = data.and_then(|data| data.value(&[AirSyncBase::Body, AirSyncBase::Data]));
    let length = body.unwrap_or_default().len();
    scene.check("fetch.item-truncated", (1..=100).contains(&length), length.to_string());
    let unknown = phone.fetch(id, "99999", &[body_preference(1, None)]).await;
    let status = unknown.as_ref().map(|(status, _)| *status).ok();
    scene.check("fetch.item-unknown", status == Some(6), format!("{unknown:?}"));
    Ok(())
}
