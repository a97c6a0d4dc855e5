//! `horde-eas check`: looks at everything that the service needs, and says what to mend.

use std::io::{self, Write};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::backend::horde::{self, Horde, Transport};
use crate::backend::imap::Imap;
use crate::backend::profile::Site;
use crate::backend::{Account, Accounts as _, Credentials, Kind, Mail as _};
use crate::config::Config;
use crate::logging::chain;
use crate::secret::Secret;
use crate::state::mysql::{Inspection, Mysql};

/// A user whose login and mail are tried.
#[derive(Clone, Debug)]
pub struct User {
    /// The login as a phone would send it.
    pub login: String,
    /// The password.
    pub password: Secret<String>,
}

/// What was found so far.
struct Report<'a> {
    out: &'a mut dyn Write,
    n_problems: usize,
}

impl Report<'_> {
    fn ok(&mut self, what: &str) -> io::Result<()> {
        writeln!(self.out, "ok       {what}")
    }

    fn note(&mut self, what: &str) -> io::Result<()> {
        writeln!(self.out, "note     {what}")
    }

    fn problem(&mut self, what: &str, mend: &str) -> io::Result<()> {
        self.n_problems += 1;
        writeln!(self.out, "problem  {what}\n         {mend}")
    }
}

/// Looks, and writes a line for each thing; answers how many problems there are.
///
/// # Errors
/// When `out` can not be written.
pub async fn check(config: &Config, user: Option<&User>, out: &mut dyn Write) -> io::Result<usize> {
    let mut report = Report { out, n_problems: 0 };
    database(config, &mut report).await?;
    let site = bridge(config, &mut report).await?;
    if let Some(site) = &site {
        mailer(site, &mut report).await?;
        match user {
            Some(user) => login(config, site, user, &mut report).await?,
            None => report.note("no user was tried: --user and --password try login and mail")?,
        }
    }
    let n_problems = report.n_problems;
    match n_problems {
        0 => writeln!(report.out, "No problem found.")?,
        1 => writeln!(report.out, "1 problem found.")?,
        _ => writeln!(report.out, "{n_problems} problems found.")?,
    }
    Ok(n_problems)
}

async fn database(config: &Config, report: &mut Report<'_>) -> io::Result<()> {
    let mend = "see [state] in the configuration, and sql/grants.sql";
    let state = match Mysql::new(&config.state) {
        Ok(state) => state,
        Err(error) => return report.problem(&error.to_string(), mend),
    };
    match state.inspect_state().await {
        Ok(found) => inspected("ActiveSync tables", &found, report)?,
        Err(error) => return report.problem(&format!("database: {}", chain(&error)), mend),
    }
    let history = match &config.history {
        Some(history) => match Mysql::new(history) {
            Ok(history) => history.inspect_history().await,
            Err(error) => Err(error),
        },
        None => state.inspect_history().await,
    };
    match history {
        Ok(found) => inspected("history tables", &found, report),
        Err(error) => report.problem(
            &format!("history: {}", chain(&error)),
            "see [history] in the configuration, and sql/grants.sql",
        ),
    }
}

fn inspected(what: &str, found: &Inspection, report: &mut Report<'_>) -> io::Result<()> {
    for note in &found.notes {
        report.note(note)?;
    }
    for problem in &found.problems {
        report.problem(problem, "without it nothing is synced")?;
    }
    if found.problems.is_empty() {
        let level = found.level.map(|level| format!(", level {level}")).unwrap_or_default();
        report.ok(&format!("{what}: {}{level}", found.server))?;
    }
    Ok(())
}

async fn bridge(config: &Config, report: &mut Report<'_>) -> io::Result<Option<Site>> {
    let mut chosen = None;
    for transport in [Transport::Bridge, Transport::Rpc] {
        let name = match transport {
            Transport::Bridge => "the bridge's entry script",
            Transport::Rpc => "Horde's rpc.php",
        };
        let is_chosen = transport == config.horde.transport;
        match site(&horde::Config { transport, ..config.horde.clone() }).await {
            Ok(site) if is_chosen => {
                report.ok(&format!("{name} answers (transport in use)"))?;
                chosen = Some(site);
            }
            Ok(_) => report.note(&format!("{name} answers too"))?,
            Err(error) if is_chosen => {
                let mend =
                    "run horde-bridge/install --check on Horde's host; see [horde] (url, secret)";
                report.problem(&format!("{name}: {}", chain(&error)), mend)?;
            }
            Err(_) => report.note(&format!("{name} does not answer; it is not in use"))?,
        }
    }
    if let Some(site) = &chosen {
        settings(site, report)?;
    }
    Ok(chosen)
}

async fn site(config: &horde::Config) -> Result<Site, crate::backend::Error> {
    let horde = Horde::new(config)?;
    Ok(horde.accounts.site().await?.as_ref().clone())
}

