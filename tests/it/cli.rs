//! The program as an operator runs it.

mod check;
mod probe;
mod state;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::stack::port;

/// Runs the program with an input; the environment has no configuration for it.
fn run(arguments: &[&str], environment: &[(&str, &str)], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_horde-eas"))
        .args(arguments)
        .env_remove("HORDE_EAS_CONFIG")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn help_names_the_subcommands() {
    let help = run(&["--help"], &[], b"");
    assert!(help.status.success());
    for name in ["serve", "check", "probe", "state", "decode", "encode", "reference"] {
        assert!(text(&help.stdout).contains(name), "{name}");
        let own = run(&[name, "--help"], &[], b"");
        assert!(own.status.success() && text(&own.stdout).contains("Usage"), "{name}");
    }
    assert_eq!(run(&["nonsense"], &[], b"").status.code(), Some(64));
    assert_eq!(run(&["check", "--insecure"], &[], b"").status.code(), Some(64));
}

#[test]
fn encode_undoes_decode() {
    let bytes = b"\x03\x01\x6a\x00\x00\x07\x56\x52\x030\x00\x01\x01";
    let decoded = run(&["decode"], &[], bytes);
    assert!(decoded.status.success());
    assert!(text(&decoded.stdout).contains("FolderSync"), "{}", text(&decoded.stdout));
    let encoded = run(&["encode"], &[], &decoded.stdout);
    assert_eq!((encoded.status.code(), encoded.stdout.as_slice()), (Some(0), bytes.as_slice()));
}

#[test]
fn what_can_not_be_read_is_told_on_standard_error() {
    for (name, input) in [("decode", b"\x03\x01".as_slice()), ("encode", b"<a".as_slice())] {
        let output = run(&[name], &[], input);
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(output.stdout.is_empty(), "{name}");
        assert!(text(&output.stderr).starts_with("horde-eas: "), "{}", text(&output.stderr));
    }
}

#[test]
fn the_reference_names_the_commands() {
    let reference = run(&["reference"], &[], b"");
    assert!(reference.status.success());
    for name in ["FolderSync", "Ping", "SyncKey"] {
        assert!(text(&reference.stdout).contains(name), "{name}");
    }
}

#[test]
fn a_configuration_with_a_slip_is_refused() {
    let missing = run(&["serve", "--config", "/nonexistent.toml"], &[], b"");
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).contains("/nonexistent.toml"), "{}", text(&missing.stderr));
    let slip = run(&["serve"], &[("HORDE_EAS__HTTP__LISTENN", "127.0.0.1:1")], b"");
    assert_eq!(slip.status.code(), Some(1));
    assert!(text(&slip.stderr).contains("listenn"), "{}", text(&slip.stderr));
    let port = run(&["serve"], &[("HORDE_EAS__HTTP__LISTEN", "nowhere:0:0")], b"");
    assert_eq!(port.status.code(), Some(1));
    assert!(text(&port.stderr).contains("nowhere:0:0"), "{}", text(&port.stderr));
}

/// The configuration of the stack, as variables of the environment.
fn stack() -> Vec<(&'static str, String)> {
    vec![
        ("HORDE_EAS__HTTP__LISTEN", format!("127.0.0.1:{}", port(8480))),
        ("HORDE_EAS__HORDE__URL", format!("http://127.0.0.1:{}/horde", port(8481))),
        ("HORDE_EAS__STATE__PORT", port(8306).to_string()),
        ("HORDE_EAS__STATE__PASSWORD", "hordepw".to_owned()),
    ]
}

/// The lines that a command wrote with `--json`, and its exit code.
fn json(
    arguments: &[&str],
    environment: &[(&'static str, String)],
    input: &[u8],
) -> (Vec<Value>, Option<i32>) {
    let environment: Vec<_> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let output = run(&[arguments, &["--json"]].concat(), &environment, input);
    let lines = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")));
    (lines.collect(), output.status.code())
}

/// The stack's configuration with something else in it.
fn with(changes: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let mut environment = stack();
    environment.retain(|(name, _)| !changes.iter().any(|(changed, _)| name == changed));
    environment.extend(changes.iter().map(|(name, value)| (*name, (*value).to_owned())));
    environment
}
