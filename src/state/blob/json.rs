//! JSON in the byte form of PHP's `json_encode`.

use std::io;

use serde_json::Value;
use serde_json::ser::{CharEscape, Formatter, Serializer};

/// Writes JSON as PHP does: no spaces, `\/`, and `\uXXXX` for everything that is not ASCII.
pub(super) fn to_php_json(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut out, PhpForm);
    // Writing JSON values to memory can not fail; were it so, the value would be unreadable JSON.
    match serde::Serialize::serialize(value, &mut serializer) {
        Ok(()) => out,
        Err(_) => Vec::new(),
    }
}

struct PhpForm;

impl Formatter for PhpForm {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|char: char| char == '/' || !char.is_ascii()) {
            let (plain, special) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut chars = special.chars();
            match chars.next() {
                Some('/') => writer.write_all(b"\\/")?,
                Some(char) => {
                    for unit in char.encode_utf16(&mut [0; 2]) {
                        write!(writer, "\\u{unit:04x}")?;
                    }
                }
                None => {}
            }
            rest = chars.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        let letter = match escape {
            CharEscape::Quote => b'"',
            CharEscape::ReverseSolidus => b'\\',
            CharEscape::Solidus => b'/',
            CharEscape::Backspace => b'b',
            CharEscape::FormFeed => b'f',
            CharEscape::LineFeed => b'n',
            CharEscape::CarriageReturn => b'r',
            CharEscape::Tab => b't',
            CharEscape::AsciiControl(byte) => return write!(writer, "\\u{byte:04x}"),
        };
        writer.write_all(&[b'\\', letter])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::state::blob::json::to_php_json;

    #[test]
    fn strings_are_escaped_as_in_php() {
        let value = json!({"a/b": "Entwürfe \u{1f600} \"q\" \\ \u{1} \n\t\u{8}\u{c}\r\u{7f}"});
        assert_eq!(
            String::from_utf8(to_php_json(&value)).unwrap(),
            "{\"a\\/b\":\"Entw\\u00fcrfe \\ud83d\\ude00 \\\"q\\\" \\\\ \\u0001 \\n\\t\\b\\f\\r\u{7f}\"}"
        );
        assert_eq!(to_php_json(&json!([[], {}, 1, -2, true, null])), b"[[],{},1,-2,true,null]");
    }
}
