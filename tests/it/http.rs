//! The server end to end, over ports that can be made to fail.

mod client;
mod fakes;
mod logins;

use std::io::{Read as _, Write as _};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use horde_eas::backend::profile::Provisioning;
use horde_eas::command;
use horde_eas::wbxml::Limits;
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::xml;

use crate::http::client::{BODY_BYTES, PATH, Request, Server};
use crate::http::fakes::{Fake, Fault};

const WBXML: &str = "application/vnd.ms-sync.wbxml";

#[test]
fn options_tells_those_who_log_in_what_works() {
    let server = Server::with(Fault::None);
    let options = Request::new("OPTIONS", PATH);
    let refused = options.send(&server);
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("WWW-Authenticate"), "Basic realm=\"Horde ActiveSync\"");
    let answer = options.credentials("ann:ann-pw").send(&server);
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"".as_slice()));
    for answer in [&answer, &refused] {
        assert_eq!(answer.header("MS-ASProtocolVersions"), "12.1,14.0,14.1");
        assert_eq!(answer.header("MS-ASProtocolCommands"), command::names().join(","));
        assert_eq!(answer.header("MS-Server-ActiveSync"), "14.1");
        assert_eq!(answer.header("Allow"), "OPTIONS,POST");
        assert_eq!(answer.header("Public"), "OPTIONS,POST");
        assert_eq!(answer.header("Cache-Control"), "private");
    }
    assert_eq!(server.fake.n_writes.load(Ordering::SeqCst), 0);
}

#[test]
fn the_site_lowers_the_versions() {
    let mut fake = Fake::new(Fault::None);
    fake.site.version = "14.0".to_owned();
    let server = Server::over(fake);
    let answer = Request::new("OPTIONS", PATH).credentials("ann:ann-pw").send(&server);
    assert_eq!(answer.header("MS-ASProtocolVersions"), "12.1,14.0");
}

#[test]
fn our_own_setting_raises_and_lowers_the_versions() {
    for (own, versions) in [
        ("16.1", "12.1,14.0,14.1,16.0,16.1"),
        ("16", "12.1,14.0,14.1,16.0"),
        ("12.1", "12.1"),
        ("", "12.1,14.0,14.1"),
    ] {
        let mut fake = Fake::new(Fault::None);
        own.clone_into(&mut fake.config.max_version);
        let server = Server::over(fake);
        let answer = Request::new("OPTIONS", PATH).credentials("ann:ann-pw").send(&server);
        assert_eq!(answer.header("MS-ASProtocolVersions"), versions, "{own}");
    }
}

#[test]
fn no_answer_tells_which_users_exist() {
    let server = Server::with(Fault::None);
    let wrong = Request::folder_sync().credentials("ann:wrong").send(&server);
    assert_eq!(wrong.status, 401);
    assert_eq!(wrong.header("WWW-Authenticate"), "Basic realm=\"Horde ActiveSync\"");
    for pair in ["nobody:ann-pw", ":", "ann:", "ann", "ann:ann-pw\0more", "ann\0:ann-pw"] {
        let other = Request::folder_sync().credentials(pair).send(&server);
        assert_eq!(other.without_date(), wrong.without_date(), "{pair:?}");
    }
    for header in ["Bearer abc", "Basic !!!", "Basic", "\u{7f}"] {
        let other = Request::folder_sync().header("Authorization", header).send(&server);
        assert!([400, 401].contains(&other.status), "{header:?}: {}", other.status);
    }
    assert_eq!(server.fake.n_writes.load(Ordering::SeqCst), 0);
}

#[test]
fn a_domain_before_the_user_is_cut() {
    let server = Server::with(Fault::None);
    let answer = Request::folder_sync().credentials(r"DOM\ann:ann-pw").send(&server);
    assert_eq!(answer.status, 200);
}

#[test]
fn a_command_is_answered_with_a_document() {
    let server = Server::with(Fault::None);
    let answer = Request::folder_sync().send(&server);
    assert_eq!((answer.status, answer.header("Content-Type")), (200, WBXML));
    assert_eq!(answer.header("MS-Server-ActiveSync"), "14.1");
    assert_eq!(answer.header("Server"), "", "the program's version is nobody's business");
    assert!(document(&answer.body).contains("Folder number 199"));
}

#[test]
fn the_base64_query_and_other_spellings_of_the_path_do_as_well() {
    let server = Server::with(Fault::None);
    // 14.1, FolderSync, locale, DeviceId 01 02, no policy key, DeviceType SP.
    let query = "jQkJBAIBAgACU1A=";
    for path in [PATH, "/microsoft-server-activesync", "/MICROSOFT-SERVER-ACTIVESYNC/default.eas"] {
        let request = Request::folder_sync().header("MS-ASProtocolVersion", "");
        let answer = request.target(&format!("{path}?{query}")).send(&server);
        assert_eq!(answer.status, 200, "{path}: {:?}", answer.text());
    }
    let elsewhere = Request::folder_sync().target("/Microsoft-Server-ActiveSyncs").send(&server);
    assert_eq!(elsewhere.status, 404);
}

