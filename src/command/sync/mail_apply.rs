//! What a client changed in a mailbox: flags and deletions; and the messages it asks for by id.
//!
//! [MS-ASCMD] §2.2.3.32

use std::collections::{BTreeMap, BTreeSet};

use md5::{Digest as _, Md5};

use crate::backend::mail::{Before, FlagChange};
use crate::backend::profile::Label;
use crate::command::Context;
use crate::command::sync::outcome::Trouble;
use crate::command::sync::wire::{AddResponse, ClientCommand, ServerResponse, Status};
use crate::command::sync::{Asked, wishes};
use crate::digest;
use crate::eas::class::email::{Email, FlagStatus};
use crate::eas::class::{ApplicationData, Item};
use crate::eas::ids::{self, ServerId};
use crate::state::map::{MailAction, MailChange};
use crate::uids::SortedUids;

/// What the client's commands did.
#[derive(Default)]
pub(super) struct Applied {
    /// What the client must hear of.
    pub(super) responses: Vec<ServerResponse>,
    /// Messages that left the mailbox.
    pub(super) gone: BTreeSet<u32>,
    /// Messages with other flags: what they must look like if nobody else changed them.
    pub(super) touched: BTreeMap<u32, Expected>,
}

/// A message after the client's change of its flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    /// `\\Seen`
    pub(super) read: bool,
    /// `\\Flagged`
    pub(super) flagged: bool,
    /// Its modseq before the change.
    pub(super) mod_seq_before: u64,
}

/// Does what the client wants, and writes down that the client did it.
///
/// `had` are the messages that the client holds.
pub(super) async fn apply(
    ctx: &Context<'_>,
    asked: &Asked,
    mailbox: &str,
    had: &SortedUids,
) -> Result<Applied, Trouble> {
    let mut applied = Applied::default();
    let mut changes: Vec<FlagChange> = Vec::new();
    let mut notes: Vec<MailChange> = Vec::new();
    let mut deletes = Vec::new();
    let labels = ctx.account().profile.mail.as_ref().map_or(&[][..], |mail| &mail.labels);
    for command in &asked.commands {
        match command {
            ClientCommand::Add(add) => applied.responses.push(ServerResponse::Add(AddResponse {
                class: add.class.clone(),
                client_id: add.client_id.clone(),
                server_id: None,
                status: Status::ConversionError,
                application_data: None,
            })),
            ClientCommand::Change(change) => {
                let email = change.application_data.clone().map(ApplicationData::parse::<Email>);
                match (imap_uid(&change.server_id), email) {
                    (None, _) => refuse(&mut applied, &change.server_id, Status::ObjectNotFound),
                    (Some(_), Some(Err(_)) | None) => {
                        refuse(&mut applied, &change.server_id, Status::ConversionError);
                    }
                    (Some(uid), Some(Ok(email))) => {
                        changes.push(flag_change(uid, &email, labels));
                        notes.extend(notes_of(uid, &email));
                    }
                }
            }
            ClientCommand::Delete(delete) => match imap_uid(&delete.server_id) {
                Some(uid) => deletes.push(uid),
                None => refuse_delete(&mut applied, &delete.server_id),
            },
            ClientCommand::Fetch(_) => {}
        }
    }
    if !changes.is_empty() {
        store(ctx, asked, mailbox, &changes, notes, &mut applied).await?;
    }
    if !deletes.is_empty() {
        let missing = delete(ctx, asked, mailbox, &deletes, &mut applied).await?;
        forgive(ctx, mailbox, missing, had, &mut applied).await?;
    }
    Ok(applied)
}

/// Reads the messages that the client asks for by id.
pub(super) async fn fetch(
    ctx: &Context<'_>,
    asked: &Asked,
    mailbox: &str,
) -> Result<Vec<ServerResponse>, Trouble> {
    let ids: Vec<&ServerId> = asked
        .commands
        .iter()
        .filter_map(|command| match command {
            ClientCommand::Fetch(fetch) => Some(&fetch.server_id),
            ClientCommand::Add(_) | ClientCommand::Change(_) | ClientCommand::Delete(_) => None,
        })
        .collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let uids: Vec<u32> = ids.iter().filter_map(|id| imap_uid(id)).collect();
    let how = wishes::wanted(&asked.wishes, ctx.version());
    let mut found: BTreeMap<u32, Box<Email>> = ctx
        .services
        .mail
        .fetch(ctx.account(), mailbox, &uids, &how)
        .await?
        .into_iter()
        .filter_map(|(uid, email)| Some((uid, email.ok()?)))
        .collect();
    Ok(ids
        .into_iter()
        .map(|id| {
            let email = imap_uid(id).and_then(|uid| found.remove(&uid));
            ServerResponse::fetched(id.clone(), email.map(Item::Email))
        })
        .collect())
}

