//! One collection of a Sync: its key, its state, and the answer.
//!
//! [MS-ASCMD] §2.2.3.29.2

use uuid::Uuid;

use crate::backend::items::is_served;
use crate::command::sync::outcome::{Outcome, Trouble};
use crate::command::sync::plan::Asked;
use crate::command::sync::wire::{CollectionResponse, Status, Supported};
use crate::command::sync::{items, mail};
use crate::command::{Context, Error};
use crate::delta::window::Window;
use crate::eas::class::{Class, ClassName};
use crate::eas::ids::{CollectionId, SyncKey};
use crate::eas::scalar::Present;
use crate::eas::schema::Sequence;
use crate::state::cache::{CachedCollection, SyncCache};
use crate::state::device;
use crate::state::folder::FolderObject;
use crate::state::key::StateKey;
use crate::state::model::{CollectionState, NewState};
use crate::state::pending::Pending;
use crate::state::{self, Bump};

/// Syncs one collection and stores what came of it.
pub(super) async fn answer(
    ctx: &Context<'_>,
    cache: &SyncCache,
    asked: &Asked,
    window: &mut Window,
) -> Result<CollectionResponse, Error> {
    match run(ctx, cache, asked, window).await {
        Ok(response) => Ok(response),
        Err(Trouble::Status(status)) => Ok(asked.refused(status)),
        Err(Trouble::Fatal(error)) => Err(error),
        Err(Trouble::Reset(why)) => {
            log::warn!(
                "Folder begins again user={} device={} collection={}: {why}",
                ctx.owner.user,
                ctx.owner.device,
                asked.uid,
            );
            let folders = [asked.uid.clone()];
            ctx.services.collections.reset(&ctx.owner, &folders, ctx.now()).await?;
            Ok(asked.refused(Status::InvalidSyncKey))
        }
    }
}

/// What waits for the client in a collection.
pub(in crate::command) enum Estimate {
    /// So many changes.
    Changes(usize),
    /// The client has no state of it.
    NotPrimed,
    /// The key is nobody's.
    InvalidKey,
    /// There is no such folder.
    NoFolder,
}

/// How many changes wait, without sending or storing any.
pub(in crate::command) async fn estimate(
    ctx: &Context<'_>,
    asked: &Asked,
) -> Result<Estimate, Error> {
    if !asked.is_known {
        return Ok(Estimate::NoFolder);
    }
    let Some(key) = &asked.key else {
        let is_first = asked.sync_key.as_ref().is_none_or(SyncKey::is_first);
        return Ok(if is_first { Estimate::NotPrimed } else { Estimate::InvalidKey });
    };
    let found = match load(ctx, asked, key).await {
        Ok(mut state) => match asked.engine() {
            Engine::Items => items::estimate(ctx, asked, &mut state).await,
            Engine::Mail => mail::estimate(ctx, asked, &mut state).await,
            Engine::Empty | Engine::None => Ok(0),
        },
        Err(trouble) => Err(trouble),
    };
    match found {
        Ok(n_changes) => Ok(Estimate::Changes(n_changes)),
        Err(Trouble::Fatal(error)) => Err(error),
        Err(Trouble::Status(Status::FolderHierarchyChanged)) => Ok(Estimate::NoFolder),
        Err(Trouble::Status(_) | Trouble::Reset(_)) => Ok(Estimate::InvalidKey),
    }
}

/// Who syncs a folder.
enum Engine {
    /// Folders that never hold anything: the outbox, and mail folders where there is no mail.
    Empty,
    /// Folders of Horde's applications.
    Items,
    /// Mailboxes.
    Mail,
    /// Nobody yet.
    None,
}

impl Asked {
    fn engine(&self) -> Engine {
        match (self.class, self.backend_id.as_str()) {
            (_, "RI") => Engine::None,
            (Class::Email, "OUTBOX") => Engine::Empty,
            (Class::Email, backend_id) if backend_id == self.uid => Engine::Empty,
            (Class::Email, _) => Engine::Mail,
            (class, _) if is_served(class) => Engine::Items,
            _ => Engine::None,
        }
    }

    /// An answer with nothing but a Status: the client keeps the key that it has.
    fn refused(&self, status: Status) -> CollectionResponse {
        CollectionResponse {
            class: Some(ClassName::from(self.class)),
            sync_key: self.sync_key.clone().unwrap_or_else(|| SyncKey::from("0")),
            collection_id: Some(CollectionId(self.uid.clone())),
            status,
            more_available: None,
            responses: None,
            commands: None,
        }
    }
}

