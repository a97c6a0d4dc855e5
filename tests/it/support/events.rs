//! Events as Horde has them.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use serde_json::{Value, json};

use crate::support::stack;
use crate::support::world::World;

const FIELDS: &str = "JSON_OBJECT('title', event_title, 'location', event_location, \
    'description', event_description, 'status', event_status, 'private', event_private, \
    'start', event_start, 'end', event_end, 'allday', event_allday, 'alarm', event_alarm, \
    'zone', event_timezone, 'type', event_recurtype, 'interval', event_recurinterval, \
    'days', event_recurdays, 'count', event_recurcount, 'until', event_recurenddate, \
    'gone', event_exceptions, 'url', event_url, 'attendees', event_attendees, \
    'uid', event_uid)";

impl World {
    /// The user's calendar.
    pub(crate) async fn calendar(&self) -> String {
        self.call("calendar.getDefaultShare", json!([])).await.as_str().unwrap().to_owned()
    }

    /// Imports an event, given by its lines of iCalendar; answers its uid.
    pub(crate) async fn add_event(&self, lines: &[&str]) -> String {
        let text = icalendar(lines);
        let uid = self.call("calendar.import", json!([text, "text/calendar"])).await;
        uid.as_str().unwrap().to_owned()
    }

    /// Replaces an event.
    pub(crate) async fn change_event(&self, uid: &str, lines: &[&str]) {
        let text = icalendar(lines);
        self.call("calendar.replace", json!([uid, text, "text/calendar"])).await;
    }

    /// Deletes an event.
    pub(crate) async fn delete_event(&self, uid: &str) {
        self.call("calendar.delete", json!([uid])).await;
    }

    /// Writes an event through Kronolith's own objects.
    pub(crate) async fn apply_event(&self, mut operation: Value) -> String {
        operation["class"] = json!("calendar");
        operation["share"] = json!(self.calendar().await);
        let answer = self.call("bridge.apply", json!([[operation]])).await;
        let result = &answer["results"][0];
        assert!(result.get("error").is_none(), "{answer}");
        result["uid"].as_str().unwrap().to_owned()
    }

    /// Deletes all events of the user.
    pub(crate) async fn delete_events(&self) {
        let select = "SELECT event_uid FROM kronolith_events WHERE calendar_id = ? \
            AND COALESCE(event_baseid, '') = ''";
        let calendar = self.calendar().await;
        let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        let uids: Vec<String> = conn.exec(select, (calendar,)).await.unwrap();
        conn.disconnect().await.unwrap();
        for uid in uids {
            self.delete_event(&uid).await;
        }
    }

    /// An event as its table has it; times are in UTC.
    pub(crate) async fn event(&self, uid: &str) -> Option<Value> {
        self.events("event_uid", uid).await.pop()
    }

    /// The events that stand for occurrences of a series, in their order.
    pub(crate) async fn bound_events(&self, uid: &str) -> Vec<Value> {
        self.events("event_baseid", uid).await
    }

    async fn events(&self, column: &str, uid: &str) -> Vec<Value> {
        let select = format!(
            "SELECT {FIELDS} FROM kronolith_events WHERE {column} = ? ORDER BY event_start"
        );
        let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        let rows: Vec<String> = conn.exec(select, (uid,)).await.unwrap();
        conn.disconnect().await.unwrap();
        rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
    }

    /// Writes into an event past Horde.
    pub(crate) async fn spoil_event(&self, uid: &str, column: &str, value: &str) {
        let update = format!("UPDATE kronolith_events SET {column} = ? WHERE event_uid = ?");
        let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        conn.exec_drop(update, (value, uid)).await.unwrap();
        conn.disconnect().await.unwrap();
    }
}

fn icalendar(lines: &[&str]) -> String {
    let begin = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//test//EN", "BEGIN:VEVENT"];
    let all = begin.iter().chain(lines).chain(&["END:VEVENT", "END:VCALENDAR", ""]);
    all.copied().collect::<Vec<_>>().join("\r\n")
}
