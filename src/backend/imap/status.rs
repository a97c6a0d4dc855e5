//! The state of mailboxes without opening them.

use std::collections::BTreeMap;

use imap_proto::{MailboxDatum, Response, StatusAttribute};

use crate::backend::Kind;
use crate::backend::imap::names;
use crate::backend::imap::session::{Fault, Reply, Session};
use crate::backend::mail::MailboxStatus;

/// The state of each mailbox that is there, in one round trip where the server can.
pub(super) fn of_many(
    session: &mut Session,
    mailboxes: &[String],
) -> Result<BTreeMap<String, MailboxStatus>, Fault> {
    session.unselect()?;
    let items = items(session);
    let mut found = BTreeMap::new();
    if session.can("LIST-STATUS") && session.can("LIST-EXTENDED") && mailboxes.len() > 1 {
        for patterns in pattern_lists(mailboxes) {
            let reply =
                session.run(&format!("LIST \"\" ({patterns}) RETURN (STATUS ({items}))"))?;
            collect(&reply, session.can("CONDSTORE"), &mut found);
        }
        // A name with wildcards finds others too.
        found.retain(|name, _| mailboxes.contains(name));
        return Ok(found);
    }
    for mailbox in mailboxes {
        let command = format!("STATUS {} ({items})", names::mailbox(mailbox));
        match session.run_on(mailbox, &command) {
            Ok(reply) => collect(&reply, session.can("CONDSTORE"), &mut found),
            Err(Fault::Refused(error)) if matches!(error.kind, Kind::Gone | Kind::Denied) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(found)
}

fn items(session: &Session) -> &'static str {
    if session.can("CONDSTORE") {
        "MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ"
    } else {
        "MESSAGES UIDNEXT UIDVALIDITY"
    }
}

fn pattern_lists(mailboxes: &[String]) -> Vec<String> {
    let mut lists: Vec<String> = Vec::new();
    for mailbox in mailboxes {
        let name = names::mailbox(mailbox);
        match lists.last_mut() {
            Some(list) if list.len() + name.len() < MAX_LINE => {
                list.push(' ');
                list.push_str(&name);
            }
            _ => lists.push(name),
        }
    }
    lists
}

fn collect(reply: &Reply, with_mod_seq: bool, into: &mut BTreeMap<String, MailboxStatus>) {
    for response in reply.responses() {
        let Response::MailboxData(MailboxDatum::Status { mailbox, status: attributes }) = response
        else {
            continue;
        };
        let mut status = MailboxStatus::default();
        for attribute in attributes {
            match attribute {
                StatusAttribute::HighestModSeq(number) if with_mod_seq => {
                    status.highest_mod_seq = number;
                }
                StatusAttribute::Messages(number) => status.messages = number,
                StatusAttribute::UidNext(number) => status.uid_next = number,
                StatusAttribute::UidValidity(number) => status.uid_validity = number,
                _ => {}
            }
        }
        into.insert(names::decoded(&mailbox), status);
    }
}

/// Servers take lines of 8 KiB at least.
const MAX_LINE: usize = 7_000;
