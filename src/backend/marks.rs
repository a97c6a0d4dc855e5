//! Whether what Horde keeps of a user is as it was: the port that spares calls of PHP.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::backend::Error;

/// Looks at what Horde keeps of a user, without Horde.
#[async_trait]
pub trait Marks: Send + Sync {
    /// A value that is another one once a preference, a permission, a group or a share of the
    /// user was changed.
    ///
    /// # Errors
    /// `Denied` when the tables can not be read, `Unavailable` when nobody answers.
    async fn mark(&self, user: &str, places: &Places) -> Result<Mark, Error>;
}

/// The value; means nothing by itself.
pub type Mark = [u8; 32];

/// Where Horde keeps it: names of tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Preferences.
    pub prefs: String,
    /// Permissions.
    pub perms: String,
    /// Members of groups; `None` where there are no groups.
    pub members: Option<String>,
    /// Shares, by class: `contacts`, `calendar`, `tasks`, `notes`.
    pub shares: BTreeMap<String, String>,
}
