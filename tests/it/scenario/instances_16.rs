//! Occurrences of series since 16.0: a phone names each by InstanceId, the server tells them with
//! their series.

use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, node, text};
use horde_eas::probe::phone::Phone;
use horde_eas::probe::sync::{add, change, delete, of_instance};
use horde_eas::wbxml::Tag;
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{AirSyncBase, Calendar};
use serde_json::json;

use crate::scenario::Scene;
use crate::scenario::calendar::{but, item, part, server_id, status, value, wish, with_events};
use crate::scenario::calendar_16::{event_16, older, place, place_of, rows};

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

/// The exceptions of an event: start by the rule, whether it is gone, subject, place.
fn exceptions(shown: &Element, name: Tag) -> Vec<[Option<String>; 4]> {
    let all = shown.child(Calendar::Exceptions).map(|all| all.all(Calendar::Exception));
    let mut all: Vec<_> = all
        .unwrap_or_default()
        .iter()
        .map(|one| {
            let place = place_of(one).or_else(|| value(one, Calendar::Location));
            let gone = value(one, Calendar::Deleted).filter(|gone| gone != "0");
            [value(one, name), gone, value(one, Calendar::Subject), place]
        })
        .collect();
    all.sort();
    all
}

fn some(texts: [&str; 4]) -> [Option<String>; 4] {
    texts.map(|text| Some(text.to_owned()).filter(|text| text != "-"))
}

/// What a phone does with one occurrence.
pub(super) async fn up(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_events().await;
    let (mut phone, id) = with_events(scene).await?;
    let series = but(&event_16("Series"), &[], vec![weekly()]);
    let brought = phone.sync_all(wish(&id).with([add("series", series)])).await?;
    let uid = server_id(&brought)?;
    let (mut second, folder) = with_events(scene).await?;
    let (mut old, old_folder) = older(scene).await?;

    let fields = vec![
        text(Calendar::Subject, "Moved"),
        text(Calendar::StartTime, "20261214T100000Z"),
        text(Calendar::EndTime, "20261214T110000Z"),
        place("Room 2"),
    ];
    let moved = of_instance(change(&uid, fields), "20261214T080000Z");
    let gone = of_instance(delete(&uid), "20261221T080000Z");
    let brought = phone.sync_all(wish(&id).with([moved.clone(), gone])).await?;
    let is_quiet = brought.responses.is_empty() && brought.changed.is_empty();
    scene.check("instance-16.taken", brought.status == 1 && is_quiet, format!("{brought:?}"));
    let bound = scene.world().bound_events(&uid).await;
    let names = ["title", "location", "start", "alarm", "description"];
    let wanted = json!(["Moved", "Room 2", "2026-12-14 10:00:00", 15, "one\r\ntwo"]);
    scene.same("instance-16.stored", rows(&bound, &names), [wanted]);
    let stored = scene.world().event(&uid).await.ok_or(Error::Missing("series"))?;
    let title = part(&stored, &["title", "location", "type", "count"]);
    scene.same(
        "instance-16.series-stays",
        title,
        [json!("Series"), json!("Room 1"), json!(2), json!(5)],
    );

    let wanted = [
        some(["20261214T080000Z", "-", "Moved", "Room 2"]),
        some(["20261221T080000Z", "1", "-", "-"]),
    ];
    for (name, other, folder, tag) in [
        ("same", &mut second, &folder, AirSyncBase::InstanceId),
        ("older", &mut old, &old_folder, Calendar::ExceptionStartTime),
    ] {
        let brought = other.sync_all(wish(folder)).await?;
        scene.same(&format!("instance-16.told-to-{name}"), brought.changed, [uid.clone()]);
        let shown = item(other, folder, &uid)?;
        scene.same(
            &format!("instance-16.shown-on-{name}"),
            exceptions(&shown, tag),
            wanted.clone(),
        );
    }

    // Sent again, after a lost answer: the same.
    let before = bound.first().map(|it| it["uid"].clone());
    let brought = phone.sync_all(wish(&id).with([moved])).await?;
    scene.check("instance-16.again", brought.responses.is_empty(), format!("{brought:?}"));
    let bound = scene.world().bound_events(&uid).await;
    scene.same(
        "instance-16.one",
        bound.iter().map(|it| Some(it["uid"].clone())).collect::<Vec<_>>(),
        [before],
    );

    // One more field of the same occurrence: the others stay.
    let more = vec![text(Calendar::Reminder, "30")];
    let more = of_instance(change(&uid, more), "20261214T080000Z");
    phone.sync_all(wish(&id).with([more])).await?;
    let bound = scene.world().bound_events(&uid).await;
    let wanted = json!(["Moved", "Room 2", "2026-12-14 10:00:00", 30, "one\r\ntwo"]);
    scene.same("instance-16.absent-stays", rows(&bound, &names), [wanted]);

    refused(scene, &mut phone, &id, &uid).await?;
    // An occurrence that was changed goes.
    let gone = of_instance(delete(&uid), "20261214T080000Z");
    phone.sync_all(wish(&id).with([gone])).await?;
    let bound = scene.world().bound_events(&uid).await;
    scene.same("instance-16.changed-goes", bound.len(), 0);
    let (other, folder) = with_events(scene).await?;
    let shown = item(&other, &folder, &uid)?;
    let wanted =
        [some(["20261214T080000Z", "1", "-", "-"]), some(["20261221T080000Z", "1", "-", "-"])];
    scene.same("instance-16.both-gone", exceptions(&shown, AirSyncBase::InstanceId), wanted);
    let brought = phone.sync_all(wish(&id)).await?;
    let is_quiet =
        brought.added.is_empty() && brought.changed.is_empty() && brought.deleted.is_empty();
    scene.check("instance-16.quiet", is_quiet, format!("{brought:?}"));
    Ok(())
}

