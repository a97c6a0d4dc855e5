//! The fault matrix: each part of the stack fails in each way while each command is under way.
//!
//! What the phone is told is `table`'s to say, for these tests and for deploy/FAULTS.md alike.
//! When the part is back, the very same request must work at once, without a restart of the
//! sidecar, and in the end the phone must hold what the server has, each thing once.

mod black_hole;
mod cell;
mod table;

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream;

use crate::faults::cell::{Cell, Outcome};
use crate::faults::table::{CASES, Expected, FAULTS, Fault, Part, VERSIONS, expected};
use crate::support::proxy::{Proxy, Rule};
use crate::support::sidecar::{Parts, SECONDS, Sidecar};
use crate::support::world::World;

#[tokio::test]
async fn faults_of_horde() {
    fail(Part::Horde).await;
}

#[tokio::test]
async fn faults_of_horde_when_nothing_is_remembered() {
    fail(Part::HordeAtFirst).await;
}

#[tokio::test]
async fn faults_of_the_database() {
    fail(Part::Database).await;
}

#[tokio::test]
async fn faults_of_the_mail_server() {
    fail(Part::Mail).await;
}

#[tokio::test]
async fn faults_of_the_mail_server_for_sending() {
    fail(Part::Smtp).await;
}

#[test]
fn the_table_of_faults_is_up_to_date() {
    expect_test::expect_file!["../../deploy/FAULTS.md"].assert_eq(&table::markdown());
}

async fn fail(part: Part) {
    let parts = Parts::new();
    let mut sidecar = Sidecar::start(&parts);
    let mut world = World::new().await;
    let mut cells = Vec::new();
    for version in VERSIONS {
        for case in CASES {
            cells.push(Cell::new(case, sidecar.phone(&world.user, version)));
        }
    }
    cell::furnish(&mut world).await;
    for pair in together(FEW, cells.iter_mut().map(Cell::pair)).await {
        pair.unwrap();
    }
    for fault in FAULTS {
        let began = Instant::now();
        cell::stir(&mut world, fault).await;
        for prepared in together(FEW, cells.iter_mut().map(|cell| cell.prepare(fault))).await {
            prepared.unwrap();
        }
        if part == Part::HordeAtFirst {
            sidecar.kill();
            sidecar.revive();
            // The phones see that their connections are gone.
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        let proxy = proxy_of(&parts, part);
        begin(proxy, fault);
        let outcomes = {
            let asking = cells.iter_mut().map(|cell| {
                let waits = expected(part, fault, cell.case) == Expected::Waits;
                cell.ask(if waits { GLANCE } else { LONGEST })
            });
            together(at_once(fault), asking).await
        };
        proxy.set(Rule::Pass);
        let mut problems = Vec::new();
        for (cell, outcome) in cells.iter().zip(&outcomes) {
            let wanted = expected(part, fault, cell.case);
            if !is_as(outcome, wanted) {
                problems.push(format!(
                    "{} {:?}: {outcome:?}, not {wanted:?}",
                    cell.version(),
                    cell.case
                ));
            }
            if outcome.took > LONGEST {
                problems.push(format!(
                    "{} {:?}: {outcome:?} is too late",
                    cell.version(),
                    cell.case
                ));
            }
        }
        assert!(problems.is_empty(), "{part:?} {fault:?}: {problems:#?}");
        let repeated = together(FEW, cells.iter_mut().map(|cell| cell.ask(LONGEST))).await;
        for (cell, again) in cells.iter().zip(repeated) {
            assert!(again.is_well(), "{part:?} {fault:?}, after it: {:?} {again:?}", cell.case);
        }
        for settled in together(FEW, cells.iter_mut().map(Cell::settle)).await {
            settled.unwrap();
        }
        let wanted = cell::contents(&mut world).await;
        for cell in &cells {
            cell.compare(&wanted, &format!("{part:?} {fault:?}"));
        }
        let slowest = outcomes.iter().map(|outcome| outcome.took).max();
        eprintln!("{part:?} {fault:?}: {:?}, slowest answer {slowest:?}", began.elapsed());
    }
    sidecar.assert_sound();
}

/// Runs futures, so many at once; answers in order.
async fn together<F: Future>(n_at_once: usize, all: impl Iterator<Item = F>) -> Vec<F::Output> {
    stream::iter(all).buffered(n_at_once).collect().await
}

/// What works needs the machine; what hangs needs nothing.
const fn at_once(fault: Fault) -> usize {
    match fault {
        Fault::CutOnce | Fault::Restarted | Fault::Slow => FEW,
        Fault::Cut | Fault::Dribbling | Fault::Garbled | Fault::Hung | Fault::Stopped => 100,
    }
}

fn proxy_of(parts: &Parts, part: Part) -> &Proxy {
    match part {
        Part::Database => &parts.sql,
        Part::Horde | Part::HordeAtFirst => &parts.php,
        Part::Mail => &parts.imap,
        Part::Smtp => &parts.smtp,
    }
}

fn begin(proxy: &Proxy, fault: Fault) {
    match fault {
        Fault::Cut => proxy.set(Rule::Cut(20)),
        Fault::CutOnce => proxy.set(Rule::CutOnce(20)),
        Fault::Dribbling => proxy.set(Rule::Dribble(Duration::from_millis(200))),
        Fault::Garbled => proxy.set(Rule::Garble),
        Fault::Hung => proxy.set(Rule::Hang),
        Fault::Restarted => proxy.reset(),
        Fault::Slow => proxy.set(Rule::Slow(Duration::from_millis(30))),
        Fault::Stopped => proxy.set(Rule::Refuse),
    }
}

fn is_as(outcome: &Outcome, expected: Expected) -> bool {
    match expected {
        Expected::Either => outcome.is_well() || outcome.http == 503,
        Expected::Later => outcome.http == 503,
        Expected::Waits => outcome.waits,
        Expected::Works => outcome.is_well(),
    }
}

/// So long nothing must come of a request that waits.
const GLANCE: Duration = Duration::from_secs(1);
const FEW: usize = 6;
/// Two steps that each use up the patience with a part, and some more.
const LONGEST: Duration = Duration::from_secs(2 * SECONDS + 2);
