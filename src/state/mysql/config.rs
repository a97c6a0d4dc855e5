//! Where the database is and how to talk to it.

use std::path::PathBuf;
use std::time::Duration;

use mysql_async::{Opts, OptsBuilder, PoolConstraints, PoolOpts, SslOpts};
use serde::Deserialize;

use crate::secret::Secret;
use crate::state::mysql::inspect_server::Limits;
use crate::state::{Error, Kind};

/// A database: `[state]` for Horde's ActiveSync tables, `[history]` for `horde_histories` where
/// that lies elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Host name or address. Default `127.0.0.1`.
    pub host: String,
    /// TCP port. Default 3306.
    pub port: u16,
    /// Path of a socket, used instead of host and port. Default: none.
    pub socket: Option<String>,
    /// User; `sql/grants.sql` shows what it must be allowed. Default `horde`.
    pub user: String,
    /// Password. Default empty.
    pub password: Secret<String>,
    /// Name of the database. Default `horde`.
    pub database: String,
    /// The character set that Horde's connections have: `utf8mb4`, `utf8` or `latin1`.
    /// Default `utf8mb4`; it also suits a Horde with `utf-8`.
    pub charset: Charset,
    /// Connections at most, 1 to 1000; each thread of `http.threads` may have one more. Default 10.
    pub connections: usize,
    /// Seconds that one operation may take, 1 to 300. Default 10.
    pub timeout_seconds: u64,
    /// `off`, or `verify` to demand TLS with a certificate for the host. Default `off`.
    pub tls: Tls,
    /// File with the certificates (PEM) that sign the server's, instead of the usual ones.
    /// Default: none.
    pub tls_ca: Option<PathBuf>,
}

/// Character sets of connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Charset {
    /// Bytes as they are, for old Hordes that never set one.
    Latin1,
    /// UTF-8 of at most three bytes.
    Utf8,
    /// UTF-8.
    #[default]
    Utf8mb4,
}

/// Whether the connection is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// It is not.
    #[default]
    Off,
    /// It is, and the server's certificate is checked.
    Verify,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 3306,
            socket: None,
            user: "horde".to_owned(),
            password: Secret::default(),
            database: "horde".to_owned(),
            charset: Charset::default(),
            connections: 10,
            timeout_seconds: 10,
            tls: Tls::default(),
            tls_ca: None,
        }
    }
}

impl Config {
    /// What the pool does, for `check`.
    pub(super) const fn limits(&self) -> Limits {
        Limits { connections: self.connections, idle_seconds: IDLE.as_secs() }
    }

    pub(super) fn to_opts(&self) -> Result<Opts, Error> {
        if !(1..=1000).contains(&self.connections) || !(1..=300).contains(&self.timeout_seconds) {
            return Err(Error::new(
                Kind::Unavailable,
                "`connections` must be 1 to 1000, `timeout_seconds` 1 to 300",
            ));
        }
        let constraints = PoolConstraints::new(1, self.connections).unwrap_or_default();
        let pool = PoolOpts::default()
            .with_constraints(constraints)
            // All settings below belong to the session and are the same for all uses.
            .with_reset_connection(false)
            .with_inactive_connection_ttl(IDLE);
        let ssl = (self.tls == Tls::Verify).then(|| {
            let own = self.tls_ca.iter().map(|path| path.clone().into()).collect();
            SslOpts::default()
                .with_root_certs(own)
                .with_disable_built_in_roots(self.tls_ca.is_some())
        });
        let names = match self.charset {
            Charset::Latin1 => "SET NAMES latin1",
            Charset::Utf8 => "SET NAMES utf8",
            Charset::Utf8mb4 => "SET NAMES utf8mb4",
        };
        let builder = OptsBuilder::default()
            .ip_or_hostname(self.host.clone())
            .tcp_port(self.port)
            .socket(self.socket.clone())
            .prefer_socket(false)
            .user(Some(self.user.clone()))
            .pass(Some(self.password.expose().clone()))
            .db_name(Some(self.database.clone()))
            .tcp_nodelay(true)
            .tcp_keepalive(Some(KEEPALIVE))
            .client_found_rows(true)
            .stmt_cache_size(STATEMENTS)
            .setup(vec![names, ISOLATION, STRICT])
            .ssl_opts(ssl)
            .pool_opts(pool);
        Ok(builder.into())
    }
}

/// Locks on rows, none on the gaps between them: writers of one device must not stop each other.
const ISOLATION: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";
/// A value that does not fit is refused, not cut: PHP's format does not survive a cut.
const STRICT: &str = "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES')";
/// How long a connection may lie idle.
pub(super) const IDLE: Duration = Duration::from_secs(60);
const KEEPALIVE: Duration = Duration::from_secs(60);
const STATEMENTS: usize = 64;
