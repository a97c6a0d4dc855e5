//! RFC 5322 and MIME messages as a phone wants them: headers in words, one body, a list of
//! attachments.
//!
//! A message comes either whole ([`Message::whole`]) or in pieces ([`Message::in_pieces`]): its
//! header, the outline of its parts as the mail server tells it, and the content of the few parts
//! that are needed.
//! Nothing here panics, logs, or knows of Horde; what cannot be parsed is shown as it is.

#![warn(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

pub mod body;
pub mod decoder;
pub mod headers;
pub mod html;
pub mod html_text;
pub mod kind;
pub mod outgoing;
pub mod outline;
pub mod text;
pub mod thread;
pub mod words;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::mime::headers::Headers;
use crate::mime::outline::{Outline, Part};

/// A message: its header, its parts, and the content of some of them.
#[derive(Debug)]
pub struct Message<'a> {
    /// The header fields that matter.
    pub headers: Headers,
    /// The parts.
    pub outline: Outline,
    contents: BTreeMap<String, Piece<'a>>,
}

/// The content of one part as it travels: still transfer-encoded.
#[derive(Clone, Debug, Default)]
pub struct Piece<'a> {
    /// The bytes.
    pub bytes: Cow<'a, [u8]>,
    /// Whether that is all of the part.
    pub complete: bool,
}

/// What an attachment list says of one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The IMAP part number, such as `2.1`.
    pub number: String,
    /// The name to show; never empty.
    pub name: String,
    /// Bytes after decoding, as near as can be told.
    pub size: u32,
    /// The Content-ID without its angle brackets.
    pub content_id: Option<String>,
    /// The Content-Location.
    pub content_location: Option<String>,
    /// Whether the HTML body refers to it.
    pub inline: bool,
    /// Whether it is itself a message.
    pub message: bool,
}

impl<'a> Message<'a> {
    /// Reads a message that is all there; never fails: what is no message is a text without a
    /// header.
    #[must_use]
    pub fn whole(raw: &'a [u8]) -> Self {
        let outline = Outline::of_message(raw);
        let contents = outline
            .wanted_parts()
            .into_iter()
            .filter_map(|part| {
                let bytes = raw.get(part.span.clone()?)?;
                Some((part.number.clone(), Piece { bytes: Cow::Borrowed(bytes), complete: true }))
            })
            .collect();
        Self { headers: Headers::read(header_block(raw)), outline, contents }
    }

    /// Reads the beginning of a message: what reaches its end may go on.
    #[must_use]
    pub fn beginning(raw: &'a [u8]) -> Self {
        let mut message = Self::whole(raw);
        for part in &message.outline.parts {
            let at_end = part.span.as_ref().is_some_and(|span| span.end >= raw.len());
            if let Some(piece) = message.contents.get_mut(&part.number).filter(|_| at_end) {
                piece.complete = false;
            }
        }
        message
    }

    /// Puts a message together from its header, its outline and the parts that were read.
    #[must_use]
    pub fn in_pieces(
        header: &[u8],
        outline: Outline,
        contents: BTreeMap<String, Piece<'a>>,
    ) -> Self {
        Self { headers: Headers::read(header), outline, contents }
    }

    /// The text of a part in UTF-8, and whether that is all of it.
    fn text_of(&self, part: &Part) -> (String, bool) {
        match self.contents.get(&part.number) {
            Some(piece) => (part.text(&piece.bytes), piece.complete),
            None => (String::new(), part.size == 0),
        }
    }

    /// The HTML body as it is in the message.
    fn native_html(&self) -> Option<(String, bool)> {
        self.outline.html().map(|part| self.text_of(part))
    }

    /// The plain body as it is in the message.
    fn native_plain(&self) -> Option<(String, bool)> {
        self.outline.plain().map(|part| self.text_of(part))
    }

    /// The attachments in the order of the message.
    #[must_use]
    pub fn attachments(&self) -> Vec<Attachment> {
        let html = self.native_html().map(|(html, _)| html).unwrap_or_default();
        let references = html::references(&html);
        self.outline
            .attachments()
            .map(|part| Attachment {
                number: part.number.clone(),
                name: part.shown_name(),
                size: part.decoded_size(),
                content_id: part.content_id.as_deref().map(text::clean_line),
                content_location: part.content_location.as_deref().map(text::clean_line),
                inline: part.is_referred_to(&references),
                message: part.media_type == "message/rfc822",
            })
            .collect()
    }
}

/// The header block of a message: up to and with the empty line.
#[must_use]
pub fn header_block(raw: &[u8]) -> &[u8] {
    let mut at_line_start = true;
    for (index, byte) in raw.iter().enumerate() {
        match byte {
            b'\n' if at_line_start => return raw.get(..=index).unwrap_or(raw),
            b'\n' => at_line_start = true,
            b'\r' => {}
            _ => at_line_start = false,
        }
    }
    raw
}

#[cfg(test)]
mod tests;
