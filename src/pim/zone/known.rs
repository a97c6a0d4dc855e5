//! Rules that were found, for the years in which they hold from the first day to the last.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::pim::zone::information::TimeZoneInformation;

/// Rows before all are forgotten: some zones, each in all the years that calendars speak of.
const MOST: usize = 4_000;

type Rows = HashMap<(String, i16), TimeZoneInformation>;

static ROWS: LazyLock<Mutex<Rows>> = LazyLock::new(Mutex::default);

/// What a phone is told of a zone in a year of its own clock, where it was found before.
pub(super) fn get(zone: &str, year: i16) -> Option<TimeZoneInformation> {
    let rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
    rows.get(&(zone.to_owned(), year)).cloned()
}

/// Remembers what was found.
pub(super) fn put(zone: &str, year: i16, information: &TimeZoneInformation) {
    let mut rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
    if rows.len() >= MOST {
        rows.clear();
    }
    rows.insert((zone.to_owned(), year), information.clone());
}