async fn run(
    ctx: &Context<'_>,
    cache: &SyncCache,
    asked: &Asked,
    window: &mut Window,
) -> Result<CollectionResponse, Trouble> {
    if !asked.is_known {
        return Err(Trouble::Status(Status::FolderHierarchyChanged));
    }
    let engine = asked.engine();
    if matches!(engine, Engine::None) {
        return Err(Trouble::Status(Status::ServerError));
    }
    let Some(sync_key) = &asked.sync_key else {
        return Err(Trouble::Status(Status::ProtocolError));
    };
    if sync_key.is_first() {
        return begin(ctx, asked).await;
    }
    let Some(key) = &asked.key else {
        return Err(Trouble::Status(Status::InvalidSyncKey));
    };
    if asked.supported.is_some() {
        return Err(Trouble::Status(Status::ProtocolError));
    }
    let mut state = load(ctx, asked, key).await?;
    if window.is_used_up() && asked.commands.is_empty() {
        let more_available = Some(Present);
        return Ok(CollectionResponse { more_available, ..asked.refused(Status::Success) });
    }
    let share = window.share(asked.wishes.window_size, ctx.call.site.window_max);
    let n_pending = state.pending.len();
    let outcome = match engine {
        Engine::Items => items::sync(ctx, asked, &mut state, share).await?,
        Engine::Mail => mail::sync(ctx, asked, &mut state, share).await?,
        Engine::Empty | Engine::None => Outcome::nothing(&state, ctx.now()),
    };
    window.spend(outcome.n_taken);
    store(ctx, cache, asked, key, (state, n_pending), outcome).await
}

/// The client has nothing: forgets what was, gives the first key, sends nothing yet.
async fn begin(ctx: &Context<'_>, asked: &Asked) -> Result<CollectionResponse, Trouble> {
    if !asked.commands.is_empty() {
        return Err(Trouble::Status(Status::ProtocolError));
    }
    let folder = match asked.class {
        Class::Email => FolderObject::new_imap(&asked.backend_id),
        _ => FolderObject::new_collection(&asked.backend_id, asked.class.as_str()),
    };
    let state = CollectionState {
        stamp: 0,
        folder,
        pending: Pending::NotComputed,
        presented: None,
        newest: None,
    };
    let key = StateKey::first(Uuid::new_v4());
    if let Some(supported) = &asked.supported {
        let supported = supported_of(supported);
        let class = asked.class.as_str();
        ctx.services.devices.set_supported(&ctx.owner.device, class, &supported).await?;
    }
    ctx.services.maps.forget(&ctx.owner, &asked.backend_id).await?;
    save(ctx, asked, &key, &state).await?;
    let sync_key = SyncKey::from(key.to_string());
    Ok(CollectionResponse { sync_key, ..asked.refused(Status::Success) })
}

async fn load(
    ctx: &Context<'_>,
    asked: &Asked,
    key: &StateKey,
) -> Result<CollectionState, Trouble> {
    ctx.services
        .collections
        .load(&ctx.owner, &asked.uid, key)
        .await?
        .ok_or(Trouble::Status(Status::InvalidSyncKey))
}

/// Stores the state under a new key, if one is due, and makes the answer.
async fn store(
    ctx: &Context<'_>,
    cache: &SyncCache,
    asked: &Asked,
    key: &StateKey,
    (before, n_pending): (CollectionState, usize),
    outcome: Outcome,
) -> Result<CollectionResponse, Trouble> {
    let is_due = outcome.imported
        || outcome.n_taken > 0
        || key.is_first()
        || asked.wishes.ping_change
        || n_pending != outcome.pending.len()
        || is_marked(&before.folder, &outcome.folder);
    let has_more = !outcome.pending.is_empty();
    let sync_key = if is_due {
        let state = CollectionState {
            stamp: outcome.stamp,
            folder: outcome.folder,
            pending: outcome.pending,
            presented: before.presented,
            newest: None,
        };
        let new_key = key.next();
        save(ctx, asked, &new_key, &state).await?;
        let (maps, backend_id) = (&ctx.services.maps, &asked.backend_id);
        maps.record(&ctx.owner, backend_id, &new_key, &outcome.told_again).await?;
        SyncKey::from(new_key.to_string())
    } else {
        remember(ctx, cache, asked).await?;
        follow(ctx, asked, &before, &outcome).await?;
        SyncKey::from(key.to_string())
    };
    Ok(CollectionResponse {
        sync_key,
        more_available: (has_more && asked.wants_changes()).then_some(Present),
        responses: (!outcome.responses.is_empty()).then_some(Sequence(outcome.responses)),
        commands: (!outcome.commands.is_empty()).then_some(Sequence(outcome.commands)),
        ..asked.refused(Status::Success)
    })
}

