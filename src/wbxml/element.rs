//! A document, or a part of one, as a tree: for whoever must look at it more than once.

use crate::wbxml::{Error, Event, Limits, Reader, Tag, Writer};

/// One element with everything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub tag: Tag,
    /// What stands in it, in order.
    pub nodes: Vec<Node>,
}

/// What may stand in an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Another element.
    Element(Element),
    /// Bytes without a meaning of their own.
    Opaque(Vec<u8>),
    /// Text.
    Text(String),
}

impl Element {
    /// An element without content.
    #[must_use]
    pub const fn new(tag: Tag) -> Self {
        Self { tag, nodes: Vec::new() }
    }

    /// An element with text in it.
    #[must_use]
    pub fn with_text(tag: Tag, text: impl Into<String>) -> Self {
        Self { tag, nodes: vec![Node::Text(text.into())] }
    }

    /// An element with others in it.
    #[must_use]
    pub fn with_children(tag: Tag, children: Vec<Self>) -> Self {
        Self { tag, nodes: children.into_iter().map(Node::Element).collect() }
    }

    /// Reads a whole document.
    ///
    /// # Errors
    /// When the bytes are no document, or one beyond the limits.
    pub fn parse(bytes: &[u8], limits: Limits) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes, limits)?;
        let mut open: Vec<Self> = Vec::new();
        let mut root = None;
        while let Some(event) = reader.next()? {
            let node = match event {
                Event::Start(tag) => {
                    open.push(Self::new(tag));
                    continue;
                }
                Event::Text(text) => Node::Text(text.into_owned()),
                Event::Opaque(bytes) => Node::Opaque(bytes.into_owned()),
                Event::End => match open.pop() {
                    Some(element) => Node::Element(element),
                    None => continue,
                },
            };
            match (open.last_mut(), node) {
                (Some(parent), node) => parent.nodes.push(node),
                (None, Node::Element(element)) => root = Some(element),
                (None, Node::Opaque(_) | Node::Text(_)) => {}
            }
        }
        root.ok_or_else(|| reader.no_element())
    }

    /// Writes the element into a document.
    pub fn write(&self, out: &mut Writer) {
        out.start(self.tag);
        self.write_nodes(out);
        out.end();
    }

    /// Writes what stands in the element.
    pub fn write_nodes(&self, out: &mut Writer) {
        for node in &self.nodes {
            match node {
                Node::Element(element) => element.write(out),
                Node::Opaque(bytes) => out.opaque(bytes),
                Node::Text(text) => out.text(text),
            }
        }
    }

    /// The elements that stand in it.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Opaque(_) | Node::Text(_) => None,
        })
    }

    /// The first child of that name.
    #[must_use]
    pub fn child(&self, tag: Tag) -> Option<&Self> {
        self.children().find(|child| child.tag == tag)
    }

    /// All text in it put together; bytes count where they are UTF-8.
    #[must_use]
    pub fn text(&self) -> String {
        let mut all = String::new();
        for node in &self.nodes {
            match node {
                Node::Element(_) => {}
                Node::Opaque(bytes) => all.push_str(&String::from_utf8_lossy(bytes)),
                Node::Text(text) => all.push_str(text),
            }
        }
        all
    }
}
