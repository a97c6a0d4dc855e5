//! `horde-eas probe`: a phone against both servers, and what it says where something is wrong.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::cli::{json, run, text};
use crate::support::certificates::Certificates;
use crate::support::stack::port;
use crate::support::world::{End, World};

/// Plays, with the user's password in the environment.
fn play(user: &str, url: &str, more: &[&str]) -> (Vec<Value>, Option<i32>) {
    let password = vec![("HORDE_EAS_PROBE_PASSWORD", format!("{user}-pw"))];
    json(&[&["probe", "--user", user, "--url", url], more].concat(), &password, b"")
}

/// The one step that fails.
fn failure(lines: &[Value]) -> &Value {
    let failed: Vec<_> = lines.iter().filter(|line| line["result"] == "failed").collect();
    assert_eq!(failed.len(), 1, "{lines:#?}");
    failed[0]
}

fn steps(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["step"].as_str()).collect()
}

#[tokio::test]
async fn reading_alone_leaves_mail_and_contacts_as_they_are() {
    let mut world = World::new().await;
    world.mail("INBOX", "only one");
    world.add_card("Ann", "Probed").await;
    for end in [End::Sidecar, End::Horde] {
        let before = (world.mails("INBOX"), world.cards().await);
        let (lines, exit) = play(&world.user, &end.url(), &[]);
        assert_eq!(exit, Some(0), "{end:?}: {lines:#?}");
        let expected = [
            "Options",
            "Provision",
            "Settings",
            "Addresses",
            "FolderSync",
            "Inbox",
            "One mail",
            "Contacts",
        ];
        assert_eq!(steps(&lines), expected, "{end:?}");
        assert_eq!((world.mails("INBOX"), world.cards().await), before, "{end:?}");
        let members: Vec<_> = lines[0].as_object().unwrap().keys().collect();
        assert_eq!(members, ["kind", "step", "result", "asked", "came", "cause", "mend", "ms"]);
        let sum = lines.last().unwrap();
        assert_eq!(
            (&sum["kind"], &sum["exit"], &sum["steps"]),
            (&json!("summary"), &json!(0), &json!(8))
        );
    }
}

/// Everything that `--write` plays with mails, at a version that has it all.
const WRITING: [&str; 14] = [
    "New contact",
    "Second device",
    "Contact deleted",
    "Ping",
    "New mail",
    "Mark read",
    "Mail deleted",
    "Send mail",
    "Waiting Sync",
    "Sent mail",
    "Attachment",
    "Move",
    "Move back",
    "Tidy up",
];

#[tokio::test]
async fn writing_is_taken_away_again() {
    for (end, version, exit) in [
        (End::Sidecar, "12.1", 0),
        (End::Sidecar, "14.1", 0),
        // Horde sends again what a phone repeats: a step is odd, and none fails.
        (End::Horde, "12.1", 1),
        (End::Horde, "14.1", 1),
    ] {
        let mut world = World::new().await;
        world.mail("INBOX", "the user's");
        if !world.has_mailbox("Sent") {
            world.make_mailbox("Sent");
        }
        world.mail("Sent", "the user's too");
        world.add_card("Ann", "Probed").await;
        let before = (world.mails("INBOX"), world.mails("Sent"), world.cards().await);
        let more = ["--write", "--version", version];
        let (lines, code) = play(&world.user, &end.url(), &more);
        assert_eq!(code, Some(exit), "{end:?} {version}: {lines:#?}");
        let played: Vec<_> =
            steps(&lines).into_iter().skip_while(|one| *one != WRITING[0]).collect();
        let old = version == "12.1";
        let expected = WRITING.into_iter().flat_map(|step| {
            [Some(step), (old && step == "Attachment").then_some("GetAttachment")]
        });
        let expected: Vec<_> = expected.flatten().collect();
        assert_eq!(played, expected, "{end:?} {version}");
        let after = (world.mails("INBOX"), world.mails("Sent"), world.cards().await);
        assert_eq!(after, before, "{end:?} {version}");
        let sum = lines.last().unwrap();
        assert_eq!(sum["devices"], json!(["HORDEEASPROBE01", "HORDEEASPROBE01B"]));
    }
}

#[tokio::test]
async fn a_step_that_fails_takes_along_those_that_stand_on_it() {
    let mut world = World::new().await;
    let before = (world.mails("INBOX"), world.cards().await);
    let more = ["--write", "--smtp", "127.0.0.1:9"];
    let (lines, code) = play(&world.user, &End::Sidecar.url(), &more);
    assert_eq!(code, Some(2), "{lines:#?}");
    let failed = failure(&lines);
    assert_eq!(failed["step"], "Ping");
    assert!(failed["cause"].is_string() && failed["mend"].is_string());
    let played = steps(&lines);
    assert!(!played.contains(&"New mail") && played.contains(&"Move back"), "{played:?}");
    assert_eq!(played.last(), Some(&"Tidy up"));
    assert_eq!((world.mails("INBOX"), world.cards().await), before);
}

