//! Whether an item is already as the client wants it: then its change is no conflict, but the
//! repetition of one whose answer, and whose record, got lost.

use std::collections::BTreeMap;

use crate::backend::items::Absent;
use crate::eas::class::Item;
use crate::eas::scalar::parse_date;
use crate::eas::version::ProtocolVersion;
use crate::wbxml::element::Element;
use crate::wbxml::pages::{AirSync, AirSyncBase, Calendar, Contacts, Notes, Tasks};
use crate::wbxml::{Limits, Tag, Writer};

/// Whether the server's item holds all that the client's change says.
///
/// What the server can not hold, it does not show: that is not compared.
pub(super) fn holds(
    server: &Item,
    client: &Item,
    absent: &Absent,
    version: ProtocolVersion,
) -> bool {
    let of = |item| fields(item, version);
    let (Some(mut there), Some(mut wanted)) = (of(server), of(client)) else {
        return false;
    };
    for (instant, by_the_clock) in TWICE_TOLD {
        if wanted.contains_key(&instant) {
            wanted.remove(&by_the_clock);
            there.remove(&by_the_clock);
        }
    }
    let is_so = wanted.iter().all(|(tag, value)| there.get(tag).is_none_or(|held| held == value));
    let is_any = wanted.iter().any(|(tag, value)| there.get(tag) == Some(value));
    let mut others = there.keys().filter(|tag| !KEPT.contains(tag));
    let is_all = others.all(|tag| wanted.contains_key(tag) || !is_cleared(*tag, absent));
    is_so && is_any && is_all
}

/// Whether a field that the client leaves out is to be cleared.
fn is_cleared(tag: Tag, absent: &Absent) -> bool {
    match absent {
        Absent::Clear => true,
        Absent::ClearAllBut(tags) => !tag.name().is_some_and(|name| tags.contains(&name)),
        Absent::ClearOnly(tags) => tag.name().is_some_and(|name| tags.iter().any(|it| it == name)),
        Absent::Keep => false,
    }
}

/// The item's fields that are not empty.
fn fields(item: &Item, version: ProtocolVersion) -> Option<BTreeMap<Tag, String>> {
    let mut out = Writer::new();
    out.start(AirSync::ApplicationData);
    item.write(version, &mut out);
    out.end();
    let element = Element::parse(&out.finish(), Limits::default()).ok()?;
    let fields = element.children().map(|field| (field.tag, value(field)));
    let told = fields.filter(|(tag, value)| !value.is_empty() && !SERVERS_OWN.contains(tag));
    Some(told.collect())
}

fn value(field: &Element) -> String {
    let text = match field.tag {
        AirSyncBase::Body => {
            field.child(AirSyncBase::Data).map(Element::text).unwrap_or_default().replace('\r', "")
        }
        Contacts::Birthday | Contacts::Anniversary => {
            let at = parse_date(&field.text());
            at.map(|at| nearest_day(at.as_second()).to_string()).unwrap_or_default()
        }
        _ if field.children().next().is_some() => {
            field.children().map(|child| value(child) + "\n").collect()
        }
        _ => field.text(),
    };
    text.trim().to_owned()
}

/// The day, counted from 1970, whose midnight in UTC is the nearest: the time itself means nothing.
fn nearest_day(seconds: i64) -> i64 {
    (seconds + 43_199).div_euclid(86_400)
}

/// An instant, and the same by the clock on the client's wall, which may be another than the user's.
const TWICE_TOLD: [(Tag, Tag); 2] =
    [(Tasks::UtcDueDate, Tasks::DueDate), (Tasks::UtcStartDate, Tasks::StartDate)];
/// What no client decides.
const SERVERS_OWN: [Tag; 12] = [
    Calendar::DisallowNewTimeProposal,
    Calendar::DtStamp,
    Calendar::Exceptions,
    Calendar::MeetingStatus,
    Calendar::OrganizerEmail,
    Calendar::OrganizerName,
    Calendar::ResponseRequested,
    Calendar::ResponseType,
    Calendar::Timezone,
    Calendar::UID,
    Notes::LastModifiedDate,
    Notes::MessageClass,
];
/// What stays when a client leaves it out: under its name an item is listed when the client does not
/// say how, titles and texts are left out where they did not change, and what a task always has is
/// not reset.
const KEPT: [Tag; 15] = [
    Contacts::FileAs,
    AirSyncBase::Body,
    Notes::Subject,
    Tasks::Subject,
    Tasks::Importance,
    Tasks::Sensitivity,
    Tasks::Complete,
    Tasks::DateCompleted,
    Tasks::ReminderSet,
    Calendar::AllDayEvent,
    Calendar::BusyStatus,
    Calendar::EndTime,
    Calendar::OnlineMeetingExternalLink,
    Calendar::StartTime,
    Calendar::Subject,
];

