//! Passwords for `check` and `probe`: never on the command line, where everybody on the host
//! reads them.

use std::io::{BufRead as _, stdin};
use std::path::PathBuf;

use crate::config;
use crate::secret::Secret;

/// Where a password comes from; without either, from the environment.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Source {
    /// File whose first line is the user's password.
    #[arg(long, value_name = "FILE", conflicts_with = "password_stdin")]
    password_file: Option<PathBuf>,
    /// Reads the user's password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,
}

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the password is empty")]
    Empty,
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    #[error("standard input: {0}")]
    Input(std::io::Error),
    #[error("a password is needed: {0} in the environment, --password-file or --password-stdin")]
    Missing(&'static str),
}

impl Source {
    /// The password; from the variable when no source is named.
    pub(super) fn read(&self, variable: &'static str) -> Result<Secret<String>, Error> {
        let text = if let Some(path) = &self.password_file {
            std::fs::read_to_string(path).map_err(|error| Error::File(path.clone(), error))?
        } else if self.password_stdin {
            let mut line = String::new();
            stdin().lock().read_line(&mut line).map_err(Error::Input)?;
            line
        } else {
            config::variable(variable).ok_or(Error::Missing(variable))?
        };
        let password = text.lines().next().unwrap_or_default().to_owned();
        if password.is_empty() { Err(Error::Empty) } else { Ok(Secret::new(password)) }
    }
}
