//! Fetches items and attachments.

use crate::backend::items::{Batch, is_served};
use crate::backend::mail::{Part, Which};
use crate::backend::{self, Kind};
use crate::command::item_operations::sending::Sending;
use crate::command::item_operations::{Fetch, FetchOptions, Fetched, Status};
use crate::command::sync::{Asked, Place, RequestCollection, fit, wanted};
use crate::command::{Context, Error};
use crate::eas::class::{Class, ClassName, Item};
use crate::eas::ids::{self, CollectionId, FileReference, LongId, ServerId};
use crate::eas::options::Options;
use crate::eas::range;
use crate::state::cache::SyncCache;

/// What was found, before it is put into the answer.
enum Found {
    Item(Item),
    Part(Part),
}

pub(super) async fn fetch(
    ctx: &Context<'_>,
    cache: &SyncCache,
    wish: Fetch,
    sending: &mut Sending,
) -> Result<Fetched, Error> {
    let is_mailbox =
        wish.store.as_deref().is_none_or(|store| store.eq_ignore_ascii_case("Mailbox"));
    let found = if !is_mailbox {
        Err(Status::UnknownStore)
    } else if sending.is_full() {
        Err(Status::TooLarge)
    } else if let Some(reference) = &wish.file_reference {
        attachment(ctx, &wish, reference, sending.left()).await?.map(Found::Part)
    } else if let Some(long_id) = &wish.long_id {
        by_long_id(ctx, cache, &wish, long_id).await?.map(Found::Item)
    } else {
        by_server_id(ctx, cache, &wish).await?.map(Found::Item)
    };
    let is_range = range_of(&wish).is_some();
    let class = match &found {
        Ok(Found::Item(item)) => Some(item.class()),
        Ok(Found::Part(_)) | Err(_) => None,
    };
    let properties = found.and_then(|found| match found {
        Found::Item(item) => sending.item(item),
        Found::Part(part) => sending.part(part, is_range),
    });
    let (status, properties) = match properties {
        Ok(properties) => (Status::Success, Some(properties)),
        Err(status) => (status, None),
    };
    Ok(Fetched {
        status,
        collection_id: wish.collection_id,
        server_id: wish.server_id,
        long_id: wish.long_id,
        file_reference: wish.file_reference,
        class: class.filter(|_| properties.is_some()).map(ClassName::from),
        properties,
    })
}

/// An attachment, or the range of it that the client wants.
async fn attachment(
    ctx: &Context<'_>,
    wish: &Fetch,
    reference: &FileReference,
    most: usize,
) -> Result<Result<Part, Status>, Error> {
    let range = match range_of(wish).map(range::parse) {
        None => None,
        Some(Some(range)) => Some(range),
        Some(None) => return Ok(Err(Status::InvalidRange)),
    };
    part(ctx, reference, range, most).await
}

/// An attachment, out of any mailbox that the mail server opens for this user.
pub(in crate::command) async fn part(
    ctx: &Context<'_>,
    reference: &FileReference,
    range: Option<(u64, u64)>,
    most: usize,
) -> Result<Result<Part, Status>, Error> {
    let Some((mailbox, imap_uid, number)) = reference.parts() else {
        return Ok(Err(Status::InvalidAttachment));
    };
    let which = Which { imap_uid, number, range };
    match ctx.services.mail.part(ctx.account(), mailbox, &which, most).await {
        Ok(part) if range.is_some() && part.total == 0 => Ok(Err(Status::Empty)),
        Ok(part) => Ok(Ok(part)),
        Err(error) => match error.kind {
            // Some servers call a name impossible that is not theirs.
            Kind::Broken
            | Kind::Conflict
            | Kind::Denied
            | Kind::Gone
            | Kind::NotFound
            | Kind::Unsupported => Ok(Err(Status::InvalidAttachment)),
            Kind::Invalid => Ok(Err(Status::InvalidRange)),
            Kind::TooLarge => Ok(Err(Status::TooLarge)),
            Kind::Refused | Kind::Unavailable => Err(error.into()),
        },
    }
}

fn range_of(wish: &Fetch) -> Option<&str> {
    wish.options.as_ref()?.range.as_deref()
}

