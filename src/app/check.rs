//! `horde-eas check`: looks at everything that the service needs, and says what to mend.
//!
//! Nothing is changed, and nothing is kept from the service that may run beside it.

mod bridge;
mod database;
mod listen;
mod login;
mod mailer;
mod settings;
mod way;

use std::io;
use std::net::IpAddr;

use crate::config::Config;
use crate::finding::{Finding, Report};
use crate::secret::Secret;

/// What is looked at beside the configuration.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// A user whose login and mail are tried.
    pub user: Option<User>,
    /// The address that phones use, to be tried from here.
    pub url: Option<String>,
    /// Whether any certificate will do at that address.
    pub insecure: bool,
}

/// A user whose login and mail are tried.
#[derive(Clone, Debug)]
pub struct User {
    /// The login as a phone would send it.
    pub login: String,
    /// The password.
    pub password: Secret<String>,
}

/// Looks, and tells a finding for each thing.
///
/// # Errors
/// When the report can not be written.
pub async fn check(config: &Config, wishes: &Wishes, report: &mut Report<'_>) -> io::Result<()> {
    report.tell_all(&settings::look(config))?;
    report.tell_all(&database::look(config).await)?;
    let (site, findings) = bridge::look(config).await;
    report.tell_all(&findings)?;
    report.tell_all(&listen::look(&config.http).await)?;
    if let Some(site) = &site {
        report.tell_all(&mailer::look(config, site).await)?;
        match &wishes.user {
            Some(user) => report.tell_all(&login::look(config, site, user).await)?,
            None => report.tell(&Finding::note(
                "login.untried",
                "no user was tried: --user tries login and mail",
            ))?,
        }
    }
    match &wishes.url {
        Some(_) => report.tell_all(&way::look(config, wishes).await),
        None => report.tell(&Finding::note(
            "way.untried",
            "the way of the phones was not tried: --url tries the public address",
        )),
    }
}

/// Whether an address of another host is spoken to without TLS.
fn is_in_the_clear(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    !is_here(host)
}

/// Whether a host is this one.
fn is_here(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use crate::app::check::is_in_the_clear;

    #[test]
    fn only_another_host_needs_tls() {
        for url in [
            "https://a.example",
            "http://127.0.0.1:8481/horde",
            "http://[::1]/",
            "http://localhost",
        ] {
            assert!(!is_in_the_clear(url), "{url}");
        }
        for url in ["http://a.example/horde", "http://192.0.2.1:80", "http://[2001:db8::1]/"] {
            assert!(is_in_the_clear(url), "{url}");
        }
    }
}
