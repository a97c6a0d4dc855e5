//! The sidecar and Horde's rpc.php side by side: what the same phone costs at each.
//!
//! Run by `deploy/demo bench`, on a demo that does nothing else. CPU is that of all servers
//! together (database, web server, PHP, mail, sidecar) with the children that they reaped.

#![expect(clippy::unwrap_used, reason = "a benchmark that can not go on may panic")]
#![expect(clippy::print_stdout, reason = "its output is a table")]

mod cost;
mod work;

#[path = "../it/support"]
#[expect(dead_code, reason = "most of it is for the tests")]
mod support {
    pub(crate) mod mailbox;
    pub(crate) mod stack;
    pub(crate) mod world;
}

use std::collections::BTreeMap;

use crate::cost::{Cost, Meter, pss};
use crate::support::world::{End, World};
use crate::work::{Work, seed};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut world = World::of("user290");
    eprintln!("seeding {} mails and contacts for user290 ...", work::ITEMS);
    seed(&mut world).await;
    let meter = Meter::new();
    let mut table: BTreeMap<usize, [Cost; 2]> = BTreeMap::new();
    // A first round that does not count: caches of PHP, Dovecot and the database fill.
    for (round, counts) in [(0, false), (1, true), (2, true)] {
        for (row, work) in Work::ALL.iter().enumerate() {
            for (column, end) in [End::Horde, End::Sidecar].into_iter().enumerate() {
                let cost = work.run(&mut world, end, &meter, round).await;
                eprintln!("round {round} {} at {end:?}: {cost:?}", work.name());
                if counts {
                    table.entry(row).or_default()[column].add(&cost);
                }
            }
        }
    }
    print(&table);
    println!();
    println!("Memory after it (PSS, MiB): {}", pss());
}

fn print(table: &BTreeMap<usize, [Cost; 2]>) {
    println!(
        "| what | requests | wall ms: rpc.php | sidecar | times | CPU ms: rpc.php | sidecar | times | PHP requests: rpc.php | sidecar | SQL statements: rpc.php | sidecar | answer KiB: rpc.php | sidecar |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for (row, [horde, sidecar]) in table {
        let name = Work::ALL[*row].name();
        let (h, s) = (horde.per_time(), sidecar.per_time());
        println!(
            "| {name} | {:.0} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.0} | {:.0} | {:.1} | {:.1} |",
            s.requests,
            h.wall,
            s.wall,
            h.wall / s.wall,
            h.cpu,
            s.cpu,
            h.cpu / s.cpu.max(0.01),
            h.php,
            s.php,
            h.sql,
            s.sql,
            h.kib,
            s.kib,
        );
    }
}
