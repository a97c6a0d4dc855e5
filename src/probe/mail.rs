//! Mail that the phone sends.

use crate::probe::Error;
use crate::probe::node::{Look as _, empty, encode, node, opaque, text};
use crate::probe::phone::Phone;
use crate::wbxml::element::Element;
use crate::wbxml::pages::ComposeMail;

impl Phone {
    /// Sends a message: the Status, and 0 when the answer was an empty one, which means that all
    /// is well.
    ///
    /// # Errors
    /// When no answer came, another HTTP status than 200, or something else than a Status.
    pub async fn send_mail(
        &self,
        client_id: &str,
        message: &[u8],
        is_kept: bool,
    ) -> Result<u32, Error> {
        let answer = if self.link.level() >= 140 {
            let document = send_mail_request(client_id, message, is_kept);
            self.link.post("SendMail", &encode(&document)).await?
        } else {
            self.link.post_message("SendMail", message, is_kept).await?
        };
        let Some(document) = answer.document()? else { return Ok(0) };
        document.number(&[ComposeMail::Status]).ok_or(Error::Missing("ComposeMail:Status"))
    }
}

/// The document of a SendMail, from 14.0 on.
#[must_use]
pub fn send_mail_request(client_id: &str, message: &[u8], is_kept: bool) -> Element {
    let mut children = vec![text(ComposeMail::ClientId, client_id)];
    if is_kept {
        children.push(empty(ComposeMail::SaveInSentItems));
    }
    children.push(opaque(ComposeMail::Mime, message));
    node(ComposeMail::SendMail, children)
}
