//! The parts of a message, and which of them are its text.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use mail_parser::{HeaderName, MessageParser, MessagePart, MimeHeaders, PartType};

use crate::mime::headers::as_utf8;
use crate::mime::html;
use crate::mime::text::{Encoding, clean_line, start_of, to_utf8};

/// The leaves of a message in their order, and what its multiparts say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The leaves: what is no multipart; a message within the message is one leaf.
    pub parts: Vec<Part>,
    /// Media type of the whole, lower case, such as `multipart/signed`.
    pub media_type: String,
    /// The parameter `protocol` of `multipart/signed`, or `report-type` of `multipart/report`.
    pub purpose: Option<String>,
}

/// A leaf of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The IMAP part number, such as `1` or `2.1`.
    pub number: String,
    /// Media type in lower case.
    pub media_type: String,
    /// The parameter `charset`.
    pub charset: Option<String>,
    /// How the content travels.
    pub encoding: Encoding,
    /// The file name.
    pub name: Option<String>,
    /// Content-Description.
    pub description: Option<String>,
    /// Content-ID without angle brackets.
    pub content_id: Option<String>,
    /// Content-Location.
    pub content_location: Option<String>,
    /// Whether it says that it is an attachment.
    pub is_attachment: bool,
    /// Size of the content as it travels.
    pub size: u32,
    /// Number of the outermost `multipart/alternative` or `multipart/related` around it.
    pub choice: Option<String>,
    /// Where the content lies in a message that is all there.
    pub span: Option<Range<usize>>,
    /// Bytes after decoding, where they were counted.
    pub counted_size: Option<u32>,
}

impl Outline {
    /// The outline of a message that is all there.
    #[must_use]
    pub fn of_message(raw: &[u8]) -> Self {
        let parsed = has_header(raw).then(|| PARSER.parse(raw)).flatten();
        let Some(message) = parsed else {
            return Self::of_text(raw);
        };
        let mut outline = Self::default();
        if let Some(root) = message.parts.first() {
            outline.media_type = media_type(root).unwrap_or_else(|| TEXT_PLAIN.to_owned());
            outline.purpose = root.content_type().and_then(|content_type| {
                let name = if outline.media_type == "multipart/report" {
                    "report-type"
                } else {
                    "protocol"
                };
                content_type.attribute(name).map(str::to_ascii_lowercase)
            });
        }
        // Part 0 is the root; the stack holds (part, number, choice, type to assume).
        let mut stack = vec![(0_u32, String::new(), None::<String>, TEXT_PLAIN)];
        while let Some((id, number, choice, assumed)) = stack.pop() {
            let Some(part) = usize::try_from(id).ok().and_then(|id| message.parts.get(id)) else {
                continue;
            };
            match &part.body {
                PartType::Multipart(children) => {
                    let media_type = media_type(part).unwrap_or_default();
                    let chosen = matches!(
                        media_type.as_str(),
                        "multipart/alternative" | "multipart/related"
                    );
                    let choice = choice.or_else(|| chosen.then(|| format!("{number}/")));
                    let assumed =
                        if media_type == "multipart/digest" { RFC822 } else { TEXT_PLAIN };
                    for (index, child) in children.iter().enumerate().rev() {
                        let index = index.saturating_add(1);
                        let number = if number.is_empty() {
                            index.to_string()
                        } else {
                            format!("{number}.{index}")
                        };
                        stack.push((*child, number, choice.clone(), assumed));
                    }
                }
                _ if outline.parts.len() >= MAX_PARTS => break,
                _ => {
                    let number = if number.is_empty() { "1".to_owned() } else { number };
                    outline.parts.push(leaf(raw, part, number, choice, assumed));
                }
            }
        }
        outline
    }

    /// The outline of something without any structure: one plain text.
    fn of_text(raw: &[u8]) -> Self {
        let start = if has_header(raw) { crate::mime::header_block(raw).len() } else { 0 };
        let span = start..raw.len();
        let size = u32::try_from(span.len()).unwrap_or(u32::MAX);
        let part = Part {
            number: "1".to_owned(),
            media_type: TEXT_PLAIN.to_owned(),
            size,
            span: Some(span),
            ..Part::default()
        };
        Self { parts: vec![part], media_type: TEXT_PLAIN.to_owned(), purpose: None }
    }

    /// The first part that is a text to read: it says where the body is.
    fn first_text(&self) -> Option<&Part> {
        self.parts.iter().find(|part| part.is_text_body())
    }

