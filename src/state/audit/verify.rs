//! What is wrong between the rows of a device.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::Finding;
use crate::state::audit::{Content, StateRow, Survey, is_same_user};
use crate::state::cache::SyncCache;
use crate::state::device::WipeState;
use crate::state::key::StateKey;

/// What holds for all devices.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Unix seconds.
    pub now: i64,
    /// The highest number in the history; `None` when it could not be read.
    pub history: Option<i64>,
}

/// Everything that is wrong, or odd, with the rows of a device.
#[must_use]
pub fn verify(survey: &Survey, facts: &Facts) -> Vec<Finding> {
    let mut findings = device(survey);
    for user in survey.all_users() {
        let mut of_user = pair(survey, &user);
        let states: Vec<&StateRow> =
            survey.states.iter().filter(|row| is_same_user(&row.user, &user)).collect();
        if let Some(cache) = survey.cache_of(&user) {
            of_user.extend(record(cache, &states, facts));
        }
        of_user.extend(series(&states));
        for row in &states {
            let own = row.findings.iter().cloned().chain(state(row, survey.cache_of(&user), facts));
            of_user.extend(own.map(|found| found.at("folder", &row.folder).at("key", &row.key)));
        }
        of_user.extend(maps(survey, &user, &states));
        findings.extend(of_user.into_iter().map(|found| found.at("user", &user)));
    }
    findings.into_iter().map(|found| found.at("device", &survey.device)).collect()
}

fn device(survey: &Survey) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(row) = &survey.row else {
        findings.push(
            Finding::warning("device.missing", "the device has rows, and no row of its own")
                .because("Horde takes it away together with a folder or a preference; whether it was blocked or to be wiped is lost")
                .mend("nothing: the next request makes it again"),
        );
        return findings;
    };
    findings.extend(row.findings.iter().cloned());
    if survey.users.is_empty() {
        findings.push(
            Finding::note("device.unused", "no user has this device")
                .mend("nothing: Horde takes it away when it removes another device"),
        );
    }
    match row.wipe {
        WipeState::Pending => findings.push(
            Finding::note("device.wipe", "a wipe is ordered and not yet acknowledged")
                .mend("Horde's page can still cancel it"),
        ),
        WipeState::Other(number) => findings.push(
            Finding::warning("device.wipe-unknown", format!("device_rwstatus is {number}"))
                .because("a newer Horde wrote it: wipes of an account alone are not known here")
                .mend("cancel or repeat the wipe on Horde's page"),
        ),
        WipeState::None | WipeState::Ok | WipeState::Wiped => {}
    }
    findings
}

/// The rows that should be there once for each user.
fn pair(survey: &Survey, user: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let n_users = survey.users.iter().filter(|row| is_same_user(&row.user, user)).count();
    let n_caches = survey.caches.iter().filter(|row| is_same_user(&row.user, user)).count();
    if n_users == 0 {
        findings.push(
            Finding::warning(
                "user.missing",
                "there is state, and no row of the user on the device",
            )
            .because("Horde takes it away together with a folder: the policy key is lost")
            .mend("nothing: the phone accepts the policies again, and goes on"),
        );
    }
    for (n, code, table) in [
        (n_users, "user.duplicate", "horde_activesync_device_users"),
        (n_caches, "cache.duplicate", "horde_activesync_cache"),
    ] {
        if n > 1 {
            findings.push(
                Finding::warning(code, format!("{n} rows where one should be"))
                    .because(
                        "two first requests came at once; the first row counts, all are written",
                    )
                    .mend("remove the device on Horde's page, if its phone behaves oddly")
                    .at("table", table),
            );
        }
    }
    let cache_rows = survey.caches.iter().filter(|row| is_same_user(&row.user, user));
    findings.extend(cache_rows.flat_map(|row| row.findings.iter().cloned()));
    if n_caches == 0 && survey.states.iter().any(|row| is_same_user(&row.user, user)) {
        findings.push(
            Finding::warning("cache.missing", "there is state, and no record of folders")
                .because("somebody removed the record alone")
                .mend("nothing: the phone is sent for its folders again (Status 12)"),
        );
    }
    findings
}

/// The record against the rows of the folders.
fn record(cache: &SyncCache, states: &[&StateRow], facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let has =
        |folder: &str, key: &str| states.iter().any(|row| row.folder == folder && row.key == key);
    match cache.hierarchy().filter(|key| key != "0") {
        Some(key) if !states.iter().any(|row| row.is_hierarchy() && row.key == key) => findings.push(
            Finding::warning("cache.hierarchy-gone", "the key of the folder list has no row")
                .because("the row was removed alone")
                .mend("nothing: the phone's next FolderSync gets Status 9, and it reads the folders anew")
                .at("key", key),
        ),
        _ => {}
    }
    for (folder, collection) in cache.collections() {
        if cache.folder(&folder).is_none() {
            findings.push(
                Finding::note("cache.unlisted", "options of a folder that is not in the list")
                    .mend("nothing: they are not used")
                    .at("folder", &folder),
            );
        }
        let Some(key) = collection.last_sync_key.filter(|key| !key.is_empty() && key != "0") else {
            continue;
        };
        if !has(&folder, &key) {
            findings.push(
                Finding::warning("cache.key-gone", "the newest key of the folder has no row")
                    .because(
                        "the row was removed, or the phone was told a key that was never stored",
                    )
                    .mend("nothing: the phone is told Status 3 and loads the folder anew")
                    .at("folder", &folder)
                    .at("key", key),
            );
        }
    }
    if cache.has_two_intervals() {
        findings.push(
            Finding::warning("cache.intervals", "both Wait and HeartbeatInterval are stored")
                .because("Horde's own server answers such a Sync with Status 103")
                .mend("nothing: the next Ping or waiting Sync stores one of the two"),
        );
    }
    let newest = [cache.timestamp(), cache.wait_started(), cache.sync_ended()];
    if newest.into_iter().flatten().any(|at| at > facts.now.saturating_add(AHEAD)) {
        findings.push(
            Finding::warning("cache.future", "times of the record lie in the future")
                .because("a clock was wrong; until then a waiting request may be ended by a ghost")
                .mend("see the clocks of all hosts; the next request mends the row"),
        );
    }
    findings
}

