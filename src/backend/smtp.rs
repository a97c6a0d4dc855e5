//! Mail handed over by SMTP: the adapter of [`Submit`].
//!
//! Which server, how protected and with which login is said by Horde's mailer settings, or by
//! `[smtp]`.
//! Each mail has a connection of its own; the steps are taken one by one, so that it is known
//! after which of them a mail may have been taken.

mod route;
mod size;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials as Login, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::Extension;
use serde::Deserialize;
use tokio::time::timeout;

use crate::backend::profile::Security;
use crate::backend::smtp::route::Route;
use crate::backend::smtp::size::Limit;
use crate::backend::submit::{Parcel, Receipt, Submit, Unsent, Why};
use crate::backend::{Account, Accounts, Error, Kind};
use crate::secret::Secret;

/// How mail is handed over, where that is not as Horde's settings say.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The mail server, instead of Horde's; nothing of Horde's mailer settings counts then.
    pub host: Option<String>,
    /// Its port; 25, 587 with `starttls`, 465 with `tls` when it is not set.
    pub port: Option<u16>,
    /// How the connection to it is protected.
    pub security: Security,
    /// Whose login is used there.
    pub auth: Auth,
    /// The login for `auth = "fixed"`; without `host`, in place of the one in Horde's settings.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret<String>>,
    /// The name that we call ourselves; absent: as Horde's settings say, or the host's.
    pub hello: Option<String>,
    /// File with certificates (PEM) to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Takes any certificate: for tests alone.
    pub insecure: bool,
    /// Seconds until a connection must stand.
    pub connect_timeout: u64,
    /// Seconds until the server must have answered a command.
    pub timeout: u64,
}

/// Whose login is used at the mail server.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// Nobody's.
    #[default]
    None,
    /// Each user's own, with the password that the phone sent.
    User,
    /// One for all.
    Fixed,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host: None,
            port: None,
            security: Security::StartTlsIfOffered,
            auth: Auth::None,
            user: None,
            password: None,
            hello: None,
            ca_file: None,
            insecure: false,
            connect_timeout: 10,
            timeout: 60,
        }
    }
}

/// The way to the mail server.
pub struct Smtp {
    config: Config,
    accounts: Arc<dyn Accounts>,
    certificates: Vec<Certificate>,
}

impl Smtp {
    /// Prepares the way; nothing is connected yet.
    ///
    /// # Errors
    /// `Invalid` when the certificates are of no use.
    pub fn new(config: &Config, accounts: Arc<dyn Accounts>) -> Result<Self, Error> {
        let mut certificates = Vec::new();
        if let Some(path) = &config.ca_file {
            let shown = path.display();
            let pem = std::fs::read(path).map_err(|error| {
                Error::because(Kind::Invalid, format!("reading {shown}"), error)
            })?;
            for certificate in rustls_pemfile::certs(&mut pem.as_slice()) {
                let read = certificate.map_err(SmtpProblem::from).and_then(|certificate| {
                    Certificate::from_der(certificate.to_vec()).map_err(SmtpProblem::from)
                });
                certificates.push(read.map_err(|error| {
                    Error::because(Kind::Invalid, format!("reading {shown}"), error)
                })?);
            }
            if certificates.is_empty() {
                return Err(Error::new(Kind::Invalid, format!("no certificate in {shown}")));
            }
        }
        Ok(Self { config: config.clone(), accounts, certificates })
    }

    /// Greets the server as a mail would, without a login; answers where it is, how it is
    /// protected and how large mails may be, in words.
    ///
    /// # Errors
    /// As for a mail; `Closed` also when Horde's settings name no server that can be used.
    pub async fn greet(&self) -> Result<String, Unsent> {
        let route = self.server().await?;
        let mut server = self.connect(&route).await?;
        let protected = if server.is_encrypted() { "TLS" } else { "in the clear" };
        let limit = match self.limit(&mut server, &route).await? {
            Limit::Bytes(most) => format!(", mails of {most} bytes at most"),
            Limit::None | Limit::Unknown => String::new(),
        };
        let told = format!("{}:{} greets, {protected}{limit}", route.host, route.port);
        // What it says to a good-bye does not matter.
        drop(timeout(self.patience(), server.quit()).await);
        Ok(told)
    }

