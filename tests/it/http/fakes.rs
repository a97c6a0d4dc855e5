//! Ports that answer as a healthy Horde does, or fail in one way: to inject faults.

mod folders;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use horde_eas::backend::items::{Batch, Extent, Listing, Outcome};
use horde_eas::backend::mail::{
    Before, FlagChange, Hold, Mail, Mailbox, MailboxChange, MailboxChanges, MailboxName,
    MailboxStatus, Mark, Part, Since, Standing, Wanted, Which,
};
use horde_eas::backend::profile::{Facts, LoginRule, MailProfile, Mailer, Profile, Site};
use horde_eas::backend::submit::{Parcel, Receipt, Submit, Unsent, Why};
use horde_eas::backend::{self, Account, Accounts, Credentials, Items};
use horde_eas::clock::SystemClock;
use horde_eas::command::{self, Services};
use horde_eas::eas::class::{Class, email::Email};
use horde_eas::secret::Secret;
use horde_eas::state::cache::SyncCache;
use horde_eas::state::device::{Device, DeviceProperties, NewDevice, Supported, Wipe, WipeState};
use horde_eas::state::key::StateKey;
use horde_eas::state::map::{ItemChange, ItemTimes, MailChange, MailEcho};
use horde_eas::state::model::{
    CollectionState, HierarchyState, HistoryChanges, NewState, Owner, Presented,
};
use horde_eas::state::moves::{self, Intent, Place, Remembered};
use horde_eas::state::outbox::{Begun, Outbox, SendId, Sending};
use horde_eas::state::{
    self, Bump, Caches, Collections, Devices, Edit, History, Maps, Moves, model,
};

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// The database does not answer.
    Database,
    /// The authentication behind Horde does not answer.
    Login,
    /// The mail server refuses the credentials that Horde took.
    MailRefuses,
    /// A command panics.
    Panic,
    /// Horde does not answer.
    Site,
}

/// All ports in one.
pub(crate) struct Fake {
    pub(crate) site: Site,
    pub(crate) config: command::Config,
    pub(crate) profile: Profile,
    pub(crate) fault: Fault,
    /// How often something was stored.
    pub(crate) n_writes: AtomicUsize,
    /// How often proven credentials were forgotten.
    pub(crate) n_forgotten: AtomicUsize,
    /// How often a password was tried.
    pub(crate) n_logins: AtomicUsize,
    /// Devices with a name that begins with `NEW` are known once they paired, all others before.
    pub(crate) paired: Mutex<BTreeSet<String>>,
    /// Where the last login came from.
    pub(crate) address: Mutex<Option<IpAddr>>,
}

impl Fake {
    /// Horde with one user, `ann` with the password `ann-pw`, who has 200 mailboxes.
    pub(crate) fn new(fault: Fault) -> Self {
        let mail = MailProfile { login: "ann".to_owned(), ..MailProfile::default() };
        let profile = Profile {
            user: "ann".to_owned(),
            allowed: true,
            mail: Some(mail),
            ..Profile::default()
        };
        Self {
            site: site(),
            config: command::Config::default(),
            profile,
            fault,
            n_writes: AtomicUsize::new(0),
            n_forgotten: AtomicUsize::new(0),
            n_logins: AtomicUsize::new(0),
            paired: Mutex::new(BTreeSet::new()),
            address: Mutex::new(None),
        }
    }

    /// The services that commands see.
    pub(crate) fn services(self: &Arc<Self>) -> Services {
        Services {
            accounts: Arc::clone(self) as _,
            folders: Arc::clone(self) as _,
            items: Arc::clone(self) as _,
            mail: Arc::clone(self) as _,
            devices: Arc::clone(self) as _,
            collections: Arc::clone(self) as _,
            maps: Arc::clone(self) as _,
            moves: Arc::clone(self) as _,
            caches: Arc::clone(self) as _,
            outbox: Arc::clone(self) as _,
            submit: Arc::clone(self) as _,
            history: Arc::clone(self) as _,
            clock: Arc::new(SystemClock),
            config: self.config.clone(),
        }
    }

    fn write(&self) -> Result<(), state::Error> {
        self.n_writes.fetch_add(1, Ordering::SeqCst);
        self.read()
    }

    fn read(&self) -> Result<(), state::Error> {
        match self.fault {
            Fault::Database => Err(state::Error::new(state::Kind::Unavailable, "no database")),
            _ => Ok(()),
        }
    }
}

