//! The example configuration: true, and complete.

use std::collections::BTreeSet;
use std::path::Path;

use horde_eas::config::Config;

fn example() -> String {
    std::fs::read_to_string(path()).expect("deploy/config.example.toml")
}

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/config.example.toml")
}

#[test]
fn the_example_holds_the_defaults() {
    let read = Config::load(Some(&path())).expect("the example can be read");
    assert_eq!(format!("{read:#?}"), format!("{:#?}", Config::default()));
}

#[test]
fn the_example_names_every_key() {
    let named: BTreeSet<String> = example()
        .lines()
        .filter_map(|line| line.trim_start_matches("# ").split_once(" = "))
        .map(|(key, _)| key.trim().to_owned())
        .filter(|key| !key.contains(' '))
        .collect();
    let shown = format!("{:#?}", Config::default());
    let known: BTreeSet<String> = shown
        .lines()
        .filter_map(|line| line.trim().split_once(": "))
        .map(|(key, _)| key.to_owned())
        .filter(|key| key.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_'))
        .filter(|key| !SECTIONS.contains(&key.as_str()))
        .collect();
    assert_eq!(named, known);
}

#[test]
fn an_unknown_key_is_named() {
    let file = tempfile("[http]\nlisten_on = \"x\"\n");
    let error = Config::load(Some(&file)).expect_err("no such key").to_string();
    std::fs::remove_file(&file).unwrap();
    assert!(error.contains("listen_on"), "{error}");
}

#[test]
fn nonsense_is_refused_by_its_key() {
    let cases = [
        ("[commands]\nanswer_bytes = 1", "commands.answer_bytes: must be 65536 to"),
        ("[commands]\npoll_seconds = 0", "commands.poll_seconds: must be 1 to 60"),
        ("[commands]\nmax_version = \"15\"", "commands.max_version: `15` is no version"),
        ("[http]\nbody_bytes = 1000", "http.body_bytes: must be 65536 to"),
        ("[http]\ntrusted_proxies = [\"here\"]", "http.trusted_proxies"),
        ("[http.throttle]\nexempt = [\"10.0.0.0/33\"]", "http.throttle.exempt"),
        ("[http.throttle]\nseconds = 0", "http.throttle.seconds: must be 1 to 86400"),
        ("[state]\nconnections = 0", "state.connections: must be 1 to 1000"),
        ("[history]\ntimeout_seconds = 301", "history.timeout_seconds: must be 1 to 300"),
    ];
    for (text, expected) in cases {
        let file = tempfile(text);
        let error = Config::load(Some(&file)).expect_err("no sense").to_string();
        std::fs::remove_file(&file).unwrap();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

fn tempfile(text: &str) -> std::path::PathBuf {
    let name = format!("horde-eas-config-{}.toml", uuid::Uuid::new_v4());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

const SECTIONS: [&str; 9] =
    ["http", "throttle", "horde", "imap", "smtp", "state", "history", "commands", "log"];
