//! The record that Horde keeps per device and user: folders, options, waits.

mod collection;

use crate::php::{Array, Value};

pub use crate::state::cache::collection::{BodyPreference, CachedCollection};

/// The record, with Horde's own types and order kept; what we do not know survives.
///
/// Setters leave a value alone that says the same already: PHP compares `"2"` and `2` as
/// different in places.
#[derive(Clone, Debug, PartialEq)]
pub struct SyncCache(pub(crate) Array);

/// A folder as the record holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CachedFolder {
    /// The class; `Email` for everything that is not contacts, calendar, tasks or notes.
    pub class: String,
    /// Horde's own name.
    pub backend_id: String,
    /// The type on the wire.
    pub kind: u8,
}

impl Default for SyncCache {
    /// The record of a device that has nothing yet, members as Horde makes them.
    fn default() -> Self {
        let mut members = Array::new();
        members.set(CONFIRMED, Value::Array(Array::new()));
        for key in [WAIT_STARTED, SYNC_ENDED, TIMESTAMP, WAIT, HEARTBEAT] {
            members.set(key, Value::Bool(false));
        }
        members.set(FOLDERS, Value::Array(Array::new()));
        members.set(HIERARCHY, Value::Bool(false));
        members.set(COLLECTIONS, Value::Array(Array::new()));
        members.set("pingheartbeat", Value::Bool(false));
        members.set("synckeycounter", Value::Array(Array::new()));
        Self(members)
    }
}

impl SyncCache {
    /// All folders by uid, in Horde's order.
    #[must_use]
    pub fn folders(&self) -> Vec<(String, CachedFolder)> {
        let Some(folders) = self.array(FOLDERS) else { return Vec::new() };
        folders
            .iter()
            .filter_map(|(uid, entry)| Some((uid.to_text()?, folder_of(entry)?)))
            .collect()
    }

    /// One folder.
    #[must_use]
    pub fn folder(&self, uid: &str) -> Option<CachedFolder> {
        folder_of(self.array(FOLDERS)?.get(uid)?)
    }

    /// Adds or changes a folder; its other members are kept.
    pub fn set_folder(&mut self, uid: &str, folder: &CachedFolder) {
        if self.folder(uid).as_ref() == Some(folder) {
            return;
        }
        self.0.edit_array(FOLDERS, |folders| {
            folders.edit_array(uid, |entry| {
                entry.set("class", Value::text(&folder.class));
                entry.set("serverid", Value::text(&folder.backend_id));
                entry.set("type", Value::Int(i64::from(folder.kind)));
            });
        });
    }

    /// Takes a folder out, with its options.
    pub fn remove_folder(&mut self, uid: &str) {
        self.0.edit_array(FOLDERS, |folders| drop(folders.remove(uid)));
        if self.array(SHARES).is_some() {
            self.0.edit_array(SHARES, |shares| drop(shares.remove(uid)));
        }
        self.remove_collection(uid);
    }

    /// The shares whose items the client was shown in a folder, under the keys of one series.
    ///
    /// A member of ours. Horde's own server keeps it, while it leaves out what rows of keys have of
    /// it: so this is what we showed the client before it went there.
    #[must_use]
    pub fn shown_shares(&self, uid: &str, series: &str) -> Option<Vec<String>> {
        let entry = self.array(SHARES)?.get(uid)?.as_array()?;
        let mut texts = entry.iter().map(|(_, value)| value.to_text());
        if texts.next()?? != series {
            return None;
        }
        texts.collect()
    }

    /// Remembers the shares whose items the client is shown in a folder.
    pub fn set_shown_shares(&mut self, uid: &str, series: &str, shares: &[String]) {
        if self.shown_shares(uid, series).as_deref() == Some(shares) {
            return;
        }
        let mut entry = Array::new();
        for (at, text) in
            std::iter::once(series).chain(shares.iter().map(String::as_str)).enumerate()
        {
            entry.set(&at.to_string(), Value::text(text));
        }
        self.0.edit_array(SHARES, |all| all.set(uid, Value::Array(entry)));
    }

    /// Empties the hierarchy as a FolderSync with key 0 does: no folders, no options.
    ///
    /// Whoever wants the folders to keep their uids reads them before.
    pub fn clear_hierarchy(&mut self) {
        self.0.set(FOLDERS, Value::Array(Array::new()));
        self.0.set(COLLECTIONS, Value::Array(Array::new()));
        self.0.set(HIERARCHY, Value::text("0"));
    }

    /// Whether the client has a hierarchy: without one a Sync is answered with Status 12.
    #[must_use]
    pub fn has_hierarchy(&self) -> bool {
        self.0.get(HIERARCHY).is_some_and(Value::is_truthy)
    }

