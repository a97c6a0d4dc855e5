//! Events: both ways, whole days, zones, meetings, what can be cleared, what makes no sense.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use horde_eas::pim::zone;
use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, node, text};
use horde_eas::probe::phone::{Phone, body_preference};
use horde_eas::probe::sync::{Brought, Wish, add, change, delete};
use horde_eas::wbxml::Tag;
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{AirSyncBase, Calendar};
use serde_json::{Value, json};

use crate::scenario::Scene;
use crate::scenario::calendar_16::place_of;

pub(super) fn wish(id: &str) -> Wish {
    let options = [body_preference(1, Some(4096))];
    Wish { get_changes: Some(true), options: options.into(), ..Wish::of(id, "Calendar") }
}

pub(super) async fn with_events(scene: &Scene) -> Result<(Phone, String), Error> {
    let mut phone = scene.paired().await?;
    let id = phone.folder_of(8).ok_or(Error::Missing("calendar"))?.id.clone();
    phone.sync_all(wish(&id)).await?;
    Ok((phone, id))
}

/// The rules of a zone, as phones send them.
pub(super) fn rules(name: &str) -> Element {
    let at = "2026-12-07T08:00:00Z".parse().unwrap();
    let bytes = zone::blob(name, at).unwrap().to_bytes();
    text(Calendar::Timezone, STANDARD.encode(bytes))
}

fn body(words: &str) -> Element {
    node(AirSyncBase::Body, vec![text(AirSyncBase::Type, "1"), text(AirSyncBase::Data, words)])
}

/// An event of an hour with all that most events have.
pub(super) fn event(subject: &str) -> Vec<Element> {
    let labels = ["Red", "Blue"].map(|label| text(Calendar::Category, label));
    vec![
        rules("Europe/Berlin"),
        text(Calendar::AllDayEvent, "0"),
        text(Calendar::BusyStatus, "1"),
        text(Calendar::DtStamp, "20261120T000000Z"),
        text(Calendar::EndTime, "20261207T090000Z"),
        text(Calendar::Location, "Room 1"),
        text(Calendar::Reminder, "15"),
        text(Calendar::Sensitivity, "2"),
        text(Calendar::Subject, subject),
        text(Calendar::StartTime, "20261207T080000Z"),
        text(Calendar::UID, uuid::Uuid::new_v4().to_string()),
        text(Calendar::MeetingStatus, "0"),
        node(Calendar::Categories, labels),
        body("one\r\ntwo"),
    ]
}

/// The same with some fields left out or replaced.
pub(super) fn but(fields: &[Element], without: &[Tag], with: Vec<Element>) -> Vec<Element> {
    let is_kept = |tag| !without.contains(&tag) && with.iter().all(|other| other.tag != tag);
    let mut all: Vec<_> = fields.iter().filter(|field| is_kept(field.tag)).cloned().collect();
    all.extend(with);
    all
}

pub(super) fn item(phone: &Phone, id: &str, uid: &str) -> Result<Element, Error> {
    phone.collections[id].items.get(uid).cloned().ok_or(Error::Missing("event on the phone"))
}

pub(super) fn value(item: &Element, tag: Tag) -> Option<String> {
    item.value(&[tag])
}

pub(super) fn server_id(brought: &Brought) -> Result<String, Error> {
    let response = brought.responses.first().cloned().unwrap_or_default();
    response.server_id.ok_or(Error::Missing("ServerId"))
}

pub(super) fn status(brought: &Brought) -> Option<u32> {
    brought.responses.first().map(|response| response.status)
}

pub(super) fn part(stored: &Value, names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| stored.get(*name).cloned().unwrap_or_default()).collect()
}

