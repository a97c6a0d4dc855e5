//! Events as phones speak of them since 16.0: places are elements, whole days have no zone, what is
//! left out stays, and a new event is known by its ClientUid.

use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, node, text};
use horde_eas::probe::phone::Phone;
use horde_eas::probe::sync::{Outcome, add, change, delete};
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{AirSyncBase, Calendar};
use serde_json::{Value, json};

use crate::scenario::Scene;
use crate::scenario::calendar::{
    but, event, guest, guests, item, part, server_id, status, value, wish, with_events,
};

/// A place as phones name it.
pub(super) fn place(name: &str) -> Element {
    node(AirSyncBase::Location, [text(AirSyncBase::DisplayName, name)])
}

/// The name of a place.
pub(super) fn place_of(item: &Element) -> Option<String> {
    item.value(&[AirSyncBase::Location, AirSyncBase::DisplayName])
}

/// An event of an hour, new on the phone.
pub(super) fn event_16(subject: &str) -> Vec<Element> {
    let without = [Calendar::Location, Calendar::UID, Calendar::DtStamp];
    let client_uid = text(Calendar::ClientUid, uuid::Uuid::new_v4().to_string());
    // Horde dies where two users make the same label at once.
    let labels = ["Red 16", "Blue 16"].map(|label| text(Calendar::Category, label));
    let labels = node(Calendar::Categories, labels);
    but(&event(subject), &without, vec![place("Room 1"), client_uid, labels])
}

/// A phone of the same user that speaks 14.1.
pub(super) async fn older(scene: &Scene) -> Result<(Phone, String), Error> {
    let mut phone = scene.paired_at("14.1").await?;
    let id = phone.folder_of(8).ok_or(Error::Missing("calendar"))?.id.clone();
    phone.sync_all(wish(&id)).await?;
    Ok((phone, id))
}

fn uid_in(outcome: Option<&Outcome>) -> Option<String> {
    outcome?.data.as_ref()?.value(&[Calendar::UID])
}

/// An event from its birth on one phone to its end, at the server and on other phones.
pub(super) async fn up(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_events().await;
    let (mut phone, id) = with_events(scene).await?;
    let brought = phone.sync_all(wish(&id).with([add("e1", event_16("Talk"))])).await?;
    scene.same("event-16.add", status(&brought), Some(1));
    let uid = server_id(&brought)?;
    let told = uid_in(brought.responses.first());
    scene.same("event-16.uid-is-told", told.as_deref(), Some(&*uid));
    scene.check("event-16.no-echo", brought.added.is_empty(), format!("{brought:?}"));
    let fields = ["title", "location", "description", "private", "alarm", "allday", "status"];
    let stored = scene.world().event(&uid).await.ok_or(Error::Missing("event"))?;
    let wanted = json!(["Talk", "Room 1", "one\r\ntwo", 1, 15, 0, 1]);
    scene.same("event-16.stored", json!(part(&stored, &fields)), wanted);

    // What a Change leaves out stays, without a word of Supported.
    let subject = text(Calendar::Subject, "Talk 2");
    let brought = phone.sync_all(wish(&id).with([change(&uid, [subject])])).await?;
    let is_quiet = brought.responses.is_empty() && brought.changed.is_empty();
    scene.check("event-16.change", brought.status == 1 && is_quiet, format!("{brought:?}"));
    let stored = scene.world().event(&uid).await.ok_or(Error::Missing("event"))?;
    let wanted = json!(["Talk 2", "Room 1", "one\r\ntwo", 1, 15, 0, 1]);
    scene.same("event-16.absent-stays", json!(part(&stored, &fields)), wanted);

    for (name, mut other) in [("same", with_events(scene).await?), ("older", older(scene).await?)] {
        let shown = item(&other.0, &other.1, &uid)?;
        let subject = value(&shown, Calendar::Subject);
        scene.same(&format!("event-16.subject-on-{name}"), subject.as_deref(), Some("Talk 2"));
        let label = shown.value(&[Calendar::Categories, Calendar::Category]);
        scene.check(&format!("event-16.label-on-{name}"), label.is_some(), format!("{shown:?}"));
        let (element, words) = (place_of(&shown), value(&shown, Calendar::Location));
        let room = Some("Room 1".to_owned());
        let wanted = if name == "same" { (room, None) } else { (None, room) };
        scene.same(&format!("event-16.place-on-{name}"), (element, words), wanted);
        let quiet = other.0.sync_all(wish(&other.1)).await?;
        scene.same(&format!("event-16.quiet-on-{name}"), quiet.changed, Vec::<String>::new());
    }

    // Empty elements take away.
    let cleared = vec![
        node(AirSyncBase::Location, [text(AirSyncBase::DisplayName, "")]),
        text(Calendar::Reminder, ""),
        text(Calendar::Sensitivity, "0"),
        node(Calendar::Categories, Vec::new()),
        text(Calendar::BusyStatus, "2"),
    ];
    phone.sync_all(wish(&id).with([change(&uid, cleared)])).await?;
    let stored = scene.world().event(&uid).await.ok_or(Error::Missing("event"))?;
    let got = (stored["location"].as_str().unwrap_or(""), &stored["alarm"], &stored["private"]);
    scene.same("event-16.cleared", got, ("", &json!(0), &json!(0)));
    let (other, folder) = with_events(scene).await?;
    let shown = item(&other, &folder, &uid)?;
    scene.same("event-16.labels-cleared", shown.child(Calendar::Categories), None);
    scene.same("event-16.place-cleared", place_of(&shown).unwrap_or_default(), "");

    let brought = phone.sync_all(wish(&id).with([delete(&uid)])).await?;
    scene.same("event-16.delete", (brought.status, brought.responses.len()), (1, 0));
    let stored = scene.world().event(&uid).await;
    scene.same("event-16.gone", stored, None);
    Ok(())
}

