//! Sync of a folder of Horde's applications: the client's commands, what the history tells, what
//! goes into the answer.
//!
//! All that Horde itself must do, writes and reads, is one call.
//!
//! [MS-ASCMD] §2.2.1.21

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::backend::Kind;
use crate::backend::items::{Batch, Exported, ItemRef};
use crate::command::Context;
use crate::command::sync::Asked;
use crate::command::sync::items_apply::{Plan, ServerSide};
use crate::command::sync::items_shares::Shown;
use crate::command::sync::outcome::{Outcome, Trouble};
use crate::command::sync::place::Place;
use crate::command::sync::wire::Status;
use crate::delta::filter::Pass;
use crate::delta::items::{self as delta, Action, Event, Update};
use crate::state::folder::{CollectionFolder, FolderObject};
use crate::state::map::{ItemAction, ItemChange, ItemTimes};
use crate::state::model::{CollectionState, HistoryAction, HistoryChange, Since};
use crate::state::pending::{ItemId, PendingChange, What};

/// Syncs a folder; what is pending is taken out of its state.
pub(super) async fn sync(
    ctx: &Context<'_>,
    asked: &Asked,
    state: &mut CollectionState,
    window: usize,
) -> Result<Outcome, Trouble> {
    let mut work = Work::new(ctx, asked, state)?;
    let may_look = work.pending.is_empty() && asked.may_look();
    if may_look {
        work.look().await?;
    }
    let mut plan =
        Plan::make(ctx, asked, &work.place, &work.server_side(), work.own.clone()).await?;
    work.pending.retain(|change| !plan.overrules(&change.item));
    let taken = work.take(if asked.wants_changes() { window } else { 0 });
    let n_taken = taken.len();
    let (exported, fetched) = work.call(&mut plan, &taken).await?;
    if may_look && plan.changed_anything() {
        work.look_again(&plan).await?;
    }
    work.keep_account(&plan);
    // What the client wrongly takes for changed or gone goes back to it.
    work.put(plan.take_denied());
    let imported = plan.changed_anything() || !fetched.is_empty();
    let mut responses = plan.into_responses();
    responses.extend(work.fetch_responses(fetched));
    let commands = work.commands(taken, exported);
    Ok(Outcome {
        responses,
        commands,
        n_taken,
        imported,
        stamp: work.stamp,
        folder: FolderObject::Collection(work.folder),
        pending: work.pending.into(),
        told_again: work.told_again,
    })
}

/// How many changes wait for the client, without sending or storing any.
pub(in crate::command) async fn estimate(
    ctx: &Context<'_>,
    asked: &Asked,
    state: &mut CollectionState,
) -> Result<usize, Trouble> {
    let mut work = Work::new(ctx, asked, state)?;
    if work.pending.is_empty() {
        work.look().await?;
    }
    Ok(work.pending.iter().filter(|change| !change.ignore).count())
}

/// A folder while it is synced.
pub(super) struct Work<'a> {
    pub(super) ctx: &'a Context<'a>,
    pub(super) asked: &'a Asked,
    pub(super) place: Place,
    pub(super) folder: CollectionFolder,
    stamp: i64,
    /// The newest number of the history as the row was read; for one look.
    newest: Option<i64>,
    pub(super) pending: Vec<PendingChange>,
    /// Where the items on the list are, as far as the history told.
    pub(super) shares: BTreeMap<String, String>,
    /// The newest number that the history told.
    seen: u64,
    /// What it told of each item.
    pub(super) numbers: BTreeMap<String, i64>,
    /// What the client itself did, once that was looked up.
    pub(super) own: Option<Arc<ItemTimes>>,
    /// What it will tell again, since the stamp stays behind it.
    told_again: Vec<ItemChange>,
}

impl<'a> Work<'a> {
    fn new(
        ctx: &'a Context<'a>,
        asked: &'a Asked,
        state: &mut CollectionState,
    ) -> Result<Self, Trouble> {
        let FolderObject::Collection(folder) = &state.folder else {
            return Err(Trouble::Reset("the row holds no folder of items".to_owned()));
        };
        let place = Place::of(&ctx.account().profile, asked.class, &folder.backend_id)
            .ok_or(Trouble::Status(Status::FolderHierarchyChanged))?;
        Ok(Self {
            ctx,
            asked,
            place,
            folder: folder.clone(),
            stamp: state.stamp,
            newest: state.newest,
            pending: state.take_pending().changes,
            shares: BTreeMap::new(),
            seen: 0,
            numbers: BTreeMap::new(),
            own: None,
            told_again: Vec::new(),
        })
    }

