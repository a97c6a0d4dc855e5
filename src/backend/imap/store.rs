//! Flags, moves, deletions.

use std::collections::{BTreeMap, BTreeSet};

use imap_proto::{AttributeValue, Response, ResponseCode, UidSetMember};

use crate::backend::Kind;
use crate::backend::imap::changes::{MAX_SET, set_flag};
use crate::backend::imap::names;
use crate::backend::imap::session::{Fault, Opened, Reply, Session};
use crate::backend::mail::{Before, FlagChange, Seen};

/// Changes flags, one STORE for all messages with the same change; answers how the messages that
/// are there stood before.
pub(super) fn store(
    session: &mut Session,
    mailbox: &str,
    changes: &[FlagChange],
) -> Result<Vec<Before>, Fault> {
    let uids: Vec<u32> = changes.iter().map(|change| change.imap_uid).collect();
    let opened = session.opened(mailbox, true)?;
    let mut before = flags(session, &uids)?;
    // An older view of the mailbox does not show the newest messages.
    if opened == Opened::Still && uids.iter().any(|uid| !before.contains_key(uid)) {
        session.select(mailbox, true)?;
        before = flags(session, &uids)?;
    }
    let mut stores: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for change in changes.iter().filter(|change| before.contains_key(&change.imap_uid)) {
        for store in stores_of(change) {
            stores.entry(store).or_default().push(change.imap_uid);
        }
    }
    for (store, uids) in stores {
        for set in names::uid_sets(&uids, MAX_SET) {
            session.run(&format!("UID STORE {set} {store}"))?;
        }
    }
    Ok(before.into_values().collect())
}

fn flags(session: &mut Session, uids: &[u32]) -> Result<BTreeMap<u32, Before>, Fault> {
    let items = if session.can("CONDSTORE") { "UID FLAGS MODSEQ" } else { "UID FLAGS" };
    let mut before = BTreeMap::new();
    for set in names::uid_sets(uids, MAX_SET) {
        let reply = session.run(&format!("UID FETCH {set} ({items})"))?;
        for response in reply.responses() {
            if let Response::Fetch(_, attributes) = response
                && let Some(state) = state(&attributes)
                && uids.contains(&state.imap_uid)
            {
                before.insert(state.imap_uid, state);
            }
        }
    }
    Ok(before)
}

fn state(attributes: &[AttributeValue<'_>]) -> Option<Before> {
    let mut seen = Seen::default();
    let mut mod_seq = 0;
    let mut has_flags = false;
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(uid) => seen.imap_uid = *uid,
            AttributeValue::ModSeq(number) => mod_seq = *number,
            AttributeValue::Flags(flags) => {
                has_flags = true;
                flags.iter().for_each(|flag| set_flag(&mut seen, flag));
            }
            _ => {}
        }
    }
    let Seen { imap_uid, read, flagged, .. } = seen;
    (has_flags && imap_uid > 0).then_some(Before { imap_uid, read, flagged, mod_seq })
}

/// The STORE items of a change: what is set and what is cleared.
fn stores_of(change: &FlagChange) -> Vec<String> {
    let mut set = Vec::new();
    let mut cleared = Vec::new();
    for (wish, flag) in [(change.read, "\\Seen"), (change.flagged, "\\Flagged")] {
        match wish {
            Some(true) => set.push(flag),
            Some(false) => cleared.push(flag),
            None => {}
        }
    }
    set.extend(change.add_keywords.iter().map(String::as_str).filter(|word| is_atom(word)));
    cleared.extend(change.remove_keywords.iter().map(String::as_str).filter(|word| is_atom(word)));
    [("+", set), ("-", cleared)]
        .into_iter()
        .filter(|(_, flags)| !flags.is_empty())
        .map(|(sign, flags)| format!("{sign}FLAGS.SILENT ({})", flags.join(" ")))
        .collect()
}

/// Whether a keyword can be written in a command at all.
fn is_atom(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|byte| {
            byte.is_ascii_graphic()
                && !matches!(byte, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b']')
        })
}

/// Which of the uids the mailbox has; opens it for writing.
fn existing(session: &mut Session, mailbox: &str, uids: &[u32]) -> Result<BTreeSet<u32>, Fault> {
    let opened = session.opened(mailbox, true)?;
    let mut there = search(session, uids)?;
    // An older view of the mailbox does not show the newest messages.
    if opened == Opened::Still && uids.iter().any(|uid| !there.contains(uid)) {
        session.select(mailbox, true)?;
        there = search(session, uids)?;
    }
    Ok(there)
}

fn search(session: &mut Session, uids: &[u32]) -> Result<BTreeSet<u32>, Fault> {
    let mut there = BTreeSet::new();
    for set in names::uid_sets(uids, MAX_SET) {
        there.extend(session.run(&format!("UID SEARCH UID {set}"))?.search());
    }
    Ok(there)
}

