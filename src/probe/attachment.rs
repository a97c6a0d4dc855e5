//! Attachments: what a mail says of them, and their bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;

use crate::probe::Error;
use crate::probe::link::Answer;
use crate::probe::node::Look as _;
use crate::probe::phone::{Phone, fetched, file_request};
use crate::wbxml::element::Element;
use crate::wbxml::pages::{AirSyncBase, ItemOperations};

impl Phone {
    /// Fetches an attachment, or the given bytes of it: Status and properties.
    ///
    /// # Errors
    /// When no document came back.
    pub async fn fetch_file(
        &self,
        reference: &str,
        range: Option<&str>,
    ) -> Result<(u32, Option<Element>), Error> {
        fetched(&self.post("ItemOperations", &file_request(reference, range)).await?)
    }

    /// Fetches an attachment as clients up to 12.1 do: whatever HTTP brings.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn get_attachment(&self, reference: &str) -> Result<Answer, Error> {
        let mut name = String::new();
        for byte in reference.bytes() {
            name.push_str(&format!("%{byte:02X}"));
        }
        let query = self.link.query("GetAttachment");
        let url = format!("{}?{query}&AttachmentName={name}", self.link.url);
        self.link.send(Method::POST, &url, None, b"").await
    }
}

/// References of a mail's attachments as Sync tells them.
#[must_use]
pub fn references(item: &Element) -> Vec<String> {
    let all = item.child(AirSyncBase::Attachments).map(|all| all.all(AirSyncBase::Attachment));
    let all = all.unwrap_or_default().into_iter();
    all.filter_map(|one| one.value(&[AirSyncBase::FileReference])).collect()
}

/// The bytes that the properties of a Fetch hold.
#[must_use]
pub fn data(properties: Option<&Element>) -> Vec<u8> {
    let data = properties.and_then(|all| all.value(&[ItemOperations::Data])).unwrap_or_default();
    let data: String = data.chars().filter(|one| !one.is_whitespace()).collect();
    STANDARD.decode(data).unwrap_or_default()
}
