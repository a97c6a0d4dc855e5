//! The answers of `bridge.session` and `bridge.config`, and what the ports make of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::backend::marks::Places;
use crate::backend::profile::{
    Facts, Identity, Label, LoginRule, MailProfile, MailboxTitles, Mailer, MailerAuth, Profile,
    Provisioning, Security, Share, Shares, Site, SpecialMailboxes,
};
use crate::backend::{Error, Kind};
use crate::secret::Secret;

/// The answer of `bridge.session`.
#[derive(Deserialize)]
pub(crate) struct SessionAnswer {
    user: String,
    tz: String,
    locale: String,
    access: Access,
    #[serde(default)]
    hooks: Vec<String>,
    provisioning: String,
    #[serde(deserialize_with = "map_or_empty_list")]
    policies: BTreeMap<String, i64>,
    identities: Vec<IdentityAnswer>,
    shares: SharesAnswer,
    mail: MailAnswer,
    #[serde(default)]
    stored: StoredAnswer,
}

#[derive(Deserialize)]
struct Access {
    activesync: bool,
    no_gal: bool,
    max_devices: Option<u32>,
}

#[derive(Deserialize)]
struct IdentityAnswer {
    name: String,
    fullname: String,
    from: String,
    #[serde(default)]
    replyto: String,
    activesync: bool,
}

#[derive(Deserialize)]
struct SharesAnswer {
    contacts: Option<ClassShares>,
    calendar: Option<ClassShares>,
    tasks: Option<ClassShares>,
    notes: Option<ClassShares>,
}

#[derive(Deserialize)]
struct ClassShares {
    title: String,
    multiplex: bool,
    default: Option<String>,
    sync: Vec<String>,
    items: Vec<ShareAnswer>,
}

#[derive(Deserialize)]
struct ShareAnswer {
    id: String,
    name: String,
    owner: String,
    perms: u32,
}

#[derive(Deserialize)]
struct MailAnswer {
    enabled: bool,
    reason: Option<String>,
    imap: Option<ImapAnswer>,
    special: Option<SpecialAnswer>,
    #[serde(default)]
    subscribed_only: bool,
    #[serde(default)]
    flags: Vec<FlagAnswer>,
}

#[derive(Deserialize)]
struct ImapAnswer {
    host: String,
    port: u16,
    secure: String,
    user: String,
    same: bool,
    capability_ignore: Vec<String>,
}

#[derive(Deserialize)]
struct SpecialAnswer {
    drafts: Option<String>,
    sent: Option<String>,
    spam: Option<String>,
    trash: Option<String>,
    #[serde(default)]
    titles: TitlesAnswer,
    #[serde(default)]
    prefix: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TitlesAnswer {
    inbox: String,
    drafts: String,
    sent: String,
    spam: String,
    trash: String,
}

#[derive(Deserialize)]
struct FlagAnswer {
    keyword: String,
    label: String,
}

/// A mail login that is not the one that the client sent.
pub(crate) struct MailLogin {
    user: String,
    password: Secret<String>,
}

/// What `bridge.credentials` gave; a refusal to give it out leaves the mail off.
pub(crate) fn read_mail_login(answer: Result<Value, Error>) -> Result<Option<MailLogin>, Error> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) if error.kind == Kind::Denied => return Ok(None),
        Err(error) => return Err(error),
    };
    let text = |name| answer.pointer(name).and_then(Value::as_str).map(str::to_owned);
    Ok(text("/imap/user")
        .zip(text("/imap/pass"))
        .map(|(user, password)| MailLogin { user, password: Secret::new(password) }))
}

/// The mailer's login in the answer of `bridge.credentials`.
pub(crate) fn read_mailer_login(answer: &Value) -> Result<(String, Secret<String>), Error> {
    let text = |name| answer.pointer(name).and_then(Value::as_str).map(str::to_owned);
    let login = text("/smtp/user").zip(text("/smtp/pass"));
    login
        .map(|(user, password)| (user, Secret::new(password)))
        .ok_or_else(|| Error::new(Kind::Unsupported, "the bridge does not tell the mailer's login"))
}

