//! Turba's attributes and the protocol's contact.
//!
//! Which attributes an address book has is the bridge's business: what it can not hold, it
//! drops. Names are kept in their parts, countries as codes (the bridge names them), the three
//! addresses in `email`, `homeEmail`, `workEmail`, or in the list `emails`.
//!
//! [MS-ASCNTC] §2.2.2

mod days;
mod fields;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::eas::class::contact::{Categories, Children, Contact};
use crate::eas::scalar::{Base64, ClearableDate};
use crate::pim::contact::fields::{FIELDS, Field};
use crate::pim::text;

/// A contact as the bridge sends it.
#[derive(Debug, Default, Deserialize)]
pub struct Card {
    /// Turba's attributes; empty ones are left out.
    #[serde(default, deserialize_with = "map_or_empty_list")]
    pub attrs: BTreeMap<String, String>,
    /// Names of the countries whose codes `attrs` has.
    #[serde(default, deserialize_with = "map_or_empty_list")]
    pub countries: BTreeMap<String, String>,
    /// The name as the user likes to see it.
    #[serde(default)]
    pub name_formatted: String,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The picture.
    pub photo: Option<Photo>,
}

/// A picture as the bridge sends it.
#[derive(Debug, Deserialize)]
pub struct Photo {
    /// Its bytes, in base64.
    pub b64: String,
}

/// The attributes that are one text on both sides.
pub fn texts() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|field| field.attribute)
}

/// What a phone shows of a card; `zone` is the user's.
#[must_use]
pub fn from_native(card: &Card, zone: &TimeZone) -> Contact {
    let mut contact = Contact::default();
    for Field { attribute, slot, .. } in FIELDS {
        let named = card.countries.get(*attribute).or_else(|| card.attrs.get(*attribute));
        if let Some(text) = named.filter(|text| !text.is_empty()) {
            *slot(&mut contact) = Some(text.clone());
        }
    }
    if NAME_PARTS.iter().all(|part| filled(card, part).is_none()) {
        split_name(card, &mut contact);
    }
    let [first, second, third] = emails(card);
    contact.email1_address = first;
    contact.email2_address = second;
    contact.email3_address = third;
    contact.file_as = Some(card.name_formatted.trim().to_owned())
        .filter(|name| !name.is_empty())
        .or_else(|| contact.company_name.clone())
        .or_else(|| contact.email1_address.clone());
    contact.birthday = day_of(card, "birthday", zone);
    contact.anniversary = day_of(card, "anniversary", zone);
    contact.picture = card
        .photo
        .as_ref()
        .and_then(|photo| STANDARD.decode(&photo.b64).ok())
        .filter(|bytes| !bytes.is_empty())
        .map(Base64);
    if !card.tags.is_empty() {
        contact.categories = Some(Categories { categories: card.tags.clone() });
    }
    if let Some(children) = filled(card, "children") {
        let children = children.split(',').map(|child| child.trim().to_owned());
        contact.children =
            Some(Children { children: children.filter(|child| !child.is_empty()).collect() });
    }
    contact.plain_body = filled(card, "notes");
    contact.body = filled(card, "notes").map(text::body);
    contact
}

/// What the bridge should write: the fields that the contact has, and `null` for those that it
/// leaves out and `cleared` names (by tags such as `Contacts:FirstName`).
///
/// Notes are only cleared by an empty body: phones leave out a body that they did not change.
#[must_use]
pub fn to_native(contact: &Contact, zone: &TimeZone, cleared: impl Fn(&str) -> bool) -> Value {
    let mut attrs = Map::new();
    let mut set = |attribute: &str, tag: &str, value: Option<&str>| match value.map(str::trim) {
        Some("") => drop(attrs.insert(attribute.to_owned(), Value::Null)),
        Some(text) => drop(attrs.insert(attribute.to_owned(), json!(text))),
        None if cleared(tag) => drop(attrs.insert(attribute.to_owned(), Value::Null)),
        None => {}
    };
    for Field { tag, attribute, get, .. } in FIELDS {
        set(attribute, tag, get(contact).as_deref());
    }
    set("name", "Contacts:FileAs", contact.file_as.as_deref().filter(|name| !name.is_empty()));
    for (attribute, tag, address) in [
        ("email", "Contacts:Email1Address", &contact.email1_address),
        ("homeEmail", "Contacts:Email2Address", &contact.email2_address),
        ("workEmail", "Contacts:Email3Address", &contact.email3_address),
    ] {
        set(attribute, tag, address.as_deref().map(bare_address));
    }
    let birthday = contact.birthday.map(|date| written(date, zone));
    set("birthday", "Contacts:Birthday", birthday.as_deref());
    let anniversary = contact.anniversary.map(|date| written(date, zone));
    set("anniversary", "Contacts:Anniversary", anniversary.as_deref());
    let children = contact.children.as_ref().map(|children| children.children.join(", "));
    set("children", "Contacts:Children", children.as_deref());
    let notes = contact.body.as_ref().and_then(text::plain).or_else(|| contact.plain_body.clone());
    if let Some(notes) = notes {
        let text = if notes.trim().is_empty() { Value::Null } else { json!(notes) };
        attrs.insert("notes".to_owned(), text);
    }
    // A name of its own can not be taken away: it is made of the parts.
    if attrs.get("name").is_some_and(Value::is_null) {
        attrs.remove("name");
    }
    let mut data = Map::new();
    data.insert("attrs".to_owned(), Value::Object(attrs));
    match &contact.picture {
        Some(Base64(bytes)) if !bytes.is_empty() => {
            data.insert("photo".to_owned(), json!({"b64": STANDARD.encode(bytes)}));
        }
        None if !cleared("Contacts:Picture") => {}
        Some(_) | None => drop(data.insert("photo".to_owned(), Value::Null)),
    }
    match &contact.categories {
        Some(categories) => drop(data.insert("tags".to_owned(), json!(categories.categories))),
        None if cleared("Contacts:Categories") => drop(data.insert("tags".to_owned(), json!([]))),
        None => {}
    }
    Value::Object(data)
}

