//! A sidecar of a test's own: the real program, its parts behind relays that can fail.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use horde_eas::probe::link::Link;
use horde_eas::probe::phone::Phone;

use crate::support::proxy::Proxy;
use crate::support::stack::port;
use crate::support::world::variable_or;

/// The parts that the sidecar needs, each behind a relay.
pub(crate) struct Parts {
    /// Horde: nginx and PHP.
    pub(crate) php: Proxy,
    /// MariaDB.
    pub(crate) sql: Proxy,
    /// Dovecot.
    pub(crate) imap: Proxy,
    /// Postfix.
    pub(crate) smtp: Proxy,
}

impl Parts {
    /// The stack's.
    pub(crate) fn new() -> Self {
        Self::with_php(port(8481))
    }

    /// The stack's, but for a web server of the test's own.
    pub(crate) fn with_php(web: u16) -> Self {
        let imap = Proxy::new(port(8143));
        let smtp = Proxy::new(port(8025));
        // Horde tells where mail is: it is told to lie.
        let place = |of: u16| format!("\"port\":{of}");
        let php = Proxy::editing(
            web,
            vec![(place(port(8143)), place(imap.port)), (place(port(8025)), place(smtp.port))],
        );
        Self { php, sql: Proxy::new(port(8306)), imap, smtp }
    }
}

/// The program, running.
pub(crate) struct Sidecar {
    /// Where it listens.
    pub(crate) port: u16,
    folder: PathBuf,
    child: Option<Child>,
    /// Whether it ends when the tests do, though nobody drops this.
    is_leashed: bool,
}

/// How it differs from what a test mostly wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ways {
    /// Connections to the database.
    pub(crate) connections: usize,
    /// Sessions of one user at the mail server, and threads that drive them.
    pub(crate) sessions: usize,
    /// Whether it outlives the test, and ends with all of them.
    pub(crate) is_leashed: bool,
    /// Highest version that it offers; empty: what Horde says.
    pub(crate) max_version: &'static str,
}

impl Default for Ways {
    fn default() -> Self {
        Self { connections: 40, sessions: 40, is_leashed: false, max_version: "" }
    }
}

impl Sidecar {
    /// Starts it, with room for many requests of one user at once.
    pub(crate) fn start(parts: &Parts) -> Self {
        Self::start_as(parts, Ways::default())
    }

    /// Starts it in other ways.
    pub(crate) fn start_as(parts: &Parts, ways: Ways) -> Self {
        let Ways { connections, sessions, is_leashed, max_version } = ways;
        let folder = std::env::temp_dir().join(format!("horde-eas-{}", uuid::Uuid::new_v4()));
        fs::create_dir(&folder).unwrap();
        // Bound once to find a free one; the program asks for it by number.
        let port = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap().port()
        };
        let config = format!(
            "[http]\nlisten = \"127.0.0.1:{port}\"\nthreads = 2\n\
             [log]\nlevel = \"info,horde_eas=debug\"\n\
             [horde]\nurl = \"http://127.0.0.1:{}/horde\"\nconnect_timeout = 1\ntimeout = {SECONDS}\n\
             [state]\nport = {}\npassword = \"hordepw\"\ntimeout_seconds = {SECONDS}\n\
             connections = {connections}\n\
             [imap]\nconnect_timeout = 1\ntimeout = {SECONDS}\nqueue_timeout = {SECONDS}\n\
             sessions_per_user = {sessions}\nthreads = {sessions}\n\
             [smtp]\nconnect_timeout = 1\ntimeout = {SECONDS}\n\
             [commands]\npoll_seconds = 1\nmax_version = \"{max_version}\"\n",
            parts.php.port, parts.sql.port,
        );
        fs::write(folder.join("config.toml"), config).unwrap();
        let mut sidecar = Self { port, folder, child: None, is_leashed };
        sidecar.revive();
        sidecar
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/Microsoft-Server-ActiveSync", self.port)
    }

    /// A new device of a user at it.
    pub(crate) fn phone(&self, user: &str, version: &str) -> Phone {
        let id = uuid::Uuid::new_v4().simple().to_string().to_uppercase();
        let mut link = Link::new(self.url(), user, format!("{user}-pw"), &id[..20]).unwrap();
        version.clone_into(&mut link.version);
        Phone::new(link)
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            if self.is_leashed {
                drop(child.stdin.take());
            } else {
                child.kill().unwrap();
            }
            child.wait().unwrap();
        }
    }

    /// Starts it again; returns when it listens.
    pub(crate) fn revive(&mut self) {
        let log = File::options().create(true).append(true).open(self.folder.join("log")).unwrap();
        let program = variable_or("HORDE_EAS_TEST_PROGRAM", env!("CARGO_BIN_EXE_horde-eas"));
        let mut command = Command::new(if self.is_leashed { "sh" } else { &program });
        if self.is_leashed {
            command.arg("-c").arg(LEASH).arg(&self.folder).arg(&program).stdin(Stdio::piped());
        } else {
            command.stdin(Stdio::null());
        }
        let child = command
            .arg("serve")
            .arg("--config")
            .arg(self.folder.join("config.toml"))
            .env_remove("HORDE_EAS_CONFIG")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "no start: {}", self.log());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Whether what it wrote is of no use to anybody when the tests end now.
    pub(crate) fn is_idle(&self, is_idle: bool) {
        if is_idle {
            fs::write(self.folder.join("idle"), "").unwrap();
        } else {
            drop(fs::remove_file(self.folder.join("idle")));
        }
    }

    /// What it wrote so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap()
    }

    /// Nothing in its log speaks of a fault of its own.
    pub(crate) fn assert_sound(&self) {
        let log = self.log();
        let bad = log.lines().filter(|line| {
            line.contains("panicked") || line.contains("broke down") || line.contains(" ERROR ")
        });
        let bad: Vec<_> = bad.collect();
        assert!(bad.is_empty(), "{bad:#?}");
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("the sidecar's log is in {}", self.folder.display());
        } else {
            drop(fs::remove_dir_all(&self.folder));
        }
    }
}

/// Ends the program when the standard input does, and takes its folder away if that is idle.
const LEASH: &str = "trap '' INT; \"$@\" </dev/null & \
    trap 'kill -9 $!; wait $!; [ -e \"$0/idle\" ] && rm -rf \"$0\"' EXIT; read line";
/// The patience with every part, in the tests' configuration.
pub(crate) const SECONDS: u64 = 3;
