//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::{app, logging, probe};

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
    /// Plays a phone against any ActiveSync server and explains each step.
    Probe(Box<probe::Args>),
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
        Command::Serve(file) => serve(&file).map(|()| ExitCode::SUCCESS),
        Command::Probe(args) => play(&args),
    };
    match done {
        Ok(code) => code,
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

fn play(args: &probe::Args) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    Ok(actix_web::rt::System::new().block_on(probe::run(args, &mut out))?)
}
