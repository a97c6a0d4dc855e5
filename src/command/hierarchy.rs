//! The folders that a user has now: mailboxes and the shares of Horde's applications.
//!
//! Which folders exist, their types and their names are those that Horde itself shows, since a
//! phone may be moved between the two servers.
//!
//! [MS-ASCMD] §2.2.1.5

use crate::backend::mail::{Mailbox, SpecialUse};
use crate::backend::profile::{Profile, Share, Shares, SpecialMailboxes};
use crate::eas::class::Class;
use crate::eas::folder::FolderType;
use crate::eas::version::ProtocolVersion;

/// A folder that Horde or the mail server has, before it got an id for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendFolder {
    /// Horde's own name of it: a mailbox, `@Contacts@`, `Contacts:localsql`.
    pub backend_id: String,
    /// What it holds.
    pub kind: FolderType,
    /// What users see.
    pub name: String,
    /// Backend id of the folder above it.
    pub parent: Option<String>,
}

/// The classes that a device wants as one merged folder each, as Horde's bit mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multiplex(pub u32);

impl Multiplex {
    /// Contacts are one folder.
    pub const CONTACTS: Self = Self(1);
    /// Calendars are one folder.
    pub const CALENDAR: Self = Self(2);
    /// Tasks are one folder.
    pub const TASKS: Self = Self(4);
    /// Notes are one folder.
    pub const NOTES: Self = Self(8);
    /// Everything is.
    pub const ALL: Self = Self(15);