fn settings(site: &Site, report: &mut Report<'_>) -> io::Result<()> {
    let versions: Vec<String> =
        site.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    report.ok(&format!("Horde: {}", versions.join(", ")))?;
    if !site.enabled {
        report.problem(
            "ActiveSync is switched off in Horde: every request is refused",
            "set $conf['activesync']['enabled'] (Administration, Configuration, Horde, ActiveSync)",
        )?;
    }
    if !site.storage.eq_ignore_ascii_case("sql") {
        report.problem(
            &format!("Horde keeps ActiveSync's state in `{}`", site.storage),
            "only SQL is known: set $conf['activesync']['storage'] to Sql",
        )?;
    }
    if !site.database.is_empty() && !site.database.starts_with("mysql") {
        report.problem(
            &format!("Horde's database is `{}`", site.database),
            "only MySQL and MariaDB are known; PostgreSQL and others are not served",
        )?;
    }
    if site.history != "sql" {
        report.problem(
            &format!("Horde's history is kept in `{}`", site.history),
            "only SQL is known: changes of contacts would not be seen",
        )?;
    }
    Ok(())
}

async fn mailer(site: &Site, report: &mut Report<'_>) -> io::Result<()> {
    let mailer = &site.mailer;
    if mailer.kind != "smtp" && mailer.kind != "lmtp" {
        return report.note(&format!("Horde sends mail by `{}`: not tried", mailer.kind));
    }
    let place = format!("{}:{}", mailer.host, mailer.port);
    match timeout(PATIENCE, greeting(&place)).await {
        Ok(Ok(text)) if text.starts_with("220") => report.ok(&format!("SMTP: {place} greets")),
        Ok(Ok(_)) => report.problem(
            &format!("SMTP: {place} does not greet as a mail server"),
            "see Horde's mailer settings",
        ),
        Ok(Err(error)) => report.problem(
            &format!("SMTP: {place}: {error}"),
            "start the mail server, or see Horde's mailer settings",
        ),
        Err(_) => report.problem(
            &format!("SMTP: {place} does not answer"),
            "start the mail server, or see Horde's mailer settings",
        ),
    }
}

async fn greeting(place: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(place).await?;
    let mut buffer = [0; 512];
    let n_read = stream.read(&mut buffer).await?;
    Ok(String::from_utf8_lossy(buffer.get(..n_read).unwrap_or_default()).into_owned())
}

async fn login(
    config: &Config,
    site: &Site,
    user: &User,
    report: &mut Report<'_>,
) -> io::Result<()> {
    let horde = match Horde::new(&config.horde) {
        Ok(horde) => horde,
        Err(error) => return report.problem(&error.to_string(), "see [horde]"),
    };
    let login = site.login_rule.apply(&user.login).to_owned();
    let credentials = Credentials { login, password: user.password.clone(), address: None };
    let account = match horde.accounts.refresh(&credentials).await {
        Ok(account) => account,
        Err(error) if error.kind == Kind::Refused => {
            return report.problem("login: user or password is wrong", "try them in Horde itself");
        }
        Err(error) => {
            return report.problem(&format!("login: {}", chain(&error)), "see Horde's log");
        }
    };
    report.ok(&format!("login: Horde calls this user `{}`", account.profile.user))?;
    if !account.profile.allowed {
        report.problem(
            "this user may not use ActiveSync",
            "see the permission horde:activesync in Horde",
        )?;
    }
    mail(config, &account, report).await
}

async fn mail(config: &Config, account: &Account, report: &mut Report<'_>) -> io::Result<()> {
    let Some(server) = &account.profile.mail else {
        let why = account.profile.mail_off.as_deref().unwrap_or("no reason given");
        return report.note(&format!("no mail for this user, dummy folders are shown: {why}"));
    };
    let place = format!("{}:{}", server.host, server.port);
    let imap = match Imap::new(&config.imap) {
        Ok(imap) => imap,
        Err(error) => return report.problem(&error.to_string(), "see [imap]"),
    };
    match imap.mailboxes(account).await {
        Ok(mailboxes) => report.ok(&format!(
            "IMAP: {place} as `{}`, {} mailboxes",
            server.login,
            mailboxes.len()
        )),
        Err(error) if error.kind == Kind::Refused => report.problem(
            &format!("IMAP: {place} refuses `{}`", server.login),
            "Horde's login must be the mail server's too: see hordeauth in IMP's backends.php",
        ),
        Err(error) => report.problem(
            &format!("IMAP: {place}: {}", chain(&error)),
            "see IMP's backends.php, and [imap] ca_file for a private certificate",
        ),
    }
}

const PATIENCE: Duration = Duration::from_secs(10);
