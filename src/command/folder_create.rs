//! FolderCreate: a new folder that the user made on the phone.
//!
//! [MS-ASCMD] §2.2.1.3
//!
//! ```xml
//! <FolderCreate><SyncKey>{…}1</SyncKey><ParentId>0</ParentId>
//!   <DisplayName>Choir</DisplayName><Type>13</Type></FolderCreate>
//! <FolderCreate><Status>1</Status><SyncKey>{…}2</SyncKey><ServerId>A1a2b3c4d</ServerId></FolderCreate>
//! ```
//!
//! Makes a share of the user's (`Folders`) or a mailbox (`Mail`); writes the list of folders under a new key, and the
//! folder into the cache.
//!
//! The id of the share follows from the device, the key and the name: a request that is sent again
//! since its answer was lost finds what the first one made, and is answered as the first was.
//! Horde: makes another folder each time; and where the user never chose what to sync, what was
//! synced until then leaves the phone.

use crate::backend::folders::Change;
use crate::backend::mail::{MailboxChange, MailboxPlace};
use crate::backend::{Account, Error as BackendError, Kind};
use crate::command::folders::{self, Held, Named, common};
use crate::command::{Command, Context, DEVICE_STATUS, Error, hierarchy};
use crate::digest;
use crate::eas::class::Class;
use crate::eas::folder::FolderType;
use crate::eas::ids::{ServerId, SyncKey};
use crate::state::cache::SyncCache;
use crate::wbxml::Tag;
use crate::wbxml::pages;
use crate::{element, wire_enum};

pub(super) struct FolderCreate;

impl Command for FolderCreate {
    const NAME: &'static str = "FolderCreate";
    const ROOT: Tag = pages::FolderHierarchy::FolderCreate;
    const STATUS: Tag = DEVICE_STATUS;
    type Request = Request;
    type Response = Response;

    async fn run(ctx: &Context<'_>, request: Request) -> Result<Response, Error> {
        let Some(held) = Held::load(ctx, &request.sync_key).await? else {
            return Ok(Response::failed(Status::InvalidSyncKey));
        };
        let class = match request.kind {
            FolderType::Generic | FolderType::UserMail => Class::Email,
            FolderType::UserCalendar => Class::Calendar,
            FolderType::UserContacts => Class::Contacts,
            FolderType::UserTasks => Class::Tasks,
            FolderType::UserNotes => Class::Notes,
            _ => return Ok(Response::failed(Status::BadRequest)),
        };
        let Some(name) = folders::name(&request.display_name) else {
            return Ok(Response::failed(Status::BadRequest));
        };
        let parent = request.parent_id.as_ref().map_or("0", ServerId::as_str);
        let is_root = parent.is_empty() || parent == "0";
        if !is_root && held.named(ctx.cache.as_ref(), parent).is_none() {
            return Ok(Response::failed(Status::NoParent));
        }
        // Mailboxes may have the same name in different places.
        if class != Class::Email && held.has_name(class, name, None) {
            return Ok(Response::failed(Status::Exists));
        }
        let account = match folders::fresh(ctx).await? {
            Ok(account) => account,
            Err(error) => return Ok(Response::because(ctx, &error)),
        };
        if class == Class::Email {
            return make_mailbox(ctx, &held, &account, parent, name).await;
        }
        if folders::separate(ctx, &account, class).is_none() {
            return Ok(Response::failed(Status::unsupported(ctx)));
        }
        let share = share_id(ctx, &held, class, name);
        let made = ctx.services.folders.change(&account, class, &share, Change::Create(name)).await;
        // What is known of the user's shares lacks this one.
        ctx.services.accounts.forget(&account.credentials).await;
        if let Err(error) = folders::sorted(made)? {
            return Ok(Response::because(ctx, &error));
        }
        let backend_id = format!("{}:{share}", class.as_str());
        store(ctx, &held, backend_id, request.kind, name).await
    }

    fn on_bad_document() -> Response {
        Response::failed(Status::BadRequest)
    }
}

element! {
    /// The folder that is wanted.
    pub struct Request = FolderHierarchy::FolderCreate {
        /// The key that the client holds.
        sync_key: SyncKey = FolderHierarchy::SyncKey,
        /// Id of the folder above; `0` for none.
        parent_id: Option<ServerId> = FolderHierarchy::ParentId,
        /// What users see.
        display_name: String = FolderHierarchy::DisplayName,
        /// What it is for.
        kind: FolderType = FolderHierarchy::Type,
    }
}

element! {
    /// What came of it.
    pub struct Response = FolderHierarchy::FolderCreate {
        /// How it went.
        status: Status = FolderHierarchy::Status,
        /// The key after this answer.
        sync_key: Option<SyncKey> = FolderHierarchy::SyncKey,
        /// The id of the new folder.
        server_id: Option<ServerId> = FolderHierarchy::ServerId,
    }
}

