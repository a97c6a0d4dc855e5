//! The contract of the mail port, held by the IMAP adapter against a real server: with QRESYNC,
//! with CONDSTORE alone, and with neither.

use horde_eas::backend::Kind;
use horde_eas::backend::imap::{Config, Imap};
use horde_eas::backend::mail::{FlagChange, Mail, MailboxChanges, Since, Wanted, Which};
use horde_eas::backend::profile::Label;
use horde_eas::eas::options::BodyPreference;
use horde_eas::uids::SortedUids;

use crate::support::mailbox::{Other, account};

/// What is hidden from the adapter, so that it must do without.
const VARIANTS: [&[&str]; 3] =
    [&[], &["QRESYNC"], &["QRESYNC", "CONDSTORE", "LIST-STATUS", "MOVE", "UIDPLUS", "SPECIAL-USE"]];

const OLD: &str = " 1-Jan-2020 12:00:00 +0000";
const NEW: &str = "23-Nov-2026 12:00:00 +0000";
const CUTOFF: i64 = 1_700_000_000;

fn imap() -> Imap {
    Imap::new(&Config { threads: 2, ..Config::default() }).unwrap()
}

fn message(subject: &str) -> Vec<u8> {
    format!(
        "From: Ann <ann@example.test>\r\nTo: bob@example.test\r\nSubject: {subject}\r\n\
         Message-ID: <{subject}@example.test>\r\n\r\nHello {subject}\r\n"
    )
    .into_bytes()
}

fn wanted(kind: u8, truncation_size: Option<u64>) -> Wanted {
    Wanted {
        bodies: vec![BodyPreference { kind, truncation_size, all_or_none: None, preview: None }],
        mime_support: if kind == 4 { 2 } else { 0 },
        mime_truncation: None,
        conversations: true,
    }
}

fn uids(changes: &MailboxChanges) -> Vec<u32> {
    changes.changed.iter().map(|seen| seen.imap_uid).collect()
}

#[tokio::test]
async fn changes_are_told_in_each_variant() {
    for hidden in VARIANTS {
        let user = account("user1990", |mail| {
            mail.ignored_capabilities = hidden.iter().map(|&c| c.to_owned()).collect();
        });
        let mut other = Other::new("user1990");
        let mailbox = other.mailbox.clone();
        let imap = imap();
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| other.append("", NEW, &message(name)));
        let old = other.append("", OLD, &message("old"));
        let first = Since {
            status: horde_eas::backend::mail::MailboxStatus::default(),
            known: &SortedUids::default(),
            cutoff: Some(CUTOFF),
            want_matching: false,
        };
        let found = imap.changes(&user, &mailbox, &first).await.unwrap();
        assert_eq!(found.matching, Some([a, b, c, d].into_iter().collect()), "{hidden:?}");
        assert_eq!(found.status.messages, 5, "{hidden:?}");
        assert_eq!(found.status.highest_mod_seq > 0, !hidden.contains(&"CONDSTORE"), "{hidden:?}");
        let with_mod_seq = found.status.highest_mod_seq > 0;

        let known = [d, b, a, c].into_iter().collect();
        let since = Since {
            status: found.status,
            known: &known,
            cutoff: Some(CUTOFF),
            want_matching: false,
        };
        let nothing = imap.changes(&user, &mailbox, &since).await.unwrap();
        assert_eq!(nothing.status, found.status);
        assert!(nothing.vanished.is_empty(), "{hidden:?}");
        assert_eq!(nothing.changed.is_empty(), with_mod_seq, "{hidden:?}");

        other.run(&format!("UID STORE {a} +FLAGS.SILENT (\\Seen $Label1)"));
        other.run(&format!("UID STORE {old} +FLAGS.SILENT (\\Flagged)"));
        other.run(&format!("UID STORE {b} +FLAGS.SILENT (\\Deleted)"));
        other.run("EXPUNGE");
        let e = other.append("\\Flagged", NEW, &message("e"));
        let older = other.append("", OLD, &message("older"));
        let found = imap.changes(&user, &mailbox, &since).await.unwrap();
        assert_eq!(found.vanished, [b], "{hidden:?}");
        let inside: Vec<u32> =
            found.changed.iter().filter(|seen| seen.inside).map(|seen| seen.imap_uid).collect();
        if with_mod_seq {
            assert_eq!(uids(&found), [a, old, e, older], "{hidden:?}");
            assert_eq!(inside, [a, e], "{hidden:?}");
        } else {
            assert_eq!(inside, [a, c, d, e], "{hidden:?}");
        }
        let seen = |uid| found.changed.iter().find(|seen| seen.imap_uid == uid).unwrap();
        assert!(seen(a).read && !seen(a).flagged && seen(e).flagged, "{hidden:?}");
        assert_eq!(seen(a).keywords, ["$label1"]);

        let all = Since { cutoff: None, want_matching: true, ..since };
        let found = imap.changes(&user, &mailbox, &all).await.unwrap();
        assert_eq!(
            found.matching,
            Some([a, c, d, old, e, older].into_iter().collect()),
            "{hidden:?}"
        );

        let status = imap
            .status(&user, &[mailbox.clone(), "INBOX".to_owned(), "no such".to_owned()])
            .await
            .unwrap();
        assert_eq!(status.get(&mailbox), Some(&found.status), "{hidden:?}");
        assert_eq!(status.len(), 2, "{hidden:?}");
    }
}

