//! `horde_activesync_map` and `horde_activesync_mailmap`.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use mysql_async::prelude::Queryable;

use crate::state::key::StateKey;
use crate::state::map::{
    ItemAction, ItemChange, ItemTimes, MailAction, MailChange, MailEcho, MailEchoes, NO_CLIENT_ID,
};
use crate::state::model::Owner;
use crate::state::mysql::Mysql;
use crate::state::{Error, Maps};

const RECORD: &str = "INSERT INTO horde_activesync_map (message_uid, sync_modtime, sync_key, \
    sync_devid, sync_folderid, sync_user, sync_clientid, sync_deleted) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
/// What was told as new and is changed now: Horde's check shall not see it any more.
const UNTELL: &str = "DELETE FROM horde_activesync_map WHERE message_uid = ? AND sync_devid = ? \
    AND sync_user = ? AND sync_folderid = ? AND sync_key = ? AND sync_clientid = ? \
    AND NOT sync_deleted";
const RECORD_MAIL: &str = "INSERT INTO horde_activesync_mailmap (message_uid, sync_key, \
    sync_devid, sync_folderid, sync_user, sync_read, sync_flagged, sync_deleted, sync_changed, \
    sync_category, sync_draft) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const TIMES: &str = "SELECT message_uid, sync_modtime, sync_deleted FROM horde_activesync_map \
    WHERE sync_devid = ? AND sync_user = ? AND sync_folderid = ? AND sync_key IN (?, ?, ?, ?)";
const MAIL: &str = "SELECT message_uid, sync_read, sync_flagged, sync_deleted, sync_changed, \
    sync_category, sync_draft FROM horde_activesync_mailmap \
    WHERE sync_devid = ? AND sync_user = ? AND sync_folderid = ?";
/// With a list of ClientIds after it.
const ADDED: &str = "SELECT sync_clientid, message_uid FROM horde_activesync_map \
    WHERE NOT sync_deleted AND sync_devid = ? AND sync_user = ? AND sync_folderid = ? \
    AND sync_key IN (?, ?) AND sync_clientid IN (";
/// ClientIds in one statement.
const RUN: usize = 500;
const FORGET: [&str; 2] = [
    "DELETE FROM horde_activesync_map \
        WHERE sync_devid = ? AND sync_user = ? AND sync_folderid = ?",
    "DELETE FROM horde_activesync_mailmap \
        WHERE sync_devid = ? AND sync_user = ? AND sync_folderid = ?",
];

type MailRow =
    (i64, Option<bool>, Option<bool>, Option<bool>, Option<bool>, Option<String>, Option<bool>);

