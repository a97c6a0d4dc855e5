//! Alice's lived-in contacts, calendars, tasks and notes: a phone gets them all and sends each back as it came, as
//! phones do when their user changes something and changes it back. Nothing in Horde's tables moves.

use std::collections::BTreeSet;

use horde_eas::eas::version::ProtocolVersion;
use horde_eas::probe::node::Look as _;
use horde_eas::probe::phone::{Phone, body_preference};
use horde_eas::probe::sync::{Wish, change};
use horde_eas::wbxml::Tag;
use horde_eas::wbxml::element::Node;
use horde_eas::wbxml::pages::Calendar;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Row, Value};

use crate::support::sidecar::{Parts, Sidecar, Ways};
use crate::support::stack;
use crate::support::world::{End, World};

/// All that Horde has of Alice's in a class.
async fn tables(class: &str) -> Vec<Vec<String>> {
    let (app, table, share, uid) = match class {
        "Contacts" => ("turba", "turba_objects", "owner_id", "object_uid"),
        "Calendar" => ("kronolith", "kronolith_events", "calendar_id", "event_uid"),
        "Tasks" => ("nag", "nag_tasks", "task_owner", "task_uid"),
        _ => ("mnemo", "mnemo_memos", "memo_owner", "memo_uid"),
    };
    let shares = format!("SELECT share_name FROM {app}_sharesng WHERE share_owner = 'alice'");
    let of_shares = format!("FROM {table} WHERE {share} IN ({shares})");
    let history = format!(
        "SELECT h.* FROM horde_histories h JOIN {app}_sharesng s ON s.share_owner = 'alice' \
         AND h.object_uid LIKE CONCAT('{app}:', s.share_name, ':%') ORDER BY history_id"
    );
    let tags = format!(
        "SELECT o.object_name, t.tag_name, g.user_id FROM rampage_tagged g \
         JOIN rampage_objects o USING (object_id) JOIN rampage_tags t USING (tag_id) \
         WHERE o.object_name IN (SELECT {uid} {of_shares}) ORDER BY 1, 2, 3"
    );
    let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
    let mut all: Vec<Vec<String>> = Vec::new();
    for query in [format!("SELECT * {of_shares} ORDER BY {uid}"), history, tags] {
        let rows: Vec<Row> = conn.query(query).await.unwrap();
        assert!(!rows.is_empty(), "Alice has no {class}, or no history or labels of them");
        // Debug shows the beginning of values alone.
        let whole = |value: Value| value.as_sql(true);
        all.extend(rows.into_iter().map(|row| row.unwrap().into_iter().map(whole).collect()));
    }
    conn.disconnect().await.unwrap();
    all
}

async fn served(phone: &Phone) -> Vec<ProtocolVersion> {
    let answer = phone.link.options().await.unwrap();
    let versions = answer.header("MS-ASProtocolVersions");
    versions.split(',').map(|version| version.parse().unwrap()).collect()
}

fn wish(id: &str, class: &str, cut: Option<u32>) -> Wish {
    let wish = Wish { get_changes: Some(true), window: Some(30), ..Wish::of(id, class) };
    wish.option(body_preference(1, cut))
}

/// A new phone that has all of a folder.
async fn with_all(
    (world, url): (&World, &str),
    version: &str,
    (class, kind): (&str, u32),
    cut: Option<u32>,
) -> (Phone, String) {
    let mut phone = world.phone_at(url.to_owned(), version);
    phone.provision().await.unwrap();
    phone.folder_sync().await.unwrap();
    let id = phone.folder_of(kind).unwrap().id.clone();
    phone.sync_all(wish(&id, class, cut)).await.unwrap();
    (phone, id)
}