/// Whether a pass of the filter was made, or other shares are shown: either would be done again if
/// it were not written down.
fn is_marked(before: &FolderObject, after: &FolderObject) -> bool {
    match (before, after) {
        (FolderObject::Collection(before), FolderObject::Collection(after)) => {
            before.soft_delete_at != after.soft_delete_at || before.shares != after.shares
        }
        _ => false,
    }
}

async fn save(
    ctx: &Context<'_>,
    asked: &Asked,
    key: &StateKey,
    state: &CollectionState,
) -> Result<(), Trouble> {
    let new = NewState {
        folder: &asked.uid,
        key,
        presented: state.presented.as_ref(),
        state,
        now: ctx.now(),
    };
    let collection = asked.cached_under(key);
    let presented = asked.key.as_ref().map(ToString::to_string).unwrap_or_default();
    let edit = |cache: &mut SyncCache| {
        cache.remove_confirmed_key(&presented);
        cache.set_collection(&asked.uid, &collection);
        if let FolderObject::Collection(folder) = &state.folder
            && let Some(shares) = &folder.shares
        {
            cache.set_shown_shares(&asked.uid, key.series(), shares);
        }
        cache.add_confirmed_key(&key.to_string());
        cache.set_sync_ended(ctx.now());
    };
    match ctx.services.collections.save(&ctx.owner, &new, &edit).await {
        Ok(()) => Ok(()),
        Err(error) if error.kind == state::Kind::Gone => {
            log::warn!(
                "State was changed meanwhile, nothing stored user={} device={} collection={}: {error}",
                ctx.owner.user,
                ctx.owner.device,
                asked.uid,
            );
            // Without the record the whole device was removed; with it, another request was first.
            let is_removed = ctx.services.caches.load(&ctx.owner).await?.is_none();
            let status = if is_removed { Status::FolderHierarchyChanged } else { Status::Retry };
            Err(Trouble::Status(status))
        }
        Err(error) => Err(error.into()),
    }
}

/// No new key: the options are written down if they are new, and the key as presented.
async fn remember(ctx: &Context<'_>, cache: &SyncCache, asked: &Asked) -> Result<(), Trouble> {
    let Some(key) = &asked.key else { return Ok(()) };
    let collection = asked.cached_under(key);
    let text = key.to_string();
    let is_known = cache.collection(&asked.uid).as_ref() == Some(&collection)
        && !cache.confirmed_keys().contains(&text);
    if is_known {
        return Ok(());
    }
    let edit = |cache: &mut SyncCache| {
        cache.set_collection(&asked.uid, &collection);
        cache.remove_confirmed_key(&text);
    };
    ctx.services.caches.update(&ctx.owner, ctx.now(), &edit).await?;
    Ok(())
}

/// No new key, but a history that went on without news of this folder: the stamp follows it, so that
/// the next look does not begin from so far behind, and Horde's own server does not tell again what
/// the client did, or was told while the stamp stayed behind.
async fn follow(
    ctx: &Context<'_>,
    asked: &Asked,
    before: &CollectionState,
    outcome: &Outcome,
) -> Result<(), Trouble> {
    let FolderObject::Collection(_) = before.folder else { return Ok(()) };
    let Some(presented) = before.presented.as_ref().filter(|_| outcome.stamp > before.stamp) else {
        return Ok(());
    };
    let stamp = Bump { from: before.stamp, to: outcome.stamp };
    ctx.services.collections.bump(&ctx.owner, &asked.uid, presented, stamp).await?;
    Ok(())
}

impl Asked {
    fn cached_under(&self, key: &StateKey) -> CachedCollection {
        CachedCollection {
            last_sync_key: Some(key.to_string()),
            ping_change: false,
            ..self.wishes.clone()
        }
    }
}

impl Outcome {
    /// A folder that never holds anything.
    fn nothing(state: &CollectionState, now: i64) -> Self {
        Self {
            responses: Vec::new(),
            commands: Vec::new(),
            n_taken: 0,
            imported: false,
            stamp: now,
            folder: state.folder.clone(),
            pending: Vec::new().into(),
            told_again: Vec::new(),
        }
    }
}

/// The tags in Horde's spelling; an empty list means that all is ghosted.
fn supported_of(supported: &Supported) -> device::Supported {
    if supported.0.is_empty() {
        return device::Supported::AllGhosted;
    }
    let name = |tag: &crate::wbxml::Tag| {
        let name = tag.name().unwrap_or_default();
        match name.split_once(':') {
            Some(("Contacts", name)) => format!("POOMCONTACTS:{name}"),
            Some(("Contacts2", name)) => format!("POOMCONTACTS2:{name}"),
            Some(("Calendar", name)) => format!("POOMCAL:{name}"),
            Some(("Tasks", name)) => format!("POOMTASKS:{name}"),
            _ => name.to_owned(),
        }
    };
    device::Supported::Tags(supported.0.iter().map(name).collect())
}
