//! Reads messages: sizes and flags of all of them first, small ones whole, large ones in pieces.

use std::borrow::Cow;
use std::collections::BTreeMap;

use imap_proto::{AttributeValue, MessageSection, Response, SectionPath};

use crate::backend::imap::changes::{MAX_SET, set_flag};
use crate::backend::imap::email::{Facts, Place, email, preferences};
use crate::backend::imap::session::{Fault, Opened, Reply, Session};
use crate::backend::imap::{names, structure};
use crate::backend::mail::Wanted;
use crate::backend::profile::Label;
use crate::backend::{Error, Kind};
use crate::eas::class::email::Email;
use crate::mime::body::{Form, Preference, Source};
use crate::mime::outline::{Outline, Part};
use crate::mime::{Message, Piece};

/// Bounds of what is held at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// Messages up to so many bytes are read whole.
    pub(super) whole: u32,
    /// No body is longer.
    pub(super) body: u32,
}

/// Some messages of a mailbox, and what is wanted of them.
#[derive(Debug)]
pub(super) struct Fetch {
    mailbox: String,
    uids: Vec<u32>,
    wanted: Wanted,
    labels: Vec<Label>,
    wishes: Vec<Preference>,
    sizes: Sizes,
}

type Found = BTreeMap<u32, Result<Box<Email>, Error>>;

/// Each uid with its email, or why there is none.
type Answers = Vec<(u32, Result<Box<Email>, Error>)>;

impl Fetch {
    pub(super) fn new(
        mailbox: &str,
        uids: &[u32],
        wanted: &Wanted,
        labels: Vec<Label>,
        sizes: Sizes,
    ) -> Self {
        let mut wishes = preferences(&wanted.bodies, sizes.body);
        for wish in wishes.iter_mut().filter(|wish| wish.form == Form::Mime) {
            let limits = [wish.truncation, wanted.mime_truncation];
            wish.truncation = limits.into_iter().flatten().min();
        }
        Self {
            mailbox: mailbox.to_owned(),
            uids: uids.to_vec(),
            wanted: wanted.clone(),
            labels,
            wishes,
            sizes,
        }
    }

    /// Reads them; the answers come in the order of the uids.
    pub(super) fn run(&self, session: &mut Session) -> Result<Answers, Fault> {
        let opened = session.opened(&self.mailbox, false)?;
        let facts = match self.facts(session) {
            // An older view of the mailbox does not show the newest messages, and shows some that
            // are gone.
            Ok(facts)
                if opened == Opened::Still
                    && self.uids.iter().any(|uid| !facts.contains_key(uid)) =>
            {
                session.select(&self.mailbox, false)?;
                self.facts(session)?
            }
            Err(Fault::Refused(_)) if opened == Opened::Still => {
                session.select(&self.mailbox, false)?;
                self.facts(session)?
            }
            facts => facts?,
        };
        let (small, large): (Vec<&Facts>, Vec<&Facts>) =
            facts.values().partition(|facts| facts.size <= self.sizes.whole);
        let mut found = Found::new();
        for batch in batches(&small) {
            self.one_by_one_if_need_be(session, &batch, &mut found)?;
        }
        let mut budget = self.sizes.body;
        for facts in large {
            let result = settle(self.in_pieces(session, facts, budget))?;
            if let Ok(email) = &result {
                budget = budget.saturating_sub(length(email));
            }
            found.insert(facts.seen.imap_uid, result);
        }
        Ok(self
            .uids
            .iter()
            .map(|uid| {
                let gone = || Err(Error::new(Kind::NotFound, "the message is gone"));
                (*uid, found.remove(uid).unwrap_or_else(gone))
            })
            .collect())
    }

