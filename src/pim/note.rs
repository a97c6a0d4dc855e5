//! Mnemo's notes and the protocol's.
//!
//! An encrypted note is shown by a notice in the place of its text; the bridge takes no change of it.
//!
//! [MS-ASNOTE] §2.2.2

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::eas::class::note::{Categories, Note};
use crate::eas::scalar::BasicDate;
use crate::pim::text;

/// A note as the bridge sends it.
#[derive(Debug, Default, Deserialize)]
pub struct Memo {
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// Its text; `None` when it is encrypted.
    pub body: Option<String>,
    /// What users are told in the place of an encrypted text, in their language.
    pub notice: Option<String>,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// When it was changed last, in Unix seconds.
    pub changed: Option<i64>,
}

/// What a phone shows of a note.
#[must_use]
pub fn from_native(memo: &Memo) -> Note {
    let text = memo.body.as_ref().or(memo.notice.as_ref()).cloned().unwrap_or_default();
    let tags = memo.tags.clone();
    Note {
        subject: Some(memo.title.clone()),
        body: Some(text::body(text)),
        categories: (!tags.is_empty()).then_some(Categories { categories: tags }),
        last_modified_date: memo
            .changed
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .map(BasicDate),
        message_class: Some(MESSAGE_CLASS.to_owned()),
    }
}

/// What the bridge should write: what the note has, and no labels where it leaves them out and
/// `cleared` names them.
///
/// A title or a text that is left out is kept: phones leave out what they did not change, and a note
/// without either is none.
#[must_use]
pub fn to_native(note: &Note, cleared: impl Fn(&str) -> bool) -> Value {
    let mut data = Map::new();
    if let Some(subject) = &note.subject {
        data.insert("title".to_owned(), json!(subject));
    }
    if let Some(text) = note.body.as_ref().and_then(text::plain) {
        data.insert("body".to_owned(), json!(text));
    }
    match &note.categories {
        Some(categories) => drop(data.insert("tags".to_owned(), json!(categories.categories))),
        None if cleared("Notes:Categories") => drop(data.insert("tags".to_owned(), json!([]))),
        None => {}
    }
    Value::Object(data)
}

/// What all notes are.
const MESSAGE_CLASS: &str = "IPM.StickyNote";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::eas::body::{Body, BodyType};
    use crate::eas::class::note::{Categories, Note};
    use crate::eas::scalar::Data;
    use crate::pim::note::{Memo, from_native, to_native};

    fn memo(value: Value) -> Memo {
        serde_json::from_value(value).expect("a note")
    }

    fn body_of(note: &Note) -> String {
        let data = note.body.as_ref().and_then(|body| body.data.as_ref());
        data.map(Data::to_text).unwrap_or_default()
    }

    #[test]
    fn what_the_bridge_tells_comes_back_to_it() {
        let native = json!({"title": "Zo\u{eb}", "body": "one\r\ntwo", "tags": ["A", "B"]});
        let note = from_native(&memo(native.clone()));
        assert_eq!(note.message_class.as_deref(), Some("IPM.StickyNote"));
        assert_eq!(to_native(&note, |_| true), native);
    }

    #[test]
    fn an_encrypted_note_shows_its_notice() {
        let note = from_native(&memo(json!({
            "title": "Secret", "body": null, "notice": "Encrypted.", "changed": 1_795_310_640
        })));
        assert_eq!(body_of(&note), "Encrypted.");
        let at = note.last_modified_date.expect("a date").0;
        assert_eq!(at.as_second(), 1_795_310_640);
        assert!(note.categories.is_none());
    }

    #[test]
    fn labels_alone_are_cleared_by_being_left_out() {
        let note = Note::default();
        assert_eq!(to_native(&note, |_| false), json!({}));
        assert_eq!(to_native(&note, |_| true), json!({"tags": []}));
        let categories = Some(Categories::default());
        assert_eq!(to_native(&Note { categories, ..note }, |_| false), json!({"tags": []}));
    }

    #[test]
    fn html_is_made_text() {
        let body = Body {
            kind: BodyType::Html,
            estimated_data_size: None,
            truncated: None,
            data: Some(Data::from("<p>one<br>two</p>".to_owned())),
            part: None,
            preview: None,
        };
        let note = Note { body: Some(body), ..Note::default() };
        assert_eq!(to_native(&note, |_| false), json!({"body": "one\r\ntwo"}));
    }
}