/// Whole days: digits that mean the same everywhere.
pub(super) async fn days(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_events().await;
    let (mut phone, id) = with_events(scene).await?;
    let times = |start: &str, end: &str| {
        let all_day = text(Calendar::AllDayEvent, "1");
        vec![all_day, text(Calendar::StartTime, start), text(Calendar::EndTime, end)]
    };
    let days = times("20261207T000000Z", "20261209T000000Z");
    let fields = but(&event_16("Two days"), &[Calendar::Timezone], days);
    let brought = phone.sync_all(wish(&id).with([add("days", fields)])).await?;
    let uid = server_id(&brought)?;
    let stored = scene.world().event(&uid).await.ok_or(Error::Missing("days"))?;
    scene.same("days-16.stored", &stored["allday"], 1);
    let (other, folder) = with_events(scene).await?;
    let shown = item(&other, &folder, &uid)?;
    let got = [Calendar::StartTime, Calendar::EndTime].map(|tag| value(&shown, tag));
    let wanted = ["20261207T000000Z", "20261209T000000Z"].map(|it| Some(it.to_owned()));
    scene.same("days-16.digits", got, wanted);
    scene.same("days-16.no-zone", value(&shown, Calendar::Timezone), None::<String>);
    // An older phone gets midnights of the user's zone, with that zone.
    let (old, folder) = older(scene).await?;
    let shown = item(&old, &folder, &uid)?;
    scene.same("days-16.older", midnights(&shown), Some("2026-12-07T00:00:00".to_owned()));

    // A day later, and an hour of that day: the kind of its time changes.
    let moved = times("20261208T000000Z", "20261210T000000Z");
    phone.sync_all(wish(&id).with([change(&uid, moved)])).await?;
    let (old, folder) = older(scene).await?;
    let shown = item(&old, &folder, &uid)?;
    scene.same("days-16.moved", midnights(&shown), Some("2026-12-08T00:00:00".to_owned()));
    let hour = vec![
        text(Calendar::AllDayEvent, "0"),
        text(Calendar::StartTime, "20261208T080000Z"),
        text(Calendar::EndTime, "20261208T090000Z"),
    ];
    phone.sync_all(wish(&id).with([change(&uid, hour)])).await?;
    let stored = scene.world().event(&uid).await.ok_or(Error::Missing("hour"))?;
    let wanted = [json!(0), json!("2026-12-08 08:00:00"), json!("2026-12-08 09:00:00")];
    scene.same("days-16.an-hour", part(&stored, &["allday", "start", "end"]), wanted);
    Ok(())
}

