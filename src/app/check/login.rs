//! One user: login at Horde, permission, mailboxes, what the mail server can.

use std::sync::Arc;

use crate::app::check::{User, is_here};
use crate::app::marks::SqlMarks;
use crate::backend::horde::Horde;
use crate::backend::imap::Imap;
use crate::backend::profile::{Profile, Security, Site};
use crate::backend::{Account, Accounts as _, Credentials, Error, Kind, Mail as _, Marks as _};
use crate::config::Config;
use crate::finding::Finding;
use crate::logging::chain;
use crate::state::mysql::Mysql;

/// Logs in as a phone would, and opens the user's mail.
pub(super) async fn look(config: &Config, site: &Site, user: &User) -> Vec<Finding> {
    let horde = match Horde::new(&config.horde) {
        Ok(horde) => horde,
        Err(error) => return vec![Finding::error("login", error.to_string()).mend("see [horde]")],
    };
    let login = site.login_rule.apply(&user.login).to_owned();
    let credentials = Credentials { login, password: user.password.clone(), address: None };
    let account = match horde.accounts.refresh(&credentials).await {
        Ok(account) => account,
        Err(error) if error.kind == Kind::Refused => {
            return vec![
                Finding::error("login.refused", format!("Horde refuses the login `{}`", credentials.login))
                    .because("user or password is wrong, or the name needs another form")
                    .mend("try them in Horde itself; $conf['activesync']['autodiscovery'] says how an address becomes a name"),
            ];
        }
        Err(error) => {
            return vec![
                Finding::error("login", "Horde can not say whether the login is right")
                    .because(chain(&error))
                    .mend("see Horde's log, and the directory or database behind its logins"),
            ];
        }
    };
    let profile = &account.profile;
    let mut findings =
        vec![Finding::ok("login", format!("login: Horde calls this user `{}`", profile.user))];
    if !profile.allowed {
        findings.push(
            Finding::error("login.denied", "this user may not use ActiveSync")
                .because("the phone is refused with Status 126 or HTTP 403")
                .mend("see the permission horde:activesync in Horde"),
        );
    }
    if profile.contacts.is_none() {
        findings.push(
            Finding::note("login.contacts", "this user has no address book")
                .mend("see the permissions of Turba, and the preference for the books to sync"),
        );
    }
    let unheard: Vec<&str> = profile
        .hooks
        .iter()
        .map(String::as_str)
        .filter(|hook| hook.starts_with("activesync_") && !HEARD.contains(hook))
        .collect();
    if !unheard.is_empty() {
        findings.push(
            Finding::warning(
                "login.hooks",
                format!("Horde has hooks that are not called: {}", unheard.join(", ")),
            )
            .because("what they forbid or change for phones is not so here")
            .mend("keep those users on rpc.php who depend on them, or take the hooks out"),
        );
    }
    findings.push(folders(config, profile).await);
    findings.extend(mail(config, &account).await);
    findings
}

/// Whether Horde need be asked for the folders only when something changed.
async fn folders(config: &Config, profile: &Profile) -> Finding {
    const ID: &str = "login.folders";
    let why = match (&profile.stored, &profile.not_stored, Mysql::new(&config.state)) {
        (Some(places), _, Ok(mysql)) => {
            match SqlMarks::new(Arc::new(mysql)).mark(&profile.user, places).await {
                Ok(_) => {
                    return Finding::ok(ID, "folders: Horde is asked when something changed");
                }
                Err(error) => chain(&error),
            }
        }
        (None, Some(why), _) => why.clone(),
        (_, _, Err(error)) => chain(&error),
        (None, None, _) => "no reason given".to_owned(),
    };
    Finding::note(ID, "each look for folders asks Horde, which costs ten times as much")
        .because(why)
        .mend("run sql/grants-folders.sql if the tables can not be read; all works without it")
}

