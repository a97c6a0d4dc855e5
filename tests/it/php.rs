//! PHP's format: round trips of our own, with the real `php`, and with Horde's own classes.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use arbitrary::{Arbitrary, Unstructured};
use arbtest::arbtest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use horde_eas::php::{Array, Key, Limits, Value, serialize, unserialize};
use horde_eas::state::blob::device::{read_properties, write_properties};
use horde_eas::state::blob::hierarchy::{read_hierarchy, write_hierarchy};
use horde_eas::state::blob::pending::{Ids, read_pending, write_pending};
use horde_eas::state::blob::sync_cache::{read_cache, write_cache};
use horde_eas::state::blob::{read_folder, write_folder};
use horde_eas::state::folder::{
    CollectionFolder, FolderObject, ImapFolder, ImapStatus, KnownFlags, Messages, RiFolder,
};

/// A value of any shape that PHP can hold, objects aside.
fn any_value(u: &mut Unstructured<'_>, depth: u32) -> arbitrary::Result<Value> {
    Ok(match u.int_in_range(0..=if depth == 0 { 4 } else { 6 })? {
        0 => Value::Null,
        1 => Value::Bool(u.arbitrary()?),
        2 => Value::Int(u.arbitrary()?),
        3 => Value::Float(any_float(u)?),
        4 => Value::Str(u.arbitrary()?),
        _ => {
            let mut array = Array::new();
            for _ in 0..u.int_in_range(0..=6)? {
                let key = match Key::arbitrary_of(u)? {
                    Key::Int(int) => int.to_string(),
                    Key::Str(text) => String::from_utf8_lossy(&text).into_owned(),
                };
                array.set(&key, any_value(u, depth - 1)?);
            }
            Value::Array(array)
        }
    })
}

/// Floats as they occur, and any bits at all.
fn any_float(u: &mut Unstructured<'_>) -> arbitrary::Result<f64> {
    Ok(match u.int_in_range(0..=2)? {
        0 => f64::from_bits(u.arbitrary()?),
        1 => f64::from(u.arbitrary::<i32>()?) / 1000.0,
        _ => 10_f64.powi(u.int_in_range(-30..=30)?) * f64::from(u.arbitrary::<u16>()?),
    })
}

trait AnyKey: Sized {
    fn arbitrary_of(u: &mut Unstructured<'_>) -> arbitrary::Result<Self>;
}

impl AnyKey for Key {
    fn arbitrary_of(u: &mut Unstructured<'_>) -> arbitrary::Result<Self> {
        Ok(match u.int_in_range(0..=2)? {
            0 => Self::Int(u.int_in_range(-2..=5)?),
            1 => Self::Int(u.arbitrary()?),
            _ => Self::from(String::arbitrary(u)?.into_bytes()),
        })
    }
}

/// Lets a script answer each line with a line; both are base64.
fn php(script: &str, lines: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let code = format!(
        "ini_set('serialize_precision', -1); error_reporting(E_ALL & ~E_DEPRECATED); \
         while (($line = fgets(STDIN)) !== false) {{ $in = base64_decode(trim($line)); {script} \
         echo base64_encode($out), \"\\n\"; }}"
    );
    let mut child = Command::new("php")
        .args(["-n", "-r", &code])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("php is needed for this test: {error}"));
    let mut input = String::new();
    for line in lines {
        writeln!(input, "{}", STANDARD.encode(line)).unwrap();
    }
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<_> = text.lines().map(|line| STANDARD.decode(line).unwrap()).collect();
    assert_eq!(answers.len(), lines.len(), "{text}");
    answers
}

#[test]
fn what_is_written_is_read_back() {
    arbtest(|u| {
        let value = any_value(u, 4)?;
        let bytes = serialize(&value);
        let read = unserialize(&bytes, &Limits::default()).unwrap();
        assert_eq!(serialize(&read), bytes);
        Ok(())
    });
}

#[test]
fn what_is_read_is_written_back_or_refused() {
    arbtest(|u| {
        // Sound bytes with a few of them changed reach much deeper than noise.
        let mut bytes = serialize(&any_value(u, 4)?);
        for _ in 0..u.int_in_range(0..=3)? {
            let at = u.choose_index(bytes.len())?;
            bytes[at] = u.arbitrary()?;
        }
        let limits = Limits { depth: 8, classes: &["Horde_ActiveSync_Folder_Imap"] };
        if let Ok(value) = unserialize(&bytes, &limits) {
            let written = serialize(&value);
            let again = unserialize(&written, &limits).unwrap();
            assert_eq!(serialize(&again), written);
        }
        Ok(())
    });
}

#[test]
fn php_writes_the_same_bytes() {
    let mut lines = Vec::new();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..600 {
        let noise: Vec<u8> = (0..400)
            .map(|_| {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                seed.to_le_bytes()[3]
            })
            .collect();
        lines.push(serialize(&any_value(&mut Unstructured::new(&noise), 4).unwrap()));
    }
    let answers = php("$out = serialize(unserialize($in));", &lines);
    for (ours, theirs) in lines.iter().zip(&answers) {
        assert_eq!(String::from_utf8_lossy(ours), String::from_utf8_lossy(theirs));
    }
}

