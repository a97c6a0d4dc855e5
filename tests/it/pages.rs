//! The code pages against a second source: libwbxml, as its `wbxml2xml` prints them.
//!
//! A wrong token is the one fault that no round trip can see.
//! Needs Debian's package `libwbxml2-utils`, and fails without it.

use std::fs;
use std::path::Path;
use std::process::Command;

use horde_eas::wbxml::{Tag, pages};

#[test]
fn every_tag_is_called_as_libwbxml_calls_it() {
    let mut unknown = Vec::new();
    for (tag, theirs) in tags_of_libwbxml() {
        match (tag.name(), theirs.as_str()) {
            (None, UNKNOWN) => {}
            (Some(ours), UNKNOWN) => unknown.push(ours),
            (ours, theirs) => {
                let ours = ours.unwrap_or_else(|| panic!("libwbxml knows {tag}: {theirs}"));
                let (_, name) = ours.split_once(':').unwrap();
                let is_alias = ALIASES.contains(&(ours, theirs));
                assert!(is_alias || plain(name) == plain(theirs), "{ours}: {theirs}");
            }
        }
    }
    unknown.retain(|name| !name.starts_with("Find:"));
    assert_eq!(unknown, UNKNOWN_TO_LIBWBXML);
}

#[test]
fn pages_and_names_are_complete() {
    let numbers: Vec<u8> = pages::NAMES.iter().map(|&(page, _)| page).collect();
    assert_eq!(numbers, (0..=25).collect::<Vec<u8>>());
    assert!(pages::ALL.is_sorted_by(|a, b| a.0 < b.0), "by page and token");
    for &(tag, name) in pages::ALL {
        assert_eq!(tag.name(), Some(name));
        assert_eq!(Tag::of(name), Some(tag));
    }
}

/// All tokens of all pages, in one document, with the names that libwbxml prints.
fn tags_of_libwbxml() -> Vec<(Tag, String)> {
    let mut document = b"\x03\x01\x6a\x00\x45".to_vec();
    let mut tags = Vec::new();
    for page in 0..=25 {
        document.extend([0x00, page]);
        for token in 0x05..=0x3f {
            document.push(token);
            tags.push(Tag { page, token });
        }
    }
    document.push(0x01);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (from, to) = (folder.join("pages.wbxml"), folder.join("pages.xml"));
    fs::write(&from, document).unwrap();
    let done = Command::new("wbxml2xml")
        .args(["-l", "ACTIVESYNC", "-m", "0", "-o"])
        .args([&to, &from])
        .output()
        .expect("wbxml2xml can not be run: install libwbxml2-utils");
    assert!(done.status.success(), "{done:?}");
    let xml = fs::read_to_string(&to).unwrap();
    let names: Vec<String> = xml
        .split('<')
        .filter_map(|part| part.split_once("/>"))
        .map(|(start, _)| start.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(names.len(), tags.len());
    tags.into_iter().zip(names).collect()
}

/// Names differ in case, and libwbxml says again in which element a tag stands.
fn plain(name: &str) -> String {
    let mut name = name.replace(['_', '-'], "");
    for element in ["Recurrence", "Attendee", "Exception"] {
        name =
            name.strip_prefix(element).filter(|rest| !rest.is_empty()).unwrap_or(&name).to_owned();
    }
    name.to_ascii_lowercase()
}

const UNKNOWN: &str = "unknown";

/// Tags that the protocol's documents call otherwise than libwbxml does.
const ALIASES: &[(&str, &str)] = &[
    ("Contacts:AssistantPhoneNumber", "AssistantTelephoneNumber"),
    ("Contacts:BusinessAddressCity", "BusinessCity"),
    ("Contacts:BusinessAddressCountry", "BusinessCountry"),
    ("Contacts:BusinessAddressPostalCode", "BusinessPostalCode"),
    ("Contacts:BusinessAddressState", "BusinessState"),
    ("Contacts:BusinessAddressStreet", "BusinessStreet"),
    ("Contacts:HomeAddressCity", "HomeCity"),
    ("Contacts:HomeAddressCountry", "HomeCountry"),
    ("Contacts:HomeAddressPostalCode", "HomePostalCode"),
    ("Contacts:HomeAddressState", "HomeState"),
    ("Contacts:HomeAddressStreet", "HomeStreet"),
    ("Contacts:OtherAddressCity", "OtherCity"),
    ("Contacts:OtherAddressCountry", "OtherCountry"),
    ("Contacts:OtherAddressPostalCode", "OtherPostalCode"),
    ("Contacts:OtherAddressState", "OtherState"),
    ("Contacts:OtherAddressStreet", "OtherStreet"),
    ("Email:Att0Id", "AttOId"),
    ("Email:Status", "FlagStatus"),
    ("Settings:RightsManagementInformation", "ihsManagementInformation"),
    ("ComposeMail:Name", "ForwardeeName"),
    ("ComposeMail:Email", "ForwardeeEmail"),
    ("RightsManagement:Owner", "RMOwner"),
    ("RightsManagement:RemoveRightsManagementProtection", "RemoveRightsManagementDistribution"),
];

/// Tags that are older or newer than libwbxml; all of `Find` is newer, too.
const UNKNOWN_TO_LIBWBXML: &[&str] = &[
    "Calendar:Attachment",
    "Calendar:Attachments",
    "Calendar:AttName",
    "Calendar:AttSize",
    "Calendar:AttOid",
    "Calendar:AttMethod",
    "Calendar:AttRemoved",
    "Calendar:DisplayName",
    "MeetingResponse:ProposedStartTime",
    "MeetingResponse:ProposedEndTime",
    "Provision:AccountOnlyRemoteWipe",
];
