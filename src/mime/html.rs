//! Text to HTML, what a document refers to, and cutting it where it does no harm.

use std::collections::BTreeSet;

/// A plain text as the simplest HTML document that looks the same.
#[must_use]
pub fn of_text(text: &str) -> String {
    let mut html = String::with_capacity(text.len().saturating_add(128));
    html.push_str(HEAD);
    let mut after_space = true;
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\n' => html.push_str("<br>\r\n"),
            '\r' => {}
            ' ' if after_space => html.push_str("&nbsp;"),
            other => html.push(other),
        }
        after_space = matches!(character, ' ' | '\n');
    }
    html.push_str(FOOT);
    html
}

/// The longest start of an HTML document with at most so many bytes that ends between
/// characters, outside of tags, comments and entities.
#[must_use]
pub fn start_of(html: &str, n_bytes: usize) -> &str {
    if html.len() <= n_bytes {
        return html;
    }
    let start = crate::mime::text::start_of(html, n_bytes);
    let mut safe = 0;
    let mut place = Place::Text;
    let bytes = start.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        let rest = bytes.get(index..).unwrap_or_default();
        place = match (place, byte) {
            (Place::Text, b'<') if rest.starts_with(b"<!--") => Place::Comment,
            (Place::Text, b'<') if begins_tag(html.as_bytes(), index) => Place::Tag,
            (Place::Text, b'&') => Place::Entity(index),
            (Place::Entity(from), byte)
                if *byte == b';' || index.saturating_sub(from) > MAX_ENTITY =>
            {
                Place::Text
            }
            (Place::Entity(_), b'<') if begins_tag(html.as_bytes(), index) => Place::Tag,
            (Place::Entity(_), b'&') => Place::Entity(index),
            (Place::Entity(_), byte) if !byte.is_ascii_alphanumeric() && *byte != b'#' => {
                Place::Text
            }
            (Place::Tag, b'>') => Place::Text,
            (Place::Tag, quote @ (b'"' | b'\'')) => Place::Quoted(*quote),
            (Place::Quoted(quote), byte) if *byte == quote => Place::Tag,
            (Place::Comment, b'>') if bytes.get(..index).is_some_and(|b| b.ends_with(b"--")) => {
                Place::Text
            }
            (place, _) => place,
        };
        if matches!(place, Place::Text) {
            safe = index.saturating_add(1);
        }
    }
    crate::mime::text::start_of(start, safe)
}

#[derive(Clone, Copy)]
enum Place {
    Comment,
    Entity(usize),
    Quoted(u8),
    Tag,
    Text,
}

fn begins_tag(html: &[u8], at: usize) -> bool {
    match html.get(at.saturating_add(1)) {
        Some(byte) => byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?'),
        None => true,
    }
}

/// What an HTML document shows from within its message: Content-IDs and Content-Locations in
/// lower case.
#[must_use]
pub fn references(html: &str) -> BTreeSet<String> {
    let mut references = BTreeSet::new();
    let lower = html.to_ascii_lowercase();
    for marker in ["cid:", "src="] {
        for (at, _) in lower.match_indices(marker) {
            let from = lower.get(at.saturating_add(marker.len())..).unwrap_or_default();
            let value = from.trim_start_matches(['"', '\'']);
            let end = value
                .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '>' | ')' | '&'))
                .unwrap_or(value.len());
            let value = value.get(..end).unwrap_or_default();
            if !value.is_empty()
                && value.len() <= MAX_REFERENCE
                && references.len() < MAX_REFERENCES
            {
                references.insert(percent_decoded(value));
            }
        }
    }
    references
}

fn percent_decoded(url: &str) -> String {
    String::from_utf8_lossy(&percent_decoded_bytes(url)).into_owned()
}

/// The bytes that a text with percent signs stands for.
#[must_use]
pub fn percent_decoded_bytes(url: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(url.len());
    let mut rest = url.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = match (first, hex) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                after.get(2..).unwrap_or_default()
            }
            _ => {
                decoded.push(*first);
                after
            }
        };
    }
    decoded
}

/// The charset that a document claims in its head.
#[must_use]
pub fn charset(html: &[u8]) -> Option<String> {
    let head = html.get(..html.len().min(MAX_HEAD))?;
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let (_, from) = head.split_once("charset=")?;
    let name: String = from
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'))
        .collect();
    (!name.is_empty()).then_some(name)
}

const HEAD: &str = "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; \
                    charset=utf-8\"></head><body>";
const FOOT: &str = "</body></html>";
/// The longest names of entities have 31 letters.
const MAX_ENTITY: usize = 32;
const MAX_HEAD: usize = 1_024;
const MAX_REFERENCE: usize = 1_024;
const MAX_REFERENCES: usize = 1_000;