impl SessionAnswer {
    /// Whether the mail server wants another password than the client sent.
    pub(crate) fn wants_mail_login(&self) -> bool {
        self.mail.enabled && self.mail.imap.as_ref().is_some_and(|imap| !imap.same)
    }

    /// What the ports show of it.
    pub(crate) fn into_profile(self, login: Option<MailLogin>) -> Profile {
        let (mail, mail_off) = self.mail.into_profile(login);
        let (stored, not_stored) = match self.stored {
            StoredAnswer::Places { prefs, perms, members, shares } => {
                (Some(Places { prefs, perms, members, shares }), None)
            }
            StoredAnswer::Nowhere { why_not } => (None, Some(why_not)),
        };
        Profile {
            user: self.user,
            time_zone: self.tz,
            locale: self.locale,
            allowed: self.access.activesync,
            max_devices: self.access.max_devices,
            provisioning: match self.provisioning.as_str() {
                "force" => Provisioning::Force,
                "loose" => Provisioning::Loose,
                _ => Provisioning::None,
            },
            policies: self.policies,
            contacts: self.shares.contacts.map(ClassShares::into_shares),
            calendar: self.shares.calendar.map(ClassShares::into_shares),
            tasks: self.shares.tasks.map(ClassShares::into_shares),
            notes: self.shares.notes.map(ClassShares::into_shares),
            mail,
            mail_off,
            identities: self.identities.into_iter().map(IdentityAnswer::into_identity).collect(),
            no_directory: self.access.no_gal,
            hooks: self.hooks,
            stored,
            not_stored,
        }
    }
}

impl IdentityAnswer {
    fn into_identity(self) -> Identity {
        Identity {
            name: self.name,
            full_name: self.fullname,
            from: self.from,
            reply_to: self.replyto,
            chosen: self.activesync,
        }
    }
}

impl ClassShares {
    fn into_shares(self) -> Shares {
        Shares {
            title: self.title,
            separate: !self.multiplex,
            default: self.default,
            sync: self.sync,
            all: self.items.into_iter().map(ShareAnswer::into_share).collect(),
        }
    }
}

impl ShareAnswer {
    fn into_share(self) -> Share {
        Share {
            readable: self.perms & READ != 0,
            writable: self.perms & EDIT != 0,
            deletable: self.perms & DELETE != 0,
            id: self.id,
            name: self.name,
            owner: self.owner,
        }
    }
}

impl TitlesAnswer {
    fn into_titles(self) -> MailboxTitles {
        let Self { inbox, drafts, sent, spam, trash } = self;
        MailboxTitles { inbox, drafts, sent, spam, trash }
    }
}

impl MailAnswer {
    fn into_profile(self, login: Option<MailLogin>) -> (Option<MailProfile>, Option<String>) {
        let Some(imap) = self.imap.filter(|_| self.enabled) else {
            return (None, Some(self.reason.unwrap_or_else(|| "unknown".to_owned())));
        };
        if !imap.same && login.is_none() {
            let reason =
                "the mail password is not the login password, and the bridge may not tell it";
            return (None, Some(reason.to_owned()));
        }
        let (user, password) = match login {
            Some(login) => (login.user, Some(login.password)),
            None => (imap.user, None),
        };
        let (special, prefix) = self.special.map_or_else(Default::default, |special| {
            let SpecialAnswer { drafts, sent, spam, trash, titles, prefix } = special;
            let titles = titles.into_titles();
            (SpecialMailboxes { drafts, sent, spam, trash, titles }, prefix)
        });
        let profile = MailProfile {
            host: imap.host,
            port: imap.port,
            security: security_of(&imap.secure),
            login: user,
            password,
            ignored_capabilities: imap.capability_ignore,
            special,
            prefix,
            subscribed_only: self.subscribed_only,
            labels: self
                .flags
                .into_iter()
                .map(|flag| Label { keyword: flag.keyword, name: flag.label })
                .collect(),
        };
        (Some(profile), None)
    }
}

fn security_of(word: &str) -> Security {
    match word {
        "tls" => Security::Tls,
        "starttls" => Security::StartTls,
        "starttls_if_offered" => Security::StartTlsIfOffered,
        _ => Security::Plain,
    }
}

