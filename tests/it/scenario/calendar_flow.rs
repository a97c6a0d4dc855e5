//! Events that leave a phone and come back to it, and those of others that are private.

use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, node, text};
use horde_eas::probe::phone::Phone;
use horde_eas::probe::sync::{change, delete};
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{AirSync, AirSyncBase, Calendar};
use serde_json::json;

use crate::scenario::Scene;
use crate::scenario::calendar::{item, rules, status, value, wish};
use crate::support::shares::CALENDAR;
use crate::support::world::World;

/// Lines of iCalendar for an hour, some days from now.
fn lines(uid: &str, subject: &str, days: i64) -> Vec<String> {
    let from = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
    let to = from + jiff::SignedDuration::from_hours(1);
    vec![
        format!("UID:{uid}"),
        format!("SUMMARY:{subject}"),
        format!("DTSTART:{}", from.strftime("%Y%m%dT%H%M%SZ")),
        format!("DTEND:{}", to.strftime("%Y%m%dT%H%M%SZ")),
    ]
}

async fn put(world: &World, uid: &str, subject: &str, days: i64) {
    let lines = lines(uid, subject, days);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    if world.event(uid).await.is_some() {
        world.change_event(uid, &lines).await;
    } else {
        world.add_event(&lines).await;
    }
}

/// What goes out of the window leaves the phone; what comes into it is new there, whatever it was
/// before, and what stays in it is changed.
pub(super) async fn window(scene: &mut Scene) -> Result<(), Error> {
    scene.world().delete_events().await;
    let [old, new] = [(); 2].map(|()| uuid::Uuid::new_v4().to_string());
    put(scene.world(), &old, "Long ago", -60).await;
    put(scene.world(), &new, "Soon", 2).await;
    let mut phone = scene.paired().await?;
    let id = phone.folder_of(8).ok_or(Error::Missing("calendar"))?.id.clone();
    let wish = || {
        let mut wish = wish(&id);
        wish.options.insert(0, text(AirSync::FilterType, "4"));
        wish
    };
    let brought = phone.sync_all(wish()).await?;
    scene.same("window.lists", brought.added, [new.clone()]);

    put(scene.world(), &old, "Now soon", 3).await;
    put(scene.world(), &new, "Still soon", 4).await;
    let brought = phone.sync_all(wish()).await?;
    let told = (&*brought.added, &*brought.changed);
    let wanted = (std::slice::from_ref(&old), std::slice::from_ref(&new));
    scene.same("window.enters-as-new", told, wanted);

    put(scene.world(), &old, "Long ago again", -60).await;
    let brought = phone.sync_all(wish()).await?;
    scene.same("window.leaves", &brought.soft_deleted, std::slice::from_ref(&old));
    put(scene.world(), &old, "Longer ago", -70).await;
    let brought = phone.sync_all(wish()).await?;
    let n_told = brought.added.len() + brought.changed.len() + brought.soft_deleted.len();
    scene.same("window.stays-away", n_told, 0);
    put(scene.world(), &old, "Soon again", 5).await;
    let brought = phone.sync_all(wish()).await?;
    scene.same("window.enters-again", &brought.added, std::slice::from_ref(&old));
    Ok(())
}

/// What a private event of somebody else may show: when, and nothing of what.
fn is_masked(shown: &Element) -> bool {
    let told = [Calendar::Location, Calendar::Attendees, Calendar::Categories];
    let words = shown.value(&[AirSyncBase::Body, AirSyncBase::Data]).unwrap_or_default();
    let text = format!("{shown:?}");
    told.iter().all(|tag| shown.value(&[*tag]).is_none_or(|value| value.is_empty()))
        && words.is_empty()
        && !text.contains("Doctor")
        && !text.contains("Clinic")
        && !text.contains("ann@example.test")
}

/// Private events in a calendar that somebody shares: their time is shown, and nothing else; and
/// nobody but who made them changes them.
pub(super) async fn masked(scene: &mut Scene) -> Result<(), Error> {
    let other = World::new().await;
    other.delete_events().await;
    let (own, theirs) =
        (scene.world().default_share(CALENDAR).await, other.default_share(CALENDAR).await);
    other.give_share(CALENDAR, &theirs, scene.world(), true).await;
    scene.world().sync_shares(CALENDAR, &[&own, &theirs]).await;
    let done = looks(scene, &other).await;
    scene.world().want_nothing().await;
    scene.world().lose_shares(CALENDAR).await;
    other.delete_events().await;
    done
}