    /// Whether all bits of the other are set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// All folders of the user, in the order calendar, contacts, tasks, notes, recipients, mail.
///
/// `mailboxes` is `None` when there is no mail: then the dummies of Horde stand in.
#[must_use]
pub fn folders(
    profile: &Profile,
    mailboxes: Option<&[Mailbox]>,
    multiplex: Multiplex,
    version: ProtocolVersion,
) -> Vec<BackendFolder> {
    let mut all = Vec::new();
    for (shares, form) in [
        (&profile.calendar, &CALENDAR),
        (&profile.contacts, &CONTACTS),
        (&profile.tasks, &TASKS),
        (&profile.notes, &NOTES),
    ] {
        if let Some(shares) = shares {
            all.extend(class_folders(shares, form, multiplex));
        }
    }
    if profile.contacts.is_some() && version >= ProtocolVersion::V14_0 {
        all.push(folder("RI", FolderType::RecipientInformation, "RI"));
    }
    match (mailboxes, &profile.mail) {
        (Some(mailboxes), Some(mail)) => {
            all.extend(mailboxes.iter().map(|mailbox| mail_folder(mailbox, &mail.special)));
            all.push(folder("OUTBOX", FolderType::Outbox, "Outbox"));
        }
        (None, _) | (_, None) => all
            .extend(DUMMIES.iter().map(|&(backend_id, kind, name)| folder(backend_id, kind, name))),
    }
    all
}

/// The class of items in a folder, as Horde writes it into its cache.
#[must_use]
pub fn class_of(kind: FolderType) -> Class {
    match kind {
        FolderType::Tasks | FolderType::UserTasks => Class::Tasks,
        FolderType::Calendar | FolderType::UserCalendar => Class::Calendar,
        FolderType::Contacts | FolderType::UserContacts => Class::Contacts,
        FolderType::Notes | FolderType::UserNotes => Class::Notes,
        _ => Class::Email,
    }
}

/// The letter with which Horde begins the id of a folder of this type.
#[must_use]
pub fn id_prefix(kind: FolderType) -> char {
    match class_of(kind) {
        Class::Calendar => 'A',
        Class::Contacts => 'C',
        Class::Tasks => 'T',
        Class::Notes => 'N',
        _ => 'F',
    }
}

/// Backend ids that are their own folder ids, on the wire too.
#[must_use]
pub fn has_fixed_id(backend_id: &str, mail_is_dummy: bool) -> bool {
    backend_id == "RI"
        || backend_id == "OUTBOX"
        || (mail_is_dummy && DUMMIES.iter().any(|&(dummy, _, _)| dummy == backend_id))
}

/// Whether the shares of a class are one folder each, for this user on a device of these bits.
#[must_use]
pub fn is_separate(shares: &Shares, class: Class, multiplex: Multiplex) -> bool {
    let bit = match class {
        Class::Calendar => Multiplex::CALENDAR,
        Class::Contacts => Multiplex::CONTACTS,
        Class::Notes => Multiplex::NOTES,
        Class::Tasks => Multiplex::TASKS,
        Class::Email | Class::Sms => return false,
    };
    shares.separate && !multiplex.has(bit)
}

/// How one class of shares appears.
struct Form {
    merged: &'static str,
    class: Class,
    primary: FolderType,
    other: FolderType,
}

fn class_folders(shares: &Shares, form: &Form, multiplex: Multiplex) -> Vec<BackendFolder> {
    if !is_separate(shares, form.class, multiplex) {
        return vec![folder(form.merged, form.primary, &shares.title)];
    }
    separate_shares(shares, form.class)
        .into_iter()
        .map(|share| {
            let is_default = shares.default.as_ref() == Some(&share.id);
            let kind = if is_default { form.primary } else { form.other };
            folder(&format!("{}:{}", form.class.as_str(), share.id), kind, &share.name)
        })
        .collect()
}

/// Those of the shares to sync that the user may write to.
///
/// The default calendar is always among them, as is any other default share where there would be
/// nothing else: phones want a place for what is new.
fn separate_shares(shares: &Shares, class: Class) -> Vec<&Share> {
    let find = |id: &String| shares.all.iter().find(|share| &share.id == id && share.writable);
    let mut shown: Vec<&Share> = shares.sync.iter().filter_map(find).collect();
    if (class == Class::Calendar || shown.is_empty())
        && let Some(default) = shares.default.as_ref().and_then(find)
        && !shown.iter().any(|share| share.id == default.id)
    {
        shown.insert(0, default);
    }
    shown
}

fn mail_folder(mailbox: &Mailbox, special: &SpecialMailboxes) -> BackendFolder {
    let is = |name: &Option<String>| name.as_ref() == Some(&mailbox.name);
    let serves = |purpose, named: &Option<String>| {
        is(named) || (named.is_none() && mailbox.special_use == Some(purpose))
    };
    let (kind, title) = if mailbox.name.eq_ignore_ascii_case("INBOX") {
        (FolderType::Inbox, Some(&special.titles.inbox))
    } else if serves(SpecialUse::Sent, &special.sent) {
        (FolderType::SentItems, Some(&special.titles.sent))
    } else if is(&special.trash) {
        (FolderType::DeletedItems, Some(&special.titles.trash))
    } else if serves(SpecialUse::Drafts, &special.drafts) {
        (FolderType::Drafts, Some(&special.titles.drafts))
    } else if is(&special.spam) {
        (FolderType::UserMail, Some(&special.titles.spam))
    } else {
        (FolderType::UserMail, None)
    };
    let name = match title {
        Some(title) if mailbox.parent.is_none() && !title.is_empty() => title,
        _ => &mailbox.label,
    };
    let parent = mailbox.parent.clone();
    BackendFolder { backend_id: mailbox.name.clone(), kind, name: name.clone(), parent }
}

fn folder(backend_id: &str, kind: FolderType, name: &str) -> BackendFolder {
    BackendFolder { backend_id: backend_id.to_owned(), kind, name: name.to_owned(), parent: None }
}

const CALENDAR: Form = Form {
    merged: "@Calendar@",
    class: Class::Calendar,
    primary: FolderType::Calendar,
    other: FolderType::UserCalendar,
};
const CONTACTS: Form = Form {
    merged: "@Contacts@",
    class: Class::Contacts,
    primary: FolderType::Contacts,
    other: FolderType::UserContacts,
};
const TASKS: Form = Form {
    merged: "@Tasks@",
    class: Class::Tasks,
    primary: FolderType::Tasks,
    other: FolderType::UserTasks,
};
const NOTES: Form = Form {
    merged: "@Notes@",
    class: Class::Notes,
    primary: FolderType::Notes,
    other: FolderType::UserNotes,
};
/// What Horde shows where there is no mail.
const DUMMIES: [(&str, FolderType, &str); 5] = [
    ("INBOX", FolderType::Inbox, "Inbox"),
    ("Trash", FolderType::DeletedItems, "Trash"),
    ("Sent", FolderType::SentItems, "Sent"),
    ("DRAFTS", FolderType::Drafts, "Drafts"),
    ("OUTBOX", FolderType::Outbox, "Outbox"),
];
