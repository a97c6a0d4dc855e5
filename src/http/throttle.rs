//! How often somebody may be wrong.
//!
//! A failed login is counted twice: for its user and for its address. Each count drains with time;
//! where one is full, no further password is tried, right or wrong.
//! What was good for a device before passes without being counted, so that a stranger can not lock
//! a user out: user, device and password must match, for else a full count would be an oracle that
//! says which password is right.
//! A phone with a password that was changed counts for itself alone.
//! After a restart nothing is known to be good: then a device that is paired with the user has a
//! count of its own.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hmac::{Hmac, Mac};
use moka::future::Cache;
use serde::Deserialize;
use sha2::Sha256;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::backend::Credentials;
use crate::http::network::Network;
use crate::secret::Secret;

/// How often somebody may be wrong.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Wrong passwords for one user in `seconds`, from wherever; 1 to 100000. Default 10.
    pub user_failures: u32,
    /// Wrong passwords from one address (IPv6: from one /64) in `seconds`, for whichever users;
    /// 1 to 100000. Default 50.
    pub address_failures: u32,
    /// Seconds in which a full count drains, 1 to 86400. Default 600.
    pub seconds: u64,
    /// Networks that are not counted by address: there, many users share few addresses.
    /// Default none.
    pub exempt: Vec<Network>,
    /// How many passwords that were not good before may be tried at the same time, 1 to 1000;
    /// half of them from one address. Default 8.
    pub tries_at_once: usize,
    /// Milliseconds, whose next multiple a refusal takes: its time tells nothing; 0 to 10000.
    /// Default 1000.
    pub refusal_millis: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            user_failures: 10,
            address_failures: 50,
            seconds: 600,
            exempt: Vec::new(),
            tries_at_once: 8,
            refusal_millis: 1_000,
        }
    }
}

/// The counts, and what was good.
pub(super) struct Throttle {
    config: Config,
    /// Drawn anew in each process: what leaks from its memory proves nothing elsewhere.
    key: Secret<[u8; 32]>,
    /// User, device and password that were good together.
    good: Cache<Digest, ()>,
    hasher: RandomState,
    counts: Mutex<Counts>,
    tries: Arc<Semaphore>,
}

/// Who tries to log in.
pub(super) struct Attempt<'a> {
    pub(super) credentials: &'a Credentials,
    /// The device's id; empty when the request names none.
    pub(super) device: &'a str,
    /// Where from.
    pub(super) address: Option<IpAddr>,
}

/// What an attempt may do, and for what it counts if it fails.
pub(super) enum Admission {
    /// It was good before: it counts for itself alone.
    Good,
    /// The device is paired with the user: it counts for the two.
    Paired,
    /// It may try; it counts for user and address.
    Try(#[expect(dead_code, reason = "held while the password is tried")] Option<Permits>),
    /// The counts are full; a paired device may still try, on its own count.
    Full,
}

/// Room among the passwords that are tried at the same time.
pub(super) struct Permits {
    _address: Option<OwnedSemaphorePermit>,
    _all: OwnedSemaphorePermit,
}

impl Throttle {
    /// Nothing counted, nothing known.
    pub(super) fn new(config: &Config) -> Self {
        Self {
            config: config.clone(),
            key: Secret::new(rand::random()),
            good: Cache::builder().max_capacity(MOST_GOOD).time_to_idle(GOOD_FOR).build(),
            hasher: RandomState::new(),
            counts: Mutex::new(Counts::default()),
            tries: Arc::new(Semaphore::new(config.tries_at_once)),
        }
    }

    /// What an attempt may do; waits where many are tried already.
    pub(super) async fn admit(&self, attempt: &Attempt<'_>) -> Admission {
        if self.is_good(attempt).await {
            let is_full = self.is_full(Who::Stale(attempt));
            return if is_full { Admission::Full } else { Admission::Good };
        }
        if self.has_no_room(attempt) {
            return Admission::Full;
        }
        let permits = self.permits(attempt).await;
        // Others may have failed meanwhile.
        match permits {
            Some(permits) if !self.has_no_room(attempt) => Admission::Try(Some(permits)),
            _ => Admission::Full,
        }
    }