/// The answer of `bridge.config`.
#[derive(Deserialize)]
pub(crate) struct SiteAnswer {
    activesync: ActiveSyncAnswer,
    history: HistoryAnswer,
    #[serde(default)]
    mailer: MailerAnswer,
    #[serde(default)]
    sql: SqlAnswer,
    #[serde(default, deserialize_with = "map_or_empty_list")]
    versions: BTreeMap<String, String>,
    #[serde(default)]
    bridge: u32,
    #[serde(default)]
    php: PhpAnswer,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PhpAnswer {
    time: Option<i64>,
    opcache: Option<bool>,
    memory_limit: String,
    missing: Vec<String>,
}

#[derive(Deserialize)]
struct ActiveSyncAnswer {
    enabled: bool,
    version: String,
    announced: String,
    storage: String,
    #[serde(default)]
    auth: String,
    autodiscovery: String,
    ping: PingAnswer,
}

#[derive(Deserialize)]
struct PingAnswer {
    heartbeatmin: u32,
    heartbeatmax: u32,
    heartbeatdefault: u32,
    forcedheartbeat: Option<u32>,
    maximumwindowsize: Option<u32>,
    maximumrequestwindowsize: Option<u32>,
}

#[derive(Deserialize)]
struct HistoryAnswer {
    driver: String,
}

#[derive(Default, Deserialize)]
struct SqlAnswer {
    #[serde(default)]
    phptype: String,
    #[serde(default)]
    charset: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum StoredAnswer {
    Places {
        prefs: String,
        perms: String,
        members: Option<String>,
        #[serde(deserialize_with = "map_or_empty_list")]
        shares: BTreeMap<String, String>,
    },
    Nowhere {
        why_not: String,
    },
}

impl Default for StoredAnswer {
    fn default() -> Self {
        Self::Nowhere { why_not: "the bridge is too old to say".to_owned() }
    }
}

#[derive(Default, Deserialize)]
struct MailerAnswer {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    host: String,
    #[serde(default)]
    port: u16,
    #[serde(default)]
    secure: String,
    #[serde(default)]
    auth: String,
    #[serde(default)]
    lmtp: bool,
    #[serde(default)]
    hello: String,
}

impl SiteAnswer {
    /// What the ports show of it.
    pub(crate) fn into_site(self) -> Site {
        let set = |value: Option<u32>| value.filter(|value| *value > 0);
        let ping = self.activesync.ping;
        Site {
            enabled: self.activesync.enabled,
            version: self.activesync.version,
            announced: self.activesync.announced,
            login_rule: match self.activesync.autodiscovery.as_str() {
                "user" => LoginRule::User,
                "hook" => LoginRule::Hook,
                _ => LoginRule::Full,
            },
            heartbeat_min: ping.heartbeatmin,
            heartbeat_max: ping.heartbeatmax,
            heartbeat_default: ping.heartbeatdefault,
            heartbeat_forced: set(ping.forcedheartbeat),
            window_max: set(ping.maximumwindowsize),
            request_window_max: set(ping.maximumrequestwindowsize),
            versions: self.versions,
            storage: self.activesync.storage,
            history: self.history.driver,
            database: self.sql.phptype,
            facts: Facts {
                bridge: self.bridge,
                auth: self.activesync.auth,
                charset: self.sql.charset,
                time_millis: self.php.time,
                opcache: self.php.opcache,
                memory_limit: self.php.memory_limit,
                missing: self.php.missing,
            },
            mailer: Mailer {
                kind: self.mailer.kind,
                host: self.mailer.host,
                port: self.mailer.port,
                security: security_of(&self.mailer.secure),
                auth: match self.mailer.auth.as_str() {
                    "user" => MailerAuth::User,
                    "fixed" => MailerAuth::Fixed,
                    _ => MailerAuth::None,
                },
                is_lmtp: self.mailer.lmtp,
                hello: self.mailer.hello,
            },
        }
    }
}

/// PHP writes an empty map as an empty list.
pub(crate) fn map_or_empty_list<'de, D, T>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either<T> {
        Map(BTreeMap<String, T>),
        List([(); 0]),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::Map(map) => map,
        Either::List([]) => BTreeMap::new(),
    })
}

const DELETE: u32 = 16;
const EDIT: u32 = 8;
const READ: u32 = 4;
