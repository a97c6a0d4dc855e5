//! A request of Sync with what it leaves out: the last request's collections and options.
//!
//! [MS-ASCMD] §2.2.3.131

use std::collections::BTreeSet;

use crate::command::Context;
use crate::command::sync::Response;
use crate::command::sync::outcome::Trouble;
use crate::command::sync::wire::{self, ClientCommand, Request, Status, Supported};
use crate::command::sync::wishes;
use crate::eas::class::Class;
use crate::eas::ids::{CollectionId, SyncKey};
use crate::eas::version::ProtocolVersion;
use crate::state::cache::{CachedCollection, Interval, SyncCache};
use crate::state::key::StateKey;

/// One collection of a request, with what the cache adds.
pub(in crate::command) struct Asked {
    /// The folder's uid.
    pub(in crate::command) uid: String,
    /// Whether the client was ever told of this folder.
    pub(in crate::command) is_known: bool,
    /// The class of its items.
    pub(in crate::command) class: Class,
    /// Horde's own name of it.
    pub(in crate::command) backend_id: String,
    /// The key as the client sent it; `None` when it sent none.
    pub(in crate::command) sync_key: Option<SyncKey>,
    /// The same, when it is one of ours.
    pub(in crate::command) key: Option<StateKey>,
    /// What the client would like to get.
    pub(in crate::command) wishes: CachedCollection,
    /// The FilterType of the last request; `None` when there was none.
    pub(in crate::command) filter_before: Option<u8>,
    /// Whether the server's changes are wanted, if the client said so.
    pub(in crate::command) get_changes: Option<bool>,
    /// What the client changed.
    pub(in crate::command) commands: Vec<ClientCommand>,
    /// The properties that the client manages.
    pub(in crate::command) supported: Option<Supported>,
}

impl Asked {
    /// The key under which the client's changes are recorded.
    pub(super) fn presented_key(&self) -> Result<StateKey, Trouble> {
        self.key.clone().ok_or(Trouble::Status(Status::InvalidSyncKey))
    }

    /// Whether the server's changes go into the answer: yes, unless the client says otherwise.
    pub(super) fn wants_changes(&self) -> bool {
        self.get_changes.unwrap_or(true)
    }

    /// Whether the server is to be asked what changed: for the client, or to judge its commands.
    pub(super) fn may_look(&self) -> bool {
        self.wants_changes() || !self.commands.is_empty()
    }

    /// A collection as a request names it.
    pub(in crate::command) fn of(cache: &SyncCache, collection: wire::Collection) -> Self {
        let uid = collection.collection_id.clone().unwrap_or_default().0;
        let folder = cache.folder(&uid);
        let cached = cache.collection(&uid);
        let filter_before = cached.as_ref().and_then(|cached| cached.filter_type);
        let mut wishes = wishes::merge(cached, &collection);
        let class = folder.as_ref().and_then(|folder| Class::of(&folder.class));
        let backend_id =
            folder.as_ref().map(|folder| folder.backend_id.clone()).unwrap_or_default();
        wishes.class = class.unwrap_or(Class::Email).as_str().to_owned();
        wishes.backend_id.clone_from(&backend_id);
        Self {
            is_known: folder.is_some(),
            class: class.unwrap_or(Class::Email),
            backend_id,
            key: collection.sync_key.as_ref().and_then(|key| StateKey::parse(key.as_str())),
            sync_key: collection.sync_key,
            wishes,
            filter_before,
            get_changes: collection.get_changes,
            commands: once(collection.commands.map(|commands| commands.0).unwrap_or_default()),
            supported: collection.supported,
            uid,
        }
    }

    /// A collection that the request leaves out: as the client last had it.
    fn cached(cache: &SyncCache, uid: &str, key: &str) -> Self {
        Self::of(cache, wire::Collection::named(uid.into(), Some(key.into())))
    }
}

/// A whole request.
pub(super) struct Plan {
    /// The collections, in the client's order.
    pub(super) collections: Vec<Asked>,
    /// The window of the whole request.
    pub(super) window_size: Option<u32>,
    /// How long the client would wait: to be remembered for a request that leaves it out.
    pub(super) interval: Option<Interval>,
    /// Whether the client changes or asks for anything: then it wants its answer at once.
    is_import: bool,
}

