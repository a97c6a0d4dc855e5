//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::{app, logging};

/// Exchange ActiveSync for an existing Horde.
#[derive(Debug, Parser)]
#[command(name = "horde-eas", version, about, long_about = None)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the service.
    Serve(ConfigFile),
}

/// Where the configuration is.
#[derive(Debug, clap::Args)]
struct ConfigFile {
    /// The configuration file (TOML); see deploy/config.example.toml. The environment
    /// (HORDE_EAS__SECTION__KEY) goes over it.
    #[arg(long, short, env = "HORDE_EAS_CONFIG")]
    config: Option<PathBuf>,
}

/// Does what the command line says.
#[must_use]
pub fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(file) => serve(&file),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("horde-eas: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(file: &ConfigFile) -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::load(file.config.as_deref())?;
    logging::start(&config.log);
    actix_web::rt::System::new().block_on(app::serve(&config))?;
    Ok(())
}
