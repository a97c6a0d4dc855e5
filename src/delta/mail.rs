//! Mailboxes: what the client is known to have against what the server shows.

use std::collections::BTreeSet;

use crate::uids::{SortedUids, UidSet};

/// A message as the server shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sighting {
    /// The message.
    pub imap_uid: u32,
    /// Its flags.
    pub flags: Flags,
    /// Whether it lies inside the client's filter.
    pub inside: bool,
}

/// The flags that a client sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `\Seen`
    pub read: bool,
    /// `\Flagged`
    pub flagged: bool,
    /// Names of the labels that are set.
    pub categories: Vec<String>,
}

/// One change that the client must hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// A message that the client does not have.
    Add(u32),
    /// A message that it has got other flags.
    Flags(u32, Flags),
    /// A message is gone.
    Remove(u32),
    /// A message left the filter.
    SoftDelete(u32),
}

/// What the server shows of a mailbox whose messages carry modseqs.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The messages that the client knows, in ascending order.
    pub had: &'a SortedUids,
    /// New messages and those with other flags.
    pub changed: &'a [Sighting],
    /// Messages that are gone.
    pub vanished: &'a [u32],
    /// All messages inside the filter, when that was looked up.
    pub matching: Option<&'a SortedUids>,
    /// Whether messages outside the filter are to be taken from the client.
    pub narrow: bool,
}

/// The changes, and what the client will have once it heard of them all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// In the order to send.
    pub updates: Vec<Update>,
    /// Known messages afterwards: the old ones in their order, then the new ones.
    pub known: UidSet,
}

/// Compares by modseq: `look` holds only what changed.
#[must_use]
pub fn by_mod_seq(known: UidSet, look: Look<'_>) -> Delta {
    let had = look.had;
    let vanished: BTreeSet<u32> =
        look.vanished.iter().copied().filter(|imap_uid| had.contains(*imap_uid)).collect();
    let mut added = BTreeSet::new();
    let mut updates = Vec::new();
    for sighting in look.changed {
        let imap_uid = sighting.imap_uid;
        if vanished.contains(&imap_uid) {
            continue;
        }
        if had.contains(imap_uid) {
            updates.push(Update::Flags(imap_uid, sighting.flags.clone()));
        } else if sighting.inside {
            added.insert(imap_uid);
        }
    }
    let mut left = BTreeSet::new();
    if let Some(matching) = look.matching {
        added.extend(matching.minus(had).iter());
        if look.narrow {
            let outside = had.minus(matching);
            left.extend(outside.iter().filter(|imap_uid| !vanished.contains(imap_uid)));
        }
    }
    finish(known, updates, &added, &vanished, &left)
}

/// Compares flag by flag, where the server has no modseqs: `seen` holds all inside the filter.
///
/// `flags_known` answers what flags the client is known to have, `None` when nobody knows.
#[must_use]
pub fn by_flags(
    known: UidSet,
    seen: &[Sighting],
    vanished: &[u32],
    flags_known: impl Fn(u32) -> Option<(bool, bool)>,
) -> Delta {
    let had = known.sorted();
    let gone: BTreeSet<u32> =
        vanished.iter().copied().filter(|imap_uid| had.contains(*imap_uid)).collect();
    let mut added = BTreeSet::new();
    let mut updates = Vec::new();
    let matching: SortedUids =
        seen.iter().filter(|sighting| sighting.inside).map(|sighting| sighting.imap_uid).collect();
    for sighting in seen.iter().filter(|sighting| sighting.inside) {
        let imap_uid = sighting.imap_uid;
        if !had.contains(imap_uid) {
            added.insert(imap_uid);
        } else if flags_known(imap_uid)
            .is_some_and(|flags| flags != (sighting.flags.read, sighting.flags.flagged))
        {
            updates.push(Update::Flags(imap_uid, sighting.flags.clone()));
        }
    }
    let left: BTreeSet<u32> =
        had.minus(&matching).iter().filter(|imap_uid| !gone.contains(imap_uid)).collect();
    finish(known, updates, &added, &gone, &left)
}

/// New messages first, then flags, then what goes away.
fn finish(
    mut known: UidSet,
    flags: Vec<Update>,
    added: &BTreeSet<u32>,
    vanished: &BTreeSet<u32>,
    left: &BTreeSet<u32>,
) -> Delta {
    let mut updates: Vec<Update> =
        added.iter().rev().map(|&imap_uid| Update::Add(imap_uid)).collect();
    updates.extend(flags.into_iter().filter(|update| match update {
        Update::Flags(imap_uid, _) => !left.contains(imap_uid),
        Update::Add(_) | Update::Remove(_) | Update::SoftDelete(_) => true,
    }));
    updates.extend(vanished.iter().map(|&imap_uid| Update::Remove(imap_uid)));
    updates.extend(left.iter().map(|&imap_uid| Update::SoftDelete(imap_uid)));
    known.remove(vanished);
    known.remove(left);
    known.append(added.iter().copied());
    Delta { updates, known }
}

#[cfg(test)]
mod tests {
    use crate::delta::mail::{Delta, Flags, Look, Sighting, Update, by_flags, by_mod_seq};
    use crate::uids::UidSet;

    fn sighting(imap_uid: u32, read: bool) -> Sighting {
        Sighting { imap_uid, flags: Flags { read, ..Flags::default() }, inside: true }
    }

    fn set(uids: &[u32]) -> UidSet {
        uids.iter().copied().collect()
    }

    #[test]
    fn new_changed_and_vanished_messages_are_told_apart() {
        let had = set(&[2, 3, 4]);
        let look = Look {
            had: &had.sorted(),
            changed: &[sighting(3, true), sighting(10, false)],
            vanished: &[2, 77],
            matching: None,
            narrow: false,
        };
        let delta = by_mod_seq(had.clone(), look);
        let read = Flags { read: true, ..Flags::default() };
        assert_eq!(delta.updates, [Update::Add(10), Update::Flags(3, read), Update::Remove(2)]);
        assert_eq!(delta.known.to_string(), "3,4,10");
    }

    #[test]
    fn a_changed_filter_adds_and_takes_away() {
        let matching = set(&[3, 4, 5]).sorted();
        let had = set(&[2, 3]);
        let look = Look {
            had: &had.sorted(),
            changed: &[],
            vanished: &[],
            matching: Some(&matching),
            narrow: true,
        };
        let delta = by_mod_seq(had.clone(), look);
        assert_eq!(delta.updates, [Update::Add(5), Update::Add(4), Update::SoftDelete(2)]);
        assert_eq!(delta.known.to_string(), "3,4,5");
    }

    #[test]
    fn without_modseq_only_other_flags_count() {
        let seen = [sighting(1, true), sighting(2, false), sighting(9, false)];
        let delta = by_flags(set(&[1, 2, 3, 4]), &seen, &[3], |_| Some((false, false)));
        let read = Flags { read: true, ..Flags::default() };
        assert_eq!(
            delta,
            Delta {
                updates: vec![
                    Update::Add(9),
                    Update::Flags(1, read),
                    Update::Remove(3),
                    Update::SoftDelete(4)
                ],
                known: set(&[1, 2, 9]),
            }
        );
    }
}
