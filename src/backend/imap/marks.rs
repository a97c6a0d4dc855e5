//! By what a message is known again after a move, where nobody told its new uid.

use std::collections::BTreeMap;

use imap_proto::AttributeValue;
use sha2::{Digest, Sha256};

use crate::backend::imap::changes::MAX_SET;
use crate::backend::imap::fetch::{fetched, section, uid_of};
use crate::backend::imap::session::{Fault, Opened, Session};
use crate::backend::imap::{names, status};
use crate::backend::mail::{Mark, Standing};

/// Both mailboxes of a move, before it.
pub(super) fn standing(
    session: &mut Session,
    mailbox: &str,
    imap_uids: &[u32],
    target: &str,
) -> Result<Standing, Fault> {
    let target = status::of_many(session, &[target.to_owned()])?.remove(target);
    let uid_validity = session.select(mailbox, true)?.uid_validity;
    let mut messages = BTreeMap::new();
    for set in names::uid_sets(imap_uids, MAX_SET) {
        messages.extend(fetch(session, &set)?);
    }
    messages.retain(|uid, _| imap_uids.contains(uid));
    Ok(Standing { uid_validity, target, messages })
}

/// The messages from a uid on.
pub(super) fn from(
    session: &mut Session,
    mailbox: &str,
    from: u32,
) -> Result<Vec<(u32, Mark)>, Fault> {
    if session.opened(mailbox, false)? == Opened::Still {
        session.select(mailbox, false)?;
    }
    let mut uids = session.run(&format!("UID SEARCH UID {from}:*"))?.search();
    // `from:*` finds the last message even when its uid is below.
    uids.retain(|uid| *uid >= from);
    uids.sort_unstable();
    uids.truncate(MOST);
    let mut all = BTreeMap::new();
    for set in names::uid_sets(&uids, MAX_SET) {
        all.extend(fetch(session, &set)?);
    }
    Ok(all.into_iter().collect())
}

fn fetch(session: &mut Session, set: &str) -> Result<BTreeMap<u32, Mark>, Fault> {
    let reply = session.run(&format!("UID FETCH {set} (UID RFC822.SIZE BODY.PEEK[{HEADER}])"))?;
    let mut marks = BTreeMap::new();
    for attributes in fetched(&reply) {
        let size = attributes.iter().find_map(|attribute| match attribute {
            AttributeValue::Rfc822Size(size) => Some(*size),
            _ => None,
        });
        if let (Some(size), Some(header)) = (size, section(&attributes, |path| path.is_some())) {
            marks.insert(uid_of(&attributes), mark(size, header));
        }
    }
    Ok(marks)
}

fn mark(size: u32, header: &[u8]) -> Mark {
    let mut hash = Sha256::new();
    hash.update(size.to_be_bytes());
    hash.update(header);
    hash.finalize().into()
}

const HEADER: &str = "HEADER.FIELDS (MESSAGE-ID DATE FROM SUBJECT)";
/// As many messages as are looked at.
const MOST: usize = 10_000;