    /// Puts on the list what changed since the stamp, or everything at the first time.
    async fn look(&mut self) -> Result<(), Trouble> {
        let services = self.ctx.services;
        let is_first = self.stamp == 0 && !self.folder.have_initial_sync;
        let pass = if is_first { Pass::None } else { self.next_pass() };
        let since = self.stamp;
        // Before the history: it is asked about the shares that are shown now.
        let shares = if is_first { Shown::Same } else { self.shown().await? };
        let mut news = if is_first { Vec::new() } else { self.history().await? };
        if news.is_empty() && !is_first && pass == Pass::None && matches!(shares, Shown::Same) {
            return Ok(());
        }
        let key = self.asked.presented_key()?;
        let own = services.maps.times(&self.ctx.owner, &self.place.backend_id, &key).await?;
        let own = Arc::clone(self.own.insert(Arc::new(own)));
        if is_first {
            let stamp = services.history.stamp(self.ctx.now()).await?;
            for at in self.list(self.filter().into()).await? {
                // Several shares may have it: the first is where it is read.
                if !own.any.contains_key(&at.uid) && !self.shares.contains_key(&at.uid) {
                    if self.place.shares.len() > 1 {
                        self.shares.insert(at.uid.clone(), at.share);
                    }
                    self.pending.push(PendingChange::new(ItemId::Item(at.uid), What::Listed));
                }
            }
            self.stamp = stamp;
            self.folder.have_initial_sync = true;
            self.set_mark();
            self.begin_list(&own);
            self.folder.shares = self.place.shown();
            // The listing may be older or newer than what the history tells now.
            let mut news = self.history().await?;
            // Seldom any, so that the long list has no index.
            let there = self.pending.iter().filter(|_| !news.is_empty());
            let listed: BTreeSet<String> = there.map(|change| change.item.to_string()).collect();
            news.retain(|update| {
                let is_listed = listed.contains(&update.uid);
                let is_news = is_listed == (update.kind == delta::Kind::Remove);
                is_news && !is_own(&own, update)
            });
            self.put_updates(news);
            return Ok(());
        }
        news.retain(|update| !is_own(&own, update));
        for update in &mut news {
            // What was told already, or came from the client, is there: a stamp that stayed behind
            // sees its beginning once more.
            let is_there = own.any.contains_key(&update.uid) && !own.is_own_delete(&update.uid);
            if is_there && update.kind == delta::Kind::Add {
                update.kind = delta::Kind::Change;
            }
        }
        self.make_list(&news).await?;
        self.put_updates(news);
        self.pass(pass, &own).await?;
        self.follow(shares, since, &own).await
    }

    /// Puts on the list what others changed while our own changes were made.
    async fn look_again(&mut self, plan: &Plan) -> Result<(), Trouble> {
        let mut news = self.history().await?;
        news.retain(|update| {
            !plan.is_own(&update.uid, update.mod_seq, update.kind == delta::Kind::Remove)
        });
        self.put_updates(news);
        Ok(())
    }

    async fn history(&mut self) -> Result<Vec<Update>, Trouble> {
        let history = &self.ctx.services.history;
        let (parents, now) = (self.place.parents(), self.ctx.now());
        let since = |newest| Since { stamp: self.stamp, newest };
        let mut found = history.changes(&parents, since(self.newest.take()), now).await?;
        for pause in PAUSES_FOR_WRITERS {
            if found.changes.iter().all(|change| change.mod_seq <= found.stamp) {
                break;
            }
            sleep(pause).await;
            found = history.changes(&parents, since(None), now).await?;
        }
        self.stamp = found.stamp;
        let changes = found.changes.into_iter().map(|change| self.place.event(change));
        let mut updates = delta::collapse(changes);
        self.told_again = updates.iter().filter_map(|it| it.as_change(found.stamp)).collect();
        let seen = self.seen;
        self.seen = updates.iter().map(|update| update.mod_seq).max().unwrap_or(0).max(seen);
        updates.retain(|update| update.mod_seq > seen);
        Ok(updates)
    }

    fn put_updates(&mut self, updates: Vec<Update>) {
        let mut changes = Vec::with_capacity(updates.len());
        for update in updates {
            let what = match update.kind {
                delta::Kind::Add => What::Added,
                delta::Kind::Change => What::Changed,
                delta::Kind::Remove => What::Deleted,
            };
            let number = i64::try_from(update.mod_seq).unwrap_or(i64::MAX);
            self.numbers.insert(update.uid.clone(), number);
            self.shares.insert(update.uid.clone(), update.share);
            changes.push(PendingChange::new(ItemId::Item(update.uid), what));
        }
        self.put(changes);
    }

    /// Puts changes at the end of the list, in the place of what it has of the same items.
    pub(super) fn put(&mut self, mut changes: Vec<PendingChange>) {
        let items: BTreeSet<&ItemId> = changes.iter().map(|change| &change.item).collect();
        let mut new = BTreeSet::new();
        self.pending.retain(|change| {
            let stays = !items.contains(&change.item);
            if !stays && matches!(change.what, What::Listed | What::Added) {
                new.insert(change.item.clone());
            }
            stays
        });
        for change in &mut changes {
            // What changes while it waits to be sent for the first time is still new.
            if change.what == What::Changed && new.contains(&change.item) {
                change.what = What::Added;
            }
        }
        self.pending.extend(changes);
    }

