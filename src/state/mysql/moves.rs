//! `eas_moves`, a table of our own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Value};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::digest;
use crate::state::moves::{Hold, Intent, Place, Remembered};
use crate::state::mysql::{Mysql, sql_error};
use crate::state::{Error, Kind, Moves};

const LOCK: &str = "SELECT GET_LOCK(?, ?)";
const UNLOCK: &str = "DO RELEASE_LOCK(?)";
/// As many ids follow as are asked for.
const LOAD: &str = "SELECT move_id, move_target, move_target_next, move_mark, move_new_uid \
    FROM eas_moves WHERE move_id IN (?";
/// As many rows follow as there are.
const INTEND: &str = "REPLACE INTO eas_moves \
    (move_id, move_target, move_target_next, move_mark, move_new_uid, move_at) \
    VALUES (?, ?, ?, ?, ?, ?)";
const DONE: &str = "UPDATE eas_moves SET move_new_uid = ? WHERE move_id = ?";
const ARRIVED: &str = "SELECT move_new_uid FROM eas_moves \
    WHERE move_target = ? AND move_new_uid >= ?";
const EXPIRE: &str = "DELETE FROM eas_moves WHERE move_at < ? LIMIT 1000";

type Row = (Vec<u8>, Vec<u8>, u32, Vec<u8>, Option<u32>);

#[async_trait]
impl Moves for Mysql {
    async fn hold(&self, user: &str, mailbox: &str) -> Result<Option<Hold>, Error> {
        let busy = || Error::new(Kind::Unavailable, "too many moves at once");
        let turn = timeout(self.patience, Arc::clone(&self.holds).acquire_owned());
        let turn = turn.await.map_err(|_| busy())?.map_err(|_| busy())?;
        let conn = self.attempt("move lock", || self.conn()).await?;
        let home = self.home.clone().map_or_else(Handle::try_current, Ok).map_err(|error| {
            Error::because(Kind::Unavailable, "no runtime to keep a lock in", error)
        })?;
        let (tell, told) = oneshot::channel();
        let (end, ended) = oneshot::channel::<()>();
        let keeper = Keeper { conn, name: lock_name(user, mailbox), patience: self.patience };
        home.spawn(async move {
            keeper.keep(tell, ended).await;
            drop(turn);
        });
        match told.await {
            Ok(Ok(true)) => Ok(Some(Arc::new(end))),
            Ok(Ok(false)) => Ok(None),
            Ok(Err(error)) => Err(sql_error("move lock", error)),
            Err(_) => Err(Error::new(Kind::Unavailable, "the database gives no lock in time")),
        }
    }

    async fn load(
        &self,
        source: &Place,
        imap_uids: &[u32],
        target: &Place,
    ) -> Result<Vec<Remembered>, Error> {
        let target = place_id(target);
        self.attempt("moves load", || async {
            let mut conn = self.conn().await?;
            let mut found = Vec::new();
            for some in imap_uids.chunks(AT_ONCE) {
                let ids: BTreeMap<Vec<u8>, u32> =
                    some.iter().map(|uid| (move_id(source, *uid), *uid)).collect();
                let statement = format!("{LOAD}{})", ", ?".repeat(ids.len().saturating_sub(1)));
                let values: Vec<Value> = ids.keys().map(Value::from).collect();
                let rows: Vec<Row> = conn.exec(statement, values).await?;
                found.extend(rows.into_iter().filter_map(|row| {
                    let (id, to, target_next, mark, new_uid) = row;
                    let imap_uid = *ids.get(&id)?;
                    let mark = <[u8; 32]>::try_from(mark).unwrap_or_default();
                    let intent = Intent { imap_uid, target_next, mark, new_uid };
                    Some(Remembered { intent, same_target: to == target })
                }));
            }
            found.sort_by_key(|one| one.intent.imap_uid);
            Ok(found)
        })
        .await
    }

