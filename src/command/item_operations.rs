//! ItemOperations: fetches single items and attachments, empties folders.
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
//! Reads the cache (which folder an id means), mailboxes and items; EmptyFolderContents deletes
//! mail.
//! A client that takes answers in several parts gets bodies and attachments beside the document.
//! Move (of conversations) is answered as not available.
//! Horde: it ignores Range and DeleteSubFolders, and numbers parts from 0.

mod empty;
mod fetch;
mod sending;

use crate::command::{Command, Context, Error};
use crate::eas::class::{ClassName, Item};
use crate::eas::ids::{CollectionId, FileReference, LongId, ServerId};
use crate::eas::options::BodyPreference;
use crate::eas::scalar::{Base64, Present};
use crate::eas::schema::{self, Shape, Value};
use crate::eas::version::ProtocolVersion;
use crate::state::cache::SyncCache;
use crate::wbxml::element::Element;
use crate::wbxml::pages;
use crate::wbxml::{Tag, Writer};
use crate::{element, wire_enum};

pub(super) use fetch::part;
use sending::{Sending, Sent};

pub(super) struct ItemOperations;

impl Command for ItemOperations {
    const NAME: &'static str = "ItemOperations";
    const ROOT: Tag = pages::ItemOperations::ItemOperations;
    const STATUS: Tag = pages::ItemOperations::Status;
    type Request = Request;
    type Response = Sent;

    async fn run(ctx: &Context<'_>, request: Request) -> Result<Sent, Error> {
        let mut sending = Sending::new(ctx);
        let n_wishes = request.fetches.len() + request.empties.len() + request.moves.len();
        if n_wishes == 0 {
            return Ok(sending.finish(Response::only(Status::ProtocolError)));
        }
        if n_wishes > MOST_WISHES {
            return Ok(sending.finish(Response::only(Status::TooLarge)));
        }
        let nothing = SyncCache::default();
        let cache = ctx.cache.as_ref().unwrap_or(&nothing);
        let mut fetches = Vec::new();
        for wish in request.fetches {
            fetches.push(fetch::fetch(ctx, cache, wish, &mut sending).await?);
        }
        let mut empties = Vec::new();
        for wish in request.empties {
            empties.push(empty::empty(ctx, cache, wish).await?);
        }
        ctx.note("fetches", fetches.len());
        let refused = |_| Refused { status: Status::not_supported(ctx.version()) };
        let moves = request.moves.into_iter().map(refused).collect();
        let responses = Some(Responses { fetches, empties, moves });
        Ok(sending.finish(Response { status: Status::Success, responses }))
    }

    fn on_bad_document() -> Sent {
        Sent { document: Response::only(Status::ProtocolError), parts: None }
    }
}

element! {
    /// What a client wants.
    pub struct Request = ItemOperations::ItemOperations {
        /// Items to fetch.
        fetches: Vec<Fetch> = ItemOperations::Fetch,
        /// Folders to empty.
        empties: Vec<Empty> = ItemOperations::EmptyFolderContents,
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
        /// Which bytes of an attachment: `0-1023`.
        range: Option<String> = ItemOperations::Range,
    }
}

element! {
    /// A folder to empty.
    pub struct Empty = ItemOperations::EmptyFolderContents {
        /// Which folder.
        collection_id: Option<CollectionId> = AirSync::CollectionId,
        /// How.
        options: Option<EmptyOptions> = ItemOperations::Options,
    }
}

element! {
    /// How a folder is to be emptied.
    pub struct EmptyOptions = ItemOperations::Options {
        /// Whether the folders below it are to go.
        delete_sub_folders: Option<bool> = ItemOperations::DeleteSubFolders,
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
        empties: Vec<Emptied> = ItemOperations::EmptyFolderContents,
        /// Conversations moved.
        moves: Vec<Refused> = ItemOperations::Move,
    }
}

element! {
    /// What came of emptying a folder.
    pub struct Emptied = ItemOperations::EmptyFolderContents {
        /// How it went.
        status: Status = ItemOperations::Status,
        /// Which folder.
        collection_id: Option<CollectionId> = AirSync::CollectionId,
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
        properties: Option<Properties> = ItemOperations::Properties,
    }
}

element! {
    /// An attachment.
    pub struct Attached = ItemOperations::Properties {
        /// Which bytes of it these are.
        range: Option<String> = ItemOperations::Range,
        /// How many bytes it has.
        total: Option<u64> = ItemOperations::Total,
        /// Its media type.
        content_type: Option<String> = AirSyncBase::ContentType,
        /// The bytes.
        data: Option<Base64> = ItemOperations::Data,
        /// Or the part of the answer that holds them.
        part: Option<u32> = ItemOperations::Part,
    }
}

/// What was fetched; raw where it is read and not made.
#[derive(Clone, Debug, PartialEq)]
pub enum Properties {
    /// An attachment.
    Attached(Attached),
    /// An item.
    Item(Item),
    /// Whatever it is.
    Raw(Element),
}

impl Value for Properties {
    fn shape() -> Shape {
        Shape::Anything
    }

    fn read(element: Element) -> Result<Self, schema::Error> {
        Ok(Self::Raw(element))
    }

    fn write(&self, version: ProtocolVersion, out: &mut Writer) {
        match self {
            Self::Attached(attached) => attached.write(version, out),
            Self::Item(item) => item.write(version, out),
            Self::Raw(element) => element.write_nodes(out),
        }
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
        /// The user may not.
        AccessDenied = 5,
        /// The item is not there.
        NotFound = 6,
        /// The range is no range, or lies behind the end.
        InvalidRange = 8,
        /// There is no such store.
        UnknownStore = 9,
        /// The file has no bytes of which to take some.
        Empty = 10,
        /// More than the server does at once.
        TooLarge = 11,
        /// The item can not be shown.
        ConversionFailed = 14,
        /// The attachment is not there.
        InvalidAttachment = 15,
        /// Not here (14.0).
        NotSupported = 156,
    }
}

impl Status {
    /// Not here, in a version that may not have that Status.
    fn not_supported(version: ProtocolVersion) -> Self {
        if version >= ProtocolVersion::V14_0 { Self::NotSupported } else { Self::ServerError }
    }
}

impl Response {
    const fn only(status: Status) -> Self {
        Self { status, responses: None }
    }
}

/// More than a client wants at once.
const MOST_WISHES: usize = 100;
