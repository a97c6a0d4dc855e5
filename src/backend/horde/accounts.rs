//! Users and settings: credentials proven by `bridge.session`, remembered as keyed hashes.
//!
//! With each proof goes a mark of what Horde keeps of the user, taken before Horde was asked: as
//! long as the mark is the same, the answer would be, too.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hmac::{Hmac, Mac};
use moka::future::Cache;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::backend::horde::Config;
use crate::backend::horde::rpc::Client;
use crate::backend::horde::session::{
    SessionAnswer, SiteAnswer, read_mail_login, read_mailer_login,
};
use crate::backend::items::is_served;
use crate::backend::marks::{Mark, Places};
use crate::backend::profile::{Profile, Site};
use crate::backend::{Account, Accounts, Credentials, Error, Kind, Marks};
use crate::eas::class::Class;
use crate::secret::Secret;

/// [`Accounts`] over the bridge.
pub struct HordeAccounts {
    client: Arc<Client>,
    /// Drawn anew in each process: what leaks from its memory proves nothing elsewhere.
    key: Secret<[u8; 32]>,
    proven: Cache<Digest, Arc<Proven>>,
    marks: Option<Arc<dyn Marks>>,
    /// Outlives the proofs, and proves nothing.
    seen: Cache<Digest, Arc<Seen>>,
    service: Option<Credentials>,
    site: Mutex<SiteMemory>,
    /// How long what Horde said is believed while it can not be asked: of logins and of the site.
    trust: Duration,
}

/// What Horde said of the site, or why it said nothing, the last time that it was asked.
#[derive(Default)]
struct SiteMemory {
    known: Option<(Instant, Arc<Site>)>,
    failed: Option<(Instant, Error)>,
}

impl SiteMemory {
    /// What was said at most so long ago.
    fn younger_than(&self, age: Duration) -> Option<Arc<Site>> {
        let known = self.known.as_ref().filter(|(since, _)| since.elapsed() < age);
        known.map(|(_, site)| Arc::clone(site))
    }
}

impl HordeAccounts {
    /// Prepares an empty cache.
    pub(crate) fn new(config: &Config, client: Arc<Client>, marks: Option<Arc<dyn Marks>>) -> Self {
        let proven = Cache::builder()
            .max_capacity(config.credentials_entries)
            .time_to_live(Duration::from_secs(config.credentials_seconds))
            .build();
        Self {
            client,
            key: Secret::new(rand::random()),
            proven,
            marks,
            seen: Cache::builder()
                .max_capacity(config.credentials_entries)
                .time_to_idle(SEEN_IDLE)
                .build(),
            service: config.service(),
            site: Mutex::default(),
            trust: Duration::from_secs(config.credentials_seconds),
        }
    }

