//! Documents as requests, answers and items: what was understood is written and understood again,
//! the same, in the newest version; older versions write a document, too.

#![no_main]

use horde_eas::command::{
    folder_sync, get_item_estimate, item_operations, move_items, ping, provision, send_mail,
    settings, sync,
};
use horde_eas::eas::class::contact::Contact;
use horde_eas::eas::class::email::Email;
use horde_eas::eas::schema::Root;
use horde_eas::eas::version::ProtocolVersion;
use horde_eas::wbxml::Limits;
use horde_eas::wbxml::element::Element;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check::<Contact>(bytes);
    check::<Email>(bytes);
    check::<folder_sync::Request>(bytes);
    check::<folder_sync::Response>(bytes);
    check::<get_item_estimate::Request>(bytes);
    check::<get_item_estimate::Response>(bytes);
    check::<item_operations::Request>(bytes);
    check::<item_operations::Response>(bytes);
    check::<move_items::Request>(bytes);
    check::<move_items::Response>(bytes);
    check::<ping::Request>(bytes);
    check::<ping::Response>(bytes);
    check::<provision::Request>(bytes);
    check::<provision::Response>(bytes);
    check::<send_mail::Request>(bytes);
    check::<send_mail::Response>(bytes);
    check::<settings::Request>(bytes);
    check::<settings::Response>(bytes);
    check::<sync::wire::Request>(bytes);
    check::<sync::wire::Response>(bytes);
});

fn check<R: Root>(bytes: &[u8]) {
    let Ok(first) = R::decode(bytes, Limits::default()) else { return };
    let written = first.encode(ProtocolVersion::LAST);
    let second = R::decode(&written, Limits::default()).expect("what was written is read");
    assert_eq!(second.encode(ProtocolVersion::LAST), written);
    for version in ProtocolVersion::ALL {
        let old = first.encode(version);
        Element::parse(&old, Limits::default()).expect("what was written is a document");
    }
}