fn site() -> Site {
    Site {
        enabled: true,
        version: "14.1".to_owned(),
        announced: "2.5,12.0,12.1,14.0,14.1".to_owned(),
        login_rule: LoginRule::Full,
        heartbeat_min: 60,
        heartbeat_max: 2_700,
        heartbeat_default: 480,
        heartbeat_forced: None,
        window_max: None,
        request_window_max: None,
        versions: BTreeMap::new(),
        storage: "Sql".to_owned(),
        history: "sql".to_owned(),
        database: "mysql".to_owned(),
        mailer: Mailer::default(),
        facts: Facts::default(),
    }
}

fn unfaked() -> backend::Error {
    backend::Error::new(backend::Kind::Unsupported, "no test needs this")
}

#[async_trait]
impl Accounts for Fake {
    async fn login(&self, credentials: &Credentials) -> Result<Account, backend::Error> {
        self.n_logins.fetch_add(1, Ordering::SeqCst);
        *self.address.lock().unwrap() = credentials.address;
        if self.fault == Fault::Login {
            return Err(backend::Error::new(backend::Kind::Unavailable, "no LDAP"));
        }
        // As somebody on the way to a real mail server does.
        let password = credentials.password.expose().split('\0').next().unwrap_or_default();
        if (credentials.login.as_str(), password) != ("ann", "ann-pw") {
            return Err(backend::Error::new(backend::Kind::Refused, "wrong"));
        }
        let profile = Arc::new(self.profile.clone());
        Ok(Account { credentials: credentials.clone(), profile })
    }

    async fn refresh(&self, credentials: &Credentials) -> Result<Account, backend::Error> {
        self.login(credentials).await
    }

    async fn news(&self, _: &Account) -> Option<Account> {
        None
    }

    async fn forget(&self, credentials: &Credentials) {
        assert_eq!(credentials.login, "ann");
        self.n_forgotten.fetch_add(1, Ordering::SeqCst);
    }

    async fn mailer_login(
        &self,
        _: &Credentials,
    ) -> Result<(String, Secret<String>), backend::Error> {
        Err(unfaked())
    }

    async fn site(&self) -> Result<Arc<Site>, backend::Error> {
        match self.fault {
            Fault::Site => Err(backend::Error::new(backend::Kind::Unavailable, "no Horde")),
            _ => Ok(Arc::new(self.site.clone())),
        }
    }
}

#[async_trait]
impl Submit for Fake {
    async fn submit(&self, _: &Account, _: Parcel) -> Result<Receipt, Unsent> {
        Err(Unsent::new(Why::Down, "no test needs this"))
    }
}

#[async_trait]
impl Outbox for Fake {
    async fn begin(
        &self,
        _: &Owner,
        sending: &Sending,
        _: i64,
    ) -> Result<(SendId, Begun), state::Error> {
        self.write().map(|()| (sending.id, Begun::First))
    }

    async fn renew(&self, _: &Sending) -> Result<(), state::Error> {
        self.write()
    }

    async fn sent(&self, _: &Sending, _: bool) -> Result<(), state::Error> {
        self.write()
    }

    async fn not_sent(&self, _: &Sending) -> Result<(), state::Error> {
        self.write()
    }

    async fn unsettled(&self, _: &Sending) -> Result<(), state::Error> {
        self.write()
    }
}

#[async_trait]
impl Items for Fake {
    async fn list(
        &self,
        _: &Account,
        _: Class,
        _: &[String],
        _: Extent,
    ) -> Result<Listing, backend::Error> {
        Err(unfaked())
    }

    async fn sync(&self, _: &Account, _: Class, _: Batch) -> Result<Outcome, backend::Error> {
        Err(unfaked())
    }
}

#[async_trait]
impl Mail for Fake {
    async fn mailboxes(&self, _: &Account) -> Result<Vec<Mailbox>, backend::Error> {
        if self.fault == Fault::MailRefuses {
            return Err(backend::Error::new(backend::Kind::Refused, "LOGIN failed"));
        }
        let names = (0..200).map(|number| format!("Folder number {number}"));
        let boxes = std::iter::once("INBOX".to_owned()).chain(names).map(|name| Mailbox {
            label: name.clone(),
            name,
            parent: None,
            special_use: None,
        });
        Ok(boxes.collect())
    }

    async fn status(
        &self,
        _: &Account,
        _: &[String],
    ) -> Result<BTreeMap<String, MailboxStatus>, backend::Error> {
        Err(unfaked())
    }