/// What the server does reaches the phone.
pub(super) async fn down(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_events().await;
    let lines = [
        "UID:down-1@example.test",
        "SUMMARY:Lunch \u{e9}",
        "DESCRIPTION:With Ann",
        "LOCATION:Canteen",
        "DTSTART:20261207T110000Z",
        "DTEND:20261207T120000Z",
        "CATEGORIES:Food",
        "CLASS:PRIVATE",
        "STATUS:TENTATIVE",
    ];
    let uid = format!("{}@example.test", uuid::Uuid::new_v4());
    // Horde dies where two users make the same label at once.
    let food = format!("Food {}", scene.version);
    let own_label = format!("CATEGORIES:{food}");
    let own_uid = format!("UID:{uid}");
    let mut lines = lines.to_vec();
    lines[0] = &own_uid;
    lines[6] = &own_label;
    let added = scene.world().add_event(&lines).await;
    scene.same("calendar.uid", added, uid.as_str());
    let (mut phone, id) = with_events(scene).await?;
    let shown = item(&phone, &id, &uid)?;
    for (check, tag, wanted) in [
        ("calendar.subject", Calendar::Subject, "Lunch \u{e9}"),
        ("calendar.start", Calendar::StartTime, "20261207T110000Z"),
        ("calendar.end", Calendar::EndTime, "20261207T120000Z"),
        ("calendar.all-day-not", Calendar::AllDayEvent, "0"),
        ("calendar.private", Calendar::Sensitivity, "2"),
        ("calendar.tentative", Calendar::BusyStatus, "1"),
        ("calendar.no-meeting", Calendar::MeetingStatus, "0"),
        ("calendar.shows-uid", Calendar::UID, &uid),
    ] {
        scene.same(check, value(&shown, tag).as_deref(), Some(wanted));
    }
    let place = value(&shown, Calendar::Location).or_else(|| place_of(&shown));
    scene.same("calendar.location", place.as_deref(), Some("Canteen"));
    let words = shown.value(&[AirSyncBase::Body, AirSyncBase::Data]);
    scene.same("calendar.body", words.as_deref(), Some("With Ann"));
    let label = shown.value(&[Calendar::Categories, Calendar::Category]);
    scene.same("calendar.label", label, Some(food));
    let has_rules = value(&shown, Calendar::Timezone).is_some_and(|rules| rules.len() > 200);
    scene.check("calendar.time-zone", has_rules, format!("{shown:?}"));
    scene.same("calendar.no-reminder", value(&shown, Calendar::Reminder), None::<String>);
    lines[1] = "SUMMARY:Supper";
    scene.world().change_event(&uid, &lines).await;
    let brought = phone.sync_all(wish(&id)).await?;
    scene.same("calendar.change-down", brought.changed, [uid.clone()]);
    let shown = item(&phone, &id, &uid)?;
    scene.same("calendar.new-subject", value(&shown, Calendar::Subject).as_deref(), Some("Supper"));
    scene.world().delete_event(&uid).await;
    let brought = phone.sync_all(wish(&id)).await?;
    scene.check("calendar.delete-down", brought.deleted.contains(&uid), format!("{brought:?}"));
    scene.same("calendar.down-no-oddities", phone.oddities, Vec::<String>::new());
    Ok(())
}

