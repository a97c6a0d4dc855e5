//! Users and settings: credentials proven by `bridge.session`, remembered as keyed hashes.

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
use crate::backend::profile::{Profile, Site};
use crate::backend::{Account, Accounts, Credentials, Error, Kind};
use crate::secret::Secret;

/// [`Accounts`] over the bridge.
pub struct HordeAccounts {
    client: Arc<Client>,
    /// Drawn anew in each process: what leaks from its memory proves nothing elsewhere.
    key: Secret<[u8; 32]>,
    proven: Cache<Digest, Arc<Profile>>,
    service: Option<Credentials>,
    site: Mutex<Option<(Instant, Arc<Site>)>>,
}

impl HordeAccounts {
    /// Prepares an empty cache.
    pub(crate) fn new(config: &Config, client: Arc<Client>) -> Self {
        let proven = Cache::builder()
            .max_capacity(config.credentials_entries)
            .time_to_live(Duration::from_secs(config.credentials_seconds))
            .build();
        Self {
            client,
            key: Secret::new(rand::random()),
            proven,
            service: config.service(),
            site: Mutex::new(None),
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

    /// Asks Horde.
    async fn prove(&self, credentials: &Credentials) -> Result<Arc<Profile>, Error> {
        let answer = self
            .client
            .read(Some(credentials), "bridge.session", json!([{"list": ["contacts"]}]))
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
        let profile = self
            .proven
            .try_get_with(digest, self.prove(credentials))
            .await
            .map_err(|error| Error::new(error.kind, error.message.clone()))?;
        Ok(Account { credentials: credentials.clone(), profile })
    }

    async fn refresh(&self, credentials: &Credentials) -> Result<Account, Error> {
        check(credentials)?;
        let digest = self.digest(credentials)?;
        match self.prove(credentials).await {
            Ok(profile) => {
                self.proven.insert(digest, Arc::clone(&profile)).await;
                Ok(Account { credentials: credentials.clone(), profile })
            }
            Err(error) => {
                if error.kind == Kind::Refused {
                    self.proven.invalidate(&digest).await;
                }
                Err(error)
            }
        }
    }

    async fn forget(&self, credentials: &Credentials) {
        if let Ok(digest) = self.digest(credentials) {
            self.proven.invalidate(&digest).await;
        }
    }

    async fn site(&self) -> Result<Arc<Site>, Error> {
        // Held while Horde is asked: the others wait for the one answer.
        let mut known = self.site.lock().await;
        if let Some((since, site)) = &*known
            && since.elapsed() < SITE_AGE
        {
            return Ok(Arc::clone(site));
        }
        let site = self.read_site().await?;
        *known = Some((Instant::now(), Arc::clone(&site)));
        Ok(site)
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

/// PHP cuts a password at a NUL and would take what stands before it.
fn check(credentials: &Credentials) -> Result<(), Error> {
    let password = credentials.password.expose();
    let odd = |text: &str| text.is_empty() || text.contains('\0');
    if odd(&credentials.login) || odd(password) || credentials.login.contains(':') {
        return Err(Error::new(Kind::Refused, "a name or a password that can not be"));
    }
    Ok(())
}

type Digest = [u8; 32];

const SITE_AGE: Duration = Duration::from_secs(60);
