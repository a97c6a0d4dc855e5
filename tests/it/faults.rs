//! The fault matrix: each part of the stack fails in each way while each command is under way.
//!
//! One test is one column of deploy/FAULTS.md: a part and a fault. Each of its cells is a request,
//! made at each version while the part fails, and compared with what the file says.
//! When the part is back, the very same request must work at once, without a restart of the
//! sidecar, and in the end the phone must hold what the server has, each thing once.

mod black_hole;
mod cell;
mod contents;
mod sheet;
mod stage;
mod table;

use std::time::{Duration, Instant};

use crate::faults::cell::{Cell, Outcome};
use crate::faults::stage::{RUNTIME, Stage};
use crate::faults::table::{CASE_NAMES, Case, Fault, Part};
use crate::support::proxy::{Proxy, Rule};
use crate::support::sidecar::SECONDS;

macro_rules! columns {
    ($($module:ident: $part:ident,)*) => {$(
        mod $module {
            use crate::faults::column;
            use crate::faults::table::{Fault, Part};

            #[test]
            fn stopped() {
                column(Part::$part, Fault::Stopped);
            }

            #[test]
            fn hung() {
                column(Part::$part, Fault::Hung);
            }

            #[test]
            fn slow() {
                column(Part::$part, Fault::Slow);
            }

            #[test]
            fn dribbling() {
                column(Part::$part, Fault::Dribbling);
            }

            #[test]
            fn restarted_before() {
                column(Part::$part, Fault::Restarted);
            }

            #[test]
            fn restarted_in_the_middle() {
                column(Part::$part, Fault::CutOnce);
            }

            #[test]
            fn always_cut() {
                column(Part::$part, Fault::Cut);
            }

            #[test]
            fn garbled() {
                column(Part::$part, Fault::Garbled);
            }
        }
    )*};
}

columns! {
    horde_known: Horde,
    horde_unknown: HordeAtFirst,
    database: Database,
    mail: Mail,
    smtp: Smtp,
}

/// The file has all cells, and nothing else.
#[test]
fn the_table_of_faults_is_whole() {
    sheet::assert_whole();
}

fn column(part: Part, fault: Fault) {
    RUNTIME.block_on(async {
        let mut stage = Stage::take().await;
        let began = Instant::now();
        stage.set_the_scene(part, fault).await;
        let was_set = began.elapsed();
        let seen = seen_under(&mut stage, part, fault).await;
        let was_seen = began.elapsed();
        let words: Vec<(Case, String)> = stage
            .cells
            .iter()
            .zip(&seen)
            .map(|(cell, seen)| {
                let wanted = sheet::word(part, fault, cell.case);
                (cell.case, seen.word(wanted.as_deref()))
            })
            .collect();
        assert_all_there(&words);
        sheet::update(part, fault, &words);
        let mut problems = Vec::new();
        for ((cell, seen), (_, word)) in stage.cells.iter().zip(&seen).zip(&words) {
            let wanted = sheet::word(part, fault, cell.case);
            if wanted.as_ref() != Some(word) {
                problems.push(format!("{cell} is told {word:?}, not {wanted:?}: {seen:?}"));
            }
            if seen.outcome.took > LONGEST {
                problems.push(format!("{cell} is told too late: {seen:?}"));
            }
        }
        assert!(problems.is_empty(), "{part:?} {fault:?}: {problems:#?}");
        stage.is_well_again(&format!("{part:?} {fault:?}")).await;
        let slowest = seen.iter().map(|seen| seen.outcome.took).max().unwrap_or_default();
        let took = began.elapsed();
        eprintln!("{part:?} {fault:?}: {was_set:.1?} {was_seen:.1?} {took:.1?}, slowest answer {slowest:.1?}");
        stage.give_back();
    });
}

/// Each cell was looked at, at each of its versions.
fn assert_all_there(words: &[(Case, String)]) {
    for (case, name) in CASE_NAMES {
        let n_seen = words.iter().filter(|(one, _)| *one == case).count();
        assert_eq!(n_seen, case.versions().len(), "{name}");
    }
}

/// What came of a request while the part failed.
#[derive(Debug)]
struct Seen {
    outcome: Outcome,
    /// Whether a fault that happens once happened to it.
    was_struck: bool,
}

impl Seen {
    /// As the table has it; what that leaves open must have been a matter at all.
    fn word(&self, wanted: Option<&str>) -> String {
        let word = if self.outcome.is_well() {
            "works"
        } else if self.outcome.http == 503 {
            "503"
        } else if self.outcome.waits {
            "waits"
        } else {
            return "something else".to_owned();
        };
        let is_open = self.was_struck && word != "waits" && wanted != Some(word);
        if is_open { sheet::OPEN } else { word }.to_owned()
    }
}

/// Makes the part fail, and all requests while it does.
async fn seen_under(stage: &mut Stage, part: Part, fault: Fault) -> Vec<Seen> {
    let mut all = Vec::new();
    // What happens once must happen to each; whom nobody knows has no connections to lose.
    if fault == Fault::CutOnce || fault == Fault::Restarted && part != Part::HordeAtFirst {
        for n in 0..stage.cells.len() {
            let patience = patience_with(part, fault, &stage.cells[n]);
            if part == Part::HordeAtFirst && n > 0 {
                stage.forget().await;
            }
            begin(proxy_of(stage, part), fault);
            let outcome = stage.ask_one(n, patience).await;
            let was_struck = fault == Fault::CutOnce && proxy_of(stage, part).has_struck();
            all.push(Seen { outcome, was_struck });
        }
    } else {
        begin(proxy_of(stage, part), fault);
        // Whom nobody knows yet is proven once for all who come at that moment.
        let is_few = fault == Fault::Slow && part != Part::HordeAtFirst;
        let n_at_once = if is_few { FEW } else { 100 };
        let outcomes = stage.ask_all(n_at_once, |cell| patience_with(part, fault, cell)).await;
        all.extend(outcomes.into_iter().map(|outcome| Seen { outcome, was_struck: false }));
    }
    proxy_of(stage, part).set(Rule::Pass);
    all
}

/// What is to wait is given a glance only.
fn patience_with(part: Part, fault: Fault, cell: &Cell) -> Duration {
    match sheet::word(part, fault, cell.case).as_deref() {
        Some("waits") => GLANCE,
        _ => LONGEST,
    }
}

const fn proxy_of(stage: &Stage, part: Part) -> &Proxy {
    match part {
        Part::Database => &stage.parts.sql,
        Part::Horde | Part::HordeAtFirst => &stage.parts.php,
        Part::Mail => &stage.parts.imap,
        Part::Smtp => &stage.parts.smtp,
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

/// So long nothing must come of a request that waits.
const GLANCE: Duration = Duration::from_secs(1);
/// What works needs the machine.
const FEW: usize = 6;
/// Two steps that each use up the patience with a part, and some more.
const LONGEST: Duration = Duration::from_secs(2 * SECONDS + 3);
