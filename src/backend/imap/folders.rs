//! Mailboxes that come, go and get other names.

use std::collections::BTreeMap;

use crate::backend::imap::hierarchy;
use crate::backend::imap::names;
use crate::backend::imap::session::{Fault, Session};
use crate::backend::mail::{MailboxChange, MailboxName, MailboxPlace};
use crate::backend::{Error, Kind};

/// Makes the change; `prefix` is how the user's own mailboxes begin.
pub(super) fn change(
    session: &mut Session,
    prefix: &str,
    change: &MailboxChange,
) -> Result<MailboxName, Fault> {
    // Some servers keep a mailbox, or its name, while it is open.
    session.unselect()?;
    let there = hierarchy::delimiters(session)?;
    let delimiter = match there.values().find(|delimiter| !delimiter.is_empty()) {
        Some(delimiter) => delimiter.clone(),
        None => prefix.chars().last().map(String::from).unwrap_or_default(),
    };
    let full = |place: &MailboxPlace, from: &str, label: &str| {
        let above = match place {
            MailboxPlace::Below(mailbox) => format!("{mailbox}{delimiter}"),
            MailboxPlace::Top => prefix.to_owned(),
            MailboxPlace::Same => from
                .rsplit_once(&*delimiter)
                .filter(|_| !delimiter.is_empty())
                .map_or_else(String::new, |(above, _)| format!("{above}{delimiter}")),
        };
        let is_one = delimiter.is_empty() || !label.contains(&*delimiter);
        let has_place = !matches!(place, MailboxPlace::Below(_)) || !delimiter.is_empty();
        // What LIST takes for a pattern could never be asked for by its name.
        let is_plain = !label.contains(['*', '%']);
        (is_one && has_place && is_plain).then(|| format!("{above}{label}")).ok_or_else(|| {
            Fault::Refused(Error::new(Kind::Invalid, "the server has no mailbox of such a name"))
        })
    };
    let name = match change {
        MailboxChange::Create { place, label } => {
            let name = full(place, "", label)?;
            create(session, &there, place, &name)?;
            name
        }
        MailboxChange::Delete { mailbox } => {
            delete(session, &there, mailbox)?;
            mailbox.clone()
        }
        MailboxChange::Rename { mailbox, place, label } => {
            let name = full(place, mailbox, label)?;
            rename(session, &there, mailbox, &name, &delimiter)?;
            name
        }
    };
    Ok(MailboxName { name, delimiter })
}

fn create(
    session: &mut Session,
    there: &BTreeMap<String, String>,
    place: &MailboxPlace,
    name: &str,
) -> Result<(), Fault> {
    if let MailboxPlace::Below(above) = place
        && !there.contains_key(above)
    {
        return Err(gone());
    }
    let quoted = names::mailbox(name);
    if !there.contains_key(name) {
        session.run_once(&format!("CREATE {quoted}")).map_err(denied)?;
    }
    session.run(&format!("SUBSCRIBE {quoted}"))?;
    Ok(())
}

fn rename(
    session: &mut Session,
    there: &BTreeMap<String, String>,
    from: &str,
    to: &str,
    delimiter: &str,
) -> Result<(), Fault> {
    if from == to {
        return Ok(());
    }
    match (there.contains_key(from), there.contains_key(to)) {
        (true, true) => {
            return Err(Fault::Refused(Error::new(Kind::Conflict, "another mailbox has the name")));
        }
        (false, false) => return Err(gone()),
        // The answer to the first try was lost.
        (false, true) => return Ok(()),
        (true, false) => {}
    }
    let subscribed = hierarchy::subscribed(session)?;
    let (old, new) = (names::mailbox(from), names::mailbox(to));
    session.run_once(&format!("RENAME {old} {new}")).map_err(denied)?;
    for name in subscribed {
        let rest = name.strip_prefix(from).filter(|rest| {
            rest.is_empty() || (!delimiter.is_empty() && rest.starts_with(delimiter))
        });
        let Some(rest) = rest else { continue };
        let renamed = names::mailbox(&format!("{to}{rest}"));
        session.run(&format!("SUBSCRIBE {renamed}"))?;
        // Some servers took the subscription along.
        match session.run(&format!("UNSUBSCRIBE {}", names::mailbox(&name))) {
            Ok(_) | Err(Fault::Refused(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

fn delete(
    session: &mut Session,
    there: &BTreeMap<String, String>,
    mailbox: &str,
) -> Result<(), Fault> {
    if !there.contains_key(mailbox) {
        return Err(gone());
    }
    hierarchy::remove_below(session, mailbox, &[])?;
    let name = names::mailbox(mailbox);
    session.run_once(&format!("DELETE {name}")).map_err(denied)?;
    match session.run(&format!("UNSUBSCRIBE {name}")) {
        Ok(_) | Err(Fault::Refused(_)) => Ok(()),
        Err(fault) => Err(fault),
    }
}

fn gone() -> Fault {
    Fault::Refused(Error::new(Kind::Gone, "the mailbox is not there"))
}

/// A NO without a reason that we know is final: trying again would not help.
fn denied(fault: Fault) -> Fault {
    match fault {
        Fault::Refused(error) if error.kind == Kind::Unavailable => {
            Fault::Refused(Error { kind: Kind::Denied, ..error })
        }
        fault => fault,
    }
}