    async fn connect(&self, route: &Route) -> Result<AsyncSmtpConnection, Unsent> {
        let place = format!("{}:{}", route.host, route.port);
        let down = |error: SmtpError| {
            let why = if error.is_tls() || error.is_client() { Why::Closed } else { Why::Down };
            let unsent = failed(format!("connecting to {place}"), error, why);
            // What it refuses here is us, not the mail.
            Unsent {
                why: if unsent.why == Why::Refused { Why::Closed } else { unsent.why },
                ..unsent
            }
        };
        let direct = match route.security {
            Security::Tls => Some(self.tls(route)?),
            Security::Plain | Security::StartTls | Security::StartTlsIfOffered => None,
        };
        let hello = route.hello();
        let connecting = AsyncSmtpConnection::connect_tokio1(
            (route.host.as_str(), route.port),
            Some(Duration::from_secs(self.config.connect_timeout.max(1))),
            &hello,
            direct,
            None,
        );
        let mut server = self.within(&place, connecting).await?.map_err(down)?;
        let wants_tls = match route.security {
            Security::StartTls => true,
            Security::StartTlsIfOffered => server.can_starttls(),
            Security::Plain | Security::Tls => false,
        };
        if wants_tls {
            let upgrading = server.starttls(self.tls(route)?, &hello);
            self.within(&place, upgrading).await?.map_err(down)?;
        }
        Ok(server)
    }

    /// Whoever takes TLS only where it is offered can be kept from it anyway, so it does not
    /// matter there who the server says it is.
    fn tls(&self, route: &Route) -> Result<TlsParameters, Unsent> {
        let anyone = self.config.insecure || route.security == Security::StartTlsIfOffered;
        let mut builder =
            TlsParameters::builder(route.host.clone()).dangerous_accept_invalid_certs(anyone);
        for certificate in &self.certificates {
            builder = builder.add_root_certificate(certificate.clone());
        }
        builder.build().map_err(|error| Unsent::because(Why::Closed, "setting up TLS", error))
    }

    async fn login(
        &self,
        server: &mut AsyncSmtpConnection,
        route: &Route,
        account: &Account,
    ) -> Result<(), Unsent> {
        let Some((user, password)) = self.credentials(route, account).await? else {
            return Ok(());
        };
        let login = Login::new(user, password.expose().clone());
        let done = server.auth(&[Mechanism::Plain, Mechanism::Login], &login);
        let done = self.within("the login", done).await?;
        done.map(drop).map_err(|error| {
            let later = error.is_transient() || error.status().is_none() && !error.is_client();
            let why = if later { Why::Later } else { Why::Closed };
            failed("the login of the mail server", error, why)
        })
    }

    /// One command, and a reply within the time that it may take.
    async fn say(
        &self,
        server: &mut AsyncSmtpConnection,
        what: &'static str,
        line: String,
    ) -> Result<(), Unsent> {
        let said = self.within(what, server.command(line)).await?;
        said.map(drop).map_err(|error| failed(what, error, Why::Down))
    }

    async fn within<T>(&self, what: &str, work: impl Future<Output = T>) -> Result<T, Unsent> {
        let late = || Unsent::new(Why::Down, format!("{what}: the mail server took too long"));
        timeout(self.patience(), work).await.map_err(|_| late())
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(self.config.timeout.max(1))
    }
}

