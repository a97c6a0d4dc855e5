//! Bytes of any kind as PHP's serialize format, and as each of Horde's columns: what is read is
//! written, and read and written again to the very same bytes.

#![no_main]

use horde_eas::php::{Limits, serialize, unserialize};
use horde_eas::state::blob::device::{read_properties, read_supported, write_properties};
use horde_eas::state::blob::hierarchy::{read_hierarchy, write_hierarchy};
use horde_eas::state::blob::pending::{Ids, read_pending, write_pending};
use horde_eas::state::blob::sync_cache::{read_cache, write_cache};
use horde_eas::state::blob::{read_folder, write_folder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let classes = ["Horde_ActiveSync_Folder_Imap", "Horde_ActiveSync_SyncCache", "A"];
    let limits = Limits { classes: &classes, ..Limits::default() };
    let Ok(value) = unserialize(bytes, &limits) else { return };
    let written = serialize(&value);
    let again = unserialize(&written, &limits).expect("what was written is read");
    assert_eq!(serialize(&again), written);
    columns(bytes);
});

fn columns(bytes: &[u8]) {
    if let Ok(folder) = read_folder(bytes) {
        let written = write_folder(&folder);
        let again = read_folder(&written).expect("a folder that was written is read");
        assert_eq!(write_folder(&again), written);
    }
    for ids in [Ids::Items, Ids::Mail] {
        if let Ok(pending) = read_pending(bytes, ids) {
            let written = write_pending(&pending);
            let again = read_pending(&written, ids).expect("a list that was written is read");
            assert_eq!(write_pending(&again), written);
        }
    }
    if let Ok(folders) = read_hierarchy(bytes) {
        let written = write_hierarchy(&folders);
        assert_eq!(read_hierarchy(&written).expect("a hierarchy is read"), folders);
    }
    if let Ok(mut cache) = read_cache(bytes) {
        for (uid, folder) in cache.folders() {
            cache.set_folder(&uid, &folder);
        }
        for (uid, collection) in cache.collections() {
            cache.set_collection(&uid, &collection);
        }
        cache.set_heartbeat_seconds(60);
        cache.reset_collection("F1");
        cache.remove_folder("F1");
        read_cache(&write_cache(&cache)).expect("a cache that was written is read");
    }
    drop(read_supported(bytes));
    let written = write_properties(&read_properties(bytes));
    assert_eq!(write_properties(&read_properties(&written)), written);
}
