//! Ping: waits until a folder has news.
//!
//! [MS-ASCMD] §2.2.1.13
//!
//! ```xml
//! <Ping><HeartbeatInterval>480</HeartbeatInterval>
//!   <Folders><Folder><Id>F1a2b3c4d</Id><Class>Email</Class></Folder></Folders></Ping>
//! <Ping><Status>2</Status><Folders><Folder>F1a2b3c4d</Folder></Folders></Ping>
//! ```
//!
//! Reads and writes the cache: the interval and the folders of the last Ping stand in for those
//! that a request leaves out; a folder with news gets a new key at its next Sync.
//!
//! A wish to wipe the device is answered with Status 7, so that the phone's next command hears of
//! it. Horde: a newer Ping of the same device ends the older one with an empty answer.

use crate::command::waiting::{self, Ended};
use crate::command::{Command, Context, Error, gate};
use crate::eas::ids::CollectionId;
use crate::state::cache::SyncCache;
use crate::wbxml::Tag;
use crate::wbxml::pages;
use crate::{element, wire_enum};

pub(super) struct Ping;

impl Command for Ping {
    const NAME: &'static str = "Ping";
    const ROOT: Tag = pages::Ping::Ping;
    const STATUS: Tag = pages::Ping::Status;
    const OPEN: bool = true;
    type Request = Option<Request>;
    type Response = Option<Response>;

    async fn run(ctx: &Context<'_>, request: Option<Request>) -> Result<Option<Response>, Error> {
        if gate::is_to_be_wiped(ctx.services, ctx.call, &ctx.device) {
            return Ok(Some(Response::only(Status::FolderHierarchyChanged)));
        }
        let Some(cache) = &ctx.cache else {
            return Ok(Some(Response::only(Status::FolderHierarchyChanged)));
        };
        let asked = request.as_ref().and_then(|request| request.heartbeat_interval);
        let seconds = match interval(ctx, cache, asked) {
            Ok(seconds) => seconds,
            Err(response) => return Ok(Some(response)),
        };
        let uids = match named(cache, request) {
            Ok(uids) => uids,
            Err(response) => return Ok(Some(response)),
        };
        remember(ctx, &uids, asked).await?;
        ctx.note("folders", uids.len());
        ctx.note("seconds", seconds);
        match waiting::wait(ctx, &uids, seconds).await? {
            Ended::Changed(changed) => {
                mark(ctx, &changed).await?;
                ctx.note("changed", changed.len());
                let folders = changed.into_iter().map(CollectionId).collect();
                let folders = Some(ChangedFolders { folders });
                Ok(Some(Response { folders, ..Response::only(Status::ChangesFound) }))
            }
            Ended::FolderGone | Ended::Wiped => {
                Ok(Some(Response::only(Status::FolderHierarchyChanged)))
            }
            Ended::Superseded => Ok(None),
            Ended::TimedOut => Ok(Some(Response::only(Status::TimedOut))),
        }
    }

    fn on_bad_document() -> Option<Response> {
        Some(Response::only(Status::SyntaxError))
    }
}

element! {
    /// What to watch, and for how long.
    pub struct Request = Ping::Ping {
        /// Seconds to wait; absent means as in the last Ping.
        heartbeat_interval: Option<u32> = Ping::HeartbeatInterval,
        /// Absent means the folders of the last Ping.
        folders: Option<Folders> = Ping::Folders,
    }
}

element! {
    /// Folders to watch.
    pub struct Folders = Ping::Folders {
        /// Each of them.
        folders: Vec<Folder> = Ping::Folder,
    }
}

element! {
    /// A folder to watch.
    pub struct Folder = Ping::Folder {
        /// Its id.
        id: Option<CollectionId> = Ping::Id,
        /// Its class.
        class: Option<String> = Ping::Class,
    }
}

element! {
    /// What happened.
    pub struct Response = Ping::Ping {
        /// Why the wait ended.
        status: Status = Ping::Status,
        /// The bound that the interval overstepped, with Status 5.
        heartbeat_interval: Option<u32> = Ping::HeartbeatInterval,
        /// How many folders are allowed, with Status 6.
        max_folders: Option<u32> = Ping::MaxFolders,
        /// The folders that have news.
        folders: Option<ChangedFolders> = Ping::Folders,
    }
}

