//! What changed in a mailbox, by modseq where there is one.

use std::collections::BTreeSet;

use imap_proto::{AttributeValue, Response};

use crate::backend::imap::session::{Fault, Reply, Session};
use crate::backend::imap::{names, plain};
use crate::backend::mail::{MailboxChanges, MailboxStatus, Seen, Since};
use crate::uids::SortedUids;

/// One look at a mailbox, with what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Look {
    mailbox: String,
    since: MailboxStatus,
    pub(super) known: SortedUids,
    /// The day of the cutoff, as SEARCH wants it.
    pub(super) cutoff: Option<String>,
    want_matching: bool,
}

impl Look {
    pub(super) fn new(mailbox: &str, since: &Since<'_>) -> Self {
        Self {
            mailbox: mailbox.to_owned(),
            since: since.status,
            known: since.known.clone(),
            cutoff: since.cutoff.and_then(names::day),
            want_matching: since.want_matching,
        }
    }

    /// Looks.
    ///
    /// The state is read first: what happens later is above its modseq or its UIDNEXT and belongs
    /// to the next look.
    pub(super) fn take(&self, session: &mut Session) -> Result<MailboxChanges, Fault> {
        let status = session.examine(&self.mailbox)?;
        let mut changes = MailboxChanges { status, ..MailboxChanges::default() };
        if self.since.uid_next == 0 {
            changes.matching = Some(self.matching(session, status)?);
            return Ok(changes);
        }
        if self.since.uid_validity != status.uid_validity {
            return Ok(changes);
        }
        if status.highest_mod_seq == 0 || self.since.highest_mod_seq == 0 {
            plain::look(self, session, &mut changes)?;
        } else if self.since.highest_mod_seq > status.highest_mod_seq {
            // The server began anew: everything may have changed.
            plain::look(self, session, &mut changes)?;
        } else {
            self.by_mod_seq(session, &mut changes)?;
        }
        if self.want_matching && changes.matching.is_none() {
            changes.matching = Some(self.matching(session, status)?);
        }
        Ok(changes)
    }

    fn by_mod_seq(&self, session: &mut Session, changes: &mut MailboxChanges) -> Result<(), Fault> {
        let status = changes.status;
        if self.since.highest_mod_seq < status.highest_mod_seq {
            let vanished = if session.has_qresync() { " VANISHED" } else { "" };
            let reply = session.run(&format!(
                "UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE {}{vanished})",
                self.since.highest_mod_seq
            ))?;
            changes.changed = seen(&reply, status);
            if session.has_qresync() {
                changes.vanished = self.vanished(&reply);
            }
            self.mark_outside(session, &mut changes.changed)?;
        }
        // Without QRESYNC only the count tells that something went.
        if !session.has_qresync() && self.may_have_lost(status) {
            changes.vanished = self.missing(session)?;
        }
        Ok(())
    }

    fn may_have_lost(&self, status: MailboxStatus) -> bool {
        status.messages != self.since.messages
            || status.uid_next != self.since.uid_next
            || status.highest_mod_seq != self.since.highest_mod_seq
    }

    /// Known uids in the VANISHED responses, whose ranges may be wide.
    fn vanished(&self, reply: &Reply) -> Vec<u32> {
        let mut vanished = BTreeSet::new();
        for response in reply.responses() {
            if let Response::Vanished { uids, .. } = response {
                for range in uids {
                    vanished.extend(self.known.within(&range));
                }
            }
        }
        vanished.into_iter().collect()
    }

    /// Known uids that the mailbox does not have.
    pub(super) fn missing(&self, session: &mut Session) -> Result<Vec<u32>, Fault> {
        let mut there = Vec::new();
        for set in names::sets_of(&self.known, MAX_SET) {
            there.extend(session.run(&format!("UID SEARCH UID {set}"))?.search());
        }
        Ok(self.known.minus(&there.into_iter().collect()).iter().collect())
    }

    /// Uids inside the filter, below the UIDNEXT of the look.
    pub(super) fn matching(
        &self,
        session: &mut Session,
        status: MailboxStatus,
    ) -> Result<SortedUids, Fault> {
        let matching = match &self.cutoff {
            Some(day) => session.run(&format!("UID SEARCH SINCE {day}"))?.search(),
            None => session.run("UID SEARCH ALL")?.search(),
        };
        Ok(matching.into_iter().filter(|uid| *uid < status.uid_next).collect())
    }

    /// Finds out which of the messages seen lie outside of the filter.
    fn mark_outside(&self, session: &mut Session, seen: &mut [Seen]) -> Result<(), Fault> {
        let Some(day) = &self.cutoff else {
            return Ok(());
        };
        let uids: Vec<u32> = seen.iter().map(|message| message.imap_uid).collect();
        let mut inside = BTreeSet::new();
        for set in names::uid_sets(&uids, MAX_SET) {
            inside.extend(session.run(&format!("UID SEARCH UID {set} SINCE {day}"))?.search());
        }
        for message in seen {
            message.inside = inside.contains(&message.imap_uid);
        }
        Ok(())
    }
}

/// The messages of FETCH responses that are not newer than the look, ascending.
pub(super) fn seen(reply: &Reply, status: MailboxStatus) -> Vec<Seen> {
    let mut messages: Vec<Seen> = Vec::new();
    for response in reply.responses() {
        let Response::Fetch(_, attributes) = response else {
            continue;
        };
        let mut message = Seen { inside: true, ..Seen::default() };
        let mut has_flags = false;
        let mut is_newer = false;
        for attribute in &attributes {
            match attribute {
                AttributeValue::Uid(uid) => message.imap_uid = *uid,
                AttributeValue::ModSeq(number) => {
                    is_newer = status.highest_mod_seq > 0 && *number > status.highest_mod_seq;
                }
                AttributeValue::Flags(flags) => {
                    has_flags = true;
                    for flag in flags {
                        set_flag(&mut message, flag);
                    }
                }
                _ => {}
            }
        }
        is_newer |= message.imap_uid >= status.uid_next;
        if message.imap_uid > 0 && has_flags && !is_newer {
            messages.push(message);
        }
    }
    messages.sort_by_key(|message| message.imap_uid);
    messages.dedup_by_key(|message| message.imap_uid);
    messages
}

/// Notes one flag as IMAP spells it.
pub(super) fn set_flag(message: &mut Seen, flag: &str) {
    match flag.to_ascii_lowercase().as_str() {
        "\\seen" => message.read = true,
        "\\flagged" => message.flagged = true,
        "\\deleted" => message.deleted = true,
        system if system.starts_with('\\') => {}
        keyword => message.keywords.push(keyword.to_owned()),
    }
}

/// Servers take lines of 8 KiB at least.
pub(super) const MAX_SET: usize = 7_000;
