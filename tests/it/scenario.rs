//! The scenarios: conversations that every ActiveSync server should hold, with checks.
//!
//! They run against Horde's own server, which is the oracle, and against ours. A check that fails
//! at Horde must be named in `tests/scenario/KNOWN.md` with the reason why ours is right, and a
//! named one that passes fails the suite; at ours nothing may fail.
//! With `EAS_URL`, `EAS_USER` and `EAS_PASSWORD` the part that needs only a phone runs against
//! any server. `SCENARIO=mail` runs only scenarios whose names begin so.

mod attachments;
mod calendar;
mod calendar_16;
mod calendar_flow;
mod contact_fields;
mod contacts;
mod event_series;
mod folders;
mod hanging;
mod instances_16;
mod mail;
mod mail_bodies;
mod moves;
mod notes;
mod protocol;
mod replay;
mod send;
mod series;
mod tasks;
mod waiting;
mod wrong;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use horde_eas::probe::Error;
use horde_eas::probe::link::Link;
use horde_eas::probe::phone::Phone;

use crate::support::sidecar::{Parts, Sidecar, Ways};
use crate::support::world::{End, World, variable_or};

/// Where the conversations are held, and what came of the checks.
pub(crate) struct Scene {
    /// Which server, when it is one of the stack's.
    pub(crate) end: Option<End>,
    /// Protocol version.
    pub(crate) version: &'static str,
    url: String,
    user: String,
    password: String,
    world: Option<World>,
    failed: BTreeMap<String, String>,
    passed: BTreeSet<String>,
}

impl Scene {
    async fn of_the_stack(end: End, version: &'static str) -> Self {
        Self::at(end, end.url(), version).await
    }

    async fn at(end: End, url: String, version: &'static str) -> Self {
        let world = World::new().await;
        let password = format!("{}-pw", world.user);
        let user = world.user.clone();
        let (failed, passed) = (BTreeMap::new(), BTreeSet::new());
        Self { end: Some(end), version, url, user, password, world: Some(world), failed, passed }
    }

    /// A new device that knows nothing.
    pub(crate) fn phone(&self) -> Phone {
        self.phone_of(&self.user)
    }

    /// A new device of somebody with the same password.
    pub(crate) fn phone_of(&self, user: &str) -> Phone {
        let id = uuid::Uuid::new_v4().simple().to_string().to_uppercase();
        let mut link = Link::new(&*self.url, user, &*self.password, &id[..20]).unwrap();
        self.version.clone_into(&mut link.version);
        Phone::new(link)
    }

    /// Whether the phones speak 16.0 or 16.1.
    pub(crate) fn is_16(&self) -> bool {
        self.version.starts_with("16.")
    }

    /// A new device that is paired and knows the hierarchy.
    pub(crate) async fn paired(&self) -> Result<Phone, Error> {
        self.paired_at(self.version).await
    }

    /// The same of a device that speaks another version.
    pub(crate) async fn paired_at(&self, version: &str) -> Result<Phone, Error> {
        let mut phone = self.phone();
        version.clone_into(&mut phone.link.version);
        phone.provision().await?;
        phone.folder_sync().await?;
        Ok(phone)
    }

    /// The server's side; scenarios that need it run on the stack only.
    pub(crate) fn world(&mut self) -> &mut World {
        self.world.as_mut().unwrap()
    }

    /// Writes down a check.
    pub(crate) fn check(&mut self, id: &str, is_right: bool, detail: impl Into<String>) {
        if is_right {
            self.passed.insert(id.to_owned());
        } else {
            let line = format!("{} {}", self.version, detail.into());
            eprintln!("    {:?} {id}: {line}", self.end);
            self.failed.entry(id.to_owned()).or_insert(line);
        }
    }

    /// Writes down a comparison.
    pub(crate) fn same<T: PartialEq<U> + Debug, U: Debug>(&mut self, id: &str, got: T, want: U) {
        let detail = format!("got {got:?}, want {want:?}");
        self.check(id, got == want, detail);
    }

