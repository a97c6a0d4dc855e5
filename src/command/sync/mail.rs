//! Sync of a mailbox: the client's commands, what changed on the server, what goes into the answer.
//!
//! [MS-ASCMD] §2.2.1.21

use std::collections::{BTreeMap, BTreeSet};

use crate::backend::Kind;
use crate::backend::mail::{MailboxChanges, MailboxStatus, Seen, Since};
use crate::backend::profile::Label;
use crate::command::Context;
use crate::command::sync::mail_apply::{self, Applied, Expected};
use crate::command::sync::outcome::{Outcome, Trouble};
use crate::command::sync::wire::{ServerCommand, ServerDelete, ServerItem};
use crate::command::sync::{Asked, wishes};
use crate::delta::filter::PASS_SECONDS;
use crate::delta::mail::{self as delta, Delta, Flags, Look, Sighting, Update};
use crate::eas::class::email::{Categories, Email, Flag, FlagStatus};
use crate::eas::class::{ApplicationData, Item};
use crate::eas::ids::ServerId;
use crate::eas::version::ProtocolVersion;
use crate::state::folder::{FolderObject, ImapFolder, ImapStatus, KnownFlags, Messages};
use crate::state::model::CollectionState;
use crate::state::pending::{
    FlagUpdate, ItemId, Listed, Pending, PendingChange, PendingList, What,
};
use crate::uids::{SortedUids, UidSet};

/// Syncs a mailbox.
pub(super) async fn sync(
    ctx: &Context<'_>,
    asked: &Asked,
    state: &mut CollectionState,
    window: usize,
) -> Result<Outcome, Trouble> {
    let FolderObject::Imap(folder) = &state.folder else {
        return Err(Trouble::Reset("the row holds no mailbox".to_owned()));
    };
    let mut box_ = Mailbox::new(ctx, asked, folder.clone(), state.take_pending());
    // Only commands are judged by it.
    let had = if asked.commands.is_empty() { SortedUids::default() } else { box_.known().sorted() };
    let may_look = box_.pending.is_empty() && asked.may_look();
    if may_look {
        box_.look(&BTreeMap::new()).await?;
    }
    let applied = mail_apply::apply(ctx, asked, &box_.folder.mailbox, &had).await?;
    if !applied.is_empty() {
        box_.forget(&applied.gone);
        if may_look {
            let own = box_.own_flags(&applied.touched);
            box_.look(&own).await?;
            box_.keep_newest_flags();
        }
    }
    let limit = if asked.wants_changes() { window } else { 0 };
    let (commands, n_taken) = box_.take(limit).await?;
    let mut responses = applied.responses;
    let fetched = mail_apply::fetch(ctx, asked, &box_.folder.mailbox).await?;
    let imported = !applied.gone.is_empty() || !applied.touched.is_empty() || !fetched.is_empty();
    responses.extend(fetched);
    Ok(Outcome {
        responses,
        commands,
        n_taken,
        imported,
        stamp: ctx.now(),
        folder: FolderObject::Imap(box_.folder),
        pending: Pending::Changes(box_.pending),
        told_again: Vec::new(),
    })
}

/// How many changes wait for the client, without sending or storing any.
pub(in crate::command) async fn estimate(
    ctx: &Context<'_>,
    asked: &Asked,
    state: &mut CollectionState,
) -> Result<usize, Trouble> {
    let FolderObject::Imap(folder) = &state.folder else {
        return Err(Trouble::Reset("the row holds no mailbox".to_owned()));
    };
    let mut box_ = Mailbox::new(ctx, asked, folder.clone(), state.take_pending());
    if box_.pending.is_empty() {
        box_.look(&BTreeMap::new()).await?;
    }
    Ok(box_.pending.n_to_send())
}

/// A mailbox while it is synced.
struct Mailbox<'a> {
    ctx: &'a Context<'a>,
    asked: &'a Asked,
    folder: ImapFolder,
    pending: PendingList,
}

impl<'a> Mailbox<'a> {
    fn new(
        ctx: &'a Context<'a>,
        asked: &'a Asked,
        folder: ImapFolder,
        pending: PendingList,
    ) -> Self {
        Self { ctx, asked, folder, pending }
    }

