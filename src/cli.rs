//! The command line.

use std::io::{Read as _, Write as _, stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::wbxml::element::Element;
use crate::wbxml::{Limits, Writer, xml};
use crate::{app, command, eas, http, logging, probe};

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
    /// Looks at everything that the service needs, and says what to mend.
    Check(CheckArgs),
    /// Prints a WBXML document from standard input as XML.
    Decode,
    /// Makes a WBXML document of the XML on standard input.
    Encode,
    /// Plays a phone against any ActiveSync server and explains each step.
    Probe(Box<probe::Args>),
    /// Prints the elements of all commands that work, as Markdown.
    Reference,
}

/// What `check` looks at.
#[derive(Debug, clap::Args)]
struct CheckArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// A user whose login and mail are tried, as the phone would send the name.
    #[arg(long, requires = "password")]
    user: Option<String>,
    /// The user's password.
    #[arg(long, env = "HORDE_EAS_CHECK_PASSWORD", hide_env_values = true)]
    password: Option<String>,
}

/// Where the configuration is.
#[derive(Debug, clap::Args)]
struct ConfigFile {
    /// The configuration file (TOML); see deploy/config.example.toml. The environment
    /// (`HORDE_EAS__SECTION__KEY`) goes over it.
    #[arg(long, short, env = "HORDE_EAS_CONFIG")]
    config: Option<PathBuf>,
}

/// Does what the command line says.
#[must_use]
pub fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(file) => serve(&file),
        Command::Check(args) => check(args),
        Command::Decode => decode(),
        Command::Encode => encode(),
        Command::Probe(args) => play(&args),
        Command::Reference => reference(),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("horde-eas: {error}");
            ExitCode::FAILURE
        }
    }
}

type Done = Result<ExitCode, Box<dyn std::error::Error>>;

fn serve(file: &ConfigFile) -> Done {
    let config = Config::load(file.config.as_deref())?;
    logging::start(&config.log);
    http::block_on(app::serve(&config))?;
    Ok(ExitCode::SUCCESS)
}

fn check(args: CheckArgs) -> Done {
    let config = Config::load(args.file.config.as_deref())?;
    let user = args
        .user
        .zip(args.password)
        .map(|(login, password)| app::check::User { login, password: password.into() });
    let mut out = stdout().lock();
    let n_problems = http::block_on(app::check::check(&config, user.as_ref(), &mut out))?;
    Ok(if n_problems == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn play(args: &probe::Args) -> Done {
    let mut out = stdout().lock();
    Ok(http::block_on(probe::run(args, &mut out))?)
}

fn decode() -> Done {
    let mut bytes = Vec::new();
    stdin().lock().read_to_end(&mut bytes)?;
    let document = Element::parse(&bytes, Limits::default())?;
    stdout().lock().write_all(xml::to_xml(&document).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn encode() -> Done {
    let mut text = String::new();
    stdin().lock().read_to_string(&mut text)?;
    let document = xml::from_xml(&text)?;
    let mut out = Writer::new();
    document.write(&mut out);
    stdout().lock().write_all(&out.finish())?;
    Ok(ExitCode::SUCCESS)
}

fn reference() -> Done {
    stdout()
        .lock()
        .write_all(eas::reference::markdown(&command::documents::documents()).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
