//! Attachments, answers in several parts, folders emptied.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use horde_eas::probe::Error;
use horde_eas::probe::attachment::{self, data};
use horde_eas::probe::node::{Look as _, encode, text};
use horde_eas::probe::phone::{Phone, body_preference, fetch_request, fetched, file_request};
use horde_eas::wbxml::pages::{AirSync, AirSyncBase, ItemOperations};

use crate::scenario::Scene;
use crate::scenario::mail::{id_of, wish, with_inbox};

/// Bytes of all values, more than one piece of them.
fn picture() -> Vec<u8> {
    (0..1_500_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// A letter with a text in quoted-printable, a picture in base64 and a letter inside.
fn packed(subject: &str) -> Vec<u8> {
    let encoded = STANDARD.encode(picture());
    let lines: Vec<&str> =
        encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let date = jiff::Zoned::now().strftime("%a, %d %b %Y %H:%M:%S %z").to_string();
    format!(
        "From: a@example.test\r\nTo: b@example.test\r\nSubject: {subject}\r\nDate: {date}\r\n\
        MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=mm\r\n\r\n\
        --mm\r\nContent-Type: text/plain\r\n\r\nSee there.\r\n\
        --mm\r\nContent-Type: text/csv; charset=utf-8; name=\"t.csv\"\r\n\
        Content-Disposition: attachment; filename=\"t.csv\"\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\n{QUOTED}\r\n\
        --mm\r\nContent-Type: image/png; name=\"p.png\"\r\n\
        Content-Disposition: attachment; filename=\"p.png\"\r\n\
        Content-Transfer-Encoding: base64\r\n\r\n{}\r\n\
        --mm\r\nContent-Type: message/rfc822\r\n\r\n{INSIDE}\r\n--mm--\r\n",
        lines.join("\r\n")
    )
    .into_bytes()
}

const QUOTED: &str = "a;b=C3=A4;c =\r\nd;=3D";
const UNQUOTED: &[u8] = b"a;b\xc3\xa4;c d;=";
const INSIDE: &str = "From: in@example.test\r\nSubject: inside\r\n\r\nInner text.\r\n";

/// References of the attachments of a mail that the phone holds.
fn references(phone: &Phone, folder: &str, one: &str) -> Vec<String> {
    attachment::references(&phone.collections[folder].items[one])
}

/// Contents come bit for bit, whole and in ranges.
pub(super) async fn fetch(scene: &mut Scene) -> Result<(), Error> {
    scene.world().append("INBOX", &packed("packed"));
    let (phone, id) = with_inbox(scene).await?;
    let one = id_of(&phone, &id, "packed")?;
    let all = references(&phone, &id, &one);
    scene.same("attachment.count", all.len(), 3);
    let [csv, png, letter] = all.as_slice() else { return Err(Error::Missing("Attachment")) };

    let (status, found) = phone.fetch_file(csv, None).await?;
    scene.same("attachment.status", status, 1);
    scene.same("attachment.quoted", data(found.as_ref()), UNQUOTED);
    let kind = found.and_then(|all| all.value(&[AirSyncBase::ContentType]));
    let kind = kind.unwrap_or_default();
    scene.check("attachment.content-type", kind.starts_with("text/csv"), kind);
    let (_, found) = phone.fetch_file(png, None).await?;
    let same = data(found.as_ref()) == picture();
    scene.check("attachment.base64", same, "other bytes");
    let (_, found) = phone.fetch_file(letter, None).await?;
    let inside = String::from_utf8_lossy(&data(found.as_ref())).into_owned();
    scene.check("attachment.letter", inside.contains("Inner text."), inside);

    for (range, from, to) in [
        ("0-9", 0, 10),
        ("1000000-1048999", 1_000_000, 1_049_000),
        ("1499999-9999999", 1_499_999, 1_500_000),
    ] {
        let (status, found) = phone.fetch_file(png, Some(range)).await?;
        scene.same("attachment.range-status", status, 1);
        let bytes = data(found.as_ref());
        let is_right = bytes == picture()[from..to];
        scene.check("attachment.range", is_right, format!("{range}: {} bytes", bytes.len()));
        let told = |tag| found.as_ref().and_then(|all| all.value(&[tag]));
        let total = told(ItemOperations::Total);
        scene.same("attachment.total", total.as_deref(), Some("1500000"));
        let told = told(ItemOperations::Range);
        scene.same("attachment.range-told", told, Some(format!("{from}-{}", to - 1)));
    }

    // Up to 12.1 there is a command of its own.
    if scene.version == "12.1" {
        let answer = phone.get_attachment(csv).await?;
        scene.same("attachment.get", (answer.status, answer.body.as_slice()), (200, UNQUOTED));
        let kind = answer.header("content-type");
        scene.check("attachment.get-type", kind.starts_with("text/csv"), kind);
    }
    Ok(())
}

/// Parts beside the document, which is part 0.
pub(super) async fn parts(scene: &mut Scene) -> Result<(), Error> {
    scene.world().append("INBOX", &packed("parts"));
    let (mut phone, id) = with_inbox(scene).await?;
    let one = id_of(&phone, &id, "parts")?;
    let png = references(&phone, &id, &one).get(1).cloned().ok_or(Error::Missing("p.png"))?;
    phone.link.multipart = true;
    let answer = phone.post("ItemOperations", &file_request(&png, None)).await?;
    let kind = answer.header("content-type");
    scene.same("parts.content-type", kind.as_str(), "application/vnd.ms-sync.multipart");
    let (status, found) = fetched(&answer)?;
    scene.same("parts.status", status, 1);
    let number = found.and_then(|all| all.number(&[ItemOperations::Part]));
    scene.same("parts.number", number, Some(1));
    let is_right = answer.parts().get(1).is_some_and(|part| *part == picture());
    scene.check("parts.bytes", is_right, "other bytes");

    let which = [text(AirSync::CollectionId, &*id), text(AirSync::ServerId, &*one)];
    let request = fetch_request(&which, &[body_preference(1, None)]);
    let answer = phone.post("ItemOperations", &request).await?;
    let (_, found) = fetched(&answer)?;
    let body = found.and_then(|all| all.child(AirSyncBase::Body).cloned());
    let body = body.ok_or(Error::Missing("Body"))?;
    scene.same("parts.body-number", body.number(&[ItemOperations::Part]), Some(1));
    let shown = answer.parts().get(1).map(|part| String::from_utf8_lossy(part).into_owned());
    let shown = shown.unwrap_or_default();
    scene.check("parts.body", shown.contains("See there."), shown);

    phone.link.short_query = true;
    let answer = phone.post("ItemOperations", &file_request(&png, None)).await?;
    let is_right = answer.parts().get(1).is_some_and(|part| *part == picture());
    scene.check("parts.asked-by-option-bit", is_right, format!("{}", answer.status));
    Ok(())
}

/// What is not there, and what is not allowed.
pub(super) async fn wrong(scene: &mut Scene) -> Result<(), Error> {
    scene.world().append("INBOX", &packed("wrong"));
    let (phone, id) = with_inbox(scene).await?;
    let one = id_of(&phone, &id, "wrong")?;
    let png = references(&phone, &id, &one).get(1).cloned().ok_or(Error::Missing("p.png"))?;
    let (stem, _) = png.rsplit_once(':').ok_or(Error::Missing("FileReference"))?;
    for (check, reference) in [
        ("attachment.no-part", format!("{stem}:77")),
        ("attachment.no-message", "INBOX:99999:2".to_owned()),
        ("attachment.no-mailbox", "nobody's:1:2".to_owned()),
        ("attachment.nonsense", "nonsense".to_owned()),
        ("attachment.injection", "INBOX\"\r\nx LOGOUT:1:2".to_owned()),
        ("attachment.other-user", "user/bob/INBOX:1:2".to_owned()),
        ("attachment.impossible-name", "../bob//:1:2".to_owned()),
    ] {
        let answer = phone.post("ItemOperations", &file_request(&reference, None)).await;
        let status = answer.and_then(|answer| fetched(&answer)).map(|(status, _)| status).ok();
        scene.same(check, status, Some(15));
    }
    for range in ["9-1", "nonsense", "99999999-999999999"] {
        let status = phone.fetch_file(&png, Some(range)).await.map(|(status, _)| status).ok();
        scene.same("attachment.bad-range", status, Some(8));
    }
    let store = [text(ItemOperations::Store, "Nowhere"), text(AirSyncBase::FileReference, &*png)];
    let fetch = horde_eas::probe::node::node(ItemOperations::Fetch, store);
    let request = horde_eas::probe::node::node(ItemOperations::ItemOperations, [fetch.clone()]);
    let status = phone.post("ItemOperations", &request).await;
    let status = status.and_then(|answer| fetched(&answer)).map(|(status, _)| status).ok();
    scene.same("attachment.unknown-store", status, Some(9));
    let many = horde_eas::probe::node::node(ItemOperations::ItemOperations, vec![fetch; 5_000]);
    let answer = phone.link.post("ItemOperations", &encode(&many)).await?;
    let status = answer.document().ok().flatten();
    let status = status.and_then(|answer| answer.number(&[ItemOperations::Status]));
    scene.same("attachment.thousands", (answer.status, status), (200, Some(11)));
    Ok(())
}

/// A folder is emptied, and those below it when that is asked for.
pub(super) async fn empty(scene: &mut Scene) -> Result<(), Error> {
    for mailbox in ["Empty", "Empty/below"] {
        scene.world().make_mailbox(mailbox);
    }
    for name in ["empty a", "empty b"] {
        scene.world().mail("Empty", name);
        scene.world().mail("Empty/below", name);
        scene.world().mail("INBOX", name);
    }
    let mut phone = scene.paired().await?;
    let id = phone.folder_named("Empty").ok_or(Error::Missing("Empty"))?.id.clone();
    phone.sync_all(wish(&id)).await?;
    let status = phone.empty_folder(&id, false).await.ok();
    scene.same("empty.status", status, Some(1));
    let left = scene.world().mails("Empty").len();
    scene.same("empty.is-empty", left, 0);
    let below = scene.world().mails("Empty/below").len();
    scene.same("empty.leaves-below", below, 2);
    let brought = phone.sync_all(wish(&id)).await?;
    scene.same("empty.deletes-come", brought.deleted.len(), 2);
    scene.same("empty.again", phone.empty_folder(&id, false).await.ok(), Some(1));
    let status = phone.empty_folder(&id, true).await.ok();
    scene.same("empty.below-status", status, Some(1));
    let is_there = scene.world().has_mailbox("Empty/below");
    scene.check("empty.below-is-gone", !is_there, "still there");
    scene.same("empty.unknown", phone.empty_folder("F00000000", false).await.ok(), Some(6));
    let book = phone.folder_of(9).ok_or(Error::Missing("contacts"))?.id.clone();
    let not_here = if scene.version == "12.1" { 3 } else { 156 };
    scene.same("empty.contacts", phone.empty_folder(&book, false).await.ok(), Some(not_here));
    let inbox = phone.folder_of(2).ok_or(Error::Missing("inbox"))?.id.clone();
    scene.same("empty.inbox-with-all", phone.empty_folder(&inbox, true).await.ok(), Some(5));
    let left = scene
        .world()
        .mails("INBOX")
        .iter()
        .filter(|mail| mail.subject.starts_with("empty"))
        .count();
    scene.same("empty.inbox-stays", left, 2);
    Ok(())
}
