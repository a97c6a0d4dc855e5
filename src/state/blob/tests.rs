//! Rows that a real Horde wrote must come back byte by byte; damaged ones must be refused.

use crate::php::serialize;
use crate::state::blob::device::{
    read_properties, read_supported, replace_supported, write_properties,
};
use crate::state::blob::hierarchy::{read_hierarchy, write_hierarchy};
use crate::state::blob::pending::{Ids, read_pending, write_pending};
use crate::state::blob::sync_cache::{read_cache, write_cache};
use crate::state::blob::{read_folder, write_folder};
use crate::state::cache::{Interval, SyncCache};
use crate::state::device::{DeviceProperties, Supported};
use crate::state::folder::{FolderObject, ImapStatus, Messages};
use crate::state::pending::{ItemId, Listed, Pending, PendingList, What};

const FOLDERS: &[&str] = &[
    r#"C:28:"Horde_ActiveSync_Folder_Imap":71:{{"s":[],"m":[],"f":"INBOX","c":"Email","lsd":0,"sd":0,"hi":false,"v":2}}"#,
    r#"C:28:"Horde_ActiveSync_Folder_Imap":167:{{"s":{"messages":10,"uidnext":18,"uidvalidity":1795309643,"highestmodseq":28},"m":"8,9,10,11,12,13,14,15,16,17","f":"INBOX","c":"Email","lsd":0,"sd":0,"hi":true,"v":2}}"#,
    r#"C:28:"Horde_ActiveSync_Folder_Imap":145:{{"s":{"messages":0,"uidnext":1,"uidvalidity":1795310052,"highestmodseq":1},"m":"","f":"Entw\u00fcrfe","c":"Email","lsd":0,"sd":0,"hi":true,"v":2}}"#,
    r#"C:28:"Horde_ActiveSync_Folder_Imap":210:{{"s":{"highestmodseq":0,"messages":3,"uidnext":10,"uidvalidity":77},"m":{"2":{"read":1,"flagged":0},"3":{"read":0,"flagged":0},"9":{"read":0,"flagged":1}},"f":"INBOX","c":"Email","lsd":0,"sd":0,"hi":true,"v":2}}"#,
    r#"C:34:"Horde_ActiveSync_Folder_Collection":71:{{"s":[],"f":"@Contacts@","c":"Contacts","lsd":0,"sd":0,"i":false,"v":1}}"#,
    r#"C:34:"Horde_ActiveSync_Folder_Collection":70:{{"s":[],"f":"@Contacts@","c":"Contacts","lsd":0,"sd":0,"i":true,"v":1}}"#,
    r#"C:34:"Horde_ActiveSync_Folder_Collection":76:{{"s":[],"f":"Calendar:abcDEF","c":"Calendar","lsd":0,"sd":0,"i":false,"v":1}}"#,
    r#"C:26:"Horde_ActiveSync_Folder_RI":32:{{"d":[],"f":"RI","c":"RI","v":1}}"#,
    r#"C:26:"Horde_ActiveSync_Folder_RI":49:{{"d":["c@x","b@x","a@x"],"f":"RI","c":"RI","v":1}}"#,
];

fn frame(json: &str) -> String {
    format!("C:28:\"Horde_ActiveSync_Folder_Imap\":{}:{{{json}}}", json.len())
}

#[test]
fn folder_objects_come_back_byte_by_byte() {
    for text in FOLDERS {
        let folder = read_folder(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(write_folder(&folder)).unwrap(), *text);
    }
    assert_eq!(write_folder(&FolderObject::new_imap("INBOX")), FOLDERS[0].as_bytes());
    let contacts = FolderObject::new_collection("@Contacts@", "Contacts");
    assert_eq!(write_folder(&contacts), FOLDERS[4].as_bytes());
}

