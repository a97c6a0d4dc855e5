//! What goes into an answer: bounded, and beside the document where the client takes parts.

use crate::backend::mail::Part;
use crate::command::item_operations::{Attached, Properties, Response, Status};
use crate::command::{Content, Context, Reply};
use crate::eas::class::Item;
use crate::eas::multipart;
use crate::eas::scalar::Base64;
use crate::eas::schema::Root as _;
use crate::eas::version::ProtocolVersion;

/// An answer that is being put together.
pub(super) struct Sending {
    left: usize,
    /// The parts behind the document; `None` when the client takes none.
    parts: Option<Vec<Vec<u8>>>,
}

/// An answer.
pub(in crate::command) struct Sent {
    pub(super) document: Response,
    pub(super) parts: Option<Vec<Vec<u8>>>,
}

impl Sending {
    pub(super) fn new(ctx: &Context<'_>) -> Self {
        let parts = ctx.call.parameters.accepts_multipart.then(Vec::new);
        Self { left: ctx.services.config.answer_bytes, parts }
    }

    /// Bytes that still fit.
    pub(super) const fn left(&self) -> usize {
        self.left
    }

    /// Whether nothing more fits.
    pub(super) const fn is_full(&self) -> bool {
        self.left == 0
    }

    /// Puts an item in.
    pub(super) fn item(&mut self, mut item: Item) -> Result<Properties, Status> {
        if let Item::Email(email) = &mut item
            && let Some(body) = &mut email.body
            && let Some(data) = &mut body.data
        {
            self.count(data.0.len())?;
            if let Some(parts) = &mut self.parts {
                body.part = Some(push(parts, std::mem::take(&mut data.0)));
                body.data = None;
            }
        }
        Ok(Properties::Item(item))
    }

    /// Puts an attachment in.
    pub(super) fn part(&mut self, part: Part, is_range: bool) -> Result<Properties, Status> {
        self.count(part.bytes.len())?;
        let last = part.from.saturating_add(u64::try_from(part.bytes.len()).unwrap_or(u64::MAX));
        let range = format!("{}-{}", part.from, last.saturating_sub(1));
        let mut attached = Attached {
            range: is_range.then_some(range),
            total: is_range.then_some(part.total),
            content_type: Some(part.media_type),
            data: None,
            part: None,
        };
        match &mut self.parts {
            Some(parts) => attached.part = Some(push(parts, part.bytes)),
            None => attached.data = Some(Base64(part.bytes)),
        }
        Ok(Properties::Attached(attached))
    }

    /// The whole answer.
    pub(super) fn finish(self, document: Response) -> Sent {
        Sent { document, parts: self.parts }
    }

    fn count(&mut self, n_bytes: usize) -> Result<(), Status> {
        self.left = self.left.checked_sub(n_bytes).ok_or(Status::TooLarge)?;
        Ok(())
    }
}

/// The part's number; the document is number 0.
fn push(parts: &mut Vec<Vec<u8>>, part: Vec<u8>) -> u32 {
    parts.push(part);
    u32::try_from(parts.len()).unwrap_or(u32::MAX)
}

impl Reply for Sent {
    fn into_content(self, version: ProtocolVersion) -> Content {
        let document = self.document.encode(version);
        match self.parts {
            Some(parts) => Content::Multipart(multipart::join(&document, &parts)),
            None => Content::Document(document),
        }
    }
}
