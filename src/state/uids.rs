//! A set of IMAP uids in the order in which they came.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

/// Uids that the client knows: old ones first, new ones behind.
///
/// Four bytes each; Horde's text form is made and read without a value per uid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UidSet(Vec<u32>);

impl UidSet {
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[u32] {
        &self.0
    }

    /// A copy in ascending order, for many look-ups by binary search.
    #[must_use]
    pub fn to_sorted(&self) -> Vec<u32> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted.dedup();
        sorted
    }

    /// Appends uids; the caller knows that they are new.
    pub fn append(&mut self, uids: impl IntoIterator<Item = u32>) {
        self.0.extend(uids);
    }

    /// Takes uids out.
    pub fn remove(&mut self, uids: &BTreeSet<u32>) {
        if !uids.is_empty() {
            self.0.retain(|uid| !uids.contains(uid));
        }
    }

    /// Reads `8,9,10` or `1:499,501`; `None` for anything else, for 0 and for sets that are
    /// larger than any mailbox.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut uids = Vec::new();
        if text.is_empty() {
            return Some(Self(uids));
        }
        for part in text.split(',') {
            let (first, last) = part.split_once(':').unwrap_or((part, part));
            let first = first.parse::<u32>().ok().filter(|uid| *uid > 0)?;
            let last = last.parse::<u32>().ok().filter(|uid| *uid >= first)?;
            let n_more = usize::try_from(last.checked_sub(first)?).ok()?;
            if uids.len().checked_add(n_more)? >= LARGEST_SET {
                return None;
            }
            uids.extend(first..=last);
        }
        Some(Self(uids))
    }
}

impl fmt::Display for UidSet {
    /// Horde's form: up to 500 in their order, more as a sequence set in ascending order.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.len() <= LARGEST_LIST {
            for (n, uid) in self.0.iter().enumerate() {
                if n > 0 {
                    formatter.write_char(',')?;
                }
                write!(formatter, "{uid}")?;
            }
            return Ok(());
        }
        for (n, run) in self.to_sorted().chunk_by(|a, b| a.checked_add(1) == Some(*b)).enumerate() {
            if n > 0 {
                formatter.write_char(',')?;
            }
            match run {
                [] => {}
                [uid] => write!(formatter, "{uid}")?,
                [first, .., last] => write!(formatter, "{first}:{last}")?,
            }
        }
        Ok(())
    }
}

impl FromIterator<u32> for UidSet {
    fn from_iter<I: IntoIterator<Item = u32>>(uids: I) -> Self {
        Self(uids.into_iter().collect())
    }
}

/// Up to this many, Horde keeps the order.
const LARGEST_LIST: usize = 500;
/// More uids than any mailbox has; a guard against `1:4294967295`.
const LARGEST_SET: usize = 5_000_000;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::state::uids::UidSet;

    #[test]
    fn small_sets_keep_their_order() {
        let mut set = UidSet::parse("8,9,4").unwrap();
        set.append([17, 18]);
        set.remove(&BTreeSet::from([9]));
        assert_eq!(set.to_string(), "8,4,17,18");
        assert_eq!(set.to_sorted(), [4, 8, 17, 18]);
        assert_eq!(UidSet::parse("").unwrap().to_string(), "");
    }

    #[test]
    fn large_sets_become_ranges() {
        let set: UidSet = (1..=504).filter(|uid| *uid != 500 && *uid != 502).collect();
        assert_eq!(set.to_string(), "1:499,501,503:504");
        assert_eq!(UidSet::parse("1:499,501,503:504"), Some(set));
        let lakh: UidSet = (1..=100_000).collect();
        assert_eq!(lakh.to_string(), "1:100000");
        let odd: UidSet = (0..100_000).map(|n| 2 * n + 1).collect();
        assert_eq!(UidSet::parse(&odd.to_string()), Some(odd));
    }

    #[test]
    fn other_texts_are_no_sets() {
        for text in ["a", "0", "3:1", "1,,2", "1:", ",", "1 ", "1:4294967295", "4294967296", "-1"] {
            assert_eq!(UidSet::parse(text), None, "{text}");
        }
    }
}
