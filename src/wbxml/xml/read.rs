//! XML to a document.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use quick_xml::NsReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesPI, BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};

use crate::wbxml::element::{Element, Node};
use crate::wbxml::xml::{BASE64, OPAQUE, STRING, TEXT};
use crate::wbxml::{Limits, Tag};

/// XML that is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at byte {offset}")]
pub struct Error {
    /// What is wrong.
    pub reason: String,
    /// Where, from the beginning of the text.
    pub offset: u64,
}

/// Reads a document.
///
/// # Errors
/// When the text is no XML, not the notation of the [module](crate::wbxml::xml), or nested too
/// deeply.
pub fn from_xml(text: &str) -> Result<Element, Error> {
    let mut xml = NsReader::from_str(text);
    let mut builder = Builder { open: Vec::new(), root: None };
    loop {
        let result = step(&mut xml, &mut builder);
        match result {
            Ok(true) => {}
            Ok(false) => break,
            Err(reason) => return Err(Error { reason, offset: xml.buffer_position() }),
        }
    }
    builder.root.ok_or_else(|| Error { reason: "no element".to_owned(), offset: 0 })
}

/// Takes one event; false at the end.
fn step(xml: &mut NsReader<&[u8]>, builder: &mut Builder) -> Result<bool, String> {
    let (resolved, event) = xml.read_resolved_event().map_err(|error| error.to_string())?;
    match event {
        Event::Start(start) => builder.start(&resolved, &start)?,
        Event::Empty(start) => {
            builder.start(&resolved, &start)?;
            builder.end()?;
        }
        Event::End(_) => builder.end()?,
        Event::Text(text) => builder.text(&text)?,
        Event::CData(text) => builder.text(&text)?,
        Event::GeneralRef(reference) => builder.text(&resolve(&reference)?)?,
        Event::PI(instruction) => builder.instruction(&instruction)?,
        Event::Comment(_) | Event::Decl(_) => {}
        Event::DocType(_) => return Err("document types are not read".to_owned()),
        Event::Eof if builder.open.is_empty() => return Ok(false),
        Event::Eof => return Err("unexpected end".to_owned()),
    }
    Ok(true)
}

/// The text that a reference stands for.
fn resolve(reference: &BytesRef<'_>) -> Result<String, String> {
    match reference.resolve_char_ref().map_err(|error| error.to_string())? {
        Some(letter) => Ok(letter.to_string()),
        None => resolve_predefined_entity(reference)
            .map(str::to_owned)
            .ok_or_else(|| format!("unknown entity: `{}`", &**reference)),
    }
}

/// Puts a document together.
struct Builder {
    open: Vec<Open>,
    root: Option<Element>,
}

/// An element whose end was not seen yet.
struct Open {
    element: Element,
    text: String,
    form: Form,
}

/// What the text of an element stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Base64Bytes,
    Base64Text,
    Bytes,
    Text,
}

impl Builder {
    fn start(&mut self, page: &ResolveResult<'_>, start: &BytesStart<'_>) -> Result<(), String> {
        if self.open.is_empty() && self.root.is_some() {
            return Err("second root".to_owned());
        }
        if self.open.len() >= Limits::default().depth {
            return Err("nested too deeply".to_owned());
        }
        let name = start.local_name();
        let name: &str = name.as_ref();
        let ResolveResult::Bound(Namespace(page)) = page else {
            return Err(format!("`{name}` has no namespace"));
        };
        let page = page.trim_end_matches(':');
        let tag = tag(page, name).ok_or_else(|| format!("unknown tag: `{page}:{name}`"))?;
        let form = form(start)?;
        self.open.push(Open { element: Element::new(tag), text: String::new(), form });
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        match self.open.last_mut() {
            Some(open) => open.text.push_str(&text.replace("\r\n", "\n")),
            None if is_blank(text) => {}
            None => return Err("text outside of the root".to_owned()),
        }
        Ok(())
    }

    fn instruction(&mut self, instruction: &BytesPI<'_>) -> Result<(), String> {
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        let content = bytes(instruction.content())?;
        let node = match instruction.target() {
            OPAQUE => Node::Opaque(content),
            TEXT => Node::Text(String::from_utf8(content).map_err(|error| error.to_string())?),
            other => return Err(format!("unknown processing instruction: `{other}`")),
        };
        open.element.nodes.push(node);
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(Open { mut element, text, form }) = self.open.pop() else { return Ok(()) };
        if element.nodes.is_empty() {
            element.nodes.extend(content(text, form)?);
        } else if !is_blank(&text) {
            return Err("text beside elements".to_owned());
        }
        match self.open.last_mut() {
            Some(parent) => parent.element.nodes.push(Node::Element(element)),
            None => self.root = Some(element),
        }
        Ok(())
    }
}

/// What stands in an element that has no others in it.
fn content(text: String, form: Form) -> Result<Option<Node>, String> {
    let node = match form {
        Form::Base64Bytes => Node::Opaque(bytes(&text)?),
        Form::Base64Text => {
            Node::Text(String::from_utf8(bytes(&text)?).map_err(|error| error.to_string())?)
        }
        Form::Bytes => Node::Opaque(text.into_bytes()),
        Form::Text if text.is_empty() => return Ok(None),
        Form::Text => Node::Text(text),
    };
    Ok(Some(node))
}

fn form(start: &BytesStart<'_>) -> Result<Form, String> {
    let mut form = Form::Text;
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let name: &str = attribute.key.as_ref();
        form = match (name, &*attribute.value) {
            (OPAQUE, TEXT) => Form::Bytes,
            (OPAQUE, BASE64) => Form::Base64Bytes,
            (STRING, BASE64) => Form::Base64Text,
            _ if name == "xmlns" || name.starts_with("xmlns:") => form,
            _ => return Err(format!("unknown attribute: `{name}`")),
        };
    }
    Ok(form)
}

/// The tag of a page and a name, or of their numbers.
fn tag(page: &str, name: &str) -> Option<Tag> {
    let known = Tag::of(&format!("{page}:{name}"));
    known.or_else(|| {
        let token = u8::from_str_radix(name.strip_prefix('x')?, 16).ok()?;
        let page = match page.strip_prefix("0x") {
            Some(number) => u8::from_str_radix(number, 16).ok()?,
            None => Tag::page_of(page)?,
        };
        (0x05..=0x3f).contains(&token).then_some(Tag { page, token })
    })
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let packed: String = text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    BASE64_STANDARD.decode(packed).map_err(|error| format!("no base64: {error}"))
}

fn is_blank(text: &str) -> bool {
    text.chars().all(|letter| matches!(letter, ' ' | '\t' | '\r' | '\n'))
}
