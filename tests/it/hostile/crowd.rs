//! How long a phone that behaves waits, alone and beside eight clients that do not.
//!
//! Figures depend on the machine and on what else runs there: with `HORDE_EAS_TEST_LONG` they are
//! judged, otherwise printed alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::hostile::{Attacker, exchanged, files};
use crate::support::world::variable_or;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_does_not_keep_a_phone_waiting() {
    let is_long = !variable_or("HORDE_EAS_TEST_LONG", "").is_empty();
    let (rounds, seconds) = if is_long { (5, 15) } else { (1, 5) };
    let mut phone = Attacker::new(VERSION).await;
    let requests = Arc::new(requests(&mut Attacker::new(VERSION).await));
    let (mut alone, mut beside, mut took) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let quiet = latencies(&mut phone, seconds).await;
        let crowd = Crowd::start(&requests);
        let loud = latencies(&mut phone, seconds).await;
        let sent = crowd.stop();
        println!("alone:  {}", words(&quiet));
        println!("beside: {} ({} hostile requests)", words(&loud), sent.len());
        alone.extend(quiet);
        beside.extend(loud);
        took.extend(sent);
    }
    alone.sort();
    beside.sort();
    took.sort();
    println!("all alone:  {}", words(&alone));
    println!("all beside: {} ({} hostile requests)", words(&beside), took.len());
    for (took, name) in took.iter().rev().take(12) {
        println!("  {} ms {name}", took.as_millis());
    }
    assert!(took.len() > 50, "only {} hostile requests were sent", took.len());
    if is_long {
        // The slowest twentieth is printed alone: clients, PHP and databases share these cores.
        assert!(at(&beside, 50) <= 2 * at(&alone, 50), "the median more than doubles");
    }
}

/// The hostile clients at work.
struct Crowd {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Vec<(Duration, String)>>>,
}

impl Crowd {
    fn start(requests: &Arc<Vec<(String, Vec<u8>)>>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let client = |number: usize| {
            let (requests, stop) = (Arc::clone(requests), Arc::clone(&stop));
            std::thread::spawn(move || {
                let mut took = Vec::new();
                let from = number * requests.len() / CLIENTS;
                for (name, bytes) in requests.iter().cycle().skip(from) {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let began = Instant::now();
                    exchanged(bytes, 20, true);
                    took.push((began.elapsed(), name.clone()));
                }
                took
            })
        };
        let clients = (0..CLIENTS).map(client).collect();
        Self { stop, clients }
    }

    /// What each request took.
    fn stop(self) -> Vec<(Duration, String)> {
        self.stop.store(true, Ordering::Relaxed);
        self.clients.into_iter().flat_map(|one| one.join().unwrap()).collect()
    }
}

/// The corpus, but for what takes long by itself: that would leave the others more room.
fn requests(attacker: &mut Attacker) -> Vec<(String, Vec<u8>)> {
    let files = files();
    let cases = files
        .iter()
        .flat_map(|(_, cases)| cases)
        .filter(|case| case.seconds == 5 && case.version == VERSION);
    cases.map(|case| (case.name.clone(), attacker.bytes(case))).collect()
}

/// A Sync with nothing new, again and again, as a phone that is used.
async fn latencies(phone: &mut Attacker, seconds: u64) -> Vec<Duration> {
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut all = Vec::new();
    while Instant::now() < until {
        let began = Instant::now();
        phone.behave().await.unwrap();
        all.push(began.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    all.sort();
    all
}

fn at(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() - 1) * percent / 100]
}

fn words(sorted: &[Duration]) -> String {
    let at = |percent| at(sorted, percent).as_secs_f64() * 1_000.0;
    format!(
        "median {:.1} ms, 95 % {:.1} ms, all {:.1} ms ({} times FolderSync and Sync)",
        at(50),
        at(95),
        at(100),
        sorted.len()
    )
}

const CLIENTS: usize = 8;
const VERSION: &str = "14.1";