/// Makes a mailbox, when there is none of that name.
pub(super) fn create_if_missing(session: &mut Session, mailbox: &str) -> Result<(), Fault> {
    let name = names::mailbox(mailbox);
    match session.run_on(mailbox, &format!("STATUS {name} (UIDVALIDITY)")) {
        Err(Fault::Refused(error)) if error.kind == Kind::Gone => {
            session.run_once(&format!("CREATE {name}"))?;
            session.run(&format!("SUBSCRIBE {name}"))?;
            Ok(())
        }
        other => other.map(|_| ()),
    }
}

/// Whether a mailbox has a message with that Message-ID.
pub(super) fn has_message(
    session: &mut Session,
    mailbox: &str,
    message_id: &str,
) -> Result<bool, Fault> {
    session.select(mailbox, false)?;
    let id = names::quoted(message_id);
    Ok(!session.run(&format!("UID SEARCH HEADER Message-ID {id}"))?.search().is_empty())
}

/// Moves messages; answers the old and new uid of each that was there.
pub(super) fn move_to(
    session: &mut Session,
    mailbox: &str,
    uids: &[u32],
    target: &str,
) -> Result<BTreeMap<u32, Option<u32>>, Fault> {
    let there: Vec<u32> = existing(session, mailbox, uids)?.into_iter().collect();
    let mut moved: BTreeMap<u32, Option<u32>> = there.iter().map(|uid| (*uid, None)).collect();
    let name = names::mailbox(target);
    let verb = if session.can("MOVE") { "MOVE" } else { "COPY" };
    for set in names::uid_sets(&there, MAX_SET) {
        session.committed = true;
        let reply = session.run_on(target, &format!("UID {verb} {set} {name}"))?;
        moved.extend(new_uids(&reply));
    }
    if verb == "COPY" {
        expunge(session, &there)?;
    }
    Ok(moved)
}

/// Deletes messages for good; answers the uids that were there.
pub(super) fn delete(
    session: &mut Session,
    mailbox: &str,
    uids: &[u32],
) -> Result<Vec<u32>, Fault> {
    let there: Vec<u32> = existing(session, mailbox, uids)?.into_iter().collect();
    expunge(session, &there)?;
    Ok(there)
}

/// Deletes all messages that are there now.
pub(super) fn empty(session: &mut Session, mailbox: &str) -> Result<(), Fault> {
    if session.select(mailbox, true)?.messages == 0 {
        return Ok(());
    }
    let all = session.run("UID SEARCH ALL")?.search();
    expunge(session, &all)
}

/// Expunges these messages and no others.
fn expunge(session: &mut Session, uids: &[u32]) -> Result<(), Fault> {
    for set in names::uid_sets(uids, MAX_SET) {
        session.run(&format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)"))?;
        if session.can("UIDPLUS") {
            session.run_once(&format!("UID EXPUNGE {set}"))?;
        }
    }
    if !session.can("UIDPLUS") && !uids.is_empty() {
        // EXPUNGE takes everything marked: marks that are not ours are lifted for the moment.
        let wanted: BTreeSet<u32> = uids.iter().copied().collect();
        let marked = session.run("UID SEARCH DELETED")?.search();
        let others: Vec<u32> = marked.into_iter().filter(|uid| !wanted.contains(uid)).collect();
        let others = names::uid_sets(&others, MAX_SET);
        for set in &others {
            session.run(&format!("UID STORE {set} -FLAGS.SILENT (\\Deleted)"))?;
        }
        session.run_once("EXPUNGE")?;
        for set in &others {
            session.run(&format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)"))?;
        }
    }
    Ok(())
}

/// The pairs of COPYUID, which comes tagged after COPY and untagged during MOVE.
fn new_uids(reply: &Reply) -> BTreeMap<u32, Option<u32>> {
    let mut pairs = BTreeMap::new();
    for response in reply.responses() {
        if let Response::Data { code: Some(code), .. } | Response::Done { code: Some(code), .. } =
            response
            && let ResponseCode::CopyUid(_, from, to) = code
        {
            let to = members(&to);
            pairs.extend(members(&from).into_iter().zip(to.into_iter().map(Some)));
        }
    }
    pairs
}

fn members(set: &[UidSetMember]) -> Vec<u32> {
    set.iter()
        .flat_map(|member| match member {
            UidSetMember::Uid(uid) => *uid..=*uid,
            // RFC 4315: the order inside a range says nothing.
            UidSetMember::UidRange(range) => {
                *range.start().min(range.end())..=*range.start().max(range.end())
            }
        })
        .take(MAX_MEMBERS)
        .collect()
}

/// More messages than any mailbox has.
const MAX_MEMBERS: usize = 10_000_000;

#[cfg(test)]
mod tests {
    use crate::backend::imap::store::stores_of;
    use crate::backend::mail::FlagChange;

    #[test]
    fn changes_become_as_few_stores_as_can_be() {
        let change = FlagChange {
            imap_uid: 1,
            read: Some(true),
            flagged: Some(false),
            add_keywords: vec!["$label1".to_owned(), "no good".to_owned()],
            remove_keywords: vec!["old".to_owned()],
        };
        assert_eq!(
            stores_of(&change),
            ["+FLAGS.SILENT (\\Seen $label1)", "-FLAGS.SILENT (\\Flagged old)"]
        );
        assert!(stores_of(&FlagChange::default()).is_empty());
    }
}
