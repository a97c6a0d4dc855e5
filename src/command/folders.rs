//! What the commands on folders share: the list that the client holds, the ids of its folders, and
//! which folders it may change.

use std::collections::BTreeSet;

use rand::Rng as _;

use crate::backend::profile::Shares;
use crate::backend::{Account, Error as BackendError, Kind};
use crate::command::hierarchy::{self, Multiplex};
use crate::command::{Context, Error};
use crate::eas::class::Class;
use crate::eas::folder::FolderType;
use crate::eas::ids::SyncKey;
use crate::eas::version::ProtocolVersion;
use crate::state;
use crate::state::cache::{CachedFolder, SyncCache};
use crate::state::key::StateKey;
use crate::state::model::{HierarchyState, KnownFolder, NewState};

/// The list of folders that the client holds under a key.
pub(super) struct Held {
    /// The key.
    pub(super) key: StateKey,
    /// The list.
    pub(super) state: HierarchyState,
}

/// A folder that the client names.
#[derive(Clone)]
pub(super) struct Named {
    /// What the client calls it.
    pub(super) uid: String,
    /// Horde's own name of it.
    pub(super) backend_id: String,
    /// Its type.
    pub(super) kind: FolderType,
    /// What users see.
    pub(super) name: String,
}

impl Held {
    /// The list under a key; `None` when the key is nobody's, or the row can not be read.
    pub(super) async fn load(ctx: &Context<'_>, key: &SyncKey) -> Result<Option<Self>, Error> {
        let Some(key) = StateKey::parse(key.as_str()) else { return Ok(None) };
        match ctx.services.collections.load_hierarchy(&ctx.owner, &key).await {
            Ok(state) => Ok(state.map(|state| Self { key, state })),
            Err(error) if error.kind == state::Kind::Stale => {
                log::warn!(
                    "Hierarchy can not be read, the device begins again user={} device={}: {error}",
                    ctx.owner.user,
                    ctx.owner.device,
                );
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A folder by its id: the list knows it, or the cache does.
    ///
    /// The list goes first: it is what the client holds under this key, and an answer that was lost
    /// may have changed the cache.
    pub(super) fn named(&self, cache: Option<&SyncCache>, uid: &str) -> Option<Named> {
        let known = self.state.folders.iter().find(|folder| folder.uid == uid)?;
        let cached = cache.and_then(|cache| cache.folder(uid)).unwrap_or_default();
        let kind = known.kind.unwrap_or(cached.kind);
        let is_told = !known.backend_id.is_empty();
        let backend_id = if is_told { known.backend_id.clone() } else { cached.backend_id };
        let kind = if kind == 0 { kind_of(&backend_id) } else { FolderType(u16::from(kind)) };
        let named = Named { uid: uid.to_owned(), backend_id, kind, name: known.name.clone() };
        (!named.backend_id.is_empty()).then_some(named)
    }

    /// Whether another folder of the class and below the same parent has the name.
    pub(super) fn has_name(&self, class: Class, name: &str, but: Option<&str>) -> bool {
        self.state.folders.iter().any(|folder| {
            let kind = folder
                .kind
                .map_or_else(|| kind_of(&folder.backend_id), |kind| FolderType(u16::from(kind)));
            folder.name == name
                && hierarchy::class_of(kind) == class
                && Some(folder.uid.as_str()) != but
        })
    }

    /// Stores the list under the next key; `None` when another request answered this key first.
    pub(super) async fn store(
        &self,
        ctx: &Context<'_>,
        folders: Vec<KnownFolder>,
        edit: state::Edit<'_, SyncCache>,
    ) -> Result<Option<SyncKey>, Error> {
        let key = self.key.next();
        let state = HierarchyState { folders, presented: None };
        let new = NewState {
            folder: "",
            key: &key,
            presented: self.state.presented.as_ref(),
            state: &state,
            now: ctx.now(),
        };
        match ctx.services.collections.save_hierarchy(&ctx.owner, &new, edit).await {
            Ok(()) => Ok(Some(SyncKey::from(key.to_string()))),
            Err(error) if error.kind == state::Kind::Gone => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The list with a folder added, or under another name.
    pub(super) fn with(&self, folder: &Named) -> Vec<KnownFolder> {
        let mut all = self.without(&folder.uid);
        all.push(KnownFolder {
            uid: folder.uid.clone(),
            name: folder.name.clone(),
            parent: "0".to_owned(),
            backend_id: folder.backend_id.clone(),
            kind: u8::try_from(folder.kind.0).ok(),
        });
        all
    }

    /// The list with a folder less.
    pub(super) fn without(&self, uid: &str) -> Vec<KnownFolder> {
        self.state.folders.iter().filter(|folder| folder.uid != uid).cloned().collect()
    }
}

impl Named {
    /// As the cache holds it.
    pub(super) fn cached(&self) -> CachedFolder {
        CachedFolder {
            class: self.class().as_str().to_owned(),
            backend_id: self.backend_id.clone(),
            kind: u8::try_from(self.kind.0).unwrap_or_default(),
        }
    }

    /// What it holds.
    pub(super) fn class(&self) -> Class {
        hierarchy::class_of(self.kind)
    }

    /// The one share behind it; `None` for all shares as one, and for mail.
    pub(super) fn share(&self) -> Option<&str> {
        let (class, share) = self.backend_id.split_once(':')?;
        (class == self.class().as_str()).then_some(share)
    }
}

/// A mailbox of the user's own making; `None` for those that have a purpose or hold such, and for
/// folders that are none.
pub(super) fn own_mailbox<'a>(account: &Account, folder: &'a Named) -> Option<&'a str> {
    let special = &account.profile.mail.as_ref()?.special;
    let is_fixed = hierarchy::has_fixed_id(&folder.backend_id, false);
    if folder.class() != Class::Email || folder.kind != FolderType::UserMail || is_fixed {
        return None;
    }
    let mailbox = folder.backend_id.as_str();
    let purposes = [&special.drafts, &special.sent, &special.spam, &special.trash];
    let mut kept = purposes.into_iter().flatten().map(String::as_str).chain(["INBOX"]);
    // Whatever stands between the names: no mailbox of a purpose may go with another.
    let is_below = |kept: &str| {
        kept.strip_prefix(mailbox)
            .is_some_and(|rest| rest.chars().next().is_none_or(|letter| !letter.is_alphanumeric()))
    };
    (!kept.any(is_below)).then_some(mailbox)
}

/// The shares of a class that the device sees as one folder each; `None` where it sees one for all.
pub(super) fn separate<'a>(
    ctx: &Context<'_>,
    account: &'a Account,
    class: Class,
) -> Option<&'a Shares> {
    let multiplex = Multiplex(ctx.device.properties.multiplex().unwrap_or(0));
    account.profile.shares(class).filter(|shares| hierarchy::is_separate(shares, class, multiplex))
}

/// What Horde says of the user now; `Err` inside for what only this command need be told.
pub(super) async fn fresh(ctx: &Context<'_>) -> Result<Result<Account, BackendError>, Error> {
    sorted(ctx.services.accounts.refresh(&ctx.account().credentials).await)
}

/// An outage or a refusal is the whole request's; any other error is the command's.
pub(super) fn sorted<T>(done: Result<T, BackendError>) -> Result<Result<T, BackendError>, Error> {
    match done {
        Err(error) if matches!(error.kind, Kind::Refused | Kind::Unavailable) => Err(error.into()),
        done => Ok(done),
    }
}

/// A name that users may give, without spaces around it.
pub(super) fn name(text: &str) -> Option<&str> {
    let name = text.trim();
    let fits = !name.is_empty() && name.chars().count() <= LONGEST_NAME;
    (fits && !name.chars().any(char::is_control)).then_some(name)
}

/// A Status that all commands share, where the version has those; else the command's own.
pub(super) fn common(ctx: &Context<'_>, common: u16, own: u16) -> u16 {
    if ctx.version() >= ProtocolVersion::V14_0 { common } else { own }
}

/// A letter and eight hexadecimal digits, as Horde makes them.
pub(super) fn new_uid(kind: FolderType, taken: &mut BTreeSet<String>) -> String {
    loop {
        let uid = format!("{}{:08x}", hierarchy::id_prefix(kind), rand::rng().random::<u32>());
        if taken.insert(uid.clone()) {
            return uid;
        }
    }
}

/// The type that Horde's name of a folder tells, where a row leaves it out.
fn kind_of(backend_id: &str) -> FolderType {
    match backend_id.split_once(':').map(|(class, _)| class) {
        Some("Calendar") => FolderType::UserCalendar,
        Some("Contacts") => FolderType::UserContacts,
        Some("Notes") => FolderType::UserNotes,
        Some("Tasks") => FolderType::UserTasks,
        _ => FolderType::UserMail,
    }
}

/// Characters in the name of a share.
const LONGEST_NAME: usize = 255;
