//! Certificates of a test's own.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use rustls::ServerConfig;

/// A certificate authority and a server certificate for `localhost`; gone when dropped.
pub(crate) struct Certificates(pub(crate) PathBuf);

impl Certificates {
    /// Makes them.
    pub(crate) fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("horde-eas-tls-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("ext"), "subjectAltName=DNS:localhost\n").unwrap();
        let run = |arguments: &str| {
            let output = Command::new("openssl")
                .args(arguments.split(' '))
                .current_dir(&folder)
                .output()
                .unwrap_or_else(|error| panic!("this test needs openssl ({error})"));
            assert!(output.status.success(), "{output:?}");
        };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        run(&format!("req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=test-ca -days 30"));
        run(&format!("req {key} -keyout key.pem -out csr.pem -subj /CN=localhost"));
        run(
            "x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -extfile ext -days 30 -out cert.pem",
        );
        Self(folder)
    }

    /// The file of the authority.
    pub(crate) fn ca(&self) -> PathBuf {
        self.0.join("ca.pem")
    }

    /// What a server with the certificate needs.
    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        let read = |name: &str| std::fs::read(self.0.join(name)).unwrap();
        let certificates =
            rustls_pemfile::certs(&mut read("cert.pem").as_slice()).map(Result::unwrap).collect();
        let key = rustls_pemfile::private_key(&mut read("key.pem").as_slice()).unwrap().unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .unwrap();
        Arc::new(config)
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
