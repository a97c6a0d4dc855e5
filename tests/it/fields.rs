//! deploy/FIELDS.md: each name in it is one, and no field that is lost is missing there.

use std::collections::BTreeSet;

use horde_eas::eas::class::calendar::{Attendee, Event, Exception, Recurrence as EventRecurrence};
use horde_eas::eas::class::contact::Contact;
use horde_eas::eas::class::task::{Recurrence, Task};
use horde_eas::eas::schema::{Shape, Value as _};
use horde_eas::pim::contact::texts;
use horde_eas::wbxml::Tag;
use mysql_async::Conn;
use mysql_async::prelude::Queryable as _;

use crate::support::stack::{self, demo_folder};

/// The names in backticks of the first column of a section's tables.
fn named(section: &str) -> BTreeSet<String> {
    let doc =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/FIELDS.md")).unwrap();
    let sections = doc.split("\n## ").find(|text| text.starts_with(section));
    let rows = sections.unwrap_or_default().lines().filter(|line| line.starts_with("| `"));
    let columns = rows.map(|row| row.split('|').nth(1).unwrap_or_default().to_owned());
    columns
        .flat_map(|column| {
            column.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

fn is_tag(name: &str) -> bool {
    name.contains(':')
}

#[test]
fn each_field_that_is_named_is_a_tag() {
    for section in ["Contacts", "Notes", "Calendar", "Tasks"] {
        for name in named(section).iter().filter(|name| is_tag(name)) {
            assert!(Tag::of(name).is_some(), "{section}: {name}");
        }
    }
    assert!(named("Contacts").len() > 15 && named("Notes").len() > 2);
}

/// Every field of the protocol's contacts is one of Horde's, or is named.
#[test]
fn no_field_of_contacts_is_lost_in_silence() {
    let Shape::Element(schema) = Contact::shape() else { panic!("a contact is an element") };
    let known: BTreeSet<_> = schema().fields.iter().filter_map(|field| field.tag.name()).collect();
    let named = named("Contacts");
    let unmapped =
        ["AccountName", "CustomerId", "GovernmentId", "MMS"].map(|tag| format!("Contacts2:{tag}"));
    let pages = (0x05..=0x3f_u8).flat_map(|token| [1, 12].map(|page| Tag { page, token }));
    let mut seen = 0;
    for name in pages.filter_map(Tag::name) {
        seen += 1;
        let is_read = known.contains(name) && !unmapped.iter().any(|tag| tag == name);
        let is_part = name == "Contacts:Category";
        assert!(is_read || is_part || named.contains(name), "{name}");
    }
    assert!(seen > 60, "{seen}");
}

/// Every attribute of Debian's address book goes to phones, or is named.
#[test]
fn no_attribute_of_the_address_book_is_lost_in_silence() {
    let path = demo_folder().join("web/horde/turba/config/backends.php");
    let all = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let map = all.split("$cfgSources['localsql'] = array(").nth(1).unwrap();
    let map = map.split("'tabs' => array(").next().unwrap();
    let lines = map.lines().map(str::trim).filter(|line| line.starts_with('\''));
    let attributes: BTreeSet<_> = lines
        .filter(|line| line.contains("=> 'object_") || line.contains("=> array('fields'"))
        .map(|line| line.split('\'').nth(1).unwrap().to_owned())
        .collect();
    assert!(attributes.len() > 60, "{attributes:?}");
    let own = ["name", "email", "birthday", "anniversary", "photo", "phototype", "notes"];
    // Made of others.
    let whole = ["homeAddress", "workAddress", "otherAddress"];
    let sent: BTreeSet<_> = texts().chain(own).chain(whole).collect();
    let named = named("Contacts");
    for attribute in &attributes {
        let is_internal = ["__key", "__type", "__uid"].contains(&attribute.as_str());
        assert!(
            is_internal || sent.contains(attribute.as_str()) || named.contains(attribute),
            "{attribute}"
        );
    }
    for name in named.iter().filter(|name| !is_tag(name)) {
        assert!(attributes.contains(name), "{name} is no attribute of the book");
    }
}

/// Every field of the protocol's tasks is read, or is named.
#[test]
fn no_field_of_tasks_is_lost_in_silence() {
    let mut known = BTreeSet::new();
    for shape in [Task::shape(), Recurrence::shape()] {
        let Shape::Element(schema) = shape else { panic!("a task is an element") };
        known.extend(schema().fields.iter().filter_map(|field| field.tag.name()));
    }
    let named = named("Tasks");
    let mut seen = 0;
    for name in (0x05..=0x3f_u8).filter_map(|token| Tag { page: 9, token }.name()) {
        seen += 1;
        let is_part = name == "Tasks:Category";
        assert!(known.contains(name) || is_part || named.contains(name), "{name}");
    }
    assert!(seen > 30, "{seen}");
}

/// Every field of the protocol's events is read, or is named.
#[test]
fn no_field_of_events_is_lost_in_silence() {
    let mut known = BTreeSet::new();
    let shapes = [Event::shape(), Exception::shape(), EventRecurrence::shape(), Attendee::shape()];
    for shape in shapes {
        let Shape::Element(schema) = shape else { panic!("an event is an element") };
        known.extend(schema().fields.iter().filter_map(|field| field.tag.name()));
    }
    let named = named("Calendar");
    let parts = ["Attendee", "Category", "Exception"].map(|part| format!("Calendar:{part}"));
    let mut seen = 0;
    for name in (0x05..=0x3f_u8).filter_map(|token| Tag { page: 4, token }.name()) {
        seen += 1;
        let is_part = parts.iter().any(|part| part == name);
        assert!(known.contains(name) || is_part || named.contains(name), "{name}");
    }
    assert!(seen > 50, "{seen}");
}

/// Every column of Kronolith's table is exported, or is named.
#[tokio::test]
async fn no_column_of_events_is_lost_in_silence() {
    let columns = columns("kronolith_events").await;
    let sent = [
        "event_id",
        "event_uid",
        "calendar_id",
        "event_description",
        "event_location",
        "event_status",
        "event_attendees",
        "event_exceptions",
        "event_title",
        "event_recurtype",
        "event_recurinterval",
        "event_recurdays",
        "event_recurenddate",
        "event_recurcount",
        "event_start",
        "event_end",
        "event_alarm",
        "event_modified",
        "event_private",
        "event_allday",
        "event_url",
        "event_baseid",
        "event_exceptionoriginaldate",
        "event_resources",
        "event_timezone",
    ];
    let named = named("Calendar");
    for column in &columns {
        assert!(sent.contains(&column.as_str()) || named.contains(column), "{column}");
    }
    let named = named.iter().map(String::as_str).filter(|name| !is_tag(name));
    for name in sent.into_iter().chain(named) {
        assert!(columns.iter().any(|column| column == name), "{name} is no column of Kronolith's");
    }
}

/// The columns of one of Horde's tables.
async fn columns(table: &str) -> Vec<String> {
    let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
    let columns: Vec<String> = conn
        .exec(
            "SELECT column_name FROM information_schema.columns \
             WHERE table_schema = DATABASE() AND table_name = ?",
            (table,),
        )
        .await
        .unwrap();
    conn.disconnect().await.unwrap();
    columns
}

/// Every column of Nag's table is exported, or is named.
#[tokio::test]
async fn no_column_of_tasks_is_lost_in_silence() {
    let columns = columns("nag_tasks").await;
    let sent = [
        "id",
        "owner",
        "uid",
        "name",
        "desc",
        "start",
        "due",
        "priority",
        "completed",
        "completed_date",
        "completions",
        "alarm",
        "private",
        "recurtype",
        "recurinterval",
        "recurdays",
        "recurenddate",
        "recurcount",
    ]
    .map(|name| format!("task_{name}"));
    let named = named("Tasks");
    assert!(columns.len() > 20, "{columns:?}");
    for column in &columns {
        assert!(sent.contains(column) || named.contains(column), "{column}");
    }
    for name in sent.iter().chain(named.iter().filter(|name| !is_tag(name))) {
        assert!(columns.contains(name), "{name} is no column of Nag's");
    }
}
