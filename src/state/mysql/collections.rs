//! `horde_activesync_state`, and what goes with a new row.

use async_trait::async_trait;
use mysql_async::Transaction;
use mysql_async::prelude::Queryable;
use tokio::time::sleep;

use crate::state::blob::{read_folder, write_folder};
use crate::state::cache::SyncCache;
use crate::state::folder::FolderObject;
use crate::state::key::StateKey;
use crate::state::model::{CollectionState, HierarchyState, NewState, Owner, Presented};
use crate::state::mysql::caches::{Missing, edit_cache};
use crate::state::mysql::row::{Row, Stored};
use crate::state::mysql::{Fault, HIERARCHY, Mysql, PAUSE_FOR_ROW};
use crate::state::{Bump, Collections, Edit, Error, Kind};

/// A number that is another when a row was written again with anything else.
macro_rules! mark {
    () => {
        "CAST(CONV(LEFT(SHA1(CONCAT_WS('|', COALESCE(sync_mod, ''), COALESCE(sync_timestamp, ''), \
            MD5(COALESCE(sync_data, '')), MD5(COALESCE(sync_pending, '')))), 16), 16, 10) \
            AS UNSIGNED)"
    };
}
/// The row of a key with all that it holds, and of its successor nothing but the mark.
macro_rules! load {
    ($newest:literal) => {
        concat!(
            "SELECT sync_key, sync_mod, IF(sync_key = ?, sync_data, NULL) AS sync_data, \
                IF(sync_key = ?, sync_pending, NULL) AS sync_pending, IF(sync_key = ?, NULL, ",
            mark!(),
            ") AS mark, ",
            $newest,
            " AS newest FROM horde_activesync_state WHERE sync_key IN (?, ?) AND sync_devid = ? \
                AND sync_user = ? AND sync_folderid = ?",
        )
    };
}
const LOAD: &str = load!("NULL");
const LOAD_WITH_NEWEST: &str = load!("(SELECT MAX(history_modseq) FROM horde_histories)");
const LOCK: &str = concat!(
    "SELECT sync_key, IF(sync_key = ?, NULL, ",
    mark!(),
    ") FROM horde_activesync_state WHERE sync_key IN (?, ?) AND sync_devid = ? \
        AND sync_user = ? AND sync_folderid = ? FOR UPDATE",
);
const SAVE: &str = "INSERT INTO horde_activesync_state (sync_key, sync_mod, sync_data, \
    sync_devid, sync_folderid, sync_user, sync_pending, sync_timestamp) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE sync_mod = VALUES(sync_mod), \
    sync_data = VALUES(sync_data), sync_devid = VALUES(sync_devid), \
    sync_folderid = VALUES(sync_folderid), sync_user = VALUES(sync_user), \
    sync_pending = VALUES(sync_pending), sync_timestamp = VALUES(sync_timestamp)";
const KEYS: &str = "SELECT sync_key FROM horde_activesync_state \
    WHERE sync_devid = ? AND sync_user = ? AND sync_folderid = ?";
const DATA: &str = "SELECT sync_key, sync_data FROM horde_activesync_state \
    WHERE sync_devid = ? AND sync_user = ? AND sync_folderid = ? FOR UPDATE";
const SET_DATA: &str = "UPDATE horde_activesync_state SET sync_data = ? WHERE sync_key = ? \
    AND sync_devid = ? AND sync_user = ? AND sync_folderid = ?";
const REMOVE: &str = "DELETE FROM horde_activesync_state WHERE sync_key = ?";
const BUMP: &str = "UPDATE horde_activesync_state SET sync_mod = ? WHERE sync_key = ? \
    AND sync_devid = ? AND sync_user = ? AND sync_folderid = ? AND sync_mod = ?";
/// The number of a key is what follows its `{series}`.
const REMOVE_OLD_MAPS: [&str; 2] = [
    "DELETE FROM horde_activesync_map WHERE sync_devid = ? AND sync_user = ? \
        AND sync_key LIKE CONCAT('{', ?, '}%') \
        AND CAST(SUBSTRING(sync_key, ?) AS UNSIGNED) < ?",
    "DELETE FROM horde_activesync_mailmap WHERE sync_devid = ? AND sync_user = ? \
        AND sync_key LIKE CONCAT('{', ?, '}%') \
        AND CAST(SUBSTRING(sync_key, ?) AS UNSIGNED) < ?",
];

#[async_trait]
impl Collections for Mysql {
    async fn load(
        &self,
        owner: &Owner,
        folder: &str,
        key: &StateKey,
    ) -> Result<Option<CollectionState>, Error> {
        let statement = if self.has_history { LOAD_WITH_NEWEST } else { LOAD };
        match self.find(statement, owner, folder, key).await? {
            Some((row, presented)) => row.to_collection(presented).map(Some),
            None => Ok(None),
        }
    }

