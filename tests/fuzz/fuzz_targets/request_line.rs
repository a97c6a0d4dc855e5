//! Query strings of any kind, plain and base64.

#![no_main]

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use horde_eas::eas::request_line::RequestLine;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(query) = std::str::from_utf8(bytes) {
        check(query);
    }
    check(&BASE64_STANDARD.encode(bytes));
});

fn check(query: &str) {
    let Ok(line) = RequestLine::parse(query) else { return };
    if let Some(device) = line.device {
        let id = device.as_str();
        assert!(!id.is_empty() && id.len() <= 510 && id == id.to_ascii_uppercase(), "{id}");
    }
    for text in [line.user, line.device_type, line.parameters.item_id].into_iter().flatten() {
        assert!(!text.contains('\0') && text.len() <= 8_192);
    }
}