#[test]
fn many_uids_become_a_sequence_set() {
    let uids: Vec<String> =
        (1..=504).filter(|n| ![500, 502].contains(n)).map(|n: u32| n.to_string()).collect();
    let json = r#"{"s":{"messages":600,"uidnext":700,"uidvalidity":77,"highestmodseq":5},"m":"@","f":"Entw\u00fcrfe\/a","c":"Email","lsd":0,"sd":0,"hi":true,"v":2}"#;
    let folder = read_folder(frame(&json.replace('@', &uids.join(","))).as_bytes()).unwrap();
    let expected = frame(&json.replace('@', "1:499,501,503:504"));
    assert_eq!(String::from_utf8(write_folder(&folder)).unwrap(), expected);
    assert_eq!(expected.len(), 161 + "C:28:\"Horde_ActiveSync_Folder_Imap\":161:{}".len());
}

#[test]
fn unknown_members_and_order_survive() {
    let json = r#"{"v":2,"x":{"a":[1,"2"]},"f":"INBOX","s":{"messages":1,"uidnext":2,"uidvalidity":7,"highestmodseq":5},"ps":{"messages":1,"uidnext":2,"uidvalidity":7,"highestmodseq":5},"m":"1","c":"Email","lsd":0,"sd":0,"hi":true}"#;
    let FolderObject::Imap(mut folder) = read_folder(frame(json).as_bytes()).unwrap() else {
        panic!("another class")
    };
    assert_eq!(write_folder(&FolderObject::Imap(folder.clone())), frame(json).as_bytes());
    folder.status = Some(ImapStatus { messages: 2, ..folder.status.unwrap() });
    let text = String::from_utf8(write_folder(&FolderObject::Imap(folder))).unwrap();
    assert!(text.contains(r#""x":{"a":[1,"2"]}"#) && !text.contains(r#""ps""#), "{text}");
}

#[test]
fn objects_of_horde_6_are_read_and_written_in_the_old_form() {
    let new = r#"O:34:"Horde_ActiveSync_Folder_Collection":7:{s:1:"s";a:0:{}s:1:"f";s:10:"@Contacts@";s:1:"c";s:8:"Contacts";s:3:"lsd";i:0;s:2:"sd";i:0;s:1:"i";b:1;s:1:"v";i:1;}"#;
    assert_eq!(write_folder(&read_folder(new.as_bytes()).unwrap()), FOLDERS[5].as_bytes());
    let new = r#"O:28:"Horde_ActiveSync_Folder_Imap":8:{s:1:"s";a:4:{s:8:"messages";i:10;s:7:"uidnext";i:18;s:11:"uidvalidity";i:1795309643;s:13:"highestmodseq";i:28;}s:1:"m";s:27:"8,9,10,11,12,13,14,15,16,17";s:1:"f";s:5:"INBOX";s:1:"c";s:5:"Email";s:3:"lsd";i:0;s:2:"sd";i:0;s:2:"hi";b:1;s:1:"v";i:2;}"#;
    assert_eq!(write_folder(&read_folder(new.as_bytes()).unwrap()), FOLDERS[1].as_bytes());
}

#[test]
fn odd_but_sound_mailboxes_are_read() {
    let with = |s: &str, m: &str| {
        frame(&format!(r#"{{"s":{s},"m":{m},"f":"x","c":"Email","lsd":0,"sd":0,"hi":true,"v":2}}"#))
    };
    let counted = r#"{"messages":"2","uidnext":"9","uidvalidity":"7","highestmodseq":"5"}"#;
    let FolderObject::Imap(folder) = read_folder(with(counted, "[3,\"8\"]").as_bytes()).unwrap()
    else {
        panic!("another class")
    };
    assert_eq!(folder.status.unwrap().highest_mod_seq, 5);
    assert_eq!(folder.messages, Messages::Uids([3, 8].into_iter().collect()));
    let plain = r#"{"highestmodseq":0,"messages":2,"uidnext":9,"uidvalidity":7}"#;
    let FolderObject::Imap(folder) =
        read_folder(with(plain, r#"{"2":0,"3":{"read":1,"@--reply--@":5}}"#).as_bytes()).unwrap()
    else {
        panic!("another class")
    };
    let text = String::from_utf8(write_folder(&FolderObject::Imap(folder))).unwrap();
    assert!(text.contains(r#""m":{"2":1,"3":{"read":1,"@--reply--@":5}}"#), "{text}");
    for (s, m) in [
        (plain, "[3,8]"),
        (plain, "\"3,8\""),
        (counted, "\"3,x\""),
        (counted, r#"{"2":0}"#),
        (r#"{"uidnext":9}"#, "\"\""),
        ("5", "[]"),
        (plain, r#"{"0":1}"#),
    ] {
        assert!(read_folder(with(s, m).as_bytes()).is_err(), "{s} {m}");
    }
}

#[test]
fn damaged_folder_objects_are_refused() {
    let sound = FOLDERS[1];
    for text in [
        String::new(),
        "b:0;".to_owned(),
        "a:0:{}".to_owned(),
        sound[..sound.len() - 1].to_owned(),
        sound.replace("167", "166"),
        sound.replace("\"v\":2", "\"v\":3"),
        sound.replace("\"v\":2", "\"v\":1"),
        sound.replace("\"f\":\"INBOX\"", "\"f\":12345 "),
        sound.replace("\"m\":\"8", "\"m\": 8"),
        sound.replace("Folder_Imap", "Folder_Evil"),
        format!("{sound}\n"),
    ] {
        assert!(read_folder(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn pending_lists_come_back_byte_by_byte() {
    for (text, ids, n) in [
        ("", Ids::Mail, 0),
        ("a:0:{}", Ids::Mail, 0),
        ("a:2:{i:0;i:10;i:1;i:11;}", Ids::Mail, 2),
        (r#"a:1:{i:0;s:14:"2026…@127.0.";}"#, Ids::Items, 1),
        (
            r#"a:1:{i:0;a:3:{s:2:"id";i:20;s:4:"type";s:6:"change";s:5:"flags";s:10:"NewMessage";}}"#,
            Ids::Mail,
            1,
        ),
        (r#"a:1:{i:0;a:2:{s:2:"id";s:3:"x@y";s:4:"type";s:6:"change";}}"#, Ids::Items, 1),
        (
            r#"a:2:{i:0;a:4:{s:2:"id";i:4;s:4:"type";s:5:"flags";s:5:"flags";a:2:{s:4:"read";i:1;s:7:"flagged";i:0;}s:10:"categories";a:1:{i:0;s:3:"Job";}}i:1;a:5:{s:2:"id";i:5;s:4:"type";s:5:"flags";s:5:"flags";a:1:{s:11:"@--reply--@";i:17;}s:10:"categories";N;s:6:"ignore";b:1;}}"#,
            Ids::Mail,
            2,
        ),
        (
            r#"a:3:{i:0;a:2:{s:2:"id";i:1;s:4:"type";s:6:"delete";}i:1;a:3:{s:2:"id";i:2;s:4:"type";s:10:"softdelete";s:3:"new";d:0.5;}i:2;a:3:{s:2:"id";i:3;s:4:"type";s:5:"draft";s:5:"flags";s:10:"NewMessage";}}"#,
            Ids::Mail,
            3,
        ),
    ] {
        let pending = read_pending(text.as_bytes(), ids).unwrap();
        assert_eq!(pending.len(), n, "{text}");
        assert_eq!(String::from_utf8(write_pending(&pending)).unwrap(), text);
    }
    assert_eq!(read_pending(b"", Ids::Mail).unwrap(), Pending::NotComputed);
}

#[test]
fn a_long_list_of_uids_is_a_few_runs() {
    for newest_first in [false, true] {
        let mut list = Listed { uids: (1..=100_000).collect(), newest_first };
        let pending = Pending::Changes(PendingList { listed: list.clone(), changes: Vec::new() });
        let text = write_pending(&pending);
        let mut read = read_pending(&text, Ids::Mail).unwrap().list();
        assert_eq!(read.listed, list);
        assert_eq!((read.listed.uids.sorted().runs().count(), read.len()), (1, 100_000));
        let first: Vec<ItemId> = read.take(2).into_iter().map(|change| change.item).collect();
        let expected = if newest_first { [100_000, 99_999] } else { [1, 2] };
        assert_eq!(first, expected.map(ItemId::Mail));
        list.uids.remove(&expected.into());
        assert_eq!(read.listed, list);
    }
    // Neither up nor down: kept as it is.
    let text = "a:3:{i:0;i:5;i:1;i:9;i:2;i:7;}";
    let pending = read_pending(text.as_bytes(), Ids::Mail).unwrap();
    assert_eq!((pending.clone().list().changes.len(), pending.len()), (3, 3));
    assert_eq!(write_pending(&pending), text.as_bytes());
    for odd in [
        "a:2:{i:0;i:5;}",
        "a:1:{i:0;i:5;i:1;i:6;}",
        "a:1:{i:0;i:5}",
        "a:1:{i:0;i:+5;}",
        "a:1:{i:0;i:5;}}",
        "a:1:{i:0;;}",
        "a:18446744073709551616:{}",
        "a:1:{i:00;i:5;}",
    ] {
        assert!(read_pending(odd.as_bytes(), Ids::Mail).is_err(), "{odd}");
    }
}

#[test]
fn a_list_of_uids_is_read_alike_with_and_without_other_records() {
    let texts = "i:0;s:3:\"a;b\";i:1;s:4:\"\u{e4}\u{f6}\";i:2;s:4:\"x\";}\";";
    let plain = format!("a:3:{{{texts}}}");
    let mixed =
        format!("a:4:{{{texts}i:3;a:2:{{s:2:\"id\";s:1:\"d\";s:4:\"type\";s:6:\"delete\";}}}}");
    let items = |text: &str| {
        let list = read_pending(text.as_bytes(), Ids::Items).unwrap().list();
        list.changes.into_iter().map(|change| (change.item, change.what)).collect::<Vec<_>>()
    };
    assert_eq!(items(&plain), items(&mixed)[..3]);
    assert_eq!(items(&plain)[2].0, ItemId::Item("x\";}".to_owned()));
    let pending = read_pending(plain.as_bytes(), Ids::Items).unwrap();
    assert_eq!(String::from_utf8(write_pending(&pending)).unwrap(), plain);
    // Keys that do not count, and ids that say nothing: read one by one.
    assert_eq!(items(r#"a:2:{i:0;s:1:"a";i:7;s:1:"b";}"#).len(), 2);
    assert_eq!(items(r#"a:2:{i:0;s:1:"0";i:1;s:1:"b";}"#).len(), 1);
    for odd in [
        r#"a:2:{i:0;s:1:"a";}"#,
        r#"a:1:{i:0;s:9:"a";}"#,
        r#"a:1:{i:0;s:1:"a";}}"#,
        r#"a:99999999:{i:0;s:1:"a";}"#,
        r#"a:1:{i:0;s:1:"a"}"#,
    ] {
        assert!(read_pending(odd.as_bytes(), Ids::Items).is_err(), "{odd}");
    }
}

#[test]
fn loose_pending_records_are_accepted() {
    let text = r#"a:4:{i:0;s:2:"10";i:1;i:0;i:2;a:3:{s:2:"id";s:1:"7";s:4:"type";s:6:"change";s:5:"flags";s:10:"NewMessage";}i:3;a:2:{s:2:"id";s:0:"";s:4:"type";s:6:"delete";}}"#;
    let pending = read_pending(text.as_bytes(), Ids::Mail).unwrap();
    let list = pending.list();
    let found: Vec<_> = list.changes.iter().map(|change| (&change.item, &change.what)).collect();
    assert_eq!(found, [(&ItemId::Mail(10), &What::Listed), (&ItemId::Mail(7), &What::Added)]);
    assert!(read_pending(b"b:0;", Ids::Mail).is_err());
    assert!(
        read_pending(br#"a:1:{i:0;a:2:{s:2:"id";i:1;s:4:"type";s:3:"odd";}}"#, Ids::Mail).is_err()
    );
}

#[test]
fn hierarchies_come_back_and_lacking_entries_are_filled() {
    let full = r#"a:1:{i:0;a:5:{s:2:"id";s:9:"F4468e2a4";s:3:"mod";s:5:"Inbox";s:6:"parent";s:1:"0";s:8:"serverid";s:5:"INBOX";s:4:"type";i:2;}}"#;
    let folders = read_hierarchy(full.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(write_hierarchy(&folders)).unwrap(), full);
    let made = r#"a:1:{i:0;a:4:{s:2:"id";s:9:"F3b77a431";s:8:"folderid";s:6:"Proj X";s:3:"mod";s:6:"Proj X";s:6:"parent";s:1:"0";}}"#;
    let folders = read_hierarchy(made.as_bytes()).unwrap();
    assert_eq!((folders[0].backend_id.as_str(), folders[0].kind), ("Proj X", None));
    assert!(read_hierarchy(b"").is_err() && read_hierarchy(b"a:1:{i:0;i:1;}").is_err());
}

#[test]
fn device_columns_come_back_byte_by_byte() {
    let text = r#"a:5:{s:16:"announcedVersion";s:28:"2.5,12.0,12.1,14.0,14.1,16.0";s:9:"userAgent";s:16:"Apple-iPhone/1.0";s:7:"version";s:4:"14.1";s:7:"blocked";N;s:9:"multiplex";i:8;}"#;
    let read = read_properties(text.as_bytes());
    let mut made =
        DeviceProperties::new("2.5,12.0,12.1,14.0,14.1,16.0", "Apple-iPhone/1.0", "14.1");
    made.set_multiplex(8);
    assert_eq!(made, read);
    assert_eq!(write_properties(&read), text.as_bytes());
    let blocked = read_properties(text.replace("blocked\";N;", "blocked\";b:1;").as_bytes());
    assert!(blocked.is_blocked() && !read.is_blocked());
    assert!(made.keeping_blocked_of(&blocked).is_blocked());
    assert!(!read_properties(b"").is_blocked());

    let text = r#"a:1:{s:8:"Contacts";a:2:{i:0;s:19:"POOMCONTACTS:FileAs";i:1;s:21:"POOMCONTACTS:LastName";}}"#;
    let supported = read_supported(text.as_bytes());
    assert_eq!(replace_supported(b"", "Contacts", &supported["Contacts"]), text.as_bytes());
    let both = replace_supported(text.as_bytes(), "Calendar", &Supported::AllGhosted);
    assert_eq!(read_supported(&both).len(), 2);
    assert_eq!(read_supported(&both)["Calendar"], Supported::AllGhosted);
}

const CACHE: &str = r#"a:12:{s:18:"confirmed_synckeys";a:0:{}s:17:"lasthbsyncstarted";b:0;s:17:"lastsyncendnormal";b:0;s:9:"timestamp";i:1795310640;s:4:"wait";b:0;s:10:"hbinterval";i:480;s:7:"folders";a:1:{s:9:"F47e03a8e";a:4:{s:5:"class";s:5:"Email";s:8:"serverid";s:5:"INBOX";s:4:"type";i:2;s:8:"parentid";s:1:"0";}}s:9:"hierarchy";s:39:"{6b02442f-9008-406c-a972-4ff99d69ef93}1";s:11:"collections";a:1:{s:9:"F47e03a8e";a:8:{s:5:"class";s:5:"Email";s:10:"windowsize";s:1:"2";s:10:"filtertype";s:1:"0";s:11:"mimesupport";i:0;s:8:"conflict";i:1;s:9:"bodyprefs";a:1:{i:1;a:2:{s:4:"type";s:1:"1";s:14:"truncationsize";s:3:"200";}}s:8:"serverid";s:5:"INBOX";s:11:"lastsynckey";s:39:"{6b024446-f47c-4df7-acc3-50049d69ef93}4";}}s:13:"pingheartbeat";b:0;s:14:"synckeycounter";a:0:{}s:9:"lastuntil";i:5;}"#;

#[test]
fn caches_keep_what_is_not_changed() {
    let mut cache = read_cache(CACHE.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(write_cache(&cache)).unwrap(), CACHE);
    let mut inbox = cache.collection("F47e03a8e").unwrap();
    assert_eq!(inbox.body_preferences[0].truncation_size, Some(200));
    assert_eq!((inbox.window_size, inbox.filter_type, inbox.conflict), (Some(2), Some(0), Some(1)));
    cache.set_timestamp(1_795_310_640);
    cache.set_folder("F47e03a8e", &cache.folder("F47e03a8e").unwrap());
    cache.set_collection("F47e03a8e", &inbox);
    cache.set_heartbeat_seconds(480);
    cache.remove_confirmed_key("{a}1");
    assert_eq!(String::from_utf8(write_cache(&cache)).unwrap(), CACHE);

    inbox.last_sync_key = Some("{6b024446-f47c-4df7-acc3-50049d69ef93}5".to_owned());
    inbox.filter_type = Some(3);
    cache.set_collection("F47e03a8e", &inbox);
    let expected = CACHE
        .replace("ef93}4", "ef93}5")
        .replace("filtertype\";s:1:\"0\"", "filtertype\";s:1:\"3\"");
    assert_eq!(String::from_utf8(write_cache(&cache)).unwrap(), expected);
    cache.remove_folder("F47e03a8e");
    assert!(cache.folders().is_empty() && cache.collections().is_empty());
}

#[test]
fn a_new_cache_has_the_members_of_horde() {
    let mut cache = SyncCache::default();
    assert!(!cache.has_hierarchy());
    cache.set_timestamp(1_795_310_640);
    cache.set_hierarchy("{6b02442f-9008-406c-a972-4ff99d69ef93}1");
    assert!(cache.has_hierarchy());
    let text = String::from_utf8(serialize(&crate::php::Value::Array(cache.0.clone()))).unwrap();
    assert_eq!(
        text,
        r#"a:11:{s:18:"confirmed_synckeys";a:0:{}s:17:"lasthbsyncstarted";b:0;s:17:"lastsyncendnormal";b:0;s:9:"timestamp";s:10:"1795310640";s:4:"wait";b:0;s:10:"hbinterval";b:0;s:7:"folders";a:0:{}s:9:"hierarchy";s:39:"{6b02442f-9008-406c-a972-4ff99d69ef93}1";s:11:"collections";a:0:{}s:13:"pingheartbeat";b:0;s:14:"synckeycounter";a:0:{}}"#
    );
    cache.clear_hierarchy();
    assert!(!cache.has_hierarchy());
    cache.set_sync_interval(Some(Interval::Minutes(8)));
    cache.set_heartbeat_seconds(90);
    assert_eq!((cache.heartbeat_seconds(), cache.sync_interval()), (Some(90), None));
    cache.set_sync_interval(None);
    assert_eq!(cache.heartbeat_seconds(), Some(90));
    cache.set_sync_interval(Some(Interval::Minutes(2)));
    assert_eq!(cache.heartbeat_seconds(), Some(120));
    cache.set_sync_interval(Some(Interval::Seconds(90)));
    assert_eq!(cache.sync_interval(), Some(Interval::Seconds(90)));
    cache.set_sync_interval(None);
    assert_eq!((cache.heartbeat_seconds(), cache.sync_interval()), (None, None));
    cache.add_confirmed_key("{a}2");
    assert_eq!(cache.confirmed_keys(), ["{a}2"]);
}