/// Gets a folder as a phone of that version, and sends all of it back; answers how many items it
/// has, and which fields any of them has.
async fn there_and_back(
    server: (&World, &str),
    version: &str,
    (class, kind): (&str, u32),
    cut: Option<u32>,
) -> (usize, BTreeSet<Tag>) {
    let (mut phone, id) = with_all(server, version, (class, kind), cut).await;
    let wish = || wish(&id, class, cut);
    let items: Vec<_> = phone.collections[&id].items.clone().into_iter().collect();
    for some in items.chunks(25) {
        let fields = |nodes: &[Node]| -> Vec<_> {
            let elements = nodes.iter().filter_map(|node| match node {
                Node::Element(element) => Some(element.clone()),
                Node::Text(_) | Node::Opaque(_) => None,
            });
            elements.collect()
        };
        let changes = some.iter().map(|(uid, item)| change(uid, fields(&item.nodes)));
        let brought = phone.sync_one(wish().with(changes)).await.unwrap();
        let told = (brought.status, brought.responses.len(), brought.added.len());
        assert_eq!(told, (1, 0, 0), "{class} at {version}: {brought:?}");
        assert!(brought.changed.is_empty(), "{class} at {version}: {brought:?}");
    }
    let fields = items.iter().flat_map(|(_, item)| item.children().map(|field| field.tag));
    (items.len(), fields.collect())
}

/// Our server with all the versions that it knows.
fn server() -> (Parts, Sidecar) {
    let parts = Parts::new();
    let ways = Ways { max_version: "16.1", ..Ways::default() };
    let sidecar = Sidecar::start_as(&parts, ways);
    (parts, sidecar)
}

/// How many versions were tried.
async fn nothing_moves(
    folder: (&str, u32),
    since: ProtocolVersion,
    n_items: usize,
    n_fields: usize,
) -> usize {
    let world = World::of("alice");
    let (_parts, sidecar) = server();
    let server = (&world, &*sidecar.url());
    let mut tried = 0;
    for version in served(&world.phone_at(sidecar.url(), "14.1")).await {
        if version < since {
            continue;
        }
        for cut in [None, Some(501)] {
            let before = tables(folder.0).await;
            let (count, fields) = there_and_back(server, version.as_str(), folder, cut).await;
            assert_eq!(count, n_items, "{} at {version}", folder.0);
            assert!(fields.len() >= n_fields, "{} at {version}: {}", folder.0, fields.len());
            let after = tables(folder.0).await;
            let moved: Vec<_> = after.iter().filter(|row| !before.contains(row)).collect();
            assert!(moved.is_empty(), "at {version}, cut at {cut:?}: {moved:#?}");
            assert_eq!(after.len(), before.len(), "at {version}, cut at {cut:?}");
        }
        tried += 1;
    }
    sidecar.assert_sound();
    tried
}

#[tokio::test]
async fn contacts_that_come_back_as_they_went_move_nothing() {
    // The fields of Debian's address book, each filled in somewhere.
    assert!(nothing_moves(("Contacts", 9), ProtocolVersion::V12_1, 82, 52).await >= 5);
}

#[tokio::test]
async fn tasks_that_come_back_as_they_went_move_nothing() {
    assert!(nothing_moves(("Tasks", 7), ProtocolVersion::V12_1, 38, 13).await >= 5);
}

#[tokio::test]
async fn notes_that_come_back_as_they_went_move_nothing() {
    assert!(nothing_moves(("Notes", 10), ProtocolVersion::V14_0, 20, 5).await >= 4);
}

#[tokio::test]
async fn calendars_that_come_back_as_they_went_move_nothing() {
    let world = World::of("alice");
    let server = (&world, &*End::Sidecar.url());
    let (before, folder) = with_all(server, "14.1", ("Calendar", 8), None).await;
    assert!(nothing_moves(("Calendar", 8), ProtocolVersion::V12_1, 31, 19).await >= 5);
    // Another phone sees what the first one saw, and when each was changed last.
    let (after, id) = with_all(server, "14.1", ("Calendar", 8), None).await;
    let items = &after.collections[&id].items;
    assert_eq!(*items, before.collections[&folder].items);
    assert!(items.values().all(|item| item.value(&[Calendar::DtStamp]).is_some()));
    let series = items.values().filter(|item| item.child(Calendar::Recurrence).is_some());
    assert!(series.count() >= 12);
    assert!(items.values().any(|item| item.child(Calendar::Exceptions).is_some()));
}
