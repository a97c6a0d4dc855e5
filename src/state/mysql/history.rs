//! `horde_histories`: what changed in Horde's applications.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use async_trait::async_trait;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::state::model::{HistoryAction, HistoryChange, HistoryChanges, Since};
use crate::state::mysql::{Fault, Mysql};
use crate::state::{Error, History, Kind};

const HIGHEST: &str = "SELECT MAX(history_modseq) FROM horde_histories";
const ALLOCATED: &str = "SELECT MAX(history_modseq) FROM horde_histories_modseq";
const YOUNGEST: &str = "SELECT MIN(history_modseq) FROM horde_histories \
    WHERE history_ts >= ? AND history_modseq <= ?";
const BELOW: &str = "SELECT MAX(history_modseq) FROM horde_histories WHERE history_modseq < ?";
const PRESENT: &str = "SELECT history_modseq FROM horde_histories \
    WHERE history_modseq > ? AND history_modseq <= ? ORDER BY history_modseq LIMIT 10000";
const CHANGES: &str = "SELECT object_uid, history_action, history_modseq FROM horde_histories \
    WHERE history_modseq > ? AND history_modseq <= ? \
    AND history_action IN ('add', 'modify', 'delete') AND object_uid LIKE ? ESCAPE '|'";
const MODIFIED: &str = "SELECT MAX(history_modseq) FROM horde_histories \
    WHERE object_uid = ? AND history_action = 'modify'";

/// Object, action, number.
type ChangeRow = (String, String, i64);

#[async_trait]
impl History for Mysql {
    async fn stamp(&self, now: i64) -> Result<i64, Error> {
        self.attempt("history stamp", || async {
            let mut conn = self.any_conn().await?;
            let highest = highest(&mut conn).await?.unwrap_or(0);
            self.held_back(&mut conn, highest, now).await
        })
        .await
    }

    async fn changes(
        &self,
        parents: &[String],
        since: Since,
        now: i64,
    ) -> Result<HistoryChanges, Error> {
        let stamp = since.stamp;
        self.attempt("history changes", || async {
            if let Some(newest) = since.newest
                && self.is_quiet(parents, stamp, newest).await?
            {
                self.note_allocated(now, newest);
                return Ok(HistoryChanges { changes: Vec::new(), stamp });
            }
            self.try_changes(parents, stamp, now).await
        })
        .await
    }

    async fn modified(&self, guids: &[String]) -> Result<BTreeMap<String, i64>, Error> {
        self.attempt("history of an item", || async {
            let mut conn = self.any_conn().await?;
            let mut found = BTreeMap::new();
            for guid in guids {
                let number: Option<Option<i64>> = conn.exec_first(MODIFIED, (guid,)).await?;
                found.insert(guid.clone(), number.flatten().unwrap_or(0));
            }
            Ok(found)
        })
        .await
    }
}

impl Mysql {
    async fn try_changes(
        &self,
        parents: &[String],
        since: i64,
        now: i64,
    ) -> Result<HistoryChanges, Fault> {
        let rows: Vec<Option<i64>> = self.look_anywhere(HIGHEST, ()).await?;
        let mut conn = None;
        let highest = match rows.into_iter().next().flatten() {
            Some(highest) => Some(highest),
            None => allocated(conn.insert(self.any_conn().await?)).await?,
        };
        let is_backwards = highest.is_none_or(|highest| {
            since.checked_sub(highest).is_some_and(|behind| behind > FAR_BEHIND)
        });
        if since != 0 && is_backwards {
            return Err(Error::new(Kind::Stale, "the history is far behind the stamp").into());
        }
        let highest = highest.unwrap_or(0);
        if highest == since {
            // Nearly every question of a waiting phone ends here.
            self.note_allocated(now, highest);
            return Ok(HistoryChanges { changes: Vec::new(), stamp: since });
        }
        // The order matters: what appears after the look at the holes must still be found.
        let mut conn = match conn {
            Some(conn) => conn,
            None => self.any_conn().await?,
        };
        let held = self.held_back(&mut conn, highest, now).await?;
        let mut changes = Vec::new();
        for parent in parents.iter().filter(|_| highest > since) {
            let values = (since, highest, pattern(parent));
            let rows: Vec<ChangeRow> = conn.exec(CHANGES, values).await?;
            changes.extend(rows.into_iter().filter_map(|row| change(parent, row)));
        }
        changes.sort_by_key(|change| change.mod_seq);
        // A history that went back a little (a restored database) takes the stamp along.
        let stamp = if highest < since { highest } else { held.max(since) };
        Ok(HistoryChanges { changes, stamp })
    }