#[test]
fn floats_of_php_come_back() {
    let script = "mt_srand(crc32($in)); $list = []; for ($n = 0; $n < 2000; $n++) { \
        $list[] = mt_rand() / mt_getrandmax() * 10 ** mt_rand(-320, 308) * (mt_rand(0, 1) ? 1 : -1); } \
        $list[] = 0.1 + 0.7; $list[] = -0.0; $list[] = NAN; $list[] = INF; $list[] = 1e15; \
        $out = serialize($list);";
    for answer in php(script, &(0..20).map(|n: u8| vec![n]).collect::<Vec<_>>()) {
        let read = unserialize(&answer, &Limits::default()).unwrap();
        assert_eq!(
            String::from_utf8(serialize(&read)).unwrap(),
            String::from_utf8(answer).unwrap()
        );
    }
}

fn imap(mailbox: &str, highest_mod_seq: u64, messages: Messages) -> FolderObject {
    FolderObject::Imap(ImapFolder {
        mailbox: mailbox.to_owned(),
        status: Some(ImapStatus { messages: 3, uid_next: 900, uid_validity: 77, highest_mod_seq }),
        messages,
        soft_delete_cutoff: 1_700_000_000,
        soft_delete_at: 1_700_086_400,
        have_initial_sync: true,
        ..ImapFolder::default()
    })
}

fn folders() -> Vec<FolderObject> {
    let flags =
        |read| KnownFlags { read: Some(read), flagged: Some(!read), ..KnownFlags::default() };
    vec![
        FolderObject::new_imap("INBOX"),
        FolderObject::new_imap("Entwürfe/A&B \"q\" \u{1f4e8} \\ : <x>'"),
        imap("INBOX", 5, Messages::Uids([9, 8, 700, 7].into_iter().collect())),
        imap("INBOX", 5, Messages::Uids((1..=899).filter(|uid| uid % 7 > 0).collect())),
        imap("INBOX", 1 << 53, Messages::default()),
        imap("INBOX", 0, Messages::Flags([(2, flags(true)), (9, flags(false))].into())),
        imap("INBOX", 0, Messages::Flags([].into())),
        FolderObject::new_collection("@Contacts@", "Contacts"),
        FolderObject::Collection(CollectionFolder {
            backend_id: "Calendar:abcDEF".to_owned(),
            class: "Calendar".to_owned(),
            soft_delete_cutoff: 5,
            soft_delete_at: 6,
            have_initial_sync: true,
            ..CollectionFolder::default()
        }),
        FolderObject::Ri(RiFolder {
            addresses: vec!["ä@x".to_owned(), "b@x".to_owned()],
            ..RiFolder::default()
        }),
    ]
}

/// Horde's own classes must take our folder objects, and must write the very same bytes.
#[test]
fn horde_reads_our_folder_objects_and_writes_them_alike() {
    let library = "/usr/share/php/Horde/ActiveSync/Folder/Imap.php";
    assert!(Path::new(library).exists(), "php-horde-activesync is needed for this test");
    let script = "if (!isset($loader)) { $loader = function ($class) { \
        $file = '/usr/share/php/' . str_replace(['_', chr(92)], '/', $class) . '.php'; \
        if (file_exists($file)) { require $file; } }; spl_autoload_register($loader); } \
        $object = unserialize($in); $out = is_object($object) ? serialize($object) : 'refused';";
    let lines: Vec<_> = folders().iter().map(write_folder).collect();
    for (ours, theirs) in lines.iter().zip(php(script, &lines)) {
        assert_eq!(String::from_utf8_lossy(ours), String::from_utf8_lossy(&theirs));
        assert_eq!(write_folder(&read_folder(&theirs).unwrap()), theirs);
    }
}

#[test]
fn no_bytes_make_a_reader_of_the_state_panic() {
    arbtest(|u| {
        let folders = folders();
        let mut bytes = write_folder(u.choose(&folders)?);
        for _ in 0..u.int_in_range(0..=4)? {
            let at = u.choose_index(bytes.len())?;
            bytes[at] = u.arbitrary()?;
        }
        if let Ok(folder) = read_folder(&bytes) {
            let written = write_folder(&folder);
            assert_eq!(write_folder(&read_folder(&written).unwrap()), written);
        }
        let noise = serialize(&any_value(u, 3)?);
        if let Ok(pending) = read_pending(&noise, Ids::Items) {
            let written = write_pending(&pending);
            assert_eq!(write_pending(&read_pending(&written, Ids::Items).unwrap()), written);
        }
        if let Ok(folders) = read_hierarchy(&noise) {
            assert_eq!(read_hierarchy(&write_hierarchy(&folders)).unwrap(), folders);
        }
        if let Ok(mut cache) = read_cache(&noise) {
            for (uid, folder) in cache.folders() {
                cache.set_folder(&uid, &folder);
            }
            cache.set_heartbeat_seconds(60);
            cache.remove_folder("F1");
            assert_eq!(read_cache(&write_cache(&cache)).unwrap(), cache);
        }
        let written = write_properties(&read_properties(&noise));
        assert_eq!(write_properties(&read_properties(&written)), written);
        Ok(())
    });
}