    async fn play(&mut self) {
        let only = variable_or("SCENARIO", "");
        for (name, needs_world) in SCENARIOS {
            let is_spoken = if self.is_16() {
                !BEFORE_16.contains(name)
            } else {
                !name.starts_with("calendar-16")
            };
            let is_possible = self.world.is_some() || !*needs_world;
            if !name.starts_with(&only) || !is_spoken || !is_possible {
                continue;
            }
            let began = std::time::Instant::now();
            let done = self.one(name).await;
            eprintln!("{:?} {} {name}: {:?}", self.end, self.version, began.elapsed());
            let detail = done.as_ref().err().map(|error| format!("{error:?}")).unwrap_or_default();
            self.check(&format!("{name}.completes"), done.is_ok(), detail);
        }
    }

    async fn one(&mut self, name: &str) -> Result<(), Error> {
        match name {
            "options" => protocol::options(self).await,
            "login" => protocol::login(self).await,
            "provision" => protocol::provision(self).await,
            "encodings" => protocol::encodings(self).await,
            "folders" => folders::first(self).await,
            "folders-change" => folders::change(self).await,
            "folders-own" => folders::own(self).await,
            "folders-mail" => folders::mailboxes(self).await,
            "folders-refused" => folders::refused(self).await,
            "mail-window" => mail::window(self).await,
            "mail-down" => mail::down(self).await,
            "mail-up" => mail::up(self).await,
            "mail-delete" => mail::delete_up(self).await,
            "mail-filter" => mail::filter(self).await,
            "mail-bodies" => mail_bodies::bodies(self).await,
            "mail-fetch" => mail_bodies::fetches(self).await,
            "attachments" => attachments::fetch(self).await,
            "attachments-parts" => attachments::parts(self).await,
            "attachments-wrong" => attachments::wrong(self).await,
            "empty-folder" => attachments::empty(self).await,
            "user-information" => protocol::user_information(self).await,
            "move-mail" => moves::mail(self).await,
            "move-outlook" => moves::outlook(self).await,
            "move-wrong" => moves::wrong(self).await,
            name if name.starts_with("calendar-") => self.of_calendars(name).await,
            "contacts-down" => contacts::down(self).await,
            "contacts-up" => contacts::up(self).await,
            "contacts-photo" => contacts::photo(self).await,
            "contacts-ghosting" => contacts::ghosting(self).await,
            "contacts-conflict" => contacts::conflict(self).await,
            "contacts-days" => contact_fields::days(self).await,
            "contacts-slots" => contact_fields::slots(self).await,
            "contacts-pictures" => contact_fields::pictures(self).await,
            "contacts-notes" => contact_fields::notes(self).await,
            "contacts-labels" => contact_fields::labels(self).await,
            "contacts-lists" => contact_fields::lists(self).await,
            "notes-down" => notes::down(self).await,
            "notes-up" => notes::up(self).await,
            "notes-encrypted" => notes::encrypted(self).await,
            "notes-large" => notes::large(self).await,
            "tasks-down" => tasks::down(self).await,
            "tasks-up" => tasks::up(self).await,
            "tasks-kept" => tasks::kept(self).await,
            "tasks-series" => series::occurrences(self).await,
            "tasks-rules" => series::rules(self).await,
            "tasks-filter" => tasks::filter(self).await,
            "replay-add" => replay::adds(self).await,
            "replay-changes" => replay::server_changes(self).await,
            "send" => send::once(self).await,
            "send-copies" => send::copies(self).await,
            "send-again" => send::again(self).await,
            "send-refused" => send::refused(self).await,
            "wrong-keys" => wrong::keys(self).await,
            "wrong-requests" => wrong::requests(self).await,
            "wrong-bytes" => wrong::bytes(self).await,
            "estimate" => wrong::estimate(self).await,
            "empty-sync" => waiting::empty_sync(self).await,
            "hanging" => hanging::waits(self).await,
            "hanging-bounds" => hanging::bounds(self).await,
            "several" => hanging::several(self).await,
            "ping" => waiting::ping(self).await,
            "ping-bounds" => waiting::bounds(self).await,
            other => panic!("no scenario {other}"),
        }
    }
}

