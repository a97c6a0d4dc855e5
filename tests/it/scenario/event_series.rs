//! Series and their exceptions, both ways.

use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, node, text};
use horde_eas::probe::sync::{add, change};
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::Calendar;
use serde_json::{Value, json};

use crate::scenario::Scene;
use crate::scenario::calendar::{
    but, event, item, part, server_id, status, value, wish, with_events,
};

/// Every Monday, five times.
fn weekly() -> Element {
    node(
        Calendar::Recurrence,
        vec![
            text(Calendar::Type, "1"),
            text(Calendar::Interval, "1"),
            text(Calendar::DayOfWeek, "2"),
            text(Calendar::Occurrences, "5"),
        ],
    )
}

fn gone(start: &str) -> Element {
    let fields = vec![text(Calendar::Deleted, "1"), text(Calendar::ExceptionStartTime, start)];
    node(Calendar::Exception, fields)
}

fn other(start: &str, fields: Vec<Element>) -> Element {
    let mut all = vec![text(Calendar::ExceptionStartTime, start)];
    all.extend(fields);
    node(Calendar::Exception, all)
}

/// The exceptions of an event: start by the rule, and some fields of each.
fn exceptions(shown: &Element) -> Vec<(String, Vec<Option<String>>)> {
    let all = shown.child(Calendar::Exceptions).map(|all| all.all(Calendar::Exception));
    let mut all: Vec<_> = all
        .unwrap_or_default()
        .iter()
        .map(|one| {
            let tags = [
                Calendar::Deleted,
                Calendar::Subject,
                Calendar::StartTime,
                Calendar::Location,
                Calendar::Reminder,
            ];
            let fields = tags.map(|tag| value(one, tag).filter(|text| text != "0")).to_vec();
            (value(one, Calendar::ExceptionStartTime).unwrap_or_default(), fields)
        })
        .collect();
    all.sort();
    all
}

fn some(texts: [&str; 5]) -> Vec<Option<String>> {
    texts.iter().map(|text| Some((*text).to_owned()).filter(|text| text != "-")).collect()
}

/// What the phone does with a series.
pub(super) async fn up(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_events().await;
    let (mut phone, id) = with_events(scene).await?;
    let moved = vec![
        text(Calendar::Subject, "Moved"),
        text(Calendar::StartTime, "20261214T100000Z"),
        text(Calendar::EndTime, "20261214T110000Z"),
        text(Calendar::Location, "Room 2"),
        text(Calendar::Reminder, "30"),
    ];
    let all = vec![other("20261214T080000Z", moved), gone("20261221T080000Z")];
    let fields = but(&event("Series"), &[], vec![weekly(), node(Calendar::Exceptions, all)]);
    let brought = phone.sync_all(wish(&id).with([add("series", fields.clone())])).await?;
    scene.same("series.add", status(&brought), Some(1));
    let uid = server_id(&brought)?;
    let stored = scene.world().event(&uid).await.ok_or(Error::Missing("series"))?;
    let got = json!(part(&stored, &["type", "interval", "days", "count"]));
    scene.same("series.stored", got, json!([2, 1, 2, 5]));
    let bound = scene.world().bound_events(&uid).await;
    let fields_of = |bound: &[Value]| -> Vec<Value> {
        bound.iter().map(|it| json!(part(it, &["title", "location", "alarm"]))).collect()
    };
    scene.same("series.exception-stored", fields_of(&bound), [json!(["Moved", "Room 2", 30])]);
    let first = bound.first().and_then(|it| it["uid"].as_str()).unwrap_or_default().to_owned();

    let (other_phone, folder) = with_events(scene).await?;
    let shown = item(&other_phone, &folder, &uid)?;
    let wanted = [
        ("20261214T080000Z".to_owned(), some(["-", "Moved", "20261214T100000Z", "Room 2", "30"])),
        ("20261221T080000Z".to_owned(), some(["1", "-", "-", "-", "-"])),
    ];
    scene.same("series.exceptions", exceptions(&shown), wanted);
    let is_item = other_phone.collections[&folder].items.contains_key(&first);
    scene.check("series.exception-is-no-item", !is_item, first.clone());
    let brought = phone.sync_all(wish(&id)).await?;
    let is_quiet = brought.added.is_empty() && brought.changed.is_empty();
    scene.check("series.quiet", is_quiet, format!("{brought:?}"));

    // A change of the series alone: what the exception has of its own stays, and so does its name.
    let fields = but(&fields, &[], vec![text(Calendar::Subject, "Series 2")]);
    phone.sync_all(wish(&id).with([change(&uid, fields.clone())])).await?;
    let bound = scene.world().bound_events(&uid).await;
    scene.same("series.exception-stays", fields_of(&bound), [json!(["Moved", "Room 2", 30])]);
    let uid_of = bound.first().map(|it| it["uid"].clone());
    scene.same("series.exception-keeps-uid", uid_of, Some(json!(first)));

    // The exception as in the series again, another one gone.
    let all = vec![gone("20261221T080000Z"), gone("20261228T080000Z")];
    let fields = but(&fields, &[], vec![node(Calendar::Exceptions, all)]);
    phone.sync_all(wish(&id).with([change(&uid, fields.clone())])).await?;
    let bound = scene.world().bound_events(&uid).await;
    scene.same("series.exception-away", bound.len(), 0);
    let (other_phone, folder) = with_events(scene).await?;
    let shown = item(&other_phone, &folder, &uid)?;
    let starts: Vec<_> = exceptions(&shown).into_iter().map(|(start, _)| start).collect();
    scene.same("series.gone", starts, ["20261221T080000Z", "20261228T080000Z"]);

    let fields = but(&fields, &[Calendar::Recurrence, Calendar::Exceptions], Vec::new());
    phone.sync_all(wish(&id).with([change(&uid, fields)])).await?;
    let stored = scene.world().event(&uid).await.ok_or(Error::Missing("event"))?;
    scene.same("series.ends", &stored["type"], 0);
    Ok(())
}

