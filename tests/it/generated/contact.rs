//! Contacts.

use std::collections::BTreeMap;

use arbitrary::{Result, Unstructured};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use horde_eas::eas::class::Item;
use horde_eas::eas::class::contact::Contact;
use horde_eas::eas::version::ProtocolVersion;
use horde_eas::pim::contact::{Card, from_native, texts, to_native};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::generated::{in_every_version, labels, line, lines, travel};

/// A card as the bridge sends it, and what must come back to the bridge.
struct Made {
    card: Value,
    /// Attributes; a country as its name, which the bridge knows again.
    attrs: BTreeMap<String, String>,
    tags: Vec<String>,
    photo: Option<String>,
}

fn made(u: &mut Unstructured<'_>) -> Result<Made> {
    let mut attrs = BTreeMap::new();
    for attribute in texts() {
        if u.ratio(1, 2)? {
            attrs.insert(attribute.to_owned(), line(u)?);
        }
    }
    for slot in ["email", "homeEmail", "workEmail"] {
        if u.ratio(1, 2)? {
            attrs.insert(slot.to_owned(), format!("{slot}@example.test"));
        }
    }
    for day in ["birthday", "anniversary"] {
        if u.ratio(1, 2)? {
            let (year, month) = (u.int_in_range(1600..=2400)?, u.int_in_range(1..=12)?);
            attrs.insert(
                day.to_owned(),
                format!("{year:04}-{month:02}-{:02}", u.int_in_range(1..=28)?),
            );
        }
    }
    if u.ratio(1, 2)? {
        let children: Vec<_> =
            labels(u)?.into_iter().filter(|child| child.trim() == child).collect();
        if !children.is_empty() {
            attrs.insert("children".to_owned(), children.join(", "));
        }
    }
    if u.ratio(1, 2)? {
        attrs.insert("notes".to_owned(), lines(u)?);
    }
    let mut shown = attrs.clone();
    let mut countries = Map::new();
    for country in ["homeCountry", "workCountry", "otherCountry"] {
        if let Some(name) = attrs.get(country) {
            countries.insert(country.to_owned(), json!(name));
            shown.insert(country.to_owned(), "XX".to_owned());
        }
    }
    // What a phone has no place for goes along, and must not come back.
    for unknown in ["homePOBox", "role", "pgpPublicKey", "freebusyUrl", "homeAddress"] {
        shown.insert(unknown.to_owned(), line(u)?);
    }
    let tags = labels(u)?;
    let photo =
        if u.ratio(1, 2)? { Some(STANDARD.encode(u.bytes(u.len().min(40))?)) } else { None };
    let photo = photo.filter(|text| !text.is_empty());
    let card = json!({
        "attrs": shown, "countries": countries, "tags": tags, "name_formatted": line(u)?,
        "photo": photo.as_ref().map(|text| json!({"b64": text, "type": "image/jpeg"})),
    });
    Ok(Made { card, attrs, tags, photo })
}

#[test]
fn contacts_come_back() {
    in_every_version(ProtocolVersion::FIRST, |u, version| {
        let made = made(u)?;
        let name = u.choose(&["UTC", "Europe/Berlin", "Pacific/Auckland", "Pacific/Honolulu"])?;
        let zone = TimeZone::get(name).expect("a zone");
        let card: Card = serde_json::from_value(made.card.clone()).expect("a card");
        let item = Item::Contact(Box::new(from_native(&card, &zone)));
        let back: Contact = travel(&item, version);
        let told = to_native(&back, &zone, |_| true);
        let told_attrs = told["attrs"].as_object().expect("attributes");
        for (name, value) in told_attrs {
            // How it is listed is for the bridge to compare with how Horde lists it.
            if name != "name" {
                let held = made.attrs.get(name).map(String::as_str);
                assert_eq!(value.as_str(), held, "{name} at {version} of {}", made.card);
            }
        }
        for name in made.attrs.keys() {
            assert!(told_attrs.contains_key(name), "{name} at {version} of {}", made.card);
        }
        assert_eq!(told["tags"], json!(made.tags));
        assert_eq!(told.pointer("/photo/b64").and_then(Value::as_str), made.photo.as_deref());
        Ok(())
    });
}
