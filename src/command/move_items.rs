//! MoveItems: moves mail from folder to folder.
//!
//! [MS-ASCMD] §2.2.1.12
//!
//! ```xml
//! <MoveItems><Move><SrcMsgId>7</SrcMsgId><SrcFldId>F1a2b3c4d</SrcFldId>
//!   <DstFldId>F5e6f7a8b</DstFldId></Move></MoveItems>
//! <MoveItems><Response><SrcMsgId>7</SrcMsgId><Status>3</Status><DstMsgId>12</DstMsgId></Response>…
//! ```
//!
//! Reads the cache (which folder an id means); writes mailboxes, the intents of
//! [`Moves`](crate::state::Moves), and the record that a message came from the client.
//!
//! A repeated request moves nothing twice and is answered as the first was: each move is
//! remembered before it is made.
//! The next Sync tells the Delete and the Add, as the protocol has it.
//! Horde: other classes can not be moved; its applications have no call for it.

mod mail;

use std::collections::BTreeMap;

use crate::command::{Command, Context, Error};
use crate::eas::class::Class;
use crate::eas::ids::{self, CollectionId, ServerId};
use crate::eas::version::ProtocolVersion;
use crate::state::cache::{CachedFolder, SyncCache};
use crate::wbxml::Tag;
use crate::wbxml::pages;
use crate::{element, wire_enum};

pub(super) struct MoveItems;

impl Command for MoveItems {
    const NAME: &'static str = "MoveItems";
    const ROOT: Tag = pages::Move::MoveItems;
    const STATUS: Tag = pages::Move::Status;
    type Request = Request;
    type Response = Response;

    async fn run(ctx: &Context<'_>, request: Request) -> Result<Response, Error> {
        if request.moves.is_empty() {
            return Ok(Self::on_bad_document());
        }
        if request.moves.len() > MOST_MOVES {
            let knows_it = ctx.version() >= ProtocolVersion::V14_0;
            let status = if knows_it { Status::TooMany } else { Status::Failed };
            return Ok(Response { status: Some(status), responses: Vec::new() });
        }
        let nothing = SyncCache::default();
        let cache = ctx.cache.as_ref().unwrap_or(&nothing);
        let mut statuses: Vec<Outcome> = Vec::with_capacity(request.moves.len());
        let mut ways: BTreeMap<Way, Vec<u32>> = BTreeMap::new();
        for wish in &request.moves {
            let outcome = match judge(cache, wish) {
                Err(status) => Outcome::Failed(status),
                Ok((way, imap_uid)) => {
                    ways.entry(way.clone()).or_default().push(imap_uid);
                    Outcome::Asked(way, imap_uid)
                }
            };
            statuses.push(outcome);
        }
        let mut done: BTreeMap<Way, mail::Moved> = BTreeMap::new();
        for (way, mut imap_uids) in ways {
            imap_uids.sort_unstable();
            imap_uids.dedup();
            let moved = mail::run(ctx, cache, &way, &imap_uids).await?;
            done.insert(way, moved);
        }
        let mut n_moved = 0;
        let responses = request.moves.into_iter().zip(statuses).map(|(wish, outcome)| {
            let (status, new_uid) = match outcome {
                Outcome::Failed(status) => (status, None),
                Outcome::Asked(way, imap_uid) => {
                    let found = done.get(&way).and_then(|moved| moved.get(&imap_uid).copied());
                    match found.unwrap_or(Err(Status::InvalidSource)) {
                        Ok(new_uid) => (Status::Success, Some(new_uid)),
                        Err(status) => (status, None),
                    }
                }
            };
            n_moved += usize::from(new_uid.is_some());
            let new_id = new_uid.map(|new_uid| ServerId(new_uid.to_string()));
            Moved { old_id: wish.item, status, new_id }
        });
        let responses = responses.collect();
        ctx.note("moved", n_moved);
        Ok(Response { status: None, responses })
    }

    fn on_bad_document() -> Response {
        Response { status: Some(Status::Failed), responses: Vec::new() }
    }
}

element! {
    /// What a client wants moved.
    pub struct Request = Move::MoveItems {
        /// Each move.
        moves: Vec<Wish> = Move::Move,
    }
}

element! {
    /// One move.
    pub struct Wish = Move::Move {
        /// The item.
        item: ServerId = Move::SrcMsgId,
        /// The folder that it leaves.
        source: CollectionId = Move::SrcFldId,
        /// The folder that takes it.
        target: CollectionId = Move::DstFldId,
    }
}

element! {
    /// What is answered.
    pub struct Response = Move::MoveItems {
        /// Trouble with the whole request.
        status: Option<Status> = Move::Status,
        /// One for each move.
        responses: Vec<Moved> = Move::Response,
    }
}

element! {
    /// What came of a move.
    pub struct Moved = Move::Response {
        /// The item as the client named it.
        old_id: ServerId = Move::SrcMsgId,
        /// How it went.
        status: Status = Move::Status,
        /// Its id in the folder that took it.
        new_id: Option<ServerId> = Move::DstMsgId,
    }
}

wire_enum! {
    /// How it went. [MS-ASCMD] §2.2.3.177.10
    pub struct Status {
        /// The item or its folder is not there.
        InvalidSource = 1,
        /// The other folder is not there.
        InvalidTarget = 2,
        /// Well.
        Success = 3,
        /// Both folders are the same.
        SameFolder = 4,
        /// The item can not be moved there.
        Failed = 5,
        /// Somebody else is at it; the client may try again.
        Locked = 7,
        /// More moves than the server makes at once (14.0).
        TooMany = 103,
    }
}

/// From which mailbox to which.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    source: String,
    target: String,
    /// The target's CollectionId.
    target_id: String,
}

/// What is known of a move before anything is done.
enum Outcome {
    Failed(Status),
    Asked(Way, u32),
}

fn judge(cache: &SyncCache, wish: &Wish) -> Result<(Way, u32), Status> {
    let folder = |id: &CollectionId| cache.folder(id.as_str());
    let source = folder(&wish.source).ok_or(Status::InvalidSource)?;
    let target = folder(&wish.target).ok_or(Status::InvalidTarget)?;
    if source.backend_id == target.backend_id {
        return Err(Status::SameFolder);
    }
    if !is_mail(&source) || !is_mail(&target) {
        return Err(Status::Failed);
    }
    let imap_uid = ids::number(wish.item.as_str());
    let way = Way {
        source: source.backend_id,
        target: target.backend_id,
        target_id: wish.target.0.clone(),
    };
    Ok((way, imap_uid.ok_or(Status::InvalidSource)?))
}

fn is_mail(folder: &CachedFolder) -> bool {
    Class::of(&folder.class) == Some(Class::Email)
}

/// More moves than a client asks for at once. [MS-ASCMD] §3.1.5.10
const MOST_MOVES: usize = 1_000;