#[async_trait]
impl Maps for Mysql {
    async fn record(
        &self,
        owner: &Owner,
        backend_id: &str,
        key: &StateKey,
        changes: &[ItemChange],
    ) -> Result<(), Error> {
        if changes.is_empty() {
            return Ok(());
        }
        let (key, unseen) = (key.to_string(), key.unseen());
        self.attempt("map record", || async {
            let mut tx = self.begin(&owner.device).await?;
            let rows = changes.iter().map(|change| {
                let (key, client_id, is_deleted) = match &change.action {
                    ItemAction::Add(client_id) => (&key, client_id.as_str(), false),
                    ItemAction::Change => (&unseen, NO_CLIENT_ID, false),
                    ItemAction::Delete => (&key, "", true),
                };
                (
                    &change.uid,
                    change.mod_seq,
                    key,
                    &owner.device,
                    backend_id,
                    &owner.user,
                    client_id,
                    is_deleted,
                )
            });
            tx.exec_batch(RECORD, rows).await?;
            let changed = changes.iter().filter(|change| change.action == ItemAction::Change);
            let told = changed.map(|change| {
                (&change.uid, &owner.device, &owner.user, backend_id, &key, NO_CLIENT_ID)
            });
            tx.exec_batch(UNTELL, told).await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn record_mail(
        &self,
        owner: &Owner,
        mailbox: &str,
        key: &StateKey,
        changes: &[MailChange],
    ) -> Result<(), Error> {
        if changes.is_empty() {
            return Ok(());
        }
        let key = key.to_string();
        self.attempt("mail map record", || async {
            let mut tx = self.begin(&owner.device).await?;
            let rows =
                changes.iter().filter(|change| change.imap_uid <= LARGEST_UID).map(|change| {
                    let flags = MailEchoes::of(&change.action);
                    let yes = |is: bool| is.then_some(true);
                    (
                        change.imap_uid,
                        &key,
                        &owner.device,
                        mailbox,
                        &owner.user,
                        flags.read,
                        flags.flagged,
                        yes(flags.deleted),
                        yes(flags.moved_here),
                        flags.category,
                        yes(flags.draft),
                    )
                });
            tx.exec_batch(RECORD_MAIL, rows).await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn times(
        &self,
        owner: &Owner,
        backend_id: &str,
        key: &StateKey,
    ) -> Result<ItemTimes, Error> {
        let (keys, unseen) = (with_previous(key), key.unseen());
        let unseen_before = key.previous().unwrap_or_else(|| key.clone()).unseen();
        let rows: Vec<(String, Option<i64>, Option<bool>)> = self
            .attempt("map times", || async {
                let (device, user) = (&owner.device, &owner.user);
                let values = (device, user, backend_id, &keys.0, &keys.1, &unseen, &unseen_before);
                self.look(TIMES, values).await
            })
            .await?;
        let mut times = ItemTimes::default();
        for (uid, mod_seq, is_deleted) in rows {
            let mod_seq = mod_seq.unwrap_or(0);
            if is_deleted == Some(true) {
                raise(&mut times.deleted, uid.clone(), mod_seq);
            }
            raise(&mut times.any, uid, mod_seq);
        }
        Ok(times)
    }

    async fn mail(&self, owner: &Owner, mailbox: &str, uids: &[u32]) -> Result<MailEcho, Error> {
        let rows: Vec<MailRow> = self
            .attempt("mail map", || async {
                let values = (&owner.device, &owner.user, mailbox);
                Ok(self.conn().await?.exec(MAIL, values).await?)
            })
            .await?;
        let wanted: BTreeSet<u32> = uids.iter().copied().collect();
        let mut echo = MailEcho::default();
        for (uid, read, flagged, deleted, moved_here, category, draft) in rows {
            let Some(uid) = u32::try_from(uid).ok().filter(|uid| wanted.contains(uid)) else {
                continue;
            };
            let own = echo.0.entry(uid).or_default();
            own.read = read.or(own.read);
            own.flagged = flagged.or(own.flagged);
            own.category = category.or_else(|| own.category.take());
            own.deleted |= deleted == Some(true);
            own.moved_here |= moved_here == Some(true);
            own.draft |= draft == Some(true);
        }
        Ok(echo)
    }

    async fn added(
        &self,
        owner: &Owner,
        backend_id: &str,
        key: &StateKey,
        client_ids: &[&str],
    ) -> Result<BTreeMap<String, String>, Error> {
        let telling: Vec<&str> = client_ids
            .iter()
            .copied()
            .filter(|client_id| !client_id.is_empty() && *client_id != NO_CLIENT_ID)
            .collect();
        let keys = with_previous(key);
        let mut added = BTreeMap::new();
        for run in telling.chunks(RUN) {
            let statement = format!("{ADDED}{})", vec!["?"; run.len()].join(", "));
            let rows: Vec<(String, String)> = self
                .attempt("map added", || async {
                    let place = [&*owner.device, &owner.user, backend_id, &keys.0, &keys.1];
                    let values: Vec<mysql_async::Value> =
                        place.into_iter().chain(run.iter().copied()).map(Into::into).collect();
                    Ok(self.conn().await?.exec(&statement, values).await?)
                })
                .await?;
            added.extend(rows);
        }
        Ok(added)
    }

    async fn forget(&self, owner: &Owner, backend_id: &str) -> Result<(), Error> {
        self.attempt("map forget", || async {
            let mut tx = self.begin(&owner.device).await?;
            for statement in FORGET {
                tx.exec_drop(statement, (&owner.device, &owner.user, backend_id)).await?;
            }
            tx.commit().await?;
            Ok(())
        })
        .await
    }
}

impl MailEchoes {
    fn of(action: &MailAction) -> Self {
        let mut flags = Self::default();
        match action {
            MailAction::Category(md5) => flags.category = Some(md5.clone()),
            MailAction::Delete => flags.deleted = true,
            MailAction::Draft => flags.draft = true,
            MailAction::Flag(on) => flags.flagged = Some(*on),
            MailAction::MovedHere => flags.moved_here = true,
            MailAction::Read(on) => flags.read = Some(*on),
        }
        flags
    }
}

/// The key and the one before it; a first key twice.
fn with_previous(key: &StateKey) -> (String, String) {
    (key.to_string(), key.previous().unwrap_or_else(|| key.clone()).to_string())
}

fn raise(times: &mut BTreeMap<String, i64>, uid: String, mod_seq: i64) {
    let time = times.entry(uid).or_insert(mod_seq);
    *time = (*time).max(mod_seq);
}

/// What Horde's column holds; messages above it get no record, and so their echo is sent.
const LARGEST_UID: u32 = i32::MAX.unsigned_abs();
