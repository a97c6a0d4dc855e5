//! Requests of every command, made of tags that exist: bytes choose tags, texts and ends, so that
//! the decoders behind the reader are reached.

#![no_main]

use horde_eas::command::{
    folder_sync, get_item_estimate, item_operations, move_items, ping, provision, send_mail,
    settings, sync,
};
use horde_eas::eas::schema::Root;
use horde_eas::eas::version::ProtocolVersion;
use horde_eas::wbxml::{Limits, Tag, Writer, pages};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    match first % 9 {
        0 => check::<folder_sync::Request>(rest),
        1 => check::<get_item_estimate::Request>(rest),
        2 => check::<item_operations::Request>(rest),
        3 => check::<move_items::Request>(rest),
        4 => check::<ping::Request>(rest),
        5 => check::<provision::Request>(rest),
        6 => check::<send_mail::Request>(rest),
        7 => check::<settings::Request>(rest),
        _ => check::<sync::wire::Request>(rest),
    }
});

fn check<R: Root>(bytes: &[u8]) {
    let document = document(R::TAG, bytes);
    let Ok(request) = R::decode(&document, Limits::default()) else { return };
    let written = request.encode(ProtocolVersion::LAST);
    let again = R::decode(&written, Limits::default()).expect("what was written is read");
    assert_eq!(again.encode(ProtocolVersion::LAST), written);
}

/// A document under a root; always a whole one.
fn document(root: Tag, bytes: &[u8]) -> Vec<u8> {
    let mut out = Writer::new();
    out.start(root);
    let mut depth = 1;
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        let mut next = || rest.next().unwrap_or_default();
        match byte % 5 {
            0 | 1 if depth < 30 => {
                let at = usize::from(u16::from_be_bytes([next(), next()])) % pages::ALL.len();
                out.start(pages::ALL[at].0);
                depth += 1;
            }
            2 => {
                let text: Vec<u8> =
                    (0..byte / 5).map(|_| next()).filter(|byte| *byte != 0).collect();
                out.text(&String::from_utf8_lossy(&text));
            }
            3 => {
                let opaque: Vec<u8> = (0..byte / 5).map(|_| next()).collect();
                out.opaque(&opaque);
            }
            _ if depth > 1 => {
                out.end();
                depth -= 1;
            }
            _ => {}
        }
    }
    for _ in 0..depth {
        out.end();
    }
    out.finish()
}