    /// Asks the server what changed, and puts it on the list.
    ///
    /// `own` are messages as the client itself just made them: they are no news to it.
    async fn look(&mut self, own: &BTreeMap<u32, (bool, bool)>) -> Result<(), Trouble> {
        let now = self.ctx.now();
        let cutoff =
            wishes::filter_seconds(self.asked.wishes.filter_type).map(|seconds| now - seconds);
        let is_first = self.folder.status.as_ref().is_none_or(|status| status.uid_next == 0);
        let status = status_of(self.folder.status.as_ref());
        let filter_changed = self.asked.filter_before != self.asked.wishes.filter_type
            && self.asked.filter_before.is_some();
        let pass_is_due = cutoff.is_some()
            && self.folder.soft_delete_at > 0
            && now > self.folder.soft_delete_at + PASS_SECONDS;
        let known = self.known();
        let sorted = known.sorted();
        let since = Since {
            status,
            known: &sorted,
            cutoff,
            want_matching: is_first || filter_changed || pass_is_due,
        };
        let mut found = self
            .ctx
            .services
            .mail
            .changes(self.ctx.account(), &self.folder.mailbox, &since)
            .await?;
        if !is_first && found.status.uid_validity != status.uid_validity {
            return Err(Trouble::Reset("UIDVALIDITY changed".to_owned()));
        }
        if !is_first && status.highest_mod_seq > 0 && found.status.highest_mod_seq == 0 {
            return Err(Trouble::Reset("the mail server lost its modseqs".to_owned()));
        }
        let narrow = filter_changed || pass_is_due;
        if is_first {
            let matching = found.matching.take().unwrap_or_default();
            self.pending.listed = Listed::newest_first(matching.clone());
            self.remember(&found, matching.into_set());
        } else {
            let delta = self.compare(known, &sorted, &found, narrow);
            let updates = self.without_own(delta.updates, own).await?;
            let changes: Vec<PendingChange> =
                updates.into_iter().map(|update| self.change_of(update)).collect();
            self.pending.changes.extend(changes);
            self.remember(&found, delta.known);
        }
        if is_first || narrow {
            self.folder.soft_delete_cutoff = cutoff.unwrap_or(0);
            self.folder.soft_delete_at = if cutoff.is_some() { now } else { 0 };
        }
        Ok(())
    }

    fn known(&self) -> UidSet {
        match &self.folder.messages {
            Messages::Uids(uids) => uids.clone(),
            Messages::Flags(flags) => flags.keys().copied().collect(),
        }
    }

    fn compare(
        &self,
        known: UidSet,
        had: &SortedUids,
        found: &MailboxChanges,
        narrow: bool,
    ) -> Delta {
        let labels = self.labels();
        let changed: Vec<Sighting> =
            found.changed.iter().map(|seen| sighting(seen, labels)).collect();
        match &self.folder.messages {
            Messages::Uids(_) => {
                let matching = found.matching.as_ref();
                let vanished = &found.vanished;
                delta::by_mod_seq(
                    known,
                    Look { had, changed: &changed, vanished, matching, narrow },
                )
            }
            Messages::Flags(flags) => delta::by_flags(known, &changed, &found.vanished, |uid| {
                let known = flags.get(&uid)?;
                Some((known.read?, known.flagged.unwrap_or(false)))
            }),
        }
    }

    /// Takes out what the client itself did: in this request, or by the records of its changes.
    ///
    /// A record of a flag says nothing of the other flags: only a record of all of them is
    /// believed. A change that is told needlessly does no harm, one that is not told does.
    /// A message that the client moved here is told as the protocol has it, but for Outlook, which
    /// would show it twice.
    async fn without_own(
        &self,
        updates: Vec<Update>,
        own: &BTreeMap<u32, (bool, bool)>,
    ) -> Result<Vec<Update>, Trouble> {
        let keeps_moved = self.ctx.call.device_type == KEEPS_MOVED;
        let uids: Vec<u32> = updates
            .iter()
            .filter_map(|update| match update {
                Update::Flags(uid, _) | Update::Remove(uid) => Some(*uid),
                Update::Add(uid) if keeps_moved => Some(*uid),
                Update::Add(_) | Update::SoftDelete(_) => None,
            })
            .collect();
        if uids.is_empty() {
            return Ok(updates);
        }
        let services = self.ctx.services;
        let echo = services.maps.mail(&self.ctx.owner, &self.folder.mailbox, &uids).await?;
        Ok(updates
            .into_iter()
            .filter(|update| match update {
                Update::Flags(uid, flags) => {
                    let seen = (flags.read, flags.flagged);
                    let is_recorded = echo.0.get(uid).is_some_and(|echo| {
                        echo.read == Some(flags.read) && echo.flagged == Some(flags.flagged)
                    });
                    own.get(uid) != Some(&seen) && !is_recorded
                }
                Update::Remove(uid) => !echo.0.get(uid).is_some_and(|echo| echo.deleted),
                Update::Add(uid) if keeps_moved => {
                    !echo.0.get(uid).is_some_and(|echo| echo.moved_here)
                }
                Update::Add(_) | Update::SoftDelete(_) => true,
            })
            .collect())
    }

