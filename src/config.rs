//! One configuration made of each module's own: a file, then the environment.
//!
//! `HORDE_EAS__HTTP__LISTEN=0.0.0.0:8480` sets `listen` of `[http]`.
//! A key that nobody knows is an error, so that a slip of the pen is not a silent default.

use std::path::Path;

use config::{Environment, File, FileFormat};
use serde::Deserialize;

use crate::backend::{horde, imap};
use crate::eas::version::ProtocolVersion;
use crate::state::mysql;
use crate::{command, http, logging};

/// The whole configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The server.
    pub http: http::Config,
    /// Horde, through its bridge.
    pub horde: horde::Config,
    /// The mail server; which one it is, Horde says.
    pub imap: imap::Config,
    /// The database with Horde's ActiveSync tables.
    pub state: mysql::Config,
    /// The database with Horde's history; absent when it is the same.
    pub history: Option<mysql::Config>,
    /// How commands behave.
    pub commands: command::Config,
    /// The log.
    pub log: logging::Config,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that can not be read, a key that is not known, a value of the wrong type.
    #[error("configuration: {0}")]
    Read(#[from] config::ConfigError),
    /// A value that makes no sense.
    #[error("configuration: {key}: {why}")]
    Value {
        /// The key.
        key: &'static str,
        /// What is wrong with its value.
        why: String,
    },
}

impl Config {
    /// Reads the file, if one is named, and the environment over it.
    ///
    /// # Errors
    /// When something can not be read or makes no sense; the message says what to mend.
    pub fn load(path: Option<&Path>) -> Result<Self, Error> {
        let mut builder = config::Config::builder();
        if let Some(path) = path {
            builder = builder.add_source(File::from(path).format(FileFormat::Toml).required(true));
        }
        let environment =
            Environment::with_prefix("HORDE_EAS").prefix_separator("__").separator("__");
        let read = builder.add_source(environment.try_parsing(true)).build()?;
        let config: Self = read.try_deserialize()?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), Error> {
        let version = &self.commands.max_version;
        let known: Result<ProtocolVersion, _> = version.parse();
        if known.is_err() {
            let why = format!("`{version}` is no version; 14.1 is one");
            return Err(Error::Value { key: "commands.max_version", why });
        }
        if !(1..=60).contains(&self.commands.poll_seconds) {
            let why = "must be 1 to 60".to_owned();
            return Err(Error::Value { key: "commands.poll_seconds", why });
        }
        if self.http.body_bytes < 65_536 {
            let why = "must be at least 65536".to_owned();
            return Err(Error::Value { key: "http.body_bytes", why });
        }
        Ok(())
    }
}
