//! `eas_outbox`: a table of our own.
//!
//! Leases run by the clock of the database, which all sidecars share.

use std::time::Duration;

use async_trait::async_trait;
use mysql_async::prelude::Queryable;
use tokio::time::Instant;

use crate::state::model::Owner;
use crate::state::mysql::{Fault, Mysql};
use crate::state::outbox::{Begun, LEASE, Outbox, REMEMBERED, SendId, Sending};
use crate::state::{Error, Kind};

const INTEND: &str = "INSERT INTO eas_outbox (outbox_id, outbox_alias, outbox_devid, \
    outbox_user, outbox_message_id, outbox_state, outbox_holder, outbox_lease, outbox_time) \
    VALUES (?, ?, ?, ?, ?, 0, ?, UNIX_TIMESTAMP() + ?, ?) \
    ON DUPLICATE KEY UPDATE outbox_id = outbox_id";
const LOOK: &str = "SELECT outbox_id, outbox_message_id, outbox_state, outbox_holder, \
    outbox_lease > UNIX_TIMESTAMP() FROM eas_outbox WHERE outbox_id = ? FOR UPDATE";
const LOOK_ALIAS: &str = "SELECT outbox_id, outbox_message_id, outbox_state, outbox_holder, \
    outbox_lease > UNIX_TIMESTAMP() FROM eas_outbox WHERE outbox_alias = ? FOR UPDATE";
const TAKE: &str = "UPDATE eas_outbox SET outbox_holder = ?, \
    outbox_lease = UNIX_TIMESTAMP() + ? WHERE outbox_id = ?";
const RENEW: &str = "UPDATE eas_outbox SET outbox_lease = UNIX_TIMESTAMP() + ? \
    WHERE outbox_id = ? AND outbox_holder = ? AND outbox_state = 0";
const SENT: &str = "UPDATE eas_outbox SET outbox_state = ? WHERE outbox_id = ? \
    AND outbox_state < ?";
const NOT_SENT: &str = "DELETE FROM eas_outbox WHERE outbox_id = ? AND outbox_holder = ? \
    AND outbox_state = 0";
const UNSETTLED: &str = "UPDATE eas_outbox SET outbox_lease = 0 WHERE outbox_id = ? \
    AND outbox_holder = ? AND outbox_state = 0";
const SWEEP: &str = "DELETE FROM eas_outbox WHERE outbox_time < ? LIMIT 1000";

type Row = (Vec<u8>, String, u8, Vec<u8>, bool);

#[async_trait]
impl Outbox for Mysql {
    async fn begin(
        &self,
        owner: &Owner,
        sending: &Sending,
        now: i64,
    ) -> Result<(SendId, Begun), Error> {
        self.sweep_outbox(now).await;
        self.attempt("outbox begin", || async {
            self.try_begin(owner, sending, now).await.map_err(tell_missing)
        })
        .await
    }

    async fn renew(&self, sending: &Sending) -> Result<(), Error> {
        self.attempt("outbox renew", || async {
            let values = (lease(), sending.id.0.as_slice(), sending.holder.as_slice());
            Ok(self.any_conn().await?.exec_drop(RENEW, values).await?)
        })
        .await
    }

    async fn sent(&self, sending: &Sending, is_done: bool) -> Result<(), Error> {
        let state = if is_done { STATE_DONE } else { STATE_SENT };
        self.attempt("outbox sent", || async {
            let values = (state, sending.id.0.as_slice(), state);
            Ok(self.any_conn().await?.exec_drop(SENT, values).await?)
        })
        .await
    }

    async fn not_sent(&self, sending: &Sending) -> Result<(), Error> {
        self.attempt("outbox not sent", || async {
            let values = (sending.id.0.as_slice(), sending.holder.as_slice());
            Ok(self.any_conn().await?.exec_drop(NOT_SENT, values).await?)
        })
        .await
    }

    async fn unsettled(&self, sending: &Sending) -> Result<(), Error> {
        self.attempt("outbox unsettled", || async {
            let values = (sending.id.0.as_slice(), sending.holder.as_slice());
            Ok(self.any_conn().await?.exec_drop(UNSETTLED, values).await?)
        })
        .await
    }
}

impl Mysql {
    async fn try_begin(
        &self,
        owner: &Owner,
        sending: &Sending,
        now: i64,
    ) -> Result<(SendId, Begun), Fault> {
        let mut tx = self.start().await?;
        let holder = sending.holder.as_slice();
        let alias = sending.alias.as_ref().map(|alias| alias.0.as_slice());
        let values = (
            sending.id.0.as_slice(),
            alias,
            &owner.device,
            &owner.user,
            &sending.message_id,
            holder,
            lease(),
            now,
        );
        tx.exec_drop(INTEND, values).await?;
        let mut row: Option<Row> = tx.exec_first(LOOK, (sending.id.0.as_slice(),)).await?;
        if row.is_none() && alias.is_some() {
            row = tx.exec_first(LOOK_ALIAS, (alias,)).await?;
        }
        let gone = || Error::new(Kind::Unavailable, "a row of eas_outbox went as it was made");
        let (id, message_id, state, of, is_held) = row.ok_or_else(gone)?;
        let id = SendId(id.try_into().map_err(|_| gone())?);
        let begun = match state {
            0 if of == holder => Begun::First,
            0 | STATE_SENT if is_held && of != holder => Begun::Busy,
            0 => {
                tx.exec_drop(TAKE, (holder, lease(), id.0.as_slice())).await?;
                Begun::Again(message_id)
            }
            STATE_SENT => {
                tx.exec_drop(TAKE, (holder, lease(), id.0.as_slice())).await?;
                Begun::Sent { message_id, is_done: false }
            }
            _ => Begun::Sent { message_id, is_done: true },
        };
        tx.commit().await?;
        Ok((id, begun))
    }

    /// Lets go of what is too old, a little at a time.
    async fn sweep_outbox(&self, now: i64) {
        let is_time = self.outbox_swept.lock().is_ok_and(|mut swept| {
            let is_time = swept.is_none_or(|swept| swept.elapsed() >= SWEEP_EVERY);
            if is_time {
                *swept = Some(Instant::now());
            }
            is_time
        });
        if !is_time {
            return;
        }
        let oldest = now.saturating_sub(i64::try_from(REMEMBERED.as_secs()).unwrap_or(i64::MAX));
        let swept = self
            .attempt("outbox sweep", || async {
                Ok(self.any_conn().await?.exec_drop(SWEEP, (oldest,)).await?)
            })
            .await;
        if let Err(error) = swept {
            log::debug!("old rows of eas_outbox stay: {error}");
        }
    }
}

/// Says what to do where the table is not there, or not ours to write.
fn tell_missing(fault: Fault) -> Fault {
    match fault {
        Fault::Sql(mysql_async::Error::Server(server))
            if matches!(server.code, 1054 | 1142 | 1146) =>
        {
            let message =
                "eas_outbox is missing, old or not writable: see sql/eas and sql/grants.sql";
            let source = mysql_async::Error::Server(server);
            Error::because(Kind::Unavailable, message, source).into()
        }
        other => other,
    }
}

const fn lease() -> u64 {
    LEASE.as_secs()
}

const STATE_SENT: u8 = 1;
const STATE_DONE: u8 = 2;
/// How often old rows are looked for.
const SWEEP_EVERY: Duration = Duration::from_mins(10);
