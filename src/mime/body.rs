//! The body that a client gets: which form, made of what, and how much of it.

use crate::mime::text::{clean_line, clean_lines, start_of};
use crate::mime::{Message, html, html_text};

/// The forms of a body, by their number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// 1
    Plain,
    /// 2
    Html,
    /// 4: the message as it is.
    Mime,
}

/// One wish of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preference {
    /// The form.
    pub form: Form,
    /// Bytes of UTF-8 (or of MIME) at most.
    pub truncation: Option<u32>,
    /// Rather nothing, or another form, than a part of this one.
    pub all_or_none: bool,
    /// Characters of a preview; 0 for none.
    pub preview: u32,
}

/// What a client gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The form.
    pub form: Form,
    /// UTF-8 for plain and HTML, the source as it is for MIME.
    pub content: Vec<u8>,
    /// Bytes of all of it.
    pub size: u32,
    /// Whether `content` is not all of it.
    pub truncated: bool,
    /// The beginning of the text in one line.
    pub preview: Option<String>,
}

/// The source of a message as far as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The beginning, or all of it.
    pub bytes: &'a [u8],
    /// Size of all of it.
    pub size: u32,
}

impl Message<'_> {
    /// The form in which the writer made the message.
    #[must_use]
    pub fn native(&self) -> Form {
        if self.outline.html().is_some() { Form::Html } else { Form::Plain }
    }

    /// The wish that asks for the source, when it is to be granted.
    ///
    /// `mime_support`: 0 never, 1 for S/MIME, 2 always; who asks for nothing but the source
    /// gets it.
    #[must_use]
    pub fn source_wish(&self, wishes: &[Preference], mime_support: u8) -> Option<Preference> {
        let wish = wishes.iter().find(|wish| wish.form == Form::Mime)?;
        let granted = match mime_support {
            0 => wishes.iter().all(|wish| wish.form == Form::Mime),
            1 => self.is_smime() || wishes.iter().all(|wish| wish.form == Form::Mime),
            _ => true,
        };
        granted.then_some(*wish)
    }

    /// The body in the form that fits the wishes best: the native one first, then HTML.
    ///
    /// A wish for all or none is passed over while another can be granted in full.
    #[must_use]
    pub fn text_body(&self, wishes: &[Preference]) -> Body {
        let mut wishes: Vec<Preference> =
            wishes.iter().copied().filter(|wish| wish.form != Form::Mime).collect();
        if wishes.is_empty() {
            wishes.push(PLAIN);
        }
        wishes.sort_by_key(|wish| (wish.form != self.native(), wish.form != Form::Html));
        let mut first_choice = None;
        for wish in &wishes {
            let body = self.in_form(wish);
            if !(body.truncated && wish.all_or_none) {
                return body;
            }
            first_choice.get_or_insert(body);
        }
        match first_choice {
            Some(body) => Body { content: Vec::new(), ..body },
            None => self.in_form(&PLAIN),
        }
    }

    /// The source as a body.
    #[must_use]
    pub fn source_body(&self, wish: &Preference, source: Source<'_>) -> Body {
        let n_bytes = limit(wish.truncation).min(source.bytes.len());
        let content = source.bytes.get(..n_bytes).unwrap_or(source.bytes);
        let truncated = u32::try_from(content.len()).is_ok_and(|length| length < source.size);
        let content = if truncated && wish.all_or_none { &[] } else { content };
        Body {
            form: Form::Mime,
            content: content.to_vec(),
            size: source.size,
            truncated,
            preview: self.preview(wish.preview),
        }
    }

    fn in_form(&self, wish: &Preference) -> Body {
        let (text, complete) = match wish.form {
            Form::Html => self.as_html(),
            Form::Plain | Form::Mime => self.as_plain(),
        };
        let n_bytes = limit(wish.truncation);
        let content = match wish.form {
            _ if text.len() <= n_bytes => text.as_str(),
            Form::Html => html::start_of(&text, n_bytes),
            Form::Plain | Form::Mime => start_of(&text, n_bytes),
        };
        let truncated = !complete || content.len() < text.len();
        let in_message = match wish.form {
            Form::Html => self.outline.html().or_else(|| self.outline.plain()),
            Form::Plain | Form::Mime => self.outline.plain().or_else(|| self.outline.html()),
        };
        let size = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let size = match in_message {
            // Only the beginning was read: what the server says is the best estimate.
            Some(part) if !complete => part.decoded_size().max(size.saturating_add(1)),
            _ => size,
        };
        Body {
            form: if wish.form == Form::Html { Form::Html } else { Form::Plain },
            content: content.as_bytes().to_vec(),
            size,
            truncated,
            preview: self.preview(wish.preview),
        }
    }

    fn as_html(&self) -> (String, bool) {
        match (self.native_html(), self.native_plain()) {
            (Some((html, complete)), _) => (clean_lines(&html), complete),
            (None, Some((plain, complete))) => (html::of_text(&clean_lines(&plain)), complete),
            (None, None) => (html::of_text(""), true),
        }
    }

    fn as_plain(&self) -> (String, bool) {
        match (self.native_plain(), self.native_html()) {
            (Some((plain, complete)), _) => (clean_lines(&plain), complete),
            (None, Some((html, complete))) => (clean_lines(&html_text::to_text(&html)), complete),
            (None, None) => (String::new(), true),
        }
    }

    fn preview(&self, n_characters: u32) -> Option<String> {
        let n_characters = usize::try_from(n_characters).ok().filter(|number| *number > 0)?;
        let (text, _) = self.as_plain();
        // White space may shrink to nothing, so look at more than what is wanted.
        let start = start_of(&text, n_characters.saturating_mul(16).max(MIN_LOOK));
        let line: String = clean_line(start).chars().take(n_characters).collect();
        (!line.is_empty()).then_some(line)
    }
}

fn limit(truncation: Option<u32>) -> usize {
    truncation.and_then(|size| usize::try_from(size).ok()).unwrap_or(usize::MAX)
}

/// What a client gets that says nothing.
const PLAIN: Preference =
    Preference { form: Form::Plain, truncation: None, all_or_none: false, preview: 0 };
const MIN_LOOK: usize = 4_096;