async fn looks(scene: &mut Scene, other: &World) -> Result<(), Error> {
    let (one, series) = (uuid::Uuid::new_v4().to_string(), uuid::Uuid::new_v4().to_string());
    let local = |text: &str| json!({"local": text});
    let data = |title: &str| {
        json!({
            "title": title, "location": "Clinic", "description": "Doctor says", "private": true,
            "zone": "Europe/Berlin", "allday": false, "alarm": 10, "tags": ["Doctor"],
            "start": local("2026-12-07T09:00:00"), "end": local("2026-12-07T10:00:00"),
            "attendees": [{"email": "ann@example.test", "name": "Ann", "role": "required",
                "response": "none"}],
        })
    };
    other.apply_event(json!({"op": "add", "uid": one, "data": data("Doctor")})).await;
    let mut weekly = data("Doctor, weekly");
    weekly["recurrence"] =
        json!({"type": "weekly", "interval": 1, "days": 2, "until": null, "count": 5});
    other.apply_event(json!({"op": "add", "uid": series, "data": weekly})).await;
    let second = "2026-12-14T08:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
    let data = json!({"title": "Doctor, moved", "location": "Clinic 2",
        "start": local("2026-12-14T11:00:00"), "end": local("2026-12-14T12:00:00")});
    let moved = json!({"op": "patch", "uid": series, "instance": second, "data": data});
    other.apply_event(moved).await;

    let mut phone = scene.paired().await?;
    let id = phone.folder_of(8).ok_or(Error::Missing("calendar"))?.id.clone();
    phone.sync_all(wish(&id)).await?;
    let shown = item(&phone, &id, &one)?;
    scene.check("masked.single", is_masked(&shown), format!("{shown:?}"));
    let title = value(&shown, Calendar::Subject).unwrap_or_default();
    scene.check("masked.has-a-title", !title.is_empty(), title);
    let times = [Calendar::StartTime, Calendar::EndTime].map(|tag| value(&shown, tag));
    let wanted = ["20261207T080000Z", "20261207T090000Z"].map(|at| Some(at.to_owned()));
    scene.same("masked.times", times, wanted);
    let shown = item(&phone, &id, &series)?;
    scene.check("masked.series", is_masked(&shown), format!("{shown:?}"));
    let at = shown.value(&[Calendar::Exceptions, Calendar::Exception, Calendar::StartTime]);
    scene.same("masked.exception-moves", at.as_deref(), Some("20261214T100000Z"));

    other
        .apply_event(json!({"op": "patch", "uid": one, "data": {"title": "Doctor 2",
        "start": local("2026-12-07T11:00:00"), "end": local("2026-12-07T12:00:00")}}))
        .await;
    let brought = phone.sync_all(wish(&id)).await?;
    scene.same("masked.changes", &brought.changed, std::slice::from_ref(&one));
    let shown = item(&phone, &id, &one)?;
    let at = value(&shown, Calendar::StartTime);
    let is_right = is_masked(&shown) && at.as_deref() == Some("20261207T100000Z");
    scene.check("masked.changed", is_right, format!("{shown:?}"));
    edits(scene, other, &mut phone, &id, [&one, &series]).await
}

/// An edit is refused: what is masked would overwrite what it masks.
async fn edits(
    scene: &mut Scene,
    other: &World,
    phone: &mut Phone,
    id: &str,
    uids: [&str; 2],
) -> Result<(), Error> {
    let before = (other.event(uids[0]).await, other.event(uids[1]).await);
    let bound = other.bound_events(uids[1]).await;
    for uid in uids {
        let fields = vec![
            rules("Europe/Berlin"),
            text(Calendar::AllDayEvent, "0"),
            text(Calendar::Subject, "Mine"),
            text(Calendar::StartTime, "20261208T080000Z"),
            text(Calendar::EndTime, "20261208T090000Z"),
            node(
                AirSyncBase::Body,
                vec![text(AirSyncBase::Type, "1"), text(AirSyncBase::Data, "Mine")],
            ),
        ];
        let brought = phone.sync_all(wish(id).with([change(uid, fields)])).await?;
        let told = status(&brought);
        scene.check("masked.edit-refused", told.is_some_and(|told| told != 1), format!("{told:?}"));
        let shown = value(&item(phone, id, uid)?, Calendar::Subject);
        let is_back = shown.as_deref().is_some_and(|shown| shown != "Mine");
        scene.check("masked.edit-goes-back", is_back, format!("{brought:?} {shown:?}"));
        let brought = phone.sync_all(wish(id).with([delete(uid)])).await?;
        let is_there = phone.collections[id].items.contains_key(uid);
        scene.check("masked.delete-goes-back", is_there, format!("{brought:?}"));
    }
    let after = (other.event(uids[0]).await, other.event(uids[1]).await);
    scene.same("masked.stays", after, before);
    scene.same("masked.instances-stay", other.bound_events(uids[1]).await, bound);
    Ok(())
}
