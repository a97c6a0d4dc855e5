//! `state verify`: rows of a healthy phone are in order, each broken one has its finding.

use horde_eas::finding::{Finding, Severity};
use horde_eas::state::audit::{Content, Facts, verify};
use horde_eas::state::model::Owner;
use horde_eas::state::mysql::Mysql;
use horde_eas::state::pending::Pending;

use crate::state::{NOW, contacts, first_key, load, paired, save};
use crate::support::stack::Scratch;

const FACTS: Facts = Facts { now: NOW, history: Some(100) };

/// A phone with two rows of contacts, at stamp 7.
async fn phone(mysql: &Mysql) -> Owner {
    let owner = paired(mysql).await;
    let first = first_key();
    save(mysql, &owner, &first, None, &contacts(0, Pending::NotComputed)).await.unwrap();
    let presented = load(mysql, &owner, &first).await.presented;
    let state = contacts(7, Pending::from(Vec::new()));
    save(mysql, &owner, &first.next(), presented.as_ref(), &state).await.unwrap();
    owner
}

async fn found(mysql: &Mysql, owner: &Owner) -> Vec<Finding> {
    verify(&mysql.survey(&owner.device, None).await.unwrap(), &FACTS)
}

#[tokio::test]
async fn a_healthy_phone_has_no_findings() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = phone(&mysql).await;
    assert_eq!(found(&mysql, &owner).await, []);
    assert_eq!(mysql.all_devices(None).await.unwrap().join(" "), owner.device);
    assert_eq!(mysql.all_devices(Some("alice")).await.unwrap().join(" "), owner.device);
    assert!(mysql.all_devices(Some("bob")).await.unwrap().is_empty());
    let survey = mysql.survey(&owner.device, Some("alice")).await.unwrap();
    assert_eq!((survey.states.len(), survey.all_users()), (3, vec!["alice".to_owned()]));
    // One device, one user on it, one record, three states.
    assert_eq!(survey.n_rows(), 6);
    assert_eq!(mysql.survey(&owner.device, Some("bob")).await.unwrap().states.len(), 0);
}

