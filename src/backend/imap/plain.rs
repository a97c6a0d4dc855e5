//! What a mailbox holds, where the server has no modseq: all flags inside the filter.

use crate::backend::imap::changes::{Look, MAX_SET, seen};
use crate::backend::imap::names;
use crate::backend::imap::session::{Fault, Session};
use crate::backend::mail::MailboxChanges;
use crate::uids::SortedUids;

/// Reads the flags of all messages inside the filter, and finds the known ones that are gone.
pub(super) fn look(
    look: &Look,
    session: &mut Session,
    changes: &mut MailboxChanges,
) -> Result<(), Fault> {
    let status = changes.status;
    let without_newer = crate::backend::mail::MailboxStatus { highest_mod_seq: 0, ..status };
    if look.cutoff.is_none() {
        changes.changed = seen(&session.run("UID FETCH 1:* (UID FLAGS)")?, without_newer);
        let there: SortedUids = changes.changed.iter().map(|message| message.imap_uid).collect();
        changes.vanished = look.known.minus(&there).iter().collect();
        changes.matching = Some(there);
        return Ok(());
    }
    let matching = look.matching(session, status)?;
    for set in names::sets_of(&matching, MAX_SET) {
        let reply = session.run(&format!("UID FETCH {set} (UID FLAGS)"))?;
        changes.changed.extend(seen(&reply, without_newer));
    }
    changes.vanished = look.missing(session)?;
    changes.matching = Some(matching);
    Ok(())
}