#[tokio::test]
async fn a_mod_seq_from_the_future_means_looking_at_everything() {
    let user = account("user1990", |_| {});
    let mut other = Other::new("user1990");
    let [a, b] = ["a", "b"].map(|name| other.append("", "", &message(name)));
    let imap = imap();
    let first = Since {
        status: horde_eas::backend::mail::MailboxStatus::default(),
        known: &SortedUids::default(),
        cutoff: None,
        want_matching: false,
    };
    let mut status = imap.changes(&user, &other.mailbox, &first).await.unwrap().status;
    status.highest_mod_seq += 1_000;
    let known = [a, b, 4_000].into_iter().collect();
    let since = Since { status, known: &known, cutoff: None, want_matching: false };
    let found = imap.changes(&user, &other.mailbox, &since).await.unwrap();
    assert_eq!((uids(&found), found.vanished), (vec![a, b], vec![4_000]));
}

#[tokio::test]
async fn flags_moves_and_deletions_reach_the_server() {
    for hidden in VARIANTS {
        let user = account("user1991", |mail| {
            mail.ignored_capabilities = hidden.iter().map(|&c| c.to_owned()).collect();
        });
        let mut other = Other::new("user1991");
        let target = Other::new("user1991");
        let mailbox = other.mailbox.clone();
        let imap = imap();
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| other.append("", "", &message(name)));
        let change = |imap_uid| FlagChange {
            imap_uid,
            read: Some(true),
            add_keywords: vec!["$label2".to_owned()],
            ..FlagChange::default()
        };
        let before =
            imap.store(&user, &mailbox, &[change(a), change(b), change(999)]).await.unwrap();
        assert_eq!(before.iter().map(|one| one.imap_uid).collect::<Vec<_>>(), [a, b], "{hidden:?}");
        assert!(before.iter().all(|one| !one.read && !one.flagged), "{hidden:?}");
        assert_eq!(before[0].mod_seq > 0, !hidden.contains(&"CONDSTORE"), "{hidden:?}");
        other.run("NOOP");
        let flags = other.run("UID FETCH 1:* FLAGS");
        assert_eq!(flags.matches("\\Seen").count(), 2, "{flags}");
        assert_eq!(flags.matches("$label2").count(), 2, "{flags}");
        let undo = FlagChange {
            imap_uid: a,
            read: Some(false),
            flagged: Some(true),
            remove_keywords: vec!["$label2".to_owned()],
            ..FlagChange::default()
        };
        imap.store(&user, &mailbox, &[undo]).await.unwrap();
        let flags = other.run(&format!("UID FETCH {a} FLAGS"));
        assert!(flags.contains("(\\Flagged") && !flags.contains("$label2"), "{flags}");

        other.run(&format!("UID STORE {d} +FLAGS (\\Deleted)"));
        let moved = imap.move_to(&user, &mailbox, &[a, 999], &target.mailbox, None).await.unwrap();
        assert_eq!(moved.keys().copied().collect::<Vec<_>>(), [a], "{hidden:?}");
        assert_eq!(moved[&a], Some(1), "{hidden:?}");
        let deleted = imap.delete(&user, &mailbox, &[b, 998]).await.unwrap();
        assert_eq!(deleted, [b], "{hidden:?}");
        other.run("NOOP");
        let left = other.run("UID SEARCH ALL");
        assert!(left.contains(&format!("SEARCH {c} {d}")), "what others marked stays: {left}");
        assert!(other.run("UID SEARCH DELETED").contains(&format!("SEARCH {d}")), "{hidden:?}");

        let error = imap.move_to(&user, &mailbox, &[c], "no such", None).await.unwrap_err();
        let umlaut = imap.move_to(&user, &mailbox, &[c], "W\u{f6}rk", None).await.unwrap_err();
        assert_eq!(umlaut.kind, Kind::Gone, "{umlaut:?}");
        assert_eq!(error.kind, Kind::Gone, "{hidden:?}");
        let error = imap.store(&user, "no such", &[change(a)]).await.unwrap_err();
        assert_eq!(error.kind, Kind::Gone, "{hidden:?}");
    }
}

