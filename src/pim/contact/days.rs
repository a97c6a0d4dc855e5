//! Days of the year, such as birthdays: dates for Horde, instants for the protocol.
//!
//! A phone may read the day in UTC or in its own zone, and may send a midnight of either, or what it
//! was sent; the time itself has no meaning.
//!
//! [MS-ASCNTC] §2.2.2.6

use jiff::civil::{Date, Time, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// An instant that is on the day in UTC and in the user's zone.
///
/// Mostly 11:59, as Exchange has it: on the same day from 11 hours west to 12 hours east.
pub(super) fn told(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let at = |time: Time| Some(day.to_datetime(time).to_zoned(TimeZone::UTC).ok()?.timestamp());
    let is_there = |at: &Timestamp| zone.to_datetime(*at).date() == day;
    CHOICES.into_iter().filter_map(at).find(is_there).or_else(|| at(CHOICES[0]))
}

/// The day that a client means.
///
/// What is sent in UTC, and what we told it, is the day of UTC; a midnight in the user's zone begins
/// its day there; else it is the midnight of another zone, and the nearest one in UTC counts.
pub(super) fn meant(at: Timestamp, zone: &TimeZone) -> Date {
    let here = TimeZone::UTC.to_datetime(at);
    if [MIDNIGHT, EXCHANGE].contains(&here.time()) || told(here.date(), zone) == Some(at) {
        return here.date();
    }
    let there = zone.to_datetime(at).date();
    if zone.to_zoned(there.to_datetime(MIDNIGHT)).is_ok_and(|begin| begin.timestamp() == at) {
        return there;
    }
    // Exactly noon is as near to both; it means the day it is in.
    let nearest = at.checked_add(HALF_A_DAY).unwrap_or(at);
    TimeZone::UTC.to_datetime(nearest).date()
}

const MIDNIGHT: Time = time(0, 0, 0, 0);
const EXCHANGE: Time = time(11, 59, 0, 0);
const CHOICES: [Time; 3] = [EXCHANGE, MIDNIGHT, time(23, 59, 0, 0)];
/// A second less, so that noon stays.
const HALF_A_DAY: SignedDuration = SignedDuration::from_secs(43_199);

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date, time};
    use jiff::tz::TimeZone;
    use jiff::{Timestamp, ToSpan};

    use crate::pim::contact::days::{meant, told};

    fn days() -> Vec<Date> {
        let mut days = vec![date(1890, 1, 1), date(1900, 2, 28), date(9000, 12, 30)];
        let mut day = date(1916, 1, 31);
        while day.year() < 2040 {
            days.push(day);
            day = day.checked_add(211.days()).unwrap();
        }
        // Clocks change, in places at midnight, and a day was left out.
        days.extend([date(2018, 11, 4), date(2024, 3, 31), date(2024, 10, 27), date(2011, 12, 31)]);
        days
    }

    fn zones() -> Vec<TimeZone> {
        let names = jiff::tz::db().available();
        let zones: Vec<_> = names.filter_map(|name| TimeZone::get(name.as_str()).ok()).collect();
        assert!(zones.len() > 300, "{}", zones.len());
        zones
    }

    fn utc(day: Date, hour: i8, minute: i8) -> Timestamp {
        day.to_datetime(time(hour, minute, 0, 0)).to_zoned(TimeZone::UTC).unwrap().timestamp()
    }

    /// Whatever the user's zone and the day: no client moves it.
    #[test]
    fn no_client_moves_a_day_in_any_zone() {
        for zone in zones() {
            for &day in &days() {
                let name = zone.iana_name().unwrap_or_default();
                let sent = told(day, &zone).unwrap();
                assert_eq!(meant(sent, &zone), day, "{name}: what we told");
                // A client that reads the day in UTC, and one that reads it in its own zone.
                assert_eq!(TimeZone::UTC.to_datetime(sent).date(), day, "{name}");
                let local = zone.to_datetime(sent).date();
                let is_no_day =
                    zone.to_datetime(zone.to_timestamp(day.at(12, 0, 0, 0)).unwrap()).date() != day;
                assert!(local == day || is_no_day, "{name}: {day} is {local}");
                assert_eq!(meant(utc(day, 0, 0), &zone), day, "{name}: UTC's midnight of {day}");
                assert_eq!(meant(utc(day, 11, 59), &zone), day, "{name}: Exchange's time of {day}");
                let midnight = zone.to_zoned(day.at(0, 0, 0, 0)).unwrap().timestamp();
                if !is_no_day {
                    assert_eq!(meant(midnight, &zone), day, "{name}: the midnight of {day}");
                }
                // Old Androids; BlackBerries and noons, where no zone has its midnight then.
                for hour in [8, 11, 12] {
                    let sent = utc(day, hour, 0);
                    let is_midnight = zone.to_datetime(sent).time() == time(0, 0, 0, 0);
                    if hour == 8 || !is_midnight {
                        assert_eq!(meant(sent, &zone), day, "{name}: {hour} o'clock of {day}");
                    }
                }
            }
        }
    }

    /// A phone that is elsewhere than its user's preferences say.
    #[test]
    fn a_midnight_of_a_zone_that_we_do_not_know_is_the_nearest() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        for (sent, wanted) in [
            ("1990-02-02T12:30:00Z", "1990-02-03"),
            ("1990-02-02T15:00:00Z", "1990-02-03"),
            ("1990-02-03T10:00:00Z", "1990-02-03"),
            ("1890-12-31T23:06:32Z", "1891-01-01"),
        ] {
            assert_eq!(meant(sent.parse().unwrap(), &zone).to_string(), wanted, "{sent}");
        }
    }
}