    /// Whether a paired device has room in its own count.
    pub(super) fn has_room_for_device(&self, attempt: &Attempt<'_>) -> bool {
        !self.is_full(Who::Device(attempt))
    }

    /// Remembers what was good.
    pub(super) async fn succeeded(&self, attempt: &Attempt<'_>) {
        if let Some(digest) = self.digest(attempt) {
            self.good.insert(digest, ()).await;
        }
    }

    /// Counts a wrong password.
    pub(super) fn failed(&self, attempt: &Attempt<'_>, admission: &Admission) {
        match admission {
            Admission::Good => self.count(Who::Stale(attempt)),
            Admission::Paired => self.count(Who::Device(attempt)),
            Admission::Try(_) => {
                self.count(Who::User(attempt));
                self.count(Who::Address(attempt));
            }
            Admission::Full => {}
        }
    }

    /// How long a refusal is still held back, when that much time has gone by.
    pub(super) fn hold_back(&self, gone: Duration) -> Duration {
        let step = Duration::from_millis(self.config.refusal_millis);
        if step.is_zero() {
            return Duration::ZERO;
        }
        let steps = gone.as_millis() / step.as_millis() + 1;
        step.saturating_mul(u32::try_from(steps).unwrap_or(1)).saturating_sub(gone)
    }

    async fn is_good(&self, attempt: &Attempt<'_>) -> bool {
        match self.digest(attempt) {
            Some(digest) => self.good.get(&digest).await.is_some(),
            None => false,
        }
    }

    fn has_no_room(&self, attempt: &Attempt<'_>) -> bool {
        self.is_full(Who::User(attempt)) || self.is_full(Who::Address(attempt))
    }

    async fn permits(&self, attempt: &Attempt<'_>) -> Option<Permits> {
        let acquire = async {
            let gate = self.place(Who::Address(attempt)).map(|place| {
                let most = self.config.tries_at_once.div_ceil(2);
                self.counts().entry(place).gate(most)
            });
            let address = match gate {
                Some(gate) => Some(gate.acquire_owned().await.ok()?),
                None => None,
            };
            let all = Arc::clone(&self.tries).acquire_owned().await.ok()?;
            Some(Permits { _address: address, _all: all })
        };
        tokio::time::timeout(PATIENCE, acquire).await.ok().flatten()
    }

    fn is_full(&self, who: Who<'_>) -> bool {
        let most = self.most(&who);
        let Some(place) = self.place(who) else { return false };
        let mut counts = self.counts();
        let Some(count) = counts.known.get_mut(&place) else { return false };
        count.drain(Instant::now(), self.drain_rate(most));
        count.level + 1.0 > f64::from(most)
    }

    fn count(&self, who: Who<'_>) {
        let most = self.most(&who);
        let rate = self.drain_rate(most);
        let Some(place) = self.place(who) else { return };
        let mut counts = self.counts();
        let count = counts.entry(place);
        count.drain(Instant::now(), rate);
        count.level += 1.0;
    }

    /// Failures that drain in a second.
    #[expect(clippy::cast_precision_loss, reason = "seconds of a day at most")]
    fn drain_rate(&self, most: u32) -> f64 {
        f64::from(most) / self.config.seconds.max(1) as f64
    }

    fn most(&self, who: &Who<'_>) -> u32 {
        match who {
            Who::Address(_) => self.config.address_failures,
            Who::User(_) | Who::Device(_) | Who::Stale(_) => self.config.user_failures,
        }
    }