    /// The plain body.
    #[must_use]
    pub fn plain(&self) -> Option<&Part> {
        self.body(TEXT_PLAIN)
    }

    /// The HTML body.
    #[must_use]
    pub fn html(&self) -> Option<&Part> {
        self.body(TEXT_HTML)
    }

    fn body(&self, media_type: &str) -> Option<&Part> {
        let first = self.first_text()?;
        if first.media_type == media_type {
            return Some(first);
        }
        let choice = first.choice.as_ref()?;
        self.parts.iter().find(|part| {
            part.media_type == media_type
                && part.is_text_body()
                && part.choice.as_ref() == Some(choice)
        })
    }

    /// The part of a report that machines read.
    #[must_use]
    pub fn report(&self) -> Option<&Part> {
        if self.media_type != "multipart/report" {
            return None;
        }
        self.parts.iter().find(|part| {
            matches!(
                part.media_type.as_str(),
                "message/delivery-status" | "message/disposition-notification"
            )
        })
    }

    /// The parts whose content a [`Message`](crate::mime::Message) needs.
    #[must_use]
    pub fn wanted_parts(&self) -> Vec<&Part> {
        let mut numbers = BTreeSet::new();
        [self.plain(), self.html(), self.report()]
            .into_iter()
            .flatten()
            .filter(|part| numbers.insert(part.number.as_str()))
            .collect()
    }

    /// All leaves but the body and detached signatures.
    pub fn attachments(&self) -> impl Iterator<Item = &Part> {
        let bodies = [self.plain(), self.html()];
        self.parts.iter().filter(move |part| {
            !bodies.iter().flatten().any(|body| body.number == part.number) && !part.is_signature()
        })
    }
}

impl Part {
    /// What the header of a part says of it; `None` for a multipart, which has no content of its
    /// own.
    #[must_use]
    pub fn of_header(block: &[u8]) -> Option<Self> {
        let mut block = block.trim_ascii_end().to_vec();
        block.extend_from_slice(b"\r\n\r\n");
        let parsed = PARSER.parse_headers(&block)?;
        let root = parsed.parts.first()?;
        let media_type = media_type(root).unwrap_or_else(|| TEXT_PLAIN.to_owned());
        if media_type.starts_with("multipart/") {
            return None;
        }
        let encoding = root.content_transfer_encoding().map_or(Encoding::Identity, Encoding::of);
        Some(Self { media_type, encoding, ..Self::default() })
    }

    fn is_text_body(&self) -> bool {
        matches!(self.media_type.as_str(), TEXT_PLAIN | TEXT_HTML)
            && !self.is_attachment
            // A text that has a name beside the first body is a file.
            && (self.name.is_none() || self.number.rsplit('.').next() == Some("1"))
    }

    fn is_signature(&self) -> bool {
        matches!(
            self.media_type.as_str(),
            "application/pkcs7-signature" | "application/x-pkcs7-signature"
        )
    }

    /// The content in UTF-8.
    pub(crate) fn text(&self, bytes: &[u8]) -> String {
        let decoded = self.encoding.decode(bytes);
        let of_html = match &self.charset {
            None if self.media_type == TEXT_HTML => html::charset(&decoded),
            _ => None,
        };
        to_utf8(&decoded, self.charset.as_deref().or(of_html.as_deref()))
    }

    pub(crate) fn shown_name(&self) -> String {
        let given = self.name.as_ref().or(self.description.as_ref());
        let name = given.map(|name| clean_line(name)).filter(|name| !name.is_empty());
        let name = name.as_deref().map_or("", |name| start_of(name, MAX_NAME));
        let subtype = self.media_type.split_once('/').map_or("bin", |(_, subtype)| subtype);
        match (name, self.media_type.as_str()) {
            ("", RFC822) => "message.eml".to_owned(),
            ("", "text/calendar") => "invite.ics".to_owned(),
            ("", _) => {
                let ending = subtype.rsplit(['-', '.', '+']).next().unwrap_or(subtype);
                let ending = match ending {
                    "plain" => "txt",
                    "" | "stream" => "bin",
                    odd if !odd.bytes().all(|byte| byte.is_ascii_alphanumeric()) => "bin",
                    ending => ending,
                };
                format!("part-{}.{ending}", self.number)
            }
            (name, RFC822) if !name.to_ascii_lowercase().ends_with(".eml") => {
                format!("{name}.eml")
            }
            (name, _) => name.to_owned(),
        }
    }