#[test]
fn bad_lines_are_the_clients_fault() {
    let server = Server::with(Fault::None);
    let line = |query: &str| Request::folder_sync().target(&format!("{PATH}?{query}"));
    let cases = [
        (501, line("")),
        (501, line("User=ann&DeviceId=PHONE1&DeviceType=Phone")),
        (501, Request::command("Nonsense")),
        (501, Request::command("../../etc/passwd")),
        (400, line("Cmd=FolderSync&DeviceType=Phone")),
        (400, line("Cmd=FolderSync&DeviceId=&DeviceType=Phone")),
        (400, line(&format!("Cmd=FolderSync&DeviceType=Phone&DeviceId={}", "A".repeat(5_000)))),
        (400, line("Cmd=FolderSync&DeviceType=Phone&DeviceId=a%0Ab")),
        (400, line("Cmd=FolderSync&DeviceType=Phone&DeviceId=a%00b")),
        (400, line("!!!!!!!!!!!!")),
        (400, line("jQkJ")),
        (400, Request::folder_sync().header("MS-ASProtocolVersion", "")),
        (400, Request::folder_sync().header("MS-ASProtocolVersion", "fourteen")),
        (400, Request::folder_sync().header("MS-ASProtocolVersion", "1.0")),
        (405, Request::folder_sync().method("PUT")),
    ];
    for (status, request) in cases {
        let answer = request.send(&server);
        assert_eq!(answer.status, status, "{}: {:?}", request.head(), answer.text());
        assert!(!answer.text().trim().is_empty());
    }
    assert_eq!(server.fake.n_writes.load(Ordering::SeqCst), 0);
}

#[test]
fn a_version_above_ours_is_answered_in_our_highest() {
    let server = Server::with(Fault::None);
    let answer = Request::folder_sync().header("MS-ASProtocolVersion", "16.1").send(&server);
    assert_eq!(answer.status, 200);
}

#[test]
fn a_document_that_can_not_be_read_is_never_a_server_error() {
    let server = Server::with(Fault::None);
    let bodies: [&[u8]; 5] =
        [b"", b"<xml/>", b"\x03\x01\x6a\x00\x00\x07\x56", b"\x03\x01\x6a\x00\x45", b"\x00\x7f"];
    for name in command::names() {
        for body in bodies {
            let answer = Request::command(name).body(body).send(&server);
            if name == "GetAttachment" {
                // It reads no document, and this request names no file.
                assert_eq!(answer.status, 400, "{body:?}");
                continue;
            }
            assert!(
                [200, 400].contains(&answer.status),
                "{name} {body:?}: {} {:?}",
                answer.status,
                answer.body
            );
        }
    }
}

#[test]
fn a_person_sees_a_page() {
    let server = Server::with(Fault::None);
    let answer = Request::new("GET", PATH).send(&server);
    assert_eq!(answer.status, 200);
    assert!(answer.header("Content-Type").starts_with("text/html"));
}

#[test]
fn where_activesync_is_off_everything_is_refused() {
    let mut fake = Fake::new(Fault::None);
    fake.site.enabled = false;
    let server = Server::over(fake);
    for request in [Request::folder_sync(), Request::folder_sync().method("OPTIONS")] {
        let answer = request.send(&server);
        assert_eq!(answer.status, 403);
        assert!(answer.text().contains("switched off"), "{:?}", answer.text());
    }
    assert_eq!(server.fake.n_writes.load(Ordering::SeqCst), 0);
}

#[test]
fn a_user_without_the_permission_is_refused_and_leaves_no_row() {
    let mut fake = Fake::new(Fault::None);
    fake.profile.allowed = false;
    let server = Server::over(fake);
    let modern = Request::folder_sync().send(&server);
    assert_eq!(modern.status, 200);
    assert!(document(&modern.body).contains(">126<"), "{}", document(&modern.body));
    let old = Request::folder_sync().header("MS-ASProtocolVersion", "12.1").send(&server);
    assert_eq!(old.status, 403);
    assert_eq!(Request::command("Settings").send(&server).status, 403);
    assert_eq!(server.fake.n_writes.load(Ordering::SeqCst), 0);
}

#[test]
fn a_phone_without_the_policy_must_provision() {
    let mut fake = Fake::new(Fault::None);
    fake.profile.provisioning = Provisioning::Force;
    let server = Server::over(fake);
    let modern = Request::folder_sync().send(&server);
    assert_eq!((modern.status, modern.header("Content-Type")), (449, WBXML));
    assert!(document(&modern.body).contains(">142<"), "{}", document(&modern.body));
    assert_eq!(modern.header("MS-ASProtocolVersions"), "12.1,14.0,14.1");
    let old = Request::folder_sync().header("MS-ASProtocolVersion", "12.1").send(&server);
    assert_eq!((old.status, old.body.as_slice()), (449, b"".as_slice()));
    let guessed = Request::folder_sync().header("X-MS-PolicyKey", "1234567890").send(&server);
    assert_eq!(guessed.status, 449);
}