async fn store(
    ctx: &Context<'_>,
    asked: &Asked,
    mailbox: &str,
    changes: &[FlagChange],
    notes: Vec<MailChange>,
    applied: &mut Applied,
) -> Result<(), Trouble> {
    let services = ctx.services;
    let before = services.mail.store(ctx.account(), mailbox, changes).await?;
    let before: BTreeMap<u32, Before> =
        before.into_iter().map(|before| (before.imap_uid, before)).collect();
    for change in changes {
        let uid = change.imap_uid;
        match before.get(&uid) {
            Some(before) => drop(applied.touched.insert(uid, Expected::of(before, change))),
            None => refuse(applied, &ServerId::from(uid.to_string()), Status::ObjectNotFound),
        }
    }
    let notes: Vec<MailChange> =
        notes.into_iter().filter(|note| before.contains_key(&note.imap_uid)).collect();
    if !notes.is_empty() {
        services.maps.record_mail(&ctx.owner, mailbox, &asked.presented_key()?, &notes).await?;
    }
    Ok(())
}

/// Deletes of what is not there: well done where the client had it, since it is gone, be it by this
/// very request, whose answer was lost; else the client is told.
async fn forgive(
    ctx: &Context<'_>,
    mailbox: &str,
    missing: Vec<u32>,
    had: &SortedUids,
    applied: &mut Applied,
) -> Result<(), Trouble> {
    let (held, strange): (Vec<u32>, Vec<u32>) =
        missing.into_iter().partition(|uid| had.contains(*uid));
    applied.gone.extend(held);
    if strange.is_empty() {
        return Ok(());
    }
    let before = ctx.services.maps.mail(&ctx.owner, mailbox, &strange).await?;
    for uid in strange {
        if !before.0.get(&uid).is_some_and(|echo| echo.deleted) {
            refuse_delete(applied, &ServerId::from(uid.to_string()));
        }
    }
    Ok(())
}

/// Deletes are moves to the trash, unless the client says otherwise or this is the trash; answers
/// what was not there.
async fn delete(
    ctx: &Context<'_>,
    asked: &Asked,
    mailbox: &str,
    uids: &[u32],
    applied: &mut Applied,
) -> Result<Vec<u32>, Trouble> {
    let services = ctx.services;
    let key = asked.presented_key()?;
    let trash = ctx
        .account()
        .profile
        .mail
        .as_ref()
        .and_then(|mail| mail.special.trash.as_deref())
        .filter(|trash| *trash != mailbox && asked.wishes.deletes_as_moves.unwrap_or(true));
    let gone: BTreeSet<u32> = match trash {
        Some(trash) => {
            let moved = services.mail.move_to(ctx.account(), mailbox, uids, trash, None).await?;
            let arrived: Vec<MailChange> = moved
                .values()
                .flatten()
                .map(|&imap_uid| MailChange { imap_uid, action: MailAction::MovedHere })
                .collect();
            if !arrived.is_empty() {
                services.maps.record_mail(&ctx.owner, trash, &key, &arrived).await?;
            }
            moved.into_keys().collect()
        }
        None => services.mail.delete(ctx.account(), mailbox, uids).await?.into_iter().collect(),
    };
    let notes: Vec<MailChange> =
        gone.iter().map(|&imap_uid| MailChange { imap_uid, action: MailAction::Delete }).collect();
    if !notes.is_empty() {
        services.maps.record_mail(&ctx.owner, mailbox, &key, &notes).await?;
    }
    let missing = uids.iter().copied().filter(|uid| !gone.contains(uid)).collect();
    applied.gone.extend(gone);
    Ok(missing)
}

impl Expected {
    fn of(before: &Before, change: &FlagChange) -> Self {
        Self {
            read: change.read.unwrap_or(before.read),
            flagged: change.flagged.unwrap_or(before.flagged),
            mod_seq_before: before.mod_seq,
        }
    }
}

fn refuse(applied: &mut Applied, server_id: &ServerId, status: Status) {
    applied.responses.push(ServerResponse::not_changed(server_id.clone(), status));
}

fn refuse_delete(applied: &mut Applied, server_id: &ServerId) {
    let refusal = ServerResponse::not_deleted(server_id.clone(), Status::ObjectNotFound);
    applied.responses.push(refusal);
}

fn imap_uid(server_id: &ServerId) -> Option<u32> {
    ids::number(server_id.as_str())
}

fn is_flagged(email: &Email) -> Option<bool> {
    email.flag.as_ref().map(|flag| flag.status == Some(FlagStatus::Active))
}

fn flag_change(imap_uid: u32, email: &Email, labels: &[Label]) -> FlagChange {
    let (mut add_keywords, mut remove_keywords) = (Vec::new(), Vec::new());
    if let Some(categories) = &email.categories {
        for label in labels {
            let is_set = categories.categories.contains(&label.name);
            let keywords = if is_set { &mut add_keywords } else { &mut remove_keywords };
            keywords.push(label.keyword.clone());
        }
    }
    FlagChange {
        imap_uid,
        read: email.read,
        flagged: is_flagged(email),
        add_keywords,
        remove_keywords,
    }
}

/// One note for each thing that was set, so that Horde's server knows of each.
fn notes_of(imap_uid: u32, email: &Email) -> Vec<MailChange> {
    let mut actions = Vec::new();
    if let Some(categories) = &email.categories {
        let mut hash = Md5::new();
        for name in &categories.categories {
            hash.update(name.as_bytes());
        }
        actions.push(MailAction::Category(digest::hex(&hash.finalize())));
    }
    actions.extend(is_flagged(email).map(MailAction::Flag));
    actions.extend(email.read.map(MailAction::Read));
    actions.into_iter().map(|action| MailChange { imap_uid, action }).collect()
}
