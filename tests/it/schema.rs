//! Documents made from the schema itself: what is read and written again must be the same.

use arbitrary::Unstructured;
use horde_eas::command::{
    folder_sync, get_item_estimate, item_operations, ping, provision, settings, sync,
};
use horde_eas::eas::class::contact::Contact;
use horde_eas::eas::class::email::Email;
use horde_eas::eas::class::note::Note;
use horde_eas::eas::class::task::Task;
use horde_eas::eas::schema::{Arity, Root, Shape, Value};
use horde_eas::eas::version::ProtocolVersion;
use horde_eas::wbxml::element::{Element, Node};
use horde_eas::wbxml::{Limits, Writer};

/// Fills an element with what its shape allows.
fn nodes(shape: Shape, u: &mut Unstructured<'_>, depth: usize) -> arbitrary::Result<Vec<Node>> {
    let text = |text: &str| Ok(vec![Node::Text(text.to_owned())]);
    match shape {
        Shape::Empty => Ok(Vec::new()),
        Shape::Text => text(&format!("t{}é", u.int_in_range(0..=99)?)),
        Shape::Date => text("2026-11-24T08:00:05.000Z"),
        Shape::Bytes => text("QUJD"),
        Shape::Number(least, most) => {
            text(&u.int_in_range(least.max(0)..=most.min(4_000_000))?.to_string())
        }
        Shape::Anything => Ok(Vec::new()),
        Shape::Choice(choices) => {
            let choices = choices();
            let mut all = Vec::new();
            for _ in 0..u.int_in_range(0..=3)? {
                let (tag, shape) = *u.choose(&choices)?;
                all.push(Node::Element(Element { tag, nodes: nodes(shape, u, depth + 1)? }));
            }
            Ok(all)
        }
        Shape::Element(schema) => {
            let mut all = Vec::new();
            for field in schema().fields {
                let n_times = match field.arity {
                    Arity::One => 1,
                    Arity::AtMostOne if depth > 6 => 0,
                    Arity::AtMostOne => u.int_in_range(0..=1)?,
                    Arity::Any if depth > 6 => 0,
                    Arity::Any => u.int_in_range(0..=2)?,
                };
                for _ in 0..n_times {
                    let nodes = nodes(field.shape, u, depth + 1)?;
                    all.push(Node::Element(Element { tag: field.tag, nodes }));
                }
            }
            Ok(all)
        }
    }
}

/// A document comes back the same, whatever it holds and in whatever version it is written.
#[track_caller]
fn check<R: Root + PartialEq + std::fmt::Debug>() {
    arbtest::arbtest(|u| {
        let document = Element { tag: R::TAG, nodes: nodes(<R as Value>::shape(), u, 0)? };
        let mut out = Writer::new();
        document.write(&mut out);
        let all = R::decode(&out.finish(), Limits::default()).expect("a generated document");
        // What only older versions know is left out by the first writing.
        let newest = all.encode(ProtocolVersion::LAST);
        let first = R::decode(&newest, Limits::default()).expect("what was written");
        let bytes = first.encode(ProtocolVersion::LAST);
        assert_eq!(bytes, newest);
        let second = R::decode(&bytes, Limits::default()).expect("what was written");
        assert_eq!(second, first);
        assert_eq!(second.encode(ProtocolVersion::LAST), bytes);
        for version in ProtocolVersion::ALL {
            let old = all.encode(version);
            let tree = Element::parse(&old, Limits::default()).expect("an older version");
            assert_eq!(tree.tag, R::TAG);
        }
        Ok(())
    })
    .budget_ms(400);
}

#[test]
fn requests_come_back() {
    check::<folder_sync::Request>();
    check::<get_item_estimate::Request>();
    check::<item_operations::Request>();
    check::<ping::Request>();
    check::<provision::Request>();
    check::<settings::Request>();
    check::<sync::wire::Request>();
}

#[test]
fn answers_come_back() {
    check::<folder_sync::Response>();
    check::<get_item_estimate::Response>();
    check::<item_operations::Response>();
    check::<ping::Response>();
    check::<provision::Response>();
    check::<settings::Response>();
    check::<sync::wire::Response>();
}

#[test]
fn items_come_back() {
    check::<Contact>();
    check::<Email>();
    check::<Note>();
    check::<Task>();
}
