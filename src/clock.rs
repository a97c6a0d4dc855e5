//! The only source of "now", so that tests can set it.

use std::fmt::Debug;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time.
pub trait Clock: Debug + Send + Sync {
    /// Milliseconds since 1970 in UTC.
    fn unix_millis(&self) -> i64;

    /// Whole seconds since 1970 in UTC.
    fn unix_seconds(&self) -> i64 {
        self.unix_millis().div_euclid(1_000)
    }
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may ask")]
    fn unix_millis(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::clock::{Clock, SystemClock};

    #[derive(Debug)]
    struct At(i64);

    impl Clock for At {
        fn unix_millis(&self) -> i64 {
            self.0
        }
    }

    #[test]
    fn seconds_are_rounded_down() {
        assert_eq!(At(1_999).unix_seconds(), 1);
        assert_eq!(At(-1).unix_seconds(), -1);
    }

    #[test]
    fn the_system_clock_is_past_this_source() {
        assert!(SystemClock.unix_seconds() > 1_760_000_000);
    }
}
