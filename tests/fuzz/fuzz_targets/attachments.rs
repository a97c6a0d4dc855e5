//! What a client asks of an attachment, and what is made of it: its reference, the name of a
//! mailbox in a command of IMAP, ranges, transfer encodings in pieces, and answers in several parts.

#![no_main]

use horde_eas::backend::imap::names;
use horde_eas::eas::ids::FileReference;
use horde_eas::eas::multipart;
use horde_eas::eas::range;
use horde_eas::mime::decoder::Decoder;
use horde_eas::mime::text::Encoding;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let reference = FileReference::from(&*text);
    if let Some((mailbox, imap_uid, number)) = reference.parts() {
        let again = FileReference::of(mailbox, imap_uid, number);
        assert_eq!(again.parts(), Some((mailbox, imap_uid, number)));
    }
    one_argument(&text);
    if let Some((first, last)) = range::parse(&text) {
        assert!(first <= last);
        assert_eq!(range::parse(&format!("{first}-{last}")), Some((first, last)));
    }
    if let Some(parts) = multipart::split(bytes) {
        assert!(parts.iter().all(|part| part.len() <= bytes.len()));
    }
    let parts: Vec<Vec<u8>> = bytes.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    let body = multipart::join(bytes, &parts);
    let read = multipart::split(&body).expect("what was joined comes apart");
    assert_eq!(read[0], bytes);
    assert!(read[1..].iter().zip(&parts).all(|(read, part)| read == part));
    for encoding in [Encoding::Base64, Encoding::Identity, Encoding::QuotedPrintable] {
        in_pieces(encoding, bytes);
    }
});

/// Nothing in a name ends the string in which it stands.
fn one_argument(name: &str) {
    let argument = names::mailbox(name);
    assert!(argument.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{argument}");
    let inner = argument.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let inner = inner.expect("quotes");
    let mut escaped = false;
    for byte in inner.bytes() {
        assert!(escaped || byte != b'"', "{argument}");
        escaped = byte == b'\\' && !escaped;
    }
    assert!(!escaped, "{argument}");
    assert_eq!(names::decoded(inner), name);
}

/// A content comes out the same in whatever pieces it comes in.
fn in_pieces(encoding: Encoding, bytes: &[u8]) {
    let decode = |size: usize| {
        let (mut decoder, mut decoded) = (Decoder::new(encoding), Vec::new());
        bytes.chunks(size).for_each(|piece| decoder.push(piece, &mut decoded));
        decoder.finish(&mut decoded);
        decoded
    };
    let whole = decode(bytes.len().max(1));
    let size = usize::from(bytes.first().copied().unwrap_or_default() % 7) + 1;
    assert_eq!(decode(size), whole);
    assert!(whole.len() <= bytes.len());
}
