//! A message in the protocol's words.

use jiff::Timestamp;

use crate::backend::mail::{Seen, Wanted};
use crate::backend::profile::Label;
use crate::eas::body::{self, Attachments, BodyType};
use crate::eas::class::email::{Categories, Email, Flag, FlagStatus};
use crate::eas::ids::FileReference;
use crate::eas::options::BodyPreference;
use crate::eas::scalar::{DashDate, Data, Opaque};
use crate::mime::Message;
use crate::mime::body::{Body, Form, Preference};
use crate::mime::headers::{Importance, Mailbox, spelled_list};
use crate::mime::text::start_of;
use crate::mime::thread;

/// What the server says of a message beside its content.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// Uid and flags.
    pub(super) seen: Seen,
    /// When it arrived.
    pub(super) received: Option<Timestamp>,
    /// RFC822.SIZE
    pub(super) size: u32,
}

/// Where the message is, and what the user calls keywords.
pub(super) struct Place<'a> {
    pub(super) mailbox: &'a str,
    pub(super) labels: &'a [Label],
    pub(super) wanted: &'a Wanted,
}

/// Puts a message together.
pub(super) fn email(
    place: &Place<'_>,
    facts: &Facts,
    message: &Message<'_>,
    body: Body,
) -> Box<Email> {
    let headers = &message.headers;
    let native = if message.native() == Form::Html { 2 } else { 1 };
    let topic = thread::topic(&headers.subject);
    let received =
        facts.received.or_else(|| headers.date.and_then(|date| Timestamp::from_second(date).ok()));
    let wanted = place.wanted.conversations;
    let sender = headers.sender.as_ref().filter(|sender| {
        headers.from.first().is_some_and(|from| !from.address.eq_ignore_ascii_case(&sender.address))
    });
    Box::new(Email {
        to: listed(&headers.to),
        cc: listed(&headers.cc),
        from: listed(&headers.from),
        subject: Some(headers.subject.clone()),
        reply_to: listed(&headers.reply_to),
        date_received: received.map(DashDate),
        display_to: display_to(&headers.to),
        thread_topic: Some(topic.to_owned()).filter(|topic| !topic.is_empty()),
        importance: Some(match headers.importance {
            Importance::Low => 0,
            Importance::Normal => 1,
            Importance::High => 2,
        }),
        read: Some(facts.seen.read),
        attachments: attachments(place.mailbox, facts.seen.imap_uid, message),
        body: Some(self::body(body)),
        message_class: Some(message.class().to_owned()),
        internet_cpid: Some("65001".to_owned()),
        flag: Some(flag(facts.seen.flagged)),
        content_class: Some("urn:content-classes:message".to_owned()),
        native_body_type: Some(native),
        conversation_id: wanted.then(|| {
            Opaque(thread::conversation_id(headers.thread_root.as_deref(), topic).to_vec())
        }),
        conversation_index: received
            .filter(|_| wanted)
            .map(|received| Opaque(thread::conversation_index(received.as_second()).to_vec())),
        sender: wanted.then(|| sender.map(Mailbox::spelled)).flatten(),
        categories: categories(place, &facts.seen),
        ..Email::default()
    })
}

/// The wishes of a client in the words of [`crate::mime`]; 3 counts as 1.
pub(super) fn preferences(wishes: &[BodyPreference], n_bytes: u32) -> Vec<Preference> {
    wishes
        .iter()
        .map(|wish| Preference {
            form: match wish.kind {
                2 => Form::Html,
                4 => Form::Mime,
                _ => Form::Plain,
            },
            truncation: Some(
                wish.truncation_size
                    .map_or(n_bytes, |size| u32::try_from(size).unwrap_or(u32::MAX).min(n_bytes)),
            ),
            all_or_none: wish.all_or_none.unwrap_or(false),
            preview: wish.preview.unwrap_or(0),
        })
        .collect()
}

fn body(body: Body) -> body::Body {
    let kind = match body.form {
        Form::Plain => BodyType::Text,
        Form::Html => BodyType::Html,
        Form::Mime => BodyType::Mime,
    };
    body::Body {
        kind,
        estimated_data_size: Some(u64::from(body.size)),
        truncated: body.truncated.then_some(true),
        part: None,
        data: (!body.content.is_empty()).then_some(Data(body.content)),
        preview: body.preview,
    }
}

fn listed(mailboxes: &[Mailbox]) -> Option<String> {
    Some(spelled_list(mailboxes, ", ", MAX_ADDRESSES)).filter(|list| !list.is_empty())
}

fn display_to(to: &[Mailbox]) -> Option<String> {
    let labels: Vec<&str> = to.iter().map(Mailbox::label).collect();
    let joined = labels.join(";");
    Some(start_of(&joined, MAX_ADDRESSES).to_owned()).filter(|joined| !joined.is_empty())
}

/// An empty flag says that there is none.
fn flag(flagged: bool) -> Flag {
    if flagged {
        Flag {
            status: Some(FlagStatus::Active),
            flag_type: Some("Flag for follow up".to_owned()),
            ..Flag::default()
        }
    } else {
        Flag::default()
    }
}

fn categories(place: &Place<'_>, seen: &Seen) -> Option<Categories> {
    let categories: Vec<String> = place
        .labels
        .iter()
        .filter(|label| seen.keywords.contains(&label.keyword))
        .map(|label| label.name.clone())
        .collect();
    (place.wanted.conversations && !categories.is_empty()).then_some(Categories { categories })
}

fn attachments(mailbox: &str, imap_uid: u32, message: &Message<'_>) -> Option<Attachments> {
    let attachments: Vec<body::Attachment> = message
        .attachments()
        .into_iter()
        .map(|attachment| body::Attachment {
            display_name: Some(attachment.name),
            file_reference: FileReference::of(mailbox, imap_uid, &attachment.number).0,
            method: if attachment.message { EMBEDDED_MESSAGE } else { NORMAL },
            estimated_data_size: u64::from(attachment.size),
            content_id: attachment.content_id,
            content_location: attachment.content_location,
            is_inline: attachment.inline.then_some(true),
        })
        .collect();
    (!attachments.is_empty()).then_some(Attachments { attachments })
}

/// Most characters of a list of recipients. [MS-ASEMAIL] §2.2.2.79
const MAX_ADDRESSES: usize = 32_768;
const NORMAL: u8 = 1;
const EMBEDDED_MESSAGE: u8 = 5;
