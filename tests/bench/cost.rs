//! What something costs: time, CPU of all servers, calls of PHP, statements.

use std::collections::BTreeMap;
use std::fs;
use std::time::Instant;

use mysql_async::prelude::Queryable as _;

use crate::support::stack;
use crate::support::world::variable_or;

/// Sums of some rounds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cost {
    /// How many times the thing was done.
    pub(crate) times: f64,
    /// Milliseconds at the clock.
    pub(crate) wall: f64,
    /// Milliseconds of CPU in all servers.
    pub(crate) cpu: f64,
    /// Requests of the phone.
    pub(crate) requests: f64,
    /// Requests that PHP got.
    pub(crate) php: f64,
    /// SQL statements.
    pub(crate) sql: f64,
    /// Bodies of answers on the wire, KiB.
    pub(crate) kib: f64,
}

impl Cost {
    pub(crate) fn add(&mut self, other: &Self) {
        self.times += other.times;
        self.wall += other.wall;
        self.cpu += other.cpu;
        self.requests += other.requests;
        self.php += other.php;
        self.sql += other.sql;
        self.kib += other.kib;
    }

    /// The mean of one time.
    pub(crate) fn per_time(&self) -> Self {
        Self {
            times: 1.0,
            wall: self.wall / self.times,
            cpu: self.cpu / self.times,
            requests: self.requests / self.times,
            php: self.php / self.times,
            sql: self.sql / self.times,
            kib: self.kib / self.times,
        }
    }
}

/// Reads the counters.
pub(crate) struct Meter {
    pool: mysql_async::Pool,
}

/// The counters at one moment.
pub(crate) struct Reading {
    at: Instant,
    cpu: u64,
    php: usize,
    sql: u64,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self { pool: mysql_async::Pool::new(stack::opts(&stack::horde_database())) }
    }

    pub(crate) async fn read(&self) -> Reading {
        let mut conn = self.pool.get_conn().await.unwrap();
        let row: Option<(String, String)> =
            conn.query_first("SHOW GLOBAL STATUS LIKE 'Questions'").await.unwrap();
        drop(conn);
        let log = fs::read_to_string(format!("{}/log/access.log", folder())).unwrap();
        Reading {
            cpu: trees().values().map(|tree| tree.ticks).sum(),
            php: log.lines().count(),
            sql: row.unwrap().1.parse().unwrap(),
            at: Instant::now(),
        }
    }

    /// What was spent since a reading, for something done so many times.
    pub(crate) async fn since(&self, before: &Reading, times: u32) -> Cost {
        let wall = before.at.elapsed();
        // Servers finish their work and write their logs after the answer.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let now = self.read().await;
        Cost {
            times: f64::from(times),
            wall: wall.as_secs_f64() * 1000.0,
            // A tick is 10 ms.
            cpu: number(now.cpu - before.cpu) * 10.0,
            php: number(u64::try_from(now.php - before.php).unwrap()),
            // The statement that asks is one of them.
            sql: number(now.sql - before.sql) - 1.0,
            ..Cost::default()
        }
    }
}

fn number(of: u64) -> f64 {
    f64::from(u32::try_from(of).unwrap())
}

/// The demo's folder.
fn folder() -> String {
    variable_or("HORDE_EAS_TEST_STACK", "/tmp/horde-eas-demo")
}

/// A server with its children.
#[derive(Default)]
struct Tree {
    ticks: u64,
    pss_kib: u64,
}

/// All servers of the demo: CPU ticks, with those of children that ended.
fn trees() -> BTreeMap<&'static str, Tree> {
    let stats = stats();
    let mut trees = BTreeMap::new();
    for (name, pid_file) in SERVERS {
        let Ok(pid) = fs::read_to_string(format!("{}/{pid_file}", folder())) else { continue };
        let Ok(root) = pid.trim().parse::<u32>() else { continue };
        let mut tree = Tree::default();
        for (pid, (_, ticks)) in &stats {
            let mut at = *pid;
            while at != root && at > 1 {
                at = stats.get(&at).map_or(0, |(parent, _)| *parent);
            }
            if at == root {
                tree.ticks += ticks;
                tree.pss_kib += pss_of(*pid);
            }
        }
        trees.insert(*name, tree);
    }
    trees
}

/// Parent and ticks (its own and its reaped children's) of each process.
fn stats() -> BTreeMap<u32, (u32, u64)> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // The program's name may hold blanks, but no field behind it holds a bracket.
        let Some((_, fields)) = stat.rsplit_once(") ") else { continue };
        let fields: Vec<&str> = fields.split(' ').collect();
        let ticks = fields[11..15].iter().map(|field| field.parse::<u64>().unwrap()).sum();
        all.insert(pid, (fields[1].parse().unwrap(), ticks));
    }
    all
}

fn pss_of(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

/// Memory of each server.
pub(crate) fn pss() -> String {
    let trees = trees();
    let all = trees.iter().map(|(name, tree)| format!("{name} {}", tree.pss_kib / 1024));
    all.collect::<Vec<_>>().join(", ")
}

const SERVERS: &[(&str, &str)] = &[
    ("dovecot", "run/dovecot/master.pid"),
    ("mariadb", "run/mariadb.pid"),
    ("nginx", "run/nginx.pid"),
    ("php-fpm", "run/php-fpm.pid"),
    ("postfix", "postfix/queue/pid/master.pid"),
    ("sidecar", "run/sidecar.pid"),
];
