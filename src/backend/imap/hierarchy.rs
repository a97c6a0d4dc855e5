//! The mailboxes of a user.

use std::collections::{BTreeMap, BTreeSet};

use imap_proto::{MailboxDatum, NameAttribute, Response};

use crate::backend::imap::names;
use crate::backend::imap::session::{Fault, Session};
use crate::backend::mail::{Mailbox, SpecialUse};

/// A line of LIST.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Listed {
    delimiter: Option<String>,
    selectable: bool,
    special_use: Option<SpecialUse>,
}

/// All mailboxes, parents before children.
pub(super) fn list(session: &mut Session, subscribed_only: bool) -> Result<Vec<Mailbox>, Fault> {
    let with_use = session.can("SPECIAL-USE") && session.can("LIST-EXTENDED");
    let all = if with_use { "LIST \"\" \"*\" RETURN (SPECIAL-USE)" } else { "LIST \"\" \"*\"" };
    let mut listed = ask(session, all)?;
    if subscribed_only {
        let subscribed: BTreeSet<String> = ask(session, "LSUB \"\" \"*\"")?.into_keys().collect();
        for (name, line) in &mut listed {
            line.selectable &= subscribed.contains(name) || name == INBOX;
        }
    }
    let inbox = listed.entry(INBOX.to_owned()).or_default();
    inbox.selectable = true;
    Ok(hierarchy(&listed))
}

/// All mailboxes that are there, selectable or not, each with what stands between it and those
/// below.
pub(super) fn delimiters(session: &mut Session) -> Result<BTreeMap<String, String>, Fault> {
    let listed = ask(session, "LIST \"\" \"*\"")?;
    Ok(listed.into_iter().map(|(name, line)| (name, line.delimiter.unwrap_or_default())).collect())
}

/// The mailboxes that the user subscribed to.
pub(super) fn subscribed(session: &mut Session) -> Result<Vec<String>, Fault> {
    Ok(ask(session, "LSUB \"\" \"*\"")?.into_keys().collect())
}

