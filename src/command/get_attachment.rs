//! GetAttachment: an attachment as a file, for clients up to 12.1.
//!
//! [MS-ASCMD] §2.2.1.8
//!
//! ```text
//! POST …?Cmd=GetAttachment&AttachmentName=INBOX%3A7%3A2
//! 200 OK, Content-Type: application/pdf, and the bytes
//! ```
//!
//! Reads a mailbox; writes nothing.
//! Horde: what is not there is HTTP 500; here it is 404, for which nobody tries again.

use crate::backend::mail::Part;
use crate::command::{Blame, Command, Content, Context, Error, Reply, item_operations};
use crate::eas::ids::FileReference;
use crate::eas::version::ProtocolVersion;
use crate::wbxml::Tag;
use crate::wbxml::pages;

pub(super) struct GetAttachment;

impl Command for GetAttachment {
    const NAME: &'static str = "GetAttachment";
    // It has no document of its own; what the gate says is said in that of its successor.
    const ROOT: Tag = pages::ItemOperations::ItemOperations;
    const STATUS: Tag = pages::ItemOperations::Status;
    type Request = ();
    type Response = File;

    async fn run(ctx: &Context<'_>, (): ()) -> Result<File, Error> {
        let name = ctx.call.parameters.attachment_name.clone();
        let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(File::Unnamed) };
        let most = ctx.services.config.answer_bytes;
        let found = item_operations::part(ctx, &FileReference(name), None, most).await?;
        Ok(found.map_or(File::NotFound, File::Found))
    }

    fn on_bad_document() -> File {
        File::NotFound
    }
}

/// What came of it.
pub(super) enum File {
    /// The attachment.
    Found(Part),
    /// It is not there.
    NotFound,
    /// The client named none.
    Unnamed,
}

impl Reply for File {
    fn into_content(self, _: ProtocolVersion) -> Content {
        match self {
            Self::Found(Part { media_type, bytes, .. }) => Content::File { media_type, bytes },
            Self::NotFound => Content::NotFound,
            Self::Unnamed => Content::Failed(Blame::Client),
        }
    }
}
