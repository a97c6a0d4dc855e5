//! The elements of Sync, and its Status.
//!
//! [MS-ASCMD] §2.2.1.21

use crate::choice;
use crate::eas::class::calendar::Event;
use crate::eas::class::{ApplicationData, ClassName, Item};
use crate::eas::ids::{ClientId, CollectionId, ServerId, SyncKey};
use crate::eas::options::Options;
use crate::eas::scalar::{BasicDate, Present};
use crate::eas::schema::{Error, Sequence, Shape, Value};
use crate::eas::version::ProtocolVersion;
use crate::wbxml::element::Element;
use crate::wbxml::{Tag, Writer};
use crate::{element, wire_enum};

element! {
    /// What a client sends.
    pub struct Request = AirSync::Sync {
        /// The collections; absent in a request that repeats the last one.
        collections: Option<Collections> = AirSync::Collections,
        /// Minutes to wait for changes, 1 to 59.
        wait: Option<u32> = AirSync::Wait,
        /// Seconds to wait for changes, 60 to 3540.
        heartbeat_interval: Option<u32> = AirSync::HeartbeatInterval,
        /// Most changes in the whole answer.
        window_size: Option<u32> = AirSync::WindowSize,
        /// Whether collections that are not named are as in the last request.
        partial: Option<Present> = AirSync::Partial,
    }
}

element! {
    /// The collections of a request.
    pub struct Collections = AirSync::Collections {
        /// Each of them.
        collections: Vec<Collection> = AirSync::Collection,
    }
}

element! {
    /// One collection of a request.
    pub struct Collection = AirSync::Collection {
        /// Its class; before 12.1 alone.
        class: Option<ClassName> = AirSync::Class,
        /// The state that the client holds.
        sync_key: Option<SyncKey> = AirSync::SyncKey,
        /// Which collection; at 2.5 a client may name the class alone.
        collection_id: Option<CollectionId> = AirSync::CollectionId,
        /// The properties that the client manages, with the first key.
        supported: Option<Supported> = AirSync::Supported,
        /// Whether deletes are moves to the trash; absent means yes.
        deletes_as_moves: Option<bool> = AirSync::DeletesAsMoves,
        /// Whether the server's changes are wanted; absent means yes but with the first key.
        get_changes: Option<bool> = AirSync::GetChanges,
        /// Most changes for this collection.
        window_size: Option<u32> = AirSync::WindowSize,
        /// Group mail by conversation.
        conversation_mode: Option<bool> = AirSync::ConversationMode,
        /// What the client would like to get.
        options: Vec<Options> = AirSync::Options,
        /// What the client changed.
        commands: Option<Sequence<ClientCommand>> = AirSync::Commands,
    }
}

choice! {
    /// One change, or one wish, of the client.
    pub enum ClientCommand {
        /// A new item.
        Add(ClientAdd) = AirSync::Add,
        /// Other properties.
        Change(ClientChange) = AirSync::Change,
        /// An item that goes.
        Delete(ClientDelete) = AirSync::Delete,
        /// An item that the client would like to have.
        Fetch(ClientFetch) = AirSync::Fetch,
    }
}

element! {
    /// A new item of the client's.
    pub struct ClientAdd = AirSync::Add {
        /// Its class (14.0).
        class: Option<ClassName> = AirSync::Class,
        /// The client's id of it.
        client_id: ClientId = AirSync::ClientId,
        /// The item.
        application_data: Option<ApplicationData> = AirSync::ApplicationData,
    }
}

element! {
    /// Other properties of an item.
    pub struct ClientChange = AirSync::Change {
        /// Which item.
        server_id: ServerId = AirSync::ServerId,
        /// The one occurrence of a series that is meant, by its start (16.0).
        instance_id: Option<BasicDate> = AirSyncBase::InstanceId,
        /// The properties.
        application_data: Option<ApplicationData> = AirSync::ApplicationData,
    }
}

element! {
    /// An item that goes.
    pub struct ClientDelete = AirSync::Delete {
        /// Which item.
        server_id: ServerId = AirSync::ServerId,
        /// The one occurrence of a series that goes, by its start (16.0).
        instance_id: Option<BasicDate> = AirSyncBase::InstanceId,
    }
}