    /// Where something is counted; `None` when it is not.
    fn place(&self, who: Who<'_>) -> Option<u64> {
        let login = |attempt: &Attempt<'_>| attempt.credentials.login.to_lowercase();
        Some(match who {
            Who::User(attempt) => self.hasher.hash_one(("user", login(attempt))),
            Who::Device(attempt) => {
                self.hasher.hash_one(("device", login(attempt), attempt.device))
            }
            Who::Stale(attempt) => self.hasher.hash_one(("stale", self.digest(attempt)?)),
            Who::Address(attempt) => {
                let address = attempt.address?;
                if self.config.exempt.iter().any(|network| network.contains(address)) {
                    return None;
                }
                self.hasher.hash_one(("address", network_of(address)))
            }
        })
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn digest(&self, attempt: &Attempt<'_>) -> Option<Digest> {
        let Credentials { login, password, .. } = attempt.credentials;
        if attempt.device.is_empty() {
            return None;
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.expose()).ok()?;
        for part in [login.to_lowercase().as_bytes(), attempt.device.as_bytes()] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.update(password.expose().as_bytes());
        Some(mac.finalize().into_bytes().into())
    }
}

/// For whom something is counted.
enum Who<'a> {
    User(&'a Attempt<'a>),
    Device(&'a Attempt<'a>),
    /// A password that was good and may be no more.
    Stale(&'a Attempt<'a>),
    Address(&'a Attempt<'a>),
}

/// What one customer of a provider may have of addresses.
fn network_of(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits() >> 64 << 64,
    }
}

/// All counts; bounded.
#[derive(Default)]
struct Counts {
    known: HashMap<u64, Count>,
}

impl Counts {
    /// The count of a place; where there are too many, the emptier half is forgotten.
    fn entry(&mut self, place: u64) -> &mut Count {
        if self.known.len() >= MOST_COUNTS && !self.known.contains_key(&place) {
            let mut levels: Vec<_> = self.known.values().map(|count| count.level).collect();
            let half = levels.len() / 2;
            let (_, median, _) = levels.select_nth_unstable_by(half, f64::total_cmp);
            let median = *median;
            self.known.retain(|_, count| count.level > median);
        }
        self.known.entry(place).or_insert_with(|| Count {
            level: 0.0,
            at: Instant::now(),
            gate: None,
        })
    }
}

/// One count.
struct Count {
    level: f64,
    at: Instant,
    gate: Option<Arc<Semaphore>>,
}

impl Count {
    fn drain(&mut self, now: Instant, rate: f64) {
        let gone = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (self.level - gone * rate).max(0.0);
        self.at = now;
    }

    fn gate(&mut self, most: usize) -> Arc<Semaphore> {
        Arc::clone(self.gate.get_or_insert_with(|| Arc::new(Semaphore::new(most))))
    }
}

type Digest = [u8; 32];

