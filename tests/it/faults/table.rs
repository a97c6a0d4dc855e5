//! What phones are told while a part fails: one source for the tests and for deploy/FAULTS.md.

use std::fmt::Write as _;

/// A part of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The web server and PHP, when the phone's login is known from the last minutes.
    Horde,
    /// The same, when it is not: the service was just started, or the phone was away.
    HordeAtFirst,
    /// The database.
    Database,
    /// The IMAP server.
    Mail,
    /// The SMTP server.
    Smtp,
}

/// A way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nobody listens.
    Stopped,
    /// Connections stand, and nobody answers.
    Hung,
    /// Answers come slowly, but within the time that the configuration gives.
    Slow,
    /// Answers come byte by byte, and do not end in time.
    Dribbling,
    /// It was started again: all old connections are dead.
    Restarted,
    /// It is started again while it answers.
    CutOnce,
    /// Every connection breaks in the middle of the answer.
    Cut,
    /// It answers something else.
    Garbled,
}

/// A request of a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Options,
    Provision,
    Settings,
    FolderSyncFirst,
    FolderSyncNext,
    SyncMailFirst,
    SyncMailNext,
    SyncMailUp,
    SyncContactsFirst,
    SyncContactsDown,
    SyncContactsUp,
    Ping,
    EstimateMail,
    EstimateContacts,
    FetchMail,
    FetchContact,
    SendMail,
}

/// What the phone is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// The answer, or HTTP 503: it depends on the moment.
    Either,
    /// HTTP 503 with Retry-After.
    Later,
    /// Nothing until the part is back, or the time of the Ping is over.
    Waits,
    /// The answer, as ever.
    Works,
}

/// What a phone is told, of all versions.
pub(super) fn expected(part: Part, fault: Fault, case: Case) -> Expected {
    if !needs(part, case) {
        return Expected::Works;
    }
    match fault {
        Fault::Restarted | Fault::Slow => Expected::Works,
        Fault::CutOnce => Expected::Either,
        Fault::Cut | Fault::Dribbling | Fault::Garbled | Fault::Hung | Fault::Stopped => {
            match (part, case) {
                (Part::Mail, Case::Ping) => Expected::Waits,
                // Horde is asked only when something of the user changed, or was just learnt.
                (Part::Horde, Case::FolderSyncFirst | Case::FolderSyncNext) => Expected::Either,
                _ => Expected::Later,
            }
        }
    }
}

fn needs(part: Part, case: Case) -> bool {
    match (part, case) {
        (Part::HordeAtFirst, _) => true,
        (Part::Database, case) => case != Case::Options,
        (Part::Smtp, case) => case == Case::SendMail,
        (
            Part::Horde | Part::Mail,
            Case::Options
            | Case::Provision
            | Case::Settings
            | Case::EstimateContacts
            // The copy is made later, then.
            | Case::SendMail,
        ) => false,
        (Part::Horde | Part::Mail, Case::FolderSyncFirst | Case::FolderSyncNext) => true,
        (
            part,
            Case::SyncContactsFirst
            | Case::SyncContactsDown
            | Case::SyncContactsUp
            | Case::FetchContact,
        ) => part == Part::Horde,
        (
            part,
            Case::SyncMailFirst
            | Case::SyncMailNext
            | Case::SyncMailUp
            | Case::Ping
            | Case::EstimateMail
            | Case::FetchMail,
        ) => part == Part::Mail,
    }
}

/// The tables as the administrator reads them.
pub(super) fn markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    for (part, title) in PARTS {
        let _ = write!(text, "\n## {title}\n\n| request |");
        for (_, name) in FAULT_NAMES {
            let _ = write!(text, " {name} |");
        }
        text.push_str("\n|---|");
        text.push_str(&"---|".repeat(FAULT_NAMES.len()));
        text.push('\n');
        for (case, name) in CASE_NAMES {
            let _ = write!(text, "| {name} |");
            for (fault, _) in FAULT_NAMES {
                let cell = match expected(part, fault, case) {
                    Expected::Either => "works or 503",
                    Expected::Later => "503",
                    Expected::Waits => "waits",
                    Expected::Works => "works",
                };
                let _ = write!(text, " {cell} |");
            }
            text.push('\n');
        }
    }
    text
}

