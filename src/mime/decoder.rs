//! Transfer encodings, decoded as the bytes come.

use crate::mime::text::Encoding;

/// Decodes content that comes in pieces, forgiving what is wrong and what was cut off.
#[derive(Clone, Debug)]
pub struct Decoder {
    encoding: Encoding,
    /// The digits of a group of base64 that is not complete.
    bits: u32,
    n_digits: u8,
    /// What of a quoted-printable text can not be told yet.
    rest: Vec<u8>,
}

impl Decoder {
    /// A decoder at the beginning of some content.
    #[must_use]
    pub const fn new(encoding: Encoding) -> Self {
        Self { encoding, bits: 0, n_digits: 0, rest: Vec::new() }
    }

    /// Decodes the next bytes and appends what comes of them.
    pub fn push(&mut self, bytes: &[u8], decoded: &mut Vec<u8>) {
        match self.encoding {
            Encoding::Base64 => self.base64(bytes, decoded),
            Encoding::Identity => decoded.extend_from_slice(bytes),
            Encoding::QuotedPrintable => {
                self.rest.extend_from_slice(bytes);
                let certain = certain(&self.rest);
                let later = self.rest.split_off(certain);
                quoted_printable(&self.rest, decoded);
                self.rest = later;
            }
        }
    }

    /// Appends what was held back: nothing follows.
    pub fn finish(&mut self, decoded: &mut Vec<u8>) {
        self.end_group(decoded);
        quoted_printable(&std::mem::take(&mut self.rest), decoded);
    }

    fn base64(&mut self, bytes: &[u8], decoded: &mut Vec<u8>) {
        decoded.reserve((bytes.len() / 4).saturating_mul(3));
        for byte in bytes {
            let digit = match byte {
                b'A'..=b'Z' => byte.wrapping_sub(b'A'),
                b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
                b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
                b'+' => 62,
                b'/' => 63,
                b'=' => {
                    // Padding ends a group; some mailers join several padded texts.
                    self.end_group(decoded);
                    continue;
                }
                _ => continue,
            };
            self.bits = self.bits << 6 | u32::from(digit);
            self.n_digits = self.n_digits.wrapping_add(1);
            if self.n_digits == 4 {
                let [_, high, middle, low] = self.bits.to_be_bytes();
                decoded.extend_from_slice(&[high, middle, low]);
                (self.bits, self.n_digits) = (0, 0);
            }
        }
    }

    fn end_group(&mut self, decoded: &mut Vec<u8>) {
        let bits = match self.n_digits {
            3 => self.bits << 6,
            2 => self.bits << 12,
            _ => 0,
        };
        let [_, high, middle, _] = bits.to_be_bytes();
        let n_bytes = usize::from(self.n_digits.saturating_sub(1));
        decoded.extend([high, middle].iter().take(n_bytes));
        (self.bits, self.n_digits) = (0, 0);
    }
}

/// How many bytes mean the same whatever follows: all before a last sign whose end is not there.
fn certain(bytes: &[u8]) -> usize {
    let tail = bytes.len().saturating_sub(LONGEST_SIGN);
    let recent = bytes.get(tail..).unwrap_or_default();
    let Some(at) = recent.iter().rposition(|byte| *byte == b'=') else { return bytes.len() };
    let sign = recent.get(at.saturating_add(1)..).unwrap_or_default();
    let is_open = match sign {
        [] | [_] => true,
        sign => sign.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')),
    };
    if is_open { tail.saturating_add(at) } else { bytes.len() }
}

fn quoted_printable(bytes: &[u8], decoded: &mut Vec<u8>) {
    decoded.reserve(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'=') {
        let (before, from) = rest.split_at(at);
        decoded.extend_from_slice(before);
        rest = match from {
            [b'=', b'\r', b'\n', rest @ ..] | [b'=', b'\n', rest @ ..] => rest,
            [b'=', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                decoded.push(hex_digit(*high) << 4 | hex_digit(*low));
                rest
            }
            // White space before the line end of a soft break, or a stray sign.
            [b'=', rest @ ..] => match rest.iter().position(|byte| !matches!(byte, b' ' | b'\t')) {
                Some(end) if matches!(rest.get(end), Some(b'\r' | b'\n')) => {
                    let line_end = rest.get(end..).unwrap_or_default();
                    match line_end {
                        [b'\r', b'\n', rest @ ..] | [_, rest @ ..] => rest,
                        [] => line_end,
                    }
                }
                _ => {
                    decoded.push(b'=');
                    rest
                }
            },
            _ => from.get(1..).unwrap_or_default(),
        };
    }
    decoded.extend_from_slice(rest);
}

fn hex_digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte.wrapping_sub(b'0'),
        b'a'..=b'f' => byte.wrapping_sub(b'a').wrapping_add(10),
        _ => byte.wrapping_sub(b'A').wrapping_add(10),
    }
}

/// White space behind a sign is not longer in anything that was meant.
const LONGEST_SIGN: usize = 1_024;

#[cfg(test)]
mod tests {
    use crate::mime::decoder::Decoder;
    use crate::mime::text::Encoding;

    #[test]
    fn it_matters_not_where_the_pieces_end() {
        let base64 = b"SGVsbG8sIHdvcmxkIQ==\r\nbW9yZQ=\r\nbGFzdA";
        let quoted = b"a=C3=A4 soft=\r\nbreak = \t\r\nstray=zz =\nend=3D=4";
        let wanted = b"a\xc3\xa4 softbreak stray=zz end==4";
        let of = |encoding, bytes: &[u8], size: usize| {
            let (mut decoder, mut decoded) = (Decoder::new(encoding), Vec::new());
            bytes.chunks(size).for_each(|piece| decoder.push(piece, &mut decoded));
            decoder.finish(&mut decoded);
            decoded
        };
        for size in 1..50 {
            assert_eq!(of(Encoding::Base64, base64, size), b"Hello, world!morelast", "{size}");
            assert_eq!(of(Encoding::QuotedPrintable, quoted, size), wanted, "{size}");
            assert_eq!(of(Encoding::Identity, quoted, size), quoted, "{size}");
        }
    }
}