#[tokio::test]
async fn mailboxes_have_names_parents_and_purposes() {
    let user = account("user1992", |_| {});
    let mut other = Other::new("user1992");
    let top = other.mailbox.clone();
    other.run(&format!("CREATE {top}/Entw&APw-rfe/sub"));
    other.run(&format!("CREATE \"{top}/A&-B \\\"q\\\"\""));
    let found = imap().mailboxes(&user).await.unwrap();
    assert_eq!(found[0].name, "INBOX");
    let find = |name: &str| found.iter().find(|mailbox| mailbox.name == name).unwrap();
    let child = find(&format!("{top}/Entw\u{fc}rfe/sub"));
    assert!(child.name.ends_with(&child.label));
    let odd = format!("{top}/A&B \"q\"");
    assert_eq!(find(&odd).label, "A&B \"q\"");
    let status = imap().status(&user, &["INBOX".to_owned(), odd.clone()]).await.unwrap();
    assert!(status.contains_key(&odd));
    assert!(found.iter().any(|mailbox| mailbox.special_use == Some(horde_eas::backend::mail::SpecialUse::Trash)));
    let subscribed = account("user1992", |mail| mail.subscribed_only = true);
    let few = imap().mailboxes(&subscribed).await.unwrap();
    assert!(few.iter().any(|mailbox| mailbox.name == "INBOX"));
    assert!(!few.iter().any(|mailbox| mailbox.name.starts_with(&top)));
    other.run(&format!("DELETE {top}/Entw&APw-rfe/sub"));
    other.run(&format!("DELETE \"{top}/A&-B \\\"q\\\"\""));
    drop(other.run(&format!("LIST \"\" {top}/*")));
}

#[tokio::test]
async fn refusals_and_outages_are_told_apart() {
    let imap = imap();
    let mut user = account("user1993", |_| {});
    // Once only: Dovecot slows down addresses that fail.
    user.credentials.password = horde_eas::secret::Secret::new("wrong".to_owned());
    assert_eq!(imap.mailboxes(&user).await.unwrap_err().kind, Kind::Refused);
    let nobody = account("user1993", |mail| mail.port = 1);
    assert_eq!(imap.mailboxes(&nobody).await.unwrap_err().kind, Kind::Unavailable);
    let known = account("user1993", |_| {});
    let since = Since {
        status: horde_eas::backend::mail::MailboxStatus::default(),
        known: &SortedUids::default(),
        cutoff: None,
        want_matching: false,
    };
    assert_eq!(imap.changes(&known, "no such", &since).await.unwrap_err().kind, Kind::Gone);
}

#[tokio::test]
async fn messages_are_read_in_few_round_trips() {
    let user = account("user1994", |mail| {
        mail.labels = vec![Label { keyword: "$label1".to_owned(), name: "Important".to_owned() }];
    });
    let mut other = Other::new("user1994");
    let uids: Vec<u32> =
        (0..100).map(|n| other.append("", NEW, &message(&format!("m{n}")))).collect();
    other.run(&format!("UID STORE {} +FLAGS (\\Flagged $Label1)", uids[0]));
    let imap = imap();
    imap.mailboxes(&user).await.unwrap();
    let before = imap.n_commands();
    let mut asked = uids.clone();
    asked.reverse();
    asked.push(4_000);
    let found = imap.fetch(&user, &other.mailbox, &asked, &wanted(1, Some(8))).await.unwrap();
    assert!(imap.n_commands() - before <= 4, "{}", imap.n_commands() - before);
    assert_eq!(found.iter().map(|(uid, _)| *uid).collect::<Vec<_>>(), asked);
    assert_eq!(found[100].1.as_ref().unwrap_err().kind, Kind::NotFound);
    let email = found[99].1.as_ref().unwrap();
    assert_eq!(email.subject.as_deref(), Some("m0"));
    assert_eq!(email.from.as_deref(), Some("\"Ann\" <ann@example.test>"));
    assert_eq!(email.date_received.unwrap().0.to_string(), "2026-11-23T12:00:00Z");
    assert_eq!(email.read, Some(false));
    assert_eq!(email.categories.as_ref().unwrap().categories, ["Important"]);
    let body = email.body.as_ref().unwrap();
    assert_eq!(body.data.as_ref().unwrap().to_text(), "Hello m0");
    assert_eq!((body.estimated_data_size, body.truncated), (Some(10), Some(true)));
    assert!(!other.run("UID FETCH 1:* FLAGS").contains("\\Seen"), "reading is no seeing");
}