    /// What the messages look like that the client changed, without those that somebody else
    /// changed since the look before.
    fn own_flags(&self, touched: &BTreeMap<u32, Expected>) -> BTreeMap<u32, (bool, bool)> {
        let looked_at = self.folder.status.as_ref().map_or(0, |status| status.highest_mod_seq);
        let waits = |uid: u32| {
            self.pending
                .changes
                .iter()
                .any(|change| change.item == ItemId::Mail(uid) && is_flags(change))
        };
        touched
            .iter()
            .filter(|(uid, expected)| expected.mod_seq_before <= looked_at && !waits(**uid))
            .map(|(uid, expected)| (*uid, (expected.read, expected.flagged)))
            .collect()
    }

    /// Two looks may both have found flags of a message: the later ones count.
    fn keep_newest_flags(&mut self) {
        let mut seen = BTreeSet::new();
        let mut kept: Vec<PendingChange> = std::mem::take(&mut self.pending.changes)
            .into_iter()
            .rev()
            .filter(|change| !is_flags(change) || seen.insert(change.item.clone()))
            .collect();
        kept.reverse();
        self.pending.changes = kept;
    }

    fn change_of(&self, update: Update) -> PendingChange {
        let (uid, what) = match update {
            Update::Add(uid) => (uid, What::Added),
            Update::Flags(uid, flags) => (uid, What::Flags(self.flag_update(flags))),
            Update::Remove(uid) => (uid, What::Deleted),
            Update::SoftDelete(uid) => (uid, What::SoftDeleted),
        };
        PendingChange::new(ItemId::Mail(uid), what)
    }

    fn flag_update(&self, flags: Flags) -> FlagUpdate {
        FlagUpdate {
            read: Some(flags.read),
            flagged: Some(flags.flagged),
            verb: None,
            categories: (self.ctx.version() >= ProtocolVersion::V14_0).then_some(flags.categories),
        }
    }

    /// Writes down what the mailbox looks like now.
    fn remember(&mut self, found: &MailboxChanges, known: UidSet) {
        let status = found.status;
        self.folder.status = Some(ImapStatus {
            messages: status.messages,
            uid_next: status.uid_next,
            uid_validity: status.uid_validity,
            highest_mod_seq: status.highest_mod_seq,
        });
        self.folder.have_initial_sync = true;
        self.folder.messages = if status.highest_mod_seq > 0 {
            Messages::Uids(known)
        } else {
            let seen: BTreeMap<u32, &Seen> =
                found.changed.iter().map(|seen| (seen.imap_uid, seen)).collect();
            let flags = |uid: u32| match seen.get(&uid) {
                Some(seen) => KnownFlags {
                    read: Some(seen.read),
                    flagged: Some(seen.flagged),
                    ..KnownFlags::default()
                },
                None => KnownFlags::default(),
            };
            Messages::Flags(known.iter().map(|uid| (uid, flags(uid))).collect())
        };
    }

    /// Takes messages out that the client itself deleted or moved away.
    fn forget(&mut self, gone: &BTreeSet<u32>) {
        match &mut self.folder.messages {
            Messages::Uids(uids) => uids.remove(gone),
            Messages::Flags(flags) => flags.retain(|uid, _| !gone.contains(uid)),
        }
        self.pending.listed.uids.remove(gone);
        self.pending.changes.retain(|change| match &change.item {
            ItemId::Mail(uid) => !gone.contains(uid),
            ItemId::Item(_) => true,
        });
    }