/// Removes the mailboxes below one, the lowest first, but for those to keep and those above them.
pub(super) fn remove_below(
    session: &mut Session,
    mailbox: &str,
    keep: &[String],
) -> Result<(), Fault> {
    session.unselect()?;
    let listed = ask(session, "LIST \"\" \"*\"")?;
    let delimiter = listed.get(mailbox).and_then(|line| line.delimiter.clone());
    for name in below(listed.keys(), mailbox, delimiter.as_deref().unwrap_or_default(), keep) {
        let name = names::mailbox(name);
        match session.run(&format!("DELETE {name}")) {
            Ok(_) => drop(session.run(&format!("UNSUBSCRIBE {name}"))?),
            // It is gone, or it may not be deleted: the others still may.
            Err(Fault::Refused(error)) => log::debug!("a mailbox stays: {error}"),
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

fn below<'a>(
    names: impl DoubleEndedIterator<Item = &'a String>,
    mailbox: &str,
    delimiter: &str,
    keep: &[String],
) -> Vec<&'a String> {
    let is_below = |name: &str, top: &str| {
        !delimiter.is_empty()
            && name.strip_prefix(top).is_some_and(|rest| rest.starts_with(delimiter))
    };
    names
        .rev()
        .filter(|name| is_below(name, mailbox))
        .filter(|name| !keep.iter().any(|kept| kept == *name || is_below(kept, name)))
        .collect()
}

fn ask(session: &mut Session, command: &str) -> Result<BTreeMap<String, Listed>, Fault> {
    let reply = session.run(command)?;
    let mut listed = BTreeMap::new();
    for response in reply.responses() {
        let Response::MailboxData(MailboxDatum::List { name_attributes, delimiter, name }) =
            response
        else {
            continue;
        };
        let delimiter = delimiter.map(|delimiter| delimiter.into_owned());
        let name = canonical(names::decoded(&name), delimiter.as_deref());
        let mut line = Listed { delimiter, selectable: true, special_use: None };
        for attribute in &name_attributes {
            match attribute {
                NameAttribute::NoSelect => line.selectable = false,
                NameAttribute::Extension(word) if word.eq_ignore_ascii_case("\\NonExistent") => {
                    line.selectable = false;
                }
                NameAttribute::Drafts => line.special_use = Some(SpecialUse::Drafts),
                NameAttribute::Junk => line.special_use = Some(SpecialUse::Junk),
                NameAttribute::Sent => line.special_use = Some(SpecialUse::Sent),
                NameAttribute::Trash => line.special_use = Some(SpecialUse::Trash),
                _ => {}
            }
        }
        if !name.is_empty() {
            listed.insert(name, line);
        }
    }
    Ok(listed)
}

/// `inbox` in any case is INBOX, and so is the start of the names below it.
fn canonical(name: String, delimiter: Option<&str>) -> String {
    let is_inbox = |start: &str| start.eq_ignore_ascii_case(INBOX);
    if is_inbox(&name) {
        return INBOX.to_owned();
    }
    name.split_once(delimiter.filter(|delimiter| !delimiter.is_empty()).unwrap_or("\0"))
        .filter(|(start, _)| is_inbox(start) && *start != INBOX)
        .map(|(_, rest)| format!("{INBOX}{}{rest}", delimiter.unwrap_or_default()))
        .unwrap_or(name)
}

/// Mailboxes with the nearest selectable one above them as parent.
///
/// Names sort so that parents come before their children.
fn hierarchy(listed: &BTreeMap<String, Listed>) -> Vec<Mailbox> {
    let mut mailboxes: Vec<Mailbox> = listed
        .iter()
        .filter(|(_, line)| line.selectable)
        .map(|(name, line)| {
            let split = line
                .delimiter
                .as_deref()
                .filter(|delimiter| !delimiter.is_empty())
                .and_then(|delimiter| name.rsplit_once(delimiter));
            let parent =
                split.filter(|(above, _)| listed.get(*above).is_some_and(|line| line.selectable));
            let label = match parent {
                Some((_, last)) => last,
                None => name.as_str(),
            };
            Mailbox {
                name: name.clone(),
                label: label.to_owned(),
                parent: parent.map(|(above, _)| above.to_owned()),
                special_use: line.special_use,
            }
        })
        .collect();
    mailboxes.sort_by_key(|mailbox| mailbox.name != INBOX);
    mailboxes
}

const INBOX: &str = "INBOX";

#[cfg(test)]
mod tests {
    use crate::backend::imap::hierarchy::{Listed, below, canonical, hierarchy};

    #[test]
    fn what_is_below_goes_lowest_first_without_what_is_kept() {
        let names = ["T", "T/a", "T/a/b", "T/c", "T/c/Sent", "Tx", "Tx/y"].map(str::to_owned);
        let below = |keep: &str| below(names.iter(), "T", "/", &[keep.to_owned()]);
        assert_eq!(below("none"), ["T/c/Sent", "T/c", "T/a/b", "T/a"]);
        assert_eq!(below("T/c/Sent"), ["T/a/b", "T/a"]);
    }

    #[test]
    fn children_of_what_can_not_be_selected_stand_at_the_root() {
        let line =
            |selectable| Listed { delimiter: Some("/".to_owned()), selectable, special_use: None };
        let listed =
            [("Archive/2025/x", true), ("Archive/2025", true), ("Archive", false), ("INBOX", true)]
                .into_iter()
                .map(|(name, selectable)| (name.to_owned(), line(selectable)))
                .collect();
        let found: Vec<_> = hierarchy(&listed)
            .into_iter()
            .map(|mailbox| (mailbox.name, mailbox.label, mailbox.parent))
            .collect();
        assert_eq!(
            found,
            [
                ("INBOX".to_owned(), "INBOX".to_owned(), None),
                ("Archive/2025".to_owned(), "Archive/2025".to_owned(), None),
                ("Archive/2025/x".to_owned(), "x".to_owned(), Some("Archive/2025".to_owned())),
            ]
        );
        assert_eq!(canonical("Inbox.a".to_owned(), Some(".")), "INBOX.a");
        assert_eq!(canonical("inboxes".to_owned(), Some(".")), "inboxes");
    }
}
