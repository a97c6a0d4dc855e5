//! ItemOperations: fetches single items.
//!
//! [MS-ASCMD] §2.2.1.10
//!
//! ```xml
//! <ItemOperations><Fetch><Store>Mailbox</Store><CollectionId>F1a2b3c4d</CollectionId>
//!   <ServerId>7</ServerId></Fetch></ItemOperations>
//! <ItemOperations><Status>1</Status><Response><Fetch><Status>1</Status>…
//!   <Properties>…</Properties></Fetch></Response></ItemOperations>
//! ```
//!
//! Reads the cache (which folder an id means), mailboxes and items; writes nothing.
//! Attachments, EmptyFolderContents and Move are answered as not available.

use crate::backend::items::Batch;
use crate::backend::{self, Kind};
use crate::command::sync::{Asked, Place, RequestCollection, fit, wanted};
use crate::command::{Command, Context, Error};
use crate::eas::class::{ApplicationData, Class, ClassName, Item};
use crate::eas::ids::{CollectionId, FileReference, LongId, ServerId};
use crate::eas::options::{BodyPreference, Options};
use crate::eas::scalar::Present;
use crate::state::cache::SyncCache;
use crate::wbxml::Tag;
use crate::wbxml::pages;
use crate::{element, wire_enum};

pub(super) struct ItemOperations;

impl Command for ItemOperations {
    const NAME: &'static str = "ItemOperations";
    const ROOT: Tag = pages::ItemOperations::ItemOperations;
    const STATUS: Tag = pages::ItemOperations::Status;
    type Request = Request;
    type Response = Response;

    async fn run(ctx: &Context<'_>, request: Request) -> Result<Response, Error> {
        let n_wishes = request.fetches.len();
        if n_wishes + request.empties.len() + request.moves.len() == 0 {
            return Ok(Response::only(Status::ProtocolError));
        }
        if n_wishes > MOST_FETCHES {
            return Ok(Response::only(Status::TooLarge));
        }
        let cache = ctx.services.caches.load(&ctx.owner).await?.unwrap_or_default();
        let mut fetches = Vec::new();
        for wish in request.fetches {
            fetches.push(fetch(ctx, &cache, wish).await?);
        }
        ctx.note("fetches", fetches.len());
        let refused = |_| Refused { status: Status::NotSupported };
        let responses = Responses {
            fetches,
            empties: request.empties.into_iter().map(refused).collect(),
            moves: request.moves.into_iter().map(refused).collect(),
        };
        Ok(Response { status: Status::Success, responses: Some(responses) })
    }

    fn on_bad_document() -> Response {
        Response::only(Status::ProtocolError)
    }
}

element! {
    /// What a client wants.
    pub struct Request = ItemOperations::ItemOperations {
        /// Items to fetch.
        fetches: Vec<Fetch> = ItemOperations::Fetch,
        /// Folders to empty.
        empties: Vec<Present> = ItemOperations::EmptyFolderContents,
        /// Conversations to move.
        moves: Vec<Present> = ItemOperations::Move,
    }
}

element! {
    /// An item to fetch.
    pub struct Fetch = ItemOperations::Fetch {
        /// Where it is: `Mailbox`.
        store: Option<String> = ItemOperations::Store,
        /// Its collection.
        collection_id: Option<CollectionId> = AirSync::CollectionId,
        /// The item.
        server_id: Option<ServerId> = AirSync::ServerId,
        /// A result of a search instead.
        long_id: Option<LongId> = Search::LongId,
        /// An attachment instead.
        file_reference: Option<FileReference> = AirSyncBase::FileReference,
        /// What of it.
        options: Option<FetchOptions> = ItemOperations::Options,
    }
}

element! {
    /// What of an item is wanted.
    pub struct FetchOptions = ItemOperations::Options {
        /// 0 never raw MIME, 1 for S/MIME alone, 2 for all.
        mime_support: Option<u8> = AirSync::MIMESupport,
        /// Wanted bodies.
        body_preferences: Vec<BodyPreference> = AirSyncBase::BodyPreference,
    }
}

element! {
    /// What is answered.
    pub struct Response = ItemOperations::ItemOperations {
        /// How it went as a whole.
        status: Status = ItemOperations::Status,
        /// The items.
        responses: Option<Responses> = ItemOperations::Response,
    }
}

