//! The protocol reference: what the schema says, for people, in Markdown.

use crate::eas::schema::{Arity, FieldSchema, Root, Shape, Value};
use crate::eas::version::ProtocolVersion;
use crate::wbxml::Tag;

/// A document of the reference.
#[derive(Clone, Copy)]
pub struct Document {
    /// What it is, such as `Sync request`.
    pub title: &'static str,
    /// Its root.
    pub tag: Tag,
    /// What stands in it.
    pub shape: fn() -> Shape,
}

impl Document {
    /// The document whose root is a type.
    #[must_use]
    pub const fn of<R: Root>(title: &'static str) -> Self {
        Self { title, tag: R::TAG, shape: <R as Value>::shape }
    }
}

/// Writes the reference: a chapter for each document, a row for each element.
#[must_use]
pub fn markdown(documents: &[Document]) -> String {
    let mut out = String::from(INTRODUCTION);
    for document in documents {
        out.push_str(&format!("\n## {}\n\n{TABLE}", document.title));
        let shape = (document.shape)();
        row(&mut out, 0, document.tag, "1", &shape, "");
        content(&mut out, 1, &shape);
    }
    out
}

/// The rows of what stands in an element.
fn content(out: &mut String, depth: usize, shape: &Shape) {
    if depth > DEEPEST {
        return;
    }
    match shape {
        Shape::Element(schema) => {
            for field in schema().fields {
                row(out, depth, field.tag, times(field.arity), &field.shape, &versions(&field));
                content(out, depth.saturating_add(1), &field.shape);
            }
        }
        Shape::Choice(choices) => {
            for (tag, shape) in choices() {
                row(out, depth, tag, times(Arity::Any), &shape, "");
                content(out, depth.saturating_add(1), &shape);
            }
        }
        Shape::Anything
        | Shape::Bytes
        | Shape::Date
        | Shape::Empty
        | Shape::Number(..)
        | Shape::Text => {}
    }
}

fn row(out: &mut String, depth: usize, tag: Tag, times: &str, shape: &Shape, versions: &str) {
    let indent = "· ".repeat(depth);
    out.push_str(&format!("| {indent}`{tag}` | {times} | {} | {versions} |\n", kind(shape)));
}

fn kind(shape: &Shape) -> String {
    match shape {
        Shape::Anything => "by class".to_owned(),
        Shape::Bytes => "bytes".to_owned(),
        Shape::Choice(_) => "elements, any order".to_owned(),
        Shape::Date => "date".to_owned(),
        Shape::Element(_) => "elements".to_owned(),
        Shape::Empty => "nothing".to_owned(),
        Shape::Number(least, most) => format!("{least} to {most}"),
        Shape::Text => "text".to_owned(),
    }
}

const fn times(arity: Arity) -> &'static str {
    match arity {
        Arity::Any => "any",
        Arity::AtMostOne => "0–1",
        Arity::One => "1",
    }
}

fn versions(field: &FieldSchema) -> String {
    match (field.since, field.until) {
        (ProtocolVersion::FIRST, ProtocolVersion::LAST) => String::new(),
        (since, ProtocolVersion::LAST) => format!("since {since}"),
        (ProtocolVersion::FIRST, until) => format!("until {until}"),
        (since, until) => format!("{since} to {until}"),
    }
}

/// Nothing in the protocol is nested as deeply; keeps a schema that holds itself from running away.
const DEEPEST: usize = 16;
const INTRODUCTION: &str = "# Protocol reference

Every element that is read or written, in the order in which it is written; readers take any order.
Made by `horde-eas reference` from the declarations in `src/eas` and `src/command`.
";
const TABLE: &str = "| element | times | content | versions |\n|---|---|---|---|\n";