    /// Reads messages in one round trip, or each alone when one of them spoils that.
    fn one_by_one_if_need_be(
        &self,
        session: &mut Session,
        batch: &[&Facts],
        found: &mut Found,
    ) -> Result<(), Fault> {
        match self.whole(session, batch, found) {
            Ok(()) => return Ok(()),
            Err(Fault::Lost(error)) => return Err(Fault::Lost(error)),
            Err(Fault::Refused(_)) => {}
            Err(Fault::Unreadable(_)) => session.reopen()?,
        }
        for facts in batch {
            session.opened(&self.mailbox, false)?;
            match self.whole(session, &[facts], found) {
                Ok(()) => {}
                Err(Fault::Lost(error)) => return Err(Fault::Lost(error)),
                Err(Fault::Refused(error)) => {
                    found.insert(facts.seen.imap_uid, Err(error));
                }
                Err(Fault::Unreadable(error)) => {
                    found.insert(facts.seen.imap_uid, Err(error));
                    session.reopen()?;
                }
            }
        }
        Ok(())
    }

    fn facts(&self, session: &mut Session) -> Result<BTreeMap<u32, Facts>, Fault> {
        let mut all = BTreeMap::new();
        for set in names::uid_sets(&self.uids, MAX_SET) {
            let command = format!("UID FETCH {set} (UID FLAGS INTERNALDATE RFC822.SIZE)");
            let reply = session.run(&command)?;
            for attributes in fetched(&reply) {
                let facts = facts(&attributes);
                if facts.size > 0 || facts.received.is_some() {
                    all.insert(facts.seen.imap_uid, facts);
                }
            }
        }
        all.retain(|uid, _| self.uids.contains(uid));
        Ok(all)
    }

    /// Reads messages whole, in one round trip.
    fn whole(
        &self,
        session: &mut Session,
        batch: &[&Facts],
        found: &mut Found,
    ) -> Result<(), Fault> {
        let uids: Vec<u32> = batch.iter().map(|facts| facts.seen.imap_uid).collect();
        for set in names::uid_sets(&uids, MAX_SET) {
            let reply = session.run(&format!("UID FETCH {set} (UID BODY.PEEK[])"))?;
            for attributes in fetched(&reply) {
                let uid = uid_of(&attributes);
                let facts = batch.iter().find(|facts| facts.seen.imap_uid == uid);
                let raw = section(&attributes, |section| section.is_none());
                if let (Some(facts), Some(raw)) = (facts, raw) {
                    found.insert(uid, Ok(self.of_source(facts, raw, true)));
                }
            }
        }
        Ok(())
    }

    /// Makes an email of the source, or of its beginning.
    fn of_source(&self, facts: &Facts, raw: &[u8], complete: bool) -> Box<Email> {
        let message = if complete { Message::whole(raw) } else { Message::beginning(raw) };
        let body = match message.source_wish(&self.wishes, self.wanted.mime_support) {
            Some(wish) => {
                let n_bytes = u32::try_from(raw.len()).unwrap_or(u32::MAX);
                let size = if complete { n_bytes } else { facts.size.max(n_bytes) };
                message.source_body(&wish, Source { bytes: raw, size })
            }
            None => message.text_body(&self.text_wishes()),
        };
        email(&self.place(), facts, &message, body)
    }

