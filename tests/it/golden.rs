//! Golden documents: `tests/golden/<command>/<case>.xml`, and their bytes in `<case>.wbxml`.
//!
//! Each must come back from XML, from bytes, and from the command's own types at 14.1, with the
//! elements in the order in which they stand in the file.
//! `UPDATE_EXPECT=1` writes the `.wbxml` files anew; the difference is the review.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use horde_eas::command::documents::documents;
use horde_eas::command::{
    folder_sync, get_item_estimate, item_operations, move_items, ping, provision, send_mail,
    settings, sync,
};
use horde_eas::eas::class::contact::Contact;
use horde_eas::eas::class::email::Email;
use horde_eas::eas::reference::markdown;
use horde_eas::eas::schema::{Error, Root};
use horde_eas::eas::version::ProtocolVersion;
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{AirSync, ItemOperations};
use horde_eas::wbxml::xml::{from_xml, to_xml};
use horde_eas::wbxml::{Limits, Writer};

#[test]
fn golden_documents_come_back() {
    let cases = cases();
    assert!(cases.len() >= N_CASES, "only {} documents", cases.len());
    for path in cases {
        let shown = path.display();
        let xml = fs::read_to_string(&path).unwrap();
        let document = from_xml(&xml).unwrap_or_else(|error| panic!("{shown}: {error}"));
        assert_eq!(to_xml(&document), xml, "{shown}");
        let encoded = encode(&document);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(path.with_extension("wbxml"), &encoded).unwrap();
        }
        let bytes = fs::read(path.with_extension("wbxml")).expect("UPDATE_EXPECT=1 writes it");
        assert_eq!(Element::parse(&bytes, Limits::default()).as_ref(), Ok(&document), "{shown}");
        assert_eq!(encoded, bytes, "{shown}");
        let typed = through_types(&path, &bytes).unwrap_or_else(|error| panic!("{shown}: {error}"));
        assert_eq!(to_xml(&Element::parse(&typed, Limits::default()).unwrap()), xml, "{shown}");
        assert_eq!(typed, bytes, "{shown}");
        if path.file_name().unwrap().to_string_lossy().starts_with("answer") {
            check_items(&document, &shown.to_string());
        }
    }
}

/// Reads the items in an answer by their class, and writes them again.
fn check_items(element: &Element, shown: &str) {
    if ![AirSync::ApplicationData, ItemOperations::Properties].contains(&element.tag) {
        element.children().for_each(|child| check_items(child, shown));
        return;
    }
    // An attachment is no item.
    let is_file =
        |child: &Element| [ItemOperations::Data, ItemOperations::Part].contains(&child.tag);
    if element.children().any(is_file) {
        return;
    }
    let item = Element { tag: AirSync::ApplicationData, nodes: element.nodes.clone() };
    let bytes = encode(&item);
    let is_contact = item.children().any(|child| child.tag.page_name() == Some("Contacts"));
    let typed = if is_contact { through::<Contact>(&bytes) } else { through::<Email>(&bytes) };
    let typed = Element::parse(&typed.unwrap(), Limits::default()).unwrap();
    assert_eq!(to_xml(&typed), to_xml(&item), "{shown}");
}

#[test]
fn the_reference_is_up_to_date() {
    let reference = markdown(&documents());
    expect_file!["../golden/reference.md"].assert_eq(&reference);
}

/// Reads the bytes as the request or the answer of the command, and writes them again.
fn through_types(path: &Path, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let command = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
    let case = path.file_stem().unwrap().to_str().unwrap();
    let is_request = case.starts_with("request");
    assert!(is_request || case.starts_with("answer"), "{}: request or answer?", path.display());
    match (command, is_request) {
        ("folder_sync", true) => through::<folder_sync::Request>(bytes),
        ("folder_sync", false) => through::<folder_sync::Response>(bytes),
        ("get_item_estimate", true) => through::<get_item_estimate::Request>(bytes),
        ("get_item_estimate", false) => through::<get_item_estimate::Response>(bytes),
        ("item_operations", true) => through::<item_operations::Request>(bytes),
        ("item_operations", false) => through::<item_operations::Response>(bytes),
        ("move_items", true) => through::<move_items::Request>(bytes),
        ("move_items", false) => through::<move_items::Response>(bytes),
        ("ping", true) => through::<ping::Request>(bytes),
        ("ping", false) => through::<ping::Response>(bytes),
        ("provision", true) => through::<provision::Request>(bytes),
        ("provision", false) => through::<provision::Response>(bytes),
        ("send_mail", true) => through::<send_mail::Request>(bytes),
        ("send_mail", false) => through::<send_mail::Response>(bytes),
        ("settings", true) => through::<settings::Request>(bytes),
        ("settings", false) => through::<settings::Response>(bytes),
        ("sync", true) => through::<sync::wire::Request>(bytes),
        ("sync", false) => through::<sync::wire::Response>(bytes),
        _ => panic!("tests/golden/{command}: no such command"),
    }
}

fn through<R: Root>(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    R::decode(bytes, Limits::default()).map(|document| document.encode(ProtocolVersion::V14_1))
}

fn encode(document: &Element) -> Vec<u8> {
    let mut out = Writer::new();
    document.write(&mut out);
    out.finish()
}

fn cases() -> Vec<PathBuf> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut all = Vec::new();
    for command in fs::read_dir(golden).unwrap() {
        let command = command.unwrap().path();
        if command.is_dir() {
            all.extend(fs::read_dir(command).unwrap().map(|file| file.unwrap().path()));
        }
    }
    all.retain(|path| path.extension().is_some_and(|extension| extension == "xml"));
    all.sort();
    all
}

const N_CASES: usize = 28;