/// What there is not is refused, by its name, and the series comes back.
async fn refused(scene: &mut Scene, phone: &mut Phone, id: &str, uid: &str) -> Result<(), Error> {
    for (name, command) in
        [("change", change(uid, vec![text(Calendar::Subject, "No")])), ("delete", delete(uid))]
    {
        let command = of_instance(command, "20261215T080000Z");
        let brought = phone.sync_all(wish(id).with([command])).await?;
        let told = brought.responses.first().map(|it| (it.status, it.instance_id.clone()));
        let wanted = Some((8, Some("20261215T080000Z".to_owned())));
        scene.same(&format!("instance-16.no-such-{name}"), told, wanted);
    }
    Ok(())
}

/// What a change of the series does to its exceptions; and a series of whole days.
pub(super) async fn moved(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_events().await;
    let (mut phone, id) = with_events(scene).await?;
    let fields = but(&event_16("Series"), &[], vec![weekly()]);
    let brought = phone.sync_all(wish(&id).with([add("series", fields.clone())])).await?;
    let uid = server_id(&brought)?;
    let other = vec![text(Calendar::Subject, "Other")];
    let other = of_instance(change(&uid, other), "20261214T080000Z");
    phone.sync_all(wish(&id).with([other])).await?;

    // All of the series again, with another title: nothing moved, so the exception stays.
    let renamed = but(&fields, &[Calendar::ClientUid], vec![text(Calendar::Subject, "Series 2")]);
    phone.sync_all(wish(&id).with([change(&uid, renamed)])).await?;
    let bound = scene.world().bound_events(&uid).await;
    scene.same("moved-16.renamed", rows(&bound, &["title"]), [json!(["Other"])]);
    // An hour later: the exceptions go. [MS-ASCAL] §2.2.2.22
    let later = vec![
        text(Calendar::StartTime, "20261207T090000Z"),
        text(Calendar::EndTime, "20261207T100000Z"),
    ];
    let brought = phone.sync_all(wish(&id).with([change(&uid, later)])).await?;
    scene.check("moved-16.later", brought.responses.is_empty(), format!("{brought:?}"));
    let bound = scene.world().bound_events(&uid).await;
    scene.same("moved-16.exceptions-go", bound.len(), 0);
    let (old, folder) = older(scene).await?;
    let shown = item(&old, &folder, &uid)?;
    let got =
        (value(&shown, Calendar::StartTime), exceptions(&shown, Calendar::ExceptionStartTime));
    scene.same("moved-16.shown", got, (Some("20261207T090000Z".to_owned()), Vec::new()));

    let days = vec![
        weekly(),
        text(Calendar::AllDayEvent, "1"),
        text(Calendar::StartTime, "20261207T000000Z"),
        text(Calendar::EndTime, "20261208T000000Z"),
    ];
    let fields = but(&event_16("Days"), &[Calendar::Timezone], days);
    let brought = phone.sync_all(wish(&id).with([add("days", fields)])).await?;
    let uid = server_id(&brought)?;
    let named = vec![text(Calendar::Subject, "Other day")];
    let named = of_instance(change(&uid, named), "20261214T000000Z");
    let gone = of_instance(delete(&uid), "20261221T000000Z");
    let brought = phone.sync_all(wish(&id).with([named, gone])).await?;
    scene.check("moved-16.days-taken", brought.responses.is_empty(), format!("{brought:?}"));
    let (other, folder) = with_events(scene).await?;
    let shown = item(&other, &folder, &uid)?;
    let wanted = [
        some(["20261214T000000Z", "-", "Other day", "-"]),
        some(["20261221T000000Z", "1", "-", "-"]),
    ];
    scene.same("moved-16.days-shown", exceptions(&shown, AirSyncBase::InstanceId), wanted);
    // An event that does not recur has no occurrences.
    let brought = phone.sync_all(wish(&id).with([add("one", event_16("One"))])).await?;
    let one = server_id(&brought)?;
    let none = of_instance(delete(&one), "20261207T080000Z");
    let brought = phone.sync_all(wish(&id).with([none])).await?;
    scene.same("moved-16.no-series", status(&brought), Some(6));
    let is_there = scene.world().event(&one).await.is_some();
    scene.check("moved-16.no-series-stays", is_there, one);
    Ok(())
}

