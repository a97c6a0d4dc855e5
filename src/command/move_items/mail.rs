//! Moves between two mailboxes, exactly once.
//!
//! Before a message is moved, an intent says what it looks like and from which uid on it will be
//! found in the other mailbox.
//! A request that finds an intent without its end looks there: whoever made it may have been killed
//! at any moment.

use std::collections::{BTreeMap, BTreeSet};

use crate::backend::mail::{Mark, Standing};
use crate::backend::{self, Kind};
use crate::command::move_items::{Status, Way};
use crate::command::{Context, Error};
use crate::state::cache::SyncCache;
use crate::state::key::StateKey;
use crate::state::map::{MailAction, MailChange};
use crate::state::moves::{Hold, Intent, Place};

/// What came of each message: its new uid, or why it has none.
pub(super) type Moved = BTreeMap<u32, Result<u32, Status>>;

/// Moves messages; the uids are all different.
pub(super) async fn run(
    ctx: &Context<'_>,
    cache: &SyncCache,
    way: &Way,
    imap_uids: &[u32],
) -> Result<Moved, Error> {
    let all = |status: Status| imap_uids.iter().map(|uid| (*uid, Err(status))).collect();
    let services = ctx.services;
    let Some(hold) = services.moves.hold(&ctx.owner.user, &way.source).await? else {
        return Ok(all(Status::Locked));
    };
    let standing =
        services.mail.before_move(ctx.account(), &way.source, imap_uids, &way.target).await;
    let standing = match standing {
        Ok(standing) => standing,
        Err(error) => return refusal(error, Status::InvalidSource).map(all),
    };
    let Some(target) = standing.target else { return Ok(all(Status::InvalidTarget)) };
    let place = |mailbox: &str, uid_validity: u32| Place {
        user: ctx.owner.user.clone(),
        mailbox: mailbox.to_owned(),
        uid_validity,
    };
    let job = Job {
        ctx,
        cache,
        way,
        source: place(&way.source, standing.uid_validity),
        target: place(&way.target, target.uid_validity),
        standing,
        hold,
    };
    job.run(imap_uids, target.uid_next).await
}

/// A move while it is made.
struct Job<'a> {
    ctx: &'a Context<'a>,
    cache: &'a SyncCache,
    way: &'a Way,
    source: Place,
    target: Place,
    standing: Standing,
    hold: Hold,
}