    fn digest(&self, credentials: &Credentials) -> Result<Digest, Error> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.expose())
            .map_err(|_| Error::new(Kind::Invalid, "the key of the credentials"))?;
        mac.update(&(credentials.login.len() as u64).to_be_bytes());
        mac.update(credentials.login.as_bytes());
        mac.update(credentials.password.expose().as_bytes());
        Ok(mac.finalize().into_bytes().into())
    }

    /// Asks Horde, and looks first what the answer will hang on.
    async fn prove(&self, credentials: &Credentials, digest: Digest) -> Result<Arc<Proven>, Error> {
        let before = self.seen.get(&digest).await;
        let mark = match &before {
            Some(seen) => self.mark(seen).await,
            None => None,
        };
        let now = Instant::now();
        let profile = self.ask(credentials).await?;
        let (Some(places), Some(_)) = (profile.stored.clone(), &self.marks) else {
            return Ok(Arc::new(Proven { profile, mark: None }));
        };
        let user = profile.user.clone();
        // A mark of other tables than the answer hangs on is none.
        let before = before.filter(|seen| seen.places == places && seen.user == user);
        let mark = mark.filter(|_| before.is_some());
        let since = before.filter(|seen| seen.mark == mark).map_or(now, |seen| seen.since);
        self.seen.insert(digest, Arc::new(Seen { user, places, mark, since })).await;
        let mark = mark.filter(|_| now.duration_since(since) >= SETTLED);
        Ok(Arc::new(Proven { profile, mark }))
    }

    async fn mark(&self, seen: &Seen) -> Option<Mark> {
        self.marks.as_ref()?.mark(&seen.user, &seen.places).await.ok()
    }

    /// Whether Horde would answer what it answered.
    async fn is_as_it_was(&self, digest: &Digest, proven: &Proven) -> bool {
        match (proven.mark, self.seen.get(digest).await) {
            (Some(mark), Some(seen)) => self.mark(&seen).await == Some(mark),
            _ => false,
        }
    }

    async fn ask(&self, credentials: &Credentials) -> Result<Arc<Profile>, Error> {
        let answer = self
            .client
            .read(Some(credentials), "bridge.session", json!([{"list": listed()}]))
            .await?;
        let session: SessionAnswer = serde_json::from_value(answer).map_err(|error| {
            Error::because(Kind::Unavailable, "the answer of bridge.session", error)
        })?;
        let mut login = None;
        if session.wants_mail_login() {
            let answer = self.client.read(Some(credentials), "bridge.credentials", json!([])).await;
            login = read_mail_login(answer)?;
        }
        Ok(Arc::new(session.into_profile(login)))
    }

    async fn read_site(&self) -> Result<Arc<Site>, Error> {
        let answer = self
            .client
            .read(self.service.as_ref(), "bridge.config", Value::Array(Vec::new()))
            .await;
        let answer = answer.map_err(|error| match error.kind {
            Kind::Unavailable => error,
            _ => Error::because(Kind::Unavailable, "reading the settings of Horde", error),
        })?;
        let site: SiteAnswer = serde_json::from_value(answer).map_err(|error| {
            Error::because(Kind::Unavailable, "the answer of bridge.config", error)
        })?;
        Ok(Arc::new(site.into_site()))
    }
}

#[async_trait]
impl Accounts for HordeAccounts {
    async fn login(&self, credentials: &Credentials) -> Result<Account, Error> {
        check(credentials)?;
        let digest = self.digest(credentials)?;
        // Many requests with the same new credentials wait for one proof.
        let proven = self
            .proven
            .try_get_with(digest, self.prove(credentials, digest))
            .await
            .map_err(|error| Error::new(error.kind, error.message.clone()))?;
        Ok(proven.account(credentials))
    }

    async fn refresh(&self, credentials: &Credentials) -> Result<Account, Error> {
        check(credentials)?;
        let digest = self.digest(credentials)?;
        if let Some(proven) = self.proven.get(&digest).await
            && self.is_as_it_was(&digest, &proven).await
        {
            return Ok(proven.account(credentials));
        }
        match self.prove(credentials, digest).await {
            Ok(proven) => {
                self.proven.insert(digest, Arc::clone(&proven)).await;
                Ok(proven.account(credentials))
            }
            Err(error) => {
                if error.kind == Kind::Refused {
                    self.proven.invalidate(&digest).await;
                }
                Err(error)
            }
        }
    }

    async fn news(&self, account: &Account) -> Option<Account> {
        let credentials = &account.credentials;
        let digest = self.digest(credentials).ok()?;
        if let Some(proven) = self.proven.get(&digest).await
            && !Arc::ptr_eq(&proven.profile, &account.profile)
        {
            return Some(proven.account(credentials));
        }
        let seen = self.seen.get(&digest).await?;
        let mark = seen.mark?;
        if self.mark(&seen).await? == mark {
            return None;
        }
        let proven = self.prove(credentials, digest).await.ok()?;
        self.proven.insert(digest, Arc::clone(&proven)).await;
        Some(proven.account(credentials))
    }

    async fn forget(&self, credentials: &Credentials) {
        if let Ok(digest) = self.digest(credentials) {
            self.proven.invalidate(&digest).await;
        }
    }