#[tokio::test]
async fn large_messages_are_read_in_pieces() {
    let user = account("user1995", |_| {});
    let mut other = Other::new("user1995");
    let lines = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0\r\n"
        .repeat(40_000);
    let head = "Subject: big\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello big\r\n\
        --b\r\nContent-Type: application/octet-stream; name=\"";
    let tail = format!("\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{lines}--b--\r\n");
    let good = [head.as_bytes(), b"a.bin", tail.as_bytes()].concat();
    let raw_8_bit = [head.as_bytes(), b"caf\xe9.bin", tail.as_bytes()].concat();
    let a = other.append("", NEW, &good);
    let b = other.append("", NEW, &raw_8_bit);
    let imap = imap();
    let found = imap.fetch(&user, &other.mailbox, &[a, b], &wanted(1, Some(512))).await.unwrap();
    for ((_, email), name) in found.iter().zip(["a.bin", "caf\u{e9}.bin"]) {
        let email = email.as_ref().unwrap();
        assert_eq!(email.subject.as_deref(), Some("big"));
        let body = email.body.as_ref().unwrap();
        assert_eq!(body.data.as_ref().unwrap().to_text(), "Hello big", "{name}");
        assert_eq!(body.truncated, None, "{name}");
        let attachment = &email.attachments.as_ref().unwrap().attachments[0];
        assert_eq!(attachment.display_name.as_deref(), Some(name));
        assert!(attachment.file_reference.ends_with(":2"), "{}", attachment.file_reference);
        assert!(attachment.estimated_data_size > 500_000, "{name}");
    }
    let found = imap.fetch(&user, &other.mailbox, &[b], &wanted(4, Some(100_000))).await.unwrap();
    let body = found[0].1.as_ref().unwrap().body.as_ref().unwrap();
    assert_eq!(body.data.as_ref().unwrap().0, raw_8_bit[..100_000]);
    assert_eq!(body.truncated, Some(true));
    assert_eq!(body.estimated_data_size, Some(raw_8_bit.len() as u64));
    let found = imap.fetch(&user, &other.mailbox, &[a], &wanted(4, None)).await.unwrap();
    let body = found[0].1.as_ref().unwrap().body.as_ref().unwrap();
    assert!(body.data.as_ref().unwrap().0 == good, "the source is untouched");
    assert_eq!(body.truncated, None);
    // Nor does the name stand in the way of the file.
    let which = Which { imap_uid: b, number: "2", range: None };
    let part = imap.part(&user, &other.mailbox, &which, usize::MAX).await.unwrap();
    let content = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz01234";
    assert!(part.bytes == content.repeat(40_000), "{} bytes", part.bytes.len());
    assert_eq!(part.media_type, "application/octet-stream");
}

#[tokio::test]
async fn parts_are_read_decoded_and_bounded() {
    let user = account("user1985", |_| {});
    let mut other = Other::new("user1985");
    let single = other.append("", NEW, &[
        b"Subject: s\r\nContent-Type: application/x-raw\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".as_slice(),
        b"caf\xe9 \xff\r\n",
    ].concat());
    let plain = other.append("", NEW, b"Subject: no type\r\n\r\nJust text\r\n");
    let nested = other.append(
        "",
        NEW,
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\
          Content-Type: multipart/related; boundary=i\r\n\r\n--i\r\nContent-Type: text/html\r\n\r\nx\r\n\
          --i\r\nContent-Type: IMAGE/GIF\r\nContent-Transfer-Encoding: BASE64\r\n\r\nR0lG\r\n--i--\r\n\
          --o\r\nContent-Type: text/plain\r\n\r\n\r\n--o--\r\n",
    );
    let imap = imap();
    let read = async |imap_uid, number: &'static str, range, most| {
        let which = Which { imap_uid, number, range };
        imap.part(&user, &other.mailbox, &which, most).await.map_err(|error| error.kind)
    };
    let part = read(single, "1", None, 100).await.unwrap();
    assert_eq!(
        (part.media_type.as_str(), part.bytes),
        ("application/x-raw", b"caf\xe9 \xff\r\n".to_vec())
    );
    let part = read(plain, "1", None, 100).await.unwrap();
    assert_eq!((part.media_type.as_str(), part.bytes), ("text/plain", b"Just text\r\n".to_vec()));
    let part = read(nested, "1.2", None, 100).await.unwrap();
    assert_eq!((part.media_type.as_str(), part.bytes), ("image/gif", b"GIF".to_vec()));
    let part = read(nested, "1.2", Some((1, 1)), 1).await.unwrap();
    assert_eq!((part.bytes, part.from, part.total), (b"I".to_vec(), 1, 3));
    assert_eq!(read(nested, "2", None, 100).await.unwrap().bytes, b"");
    assert_eq!(read(nested, "1.2", None, 2).await, Err(Kind::TooLarge));
    assert_eq!(read(nested, "1.2", Some((3, 9)), 100).await, Err(Kind::Invalid));
    for number in ["1", "3", "1.3", "9.9.9", "0", "", "1.", "MIME", "1.2.HEADER", "4294967296"] {
        assert_eq!(read(nested, number, None, 100).await, Err(Kind::NotFound), "{number}");
    }
    assert_eq!(read(99_999, "1", None, 100).await, Err(Kind::NotFound));
    let which = Which { imap_uid: 1, number: "1", range: None };
    for name in ["no such", "INBOX\"\r\nx OK", "user/bob/INBOX", "../bob", "", "\u{1f600}"] {
        let error = imap.part(&user, name, &which, 1).await.unwrap_err();
        assert!(matches!(error.kind, Kind::Gone | Kind::Unsupported), "{name}: {error:?}");
    }
    assert!(!other.run("UID FETCH 1:* FLAGS").contains("\\Seen"), "reading is no seeing");
}

