//! FilterType of calendars and tasks: what a client wants to hold, and what leaves and enters as time
//! goes by or the client chooses another one.
//!
//! A filter looks at the past alone: events to come are all wanted. What the client holds is never
//! listed anywhere, so the state keeps the cutoff of the last pass (0: nothing was cut off) and the
//! time of that pass (0: there was none), in the two members in which Horde keeps its own.
//!
//! Horde: its server lists events up to a year ahead, sends what changed whether it is wanted or
//! not, takes running events away at the cutoff and brings nothing back when the filter widens.
//!
//! [MS-ASCMD] §2.2.3.68.2

use crate::eas::class::Class;

/// What of a folder a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All items.
    Everything,
    /// Events that end at this time or later, in Unix seconds.
    EndingAfter(i64),
    /// Tasks that are not completed.
    Incomplete,
}

/// The last pass: what the client holds, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Items before it are not held, in Unix seconds; 0 when all are.
    pub cutoff: i64,
    /// When this was seen to, in Unix seconds; 0 for never.
    pub at: i64,
}

/// What is to be done before a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Nothing.
    None,
    /// The mark is new: what is cut off is not held already.
    Mark,
    /// These go from the client.
    Leave(Part),
    /// These come to it.
    Enter(Part),
}

/// A part of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Events that end in a span of time: the first is in it, the last is not; `None` for no limit.
    Ending(Option<i64>, Option<i64>),
    /// Completed tasks.
    Completed,
}

impl Filter {
    /// What a FilterType means for a class at a time; types that it does not have mean everything.
    #[must_use]
    pub fn of(class: Class, filter_type: Option<u8>, seconds: Option<i64>, now: i64) -> Self {
        match (class, filter_type, seconds) {
            (Class::Calendar, _, Some(seconds)) => Self::EndingAfter(now.saturating_sub(seconds)),
            (Class::Tasks, Some(INCOMPLETE), _) => Self::Incomplete,
            _ => Self::Everything,
        }
    }

    /// The mark after a first listing, or after a pass; none for classes without filters.
    #[must_use]
    pub const fn mark(self, class: Class, now: i64) -> Mark {
        match self {
            Self::EndingAfter(cutoff) => Mark { cutoff, at: now },
            Self::Incomplete => Mark { cutoff: INCOMPLETE as i64, at: now },
            Self::Everything if matches!(class, Class::Calendar) => Mark { cutoff: 0, at: now },
            Self::Everything => Mark { cutoff: 0, at: 0 },
        }
    }

    /// What is to be done to get from what the last pass left to what is wanted now.
    ///
    /// Events grow out of a filter: they are looked for once in 23 hours, as Horde does.
    #[must_use]
    pub const fn pass(self, mark: Mark, now: i64) -> Pass {
        match self {
            Self::Everything if mark.cutoff == 0 => Pass::None,
            Self::Everything if mark.cutoff == INCOMPLETE as i64 => Pass::Enter(Part::Completed),
            Self::Everything => Pass::Enter(Part::Ending(None, Some(mark.cutoff))),
            Self::Incomplete if mark.cutoff == INCOMPLETE as i64 => Pass::None,
            Self::Incomplete => Pass::Leave(Part::Completed),
            // Who listed the folder first did not say what was cut off: Horde does it later.
            Self::EndingAfter(_) if mark.at == 0 => Pass::Mark,
            Self::EndingAfter(cutoff) if mark.cutoff == 0 => {
                Pass::Leave(Part::Ending(None, Some(cutoff)))
            }
            Self::EndingAfter(cutoff) => {
                let grown = cutoff.saturating_sub(mark.cutoff);
                let passed = now.saturating_sub(mark.at);
                if grown < -SLACK {
                    Pass::Enter(Part::Ending(Some(cutoff), Some(mark.cutoff)))
                } else if grown > 0 && (passed > PASS_SECONDS || grown > passed + SLACK) {
                    Pass::Leave(Part::Ending(Some(mark.cutoff), Some(cutoff)))
                } else {
                    Pass::None
                }
            }
        }
    }
}

