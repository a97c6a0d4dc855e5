//! SyncKeys as Horde writes them: `{uuid}N`.

use std::fmt;

use uuid::Uuid;

/// A SyncKey other than `0`: a series and a counter.
///
/// All keys of one series belong to one folder of one device; the counter goes up by one for each
/// new state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StateKey {
    series: String,
    counter: u64,
}

impl StateKey {
    /// The first key of a new series.
    #[must_use]
    pub fn first(uuid: Uuid) -> Self {
        Self { series: uuid.hyphenated().to_string(), counter: 1 }
    }

    /// Reads a key; `None` for `0` and for anything that Horde would not have written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (series, digits) = text.strip_prefix('{')?.split_once('}')?;
        let is_series = !series.is_empty()
            && series.len() <= LONGEST_SERIES
            && series.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        let counter = digits.parse::<u64>().ok().filter(|n| *n > 0 && n.to_string() == digits)?;
        is_series.then(|| Self { series: series.to_owned(), counter })
    }

    /// The part between the braces.
    #[must_use]
    pub fn series(&self) -> &str {
        &self.series
    }

    /// The number, from 1 on.
    #[must_use]
    pub const fn counter(&self) -> u64 {
        self.counter
    }

    /// Whether this is the first of its series: its row holds nothing yet.
    #[must_use]
    pub const fn is_first(&self) -> bool {
        self.counter == 1
    }

    /// The key after this one.
    #[must_use]
    pub fn next(&self) -> Self {
        Self { series: self.series.clone(), counter: self.counter.saturating_add(1) }
    }

    /// The key before this one.
    #[must_use]
    pub fn previous(&self) -> Option<Self> {
        let counter = self.counter.checked_sub(1).filter(|counter| *counter > 0)?;
        Some(Self { series: self.series.clone(), counter })
    }
}

impl StateKey {
    /// The key with a zero before its number, for records that Horde's own server shall not see.
    ///
    /// Horde asks for keys as text, so it never finds them, and removes old ones by their number,
    /// so it does remove them.
    #[must_use]
    pub fn unseen(&self) -> String {
        format!("{{{}}}0{}", self.series, self.counter)
    }

    /// As `parse`, also for `unseen`.
    #[must_use]
    pub fn parse_any(text: &str) -> Option<Self> {
        Self::parse(text).or_else(|| Self::parse(&text.replacen("}0", "}", 1)))
    }
}

impl fmt::Display for StateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{{{}}}{}", self.series, self.counter)
    }
}

/// Longest series that is looked up; Horde's have 36 characters.
const LONGEST_SERIES: usize = 64;

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use crate::state::key::StateKey;

    #[test]
    fn keys_of_horde_are_read_and_written() {
        let text = "{6b024447-242c-4029-a0be-50019d69ef93}3";
        let key = StateKey::parse(text).unwrap();
        assert_eq!(key.to_string(), text);
        assert_eq!((key.series().len(), key.counter()), (36, 3));
        assert_eq!(key.next().to_string(), text.replace("}3", "}4"));
        assert_eq!(key.previous().unwrap().next(), key);
        let first = StateKey::first(Uuid::from_u128(7));
        assert!(first.is_first() && first.previous().is_none());
        assert_eq!(StateKey::parse(&first.to_string()), Some(first));
        assert_eq!(key.unseen(), text.replace("}3", "}03"));
        assert_eq!(StateKey::parse(&key.unseen()), None);
        assert_eq!(StateKey::parse_any(&key.unseen()), Some(key.clone()));
        assert_eq!(StateKey::parse_any(text), Some(key));
        assert_eq!(StateKey::parse_any("{ab}0"), None);
    }

    #[test]
    fn other_texts_are_no_keys() {
        for text in [
            "", "0", "{}1", "{ab}", "{ab}0", "{ab}01", "{ab}-1", "{xyz}1", "ab}1", "{a%}1",
            "{ab}1 ",
        ] {
            assert_eq!(StateKey::parse(text), None, "{text}");
        }
    }
}