element! {
    /// An item that the client would like to have.
    pub struct ClientFetch = AirSync::Fetch {
        /// Which item.
        server_id: ServerId = AirSync::ServerId,
    }
}

element! {
    /// What the server answers.
    pub struct Response = AirSync::Sync {
        /// Trouble with the whole request; left out when all is well.
        status: Option<Status> = AirSync::Status,
        /// The bound that the client overstepped, with Status 14.
        limit: Option<u32> = AirSync::Limit,
        /// The collections.
        collections: Option<CollectionResponses> = AirSync::Collections,
    }
}

element! {
    /// The collections of an answer.
    pub struct CollectionResponses = AirSync::Collections {
        /// Each of them.
        collections: Vec<CollectionResponse> = AirSync::Collection,
    }
}

element! {
    /// One collection of an answer.
    pub struct CollectionResponse = AirSync::Collection {
        /// Its class, for old clients.
        class: Option<ClassName> = AirSync::Class until V12_0,
        /// The state that the client has after this answer.
        sync_key: SyncKey = AirSync::SyncKey,
        /// Which collection.
        collection_id: Option<CollectionId> = AirSync::CollectionId,
        /// How it went.
        status: Status = AirSync::Status,
        /// Whether there is more to send.
        more_available: Option<Present> = AirSync::MoreAvailable,
        /// What became of the client's commands.
        responses: Option<Sequence<ServerResponse>> = AirSync::Responses,
        /// The server's changes.
        commands: Option<Sequence<ServerCommand>> = AirSync::Commands,
    }
}

choice! {
    /// What became of one command of the client's.
    pub enum ServerResponse {
        /// Of an Add.
        Add(AddResponse) = AirSync::Add,
        /// Of a Change that failed.
        Change(ChangeResponse) = AirSync::Change,
        /// Of a Delete that failed.
        Delete(ChangeResponse) = AirSync::Delete,
        /// Of a Fetch.
        Fetch(FetchResponse) = AirSync::Fetch,
    }
}

element! {
    /// What became of an Add.
    pub struct AddResponse = AirSync::Add {
        /// Its class (14.0).
        class: Option<ClassName> = AirSync::Class since V14_0,
        /// The client's id of it.
        client_id: ClientId = AirSync::ClientId,
        /// The server's id of it, when it was stored.
        server_id: Option<ServerId> = AirSync::ServerId,
        /// How it went.
        status: Status = AirSync::Status,
        /// What the server made of it that the client can not know: the UID of an event (16.0).
        application_data: Option<ApplicationData> = AirSync::ApplicationData since V16_0,
    }
}

element! {
    /// What became of a Change or a Delete.
    pub struct ChangeResponse = AirSync::Change {
        /// Its class (14.0).
        class: Option<ClassName> = AirSync::Class since V14_0,
        /// Which item.
        server_id: ServerId = AirSync::ServerId,
        /// Which occurrence of it.
        instance_id: Option<BasicDate> = AirSyncBase::InstanceId since V16_0,
        /// How it went.
        status: Status = AirSync::Status,
    }
}

element! {
    /// What became of a Fetch.
    pub struct FetchResponse = AirSync::Fetch {
        /// Which item.
        server_id: ServerId = AirSync::ServerId,
        /// How it went.
        status: Status = AirSync::Status,
        /// The item.
        application_data: Option<ApplicationData> = AirSync::ApplicationData,
    }
}

choice! {
    /// One change on the server.
    pub enum ServerCommand {
        /// A new item.
        Add(ServerItem) = AirSync::Add,
        /// Other properties.
        Change(ServerItem) = AirSync::Change,
        /// An item is gone.
        Delete(ServerDelete) = AirSync::Delete,
        /// An item left the filter.
        SoftDelete(ServerDelete) = AirSync::SoftDelete,
    }
}

element! {
    /// An item that the server sends.
    pub struct ServerItem = AirSync::Add {
        /// Which item.
        server_id: ServerId = AirSync::ServerId,
        /// Its properties.
        application_data: ApplicationData = AirSync::ApplicationData,
    }
}