fn filled(card: &Card, attribute: &str) -> Option<String> {
    card.attrs.get(attribute).filter(|text| !text.trim().is_empty()).cloned()
}

/// A book that keeps the name as a whole: the last word, or what stands before a comma, is the
/// last name.
fn split_name(card: &Card, contact: &mut Contact) {
    let Some(name) = filled(card, "name") else { return };
    let name = name.trim();
    let (first, last) = match name.split_once(',') {
        Some((last, first)) => (first.trim(), last.trim()),
        None => name.rsplit_once(char::is_whitespace).unwrap_or(("", name)),
    };
    contact.first_name = Some(first.trim().to_owned()).filter(|name| !name.is_empty());
    contact.last_name = Some(last.to_owned()).filter(|name| !name.is_empty());
}

/// The three slots; what the list `emails` has besides fills the free ones.
fn emails(card: &Card) -> [Option<String>; 3] {
    let mut slots = ["email", "homeEmail", "workEmail"].map(|name| filled(card, name));
    let more = card.attrs.get("emails").map_or("", String::as_str);
    for address in more.split(',').map(str::trim).filter(|address| !address.is_empty()) {
        if slots.iter().flatten().any(|known| known.eq_ignore_ascii_case(address)) {
            continue;
        }
        if let Some(free) = slots.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(address.to_owned());
        }
    }
    slots
}

/// The address without the name that some phones send before it.
fn bare_address(text: &str) -> &str {
    match (text.rfind('<'), text.rfind('>')) {
        (Some(from), Some(to)) if from < to => text.get(from + 1..to).unwrap_or(text).trim(),
        _ => text.trim(),
    }
}

fn day_of(card: &Card, attribute: &str, zone: &TimeZone) -> Option<ClearableDate> {
    let text = card.attrs.get(attribute)?;
    let day: Date = text.get(..10).unwrap_or(text).parse().ok()?;
    days::told(day, zone).map(|at| ClearableDate(Some(at)))
}

/// A day as Horde keeps it, or nothing.
fn written(date: ClearableDate, zone: &TimeZone) -> String {
    date.0.map(|at| days::meant(at, zone).to_string()).unwrap_or_default()
}

/// PHP writes an empty map as an empty list.
fn map_or_empty_list<'de, D>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Map(BTreeMap<String, String>),
        List([(); 0]),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::Map(map) => map,
        Either::List([]) => BTreeMap::new(),
    })
}