/// The start of an event by the clock of the zone that is sent with it.
fn midnights(shown: &Element) -> Option<String> {
    use base64::Engine as _;
    let rules = value(shown, Calendar::Timezone)?;
    let rules = base64::engine::general_purpose::STANDARD.decode(rules).ok()?;
    let at = horde_eas::eas::scalar::parse_date(&value(shown, Calendar::StartTime)?)?;
    horde_eas::pim::zone::local(&rules, at).map(|local| local.to_string())
}

/// A new event that is sent again under another ClientId, and others that are not the same.
pub(super) async fn same(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_events().await;
    let (mut phone, id) = with_events(scene).await?;
    let fields = event_16("Once");
    let brought = phone.sync_all(wish(&id).with([add("a", fields.clone())])).await?;
    let uid = server_id(&brought)?;
    let brought = phone.sync_all(wish(&id).with([add("b", fields.clone())])).await?;
    scene.same("same-16.same-id", server_id(&brought).ok().as_deref(), Some(&*uid));
    let told = uid_in(brought.responses.first());
    scene.same("same-16.same-uid", told.as_deref(), Some(&*uid));
    // Also from a phone that was set up anew.
    let (mut anew, folder) = with_events(scene).await?;
    let brought = anew.sync_all(wish(&folder).with([add("a", fields.clone())])).await?;
    scene.same("same-16.anew", server_id(&brought).ok().as_deref(), Some(&*uid));
    let n_stored = count(scene).await;
    scene.same("same-16.stored-once", n_stored, 1);
    // One who calls all events by one ClientUid loses none.
    let other = but(&fields, &[], vec![text(Calendar::Subject, "Another")]);
    let brought = phone.sync_all(wish(&id).with([add("c", other.clone())])).await?;
    let second = server_id(&brought)?;
    scene.check("same-16.another", second != uid, second.clone());
    let brought = phone.sync_one(wish(&id).with([add("c", other)])).await?;
    scene.same("same-16.another-again", server_id(&brought).ok().as_deref(), Some(&*second));
    let n_stored = count(scene).await;
    scene.same("same-16.stored-both", n_stored, 2);
    let unnamed = but(&event_16("Unnamed"), &[Calendar::ClientUid], Vec::new());
    let adds = [add("d", unnamed.clone()), add("e", unnamed)];
    let brought = phone.sync_all(wish(&id).with(adds)).await?;
    let ids: Vec<_> = brought.responses.iter().map(|it| it.server_id.clone()).collect();
    scene.check("same-16.unnamed-are-two", ids.len() == 2 && ids[0] != ids[1], format!("{ids:?}"));
    Ok(())
}

async fn count(scene: &mut Scene) -> usize {
    let world = scene.world();
    let query = "SELECT event_uid FROM kronolith_events WHERE calendar_id = ?";
    let calendar = world.calendar().await;
    let rows: Vec<String> = world.select(query, (calendar,)).await;
    rows.len()
}

