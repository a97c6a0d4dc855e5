//! The rows, columns and sections of deploy/FAULTS.md; what stands in its cells, tests find out.

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
    UserInformation,
    FolderSyncFirst,
    FolderSyncNext,
    FolderSyncChanged,
    SyncMailFirst,
    SyncMailNext,
    SyncMailUp,
    SyncMailWaiting,
    SyncContactsFirst,
    SyncContactsDown,
    SyncContactsUp,
    Ping,
    EstimateMail,
    EstimateContacts,
    FetchMail,
    FetchContact,
    FetchFile,
    GetAttachment,
    EmptyFolder,
    MoveItems,
    SendMail,
}

impl Case {
    /// The versions at which it is tried.
    pub(super) const fn versions(self) -> &'static [&'static str] {
        match self {
            Self::GetAttachment => &["12.1"],
            _ => &["12.1", "14.1"],
        }
    }

    /// Whether it is made by a user whose preferences change.
    pub(super) const fn is_fickle(self) -> bool {
        matches!(self, Self::FolderSyncChanged)
    }

    /// Whether the answer comes when there is news.
    pub(super) const fn is_waiting(self) -> bool {
        matches!(self, Self::Ping | Self::SyncMailWaiting)
    }
}

pub(super) const PARTS: [(Part, &str); 5] = [
    (Part::Horde, "Horde (web server and PHP), login known from the last minutes"),
    (Part::HordeAtFirst, "Horde, login not known: the service was just started"),
    (Part::Database, "The database"),
    (Part::Mail, "The mail server (IMAP)"),
    (Part::Smtp, "The mail server that takes what phones send (SMTP)"),
];

pub(super) const FAULT_NAMES: [(Fault, &str); 8] = [
    (Fault::Stopped, "stopped"),
    (Fault::Hung, "hung"),
    (Fault::Slow, "slow"),
    (Fault::Dribbling, "dribbling"),
    (Fault::Restarted, "restarted before"),
    (Fault::CutOnce, "restarted in the middle"),
    (Fault::Cut, "always cut"),
    (Fault::Garbled, "garbled"),
];

pub(super) const CASE_NAMES: [(Case, &str); 24] = [
    (Case::Options, "OPTIONS"),
    (Case::Provision, "Provision"),
    (Case::Settings, "Settings, the device"),
    (Case::UserInformation, "Settings, the user"),
    (Case::FolderSyncFirst, "FolderSync, first"),
    (Case::FolderSyncNext, "FolderSync, next"),
    (Case::FolderSyncChanged, "FolderSync, a preference just changed"),
    (Case::SyncMailFirst, "Sync of mail, first"),
    (Case::SyncMailNext, "Sync of mail, next"),
    (Case::SyncMailUp, "Sync of mail, changes up"),
    (Case::SyncMailWaiting, "Sync of mail, waiting"),
    (Case::SyncContactsFirst, "Sync of contacts, first"),
    (Case::SyncContactsDown, "Sync of contacts, changes down"),
    (Case::SyncContactsUp, "Sync of contacts, changes up"),
    (Case::Ping, "Ping"),
    (Case::EstimateMail, "GetItemEstimate of mail"),
    (Case::EstimateContacts, "GetItemEstimate of contacts"),
    (Case::FetchMail, "ItemOperations, a mail"),
    (Case::FetchContact, "ItemOperations, a contact"),
    (Case::FetchFile, "ItemOperations, an attachment"),
    (Case::GetAttachment, "GetAttachment"),
    (Case::EmptyFolder, "ItemOperations, EmptyFolderContents"),
    (Case::MoveItems, "MoveItems"),
    (Case::SendMail, "SendMail"),
];

pub(super) const INTRODUCTION: &str = "\
# When a part fails

What phones are told while a part of the server does not work. Each column is a test of its own
(`cargo test --test it faults::horde_known::stopped`, and so on), which makes each request of the
column at versions 12.1 and 14.1 (GetAttachment at 12.1 alone) and names each cell that is not as it
stands here; with `UPDATE_EXPECT=1` it writes what it saw.

- **works**: the answer, as ever.
- **503**: HTTP 503 with `Retry-After`. The phone comes back by itself; it is never told that its
  password is wrong, and it loses nothing: its key stays good, and the same request works as soon
  as the part is back, without a restart of horde-eas. What it sent is done once.
- **waits**: nothing yet; the request stays open, and ends with the news when the part is back.
- **works or 503**: the part broke off in the middle of its answer; whether the request could be
  made again by then hangs on the moment.

Without Horde, a phone that was there in the last minutes (`credentials_seconds` of `[horde]`) goes
on with its mail. A FolderSync does so where `check` says that folders are read without PHP, as here,
and as long as none of the user's preferences, permissions and shares changed since the last one.

An answer takes at most two of the time limits of the configuration: `timeout` of `[horde]`,
`[imap]` and `[smtp]`, `timeout_seconds` of `[state]`. A mail that the SMTP server has got may take
longer: it is waited for up to ten minutes, so that no mail is sent twice. While one MoveItems of a
folder hangs, another of the same user and folder may be told Status 7 (locked): it is made again.

The ways to fail: *stopped*: nobody listens. *Hung*: connections stand, and nobody answers.
*Slow*: the answers come late, but in time. *Dribbling*: they come byte by byte, and not in time.
*Restarted before*: all connections that were kept are dead. *Restarted in the middle*: once, during
the answer. *Always cut*: every connection breaks during the answer. *Garbled*: the answer is
something else, such as an error page with HTTP 200.
";
