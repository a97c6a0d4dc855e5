//! From the phone to Kronolith.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value, json};

use crate::eas::class::calendar::{Event, Recurrence};
use crate::eas::version::ProtocolVersion;
use crate::pim::event::face::Face;
use crate::pim::event::times::{self, When, zone_of};
use crate::pim::event::{Occasion, Series, Unfit, View, guests, instances, shown, status};
use crate::pim::recurrence::{self, Pattern, Rule};

/// What the bridge should write of an event that a client adds, or changes: of a change only what is
/// otherwise than what the client was sent of the `stored` event, and what it leaves out and
/// `cleared` names (by tags such as `Calendar:Location`).
///
/// Titles, texts and links that are left out are kept: phones leave out what they did not change,
/// or do not know.
///
/// # Errors
/// When the event makes no sense.
pub fn to_native(
    event: &Event,
    stored: Option<&Series>,
    cleared: impl Fn(&str) -> bool,
    view: &View<'_>,
) -> Result<Value, Unfit> {
    let sent = stored.map(|series| shown::face(series, view));
    let own = stored.map(|series| &series.own);
    let said = Face::of_event(event);
    said.check()?;
    let mut wanted = if stored.is_some() { said.clear(&cleared, view) } else { said };
    wanted.meeting = meeting(event, wanted.meeting, view);
    let mut data = Map::new();
    if stored.is_none()
        && let Some(host) = host(event, &wanted, view)
    {
        data.insert("organizer".to_owned(), host);
    }
    changes(&mut data, &wanted, sent.as_ref(), own, view);
    let was = own.map(When::of);
    let mut when = times::taken(&wanted, sent.as_ref(), was.as_ref(), view)?;
    let clears_rule =
        stored.is_some_and(|series| series.recurrence.is_some()) && cleared("Calendar:Recurrence");
    let rule = match &event.recurrence {
        None if clears_rule => Some(Value::Null),
        None => None,
        Some(Recurrence { kind: None, .. }) => {
            stored.is_none_or(|series| series.recurrence.is_some()).then_some(Value::Null)
        }
        Some(told) => changed_rule(told, stored, &mut when, was.as_ref(), view)?,
    };
    let recurs = match &rule {
        Some(rule) => !rule.is_null(),
        None => stored.is_some_and(|series| series.recurrence.is_some()),
    };
    let is_moved = when.is_some() || rule.is_some();
    if let Some(when) = &when {
        when.write(&mut data);
    }
    if let Some(rule) = rule {
        data.insert("recurrence".to_owned(), rule);
    }
    if recurs {
        let series = sent.map_or_else(|| wanted.clone(), |sent| wanted.clone().over(&sent));
        let told = event.exceptions.as_ref().map(|all| all.exceptions.as_slice());
        let told = match told {
            // What moves a series takes its exceptions away. [MS-ASCAL] §2.2.2.22
            None if is_moved && view.version >= ProtocolVersion::V16_0 => Some(&[][..]),
            None if stored.is_some() && cleared("Calendar:Exceptions") => Some(&[][..]),
            told => told,
        };
        let Some(base) = when.or(was) else { return Ok(Value::Object(data)) };
        if let Some(told) = told
            && let Some(all) = instances::taken(told, stored, &series, &base, is_moved, view)?
        {
            data.insert("instances".to_owned(), all);
        }
    }
    Ok(Value::Object(data))
}

/// What the bridge should write of one occurrence that a client changes, since 16.0.
///
/// # Errors
/// When the change makes no sense, or the event does not recur.
pub fn instance_to_native(
    event: &Event,
    instance: Timestamp,
    stored: &Series,
    view: &View<'_>,
) -> Result<Value, Unfit> {
    let wanted = Face::of_event(event);
    wanted.check()?;
    let base = instances::base(stored, instance_of(instance, stored, view)?)?;
    let sent = Face::of(&base, view);
    let mut data = Map::new();
    changes(&mut data, &wanted, Some(&sent), Some(&base), view);
    if let Some(when) = times::taken(&wanted, Some(&sent), Some(&When::of(&base)), view)? {
        when.write(&mut data);
    }
    Ok(Value::Object(data))
}

/// The start by the rule of the occurrence that a client names, in Unix seconds.
///
/// # Errors
/// When the event does not recur.
pub fn instance_of(instance: Timestamp, stored: &Series, view: &View<'_>) -> Result<i64, Unfit> {
    if stored.recurrence.is_none() {
        return Err(Unfit("an occurrence of an event that does not recur"));
    }
    Ok(times::original(instance, &When::of(&stored.own), view))
}