    /// Takes changes off the list, as many as fit, and makes commands of them.
    async fn take(&mut self, limit: usize) -> Result<(Vec<ServerCommand>, usize), Trouble> {
        let taken = self.pending.take(limit);
        let n_taken = taken.len();
        let wanted: Vec<u32> = taken
            .iter()
            .filter(|change| !change.ignore && is_whole(&change.what))
            .filter_map(|change| match change.item {
                ItemId::Mail(uid) => Some(uid),
                ItemId::Item(_) => None,
            })
            .collect();
        let mut messages = self.messages(&wanted).await?;
        let mut commands = Vec::new();
        for change in taken.into_iter().filter(|change| !change.ignore) {
            let ItemId::Mail(uid) = change.item else { continue };
            let server_id = ServerId::from(uid.to_string());
            match change.what {
                What::Listed | What::Added | What::Draft(true) => {
                    if let Some(email) = messages.remove(&uid) {
                        commands.push(ServerCommand::Add(item(server_id, email)));
                    }
                }
                What::Changed | What::Draft(false) => {
                    if let Some(email) = messages.remove(&uid) {
                        commands.push(ServerCommand::Change(item(server_id, email)));
                    }
                }
                What::Flags(flags) => {
                    commands
                        .push(ServerCommand::Change(item(server_id, Box::new(email_of(flags)))));
                }
                What::Deleted => commands.push(ServerCommand::Delete(ServerDelete { server_id })),
                What::SoftDeleted => {
                    commands.push(ServerCommand::SoftDelete(ServerDelete { server_id }));
                }
            }
        }
        Ok((commands, n_taken))
    }

    /// Reads messages; those that are gone, or can not be read, are left out and said in the log.
    async fn messages(&mut self, wanted: &[u32]) -> Result<BTreeMap<u32, Box<Email>>, Trouble> {
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        let how = wishes::wanted(&self.asked.wishes, self.ctx.version());
        let fetched = self
            .ctx
            .services
            .mail
            .fetch(self.ctx.account(), &self.folder.mailbox, wanted, &how)
            .await?;
        let mut messages = BTreeMap::new();
        let mut gone = BTreeSet::new();
        for (uid, message) in fetched {
            match message {
                Ok(email) => drop(messages.insert(uid, email)),
                Err(error) if error.kind == Kind::NotFound => drop(gone.insert(uid)),
                Err(error) if error.kind == Kind::Unavailable => return Err(error.into()),
                Err(error) => log::warn!(
                    "Message left out, it can not be read user={} device={} collection={} imap_uid={uid}: {error}",
                    self.ctx.owner.user,
                    self.ctx.owner.device,
                    self.asked.uid,
                ),
            }
        }
        self.forget(&gone);
        Ok(messages)
    }

    fn labels(&self) -> &[Label] {
        self.ctx.account().profile.mail.as_ref().map_or(&[], |mail| &mail.labels)
    }
}

/// What the applied commands left behind.
impl Applied {
    fn is_empty(&self) -> bool {
        self.gone.is_empty() && self.touched.is_empty()
    }
}

fn is_flags(change: &PendingChange) -> bool {
    matches!(change.what, What::Flags(_))
}

fn is_whole(what: &What) -> bool {
    match what {
        What::Listed | What::Added | What::Changed | What::Draft(_) => true,
        What::Flags(_) | What::Deleted | What::SoftDeleted => false,
    }
}

fn item(server_id: ServerId, email: Box<Email>) -> ServerItem {
    ServerItem { server_id, application_data: ApplicationData::Item(Item::Email(email)) }
}

/// A change of flags alone.
fn email_of(flags: FlagUpdate) -> Email {
    Email {
        read: flags.read,
        flag: flags.flagged.map(|flagged| Flag {
            status: Some(if flagged { FlagStatus::Active } else { FlagStatus::Cleared }),
            ..Flag::default()
        }),
        categories: flags.categories.map(|categories| Categories { categories }),
        ..Email::default()
    }
}

fn sighting(seen: &Seen, labels: &[Label]) -> Sighting {
    let categories = labels
        .iter()
        .filter(|label| seen.keywords.contains(&label.keyword))
        .map(|label| label.name.clone())
        .collect();
    let flags = Flags { read: seen.read, flagged: seen.flagged, categories };
    Sighting { imap_uid: seen.imap_uid, flags, inside: seen.inside }
}

fn status_of(status: Option<&ImapStatus>) -> MailboxStatus {
    status.map_or_else(MailboxStatus::default, |status| MailboxStatus {
        messages: status.messages,
        uid_next: status.uid_next,
        uid_validity: status.uid_validity,
        highest_mod_seq: status.highest_mod_seq,
    })
}

/// The device type that holds a moved message already, as Horde has it.
const KEEPS_MOVED: &str = "WindowsOutlook15";