#[tokio::test]
async fn a_long_wait_is_measured() {
    let world = World::new().await;
    let (lines, exit) = play(&world.user, &End::Sidecar.url(), &["--wait", "3"]);
    let wait = lines.iter().find(|line| line["step"] == "Wait").unwrap();
    assert_eq!((exit, &wait["result"]), (Some(0), &json!("ok")), "{wait}");
    assert!(wait["ms"].as_u64() >= Some(3_000), "{wait}");
}

#[test]
fn each_wrong_address_is_told_apart() {
    let web = format!("http://127.0.0.1:{}", port(8481));
    let answering = |answer: &str| server(answer.to_owned());
    for (url, came, cause) in [
        ("http://127.0.0.1:9/x".to_owned(), "no answer", "nothing listens"),
        (format!("https://127.0.0.1:{}/x", port(8481)), "no answer", "no TLS"),
        ("nonsense".to_owned(), "no answer", "no address"),
        (format!("{web}/nothing"), "405", "does not take"),
        (answering("302 Found\r\nLocation: https://a.example/"), "a.example", "redirect"),
        (answering("404 Not Found"), "404", "no such address"),
        (answering("403 Forbidden"), "403", "blocked"),
        (answering("503 Service Unavailable"), "503", "does not answer"),
        (answering("502 Bad Gateway"), "502", "no answer"),
        (
            answering("200 OK\r\nContent-Type: text/html"),
            "MS-ASProtocolVersions",
            "another program",
        ),
        (
            answering("200 OK\r\nMS-ASProtocolVersions: 14.1\r\nContent-Type: text/html"),
            "text/html",
            "a web page",
        ),
        (answering("200 OK\r\nMS-ASProtocolVersions: 2.5,12.0"), "2.5,12.0", "not among"),
    ] {
        let (lines, exit) = play("bob", &url, &[]);
        let failed = failure(&lines);
        let has = |member: &str, word: &str| failed[member].as_str().unwrap().contains(word);
        assert!(has("came", came) && has("cause", cause), "{url}: {failed}");
        assert_eq!((exit, failed["mend"].is_string()), (Some(2), true), "{url}");
    }
}

#[test]
fn certificates_are_told_apart() {
    let certificates = Certificates::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = certificates.server();
    std::thread::spawn(move || {
        for tcp in listener.incoming() {
            let Ok(connection) = rustls::ServerConnection::new(tls.clone()) else { continue };
            let mut stream = rustls::StreamOwned::new(connection, tcp.unwrap());
            drop(stream.read(&mut [0; 4_096]));
            drop(stream.write_all(
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            ));
            drop(stream.flush());
        }
    });
    let (name, number) =
        (format!("https://localhost:{port}/"), format!("https://127.0.0.1:{port}/"));
    let authority = certificates.ca().to_str().unwrap().to_owned();
    let trusted = ("SSL_CERT_FILE", authority.as_str());
    for (url, more, trusts, words) in [
        (&name, &[][..], false, "signed by nobody"),
        (&number, &[][..], true, "another name"),
        (&name, &[][..], true, "no such address"),
        (&name, &["--insecure"][..], false, "no such address"),
    ] {
        let mut environment = vec![("HORDE_EAS_PROBE_PASSWORD", "x")];
        environment.extend(trusts.then_some(trusted));
        let arguments = [&["probe", "--user", "bob", "--url", url], more].concat();
        let output = run(&arguments, &environment, b"");
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stdout).contains(words), "{url}: {}", text(&output.stdout));
    }
}

#[test]
fn a_password_is_wanted_and_never_an_argument() {
    let asked = ["probe", "--user", "bob", "--url", "http://127.0.0.1:9/"];
    assert_eq!(run(&asked, &[], b"").status.code(), Some(64));
    let told = run(&[&asked[..], &["--password", "x"]].concat(), &[], b"");
    assert_eq!(told.status.code(), Some(64));
    assert_eq!(
        run(&[&asked[..], &["--password-stdin"]].concat(), &[], b"x\n").status.code(),
        Some(2)
    );
    let file = std::env::temp_dir().join(format!("horde-eas-pw-{}", uuid::Uuid::new_v4()));
    std::fs::write(&file, "wrong\n").unwrap();
    let (lines, exit) = {
        let url = End::Sidecar.url();
        let path = file.to_str().unwrap();
        json(&["probe", "--user", "bob", "--url", &url, "--password-file", path], &[], b"")
    };
    std::fs::remove_file(&file).unwrap();
    assert_eq!(exit, Some(2));
    assert!(failure(&lines)["came"].as_str().unwrap().contains("401"), "{lines:#?}");
    let both = ["--read-only", "--write"];
    assert_eq!(run(&[&asked[..], &both].concat(), &[], b"").status.code(), Some(64));
}

/// A server that gives one answer to everything; its address.
fn server(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/Microsoft-Server-ActiveSync", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            drop(stream.read(&mut [0; 4_096]));
            let text =
                format!("HTTP/1.1 {answer}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
            drop(stream.write_all(text.as_bytes()));
        }
    });
    url
}
