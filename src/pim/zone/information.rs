//! The 172 bytes by which Windows describes a time zone, and what they say of a year.
//!
//! [MS-ASDTYPE] §2.7.6

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::Offset;

use crate::pim::zone::timeline::Timeline;

/// A time zone as one year's rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeZoneInformation {
    /// Minutes from local time to UTC: west is positive.
    pub bias: i32,
    /// What standard time is called.
    pub standard_name: String,
    /// When standard time begins, on the clock of daylight time.
    pub standard_date: SystemTime,
    /// Minutes that standard time adds to `bias`: 0 as a rule.
    pub standard_bias: i32,
    /// What daylight time is called.
    pub daylight_name: String,
    /// When daylight time begins, on the clock of standard time.
    pub daylight_date: SystemTime,
    /// Minutes that daylight time adds to `bias`: -60 as a rule.
    pub daylight_bias: i32,
}

/// A moment of each year: the `day`th `weekday` of `month` (5: the last one); or, with a `year`, of
/// that year alone, where `day` is the day of the month. All zero: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct SystemTime {
    pub year: u16,
    pub month: u16,
    pub weekday: u16,
    pub day: u16,
    pub hour: u16,
    pub minute: u16,
    pub second: u16,
    pub milliseconds: u16,
}

/// What an information says, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// Seconds east of UTC in standard time.
    pub(super) standard: i32,
    /// Daylight time, if there is any.
    pub(super) daylight: Option<Daylight>,
}

/// Daylight time: seconds east of UTC, and the moments of its begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Daylight {
    pub(super) offset: i32,
    pub(super) begins: SystemTime,
    pub(super) ends: SystemTime,
}

impl TimeZoneInformation {
    /// Reads the bytes; `None` when there are too few of them.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (bias, bytes) = long(bytes)?;
        let (standard_name, bytes) = name(bytes)?;
        let (standard_date, bytes) = SystemTime::read(bytes)?;
        let (standard_bias, bytes) = long(bytes)?;
        let (daylight_name, bytes) = name(bytes)?;
        let (daylight_date, bytes) = SystemTime::read(bytes)?;
        let (daylight_bias, _) = long(bytes)?;
        Some(Self {
            bias,
            standard_name,
            standard_date,
            standard_bias,
            daylight_name,
            daylight_date,
            daylight_bias,
        })
    }

    /// The 172 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SIZE);
        bytes.extend(self.bias.to_le_bytes());
        write_name(&mut bytes, &self.standard_name);
        self.standard_date.write(&mut bytes);
        bytes.extend(self.standard_bias.to_le_bytes());
        write_name(&mut bytes, &self.daylight_name);
        self.daylight_date.write(&mut bytes);
        bytes.extend(self.daylight_bias.to_le_bytes());
        bytes
    }

    /// What it says; `None` when no place on earth has such an offset.
    ///
    /// Daylight time whose dates are none is none.
    pub(super) fn rules(&self) -> Option<Rules> {
        let standard = offset(self.bias, self.standard_bias)?;
        let dates = (self.daylight_date.is_valid(), self.standard_date.is_valid());
        let daylight = (dates == (true, true)).then(|| offset(self.bias, self.daylight_bias));
        let daylight = daylight.flatten().map(|offset| Daylight {
            offset,
            begins: self.daylight_date,
            ends: self.standard_date,
        });
        Some(Rules { standard, daylight })
    }
}

impl Rules {
    /// What the clocks show from `from` to `to`.
    pub(super) fn timeline(&self, from: Timestamp, to: Timestamp) -> Timeline {
        let Some(daylight) = &self.daylight else {
            return Timeline::fixed(from, self.standard);
        };
        let years = utc_year(from).saturating_sub(1)..=utc_year(to).saturating_add(1);
        let mut changes: Vec<(i64, i32)> = years
            .flat_map(|year| {
                let begins = daylight.begins.on(year).map(|at| (at, self.standard));
                let ends = daylight.ends.on(year).map(|at| (at, daylight.offset));
                let seconds = |(at, before)| Some(instant(at)? - i64::from(before));
                let begins = begins.and_then(seconds).map(|at| (at, daylight.offset));
                let ends = ends.and_then(seconds).map(|at| (at, self.standard));
                [begins, ends].into_iter().flatten()
            })
            .collect();
        changes.sort_unstable();
        Timeline::new(from, to, &changes, self.standard)
    }

    /// Seconds east of UTC at an instant.
    pub(super) fn offset_at(&self, at: Timestamp) -> i32 {
        self.timeline(at, at).first()
    }
}