element! {
    /// The items of an answer.
    pub struct Responses = ItemOperations::Response {
        /// Items fetched.
        fetches: Vec<Fetched> = ItemOperations::Fetch,
        /// Folders emptied.
        empties: Vec<Refused> = ItemOperations::EmptyFolderContents,
        /// Conversations moved.
        moves: Vec<Refused> = ItemOperations::Move,
    }
}

element! {
    /// A wish that is not done.
    pub struct Refused = ItemOperations::Move {
        /// Why.
        status: Status = ItemOperations::Status,
    }
}

element! {
    /// An item fetched.
    pub struct Fetched = ItemOperations::Fetch {
        /// How it went.
        status: Status = ItemOperations::Status,
        /// Its collection.
        collection_id: Option<CollectionId> = AirSync::CollectionId,
        /// The item.
        server_id: Option<ServerId> = AirSync::ServerId,
        /// The result of a search.
        long_id: Option<LongId> = Search::LongId,
        /// The attachment.
        file_reference: Option<FileReference> = AirSyncBase::FileReference,
        /// Its class.
        class: Option<ClassName> = AirSync::Class,
        /// Its properties.
        properties: Option<ApplicationData> = ItemOperations::Properties,
    }
}

wire_enum! {
    /// How it went. [MS-ASCMD] §2.2.3.177.8
    pub struct Status {
        /// Well.
        Success = 1,
        /// The request is not what the protocol says.
        ProtocolError = 2,
        /// The server could not.
        ServerError = 3,
        /// The item is not there.
        NotFound = 6,
        /// There is no such store.
        UnknownStore = 9,
        /// More than the server does at once.
        TooLarge = 11,
        /// The item can not be shown.
        ConversionFailed = 14,
        /// The attachment is not there.
        InvalidAttachment = 15,
        /// Not here.
        NotSupported = 156,
    }
}

impl Response {
    const fn only(status: Status) -> Self {
        Self { status, responses: None }
    }
}

async fn fetch(ctx: &Context<'_>, cache: &SyncCache, wish: Fetch) -> Result<Fetched, Error> {
    let is_mailbox =
        wish.store.as_deref().is_none_or(|store| store.eq_ignore_ascii_case("Mailbox"));
    let found = if !is_mailbox {
        Err(Status::UnknownStore)
    } else if wish.file_reference.is_some() {
        Err(Status::InvalidAttachment)
    } else if let Some(long_id) = &wish.long_id {
        by_long_id(ctx, cache, &wish, long_id).await?
    } else {
        by_server_id(ctx, cache, &wish).await?
    };
    let (status, item) = match found {
        Ok(item) => (Status::Success, Some(item)),
        Err(status) => (status, None),
    };
    let class = item.as_ref().map(|item| match item {
        Item::Contact(_) => ClassName::from(Class::Contacts),
        Item::Email(_) => ClassName::from(Class::Email),
    });
    Ok(Fetched {
        status,
        collection_id: wish.collection_id,
        server_id: wish.server_id,
        long_id: wish.long_id,
        file_reference: wish.file_reference,
        class,
        properties: item.map(ApplicationData::Item),
    })
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
        Class::Email => match server_id.as_str().parse() {
            Ok(imap_uid) => mail(ctx, &asked, &asked.backend_id, imap_uid).await,
            Err(_) => Ok(Err(Status::NotFound)),
        },
        Class::Contacts => contact(ctx, &asked, server_id).await,
        Class::Calendar | Class::Notes | Class::Sms | Class::Tasks => Ok(Err(Status::ServerError)),
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
    let Some((mailbox, Ok(imap_uid))) = parts.map(|(name, uid)| (name, uid.parse())) else {
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

async fn contact(
    ctx: &Context<'_>,
    asked: &Asked,
    server_id: &ServerId,
) -> Result<Result<Item, Status>, Error> {
    let place = Place::of(&ctx.account().profile, asked.class, &asked.backend_id);
    let Some(place) = place else { return Ok(Err(Status::NotFound)) };
    let export = vec![place.at(server_id.as_str())];
    let batch = Batch { shares: place.shares, operations: Vec::new(), export };
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
        Kind::Conflict | Kind::Unsupported => Ok(Err(Status::ServerError)),
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

/// More items than a client fetches at once.
const MOST_FETCHES: usize = 100;
