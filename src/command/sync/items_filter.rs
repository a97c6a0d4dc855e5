//! FilterType of a folder of Horde's applications: what a client holds, and what leaves and enters.
//!
//! [MS-ASCMD] §2.2.3.68.2

use crate::backend::items::{Extent, ItemRef, Span, Standing};
use crate::command::sync::items::Work;
use crate::command::sync::items_apply::Plan;
use crate::command::sync::outcome::Trouble;
use crate::command::sync::wire::ClientCommand;
use crate::command::sync::wishes;
use crate::delta::filter::{Filter, Mark, Part, Pass};
use crate::delta::items::{Kind, Update};
use crate::eas::class::Class;
use crate::state::held::Held;
use crate::state::map::ItemTimes;
use crate::state::pending::{ItemId, PendingChange, What};

impl Work<'_> {
    /// What of the folder the client wants.
    pub(super) fn filter(&self) -> Filter {
        let filter_type = self.asked.wishes.filter_type;
        let seconds = wishes::filter_seconds(filter_type);
        Filter::of(self.asked.class, filter_type, seconds, self.ctx.now())
    }

    /// What is to leave and to enter.
    pub(super) fn next_pass(&self) -> Pass {
        self.filter().pass(self.mark(), self.ctx.now())
    }

    /// Puts on the list what leaves and what enters.
    pub(super) async fn pass(&mut self, pass: Pass, own: &ItemTimes) -> Result<(), Trouble> {
        match pass {
            Pass::None => return Ok(()),
            Pass::Mark => {}
            Pass::Leave(part) => {
                let mut leaving = self.list(part.into()).await?;
                leaving.retain(|at| self.folder.held.holds(&at.uid));
                self.put_all(leaving, &What::SoftDeleted);
            }
            Pass::Enter(part) => {
                let mut entering = self.list(part.into()).await?;
                entering.retain(|at| !own.any.contains_key(&at.uid));
                self.put_all(entering, &What::Added);
            }
        }
        self.set_mark();
        Ok(())
    }

    /// Begins to write down what the client holds, where its filter leaves something out: of a
    /// folder that is listed for the first time, what it made itself.
    pub(super) fn begin_list(&mut self, own: &ItemTimes) {
        self.folder.held = match self.filter() {
            Filter::Everything => Held::default(),
            Filter::EndingAfter(_) | Filter::Incomplete => {
                let made = own.any.keys().filter(|uid| !own.is_own_delete(uid));
                Held::only(made.map(String::as_str))
            }
        };
    }

    /// The same for a folder of which the client holds some already, since the filter is new or
    /// Horde's own server was asked last: what is in the filter now, but for what is new.
    ///
    /// Of what changed it is not known whether the client holds it. Horde's own server sends all
    /// changes, so it does.
    pub(super) async fn make_list(&mut self, news: &[Update]) -> Result<(), Trouble> {
        let filter = self.filter();
        if filter == Filter::Everything || !self.folder.held.is_unsaid() {
            return Ok(());
        }
        let there = self.list(filter.into()).await?;
        let before = std::mem::take(&mut self.folder.held);
        let there = there.iter().map(|at| at.uid.as_str()).filter(|uid| before.holds(uid));
        let mut held = Held::only(there);
        for update in news {
            match update.kind {
                Kind::Add => held.left(&update.uid),
                Kind::Change => held.came(&update.uid),
                Kind::Remove => {}
            }
        }
        self.folder.held = held;
        Ok(())
    }

    /// Writes down what the client made, changed and deleted: what it deletes it does not hold, be
    /// it that the server keeps it.
    pub(super) fn keep_account(&mut self, plan: &Plan) {
        for command in &self.asked.commands {
            if let ClientCommand::Delete(delete) = command
                && delete.instance_id.is_none()
            {
                self.folder.held.left(delete.server_id.as_str());
            }
        }
        for (uid, is_deleted) in plan.written() {
            if is_deleted {
                self.folder.held.is_gone(uid);
            } else {
                self.folder.held.came(uid);
            }
        }
    }

    /// The items of the folder that are in a part of it.
    pub(super) async fn list(&self, extent: Extent) -> Result<Vec<ItemRef>, Trouble> {
        let (items, account) = (&self.ctx.services.items, self.ctx.account());
        let listing = items.list(account, self.asked.class, &self.place.shares, extent).await?;
        Ok(listing.items)
    }

    /// Writes down that the client has, or will have, what it wants.
    pub(super) fn set_mark(&mut self) {
        let mark = self.filter().mark(self.asked.class, self.ctx.now());
        self.folder.soft_delete_cutoff = mark.cutoff;
        self.folder.soft_delete_at = mark.at;
    }

    /// Whether an item is among those that the client holds or wants.
    pub(super) fn is_wanted(&self, standing: Standing) -> bool {
        match self.asked.class {
            Class::Calendar => self.mark().holds_event(standing.ends),
            Class::Tasks => self.mark().holds_task(standing.completed),
            Class::Contacts | Class::Email | Class::Notes | Class::Sms => true,
        }
    }

    const fn mark(&self) -> Mark {
        Mark { cutoff: self.folder.soft_delete_cutoff, at: self.folder.soft_delete_at }
    }

    fn put_all(&mut self, items: Vec<ItemRef>, what: &What) {
        let mut changes = Vec::with_capacity(items.len());
        for at in items {
            changes.push(PendingChange::new(ItemId::Item(at.uid.clone()), what.clone()));
            self.shares.insert(at.uid, at.share);
        }
        self.put(changes);
    }
}

impl From<Filter> for Extent {
    fn from(filter: Filter) -> Self {
        match filter {
            Filter::Everything => Self::All,
            Filter::EndingAfter(from) => Self::Ending(Span { from: Some(from), to: None }),
            Filter::Incomplete => Self::Completed(false),
        }
    }
}

impl From<Part> for Extent {
    fn from(part: Part) -> Self {
        match part {
            Part::Ending(from, to) => Self::Ending(Span { from, to }),
            Part::Completed => Self::Completed(true),
        }
    }
}