    async fn load_hierarchy(
        &self,
        owner: &Owner,
        key: &StateKey,
    ) -> Result<Option<HierarchyState>, Error> {
        match self.find(LOAD, owner, HIERARCHY, key).await? {
            Some((row, presented)) => row.to_hierarchy(presented).map(Some),
            None => Ok(None),
        }
    }

    async fn save(
        &self,
        owner: &Owner,
        new: &NewState<'_, CollectionState>,
        cache: Edit<'_, SyncCache>,
    ) -> Result<(), Error> {
        let row = Stored::of_collection(new.state)?;
        let row = Plan { folder: new.folder, key: new.key, presented: new.presented, row: &row };
        self.attempt("state save", || self.try_save(owner, &row, Missing::Leave, new.now, cache))
            .await
    }

    async fn save_hierarchy(
        &self,
        owner: &Owner,
        new: &NewState<'_, HierarchyState>,
        cache: Edit<'_, SyncCache>,
    ) -> Result<(), Error> {
        let row = Stored::of_hierarchy(new.state);
        let row = Plan { folder: HIERARCHY, key: new.key, presented: new.presented, row: &row };
        let missing = if new.key.is_first() { Missing::Make } else { Missing::Leave };
        self.attempt("hierarchy save", || self.try_save(owner, &row, missing, new.now, cache)).await
    }

    async fn newest(
        &self,
        owner: &Owner,
        folder: &str,
        series: &str,
    ) -> Result<Option<StateKey>, Error> {
        let keys: Vec<String> = self
            .attempt("state newest", || async {
                let values = (&owner.device, &owner.user, folder);
                Ok(self.conn().await?.exec(KEYS, values).await?)
            })
            .await?;
        let keys = keys.iter().filter_map(|key| StateKey::parse(key));
        Ok(keys.filter(|key| key.series() == series).max_by_key(StateKey::counter))
    }

    async fn bump(
        &self,
        owner: &Owner,
        folder: &str,
        presented: &Presented,
        stamp: Bump,
    ) -> Result<(), Error> {
        let key = presented.key.to_string();
        self.attempt("state bump", || async {
            let values = (stamp.to, &key, &owner.device, &owner.user, folder, stamp.from);
            self.conn().await?.exec_drop(BUMP, values).await?;
            Ok(())
        })
        .await
    }

    async fn rename(&self, owner: &Owner, mailboxes: &[(String, String)]) -> Result<(), Error> {
        self.attempt("state rename", || self.try_rename(owner, mailboxes)).await
    }

    async fn reset(&self, owner: &Owner, folders: &[String], now: i64) -> Result<(), Error> {
        self.attempt("state reset", || {
            self.try_remove(owner, folders, now, &|cache, folder| cache.reset_collection(folder))
        })
        .await
    }

    async fn forget(&self, owner: &Owner, folders: &[String], now: i64) -> Result<(), Error> {
        self.attempt("state forget", || {
            self.try_remove(owner, folders, now, &|cache, folder| cache.remove_folder(folder))
        })
        .await
    }
}

/// One row to write, and where it came from.
struct Plan<'a> {
    folder: &'a str,
    key: &'a StateKey,
    presented: Option<&'a Presented>,
    row: &'a Stored,
}

impl Mysql {
    /// The row of a key and the mark of its successor.
    ///
    /// Horde's own server writes a row by inserting, deleting and inserting it: a row that is not
    /// there may be there in a moment.
    async fn find(
        &self,
        statement: &str,
        owner: &Owner,
        folder: &str,
        key: &StateKey,
    ) -> Result<Option<(Row, Presented)>, Error> {
        let (this, next) = (key.to_string(), key.next().to_string());
        let once = || async {
            let values = (&this, &this, &this, &this, &next, &owner.device, &owner.user, folder);
            self.look::<Row, _>(statement, values).await
        };
        let mut rows = self.attempt("state load", once).await?;
        if !rows.iter().any(|row| row.is_of(key)) {
            sleep(PAUSE_FOR_ROW).await;
            rows = self.attempt("state load", once).await?;
        }
        // The query gives rows of these two keys alone; the number tells them apart.
        let successor = rows.iter().find(|row| !row.is_of(key)).and_then(Row::mark);
        let row = rows.into_iter().find(|row| row.is_of(key));
        Ok(row.map(|row| (row, Presented { key: key.clone(), successor })))
    }

    async fn try_save(
        &self,
        owner: &Owner,
        plan: &Plan<'_>,
        missing: Missing,
        now: i64,
        edit: Edit<'_, SyncCache>,
    ) -> Result<(), Fault> {
        let mut tx = self.begin(&owner.device).await?;
        if let Some(presented) = plan.presented {
            lock_presented(&mut tx, owner, plan.folder, presented).await?;
        }
        remove_others(&mut tx, owner, plan).await?;
        let row = plan.row;
        let values = (
            plan.key.to_string(),
            row.stamp,
            &row.data,
            &owner.device,
            plan.folder,
            &owner.user,
            &row.pending,
            now,
        );
        tx.exec_drop(SAVE, values).await?;
        if edit_cache(&mut tx, owner, missing, now, edit).await?.is_none() {
            return Err(gone("the cache of the device is gone").into());
        }
        tx.commit().await?;
        Ok(())
    }