/// What a statement breaks, the codes of the findings, and how bad the worst is.
const BROKEN: &[(&str, &[&str], Severity)] = &[
    (
        "UPDATE horde_activesync_state SET sync_data = SUBSTRING(sync_data, 1, 60) \
         WHERE sync_mod = 7",
        &["state.unreadable"],
        Severity::Error,
    ),
    (
        "UPDATE horde_activesync_state SET sync_pending = 'a:1:{i:0;i:5' WHERE sync_mod = 7",
        &["state.unreadable"],
        Severity::Error,
    ),
    (
        "UPDATE horde_activesync_state SET sync_data = 'a:0' WHERE sync_folderid = 'foldersync'",
        &["state.unreadable"],
        Severity::Error,
    ),
    (
        // Class and length in order, the JSON not.
        "UPDATE horde_activesync_state SET sync_data = \
         'C:34:\"Horde_ActiveSync_Folder_Collection\":9:{{\"s\":[,1}}' WHERE sync_mod = 7",
        &["state.unreadable"],
        Severity::Error,
    ),
    (
        "UPDATE horde_activesync_state SET sync_data = REPLACE(sync_data, '\"lsd\":0', '\"lsd\":\"\"') \
         , sync_data = REPLACE(sync_data, ':71:', ':72:') WHERE sync_mod = 7",
        &["state.not-identical"],
        Severity::Note,
    ),
    (
        "UPDATE horde_activesync_state SET sync_mod = 101 WHERE sync_mod = 7",
        &["state.stamp-ahead"],
        Severity::Warning,
    ),
    (
        "DELETE FROM horde_activesync_state WHERE sync_mod = 7",
        &["cache.key-gone"],
        Severity::Warning,
    ),
    (
        "DELETE FROM horde_activesync_state WHERE sync_folderid = 'foldersync'",
        &["cache.hierarchy-gone"],
        Severity::Warning,
    ),
    (
        "UPDATE horde_activesync_state SET sync_key = CONCAT(SUBSTRING_INDEX(sync_key, '}', 1), '}9') \
         WHERE sync_mod = 7",
        &["cache.key-gone", "state.gap"],
        Severity::Warning,
    ),
    (
        "INSERT INTO horde_activesync_state (sync_key, sync_mod, sync_data, sync_devid, \
         sync_folderid, sync_user, sync_pending, sync_timestamp) SELECT \
         '{00000000-0000-0000-0000-000000000000}1', 0, sync_data, sync_devid, sync_folderid, \
         sync_user, '', sync_timestamp FROM horde_activesync_state WHERE sync_mod = 7",
        &["state.old-series"],
        Severity::Note,
    ),
    (
        "UPDATE horde_activesync_state SET sync_key = 'nonsense' WHERE sync_folderid = 'foldersync'",
        &["cache.hierarchy-gone", "state.key"],
        Severity::Warning,
    ),
    (
        "UPDATE horde_activesync_state SET sync_folderid = 'C00000000' WHERE sync_mod = 7",
        &["cache.key-gone", "state.unknown-folder"],
        Severity::Warning,
    ),
    (
        "UPDATE horde_activesync_state SET sync_data = REPLACE(sync_data, '@Contacts@', '@Calendar@') \
         WHERE sync_mod = 7",
        &["state.mismatch"],
        Severity::Error,
    ),
    (
        "UPDATE horde_activesync_state SET sync_timestamp = 2000000000 WHERE sync_mod = 7",
        &["state.future"],
        Severity::Note,
    ),
    ("DELETE FROM horde_activesync_device", &["device.missing"], Severity::Warning),
    (
        "DELETE FROM horde_activesync_device_users",
        &["device.unused", "user.missing"],
        Severity::Warning,
    ),
    (
        "INSERT INTO horde_activesync_device_users SELECT * FROM horde_activesync_device_users",
        &["user.duplicate"],
        Severity::Warning,
    ),
    (
        "INSERT INTO horde_activesync_cache SELECT * FROM horde_activesync_cache",
        &["cache.duplicate"],
        Severity::Warning,
    ),
    ("DELETE FROM horde_activesync_cache", &["cache.missing"], Severity::Warning),
    (
        "UPDATE horde_activesync_cache SET cache_data = CONCAT(cache_data, 'x')",
        &["cache.unreadable"],
        Severity::Error,
    ),
    (
        "UPDATE horde_activesync_cache SET cache_data = REPLACE(REPLACE(cache_data, \
         's:4:\"wait\";b:0', 's:4:\"wait\";s:1:\"5\"'), '\"hbinterval\";b:0', '\"hbinterval\";i:300')",
        &["cache.intervals"],
        Severity::Warning,
    ),
    (
        "UPDATE horde_activesync_cache SET cache_data = REPLACE(cache_data, \
         's:17:\"lasthbsyncstarted\";b:0', 's:17:\"lasthbsyncstarted\";i:2000000000')",
        &["cache.future"],
        Severity::Warning,
    ),
    (
        "UPDATE horde_activesync_device SET device_properties = 'a:1:{'",
        &["device.unreadable"],
        Severity::Error,
    ),
    ("UPDATE horde_activesync_device SET device_rwstatus = 2", &["device.wipe"], Severity::Note),
    (
        "UPDATE horde_activesync_device SET device_rwstatus = 7",
        &["device.wipe-unknown"],
        Severity::Warning,
    ),
    (
        "INSERT INTO horde_activesync_mailmap (message_uid, sync_key, sync_devid, sync_folderid, \
         sync_user, sync_read) SELECT 3, '{00000000-0000-0000-0000-00000000000a}4', device_id, \
         'INBOX', device_user, 1 FROM horde_activesync_device_users",
        &["map.gone"],
        Severity::Note,
    ),
];

#[tokio::test]
async fn each_broken_row_has_its_finding() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    for (statement, codes, worst) in BROKEN {
        for table in ["state", "cache", "device", "device_users", "map", "mailmap"] {
            scratch.run(&format!("DELETE FROM horde_activesync_{table}")).await;
        }
        let owner = phone(&mysql).await;
        scratch.run(statement).await;
        let found = found(&mysql, &owner).await;
        let mut seen: Vec<_> = found.iter().map(|one| one.code).collect();
        seen.sort_unstable();
        assert_eq!(seen, *codes, "{statement}: {found:#?}");
        assert_eq!(found.iter().map(|one| one.severity).max(), Some(*worst), "{statement}");
        for one in &found {
            assert!(one.mend.is_some(), "{one:?}");
            assert_eq!(one.at.last().unwrap(), &("device", owner.device.clone()), "{one:?}");
        }
    }
}

#[tokio::test]
async fn a_broken_blob_is_told_with_its_byte() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = phone(&mysql).await;
    let set = |text: &str| {
        format!("UPDATE horde_activesync_state SET sync_data = '{text}' WHERE sync_mod = 7")
    };
    for (text, what) in [
        ("C:34:\"Horde_ActiveSync_Folder_Collection\":99:{{}}", "breaks at byte 46 of 49"),
        ("C:34:\"Horde_ActiveSync_Folder_Collection\":9:{{\"s\":[,1}}", "breaks at byte 51 of"),
        ("", "at byte 0 of 0"),
    ] {
        scratch.run(&set(text)).await;
        let survey = mysql.survey(&owner.device, None).await.unwrap();
        let row = survey.states.iter().find(|row| row.stamp == 7).unwrap();
        assert_eq!(row.content, Content::Unreadable);
        assert!(row.findings[0].what.contains(what), "{text}: {:?}", row.findings);
    }
}
