//! Mail that the phone sends: what arrives, what is kept, and how often.

use horde_eas::probe::Error;
use horde_eas::probe::phone::Phone;

use crate::scenario::Scene;

/// A message to oneself that no server may touch: 8-bit text, dots, spaces and empty lines at its
/// end.
fn message(scene: &mut Scene, subject: &str, more: &str) -> String {
    let user = scene.world().user.clone();
    format!(
        "From: {user}@example.test\r\nTo: {user}@example.test\r\n{more}Subject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=\"b\";\r\n\tprotocol=\"application/pkcs7-signature\"\r\nX-Odd:   two  spaces\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\u{fc}\u{df}e  \r\n.\r\n..\r\n.dots\r\n--b\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIB\r\n--b--\r\n\r\n\r\n"
    )
}

fn body(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message).into_owned();
    text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

fn field(message: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(message).into_owned();
    let header = text.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n\t", " ");
    let line = header.lines().find(|line| {
        line.split(':').next().is_some_and(|field| field.eq_ignore_ascii_case(name))
    })?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

/// Status, or the HTTP status where that says it.
async fn sent(phone: &Phone, id: &str, message: &str, is_kept: bool) -> Result<u32, Error> {
    match phone.send_mail(id, message.as_bytes(), is_kept).await {
        Err(Error::Http(status)) => Ok(u32::from(status)),
        other => other,
    }
}

/// A mail arrives as it was written.
pub(super) async fn once(scene: &mut Scene) -> Result<(), Error> {
    let phone = scene.paired().await?;
    let mail = message(scene, "sent once", "");
    let status = sent(&phone, "once", &mail, true).await?;
    scene.same("send.status", status, 0);
    let arrived = scene.world().arrived("INBOX", "sent once", 1).await;
    scene.same("send.arrives-once", arrived.len(), 1);
    let one = arrived.first().cloned().unwrap_or_default();
    scene.same("send.byte-for-byte", body(&one), body(mail.as_bytes()));
    let odd = field(&one, "X-Odd");
    scene.same("send.fields-stay", odd.as_deref(), Some("two  spaces"));
    let kind = field(&one, "Content-Type").unwrap_or_default();
    scene.check("send.content-type-stays", kind.contains("multipart/signed"), kind);
    let from = field(&one, "From").unwrap_or_default();
    let user = scene.world().user.clone();
    scene.check("send.from-the-identity", from.contains(&format!("{user}@example.test")), from);
    for (check, name) in [("send.has-date", "Date"), ("send.has-message-id", "Message-ID")] {
        let value = field(&one, name);
        scene.check(check, value.is_some(), format!("{value:?}"));
    }
    let foreign =
        message(scene, "sent foreign", "").replacen(&format!("From: {user}@"), "From: boss@", 1);
    sent(&phone, "foreign", &foreign, false).await?;
    let arrived = scene.world().arrived("INBOX", "sent foreign", 1).await;
    let from = arrived.first().and_then(|one| field(one, "From")).unwrap_or_default();
    scene.check("send.nobody-elses-from", !from.contains("boss@"), from);
    Ok(())
}

/// The copy, and who must not see what.
pub(super) async fn copies(scene: &mut Scene) -> Result<(), Error> {
    let phone = scene.paired().await?;
    let user = scene.world().user.clone();
    let hidden = format!("Bcc: {user}+hidden@example.test\r\n");
    let mail = message(scene, "sent copy", &hidden);
    sent(&phone, "copy", &mail, true).await?;
    let arrived = scene.world().arrived("INBOX", "sent copy", 2).await;
    scene.same("send.bcc-arrives", arrived.len(), 2);
    let shown = arrived.iter().filter_map(|one| field(one, "Bcc")).count();
    scene.same("send.bcc-is-hidden", shown, 0);
    let kept = scene.world().arrived("Sent", "sent copy", 1).await;
    scene.same("send.kept-once", kept.len(), 1);
    let one = kept.first().cloned().unwrap_or_default();
    scene.same("send.kept-byte-for-byte", body(&one), body(mail.as_bytes()));
    scene.check("send.kept-with-bcc", field(&one, "Bcc").is_some(), "no Bcc");
    let is_read = scene.world().mails("Sent").iter().all(|mail| mail.read);
    scene.check("send.kept-is-read", is_read, "unread");
    let ids: Vec<_> = arrived.iter().chain(&kept).map(|one| field(one, "Message-ID")).collect();
    let is_one = ids.iter().all(|id| id.is_some() && *id == ids[0]);
    scene.check("send.kept-has-the-same-id", is_one, format!("{ids:?}"));

    let mail = message(scene, "sent away", "");
    sent(&phone, "away", &mail, false).await?;
    scene.world().arrived("INBOX", "sent away", 1).await;
    let kept = scene.world().arrived("Sent", "sent away", 0).await;
    scene.same("send.not-kept-unless-asked", kept.len(), 0);
    Ok(())
}

/// The answer was lost, so the phone sends again.
pub(super) async fn again(scene: &mut Scene) -> Result<(), Error> {
    let phone = scene.paired().await?;
    let mail = message(scene, "sent again", "Date: Tue, 24 Nov 2026 12:00:00 +0000\r\n");
    let first = sent(&phone, "again", &mail, true).await?;
    let second = sent(&phone, "again", &mail, true).await?;
    scene.same("send.again-same-answer", second, first);
    let arrived = scene.world().arrived("INBOX", "sent again", 1).await;
    scene.same("send.again-arrives-once", arrived.len(), 1);
    let kept = scene.world().arrived("Sent", "sent again", 1).await;
    scene.same("send.again-kept-once", kept.len(), 1);

    // Another device, and another mail under an id that was used before, are something else.
    let other = scene.paired().await?;
    let status = sent(&other, "again", &mail, false).await?;
    scene.same("send.other-device", status, 0);
    let arrived = scene.world().arrived("INBOX", "sent again", 2).await;
    scene.check("send.other-device-arrives", arrived.len() >= 2, arrived.len().to_string());
    let another = message(scene, "sent another", "");
    sent(&phone, "again", &another, false).await?;
    let arrived = scene.world().arrived("INBOX", "sent another", 1).await;
    scene.same("send.id-used-again", arrived.len(), 1);
    Ok(())
}

/// What can not be sent.
pub(super) async fn refused(scene: &mut Scene) -> Result<(), Error> {
    let phone = scene.paired().await?;
    let has_status = scene.version >= "14.0";
    let unknown = "Cc: nobody-there@example.test\r\n";
    let mail = message(scene, "sent to nobody", unknown);
    let status = sent(&phone, "nobody", &mail, true).await?;
    scene.same("send.unknown-recipient", status, if has_status { 120 } else { 500 });
    let user = scene.world().user.clone();
    let lonely = format!("From: {user}@example.test\r\nSubject: sent without\r\n\r\nhi\r\n");
    let status = sent(&phone, "lonely", &lonely, true).await?;
    scene.same("send.no-recipient", status, if has_status { 119 } else { 400 });
    let arrived = scene.world().arrived("INBOX", "sent to nobody", 0).await;
    scene.same("send.all-or-none", arrived.len(), 0);
    let kept = scene.world().arrived("Sent", "sent to nobody", 0).await;
    scene.same("send.refused-not-kept", kept.len(), 0);
    // Once the recipient is right, the same mail goes.
    let mail = mail.replace("nobody-there@", &format!("{user}+there@"));
    let status = sent(&phone, "nobody", &mail, true).await?;
    scene.same("send.after-refusal", status, 0);
    let arrived = scene.world().arrived("INBOX", "sent to nobody", 2).await;
    scene.same("send.after-refusal-arrives", arrived.len(), 2);
    Ok(())
}