/// Several series of one folder, and gaps in a series.
fn series(states: &[&StateRow]) -> Vec<Finding> {
    let mut folders: BTreeMap<&str, BTreeMap<&str, BTreeSet<u64>>> = BTreeMap::new();
    for row in states {
        if let Some(key) = &row.parsed {
            let all = folders.entry(row.folder.as_str()).or_default();
            all.entry(key.series()).or_default().insert(key.counter());
        }
    }
    let mut findings = Vec::new();
    for (folder, all) in folders {
        if all.len() > 1 {
            findings.push(
                Finding::note("state.old-series", format!("{} series of keys", all.len()))
                    .because("the phone began anew, and Horde left the old rows")
                    .mend("nothing: the next first Sync of the folder removes them")
                    .at("folder", folder),
            );
        }
        for counters in all.values() {
            let (Some(first), Some(last)) = (counters.first(), counters.last()) else { continue };
            if last.saturating_sub(*first) > 1 {
                let list: Vec<String> = counters.iter().map(ToString::to_string).collect();
                findings.push(
                    Finding::note("state.gap", format!("rows of the keys {}", list.join(", ")))
                        .because("rows were left behind, or one between was removed; the newest two count")
                        .mend("nothing: the next Sync removes what is older")
                        .at("folder", folder),
                );
            }
        }
    }
    findings
}

/// One row against the record and the history.
fn state(row: &StateRow, cache: Option<&SyncCache>, facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    if row.parsed.is_none() {
        findings.push(
            Finding::warning("state.key", "this is no key of Horde's")
                .because("no phone can present it")
                .mend("remove the device on Horde's page, if the row is in your way"),
        );
    }
    if !row.is_hierarchy()
        && let Some(cache) = cache
    {
        findings.extend(against_record(row, cache));
    }
    let is_ahead = |limit: i64| row.stamp > limit;
    match (&row.content, facts.history) {
        (Content::Items { .. }, Some(history)) if is_ahead(history) => findings.push(
            Finding::warning("state.stamp-ahead", format!("the stamp is {}, the history ends at {history}", row.stamp))
                .because("the history was restored from an older copy, or is another one: changes until the stamp are not seen")
                .mend("the next Sync goes back to the history's end; what changed meanwhile comes when the phone loads the folder anew (remove the device)"),
        ),
        (Content::Mail { .. }, _) if is_ahead(facts.now.saturating_add(AHEAD)) => findings.push(
            Finding::warning("state.stamp-ahead", "the time of the last look lies in the future")
                .because("a clock was wrong")
                .mend("see the clocks of all hosts"),
        ),
        _ => {}
    }
    if row.written > facts.now.saturating_add(AHEAD) {
        findings.push(
            Finding::note("state.future", "the row was written in the future")
                .because("a clock was wrong")
                .mend("see the clocks of all hosts"),
        );
    }
    findings
}

fn against_record(row: &StateRow, cache: &SyncCache) -> Option<Finding> {
    let Some(folder) = cache.folder(&row.folder) else {
        let is_known = row.folder == RECIPIENTS;
        return (!is_known).then(|| {
            Finding::note("state.unknown-folder", "the folder is not in the record")
                .because("it was removed, and its rows stayed")
                .mend("nothing: no phone asks for them; removing the device takes them away")
        });
    };
    let (backend_id, is_mail) = match &row.content {
        Content::Mail { backend_id, .. } => (backend_id, true),
        Content::Items { backend_id, .. } => (backend_id, false),
        Content::Recipients(_) | Content::Hierarchy(_) | Content::Unreadable => return None,
    };
    let wrong_class = is_mail != (folder.class == "Email");
    // A mailbox that was renamed keeps its uid: the row follows with its next Sync.
    (wrong_class || (*backend_id != folder.backend_id && !is_mail)).then(|| {
        let what = format!(
            "the row is of `{backend_id}`, the record says `{}` of the class {}",
            folder.backend_id, folder.class
        );
        Finding::error("state.mismatch", what)
            .because("rows were mixed up: the phone would get items of another folder")
            .mend("remove the device on Horde's page: the phone loads everything anew")
    })
}

/// Records of what came from the client, against the keys that are there.
fn maps(survey: &Survey, user: &str, states: &[&StateRow]) -> Vec<Finding> {
    let known: BTreeSet<&str> =
        states.iter().filter_map(|row| row.parsed.as_ref()).map(StateKey::series).collect();
    let mut gone: BTreeMap<&'static str, u64> = BTreeMap::new();
    for rows in survey.maps.iter().filter(|rows| is_same_user(&rows.user, user)) {
        let series = StateKey::parse_any(&rows.key).map(|key| key.series().to_owned());
        if !series.is_some_and(|series| known.contains(series.as_str())) {
            let count = gone.entry(rows.table).or_default();
            *count = count.saturating_add(rows.count);
        }
    }
    gone.into_iter()
        .map(|(table, count)| {
            Finding::note("map.gone", format!("{count} rows of keys that are no more"))
                .because("Horde leaves them when a folder begins anew")
                .mend("nothing: they are not used; removing the device takes them away")
                .at("table", table)
        })
        .collect()
}

/// Clocks of several hosts may differ so much.
const AHEAD: i64 = 300;
const RECIPIENTS: &str = "RI";
