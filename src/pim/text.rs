//! Texts of items: Horde keeps them as plain text.
//!
//! [MS-ASAIRS] §2.2.2.9

use crate::eas::body::{Body, BodyType};
use crate::eas::scalar::Data;
use crate::mime::html_text;

/// A text as the body of an item, whole.
pub(super) fn body(text: String) -> Body {
    Body {
        kind: BodyType::Text,
        estimated_data_size: Some(text.len() as u64),
        truncated: None,
        data: Some(Data::from(text)),
        part: None,
        preview: None,
    }
}

/// The text of a body that a client sent, HTML made readable; `None` when it sent none, or only the
/// beginning, or in a form that is no text.
pub(super) fn plain(body: &Body) -> Option<String> {
    if body.truncated == Some(true) {
        return None;
    }
    let text = body.data.as_ref().map(Data::to_text)?;
    match body.kind {
        BodyType::Text => Some(text),
        BodyType::Html => Some(html_text::to_text(&text)),
        _ => None,
    }
}
