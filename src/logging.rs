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
    // It calls what clients do wrong errors, twice each; they have their 400.
    builder.filter_module("actix_http", log::LevelFilter::Off);
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
        let request = REQUEST.try_with(|id| format!(" req={id}")).unwrap_or_default();
        writeln!(out, "{:5} {text}{request}", record.level())
    });
    // A test may have started a log already.
    drop(builder.try_init());
}

/// An error with all that lies beneath it, each thing said once.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// Runs a future; lines that it writes to the log end with the request's id.
pub async fn within<F: Future>(request: String, future: F) -> F::Output {
    REQUEST.scope(request, future).await
}

tokio::task_local! {
    static REQUEST: String;
}