/// What the server does with a series.
pub(super) async fn down(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_events().await;
    let (mut phone, id) = with_events(scene).await?;
    let uid = uuid::Uuid::new_v4().to_string();
    let local = |text: &str| json!({"local": text});
    let series = json!({"op": "add", "uid": uid, "data": {
        "title": "Standing", "zone": "Europe/Berlin", "allday": false, "alarm": 10,
        "start": local("2026-12-07T09:00:00"), "end": local("2026-12-07T10:00:00"),
        "recurrence": {"type": "monthly_last_weekday", "interval": 1, "days": 0,
            "until": null, "count": 4},
    }});
    scene.world().apply_event(series).await;
    let brought = phone.sync_all(wish(&id)).await?;
    scene.same("series.add-down", brought.added, [uid.clone()]);
    let shown = item(&phone, &id, &uid)?;
    let of = |tag| shown.value(&[Calendar::Recurrence, tag]);
    let got = [Calendar::Type, Calendar::WeekOfMonth, Calendar::DayOfWeek].map(of);
    let wanted = ["3", "5", "2"].map(|text| Some(text.to_owned()));
    scene.same("series.last-weekday", got, wanted);

    let start = "2026-12-07T08:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
    let data = json!({"title": "Once otherwise", "alarm": null, "location": "Garden"});
    let one = json!({"op": "patch", "uid": uid, "instance": start, "data": data});
    scene.world().apply_event(one).await;
    let brought = phone.sync_all(wish(&id)).await?;
    let is_change = brought.added.is_empty() && brought.changed == [uid.clone()];
    scene.check("series.exception-down", is_change, format!("{brought:?}"));
    let shown = item(&phone, &id, &uid)?;
    let got = exceptions(&shown);
    let title = got.first().map(|(start, fields)| (start.as_str(), fields[1].as_deref()));
    let wanted = Some(("20261207T080000Z", Some("Once otherwise")));
    scene.same("series.exception-title", title, wanted);
    let place = got.first().and_then(|(_, fields)| fields[3].as_deref());
    scene.same("series.exception-place", place, Some("Garden"));
    let reminder = got.first().and_then(|(_, fields)| fields[4].as_deref());
    scene.same("series.exception-without-reminder", reminder, Some(""));

    let away = json!({"op": "delete", "uid": uid, "instance": start});
    scene.world().apply_event(away).await;
    let brought = phone.sync_all(wish(&id)).await?;
    scene.same("series.deleted-down", brought.changed, [uid.clone()]);
    let shown = item(&phone, &id, &uid)?;
    let got = exceptions(&shown);
    let deleted = got.first().and_then(|(_, fields)| fields[0].as_deref());
    scene.same("series.deleted-shown", (got.len(), deleted), (1, Some("1")));
    Ok(())
}

/// A Ping tells of an event.
pub(super) async fn ping(scene: &mut Scene) -> Result<(), Error> {
    let (phone, id) = with_events(scene).await?;
    let lines = ["SUMMARY:Ping", "DTSTART:20261207T110000Z", "DTEND:20261207T120000Z"];
    scene.world().add_event(&lines).await;
    let end = phone.ping(60, &[(&id, "Calendar")]).await?;
    scene.same("calendar.ping", (end.status, end.folders), (2, vec![id]));
    Ok(())
}
