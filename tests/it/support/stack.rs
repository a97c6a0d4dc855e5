//! The servers that `tests/run` starts (`deploy/demo up --offset …`), and scratch databases.
//!
//! `HORDE_EAS_TEST_OFFSET` is added to the demo's ports, `HORDE_EAS_TEST_STACK` is its folder; without them
//! the demo itself is used.

use std::sync::Arc;

use horde_eas::secret::Secret;
use horde_eas::state::mysql::{Config, Mysql};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder, Pool, PoolConstraints, PoolOpts};

/// A port of the stack.
pub(crate) fn port(of_the_demo: u16) -> u16 {
    #[expect(clippy::disallowed_methods, reason = "tests are told of the stack by tests/run")]
    let offset = std::env::var("HORDE_EAS_TEST_OFFSET").unwrap_or_default();
    let offset = if offset.is_empty() { 0 } else { offset.parse::<u16>().unwrap() };
    of_the_demo.checked_add(offset).unwrap()
}

/// The database of the stack's Horde.
pub(crate) fn horde_database() -> Config {
    Config { port: port(8306), password: Secret::new("hordepw".to_owned()), ..Config::default() }
}

/// A database of its own with Horde's tables, empty; gone when dropped.
pub(crate) struct Scratch {
    /// How to reach it.
    pub(crate) config: Config,
    pool: Pool,
}

impl Scratch {
    /// Makes one.
    pub(crate) async fn new() -> Self {
        let name = format!("horde_test_{}", uuid::Uuid::new_v4().simple());
        let config = Config { database: name.clone(), ..horde_database() };
        let mut conn = match Conn::new(opts(&horde_database())).await {
            Ok(conn) => conn,
            Err(error) => panic!(
                "no database at 127.0.0.1:{}: start the stack with tests/run or deploy/demo up ({error})",
                config.port
            ),
        };
        let made = conn.query_drop(format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")).await;
        if let Err(error) = made {
            panic!(
                "the stack's user horde must be allowed all on databases horde_test_% ({error})"
            );
        }
        conn.disconnect().await.unwrap();
        let pool = pool(&config);
        let mut conn = pool.get_conn().await.unwrap();
        for tables in [
            include_str!("../../../sql/horde-state.sql"),
            include_str!("../../../sql/eas/moves.sql"),
            include_str!("../../../sql/eas/outbox.sql"),
        ] {
            for statement in tables.split(";\n").filter(|statement| statement.contains('(')) {
                conn.query_drop(statement).await.unwrap();
            }
        }
        Self { config, pool }
    }

    /// The adapter on this database.
    pub(crate) fn mysql(&self) -> Arc<Mysql> {
        Arc::new(Mysql::new(&self.config).unwrap())
    }

    /// A connection of the test's own: what Horde or its pages do.
    pub(crate) async fn conn(&self) -> Conn {
        self.pool.get_conn().await.unwrap()
    }

    /// Runs one statement.
    pub(crate) async fn run(&self, statement: &str) {
        self.conn().await.query_drop(statement).await.unwrap();
    }

    /// One number.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        self.conn().await.query_first(query).await.unwrap().unwrap()
    }

    /// One column of text.
    pub(crate) async fn texts(&self, query: &str) -> Vec<String> {
        self.conn().await.query(query).await.unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let config = self.config.clone();
        // A thread and a runtime of its own: the test's may be on its way out.
        let dropped = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut conn = Conn::new(opts(&horde_database())).await.unwrap();
                // The test's own connections may still hold a transaction: its runtime stands still.
                let query = "SELECT id FROM information_schema.processlist WHERE db = ?";
                let others: Vec<u64> = conn.exec(query, (&config.database,)).await.unwrap();
                for other in others {
                    drop(conn.query_drop(format!("KILL {other}")).await);
                }
                conn.query_drop(format!("DROP DATABASE {}", config.database)).await.unwrap();
            });
        })
        .join();
        if dropped.is_err() {
            eprintln!("the scratch database {} was not dropped", self.config.database);
        }
    }
}

/// Connections of the test's own.
pub(crate) fn pool(config: &Config) -> Pool {
    Pool::new(opts(config))
}

pub(crate) fn opts(config: &Config) -> OptsBuilder {
    OptsBuilder::default()
        .ip_or_hostname(config.host.clone())
        .tcp_port(config.port)
        .user(Some(config.user.clone()))
        .pass(Some(config.password.expose().clone()))
        .db_name(Some(config.database.clone()))
        .prefer_socket(false)
        .pool_opts(PoolOpts::default().with_constraints(PoolConstraints::new(0, 4).unwrap()))
}

/// The folder of the stack.
pub(crate) fn demo_folder() -> std::path::PathBuf {
    #[expect(clippy::disallowed_methods, reason = "tests are told of the stack by tests/run")]
    let told = std::env::var("HORDE_EAS_TEST_STACK");
    if let Ok(folder) = told {
        return folder.into();
    }
    let folder = match port(0) {
        0 => "horde-eas-demo".to_owned(),
        offset => format!("horde-eas-demo-{offset}"),
    };
    std::env::temp_dir().join(folder)
}

/// The administrator of the stack's database, by the socket: for users and rights.
pub(crate) struct Root(std::path::PathBuf);

impl Root {
    /// Finds the socket.
    pub(crate) fn new() -> Self {
        Self(demo_folder().join("run/mariadb.sock"))
    }

    /// Runs one statement.
    pub(crate) fn run(&self, statement: &str) {
        let done = std::process::Command::new("mariadb")
            .args(["--no-defaults", "-u", "root", "-S"])
            .arg(&self.0)
            .args(["-e", statement])
            .output()
            .unwrap_or_else(|error| panic!("the client `mariadb` can not be run: {error}"));
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{statement}: {said}");
    }
}
