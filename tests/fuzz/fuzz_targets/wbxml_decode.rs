//! Bytes of any kind: the reader ends, and what it read can be written and read again.

#![no_main]

use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::xml::{from_xml, to_log, to_xml};
use horde_eas::wbxml::{Limits, Writer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = Element::parse(bytes, Limits::default()) else { return };
    let mut out = Writer::new();
    document.write(&mut out);
    let written = out.finish();
    let read = Element::parse(&written, Limits::default());
    assert_eq!(read.as_ref(), Ok(&document));
    assert_eq!(from_xml(&to_xml(&document)).as_ref(), Ok(&document));
    assert!(!to_log(&document).is_empty());
});
