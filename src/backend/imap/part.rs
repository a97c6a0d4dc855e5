//! Reads one part of a message: in pieces, decoded as they come, no more held than is wanted.

use imap_proto::{AttributeValue, MessageSection, SectionPath};

use crate::backend::imap::fetch::{fetched, section, uid_of};
use crate::backend::imap::session::{Fault, Opened, Session};
use crate::backend::mail::{Part, Which};
use crate::backend::{Error, Kind};
use crate::eas::ids;
use crate::mime::decoder::Decoder;
use crate::mime::outline;

/// A part, or some of it.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    mailbox: String,
    imap_uid: u32,
    number: String,
    path: Vec<u32>,
    range: Option<(u64, u64)>,
    most: usize,
}

/// What the first answer told.
struct Start {
    header: Vec<u8>,
    bytes: Vec<u8>,
}

impl Wanted {
    /// # Errors
    /// `NotFound` when the number is nobody's.
    pub(super) fn new(mailbox: &str, which: &Which<'_>, most: usize) -> Result<Self, Error> {
        let path: Option<Vec<u32>> = which
            .number
            .split('.')
            .map(|number| ids::number(number).filter(|number| *number <= LARGEST))
            .collect();
        let path =
            path.filter(|path| path.len() <= DEEPEST && which.imap_uid > 0).ok_or_else(gone)?;
        let number: Vec<String> = path.iter().map(u32::to_string).collect();
        Ok(Self {
            mailbox: mailbox.to_owned(),
            imap_uid: which.imap_uid,
            number: number.join("."),
            path,
            range: which.range,
            most,
        })
    }

    /// Reads it.
    pub(super) fn read(&self, session: &mut Session) -> Result<Part, Fault> {
        let opened = session.opened(&self.mailbox, false)?;
        let start = match self.start(session)? {
            // An older view of the mailbox does not show the newest messages.
            None if opened == Opened::Still => {
                session.select(&self.mailbox, false)?;
                self.start(session)?
            }
            start => start,
        };
        let start = start.ok_or_else(|| Fault::Refused(gone()))?;
        let header = match start.header.trim_ascii() {
            // A message without parts has its own header and nothing else.
            [] if self.path == [1] => self.message_header(session)?,
            [] if start.bytes.is_empty() => return Err(Fault::Refused(gone())),
            _ => start.header,
        };
        let Some(about) = outline::Part::of_header(&header) else {
            return Err(Fault::Refused(gone()));
        };
        let mut window = Window::new(self.range, self.most);
        let mut decoder = Decoder::new(about.encoding);
        let mut decoded = Vec::new();
        let mut bytes = start.bytes;
        let mut at = 0_u64;
        loop {
            decoder.push(&bytes, &mut decoded);
            window.take(&mut decoded).map_err(Fault::Refused)?;
            at = at.saturating_add(length(&bytes));
            if bytes.len() < PIECE {
                break;
            }
            bytes = self.piece(session, at)?;
        }
        decoder.finish(&mut decoded);
        window.take(&mut decoded).map_err(Fault::Refused)?;
        window.into_part(about.media_type).map_err(Fault::Refused)
    }

    /// The header of the part and its first piece; `None` when the message is not there.
    fn start(&self, session: &mut Session) -> Result<Option<Start>, Fault> {
        let Self { imap_uid, number, .. } = self;
        let command = format!(
            "UID FETCH {imap_uid} (UID BODY.PEEK[{number}.MIME] BODY.PEEK[{number}]<0.{PIECE}>)"
        );
        let reply = session.run(&command)?;
        let Some(found) = fetched(&reply).find(|found| uid_of(found) == *imap_uid) else {
            return Ok(None);
        };
        let header = section(&found, |path| match path {
            Some(SectionPath::Part(path, Some(MessageSection::Mime))) => *path == self.path,
            _ => false,
        });
        Ok(Some(Start {
            header: header.unwrap_or_default().to_vec(),
            bytes: self.content(&found).to_vec(),
        }))
    }