    async fn changes(
        &self,
        _: &Account,
        _: &str,
        _: &Since<'_>,
    ) -> Result<MailboxChanges, backend::Error> {
        Err(unfaked())
    }

    async fn fetch(
        &self,
        _: &Account,
        _: &str,
        _: &[u32],
        _: &Wanted,
    ) -> Result<Vec<(u32, Result<Box<Email>, backend::Error>)>, backend::Error> {
        Err(unfaked())
    }

    async fn part(
        &self,
        _: &Account,
        _: &str,
        _: &Which<'_>,
        _: usize,
    ) -> Result<Part, backend::Error> {
        Err(unfaked())
    }

    async fn empty(
        &self,
        _: &Account,
        _: &str,
        _: bool,
        _: &[String],
    ) -> Result<(), backend::Error> {
        Err(unfaked())
    }

    async fn store(
        &self,
        _: &Account,
        _: &str,
        _: &[FlagChange],
    ) -> Result<Vec<Before>, backend::Error> {
        Err(unfaked())
    }

    async fn move_to(
        &self,
        _: &Account,
        _: &str,
        _: &[u32],
        _: &str,
        _: Option<Hold>,
    ) -> Result<BTreeMap<u32, Option<u32>>, backend::Error> {
        Err(unfaked())
    }

    async fn before_move(
        &self,
        _: &Account,
        _: &str,
        _: &[u32],
        _: &str,
    ) -> Result<Standing, backend::Error> {
        Err(unfaked())
    }

    async fn marks(
        &self,
        _: &Account,
        _: &str,
        _: u32,
    ) -> Result<Vec<(u32, Mark)>, backend::Error> {
        Err(unfaked())
    }

    async fn append(
        &self,
        _: &Account,
        _: &str,
        _: Arc<[u8]>,
        _: Option<&str>,
    ) -> Result<bool, backend::Error> {
        Err(unfaked())
    }

    async fn change_mailbox(
        &self,
        _: &Account,
        _: MailboxChange,
    ) -> Result<MailboxName, backend::Error> {
        Err(unfaked())
    }

    async fn delete(&self, _: &Account, _: &str, _: &[u32]) -> Result<Vec<u32>, backend::Error> {
        Err(unfaked())
    }
}

#[async_trait]
impl Devices for Fake {
    async fn load(&self, owner: &Owner) -> Result<Option<Device>, state::Error> {
        assert!(self.fault != Fault::Panic, "as the test wants it");
        self.read()?;
        let is_new = owner.device.starts_with("NEW");
        if is_new && !self.paired.lock().unwrap().contains(&owner.device) {
            return Ok(None);
        }
        Ok(Some(Device {
            kind: "Phone".to_owned(),
            agent: "Test/1".to_owned(),
            wipe: WipeState::Ok,
            policy_key: Some(0),
            properties: DeviceProperties::new(&self.site.announced, "Test/1", "14.1"),
            supported: BTreeMap::new(),
        }))
    }

    async fn open(
        &self,
        owner: &Owner,
    ) -> Result<Option<(Device, Option<SyncCache>)>, state::Error> {
        Ok(Devices::load(self, owner).await?.map(|device| (device, None)))
    }

    async fn register(&self, owner: &Owner, _: &NewDevice) -> Result<(), state::Error> {
        self.paired.lock().unwrap().insert(owner.device.clone());
        self.write()
    }

    async fn touch(
        &self,
        _: &Owner,
        _: &str,
        _: Edit<'_, DeviceProperties>,
    ) -> Result<(), state::Error> {
        self.write()
    }

    async fn set_policy_key(&self, _: &Owner, _: u32) -> Result<(), state::Error> {
        self.write()
    }

    async fn set_wipe(&self, _: &str, _: Wipe) -> Result<bool, state::Error> {
        self.write().map(|()| true)
    }

    async fn set_supported(&self, _: &str, _: &str, _: &Supported) -> Result<(), state::Error> {
        self.write()
    }

    async fn count(&self, _: &str) -> Result<u32, state::Error> {
        self.read().map(|()| 1)
    }

    async fn remove(&self, _: &Owner) -> Result<(), state::Error> {
        self.write()
    }
}

#[async_trait]
impl Collections for Fake {
    async fn load(
        &self,
        _: &Owner,
        _: &str,
        _: &StateKey,
    ) -> Result<Option<CollectionState>, state::Error> {
        self.read().map(|()| None)
    }

