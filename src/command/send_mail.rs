//! SendMail: hands a message to the mail server, once.
//!
//! [MS-ASCMD] §2.2.1.17
//!
//! ```xml
//! <SendMail><ClientId>1234</ClientId><SaveInSentItems/><Mime>From: …</Mime></SendMail>
//! <SendMail><Status>120</Status></SendMail>
//! ```
//!
//! Up to 12.1 the body is the message, and the request line says `SaveInSent=T`; it is answered by
//! HTTP alone. From 14.0 on an empty answer means that the message is on its way.
//! Reads the user's identities; writes the outbox, the mail server, and the mailbox of sent mail.
//! A request that comes again is answered as the first was, and sends nothing.

mod delivery;
mod letter;

use crate::backend;
use crate::backend::profile::Identity;
use crate::command::send_mail::delivery::{Delivery, Outcome};
use crate::command::send_mail::letter::Letter;
use crate::command::{Blame, Body, Command, Content, Context, Error, Reply};
use crate::eas::ids::ClientId;
use crate::eas::scalar::{Opaque, Present};
use crate::eas::schema::{self, Root as _};
use crate::eas::status::CommonStatus;
use crate::eas::version::ProtocolVersion;
use crate::element;
use crate::wbxml::pages::ComposeMail;
use crate::wbxml::{Limits, Tag};

pub(super) struct SendMail;

impl Command for SendMail {
    const NAME: &'static str = "SendMail";
    const ROOT: Tag = ComposeMail::SendMail;
    const STATUS: Tag = ComposeMail::Status;
    type Request = Posted;
    type Response = Answer;

    async fn run(ctx: &Context<'_>, posted: Posted) -> Result<Answer, Error> {
        let asked = Asked::of(ctx, &posted);
        let letter = match asked.letter(ctx) {
            Ok(letter) => letter,
            Err(status) => {
                ctx.note("outcome", status.0);
                return Ok(Answer::not(status));
            }
        };
        ctx.note("to", letter.n_recipients());
        ctx.note("bytes", asked.mime.len());
        let delivery = Delivery::new(ctx, letter, asked.is_kept);
        // On a task of its own: it goes on when the client hangs up.
        let outcome = tokio::spawn(delivery.run()).await.map_err(|error| {
            let message = "sending a mail broke down";
            backend::Error::because(backend::Kind::Unavailable, message, error)
        })??;
        ctx.note("outcome", outcome.word());
        match outcome {
            Outcome::Sent | Outcome::SentBefore => Ok(Answer { status: None }),
            // Without a Status only HTTP can tell the client to come again.
            Outcome::Refused(CommonStatus::ServerErrorRetryLater)
                if ctx.version() < ProtocolVersion::V14_0 =>
            {
                let message = "the mail server can not take a mail now";
                Err(backend::Error::new(backend::Kind::Unavailable, message).into())
            }
            Outcome::Refused(status) => Ok(Answer::not(status)),
        }
    }

    fn on_bad_document() -> Answer {
        Answer::not(CommonStatus::InvalidXml)
    }
}

/// What came: a message as it is, or a document with one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Posted {
    /// The body is the message.
    Message,
    /// A document.
    Document(Request),
}

impl Body for Posted {
    /// A document of WBXML begins with the number of its version, a message with a letter.
    fn read(body: &[u8]) -> Result<Self, schema::Error> {
        match body.first() {
            Some(0..=3) => Request::decode(body, Limits::default()).map(Self::Document),
            _ => Ok(Self::Message),
        }
    }
}

element! {
    /// A message to send, from 14.0 on.
    pub struct Request = ComposeMail::SendMail {
        /// The client's own id of it: what tells a repeated request.
        client_id: Option<ClientId> = ComposeMail::ClientId,
        /// The account to send from (14.1).
        account_id: Option<String> = ComposeMail::AccountId,
        /// Whether a copy is to be kept.
        save_in_sent: Option<Present> = ComposeMail::SaveInSentItems,
        /// The message.
        mime: Opaque = ComposeMail::Mime,
    }
}

element! {
    /// Why a message was not sent.
    pub struct Response = ComposeMail::SendMail {
        /// Why.
        status: CommonStatus = ComposeMail::Status,
    }
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// Why the message was not sent; `None` when it was.
    status: Option<CommonStatus>,
}

