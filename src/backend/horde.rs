//! Horde over JSON-RPC: the adapters of [`Accounts`](crate::backend::Accounts),
//! [`Folders`](crate::backend::Folders) and [`Items`](crate::backend::Items).
//!
//! Two roads lead to the same methods: the bridge's own entry script, and Horde's `rpc.php` where
//! that works. No cookie is ever kept or sent, and an answer that is not JSON is an outage,
//! whatever its status says.

pub mod accounts;
mod events;
pub mod folders;
pub mod items;
mod rpc;
mod session;
mod work;

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;

use crate::backend::horde::accounts::HordeAccounts;
use crate::backend::horde::folders::HordeFolders;
use crate::backend::horde::items::HordeItems;
use crate::backend::horde::rpc::Client;
use crate::backend::{Credentials, Error, Marks};
use crate::secret::Secret;

/// Where Horde is and how it is spoken to.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Horde's base URL, such as `https://mail.example.com/horde`.
    pub url: String,
    /// The road to take.
    pub transport: Transport,
    /// The secret that the bridge is told to demand.
    pub secret: Option<Secret<String>>,
    /// Horde user whose login reads the site's settings; needed with `rpc` alone.
    pub service_user: Option<String>,
    /// The password of that user.
    pub service_password: Option<Secret<String>>,
    /// File with certificates (PEM) to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Seconds until a connection must stand.
    pub connect_timeout: u64,
    /// Seconds until an answer must be there.
    pub timeout: u64,
    /// Seconds for which proven credentials are believed, and Horde's settings while it is down.
    pub credentials_seconds: u64,
    /// How many proven credentials are remembered.
    pub credentials_entries: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: "http://127.0.0.1/horde".to_owned(),
            transport: Transport::Bridge,
            secret: None,
            service_user: None,
            service_password: None,
            ca_file: None,
            connect_timeout: 5,
            timeout: 60,
            credentials_seconds: 300,
            credentials_entries: 50_000,
        }
    }
}

impl Config {
    /// The user who reads the site's settings, when there is one.
    fn service(&self) -> Option<Credentials> {
        Some(Credentials {
            login: self.service_user.clone()?,
            password: self.service_password.clone()?,
            address: None,
        })
    }
}

/// The road to Horde's methods.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// The bridge's own entry script.
    #[default]
    Bridge,
    /// Horde's `rpc.php`: PHP 7.4, a mended Debian, Horde 6.
    Rpc,
}

/// The adapters, over one pool of connections.
#[derive(Clone)]
pub struct Horde {
    /// Users and settings.
    pub accounts: Arc<HordeAccounts>,
    /// What items lie in.
    pub folders: Arc<HordeFolders>,
    /// Contacts, later the other classes.
    pub items: Arc<HordeItems>,
}

impl Horde {
    /// Prepares the adapters; nothing is connected yet.
    ///
    /// # Errors
    /// `Invalid` when the URL or the certificates are of no use.
    pub fn new(config: &Config) -> Result<Self, Error> {
        Self::with_marks(config, None)
    }

    /// The same, with somebody who can tell whether Horde need be asked.
    ///
    /// # Errors
    /// As `new`.
    pub fn with_marks(config: &Config, marks: Option<Arc<dyn Marks>>) -> Result<Self, Error> {
        let client = Arc::new(Client::new(config)?);
        Ok(Self {
            accounts: Arc::new(HordeAccounts::new(config, Arc::clone(&client), marks)),
            folders: Arc::new(HordeFolders::new(Arc::clone(&client))),
            items: Arc::new(HordeItems::new(client)),
        })
    }
}
