//! Whom we trust when we speak TLS to Horde or the mail server.

use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

use crate::backend::{Error, Kind};

/// A client's TLS settings: the system's certificates, and those of a file.
///
/// # Errors
/// When the file can not be read or holds no certificate.
pub(crate) fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(system.certs);
    if let Some(path) = ca_file {
        let shown = path.display();
        let bytes = std::fs::read(path)
            .map_err(|error| Error::because(Kind::Invalid, format!("reading {shown}"), error))?;
        let certificates: Result<Vec<_>, _> =
            rustls_pemfile::certs(&mut bytes.as_slice()).collect();
        let certificates = certificates
            .map_err(|error| Error::because(Kind::Invalid, format!("reading {shown}"), error))?;
        let (added, _ignored) = roots.add_parsable_certificates(certificates);
        if added == 0 {
            return Err(Error::new(Kind::Invalid, format!("no certificate in {shown}")));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::because(Kind::Invalid, "setting up TLS", error))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