element! {
    /// An item that goes from the client.
    pub struct ServerDelete = AirSync::Delete {
        /// Which item.
        server_id: ServerId = AirSync::ServerId,
    }
}

wire_enum! {
    /// How a Sync, or one of its parts, went.
    ///
    /// [MS-ASCMD] §2.2.3.177.17
    pub struct Status {
        /// Well.
        Success = 1,
        /// The SyncKey is nobody's: begin again with 0.
        InvalidSyncKey = 3,
        /// The request is not what the protocol says.
        ProtocolError = 4,
        /// The server could not; try again.
        ServerError = 5,
        /// The item can not be stored as it is.
        ConversionError = 6,
        /// The server's version won.
        Conflict = 7,
        /// The item or its folder is not there.
        ObjectNotFound = 8,
        /// The mailbox is full, or the command can not be done now.
        CannotBeCompleted = 9,
        /// The hierarchy changed: do a FolderSync first.
        FolderHierarchyChanged = 12,
        /// Send the whole request, not a part of it.
        RequestIncomplete = 13,
        /// Wait or HeartbeatInterval is out of bounds.
        InvalidWait = 14,
        /// Too many collections.
        TooManyCollections = 15,
        /// Try again.
        Retry = 16,
        /// The user may not sync.
        UserDisabledForSync = 126,
        /// The device may not sync.
        DeviceNotAllowed = 129,
        /// The device is to be wiped.
        RemoteWipeRequested = 140,
    }
}

impl ServerResponse {
    /// An Add that is stored, under this id.
    pub(super) fn added(client_id: ClientId, server_id: ServerId) -> Self {
        let (server_id, status) = (Some(server_id), Status::Success);
        let (class, application_data) = (None, None);
        Self::Add(AddResponse { class, client_id, server_id, status, application_data })
    }

    /// The same of an event, whose UID is its id, too. [MS-ASCAL] §2.2.2.46
    pub(super) fn added_event(client_id: ClientId, uid: &str) -> Self {
        let event = Event { uid: Some(uid.to_owned()), ..Event::default() };
        let mut response = Self::added(client_id, ServerId::from(uid));
        if let Self::Add(add) = &mut response {
            add.application_data = Some(ApplicationData::Item(Item::Event(Box::new(event))));
        }
        response
    }

    /// An Add that is not stored.
    pub(super) fn not_added(client_id: ClientId, status: Status) -> Self {
        let (class, server_id, application_data) = (None, None, None);
        Self::Add(AddResponse { class, client_id, server_id, status, application_data })
    }

    /// A Change that was not made.
    pub(super) fn not_changed(server_id: ServerId, status: Status) -> Self {
        Self::Change(ChangeResponse { class: None, server_id, instance_id: None, status })
    }

    /// A Delete that was not made.
    pub(super) fn not_deleted(server_id: ServerId, status: Status) -> Self {
        Self::Delete(ChangeResponse { class: None, server_id, instance_id: None, status })
    }

    /// The same, of one occurrence.
    pub(super) fn of(mut self, instance: Option<BasicDate>) -> Self {
        if let Self::Change(response) | Self::Delete(response) = &mut self {
            response.instance_id = instance;
        }
        self
    }

    /// An item that the client asked for; `None` when it is not there.
    pub(super) fn fetched(server_id: ServerId, item: Option<Item>) -> Self {
        let status = if item.is_some() { Status::Success } else { Status::ObjectNotFound };
        let application_data = item.map(ApplicationData::Item);
        Self::Fetch(FetchResponse { server_id, status, application_data })
    }
}

/// The tags that the client named as its own: an empty list means that it manages none.
///
/// [MS-ASCMD] §2.2.3.179
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supported(pub Vec<Tag>);

impl Value for Supported {
    fn shape() -> Shape {
        Shape::Anything
    }

    fn read(element: Element) -> Result<Self, Error> {
        Ok(Self(element.children().map(|child| child.tag).collect()))
    }

    fn write(&self, _: ProtocolVersion, out: &mut Writer) {
        for &tag in &self.0 {
            out.start(tag);
            out.end();
        }
    }
}
