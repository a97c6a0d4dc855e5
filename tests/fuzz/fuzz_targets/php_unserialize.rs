//! Bytes of any kind as PHP's serialize format: what is read is written to the very same bytes.

#![no_main]

use horde_eas::php::{Limits, serialize, unserialize};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let classes = ["Horde_ActiveSync_Folder_Imap", "Horde_ActiveSync_SyncCache", "A"];
    let limits = Limits { classes: &classes, ..Limits::default() };
    let Ok(value) = unserialize(bytes, &limits) else { return };
    let written = serialize(&value);
    let again = unserialize(&written, &limits).expect("what was written is read");
    assert_eq!(serialize(&again), written);
});
