//! Items of Horde's applications: many rows of history become one change for each item.

use std::collections::BTreeMap;

/// One row of Horde's history: the last time that an action was done to an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Id of the share in which it happened.
    pub share: String,
    /// The item.
    pub uid: String,
    /// What was done.
    pub action: Action,
    /// The number that orders all events.
    pub mod_seq: u64,
}

/// What can be done to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It was stored.
    Add,
    /// It was taken away, out of this share or for good.
    Delete,
    /// It was changed.
    Modify,
}

/// One change that the client must hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The share that holds the item now; for a removal the one that held it.
    pub share: String,
    /// The item.
    pub uid: String,
    /// What became of it.
    pub kind: Kind,
    /// The newest number among its events.
    pub mod_seq: u64,
    /// Whether a `Modify` is among them.
    pub modified: bool,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is new.
    Add,
    /// It was there and is changed.
    Change,
    /// It is gone.
    Remove,
}

/// One change for each item, by its newest event, in the order of those events.
///
/// An item that was moved between two shares of one folder has a delete in the one and a newer add
/// in the other: what the client must hear is a change.
#[must_use]
pub fn collapse(events: impl IntoIterator<Item = Event>) -> Vec<Update> {
    let mut by_uid: BTreeMap<String, (Event, bool, bool, bool)> = BTreeMap::new();
    for event in events {
        let is_add = event.action == Action::Add;
        let is_delete = event.action == Action::Delete;
        let is_modify = event.action == Action::Modify;
        match by_uid.get_mut(&event.uid) {
            None => {
                by_uid.insert(event.uid.clone(), (event, is_add, is_delete, is_modify));
            }
            Some((newest, added, deleted, modified)) => {
                *added |= is_add;
                *deleted |= is_delete;
                *modified |= is_modify;
                if event.mod_seq >= newest.mod_seq {
                    *newest = event;
                }
            }
        }
    }
    let mut updates: Vec<Update> = by_uid
        .into_values()
        .map(|(newest, added, deleted, modified)| Update {
            kind: match newest.action {
                Action::Delete => Kind::Remove,
                Action::Add | Action::Modify if added && !deleted => Kind::Add,
                Action::Add | Action::Modify => Kind::Change,
            },
            share: newest.share,
            uid: newest.uid,
            mod_seq: newest.mod_seq,
            modified,
        })
        .collect();
    updates.sort_by_key(|update| update.mod_seq);
    updates
}

#[cfg(test)]
mod tests {
    use crate::delta::items::{Action, Event, Kind, collapse};

    fn event(share: &str, uid: &str, action: Action, mod_seq: u64) -> Event {
        Event { share: share.to_owned(), uid: uid.to_owned(), action, mod_seq }
    }

    #[test]
    fn the_newest_event_decides() {
        let updates = collapse([
            event("a", "new", Action::Add, 3),
            event("a", "new", Action::Modify, 8),
            event("a", "old", Action::Modify, 4),
            event("a", "gone", Action::Modify, 5),
            event("a", "gone", Action::Delete, 6),
        ]);
        let kinds: Vec<_> = updates.iter().map(|u| (u.uid.as_str(), u.kind, u.mod_seq)).collect();
        assert_eq!(
            kinds,
            [("old", Kind::Change, 4), ("gone", Kind::Remove, 6), ("new", Kind::Add, 8)]
        );
    }

    #[test]
    fn a_move_between_shares_is_a_change() {
        let updates =
            collapse([event("a", "x", Action::Delete, 3), event("b", "x", Action::Add, 4)]);
        assert_eq!(updates.len(), 1);
        assert_eq!(updates[0].kind, Kind::Change);
        assert_eq!((updates[0].share.as_str(), updates[0].modified), ("b", false));
    }
}