impl Scene {
    async fn of_calendars(&mut self, name: &str) -> Result<(), Error> {
        match name {
            "calendar-down" => calendar::down(self).await,
            "calendar-up" => calendar::up(self).await,
            "calendar-times" => calendar::times(self).await,
            "calendar-meetings" => calendar::meetings(self).await,
            "calendar-wrong" => calendar::wrong(self).await,
            "calendar-series-up" => event_series::up(self).await,
            "calendar-series-down" => event_series::down(self).await,
            "calendar-16-up" => calendar_16::up(self).await,
            "calendar-16-days" => calendar_16::days(self).await,
            "calendar-16-same" => calendar_16::same(self).await,
            "calendar-16-meetings" => calendar_16::meetings(self).await,
            "calendar-16-instances" => instances_16::up(self).await,
            "calendar-16-moved" => instances_16::moved(self).await,
            "calendar-16-down" => instances_16::down(self).await,
            "calendar-uid" => calendar::uids(self).await,
            "calendar-ping" => event_series::ping(self).await,
            "calendar-window" => calendar_flow::window(self).await,
            "calendar-masked" => calendar_flow::masked(self).await,
            other => panic!("no scenario {other}"),
        }
    }
}

/// Names, and whether the server's side is needed.
const SCENARIOS: &[(&str, bool)] = &[
    ("options", false),
    ("login", false),
    ("provision", false),
    ("encodings", true),
    ("folders", false),
    ("folders-change", true),
    ("folders-own", true),
    ("folders-mail", true),
    ("folders-refused", true),
    ("mail-window", true),
    ("mail-down", true),
    ("mail-up", true),
    ("mail-delete", true),
    ("mail-filter", true),
    ("mail-bodies", true),
    ("mail-fetch", true),
    ("attachments", true),
    ("attachments-parts", true),
    ("attachments-wrong", true),
    ("empty-folder", true),
    ("user-information", true),
    ("move-mail", true),
    ("move-outlook", true),
    ("move-wrong", true),
    ("calendar-down", true),
    ("calendar-up", true),
    ("calendar-times", true),
    ("calendar-meetings", true),
    ("calendar-wrong", true),
    ("calendar-series-up", true),
    ("calendar-series-down", true),
    ("calendar-16-up", true),
    ("calendar-16-days", true),
    ("calendar-16-same", true),
    ("calendar-16-meetings", true),
    ("calendar-16-instances", true),
    ("calendar-16-moved", true),
    ("calendar-16-down", true),
    ("calendar-uid", true),
    ("calendar-ping", true),
    ("calendar-window", true),
    ("calendar-masked", true),
    ("contacts-down", true),
    ("contacts-up", true),
    ("contacts-photo", true),
    ("contacts-ghosting", true),
    ("contacts-conflict", true),
    ("contacts-days", true),
    ("contacts-slots", true),
    ("contacts-pictures", true),
    ("contacts-notes", true),
    ("contacts-labels", true),
    ("contacts-lists", true),
    ("notes-down", true),
    ("notes-up", true),
    ("notes-encrypted", true),
    ("notes-large", true),
    ("tasks-down", true),
    ("tasks-up", true),
    ("tasks-kept", true),
    ("tasks-series", true),
    ("tasks-rules", true),
    ("tasks-filter", true),
    ("replay-add", true),
    ("replay-changes", true),
    ("send", true),
    ("send-copies", true),
    ("send-again", true),
    ("send-refused", true),
    ("wrong-keys", true),
    ("wrong-requests", false),
    ("wrong-bytes", false),
    ("estimate", true),
    ("empty-sync", true),
    ("hanging", true),
    ("hanging-bounds", true),
    ("several", true),
    ("ping", true),
    ("ping-bounds", false),
];

/// Scenarios of what has another form since 16.0, see those that begin with `calendar-16`.
const BEFORE_16: &[&str] = &[
    "calendar-up",
    "calendar-times",
    "calendar-meetings",
    "calendar-series-up",
    "calendar-series-down",
    "calendar-uid",
];

const VERSIONS: [&str; 3] = ["12.1", "14.0", "14.1"];

/// Plays everything at all versions, each in a thread of its own: what failed, what passed.
fn play_all(end: End) -> (BTreeMap<String, String>, BTreeSet<String>) {
    play(end, &end.url(), &VERSIONS)
}

