//! GetItemEstimate: how many changes wait in collections.
//!
//! [MS-ASCMD] §2.2.1.9
//!
//! ```xml
//! <GetItemEstimate><Collections><Collection><SyncKey>{…}2</SyncKey>
//!   <CollectionId>F1a2b3c4d</CollectionId></Collection></Collections></GetItemEstimate>
//! <GetItemEstimate><Response><Status>1</Status><Collection>
//!   <CollectionId>F1a2b3c4d</CollectionId><Estimate>3</Estimate></Collection></Response>…
//! ```
//!
//! Reads state, mailboxes and the history; writes nothing.
//!
//! Horde: key 0 wipes the folder's state there; here it is answered with Status 3.

use crate::command::sync::{Asked, Estimate, RequestCollection, estimate};
use crate::command::{Command, Context, DEVICE_STATUS, Error};
use crate::eas::ids::{CollectionId, SyncKey};
use crate::eas::options::Options;
use crate::eas::version::ProtocolVersion;
use crate::wbxml::Tag;
use crate::wbxml::pages;
use crate::{element, wire_enum};

pub(super) struct GetItemEstimate;

impl Command for GetItemEstimate {
    const NAME: &'static str = "GetItemEstimate";
    const ROOT: Tag = pages::GetItemEstimate::GetItemEstimate;
    const STATUS: Tag = DEVICE_STATUS;
    type Request = Request;
    type Response = Response;

    async fn run(ctx: &Context<'_>, request: Request) -> Result<Response, Error> {
        if request.collections.collections.is_empty() {
            return Ok(Self::on_bad_document());
        }
        if request.collections.collections.len() > MOST_COLLECTIONS {
            let knows_it = ctx.version() >= ProtocolVersion::V14_0;
            let too_many = if knows_it { Status::TooMany } else { Status::InvalidCollection };
            return Ok(Response { status: Some(too_many), responses: Vec::new() });
        }
        let Some(cache) = &ctx.cache else {
            return Ok(Response::failed(Status::NotPrimed));
        };
        let mut responses = Vec::new();
        for collection in request.collections.collections {
            let id = collection.collection_id.clone();
            let asked = Asked::of(cache, collection.into_sync());
            let (status, n_changes) = match estimate(ctx, &asked).await? {
                Estimate::Changes(n_changes) => (Status::Success, Some(n_changes)),
                Estimate::NotPrimed => (Status::NotPrimed, None),
                Estimate::InvalidKey => (Status::InvalidSyncKey, None),
                Estimate::NoFolder => (Status::InvalidCollection, None),
            };
            responses.push(CollectionEstimate {
                status,
                collection: n_changes.map(|n_changes| EstimatedCollection {
                    collection_id: id,
                    estimate: u32::try_from(n_changes).unwrap_or(u32::MAX),
                }),
            });
        }
        Ok(Response { status: None, responses })
    }

    fn on_bad_document() -> Response {
        Response { status: Some(Status::InvalidCollection), responses: Vec::new() }
    }
}

element! {
    /// What a client asks for.
    pub struct Request = GetItemEstimate::GetItemEstimate {
        /// The collections.
        collections: Collections = GetItemEstimate::Collections,
    }
}

element! {
    /// The collections of a request.
    pub struct Collections = GetItemEstimate::Collections {
        /// Each of them.
        collections: Vec<Collection> = GetItemEstimate::Collection,
    }
}

element! {
    /// A collection of a request.
    pub struct Collection = GetItemEstimate::Collection {
        /// The state that the client holds.
        sync_key: Option<SyncKey> = AirSync::SyncKey,
        /// Which collection.
        collection_id: CollectionId = GetItemEstimate::CollectionId,
        /// How far back, up to 12.1.
        filter_type: Option<u8> = AirSync::FilterType,
        /// What the client would like to get, from 14.0 on.
        options: Vec<Options> = AirSync::Options,
    }
}

element! {
    /// What is answered.
    pub struct Response = GetItemEstimate::GetItemEstimate {
        /// Trouble with the whole request.
        status: Option<Status> = GetItemEstimate::Status,
        /// One for each collection.
        responses: Vec<CollectionEstimate> = GetItemEstimate::Response,
    }
}

element! {
    /// What waits in a collection.
    pub struct CollectionEstimate = GetItemEstimate::Response {
        /// How it went.
        status: Status = GetItemEstimate::Status,
        /// The number.
        collection: Option<EstimatedCollection> = GetItemEstimate::Collection,
    }
}

element! {
    /// The number of a collection.
    pub struct EstimatedCollection = GetItemEstimate::Collection {
        /// Which collection.
        collection_id: CollectionId = GetItemEstimate::CollectionId,
        /// How many changes.
        estimate: u32 = GetItemEstimate::Estimate,
    }
}

wire_enum! {
    /// How it went. [MS-ASCMD] §2.2.3.177.6
    pub struct Status {
        /// Well.
        Success = 1,
        /// There is no such collection.
        InvalidCollection = 2,
        /// The client has no state of it.
        NotPrimed = 3,
        /// The key is nobody's.
        InvalidSyncKey = 4,
        /// More collections than the server counts at once (14.0).
        TooMany = 103,
    }
}

impl Response {
    fn failed(status: Status) -> Self {
        Self { status: None, responses: vec![CollectionEstimate { status, collection: None }] }
    }
}

impl Collection {
    /// The same as Sync would ask for it.
    fn into_sync(mut self) -> RequestCollection {
        if let Some(filter_type) = self.filter_type
            && self.options.is_empty()
        {
            self.options.push(Options::with_filter(filter_type));
        }
        RequestCollection {
            options: self.options,
            ..RequestCollection::named(self.collection_id, self.sync_key)
        }
    }
}

/// More collections than a client has. [MS-ASCMD] §3.1.5.10
const MOST_COLLECTIONS: usize = 1_000;
