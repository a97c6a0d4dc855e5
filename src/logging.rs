//! The log: one line for each thing that happened, to standard error.
//!
//! A sentence first, then `key=value`; never a credential, never the content of an item.

use std::io::Write as _;

use env_logger::{Builder, Env};
use serde::Deserialize;

use crate::clock::{Clock as _, SystemClock};

/// The log.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `error`, `warn`, `info`, `debug` or `trace`, for all or for modules, such as
    /// `info,horde_eas::command=debug`. Default `info`.
    pub level: String,
    /// Whether lines begin with the time; off where the service manager writes it. Default true.
    pub time: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { level: "info".to_owned(), time: true }
    }
}

/// Starts the log; a second call changes nothing.
pub fn start(config: &Config) {
    let with_time = config.time;
    let mut builder = Builder::from_env(Env::new().filter_or("HORDE_EAS_LOG", &config.level));
    builder.format(move |out, record| {
        if with_time {
            write!(
                out,
                "{:.3} ",
                jiff::Timestamp::from_millisecond(SystemClock.unix_millis()).unwrap_or_default()
            )?;
        }
        let text = record.args().to_string();
        // One record is one line, whatever a client put into it.
        let text: String =
            text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        writeln!(out, "{:5} {text}", record.level())
    });
    // A test may have started a log already.
    drop(builder.try_init());
}
