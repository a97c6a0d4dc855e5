//! Documents of tags, whatever their bytes: WBXML as ActiveSync uses it.
//!
//! [`Reader`] turns bytes into events and never panics, [`Writer`] turns calls into bytes,
//! [`pages`] has the names of all tags, [`element`] a document as a tree, [`xml`] prints and reads
//! that tree.
//! Nothing here knows what a document means.
//!
//! [MS-ASWBXML] §2.1

pub mod element;
mod error;
pub mod pages;
mod reader;
mod writer;
pub mod xml;

use std::borrow::Cow;
use std::fmt;

pub use crate::wbxml::error::{Error, Problem};
pub use crate::wbxml::reader::Reader;
pub use crate::wbxml::writer::Writer;

/// The name of an element: a code page and a token on it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    /// The code page.
    pub page: u8,
    /// The token without its content and attribute bits, 5 to 63.
    pub token: u8,
}

impl Tag {
    /// Page and name, as `AirSync:Sync`; `None` for a tag of no known document.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        pages::name(self)
    }

    /// The tag of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        pages::ALL.iter().find(|(_, known)| *known == name).map(|&(tag, _)| tag)
    }

    /// The name of the page, `AirSync`; `None` for an unknown one.
    #[must_use]
    pub fn page_name(self) -> Option<&'static str> {
        pages::NAMES.iter().find(|&&(page, _)| page == self.page).map(|&(_, name)| name)
    }

    /// The number of the page of that name.
    #[must_use]
    pub fn page_of(name: &str) -> Option<u8> {
        pages::NAMES.iter().find(|&&(_, known)| known == name).map(|&(page, _)| page)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => formatter.write_str(name),
            None => write!(formatter, "0x{:02x}:0x{:02x}", self.page, self.token),
        }
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// A piece of a document; an empty tag is a start and an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The end of the element that is open.
    End,
    /// Bytes without a meaning of their own.
    Opaque(Cow<'a, [u8]>),
    /// The start of an element.
    Start(Tag),
    /// Text.
    Text(Cow<'a, str>),
}

/// What a document may cost its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole document.
    pub size: usize,
    /// Elements in elements.
    pub depth: usize,
    /// Elements and pieces of text in the whole document.
    pub elements: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // Phones nest 10 deep; 512 contacts with every field filled are some 65,000 pieces.
        Self { size: 64 * 1024 * 1024, depth: 32, elements: 200_000 }
    }
}
