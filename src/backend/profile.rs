//! What Horde says of a user, and of itself.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::backend::marks::Places;
use crate::eas::class::Class;
use crate::secret::Secret;

/// What Horde says of one user at login: identity, permissions, shares, mail server.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Horde's own name of the user: the key of all state tables.
    pub user: String,
    /// IANA name of the user's time zone; empty when none is set.
    pub time_zone: String,
    /// Language of the user, such as `de_DE`.
    pub locale: String,
    /// Whether the permission `horde:activesync` lets the user in.
    pub allowed: bool,
    /// How many devices the user may pair; `None` for any number.
    pub max_devices: Option<u32>,
    /// Whether the phone must be provisioned.
    pub provisioning: Provisioning,
    /// The policies that the administrator set, by Horde's names; others have Horde's defaults.
    pub policies: BTreeMap<String, i64>,
    /// Address books; `None` when the application is not there for this user.
    pub contacts: Option<Shares>,
    /// Calendars.
    pub calendar: Option<Shares>,
    /// Task lists.
    pub tasks: Option<Shares>,
    /// Notepads.
    pub notes: Option<Shares>,
    /// The mail server; `None` means dummy mail folders, and the reason is in `mail_off`.
    pub mail: Option<MailProfile>,
    /// Why there is no mail: `POP3 only`, `separate login`, `IMP is not installed`, `switched off`.
    pub mail_off: Option<String>,
    /// The user's identities, the default one first.
    pub identities: Vec<Identity>,
    /// Whether the directory (GAL) is closed to the user.
    pub no_directory: bool,
    /// The hooks of Horde's that the site has set, by name.
    pub hooks: Vec<String>,
    /// Where Horde keeps all this.
    pub stored: Option<Places>,
    /// Why that is of no use.
    pub not_stored: Option<String>,
}

/// Whether a phone must accept policies before it may sync.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provisioning {
    /// No policies.
    #[default]
    None,
    /// Policies for those that can, others may pass.
    Loose,
    /// Policies for all.
    Force,
}

/// The shares of one class that a user sees.
#[derive(Clone, Debug, Default)]
pub struct Shares {
    /// The folder's name when all shares appear as one, in the user's language.
    pub title: String,
    /// Whether the user allows one folder for each share (preference `activesync_no_multiplex`).
    pub separate: bool,
    /// The share that takes new items; `None` when the user has none.
    pub default: Option<String>,
    /// Ids of the shares to sync, in Horde's order: the sync preference or what stands in for it.
    pub sync: Vec<String>,
    /// Those and all others that the user may read.
    pub all: Vec<Share>,
}

/// One share: a calendar, an address book, a task list, a notepad.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Horde's id.
    pub id: String,
    /// What the user sees.
    pub name: String,
    /// The owner's user name; empty for a share of the system.
    pub owner: String,
    /// Whether the user may read.
    pub readable: bool,
    /// Whether the user may add and change.
    pub writable: bool,
    /// Whether the user may delete.
    pub deletable: bool,
}

/// Where and how the user's mail is read.
#[derive(Clone, Debug, Default)]
pub struct MailProfile {
    /// Host name or address of the IMAP server.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// The login name there.
    pub login: String,
    /// The password, when it is not the one that the client sent.
    pub password: Option<Secret<String>>,
    /// Capabilities of the server that Horde is told to ignore, upper case.
    pub ignored_capabilities: Vec<String>,
    /// Full UTF-8 names of the special mailboxes.
    pub special: SpecialMailboxes,
    /// How the names of the user's own mailboxes begin, such as `INBOX.`; mostly empty.
    pub prefix: String,
    /// Whether only subscribed mailboxes are shown.
    pub subscribed_only: bool,
    /// The keywords that IMP shows as labels.
    pub labels: Vec<Label>,
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
pub enum Security {
    /// Not at all.
    #[default]
    #[serde(rename = "plain")]
    Plain,
    /// STARTTLS when the server offers it.
    #[serde(rename = "starttls-if-offered")]
    StartTlsIfOffered,
    /// STARTTLS or nothing.
    #[serde(rename = "starttls")]
    StartTls,
    /// TLS from the first byte.
    #[serde(rename = "tls")]
    Tls,
}

/// Full UTF-8 names of mailboxes with a purpose; `None` when the user has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpecialMailboxes {
    /// Drafts.
    pub drafts: Option<String>,
    /// Sent mail.
    pub sent: Option<String>,
    /// Junk.
    pub spam: Option<String>,
    /// Trash; `None` also when the user deletes for good.
    pub trash: Option<String>,
    /// What Horde shows users instead of the mailboxes' names.
    pub titles: MailboxTitles,
}

/// Names of the special mailboxes in the user's language; an empty one means the mailbox's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxTitles {
    /// INBOX.
    pub inbox: String,
    /// Drafts.
    pub drafts: String,
    /// Sent mail.
    pub sent: String,
    /// Junk.
    pub spam: String,
    /// Trash.
    pub trash: String,
}

/// A keyword of the IMAP server and the label that IMP gives it: a category on the phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The IMAP keyword, lower case.
    pub keyword: String,
    /// What users see.
    pub name: String,
}

/// One of the identities under which a user writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The identity's own name.
    pub name: String,
    /// The writer's full name.
    pub full_name: String,
    /// The address in From.
    pub from: String,
    /// Where answers are to go; empty when that is the address in From.
    pub reply_to: String,
    /// Whether phones write under this one.
    pub chosen: bool,
}

