//! Sets of IMAP uids, held as runs of consecutive numbers: a mailbox of 100,000 messages is a
//! handful of them.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::ops::RangeInclusive;

/// Uids in the order in which they came: old ones first, new ones behind.
///
/// Horde's text form is made and read without a value per uid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UidSet(Vec<Run>);

/// Uids in ascending order, each once: for look-ups and comparisons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SortedUids(Vec<Run>);

/// Consecutive uids, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    first: u32,
    last: u32,
}

impl UidSet {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        n_uids(&self.0)
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = u32> + '_ {
        self.0.iter().flat_map(|run| run.uids())
    }

    /// The same in ascending order.
    #[must_use]
    pub fn sorted(&self) -> SortedUids {
        SortedUids::of_runs(self.0.clone())
    }

    /// Appends uids; the caller knows that they are new.
    pub fn append(&mut self, uids: impl IntoIterator<Item = u32>) {
        for uid in uids {
            self.push(Run { first: uid, last: uid });
        }
    }

    /// Takes uids out.
    pub fn remove(&mut self, uids: &BTreeSet<u32>) {
        if uids.is_empty() {
            return;
        }
        for run in std::mem::take(&mut self.0) {
            let mut from = run.first;
            let mut is_open = true;
            for &uid in uids.range(run.uids()) {
                if from < uid {
                    self.push(Run { first: from, last: uid.saturating_sub(1) });
                }
                match uid.checked_add(1) {
                    Some(next) if uid < run.last => from = next,
                    _ => is_open = false,
                }
            }
            if is_open {
                self.push(Run { first: from, last: run.last });
            }
        }
    }

    /// Takes so many off the front, in order.
    #[must_use]
    pub fn take_first(&mut self, n: usize) -> Vec<u32> {
        let mut taken = Vec::new();
        let mut n_whole = 0;
        for run in &mut self.0 {
            let missing = n.saturating_sub(taken.len());
            if missing == 0 {
                break;
            }
            taken.extend(run.uids().take(missing));
            if run.len() > missing {
                run.first = run.first.saturating_add(u32::try_from(missing).unwrap_or(u32::MAX));
                break;
            }
            n_whole += 1;
        }
        self.0.drain(..n_whole);
        taken
    }

    /// Takes so many off the end, the last one first.
    #[must_use]
    pub fn take_last(&mut self, n: usize) -> Vec<u32> {
        let mut taken = Vec::new();
        while let Some(run) = self.0.last_mut().filter(|_| taken.len() < n) {
            let missing = n.saturating_sub(taken.len());
            taken.extend(run.uids().rev().take(missing));
            if run.len() > missing {
                run.last = run.last.saturating_sub(u32::try_from(missing).unwrap_or(u32::MAX));
            } else {
                self.0.pop();
            }
        }
        taken
    }

    /// Reads `8,9,10` or `1:499,501`; `None` for anything else, for 0 and for sets that are
    /// larger than any mailbox.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut uids = Self::default();
        let mut n_uids = 0_usize;
        if text.is_empty() {
            return Some(uids);
        }
        for part in text.split(',') {
            let (first, last) = part.split_once(':').unwrap_or((part, part));
            let first = first.parse::<u32>().ok().filter(|uid| *uid > 0)?;
            let last = last.parse::<u32>().ok().filter(|uid| *uid >= first)?;
            let run = Run { first, last };
            n_uids = n_uids.checked_add(run.len())?;
            if n_uids > LARGEST_SET {
                return None;
            }
            uids.push(run);
        }
        Some(uids)
    }

    /// Appends a run, to the last one where it goes on from there.
    fn push(&mut self, run: Run) {
        match self.0.last_mut() {
            Some(last) if last.last.checked_add(1) == Some(run.first) => last.last = run.last,
            _ => self.0.push(run),
        }
    }
}

impl SortedUids {
    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this one is there.
    #[must_use]
    pub fn contains(&self, uid: u32) -> bool {
        let at = self.0.partition_point(|run| run.last < uid);
        self.0.get(at).is_some_and(|run| run.first <= uid)
    }