/// Guests: what is left out stays, the list that is sent is the list, an empty one ends the meeting.
pub(super) async fn meetings(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_events().await;
    let (mut phone, id) = with_events(scene).await?;
    let invited = vec![guest("Ann", Some("3")), guest("Bob", None)];
    let with = vec![text(Calendar::MeetingStatus, "1"), node(Calendar::Attendees, invited)];
    let fields = but(&event_16("Meeting"), &[], with);
    let brought = phone.sync_all(wish(&id).with([add("meeting", fields)])).await?;
    let uid = server_id(&brought)?;
    let both = ["Ann <ann@example.test> 3 1", "Bob <bob@example.test> 5 1"];
    let renamed = text(Calendar::Subject, "Meeting 2");
    let other = node(Calendar::Attendees, vec![guest("Ann", None), guest("Carol", None)]);
    let others = ["Ann <ann@example.test> 3 1", "Carol <carol@example.test> 5 1"];
    let nobody = node(Calendar::Attendees, Vec::new());
    let over = text(Calendar::MeetingStatus, "0");
    let none: [&str; 0] = [];
    for (name, fields, wanted) in [
        ("added", Vec::new(), both.as_slice()),
        ("left-out", vec![renamed], &both),
        ("replaced", vec![other], &others),
        ("cleared", vec![nobody, over], &none),
    ] {
        if !fields.is_empty() {
            let brought = phone.sync_all(wish(&id).with([change(&uid, fields)])).await?;
            let is_taken = brought.status == 1 && brought.responses.is_empty();
            scene.check(&format!("meeting-16.{name}-is-taken"), is_taken, format!("{brought:?}"));
        }
        let (other, folder) = with_events(scene).await?;
        let shown = item(&other, &folder, &uid)?;
        scene.same(&format!("meeting-16.{name}"), guests(&shown), wanted);
        let whose = if wanted.is_empty() { "0" } else { "1" };
        let status = value(&shown, Calendar::MeetingStatus);
        scene.same(&format!("meeting-16.{name}-status"), status.as_deref(), Some(whose));
    }
    // Somebody else's: one who is invited answers, and becomes no host.
    let own = format!("{}@example.test", phone.link.user);
    let me = |status: &str| {
        let address = text(Calendar::Email, &*own);
        let fields =
            vec![address, text(Calendar::Name, "Me"), text(Calendar::AttendeeStatus, status)];
        node(Calendar::Attendees, [node(Calendar::Attendee, fields)])
    };
    let with = vec![
        text(Calendar::MeetingStatus, "3"),
        text(Calendar::OrganizerName, "Host"),
        text(Calendar::OrganizerEmail, "host@example.test"),
        me("5"),
    ];
    let fields = but(&event_16("Theirs"), &[], with);
    let brought = phone.sync_all(wish(&id).with([add("theirs", fields)])).await?;
    let uid = server_id(&brought)?;
    phone.sync_all(wish(&id).with([change(&uid, [me("3")])])).await?;
    let (other, folder) = with_events(scene).await?;
    let shown = item(&other, &folder, &uid)?;
    let whose = value(&shown, Calendar::MeetingStatus);
    scene.same("meeting-16.theirs", whose.as_deref(), Some("3"));
    let answer = shown.value(&[Calendar::Attendees, Calendar::Attendee, Calendar::AttendeeStatus]);
    scene.same("meeting-16.answer", answer.as_deref(), Some("3"));
    Ok(())
}

/// As `up`, where no more than 14.1 is served.
pub(super) async fn above(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_events().await;
    let (mut phone, id) = with_events(scene).await?;
    let versions = phone.link.options().await?.header("ms-asprotocolversions");
    scene.check("above-16.is-not-served", !versions.contains("16"), versions);
    let brought = phone.sync_all(wish(&id).with([add("e1", event_16("Talk"))])).await?;
    scene.same("above-16.add", status(&brought), Some(1));
    let uid = server_id(&brought)?;
    let told = uid_in(brought.responses.first());
    scene.same("above-16.is-answered-in-14.1", told, None::<String>);
    let subject = text(Calendar::Subject, "Talk 2");
    phone.sync_all(wish(&id).with([change(&uid, [subject])])).await?;
    let fields = ["title", "location", "description", "private", "alarm"];
    let stored = scene.world().event(&uid).await.ok_or(Error::Missing("event"))?;
    let wanted = json!(["Talk 2", "Room 1", "one\r\ntwo", 1, 15]);
    scene.same("above-16.absent-stays", json!(part(&stored, &fields)), wanted);
    let (other, folder) = with_events(scene).await?;
    let shown = item(&other, &folder, &uid)?;
    let label = shown.value(&[Calendar::Categories, Calendar::Category]);
    scene.check("above-16.label", label.is_some(), format!("{shown:?}"));
    Ok(())
}

/// Fields of events of the table, in the order of names.
pub(super) fn rows(events: &[Value], names: &[&str]) -> Vec<Value> {
    events.iter().map(|it| json!(part(it, names))).collect()
}
