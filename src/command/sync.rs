//! Sync: the changes of client and server in one or more collections.
//!
//! [MS-ASCMD] §2.2.1.21
//!
//! ```xml
//! <Sync><Collections><Collection><SyncKey>{…}2</SyncKey><CollectionId>F1a2b3c4d</CollectionId>
//!   <GetChanges/><Commands><Change><ServerId>7</ServerId>…</Change></Commands></Collection>…
//! <Sync><Collections><Collection><SyncKey>{…}3</SyncKey><CollectionId>F1a2b3c4d</CollectionId>
//!   <Status>1</Status><Commands><Add><ServerId>8</ServerId>…</Add></Commands></Collection>…
//! ```
//!
//! Reads and writes the state of each collection, the options in the cache, the records of the
//! client's changes, mailboxes and items.
//!
//! Each collection is stored under its new key before the answer leaves; the old key stays good
//! until the client presents the new one.
//! Horde: after client commands its server sends no changes in the same answer, nor for the
//! collections behind it; here each collection is answered by itself.
//! Horde: an empty request goes on from keys that the client never saw, and misses items; here it
//! is answered with Status 13.

mod collection;
mod item_body;
mod item_quirks;
mod item_uids;
mod items;
mod items_answer;
mod items_apply;
mod items_filter;
mod items_same;
mod items_shares;
mod mail;
mod mail_apply;
mod outcome;
mod place;
mod plan;
pub mod wire;
mod wishes;

use crate::command::waiting::{self, Ended};
use crate::command::{Command, Context, DEVICE_STATUS, Error};
use crate::delta::window::Window;
use crate::eas::version::ProtocolVersion;
use crate::state::cache::SyncCache;
use crate::wbxml::Tag;
use crate::wbxml::pages;

use plan::Plan;
use wire::{CollectionResponses, Request, Response, Status};

pub(super) use collection::{Estimate, estimate};
pub(super) use item_body::fit;
pub(super) use place::Place;
pub(super) use plan::Asked;
pub(super) use wire::Collection as RequestCollection;
pub(super) use wishes::wanted;

pub(super) struct Sync;

impl Command for Sync {
    const NAME: &'static str = "Sync";
    const ROOT: Tag = pages::AirSync::Sync;
    const STATUS: Tag = DEVICE_STATUS;
    type Request = Option<Request>;
    type Response = Option<Response>;

    async fn run(ctx: &Context<'_>, request: Option<Request>) -> Result<Option<Response>, Error> {
        let none = SyncCache::default();
        let cache = ctx.cache.as_ref().unwrap_or(&none);
        let plan = match Plan::read(ctx, request, cache) {
            Ok(plan) => plan,
            Err(response) => return Ok(Some(response)),
        };
        let must_have_hierarchy = ctx.version() >= ProtocolVersion::V12_1;
        if ctx.cache.is_none() || must_have_hierarchy && !cache.has_hierarchy() {
            return Ok(Some(Response::only(Status::FolderHierarchyChanged)));
        }
        ctx.note("collections", plan.collections.len());
        let answered = answer(ctx, cache, &plan).await?;
        remember(ctx, cache, &plan).await?;
        let seconds = match plan.wait_seconds() {
            Some(seconds) if !answered.has_news => seconds,
            _ => return Ok(Some(answered.response)),
        };
        let uids: Vec<String> = plan.collections.iter().map(|asked| asked.uid.clone()).collect();
        match waiting::wait(ctx, &uids, seconds).await? {
            Ended::Changed(_) => Ok(Some(answer(ctx, cache, &plan).await?.response)),
            Ended::FolderGone | Ended::Wiped => {
                Ok(Some(Response::only(Status::FolderHierarchyChanged)))
            }
            Ended::Superseded | Ended::TimedOut => Ok(None),
        }
    }

    fn on_bad_document() -> Option<Response> {
        Some(Response::only(Status::ProtocolError))
    }
}

/// Writes down how long the client would wait, for its next request that leaves it out.
async fn remember(ctx: &Context<'_>, cache: &SyncCache, plan: &Plan) -> Result<(), Error> {
    if cache.sync_interval() == plan.interval {
        return Ok(());
    }
    let edit = |cache: &mut SyncCache| cache.set_sync_interval(plan.interval);
    ctx.services.caches.update(&ctx.owner, ctx.now(), &edit).await?;
    Ok(())
}

/// The answer, and whether it tells the client anything.
struct Answered {
    response: Response,
    has_news: bool,
}

async fn answer(ctx: &Context<'_>, cache: &SyncCache, plan: &Plan) -> Result<Answered, Error> {
    let mut window = Window::of_request(plan.window_size, ctx.call.site.request_window_max);
    let mut collections = Vec::new();
    let mut has_news = false;
    for asked in &plan.collections {
        let response = collection::answer(ctx, cache, asked, &mut window).await?;
        has_news |= response.status != Status::Success
            || Some(&response.sync_key) != asked.sync_key.as_ref()
            || response.more_available.is_some();
        collections.push(response);
    }
    let sent: usize = collections
        .iter()
        .filter_map(|collection| collection.commands.as_ref())
        .map(|commands| commands.0.len())
        .sum();
    ctx.note("sent", sent);
    let collections = Some(CollectionResponses { collections });
    Ok(Answered { response: Response { status: None, limit: None, collections }, has_news })
}

impl Response {
    const fn only(status: Status) -> Self {
        Self { status: Some(status), limit: None, collections: None }
    }
}
