//! Rows read with suspicion: what they hold, or at which byte they break.

use crate::finding::Finding;
use crate::state::audit::{CacheRow, DeviceRow};
use crate::state::blob::device::{read_properties, read_supported};
use crate::state::blob::hierarchy::{read_hierarchy, write_hierarchy};
use crate::state::blob::pending::{Ids, read_pending, write_pending};
use crate::state::blob::sync_cache::{read_cache, write_cache};
use crate::state::blob::{Unreadable, check_array, read_folder, write_folder};
use crate::state::device::WipeState;
use crate::state::folder::{FolderObject, Messages};
use crate::state::key::StateKey;

/// A row of `horde_activesync_state`, without its uids.
#[derive(Clone, Debug)]
pub struct StateRow {
    /// Horde's name of the user.
    pub user: String,
    /// The folder's uid.
    pub folder: String,
    /// The key as it stands there.
    pub key: String,
    /// The key; `None` when Horde would not have written it.
    pub parsed: Option<StateKey>,
    /// The stamp.
    pub stamp: i64,
    /// When the row was written.
    pub written: i64,
    /// What the folder object is.
    pub content: Content,
    /// Changes that are not sent yet.
    pub n_pending: usize,
    /// What is wrong with the columns.
    pub findings: Vec<Finding>,
}

/// What a state row holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A mailbox.
    Mail {
        /// Its name.
        backend_id: String,
        /// How many messages the phone has.
        n_known: usize,
        /// UIDVALIDITY.
        uid_validity: u32,
    },
    /// Contacts, calendar, tasks or notes.
    Items {
        /// Horde's own name.
        backend_id: String,
        /// The class.
        class: String,
    },
    /// Recipient information.
    Recipients(usize),
    /// The list of folders.
    Hierarchy(usize),
    /// Nothing that can be read.
    Unreadable,
}

/// The columns of a state row.
#[derive(Debug)]
pub struct Columns<'a> {
    /// `sync_user`
    pub user: String,
    /// `sync_folderid`
    pub folder: String,
    /// `sync_key`
    pub key: String,
    /// `sync_mod`
    pub stamp: Option<i64>,
    /// `sync_timestamp`
    pub written: Option<i64>,
    /// `sync_data`
    pub data: &'a [u8],
    /// `sync_pending`
    pub pending: &'a [u8],
}

impl StateRow {
    /// Reads a row.
    #[must_use]
    pub fn read(columns: Columns<'_>) -> Self {
        let mut row = Self {
            parsed: StateKey::parse(&columns.key),
            user: columns.user,
            folder: columns.folder,
            key: columns.key,
            stamp: columns.stamp.unwrap_or(0),
            written: columns.written.unwrap_or(0),
            content: Content::Unreadable,
            n_pending: 0,
            findings: Vec::new(),
        };
        if row.folder == HIERARCHY {
            row.read_hierarchy(columns.data);
        } else {
            row.read_folder(columns.data, columns.pending);
        }
        row
    }

    /// Whether this is the list of folders.
    #[must_use]
    pub fn is_hierarchy(&self) -> bool {
        self.folder == HIERARCHY
    }

    fn read_hierarchy(&mut self, data: &[u8]) {
        match read_hierarchy(data) {
            Ok(folders) => {
                // FolderCreate of Horde's writes entries that lack the type: they are as they are.
                let is_whole = folders.iter().all(|folder| folder.kind.is_some());
                if is_whole {
                    self.compare("sync_data", data, &write_hierarchy(&folders));
                }
                self.content = Content::Hierarchy(folders.len());
            }
            Err(error) => self.broken("sync_data", data, &error),
        }
    }