    /// What the server did to items that the client may want to change too.
    fn server_side(&self) -> BTreeMap<String, ServerSide> {
        if self.asked.commands.is_empty() {
            return BTreeMap::new();
        }
        self.pending
            .iter()
            .filter_map(|change| {
                let ItemId::Item(uid) = &change.item else { return None };
                let side = match change.what {
                    What::Deleted => ServerSide::Deleted,
                    What::Changed | What::Added => ServerSide::Changed,
                    What::Listed | What::Draft(_) | What::Flags(_) | What::SoftDeleted => {
                        return None;
                    }
                };
                Some((uid.clone(), side))
            })
            .collect()
    }

    fn take(&mut self, limit: usize) -> Vec<PendingChange> {
        let n_taken = self.pending.len().min(limit);
        self.pending.drain(..n_taken).filter(|change| !change.ignore).collect()
    }

    fn at(&self, uid: &str) -> ItemRef {
        match self.shares.get(uid) {
            Some(share) => ItemRef { share: share.clone(), uid: uid.to_owned() },
            None => self.place.at(uid),
        }
    }

    /// The one call: writes, then reads; what was written is recorded at once.
    async fn call(
        &self,
        plan: &mut Plan,
        taken: &[PendingChange],
    ) -> Result<(Vec<Exported>, Vec<Exported>), Trouble> {
        let mut export: Vec<ItemRef> = taken
            .iter()
            .filter(|change| !matches!(change.what, What::Deleted | What::SoftDeleted))
            .filter_map(|change| match &change.item {
                ItemId::Item(uid) => Some(self.at(uid)),
                ItemId::Mail(_) => None,
            })
            .collect();
        let n_changes = export.len();
        export.extend(plan.fetches.iter().map(|uid| self.at(uid)));
        let n_wanted = export.len();
        export.extend(plan.doubtful.iter().map(|one| self.at(one.server_id.as_str())));
        let operations = plan.operations();
        if export.is_empty() && operations.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let batch = Batch {
            version: self.ctx.version(),
            shares: self.place.shares.clone(),
            operations,
            export,
        };
        let outcome =
            self.ctx.services.items.sync(self.ctx.account(), self.asked.class, batch).await?;
        plan.settle(self.ctx, self.asked, &self.place, self.stamp, outcome.applied).await?;
        let mut exported = outcome.exported;
        if let Some(error) = exported.iter().find_map(|one| match &one.item {
            Err(error) if error.kind == Kind::Unavailable => Some(error.message.clone()),
            Ok(_) | Err(_) => None,
        }) {
            return Err(crate::backend::Error::new(Kind::Unavailable, error).into());
        }
        plan.judge(exported.split_off(n_wanted.min(exported.len())), self.ctx.version());
        let fetched = exported.split_off(n_changes.min(exported.len()));
        Ok((exported, fetched))
    }
}

impl Update {
    /// The update as if the client had made it, when the stamp stays behind it.
    ///
    /// So we tell it once; Horde's own server may tell it again where it was modified, see
    /// `ItemAction::Change`.
    fn as_change(&self, stamp: i64) -> Option<ItemChange> {
        let mod_seq = i64::try_from(self.mod_seq).ok().filter(|number| *number > stamp)?;
        let action = match self.kind {
            delta::Kind::Add if !self.modified => ItemAction::told(),
            delta::Kind::Add | delta::Kind::Change => ItemAction::Change,
            delta::Kind::Remove => ItemAction::Delete,
        };
        Some(ItemChange { uid: self.uid.clone(), mod_seq, action })
    }
}

fn is_own(own: &ItemTimes, update: &Update) -> bool {
    match update.kind {
        delta::Kind::Remove => own.is_own_delete(&update.uid),
        delta::Kind::Add | delta::Kind::Change => {
            own.is_own_change(&update.uid, i64::try_from(update.mod_seq).unwrap_or(i64::MAX))
        }
    }
}

impl Place {
    /// A row of the history as an event in one of the folder's shares.
    pub(super) fn event(&self, change: HistoryChange) -> Event {
        Event {
            share: self.share_of(&change.parent).to_owned(),
            uid: change.uid,
            action: match change.action {
                HistoryAction::Add => Action::Add,
                HistoryAction::Modify => Action::Modify,
                HistoryAction::Delete => Action::Delete,
            },
            mod_seq: u64::try_from(change.mod_seq).unwrap_or_default(),
        }
    }
}

/// How long another writer, who has his number, is waited for: mostly his row is there at once,
/// and the stamp need not stay behind.
const PAUSES_FOR_WRITERS: [Duration; 4] = [
    Duration::from_millis(5),
    Duration::from_millis(15),
    Duration::from_millis(40),
    Duration::from_millis(90),
];