/// What the user does on the phone reaches the server, and other phones.
pub(super) async fn up(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_events().await;
    let (mut phone, id) = with_events(scene).await?;
    let fields = event("Talk");
    let brought = phone.sync_all(wish(&id).with([add("e1", fields.clone())])).await?;
    scene.same("calendar.add-up", status(&brought), Some(1));
    let uid = server_id(&brought)?;
    let echoed = brought.added.contains(&uid) || brought.changed.contains(&uid);
    scene.check("calendar.no-echo", !echoed, format!("{brought:?}"));
    let stored = scene.world().event(&uid).await.ok_or(Error::Missing("event"))?;
    let got = part(&stored, &["title", "location", "description", "private", "alarm", "allday"]);
    let wanted = json!(["Talk", "Room 1", "one\r\ntwo", 1, 15, 0]);
    scene.same("calendar.stored", json!(got), wanted);
    scene.same("calendar.stored-tentative", &stored["status"], 1);
    let times = part(&stored, &["start", "end"]);
    let wanted = ["2026-12-07 08:00:00", "2026-12-07 09:00:00"];
    scene.same("calendar.stored-times", times, wanted.map(Value::from));

    let (other, folder) = with_events(scene).await?;
    let shown = item(&other, &folder, &uid)?;
    for field in &fields {
        let is_own = [Calendar::DtStamp, Calendar::Timezone, Calendar::UID].contains(&field.tag);
        if is_own || field.children().next().is_some() {
            continue;
        }
        let name = format!("calendar.other-phone.{}", field.tag.name().unwrap_or_default());
        scene.same(&name, value(&shown, field.tag), Some(field.text()));
    }

    let fields = but(&fields, &[], vec![text(Calendar::Subject, "Talk 2")]);
    let brought = phone.sync_all(wish(&id).with([change(&uid, fields.clone())])).await?;
    let refused = brought.responses.iter().any(|response| response.status != 1);
    scene.check("calendar.change-up", brought.status == 1 && !refused, format!("{brought:?}"));
    scene.check("calendar.change-no-echo", !brought.changed.contains(&uid), format!("{brought:?}"));
    let stored = scene.world().event(&uid).await.ok_or(Error::Missing("event"))?;
    let got = part(&stored, &["title", "location", "description", "status"]);
    scene.same("calendar.changed", json!(got), json!(["Talk 2", "Room 1", "one\r\ntwo", 1]));

    let without = [Calendar::Location, Calendar::Reminder, Calendar::Categories];
    let fields = but(&fields, &without, vec![text(Calendar::Sensitivity, "0"), body("")]);
    phone.sync_all(wish(&id).with([change(&uid, fields.clone())])).await?;
    let stored = scene.world().event(&uid).await.ok_or(Error::Missing("event"))?;
    scene.same("calendar.clears-location", stored["location"].as_str().unwrap_or(""), "");
    scene.same("calendar.clears-reminder", &stored["alarm"], 0);
    scene.same("calendar.clears-privacy", &stored["private"], 0);
    scene.same("calendar.clears-body", stored["description"].as_str().unwrap_or(""), "");
    let (other, folder) = with_events(scene).await?;
    let shown = item(&other, &folder, &uid)?;
    scene.same("calendar.clears-labels", shown.child(Calendar::Categories), None);
    let words = value(&shown, Calendar::Location).unwrap_or_default();
    scene.same("calendar.cleared-is-shown", words, "");

    let brought = phone.sync_all(wish(&id).with([delete(&uid)])).await?;
    scene.same("calendar.delete-up", brought.status, 1);
    let stored = scene.world().event(&uid).await;
    scene.same("calendar.delete-up-gone", stored, None);
    let unknown = change("no-such-uid", event("No"));
    let brought = phone.sync_one(wish(&id).with([unknown])).await?;
    scene.same("calendar.change-of-unknown", status(&brought), Some(8));
    Ok(())
}

