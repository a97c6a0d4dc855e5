//! SHA-256 of several parts, so that no two lists of parts come out alike; and its spelling.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The digest of parts, each with its length before it.
#[must_use]
pub fn of(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Bytes as hexadecimal digits, lower case.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::digest::{hex, of};

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(of(&[b"ab", b"c"]), of(&[b"a", b"bc"]));
        assert_ne!(of(&[b""]), of(&[]));
        // Written into rows that outlive the program: it must never come out otherwise.
        assert_eq!(
            hex(&of(&[b"lock", b"ann"])),
            "f3f32f0ef6a3134c1884941c79d808713fced8bc4e6a5549e10bee3c03e11094"
        );
    }

    #[test]
    fn bytes_are_spelled() {
        assert_eq!(hex(&[0, 0x0a, 0xff]), "000aff");
    }
}
