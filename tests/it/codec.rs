//! Documents that mean nothing: whatever is written comes back, in bytes and in XML.

use arbitrary::Unstructured;
use horde_eas::wbxml::element::{Element, Node};
use horde_eas::wbxml::xml::{from_xml, to_xml};
use horde_eas::wbxml::{Limits, Tag, Writer};

#[test]
fn documents_come_back() {
    arbtest::arbtest(|u| {
        let document = element(u, 0)?;
        let mut out = Writer::new();
        document.write(&mut out);
        let bytes = out.finish();
        let read = Element::parse(&bytes, Limits::default()).expect("what was written");
        assert_eq!(read, document);
        let xml = to_xml(&document);
        assert_eq!(from_xml(&xml).expect(&xml), document, "{xml}");
        Ok(())
    })
    .budget_ms(2_000);
}

#[test]
fn bytes_that_are_no_document_do_no_harm() {
    arbtest::arbtest(|u| {
        let mut bytes = b"\x03\x01\x6a\x00".to_vec();
        bytes.extend(u.bytes(u.len().min(600))?);
        if let Ok(document) = Element::parse(&bytes, Limits::default()) {
            let mut out = Writer::new();
            document.write(&mut out);
            let written = out.finish();
            assert_eq!(Element::parse(&written, Limits::default()).as_ref(), Ok(&document));
            assert_eq!(from_xml(&to_xml(&document)).as_ref(), Ok(&document));
        }
        Ok(())
    })
    .budget_ms(1_000);
}

/// An element as the reader gives it: texts are not empty and do not follow each other.
fn element(u: &mut Unstructured<'_>, depth: usize) -> arbitrary::Result<Element> {
    let tag = Tag { page: u.int_in_range(0..=26)?, token: u.int_in_range(0x05..=0x3f)? };
    let mut nodes = Vec::new();
    for _ in 0..u.int_in_range(0..=4)? {
        let node = match u.int_in_range(0..=2)? {
            0 if depth < 8 => Node::Element(element(u, depth + 1)?),
            1 => Node::Opaque(u.arbitrary()?),
            _ => Node::Text(u.arbitrary::<String>()?.replace('\0', "")),
        };
        let is_text = |node: &Node| matches!(node, Node::Text(_));
        let follows_text = is_text(&node) && nodes.last().is_some_and(is_text);
        if !follows_text && node != Node::Text(String::new()) {
            nodes.push(node);
        }
    }
    Ok(Element { tag, nodes })
}