/// Whole days, several days, and the zone that an event lives in.
pub(super) async fn times(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_events().await;
    let (mut phone, id) = with_events(scene).await?;
    let days = but(
        &event("Two days"),
        &[],
        vec![
            text(Calendar::AllDayEvent, "1"),
            text(Calendar::StartTime, "20261206T230000Z"),
            text(Calendar::EndTime, "20261208T230000Z"),
        ],
    );
    let zoned = but(
        &event("In Tokyo"),
        &[],
        vec![
            rules("Asia/Tokyo"),
            text(Calendar::StartTime, "20261207T000000Z"),
            text(Calendar::EndTime, "20261209T010000Z"),
        ],
    );
    let adds = [add("days", days), add("zoned", zoned)];
    let brought = phone.sync_all(wish(&id).with(adds)).await?;
    let uids: Vec<_> = brought.responses.iter().filter_map(|it| it.server_id.clone()).collect();
    let [days, zoned] = uids.as_slice() else { return Err(Error::Missing("two events")) };
    let stored = scene.world().event(days).await.ok_or(Error::Missing("days"))?;
    scene.same("calendar.days-stored", &stored["allday"], 1);
    let stored = scene.world().event(zoned).await.ok_or(Error::Missing("zoned"))?;
    scene.same("calendar.zone-stored", &stored["zone"], "Asia/Tokyo");
    let (other, folder) = with_events(scene).await?;
    let shown = item(&other, &folder, days)?;
    scene.same("calendar.days", value(&shown, Calendar::AllDayEvent).as_deref(), Some("1"));
    let local = |tag| {
        let rules = STANDARD.decode(value(&shown, Calendar::Timezone)?).ok()?;
        let at = horde_eas::eas::scalar::parse_date(&value(&shown, tag)?)?;
        zone::local(&rules, at).map(|local| local.to_string())
    };
    let got = (local(Calendar::StartTime), local(Calendar::EndTime));
    let wanted = ["2026-12-07T00:00:00", "2026-12-09T00:00:00"].map(|it| Some(it.to_owned()));
    scene.same("calendar.days-are-midnights", got, wanted.into());
    let shown = item(&other, &folder, zoned)?;
    let got = (value(&shown, Calendar::StartTime), value(&shown, Calendar::EndTime));
    let wanted = ["20261207T000000Z", "20261209T010000Z"].map(|it| Some(it.to_owned()));
    scene.same("calendar.several-days", got, wanted.into());
    let rules = value(&shown, Calendar::Timezone).and_then(|it| STANDARD.decode(it).ok());
    let at = "2026-12-07T00:00:00Z".parse().unwrap();
    let local = rules.and_then(|rules| zone::local(&rules, at)).map(|local| local.to_string());
    scene.same("calendar.zone-shown", local.as_deref(), Some("2026-12-07T09:00:00"));
    Ok(())
}

/// The UID that a phone gives an event is the one that its invitations carry.
pub(super) async fn uids(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_events().await;
    let (mut phone, id) = with_events(scene).await?;
    let fields = event("Mine");
    let own = fields.iter().find(|field| field.tag == Calendar::UID).map(Element::text);
    let brought = phone.sync_all(wish(&id).with([add("a", fields.clone())])).await?;
    let uid = server_id(&brought)?;
    scene.same("uid.kept", Some(&uid), own.as_ref());
    // An invitation that came by mail is there when the phone adds it: it stays as it is.
    let invited = format!("{}@example.test", uuid::Uuid::new_v4());
    let own_uid = format!("UID:{invited}");
    let lines = [
        &*own_uid,
        "SUMMARY:Invited",
        "LOCATION:Theirs",
        "DTSTART:20261207T080000Z",
        "DTEND:20261207T090000Z",
    ];
    scene.world().add_event(&lines).await;
    let named = |uid: &str, subject: &str| {
        let with = vec![text(Calendar::UID, uid), text(Calendar::Subject, subject)];
        but(&event(subject), &[], with)
    };
    let brought = phone.sync_one(wish(&id).with([add("b", named(&invited, "Invited"))])).await?;
    scene.same("uid.invitation", server_id(&brought).ok().as_deref(), Some(&*invited));
    phone.sync_all(wish(&id)).await?;
    let stored = scene.world().event(&invited).await.ok_or(Error::Missing("invitation"))?;
    scene.same("uid.invitation-stays", &stored["location"], "Theirs");
    let shown = item(&phone, &id, &invited)?;
    let place = value(&shown, Calendar::Location);
    scene.same("uid.invitation-is-told", place.as_deref(), Some("Theirs"));
    // Another event of that UID is an event of its own, and so is one with a UID that is no name.
    for (name, uid) in [("taken", &*uid), ("nonsense", "a b"), ("short", "1"), ("none", "")] {
        let client_id = format!("c-{name}");
        let brought = phone.sync_all(wish(&id).with([add(&client_id, named(uid, name))])).await?;
        let other = server_id(&brought)?;
        scene.check(&format!("uid.{name}"), other != uid && !other.is_empty(), other.clone());
        let stored = scene.world().event(&other).await.ok_or(Error::Missing("another"))?;
        scene.same(&format!("uid.{name}-stored"), &stored["title"], name);
    }
    let stored = scene.world().event(&uid).await.ok_or(Error::Missing("mine"))?;
    scene.same("uid.taken-stays", &stored["title"], "Mine");
    // Deleted and added again: what another phone of the user sees is the new one.
    let brought = phone.sync_all(wish(&id).with([delete(&uid), add("d", fields)])).await?;
    let again = server_id(&brought)?;
    let stored = scene.world().event(&again).await.ok_or(Error::Missing("again"))?;
    scene.same("uid.again", &stored["title"], "Mine");
    scene.world().delete_event(&again).await;
    let brought = phone.sync_all(wish(&id)).await?;
    scene.check("uid.again-goes", brought.deleted.contains(&again), format!("{brought:?}"));
    Ok(())
}

