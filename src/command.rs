//! The commands of the protocol: what they have in common, and the table of all of them.
//!
//! A command stands in one file: its elements, its Status, what it does.
//! To add one, write the file and its row in [`ALL`]; OPTIONS, dispatch, logs and tests read the
//! table.

pub mod client;
pub mod documents;
pub mod folder_create;
pub mod folder_delete;
pub mod folder_sync;
pub mod folder_update;
mod folders;
mod gate;
mod get_attachment;
pub mod get_item_estimate;
pub mod hierarchy;
pub mod item_operations;
pub mod move_items;
pub mod ping;
pub mod provision;
pub mod send_mail;
pub mod settings;
pub mod sync;
mod waiting;

use std::fmt::Display;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;

use crate::backend::profile::Site;
use crate::backend::{self, Account, Accounts, Folders, Items, Mail, Submit};
use crate::clock::Clock;
use crate::eas::ids::DeviceId;
use crate::eas::request_line::Parameters;
use crate::eas::schema::{self, Root};
use crate::eas::status::CommonStatus;
use crate::eas::version::ProtocolVersion;
use crate::state::cache::SyncCache;
use crate::state::device::Device;
use crate::state::model::Owner;
use crate::state::outbox::Outbox;
use crate::state::{self, Caches, Collections, Devices, History, Maps, Moves};
use crate::wbxml::element::Element;
use crate::wbxml::pages::AirSync;
use crate::wbxml::{Limits, Tag, Writer};

/// Everything that commands work with.
#[derive(Clone)]
pub struct Services {
    /// Users and site settings.
    pub accounts: Arc<dyn Accounts>,
    /// What contacts and the like lie in.
    pub folders: Arc<dyn Folders>,
    /// Contacts and the like.
    pub items: Arc<dyn Items>,
    /// Mailboxes.
    pub mail: Arc<dyn Mail>,
    /// Mail that goes out.
    pub submit: Arc<dyn Submit>,
    /// Devices.
    pub devices: Arc<dyn Devices>,
    /// State of the folders.
    pub collections: Arc<dyn Collections>,
    /// What came from the clients.
    pub maps: Arc<dyn Maps>,
    /// Moves of mail.
    pub moves: Arc<dyn Moves>,
    /// Folders and options of each device.
    pub caches: Arc<dyn Caches>,
    /// What was sent.
    pub outbox: Arc<dyn Outbox>,
    /// What changed in Horde.
    pub history: Arc<dyn History>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How commands behave.
    pub config: Config,
}

/// How commands behave.
#[derive(Clone, Debug, serde::Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Highest version that is offered, whatever Horde's own setting is; empty, the default, means
    /// Horde's.
    pub max_version: String,
    /// Seconds between two looks of a waiting request, 1 to 60. Default 3.
    pub poll_seconds: u64,
    /// Bytes of bodies and attachments in one answer to ItemOperations at most. Default 67108864
    /// (64 MiB).
    pub answer_bytes: usize,
    /// Whether a wipe is delivered to users that have no policies. Default false, as Horde does.
    pub wipe_without_policies: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_version: String::new(),
            poll_seconds: 3,
            answer_bytes: 64 * 1_024 * 1_024,
            wipe_without_policies: false,
        }
    }
}

/// One request, read and authenticated, its body not yet looked at.
#[derive(Clone, Debug)]
pub struct Call {
    /// Name of the command.
    pub command: String,
    /// Version of the protocol.
    pub version: ProtocolVersion,
    /// The version that the client said, which may be above all that are served.
    pub said: ProtocolVersion,
    /// The device that calls.
    pub device: DeviceId,
    /// Its type.
    pub device_type: String,
    /// Its program.
    pub user_agent: String,
    /// The policy key that it holds; 0 when it sent none.
    pub policy_key: u32,
    /// Who calls.
    pub account: Account,
    /// Horde's settings.
    pub site: Arc<Site>,
    /// What the request line says besides.
    pub parameters: Parameters,
    /// The body, inflated.
    pub body: Arc<Vec<u8>>,
}

/// What is sent back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The document, or the lack of one.
    pub content: Content,
    /// What the request's line in the log says besides.
    pub notes: Vec<(&'static str, String)>,
}