#[cfg(test)]
mod tests {
    use crate::backend::items::Absent;
    use crate::command::sync::items_same;
    use crate::eas::class::Item;
    use crate::eas::class::calendar::{Event, Location};
    use crate::eas::class::contact::Contact;
    use crate::eas::class::task::Task;
    use crate::eas::scalar::ClearableDate;
    use crate::eas::version::ProtocolVersion;

    fn holds(server: &Item, client: &Item, absent: &Absent) -> bool {
        items_same::holds(server, client, absent, ProtocolVersion::V14_1)
    }

    #[test]
    fn a_task_of_another_zone_is_the_same() {
        let at = |hour: i8| {
            let at = jiff::civil::date(2027, 2, 19).at(hour, 0, 0, 0);
            let at = at.to_zoned(jiff::tz::TimeZone::UTC).unwrap();
            Some(ClearableDate(Some(at.timestamp())))
        };
        let task = |utc: i8, wall: i8| {
            Item::Task(Box::new(Task {
                subject: Some("Call".to_owned()),
                utc_due_date: at(utc),
                due_date: at(wall),
                ..Task::default()
            }))
        };
        assert!(holds(&task(12, 13), &task(12, 12), &Absent::Clear));
        assert!(!holds(&task(12, 13), &task(11, 13), &Absent::Clear));
    }

    #[test]
    fn an_event_is_compared_in_the_words_of_the_version() {
        let at = |place: &str| {
            let location = Location { display_name: Some(place.to_owned()), ..Location::default() };
            Item::Event(Box::new(Event {
                subject: Some("Talk".to_owned()),
                location: Some(location),
                ..Event::default()
            }))
        };
        let holds = |client: &Item| {
            items_same::holds(&at("Hall"), client, &Absent::Keep, ProtocolVersion::V16_1)
        };
        assert!(holds(&at("Hall")));
        assert!(!holds(&at("Garden")));
    }

    fn contact(first: &str, company: Option<&str>) -> Item {
        Item::Contact(Box::new(Contact {
            first_name: Some(first.to_owned()),
            company_name: company.map(str::to_owned),
            ..Contact::default()
        }))
    }

    #[test]
    fn the_same_fields_are_no_conflict_and_others_are() {
        let server = contact("Ann", Some("Acme"));
        assert!(holds(&server, &contact("Ann", Some("Acme")), &Absent::Clear));
        assert!(!holds(&server, &contact("Anna", Some("Acme")), &Absent::Clear));
        assert!(!holds(&server, &contact("Ann", Some("Other")), &Absent::Keep));
    }

    #[test]
    fn a_day_is_the_same_at_any_time() {
        let born = |at: &str| {
            let birthday = Some(ClearableDate(at.parse().ok()));
            Item::Contact(Box::new(Contact { birthday, ..Contact::default() }))
        };
        let server = born("1990-02-03T11:59:00Z");
        for (same, at) in [(true, "03T00:00"), (true, "02T23:00"), (false, "04T00:00")] {
            let client = born(&format!("1990-02-{at}:00Z"));
            assert_eq!(holds(&server, &client, &Absent::Clear), same, "{at}");
        }
    }

    #[test]
    fn what_is_left_out_counts_where_it_is_to_be_cleared() {
        let (server, client) = (contact("Ann", Some("Acme")), contact("Ann", None));
        assert!(!holds(&server, &client, &Absent::Clear));
        assert!(holds(&server, &client, &Absent::Keep));
        let named = |tag: &str| Absent::ClearOnly(vec![tag.to_owned()]);
        assert!(!holds(&server, &client, &named("Contacts:CompanyName")));
        assert!(holds(&server, &client, &named("Contacts:JobTitle")));
    }

    #[test]
    fn what_the_server_does_not_show_is_not_compared_but_something_must_be() {
        let server = contact("Ann", None);
        assert!(holds(&server, &contact("Ann", Some("Acme")), &Absent::Clear));
        assert!(!holds(&contact("", None), &contact("Ann", None), &Absent::Clear));
    }
}
