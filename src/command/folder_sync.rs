//! FolderSync: what changed in the hierarchy since a key.
//!
//! [MS-ASCMD] §2.2.1.5
//!
//! ```xml
//! <FolderSync><SyncKey>0</SyncKey></FolderSync>
//! <FolderSync><Status>1</Status><SyncKey>{…}1</SyncKey>
//!   <Changes><Count>1</Count><Add><ServerId>F1a2b3c4d</ServerId>…</Add></Changes></FolderSync>
//! ```
//!
//! Reads shares (`Accounts`), mailboxes (`Mail`) and the list that the client holds; writes that
//! list under a new key, and the folders of the cache.
//!
//! Horde: a FolderSync with key 0 gives new ids to all folders there; here they keep their ids, and
//! the collections behind them live on. Clients that begin the hierarchy over need it.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::backend::Kind;
use crate::backend::mail::Mailbox;
use crate::backend::profile::Profile;
use crate::command::folders::{self, Held};
use crate::command::hierarchy::{self, BackendFolder, Multiplex};
use crate::command::{Command, Context, DEVICE_STATUS, Error};
use crate::eas::folder::FolderType;
use crate::eas::ids::{ServerId, SyncKey};
use crate::state;
use crate::state::cache::{CachedFolder, SyncCache};
use crate::state::key::StateKey;
use crate::state::model::{HierarchyState, KnownFolder, NewState};
use crate::wbxml::Tag;
use crate::wbxml::pages;
use crate::{element, wire_enum};

pub(super) struct FolderSync;

impl Command for FolderSync {
    const NAME: &'static str = "FolderSync";
    const ROOT: Tag = pages::FolderHierarchy::FolderSync;
    const STATUS: Tag = DEVICE_STATUS;
    type Request = Request;
    type Response = Response;

    async fn run(ctx: &Context<'_>, request: Request) -> Result<Response, Error> {
        let key = StateKey::parse(request.sync_key.as_str());
        let held = match &key {
            None if request.sync_key.is_first() => HierarchyState::default(),
            None => return Ok(Response::failed(Status::InvalidSyncKey)),
            Some(_) => match Held::load(ctx, &request.sync_key).await? {
                Some(held) => held.state,
                None => return Ok(Response::failed(Status::InvalidSyncKey)),
            },
        };
        let found = match find(ctx).await {
            Ok(found) => found,
            Err(Error::Backend(error))
                if matches!(error.kind, Kind::Refused | Kind::Unavailable) =>
            {
                return Err(error.into());
            }
            Err(Error::Backend(error)) => {
                log::warn!(
                    "Folders can not be listed user={} device={}: {error}",
                    ctx.owner.user,
                    ctx.owner.device
                );
                return Ok(Response::failed(Status::ServerError));
            }
            Err(error) => return Err(error),
        };
        let cache = ctx.services.caches.load(&ctx.owner).await?.unwrap_or_default();
        let now = with_ids(found, &cache, &held, ctx.account().profile.mail.is_none());
        let changes = compare(&held, &now);
        ctx.note("folders", now.len());
        ctx.note("changes", changes.count);
        match key {
            Some(key) if changes.count == 0 => {
                remember(ctx, &cache, &now).await?;
                Ok(Response::unchanged(SyncKey::from(key.to_string())))
            }
            key => store(ctx, key, &held, &now, changes).await,
        }
    }

    fn on_bad_document() -> Response {
        Response::failed(Status::BadRequest)
    }
}

element! {
    /// The key that the client holds.
    pub struct Request = FolderHierarchy::FolderSync {
        /// `0` for none.
        sync_key: SyncKey = FolderHierarchy::SyncKey,
    }
}

element! {
    /// What changed.
    pub struct Response = FolderHierarchy::FolderSync {
        /// How it went.
        status: Status = FolderHierarchy::Status,
        /// The key after this answer.
        sync_key: Option<SyncKey> = FolderHierarchy::SyncKey,
        /// The changes.
        changes: Option<Changes> = FolderHierarchy::Changes,
    }
}