/// Horde's site-wide settings of ActiveSync.
#[derive(Clone, Debug)]
pub struct Site {
    /// `activesync.enabled`: off means that every request is refused and no row is written.
    pub enabled: bool,
    /// Highest version that Horde offers, as it writes it: `14.1`.
    pub version: String,
    /// The list of versions that Horde announces and stores as `announcedVersion`.
    pub announced: String,
    /// How a login is made of an address.
    pub login_rule: LoginRule,
    /// Shortest Ping, seconds.
    pub heartbeat_min: u32,
    /// Longest Ping, seconds.
    pub heartbeat_max: u32,
    /// Ping without an interval, seconds.
    pub heartbeat_default: u32,
    /// Used instead of the client's interval when set, seconds.
    pub heartbeat_forced: Option<u32>,
    /// Cap of the window of one collection.
    pub window_max: Option<u32>,
    /// Cap of the window of one request.
    pub request_window_max: Option<u32>,
    /// What the bridge says of itself and Horde: name and version pairs, for `check`.
    pub versions: BTreeMap<String, String>,
    /// `Sql` for the state store; others are refused by name.
    pub storage: String,
    /// History driver, lower case; only `sql` gives deltas by SQL.
    pub history: String,
    /// PHP's driver of Horde's database: `mysqli`, `pgsql`, …; empty when the bridge is too old.
    pub database: String,
    /// How Horde sends mail.
    pub mailer: Mailer,
    /// What only `check` looks at.
    pub facts: Facts,
}

/// What the bridge says of itself and of its PHP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Version of the bridge's methods; 0 when it does not say.
    pub bridge: u32,
    /// `activesync.auth.type`: `basic`, `cert`, `basic_cert`.
    pub auth: String,
    /// The character set of Horde's connections to its database.
    pub charset: String,
    /// The clock of Horde's host, milliseconds since 1970.
    pub time_millis: Option<i64>,
    /// Whether PHP keeps compiled files in memory.
    pub opcache: Option<bool>,
    /// PHP's `memory_limit`.
    pub memory_limit: String,
    /// PHP extensions that are needed and not there.
    pub missing: Vec<String>,
}

/// Something of Horde's configuration that keeps it from being served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// What it is, after "Horde is not served: ".
    pub what: String,
    /// How it is removed.
    pub mend: &'static str,
}

impl Profile {
    /// The shares of a class; `None` for mail, and where the user has no such application.
    #[must_use]
    pub fn shares(&self, class: Class) -> Option<&Shares> {
        match class {
            Class::Calendar => self.calendar.as_ref(),
            Class::Contacts => self.contacts.as_ref(),
            Class::Notes => self.notes.as_ref(),
            Class::Tasks => self.tasks.as_ref(),
            Class::Email | Class::Sms => None,
        }
    }
}

impl Site {
    /// Why this Horde can not be served at all: where it keeps its state.
    #[must_use]
    pub fn obstacles(&self) -> Vec<Obstacle> {
        let mut obstacles = Vec::new();
        if !self.storage.eq_ignore_ascii_case("sql") {
            obstacles.push(Obstacle {
                what: format!("its ActiveSync state is kept in `{}`, not in SQL", self.storage),
                mend: "only SQL is known: set $conf['activesync']['storage'] to Sql",
            });
        }
        if !self.database.is_empty() && !self.database.starts_with("mysql") {
            obstacles.push(Obstacle {
                what: format!("its database is `{}`, not MySQL or MariaDB", self.database),
                mend: "only MySQL and MariaDB are known; PostgreSQL and others are not served",
            });
        }
        if self.history != "sql" {
            obstacles.push(Obstacle {
                what: format!("its history is kept in `{}`, not in SQL", self.history),
                mend: "only SQL is known: changes of contacts would not be seen; see $conf['history']['driver']",
            });
        }
        obstacles
    }

    /// The first of the obstacles, if there is one.
    #[must_use]
    pub fn unserved(&self) -> Option<String> {
        self.obstacles().into_iter().next().map(|obstacle| obstacle.what)
    }
}

/// How Horde sends mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mailer {
    /// `smtp`, `sendmail`, `null`; empty when the bridge is too old to say.
    pub kind: String,
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Whose login is used.
    pub auth: MailerAuth,
    /// Whether the server speaks LMTP.
    pub is_lmtp: bool,
    /// The name that Horde calls itself; empty when none is set.
    pub hello: String,
}

/// Whose login Horde uses to send mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MailerAuth {
    /// Nobody's.
    #[default]
    None,
    /// The user's own.
    User,
    /// One that stands in Horde's settings, in part or as a whole.
    Fixed,
}

/// `activesync.autodiscovery`: how a login is made of what the client sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoginRule {
    /// As sent.
    #[default]
    Full,
    /// The part before the `@`.
    User,
    /// A hook of Horde's decides; the bridge asks it.
    Hook,
}

impl LoginRule {
    /// The login name that Horde makes of what a client sent: the rule for addresses first, then
    /// what follows the last backslash.
    #[must_use]
    pub fn apply(self, sent: &str) -> &str {
        let name = match self {
            Self::User => sent.split('@').next().unwrap_or(sent),
            Self::Full | Self::Hook => sent,
        };
        name.rsplit('\\').next().unwrap_or(name)
    }
}

#[cfg(test)]
mod tests {
    use crate::backend::profile::LoginRule;

    #[test]
    fn cuts_domain_and_address_as_horde_does() {
        assert_eq!(LoginRule::User.apply(r"DOM\alice@example.test"), "alice");
        assert_eq!(LoginRule::User.apply("alice"), "alice");
        assert_eq!(LoginRule::Full.apply(r"A\B\alice@example.test"), "alice@example.test");
        assert_eq!(LoginRule::Hook.apply("alice@example.test"), "alice@example.test");
    }
}
