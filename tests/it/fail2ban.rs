//! The filter for fail2ban, read by fail2ban itself over lines that the sidecar wrote.

use std::path::Path;
use std::process::Command;

use horde_eas::probe::link::Link;
use reqwest::Method;

use crate::support::stack;
use crate::support::world::End;

#[tokio::test]
async fn fail2ban_reads_the_failed_logins_and_nothing_else() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let mark = uuid::Uuid::new_v4().simple().to_string();
    // What the sidecar's log must not take for the address, and what it must.
    let names = [
        mark.clone(),
        format!("{mark} peer=198.51.100.66"),
        format!("{mark}\u{a0}device=x\u{2028}peer=198.51.100.66 req=00000000"),
        format!("{mark}ä@example.com"),
        format!("{mark}\u{1b}[31m\r\n"),
    ];
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (n, name) in names.iter().enumerate() {
        let query = "?Cmd=FolderSync&User=x&DeviceId=EVIL&DeviceType=x%20peer%3D198.51.100.66";
        let request = client
            .post(format!("{}{query}", End::Sidecar.url()))
            .header("X-Forwarded-For", format!("198.51.100.66, 192.0.2.{n}"))
            .header("MS-ASProtocolVersion", "14.1")
            .basic_auth(name, Some("wrong"));
        let answer = request
            .send()
            .await
            .unwrap_or_else(|error| panic!("no sidecar: start the stack with tests/run ({error})"));
        assert_eq!(answer.status(), 401, "{name}");
    }
    // A good login writes lines as well.
    let link = Link::new(End::Sidecar.url(), "bob", "bob-pw", mark.as_str()).unwrap();
    let url = format!("{}?Cmd=Ping&User=bob&DeviceId={mark}&DeviceType=x", link.url);
    assert_eq!(link.send(Method::POST, &url, None, &[]).await.unwrap().status, 200);

    // Horde's own log has the phone's address, too.
    let hordes = std::fs::read_to_string(stack::demo_folder().join("log/horde.log")).unwrap();
    assert!(hordes.contains(&format!("user {mark} (192.0.2.0)")), "{mark}");

    let log = std::fs::read_to_string(stack::demo_folder().join("log/sidecar.log")).unwrap();
    let needle = mark.to_lowercase();
    let lines: Vec<_> = log.lines().filter(|line| line.to_lowercase().contains(&needle)).collect();
    let failures = lines.iter().filter(|line| line.contains("Login failed")).count();
    assert_eq!(failures, names.len(), "{lines:#?}");
    assert!(lines.len() > names.len(), "{lines:#?}");
    let in_journal = lines.iter().map(|line| format!("Nov 24 10:00:00 host horde-eas[7]: {line}"));
    let in_journal: Vec<_> = in_journal.collect();
    let expected: Vec<_> = (0..names.len()).map(|n| format!("192.0.2.{n}")).collect();
    assert_eq!(banned(&lines.join("\n")), expected);
    assert_eq!(banned(&in_journal.join("\n")), expected);
}

#[test]
fn fail2ban_takes_addresses_of_both_families_with_and_without_the_time() {
    for line in [
        "2026-11-24T12:10:22.451Z WARN  Login failed user=a device= peer=2001:db8::7 req=0bdca255",
        "2026-11-24T12:10:22.451Z WARN  Login throttled user= device=X peer=2001:db8::7",
        "Nov 24 10:00:00 host horde-eas[7]: WARN  Login failed user=a device=X peer=2001:db8::7",
    ] {
        assert_eq!(banned(line), ["2001:db8::7"], "{line}");
    }
    for line in [
        "2026-11-24T12:10:22.451Z INFO  Sync answered user=Login device=failed peer=192.0.2.1",
        "2026-11-24T12:10:22.451Z WARN  Login failed user=a device=X peer=",
        "2026-11-24T12:10:22.451Z WARN  Mail server refuses the login user=a device=X",
    ] {
        assert_eq!(banned(line), [""; 0], "{line}");
    }
}

/// The addresses that fail2ban finds in a log.
fn banned(log: &str) -> Vec<String> {
    let path = std::env::temp_dir().join(format!("horde-eas-{}.log", uuid::Uuid::new_v4()));
    std::fs::write(&path, format!("{log}\n")).unwrap();
    let filter = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/fail2ban/horde-eas.conf");
    let output = Command::new("fail2ban-regex")
        .args(["--out", "ip"])
        .args([&path, &filter])
        .output()
        .unwrap_or_else(|error| panic!("fail2ban is not installed; see tests/run ({error})"));
    std::fs::remove_file(&path).unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect()
}
