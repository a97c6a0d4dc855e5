//! `horde_activesync_cache`.

use async_trait::async_trait;
use mysql_async::Transaction;
use mysql_async::prelude::Queryable;

use crate::state::blob::sync_cache::{read_cache, write_cache};
use crate::state::cache::SyncCache;
use crate::state::model::Owner;
use crate::state::mysql::{Fault, Mysql};
use crate::state::{Caches, Edit, Error};

const LOAD: &str = "SELECT cache_data FROM horde_activesync_cache \
    WHERE cache_devid = ? AND cache_user = ? LIMIT 1";
const LOCK: &str = "SELECT cache_data FROM horde_activesync_cache \
    WHERE cache_devid = ? AND cache_user = ? LIMIT 1 FOR UPDATE";
const UPDATE: &str = "UPDATE horde_activesync_cache SET cache_data = ? \
    WHERE cache_devid = ? AND cache_user = ?";
const INSERT: &str = "INSERT INTO horde_activesync_cache (cache_data, cache_devid, cache_user) \
    VALUES (?, ?, ?)";
const REMOVE: &str = "DELETE FROM horde_activesync_cache WHERE cache_devid = ? AND cache_user = ?";

#[async_trait]
impl Caches for Mysql {
    async fn load(&self, owner: &Owner) -> Result<Option<SyncCache>, Error> {
        self.attempt("cache load", || async {
            let rows: Vec<Option<Vec<u8>>> = self.look(LOAD, (&owner.device, &owner.user)).await?;
            Ok(rows.into_iter().next().and_then(|data| readable(owner, data)))
        })
        .await
    }

    async fn update(
        &self,
        owner: &Owner,
        now: i64,
        edit: Edit<'_, SyncCache>,
    ) -> Result<Option<SyncCache>, Error> {
        self.attempt("cache update", || async {
            let mut tx = self.begin(&owner.device).await?;
            let cache = edit_cache(&mut tx, owner, Missing::Leave, now, edit).await?;
            tx.commit().await?;
            Ok(cache)
        })
        .await
    }

    async fn remove(&self, owner: &Owner) -> Result<(), Error> {
        self.attempt("cache remove", || async {
            self.conn().await?.exec_drop(REMOVE, (&owner.device, &owner.user)).await?;
            Ok(())
        })
        .await
    }
}

/// What to do when there is no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Leave it so.
    Leave,
    /// Make one.
    Make,
}

/// Changes the record inside a transaction; `None` when there is none.
pub(super) async fn edit_cache(
    tx: &mut Transaction<'static>,
    owner: &Owner,
    missing: Missing,
    now: i64,
    edit: Edit<'_, SyncCache>,
) -> Result<Option<SyncCache>, Fault> {
    let data: Option<Option<Vec<u8>>> = tx.exec_first(LOCK, (&owner.device, &owner.user)).await?;
    let has_row = data.is_some();
    let old = data.and_then(|data| readable(owner, data));
    if old.is_none() && missing == Missing::Leave {
        return Ok(None);
    }
    let mut cache = old.clone().unwrap_or_default();
    edit(&mut cache);
    if old.as_ref() == Some(&cache) {
        return Ok(old);
    }
    cache.set_timestamp(now);
    let statement = if has_row { UPDATE } else { INSERT };
    tx.exec_drop(statement, (write_cache(&cache), &owner.device, &owner.user)).await?;
    Ok(Some(cache))
}

/// A record that can not be read counts as none: the phone is asked for its hierarchy again.
pub(super) fn readable(owner: &Owner, data: Option<Vec<u8>>) -> Option<SyncCache> {
    match read_cache(&data.unwrap_or_default()) {
        Ok(cache) => Some(cache),
        Err(error) => {
            log::warn!(
                "the cache of a device can not be read: {error} user={} device={}",
                owner.user,
                owner.device
            );
            None
        }
    }
}
