//! FolderDelete: a folder goes, with all that it holds.
//!
//! [MS-ASCMD] §2.2.1.4
//!
//! ```xml
//! <FolderDelete><SyncKey>{…}2</SyncKey><ServerId>A1a2b3c4d</ServerId></FolderDelete>
//! <FolderDelete><Status>1</Status><SyncKey>{…}3</SyncKey></FolderDelete>
//! ```
//!
//! Deletes a share of the user's (`Folders`) or a mailbox with all below it (`Mail`; of those the next
//! FolderSync tells); writes the list of folders under a new key, and
//! forgets the state of the folder.
//!
//! A folder that is in the client's list and not there any more is one that the first try of the
//! same request deleted, or somebody else: either way it is gone, as the client wants it.
//! Horde: leaves the folder in its list, and tells the client once more that it is gone; a
//! FolderDelete of the inbox empties it.

use crate::backend::folders::Change;
use crate::backend::mail::MailboxChange;
use crate::backend::{Error as BackendError, Kind};
use crate::command::folders::{self, Held, Named};
use crate::command::{Command, Context, DEVICE_STATUS, Error};
use crate::eas::class::Class;
use crate::eas::ids::{ServerId, SyncKey};
use crate::state::cache::SyncCache;
use crate::wbxml::Tag;
use crate::wbxml::pages;
use crate::{element, wire_enum};

pub(super) struct FolderDelete;

impl Command for FolderDelete {
    const NAME: &'static str = "FolderDelete";
    const ROOT: Tag = pages::FolderHierarchy::FolderDelete;
    const STATUS: Tag = DEVICE_STATUS;
    type Request = Request;
    type Response = Response;

    async fn run(ctx: &Context<'_>, request: Request) -> Result<Response, Error> {
        let Some(held) = Held::load(ctx, &request.sync_key).await? else {
            return Ok(Response::failed(Status::InvalidSyncKey));
        };
        let Some(folder) = held.named(ctx.cache.as_ref(), request.server_id.as_str()) else {
            return Ok(Response::failed(Status::NotFound));
        };
        let account = match folders::fresh(ctx).await? {
            Ok(account) => account,
            Err(error) => return Ok(Response::because(ctx, &folder, &error)),
        };
        let class = folder.class();
        if class == Class::Email {
            let Some(mailbox) = folders::own_mailbox(&account, &folder) else {
                return Ok(Response::failed(Status::Special));
            };
            let change = MailboxChange::Delete { mailbox: mailbox.to_owned() };
            let gone = ctx.services.mail.change_mailbox(&account, change).await;
            return match folders::sorted(gone)? {
                Err(error) if error.kind != Kind::Gone => {
                    Ok(Response::because(ctx, &folder, &error))
                }
                _ => store(ctx, &held, &folder).await,
            };
        }
        let share = match folder.share() {
            Some(share) if folders::separate(ctx, &account, class).is_some() => share,
            _ => return Ok(Response::failed(Status::Special)),
        };
        let gone = ctx.services.folders.change(&account, class, share, Change::Delete).await;
        ctx.services.accounts.forget(&account.credentials).await;
        match folders::sorted(gone)? {
            Ok(()) => {}
            Err(error) if error.kind == Kind::NotFound => {}
            Err(error) => return Ok(Response::because(ctx, &folder, &error)),
        }
        store(ctx, &held, &folder).await
    }

    fn on_bad_document() -> Response {
        Response::failed(Status::BadRequest)
    }
}

element! {
    /// The folder that is to go.
    pub struct Request = FolderHierarchy::FolderDelete {
        /// The key that the client holds.
        sync_key: SyncKey = FolderHierarchy::SyncKey,
        /// Its id.
        server_id: ServerId = FolderHierarchy::ServerId,
    }
}

element! {
    /// What came of it.
    pub struct Response = FolderHierarchy::FolderDelete {
        /// How it went.
        status: Status = FolderHierarchy::Status,
        /// The key after this answer.
        sync_key: Option<SyncKey> = FolderHierarchy::SyncKey,
    }
}

wire_enum! {
    /// How a FolderDelete went. [MS-ASCMD] §2.2.3.177.3
    pub struct Status {
        /// Well.
        Success = 1,
        /// The folder is one that stays: the inbox, the default calendar, somebody else's.
        Special = 3,
        /// There is no such folder.
        NotFound = 4,
        /// The server could not; try again.
        ServerError = 6,
        /// The key is nobody's: begin again with a FolderSync.
        InvalidSyncKey = 9,
        /// The request can not be read.
        BadRequest = 10,
    }
}

impl Response {
    fn failed(status: Status) -> Self {
        Self { status, sync_key: None }
    }

    fn because(ctx: &Context<'_>, folder: &Named, error: &BackendError) -> Self {
        log::warn!(
            "Folder not deleted user={} device={} folder={}: {error}",
            ctx.owner.user,
            ctx.owner.device,
            folder.uid,
        );
        Self::failed(match error.kind {
            Kind::Denied | Kind::Unsupported => Status::Special,
            Kind::Gone | Kind::NotFound => Status::NotFound,
            _ => Status::ServerError,
        })
    }
}

/// Writes down that the client has the folder no more.
async fn store(ctx: &Context<'_>, held: &Held, folder: &Named) -> Result<Response, Error> {
    let edit = |cache: &mut SyncCache| cache.remove_folder(&folder.uid);
    let Some(key) = held.store(ctx, held.without(&folder.uid), &edit).await? else {
        return Ok(Response::failed(Status::InvalidSyncKey));
    };
    let uids = [folder.uid.clone()];
    ctx.services.collections.forget(&ctx.owner, &uids, ctx.now()).await?;
    ctx.services.maps.forget(&ctx.owner, &folder.backend_id).await?;
    ctx.note("folder", &folder.uid);
    Ok(Response { status: Status::Success, sync_key: Some(key) })
}