const MOST_GOOD: u64 = 200_000;
/// A phone that was away for longer is a new one.
const GOOD_FOR: Duration = Duration::from_secs(30 * 86_400);
const MOST_COUNTS: usize = 100_000;
/// Longest wait for room among those that are tried.
const PATIENCE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::{Duration, Instant};

    use crate::backend::Credentials;
    use crate::http::network::Network;
    use crate::http::throttle::{Admission, Attempt, Config, Counts, MOST_COUNTS, Throttle};
    use crate::secret::Secret;

    fn who(login: &str, password: &str, address: &str) -> Credentials {
        let password = Secret::new(password.to_owned());
        let address: IpAddr = address.parse().unwrap();
        Credentials { login: login.to_owned(), password, address: Some(address) }
    }

    fn attempt<'a>(credentials: &'a Credentials, device: &'a str) -> Attempt<'a> {
        Attempt { credentials, device, address: credentials.address }
    }

    fn throttle() -> Throttle {
        let exempt = vec![Network::parse("198.51.100.0/24").unwrap()];
        let config = Config { user_failures: 3, address_failures: 5, exempt, ..Config::default() };
        Throttle::new(&config)
    }

    async fn fail(throttle: &Throttle, credentials: &Credentials, device: &str) -> bool {
        let attempt = attempt(credentials, device);
        let admission = throttle.admit(&attempt).await;
        if matches!(admission, Admission::Full) {
            return false;
        }
        throttle.failed(&attempt, &admission);
        true
    }

    #[tokio::test]
    async fn a_user_is_counted_from_everywhere() {
        let throttle = throttle();
        for last in 1..=3 {
            assert!(fail(&throttle, &who("ann", "x", &format!("192.0.2.{last}")), "A").await);
        }
        assert!(!fail(&throttle, &who("Ann", "x", "192.0.2.9"), "B").await);
        assert!(fail(&throttle, &who("bob", "x", "192.0.2.9"), "B").await);
    }

    #[tokio::test]
    async fn an_address_is_counted_for_all_users() {
        let throttle = throttle();
        for user in 0..5 {
            let address = format!("2001:db8::{user}");
            assert!(fail(&throttle, &who(&format!("user{user}"), "x", &address), "A").await);
        }
        assert!(!fail(&throttle, &who("other", "x", "2001:db8::ffff"), "A").await);
        assert!(fail(&throttle, &who("other", "x", "2001:db8:0:1::"), "A").await);
        for user in 0..50 {
            let one = who(&format!("cloud{user}"), "x", "198.51.100.7");
            assert!(fail(&throttle, &one, "A").await, "exempt");
        }
    }

    #[tokio::test]
    async fn what_was_good_for_a_device_passes() {
        let throttle = throttle();
        let ann = who("ann", "right", "203.0.113.1");
        throttle.succeeded(&attempt(&ann, "PHONE")).await;
        while fail(&throttle, &who("ann", "guess", "192.0.2.1"), "A").await {}
        let good = throttle.admit(&attempt(&ann, "PHONE")).await;
        assert!(matches!(good, Admission::Good));
        // Without the device's id, the right password is answered as a wrong one is.
        let other = throttle.admit(&attempt(&ann, "OTHER")).await;
        assert!(matches!(other, Admission::Full));
    }

    #[tokio::test]
    async fn a_stale_password_throttles_its_phone_alone() {
        let throttle = throttle();
        let ann = who("ann", "before", "203.0.113.1");
        throttle.succeeded(&attempt(&ann, "PHONE")).await;
        let mut n = 0;
        while fail(&throttle, &ann, "PHONE").await {
            n += 1;
        }
        assert_eq!(n, 3);
        let after = who("ann", "after", "203.0.113.1");
        let renewed = throttle.admit(&attempt(&after, "PHONE")).await;
        assert!(matches!(renewed, Admission::Try(_)));
    }

    #[tokio::test]
    async fn few_are_tried_at_once() {
        let throttle = throttle();
        let ann = who("ann", "x", "192.0.2.1");
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(throttle.admit(&attempt(&ann, "A")).await);
        }
        let one = attempt(&ann, "A");
        let fifth = tokio::time::timeout(Duration::from_millis(50), throttle.admit(&one));
        assert!(fifth.await.is_err());
        held.pop();
        assert!(matches!(throttle.admit(&one).await, Admission::Try(_)));
    }

    #[test]
    fn counts_drain_and_are_bounded() {
        let mut counts = Counts::default();
        for place in 0..MOST_COUNTS as u64 + 10 {
            counts.entry(place).level = place as f64;
        }
        assert!(counts.known.len() <= MOST_COUNTS);
        assert!(counts.known.contains_key(&(MOST_COUNTS as u64 - 1)), "the fullest stays");
        let count = counts.entry(MOST_COUNTS as u64 - 1);
        count.level = 10.0;
        count.at = Instant::now();
        count.drain(count.at + Duration::from_secs(30), 0.1);
        assert!((count.level - 7.0).abs() < 0.001, "{}", count.level);
    }

    #[test]
    fn a_refusal_ends_on_a_full_second() {
        let throttle = throttle();
        let total = |millis| {
            let gone = Duration::from_millis(millis);
            (gone + throttle.hold_back(gone)).as_millis()
        };
        assert_eq!([total(0), total(5), total(999), total(2_100)], [1_000, 1_000, 1_000, 3_000]);
    }
}
