//! Bytes to text: transfer encodings, charsets, line ends, characters that XML forbids.

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;

use crate::mime::decoder::Decoder;

/// How the content of a part travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// `base64`
    Base64,
    /// `7bit`, `8bit`, `binary`, and whatever is not known.
    #[default]
    Identity,
    /// `quoted-printable`
    QuotedPrintable,
}

impl Encoding {
    /// The encoding of a Content-Transfer-Encoding field.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let name = name.trim();
        if name.eq_ignore_ascii_case("base64") {
            Self::Base64
        } else if name.eq_ignore_ascii_case("quoted-printable") {
            Self::QuotedPrintable
        } else {
            Self::Identity
        }
    }

    /// Decodes content, forgiving what is wrong and what was cut off.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Identity => Cow::Borrowed(bytes),
            Self::Base64 | Self::QuotedPrintable => {
                let (mut decoder, mut decoded) = (Decoder::new(self), Vec::new());
                decoder.push(bytes, &mut decoded);
                decoder.finish(&mut decoded);
                Cow::Owned(decoded)
            }
        }
    }
}

/// Text in UTF-8, whatever its charset claims.
///
/// A claim of UTF-8 or ASCII, none, or an unknown one: UTF-8 when most of it is, else
/// windows-1252.
#[must_use]
pub fn to_utf8(bytes: &[u8], charset: Option<&str>) -> String {
    let named = charset.map(|name| name.trim().trim_matches(['"', '\'']));
    let named = named.map(|name| {
        let alias = ALIASES.iter().find(|(alias, _)| name.eq_ignore_ascii_case(alias));
        alias.map_or(name, |(_, name)| name)
    });
    match named
        .filter(|name| !claims_nothing(name))
        .and_then(|name| charset_decoder(name.as_bytes()))
    {
        Some(decode) => decode(bytes),
        None => utf8_or_latin(bytes),
    }
}

fn claims_nothing(charset: &str) -> bool {
    charset.is_empty()
        || [
            "utf-8",
            "utf8",
            "us-ascii",
            "ascii",
            "ansi_x3.4-1968",
            "unknown-8bit",
            "8bit",
            "binary",
        ]
        .iter()
        .any(|name| charset.eq_ignore_ascii_case(name))
}

fn utf8_or_latin(bytes: &[u8]) -> String {
    let mut n_good = 0_usize;
    let mut n_bad = 0_usize;
    for chunk in bytes.utf8_chunks() {
        n_good = n_good.saturating_add(chunk.valid().chars().filter(|c| !c.is_ascii()).count());
        // A character cut off at the end says nothing of the charset.
        let cut_off =
            chunk.invalid().len() > 1 && chunk.invalid().iter().skip(1).all(|b| b & 0xc0 == 0x80);
        if !chunk.invalid().is_empty() && !cut_off {
            n_bad = n_bad.saturating_add(1);
        }
    }
    if n_bad > n_good {
        return match charset_decoder(b"windows-1252") {
            Some(decode) => decode(bytes),
            None => String::from_utf8_lossy(bytes).into_owned(),
        };
    }
    String::from_utf8_lossy(bytes).into_owned()
}

/// Whether XML 1.0 has this character.
#[must_use]
pub fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// A text of several lines: CRLF line ends, and nothing that XML forbids.
#[must_use]
pub fn clean_lines(text: &str) -> String {
    let mut clean = String::with_capacity(text.len().saturating_add(text.len() / 32));
    let mut after_return = false;
    for character in text.chars().filter(|character| is_xml(*character)) {
        match character {
            '\r' => clean.push_str("\r\n"),
            '\n' if after_return => {}
            '\n' => clean.push_str("\r\n"),
            other => clean.push(other),
        }
        after_return = character == '\r';
    }
    clean
}

/// A text of one line: runs of white space and control characters are one space.
#[must_use]
pub fn clean_line(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !clean.is_empty() {
            clean.push(' ');
        }
        clean.extend(word.chars().filter(|character| is_xml(*character)));
    }
    clean
}

/// The longest start of a text with at most so many bytes that ends between characters.
#[must_use]
pub fn start_of(text: &str, n_bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(n_bytes)).unwrap_or(text)
}

/// Names that only Python's mail library knows, and mailers made with it write.
const ALIASES: [(&str, &str); 4] =
    [("eucgb2312_cn", "gbk"), ("big5_tw", "big5"), ("utf_8", "utf-8"), ("cp932", "shift_jis")];
