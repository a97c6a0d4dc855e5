//! `horde-eas state`: what is stored, and what is wrong with it.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::cli::{json, run, stack, text, with};
use crate::state::paired;
use crate::support::stack::Scratch;
use crate::support::world::{End, World};

/// The configuration with the scratch database.
fn scratch_env(scratch: &Scratch) -> Vec<(&'static str, String)> {
    with(&[("HORDE_EAS__STATE__DATABASE", &scratch.config.database)])
}

#[tokio::test]
async fn a_phone_that_synced_is_shown_and_in_order() {
    let mut world = World::new().await;
    for n in 0..3 {
        world.mail("INBOX", &format!("mail {n}"));
    }
    world.add_card("Ann", "Shown").await;
    for end in [End::Sidecar, End::Horde] {
        let mut phone = world.phone(end, "14.1");
        phone.provision().await.unwrap();
        phone.folder_sync().await.unwrap();
        let inbox = phone.folder_of(2).unwrap().id.clone();
        let contacts = phone.folder_of(9).unwrap().id.clone();
        for (id, class) in [(&inbox, "Email"), (&contacts, "Contacts")] {
            phone.sync_all(horde_eas::probe::sync::Wish::of(id, class)).await.unwrap();
        }
        let device = phone.link.device_id.clone();
        let (lines, exit) = json(&["state", "show", "--device", &device], &stack(), b"");
        assert_eq!((exit, lines.len()), (Some(0), 2), "{lines:#?}");
        let shown = &lines[0];
        assert_eq!((&shown["kind"], &shown["device"]), (&json!("device"), &json!(device)));
        assert_eq!((&shown["blocked"], &shown["version"]), (&json!(false), &json!("14.1")));
        let user = &shown["users"][0];
        assert_eq!(user["user"], json!(world.user));
        assert!(user["last_sync"].as_i64() > Some(1_700_000_000), "{user}");
        let folder = |id: &str| -> &Value {
            let all = user["folders"].as_array().unwrap();
            all.iter().find(|folder| folder["folder"] == id).unwrap()
        };
        let (mail, cards) = (folder(&inbox), folder(&contacts));
        assert_eq!(
            (&mail["known"], &mail["pending"], &mail["name"]),
            (&json!(3), &json!(0), &json!("INBOX"))
        );
        assert_eq!(
            (&cards["known"], &cards["class"], &cards["readable"]),
            (&json!(null), &json!("Contacts"), &json!(true))
        );
        assert!(
            cards["stamp"].as_i64() > Some(0) && mail["counters"].as_array().unwrap().len() == 2
        );
        let key = phone.key_of(&inbox);
        let counter: u64 = key.rsplit('}').next().unwrap().parse().unwrap();
        assert_eq!(mail["last_counter"], json!(counter));
        let only = ["state", "show", "--device", &device, "--folder", "INBOX"];
        let (lines, _) = json(&only, &stack(), b"");
        assert_eq!(lines[0]["users"][0]["folders"].as_array().unwrap().len(), 1);
        let (lines, exit) = json(&["state", "verify", "--device", &device], &stack(), b"");
        assert_eq!(exit, Some(0), "{end:?}: {lines:#?}");
        assert_eq!(lines.last().unwrap()["devices"], json!(1));
        assert_eq!(lines.len(), 2, "{end:?}: {lines:#?}");
    }
    let words = with(&[]);
    let words: Vec<_> = words.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let output = run(&["state", "show", "--user", &world.user], &words, b"");
    let said = text(&output.stdout);
    for word in ["3 messages known", "next: what changed", "`@Contacts@`"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    // Nothing that opens anything: no key of a series, no policy key.
    assert!(!said.contains('{'), "{said}");
}

#[tokio::test]
async fn nothing_and_nobody_have_their_exit_codes() {
    let scratch = Scratch::new().await;
    let environment = scratch_env(&scratch);
    assert_eq!(json(&["state", "show"], &environment, b"").1, Some(1));
    assert_eq!(json(&["state", "verify"], &environment, b"").1, Some(0));
    let nowhere = with(&[("HORDE_EAS__STATE__PORT", "9")]);
    let (lines, exit) = json(&["state", "verify"], &nowhere, b"");
    assert_eq!((exit, &lines[0]["code"]), (Some(2), &json!("database.reach")));
    assert_eq!(json(&["state", "show"], &nowhere, b"").1, Some(2));
    assert_eq!(run(&["state"], &[], b"").status.code(), Some(64));
}

#[tokio::test]
async fn a_broken_row_is_told_with_exit_code_2() {
    let scratch = Scratch::new().await;
    let owner = paired(&scratch.mysql()).await;
    scratch.run("UPDATE horde_activesync_cache SET cache_data = LEFT(cache_data, 99)").await;
    scratch
        .run("INSERT INTO horde_activesync_state (sync_key, sync_user) VALUES ('{a}1', 'alice')")
        .await;
    let (lines, exit) = json(&["state", "verify"], &scratch_env(&scratch), b"");
    assert_eq!(exit, Some(2), "{lines:#?}");
    let broken = lines.iter().find(|line| line["code"] == "cache.unreadable").unwrap();
    assert_eq!(broken["at"], json!({"user": "alice", "device": owner.device}));
    assert!(broken["what"].as_str().unwrap().contains("of 99"), "{broken}");
    assert!(lines.iter().any(|line| line["code"] == "row.nameless"), "{lines:#?}");
    let (lines, exit) = json(&["state", "verify", "--user", "bob"], &scratch_env(&scratch), b"");
    assert_eq!((exit, lines.len()), (Some(0), 2), "{lines:#?}");
}

#[tokio::test]
async fn a_hundred_thousand_rows_are_read_in_little_memory() {
    let scratch = Scratch::new().await;
    // 1,000 devices of 100 rows of 1,300 bytes: 130 MB, were they held at once.
    scratch
        .run(
            "INSERT INTO horde_activesync_state (sync_key, sync_mod, sync_data, sync_devid, \
             sync_folderid, sync_user, sync_pending, sync_timestamp) SELECT \
             CONCAT('{', LPAD(HEX(seq DIV 2), 8, '0'), '}', 1 + seq MOD 2), 0, CONCAT( \
             'C:28:\"Horde_ActiveSync_Folder_Imap\":1366:{{\"s\":[],\"m\":[],\"f\":\"', REPEAT('x', 1300), \
             '\",\"c\":\"Email\",\"lsd\":0,\"sd\":0,\"hi\":false,\"v\":2}}'), CONCAT('DEVICE', seq DIV 100), \
             CONCAT('F', seq DIV 2), 'alice', '', 1700000000 FROM seq_0_to_99999",
        )
        .await;
    let began = std::time::Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_horde-eas"))
        .args(["state", "verify", "--json"])
        .env_remove("HORDE_EAS_CONFIG")
        .envs(scratch_env(&scratch))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let watcher = std::thread::spawn(move || {
        let mut most = 0_u64;
        while let Ok(text) = std::fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let Some(line) = line else { break };
            most = line.trim().trim_end_matches(" kB").parse().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        most
    });
    let mut out = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take().unwrap(), &mut out).unwrap();
    let code = child.wait().unwrap().code();
    eprintln!("verify took {:?}", began.elapsed());
    let most_kib = watcher.join().unwrap();
    let sum: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!((&sum["rows"], &sum["devices"]), (&json!(100_000), &json!(1_000)));
    // Rows of devices that nobody made: warnings, no errors.
    assert_eq!((code, &sum["errors"]), (Some(1), &json!(0)), "{sum}");
    assert!((1_000..80_000).contains(&most_kib), "{most_kib} KiB");
}
