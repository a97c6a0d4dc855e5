//! A client's mail on its way out: nothing in it ends a line, a header or a command of SMTP, and
//! what is put into its header changes nobody who gets it.

#![no_main]

use horde_eas::mime::outgoing::{Outgoing, is_address, spelled};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(message) = Outgoing::read(bytes) else { return };
    let written = message.bytes();
    check_lines(&written);
    let again = Outgoing::read(&written).expect("what was written is read");
    assert_eq!(again.bytes(), written);
    let recipients = message.recipients();
    assert_eq!(again.recipients(), recipients);
    for address in recipients.iter().flatten() {
        assert!(is_address(address));
        assert!(!address.bytes().any(|byte| byte < b' ' || byte == 0x7f), "{address:?}");
    }
    let sent = message.bytes_without("Bcc");
    assert!(!Outgoing::read(&sent).expect("what was written is read").has("Bcc"));

    let name = String::from_utf8_lossy(bytes);
    let mut signed = message.clone();
    signed.set("From", &spelled(&name, "somebody@example.test"));
    signed.set("Message-ID", "<1@example.test>");
    let read = Outgoing::read(&signed.bytes()).expect("what was written is read");
    assert_eq!(read, signed);
    assert_eq!(read.recipients(), recipients);
    let from = read.headers().from;
    assert_eq!(from.len(), 1, "{from:?}");
    assert_eq!(from[0].address, "somebody@example.test");
});

/// CR and LF come together.
fn check_lines(message: &[u8]) {
    for (at, byte) in message.iter().enumerate() {
        match byte {
            b'\r' => assert_eq!(message.get(at + 1), Some(&b'\n')),
            b'\n' => assert!(at > 0 && message[at - 1] == b'\r'),
            _ => {}
        }
    }
}