    /// All of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = u32> + '_ {
        self.0.iter().flat_map(|run| run.uids())
    }

    /// All of them as runs.
    pub fn runs(&self) -> impl Iterator<Item = RangeInclusive<u32>> + '_ {
        self.0.iter().map(|run| run.uids())
    }

    /// Those that lie in a range, whose ends may be anywhere.
    pub fn within(&self, range: &RangeInclusive<u32>) -> impl Iterator<Item = u32> + '_ {
        let (from, to) = (*range.start(), *range.end());
        let at = self.0.partition_point(|run| run.last < from);
        let runs = self.0.get(at..).unwrap_or_default();
        runs.iter()
            .take_while(move |run| run.first <= to)
            .flat_map(move |run| run.first.max(from)..=run.last.min(to))
    }

    /// Those that the other set does not have.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        let mut others = other.0.iter().copied().peekable();
        for run in &self.0 {
            let mut from = Some(run.first);
            while let Some(taken) = others.peek().copied() {
                if taken.last < run.first {
                    others.next();
                    continue;
                }
                let Some(first) = from.filter(|first| *first <= run.last) else { break };
                if taken.first > run.last {
                    break;
                }
                if first < taken.first {
                    left.push(Run { first, last: taken.first.saturating_sub(1) });
                }
                from = taken.last.checked_add(1);
                if taken.last > run.last {
                    break;
                }
                others.next();
            }
            if let Some(first) = from.filter(|first| *first <= run.last) {
                left.push(Run { first, last: run.last });
            }
        }
        Self(left)
    }

    /// The same as a list.
    #[must_use]
    pub fn into_set(self) -> UidSet {
        UidSet(self.0)
    }

    fn of_runs(mut runs: Vec<Run>) -> Self {
        if !runs.is_sorted() {
            runs.sort_unstable();
        }
        let mut merged: Vec<Run> = Vec::with_capacity(runs.len());
        for run in runs {
            match merged.last_mut() {
                Some(last) if run.first <= last.last.saturating_add(1) => {
                    last.last = last.last.max(run.last);
                }
                _ => merged.push(run),
            }
        }
        Self(merged)
    }
}

impl Run {
    const fn uids(self) -> RangeInclusive<u32> {
        self.first..=self.last
    }

    fn len(self) -> usize {
        let n_more = self.last.saturating_sub(self.first);
        usize::try_from(n_more).unwrap_or(usize::MAX).saturating_add(1)
    }
}

impl fmt::Display for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(formatter, "{}", self.first)
        } else {
            write!(formatter, "{}:{}", self.first, self.last)
        }
    }
}

impl fmt::Display for UidSet {
    /// Horde's form: up to 500 in their order, more as a sequence set in ascending order.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.len() <= LARGEST_LIST {
            return join(formatter, self.iter());
        }
        join(formatter, &self.sorted().0)
    }
}

fn join<T: fmt::Display>(
    formatter: &mut fmt::Formatter<'_>,
    parts: impl IntoIterator<Item = T>,
) -> fmt::Result {
    for (n, part) in parts.into_iter().enumerate() {
        if n > 0 {
            formatter.write_char(',')?;
        }
        write!(formatter, "{part}")?;
    }
    Ok(())
}

fn n_uids(runs: &[Run]) -> usize {
    runs.iter().map(|run| run.len()).sum()
}

impl FromIterator<u32> for UidSet {
    fn from_iter<I: IntoIterator<Item = u32>>(uids: I) -> Self {
        let mut set = Self::default();
        set.append(uids);
        set
    }
}

impl FromIterator<u32> for SortedUids {
    fn from_iter<I: IntoIterator<Item = u32>>(uids: I) -> Self {
        Self::of_runs(uids.into_iter().collect::<UidSet>().0)
    }
}