impl Face {
    /// Takes what is absent and to be cleared for empty.
    fn clear(mut self, cleared: &impl Fn(&str) -> bool, view: &View<'_>) -> Self {
        if self.location.is_none() && cleared("Calendar:Location") {
            self.location = Some(String::new());
        }
        if self.reminder.is_none() && cleared("Calendar:Reminder") {
            self.reminder = Some(None);
        }
        if self.sensitivity.is_none() && cleared("Calendar:Sensitivity") {
            self.sensitivity = Some(0);
        }
        if self.categories.is_none() && cleared("Calendar:Categories") {
            self.categories = Some(Vec::new());
        }
        if self.attendees.is_none() && cleared("Calendar:Attendees") {
            self.attendees = Some(guests::none());
        }
        let has_times = self.start.is_some() && self.end.is_some();
        let is_old = view.version < ProtocolVersion::V16_0;
        if self.all_day.is_none() && has_times && is_old && cleared("Calendar:AllDayEvent") {
            self.all_day = Some(false);
        }
        self
    }
}

/// MeetingStatus, and without one what the organizer's address says.
fn meeting(event: &Event, told: Option<u8>, view: &View<'_>) -> Option<u8> {
    let host = event.organizer_email.as_deref().unwrap_or_default();
    match told {
        None | Some(0) if !host.is_empty() && !view.is_own(host) => Some(RECEIVED),
        told => told,
    }
}

/// Who invites to a new meeting, where that is told; nobody known when it is another.
fn host(event: &Event, wanted: &Face, view: &View<'_>) -> Option<Value> {
    wanted.attendees.as_ref().filter(|all| !all.attendees.is_empty())?;
    let told = event.organizer_email.as_deref().unwrap_or_default();
    let is_received = wanted.meeting.is_some_and(status::is_received);
    let email = if is_received && view.is_own(told) { "" } else { told };
    let name = event.organizer_name.as_deref().unwrap_or_default();
    (is_received || view.is_own(email)).then(|| json!({"email": email, "name": name}))
}

/// Everything but times, rule and exceptions.
pub(super) fn changes(
    data: &mut Map<String, Value>,
    wanted: &Face,
    sent: Option<&Face>,
    own: Option<&Occasion>,
    view: &View<'_>,
) {
    let was = |get: fn(&Face) -> Option<&String>| sent.and_then(get).map(String::as_str);
    let texts: [(&str, Option<&String>, Option<&str>); 4] = [
        ("title", wanted.subject.as_ref(), was(|face| face.subject.as_ref())),
        ("location", wanted.location.as_ref(), was(|face| face.location.as_ref())),
        ("description", wanted.body.as_ref(), was(|face| face.body.as_ref())),
        ("url", wanted.link.as_ref(), was(|face| face.link.as_ref())),
    ];
    for (name, text, was) in texts {
        let Some(text) = text else { continue };
        let was = was.unwrap_or_default();
        let is_cut = name == "description" && is_beginning(text, was, view.cut);
        if !is_cut && !is_same_text(text, was) {
            let value = if text.trim().is_empty() { Value::Null } else { json!(text) };
            data.insert(name.to_owned(), value);
        }
    }
    let stored = own.map(|event| event.status.as_str());
    let status = status::changed(wanted, sent).filter(|new| Some(*new) != stored);
    if let Some(status) = status {
        data.insert("status".to_owned(), json!(status));
    }
    let was_private = sent.and_then(|face| face.sensitivity).is_some_and(is_private);
    if let Some(private) = wanted.sensitivity.map(is_private).filter(|new| *new != was_private) {
        data.insert("private".to_owned(), json!(private));
    }
    let was_alarm = sent.and_then(|face| face.reminder).flatten();
    if let Some(alarm) = wanted.reminder.filter(|new| *new != was_alarm) {
        // None at all is what 0 minutes are in Kronolith.
        let alarm = alarm.map(|minutes| i64::from(minutes.clamp(1, LONGEST)));
        if own.is_none_or(|event| event.alarm != alarm) {
            data.insert("alarm".to_owned(), json!(alarm));
        }
    }
    let meeting = wanted.meeting.or_else(|| sent.and_then(|face| face.meeting));
    let is_received = meeting.is_some_and(status::is_received);
    let was_asked = sent.and_then(|face| face.attendees.clone()).unwrap_or_default();
    let attendees = wanted.attendees.as_ref().filter(|all| was_asked != **all);
    if let Some(guests) = attendees.and_then(|all| guests::taken(all, is_received, own, view)) {
        data.insert("attendees".to_owned(), guests);
    }
    if let Some(tags) = &wanted.categories
        && !is_same_set(tags, sent.and_then(|face| face.categories.as_deref()).unwrap_or_default())
    {
        data.insert("tags".to_owned(), json!(tags));
    }
}

