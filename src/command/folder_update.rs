//! FolderUpdate: a folder gets another name.
//!
//! [MS-ASCMD] §2.2.1.6
//!
//! ```xml
//! <FolderUpdate><SyncKey>{…}2</SyncKey><ServerId>A1a2b3c4d</ServerId><ParentId>0</ParentId>
//!   <DisplayName>Orchestra</DisplayName></FolderUpdate>
//! <FolderUpdate><Status>1</Status><SyncKey>{…}3</SyncKey></FolderUpdate>
//! ```
//!
//! Renames a share of the user's (`Folders`) or a mailbox (`Mail`); writes the list of folders under a
//! new key. The folder keeps its id, and the client what it has of it. Calendars and the like lie below nothing, so ParentId says nothing of them.

use crate::backend::folders::Change;
use crate::backend::mail::{MailboxChange, MailboxPlace};
use crate::backend::{Account, Error as BackendError, Kind};
use crate::command::folders::{self, Held, Named, common};
use crate::command::{Command, Context, DEVICE_STATUS, Error, hierarchy};
use crate::eas::class::Class;
use crate::eas::ids::{ServerId, SyncKey};
use crate::state::cache::{CachedFolder, SyncCache};
use crate::wbxml::Tag;
use crate::wbxml::pages;
use crate::{element, wire_enum};

pub(super) struct FolderUpdate;

impl Command for FolderUpdate {
    const NAME: &'static str = "FolderUpdate";
    const ROOT: Tag = pages::FolderHierarchy::FolderUpdate;
    const STATUS: Tag = DEVICE_STATUS;
    type Request = Request;
    type Response = Response;

    async fn run(ctx: &Context<'_>, request: Request) -> Result<Response, Error> {
        let Some(held) = Held::load(ctx, &request.sync_key).await? else {
            return Ok(Response::failed(Status::InvalidSyncKey));
        };
        let Some(name) = folders::name(&request.display_name) else {
            return Ok(Response::failed(Status::BadRequest));
        };
        let Some(folder) = held.named(ctx.cache.as_ref(), request.server_id.as_str()) else {
            return Ok(Response::failed(Status::NotFound));
        };
        let class = folder.class();
        if class != Class::Email && held.has_name(class, name, Some(&folder.uid)) {
            return Ok(Response::failed(Status::Exists));
        }
        let account = match folders::fresh(ctx).await? {
            Ok(account) => account,
            Err(error) => return Ok(Response::because(ctx, &folder, &error)),
        };
        if class == Class::Email {
            let parent = request.parent_id.as_ref().map(ServerId::as_str);
            return rename_mailbox(ctx, &held, &account, folder, parent, name).await;
        }
        let share = match folder.share() {
            Some(share) if folders::separate(ctx, &account, class).is_some() => share,
            _ => return Ok(Response::failed(Status::Exists)),
        };
        let renamed =
            ctx.services.folders.change(&account, class, share, Change::Rename(name)).await;
        ctx.services.accounts.forget(&account.credentials).await;
        if let Err(error) = folders::sorted(renamed)? {
            return Ok(Response::because(ctx, &folder, &error));
        }
        store(ctx, &held, Named { name: name.to_owned(), ..folder }).await
    }

    fn on_bad_document() -> Response {
        Response::failed(Status::BadRequest)
    }
}

element! {
    /// The folder and what it shall be called.
    pub struct Request = FolderHierarchy::FolderUpdate {
        /// The key that the client holds.
        sync_key: SyncKey = FolderHierarchy::SyncKey,
        /// The folder.
        server_id: ServerId = FolderHierarchy::ServerId,
        /// Id of the folder above; `0` for none.
        parent_id: Option<ServerId> = FolderHierarchy::ParentId,
        /// What users shall see.
        display_name: String = FolderHierarchy::DisplayName,
    }
}

element! {
    /// What came of it.
    pub struct Response = FolderHierarchy::FolderUpdate {
        /// How it went.
        status: Status = FolderHierarchy::Status,
        /// The key after this answer.
        sync_key: Option<SyncKey> = FolderHierarchy::SyncKey,
    }
}