/// The content of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A document.
    Document(Vec<u8>),
    /// Nothing, with HTTP 200.
    Empty,
    /// HTTP 400 or 500: the command was not done, in a version that has no Status for it.
    Failed(Blame),
    /// A file as it is.
    File {
        /// Its media type.
        media_type: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// HTTP 403: the device or the user may not.
    Forbidden,
    /// A document with parts behind it.
    Multipart(Vec<u8>),
    /// HTTP 449 with a document (from 14.0 on): the device must provision.
    MustProvision(Option<Vec<u8>>),
    /// HTTP 404: there is no such file.
    NotFound,
}

/// Who must change something before a command can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// Why a request could not be answered by its command.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Horde or the mail server.
    #[error("backend: {0}")]
    Backend(#[from] backend::Error),
    /// The document is not one that the command can answer.
    #[error("document: {0}")]
    Document(#[from] schema::Error),
    /// The database.
    #[error("state: {0}")]
    State(#[from] state::Error),
    /// There is no such command.
    #[error("unknown command: `{0}`")]
    Unknown(String),
}

impl Error {
    /// Whether the mail server does not take the credentials that Horde took.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Backend(error) if error.kind == backend::Kind::Refused)
    }

    /// Whether a server does not answer, and the client should come back later.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Backend(error) => error.kind == backend::Kind::Unavailable,
            Self::State(error) => error.kind != state::Kind::Invalid,
            Self::Document(_) | Self::Unknown(_) => false,
        }
    }
}

/// What a command sees of its request.
pub struct Context<'a> {
    /// What commands work with.
    pub services: &'a Services,
    /// The request, without its body.
    pub call: &'a Call,
    /// Device and user: the key of all state.
    pub owner: Owner,
    /// The device as stored.
    pub device: Device,
    /// Its record of folders and options, as the request found it.
    pub cache: Option<SyncCache>,
    notes: Mutex<Vec<(&'static str, String)>>,
}

impl Context<'_> {
    /// Seconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.services.clock.unix_seconds()
    }

    /// Who calls.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.call.account
    }

    /// Version of the request.
    #[must_use]
    pub fn version(&self) -> ProtocolVersion {
        self.call.version
    }

    /// What the client takes the request's version for: it speaks so, though it is answered in a
    /// lower one.
    #[must_use]
    pub fn said(&self) -> ProtocolVersion {
        self.call.said
    }

    /// Adds to the request's line in the log.
    pub fn note(&self, key: &'static str, value: impl Display) {
        if let Ok(mut notes) = self.notes.lock() {
            notes.push((key, value.to_string()));
        }
    }
}

/// A command of the protocol.
trait Command: 'static {
    /// The Cmd parameter.
    const NAME: &'static str;
    /// Root of its answers.
    const ROOT: Tag;
    /// The Status of its answers.
    const STATUS: Tag;
    /// Whether a device that did not provision may use it.
    const OPEN: bool = false;
    /// What it reads: a document, or `Option` of one where an empty body has a meaning.
    type Request: Body;
    /// What it answers: a document, or `Option` of one where an empty answer has a meaning.
    type Response: Reply;

    /// Does the work.
    async fn run(ctx: &Context<'_>, request: Self::Request) -> Result<Self::Response, Error>;

    /// The answer to a document that can not be read.
    fn on_bad_document() -> Self::Response;
}

/// What can be read from a request's body.
trait Body: Send + Sized + 'static {
    fn read(body: &[u8]) -> Result<Self, schema::Error>;
}

impl<R: Root + Send + 'static> Body for R {
    fn read(body: &[u8]) -> Result<Self, schema::Error> {
        Self::decode(body, Limits::default())
    }
}

impl<R: Root + Send + 'static> Body for Option<R> {
    fn read(body: &[u8]) -> Result<Self, schema::Error> {
        if body.is_empty() { Ok(None) } else { R::decode(body, Limits::default()).map(Some) }
    }
}

/// A command that says all in its request line.
impl Body for () {
    fn read(_: &[u8]) -> Result<Self, schema::Error> {
        Ok(())
    }
}

/// What can be sent as an answer.
trait Reply {
    fn into_content(self, version: ProtocolVersion) -> Content;
}

impl<R: Root> Reply for R {
    fn into_content(self, version: ProtocolVersion) -> Content {
        Content::Document(self.encode(version))
    }
}

impl<R: Root> Reply for Option<R> {
    fn into_content(self, version: ProtocolVersion) -> Content {
        self.map_or(Content::Empty, |reply| reply.into_content(version))
    }
}

/// A command in the table.
pub struct Row {
    name: &'static str,
    root: Tag,
    status: Tag,
    open: bool,
    run: for<'a> fn(&'a Context<'a>) -> Running<'a>,
}

