//! Which shares are behind a folder that shows several as one: when others are than the client was
//! shown, what they hold comes and goes.
//!
//! What the client was shown stands in the row of its key, so it is as old as the key, whatever
//! answer was lost. Horde's own server leaves that out of the rows that it writes: for a client that
//! comes back from there it stands in its record too. What Horde sent of shares that came meanwhile
//! is not known: then the folder begins again.
//! What a share holds that is not shown any more is listed, and deleted on the client. A share that
//! the user may not read any more can not be listed: then the folder begins again (Status 3), and
//! no other does.
//!
//! Horde: tells nothing of it; what was in the share stays on the client, and what is in a new one
//! comes when it is changed.

use std::collections::BTreeSet;

use crate::backend::items::Extent;
use crate::command::sync::items::Work;
use crate::command::sync::outcome::Trouble;
use crate::command::sync::place::Place;
use crate::command::sync::wire::Status;
use crate::delta::items::{self as delta, Kind};
use crate::state::map::ItemTimes;
use crate::state::pending::{ItemId, PendingChange, What};

/// The shares of a folder against those that the client was shown.
pub(super) enum Shown {
    /// The same, or nobody wrote down which: they are from now on.
    Same,
    /// Others.
    Changed {
        /// Shares that the client was not shown.
        came: BTreeSet<String>,
        /// Shares that are not behind the folder any more, and can be read.
        gone: Vec<String>,
    },
}

impl Work<'_> {
    /// Whether other shares are behind the folder now.
    pub(super) async fn shown(&mut self) -> Result<Shown, Trouble> {
        let in_row = self.folder.shares.clone();
        let is_back = in_row.is_none();
        let known = in_row.or_else(|| self.shown_before());
        if !self.place.differs(known.as_ref()) {
            self.folder.shares = self.place.shown();
            return Ok(Shown::Same);
        }
        // What is known of the user may be some minutes old, and older than what another server
        // showed the client.
        let account = self.ctx.services.accounts.refresh(&self.ctx.account().credentials).await?;
        self.place = Place::of(&account.profile, self.asked.class, &self.folder.backend_id)
            .ok_or(Trouble::Status(Status::FolderHierarchyChanged))?;
        let (Some(known), Some(now)) = (known, self.place.shown()) else {
            return Ok(Shown::Same);
        };
        let (known, now): (BTreeSet<_>, BTreeSet<_>) =
            (known.into_iter().collect(), now.into_iter().collect());
        let came: BTreeSet<String> = now.difference(&known).cloned().collect();
        let gone: Vec<String> = known.difference(&now).cloned().collect();
        if came.is_empty() && gone.is_empty() {
            return Ok(Shown::Same);
        }
        let shares = account.profile.shares(self.asked.class);
        let is_readable = |id: &String| {
            shares.is_some_and(|all| all.all.iter().any(|share| &share.id == id && share.readable))
        };
        if !gone.iter().all(is_readable) || (is_back && !came.is_empty()) {
            // What the client sends is taken first: it may have no other copy.
            if !self.asked.commands.is_empty() {
                return Ok(Shown::Same);
            }
            return Err(Trouble::Reset(
                "other shares are shown, and what they hold is unknown".to_owned(),
            ));
        }
        log::info!(
            "Folder shows other shares user={} device={} collection={} came={} gone={}",
            self.ctx.owner.user,
            self.ctx.owner.device,
            self.asked.uid,
            came.len(),
            gone.len(),
        );
        Ok(Shown::Changed { came, gone })
    }

    /// What we showed the client before it went to Horde's own server.
    fn shown_before(&self) -> Option<Vec<String>> {
        let (cache, key) = (self.ctx.cache.as_ref()?, self.asked.key.as_ref()?);
        cache.shown_shares(&self.asked.uid, key.series())
    }

    /// Puts on the list what came and went with the shares; `since` is the stamp up to which the
    /// client knows what was in them.
    pub(super) async fn follow(
        &mut self,
        shares: Shown,
        since: i64,
        own: &ItemTimes,
    ) -> Result<(), Trouble> {
        let Shown::Changed { came, gone } = shares else { return Ok(()) };
        let mut changes = Vec::new();
        let mut there = BTreeSet::new();
        let mut new = Vec::new();
        for at in self.list(self.filter().into()).await? {
            if came.contains(&at.share) {
                new.push(at);
            } else {
                there.insert(at.uid);
            }
        }
        // An invitation may be in the calendars of all who got it, under one uid: on the client it
        // is one event.
        let mut seen = there.clone();
        for at in new {
            if seen.insert(at.uid.clone()) && !own.any.contains_key(&at.uid) {
                changes.push(PendingChange::new(ItemId::Item(at.uid.clone()), What::Added));
                self.shares.insert(at.uid, at.share);
            }
        }
        for uid in self.held_in(&gone, since).await? {
            let what = if seen.contains(&uid) { What::Changed } else { What::Deleted };
            changes.push(PendingChange::new(ItemId::Item(uid), what));
        }
        self.put(changes);
        self.folder.shares = self.place.shown();
        Ok(())
    }

    /// What the client may have of shares that are not shown any more: what they hold, and what
    /// left them since.
    async fn held_in(&self, gone: &[String], since: i64) -> Result<BTreeSet<String>, Trouble> {
        if gone.is_empty() {
            return Ok(BTreeSet::new());
        }
        let services = self.ctx.services;
        let (account, class) = (self.ctx.account(), self.asked.class);
        let listing = services.items.list(account, class, gone, Extent::All).await?;
        let mut held: BTreeSet<String> = listing.items.into_iter().map(|at| at.uid).collect();
        let parents = self.place.parents_of(gone);
        let found = services.history.changes(&parents, since.into(), self.ctx.now()).await?;
        let left =
            delta::collapse(found.changes.into_iter().map(|change| self.place.event(change)));
        held.extend(left.into_iter().filter(|it| it.kind == Kind::Remove).map(|it| it.uid));
        Ok(held)
    }
}