element! {
    /// Changes in the hierarchy.
    pub struct Changes = FolderHierarchy::Changes {
        /// How many.
        count: u32 = FolderHierarchy::Count,
        /// Folders with another name.
        updates: Vec<FolderElement> = FolderHierarchy::Update,
        /// Folders that are gone.
        deletes: Vec<GoneFolder> = FolderHierarchy::Delete,
        /// New folders.
        adds: Vec<FolderElement> = FolderHierarchy::Add,
    }
}

element! {
    /// A folder.
    pub struct FolderElement = FolderHierarchy::Add {
        /// Its id.
        server_id: ServerId = FolderHierarchy::ServerId,
        /// Id of the folder above; `0` for none.
        parent_id: ServerId = FolderHierarchy::ParentId,
        /// What users see.
        display_name: String = FolderHierarchy::DisplayName,
        /// What it is for.
        kind: FolderType = FolderHierarchy::Type,
    }
}

element! {
    /// A folder that is gone.
    pub struct GoneFolder = FolderHierarchy::Delete {
        /// Its id.
        server_id: ServerId = FolderHierarchy::ServerId,
    }
}

wire_enum! {
    /// How a FolderSync went. [MS-ASCMD] §2.2.3.177.4
    pub struct Status {
        /// Well.
        Success = 1,
        /// The server could not; try again.
        ServerError = 6,
        /// The key is nobody's: begin again with 0.
        InvalidSyncKey = 9,
        /// The request can not be read.
        BadRequest = 10,
    }
}

impl Response {
    fn failed(status: Status) -> Self {
        Self { status, sync_key: None, changes: None }
    }

    fn unchanged(key: SyncKey) -> Self {
        let none = Changes { count: 0, updates: vec![], deletes: vec![], adds: vec![] };
        Self { status: Status::Success, sync_key: Some(key), changes: Some(none) }
    }
}

/// A folder with its id for the client.
struct NamedFolder {
    uid: String,
    parent_uid: String,
    folder: BackendFolder,
}

/// The folders that are there now, as fresh as can be: one call to Horde, one to the mail server.
async fn find(ctx: &Context<'_>) -> Result<Vec<BackendFolder>, Error> {
    let account = ctx.services.accounts.refresh(&ctx.account().credentials).await?;
    let profile: &Profile = &account.profile;
    let mailboxes: Option<Vec<Mailbox>> = match profile.mail {
        Some(_) => Some(ctx.services.mail.mailboxes(&account).await?),
        None => None,
    };
    let multiplex = Multiplex(ctx.device.properties.multiplex().unwrap_or(0));
    Ok(hierarchy::folders(profile, mailboxes.as_deref(), multiplex, ctx.version()))
}

/// Gives every folder the id that the client knows, or a new one.
fn with_ids(
    found: Vec<BackendFolder>,
    cache: &SyncCache,
    held: &HierarchyState,
    mail_is_dummy: bool,
) -> Vec<NamedFolder> {
    let mut known: BTreeMap<String, String> = held
        .folders
        .iter()
        .filter(|folder| !folder.backend_id.is_empty())
        .map(|folder| (folder.backend_id.clone(), folder.uid.clone()))
        .collect();
    known.extend(cache.folders().into_iter().map(|(uid, folder)| (folder.backend_id, uid)));
    let mut taken: BTreeSet<String> = known.values().cloned().collect();
    let mut uids = BTreeMap::new();
    for folder in &found {
        let uid = if hierarchy::has_fixed_id(&folder.backend_id, mail_is_dummy) {
            folder.backend_id.clone()
        } else if let Some(uid) = known.get(&folder.backend_id) {
            uid.clone()
        } else {
            folders::new_uid(folder.kind, &mut taken)
        };
        uids.insert(folder.backend_id.clone(), uid);
    }
    found
        .into_iter()
        .map(|folder| NamedFolder {
            uid: uids.get(&folder.backend_id).cloned().unwrap_or_default(),
            parent_uid: folder
                .parent
                .as_ref()
                .and_then(|parent| uids.get(parent))
                .cloned()
                .unwrap_or_else(|| "0".to_owned()),
            folder,
        })
        .collect()
}

