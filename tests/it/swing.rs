//! The swing: one phone whose requests go now to Horde's own server, now to ours.
//!
//! Mail and contacts change on both sides for 40 rounds (200 with `--long`); nothing may be lost,
//! doubled or started over, and at the end the phone holds what the server has and what a fresh
//! device gets.
//! A plain run has one seed; `--long` draws one, and `SWING_SEED` repeats what it printed.
//! The control is the same script with Horde's own server on both ends; what it fails by itself is
//! named in tests/scenario/KNOWN.md and left out of the script.

mod acts;
mod beside;
mod day;
mod gap;
mod mischief;
mod pim;
mod round;

use horde_eas::probe::node::Look as _;
use horde_eas::probe::phone::Phone;
use horde_eas::wbxml::pages::{Contacts, Email};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::support::sidecar::{Parts, Sidecar};
use crate::support::world::{End, World, variable_or};
use crate::swing::mischief::Mischief;
use crate::swing::pim::{Kind, Pim};
use crate::swing::round::{SUB, Swing, contact_wish, mail_wish};

#[tokio::test]
async fn a_phone_swings_between_both_servers_at_12_1() {
    swing("12.1", [End::Horde, End::Sidecar]).await;
}

#[tokio::test]
async fn a_phone_swings_between_both_servers_at_14_1() {
    swing("14.1", [End::Horde, End::Sidecar]).await;
}

/// The control: what Horde's own server makes of the same script. Nothing is compared with
/// another server, so it only says what may be demanded of a swing.
#[tokio::test]
async fn the_control_stays_with_horde() {
    swing("14.1", [End::Horde, End::Horde]).await;
}

/// The line is cut, the sidecar or PHP killed, two sidecars asked at once, at points of a phone's days; nothing is lost, and
/// nothing done twice.
#[tokio::test]
async fn cut_and_kill_at_12_1() {
    cut_and_kill("12.1").await;
}

#[tokio::test]
async fn cut_and_kill_at_14_1() {
    cut_and_kill("14.1").await;
}

async fn cut_and_kill(version: &str) {
    let n_points = if variable_or("HORDE_EAS_TEST_LONG", "").is_empty() { 150 } else { 1_500 };
    let seed = seed();
    eprintln!("SWING_SEED={seed} version={version}, {n_points} points");
    let world = furnished().await;
    let mischief = Mischief::new();
    let phone = world.phone(End::Sidecar, version);
    let random = StdRng::seed_from_u64(seed);
    let mut swing = Swing::new(world, phone, random, [End::Sidecar; 2]);
    swing.mischief = Some(mischief);
    swing.pair().await;
    let mut round = 0;
    while swing.mischief.as_ref().is_some_and(|mischief| mischief.n_struck() < n_points) {
        round += 1;
        swing.round(round).await;
        if round.is_multiple_of(25) {
            swing.settle().await;
            swing.compare().await;
        }
    }
    swing.settle().await;
    swing.compare().await;
    let mischief = swing.mischief.take().unwrap();
    eprintln!("{round} rounds, {} requests: {:?}", swing.requests, swing.counts);
    eprintln!("{:?}", mischief.struck);
    mischief.assert_sound();
}

fn seed() -> u64 {
    match variable_or("SWING_SEED", "").parse() {
        Ok(seed) => seed,
        Err(_) if variable_or("HORDE_EAS_TEST_LONG", "").is_empty() => SEED,
        Err(_) => rand::random::<u64>(),
    }
}

/// A user with some mails and contacts.
async fn furnished() -> World {
    let mut world = World::new().await;
    world.make_mailbox(SUB);
    for n in 0..12 {
        world.mail("INBOX", &format!("seed {n}"));
    }
    for n in 0..8 {
        world.add_card("Seed", &format!("Card{n}")).await;
    }
    world.delete_items().await;
    world
}

async fn swing(version: &str, ends: [End; 2]) {
    let seed = seed();
    eprintln!("SWING_SEED={seed} version={version} ends={ends:?}");
    let world = furnished().await;
    let phone = world.phone(ends[0], version);
    let mut swing = Swing::new(world, phone, StdRng::seed_from_u64(seed), ends);
    let parts = ends.contains(&End::Sidecar).then(Parts::new);
    swing.second = parts.as_ref().map(Sidecar::start);
    swing.pair().await;
    let is_long = !variable_or("HORDE_EAS_TEST_LONG", "").is_empty();
    for round in 1..=if is_long { LONG_ROUNDS } else { ROUNDS } {
        swing.round(round).await;
        if round.is_multiple_of(10) {
            swing.device_page().await;
        }
    }
    swing.settle().await;
    swing.compare().await;
    eprintln!("{} requests: {:?}", swing.requests, swing.counts);
    for end in ends {
        let mut fresh = swing.world.phone(end, version);
        fill(&swing.world, &mut fresh).await;
        assert_eq!(
            contents(&fresh),
            contents(&swing.phone),
            "a fresh device at {end:?} (left) and the phone (right)"
        );
    }
    swing.device_page().await;
    if let Some(second) = &swing.second {
        second.assert_sound();
    }
}

/// Syncs a fresh device.
async fn fill(world: &World, phone: &mut Phone) {
    phone.provision().await.unwrap();
    assert_eq!(phone.folder_sync().await.unwrap().status, 1);
    for name in ["Inbox", SUB] {
        let id = phone.folder_named(name).unwrap().id.clone();
        assert_eq!(phone.sync_all(mail_wish(&id)).await.unwrap().status, 1);
    }
    let id = phone.folder_of(9).unwrap().id.clone();
    assert_eq!(phone.sync_all(contact_wish(&id)).await.unwrap().status, 1);
    for pim in Pim::all(world, phone).await {
        assert_eq!(phone.sync_all(pim.wish()).await.unwrap().status, 1);
    }
}

/// Everything that a phone shows its user: one line for each item.
fn contents(phone: &Phone) -> Vec<String> {
    let mut all = Vec::new();
    for (id, held) in &phone.collections {
        let folder = phone.folders.get(id).map_or("?", |folder| &*folder.name);
        for item in held.items.values() {
            let field = |tag| item.value(&[tag]).unwrap_or_default();
            if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.class() == held.class) {
                all.push(pim::line(kind, item));
                continue;
            }
            all.push(if held.class == "Email" {
                let flag = item.value(&[Email::Flag, Email::Status]).unwrap_or_default();
                let flag = if flag == "2" { "flagged" } else { "plain" };
                format!("{folder} {} read={} {flag}", field(Email::Subject), field(Email::Read))
            } else {
                format!(
                    "{folder} {} {} {} {}",
                    field(Contacts::FirstName),
                    field(Contacts::LastName),
                    field(Contacts::Email1Address),
                    field(Contacts::CompanyName)
                )
            });
        }
    }
    all.sort();
    all
}

/// True once in so many times.
fn one_in(random: &mut StdRng, times: u32) -> bool {
    random.random_range(0..times) == 0
}

const ROUNDS: usize = 40;
/// With `--long`.
const LONG_ROUNDS: usize = 200;

/// The seed of a plain run.
const SEED: u64 = 20_261_124;