    async fn site(&self) -> Result<Arc<Site>, Error> {
        let arrived = Instant::now();
        // Held while Horde is asked: the others wait for the one answer.
        let mut memory = self.site.lock().await;
        if let Some(site) = memory.younger_than(SITE_AGE) {
            return Ok(site);
        }
        let believed = memory.younger_than(self.trust);
        // A Horde that hangs is waited for once, not by one after the other.
        if let Some((since, error)) = &memory.failed
            && (*since >= arrived || believed.is_some() && since.elapsed() < SITE_PAUSE)
        {
            return believed.ok_or_else(|| Error::new(error.kind, error.message.clone()));
        }
        match self.read_site().await {
            Ok(site) => {
                memory.known = Some((Instant::now(), Arc::clone(&site)));
                Ok(site)
            }
            Err(error) => {
                let told = Error::new(error.kind, error.message.clone());
                memory.failed = Some((Instant::now(), told));
                let Some(site) = believed else { return Err(error) };
                log::warn!("Horde's settings are believed as they were: {error}");
                Ok(site)
            }
        }
    }

    async fn mailer_login(
        &self,
        credentials: &Credentials,
    ) -> Result<(String, Secret<String>), Error> {
        // Asked each time: what is not kept can not leak.
        let params = json!(["smtp"]);
        let answer = self.client.read(Some(credentials), "bridge.credentials", params).await?;
        read_mailer_login(&answer)
    }
}

/// Credentials that Horde took, and what it said.
struct Proven {
    profile: Arc<Profile>,
    /// Under which it would say the same; `None` when that is not certain.
    mark: Option<Mark>,
}

impl Proven {
    fn account(&self, credentials: &Credentials) -> Account {
        Account { credentials: credentials.clone(), profile: Arc::clone(&self.profile) }
    }
}

/// What is looked at for a user, and what was seen there at the last proof.
struct Seen {
    user: String,
    places: Places,
    mark: Option<Mark>,
    since: Instant,
}

/// The classes whose shares are told even where they are shown as one folder.
fn listed() -> Vec<String> {
    let classes = [Class::Contacts, Class::Calendar, Class::Tasks, Class::Notes];
    let served = classes.into_iter().filter(|class| is_served(*class));
    served.map(|class| class.as_str().to_lowercase()).collect()
}

fn check(credentials: &Credentials) -> Result<(), Error> {
    if credentials.can_be() {
        return Ok(());
    }
    Err(Error::new(Kind::Refused, "a name or a password that can not be"))
}

type Digest = [u8; 32];

/// How long it is remembered what to look at for a user.
const SEEN_IDLE: Duration = Duration::from_secs(24 * 3_600);
/// So long a mark must have stood when Horde is asked: Horde keeps permissions in a cache, which
/// it clears a moment after it wrote.
const SETTLED: Duration = Duration::from_secs(2);
const SITE_AGE: Duration = Duration::from_secs(60);
/// How long a Horde that does not answer is left alone, while it is known what it would say.
const SITE_PAUSE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use serde_json::json;
    use tokio::time::Instant;

    use crate::backend::Accounts as _;
    use crate::backend::horde::Config;
    use crate::backend::horde::accounts::HordeAccounts;
    use crate::backend::horde::rpc::Client;
    use crate::backend::horde::session::SiteAnswer;

    /// Accounts of a Horde that is down, and said something so many seconds ago.
    async fn asked_before(seconds: u64) -> HordeAccounts {
        drop(rustls::crypto::ring::default_provider().install_default());
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", nobody.local_addr().unwrap());
        drop(nobody);
        let config = Config { url, ..Config::default() };
        let accounts = HordeAccounts::new(&config, Arc::new(Client::new(&config).unwrap()), None);
        let answer: SiteAnswer = serde_json::from_value(json!({
            "activesync": {
                "enabled": true, "version": "14.1", "announced": "14.1", "storage": "Sql",
                "autodiscovery": "", "ping":
                    {"heartbeatmin": 60, "heartbeatmax": 2700, "heartbeatdefault": 480},
            },
            "history": {"driver": "Sql"},
        }))
        .unwrap();
        let since = Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
        accounts.site.lock().await.known = Some((since, Arc::new(answer.into_site())));
        accounts
    }

    #[tokio::test]
    async fn what_horde_said_of_the_site_is_believed_while_it_is_down() {
        for seconds in [0, 61, 290] {
            let accounts = asked_before(seconds).await;
            for _ in 0..3 {
                assert_eq!(accounts.site().await.unwrap().version, "14.1", "{seconds}");
            }
            let was_asked = accounts.site.lock().await.failed.is_some();
            assert_eq!(was_asked, seconds > 60, "{seconds}");
        }
        assert!(asked_before(301).await.site().await.is_err());
    }
}
