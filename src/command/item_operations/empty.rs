//! Empties folders.

use crate::backend::Kind;
use crate::backend::profile::SpecialMailboxes;
use crate::command::item_operations::{Emptied, Empty, Status};
use crate::command::{Context, Error};
use crate::eas::class::Class;
use crate::state::cache::SyncCache;

/// Deletes what a mail folder holds: the next Sync tells it, as Horde's does.
pub(super) async fn empty(
    ctx: &Context<'_>,
    cache: &SyncCache,
    wish: Empty,
) -> Result<Emptied, Error> {
    let status = match &wish.collection_id {
        None => Status::ProtocolError,
        Some(id) => match cache.folder(id.as_str()) {
            None => Status::NotFound,
            Some(folder) if Class::of(&folder.class) != Some(Class::Email) => {
                Status::not_supported(ctx.version())
            }
            Some(folder) => run(ctx, &folder.backend_id, deletes_sub_folders(&wish)).await?,
        },
    };
    Ok(Emptied { status, collection_id: wish.collection_id })
}

async fn run(ctx: &Context<'_>, mailbox: &str, and_below: bool) -> Result<Status, Error> {
    // On some servers all mailboxes lie below the inbox.
    if and_below && mailbox == INBOX {
        return Ok(Status::AccessDenied);
    }
    let special = ctx.account().profile.mail.as_ref().map(|mail| mail.special.clone());
    let SpecialMailboxes { drafts, sent, spam, trash, .. } = special.unwrap_or_default();
    let mut keep = vec![INBOX.to_owned()];
    keep.extend([drafts, sent, spam, trash].into_iter().flatten());
    let done = ctx.services.mail.empty(ctx.account(), mailbox, and_below, &keep).await;
    match done {
        Ok(()) => {
            ctx.note("emptied", 1);
            Ok(Status::Success)
        }
        Err(error) => match error.kind {
            Kind::Gone | Kind::NotFound => Ok(Status::NotFound),
            Kind::Denied => Ok(Status::AccessDenied),
            Kind::Broken | Kind::Conflict | Kind::Invalid | Kind::TooLarge | Kind::Unsupported => {
                Ok(Status::ServerError)
            }
            Kind::Refused | Kind::Unavailable => Err(error.into()),
        },
    }
}

fn deletes_sub_folders(wish: &Empty) -> bool {
    wish.options.as_ref().and_then(|options| options.delete_sub_folders).unwrap_or(false)
}

const INBOX: &str = "INBOX";
