//! Calls to bytes.

use crate::wbxml::Tag;

/// Writes a document piece by piece: WBXML 1.3, UTF-8, no string table.
#[derive(Debug)]
pub struct Writer {
    bytes: Vec<u8>,
    page: u8,
    /// Where the token of an element stands that has no content yet.
    empty: Option<usize>,
}

impl Writer {
    /// A document with nothing in it yet.
    #[must_use]
    pub fn new() -> Self {
        Self { bytes: HEADER.to_vec(), page: 0, empty: None }
    }

    /// Starts an element.
    pub fn start(&mut self, tag: Tag) {
        self.fill();
        if tag.page != self.page {
            self.bytes.extend([SWITCH_PAGE, tag.page]);
            self.page = tag.page;
        }
        self.empty = Some(self.bytes.len());
        self.bytes.push(tag.token);
    }

    /// Ends the element that is open.
    pub fn end(&mut self) {
        if self.empty.take().is_none() {
            self.bytes.push(END);
        }
    }

    /// Writes text; a NUL, which would end it, is left out.
    pub fn text(&mut self, text: &str) {
        self.fill();
        self.bytes.push(STR_I);
        if text.contains('\0') {
            self.bytes.extend(text.bytes().filter(|&byte| byte != 0));
        } else {
            self.bytes.extend(text.as_bytes());
        }
        self.bytes.push(0);
    }

    /// Writes bytes.
    pub fn opaque(&mut self, bytes: &[u8]) {
        self.fill();
        self.bytes.push(OPAQUE);
        self.number(bytes.len());
        self.bytes.extend(bytes);
    }

    /// The document.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// Bytes so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing was written behind the header.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.len() == HEADER.len()
    }

    /// The open element gets content.
    fn fill(&mut self) {
        if let Some(token) = self.empty.take().and_then(|at| self.bytes.get_mut(at)) {
            *token |= HAS_CONTENT;
        }
    }

    /// A number in groups of seven bits, the highest first.
    fn number(&mut self, value: usize) {
        let mut groups = [0_u8; 10];
        let mut n_groups = 0;
        let mut rest = value;
        for group in &mut groups {
            *group = (rest & 0x7f) as u8;
            rest >>= 7;
            n_groups += 1;
            if rest == 0 {
                break;
            }
        }
        for (n, group) in groups.iter().take(n_groups).enumerate().rev() {
            self.bytes.push(if n == 0 { *group } else { group | 0x80 });
        }
    }
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

const HEADER: [u8; 4] = [0x03, 0x01, 0x6a, 0x00];
const SWITCH_PAGE: u8 = 0x00;
const END: u8 = 0x01;
const STR_I: u8 = 0x03;
const OPAQUE: u8 = 0xc3;
const HAS_CONTENT: u8 = 0x40;

#[cfg(test)]
mod tests {
    use crate::wbxml::element::{Element, Node};
    use crate::wbxml::pages::{AirSyncBase, FolderHierarchy};
    use crate::wbxml::{Limits, Writer};

    #[test]
    fn a_folder_sync_is_written() {
        let mut out = Writer::new();
        out.start(FolderHierarchy::FolderSync);
        out.start(FolderHierarchy::SyncKey);
        out.text("0");
        out.end();
        out.end();
        assert_eq!(out.finish(), b"\x03\x01\x6a\x00\x00\x07\x56\x52\x030\x00\x01\x01");
    }

    #[test]
    fn long_bytes_come_back() {
        let body = Element {
            tag: AirSyncBase::Data,
            nodes: vec![Node::Opaque(vec![7; 70_000]), Node::Text("é".to_owned())],
        };
        let mut out = Writer::new();
        body.write(&mut out);
        assert_eq!(Element::parse(&out.finish(), Limits::default()).unwrap(), body);
    }
}