fn play(
    end: End,
    url: &str,
    versions: &[&'static str],
) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let threads = versions.iter().copied().map(|version| {
        let url = url.to_owned();
        std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(
                async {
                    let mut scene = Scene::at(end, url, version).await;
                    scene.play().await;
                    (scene.failed, scene.passed)
                },
            )
        })
    });
    let threads: Vec<_> = threads.collect();
    let (mut failed, mut passed) = (BTreeMap::new(), BTreeSet::new());
    for thread in threads {
        let (some_failed, some_passed) = thread.join().unwrap();
        for (id, detail) in some_failed {
            failed.entry(id).or_insert(detail);
        }
        passed.extend(some_passed);
    }
    (failed, passed)
}

#[test]
fn scenarios_hold_at_the_sidecar() {
    let (failed, passed) = play_all(End::Sidecar);
    eprintln!("{} checks passed at the sidecar", passed.len());
    assert!(failed.is_empty(), "{failed:#?}");
}

/// At a sidecar alone: Horde 5.2 offers no 16.x, and where it is made to (an administrator who edits
/// its configuration), PHP dies of the first exception of a series.
#[test]
fn scenarios_hold_at_the_sidecar_at_16() {
    let parts = Parts::new();
    let ways = Ways { max_version: "16.1", ..Ways::default() };
    let sidecar = Sidecar::start_as(&parts, ways);
    let (failed, passed) = play(End::Sidecar, &sidecar.url(), &["16.0", "16.1"]);
    eprintln!("{} checks passed at 16.x", passed.len());
    assert!(failed.is_empty(), "{failed:#?}");
    sidecar.assert_sound();
}

/// A phone that once was offered more goes on so until it asks again.
#[tokio::test]
async fn a_phone_that_speaks_more_than_is_served_loses_nothing() {
    let mut scene = Scene::of_the_stack(End::Sidecar, "16.1").await;
    calendar_16::above(&mut scene).await.unwrap();
    assert!(scene.failed.is_empty(), "{:#?}", scene.failed);
    assert!(scene.passed.len() > 3);
}

#[test]
fn scenarios_hold_at_horde_but_for_the_known() {
    let (mut failed, passed) = play_all(End::Horde);
    eprintln!("{} checks passed at Horde, {} failed", passed.len(), failed.len());
    let mut stale = Vec::new();
    let only = variable_or("SCENARIO", "");
    for id in known() {
        let was_played = passed.contains(&id);
        if failed.remove(&id).is_none() && (was_played || only.is_empty()) {
            stale.push(id);
        }
    }
    assert!(failed.is_empty(), "not in tests/scenario/KNOWN.md: {failed:#?}");
    assert!(stale.is_empty(), "in tests/scenario/KNOWN.md, but nothing fails: {stale:#?}");
}

/// Takes a minute, beside the others.
#[tokio::test]
async fn a_sync_that_waits_in_vain_is_answered_with_nothing() {
    let mut scene = Scene::of_the_stack(End::Sidecar, "14.1").await;
    hanging::ends(&mut scene).await.unwrap();
    assert!(scene.failed.is_empty(), "{:#?}", scene.failed);
}

#[tokio::test]
async fn scenarios_hold_at_any_url() {
    let url = variable_or("EAS_URL", "");
    if url.is_empty() {
        eprintln!("left out: EAS_URL names no other server");
        return;
    }
    let (user, password) = (variable_or("EAS_USER", ""), variable_or("EAS_PASSWORD", ""));
    for version in VERSIONS {
        let mut scene = Scene {
            end: None,
            version,
            url: url.clone(),
            user: user.clone(),
            password: password.clone(),
            world: None,
            failed: BTreeMap::new(),
            passed: BTreeSet::new(),
        };
        scene.play().await;
        assert!(scene.failed.is_empty(), "{:#?}", scene.failed);
    }
}

/// The ids that KNOWN.md lists: first column of its tables, in backticks.
fn known() -> BTreeSet<String> {
    let text = include_str!("../scenario/KNOWN.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next()).map(str::to_owned).collect()
}
