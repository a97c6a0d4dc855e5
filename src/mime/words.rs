//! Encoded words (RFC 2047), as mailers really write them.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::mime::text::{Encoding, to_utf8};

/// A header with each run of encoded words as one word in UTF-8.
///
/// Words that lie side by side and share a charset are joined before they are decoded: many
/// mailers cut through characters.
#[must_use]
pub fn joined(header: &str) -> Cow<'_, str> {
    let mut joined = String::new();
    let mut rest = header;
    while let Some(at) = rest.find("=?") {
        let (before, from) = rest.split_at(at);
        match run(from) {
            Some((text, after)) => {
                joined.push_str(before);
                joined.push_str("=?utf-8?b?");
                STANDARD.encode_string(text, &mut joined);
                joined.push_str("?=");
                rest = after;
            }
            None => {
                let (mark, after) = from.split_at(2);
                joined.push_str(before);
                joined.push_str(mark);
                rest = after;
            }
        }
    }
    if rest.len() == header.len() {
        return Cow::Borrowed(header);
    }
    joined.push_str(rest);
    Cow::Owned(joined)
}

/// Reads the words that lie side by side; answers their text and what follows.
fn run(from: &str) -> Option<(String, &str)> {
    let (first, mut rest) = Word::read(from)?;
    let mut text = String::new();
    let mut charset = first.charset;
    let mut bytes = first.bytes;
    while let Some((word, after)) = Word::read(rest.trim_ascii_start()) {
        if !word.charset.eq_ignore_ascii_case(charset) {
            text.push_str(&to_utf8(&bytes, Some(charset)));
            bytes.clear();
            charset = word.charset;
        }
        bytes.extend_from_slice(&word.bytes);
        rest = after;
    }
    text.push_str(&to_utf8(&bytes, Some(charset)));
    Some((text, rest))
}

struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
}

impl<'a> Word<'a> {
    fn read(from: &'a str) -> Option<(Self, &'a str)> {
        let (charset, from) = from.strip_prefix("=?")?.split_once('?')?;
        let (encoding, from) = from.split_once('?')?;
        let (text, after) = from.split_once("?=")?;
        // A language may follow the charset (RFC 2231).
        let charset = charset.split('*').next().unwrap_or_default();
        if !charset.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains('\n') {
            return None;
        }
        let bytes = match encoding {
            "b" | "B" => Encoding::Base64.decode(text.as_bytes()).into_owned(),
            "q" | "Q" => {
                let spaced = text.replace('_', " ");
                Encoding::QuotedPrintable.decode(spaced.as_bytes()).into_owned()
            }
            _ => return None,
        };
        Some((Self { charset, bytes }, after))
    }
}