/// Up to this many, Horde keeps the order.
const LARGEST_LIST: usize = 500;
/// More uids than any mailbox has; a guard against `1:4294967295`.
const LARGEST_SET: usize = 5_000_000;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::uids::{SortedUids, UidSet};

    #[test]
    fn small_sets_keep_their_order() {
        let mut set = UidSet::parse("8,9,4").unwrap();
        set.append([17, 18]);
        set.remove(&BTreeSet::from([9]));
        assert_eq!(set.to_string(), "8,4,17,18");
        assert_eq!(set.sorted().iter().collect::<Vec<_>>(), [4, 8, 17, 18]);
        assert_eq!(UidSet::parse("").unwrap().to_string(), "");
    }

    #[test]
    fn large_sets_become_ranges() {
        let set: UidSet = (1..=504).filter(|uid| *uid != 500 && *uid != 502).collect();
        assert_eq!(set.to_string(), "1:499,501,503:504");
        assert_eq!(UidSet::parse("1:499,501,503:504"), Some(set));
        let lakh: UidSet = (1..=100_000).collect();
        assert_eq!((lakh.to_string().as_str(), lakh.0.len()), ("1:100000", 1));
        let odd: UidSet = (0..100_000).map(|n| 2 * n + 1).collect();
        assert_eq!(UidSet::parse(&odd.to_string()), Some(odd));
    }

    #[test]
    fn other_texts_are_no_sets() {
        for text in ["a", "0", "3:1", "1,,2", "1:", ",", "1 ", "1:4294967295", "4294967296", "-1"] {
            assert_eq!(UidSet::parse(text), None, "{text}");
        }
    }

    /// Uids drawn close together and at the upper end, where numbers run out.
    fn drawn(u: &mut arbitrary::Unstructured<'_>) -> arbitrary::Result<Vec<u32>> {
        let n_uids = u.int_in_range(0..=40)?;
        (0..n_uids)
            .map(|_| {
                let low = u.int_in_range(1..=60)?;
                Ok(if u.ratio(1, 8)? { u32::MAX - low % 4 } else { low })
            })
            .collect()
    }

    #[test]
    fn sets_do_as_sets_of_numbers_do() {
        arbtest::arbtest(|u| {
            let (mut a, b) = (drawn(u)?, drawn(u)?);
            let mut seen = BTreeSet::new();
            a.retain(|uid| seen.insert(*uid));
            let (one, two): (BTreeSet<u32>, BTreeSet<u32>) =
                (a.iter().copied().collect(), b.iter().copied().collect());
            let (mut list, other): (UidSet, SortedUids) =
                (a.iter().copied().collect(), b.iter().copied().collect());
            let sorted = list.sorted();
            assert_eq!(list.len(), a.len());
            assert_eq!(list.iter().collect::<Vec<_>>(), a);
            assert_eq!(sorted.iter().collect::<BTreeSet<_>>(), one);
            let minus: Vec<u32> = sorted.minus(&other).iter().collect();
            assert_eq!(minus, one.difference(&two).copied().collect::<Vec<_>>());
            let (from, to) = (u.int_in_range(0..=70)?, u.int_in_range(0..=u32::MAX)?);
            let within: Vec<u32> = sorted.within(&(from..=to)).collect();
            let expected: Vec<u32> =
                one.iter().copied().filter(|uid| (from..=to).contains(uid)).collect();
            assert_eq!(within, expected);
            for uid in 0..70 {
                assert_eq!(sorted.contains(uid), one.contains(&uid));
            }
            let n = u.int_in_range(0..=45)?;
            let mut front = list.clone();
            let mut taken = front.take_first(n);
            assert_eq!(taken.len(), n.min(a.len()));
            taken.extend(front.iter());
            assert_eq!(taken, a);
            let mut back = list.clone();
            let mut taken = back.take_last(n);
            assert_eq!(taken.len(), n.min(a.len()));
            taken.extend(back.iter().rev());
            assert_eq!(taken, a.iter().rev().copied().collect::<Vec<_>>());
            list.remove(&two);
            a.retain(|uid| !two.contains(uid));
            assert_eq!(list.iter().collect::<Vec<_>>(), a);
            assert_eq!(list.0, a.iter().copied().collect::<UidSet>().0);
            Ok(())
        });
    }
}
