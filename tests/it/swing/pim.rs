//! Notes, tasks and events in the swing: what the server does to them, what the phone does, and
//! what both hold at the end.
//!
//! The server's side goes through the bridge, so through Horde's own objects: its stock JSON-RPC
//! can not say what a series needs.

use horde_eas::probe::node::{Look as _, node, text};
use horde_eas::probe::phone::{Phone, body_preference};
use horde_eas::probe::sync::{Wish, add, change, delete};
use horde_eas::wbxml::Tag;
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{AirSync, AirSyncBase, Calendar, Notes, Tasks};
use rand::Rng as _;
use serde_json::{Value, json};

use crate::support::shares::{self, Form};
use crate::support::world::World;
use crate::swing::one_in;
use crate::swing::round::Swing;

/// A class of items beside mail and contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Events,
    Notes,
    Tasks,
}

/// A folder of the phone's, and the share behind it.
#[derive(Clone, Debug)]
pub(super) struct Pim {
    pub(super) kind: Kind,
    pub(super) id: String,
    share: String,
}

/// One item as Horde's table has it.
struct Row {
    uid: String,
    title: String,
    /// What the phone must show of it.
    line: String,
    /// Whether it is a series.
    is_series: bool,
}

const NOTES: &str = "SELECT memo_uid, memo_desc, COALESCE(memo_body, ''), 0
    FROM mnemo_memos WHERE memo_owner = ?";
const TASKS: &str = "SELECT task_uid, task_name, CONCAT('due ', DATE_FORMAT(
    CONVERT_TZ(FROM_UNIXTIME(task_due), @@session.time_zone, '+00:00'), '%Y-%m-%dT%H:%i:%s.000Z'),
    ' complete ', task_completed, ' text ', COALESCE(task_desc, '')), 0
    FROM nag_tasks WHERE task_owner = ?";
const EVENTS: &str = "SELECT event_uid, event_title, CONCAT(DATE_FORMAT(event_start, '%Y%m%dT%H%i%sZ'),
    ' to ', DATE_FORMAT(event_end, '%Y%m%dT%H%i%sZ'), ' at ', COALESCE(event_location, ''), ' other days ',
    IF(COALESCE(event_exceptions, '') = '', 0,
        1 + LENGTH(event_exceptions) - LENGTH(REPLACE(event_exceptions, ',', ''))),
    COALESCE((SELECT CONCAT(' ', GROUP_CONCAT(b.event_title ORDER BY b.event_title SEPARATOR ' '))
        FROM kronolith_events b WHERE b.event_baseid = e.event_uid), '')), event_recurtype <> 0
    FROM kronolith_events e WHERE calendar_id = ? AND COALESCE(event_baseid, '') = ''";

impl Kind {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Events, Self::Notes, Self::Tasks];

    const fn form(self) -> Form {
        match self {
            Self::Events => shares::CALENDAR,
            Self::Notes => shares::NOTES,
            Self::Tasks => shares::TASKS,
        }
    }

    /// The class on the wire.
    pub(super) const fn class(self) -> &'static str {
        self.form().class
    }

    /// What its titles stand in.
    pub(super) const fn title(self) -> Tag {
        match self {
            Self::Events => Calendar::Subject,
            Self::Notes => Notes::Subject,
            Self::Tasks => Tasks::Subject,
        }
    }

    const fn query(self) -> &'static str {
        match self {
            Self::Events => EVENTS,
            Self::Notes => NOTES,
            Self::Tasks => TASKS,
        }
    }
}

impl Pim {
    /// The folders that a phone has.
    pub(super) async fn all(world: &World, phone: &Phone) -> Vec<Self> {
        let mut all = Vec::new();
        for kind in Kind::ALL {
            if let Some(folder) = phone.folder_of(kind.form().primary) {
                let share = world.default_share(kind.form()).await;
                all.push(Self { kind, id: folder.id.clone(), share });
            }
        }
        all
    }