impl Job<'_> {
    async fn run(&self, imap_uids: &[u32], uid_next: u32) -> Result<Moved, Error> {
        let mut moved = Moved::new();
        let mut unsettled = Vec::new();
        let mut fresh = Vec::new();
        let moves = &self.ctx.services.moves;
        let remembered = moves.load(&self.source, imap_uids, &self.target).await?;
        let remembered: BTreeMap<u32, _> =
            remembered.into_iter().map(|one| (one.intent.imap_uid, one)).collect();
        for &imap_uid in imap_uids {
            let is_there = self.standing.messages.contains_key(&imap_uid);
            match remembered.get(&imap_uid) {
                Some(known) if known.same_target => match known.intent.new_uid {
                    Some(new_uid) => drop(moved.insert(imap_uid, Ok(new_uid))),
                    None => unsettled.push(known.intent.clone()),
                },
                _ if is_there => fresh.push(imap_uid),
                _ => drop(moved.insert(imap_uid, Err(Status::InvalidSource))),
            }
        }
        for (imap_uid, found) in self.settle(&unsettled).await? {
            match found {
                Some(new_uid) => drop(moved.insert(imap_uid, Ok(new_uid))),
                None if self.standing.messages.contains_key(&imap_uid) => fresh.push(imap_uid),
                None => drop(moved.insert(imap_uid, Err(Status::InvalidSource))),
            }
        }
        if !fresh.is_empty() {
            moved.extend(self.make(&fresh, uid_next).await?);
        }
        Ok(moved)
    }

    /// Makes moves, and remembers them before and after.
    async fn make(&self, imap_uids: &[u32], target_next: u32) -> Result<Moved, Error> {
        let services = self.ctx.services;
        let intents: Vec<Intent> = imap_uids
            .iter()
            .filter_map(|&imap_uid| {
                let mark = *self.standing.messages.get(&imap_uid)?;
                Some(Intent { imap_uid, target_next, mark, new_uid: None })
            })
            .collect();
        services.moves.intend(&self.source, &self.target, &intents, self.ctx.now()).await?;
        let (from, to) = (&self.source.mailbox, &self.target.mailbox);
        let hold = Some(Hold::clone(&self.hold));
        let answer = services.mail.move_to(self.ctx.account(), from, imap_uids, to, hold).await;
        let mut told = match answer {
            Ok(told) => told,
            Err(error) => {
                let status = refusal(error, Status::InvalidTarget)?;
                return Ok(imap_uids.iter().map(|uid| (*uid, Err(status))).collect());
            }
        };
        // A server that does not tell has moved them nevertheless.
        let untold = |intent: &&Intent| told.get(&intent.imap_uid) == Some(&None);
        let silent: Vec<Intent> = intents.iter().filter(untold).cloned().collect();
        for (imap_uid, new_uid) in self.find(&silent).await? {
            told.insert(imap_uid, new_uid);
        }
        let known: Vec<(u32, u32)> =
            told.iter().filter_map(|(uid, new_uid)| Some((*uid, (*new_uid)?))).collect();
        self.record(&known).await?;
        Ok(imap_uids
            .iter()
            .map(|uid| (*uid, told.get(uid).copied().flatten().ok_or(Status::InvalidSource)))
            .collect())
    }

    /// The ends of moves that others began: the new uids of those that were made.
    async fn settle(&self, intents: &[Intent]) -> Result<BTreeMap<u32, Option<u32>>, Error> {
        let found = self.find(intents).await?;
        let known: Vec<(u32, u32)> =
            found.iter().filter_map(|(uid, new_uid)| Some((*uid, (*new_uid)?))).collect();
        // A copy was made, and its maker did not come to the end of it.
        let halves: Vec<u32> = known
            .iter()
            .map(|(uid, _)| *uid)
            .filter(|uid| self.standing.messages.contains_key(uid))
            .collect();
        if !halves.is_empty() {
            let mail = &self.ctx.services.mail;
            mail.delete(self.ctx.account(), &self.source.mailbox, &halves).await?;
        }
        if !known.is_empty() {
            log::info!(
                "Moves found that were not answered user={} device={} number={}",
                self.ctx.owner.user,
                self.ctx.owner.device,
                known.len(),
            );
        }
        self.record(&known).await?;
        Ok(found)
    }

    /// Looks for the messages in the mailbox that took them.
    async fn find(&self, intents: &[Intent]) -> Result<BTreeMap<u32, Option<u32>>, Error> {
        let Some(from) = intents.iter().map(|intent| intent.target_next).min() else {
            return Ok(BTreeMap::new());
        };
        let services = self.ctx.services;
        let seen = services.mail.marks(self.ctx.account(), &self.target.mailbox, from).await?;
        let taken = services.moves.arrived(&self.target, from).await?;
        Ok(pair(intents, &seen, taken))
    }

    /// Remembers new uids, and that the messages came from this client.
    async fn record(&self, known: &[(u32, u32)]) -> Result<(), Error> {
        if known.is_empty() {
            return Ok(());
        }
        let services = self.ctx.services;
        let synced = self.cache.collection(&self.way.target_id);
        let key = synced.and_then(|synced| StateKey::parse(&synced.last_sync_key?));
        if let Some(key) = key {
            let arrived: Vec<MailChange> = known
                .iter()
                .map(|&(_, imap_uid)| MailChange { imap_uid, action: MailAction::MovedHere })
                .collect();
            let (owner, mailbox) = (&self.ctx.owner, &self.target.mailbox);
            services.maps.record_mail(owner, mailbox, &key, &arrived).await?;
        }
        services.moves.done(&self.source, known).await?;
        Ok(())
    }
}

/// Gives each message the first uid with its mark that no other has.
fn pair(
    intents: &[Intent],
    seen: &[(u32, Mark)],
    mut taken: BTreeSet<u32>,
) -> BTreeMap<u32, Option<u32>> {
    let mut found = BTreeMap::new();
    for intent in intents {
        let new_uid = seen
            .iter()
            .filter(|(uid, mark)| *uid >= intent.target_next && *mark == intent.mark)
            .map(|(uid, _)| *uid)
            .find(|uid| !taken.contains(uid));
        taken.extend(new_uid);
        found.insert(intent.imap_uid, new_uid);
    }
    found
}

/// The Status of an error; a server that does not answer fails the request.
fn refusal(error: backend::Error, gone: Status) -> Result<Status, Error> {
    match error.kind {
        Kind::Gone | Kind::NotFound => Ok(gone),
        Kind::Refused | Kind::Unavailable => Err(error.into()),
        Kind::Broken
        | Kind::Conflict
        | Kind::Denied
        | Kind::Invalid
        | Kind::TooLarge
        | Kind::Unsupported => Ok(Status::Failed),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::command::move_items::mail::pair;
    use crate::state::moves::Intent;

    fn intent(imap_uid: u32, target_next: u32, mark: u8) -> Intent {
        Intent { imap_uid, target_next, mark: [mark; 32], new_uid: None }
    }

    #[test]
    fn two_copies_of_a_message_get_a_uid_each() {
        let intents = [intent(3, 10, 1), intent(4, 10, 1), intent(5, 10, 1), intent(6, 12, 2)];
        let seen = [(9, [1; 32]), (10, [1; 32]), (11, [2; 32]), (12, [1; 32]), (13, [1; 32])];
        let found = pair(&intents, &seen, BTreeSet::from([10]));
        assert_eq!(found.get(&3), Some(&Some(12)));
        assert_eq!(found.get(&4), Some(&Some(13)));
        assert_eq!(found.get(&5), Some(&None));
        assert_eq!(found.get(&6), Some(&None));
    }
}