/// A command at work.
type Running<'a> = Pin<Box<dyn Future<Output = Result<Content, Error>> + 'a>>;

impl Row {
    const fn of<C: Command>() -> Self {
        Self {
            name: C::NAME,
            root: C::ROOT,
            status: C::STATUS,
            open: C::OPEN,
            run: |ctx| Box::pin(run::<C>(ctx)),
        }
    }

    /// An answer of this command that holds nothing but a Status, in the given tag.
    fn only(&self, tag: Tag, status: CommonStatus) -> Vec<u8> {
        let mut out = Writer::new();
        let status = Element::with_text(tag, status.0.to_string());
        Element::with_children(self.root, vec![status]).write(&mut out);
        out.finish()
    }
}

/// Reads the request; a large one where it holds no other request up, and few at a time.
async fn read<B: Body>(ctx: &Context<'_>) -> Result<B, schema::Error> {
    if ctx.call.body.len() <= LARGE {
        return B::read(&ctx.call.body);
    }
    let _turn = LARGE_READS.acquire().await;
    let body = Arc::clone(&ctx.call.body);
    match tokio::task::spawn_blocking(move || B::read(&body)).await {
        Ok(request) => request,
        Err(broken) => std::panic::resume_unwind(broken.into_panic()),
    }
}

async fn run<C: Command>(ctx: &Context<'_>) -> Result<Content, Error> {
    let response = match read::<C::Request>(ctx).await {
        Ok(request) => C::run(ctx, request).await?,
        Err(error) => {
            log::warn!(
                "{} can not be read user={} device={} bytes={}: {error}",
                C::NAME,
                ctx.owner.user,
                ctx.owner.device,
                ctx.call.body.len(),
            );
            ctx.note("bad", "document");
            C::on_bad_document()
        }
    };
    Ok(response.into_content(ctx.version()))
}

/// The commands that work, in the order in which OPTIONS names them.
static ALL: &[Row] = &[
    Row::of::<sync::Sync>(),
    Row::of::<send_mail::SendMail>(),
    Row::of::<folder_sync::FolderSync>(),
    Row::of::<folder_create::FolderCreate>(),
    Row::of::<folder_delete::FolderDelete>(),
    Row::of::<folder_update::FolderUpdate>(),
    Row::of::<get_item_estimate::GetItemEstimate>(),
    Row::of::<settings::Settings>(),
    Row::of::<ping::Ping>(),
    Row::of::<item_operations::ItemOperations>(),
    Row::of::<get_attachment::GetAttachment>(),
    Row::of::<move_items::MoveItems>(),
    Row::of::<provision::Provision>(),
];

/// Names of the commands that work, in the order in which OPTIONS gives them.
#[must_use]
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|row| row.name).collect()
}

/// Answers a request.
///
/// # Errors
/// `Unknown` for a command that is not in the table; the others when Horde, the mail server or the
/// database could not do their part: nothing was lost, and the client may send the request again.
pub async fn dispatch(services: &Services, call: Call) -> Result<Answer, Error> {
    let Some(row) = ALL.iter().find(|row| row.name == call.command) else {
        return Err(Error::Unknown(call.command.chars().take(32).collect()));
    };
    let (owner, device, cache) = match gate::admit(services, &call, row).await? {
        gate::Verdict::Pass(owner, device, cache) => (owner, *device, cache),
        gate::Verdict::Refuse(content, why) => {
            return Ok(Answer { content, notes: vec![("refused", why.to_owned())] });
        }
    };
    let ctx =
        Context { services, call: &call, owner, device, cache, notes: Mutex::new(Vec::new()) };
    let content = (row.run)(&ctx).await?;
    if ctx.owner.device == PSEUDO_DEVICE {
        services.devices.remove(&ctx.owner).await?;
    }
    let notes = ctx.notes.into_inner().unwrap_or_default();
    Ok(Answer { content, notes })
}

/// Bodies up to this are read at once: a few milliseconds at most.
const LARGE: usize = 64 * 1024;
/// One core for large bodies of whomever; the others are for those who wait.
static LARGE_READS: Semaphore = Semaphore::const_new(1);
/// Old Androids try an account out under this id, and never come back with it.
const PSEUDO_DEVICE: &str = "VALIDATE";
/// The Status that all commands use for the whole device: AirSync's, in every command's document,
/// as phones know it from Horde.
const DEVICE_STATUS: Tag = AirSync::Status;
