//! Documents as trees of tags: all that a phone here knows of the protocol's schema.

use crate::wbxml::element::{Element, Node};
use crate::wbxml::{Error, Limits, Tag, Writer};

/// An element with others in it.
#[must_use]
pub fn node(tag: Tag, children: impl IntoIterator<Item = Element>) -> Element {
    Element::with_children(tag, children.into_iter().collect())
}

/// An element with text in it.
#[must_use]
pub fn text(tag: Tag, text: impl Into<String>) -> Element {
    Element::with_text(tag, text)
}

/// An element with bytes in it, as they are.
#[must_use]
pub fn opaque(tag: Tag, bytes: &[u8]) -> Element {
    Element { tag, nodes: vec![Node::Opaque(bytes.to_vec())] }
}

/// An element with nothing in it.
#[must_use]
pub const fn empty(tag: Tag) -> Element {
    Element::new(tag)
}

/// The bytes of a document.
#[must_use]
pub fn encode(root: &Element) -> Vec<u8> {
    let mut writer = Writer::new();
    root.write(&mut writer);
    writer.finish()
}

/// The document of these bytes.
///
/// # Errors
/// When the bytes are no document.
pub fn decode(bytes: &[u8]) -> Result<Element, Error> {
    Element::parse(bytes, Limits::default())
}

/// Ways to look into a tree.
pub trait Look {
    /// The element at the end of a path of first children.
    fn at(&self, path: &[Tag]) -> Option<&Element>;
    /// The text at the end of a path.
    fn value(&self, path: &[Tag]) -> Option<String>;
    /// The number at the end of a path.
    fn number(&self, path: &[Tag]) -> Option<u32>;
    /// All children of that name.
    fn all(&self, tag: Tag) -> Vec<&Element>;
}

impl Look for Element {
    fn at(&self, path: &[Tag]) -> Option<&Element> {
        path.iter().try_fold(self, |at, tag| at.child(*tag))
    }

    fn value(&self, path: &[Tag]) -> Option<String> {
        self.at(path).map(Self::text)
    }

    fn number(&self, path: &[Tag]) -> Option<u32> {
        self.value(path)?.trim().parse().ok()
    }

    fn all(&self, tag: Tag) -> Vec<&Element> {
        self.children().filter(|child| child.tag == tag).collect()
    }
}
