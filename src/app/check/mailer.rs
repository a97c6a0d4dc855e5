//! The mail server that takes what phones send.

use crate::app::check::is_here;
use crate::backend::horde::Horde;
use crate::backend::profile::{MailerAuth, Security, Site};
use crate::backend::smtp::{Auth, Smtp};
use crate::backend::submit::Why;
use crate::config::Config;
use crate::finding::Finding;
use crate::logging::chain;

/// Greets the mail server that Horde's mailer settings name, or `[smtp]`.
pub(super) async fn look(config: &Config, site: &Site) -> Vec<Finding> {
    let smtp = Horde::new(&config.horde).and_then(|horde| Smtp::new(&config.smtp, horde.accounts));
    let smtp = match smtp {
        Ok(smtp) => smtp,
        Err(error) => {
            return vec![
                Finding::error("smtp", "the settings of the mail server make no sense")
                    .because(chain(&error))
                    .mend("see [smtp]"),
            ];
        }
    };
    let mut findings = vec![match smtp.greet().await {
        Ok(told) => Finding::ok("smtp", format!("SMTP: {told}")),
        Err(unsent) => {
            let mend = match unsent.why {
                Why::Closed => "see Horde's mailer settings ($conf['mailer']), or [smtp]",
                _ => {
                    "start the mail server, or see Horde's mailer settings ($conf['mailer']), or [smtp]"
                }
            };
            Finding::error("smtp.reach", "SMTP: phones can not send mail")
                .because(chain(&unsent))
                .mend(mend)
        }
    }];
    findings.extend(local(config, site));
    findings.extend(login_in_the_clear(config, site));
    findings
}

/// Horde runs a program, and we do not.
fn local(config: &Config, site: &Site) -> Option<Finding> {
    let kind = site.mailer.kind.as_str();
    (config.smtp.host.is_none() && matches!(kind, "mail" | "sendmail")).then(|| {
        Finding::note("smtp.local", format!("Horde sends mail by the program `{kind}`"))
            .because("what phones send goes to port 25 of this host instead")
            .mend("[smtp] names another server")
    })
}

/// A password that anybody on the way could read.
fn login_in_the_clear(config: &Config, site: &Site) -> Option<Finding> {
    let (host, security, has_login) = match &config.smtp.host {
        Some(host) => (host, config.smtp.security, config.smtp.auth != Auth::None),
        None => {
            let mailer = &site.mailer;
            (&mailer.host, mailer.security, mailer.auth != MailerAuth::None)
        }
    };
    let is_safe = matches!(security, Security::Tls | Security::StartTls) || is_here(host);
    (has_login && !is_safe).then(|| {
        Finding::warning("smtp.clear", format!("the login at {host} may go without TLS"))
            .because("the password could be read on the way")
            .mend("set 'secure' to 'tls' or 'ssl' in Horde's mailer settings, or see [smtp]")
    })
}
