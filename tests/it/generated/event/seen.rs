//! What a phone's user sees of an event: fields that make the trip, in one spelling.

use std::collections::{BTreeMap, BTreeSet};

use horde_eas::eas::body::Body;
use horde_eas::eas::class::calendar::{Event, Exception, Location, Recurrence};
use horde_eas::pim::zone;

/// Fields by name; those of occurrences with the start by the rule.
///
/// The user, whose address is told, is not seen among those who are asked.
pub(super) fn fields(event: &Event, user: &str) -> BTreeMap<String, String> {
    let mut all = own(event, user);
    let at = event.start_time.map(|date| date.0);
    let clock = event.timezone.as_ref().zip(at).map(|(blob, at)| zone::local(&blob.0, at));
    all.insert("clock".to_owned(), format!("{clock:?}"));
    if let Some(rule) = &event.recurrence {
        all.insert("recurrence".to_owned(), recurrence(rule));
    }
    for one in event.exceptions.iter().flat_map(|all| &all.exceptions) {
        let name = one.exception_start_time.or(one.instance_id).map(|date| date.0.to_string());
        let name = name.expect("which one");
        let is_gone = one.deleted.is_some();
        let of = if is_gone { BTreeMap::new() } else { own(&whole(event, one), user) };
        all.insert(name.clone(), is_gone.to_string());
        all.extend(of.into_iter().map(|(field, value)| (format!("{name} {field}"), value)));
    }
    all
}

/// An exception by itself, as phones change it since 16.0.
pub(super) fn alone(exception: &Exception) -> Event {
    let one = exception.clone();
    Event {
        all_day_event: one.all_day_event,
        busy_status: one.busy_status,
        start_time: one.start_time,
        end_time: one.end_time,
        location_text: one.location_text,
        location: one.location,
        reminder: one.reminder,
        sensitivity: one.sensitivity,
        subject: one.subject,
        meeting_status: one.meeting_status,
        attendees: one.attendees,
        categories: one.categories,
        body: one.body,
        body_text: one.body_text,
        online_meeting_external_link: one.online_meeting_external_link,
        ..Event::default()
    }
}

/// An exception with what it takes over from its series.
fn whole(series: &Event, exception: &Exception) -> Event {
    let (one, all) = (alone(exception), series.clone());
    Event {
        all_day_event: one.all_day_event.or(all.all_day_event),
        busy_status: one.busy_status.or(all.busy_status),
        location_text: one.location_text.or(all.location_text),
        location: one.location.or(all.location),
        reminder: one.reminder.or(all.reminder),
        sensitivity: one.sensitivity.or(all.sensitivity),
        subject: one.subject.or(all.subject),
        meeting_status: one.meeting_status.or(all.meeting_status),
        attendees: one.attendees.or(all.attendees),
        categories: one.categories.or(all.categories),
        body: one.body.or(all.body),
        body_text: one.body_text.or(all.body_text),
        online_meeting_external_link: one
            .online_meeting_external_link
            .or(all.online_meeting_external_link),
        ..one
    }
}

fn own(event: &Event, user: &str) -> BTreeMap<String, String> {
    let place = |place: &Location| place.display_name.clone().unwrap_or_default();
    let text = |body: &Body| body.data.as_ref().map(|data| data.to_text()).unwrap_or_default();
    let location = event.location.as_ref().map(place).or_else(|| event.location_text.clone());
    let words = event.body.as_ref().map(text).or_else(|| event.body_text.clone());
    let labels =
        event.categories.as_ref().map(|all| all.categories.iter().collect::<BTreeSet<_>>());
    let times = [event.start_time, event.end_time].map(|date| date.map(|date| date.0.to_string()));
    let [start, end] = times;
    let all = [
        ("subject", event.subject.clone().unwrap_or_default()),
        ("location", location.unwrap_or_default()),
        ("body", words.unwrap_or_default()),
        ("link", event.online_meeting_external_link.clone().unwrap_or_default()),
        ("busy", format!("{:?}", event.busy_status.and_then(|it| it.0))),
        ("sensitivity", format!("{:?}", event.sensitivity.and_then(|it| it.0))),
        ("reminder", format!("{:?}", event.reminder.and_then(|it| it.0))),
        ("labels", format!("{:?}", labels.unwrap_or_default())),
        ("all day", format!("{:?}", event.all_day_event.and_then(|it| it.0))),
        ("start", start.unwrap_or_default()),
        ("end", end.unwrap_or_default()),
        ("meeting", format!("{:?}", event.meeting_status.and_then(|it| it.0))),
        ("guests", guests(event, user)),
    ];
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Those who are asked beside the user.
fn guests(event: &Event, user: &str) -> String {
    let all = event.attendees.iter().flat_map(|all| &all.attendees);
    let all = all.map(|guest| {
        let email = guest.email.as_deref().unwrap_or_default().to_lowercase();
        let name = guest.name.clone().unwrap_or_default();
        let name = if name.eq_ignore_ascii_case(&email) { email.clone() } else { name };
        let numbers = [guest.status, guest.kind].map(|it| it.and_then(|it| it.0));
        format!("{email} {name} {numbers:?}")
    });
    let mut all: Vec<_> = all.filter(|guest| !guest.starts_with(user)).collect();
    all.sort();
    all.join(", ")
}

fn recurrence(rule: &Recurrence) -> String {
    let days = [rule.day_of_week, rule.day_of_month, rule.week_of_month, rule.month_of_year];
    let until = rule.until.map(|date| date.0);
    format!("{:?} {:?} {days:?} {until:?} {:?}", rule.kind, rule.interval, rule.occurrences)
}
