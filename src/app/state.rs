//! `horde-eas state`: what is stored of the phones, and whether it fits together.
//!
//! Nothing is changed. One device is read at a time, and only what is told of it is kept.

mod show;

use std::io::{self, Write};

use serde_json::json;

use crate::app::state::show::Shown;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::finding::{Finding, Report};
use crate::logging::chain;
use crate::state::Error;
use crate::state::audit::{Facts, verify as judge};
use crate::state::mysql::{self, Mysql};

/// Which rows are looked at.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those of one user, by Horde's own name.
    pub user: Option<String>,
    /// Those of one device.
    pub device: Option<String>,
    /// Those of one folder, by its uid or Horde's own name.
    pub folder: Option<String>,
}

/// Why there is nothing to tell.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The database.
    #[error("{0}")]
    State(#[from] Error),
    /// What is told can not be written.
    #[error("{0}")]
    Output(#[from] io::Error),
}

/// Shows what is stored: words, or one line of JSON for each device.
///
/// # Errors
/// When the database does not answer, or nothing can be written.
pub async fn show(
    config: &Config,
    filter: &Filter,
    is_json: bool,
    out: &mut dyn Write,
) -> Result<usize, Failure> {
    let mysql = patient(&config.state)?;
    let devices = devices(&mysql, filter).await?;
    let mut n_shown = 0_usize;
    for device in devices {
        let survey = mysql.survey(&device, filter.user.as_deref()).await?;
        if survey.n_rows() == 0 {
            continue;
        }
        n_shown = n_shown.saturating_add(1);
        let shown = Shown::of(&survey, filter, SystemClock.unix_seconds());
        if is_json {
            writeln!(out, "{}", shown.to_json())?;
        } else {
            out.write_all(shown.to_words().as_bytes())?;
        }
        out.flush()?;
    }
    if is_json {
        writeln!(
            out,
            "{}",
            json!({"kind": "summary", "command": "state show", "devices": n_shown})
        )?;
    } else if n_shown == 0 {
        writeln!(out, "Nothing is stored{}.", of_filter(filter))?;
    }
    Ok(n_shown)
}

/// Reads each row, and tells what is wrong with it or between it and others; answers the exit
/// code.
///
/// # Errors
/// When nothing can be written.
pub async fn verify(config: &Config, filter: &Filter, mut report: Report<'_>) -> io::Result<u8> {
    let mut looked = Looked::default();
    match try_verify(config, filter, &mut report, &mut looked).await {
        Ok(()) => {}
        Err(Failure::Output(error)) => return Err(error),
        Err(Failure::State(error)) => report.tell(
            &Finding::error("database.reach", "the database can not be read")
                .because(chain(&error))
                .mend("horde-eas check tells more"),
        )?,
    }
    let what = format!("{} devices and {} rows were looked at", looked.n_devices, looked.n_rows);
    report.tell(&Finding::ok("state.looked", what))?;
    let more = [("devices", looked.n_devices), ("rows", looked.n_rows)];
    report.end(more.into_iter().map(|(name, n)| (name.to_owned(), json!(n))).collect())
}

/// How much was looked at.
#[derive(Default)]
struct Looked {
    n_devices: u64,
    n_rows: u64,
}

async fn try_verify(
    config: &Config,
    filter: &Filter,
    report: &mut Report<'_>,
    looked: &mut Looked,
) -> Result<(), Failure> {
    let mysql = patient(&config.state)?;
    let devices = devices(&mysql, filter).await?;
    let (history, found) = history(config, &mysql).await;
    report.tell_all(&found)?;
    for device in devices {
        let survey = mysql.survey(&device, filter.user.as_deref()).await?;
        if survey.n_rows() == 0 {
            continue;
        }
        looked.n_devices = looked.n_devices.saturating_add(1);
        looked.n_rows = looked.n_rows.saturating_add(survey.n_rows());
        let facts = Facts { now: SystemClock.unix_seconds(), history };
        report.tell_all(&judge(&survey, &facts))?;
    }
    if filter.user.is_none() && filter.device.is_none() {
        for (table, count) in mysql.nameless_rows().await? {
            report.tell(
                &Finding::note("row.nameless", format!("{count} rows name no device"))
                    .because("another program wrote them")
                    .mend("nothing: they are not used")
                    .at("table", table),
            )?;
        }
    }
    Ok(())
}

/// Where the history ends.
async fn history(config: &Config, state: &Mysql) -> (Option<i64>, Option<Finding>) {
    let end = match &config.history {
        Some(history) => match patient(history) {
            Ok(mysql) => mysql.history_end().await,
            Err(error) => Err(error),
        },
        None => state.history_end().await,
    };
    match end {
        Ok(end) => (Some(end), None),
        Err(error) => {
            let found = Finding::warning("history.unread", "the history can not be read")
                .because(error.to_string())
                .mend("horde-eas check tells why; stamps were not compared with it");
            (None, Some(found))
        }
    }
}

async fn devices(mysql: &Mysql, filter: &Filter) -> Result<Vec<String>, Error> {
    match &filter.device {
        Some(device) => Ok(vec![device.clone()]),
        None => mysql.all_devices(filter.user.as_deref()).await,
    }
}

/// The database, with time for large tables.
fn patient(config: &mysql::Config) -> Result<Mysql, Error> {
    let timeout_seconds = config.timeout_seconds.max(PATIENCE_SECONDS);
    Mysql::new(&mysql::Config { timeout_seconds, ..config.clone() })
}

fn of_filter(filter: &Filter) -> String {
    let parts = [("user", &filter.user), ("device", &filter.device), ("folder", &filter.folder)];
    let parts: Vec<String> = parts
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?)))
        .collect();
    if parts.is_empty() { String::new() } else { format!(" of {}", parts.join(", ")) }
}

const PATIENCE_SECONDS: u64 = 120;