async fn by_server_id(
    ctx: &Context<'_>,
    cache: &SyncCache,
    wish: &Fetch,
) -> Result<Result<Item, Status>, Error> {
    let (Some(collection_id), Some(server_id)) = (&wish.collection_id, &wish.server_id) else {
        return Ok(Err(Status::ProtocolError));
    };
    let asked = asked(cache, collection_id.clone(), wish.options.as_ref());
    if !asked.is_known {
        return Ok(Err(Status::NotFound));
    }
    match asked.class {
        Class::Email => match ids::number(server_id.as_str()) {
            Some(imap_uid) => mail(ctx, &asked, &asked.backend_id, imap_uid).await,
            None => Ok(Err(Status::NotFound)),
        },
        class if is_served(class) => item(ctx, &asked, server_id).await,
        _ => Ok(Err(Status::ServerError)),
    }
}

/// A LongId is a mailbox and an IMAP uid; it must be a mailbox that the client knows.
async fn by_long_id(
    ctx: &Context<'_>,
    cache: &SyncCache,
    wish: &Fetch,
    long_id: &LongId,
) -> Result<Result<Item, Status>, Error> {
    let parts = long_id.as_str().rsplit_once(':');
    let Some((mailbox, Some(imap_uid))) = parts.map(|(name, uid)| (name, ids::number(uid))) else {
        return Ok(Err(Status::NotFound));
    };
    let folder = cache.folders().into_iter().find(|(_, folder)| folder.backend_id == mailbox);
    let Some((uid, _)) = folder else { return Ok(Err(Status::NotFound)) };
    let asked = asked(cache, CollectionId(uid), wish.options.as_ref());
    mail(ctx, &asked, mailbox, imap_uid).await
}

async fn mail(
    ctx: &Context<'_>,
    asked: &Asked,
    mailbox: &str,
    imap_uid: u32,
) -> Result<Result<Item, Status>, Error> {
    let how = wanted(&asked.wishes, ctx.version());
    let services = ctx.services;
    let found = services.mail.fetch(ctx.account(), mailbox, &[imap_uid], &how).await;
    match found.map(|mut all| all.pop()) {
        Ok(Some((_, Ok(email)))) => Ok(Ok(Item::Email(email))),
        Ok(Some((_, Err(error)))) | Err(error) => refusal(error),
        Ok(None) => Ok(Err(Status::NotFound)),
    }
}

async fn item(
    ctx: &Context<'_>,
    asked: &Asked,
    server_id: &ServerId,
) -> Result<Result<Item, Status>, Error> {
    let place = Place::of(&ctx.account().profile, asked.class, &asked.backend_id);
    let Some(place) = place else { return Ok(Err(Status::NotFound)) };
    let export = vec![place.at(server_id.as_str())];
    let batch =
        Batch { version: ctx.version(), shares: place.shares, operations: Vec::new(), export };
    let outcome = ctx.services.items.sync(ctx.account(), asked.class, batch).await;
    match outcome.map(|mut outcome| outcome.exported.pop().map(|one| one.item)) {
        Ok(Some(Ok(item))) => Ok(Ok(fit(*item, &asked.wishes))),
        Ok(Some(Err(error))) | Err(error) => refusal(error),
        Ok(None) => Ok(Err(Status::NotFound)),
    }
}

/// The Status of an error; a server that does not answer fails the request.
fn refusal(error: backend::Error) -> Result<Result<Item, Status>, Error> {
    match error.kind {
        Kind::Denied | Kind::Gone | Kind::NotFound => Ok(Err(Status::NotFound)),
        Kind::Invalid | Kind::TooLarge => Ok(Err(Status::ConversionFailed)),
        Kind::Broken | Kind::Conflict | Kind::Unsupported => Ok(Err(Status::ServerError)),
        Kind::Refused | Kind::Unavailable => Err(error.into()),
    }
}

/// The wishes of a fetch as Sync would have them: what the client says now, nothing cached.
fn asked(cache: &SyncCache, id: CollectionId, options: Option<&FetchOptions>) -> Asked {
    let options = Options {
        mime_support: options.and_then(|options| options.mime_support),
        body_preferences: options
            .map(|options| options.body_preferences.clone())
            .unwrap_or_default(),
        ..Options::with_filter(0)
    };
    let collection =
        RequestCollection { options: vec![options], ..RequestCollection::named(id, None) };
    Asked::of(cache, collection)
}