/// What the server does with a series and its occurrences.
pub(super) async fn down(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_events().await;
    let (mut phone, id) = with_events(scene).await?;
    let uid = uuid::Uuid::new_v4().to_string();
    let local = |text: &str| json!({"local": text});
    let series = json!({"op": "add", "uid": uid, "data": {
        "title": "Standing", "zone": "Europe/Berlin", "allday": false, "location": "Hall",
        "start": local("2026-12-07T09:00:00"), "end": local("2026-12-07T10:00:00"),
        "recurrence": {"type": "weekly", "interval": 1, "days": 2, "until": null, "count": 4},
    }});
    scene.world().apply_event(series).await;
    let brought = phone.sync_all(wish(&id)).await?;
    scene.same("down-16.added", brought.added, [uid.clone()]);
    let shown = item(&phone, &id, &uid)?;
    scene.same("down-16.place", place_of(&shown).as_deref(), Some("Hall"));
    scene.same("down-16.uid", value(&shown, Calendar::UID).as_deref(), Some(&*uid));
    let start = "2026-12-14T08:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
    let data = json!({"title": "Once otherwise", "location": "Garden"});
    let one = json!({"op": "patch", "uid": uid, "instance": start, "data": data});
    scene.world().apply_event(one).await;
    let brought = phone.sync_all(wish(&id)).await?;
    let is_change = brought.added.is_empty() && brought.changed == [uid.clone()];
    scene.check("down-16.exception-is-no-item", is_change, format!("{brought:?}"));
    let shown = item(&phone, &id, &uid)?;
    let wanted = [some(["20261214T080000Z", "-", "Once otherwise", "Garden"])];
    scene.same("down-16.exception", exceptions(&shown, AirSyncBase::InstanceId), wanted);
    let old_name = exceptions(&shown, Calendar::ExceptionStartTime);
    scene.same("down-16.old-name", old_name.first().and_then(|it| it[0].clone()), None::<String>);
    scene.world().apply_event(json!({"op": "delete", "uid": uid, "instance": start})).await;
    let brought = phone.sync_all(wish(&id)).await?;
    scene.same("down-16.deleted", brought.changed, [uid.clone()]);
    let shown = item(&phone, &id, &uid)?;
    let wanted = [some(["20261214T080000Z", "1", "-", "-"])];
    scene.same("down-16.deleted-shown", exceptions(&shown, AirSyncBase::InstanceId), wanted);
    Ok(())
}