    /// The key of the last FolderSync that had changes; `0` after a reset.
    #[must_use]
    pub fn hierarchy(&self) -> Option<String> {
        self.0.get(HIERARCHY).filter(|key| key.is_truthy())?.to_text()
    }

    /// The key of the last FolderSync that had changes.
    pub fn set_hierarchy(&mut self, key: &str) {
        self.set(HIERARCHY, Value::text(key));
    }

    /// Keys handed out that no Sync has presented yet.
    #[must_use]
    pub fn confirmed_keys(&self) -> Vec<String> {
        let keys = self.array(CONFIRMED).into_iter().flat_map(Array::iter);
        keys.filter_map(|(key, _)| key.to_text()).collect()
    }

    /// Notes a key that is handed out.
    pub fn add_confirmed_key(&mut self, key: &str) {
        self.0.edit_array(CONFIRMED, |keys| keys.set(key, Value::Bool(true)));
    }

    /// Forgets a key that was presented.
    pub fn remove_confirmed_key(&mut self, key: &str) {
        self.0.edit_array(CONFIRMED, |keys| drop(keys.remove(key)));
    }

    /// When the newest waiting request began; a waiter that began earlier ends.
    #[must_use]
    pub fn wait_started(&self) -> Option<i64> {
        self.0.get(WAIT_STARTED)?.to_int()
    }

    /// Notes that a request begins to wait.
    pub fn set_wait_started(&mut self, at: i64) {
        self.set(WAIT_STARTED, Value::Int(at));
    }

    /// When the last Sync came to its end.
    #[must_use]
    pub fn sync_ended(&self) -> Option<i64> {
        self.0.get(SYNC_ENDED)?.to_int()
    }

    /// Whether both ways to say an interval are set; Horde answers such a Sync with Status 103.
    #[must_use]
    pub fn has_two_intervals(&self) -> bool {
        [WAIT, HEARTBEAT].iter().all(|key| self.0.get(key).is_some_and(Value::is_truthy))
    }

    /// Notes that a Sync came to its end.
    pub fn set_sync_ended(&mut self, at: i64) {
        self.set(SYNC_ENDED, Value::Int(at));
    }

    /// The interval of the last Ping or waiting Sync in seconds, whichever way it was said.
    #[must_use]
    pub fn heartbeat_seconds(&self) -> Option<u32> {
        let number = |key| self.0.get(key).filter(|value| value.is_truthy())?.to_int();
        let seconds = number(HEARTBEAT).or_else(|| number(WAIT)?.checked_mul(60))?;
        u32::try_from(seconds).ok()
    }

    /// Remembers an interval in seconds; the one in minutes is cleared.
    ///
    /// Horde: a record with both is answered with Status 103.
    pub fn set_heartbeat_seconds(&mut self, seconds: u32) {
        self.set(HEARTBEAT, Value::Int(i64::from(seconds)));
        self.set(WAIT, Value::Bool(false));
    }

    /// How long the last Sync wanted to wait; `None` when it did not.
    ///
    /// Horde: the interval of a Ping lies in the same member, as a number; that of a Sync is text.
    #[must_use]
    pub fn sync_interval(&self) -> Option<Interval> {
        let number = |key| match self.0.get(key)? {
            value @ Value::Str(_) => u32::try_from(value.to_int()?).ok().filter(|n| *n > 0),
            _ => None,
        };
        number(HEARTBEAT).map(Interval::Seconds).or_else(|| number(WAIT).map(Interval::Minutes))
    }

    /// Remembers how long a Sync wants to wait; `None` forgets that, and leaves a Ping's interval.
    pub fn set_sync_interval(&mut self, interval: Option<Interval>) {
        let (wait, heartbeat) = match interval {
            None if self.sync_interval().is_none() => return,
            None => (Value::Bool(false), Value::Bool(false)),
            Some(Interval::Minutes(minutes)) => {
                (Value::text(minutes.to_string()), Value::Bool(false))
            }
            Some(Interval::Seconds(seconds)) => {
                (Value::Bool(false), Value::text(seconds.to_string()))
            }
        };
        self.0.set(WAIT, wait);
        self.0.set(HEARTBEAT, heartbeat);
    }

    /// All collections by folder uid, in Horde's order.
    #[must_use]
    pub fn collections(&self) -> Vec<(String, CachedCollection)> {
        let Some(collections) = self.array(COLLECTIONS) else { return Vec::new() };
        collections
            .iter()
            .filter_map(|(uid, entry)| {
                Some((uid.to_text()?, CachedCollection::read(entry.as_array()?)))
            })
            .collect()
    }

