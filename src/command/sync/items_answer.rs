//! A folder of Horde's applications as it goes into the answer: the server's changes, and the items
//! that the client asked for.
//!
//! [MS-ASCMD] §2.2.3.32

use std::collections::{BTreeMap, BTreeSet};

use crate::backend::Kind;
use crate::backend::items::Exported;
use crate::command::sync::item_body;
use crate::command::sync::items::Work;
use crate::command::sync::wire::{ServerCommand, ServerDelete, ServerItem, ServerResponse};
use crate::eas::class::{ApplicationData, Item};
use crate::eas::ids::ServerId;
use crate::state::pending::{ItemId, PendingChange, What};

/// What was read, by the uid under which the client knows it.
#[derive(Default)]
struct Read {
    items: BTreeMap<String, Box<Item>>,
    /// What the client's filter leaves out.
    unwanted: BTreeSet<String>,
    /// What is there and can not be read.
    broken: BTreeSet<String>,
    /// The series of each instance.
    bases: BTreeMap<String, String>,
}

impl Work<'_> {
    /// The server's changes as they go into the answer, and are written down as held.
    pub(super) fn commands(
        &mut self,
        taken: Vec<PendingChange>,
        exported: Vec<Exported>,
    ) -> Vec<ServerCommand> {
        let mut read = self.read(exported);
        let taken = self.in_series(taken, &read.bases);
        taken.into_iter().filter_map(|(uid, what)| self.command(&uid, &what, &mut read)).collect()
    }

    /// One change as the client must be told: what it does not hold can not change for it.
    ///
    /// An item that can not be read any more stays as the client has it.
    fn command(&mut self, uid: &str, what: &What, read: &mut Read) -> Option<ServerCommand> {
        let server_id = ServerId::from(uid);
        let is_held = self.folder.held.holds(uid);
        match what {
            What::Deleted => {
                self.folder.held.is_gone(uid);
                Some(ServerCommand::Delete(ServerDelete { server_id }))
            }
            What::Changed if read.unwanted.contains(uid) && !is_held => None,
            What::SoftDeleted => {
                self.folder.held.left(uid);
                Some(ServerCommand::SoftDelete(ServerDelete { server_id }))
            }
            What::Changed if read.unwanted.contains(uid) => {
                self.folder.held.left(uid);
                Some(ServerCommand::SoftDelete(ServerDelete { server_id }))
            }
            What::Changed | What::Draft(false) | What::Flags(_) if is_held => {
                Some(ServerCommand::Change(self.item(server_id, *read.items.remove(uid)?)))
            }
            What::Listed | What::Added | What::Changed | What::Draft(_) | What::Flags(_) => {
                if read.broken.contains(uid) {
                    self.folder.held.left(uid);
                }
                let item = *read.items.remove(uid)?;
                self.folder.held.came(uid);
                Some(ServerCommand::Add(self.item(server_id, item)))
            }
        }
    }

    /// The answers to the client's Fetch commands.
    pub(super) fn fetch_responses(&self, fetched: Vec<Exported>) -> Vec<ServerResponse> {
        fetched
            .into_iter()
            .map(|one| {
                let item = one.item.ok().map(|item| item_body::fit(*item, &self.asked.wishes));
                ServerResponse::fetched(ServerId::from(one.at.uid), item)
            })
            .collect()
    }

    fn read(&self, exported: Vec<Exported>) -> Read {
        let mut read = Read::default();
        for one in exported {
            let uid = one.base.clone().unwrap_or_else(|| one.at.uid.clone());
            if let Some(base) = one.base {
                read.bases.insert(one.at.uid, base);
            }
            match one.item {
                Ok(_) if !self.is_wanted(one.standing) => drop(read.unwanted.insert(uid)),
                Ok(item) => drop(read.items.insert(uid, item)),
                Err(error) if error.kind == Kind::NotFound => {}
                Err(error) => {
                    log::warn!(
                        "Item left out, it can not be read user={} device={} collection={} item={uid}: {error}",
                        self.ctx.owner.user,
                        self.ctx.owner.device,
                        self.asked.uid,
                    );
                    read.broken.insert(uid);
                }
            }
        }
        read
    }

    /// A change of an instance is one of its series, which is told once, and not when it is the
    /// client's own.
    fn in_series(
        &self,
        taken: Vec<PendingChange>,
        bases: &BTreeMap<String, String>,
    ) -> Vec<(String, What)> {
        let mut told: BTreeSet<String> = BTreeSet::new();
        for change in &taken {
            if let ItemId::Item(uid) = &change.item {
                told.insert(uid.clone());
            }
        }
        let is_own = |uid: &str, base: &str| {
            let own = self.own.as_ref().zip(self.numbers.get(uid));
            own.is_some_and(|(own, number)| own.is_own_change(base, *number))
        };
        let mut all = Vec::with_capacity(taken.len());
        for change in taken {
            let ItemId::Item(uid) = change.item else { continue };
            match bases.get(&uid) {
                None => all.push((uid, change.what)),
                Some(base) if is_own(&uid, base) || !told.insert(base.clone()) => {}
                Some(base) => all.push((base.clone(), What::Changed)),
            }
        }
        all
    }

    fn item(&self, server_id: ServerId, item: Item) -> ServerItem {
        let application_data = ApplicationData::Item(item_body::fit(item, &self.asked.wishes));
        ServerItem { server_id, application_data }
    }
}