/// What makes no sense is refused alone, and what cannot be read is left out alone.
pub(super) async fn wrong(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_events().await;
    let (mut phone, id) = with_events(scene).await?;
    let good = event("Good");
    let lunar = node(
        Calendar::Recurrence,
        vec![
            text(Calendar::Type, "5"),
            text(Calendar::Interval, "1"),
            text(Calendar::DayOfMonth, "1"),
            text(Calendar::MonthOfYear, "1"),
            text(Calendar::CalendarType, "15"),
        ],
    );
    let wrong = [
        ("backwards", but(&good, &[], vec![text(Calendar::EndTime, "20261207T070000Z")])),
        ("no-start", but(&good, &[Calendar::StartTime], Vec::new())),
        ("no-date", but(&good, &[], vec![text(Calendar::StartTime, "yesterday")])),
        ("bad-zone", but(&good, &[], vec![text(Calendar::Timezone, "AAAA")])),
        ("lunar", but(&good, &[], vec![lunar])),
    ];
    for (name, fields) in wrong {
        let commands = [add(name, fields), add(&format!("good-{name}"), good.clone())];
        let outcome = phone.sync_one(wish(&id).with(commands)).await;
        let got = outcome.map(|brought| {
            let status_of = |client_id: &str| {
                let found =
                    brought.responses.iter().find(|it| it.client_id.as_deref() == Some(client_id));
                found.map(|response| response.status)
            };
            (status_of(name), status_of(&format!("good-{name}")))
        });
        let is_right = matches!(got, Ok((Some(6), Some(1))));
        scene.check(&format!("calendar.refused.{name}"), is_right, format!("{got:?}"));
    }
    scene.world().delete_events().await;
    let lines = |name: &'static str| {
        [name, "DTSTART:20261207T110000Z", "DTEND:20261207T120000Z", "RRULE:FREQ=DAILY;COUNT=3"]
    };
    let spoilt = scene.world().add_event(&lines("SUMMARY:Spoilt")).await;
    let sound = scene.world().add_event(&lines("SUMMARY:Sound")).await;
    scene.world().spoil_event(&spoilt, "event_start", "0000-00-00 00:00:00").await;
    let (phone, id) = with_events(scene).await?;
    let there = &phone.collections[&id].items;
    let got = (there.contains_key(&spoilt), there.contains_key(&sound));
    scene.same("calendar.poison", got, (false, true));
    scene.world().spoil_event(&spoilt, "event_start", "2026-12-07 11:00:00").await;
    Ok(())
}

pub(super) fn guest(name: &str, status: Option<&str>) -> Element {
    let mut fields = vec![
        text(Calendar::Email, format!("{}@example.test", name.to_lowercase())),
        text(Calendar::Name, name),
        text(Calendar::AttendeeType, "1"),
    ];
    fields.extend(status.map(|status| text(Calendar::AttendeeStatus, status)));
    node(Calendar::Attendee, fields)
}