/// The rule to be stored; `None` when it stays. The start moves to the first occurrence.
fn changed_rule(
    told: &Recurrence,
    stored: Option<&Series>,
    when: &mut Option<When>,
    was: Option<&When>,
    view: &View<'_>,
) -> Result<Option<Value>, Unfit> {
    let told = Pattern::from(told);
    let sent = stored.and_then(shown::pattern);
    if when.is_none() && sent.is_some_and(|sent| is_same_pattern(&sent, &told, was, view)) {
        return Ok(None);
    }
    let base = when.clone().or_else(|| was.cloned()).ok_or(Unfit("a series without a start"))?;
    let zone = zone_of(&base.zone);
    let told = with_local_until(told, &base, &zone, view);
    let (rule, first) = recurrence::from_pattern(&told, base.start, &zone)
        .map_err(|_| Unfit("a recurrence that Kronolith does not know"))?;
    let days = base.start.date().until(first).map_or(0, |span| span.get_days());
    if days != 0 {
        *when = Some(base.moved(days.days())?);
    }
    let is_same = stored.and_then(|series| series.recurrence.as_ref()) == Some(&rule);
    Ok((!is_same).then(|| rule_json(&rule)))
}

/// Whether two patterns mean the same, however they are spelled.
fn is_same_pattern(sent: &Pattern, told: &Pattern, was: Option<&When>, view: &View<'_>) -> bool {
    let Some(was) = was else { return false };
    let zone = zone_of(&was.zone);
    let day = |pattern: &Pattern| {
        let pattern = with_local_until(pattern.clone(), was, &zone, view);
        pattern.until.map(|at| at.to_zoned(zone.clone()).date())
    };
    // The phone tells a date where it was told one.
    let sent_day = sent.until.map(|at| at.to_zoned(zone.clone()).date());
    let bare = |pattern: &Pattern| Pattern {
        until: None,
        interval: pattern.interval.or(Some(1)),
        calendar_type: None,
        is_leap_month: None,
        first_day_of_week: None,
        ..pattern.clone()
    };
    let cut = sent.until.zip(told.until).is_some_and(|(sent, told)| recurrence::is_cut(sent, told));
    bare(sent) == bare(told) && (cut || sent_day == day(told))
}

/// Since 16.0 the end of a series of whole days is a date without a zone.
fn with_local_until(pattern: Pattern, base: &When, zone: &TimeZone, view: &View<'_>) -> Pattern {
    let Some(until) = pattern.until else { return pattern };
    if !base.all_day || view.version < ProtocolVersion::V16_0 {
        return pattern;
    }
    let day = until.to_zoned(TimeZone::UTC).date();
    Pattern { until: times::midnight(day, zone, ProtocolVersion::V14_1), ..pattern }
}

fn rule_json(rule: &Rule) -> Value {
    serde_json::to_value(rule).unwrap_or(Value::Null)
}

fn is_private(sensitivity: u8) -> bool {
    sensitivity >= 2
}

/// Whether a text is another one as it was cut.
fn is_beginning(text: &str, whole: &str, cut: Option<u32>) -> bool {
    let Some(cut) = cut.map(|bytes| bytes as usize) else { return false };
    // A character that would have been cut in two is left out whole.
    whole.len() > cut && text.len() + 4 > cut && text.len() <= cut && whole.starts_with(text)
}

/// Ends of lines, and what follows the last, do not count.
fn is_same_text(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    one == other || plain(one) == plain(other)
}

fn is_same_set(one: &[String], other: &[String]) -> bool {
    let sorted = |all: &[String]| {
        let mut all = all.to_vec();
        all.sort();
        all
    };
    sorted(one) == sorted(other)
}

/// A meeting of others.
const RECEIVED: u8 = 3;
/// Minutes before the start at most: what Kronolith's column takes, and more than ten years.
const LONGEST: u32 = 5_256_000;