#[test]
fn what_is_down_is_503_and_never_asks_for_the_password() {
    for fault in [Fault::Site, Fault::Login, Fault::Database] {
        let server = Server::with(fault);
        let answer = Request::folder_sync().send(&server);
        assert_eq!(answer.status, 503, "{fault:?}: {:?}", answer.text());
        assert!(answer.header("Retry-After").parse::<u32>().is_ok_and(|seconds| seconds > 0));
        assert_eq!(answer.header("WWW-Authenticate"), "", "{fault:?}");
    }
}

#[test]
fn a_mail_server_that_refuses_the_login_asks_for_the_password() {
    let server = Server::with(Fault::MailRefuses);
    let answer = Request::folder_sync().send(&server);
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("WWW-Authenticate"), "Basic realm=\"Horde ActiveSync\"");
    // The proof that Horde gave is worth nothing any more.
    assert_eq!(server.fake.n_forgotten.load(Ordering::SeqCst), 1);
}

#[test]
fn a_panic_ends_one_request_and_not_the_server() {
    let server = Server::with(Fault::Panic);
    for _ in 0..3 {
        assert_eq!(Request::folder_sync().send(&server).status, 500);
    }
    assert_eq!(Request::new("GET", "/health/live").send(&server).status, 200);
}

#[test]
fn health_tells_life_from_readiness() {
    let healthy = Server::with(Fault::None);
    assert_eq!(Request::new("GET", "/health/ready").send(&healthy).status, 200);
    for (fault, culprit) in [(Fault::Site, "bridge"), (Fault::Database, "database")] {
        let server = Server::with(fault);
        assert_eq!(Request::new("GET", "/health/live").send(&server).status, 200);
        let answer = Request::new("GET", "/health/ready").send(&server);
        assert_eq!(answer.status, 503);
        assert!(answer.text().contains(culprit), "{:?}", answer.text());
    }
}

#[test]
fn bodies_come_in_chunks_and_packed() {
    let server = Server::with(Fault::None);
    let request = Request::folder_sync();
    assert_eq!(request.send_chunked(&server).status, 200);
    let packed = packed(b"\x03\x01\x6a\x00\x00\x07\x56\x52\x030\x00\x01\x01");
    let request = request.header("Content-Encoding", "gzip").body(&packed);
    assert!(document(&request.send(&server).body).contains("Folder number 199"));
    assert!(document(&request.send_chunked(&server).body).contains("Folder number 199"));
}

#[test]
fn bodies_are_bounded_as_sent_and_as_inflated() {
    let server = Server::with(Fault::None);
    let request = Request::folder_sync();
    let just = request.clone().body(&vec![0; BODY_BYTES]);
    assert_eq!(just.send(&server).status, 200, "a FolderSync document with Status 10");
    let over = request.clone().body(&vec![0; BODY_BYTES + 1]);
    assert_eq!(over.send(&server).status, 413);
    assert_eq!(over.send_chunked(&server).status, 413);
    let announced = request.clone().header("Content-Length", "99999999999");
    assert_eq!(server.send(announced.head().as_bytes()).status, 413);
    let gzip = request.header("Content-Encoding", "gzip");
    let bomb = packed(&vec![0; 1_000_000]);
    assert!(bomb.len() < BODY_BYTES);
    assert_eq!(gzip.clone().body(&bomb).send(&server).status, 413);
    assert_eq!(gzip.clone().body(b"no gzip").send(&server).status, 400);
    assert_eq!(gzip.clone().body(&bomb[..bomb.len() / 2]).send(&server).status, 413);
    assert_eq!(gzip.header("Content-Encoding", "br").send(&server).status, 415);
}

#[test]
fn a_body_that_does_not_come_ends_the_request() {
    let server = Server::with(Fault::None);
    let head = Request::folder_sync().header("Content-Length", "100").head();
    let began = Instant::now();
    let answer = server.send(head.as_bytes());
    assert_eq!(answer.status, 408);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn long_answers_are_packed_for_those_who_can_read_that() {
    let server = Server::with(Fault::None);
    let plain = Request::folder_sync().send(&server);
    assert_eq!(plain.header("Content-Encoding"), "");
    let request = Request::folder_sync().header("Accept-Encoding", "deflate, gzip");
    let packed = request.send(&server);
    assert_eq!(packed.header("Content-Encoding"), "gzip");
    assert_eq!(packed.header("Vary"), "Accept-Encoding");
    assert!(packed.body.len() * 3 < plain.body.len());
    let mut inflated = Vec::new();
    GzDecoder::new(packed.body.as_slice()).read_to_end(&mut inflated).unwrap();
    assert!(document(&inflated).contains("Folder number 199"));
    let unwanted = Request::folder_sync().header("Accept-Encoding", "gzip;q=0, identity");
    assert_eq!(unwanted.send(&server).header("Content-Encoding"), "");
    let short = Request::command("FolderSync").header("Accept-Encoding", "gzip").send(&server);
    assert_eq!(short.header("Content-Encoding"), "");
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[track_caller]
fn document(bytes: &[u8]) -> String {
    xml::to_xml(&Element::parse(bytes, Limits::default()).expect("a document"))
}