const PARTS: [(Part, &str); 5] = [
    (
        Part::Horde,
        "Horde (web server and PHP), login known from the last minutes, no preference or share changed",
    ),
    (Part::HordeAtFirst, "Horde, login not known: the service was just started"),
    (Part::Database, "The database"),
    (Part::Mail, "The mail server (IMAP)"),
    (Part::Smtp, "The mail server that takes what phones send (SMTP)"),
];

const FAULT_NAMES: [(Fault, &str); 8] = [
    (Fault::Stopped, "stopped"),
    (Fault::Hung, "hung"),
    (Fault::Slow, "slow"),
    (Fault::Dribbling, "dribbling"),
    (Fault::Restarted, "restarted before"),
    (Fault::CutOnce, "restarted in the middle"),
    (Fault::Cut, "always cut"),
    (Fault::Garbled, "garbled"),
];

const CASE_NAMES: [(Case, &str); 17] = [
    (Case::Options, "OPTIONS"),
    (Case::Provision, "Provision"),
    (Case::Settings, "Settings"),
    (Case::FolderSyncFirst, "FolderSync, first"),
    (Case::FolderSyncNext, "FolderSync, next"),
    (Case::SyncMailFirst, "Sync of mail, first"),
    (Case::SyncMailNext, "Sync of mail, next"),
    (Case::SyncMailUp, "Sync of mail, changes up"),
    (Case::SyncContactsFirst, "Sync of contacts, first"),
    (Case::SyncContactsDown, "Sync of contacts, changes down"),
    (Case::SyncContactsUp, "Sync of contacts, changes up"),
    (Case::Ping, "Ping"),
    (Case::EstimateMail, "GetItemEstimate of mail"),
    (Case::EstimateContacts, "GetItemEstimate of contacts"),
    (Case::FetchMail, "ItemOperations, a mail"),
    (Case::FetchContact, "ItemOperations, a contact"),
    (Case::SendMail, "SendMail"),
];

/// All faults, in the order in which they are tried.
pub(super) const FAULTS: [Fault; 8] = {
    let mut all = [Fault::Stopped; 8];
    let mut n = 0;
    while n < all.len() {
        all[n] = FAULT_NAMES[n].0;
        n += 1;
    }
    all
};

/// All requests.
pub(super) const CASES: [Case; 17] = {
    let mut all = [Case::Options; 17];
    let mut n = 0;
    while n < all.len() {
        all[n] = CASE_NAMES[n].0;
        n += 1;
    }
    all
};

/// The versions at which each is tried.
pub(super) const VERSIONS: [&str; 2] = ["12.1", "14.1"];

const INTRODUCTION: &str = "\
# When a part fails

What phones are told while a part of the server does not work. Each cell is a test
(`tests/it/faults.rs`) at versions 12.1 and 14.1, and this file is written by it
(`UPDATE_EXPECT=1 cargo test --test it the_table_of_faults`).

- **works**: the answer, as ever.
- **503**: HTTP 503 with `Retry-After`. The phone comes back by itself; it is never told that its
  password is wrong, and it loses nothing: its key stays good, and the same request works as soon
  as the part is back, without a restart of horde-eas. What it sent is done once.
- **works or 503**: it hangs on the moment; a FolderSync without Horde works as long as none of
  the user's preferences, permissions and shares changed in the last seconds.
- **waits**: the Ping stays open, and ends with the news when the part is back.

An answer takes at most two of the time limits of the configuration: `timeout` of `[horde]`,
`[imap]` and `[smtp]`, `timeout_seconds` of `[state]`. A mail that the SMTP server has got may take
longer: it is waited for up to ten minutes, so that no mail is sent twice.

The ways to fail: *stopped*: nobody listens. *Hung*: connections stand, and nobody answers.
*Slow*: the answers come late, but in time. *Dribbling*: they come byte by byte, and not in time.
*Restarted before*: all connections that were kept are dead. *Restarted in the middle*: once, during
the answer. *Always cut*: every connection breaks during the answer. *Garbled*: the answer is
something else, such as an error page with HTTP 200.
";