    /// All of it.
    pub(super) fn wish(&self) -> Wish {
        let filter = (self.kind != Kind::Notes).then(|| text(AirSync::FilterType, "0"));
        let options = filter.into_iter().chain([body_preference(1, Some(1000))]).collect();
        Wish { get_changes: Some(true), options, ..Wish::of(&self.id, self.kind.class()) }
    }

    async fn rows(&self, world: &World) -> Vec<Row> {
        let rows: Vec<(String, String, String, bool)> =
            world.select(self.kind.query(), (&self.share,)).await;
        rows.into_iter()
            .map(|(uid, title, line, is_series)| Row {
                uid,
                line: format!("{} {title}: {line}", self.kind.class()),
                title,
                is_series,
            })
            .collect()
    }

    /// What the phone must hold.
    pub(super) async fn expected(&self, world: &World) -> Vec<String> {
        self.rows(world).await.into_iter().map(|row| row.line).collect()
    }

    async fn write(&self, world: &World, mut operation: Value) {
        operation["class"] = self.kind.form().api.into();
        operation["share"] = (&*self.share).into();
        world.apply(operation).await;
    }
}

/// What a phone shows of an item, as [`Pim::expected`] has it.
pub(super) fn line(kind: Kind, item: &Element) -> String {
    let field = |tag| item.value(&[tag]).unwrap_or_default();
    let body = || item.value(&[AirSyncBase::Body, AirSyncBase::Data]).unwrap_or_default();
    let rest = match kind {
        Kind::Notes => body(),
        Kind::Tasks => {
            let (due, complete) = (field(Tasks::UtcDueDate), field(Tasks::Complete));
            format!("due {due} complete {complete} text {}", body())
        }
        Kind::Events => {
            let others = item.child(Calendar::Exceptions);
            let others: Vec<&Element> = others.iter().flat_map(|all| all.children()).collect();
            let mut titles: Vec<String> =
                others.iter().filter_map(|other| other.value(&[Calendar::Subject])).collect();
            titles.sort();
            let titles: String = titles.iter().map(|title| format!(" {title}")).collect();
            let (start, end) = (field(Calendar::StartTime), field(Calendar::EndTime));
            let place = field(Calendar::Location);
            format!("{start} to {end} at {place} other days {}{titles}", others.len())
        }
    };
    format!("{} {}: {rest}", kind.class(), field(kind.title()))
}

impl Swing {
    /// Something happens to an item on the server.
    pub(super) async fn server_pim(&mut self) {
        let Some(pim) = self.some_pim() else { return };
        let act = self.random.random_range(0..4);
        if act == 0 {
            let title = self.name();
            let data = self.new_item(pim.kind, &title);
            let uid = uuid::Uuid::new_v4().to_string();
            pim.write(&self.world, json!({ "op": "add", "uid": uid, "data": data })).await;
            return self.count("server item");
        }
        let rows = pim.rows(&self.world).await;
        let Some(title) = self.pick(rows.iter().map(|row| row.title.clone()).collect()) else {
            return;
        };
        let row = rows.into_iter().find(|row| row.title == title).unwrap();
        eprintln!("round {} server act {act} on {:?} {title} ({})", self.round, pim.kind, row.uid);
        if act == 3 {
            pim.write(&self.world, json!({ "op": "delete", "uid": row.uid })).await;
            return self.count("server item delete");
        }
        let word = format!("Server's {}", self.round);
        let operation = match pim.kind {
            Kind::Notes => json!({ "data": { "body": word } }),
            Kind::Tasks if act == 1 => json!({ "data": { "completed": true } }),
            Kind::Tasks => json!({ "data": { "description": word } }),
            Kind::Events if row.is_series => {
                self.count("server instance");
                let at = self.random.random_range(1..6) * 7;
                let instance =
                    json!({ "local": format!("{}T09:00:00", day(&row_day(&row.line), at)) });
                if act == 1 {
                    json!({ "op": "delete", "instance": instance, "data": null })
                } else {
                    let title = format!("{title}x{}", self.round);
                    json!({ "instance": instance, "data": { "title": title } })
                }
            }
            Kind::Events => json!({ "data": { "location": word } }),
        };
        let mut operation = operation;
        if operation.get("op").is_none() {
            operation["op"] = "patch".into();
        }
        operation["uid"] = (&*row.uid).into();
        pim.write(&self.world, operation).await;
        self.count("server item change");
    }