    async fn intend(
        &self,
        source: &Place,
        target: &Place,
        intents: &[Intent],
        now: i64,
    ) -> Result<(), Error> {
        self.attempt("moves intend", || async {
            self.check_level().await?;
            let mut tx = self.start().await?;
            for some in intents.chunks(AT_ONCE) {
                let more = ", (?, ?, ?, ?, ?, ?)".repeat(some.len().saturating_sub(1));
                let values: Vec<Value> = some
                    .iter()
                    .flat_map(|intent| {
                        [
                            move_id(source, intent.imap_uid).into(),
                            place_id(target).into(),
                            intent.target_next.into(),
                            intent.mark.to_vec().into(),
                            intent.new_uid.into(),
                            now.into(),
                        ]
                    })
                    .collect();
                tx.exec_drop(format!("{INTEND}{more}"), values).await?;
            }
            tx.exec_drop(EXPIRE, (now - KEPT_SECONDS,)).await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn done(&self, source: &Place, new_uids: &[(u32, u32)]) -> Result<(), Error> {
        self.attempt("moves done", || async {
            let rows =
                new_uids.iter().map(|&(imap_uid, new_uid)| (new_uid, move_id(source, imap_uid)));
            let mut tx = self.start().await?;
            tx.exec_batch(DONE, rows).await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn arrived(&self, target: &Place, from: u32) -> Result<BTreeSet<u32>, Error> {
        let uids: Vec<u32> = self
            .attempt("moves arrived", || async {
                Ok(self.conn().await?.exec(ARRIVED, (place_id(target), from)).await?)
            })
            .await?;
        Ok(uids.into_iter().collect())
    }
}

/// Keeps a lock in a task of its own, so that no request that ends early leaves it behind on a
/// connection of the pool.
struct Keeper {
    conn: Conn,
    name: String,
    patience: Duration,
}

impl Keeper {
    async fn keep(
        mut self,
        tell: oneshot::Sender<Result<bool, mysql_async::Error>>,
        ended: oneshot::Receiver<()>,
    ) {
        let seconds = self.patience.as_secs().div_ceil(2);
        let held = self.conn.exec_first::<Option<i64>, _, _>(LOCK, (&self.name, seconds));
        let is_clean = match timeout(self.patience, held).await {
            Ok(Ok(held)) if held.flatten() == Some(1) => {
                if tell.send(Ok(true)).is_ok() {
                    let _ = ended.await;
                }
                let unlock = self.conn.exec_drop(UNLOCK, (&self.name,));
                matches!(timeout(self.patience, unlock).await, Ok(Ok(())))
            }
            Ok(Ok(_)) => {
                let _ = tell.send(Ok(false));
                true
            }
            Ok(Err(error)) => {
                let _ = tell.send(Err(error));
                false
            }
            Err(_) => false,
        };
        if !is_clean {
            // Its locks end with the connection.
            let _ = timeout(self.patience, self.conn.disconnect()).await;
        }
    }
}

/// At most 64 characters, as the database has it.
fn lock_name(user: &str, mailbox: &str) -> String {
    let hash = digest::of(&[b"lock", user.as_bytes(), mailbox.as_bytes()]);
    format!("eas_move:{}", digest::hex(&hash[..24]))
}

fn place_id(place: &Place) -> Vec<u8> {
    let validity = place.uid_validity.to_be_bytes();
    digest::of(&[b"place", place.user.as_bytes(), place.mailbox.as_bytes(), &validity]).to_vec()
}

fn move_id(source: &Place, imap_uid: u32) -> Vec<u8> {
    digest::of(&[b"move", &place_id(source), &imap_uid.to_be_bytes()]).to_vec()
}

/// Messages in one statement.
const AT_ONCE: usize = 100;
/// How long a move is remembered: phones repeat within minutes, or after a weekend.
const KEPT_SECONDS: i64 = 7 * 24 * 3_600;
