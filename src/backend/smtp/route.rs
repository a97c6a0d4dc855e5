//! Which mail server, and with which login: Horde's settings, or our own over them.

use lettre::transport::smtp::extension::ClientId;

use crate::backend::profile::{MailerAuth, Security};
use crate::backend::smtp::{Auth, Smtp};
use crate::backend::submit::{Unsent, Why};
use crate::backend::{Account, Kind};
use crate::secret::Secret;

/// The mail server of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    auth: Auth,
    /// Whether the login for all stands in Horde's settings.
    is_of_horde: bool,
    name: String,
}

impl Route {
    /// What we call ourselves: a name, or our address where there is none.
    pub(super) fn hello(&self) -> ClientId {
        let is_name = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.[]:".contains(&byte))
        };
        if is_name(&self.name) {
            return ClientId::Domain(self.name.clone());
        }
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        match host.trim() {
            host if is_name(host) => ClientId::Domain(host.to_owned()),
            _ => ClientId::default(),
        }
    }
}

impl Smtp {
    /// The server to use.
    pub(super) async fn server(&self) -> Result<Route, Unsent> {
        let config = &self.config;
        let own_name = config.hello.clone().unwrap_or_default();
        if let Some(host) = &config.host {
            let usual = match config.security {
                Security::Plain | Security::StartTlsIfOffered => 25,
                Security::StartTls => 587,
                Security::Tls => 465,
            };
            return Ok(Route {
                host: host.clone(),
                port: config.port.unwrap_or(usual),
                security: config.security,
                auth: config.auth,
                is_of_horde: false,
                name: own_name,
            });
        }
        let site = self.accounts.site().await.map_err(|error| {
            Unsent::because(Why::Down, "the mailer settings of Horde can not be read", error)
        })?;
        let mailer = &site.mailer;
        let name = if own_name.is_empty() { mailer.hello.clone() } else { own_name };
        match mailer.kind.as_str() {
            "smtp" | "smtphorde" if !mailer.is_lmtp => Ok(Route {
                host: mailer.host.clone(),
                port: mailer.port,
                security: mailer.security,
                auth: match mailer.auth {
                    MailerAuth::None => Auth::None,
                    MailerAuth::User => Auth::User,
                    MailerAuth::Fixed => Auth::Fixed,
                },
                is_of_horde: config.user.is_none(),
                name,
            }),
            // Whoever has the program has a mail server on the same host that listens; the program
            // itself can not be used by a service without privileges.
            "sendmail" | "mail" => Ok(Route {
                host: "127.0.0.1".to_owned(),
                port: 25,
                security: Security::Plain,
                auth: Auth::None,
                is_of_horde: false,
                name,
            }),
            "" => Err(Unsent::new(
                Why::Closed,
                "the bridge does not say how Horde sends mail: install the newer one",
            )),
            kind => {
                let kind = if mailer.is_lmtp { "lmtp" } else { kind };
                let what = format!("Horde sends mail by `{kind}`, which is not known: see [smtp]");
                Err(Unsent::new(Why::Closed, what))
            }
        }
    }

    /// The login there, when one is wanted.
    pub(super) async fn credentials(
        &self,
        route: &Route,
        account: &Account,
    ) -> Result<Option<(String, Secret<String>)>, Unsent> {
        match route.auth {
            Auth::None => Ok(None),
            Auth::User => {
                let mail = account.profile.mail.as_ref();
                let other = mail.and_then(|mail| mail.password.clone());
                let password = other.unwrap_or_else(|| account.credentials.password.clone());
                Ok(Some((account.profile.user.clone(), password)))
            }
            Auth::Fixed if route.is_of_horde => {
                let login = self.accounts.mailer_login(&account.credentials).await;
                login.map(Some).map_err(|error| {
                    let why = match error.kind {
                        Kind::Unavailable => Why::Down,
                        _ => Why::Closed,
                    };
                    Unsent::because(why, "the login in Horde's mailer settings", error)
                })
            }
            Auth::Fixed => {
                let config = &self.config;
                match config.user.clone().zip(config.password.clone()) {
                    Some(login) => Ok(Some(login)),
                    None => Err(Unsent::new(Why::Closed, "smtp.user or smtp.password is missing")),
                }
            }
        }
    }
}