    fn read_folder(&mut self, data: &[u8], pending: &[u8]) {
        let folder = match read_folder(data) {
            Ok(folder) => folder,
            Err(error) => return self.broken("sync_data", data, &error),
        };
        if data.starts_with(b"O:") {
            self.findings.push(
                Finding::note("state.form", "sync_data is in the form of Horde 6").because(
                    "it is read; what is written next has the older form, which both read",
                ),
            );
        } else {
            self.compare("sync_data", data, &write_folder(&folder));
        }
        let ids = if matches!(folder, FolderObject::Imap(_)) { Ids::Mail } else { Ids::Items };
        self.content = content_of(folder);
        match read_pending(pending, ids) {
            Ok(list) => {
                self.n_pending = list.len();
                self.compare("sync_pending", pending, &write_pending(&list));
            }
            Err(error) => self.broken("sync_pending", pending, &error),
        }
    }

    fn broken(&mut self, column: &str, bytes: &[u8], error: &Unreadable) {
        self.findings.push(unreadable("state.unreadable", column, bytes, error).mend(RESET));
    }

    fn compare(&mut self, column: &str, stored: &[u8], written: &[u8]) {
        self.findings.extend(differs("state.not-identical", column, stored, written));
    }
}

impl CacheRow {
    /// Reads a record.
    #[must_use]
    pub fn read(user: String, data: &[u8]) -> Self {
        match read_cache(data) {
            Ok(cache) => {
                let findings =
                    differs("cache.not-identical", "cache_data", data, &write_cache(&cache));
                Self { user, cache: Some(cache), findings: findings.into_iter().collect() }
            }
            Err(error) => {
                let found = unreadable("cache.unreadable", "cache_data", data, &error).mend(
                    "nothing: the phone is sent for its folders again; or remove the device on Horde's page",
                );
                Self { user, cache: None, findings: vec![found] }
            }
        }
    }
}

impl DeviceRow {
    /// Reads a row.
    #[must_use]
    pub fn read(
        kind: String,
        agent: String,
        wipe: WipeState,
        properties: &[u8],
        supported: &[u8],
    ) -> Self {
        let mut findings = Vec::new();
        for (column, bytes) in [("device_properties", properties), ("device_supported", supported)]
        {
            if let Err(error) = check_array(bytes) {
                findings.push(unreadable("device.unreadable", column, bytes, &error).mend(
                    "the next request writes it anew; whether the device was blocked is lost: look at Horde's page",
                ));
            }
        }
        Self {
            kind,
            agent,
            wipe,
            properties: read_properties(properties),
            supported: read_supported(supported).into_keys().collect(),
            findings,
        }
    }
}

fn content_of(folder: FolderObject) -> Content {
    match folder {
        FolderObject::Imap(folder) => Content::Mail {
            n_known: match &folder.messages {
                Messages::Uids(uids) => uids.len(),
                Messages::Flags(known) => known.len(),
            },
            uid_validity: folder.status.map_or(0, |status| status.uid_validity),
            backend_id: folder.mailbox,
        },
        FolderObject::Collection(folder) => {
            Content::Items { backend_id: folder.backend_id, class: folder.class }
        }
        FolderObject::Ri(folder) => Content::Recipients(folder.addresses.len()),
    }
}

fn unreadable(code: &'static str, column: &str, bytes: &[u8], error: &Unreadable) -> Finding {
    let n_bytes = bytes.len();
    let what = match error.at(bytes) {
        Some(at) => format!("{column} breaks at byte {at} of {n_bytes}"),
        None => format!("{column} ({n_bytes} bytes) does not hold what it should"),
    };
    let mut cause = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        cause = format!("{cause}: {source}");
    }
    if bytes.is_empty() {
        cause = "it is empty".to_owned();
    }
    Finding::error(code, what).because(cause)
}

/// A column that would be written otherwise than it stands there.
fn differs(code: &'static str, column: &str, stored: &[u8], written: &[u8]) -> Option<Finding> {
    if stored == written {
        return None;
    }
    let at = stored.iter().zip(written).take_while(|(one, other)| one == other).count();
    Some(
        Finding::note(code, format!("{column} would be written differently from byte {at} on"))
            .because("it can be read; an older Horde or another program wrote it")
            .mend("nothing"),
    )
}

const HIERARCHY: &str = "foldersync";
const RESET: &str = "nothing: the phone is told Status 3 and loads the folder anew; or remove the device on Horde's page";
