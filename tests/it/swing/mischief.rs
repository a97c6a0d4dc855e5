//! What goes wrong between a phone and the sidecar: the line breaks, the sidecar or a PHP worker
//! is killed, the phone asks twice at once.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::Rng as _;
use rand::rngs::StdRng;

use crate::support::php::Php;
use crate::support::proxy::{Proxy, Rule};
use crate::support::sidecar::{Parts, Sidecar};

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strike {
    /// The line breaks after so many bytes of the answer.
    Answer(usize),
    /// The line breaks some time after the request was begun.
    Line(Duration),
    /// The sidecar is killed at that time, and started again.
    Sidecar(Duration),
    /// PHP's workers are killed at that time.
    Php(Duration),
}

/// A sidecar with everything that can be broken about it, and a second one on the same tables.
pub(super) struct Mischief {
    /// What struck so far, by its name.
    pub(super) struck: BTreeMap<&'static str, usize>,
    sidecar: Sidecar,
    other: Sidecar,
    front: Proxy,
    php: Php,
    _parts: Parts,
}

impl Mischief {
    /// Starts it all.
    pub(super) fn new() -> Self {
        let php = Php::start();
        let parts = Parts::with_php(php.port);
        let (sidecar, other) = (Sidecar::start(&parts), Sidecar::start(&parts));
        let front = Proxy::new(sidecar.port);
        Self { struck: BTreeMap::new(), sidecar, other, front, php, _parts: parts }
    }

    /// Where the phone finds its sidecar.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/Microsoft-Server-ActiveSync", self.front.port)
    }

    /// Where it finds the second one.
    pub(super) fn other_url(&self) -> String {
        self.other.url()
    }

    /// How many requests were struck.
    pub(super) fn n_struck(&self) -> usize {
        self.struck.values().sum()
    }

    /// What is to go wrong with the next request: nothing, two times out of five.
    pub(super) fn draw(random: &mut StdRng) -> Option<Strike> {
        let moment = Duration::from_micros(random.random_range(500..60_000));
        match random.random_range(0..10) {
            0 | 1 => Some(Strike::Answer(random.random_range(0..400))),
            2 => Some(Strike::Line(moment)),
            3 | 4 => Some(Strike::Sidecar(moment)),
            5 => Some(Strike::Php(moment)),
            _ => None,
        }
    }

    /// Lets it happen beside the request.
    pub(super) async fn strike(&mut self, strike: Strike) {
        match strike {
            Strike::Answer(n_bytes) => self.front.arm(Rule::CutOnce(n_bytes)),
            Strike::Line(moment) => {
                tokio::time::sleep(moment).await;
                self.front.cut();
            }
            Strike::Sidecar(moment) => {
                tokio::time::sleep(moment).await;
                self.sidecar.kill();
            }
            Strike::Php(moment) => {
                tokio::time::sleep(moment).await;
                self.php.kill_workers();
            }
        }
    }

    /// All is well again; counts what struck.
    pub(super) fn mend(&mut self, strike: Strike, has_struck: bool) {
        self.front.arm(Rule::Pass);
        let name = match strike {
            Strike::Answer(_) => "answer cut",
            Strike::Line(_) => "line cut",
            Strike::Php(_) => "php killed",
            Strike::Sidecar(_) => {
                self.sidecar.revive();
                "sidecar killed"
            }
        };
        *self.struck.entry(name).or_default() += usize::from(has_struck);
    }

    /// Nothing in the sidecars' logs speaks of a fault of their own.
    pub(super) fn assert_sound(&self) {
        self.sidecar.assert_sound();
        self.other.assert_sound();
    }
}
