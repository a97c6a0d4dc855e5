//! A phone to test servers with, and the conversation that explains one.
//!
//! It speaks to any ActiveSync server and shares nothing with our own server but the code pages:
//! documents are trees of tags, so that a mistake in the schema can not hide itself.
//! [`phone::Phone`] is the device, [`link::Link`] its HTTP, [`sync`] its Sync, [`run`] plays a
//! whole conversation and says in words what happens.

pub mod attachment;
pub mod folders;
pub mod hint;
pub mod link;
pub mod mail;
pub mod node;
pub mod phone;
mod smtp;
mod steps;
mod story;
pub mod sync;

use std::io::Write;

use crate::probe::story::Story;
use crate::secret::Secret;
use crate::wbxml;

/// What `horde-eas probe` is told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Address of the server, as https://mail.example.com/Microsoft-Server-ActiveSync.
    #[arg(long)]
    pub url: String,
    /// Login name of the user.
    #[arg(long)]
    pub user: String,
    /// Version to speak: 2.5, 12.0, 12.1, 14.0 or 14.1.
    #[arg(long = "version", alias = "protocol-version", default_value = "14.1")]
    pub protocol_version: String,
    /// Id of the device; the same id is the same device to the server.
    #[arg(long, default_value = "HORDEEASPROBE01")]
    pub device_id: String,
    /// The user's mail address, where --write sends mails; left out, the one that the server names,
    /// or the login name where it is one.
    #[arg(long)]
    pub address: Option<String>,
    /// host:port of a mail server that takes the first mail, instead of SendMail.
    #[arg(long, requires = "write")]
    pub smtp: Option<String>,
    /// Reads only, which is the default: what stays is the device in Horde's list, and its keys.
    #[arg(long, conflicts_with = "write")]
    pub read_only: bool,
    /// Also writes: adds a contact, reads it with a second device and deletes it; sends two mails
    /// to the user, waits for them in a Ping and in a Sync, fetches an attachment, moves one there
    /// and back, and deletes them. Touches nothing that is not its own.
    #[arg(long, alias = "full")]
    pub write: bool,
    /// Leaves the contact and the mails of --write there.
    #[arg(long, requires = "write")]
    pub keep: bool,
    /// At last waits for so many seconds, to find time-outs on the way that are shorter.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3540))]
    pub wait: Option<u32>,
    /// One line of JSON for each step instead of words.
    #[arg(long)]
    pub json: bool,
    /// Takes any TLS certificate.
    #[arg(long)]
    pub insecure: bool,
}

/// Why an answer can not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The body is no document.
    #[error("the answer is no WBXML document")]
    Document(#[source] wbxml::Error),
    /// Nothing where a document was expected.
    #[error("the answer is empty")]
    Empty,
    /// A collection that never ends.
    #[error("the server sends changes without end")]
    Endless,
    /// Another HTTP status than 200.
    #[error("HTTP status {0}")]
    Http(u16),
    /// The body can not be inflated.
    #[error("the answer's gzip is broken")]
    Inflate(#[source] std::io::Error),
    /// An element that must be there is not.
    #[error("the answer has no {0}")]
    Missing(&'static str),
    /// The body says that it is something else.
    #[error("the answer is of type `{0}` instead of application/vnd.ms-sync.wbxml")]
    NotWbxml(String),
    /// The mail server can not be reached.
    #[error("the mail server does not answer")]
    Smtp(#[source] std::io::Error),
    /// The mail server refuses.
    #[error("the mail server refuses: {0}")]
    SmtpRefused(String),
    /// No HTTP answer.
    #[error("no answer")]
    Transport(#[source] reqwest::Error),
}

/// Plays a phone and explains each step on `out`; answers the exit code.
///
/// # Errors
/// When `out` can not be written.
pub async fn run(
    args: &Args,
    password: &Secret<String>,
    out: &mut dyn Write,
) -> std::io::Result<u8> {
    let mut story = Story::new(out, args.json);
    let devices = steps::play(args, password, &mut story).await?;
    story.end(&devices)
}