pub(super) fn guests(shown: &Element) -> Vec<String> {
    let all = shown.child(Calendar::Attendees).map(|all| all.all(Calendar::Attendee));
    let mut all: Vec<_> = all
        .unwrap_or_default()
        .iter()
        .map(|guest| {
            let of = |tag| guest.value(&[tag]).unwrap_or_default();
            format!(
                "{} <{}> {} {}",
                of(Calendar::Name),
                of(Calendar::Email),
                of(Calendar::AttendeeStatus),
                of(Calendar::AttendeeType)
            )
        })
        .collect();
    all.sort();
    all
}

/// Meetings: of the user, and of others.
pub(super) async fn meetings(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_events().await;
    let (mut phone, id) = with_events(scene).await?;
    let invited = vec![guest("Ann", Some("3")), guest("Bob", Some("5"))];
    let with = vec![text(Calendar::MeetingStatus, "1"), node(Calendar::Attendees, invited)];
    let fields = but(&event("Meeting"), &[], with);
    let brought = phone.sync_all(wish(&id).with([add("meeting", fields.clone())])).await?;
    let uid = server_id(&brought)?;
    let (other, folder) = with_events(scene).await?;
    let shown = item(&other, &folder, &uid)?;
    scene.same("calendar.meeting", value(&shown, Calendar::MeetingStatus).as_deref(), Some("1"));
    let wanted = ["Ann <ann@example.test> 3 1", "Bob <bob@example.test> 5 1"];
    scene.same("calendar.attendees", guests(&shown), wanted);
    let has_host = value(&shown, Calendar::OrganizerEmail).is_some();
    scene.check("calendar.organizer", has_host, format!("{shown:?}"));

    let invited = vec![guest("Ann", None), guest("Carol", None)];
    let fields = but(&fields, &[], vec![node(Calendar::Attendees, invited)]);
    phone.sync_all(wish(&id).with([change(&uid, fields.clone())])).await?;
    let (other, folder) = with_events(scene).await?;
    let shown = item(&other, &folder, &uid)?;
    let wanted = ["Ann <ann@example.test> 3 1", "Carol <carol@example.test> 5 1"];
    scene.same("calendar.attendees-change", guests(&shown), wanted);
    let without = [Calendar::Attendees, Calendar::MeetingStatus];
    let fields = but(&fields, &without, vec![text(Calendar::MeetingStatus, "0")]);
    phone.sync_all(wish(&id).with([change(&uid, fields.clone())])).await?;
    let (other, folder) = with_events(scene).await?;
    let shown = item(&other, &folder, &uid)?;
    scene.same("calendar.attendees-clear", guests(&shown), Vec::<String>::new());
    scene.same(
        "calendar.meeting-not",
        value(&shown, Calendar::MeetingStatus).as_deref(),
        Some("0"),
    );

    let invited = vec![guest("Host", Some("3"))];
    let with = vec![
        text(Calendar::MeetingStatus, "3"),
        text(Calendar::OrganizerName, "Host"),
        text(Calendar::OrganizerEmail, "host@example.test"),
        node(Calendar::Attendees, invited),
    ];
    let fields = but(&event("Theirs"), &[], with);
    let brought = phone.sync_all(wish(&id).with([add("theirs", fields.clone())])).await?;
    let uid = server_id(&brought)?;
    let with = vec![text(Calendar::MeetingStatus, "1"), text(Calendar::Subject, "Mine?")];
    let fields = but(&fields, &[Calendar::OrganizerEmail, Calendar::OrganizerName], with);
    phone.sync_all(wish(&id).with([change(&uid, fields)])).await?;
    let (other, folder) = with_events(scene).await?;
    let shown = item(&other, &folder, &uid)?;
    let is_theirs = value(&shown, Calendar::MeetingStatus);
    scene.same("calendar.guest-is-no-host", is_theirs.as_deref(), Some("3"));
    let brought = phone.sync_all(wish(&id)).await?;
    let quiet = brought.added.is_empty() && brought.changed.is_empty();
    scene.check("calendar.quiet", quiet, format!("{brought:?}"));
    Ok(())
}