    pub(crate) fn decoded_size(&self) -> u32 {
        self.counted_size.unwrap_or_else(|| match self.encoding {
            // Lines of 76 digits and a line end hold 57 bytes.
            Encoding::Base64 => {
                u32::try_from(u64::from(self.size).saturating_mul(57) / 78).unwrap_or(u32::MAX)
            }
            Encoding::Identity | Encoding::QuotedPrintable => self.size,
        })
    }

    /// Whether an HTML text shows it in its place.
    pub(crate) fn is_referred_to(&self, references: &BTreeSet<String>) -> bool {
        [&self.content_id, &self.content_location]
            .into_iter()
            .flatten()
            .any(|id| references.contains(&id.to_ascii_lowercase()))
    }
}

/// Whether it begins as a message does: with an empty line or the name of a field.
fn has_header(raw: &[u8]) -> bool {
    let first = raw.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let name = first.split(|byte| *byte == b':').next().unwrap_or_default();
    first.trim_ascii().is_empty()
        || first.starts_with(b"From ")
        || first.starts_with(b">From ")
        || (name.len() < first.len() && name.trim_ascii().iter().all(u8::is_ascii_graphic))
}

fn leaf(
    raw: &[u8],
    part: &MessagePart<'_>,
    number: String,
    choice: Option<String>,
    assumed: &str,
) -> Part {
    let offset = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    let span = offset(part.offset_body)..offset(part.offset_end);
    let content = raw.get(span.clone()).unwrap_or_default();
    let media_type = match media_type(part) {
        // Parts that nobody could tell apart are shown as they are.
        Some(whole) if whole.starts_with("multipart/") => TEXT_PLAIN.to_owned(),
        Some(media_type) => media_type,
        None => assumed.to_owned(),
    };
    let encoding = part.content_transfer_encoding().map(Encoding::of).unwrap_or_default();
    let counted_size = match encoding {
        Encoding::Base64 => {
            let n_digits = content
                .iter()
                .filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
                .count();
            u32::try_from(n_digits.saturating_mul(3) / 4).ok()
        }
        Encoding::Identity | Encoding::QuotedPrintable => None,
    };
    let header = raw.get(offset(part.offset_header)..offset(part.offset_body)).unwrap_or_default();
    Part {
        number,
        charset: part
            .content_type()
            .and_then(|content_type| content_type.attribute("charset"))
            .map(str::to_owned),
        encoding,
        name: attachment_name(part, header),
        description: part.content_description().map(str::to_owned),
        content_id: part.content_id().map(str::to_owned),
        content_location: part.content_location().map(str::to_owned),
        is_attachment: part
            .content_disposition()
            .is_some_and(mail_parser::ContentType::is_attachment),
        size: u32::try_from(content.len()).unwrap_or(u32::MAX),
        media_type,
        choice,
        span: Some(span),
        counted_size,
    }
}

/// The file name; one that can not be read is sought again in the header as it may be meant.
fn attachment_name(part: &MessagePart<'_>, header: &[u8]) -> Option<String> {
    let readable = |name: &&str| !name.contains(char::REPLACEMENT_CHARACTER);
    let name = part.attachment_name()?;
    if readable(&name) {
        return Some(name.to_owned());
    }
    let header = as_utf8(header);
    let again = PARSER.parse_headers(&header);
    let of_type = again
        .as_ref()
        .and_then(|part| part.content_type())
        .and_then(|content_type| content_type.attribute("name"));
    let found = again.as_ref().and_then(|part| part.attachment_name()).filter(readable);
    Some(found.or_else(|| of_type.filter(readable)).unwrap_or(name).to_owned())
}

fn media_type(part: &MessagePart<'_>) -> Option<String> {
    let content_type = part.content_type()?;
    let kind = content_type.ctype().to_ascii_lowercase();
    match content_type.subtype() {
        Some(subtype) => Some(format!("{kind}/{}", subtype.to_ascii_lowercase())),
        None if kind == "text" => Some(TEXT_PLAIN.to_owned()),
        None => None,
    }
}

static PARSER: LazyLock<MessageParser> = LazyLock::new(|| {
    MessageParser::new()
        .with_mime_headers()
        .header_text(HeaderName::ContentLocation)
        .default_header_ignore()
});

const TEXT_PLAIN: &str = "text/plain";
const TEXT_HTML: &str = "text/html";
const RFC822: &str = "message/rfc822";
/// More parts than that are an attack, not a message.
const MAX_PARTS: usize = 1_000;
const MAX_NAME: usize = 255;