#[tokio::test]
async fn mailboxes_are_emptied_and_marks_found_in_each_variant() {
    for hidden in VARIANTS {
        let user = account("user1984", |mail| {
            mail.ignored_capabilities = hidden.iter().map(|&c| c.to_owned()).collect();
        });
        let mut other = Other::new("user1984");
        let target = Other::new("user1984");
        let [a, b] = ["a", "b"].map(|name| other.append("", NEW, &message(name)));
        let imap = imap();
        let mailbox = other.mailbox.clone();
        let before =
            imap.before_move(&user, &mailbox, &[a, b, 999], &target.mailbox).await.unwrap();
        assert_eq!(before.messages.keys().copied().collect::<Vec<_>>(), [a, b]);
        let next = before.target.unwrap().uid_next;
        assert!(imap.marks(&user, &target.mailbox, next).await.unwrap().is_empty());
        imap.move_to(&user, &mailbox, &[a, b], &target.mailbox, None).await.unwrap();
        let marks = imap.marks(&user, &target.mailbox, next).await.unwrap();
        let marks: Vec<_> = marks.into_iter().map(|(_, mark)| mark).collect();
        assert_eq!(marks, before.messages.values().copied().collect::<Vec<_>>(), "{hidden:?}");
        assert_ne!(marks[0], marks[1]);
        let gone = imap.before_move(&user, &mailbox, &[a], "no such").await.unwrap();
        assert_eq!((gone.target, gone.messages.len()), (None, 0));
        imap.empty(&user, &target.mailbox, true, &[]).await.unwrap();
        assert!(imap.marks(&user, &target.mailbox, 1).await.unwrap().is_empty());
        imap.empty(&user, &target.mailbox, false, &[]).await.unwrap();
        assert!(imap.empty(&user, "no such", false, &[]).await.is_err());
    }
}

#[tokio::test]
async fn a_dead_session_is_replaced_unseen() {
    let user = account("user1996", |_| {});
    let mut other = Other::new("user1996");
    let a = other.append("", NEW, &message("a"));
    let imap = imap();
    let read = async || imap.fetch(&user, &other.mailbox, &[a], &wanted(1, None)).await.unwrap();
    assert!(read().await[0].1.is_ok());
    assert!(read().await[0].1.is_ok());
    assert_eq!(imap.n_sessions(), 1, "sessions are kept");
    let pids = std::process::Command::new("doveadm")
        .args([
            "-c",
            &crate::support::stack::demo_folder().join("etc/dovecot.conf").display().to_string(),
        ])
        .args(["kick", "user1996"])
        .output()
        .unwrap();
    assert!(pids.status.success(), "{pids:?}");
    // The server only asks its processes to end.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    // The other client was kicked out too: it must not clean up.
    std::mem::forget(other);
    let found = imap.fetch(&user, "INBOX", &[4_000], &wanted(1, None)).await.unwrap();
    assert_eq!(found[0].1.as_ref().unwrap_err().kind, Kind::NotFound);
    assert_eq!(imap.n_sessions(), 2);
}
