//! Kronolith's one status, and the protocol's two.
//!
//! [MS-ASCAL] §2.2.2.10

use crate::pim::event::face::Face;
use crate::pim::event::{Occasion, View};

/// The time that an event takes in the eyes of others.
pub(super) fn busy(status: &str) -> u8 {
    match status {
        "free" | "cancelled" => FREE,
        "tentative" => TENTATIVE,
        _ => BUSY,
    }
}

/// Whether it is a meeting, whose, and whether it still takes place.
pub(super) fn meeting(event: &Occasion) -> u8 {
    match (event.status.as_str(), event.attendees.is_empty(), event.mine) {
        ("cancelled", true, _) | ("cancelled", false, true) => 5,
        ("cancelled", false, false) => 7,
        (_, true, _) => 0,
        (_, false, true) => 1,
        (_, false, false) => 3,
    }
}

/// What the user answered to an invitation; `None` when it is none.
pub(super) fn response(event: &Occasion, view: &View<'_>) -> Option<u8> {
    if event.attendees.is_empty() {
        return None;
    }
    if event.mine {
        return Some(1);
    }
    let own = event.attendees.iter().find(|guest| view.is_own(&guest.email));
    Some(own.map_or(0, |guest| answer(&guest.response)))
}

/// The number of an answer.
pub(super) fn answer(response: &str) -> u8 {
    match response {
        "tentative" => 2,
        "accepted" => 3,
        "declined" => 4,
        _ => 5,
    }
}

/// The word of an answer.
pub(super) fn answered(number: u8) -> &'static str {
    match number {
        2 => "tentative",
        3 => "accepted",
        4 => "declined",
        _ => "none",
    }
}

/// The status that a client's change means; `None` when it means none.
pub(super) fn changed(wanted: &Face, sent: Option<&Face>) -> Option<&'static str> {
    let was_cancelled = sent.is_some_and(|face| face.meeting.is_some_and(is_cancelled));
    let is_busy_new = wanted.busy.is_some() && wanted.busy != sent.and_then(|face| face.busy);
    match wanted.meeting.map(is_cancelled) {
        Some(true) => Some("cancelled"),
        Some(false) if was_cancelled && !is_busy_new => Some("confirmed"),
        None if was_cancelled => None,
        Some(false) | None if is_busy_new => wanted.busy.map(|busy| match busy {
            FREE | ELSEWHERE => "free",
            TENTATIVE => "tentative",
            _ => "confirmed",
        }),
        Some(false) | None => None,
    }
}

/// Whether a client says that the meeting is another's.
pub(super) fn is_received(meeting: u8) -> bool {
    matches!(meeting, 3 | 7 | 11 | 15)
}

fn is_cancelled(meeting: u8) -> bool {
    matches!(meeting, 5 | 7 | 13 | 15)
}

const FREE: u8 = 0;
const TENTATIVE: u8 = 1;
const BUSY: u8 = 2;
const ELSEWHERE: u8 = 4;
