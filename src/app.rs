//! Where everything is put together: the only file that names ports and adapters at once.

pub mod check;
mod marks;
pub mod state;

use std::sync::Arc;

use crate::app::marks::SqlMarks;
use crate::backend::horde::Horde;
use crate::backend::imap::Imap;
use crate::backend::smtp::Smtp;
use crate::clock::SystemClock;
use crate::command::Services;
use crate::config::Config;
use crate::http;
use crate::state::mysql::Mysql;

/// Why the service can not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Settings of Horde or the mail server.
    #[error(transparent)]
    Backend(#[from] crate::backend::Error),
    /// The address to listen on.
    #[error("listening on {0}: {1}")]
    Listen(String, std::io::Error),
    /// Running.
    #[error("running: {0}")]
    Run(std::io::Error),
    /// Settings of the database.
    #[error(transparent)]
    State(#[from] crate::state::Error),
}

/// Builds the adapters; nothing is connected yet.
///
/// # Errors
/// When settings make no sense.
pub fn services(config: &Config) -> Result<Services, Error> {
    let state = Mysql::new(&config.state)?;
    let state = Arc::new(if config.history.is_some() { state.without_history() } else { state });
    let marks = Arc::new(SqlMarks::new(Arc::clone(&state)));
    let horde = Horde::with_marks(&config.horde, Some(marks))?;
    let history = match &config.history {
        Some(history) => Arc::new(Mysql::new(history)?),
        None => Arc::clone(&state),
    };
    let submit = Arc::new(Smtp::new(&config.smtp, Arc::clone(&horde.accounts) as _)?);
    Ok(Services {
        accounts: horde.accounts,
        folders: horde.folders,
        items: horde.items,
        mail: Arc::new(Imap::new(&config.imap)?),
        submit,
        devices: Arc::clone(&state) as _,
        collections: Arc::clone(&state) as _,
        maps: Arc::clone(&state) as _,
        moves: Arc::clone(&state) as _,
        caches: Arc::clone(&state) as _,
        outbox: state,
        history,
        clock: Arc::new(SystemClock),
        config: config.commands.clone(),
    })
}

/// Runs the service until it is told to stop.
///
/// # Errors
/// When it can not start.
pub async fn serve(config: &Config) -> Result<(), Error> {
    let services = services(config)?;
    let server = http::serve(&config.http, services)
        .map_err(|error| Error::Listen(config.http.listen.clone(), error))?;
    log::info!("Listening listen={} version={}", config.http.listen, env!("CARGO_PKG_VERSION"));
    server.await.map_err(Error::Run)?;
    log::info!("Stopped");
    Ok(())
}