wire_enum! {
    /// How a FolderCreate went. [MS-ASCMD] §2.2.3.177.2
    pub struct Status {
        /// Well.
        Success = 1,
        /// A folder of that name is there.
        Exists = 2,
        /// Nothing can be made below that folder.
        Special = 3,
        /// There is no such folder to make one below.
        NoParent = 5,
        /// The server could not; try again.
        ServerError = 6,
        /// The key is nobody's: begin again with a FolderSync.
        InvalidSyncKey = 9,
        /// The request can not be read.
        BadRequest = 10,
        /// The user may not (from 14.0 on).
        AccessDenied = 130,
        /// Such folders can not be made here (from 14.0 on).
        UnexpectedClass = 147,
    }
}

impl Status {
    /// The user sees all shares of the class as one folder, or there are none.
    fn unsupported(ctx: &Context<'_>) -> Self {
        Self(common(ctx, Self::UnexpectedClass.0, Self::ServerError.0))
    }
}

impl Response {
    fn failed(status: Status) -> Self {
        Self { status, sync_key: None, server_id: None }
    }

    fn because(ctx: &Context<'_>, error: &BackendError) -> Self {
        log::warn!("Folder not made user={} device={}: {error}", ctx.owner.user, ctx.owner.device);
        Self::failed(match error.kind {
            Kind::Conflict => Status::Exists,
            Kind::Denied => Status(common(ctx, Status::AccessDenied.0, Status::ServerError.0)),
            Kind::Gone | Kind::NotFound => Status::NoParent,
            Kind::Invalid | Kind::TooLarge => Status::BadRequest,
            Kind::Unsupported => Status::unsupported(ctx),
            Kind::Broken | Kind::Refused | Kind::Unavailable => Status::ServerError,
        })
    }
}

/// Makes a mailbox below another, or below none.
async fn make_mailbox(
    ctx: &Context<'_>,
    held: &Held,
    account: &Account,
    parent: &str,
    name: &str,
) -> Result<Response, Error> {
    if account.profile.mail.is_none() {
        return Ok(Response::failed(Status::unsupported(ctx)));
    }
    let place = match held.named(ctx.cache.as_ref(), parent) {
        None => MailboxPlace::Top,
        Some(above) if above.class() != Class::Email => MailboxPlace::Top,
        Some(above) if hierarchy::has_fixed_id(&above.backend_id, false) => {
            return Ok(Response::failed(Status::Special));
        }
        Some(above) => MailboxPlace::Below(above.backend_id),
    };
    let change = MailboxChange::Create { place, label: name.to_owned() };
    match folders::sorted(ctx.services.mail.change_mailbox(account, change).await)? {
        Ok(made) if held.state.folders.iter().any(|known| known.backend_id == made.name) => {
            Ok(Response::failed(Status::Exists))
        }
        Ok(made) => store(ctx, held, made.name, FolderType::UserMail, name).await,
        Err(error) => Ok(Response::because(ctx, &error)),
    }
}

/// Writes down that the client has the folder.
async fn store(
    ctx: &Context<'_>,
    held: &Held,
    backend_id: String,
    kind: FolderType,
    name: &str,
) -> Result<Response, Error> {
    let cached = ctx.cache.as_ref().map(SyncCache::folders).unwrap_or_default();
    // The answer to the first try may have been lost: then the folder has its id.
    let known = cached.iter().find(|(_, folder)| folder.backend_id == backend_id);
    let uid = match known {
        Some((uid, _)) => uid.clone(),
        None => {
            let in_cache = cached.iter().map(|(uid, _)| uid.clone());
            let in_list = held.state.folders.iter().map(|folder| folder.uid.clone());
            folders::new_uid(kind, &mut in_cache.chain(in_list).collect())
        }
    };
    let folder = Named { uid, backend_id, kind, name: name.to_owned() };
    let entry = folder.cached();
    let edit = |cache: &mut SyncCache| cache.set_folder(&folder.uid, &entry);
    let Some(key) = held.store(ctx, held.with(&folder), &edit).await? else {
        return Ok(Response::failed(Status::InvalidSyncKey));
    };
    ctx.note("folder", &folder.uid);
    Ok(Response {
        status: Status::Success,
        sync_key: Some(key),
        server_id: Some(ServerId::from(folder.uid)),
    })
}

/// An id for the share that a repeated request comes to again, and no other request.
fn share_id(ctx: &Context<'_>, held: &Held, class: Class, name: &str) -> String {
    let key = held.key.to_string();
    let (user, device) = (&ctx.owner.user, &ctx.owner.device);
    let parts = ["folder", user, device, &key, class.as_str(), name].map(str::as_bytes);
    let mut id = digest::hex(&digest::of(&parts));
    id.truncate(SHARE_ID);
    id
}

/// Digits of an id: 128 bits.
const SHARE_ID: usize = 32;
