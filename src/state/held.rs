//! Which items of a folder the client holds, where the folder does not say it by itself.
//!
//! A client takes a Change of an item that it does not hold for nothing, and some clients show an
//! item twice that is added twice: which of the two is to be sent must be known.
//! Without a filter the client holds everything but what could not be read; with one it holds what
//! it was sent. An item is a number made of its uid.

use std::collections::BTreeSet;

/// Which items the client holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// All but these.
    AllBut(BTreeSet<u32>),
    /// These and no others.
    Only(BTreeSet<u32>),
    /// Too many to be written down: all, as far as is known.
    TooMany,
}

impl Default for Held {
    fn default() -> Self {
        Self::AllBut(BTreeSet::new())
    }
}

impl Held {
    /// These and no others.
    #[must_use]
    pub fn only<'a>(uids: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Only(uids.into_iter().map(number).collect()).bounded()
    }

    /// Whether the client holds an item.
    #[must_use]
    pub fn holds(&self, uid: &str) -> bool {
        match self {
            Self::AllBut(left) => !left.contains(&number(uid)),
            Self::Only(held) => held.contains(&number(uid)),
            Self::TooMany => true,
        }
    }

    /// Whether nobody wrote down what the client holds.
    #[must_use]
    pub const fn is_unsaid(&self) -> bool {
        matches!(self, Self::AllBut(_))
    }

    /// The client holds it from now on.
    pub fn came(&mut self, uid: &str) {
        match self {
            Self::AllBut(left) => drop(left.remove(&number(uid))),
            Self::Only(held) => {
                held.insert(number(uid));
                if held.len() > MAX_ITEMS {
                    *self = Self::TooMany;
                }
            }
            Self::TooMany => {}
        }
    }

    /// The client does not hold it, and it is still there.
    pub fn left(&mut self, uid: &str) {
        match self {
            Self::AllBut(left) if left.len() >= MAX_LEFT => {}
            Self::AllBut(left) => drop(left.insert(number(uid))),
            Self::Only(held) => drop(held.remove(&number(uid))),
            Self::TooMany => {}
        }
    }

    /// It is not there any more.
    pub fn is_gone(&mut self, uid: &str) {
        match self {
            Self::AllBut(items) | Self::Only(items) => drop(items.remove(&number(uid))),
            Self::TooMany => {}
        }
    }

    fn bounded(self) -> Self {
        match self {
            Self::Only(held) if held.len() > MAX_ITEMS => Self::TooMany,
            other => other,
        }
    }
}

/// The number of an item: FNV-1a of its uid. Two items of a folder hardly ever share one, and then
/// a new one is told as a changed one.
fn number(uid: &str) -> u32 {
    uid.bytes()
        .fold(0x811c_9dc5, |number, byte| (number ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Held items that are written down: 43 KiB in a row.
const MAX_ITEMS: usize = 8_192;
/// Items that could not be read, for each folder.
const MAX_LEFT: usize = 1_024;

#[cfg(test)]
mod tests {
    use crate::state::held::{Held, MAX_ITEMS};

    #[test]
    fn without_a_list_all_is_held_but_what_was_left_out() {
        let mut held = Held::default();
        assert!(held.holds("a") && held.is_unsaid());
        held.left("a");
        assert!(!held.holds("a") && held.holds("b"));
        held.came("a");
        assert_eq!(held, Held::default());
    }

    #[test]
    fn a_list_names_what_is_held() {
        let mut held = Held::only(["a", "b"]);
        held.came("c");
        held.left("a");
        held.is_gone("b");
        assert_eq!(held, Held::only(["c"]));
        assert!(!held.holds("a") && held.holds("c") && !held.is_unsaid());
    }

    #[test]
    fn a_list_has_an_end() {
        let uids: Vec<String> = (0..=MAX_ITEMS).map(|n| n.to_string()).collect();
        assert_eq!(Held::only(uids.iter().map(String::as_str)), Held::TooMany);
        let mut held = Held::only(uids[1..].iter().map(String::as_str));
        assert!(!held.holds("0"));
        held.came("0");
        assert!(held == Held::TooMany && held.holds("any"));
    }
}