    /// What the user does to items on the phone: a wish for each folder.
    pub(super) fn phone_pims(&mut self) -> Vec<Wish> {
        self.pims
            .clone()
            .iter()
            .map(|pim| {
                let command = self.phone_pim(pim);
                pim.wish().with(command)
            })
            .collect()
    }

    fn phone_pim(&mut self, pim: &Pim) -> Option<Element> {
        let act = self.random.random_range(0..6);
        if act == 0 {
            let title = self.name();
            self.count("phone item");
            let is_series = one_in(&mut self.random, 2);
            let number = self.round;
            return Some(add(&title, fields(pim.kind, &title, number, is_series)));
        }
        if act > 3 {
            return None;
        }
        let items = &self.phone.collections.get(&pim.id)?.items;
        let titles = items.values().filter_map(|item| item.value(&[pim.kind.title()])).collect();
        let title = self.pick(titles)?;
        let mut items = self.phone.collections.get(&pim.id)?.items.iter();
        let (id, held) =
            items.find(|(_, item)| item.value(&[pim.kind.title()]).as_ref() == Some(&title))?;
        let (id, held) = (id.clone(), held.clone());
        eprintln!("round {} phone act {act} on {:?} {title} ({id})", self.round, pim.kind);
        if act == 3 {
            self.count("phone item delete");
            return Some(delete(&id));
        }
        self.count("phone item change");
        Some(change(&id, self.changed(pim.kind, &held)))
    }

    /// The whole item once more, with something else in it: so phones send changes.
    fn changed(&mut self, kind: Kind, held: &Element) -> Vec<Element> {
        let word = format!("Phone's {}", self.round);
        let is_series = held.child(Calendar::Recurrence).is_some();
        let (gone, new) = match kind {
            Kind::Notes => (AirSyncBase::Body, body(&word)),
            Kind::Tasks => (AirSyncBase::Body, body(&word)),
            Kind::Events if is_series => {
                self.count("phone instance");
                let others = held.child(Calendar::Exceptions);
                let mut others: Vec<Element> =
                    others.iter().flat_map(|all| all.children()).cloned().collect();
                let start = held.value(&[Calendar::StartTime]).unwrap_or_default();
                // Its sixth: the server leaves that alone.
                let last = exception_start(&start, 6 * 7);
                let is_new = !others.iter().any(|other| {
                    other.value(&[Calendar::ExceptionStartTime]).as_ref() == Some(&last)
                });
                if is_new {
                    others.push(node(
                        Calendar::Exception,
                        [text(Calendar::Deleted, "1"), text(Calendar::ExceptionStartTime, last)],
                    ));
                }
                (Calendar::Exceptions, node(Calendar::Exceptions, others))
            }
            Kind::Events => (Calendar::Location, text(Calendar::Location, word)),
        };
        let kept = held.children().filter(|child| child.tag != gone && is_sent(child.tag));
        kept.cloned().chain([new]).collect()
    }

    fn some_pim(&mut self) -> Option<Pim> {
        if self.pims.is_empty() {
            return None;
        }
        let at = self.random.random_range(0..self.pims.len());
        Some(self.pims[at].clone())
    }

    fn new_item(&mut self, kind: Kind, title: &str) -> Value {
        let number = self.round;
        match kind {
            Kind::Notes => json!({ "title": title, "body": "Server's" }),
            Kind::Tasks => {
                json!({ "title": title, "description": "Server's", "due": 1_800_003_600 + number * 86_400 })
            }
            Kind::Events => {
                let on = day("2027-02-01", number);
                let mut data = json!({
                    "title": title, "location": "Server's", "zone": "Europe/Berlin", "allday": false,
                    "start": { "local": format!("{on}T09:00:00") },
                    "end": { "local": format!("{on}T10:00:00") },
                });
                if one_in(&mut self.random, 2) {
                    // Over the day on which clocks are put forward.
                    let weekday = on.weekday().to_sunday_zero_offset();
                    data["recurrence"] = json!({
                        "type": "weekly", "interval": 1, "days": 1 << weekday, "count": 8, "until": null,
                    });
                }
                data
            }
        }
    }
}