    async fn load_hierarchy(
        &self,
        _: &Owner,
        _: &StateKey,
    ) -> Result<Option<HierarchyState>, state::Error> {
        self.read().map(|()| None)
    }

    async fn save(
        &self,
        _: &Owner,
        _: &NewState<'_, CollectionState>,
        _: Edit<'_, SyncCache>,
    ) -> Result<(), state::Error> {
        self.write()
    }

    async fn save_hierarchy(
        &self,
        _: &Owner,
        _: &NewState<'_, HierarchyState>,
        _: Edit<'_, SyncCache>,
    ) -> Result<(), state::Error> {
        self.write()
    }

    async fn newest(&self, _: &Owner, _: &str, _: &str) -> Result<Option<StateKey>, state::Error> {
        self.read().map(|()| None)
    }

    async fn bump(&self, _: &Owner, _: &str, _: &Presented, _: Bump) -> Result<(), state::Error> {
        self.write()
    }

    async fn rename(&self, _: &Owner, _: &[(String, String)]) -> Result<(), state::Error> {
        self.write()
    }

    async fn reset(&self, _: &Owner, _: &[String], _: i64) -> Result<(), state::Error> {
        self.write()
    }

    async fn forget(&self, _: &Owner, _: &[String], _: i64) -> Result<(), state::Error> {
        self.write()
    }
}

#[async_trait]
impl Maps for Fake {
    async fn record(
        &self,
        _: &Owner,
        _: &str,
        _: &StateKey,
        _: &[ItemChange],
    ) -> Result<(), state::Error> {
        self.write()
    }

    async fn record_mail(
        &self,
        _: &Owner,
        _: &str,
        _: &StateKey,
        _: &[MailChange],
    ) -> Result<(), state::Error> {
        self.write()
    }

    async fn times(&self, _: &Owner, _: &str, _: &StateKey) -> Result<ItemTimes, state::Error> {
        self.read().map(|()| ItemTimes::default())
    }

    async fn mail(&self, _: &Owner, _: &str, _: &[u32]) -> Result<MailEcho, state::Error> {
        self.read().map(|()| MailEcho::default())
    }

    async fn added(
        &self,
        _: &Owner,
        _: &str,
        _: &StateKey,
        _: &[&str],
    ) -> Result<BTreeMap<String, String>, state::Error> {
        self.read().map(|()| BTreeMap::new())
    }

    async fn forget(&self, _: &Owner, _: &str) -> Result<(), state::Error> {
        self.write()
    }
}

#[async_trait]
impl Caches for Fake {
    async fn load(&self, _: &Owner) -> Result<Option<SyncCache>, state::Error> {
        self.read().map(|()| None)
    }

    async fn update(
        &self,
        _: &Owner,
        _: i64,
        _: Edit<'_, SyncCache>,
    ) -> Result<Option<SyncCache>, state::Error> {
        self.write().map(|()| None)
    }

    async fn remove(&self, _: &Owner) -> Result<(), state::Error> {
        self.write()
    }
}

#[async_trait]
impl History for Fake {
    async fn stamp(&self, _: i64) -> Result<i64, state::Error> {
        self.read().map(|()| 1)
    }

    async fn changes(
        &self,
        _: &[String],
        _: model::Since,
        _: i64,
    ) -> Result<HistoryChanges, state::Error> {
        self.read().map(|()| HistoryChanges::default())
    }

    async fn modified(&self, _: &[String]) -> Result<BTreeMap<String, i64>, state::Error> {
        self.read().map(|()| BTreeMap::new())
    }
}

#[async_trait]
impl Moves for Fake {
    async fn hold(&self, _: &str, _: &str) -> Result<Option<moves::Hold>, state::Error> {
        self.write().map(|()| None)
    }

    async fn load(&self, _: &Place, _: &[u32], _: &Place) -> Result<Vec<Remembered>, state::Error> {
        self.read().map(|()| Vec::new())
    }

    async fn intend(&self, _: &Place, _: &Place, _: &[Intent], _: i64) -> Result<(), state::Error> {
        self.write()
    }

    async fn done(&self, _: &Place, _: &[(u32, u32)]) -> Result<(), state::Error> {
        self.write()
    }

    async fn arrived(&self, _: &Place, _: u32) -> Result<BTreeSet<u32>, state::Error> {
        self.read().map(|()| BTreeSet::new())
    }
}
