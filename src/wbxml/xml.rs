//! Documents in XML, as the specification prints them: golden files, `decode`, `encode`, traces.
//!
//! ```xml
//! <Sync xmlns="AirSync">
//!   <Status>1</Status>
//!   <Body xmlns="AirSyncBase"/>
//! </Sync>
//! ```
//!
//! The code page is the namespace; it is declared where it changes (prefixes are read, too).
//! Nothing is lost on the way to XML and back:
//! - bytes (`OPAQUE`) have the attribute `opaque`: `text` where they can stand as they are, else
//!   `base64`;
//! - text with characters that XML can not hold has `string="base64"`;
//! - tags without a name are called by their token, `x3f`, and pages by their number, `0x1a`;
//! - text beside elements, which no document of the protocol has, stands in processing
//!   instructions: `<?text aGk=?>`, `<?opaque AAE=?>`.

mod read;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::wbxml::Tag;
use crate::wbxml::element::{Element, Node};
use crate::wbxml::pages::{
    AirSyncBase, Calendar, ComposeMail, Contacts, Email, ItemOperations, Search, Settings, Tasks,
};

pub use crate::wbxml::xml::read::{Error, from_xml};

/// Prints a document, two blanks for each level, a line end at the end.
#[must_use]
pub fn to_xml(root: &Element) -> String {
    print(root, Detail::All)
}

/// Prints a document for a log: bodies, pictures and passwords are cut out.
#[must_use]
pub fn to_log(root: &Element) -> String {
    print(root, Detail::Cut)
}

/// How much is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    All,
    Cut,
}

fn print(root: &Element, detail: Detail) -> String {
    let mut printer = Printer { out: String::new(), detail };
    printer.element(root, None, 0);
    printer.out
}

struct Printer {
    out: String,
    detail: Detail,
}

impl Printer {
    /// Prints an element in the page of the one around it; elements are at most as deep as
    /// [`Limits`](crate::wbxml::Limits) says.
    fn element(&mut self, element: &Element, around: Option<u8>, depth: usize) {
        self.indent(depth);
        let name = local_name(element.tag);
        self.out.push('<');
        self.out.push_str(&name);
        if around != Some(element.tag.page) {
            self.attribute("xmlns", &namespace(element.tag));
        }
        match (element.nodes.as_slice(), self.detail) {
            ([], _) => {
                self.out.push_str("/>\n");
                return;
            }
            (nodes, Detail::Cut) if is_private(element.tag) => {
                self.out.push_str(&format!("><!-- {} bytes -->", size(nodes)));
            }
            ([Node::Text(text)], _) => self.text(text),
            ([Node::Opaque(bytes)], _) => self.opaque(bytes),
            (nodes, _) => {
                self.out.push_str(">\n");
                for node in nodes {
                    self.node(node, element.tag.page, depth.saturating_add(1));
                }
                self.indent(depth);
            }
        }
        self.out.push_str("</");
        self.out.push_str(&name);
        self.out.push_str(">\n");
    }

    /// Prints one of several nodes.
    fn node(&mut self, node: &Node, around: u8, depth: usize) {
        let (target, bytes) = match node {
            Node::Element(element) => return self.element(element, Some(around), depth),
            Node::Opaque(bytes) => (OPAQUE, bytes.as_slice()),
            Node::Text(text) => (TEXT, text.as_bytes()),
        };
        self.indent(depth);
        self.out.push_str(&format!("<?{target} {}?>\n", BASE64_STANDARD.encode(bytes)));
    }

    /// Ends the start tag and prints the text of an element that has nothing else.
    fn text(&mut self, text: &str) {
        if text.chars().all(is_printable) {
            self.out.push('>');
            self.escaped(text);
        } else {
            self.attribute(STRING, BASE64);
            self.out.push('>');
            self.out.push_str(&BASE64_STANDARD.encode(text));
        }
    }

    /// Ends the start tag and prints the bytes of an element that has nothing else.
    fn opaque(&mut self, bytes: &[u8]) {
        match std::str::from_utf8(bytes) {
            Ok(text) if text.chars().all(is_printable) => {
                self.attribute(OPAQUE, TEXT);
                self.out.push('>');
                self.escaped(text);
            }
            Ok(_) | Err(_) => {
                self.attribute(OPAQUE, BASE64);
                self.out.push('>');
                self.out.push_str(&BASE64_STANDARD.encode(bytes));
            }
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push_str(&format!(" {name}=\"{value}\""));
    }

    fn escaped(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '\r' => self.out.push_str("&#13;"),
                _ => self.out.push(letter),
            }
        }
    }

    fn indent(&mut self, depth: usize) {
        self.out.extend(std::iter::repeat_n("  ", depth));
    }
}

/// The name without its page.
fn local_name(tag: Tag) -> String {
    match tag.name().and_then(|name| name.split_once(':')) {
        Some((_, name)) => name.to_owned(),
        None => format!("x{:02x}", tag.token),
    }
}

