//! The command line.

mod password;

use std::io::{Read as _, Write as _, stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use serde_json::Map;

use crate::config::Config;
use crate::finding::{Finding, Report};
use crate::wbxml::element::Element;
use crate::wbxml::{Limits, Writer, xml};
use crate::{app, command, config, eas, http, logging, probe};

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
    Probe(Box<ProbeArgs>),
    /// Shows what is stored of the phones, or tells what is wrong with it.
    #[command(subcommand)]
    State(StateCommand),
    /// Prints the elements of all commands that work, as Markdown.
    Reference,
}

/// What is done with the stored state; nothing changes it.
#[derive(Debug, Subcommand)]
enum StateCommand {
    /// Shows devices, users and folders: keys, times, and what the phone is told next.
    #[command(after_help = SHOW_HELP)]
    Show {
        #[command(flatten)]
        which: StateArgs,
        /// A folder, by its uid (F47e03a8e) or Horde's own name (INBOX, @Contacts@).
        #[arg(long)]
        folder: Option<String>,
    },
    /// Reads every row, compares them with each other, and says what is wrong.
    #[command(after_help = VERIFY_HELP)]
    Verify {
        #[command(flatten)]
        which: StateArgs,
    },
}

/// Which state is looked at.
#[derive(Debug, clap::Args)]
struct StateArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// A user, by Horde's own name.
    #[arg(long)]
    user: Option<String>,
    /// A device, by its id as Horde's page shows it.
    #[arg(long)]
    device: Option<String>,
    /// JSON, one object a line, instead of words.
    #[arg(long)]
    json: bool,
}

/// What `check` looks at.
#[derive(Debug, clap::Args)]
#[command(after_help = CHECK_HELP)]
struct CheckArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// A user whose login and mail are tried, as the phone would send the name.
    #[arg(long)]
    user: Option<String>,
    #[command(flatten)]
    password: password::Source,
    /// The address that phones use, to be tried from here:
    /// https://mail.example.com/Microsoft-Server-ActiveSync.
    #[arg(long)]
    url: Option<String>,
    /// Takes any TLS certificate at that address.
    #[arg(long, requires = "url")]
    insecure: bool,
    /// One line of JSON for each finding instead of words.
    #[arg(long)]
    json: bool,
}

/// What `probe` plays.
#[derive(Debug, clap::Args)]
#[command(after_help = PROBE_HELP)]
struct ProbeArgs {
    #[command(flatten)]
    probe: probe::Args,
    #[command(flatten)]
    password: password::Source,
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
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to standard output and is no error.
            let code = if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
            drop(error.print());
            return code;
        }
    };
    let done = match cli.command {
        Command::Serve(file) => {
            config::memory::settle();
            serve(&file)
        }
        Command::Check(args) => check(&args),
        Command::Decode => decode(),
        Command::Encode => encode(),
        Command::Probe(args) => play(&args),
        Command::State(command) => state(command),
        Command::Reference => reference(),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            let code = match error.downcast_ref() {
                Some(password::Error::Missing(_)) => ExitCode::from(USAGE),
                _ => ExitCode::FAILURE,
            };
            eprintln!("horde-eas: {error}");
            code
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

fn check(args: &CheckArgs) -> Done {
    let user = match &args.user {
        Some(login) => {
            let password = args.password.read("HORDE_EAS_CHECK_PASSWORD")?;
            Some(app::check::User { login: login.clone(), password })
        }
        None => None,
    };
    let wishes = app::check::Wishes { user, url: args.url.clone(), insecure: args.insecure };
    let mut out = stdout().lock();
    let mut report = Report::new(&mut out, "check", args.json);
    match Config::read(args.file.config.as_deref()) {
        Ok(config) => http::block_on(app::check::check(&config, &wishes, &mut report))?,
        Err(error) => report.tell(&unreadable(&error))?,
    }
    Ok(report.end(Map::new())?.into())
}

fn unreadable(error: &config::Error) -> Finding {
    Finding::error("config.unreadable", error.to_string())
        .because("the service does not start")
        .mend("see deploy/config.example.toml, and the variables HORDE_EAS__… of the environment")
}

fn state(command: StateCommand) -> Done {
    let (which, folder, is_verify) = match command {
        StateCommand::Show { which, folder } => (which, folder, false),
        StateCommand::Verify { which } => (which, None, true),
    };
    let config = Config::load(which.file.config.as_deref())?;
    let filter = app::state::Filter { user: which.user, device: which.device, folder };
    let mut out = stdout().lock();
    if is_verify {
        let report = Report::new(&mut out, "state verify", which.json);
        return Ok(http::block_on(app::state::verify(&config, &filter, report))?.into());
    }
    let shown = app::state::show(&config, &filter, which.json, &mut out);
    match http::block_on(shown) {
        Ok(n_shown) => Ok(ExitCode::from(u8::from(n_shown == 0))),
        Err(error) => {
            eprintln!("horde-eas: {}", logging::chain(&error));
            Ok(ExitCode::from(2))
        }
    }
}

fn play(args: &ProbeArgs) -> Done {
    let password = args.password.read("HORDE_EAS_PROBE_PASSWORD")?;
    let mut out = stdout().lock();
    Ok(http::block_on(probe::run(&args.probe, &password, &mut out))?.into())
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

/// The command line makes no sense; what `sysexits.h` has for it.
const USAGE: u8 = 64;
const CHECK_HELP: &str = "\
Changes nothing, and may run beside the service.

The password of --user is read from the variable HORDE_EAS_CHECK_PASSWORD, or from what
--password-file or --password-stdin name.

Exit codes: 0 nothing to mend, 1 warnings, 2 errors (so monitoring programs read it),
64 the command line makes no sense.

--json: one object a line. A finding is {kind: \"finding\", severity: \"ok\", \"note\", \"warning\"
or \"error\", code, what, cause, mend, at: {table, device, user, folder, …}}; cause and mend may be
null. The last line is {kind: \"summary\", command, worst, exit, ok, notes, warnings, errors}.
Codes and members stay what they are; new ones may come.";
const SHOW_HELP: &str = "\
Without --user, --device or --folder, words leave the folders out; JSON never does.

Exit codes: 0 something is stored, 1 nothing is, 2 the database does not answer, 64 the command line makes no sense.

--json: one object a line, {kind: \"device\", device, type, agent, version, blocked, wipe, users:
[{user, policy_key, last_sync, next, folders: [{folder, name, class, counters, written, stamp,
known, pending, map_rows, …}]}]}; times are Unix seconds. The last line is {kind: \"summary\"}.";
const VERIFY_HELP: &str = "\
Exit codes: 0 nothing to mend, 1 warnings, 2 errors, 64 the command line makes no sense.

--json: as that of `check`; the summary also has devices and rows.";
const PROBE_HELP: &str = "\
The password is read from the variable HORDE_EAS_PROBE_PASSWORD, or from what --password-file or
--password-stdin name. Works against any ActiveSync server, Horde's rpc.php too: what is known of
that is told as odd, not as failed.

Without --write mail and contacts stay as they are. With it, all but the probe's own contact and
mails do, whose subjects begin with `Probe`; the last step deletes what is left of them. No folder
is emptied.

Exit codes: 0 all steps went well, 1 a step was odd, 2 a step failed, 64 the command line makes no
sense.

--json: one object a line, {kind: \"step\", step, result: \"ok\", \"odd\", \"failed\" or \"skipped\",
asked, came, cause, mend, ms}; the last line is {kind: \"summary\", command, worst, exit, steps,
failed, odd, skipped, device, devices, …}. Members stay what they are; new ones may come.";