element! {
    /// Folders that have news.
    pub struct ChangedFolders = Ping::Folders {
        /// Each of them.
        folders: Vec<CollectionId> = Ping::Folder,
    }
}

wire_enum! {
    /// Why a Ping ended. [MS-ASCMD] §2.2.3.177.11
    pub struct Status {
        /// Nothing happened in time.
        TimedOut = 1,
        /// Folders have news.
        ChangesFound = 2,
        /// The request leaves out what no Ping before it said.
        MissingParameters = 3,
        /// The request can not be read.
        SyntaxError = 4,
        /// The interval is out of bounds.
        HeartbeatOutOfBounds = 5,
        /// Too many folders.
        TooManyFolders = 6,
        /// The hierarchy changed: do a FolderSync first.
        FolderHierarchyChanged = 7,
        /// The server could not.
        ServerError = 8,
    }
}

impl Response {
    const fn only(status: Status) -> Self {
        Self { status, heartbeat_interval: None, max_folders: None, folders: None }
    }
}

/// The interval to wait: within the site's bounds, or what stands in for one.
fn interval(ctx: &Context<'_>, cache: &SyncCache, asked: Option<u32>) -> Result<u32, Response> {
    let site = &ctx.call.site;
    if let Some(forced) = site.heartbeat_forced {
        return Ok(forced);
    }
    let out_of_bounds = |bound| Response {
        heartbeat_interval: Some(bound),
        ..Response::only(Status::HeartbeatOutOfBounds)
    };
    match asked {
        Some(seconds) if seconds < site.heartbeat_min => Err(out_of_bounds(site.heartbeat_min)),
        Some(seconds) if seconds > site.heartbeat_max => Err(out_of_bounds(site.heartbeat_max)),
        Some(seconds) => Ok(seconds),
        None => Ok(cache
            .heartbeat_seconds()
            .unwrap_or(site.heartbeat_default)
            .clamp(site.heartbeat_min, site.heartbeat_max)),
    }
}

/// The folders to watch: those of the request, else those of the last Ping.
fn named(cache: &SyncCache, request: Option<Request>) -> Result<Vec<String>, Response> {
    let uids: Vec<String> = match request.and_then(|request| request.folders) {
        Some(folders) => {
            folders.folders.into_iter().filter_map(|folder| folder.id).map(|id| id.0).collect()
        }
        None => cache
            .collections()
            .into_iter()
            .filter(|(_, collection)| collection.pingable)
            .map(|(uid, _)| uid)
            .collect(),
    };
    if uids.is_empty() {
        return Err(Response::only(Status::MissingParameters));
    }
    if uids.len() > MOST_FOLDERS {
        let max_folders = u32::try_from(MOST_FOLDERS).ok();
        return Err(Response { max_folders, ..Response::only(Status::TooManyFolders) });
    }
    if uids.iter().any(|uid| cache.folder(uid).is_none()) {
        return Err(Response::only(Status::FolderHierarchyChanged));
    }
    Ok(uids)
}

/// Writes down what the next Ping may leave out.
async fn remember(ctx: &Context<'_>, uids: &[String], asked: Option<u32>) -> Result<(), Error> {
    let edit = |cache: &mut SyncCache| {
        if let Some(seconds) = asked {
            cache.set_heartbeat_seconds(seconds);
        }
        for (uid, mut collection) in cache.collections() {
            let pingable = uids.contains(&uid);
            if collection.pingable != pingable {
                collection.pingable = pingable;
                cache.set_collection(&uid, &collection);
            }
        }
    };
    ctx.services.caches.update(&ctx.owner, ctx.now(), &edit).await?;
    Ok(())
}

/// The next Sync of these folders gets a new key, whatever it finds.
async fn mark(ctx: &Context<'_>, uids: &[String]) -> Result<(), Error> {
    let edit = |cache: &mut SyncCache| {
        for uid in uids {
            cache.edit_collection(uid, |collection| collection.ping_change = true);
        }
    };
    ctx.services.caches.update(&ctx.owner, ctx.now(), &edit).await?;
    Ok(())
}

/// More folders than a Ping may name.
const MOST_FOLDERS: usize = 300;