    /// Whether little happened since the stamp, and none of it under the parents: then the stamp
    /// may stay, and nobody needs to know which numbers are missing.
    async fn is_quiet(&self, parents: &[String], stamp: i64, newest: i64) -> Result<bool, Fault> {
        if newest == stamp {
            return Ok(true);
        }
        if !(stamp..=stamp.saturating_add(LITTLE)).contains(&newest) {
            return Ok(false);
        }
        for parent in parents {
            let values = (stamp, newest, pattern(parent));
            let rows: Vec<ChangeRow> = self.look_anywhere(CHANGES, values).await?;
            if !rows.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn note_allocated(&self, now: i64, allocated: i64) -> i64 {
        self.allocations.lock().map_or(0, |mut allocations| allocations.note(now, allocated))
    }

    /// The highest number that has no hole before it in which a change may still appear.
    ///
    /// PHP takes a number and writes its row a moment later, so a lower number may become visible
    /// after a higher one.
    /// Holes that are older than two seconds stay holes: their rows were replaced.
    async fn held_back(&self, conn: &mut Conn, highest: i64, now: i64) -> Result<i64, Fault> {
        let allocated: Option<Option<i64>> = conn.query_first(ALLOCATED).await?;
        let allocated = allocated.flatten().unwrap_or(0).max(highest);
        let settled = self.note_allocated(now, allocated);
        let young = now.saturating_sub(YOUNG_SECONDS);
        let youngest: Option<Option<i64>> = conn.exec_first(YOUNGEST, (young, highest)).await?;
        let Some(youngest) = youngest.flatten() else { return Ok(highest) };
        let below: Option<Option<i64>> = conn.exec_first(BELOW, (youngest,)).await?;
        // Where nothing lies below, the history begins here.
        let floor = below.flatten().unwrap_or_else(|| youngest.saturating_sub(1)).max(settled);
        let present: Vec<i64> = conn.exec(PRESENT, (floor, highest)).await?;
        let present: BTreeSet<i64> = present.into_iter().collect();
        let mut stamp = floor;
        for number in present {
            if number > stamp.saturating_add(1) {
                return Ok(stamp);
            }
            stamp = number;
        }
        Ok(highest)
    }
}

/// Which numbers had been given out at some moments past.
#[derive(Debug, Default)]
pub(super) struct Allocations(VecDeque<(i64, i64)>);

impl Allocations {
    /// Notes the highest number given out now; tells the highest that was given out more than
    /// two seconds ago, 0 when nobody looked.
    fn note(&mut self, now: i64, allocated: i64) -> i64 {
        // A clock or a history that went back makes all notes worthless.
        let went_back = |number: i64| number.saturating_sub(allocated) > AHEAD;
        if self.0.back().is_some_and(|(at, number)| *at > now || went_back(*number)) {
            self.0.clear();
        }
        let allocated = self.0.back().map_or(allocated, |(_, number)| allocated.max(*number));
        match self.0.back_mut() {
            Some(last) if last.0 == now => last.1 = allocated,
            _ => self.0.push_back((now, allocated)),
        }
        // Times are whole seconds, so two of them may be little more than one.
        let is_settled = |at: i64| at < now.saturating_sub(YOUNG_SECONDS);
        while self.0.get(1).is_some_and(|(at, _)| is_settled(*at)) {
            self.0.pop_front();
        }
        self.0.front().filter(|(at, _)| is_settled(*at)).map_or(0, |(_, number)| *number)
    }
}

async fn highest(conn: &mut Conn) -> Result<Option<i64>, mysql_async::Error> {
    let highest: Option<Option<i64>> = conn.query_first(HIGHEST).await?;
    if let Some(highest) = highest.flatten() {
        return Ok(Some(highest));
    }
    allocated(conn).await
}

async fn allocated(conn: &mut Conn) -> Result<Option<i64>, mysql_async::Error> {
    let allocated: Option<Option<i64>> = conn.query_first(ALLOCATED).await?;
    Ok(allocated.flatten())
}

/// A LIKE pattern of everything under a parent.
fn pattern(parent: &str) -> String {
    let mut pattern = String::with_capacity(parent.len().saturating_add(2));
    for char in parent.chars() {
        if matches!(char, '%' | '_' | '|') {
            pattern.push('|');
        }
        pattern.push(char);
    }
    pattern.push_str(":%");
    pattern
}

fn change(parent: &str, (object, action, mod_seq): ChangeRow) -> Option<HistoryChange> {
    let action = match action.as_str() {
        "add" => HistoryAction::Add,
        "modify" => HistoryAction::Modify,
        "delete" => HistoryAction::Delete,
        _ => return None,
    };
    // The database said that the object begins with the parent, in whatever case.
    let uid = object.get(parent.len().checked_add(1)?..)?.to_owned();
    Some(HistoryChange { parent: parent.to_owned(), uid, action, mod_seq })
}

/// Rows younger than this may have elder neighbours that are not visible yet.
const YOUNG_SECONDS: i64 = 2;
/// So many numbers may be given out whose rows are not there yet; Horde's counter keeps 25.
const AHEAD: i64 = 1_000;
/// So many entries cost less to look through than it costs to move the stamp behind them.
const LITTLE: i64 = 500;
/// So far behind the stamp, the history is another one.
const FAR_BEHIND: i64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use crate::state::mysql::history::{Allocations, pattern};

    #[test]
    fn wildcards_are_escaped() {
        assert_eq!(pattern("turba:a_b%c|d"), "turba:a|_b|%c||d:%");
    }

    #[test]
    fn numbers_settle_after_two_seconds() {
        let mut seen = Allocations::default();
        assert_eq!(seen.note(100, 7), 0);
        assert_eq!(seen.note(102, 9), 0);
        assert_eq!(seen.note(103, 9), 7);
        assert_eq!(seen.note(105, 12), 9);
        assert_eq!(seen.note(200, 13), 12);
        assert_eq!(seen.note(204, 11), 13);
        assert_eq!(seen.note(190, 11), 0);
        assert_eq!(seen.note(290, 5_000), 11);
        assert_eq!(seen.note(390, 7), 0);
    }
}
