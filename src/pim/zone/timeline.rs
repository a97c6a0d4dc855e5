//! What the clocks of a place show over a time, and how far two of them are apart.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Offsets and since when they hold, the oldest first; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Timeline(Vec<(i64, i32)>);

impl Timeline {
    /// Clocks that are never changed.
    pub(super) fn fixed(from: Timestamp, offset: i32) -> Self {
        Self(vec![(from.as_second(), offset)])
    }

    /// Clocks that are changed; `changes` are sorted, `otherwise` holds before all of them.
    pub(super) fn new(
        from: Timestamp,
        to: Timestamp,
        changes: &[(i64, i32)],
        otherwise: i32,
    ) -> Self {
        let (from, to) = (from.as_second(), to.as_second());
        let before = changes.iter().take_while(|(at, _)| *at <= from).last();
        let mut line = vec![(from, before.map_or(otherwise, |(_, offset)| *offset))];
        line.extend(changes.iter().filter(|(at, _)| from < *at && *at < to));
        Self(line)
    }

    /// The clocks of a zone.
    pub(super) fn of(zone: &TimeZone, from: Timestamp, to: Timestamp) -> Self {
        let mut line = vec![(from.as_second(), zone.to_offset(from).seconds())];
        let changes = zone.following(from).take_while(|change| change.timestamp() < to);
        line.extend(changes.map(|change| {
            let at = change.timestamp();
            (at.as_second(), zone.to_offset(at).seconds())
        }));
        Self(line)
    }

    /// The offset at its begin.
    pub(super) fn first(&self) -> i32 {
        self.0.first().map_or(0, |(_, offset)| *offset)
    }

    /// How wrong the other is: seconds on the clock, times seconds for which they are wrong.
    ///
    /// Both begin at the same time.
    pub(super) fn distance(&self, other: &Self, to: Timestamp) -> i64 {
        let (mut mine, mut its) = (self.0.iter().peekable(), other.0.iter().peekable());
        let (mut at, mut sum) = (i64::MIN, 0_i64);
        let (mut one, mut two) = (0_i32, 0_i32);
        loop {
            let next = match (mine.peek(), its.peek()) {
                (Some(one), Some(two)) => one.0.min(two.0),
                (Some(one), None) => one.0,
                (None, Some(two)) => two.0,
                (None, None) => to.as_second(),
            };
            if at != i64::MIN {
                sum += (next - at).max(0) * i64::from((one - two).abs());
            }
            if mine.peek().is_none() && its.peek().is_none() {
                return sum;
            }
            at = next;
            if let Some((_, offset)) = mine.next_if(|change| change.0 == at) {
                one = *offset;
            }
            if let Some((_, offset)) = its.next_if(|change| change.0 == at) {
                two = *offset;
            }
        }
    }
}
