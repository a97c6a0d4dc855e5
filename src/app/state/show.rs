//! One device in words or JSON: no key that opens anything, no content of an item.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::app::state::Filter;
use crate::state::audit::{Content, StateRow, Survey, is_same_user};
use crate::state::cache::{CachedCollection, SyncCache};
use crate::state::device::WipeState;
use crate::state::key::StateKey;

/// What is shown of a device.
pub(super) struct Shown<'a> {
    survey: &'a Survey,
    users: Vec<User>,
    now: i64,
    /// Whether folders are shown in words.
    with_folders: bool,
}

struct User {
    name: String,
    has_row: bool,
    has_policy_key: bool,
    last_sync: Option<i64>,
    cache: Option<SyncCache>,
    folders: Vec<Folder>,
}

struct Folder {
    uid: String,
    backend_id: String,
    class: String,
    kind: Option<u8>,
    options: Option<CachedCollection>,
    counters: Vec<u64>,
    newest: Option<Newest>,
    n_mapped: u64,
}

/// The newest row of a folder.
struct Newest {
    written: i64,
    stamp: i64,
    n_known: Option<usize>,
    n_pending: usize,
    is_readable: bool,
}

impl<'a> Shown<'a> {
    pub(super) fn of(survey: &'a Survey, filter: &Filter, now: i64) -> Self {
        let users = survey.all_users().into_iter().map(|name| user(survey, name, filter)).collect();
        let with_folders =
            filter.user.is_some() || filter.device.is_some() || filter.folder.is_some();
        Self { survey, users, now, with_folders }
    }

    pub(super) fn to_json(&self) -> Value {
        let row = self.survey.row.as_ref();
        let of = |name: &str| {
            row.and_then(|row| row.properties.setting(name)).filter(|text| !text.is_empty())
        };
        json!({
            "kind": "device",
            "device": self.survey.device,
            "type": row.map(|row| &row.kind),
            "agent": row.map(|row| &row.agent),
            "model": of("Model"),
            "name": of("FriendlyName"),
            "os": of("OS"),
            "version": row.and_then(|row| row.properties.version()),
            "announced": row.and_then(|row| row.properties.announced()),
            "merged_classes": row.and_then(|row| row.properties.multiplex()),
            "supported": row.map(|row| &row.supported),
            "blocked": row.map(|row| row.properties.is_blocked()),
            "wipe": row.map(|row| wipe_name(row.wipe)),
            "users": self.users.iter().map(|user| user.to_json(self)).collect::<Vec<_>>(),
        })
    }

    pub(super) fn to_words(&self) -> String {
        let mut words = format!("device {}", self.survey.device);
        match &self.survey.row {
            Some(row) => {
                let _ = write!(words, " {}", row.kind);
                if let Some(version) = row.properties.version() {
                    let _ = write!(words, ", speaks {version}");
                }
                let _ = write!(words, ", {}", row.agent);
                if row.properties.is_blocked() {
                    words.push_str(", BLOCKED");
                }
                match row.wipe {
                    WipeState::None | WipeState::Ok => {}
                    other => {
                        let _ = write!(words, ", wipe {}", wipe_name(other));
                    }
                }
            }
            None => words.push_str(" (no row of its own)"),
        }
        words.push('\n');
        for user in &self.users {
            user.write_words(self, &mut words);
        }
        words
            .chars()
            .map(|letter| if letter.is_control() && letter != '\n' { '\u{fffd}' } else { letter })
            .collect()
    }

    /// What the phone is told next, as far as the rows say it.
    fn next(&self, user: &User) -> &'static str {
        match &self.survey.row {
            Some(row) if row.properties.is_blocked() => {
                return "refused: an administrator blocked the device (Status 129 or HTTP 403)";
            }
            Some(row) if row.wipe == WipeState::Pending => {
                return "the order to wipe (Status 140)";
            }
            Some(row) if row.wipe == WipeState::Wiped => {
                return "the order to wipe again, until the device is removed on Horde's page";
            }
            Some(_) | None => {}
        }
        let has_hierarchy = user.cache.as_ref().is_some_and(SyncCache::has_hierarchy);
        match (has_hierarchy, user.has_policy_key) {
            (true, true) => "what changed",
            (true, false) => {
                "what changed; but first to accept the policies, where there are some (Status 142 or HTTP 449)"
            }
            (false, true) => "to ask for its folders anew (Status 12)",
            (false, false) => {
                "to accept the policies, where there are some, and to ask for its folders"
            }
        }
    }
}