impl Plan {
    /// Fills a request up from the cache, or says what is wrong with it.
    pub(super) fn read(
        ctx: &Context<'_>,
        request: Option<Request>,
        cache: &SyncCache,
    ) -> Result<Self, Response> {
        let can_leave_out = ctx.version() >= ProtocolVersion::V12_1;
        let Some(request) = request else {
            if !can_leave_out {
                return Err(Response::only(Status::RequestIncomplete));
            }
            let collections = Self::left_out(cache, &[])?;
            if collections.is_empty() {
                return Err(Response::only(Status::RequestIncomplete));
            }
            let interval = cache.sync_interval();
            return Ok(Self { collections, window_size: None, interval, is_import: false });
        };
        let mut interval = interval(&request)?.filter(|_| can_leave_out);
        let named = request.collections.map(|all| all.collections).unwrap_or_default();
        check(&named)?;
        let mut collections: Vec<Asked> =
            named.into_iter().map(|collection| Asked::of(cache, collection)).collect();
        if request.partial.is_some() && can_leave_out {
            let is_synced = |key: &String| key != "0";
            let mut known = cache.collections().into_iter();
            if !known.any(|(_, cached)| cached.last_sync_key.as_ref().is_some_and(is_synced)) {
                return Err(Response::only(Status::RequestIncomplete));
            }
            interval = interval.or_else(|| cache.sync_interval());
            let named: Vec<String> = collections.iter().map(|asked| asked.uid.clone()).collect();
            collections.extend(Self::left_out(cache, &named)?);
        }
        if collections.is_empty() {
            return Err(Response::only(Status::ProtocolError));
        }
        let is_import = collections.iter().any(|asked| !asked.commands.is_empty());
        Ok(Self { collections, window_size: request.window_size, interval, is_import })
    }

    /// How many seconds to wait where there is nothing to tell.
    pub(super) fn wait_seconds(&self) -> Option<u32> {
        self.interval.filter(|_| !self.is_import).map(Interval::seconds)
    }

    /// The collections of the last request that this one does not name.
    ///
    /// A key that was handed out and never presented may not have arrived: then the client must
    /// say everything again.
    fn left_out(cache: &SyncCache, named: &[String]) -> Result<Vec<Asked>, Response> {
        let handed_out = cache.confirmed_keys();
        let mut all = Vec::new();
        for (uid, cached) in cache.collections() {
            let Some(key) = cached.last_sync_key.filter(|key| key != "0") else { continue };
            if named.contains(&uid) || cache.folder(&uid).is_none() {
                continue;
            }
            if handed_out.contains(&key) {
                return Err(Response::only(Status::RequestIncomplete));
            }
            all.push(Asked::cached(cache, &uid, &key));
        }
        Ok(all)
    }
}

/// Each collection has an id of its own, and there are no more of anything than a client would
/// send.
///
/// [MS-ASCMD] §2.2.3.30.6
fn check(named: &[wire::Collection]) -> Result<(), Response> {
    let n_collections = u32::try_from(named.len()).unwrap_or(u32::MAX);
    if n_collections > MOST_COLLECTIONS {
        return Err(bounded(Status::TooManyCollections, MOST_COLLECTIONS));
    }
    let ids: BTreeSet<_> = named.iter().filter_map(|one| one.collection_id.as_ref()).collect();
    let commands = named.iter().filter_map(|one| one.commands.as_ref());
    let n_commands = commands.map(|commands| commands.0.len()).fold(0, usize::saturating_add);
    if ids.len() < named.len() || n_commands > MOST_COMMANDS {
        return Err(Response::only(Status::ProtocolError));
    }
    Ok(())
}

/// The commands, each item asked for once however often the client does: its answer holds it once.
fn once(mut commands: Vec<ClientCommand>) -> Vec<ClientCommand> {
    let mut known = BTreeSet::new();
    commands.retain(|command| match command {
        ClientCommand::Fetch(fetch) => known.insert(fetch.server_id.clone()),
        ClientCommand::Add(_) | ClientCommand::Change(_) | ClientCommand::Delete(_) => true,
    });
    commands
}

/// Wait counts minutes, HeartbeatInterval seconds; only one of them may be there.
///
/// [MS-ASCMD] §2.2.3.97
fn interval(request: &Request) -> Result<Option<Interval>, Response> {
    let out_of_bounds = |limit| Err(bounded(Status::InvalidWait, limit));
    match (request.wait, request.heartbeat_interval) {
        (Some(_), Some(_)) => Err(Response::only(Status::ProtocolError)),
        (None, None) => Ok(None),
        (Some(minutes @ 1..=59), None) => Ok(Some(Interval::Minutes(minutes))),
        (Some(0), None) => out_of_bounds(1),
        (Some(_), None) => out_of_bounds(59),
        (None, Some(seconds @ 60..=3_540)) => Ok(Some(Interval::Seconds(seconds))),
        (None, Some(..60)) => out_of_bounds(60),
        (None, Some(_)) => out_of_bounds(3_540),
    }
}

/// A bound was overstepped; this is the nearest that is not.
fn bounded(status: Status, limit: u32) -> Response {
    Response { limit: Some(limit), ..Response::only(status) }
}

impl wire::Collection {
    /// A collection of which nothing is said but its id and key.
    pub(in crate::command) const fn named(
        collection_id: CollectionId,
        sync_key: Option<SyncKey>,
    ) -> Self {
        Self {
            class: None,
            sync_key,
            collection_id: Some(collection_id),
            supported: None,
            deletes_as_moves: None,
            get_changes: None,
            window_size: None,
            conversation_mode: None,
            options: Vec::new(),
            commands: None,
        }
    }
}

/// More collections than any phone has folders.
const MOST_COLLECTIONS: u32 = 300;
/// More commands than any phone sends at once; the protocol would have 200, which some overstep.
const MOST_COMMANDS: usize = 10_000;