    async fn try_rename(&self, owner: &Owner, mailboxes: &[(String, String)]) -> Result<(), Fault> {
        let mut tx = self.begin(&owner.device).await?;
        for (folder, mailbox) in mailboxes {
            let rows: Vec<(String, Option<Vec<u8>>)> =
                tx.exec(DATA, (&owner.device, &owner.user, folder)).await?;
            for (key, data) in rows {
                // A row that can not be read makes its folder begin again, whatever its name.
                let Ok(FolderObject::Imap(mut found)) = read_folder(&data.unwrap_or_default())
                else {
                    continue;
                };
                found.mailbox.clone_from(mailbox);
                let data = write_folder(&FolderObject::Imap(found));
                tx.exec_drop(SET_DATA, (data, key, &owner.device, &owner.user, folder)).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    async fn try_remove(
        &self,
        owner: &Owner,
        folders: &[String],
        now: i64,
        edit: &(dyn Fn(&mut SyncCache, &str) + Send + Sync),
    ) -> Result<(), Fault> {
        let mut tx = self.begin(&owner.device).await?;
        for folder in folders {
            for key in keys(&mut tx, owner, folder).await? {
                remove_key(&mut tx, owner, &key).await?;
            }
        }
        let edit_all =
            |cache: &mut SyncCache| folders.iter().for_each(|folder| edit(cache, folder));
        edit_cache(&mut tx, owner, Missing::Leave, now, &edit_all).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Holds the presented row until the end, if all is as it was when the request began.
async fn lock_presented(
    tx: &mut Transaction<'static>,
    owner: &Owner,
    folder: &str,
    presented: &Presented,
) -> Result<(), Fault> {
    let key = &presented.key;
    let (this, next) = (key.to_string(), key.next().to_string());
    let values = (&this, &this, &next, &owner.device, &owner.user, folder);
    let rows: Vec<(String, Option<u64>)> = tx.exec(LOCK, values).await?;
    let is_this =
        |text: &str| StateKey::parse(text).is_some_and(|found| found.counter() == key.counter());
    let successor = rows.iter().find(|(text, _)| !is_this(text)).and_then(|(_, mark)| *mark);
    if !rows.iter().any(|(text, _)| is_this(text)) {
        return Err(gone("the row of the presented key is gone").into());
    }
    if successor != presented.successor {
        return Err(gone("another request answered this key first").into());
    }
    Ok(())
}

/// Removes what the new row makes useless: with a first key every other row of the folder, with
/// any other what is older than the presented key, or newer than the new one.
async fn remove_others(
    tx: &mut Transaction<'static>,
    owner: &Owner,
    plan: &Plan<'_>,
) -> Result<(), Fault> {
    let mut n_old = 0_usize;
    for key in keys(tx, owner, plan.folder).await? {
        let Some(parsed) = StateKey::parse(&key).filter(|own| own.series() == plan.key.series())
        else {
            if plan.presented.is_none() {
                remove_key(tx, owner, &key).await?;
            }
            continue;
        };
        let kept = plan.key.counter().saturating_sub(1)..=plan.key.counter();
        if !kept.contains(&parsed.counter()) {
            n_old = n_old.saturating_add(1);
            tx.exec_drop(REMOVE, (key,)).await?;
        }
    }
    if let Some(presented) = plan.presented.filter(|presented| presented.key.counter() > 1) {
        remove_maps(tx, owner, &presented.key).await?;
    }
    log::trace!("{n_old} old rows removed folder={} key={}", plan.folder, plan.key);
    Ok(())
}

async fn keys(
    tx: &mut Transaction<'static>,
    owner: &Owner,
    folder: &str,
) -> Result<Vec<String>, mysql_async::Error> {
    tx.exec(KEYS, (&owner.device, &owner.user, folder)).await
}

/// Removes a row, and what the maps hold of its series up to it.
async fn remove_key(
    tx: &mut Transaction<'static>,
    owner: &Owner,
    key: &str,
) -> Result<(), mysql_async::Error> {
    tx.exec_drop(REMOVE, (key,)).await?;
    match StateKey::parse(key) {
        Some(key) => remove_maps(tx, owner, &key.next()).await,
        None => Ok(()),
    }
}

/// Removes what the maps hold of keys before the given one.
async fn remove_maps(
    tx: &mut Transaction<'static>,
    owner: &Owner,
    before: &StateKey,
) -> Result<(), mysql_async::Error> {
    let series = before.series();
    // SQL counts from 1, and braces stand around the series.
    let digits_at = series.len().saturating_add(3);
    for statement in REMOVE_OLD_MAPS {
        let values = (&owner.device, &owner.user, series, digits_at, before.counter());
        tx.exec_drop(statement, values).await?;
    }
    Ok(())
}

fn gone(message: &str) -> Error {
    Error::new(Kind::Gone, message)
}