impl User {
    fn to_json(&self, shown: &Shown<'_>) -> Value {
        let cache = self.cache.as_ref();
        json!({
            "user": self.name,
            "has_row": self.has_row,
            "policy_key": self.has_policy_key,
            "last_sync": self.last_sync,
            "next": shown.next(self),
            "has_hierarchy": cache.is_some_and(SyncCache::has_hierarchy),
            "interval_seconds": cache.and_then(SyncCache::heartbeat_seconds),
            "wait_started": cache.and_then(SyncCache::wait_started),
            "sync_ended": cache.and_then(SyncCache::sync_ended),
            "cache_written": cache.and_then(SyncCache::timestamp),
            "folders": self.folders.iter().map(Folder::to_json).collect::<Vec<_>>(),
        })
    }

    fn write_words(&self, shown: &Shown<'_>, words: &mut String) {
        let _ =
            write!(words, "  user {}: last sync {}", self.name, time(self.last_sync, shown.now));
        if let Some(cache) = &self.cache {
            if let Some(seconds) = cache.heartbeat_seconds() {
                let _ = write!(words, ", waits {seconds} s");
            }
            let _ = write!(words, ", last wait {}", time(cache.wait_started(), shown.now));
        }
        let n_synced = self.folders.iter().filter(|folder| !folder.counters.is_empty()).count();
        let _ = writeln!(words, ", {n_synced} of {} folders synced", self.folders.len());
        let _ = writeln!(words, "    next: {}", shown.next(self));
        if shown.with_folders {
            for folder in &self.folders {
                folder.write_words(shown.now, words);
            }
        }
    }
}

impl Folder {
    fn to_json(&self) -> Value {
        let options = self.options.as_ref();
        let last =
            options.and_then(|options| options.last_sync_key.as_deref()).and_then(StateKey::parse);
        json!({
            "folder": self.uid,
            "name": self.backend_id,
            "class": self.class,
            "type": self.kind,
            "counters": self.counters,
            "last_counter": last.map(|key| key.counter()),
            "written": self.newest.as_ref().map(|newest| newest.written),
            "stamp": self.newest.as_ref().map(|newest| newest.stamp),
            "readable": self.newest.as_ref().map(|newest| newest.is_readable),
            "known": self.newest.as_ref().and_then(|newest| newest.n_known),
            "pending": self.newest.as_ref().map(|newest| newest.n_pending),
            "map_rows": self.n_mapped,
            "filter": options.and_then(|options| options.filter_type),
            "pingable": options.map(|options| options.pingable),
        })
    }

    fn write_words(&self, now: i64, words: &mut String) {
        let _ = write!(words, "    folder {} {} `{}`: ", self.uid, self.class, self.backend_id);
        let Some(newest) = &self.newest else {
            words.push_str("not synced\n");
            return;
        };
        let counters: Vec<String> = self.counters.iter().map(ToString::to_string).collect();
        let _ =
            write!(words, "keys {}, {}", counters.join(" and "), time(Some(newest.written), now));
        if let Some(n_known) = newest.n_known {
            let _ = write!(words, ", {n_known} messages known");
        }
        let _ = write!(words, ", {} changes not yet sent", newest.n_pending);
        if self.n_mapped > 0 {
            let _ = write!(words, ", {} records of what the phone sent", self.n_mapped);
        }
        if !newest.is_readable {
            words.push_str(", CAN NOT BE READ");
        }
        let _ = writeln!(words, ", stamp {}", newest.stamp);
    }
}