wire_enum! {
    /// How a FolderUpdate went. [MS-ASCMD] §2.2.3.177.5
    pub struct Status {
        /// Well.
        Success = 1,
        /// A folder of that name is there, or this one keeps its name.
        Exists = 2,
        /// There is no such folder.
        NotFound = 4,
        /// There is no such folder to go below.
        NoParent = 5,
        /// The server could not; try again.
        ServerError = 6,
        /// The key is nobody's: begin again with a FolderSync.
        InvalidSyncKey = 9,
        /// The request can not be read.
        BadRequest = 10,
        /// The user may not (from 14.0 on).
        AccessDenied = 130,
    }
}

impl Response {
    fn failed(status: Status) -> Self {
        Self { status, sync_key: None }
    }

    fn because(ctx: &Context<'_>, folder: &Named, error: &BackendError) -> Self {
        log::warn!(
            "Folder not renamed user={} device={} folder={}: {error}",
            ctx.owner.user,
            ctx.owner.device,
            folder.uid,
        );
        Self::failed(match error.kind {
            Kind::Conflict | Kind::Unsupported => Status::Exists,
            Kind::Denied => Status(common(ctx, Status::AccessDenied.0, Status::Exists.0)),
            Kind::Gone | Kind::NotFound => Status::NotFound,
            Kind::Invalid | Kind::TooLarge => Status::BadRequest,
            Kind::Broken | Kind::Refused | Kind::Unavailable => Status::ServerError,
        })
    }
}

/// Renames a mailbox, or moves it below another, with all that lie below it.
async fn rename_mailbox(
    ctx: &Context<'_>,
    held: &Held,
    account: &Account,
    folder: Named,
    parent: Option<&str>,
    name: &str,
) -> Result<Response, Error> {
    let Some(mailbox) = folders::own_mailbox(account, &folder).map(str::to_owned) else {
        return Ok(Response::failed(Status::Exists));
    };
    let place = match parent {
        // Some clients leave it out.
        None | Some("") => MailboxPlace::Same,
        Some("0") => MailboxPlace::Top,
        Some(uid) => match held.named(ctx.cache.as_ref(), uid) {
            Some(above)
                if above.class() == Class::Email
                    && above.backend_id != mailbox
                    && !hierarchy::has_fixed_id(&above.backend_id, false) =>
            {
                MailboxPlace::Below(above.backend_id)
            }
            _ => return Ok(Response::failed(Status::NoParent)),
        },
    };
    let label = name.to_owned();
    let change = MailboxChange::Rename { mailbox: mailbox.clone(), place, label };
    let done = ctx.services.mail.change_mailbox(account, change).await;
    let renamed = match folders::sorted(done)? {
        Ok(renamed) => renamed,
        Err(error) => return Ok(Response::because(ctx, &folder, &error)),
    };
    let new_name = |old: &str| {
        let rest = old.strip_prefix(&*mailbox)?;
        let is_below = !renamed.delimiter.is_empty() && rest.starts_with(&*renamed.delimiter);
        (rest.is_empty() || is_below).then(|| format!("{}{rest}", renamed.name))
    };
    let mut list = held.with(&Named { name: name.to_owned(), ..folder.clone() });
    let mut moved = Vec::new();
    for known in &mut list {
        if let Some(new) = new_name(&known.backend_id) {
            moved.push((known.uid.clone(), new.clone()));
            known.backend_id = new;
        }
    }
    ctx.services.collections.rename(&ctx.owner, &moved).await?;
    let edit = |cache: &mut SyncCache| {
        for (uid, mailbox) in &moved {
            if let Some(cached) = cache.folder(uid) {
                cache.set_folder(uid, &CachedFolder { backend_id: mailbox.clone(), ..cached });
            }
            cache.edit_collection(uid, |collection| collection.backend_id.clone_from(mailbox));
        }
    };
    let Some(key) = held.store(ctx, list, &edit).await? else {
        return Ok(Response::failed(Status::InvalidSyncKey));
    };
    ctx.note("folder", &folder.uid);
    Ok(Response { status: Status::Success, sync_key: Some(key) })
}

/// Writes down that the client knows the folder under the new name.
async fn store(ctx: &Context<'_>, held: &Held, folder: Named) -> Result<Response, Error> {
    let entry = folder.cached();
    let edit = |cache: &mut SyncCache| cache.set_folder(&folder.uid, &entry);
    let Some(key) = held.store(ctx, held.with(&folder), &edit).await? else {
        return Ok(Response::failed(Status::InvalidSyncKey));
    };
    ctx.note("folder", &folder.uid);
    Ok(Response { status: Status::Success, sync_key: Some(key) })
}
