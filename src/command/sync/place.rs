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
        let (shares, application): (&Shares, _) = match class {
            Class::Calendar => (profile.calendar.as_ref()?, "kronolith"),
            Class::Contacts => (profile.contacts.as_ref()?, "turba"),
            Class::Notes => (profile.notes.as_ref()?, "mnemo"),
            Class::Tasks => (profile.tasks.as_ref()?, "nag"),
            Class::Email | Class::Sms => return None,
        };
        let backend_id = backend_id.to_owned();
        if backend_id == format!("@{}@", class.as_str()) {
            let target = shares.default.clone().or_else(|| shares.sync.first().cloned());
            let mut all = shares.sync.clone();
            if all.is_empty() {
                all.extend(target.clone());
            }
            return Some(Self { backend_id, shares: all, target, application });
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
        self.shares.iter().map(|share| format!("{}:{share}", self.application)).collect()
    }

    /// The share behind a name of the history.
    pub(in crate::command) fn share_of<'a>(&self, parent: &'a str) -> &'a str {
        parent.split_once(':').map_or(parent, |(_, share)| share)
    }
}
