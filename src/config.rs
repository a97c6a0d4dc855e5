//! One configuration made of each module's own: a file, then the environment.
//!
//! `HORDE_EAS__HTTP__LISTEN=0.0.0.0:8480` sets `listen` of `[http]`.
//! A key that nobody knows is an error, so that a slip of the pen is not a silent default.

use std::ops::RangeInclusive;
use std::path::Path;

use config::{Environment, File, FileFormat};
use serde::Deserialize;

use crate::backend::{horde, imap, smtp};
use crate::eas::version::ProtocolVersion;
use crate::state::mysql;
use crate::{command, http, logging};

pub mod memory;

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
    /// Where mail goes that phones send, when Horde's own settings are not to count.
    pub smtp: smtp::Config,
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
        let config = Self::read(path)?;
        match config.problems().into_iter().next() {
            Some(error) => Err(error),
            None => Ok(config),
        }
    }

    /// As [`Self::load`], without a look at whether the values make sense.
    ///
    /// # Errors
    /// When something can not be read, or a key is not known.
    pub fn read(path: Option<&Path>) -> Result<Self, Error> {
        let mut builder = config::Config::builder();
        if let Some(path) = path {
            builder = builder.add_source(File::from(path).format(FileFormat::Toml).required(true));
        }
        let environment =
            Environment::with_prefix("HORDE_EAS").prefix_separator("__").separator("__");
        let environment = environment
            .try_parsing(true)
            .list_separator(",")
            .with_list_parse_key("http.trusted_proxies")
            .with_list_parse_key("http.throttle.exempt");
        let read = builder.add_source(environment).build()?;
        Ok(read.try_deserialize()?)
    }

    /// The values that make no sense, each an [`Error::Value`].
    #[must_use]
    pub fn problems(&self) -> Vec<Error> {
        let mut problems = Vec::new();
        let version = &self.commands.max_version;
        let known: Result<ProtocolVersion, _> = version.parse();
        if known.is_err() && !version.is_empty() {
            let why = format!("`{version}` is no version; 14.1 is one");
            problems.push(Error::Value { key: "commands.max_version", why });
        }
        for (key, value, range) in self.numbers() {
            if !range.contains(&value) {
                let why = format!("must be {} to {}", range.start(), range.end());
                problems.push(Error::Value { key, why });
            }
        }
        problems
    }

    /// The numbers that have a range.
    fn numbers(&self) -> Vec<(&'static str, u64, RangeInclusive<u64>)> {
        let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let throttle = &self.http.throttle;
        let mut numbers = vec![
            ("commands.answer_bytes", wide(self.commands.answer_bytes), 65_536..=1 << 31),
            ("commands.poll_seconds", self.commands.poll_seconds, 1..=60),
            ("horde.connect_timeout", self.horde.connect_timeout, 1..=300),
            ("horde.credentials_seconds", self.horde.credentials_seconds, 0..=86_400),
            ("horde.timeout", self.horde.timeout, 1..=3_600),
            ("http.body_bytes", wide(self.http.body_bytes), 65_536..=1 << 31),
            ("http.body_seconds", self.http.body_seconds, 1..=3_600),
            ("http.connections", wide(self.http.connections), 1..=100_000),
            ("http.shutdown_seconds", self.http.shutdown_seconds, 0..=3_600),
            ("http.threads", wide(self.http.threads), 0..=1_024),
            ("http.throttle.address_failures", throttle.address_failures.into(), 1..=100_000),
            ("http.throttle.refusal_millis", throttle.refusal_millis, 0..=10_000),
            ("http.throttle.seconds", throttle.seconds, 1..=86_400),
            ("http.throttle.tries_at_once", wide(throttle.tries_at_once), 1..=1_000),
            ("http.throttle.user_failures", throttle.user_failures.into(), 1..=100_000),
            ("imap.connect_timeout", self.imap.connect_timeout, 1..=300),
            ("imap.sessions_per_user", wide(self.imap.sessions_per_user), 1..=100),
            ("imap.threads", wide(self.imap.threads), 1..=10_000),
            ("imap.timeout", self.imap.timeout, 1..=3_600),
            ("smtp.connect_timeout", self.smtp.connect_timeout, 1..=300),
            ("smtp.timeout", self.smtp.timeout, 1..=600),
        ];
        for (state, connections, timeout) in [
            (Some(&self.state), "state.connections", "state.timeout_seconds"),
            (self.history.as_ref(), "history.connections", "history.timeout_seconds"),
        ] {
            if let Some(state) = state {
                numbers.push((connections, wide(state.connections), 1..=1_000));
                numbers.push((timeout, state.timeout_seconds, 1..=300));
            }
        }
        numbers
    }
}

/// A variable of the environment: for passwords, which do not belong on a command line.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that may ask")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
