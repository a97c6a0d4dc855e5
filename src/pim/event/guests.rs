//! Those who are invited.
//!
//! [MS-ASCAL] §2.2.2.4

use serde_json::{Value, json};

use crate::eas::class::calendar::{Attendee, Attendees, Clearable};
use crate::pim::event::status::{answer, answered};
use crate::pim::event::{Guest, Occasion, View};

/// Those who are invited, as a phone sees them.
pub(super) fn shown(event: &Occasion) -> Attendees {
    Attendees { attendees: event.attendees.iter().map(Guest::as_attendee).collect() }
}

/// Nobody.
pub(super) fn none() -> Attendees {
    Attendees::default()
}

impl Guest {
    fn as_attendee(&self) -> Attendee {
        let name = if self.name.trim().is_empty() { &self.email } else { &self.name };
        Attendee {
            email: Some(self.email.clone()),
            name: Some(name.clone()),
            status: Some(Clearable::from(answer(&self.response))),
            kind: Some(Clearable::from(self.type_number())),
        }
    }

    fn is_resource(&self) -> bool {
        self.kind == "resource"
    }

    fn type_number(&self) -> u8 {
        match (self.is_resource(), self.role.as_str()) {
            (true, _) => RESOURCE,
            (false, "required") => REQUIRED,
            (false, _) => OPTIONAL,
        }
    }

    fn is_at(&self, address: &str) -> bool {
        self.email.trim().eq_ignore_ascii_case(address.trim())
    }
}

/// The persons to be stored; `None` when nothing changes, which only what is stored can tell.
///
/// In a meeting of others that is stored only the user's own answer can.
pub(super) fn taken(
    wanted: &Attendees,
    is_received: bool,
    own: Option<&Occasion>,
    view: &View<'_>,
) -> Option<Value> {
    let stored: Vec<Guest> = own
        .map(|event| event.attendees.iter().filter(|guest| !guest.is_resource()).cloned().collect())
        .unwrap_or_default();
    let is_others = own.is_some_and(is_others);
    let merged: Vec<Guest> = if is_others {
        stored.iter().map(|guest| own_answer(guest, wanted, view)).collect()
    } else {
        merged(wanted, &stored, is_received, own, view)
    };
    (own.is_none() || merged != stored).then(|| merged.iter().map(as_json).collect())
}

/// Whether others invite to it.
pub(super) fn is_others(event: &Occasion) -> bool {
    !event.attendees.is_empty() && !event.mine
}

/// Puts the user among those who are asked: by that Horde knows a meeting of others.
pub(super) fn ask_self(all: &mut Vec<Value>, view: &View<'_>) {
    let is_own = |guest: &Value| guest["email"].as_str().is_some_and(|email| view.is_own(email));
    if all.iter().any(is_own) {
        return;
    }
    all.extend(view.addresses.first().map(|own| {
        as_json(&Guest {
            email: own.clone(),
            name: String::new(),
            role: "required".to_owned(),
            response: "accepted".to_owned(),
            kind: PERSON.to_owned(),
        })
    }));
}

/// A guest of a meeting of others: what the user's phone says of its user is taken.
fn own_answer(guest: &Guest, wanted: &Attendees, view: &View<'_>) -> Guest {
    let said = wanted.attendees.iter().find(|attendee| guest.is_at(address(attendee)));
    match said {
        Some(attendee) if view.is_own(&guest.email) => {
            Guest { response: response(attendee, Some(guest)), ..guest.clone() }
        }
        Some(_) | None => guest.clone(),
    }
}

fn merged(
    wanted: &Attendees,
    stored: &[Guest],
    is_received: bool,
    own: Option<&Occasion>,
    view: &View<'_>,
) -> Vec<Guest> {
    let mut all: Vec<Guest> = Vec::new();
    for attendee in &wanted.attendees {
        let email = address(attendee);
        let known = stored.iter().find(|guest| guest.is_at(email));
        let is_resource = own.is_some_and(|event| {
            event.attendees.iter().any(|guest| guest.is_resource() && guest.is_at(email))
        });
        // Who invites is not invited, though some phones list him.
        let is_host = !is_received && known.is_none() && view.is_own(email);
        let is_twice = all.iter().any(|guest| guest.is_at(email));
        if email.is_empty() || is_resource || is_host || is_twice {
            continue;
        }
        let shown = known.map(Guest::as_attendee);
        let kind = attendee.kind.and_then(|it| it.0);
        let was_kind = shown.as_ref().and_then(|shown| shown.kind).and_then(|it| it.0);
        let role = match (kind, known) {
            (kind, Some(known)) if kind.is_none() || kind == was_kind => known.role.clone(),
            (Some(OPTIONAL), _) => "optional".to_owned(),
            (_, _) => "required".to_owned(),
        };
        let name = attendee.name.as_deref().map(str::trim).unwrap_or_default();
        let is_no_name = name.is_empty() || name.eq_ignore_ascii_case(email);
        let was_name = shown.as_ref().and_then(|shown| shown.name.as_deref());
        let name = match known {
            Some(known) if is_no_name || Some(name) == was_name => known.name.clone(),
            _ if is_no_name => String::new(),
            _ => name.to_owned(),
        };
        let email = known.map_or(email, |known| known.email.as_str()).to_owned();
        let response = response(attendee, known);
        all.push(Guest { email, name, role, response, kind: PERSON.to_owned() });
    }
    all
}

fn address(attendee: &Attendee) -> &str {
    attendee.email.as_deref().unwrap_or_default().trim()
}

/// The answer of a guest: what is told, unless it is what is known already.
fn response(attendee: &Attendee, known: Option<&Guest>) -> String {
    let told = attendee.status.and_then(|it| it.0);
    match (told, known) {
        (None | Some(0), Some(known)) => known.response.clone(),
        (Some(told), Some(known)) if told == answer(&known.response) => known.response.clone(),
        (told, _) => answered(told.unwrap_or(0)).to_owned(),
    }
}

fn as_json(guest: &Guest) -> Value {
    json!({
        "email": guest.email,
        "name": guest.name,
        "role": guest.role,
        "response": guest.response,
        "kind": PERSON,
    })
}

const REQUIRED: u8 = 1;
const OPTIONAL: u8 = 2;
const RESOURCE: u8 = 3;
const PERSON: &str = "person";