/// By id: a folder with another name is an update, as it is for Horde.
fn compare(held: &HierarchyState, now: &[NamedFolder]) -> Changes {
    let old: BTreeMap<&str, &KnownFolder> =
        held.folders.iter().map(|folder| (folder.uid.as_str(), folder)).collect();
    let mut adds = Vec::new();
    let mut updates = Vec::new();
    for folder in now {
        match old.get(folder.uid.as_str()) {
            None => adds.push(element_of(folder)),
            Some(known) if known.name != folder.folder.name => updates.push(element_of(folder)),
            Some(_) => {}
        }
    }
    let there: BTreeSet<&str> = now.iter().map(|folder| folder.uid.as_str()).collect();
    let deletes: Vec<GoneFolder> = held
        .folders
        .iter()
        .filter(|folder| !there.contains(folder.uid.as_str()))
        .map(|folder| GoneFolder { server_id: ServerId::from(folder.uid.as_str()) })
        .collect();
    let count = u32::try_from(adds.len() + updates.len() + deletes.len()).unwrap_or(u32::MAX);
    Changes { count, updates, deletes, adds }
}

fn element_of(folder: &NamedFolder) -> FolderElement {
    FolderElement {
        server_id: ServerId::from(folder.uid.as_str()),
        parent_id: ServerId::from(folder.parent_uid.as_str()),
        display_name: folder.folder.name.clone(),
        kind: folder.folder.kind,
    }
}

/// Nothing to tell: the cache gets what it lacks of the folders that the client has.
async fn remember(ctx: &Context<'_>, cache: &SyncCache, now: &[NamedFolder]) -> Result<(), Error> {
    let mut after = cache.clone();
    set_folders(&mut after, now);
    if &after != cache {
        let edit = |cache: &mut SyncCache| set_folders(cache, now);
        ctx.services.caches.update(&ctx.owner, ctx.now(), &edit).await?;
    }
    Ok(())
}

/// The folders in the cache are these and no others.
fn set_folders(cache: &mut SyncCache, now: &[NamedFolder]) {
    let there: BTreeSet<&str> = now.iter().map(|folder| folder.uid.as_str()).collect();
    for (uid, _) in cache.folders() {
        if !there.contains(uid.as_str()) {
            cache.remove_folder(&uid);
        }
    }
    for folder in now {
        cache.set_folder(&folder.uid, &cached_folder(folder));
    }
}

/// Stores the list under a new key; what is gone takes its state with it.
async fn store(
    ctx: &Context<'_>,
    key: Option<StateKey>,
    held: &HierarchyState,
    now: &[NamedFolder],
    changes: Changes,
) -> Result<Response, Error> {
    let new_key = key.map_or_else(|| StateKey::first(Uuid::new_v4()), |key| key.next());
    let folders = now.iter().map(known_folder).collect();
    let state = HierarchyState { folders, presented: None };
    let new = NewState {
        folder: "",
        key: &new_key,
        presented: held.presented.as_ref(),
        state: &state,
        now: ctx.now(),
    };
    let edit = |cache: &mut SyncCache| {
        set_folders(cache, now);
        cache.set_hierarchy(&new_key.to_string());
    };
    match ctx.services.collections.save_hierarchy(&ctx.owner, &new, &edit).await {
        Ok(()) => {}
        Err(error) if error.kind == state::Kind::Gone => {
            return Ok(Response::failed(Status::InvalidSyncKey));
        }
        Err(error) => return Err(error.into()),
    }
    let gone: Vec<String> =
        changes.deletes.iter().map(|folder| folder.server_id.as_str().to_owned()).collect();
    if !gone.is_empty() {
        ctx.services.collections.forget(&ctx.owner, &gone, ctx.now()).await?;
    }
    Ok(Response {
        status: Status::Success,
        sync_key: Some(SyncKey::from(new_key.to_string())),
        changes: Some(changes),
    })
}

fn known_folder(folder: &NamedFolder) -> KnownFolder {
    KnownFolder {
        uid: folder.uid.clone(),
        name: folder.folder.name.clone(),
        parent: "0".to_owned(),
        backend_id: folder.folder.backend_id.clone(),
        kind: u8::try_from(folder.folder.kind.0).ok(),
    }
}

fn cached_folder(folder: &NamedFolder) -> CachedFolder {
    CachedFolder {
        class: hierarchy::class_of(folder.folder.kind).as_str().to_owned(),
        backend_id: folder.folder.backend_id.clone(),
        kind: u8::try_from(folder.folder.kind.0).unwrap_or_default(),
    }
}