impl Answer {
    const fn not(status: CommonStatus) -> Self {
        Self { status: Some(status) }
    }
}

impl Reply for Answer {
    fn into_content(self, version: ProtocolVersion) -> Content {
        match self.status {
            None => Content::Empty,
            Some(status) if version >= ProtocolVersion::V14_0 => {
                Content::Document(Response { status }.encode(version))
            }
            Some(status) if FAULTS_OF_CLIENTS.contains(&status) => Content::Failed(Blame::Client),
            Some(_) => Content::Failed(Blame::Server),
        }
    }
}

/// A request in the terms of both forms.
struct Asked<'a> {
    mime: &'a [u8],
    client_id: Option<&'a str>,
    is_kept: bool,
    account_id: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn of(ctx: &'a Context<'_>, posted: &'a Posted) -> Self {
        match posted {
            Posted::Message => Self {
                mime: &ctx.call.body,
                client_id: None,
                is_kept: ctx.call.parameters.save_in_sent,
                account_id: None,
            },
            Posted::Document(request) => Self {
                mime: &request.mime.0,
                // tbsync: sends an empty one; see tests/wire/tbsync.
                client_id: request
                    .client_id
                    .as_ref()
                    .map(ClientId::as_str)
                    .filter(|id| !id.trim().is_empty()),
                is_kept: request.save_in_sent.is_some(),
                account_id: request.account_id.as_deref(),
            },
        }
    }

    fn letter(&self, ctx: &Context<'_>) -> Result<Letter, CommonStatus> {
        check_account(&ctx.account().profile.identities, self.account_id.unwrap_or_default())?;
        if self.mime.trim_ascii().is_empty() {
            return Err(CommonStatus::InvalidMime);
        }
        Letter::read(ctx, self.mime, self.client_id)
    }
}

/// Accounts are the identities as Settings numbers them; mail goes out under the one for phones
/// alone. [MS-ASCMD] §2.2.3.3
fn check_account(identities: &[Identity], account_id: &str) -> Result<(), CommonStatus> {
    let account_id = account_id.trim();
    if account_id.is_empty() {
        return Ok(());
    }
    let chosen = identities.iter().position(|identity| identity.chosen).unwrap_or(0);
    match account_id.parse::<usize>() {
        Ok(number) if number == chosen => Ok(()),
        Ok(number) if number < identities.len() => Err(CommonStatus::AccountSendDisabled),
        _ => Err(CommonStatus::InvalidAccountId),
    }
}

const FAULTS_OF_CLIENTS: [CommonStatus; 5] = [
    CommonStatus::InvalidAccountId,
    CommonStatus::InvalidXml,
    CommonStatus::InvalidMime,
    CommonStatus::MessageRecipientUnresolved,
    CommonStatus::MessageHasNoRecipient,
];

#[cfg(test)]
mod tests {
    use crate::backend::profile::Identity;
    use crate::command::send_mail::{Answer, check_account};
    use crate::command::{Blame, Content, Reply as _};
    use crate::eas::status::CommonStatus;
    use crate::eas::version::ProtocolVersion;

    #[test]
    fn mail_goes_out_under_one_account() {
        let identity = |chosen| Identity { chosen, ..Identity::default() };
        let identities = [identity(false), identity(true)];
        assert_eq!(check_account(&identities, ""), Ok(()));
        assert_eq!(check_account(&identities, "1"), Ok(()));
        assert_eq!(check_account(&identities, "0"), Err(CommonStatus::AccountSendDisabled));
        for unknown in ["2", "-1", "home"] {
            assert_eq!(check_account(&identities, unknown), Err(CommonStatus::InvalidAccountId));
        }
    }

    #[test]
    fn old_versions_are_answered_by_http() {
        let content = |status, version| Answer { status }.into_content(version);
        assert_eq!(content(None, ProtocolVersion::V14_1), Content::Empty);
        assert_eq!(content(None, ProtocolVersion::V12_1), Content::Empty);
        let failed = Some(CommonStatus::MailSubmissionFailed);
        assert_eq!(content(failed, ProtocolVersion::V12_1), Content::Failed(Blame::Server));
        let lonely = Some(CommonStatus::MessageHasNoRecipient);
        assert_eq!(content(lonely, ProtocolVersion::V12_1), Content::Failed(Blame::Client));
        assert!(matches!(content(lonely, ProtocolVersion::V14_0), Content::Document(_)));
    }
}