/// Of these a book makes the whole name, where it has them.
const NAME_PARTS: [&str; 5] = ["namePrefix", "firstname", "middlenames", "lastname", "nameSuffix"];

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use serde_json::{Value, json};

    use crate::eas::body::{Body, BodyType};
    use crate::eas::class::contact::{Categories, Contact};
    use crate::eas::scalar::{Base64, ClearableDate, Data};
    use crate::pim::contact::fields::FIELDS;
    use crate::pim::contact::{bare_address, from_native, to_native};

    fn shown(card: Value) -> Contact {
        from_native(&serde_json::from_value(card).expect("a card"), &TimeZone::UTC)
    }

    fn told(contact: &Contact) -> Value {
        to_native(contact, &TimeZone::UTC, |_| false)
    }

    /// What comes from the phone goes back to it, field by field.
    #[test]
    fn every_field_survives_both_ways() {
        let mut sent = Contact::default();
        for (at, field) in FIELDS.iter().enumerate() {
            *(field.slot)(&mut sent) = Some(format!("value {at}"));
        }
        sent.email1_address = Some("Zoë <a@example.test>".to_owned());
        sent.email3_address = Some("c@example.test".to_owned());
        sent.birthday = "1990-02-03T11:59:00Z".parse().ok().map(|day| ClearableDate(Some(day)));
        sent.picture = Some(Base64(vec![0xff, 0xd8, 0xff, 0]));
        sent.categories = Some(Categories { categories: vec!["A".to_owned(), "B".to_owned()] });
        let mut data = told(&sent);
        assert_eq!(data.pointer("/attrs/birthday"), Some(&json!("1990-02-03")));
        let back = shown(data.take());
        sent.email1_address = Some("a@example.test".to_owned());
        sent.file_as = back.file_as.clone();
        let photo = (back.picture.clone(), sent.picture.clone());
        assert_eq!(photo.0, photo.1);
        sent.categories = None; // tags travel beside the attributes
        assert_eq!(Contact { categories: None, ..back }, sent);
    }

    #[test]
    fn absent_fields_are_cleared_only_where_told() {
        let contact = Contact {
            first_name: Some(String::new()),
            last_name: Some("X".to_owned()),
            ..Contact::default()
        };
        let kept = told(&contact);
        assert_eq!(kept, json!({"attrs": {"firstname": null, "lastname": "X"}}));
        let one = to_native(&contact, &TimeZone::UTC, |tag| tag == "Contacts:MobilePhoneNumber");
        assert_eq!(one, json!({"attrs": {"firstname": null, "lastname": "X", "cellPhone": null}}));
        let all = to_native(&contact, &TimeZone::UTC, |_| true);
        assert_eq!(all.get("photo"), Some(&Value::Null));
        assert_eq!(all.get("tags"), Some(&json!([])));
        assert_eq!(all.pointer("/attrs/homeEmail"), Some(&Value::Null));
        assert_eq!(all.pointer("/attrs/notes"), None);
        assert_eq!(all.pointer("/attrs/name"), None);
    }

    #[test]
    fn days_that_are_none_are_not_shown() {
        let birthday = |text: &str| shown(json!({"attrs": {"birthday": text}})).birthday;
        assert_eq!(
            birthday("1990-02-03"),
            Some(ClearableDate("1990-02-03T11:59:00Z".parse().ok()))
        );
        assert_eq!((birthday("0000-00-00"), birthday("soon")), (None, None));
        let cleared = Contact { birthday: Some(ClearableDate(None)), ..Contact::default() };
        assert_eq!(told(&cleared).pointer("/attrs/birthday"), Some(&Value::Null));
    }

    #[test]
    fn lists_and_wholes_find_their_slots() {
        let seen = shown(json!({
            "attrs": {"name": "Ada King Lovelace", "email": "a@x", "emails": "A@x, b@x,c@x,d@x",
                "homeCountry": "DE", "children": "Anna, Bob", "notes": "ä"},
            "countries": {"homeCountry": "Germany"}, "photo": null, "tags": []
        }));
        assert_eq!(seen.last_name.as_deref(), Some("Lovelace"));
        assert_eq!(seen.first_name.as_deref(), Some("Ada King"));
        assert_eq!(seen.email2_address.as_deref(), Some("b@x"));
        assert_eq!(seen.email3_address.as_deref(), Some("c@x"));
        assert_eq!(seen.home_address_country.as_deref(), Some("Germany"));
        assert_eq!(seen.children.map(|children| children.children.len()), Some(2));
        let body = seen.body.expect("notes");
        assert_eq!((body.kind, body.estimated_data_size), (BodyType::Text, Some(2)));
        assert!(shown(json!({"attrs": [], "countries": []})).categories.is_none());
        assert_eq!(bare_address("a> <b@x>"), "b@x");
        assert_eq!(bare_address("> a <"), "> a <");
    }

    #[test]
    fn an_empty_body_clears_the_notes() {
        let body_of = |kind: BodyType, text: &str| {
            let data = Some(Data::from(text.to_owned()));
            let (estimated_data_size, truncated) = (None, None);
            Some(Body { kind, estimated_data_size, truncated, data, part: None, preview: None })
        };
        let body = |text: &str| body_of(BodyType::Text, text);
        let notes = |contact: &Contact| told(contact).pointer("/attrs/notes").cloned();
        assert_eq!(notes(&Contact { body: body(""), ..Contact::default() }), Some(Value::Null));
        assert_eq!(
            notes(&Contact { body: body("a\r\nb"), ..Contact::default() }),
            Some(json!("a\r\nb"))
        );
        let html = body_of(BodyType::Html, "<p>one</p><p>two &amp; three</p>");
        let text = notes(&Contact { body: html, ..Contact::default() });
        let text = text.as_ref().and_then(Value::as_str).unwrap_or("").to_owned();
        assert!(text.contains("two & three") && !text.contains('<'), "{text}");
    }
}