#[async_trait]
impl Submit for Smtp {
    async fn submit(&self, account: &Account, parcel: Parcel) -> Result<Receipt, Unsent> {
        let Parcel { from, to, message } = parcel;
        let route = self.server().await?;
        let mut server = self.connect(&route).await?;
        self.login(&mut server, &route, account).await?;
        let is_wide = !from.is_ascii() || to.iter().any(|address| !address.is_ascii());
        let mut options = self.size_option(&mut server, &route, message.len()).await?;
        if is_wide {
            if !server.server_info().supports_feature(Extension::SmtpUtfEight) {
                let what = "the mail server takes no addresses beyond ASCII";
                return Err(Unsent::new(Why::Refused, what));
            }
            options.push_str(" SMTPUTF8");
        }
        if !message.is_ascii() && server.server_info().supports_feature(Extension::EightBitMime) {
            options.push_str(" BODY=8BITMIME");
        }
        self.say(&mut server, "MAIL", format!("MAIL FROM:<{from}>{options}\r\n")).await?;
        for address in &to {
            self.say(&mut server, "RCPT", format!("RCPT TO:<{address}>\r\n")).await?;
        }
        self.say(&mut server, "DATA", "DATA\r\n".to_owned()).await?;
        // The crate ends the last line itself.
        let message = message.strip_suffix(b"\r\n").unwrap_or(&message);
        let reply = match timeout(LAST_REPLY, server.message(message)).await {
            Err(_) => Err(Unsent::new(Why::Unsettled, "the mail server never answered the mail")),
            Ok(Err(error)) => Err(failed("the mail", error, Why::Unsettled)),
            Ok(Ok(response)) => Ok(Receipt { code: code_of(response.code()) }),
        };
        // Nobody waits for the good-bye: the mail is taken, and that must be written down.
        tokio::spawn(async move { timeout(LAST_WORDS, server.quit()).await.is_ok() });
        reply
    }
}

/// What a failure means; `or` is what it means when the server did not say anything.
fn failed(what: impl Into<String>, error: SmtpError, or: Why) -> Unsent {
    let code = error.status().map(code_of);
    let enhanced = enhanced_of(&error);
    let why = match code {
        Some(552 | 523) => Why::TooLarge,
        Some(_) if enhanced.as_deref().is_some_and(|code| code.ends_with(".3.4")) => Why::TooLarge,
        Some(530 | 534 | 535 | 538) => Why::Closed,
        Some(400..=499) => Why::Later,
        Some(_) => {
            if or == Why::Closed {
                Why::Closed
            } else {
                Why::Refused
            }
        }
        None => or,
    };
    let what = what.into();
    let what = match (code, enhanced) {
        (Some(code), Some(enhanced)) => format!("{what}: the mail server says {code} {enhanced}"),
        (Some(code), None) => format!("{what}: the mail server says {code}"),
        (None, _) => format!("{what}: no answer"),
    };
    Unsent { why, what, code, source: Some(Box::new(error)) }
}

fn code_of(code: lettre::transport::smtp::response::Code) -> u16 {
    code.to_string().parse().unwrap_or_default()
}

/// The enhanced status code (RFC 3463) at the start of a reply: the rest of it may name addresses.
fn enhanced_of(error: &SmtpError) -> Option<String> {
    let text = std::error::Error::source(error)?.to_string();
    let word = text.split_whitespace().next()?;
    let parts: Vec<&str> = word.split('.').collect();
    let is_number = |part: &&str| {
        (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    (parts.len() == 3 && parts.iter().all(is_number)).then(|| word.to_owned())
}

/// What may be wrong with a certificate.
#[derive(Debug, thiserror::Error)]
enum SmtpProblem {
    #[error(transparent)]
    Read(#[from] std::io::Error),
    #[error(transparent)]
    Certificate(#[from] SmtpError),
}

/// How long a server may think about a mail that it has got: RFC 5321 wants ten minutes, so that
/// nobody sends twice what a slow server has taken.
const LAST_REPLY: Duration = Duration::from_mins(10);
const LAST_WORDS: Duration = Duration::from_secs(5);
