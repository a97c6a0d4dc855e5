//! `horde-eas check`: each broken state gives its finding, with cause, mend and exit code.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::cli::{json, run, text, with};
use crate::support::stack::{Scratch, port};

/// Severity and mend of the first finding with a code.
fn finding<'a>(lines: &'a [Value], code: &str) -> &'a Value {
    let found = lines.iter().find(|line| line["code"] == code);
    found.unwrap_or_else(|| panic!("no finding {code}: {lines:#?}"))
}

/// Checks with changes, and looks at one finding.
fn expect(changes: &[(&'static str, &str)], more: &[&str], code: &str, mend: &str) {
    let (lines, exit) = json(&[&["check"], more].concat(), &with(changes), b"");
    let found = finding(&lines, code);
    assert!(found["mend"].as_str().unwrap_or_default().contains(mend), "{found}");
    assert!(!found["cause"].is_null(), "{found}");
    let expected = match found["severity"].as_str() {
        Some("error") => 2,
        Some("warning") => 1,
        _ => 0,
    };
    assert!(exit >= Some(expected), "{code}: exit {exit:?}");
    let sum = lines.last().unwrap();
    assert_eq!((&sum["kind"], sum["exit"].as_i64()), (&json!("summary"), exit.map(i64::from)));
}

#[test]
fn a_healthy_stack_has_no_errors() {
    let url = format!("http://127.0.0.1:{}/Microsoft-Server-ActiveSync", port(8480));
    let arguments = ["check", "--user", "bob", "--url", &url, "--password-stdin"];
    let (lines, exit) = json(&arguments, &with(&[]), b"bob-pw\n");
    for code in [
        "config", "database", "bridge", "horde", "listen", "smtp", "login", "imap", "way",
        "way.body",
    ] {
        assert_eq!(finding(&lines, code)["severity"], "ok", "{code}");
    }
    let sum = lines.last().unwrap();
    assert_eq!((exit, &sum["errors"]), (Some(0), &json!(0)), "{lines:#?}");
    let members: Vec<_> = lines[0].as_object().unwrap().keys().collect();
    assert_eq!(members, ["kind", "severity", "code", "what", "cause", "mend", "at"]);
    let members: Vec<_> = sum.as_object().unwrap().keys().collect();
    let expected = ["kind", "command", "worst", "exit", "ok", "notes", "warnings", "errors"];
    assert_eq!(members, expected);
}

#[test]
fn nothing_that_answers_is_told_without_secrets() {
    let nowhere = [
        ("HORDE_EAS__STATE__PORT", "9"),
        ("HORDE_EAS__HORDE__URL", "http://127.0.0.1:9/horde"),
        ("HORDE_EAS__STATE__PASSWORD", "very-secret"),
    ];
    let output = run(&["check"], &nowhere, b"");
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stdout);
    for word in ["[state]", "horde-bridge/install --check", "2 errors", "cause:", "mend:"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(!said.contains("very-secret") && !text(&output.stderr).contains("very-secret"));
}

#[test]
fn a_broken_configuration_is_a_finding() {
    expect(&[("HORDE_EAS__HTTP__LISTENN", "x")], &[], "config.unreadable", "config.example.toml");
    expect(
        &[("HORDE_EAS__COMMANDS__POLL_SECONDS", "0")],
        &[],
        "config.value",
        "config.example.toml",
    );
}

#[test]
fn the_database_is_told_from_its_login() {
    expect(&[("HORDE_EAS__STATE__PASSWORD", "no")], &[], "database.login", "[state]");
    expect(&[("HORDE_EAS__STATE__DATABASE", "nowhere")], &[], "database.name", "[state]");
    expect(&[("HORDE_EAS__STATE__PORT", "9")], &[], "database.reach", "[state]");
    expect(
        &[("HORDE_EAS__STATE__CONNECTIONS", "1000")],
        &[],
        "database.connections",
        "connections",
    );
}

#[tokio::test]
async fn a_table_that_lacks_is_named() {
    let scratch = Scratch::new().await;
    scratch.run("DROP TABLE horde_activesync_mailmap").await;
    let database = scratch.config.database.clone();
    let (lines, exit) = json(&["check"], &with(&[("HORDE_EAS__STATE__DATABASE", &database)]), b"");
    let found = finding(&lines, "database.table");
    assert_eq!(found["at"], json!({"table": "horde_activesync_mailmap"}));
    assert_eq!((exit, &found["severity"]), (Some(2), &json!("error")));
}

#[test]
fn the_bridge_has_its_ways_to_fail() {
    let none = format!("http://127.0.0.1:{}/nothing", port(8481));
    expect(&[("HORDE_EAS__HORDE__URL", &none)], &[], "bridge.reach", "not installed");
    expect(&[("HORDE_EAS__HORDE__URL", "http://127.0.0.1:9")], &[], "bridge.reach", "--check");
    expect(&[("HORDE_EAS__STATE__CHARSET", "latin1")], &[], "horde.charset", "state.charset");
}

#[test]
fn a_horde_that_can_not_be_served_is_told() {
    // A real Horde with all of this can not be had beside the tests that run now.
    let url = bridge(&json!({"jsonrpc": "2.0", "id": 1, "result": {
        "bridge": 0,
        "activesync": {
            "enabled": false, "version": "12.1", "announced": "2.5,12.0,12.1", "storage": "Nosql",
            "auth": "cert", "autodiscovery": "full",
            "ping": {"heartbeatmin": 60, "heartbeatmax": 2700, "heartbeatdefault": 480},
        },
        "history": {"driver": "mongo"},
        "sql": {"phptype": "pgsql", "charset": "utf-8"},
        "mailer": {"type": "smtp", "host": "127.0.0.1", "port": 9},
        "versions": {"php": "8.2.0", "hordeeas": "0.0.1"},
        "php": {"time": 1_700_000_000_000_i64, "opcache": false, "memory_limit": "32M", "missing": ["iconv"]},
    }}));
    let (lines, exit) = json(
        &["check"],
        &with(&[("HORDE_EAS__HORDE__URL", &url), ("HORDE_EAS__COMMANDS__MAX_VERSION", "16.1")]),
        b"",
    );
    assert_eq!(exit, Some(2));
    for code in [
        "bridge.version",
        "bridge.opcache",
        "bridge.extensions",
        "bridge.memory",
        "bridge.clock",
        "horde.disabled",
        "horde.auth",
        "horde.version",
        "smtp.reach",
    ] {
        assert!(!finding(&lines, code)["mend"].is_null(), "{code}");
    }
    let unserved: Vec<_> = lines.iter().filter(|line| line["code"] == "horde.unserved").collect();
    let unserved = unserved.iter().map(|line| line["what"].as_str().unwrap()).collect::<String>();
    for word in ["`Nosql`", "`pgsql`", "`mongo`"] {
        assert!(unserved.contains(word), "{word}: {unserved}");
    }
}

#[test]
fn logins_are_told_apart() {
    expect(&[("HORDE_EAS_CHECK_PASSWORD", "wrong")], &["--user", "bob"], "login.refused", "Horde");
    let output = run(&["check", "--user", "bob"], &[], b"");
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).contains("HORDE_EAS_CHECK_PASSWORD"), "{}", text(&output.stderr));
}

