//! Where the items of a folder are: one share, or all that are synced as one folder.

use crate::backend::items::ItemRef;
use crate::backend::profile::{Profile, Shares};
use crate::eas::class::Class;

/// Where the items of a folder are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::command) struct Place {
    /// Horde's own name of the folder: `@Contacts@`, `Contacts:localsql`.
    pub(in crate::command) backend_id: String,
    /// The shares, in Horde's order.
    pub(in crate::command) shares: Vec<String>,
    /// The share that takes new items.
    pub(in crate::command) target: Option<String>,
    application: &'static str,
}

impl Place {
    /// The place of a folder; `None` when the user does not have it, or not any more.
    pub(in crate::command) fn of(
        profile: &Profile,
        class: Class,
        backend_id: &str,
    ) -> Option<Self> {
        let shares = profile.shares(class)?;
        let application = match class {
            Class::Calendar => "kronolith",
            Class::Contacts => "turba",
            Class::Notes => "mnemo",
            Class::Tasks => "nag",
            Class::Email | Class::Sms => return None,
        };
        let backend_id = backend_id.to_owned();
        if backend_id == format!("@{}@", class.as_str()) {
            let (shares, target) = merged(shares, class);
            return Some(Self { backend_id, shares, target, application });
        }
        let (_, id) = backend_id.split_once(':')?;
        let share = shares.all.iter().find(|share| share.id == id && share.readable)?;
        let target = share.writable.then(|| share.id.clone());
        Some(Self { shares: vec![share.id.clone()], target, application, backend_id })
    }

    /// An item of this place: in its one share, or in whichever of several holds it.
    pub(in crate::command) fn at(&self, uid: &str) -> ItemRef {
        let share = match self.shares.as_slice() {
            [only] => only.clone(),
            _ => String::new(),
        };
        ItemRef { share, uid: uid.to_owned() }
    }

    /// The shares as the history names them.
    pub(in crate::command) fn parents(&self) -> Vec<String> {
        self.parents_of(&self.shares)
    }

    /// Shares of the same application, as the history names them.
    pub(in crate::command) fn parents_of(&self, shares: &[String]) -> Vec<String> {
        shares.iter().map(|share| format!("{}:{share}", self.application)).collect()
    }

    /// The shares, sorted, where they are shown as one folder: what is written down of them.
    pub(in crate::command) fn shown(&self) -> Option<Vec<String>> {
        let mut shares = self.backend_id.starts_with('@').then(|| self.shares.clone())?;
        shares.sort_unstable();
        shares.dedup();
        Some(shares)
    }

    /// Whether the client was shown other shares than these.
    pub(in crate::command) fn differs(&self, shown: Option<&Vec<String>>) -> bool {
        shown.is_some_and(|shown| self.shown().is_some_and(|now| &now != shown))
    }

    /// The share behind a name of the history.
    pub(in crate::command) fn share_of<'a>(&self, parent: &'a str) -> &'a str {
        parent.split_once(':').map_or(parent, |(_, share)| share)
    }
}

/// The shares of the one folder that shows all, and the one of them that takes new items.
///
/// The default calendar is always among them. Of the other classes the user says which are, and
/// what is new goes where it is synced: elsewhere it would leave the phone, and no other phone would
/// see it.
fn merged(shares: &Shares, class: Class) -> (Vec<String>, Option<String>) {
    let mut all = shares.sync.clone();
    let default = shares.default.clone();
    if let Some(default) = &default
        && (class == Class::Calendar || all.is_empty())
        && !all.contains(default)
    {
        all.push(default.clone());
    }
    let is_writable =
        |id: &&String| shares.all.iter().any(|share| share.id == **id && share.writable);
    let target = default
        .filter(|default| all.contains(default))
        .or_else(|| all.iter().find(is_writable).cloned());
    (all, target)
}

#[cfg(test)]
mod tests {
    use crate::backend::profile::{Share, Shares};
    use crate::command::sync::place::merged;
    use crate::eas::class::Class;

    fn shares(sync: &[&str]) -> Shares {
        let share = |id: &str, writable| Share {
            id: id.to_owned(),
            readable: true,
            writable,
            ..Share::default()
        };
        Shares {
            default: Some("own".to_owned()),
            sync: sync.iter().map(|&id| id.to_owned()).collect(),
            all: vec![share("own", true), share("theirs", false), share("work", true)],
            ..Shares::default()
        }
    }

    #[test]
    fn the_default_calendar_is_always_there() {
        let (all, target) = merged(&shares(&["theirs"]), Class::Calendar);
        assert_eq!((all, target.as_deref()), (vec!["theirs".into(), "own".into()], Some("own")));
    }

    #[test]
    fn what_is_new_goes_where_it_is_synced() {
        let target = |sync: &[&str]| merged(&shares(sync), Class::Notes).1;
        assert_eq!(target(&[]).as_deref(), Some("own"));
        assert_eq!(target(&["theirs", "work"]).as_deref(), Some("work"));
        assert_eq!(target(&["work", "own"]).as_deref(), Some("own"));
        assert_eq!(target(&["theirs"]), None);
    }
}