    fn place(&self) -> Place<'_> {
        Place { mailbox: &self.mailbox, labels: &self.labels, wanted: &self.wanted }
    }

    fn text_wishes(&self) -> Vec<Preference> {
        self.wishes.iter().copied().filter(|wish| wish.form != Form::Mime).collect()
    }

    /// Reads a large message: its structure and header, then what is needed of it.
    fn in_pieces(
        &self,
        session: &mut Session,
        facts: &Facts,
        budget: u32,
    ) -> Result<Box<Email>, Fault> {
        session.opened(&self.mailbox, false)?;
        let uid = facts.seen.imap_uid;
        let command =
            format!("UID FETCH {uid} (UID BODYSTRUCTURE BODY.PEEK[HEADER]<0.{MAX_HEADER}>)");
        let (outline, header) = match session.run(&command) {
            Ok(reply) => {
                let Some(attributes) = fetched(&reply).find(|found| uid_of(found) == uid) else {
                    return Err(Fault::Refused(Error::new(Kind::NotFound, "it is gone")));
                };
                let outline = attributes.iter().find_map(|attribute| match attribute {
                    AttributeValue::BodyStructure(found) => Some(structure::outline(found)),
                    _ => None,
                });
                let header = section(&attributes, |section| {
                    matches!(section, Some(SectionPath::Full(MessageSection::Header)))
                });
                (outline.unwrap_or_default(), header.unwrap_or_default().to_vec())
            }
            Err(Fault::Unreadable(_)) => {
                // Raw 8-bit text in a name: the parser gives up, so look at the source itself.
                session.reopen()?;
                session.select(&self.mailbox, false)?;
                let raw = self.source(session, uid, BEGINNING)?;
                return Ok(self.of_source(facts, &raw, false));
            }
            Err(fault) => return Err(fault),
        };
        let shape = Message::in_pieces(&header, outline, BTreeMap::new());
        if let Some(wish) = shape.source_wish(&self.wishes, self.wanted.mime_support) {
            // Many long sources are more than fits at a time: the client asks for the rest.
            let truncation = wish.truncation.map(|size| size.min(budget.max(LEAST)));
            return self.as_source(session, facts, &shape, &Preference { truncation, ..wish });
        }
        let contents = self.contents(session, uid, &shape.outline)?;
        let message = Message::in_pieces(&header, shape.outline, contents);
        let body = message.text_body(&self.text_wishes());
        Ok(email(&self.place(), facts, &message, body))
    }

    /// A large message as its source: no more of it than is wanted.
    fn as_source(
        &self,
        session: &mut Session,
        facts: &Facts,
        shape: &Message<'_>,
        wish: &Preference,
    ) -> Result<Box<Email>, Fault> {
        let limit = wish.truncation.unwrap_or(self.sizes.body);
        let n_bytes = if wish.all_or_none && limit < facts.size { 0 } else { limit };
        let raw = self.source(session, facts.seen.imap_uid, n_bytes.min(facts.size))?;
        let complete = n_bytes >= facts.size;
        if complete {
            return Ok(self.of_source(facts, &raw, true));
        }
        let size = facts.size.max(u32::try_from(raw.len()).unwrap_or(u32::MAX));
        let body = shape.source_body(wish, Source { bytes: &raw, size });
        Ok(email(&self.place(), facts, shape, body))
    }

    /// The beginning of the source, read piece by piece.
    fn source(&self, session: &mut Session, uid: u32, n_bytes: u32) -> Result<Vec<u8>, Fault> {
        let mut raw = Vec::new();
        while let Some(missing) =
            n_bytes.checked_sub(u32::try_from(raw.len()).unwrap_or(u32::MAX)).filter(|n| *n > 0)
        {
            let (from, n_bytes) = (raw.len(), missing.min(PIECE));
            let command = format!("UID FETCH {uid} (UID BODY.PEEK[]<{from}.{n_bytes}>)");
            let reply = session.run(&command)?;
            let attributes = fetched(&reply).find(|found| uid_of(found) == uid);
            let piece =
                attributes.as_deref().and_then(|found| section(found, |path| path.is_none()));
            match piece {
                Some(piece) if !piece.is_empty() => raw.extend_from_slice(piece),
                _ => break,
            }
        }
        Ok(raw)
    }

    /// The content of the parts that are needed, as much of each as may be delivered.
    fn contents(
        &self,
        session: &mut Session,
        uid: u32,
        outline: &Outline,
    ) -> Result<BTreeMap<String, Piece<'static>>, Fault> {
        let parts = outline.wanted_parts();
        let mut contents = BTreeMap::new();
        if parts.is_empty() {
            return Ok(contents);
        }
        let items: Vec<String> = parts
            .iter()
            .map(|part| format!("BODY.PEEK[{}]<0.{}>", part.number, self.needed(part)))
            .collect();
        let reply = session.run(&format!("UID FETCH {uid} (UID {})", items.join(" ")))?;
        for attributes in fetched(&reply).filter(|found| uid_of(found) == uid) {
            for part in &parts {
                let path: Vec<u32> =
                    part.number.split('.').filter_map(|number| number.parse().ok()).collect();
                let bytes = section(
                    &attributes,
                    |section| matches!(section, Some(SectionPath::Part(found, None)) if *found == path),
                );
                if let Some(bytes) = bytes {
                    let complete = u32::try_from(bytes.len()).is_ok_and(|n| n < self.needed(part))
                        || self.needed(part) >= part.size;
                    let bytes = Cow::Owned(bytes.to_vec());
                    contents.insert(part.number.clone(), Piece { bytes, complete });
                }
            }
        }
        Ok(contents)
    }

    /// Encoded bytes of a part that give as much text as may be delivered.
    ///
    /// Quoted-printable takes three bytes for one, and markup may come to nothing.
    fn needed(&self, part: &Part) -> u32 {
        let text = self.text_wishes();
        let most = text.iter().map(|wish| wish.truncation.unwrap_or(u32::MAX)).max();
        let most = most.unwrap_or(self.sizes.body);
        most.saturating_mul(4).max(LEAST).min(part.size).min(self.sizes.body).max(1)
    }
}

