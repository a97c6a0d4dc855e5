//! How long a phone that behaves waits, alone and beside eight clients that do not.
//!
//! Figures depend on the machine and on what else runs there: with `HORDE_EAS_TEST_LONG` they are
//! judged, otherwise printed alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::hostile::{Attacker, exchange, files};
use crate::support::world::variable_or;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_does_not_keep_a_phone_waiting() {
    let is_long = !variable_or("HORDE_EAS_TEST_LONG", "").is_empty();
    let seconds = if is_long { 30 } else { 5 };
    let mut phone = Attacker::new(VERSION).await;
    let alone = latencies(&mut phone, seconds).await;

    let stop = Arc::new(AtomicBool::new(false));
    let n_sent = Arc::new(AtomicUsize::new(0));
    let mut clients = Vec::new();
    let requests = Arc::new(requests(&mut Attacker::new(VERSION).await));
    for number in 0..CLIENTS {
        let requests = Arc::clone(&requests);
        let (stop, n_sent) = (Arc::clone(&stop), Arc::clone(&n_sent));
        clients.push(std::thread::spawn(move || {
            let mut took = Vec::new();
            for (name, bytes) in requests.iter().cycle().skip(number * requests.len() / CLIENTS) {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let began = Instant::now();
                exchange(bytes, 20, true);
                took.push((began.elapsed(), name.clone()));
                n_sent.fetch_add(1, Ordering::Relaxed);
            }
            took
        }));
    }
    let beside = latencies(&mut phone, seconds).await;
    stop.store(true, Ordering::Relaxed);
    let mut took: Vec<_> = clients.into_iter().flat_map(|one| one.join().unwrap()).collect();
    took.sort();
    let n_sent = n_sent.load(Ordering::Relaxed);
    println!("alone:  {}", words(&alone));
    println!("beside: {} ({n_sent} hostile requests)", words(&beside));
    for (took, name) in took.iter().rev().take(12) {
        println!("  {} ms {name}", took.as_millis());
    }
    assert!(n_sent > 50, "only {n_sent} hostile requests were sent");
    if is_long {
        assert!(median(&beside) <= 2 * median(&alone), "the median more than doubles");
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

fn median(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() / 2]
}

fn words(sorted: &[Duration]) -> String {
    let at = |percent: usize| sorted[(sorted.len() - 1) * percent / 100].as_secs_f64() * 1_000.0;
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