impl SystemTime {
    /// The moment of a year; `None` in other years than its own.
    pub(super) fn on(&self, year: i16) -> Option<DateTime> {
        let month = i8::try_from(self.month).ok()?;
        let day = i8::try_from(self.day).ok()?;
        let date = if self.year == 0 {
            let weekday =
                Weekday::from_sunday_zero_offset(i8::try_from(self.weekday).ok()?).ok()?;
            let nth = if day == LAST { -1 } else { day };
            Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, weekday).ok()?
        } else if i16::try_from(self.year) == Ok(year) {
            Date::new(year, month, day).ok()?
        } else {
            return None;
        };
        let seconds = i64::from(self.hour) * 3600
            + i64::from(self.minute) * 60
            + i64::from(self.second)
            + i64::from(self.milliseconds >= 500);
        let midnight = date.to_datetime(Time::midnight());
        midnight.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()
    }

    /// Whether it is a moment at all. Horde writes hours beyond 24 for the day after.
    fn is_valid(&self) -> bool {
        let day = if self.year == 0 { 1..=5 } else { 1..=31 };
        (1..=12).contains(&self.month)
            && day.contains(&self.day)
            && self.weekday <= 6
            && self.hour <= 47
            && self.minute <= 59
            && self.second <= 59
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (fields, rest) = bytes.split_first_chunk::<16>()?;
        let field = |at: usize| u16::from_le_bytes([fields[at * 2], fields[at * 2 + 1]]);
        let time = Self {
            year: field(0),
            month: field(1),
            weekday: field(2),
            day: field(3),
            hour: field(4),
            minute: field(5),
            second: field(6),
            milliseconds: field(7),
        };
        Some((time, rest))
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        for field in [
            self.year,
            self.month,
            self.weekday,
            self.day,
            self.hour,
            self.minute,
            self.second,
            self.milliseconds,
        ] {
            bytes.extend(field.to_le_bytes());
        }
    }
}

/// Seconds east of UTC, where that is possible.
fn offset(bias: i32, more: i32) -> Option<i32> {
    let minutes = bias.checked_add(more)?;
    (-MOST_MINUTES..=MOST_MINUTES).contains(&minutes).then(|| -minutes * 60)
}

/// A reading of clocks as if it was one in UTC.
fn instant(at: DateTime) -> Option<i64> {
    Offset::UTC.to_timestamp(at).ok().map(Timestamp::as_second)
}

fn utc_year(at: Timestamp) -> i16 {
    Offset::UTC.to_datetime(at).year()
}

fn long(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let (value, rest) = bytes.split_first_chunk::<4>()?;
    Some((i32::from_le_bytes(*value), rest))
}

fn name(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (name, rest) = bytes.split_at_checked(NAME_UNITS * 2)?;
    let units = name.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    Some((String::from_utf16_lossy(&units), rest))
}

/// A name that does not fit, with the NUL at its end, is left out: half a name is none.
fn write_name(bytes: &mut Vec<u8>, name: &str) {
    let mut units: Vec<u16> = name.encode_utf16().collect();
    if units.len() >= NAME_UNITS {
        units.clear();
    }
    units.resize(NAME_UNITS, 0);
    bytes.extend(units.into_iter().flat_map(u16::to_le_bytes));
}

/// Bytes of an information.
const SIZE: usize = 172;

/// UTF-16 units of a name.
const NAME_UNITS: usize = 32;

/// The day that means "the last one".
const LAST: i8 = 5;

/// Minutes between UTC and any clock on earth, at most.
const MOST_MINUTES: i32 = 15 * 60 + 30;

#[cfg(test)]
mod tests {
    use crate::pim::zone::information::{SystemTime, TimeZoneInformation};

    #[test]
    fn bytes_come_back() {
        let information = TimeZoneInformation {
            bias: -570,
            standard_name: "Australia/Adelaide".to_owned(),
            standard_date: SystemTime { month: 4, day: 1, hour: 3, ..SystemTime::default() },
            standard_bias: 0,
            daylight_name: "\u{fc}ber \u{1f600}".to_owned(),
            daylight_date: SystemTime { month: 10, day: 1, hour: 2, ..SystemTime::default() },
            daylight_bias: -60,
        };
        let bytes = information.to_bytes();
        assert_eq!(bytes.len(), 172);
        assert_eq!(TimeZoneInformation::from_bytes(&bytes), Some(information));
        assert_eq!(TimeZoneInformation::from_bytes(&bytes[..171]), None);
    }

    #[test]
    fn a_name_that_does_not_fit_is_left_out() {
        let fits = "x".repeat(31);
        for (name, kept) in [(&fits, fits.as_str()), (&"x".repeat(32), "")] {
            let information =
                TimeZoneInformation { standard_name: name.clone(), ..Default::default() };
            let bytes = information.to_bytes();
            assert_eq!(bytes.len(), 172);
            let read = TimeZoneInformation::from_bytes(&bytes).expect("an information");
            assert_eq!(read.standard_name, kept);
        }
    }

    #[test]
    fn nonsense_says_nothing() {
        let far = |bias, standard_bias| {
            TimeZoneInformation { bias, standard_bias, ..Default::default() }.rules()
        };
        assert!(far(i32::MIN, -1).is_none());
        assert!(far(i32::MAX, 1).is_none());
        assert!(far(i32::MIN, 0).is_none());
        assert!(far(-840, 0).is_some());
        let first = SystemTime { month: 3, day: 5, hour: 2, ..SystemTime::default() };
        for broken in [
            SystemTime { month: 13, ..first },
            SystemTime { month: 0, ..first },
            SystemTime { day: 6, ..first },
            SystemTime { day: 0, ..first },
            SystemTime { weekday: 7, ..first },
            SystemTime { hour: 99, ..first },
            SystemTime { minute: 60, ..first },
        ] {
            let information = TimeZoneInformation {
                bias: -60,
                daylight_bias: -60,
                daylight_date: broken,
                standard_date: SystemTime { month: 10, ..first },
                ..Default::default()
            };
            let rules = information.rules().expect("an offset");
            assert_eq!((rules.standard, rules.daylight), (3600, None), "{broken:?}");
        }
    }
}
