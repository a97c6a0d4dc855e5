//! Events made up at random, added by a phone to a real Horde: another phone is shown the same.

use std::collections::BTreeMap;

use arbitrary::Unstructured;
use horde_eas::eas::class::Item;
use horde_eas::eas::class::calendar::Event;
use horde_eas::eas::schema::Value as _;
use horde_eas::eas::version::ProtocolVersion;
use horde_eas::pim::event::View;
use horde_eas::probe::phone::{Phone, body_preference};
use horde_eas::probe::sync::{Wish, add, change, delete, of_instance};
use horde_eas::wbxml::element::{Element, Node};
use horde_eas::wbxml::pages::AirSync;
use horde_eas::wbxml::{Limits, Writer};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::generated::event::native::OWN;
use crate::generated::event::{native, seen, sent};
use crate::support::sidecar::{Parts, Sidecar, Ways};
use crate::support::world::{World, variable_or};

fn wish(id: &str) -> Wish {
    let wish = Wish { get_changes: Some(true), window: Some(100), ..Wish::of(id, "Calendar") };
    wish.option(body_preference(1, None))
}

async fn with_events(world: &World, url: &str, version: &str) -> (Phone, String) {
    let mut phone = world.phone_at(url.to_owned(), version);
    phone.provision().await.unwrap();
    phone.folder_sync().await.unwrap();
    let id = phone.folder_of(8).unwrap().id.clone();
    phone.sync_all(wish(&id)).await.unwrap();
    (phone, id)
}

/// An event's fields as a phone writes them.
fn written(event: &Event, version: ProtocolVersion) -> Vec<Element> {
    let mut out = Writer::new();
    out.start(AirSync::ApplicationData);
    Item::Event(Box::new(event.clone())).write(version, &mut out);
    out.end();
    let element = Element::parse(&out.finish(), Limits::default()).unwrap();
    let fields = element.nodes.into_iter().filter_map(|node| match node {
        Node::Element(field) => Some(field),
        Node::Text(_) | Node::Opaque(_) => None,
    });
    fields.collect()
}

/// So many events of phones of a user, by ClientId.
fn made(n_events: usize, version: ProtocolVersion, own: &str) -> BTreeMap<String, Event> {
    let mut random = StdRng::seed_from_u64(20_261_124);
    let mut all = BTreeMap::new();
    while all.len() < n_events {
        let mut bytes = vec![0; 2_000];
        random.fill(&mut bytes[..]);
        let view = View { version, zone: ZONE, addresses: &[own.to_owned()], cut: None };
        let Ok(event) = native::event(&mut Unstructured::new(&bytes), ZONE) else { continue };
        if !is_kept(&event) {
            continue;
        }
        let event = event.to_string().replace(OWN, own).parse().unwrap();
        if let Some(event) = sent(&event, &view) {
            all.insert(format!("client-{}", all.len()), event);
        }
    }
    all
}

/// Whether Kronolith takes it as it is: a text fits into its column, and a series by years is not told
/// by a clock to the west of its own.
fn is_kept(event: &Value) -> bool {
    let bound = event["bound"].as_array().unwrap();
    let fits = |one: &Value| one["description"].as_str().unwrap().len() < 65_536;
    let kind = event.pointer("/recurrence/type").and_then(Value::as_str).unwrap_or_default();
    let is_home = event["zone"] == json!(ZONE) || !kind.starts_with("yearly");
    is_home && fits(event) && bound.iter().all(fits)
}

/// Has a phone add events; answers what they are called now.
async fn add_all(
    phone: &mut Phone,
    id: &str,
    events: &BTreeMap<String, Event>,
    version: ProtocolVersion,
) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    let alone_since = version >= ProtocolVersion::V16_0;
    for some in events.iter().collect::<Vec<_>>().chunks(20) {
        let adds = some.iter().map(|(name, event)| {
            let mut event = (*event).clone();
            event.exceptions.take_if(|_| alone_since);
            add(name, written(&event, version))
        });
        let brought = phone.sync_one(wish(id).with(adds)).await.unwrap();
        for response in brought.responses {
            assert_eq!(response.status, 1, "{version}: {:?}", response.client_id);
            names.insert(response.client_id.unwrap(), response.server_id.unwrap());
        }
    }
    names
}

/// Changes occurrences one by one.
async fn change_all(
    phone: &mut Phone,
    id: &str,
    events: &BTreeMap<String, Event>,
    names: &BTreeMap<String, String>,
    version: ProtocolVersion,
) {
    for (name, event) in events {
        for one in event.exceptions.iter().flat_map(|all| &all.exceptions) {
            let at = one.instance_id.unwrap().0.strftime("%Y%m%dT%H%M%SZ").to_string();
            let command = if one.deleted.is_some() {
                delete(&names[name])
            } else {
                change(&names[name], written(&seen::alone(one), version))
            };
            let command = of_instance(command, &at);
            let brought = phone.sync_one(wish(id).with([command])).await.unwrap();
            assert!(brought.responses.iter().all(|it| it.status == 1), "{name}: {brought:?}");
        }
    }
}

#[tokio::test]
async fn events_of_phones_are_stored_and_shown_as_they_were_sent() {
    let is_long = !variable_or("HORDE_EAS_TEST_LONG", "").is_empty();
    let n_events = if is_long { 500 } else { 25 };
    let parts = Parts::new();
    let ways = Ways { max_version: "16.1", ..Ways::default() };
    let sidecar = Sidecar::start_as(&parts, ways);
    for version in ["12.1", "14.0", "14.1", "16.0", "16.1"] {
        let world = World::new().await;
        let own = format!("{}@example.test", world.user);
        let level = version.parse().unwrap();
        let events = made(n_events, level, &own);
        let (mut phone, id) = with_events(&world, &sidecar.url(), version).await;
        let names = add_all(&mut phone, &id, &events, level).await;
        assert_eq!(names.len(), n_events, "{version}");
        if level >= ProtocolVersion::V16_0 {
            change_all(&mut phone, &id, &events, &names, level).await;
        }
        let (other, id) = with_events(&world, &sidecar.url(), version).await;
        let mut wrong = Vec::new();
        for (name, event) in &events {
            let shown = other.collections[&id].items[&names[name]].clone();
            let shown = seen::fields(&Event::read(shown).unwrap(), &own);
            let wanted = seen::fields(event, &own);
            for (field, value) in &wanted {
                // A series is told by the rules of the day on which it was made.
                let is_later = field == "clock" && event.recurrence.is_some();
                if !is_later && shown.get(field) != Some(value) {
                    wrong.push((name, field.clone(), value.clone(), shown.get(field).cloned()));
                }
            }
            assert_eq!(shown.len(), wanted.len(), "{version}: {wanted:#?} {shown:#?}");
        }
        assert!(wrong.is_empty(), "{version}: {wrong:#?}");
    }
    sidecar.assert_sound();
}

/// Of the users of the stack.
const ZONE: &str = "Europe/Berlin";
