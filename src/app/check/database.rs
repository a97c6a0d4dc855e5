//! The database: reach, tables, rights, settings.

use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::finding::Finding;
use crate::logging::chain;
use crate::state;
use crate::state::mysql::{self, Inspection, Mysql, reach};

/// Looks at `[state]`, and at `[history]` where that is another one.
pub(super) async fn look(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let state = match Mysql::new(&config.state) {
        Ok(state) => state,
        Err(error) => return vec![unusable("[state]", &error)],
    };
    let now = SystemClock.unix_millis();
    let seen = state.inspect_state(now).await;
    let is_there = seen.is_ok();
    tell("ActiveSync tables", "[state]", &config.state, seen, &mut findings);
    let history = match &config.history {
        Some(history) => match Mysql::new(history) {
            Ok(mysql) => Some((history, mysql.inspect_history().await)),
            Err(error) => {
                findings.push(unusable("[history]", &error));
                None
            }
        },
        // Told already.
        None if !is_there => None,
        None => Some((&config.state, state.inspect_history().await)),
    };
    if let Some((config, seen)) = history {
        tell("history tables", "[history]", config, seen, &mut findings);
    }
    findings
}

fn unusable(section: &str, error: &state::Error) -> Finding {
    Finding::error("database.settings", format!("{section}: {error}"))
        .mend(format!("see {section} in deploy/config.example.toml"))
}

fn tell(
    what: &str,
    section: &str,
    config: &mysql::Config,
    seen: Result<Inspection, state::Error>,
    findings: &mut Vec<Finding>,
) {
    match seen {
        Ok(seen) => {
            if !seen.has_errors() {
                let level = seen.level.map(|level| format!(", level {level}")).unwrap_or_default();
                findings.push(Finding::ok("database", format!("{what}: {}{level}", seen.server)));
            }
            findings.extend(seen.findings);
        }
        Err(error) => {
            let mut found = reach(config, &error);
            found.what = format!("{what}: {}", found.what);
            if found.cause.is_none() {
                found.cause = Some(chain(&error));
            }
            found.mend = found.mend.map(|mend| format!("{section}: {mend}"));
            findings.push(found);
        }
    }
}