async fn mail(config: &Config, account: &Account) -> Vec<Finding> {
    let Some(server) = &account.profile.mail else {
        let why = account.profile.mail_off.as_deref().unwrap_or("no reason given");
        return vec![
            Finding::note("imap.off", "no mail for this user: empty mail folders are shown")
                .because(why)
                .mend("see $conf['activesync']['emailsync'], and IMP's backends.php"),
        ];
    };
    let place = format!("{}:{}", server.host, server.port);
    let imap = match Imap::new(&config.imap) {
        Ok(imap) => imap,
        Err(error) => return vec![Finding::error("imap", error.to_string()).mend("see [imap]")],
    };
    let looked = match imap.mailboxes(account).await {
        Ok(mailboxes) => imap.capabilities(account).await.map(|able| (mailboxes.len(), able)),
        Err(error) => Err(error),
    };
    let (n_mailboxes, able) = match looked {
        Ok(looked) => looked,
        Err(error) => return vec![unreached(&place, &server.login, &error)],
    };
    let what = format!("IMAP: {place} as `{}`, {n_mailboxes} mailboxes", server.login);
    let mut findings = vec![Finding::ok("imap", what)];
    if server.security != Security::Tls
        && server.security != Security::StartTls
        && !is_here(&server.host)
    {
        findings.push(
            Finding::warning("imap.clear", format!("IMP may speak to {place} without TLS"))
                .because("passwords and mail could be read on the way")
                .mend("set 'secure' to 'tls' or 'ssl' in IMP's backends.php"),
        );
    }
    findings.extend(capabilities(&able, &server.ignored_capabilities));
    findings
}

fn unreached(place: &str, login: &str, error: &Error) -> Finding {
    if error.kind == Kind::Refused {
        return Finding::error("imap.refused", format!("IMAP: {place} refuses `{login}`"))
            .because(
                "Horde took the password, the mail server does not: the phone is told HTTP 401",
            )
            .mend(
                "Horde's login must be the mail server's too: see hordeauth in IMP's backends.php",
            );
    }
    let cause = chain(error);
    let mend = if cause.contains("certificate") {
        "imap.ca_file names the authority of a certificate of your own; the name must be that in IMP's backends.php"
    } else if cause.contains("STARTTLS") {
        "'secure' in IMP's backends.php asks for what the server does not do"
    } else {
        "start the mail server; see host and port in IMP's backends.php"
    };
    Finding::error("imap.reach", format!("IMAP: {place} can not be used")).because(cause).mend(mend)
}

/// What is lost without what the server can not do, or is told not to.
fn capabilities(able: &[String], ignored: &[String]) -> Vec<Finding> {
    WANTED
        .iter()
        .filter(|(name, ..)| !able.iter().any(|own| own == name))
        .map(|(name, severe, lost)| {
            let is_ignored = ignored.iter().any(|own| own.eq_ignore_ascii_case(name));
            let what = format!("the mail server has no {name}");
            let finding = if *severe {
                Finding::warning("imap.capability", what)
            } else {
                Finding::note("imap.capability", what)
            };
            finding.because(*lost).mend(if is_ignored {
                "take it out of capability_ignore in IMP's backends.php"
            } else {
                "a newer mail server, or its setting"
            })
        })
        .collect()
}

/// Hooks that the bridge calls.
const HEARD: [&str; 1] = ["activesync_get_autodiscover_username"];

/// A capability, whether its lack costs much, and what.
const WANTED: [(&str, bool, &str); 7] = [
    ("CONDSTORE", true, "every look reads the flags of all messages: slow in large mailboxes"),
    ("QRESYNC", false, "deleted messages are found by comparing all uids"),
    (
        "UIDPLUS",
        true,
        "to delete one message, marks on others are lifted for a moment: slow, and a break in between loses them",
    ),
    ("MOVE", false, "messages are copied and deleted: a break between the two leaves both"),
    ("LIST-EXTENDED", false, "folders and their numbers are asked for one by one"),
    ("LIST-STATUS", false, "a Ping asks for each mailbox in its own"),
    ("SPECIAL-USE", false, "drafts, sent and trash are known from IMP's settings alone"),
];

#[cfg(test)]
mod tests {
    use crate::app::check::login::{WANTED, capabilities};
    use crate::finding::Severity;

    #[test]
    fn what_lacks_is_told_with_its_price() {
        let all: Vec<String> = WANTED.iter().map(|(name, ..)| (*name).to_owned()).collect();
        assert!(capabilities(&all, &[]).is_empty());
        let found = capabilities(&all[1..], &["condstore".to_owned()]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity, Severity::Warning);
        assert!(found[0].mend.as_deref().unwrap_or_default().contains("capability_ignore"));
    }
}
