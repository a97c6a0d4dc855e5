//! How the IMAP adapter protects its connections, against a small server of the test's own.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use horde_eas::backend::Kind;
use horde_eas::backend::imap::{Config, Imap};
use horde_eas::backend::mail::Mail;
use horde_eas::backend::profile::Security;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::certificates::Certificates;
use crate::support::mailbox::account;

/// What the server does with a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offer {
    Nothing,
    StartTls,
    Tls,
}

/// Serves two connections on a port of its own, and answers the port.
fn serve(offer: Offer, tls: Arc<ServerConfig>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(2) {
            // A client that goes away is what some tests want.
            drop(converse(stream.unwrap(), offer, &tls));
        }
    });
    port
}

fn converse(mut tcp: TcpStream, offer: Offer, tls: &Arc<ServerConfig>) -> std::io::Result<()> {
    let wrap = |tcp| StreamOwned::new(ServerConnection::new(Arc::clone(tls)).unwrap(), tcp);
    if offer == Offer::Tls {
        let mut stream = wrap(tcp);
        stream.write_all(b"* OK ready\r\n")?;
        return commands(stream);
    }
    tcp.write_all(b"* OK ready\r\n")?;
    if offer == Offer::Nothing {
        return commands(tcp);
    }
    let mut line = String::new();
    let mut reader = BufReader::new(tcp.try_clone()?);
    while !line.contains("STARTTLS") {
        line.clear();
        reader.read_line(&mut line)?;
        let tag = line.split(' ').next().unwrap_or_default();
        let untagged =
            if line.contains("CAPABILITY") { "* CAPABILITY IMAP4rev1 STARTTLS\r\n" } else { "" };
        tcp.write_all(format!("{untagged}{tag} OK done\r\n").as_bytes())?;
    }
    commands(wrap(tcp))
}

fn commands(stream: impl Read + Write) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line)? > 0 {
        let mut words = line.split(' ');
        let tag = words.next().unwrap_or_default();
        let untagged = match words.next().unwrap_or_default().trim_end() {
            "CAPABILITY" => "* CAPABILITY IMAP4rev1\r\n".to_owned(),
            "LIST" => "* LIST () \"/\" INBOX\r\n".to_owned(),
            _ => String::new(),
        };
        stream.get_mut().write_all(format!("{untagged}{tag} OK done\r\n").as_bytes())?;
        line.clear();
    }
    Ok(())
}

async fn outcome(
    host: &str,
    offer: Offer,
    security: Security,
    certificates: &Certificates,
    ca: Option<&Path>,
) -> Result<usize, Kind> {
    let port = serve(offer, certificates.server());
    let config =
        Config { threads: 1, timeout: 5, ca_file: ca.map(Path::to_path_buf), ..Config::default() };
    let user = account("someone", |mail| {
        host.clone_into(&mut mail.host);
        mail.port = port;
        mail.security = security;
    });
    let mailboxes = Imap::new(&config).unwrap().mailboxes(&user).await;
    mailboxes.map(|mailboxes| mailboxes.len()).map_err(|error| error.kind)
}

#[tokio::test]
async fn connections_are_as_safe_as_horde_says() {
    let certificates = Certificates::new();
    let ca = certificates.ca();
    let trusted = Some(ca.as_path());
    let check =
        async |host, offer, security, ca| outcome(host, offer, security, &certificates, ca).await;
    for (offer, security) in [
        (Offer::Nothing, Security::Plain),
        (Offer::Nothing, Security::StartTlsIfOffered),
        (Offer::StartTls, Security::StartTlsIfOffered),
        (Offer::StartTls, Security::StartTls),
        (Offer::Tls, Security::Tls),
    ] {
        assert_eq!(check("localhost", offer, security, trusted).await, Ok(1), "{security:?}");
    }
    // Not offered, not trusted, another host.
    for (host, offer, security, ca) in [
        ("localhost", Offer::Nothing, Security::StartTls, trusted),
        ("localhost", Offer::Tls, Security::Tls, None),
        ("localhost", Offer::StartTls, Security::StartTls, None),
        ("localhost", Offer::StartTls, Security::StartTlsIfOffered, None),
        ("127.0.0.1", Offer::Tls, Security::Tls, trusted),
    ] {
        let found = check(host, offer, security, ca).await;
        assert_eq!(found, Err(Kind::Unavailable), "{host} {security:?}");
    }
    let wrong = Config { ca_file: Some(certificates.0.join("ext")), ..Config::default() };
    assert_eq!(Imap::new(&wrong).map(drop).unwrap_err().kind, Kind::Invalid);
}
