//! The way to the server: TCP, TLS from the first byte, or STARTTLS; with time-outs.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, StreamOwned};

use crate::backend::imap::Config;
use crate::backend::imap::patience::{Patience, Patient};
use crate::backend::profile::Security;
use crate::backend::{Error, Kind};

/// A connection to a mail server.
#[derive(Debug)]
pub(super) enum Stream {
    /// In the clear.
    Plain(Patient),
    /// Inside TLS.
    Tls(Box<StreamOwned<ClientConnection, Patient>>),
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(buffer),
            Self::Tls(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// Opens connections.
#[derive(Debug)]
pub(super) struct Connector {
    tls: Arc<ClientConfig>,
    connect_timeout: Duration,
    timeout: Duration,
}

impl Connector {
    /// Reads the certificates to trust.
    pub(super) fn new(config: &Config) -> Result<Self, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::because(Kind::Invalid, "no TLS version in common", error))?;
        let tls = if config.insecure {
            let verifier = Arc::new(Anyone(provider));
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        } else {
            builder.with_root_certificates(roots(config)?).with_no_client_auth()
        };
        Ok(Self {
            tls: Arc::new(tls),
            connect_timeout: Duration::from_secs(config.connect_timeout.max(1)),
            timeout: Duration::from_secs(config.timeout.max(1)),
        })
    }

    /// Connects, and answers the stream with the greeting read.
    pub(super) fn connect(
        &self,
        host: &str,
        port: u16,
        security: Security,
    ) -> io::Result<(Stream, Patience)> {
        let tcp = self.connect_tcp(host, port)?;
        tcp.set_read_timeout(Some(self.timeout))?;
        tcp.set_write_timeout(Some(self.timeout))?;
        tcp.set_nodelay(true)?;
        let patience = Patience::new(self.timeout);
        let stream = self.greet(host, Patient::new(tcp, patience.clone()), security)?;
        Ok((stream, patience))
    }

    fn greet(&self, host: &str, tcp: Patient, security: Security) -> io::Result<Stream> {
        match security {
            Security::Plain => {
                let mut stream = Stream::Plain(tcp);
                read_greeting(&mut stream)?;
                Ok(stream)
            }
            Security::Tls => {
                let mut stream = self.wrap(host, tcp)?;
                read_greeting(&mut stream)?;
                Ok(stream)
            }
            Security::StartTls | Security::StartTlsIfOffered => {
                let mut tcp = tcp;
                read_greeting(&mut tcp)?;
                let offered = exchange(&mut tcp, "t1 CAPABILITY", "t1 ")?
                    .to_ascii_uppercase()
                    .contains("STARTTLS");
                if !offered {
                    return match security {
                        Security::StartTlsIfOffered => Ok(Stream::Plain(tcp)),
                        _ => Err(io::Error::other("the server does not offer STARTTLS")),
                    };
                }
                let answer = exchange(&mut tcp, "t2 STARTTLS", "t2 ")?;
                if !answer.to_ascii_uppercase().contains("T2 OK") {
                    return Err(io::Error::other("the server refuses STARTTLS"));
                }
                self.wrap(host, tcp)
            }
        }
    }

    fn connect_tcp(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in (host, port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, self.connect_timeout) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn wrap(&self, host: &str, mut tcp: Patient) -> io::Result<Stream> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let mut connection =
            ClientConnection::new(Arc::clone(&self.tls), name).map_err(io::Error::other)?;
        connection.complete_io(&mut tcp)?;
        Ok(Stream::Tls(Box::new(StreamOwned::new(connection, tcp))))
    }
}

fn roots(config: &Config) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = &config.ca_file {
        let invalid = |error: io::Error| {
            let message = format!("the certificates in `{}` are of no use", path.display());
            Error::because(Kind::Invalid, message, error)
        };
        let pem = std::fs::read(path).map_err(invalid)?;
        let certificates = rustls_pemfile::certs(&mut pem.as_slice())
            .collect::<Result<Vec<_>, _>>()
            .map_err(invalid)?;
        let (n_taken, _) = roots.add_parsable_certificates(certificates);
        if n_taken == 0 {
            return Err(invalid(io::Error::other("no certificate inside")));
        }
    }
    Ok(roots)
}

/// Reads the greeting; a server that says BYE is not there.
fn read_greeting(stream: &mut impl Read) -> io::Result<()> {
    let greeting = read_line(stream)?;
    let upper = greeting.to_ascii_uppercase();
    if upper.starts_with("* OK") || upper.starts_with("* PREAUTH") {
        return Ok(());
    }
    Err(io::Error::other("the server does not greet as IMAP does"))
}

fn exchange(stream: &mut Patient, command: &str, tag: &str) -> io::Result<String> {
    stream.write_all(format!("{command}\r\n").as_bytes())?;
    let mut answer = String::new();
    // Nothing may be read beyond the tagged line: what follows could be injected.
    for _ in 0..MAX_LINES {
        let line = read_line(stream)?;
        answer.push_str(&line);
        if line.starts_with(tag) {
            return Ok(answer);
        }
    }
    Err(io::Error::other("the server does not come to an end"))
}

fn read_line(stream: &mut impl Read) -> io::Result<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    while line.len() < MAX_LINE {
        stream.read_exact(&mut byte)?;
        line.extend_from_slice(&byte);
        if byte == *b"\n" {
            return Ok(String::from_utf8_lossy(&line).into_owned());
        }
    }
    Err(io::Error::other("the server sent a line without end"))
}

/// Believes every certificate.
#[derive(Debug)]
struct Anyone(Arc<rustls::crypto::CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

const MAX_LINE: usize = 65_536;
const MAX_LINES: usize = 100;
