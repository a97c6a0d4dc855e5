//! The header fields that a phone shows, decoded.

use std::borrow::Cow;
use std::sync::LazyLock;

use mail_parser::{Addr, Address, HeaderName, HeaderValue, Message, MessageParser};

use crate::mime::text::{clean_line, start_of, to_utf8};
use crate::mime::words;

/// The header of a message in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// Writers: From, or Sender where there is none.
    pub from: Vec<Mailbox>,
    /// To.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// Bcc, for drafts.
    pub bcc: Vec<Mailbox>,
    /// Reply-To.
    pub reply_to: Vec<Mailbox>,
    /// Sender, when it is not the writer.
    pub sender: Option<Mailbox>,
    /// The subject; empty when there is none.
    pub subject: String,
    /// The Date field in Unix time.
    pub date: Option<i64>,
    /// How urgent the writer thinks it is.
    pub importance: Importance,
    /// The Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// Id of the oldest message of the thread that this one names, or its own.
    pub thread_root: Option<String>,
}

/// A person or a group in an address field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name; may be empty.
    pub name: String,
    /// The address; empty for a group without members.
    pub address: String,
}

/// The three levels of importance, by their number on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Importance {
    /// 0
    Low,
    /// 1
    #[default]
    Normal,
    /// 2
    High,
}

impl Headers {
    /// Reads a header block; what is broken is left out.
    #[must_use]
    pub fn read(block: &[u8]) -> Self {
        let block = as_utf8(block);
        let Some(message) = PARSER.parse_headers(&block) else {
            return Self::default();
        };
        let from = mailboxes(&message, HeaderName::From);
        let sender = mailboxes(&message, HeaderName::Sender).into_iter().next();
        let message_id = ids(&message, HeaderName::MessageId).into_iter().next();
        let thread_root = ids(&message, HeaderName::References)
            .into_iter()
            .chain(ids(&message, HeaderName::InReplyTo))
            .next()
            .or_else(|| message_id.clone());
        Self {
            to: mailboxes(&message, HeaderName::To),
            cc: mailboxes(&message, HeaderName::Cc),
            bcc: mailboxes(&message, HeaderName::Bcc),
            reply_to: mailboxes(&message, HeaderName::ReplyTo),
            subject: text(&message, HeaderName::Subject).unwrap_or_default(),
            date: message
                .header(HeaderName::Date)
                .and_then(HeaderValue::as_datetime)
                .filter(|date| date.is_valid())
                .map(mail_parser::DateTime::to_timestamp),
            importance: importance(&message),
            from: if from.is_empty() { sender.iter().cloned().collect() } else { from },
            sender,
            message_id,
            thread_root,
        }
    }
}

impl Mailbox {
    /// `"Name" <address>`, or what there is of it.
    #[must_use]
    pub fn spelled(&self) -> String {
        match (self.name.as_str(), self.address.as_str()) {
            ("", address) => address.to_owned(),
            (name, "") => name.to_owned(),
            (name, address) => {
                let name = name.replace('\\', "\\\\").replace('"', "\\\"");
                format!("\"{name}\" <{address}>")
            }
        }
    }

    /// The name, or the address of someone without a name.
    #[must_use]
    pub fn label(&self) -> &str {
        if self.name.is_empty() { &self.address } else { &self.name }
    }
}

/// Addresses as one text, whole ones only, as many as fit into so many bytes.
#[must_use]
pub fn spelled_list(mailboxes: &[Mailbox], separator: &str, n_bytes: usize) -> String {
    let mut list = String::new();
    for mailbox in mailboxes {
        let spelled = mailbox.spelled();
        let with_it = list.len().saturating_add(separator.len()).saturating_add(spelled.len());
        if with_it > n_bytes {
            break;
        }
        if !list.is_empty() {
            list.push_str(separator);
        }
        list.push_str(&spelled);
    }
    list
}

/// A text with encoded words, decoded.
#[must_use]
pub fn decoded_words(text: &str) -> String {
    if !text.contains("=?") {
        return clean_line(text);
    }
    let field = format!("Subject: {}\r\n\r\n", words::joined(&clean_line(text)));
    PARSER
        .parse_headers(&field)
        .and_then(|message| self::text(&message, HeaderName::Subject))
        .unwrap_or_default()
}

/// A header block in UTF-8, its encoded words too.
///
/// Lines with raw 8-bit text are taken for windows-1252 unless they are UTF-8.
pub(crate) fn as_utf8(block: &[u8]) -> String {
    let text: Cow<'_, str> = match std::str::from_utf8(block) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => block
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| to_utf8(line, None))
            .collect::<String>()
            .into(),
    };
    words::joined(&text).into_owned()
}

fn mailboxes(message: &Message<'_>, field: HeaderName<'static>) -> Vec<Mailbox> {
    message
        .header_values(field)
        .filter_map(HeaderValue::as_address)
        .flat_map(|address| match address {
            Address::List(list) => list.iter().filter_map(mailbox).collect::<Vec<_>>(),
            Address::Group(groups) => groups
                .iter()
                .flat_map(|group| match (&group.name, group.addresses.as_slice()) {
                    (Some(name), []) => {
                        vec![Mailbox { name: clean_line(name), address: String::new() }]
                    }
                    (_, members) => members.iter().filter_map(mailbox).collect(),
                })
                .collect(),
        })
        .take(MAX_ADDRESSES)
        .collect()
}

fn mailbox(addr: &Addr<'_>) -> Option<Mailbox> {
    let name = addr.name.as_deref().map(clean_line).unwrap_or_default();
    let address = addr.address.as_deref().map(clean_line).unwrap_or_default();
    let mailbox = Mailbox {
        name: start_of(&name, MAX_NAME).to_owned(),
        address: start_of(&address, MAX_NAME).to_owned(),
    };
    (!mailbox.label().is_empty()).then_some(mailbox)
}

fn text(message: &Message<'_>, field: HeaderName<'static>) -> Option<String> {
    let value = message.header(field)?.as_text()?;
    Some(start_of(&clean_line(value), MAX_TEXT).to_owned())
}

fn ids(message: &Message<'_>, field: HeaderName<'static>) -> Vec<String> {
    message
        .header(field)
        .and_then(HeaderValue::as_text_list)
        .unwrap_or_default()
        .iter()
        .map(|id| clean_line(id))
        .filter(|id| !id.is_empty())
        .collect()
}

/// X-Priority runs from 1 (highest) to 5; Importance says `high` or `low`.
fn importance(message: &Message<'_>) -> Importance {
    if let Some(priority) = text(message, HeaderName::Other("X-Priority".into())) {
        match priority.trim_start().bytes().next() {
            Some(b'1' | b'2') => return Importance::High,
            Some(b'4' | b'5') => return Importance::Low,
            _ => {}
        }
    }
    match text(message, HeaderName::Importance) {
        Some(word) if word.eq_ignore_ascii_case("high") => Importance::High,
        Some(word) if word.eq_ignore_ascii_case("low") => Importance::Low,
        _ => Importance::Normal,
    }
}

static PARSER: LazyLock<MessageParser> = LazyLock::new(|| {
    MessageParser::new()
        .with_address_headers()
        .with_message_ids()
        .header_date(HeaderName::Date)
        .header_text(HeaderName::Subject)
        .header_text(HeaderName::Importance)
        .header_text(HeaderName::Other("X-Priority".into()))
        .default_header_ignore()
});

/// More names than that are no list that a phone shows.
const MAX_ADDRESSES: usize = 2_000;
const MAX_NAME: usize = 1_024;
const MAX_TEXT: usize = 4_096;