/// What spoils one message is an answer; what spoils the session ends the work.
fn settle(result: Result<Box<Email>, Fault>) -> Result<Result<Box<Email>, Error>, Fault> {
    match result {
        Ok(email) => Ok(Ok(email)),
        Err(Fault::Refused(error) | Fault::Unreadable(error)) => Ok(Err(error)),
        Err(Fault::Lost(error)) => Err(Fault::Lost(error)),
    }
}

fn length(email: &Email) -> u32 {
    let data = email.body.as_ref().and_then(|body| body.data.as_ref());
    data.map_or(0, |data| u32::try_from(data.0.len()).unwrap_or(u32::MAX))
}

/// Small messages in groups that are held at a time.
fn batches<'a>(small: &[&'a Facts]) -> Vec<Vec<&'a Facts>> {
    let mut batches: Vec<Vec<&Facts>> = Vec::new();
    let mut n_bytes = 0_u64;
    for facts in small {
        let size = u64::from(facts.size);
        match batches.last_mut() {
            Some(batch) if n_bytes.saturating_add(size) <= BATCH => {
                batch.push(facts);
                n_bytes = n_bytes.saturating_add(size);
            }
            _ => {
                batches.push(vec![facts]);
                n_bytes = size;
            }
        }
    }
    batches
}

pub(super) fn fetched(reply: &Reply) -> impl Iterator<Item = Vec<AttributeValue<'_>>> {
    reply.responses().filter_map(|response| match response {
        Response::Fetch(_, attributes) => Some(attributes),
        _ => None,
    })
}

pub(super) fn uid_of(attributes: &[AttributeValue<'_>]) -> u32 {
    attributes
        .iter()
        .find_map(|attribute| match attribute {
            AttributeValue::Uid(uid) => Some(*uid),
            _ => None,
        })
        .unwrap_or(0)
}

fn facts(attributes: &[AttributeValue<'_>]) -> Facts {
    let mut facts = Facts::default();
    facts.seen.inside = true;
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(uid) => facts.seen.imap_uid = *uid,
            AttributeValue::Flags(flags) => {
                flags.iter().for_each(|flag| set_flag(&mut facts.seen, flag));
            }
            AttributeValue::InternalDate(date) => facts.received = names::internal_date(date),
            AttributeValue::Rfc822Size(size) => facts.size = *size,
            _ => {}
        }
    }
    facts
}

pub(super) fn section<'a>(
    attributes: &'a [AttributeValue<'_>],
    is_it: impl Fn(Option<&SectionPath>) -> bool,
) -> Option<&'a [u8]> {
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::BodySection { section, data, .. } if is_it(section.as_ref()) => {
            Some(data.as_deref().unwrap_or_default())
        }
        _ => None,
    })
}

/// Bytes of small messages in one answer.
const BATCH: u64 = 4 * 1_024 * 1_024;
/// Bytes of a header at most.
const MAX_HEADER: u32 = 256 * 1_024;
/// Bytes of the source in one answer.
const PIECE: u32 = 1_024 * 1_024;
/// Bytes of a message that is looked at without its structure.
const BEGINNING: u32 = 1_024 * 1_024;
/// Bytes of a text part that are always worth reading.
const LEAST: u32 = 64 * 1_024;