fn user(survey: &Survey, name: String, filter: &Filter) -> User {
    let rows: Vec<&StateRow> =
        survey.states.iter().filter(|row| is_same_user(&row.user, &name)).collect();
    let cache = survey.cache_of(&name).cloned();
    let mut folders: Vec<Folder> = Vec::new();
    for (uid, cached) in cache.as_ref().map(SyncCache::folders).unwrap_or_default() {
        let options = cache.as_ref().and_then(|cache| cache.collection(&uid));
        folders.push(Folder {
            n_mapped: mapped(survey, &name, &cached.backend_id),
            backend_id: cached.backend_id,
            class: cached.class,
            kind: Some(cached.kind),
            options,
            counters: Vec::new(),
            newest: None,
            uid,
        });
    }
    for row in &rows {
        if !row.is_hierarchy() && !folders.iter().any(|folder| folder.uid == row.folder) {
            folders.push(unlisted(survey, &name, row));
        }
    }
    for folder in &mut folders {
        folder.take(&rows);
    }
    if let Some(wanted) = &filter.folder {
        folders.retain(|folder| folder.uid == *wanted || folder.backend_id == *wanted);
    }
    let mine = |row: &&crate::state::audit::UserRow| is_same_user(&row.user, &name);
    User {
        has_row: survey.users.iter().any(|row| mine(&row)),
        has_policy_key: survey.users.iter().find(mine).is_some_and(|row| row.has_policy_key),
        last_sync: rows.iter().map(|row| row.written).max().filter(|at| *at > 0),
        cache,
        folders,
        name,
    }
}

/// A folder with rows that the record does not list.
fn unlisted(survey: &Survey, user: &str, row: &StateRow) -> Folder {
    let (backend_id, class) = match &row.content {
        Content::Mail { backend_id, .. } => (backend_id.clone(), "Email".to_owned()),
        Content::Items { backend_id, class } => (backend_id.clone(), class.clone()),
        Content::Recipients(_) => ("RI".to_owned(), "RI".to_owned()),
        Content::Hierarchy(_) | Content::Unreadable => (String::new(), "?".to_owned()),
    };
    Folder {
        n_mapped: mapped(survey, user, &backend_id),
        uid: row.folder.clone(),
        backend_id,
        class,
        kind: None,
        options: None,
        counters: Vec::new(),
        newest: None,
    }
}

fn mapped(survey: &Survey, user: &str, backend_id: &str) -> u64 {
    let rows = survey.maps.iter();
    rows.filter(|rows| is_same_user(&rows.user, user) && rows.backend_id == backend_id)
        .map(|rows| rows.count)
        .sum()
}

impl Folder {
    /// Takes over what its rows say; the newest is that with the highest key.
    fn take(&mut self, rows: &[&StateRow]) {
        let mut own: Vec<&StateRow> =
            rows.iter().copied().filter(|row| row.folder == self.uid).collect();
        own.sort_by_key(|row| (row.written, row.parsed.as_ref().map(StateKey::counter)));
        self.counters =
            own.iter().filter_map(|row| row.parsed.as_ref().map(StateKey::counter)).collect();
        self.newest = own.last().map(|row| Newest {
            written: row.written,
            stamp: row.stamp,
            n_known: match &row.content {
                Content::Mail { n_known, .. } => Some(*n_known),
                _ => None,
            },
            n_pending: row.n_pending,
            is_readable: row.content != Content::Unreadable,
        });
    }
}

const fn wipe_name(wipe: WipeState) -> &'static str {
    match wipe {
        WipeState::None => "none",
        WipeState::Ok => "ok",
        WipeState::Pending => "ordered",
        WipeState::Wiped => "wiped",
        WipeState::Other(_) => "unknown",
    }
}

/// A time in words, and how long ago that is.
fn time(at: Option<i64>, now: i64) -> String {
    let Some(at) = at.filter(|at| *at > 0) else { return "never".to_owned() };
    let Ok(stamp) = jiff::Timestamp::from_second(at) else { return at.to_string() };
    let ago = now.saturating_sub(at);
    let ago = match ago {
        ..0 => "in the future".to_owned(),
        0..120 => format!("{ago} s ago"),
        120..7_200 => format!("{} min ago", ago.div_euclid(60)),
        7_200..172_800 => format!("{} h ago", ago.div_euclid(3_600)),
        _ => format!("{} days ago", ago.div_euclid(86_400)),
    };
    format!("{stamp} ({ago})")
}

#[cfg(test)]
mod tests {
    use crate::app::state::show::time;

    #[test]
    fn times_say_how_long_ago_they_are() {
        assert_eq!(time(None, 5), "never");
        assert_eq!(time(Some(0), 5), "never");
        assert_eq!(time(Some(60), 65), "1970-01-01T00:01:00Z (5 s ago)");
        assert_eq!(time(Some(60), 660), "1970-01-01T00:01:00Z (10 min ago)");
        assert_eq!(time(Some(60), 59), "1970-01-01T00:01:00Z (in the future)");
        assert_eq!(time(Some(60), 60 + 3 * 86_400), "1970-01-01T00:01:00Z (3 days ago)");
    }
}