impl Mark {
    /// Whether an event that ends then, or never, is held.
    #[must_use]
    pub fn holds_event(self, ends: Option<i64>) -> bool {
        ends.is_none_or(|ends| ends >= self.cutoff)
    }

    /// Whether a task is held.
    #[must_use]
    pub const fn holds_task(self, completed: bool) -> bool {
        self.cutoff == 0 || !completed
    }
}

/// The FilterType that means tasks which are not completed.
const INCOMPLETE: u8 = 8;
/// Seconds between two passes.
pub const PASS_SECONDS: i64 = 82_800;
/// Seconds by which clocks and passes may differ without the filter being another one: less than
/// the difference between any two of them.
const SLACK: i64 = 43_200;

#[cfg(test)]
mod tests {
    use crate::delta::filter::{Filter, Mark, Part, Pass};
    use crate::eas::class::Class;

    const NOW: i64 = 1_800_000_000;
    const DAY: i64 = 86_400;

    fn weeks(n: i64, now: i64) -> Filter {
        Filter::of(Class::Calendar, Some(4), Some(n * 7 * DAY), now)
    }

    #[test]
    fn what_ended_since_the_last_pass_leaves_once_a_day() {
        let mark = weeks(2, NOW).mark(Class::Calendar, NOW);
        assert_eq!(mark, Mark { cutoff: NOW - 14 * DAY, at: NOW });
        assert_eq!(weeks(2, NOW + 3_600).pass(mark, NOW + 3_600), Pass::None);
        let later = NOW + DAY;
        let part = Part::Ending(Some(NOW - 14 * DAY), Some(later - 14 * DAY));
        assert_eq!(weeks(2, later).pass(mark, later), Pass::Leave(part));
    }

    #[test]
    fn another_filter_takes_and_brings_at_once() {
        let mark = weeks(2, NOW).mark(Class::Calendar, NOW);
        let later = NOW + 60;
        let entering = Part::Ending(Some(later - 28 * DAY), Some(NOW - 14 * DAY));
        assert_eq!(weeks(4, later).pass(mark, later), Pass::Enter(entering));
        let leaving = Part::Ending(Some(NOW - 14 * DAY), Some(later - 7 * DAY));
        assert_eq!(weeks(1, later).pass(mark, later), Pass::Leave(leaving));
        let all = Part::Ending(None, Some(NOW - 14 * DAY));
        assert_eq!(Filter::Everything.pass(mark, later), Pass::Enter(all));
    }

    #[test]
    fn a_filter_where_none_was_takes_all_that_is_old() {
        let mark = Filter::Everything.mark(Class::Calendar, NOW);
        let later = NOW + 60;
        assert_eq!(Filter::Everything.pass(mark, later), Pass::None);
        let old = Part::Ending(None, Some(later - 14 * DAY));
        assert_eq!(weeks(2, later).pass(mark, later), Pass::Leave(old));
        assert_eq!(weeks(2, later).pass(Mark::default(), later), Pass::Mark);
    }

    #[test]
    fn completed_tasks_leave_and_come_back() {
        let filter = Filter::of(Class::Tasks, Some(8), None, NOW);
        assert_eq!(filter.pass(Mark::default(), NOW), Pass::Leave(Part::Completed));
        let mark = filter.mark(Class::Tasks, NOW);
        assert_eq!(filter.pass(mark, NOW + DAY), Pass::None);
        assert_eq!(Filter::Everything.pass(mark, NOW), Pass::Enter(Part::Completed));
        assert!(!mark.holds_task(true) && mark.holds_task(false));
        assert!(Mark::default().holds_task(true));
    }

    #[test]
    fn classes_without_filters_have_no_mark() {
        let filter = Filter::of(Class::Contacts, Some(5), Some(28 * DAY), NOW);
        assert_eq!(filter, Filter::Everything);
        assert_eq!(filter.mark(Class::Contacts, NOW), Mark::default());
    }

    #[test]
    fn what_never_ends_is_always_held() {
        let mark = Mark { cutoff: NOW, at: NOW };
        assert!(mark.holds_event(None) && mark.holds_event(Some(NOW)));
        assert!(!mark.holds_event(Some(NOW - 1)));
    }
}
