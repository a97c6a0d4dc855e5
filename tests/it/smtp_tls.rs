//! How the way to the mail server is protected, against a small server of the test's own.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use horde_eas::backend::horde::{self, Horde};
use horde_eas::backend::profile::Security;
use horde_eas::backend::smtp::{Auth, Config, Smtp};
use horde_eas::backend::submit::{Parcel, Submit as _, Why};
use horde_eas::secret::Secret;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::certificates::Certificates;
use crate::support::mailbox::account;

/// A server that takes every mail, once it is spoken to as it wants.
struct Server {
    port: u16,
    n_taken: Arc<AtomicUsize>,
    /// Logins that came in the clear.
    n_clear: Arc<AtomicUsize>,
}

impl Server {
    /// With TLS from the first byte, or with STARTTLS.
    fn new(is_direct: bool, tls: Arc<ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { port, n_taken: Arc::default(), n_clear: Arc::default() };
        let (n_taken, n_clear) = (Arc::clone(&server.n_taken), Arc::clone(&server.n_clear));
        std::thread::spawn(move || {
            for tcp in listener.incoming() {
                let mut tcp = tcp.unwrap();
                let wrap =
                    |tcp| StreamOwned::new(ServerConnection::new(Arc::clone(&tls)).unwrap(), tcp);
                if is_direct {
                    converse(&mut wrap(tcp), true, true, &n_taken);
                } else if converse(&mut tcp, true, false, &n_clear) {
                    converse(&mut wrap(tcp), false, true, &n_taken);
                }
            }
        });
        server
    }

    fn counts(&self) -> (usize, usize) {
        (self.n_taken.load(Ordering::SeqCst), self.n_clear.load(Ordering::SeqCst))
    }
}

/// Speaks SMTP until its end, or until STARTTLS: true then. Counts mails, and in the clear logins
/// too.
fn converse(
    stream: &mut (impl Read + Write),
    greets: bool,
    is_safe: bool,
    count: &AtomicUsize,
) -> bool {
    let mut lines = BufReader::with_capacity(1, stream);
    let say = |lines: &mut BufReader<_>, text: &str| {
        let stream: &mut dyn Write = BufReader::get_mut(lines);
        stream.write_all(text.as_bytes()).is_ok() && stream.flush().is_ok()
    };
    if greets && !say(&mut lines, "220 here\r\n") {
        return false;
    }
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).unwrap_or(0) == 0 {
            return false;
        }
        let offers = if is_safe { "" } else { "250-STARTTLS\r\n" };
        let reply = match line.get(..4).unwrap_or_default() {
            "EHLO" => format!("250-here\r\n{offers}250 AUTH PLAIN\r\n"),
            "STAR" => {
                return say(&mut lines, "220 go\r\n");
            }
            "DATA" => {
                say(&mut lines, "354 go on\r\n");
                while line != ".\r\n" {
                    line.clear();
                    if lines.read_line(&mut line).unwrap_or(0) == 0 {
                        return false;
                    }
                }
                count.fetch_add(1, Ordering::SeqCst);
                "250 taken\r\n".to_owned()
            }
            "AUTH" => {
                if !is_safe {
                    count.fetch_add(1, Ordering::SeqCst);
                }
                "235 in\r\n".to_owned()
            }
            "QUIT" => "221 bye\r\n".to_owned(),
            _ => "250 well\r\n".to_owned(),
        };
        if !say(&mut lines, &reply) {
            return false;
        }
    }
}

/// Sends a mail with a login: what came of it.
async fn submit(server: &Server, security: Security, ca: Option<&Path>) -> Result<(), Why> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let config = Config {
        host: Some("localhost".to_owned()),
        port: Some(server.port),
        security,
        auth: Auth::Fixed,
        user: Some("relay".to_owned()),
        password: Some(Secret::new("secret".to_owned())),
        ca_file: ca.map(Path::to_path_buf),
        timeout: 5,
        ..Config::default()
    };
    let accounts = Horde::new(&horde::Config::default()).unwrap().accounts;
    let parcel = Parcel {
        from: "a@x.test".to_owned(),
        to: vec!["b@x.test".to_owned()],
        message: b"To: b@x.test\r\n\r\nhi\r\n".to_vec(),
    };
    let smtp = Smtp::new(&config, accounts as _).unwrap();
    smtp.submit(&account("ann", |_| {}), parcel).await.map(drop).map_err(|unsent| unsent.why)
}

#[tokio::test]
async fn smtp_tls_is_used_where_it_is_told() {
    let certificates = Certificates::new();
    let ca = certificates.ca();
    for (is_direct, security) in
        [(true, Security::Tls), (false, Security::StartTls), (false, Security::StartTlsIfOffered)]
    {
        let server = Server::new(is_direct, certificates.server());
        assert_eq!(submit(&server, security, Some(&ca)).await, Ok(()), "{security:?}");
        assert_eq!(server.counts(), (1, 0), "{security:?}");
    }
}

#[tokio::test]
async fn smtp_tls_needs_a_certificate_that_is_trusted() {
    let certificates = Certificates::new();
    for (is_direct, security) in [(true, Security::Tls), (false, Security::StartTls)] {
        let server = Server::new(is_direct, certificates.server());
        let sent = submit(&server, security, None).await;
        assert!(matches!(sent, Err(Why::Closed | Why::Down)), "{security:?}: {sent:?}");
        assert_eq!(server.counts(), (0, 0), "{security:?}");
    }
    // Where TLS is taken only because it is offered, its certificate proves nothing anyway.
    let server = Server::new(false, certificates.server());
    assert_eq!(submit(&server, Security::StartTlsIfOffered, None).await, Ok(()));
    assert_eq!(server.counts(), (1, 0));
}