    /// One collection.
    #[must_use]
    pub fn collection(&self, uid: &str) -> Option<CachedCollection> {
        self.array(COLLECTIONS)?.get(uid)?.as_array().map(CachedCollection::read)
    }

    /// Adds or changes a collection; members that we do not know are kept.
    pub fn set_collection(&mut self, uid: &str, collection: &CachedCollection) {
        if self.collection(uid).as_ref() != Some(collection) {
            self.0.edit_array(COLLECTIONS, |collections| {
                collections.edit_array(uid, |entry| collection.write(entry));
            });
        }
    }

    /// Changes a collection that is there.
    pub fn edit_collection(&mut self, uid: &str, edit: impl FnOnce(&mut CachedCollection)) {
        if let Some(mut collection) = self.collection(uid) {
            edit(&mut collection);
            self.set_collection(uid, &collection);
        }
    }

    /// Takes a collection out.
    pub fn remove_collection(&mut self, uid: &str) {
        self.0.edit_array(COLLECTIONS, |collections| drop(collections.remove(uid)));
    }

    /// Marks a collection as not synced.
    pub fn reset_collection(&mut self, uid: &str) {
        self.edit_collection(uid, |collection| {
            collection.last_sync_key = Some("0".to_owned());
        });
    }

    /// When the record was last stored.
    #[must_use]
    pub fn timestamp(&self) -> Option<i64> {
        self.0.get(TIMESTAMP)?.to_int()
    }

    pub(crate) fn set_timestamp(&mut self, now: i64) {
        self.set(TIMESTAMP, Value::text(now.to_string()));
    }

    fn array(&self, key: &str) -> Option<&Array> {
        self.0.get(key)?.as_array()
    }

    /// Sets a member, unless it says the same already in another type.
    fn set(&mut self, key: &str, value: Value) {
        let old = self.0.get(key);
        let says_the_same = match (old, &value) {
            (Some(old), Value::Int(_) | Value::Str(_)) => {
                old.to_text().is_some() && old.to_text() == value.to_text()
            }
            (old, value) => old == Some(value),
        };
        if !says_the_same {
            self.0.set(key, value);
        }
    }
}

/// How long a Sync waits, as the client said it.
///
/// [MS-ASCMD] §2.2.3.198
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// Wait: 1 to 59.
    Minutes(u32),
    /// HeartbeatInterval: 60 to 3540.
    Seconds(u32),
}

impl Interval {
    /// The same in seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Minutes(minutes) => minutes.saturating_mul(60),
            Self::Seconds(seconds) => seconds,
        }
    }
}

fn folder_of(entry: &Value) -> Option<CachedFolder> {
    let entry = entry.as_array()?;
    Some(CachedFolder {
        class: entry.get("class")?.to_text()?,
        backend_id: entry.get("serverid")?.to_text()?,
        kind: u8::try_from(entry.get("type")?.to_int()?).ok()?,
    })
}

const CONFIRMED: &str = "confirmed_synckeys";
const WAIT_STARTED: &str = "lasthbsyncstarted";
const SYNC_ENDED: &str = "lastsyncendnormal";
const TIMESTAMP: &str = "timestamp";
const WAIT: &str = "wait";
const HEARTBEAT: &str = "hbinterval";
const FOLDERS: &str = "folders";
const HIERARCHY: &str = "hierarchy";
const COLLECTIONS: &str = "collections";
const SHARES: &str = "eas_shares";

#[cfg(test)]
mod tests {
    use crate::state::cache::SyncCache;

    #[test]
    fn shares_are_known_to_their_folder_and_series_alone() {
        let mut cache = SyncCache::default();
        assert_eq!(cache.shown_shares("A1", "one"), None);
        let shares = ["b".to_owned(), "a".to_owned()];
        cache.set_shown_shares("A1", "one", &shares);
        cache.set_shown_shares("A2", "one", &[]);
        assert_eq!(cache.shown_shares("A1", "one").as_deref(), Some(&shares[..]));
        assert_eq!(cache.shown_shares("A2", "one").as_deref(), Some(&[][..]));
        assert_eq!(cache.shown_shares("A1", "two"), None);
        assert_eq!(cache.shown_shares("A3", "one"), None);
        cache.set_shown_shares("A1", "two", &shares[..1]);
        assert_eq!(cache.shown_shares("A1", "two").as_deref(), Some(&shares[..1]));
        cache.remove_folder("A1");
        assert_eq!(cache.shown_shares("A1", "two"), None);
    }
}