fn body(words: &str) -> Element {
    node(AirSyncBase::Body, [text(AirSyncBase::Type, "1"), text(AirSyncBase::Data, words)])
}

/// What phones send back of an item.
fn is_sent(tag: Tag) -> bool {
    ![
        Notes::LastModifiedDate,
        Calendar::OrganizerName,
        Calendar::OrganizerEmail,
        Calendar::ResponseType,
        Calendar::AppointmentReplyTime,
        AirSyncBase::NativeBodyType,
    ]
    .contains(&tag)
}

/// A new item of the phone's.
fn fields(kind: Kind, title: &str, number: usize, is_series: bool) -> Vec<Element> {
    match kind {
        Kind::Notes => vec![
            text(Notes::Subject, title),
            body("Phone's"),
            text(Notes::MessageClass, "IPM.StickyNote"),
        ],
        Kind::Tasks => {
            let due = format!("{}T12:00:00.000Z", day("2027-02-01", number));
            vec![
                text(Tasks::Subject, title),
                body("Phone's"),
                text(Tasks::Importance, "1"),
                text(Tasks::UtcDueDate, &*due),
                text(Tasks::DueDate, &*due),
                text(Tasks::Complete, "0"),
                text(Tasks::Sensitivity, "0"),
                text(Tasks::ReminderSet, "0"),
            ]
        }
        Kind::Events => {
            let on = day("2027-02-01", number);
            let stamp = on.strftime("%Y%m%d");
            let mut fields = vec![
                text(Calendar::Timezone, BERLIN),
                text(Calendar::AllDayEvent, "0"),
                text(Calendar::BusyStatus, "2"),
                text(Calendar::DtStamp, format!("{stamp}T000000Z")),
                text(Calendar::EndTime, format!("{stamp}T090000Z")),
                text(Calendar::Location, "Phone's"),
                text(Calendar::Sensitivity, "0"),
                text(Calendar::Subject, title),
                text(Calendar::StartTime, format!("{stamp}T080000Z")),
                text(Calendar::UID, format!("{title}@phone")),
                text(Calendar::MeetingStatus, "0"),
            ];
            if is_series {
                let weekday = on.weekday().to_sunday_zero_offset();
                fields.push(node(
                    Calendar::Recurrence,
                    [
                        text(Calendar::Type, "1"),
                        text(Calendar::Occurrences, "8"),
                        text(Calendar::Interval, "1"),
                        text(Calendar::DayOfWeek, (1 << weekday).to_string()),
                    ],
                ));
            }
            fields
        }
    }
}

/// The day on which an event of a line starts.
fn row_day(line: &str) -> String {
    let at = line.find(": ").unwrap() + 2;
    format!("{}-{}-{}", &line[at..at + 4], &line[at + 4..at + 6], &line[at + 6..at + 8])
}

/// So many days after a day.
fn day(from: &str, days: usize) -> jiff::civil::Date {
    let from: jiff::civil::Date = from.parse().unwrap();
    from.checked_add(jiff::Span::new().days(i64::try_from(days).unwrap())).unwrap()
}

/// When an instance so many days after the first starts, by the clock of Berlin.
fn exception_start(first: &str, days: i64) -> String {
    let first = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", first).unwrap();
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let first = first.to_zoned(jiff::tz::TimeZone::UTC).unwrap().with_time_zone(zone);
    let then = first.checked_add(jiff::Span::new().days(days)).unwrap();
    then.with_time_zone(jiff::tz::TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The rules of Berlin, as phones spell them.
const BERLIN: &str = "xP///wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAoAAAAFAAMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAMAAAAFAAIAAAAAAAAAxP///w==";