#[test]
fn the_address_to_listen_on_is_tried() {
    let (lines, _) = json(&["check"], &with(&[]), b"");
    assert!(finding(&lines, "listen")["what"].as_str().unwrap().contains("is ready"));
    let (lines, _) = json(&["check"], &with(&[("HORDE_EAS__HTTP__LISTEN", "127.0.0.1:0")]), b"");
    assert!(finding(&lines, "listen")["what"].as_str().unwrap().contains("is free"));
    let mail = format!("127.0.0.1:{}", port(8143));
    expect(&[("HORDE_EAS__HTTP__LISTEN", &mail)], &[], "listen.taken", "http.listen");
    expect(&[("HORDE_EAS__HTTP__LISTEN", "192.0.2.1:80")], &[], "listen.address", "http.listen");
}

#[test]
fn the_way_of_the_phones_is_tried() {
    let web = format!("http://127.0.0.1:{}", port(8481));
    let password = ("HORDE_EAS_CHECK_PASSWORD", "bob-pw");
    let user = ["--user", "bob", "--url"];
    let horde = format!("{web}/Microsoft-Server-ActiveSync");
    expect(&[password], &[&user[..], &[&horde]].concat(), "way.other", "alias");
    let nothing = format!("{web}/nothing");
    expect(&[password], &[&user[..], &[&nothing]].concat(), "way.status", "alias");
    let (lines, exit) = json(&["check", "--url", "http://127.0.0.1:9/x"], &with(&[]), b"");
    assert!(finding(&lines, "way.reach")["cause"].as_str().unwrap().contains("nothing listens"));
    assert_eq!(exit, Some(2));
    let no_tls = format!("https://127.0.0.1:{}/x", port(8481));
    let (lines, _) = json(&["check", "--url", &no_tls], &with(&[]), b"");
    assert!(finding(&lines, "way.reach")["cause"].as_str().unwrap().contains("no TLS"));
}

/// A bridge that gives one answer to everything; its address.
fn bridge(answer: &Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let body = answer.to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            drop(stream.read(&mut [0; 4_096]));
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            drop(stream.write_all(format!("{head}{body}").as_bytes()));
        }
    });
    url
}