    fn piece(&self, session: &mut Session, at: u64) -> Result<Vec<u8>, Fault> {
        let Self { imap_uid, number, .. } = self;
        let command = format!("UID FETCH {imap_uid} (UID BODY.PEEK[{number}]<{at}.{PIECE}>)");
        let reply = session.run(&command)?;
        let found = fetched(&reply).find(|found| uid_of(found) == *imap_uid);
        // What goes while it is read is not there.
        let found = found.ok_or_else(|| Fault::Refused(gone()))?;
        Ok(self.content(&found).to_vec())
    }

    fn content<'a>(&self, found: &'a [AttributeValue<'_>]) -> &'a [u8] {
        let content = section(found, |path| match path {
            Some(SectionPath::Part(path, None)) => *path == self.path,
            _ => false,
        });
        content.unwrap_or_default()
    }

    fn message_header(&self, session: &mut Session) -> Result<Vec<u8>, Fault> {
        let command = format!("UID FETCH {} (UID BODY.PEEK[HEADER])", self.imap_uid);
        let reply = session.run(&command)?;
        let found = fetched(&reply).find(|found| uid_of(found) == self.imap_uid);
        let header = found.as_deref().and_then(|found| section(found, |path| path.is_some()));
        Ok(header.unwrap_or_default().to_vec())
    }
}

/// The wanted bytes of a content that goes by.
struct Window {
    range: Option<(u64, u64)>,
    most: usize,
    bytes: Vec<u8>,
    /// Bytes that went by.
    n_seen: u64,
}

impl Window {
    const fn new(range: Option<(u64, u64)>, most: usize) -> Self {
        Self { range, most, bytes: Vec::new(), n_seen: 0 }
    }

    /// Takes what is wanted of the next bytes, and leaves none.
    fn take(&mut self, next: &mut Vec<u8>) -> Result<(), Error> {
        let (first, last) = self.range.unwrap_or((0, u64::MAX));
        let offset = |at: u64| {
            let at = at.saturating_sub(self.n_seen);
            usize::try_from(at).unwrap_or(usize::MAX).min(next.len())
        };
        let (from, to) = (offset(first), offset(last.saturating_add(1)));
        let wanted = next.get(from..to).unwrap_or_default();
        if self.bytes.len().saturating_add(wanted.len()) > self.most {
            let message = format!("more than {} bytes of a part are wanted", self.most);
            return Err(Error::new(Kind::TooLarge, message));
        }
        self.bytes.extend_from_slice(wanted);
        self.n_seen = self.n_seen.saturating_add(length(next));
        next.clear();
        Ok(())
    }

    fn into_part(self, media_type: String) -> Result<Part, Error> {
        let from = self.range.map_or(0, |(first, _)| first);
        if from > 0 && from >= self.n_seen {
            return Err(Error::new(Kind::Invalid, "the range begins behind the end"));
        }
        Ok(Part { media_type, bytes: self.bytes, from, total: self.n_seen })
    }
}

fn gone() -> Error {
    Error::new(Kind::NotFound, "there is no such part")
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// Bytes of a part in one answer of the server.
const PIECE: usize = 1_024 * 1_024;
/// Higher than the number of any part.
const LARGEST: u32 = 100_000;
/// Parts do not nest deeper.
const DEEPEST: usize = 100;

#[cfg(test)]
mod tests {
    use crate::backend::imap::part::Window;

    fn through(range: Option<(u64, u64)>) -> Option<(Vec<u8>, u64)> {
        let mut window = Window::new(range, 8);
        for piece in ["abc", "", "defg", "hi"] {
            window.take(&mut piece.as_bytes().to_vec()).ok()?;
        }
        let part = window.into_part(String::new()).ok()?;
        Some((part.bytes, part.total))
    }

    #[test]
    fn a_range_is_cut_out_of_what_goes_by() {
        let some = |bytes: &str| Some((bytes.as_bytes().to_vec(), 9));
        assert_eq!(through(Some((0, 0))), some("a"));
        assert_eq!(through(Some((2, 4))), some("cde"));
        assert_eq!(through(Some((8, 99))), some("i"));
        assert_eq!(through(Some((9, 99))), None);
        assert_eq!(through(None), None, "more than is allowed");
    }
}