fn namespace(tag: Tag) -> String {
    tag.page_name().map_or_else(|| format!("0x{:02x}", tag.page), str::to_owned)
}

/// Whether XML can hold the character as it is.
fn is_printable(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Whether an element holds what no log may show.
fn is_private(tag: Tag) -> bool {
    PRIVATE.contains(&tag)
}

fn size(nodes: &[Node]) -> usize {
    nodes
        .iter()
        .map(|node| match node {
            Node::Element(element) => size(&element.nodes),
            Node::Opaque(bytes) => bytes.len(),
            Node::Text(text) => text.len(),
        })
        .sum()
}

const BASE64: &str = "base64";
const OPAQUE: &str = "opaque";
const STRING: &str = "string";
const TEXT: &str = "text";
const PRIVATE: &[Tag] = &[
    AirSyncBase::Data,
    AirSyncBase::Preview,
    Calendar::Body,
    ComposeMail::Mime,
    Contacts::Body,
    Contacts::Picture,
    Email::Body,
    Email::MIMEData,
    ItemOperations::Data,
    ItemOperations::Password,
    Search::Password,
    Settings::Password,
    Tasks::Body,
];

#[cfg(test)]
mod tests {
    use crate::wbxml::Tag;
    use crate::wbxml::element::{Element, Node};
    use crate::wbxml::pages::{AirSync, AirSyncBase};
    use crate::wbxml::xml::{from_xml, to_log, to_xml};

    #[track_caller]
    fn check(nodes: Vec<Node>, xml: &str) {
        let root = Element {
            tag: AirSync::Sync,
            nodes: vec![Node::Element(Element { tag: AirSyncBase::Data, nodes })],
        };
        let document = format!("<Sync xmlns=\"AirSync\">\n  {xml}\n</Sync>\n");
        assert_eq!(to_xml(&root), document);
        assert_eq!(from_xml(&document).unwrap(), root);
    }

    #[test]
    fn nothing_is_lost() {
        check(vec![], r#"<Data xmlns="AirSyncBase"/>"#);
        check(
            vec![Node::Text(" a<&\r\n".into())],
            "<Data xmlns=\"AirSyncBase\"> a&lt;&amp;&#13;\n</Data>",
        );
        check(
            vec![Node::Text("\u{1}".into())],
            r#"<Data xmlns="AirSyncBase" string="base64">AQ==</Data>"#,
        );
        check(
            vec![Node::Opaque(b"hi".to_vec())],
            r#"<Data xmlns="AirSyncBase" opaque="text">hi</Data>"#,
        );
        check(vec![Node::Opaque(vec![])], r#"<Data xmlns="AirSyncBase" opaque="text"></Data>"#);
        check(
            vec![Node::Opaque(vec![0xff])],
            r#"<Data xmlns="AirSyncBase" opaque="base64">/w==</Data>"#,
        );
        check(
            vec![
                Node::Text("hi".into()),
                Node::Element(Element::new(Tag { page: 0x1a, token: 0x3f })),
            ],
            "<Data xmlns=\"AirSyncBase\">\n    <?text aGk=?>\n    <x3f xmlns=\"0x1a\"/>\n  </Data>",
        );
    }

    #[test]
    fn prefixes_and_colons_are_read() {
        let xml = r#"<?xml version="1.0" encoding="utf-8"?><!-- c -->
            <Sync xmlns="AirSync:" xmlns:b="AirSyncBase:"><b:Data><![CDATA[<]]>&#65;</b:Data></Sync>"#;
        let data = Element::with_text(AirSyncBase::Data, "<A");
        assert_eq!(from_xml(xml).unwrap(), Element::with_children(AirSync::Sync, vec![data]));
    }

    #[test]
    fn logs_hold_no_bodies() {
        let data = Element::with_text(AirSyncBase::Data, "secret");
        assert_eq!(to_log(&data), "<Data xmlns=\"AirSyncBase\"><!-- 6 bytes --></Data>\n");
    }

    #[test]
    fn bad_xml_has_its_reason() {
        for (xml, reason) in [
            ("", "no element"),
            ("<Sync/>", "`Sync` has no namespace"),
            ("<Sinc xmlns='AirSync'/>", "unknown tag: `AirSync:Sinc`"),
            ("<Sync xmlns='AirSync'>", "unexpected end"),
            ("<Sync xmlns='AirSync'/><Sync xmlns='AirSync'/>", "second root"),
            ("<Sync xmlns='AirSync'>a<Add/></Sync>", "text beside elements"),
            ("<Sync xmlns='AirSync' opaque='base64'>*</Sync>", "no base64"),
            ("<Sync xmlns='AirSync' colour='red'/>", "unknown attribute: `colour`"),
        ] {
            let error = from_xml(xml).unwrap_err().to_string();
            assert!(error.starts_with(reason), "{xml}: {error}");
        }
    }
}
