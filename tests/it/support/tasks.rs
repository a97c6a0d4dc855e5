//! Tasks as Horde has them.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use serde_json::{Value, json};

use crate::support::stack;
use crate::support::world::World;

const TASK: &str = "SELECT JSON_OBJECT('title', task_name, 'description', task_desc, \
    'start', task_start, 'due', task_due, 'priority', task_priority, 'completed', task_completed, \
    'completed_at', task_completed_date, 'alarm', task_alarm, 'private', task_private, \
    'parent', task_parent, 'assignee', task_assignee, 'estimate', task_estimate, \
    'methods', task_alarm_methods, 'rule', task_recurtype, 'interval', task_recurinterval, \
    'days', task_recurdays, 'count', task_recurcount, 'until', task_recurenddate, \
    'done', task_completions, 'gone', task_exceptions, 'creator', task_creator) \
    FROM nag_tasks WHERE task_uid = ?";
const ID: &str = "SELECT task_id FROM nag_tasks WHERE task_uid = ?";

impl World {
    /// The user's task list.
    pub(crate) async fn task_list(&self) -> String {
        self.call("tasks.getDefaultShare", json!([])).await.as_str().unwrap().to_owned()
    }

    /// Adds a task with Nag's names of fields; answers its uid.
    pub(crate) async fn add_task(&self, mut fields: Value) -> String {
        fields["tasklist"] = json!(self.task_list().await);
        let made = self.call("tasks.addTask", json!([fields])).await;
        made[1].as_str().unwrap().to_owned()
    }

    /// Changes fields of a task.
    pub(crate) async fn change_task(&self, uid: &str, fields: Value) {
        let (list, id) = (self.task_list().await, self.task_id(uid).await);
        self.call("tasks.updateTask", json!([list, id, fields])).await;
    }

    /// Ticks a task off, or its current occurrence, as Horde's own pages do.
    pub(crate) async fn toggle_task(&self, uid: &str) {
        let (list, id) = (self.task_list().await, self.task_id(uid).await);
        self.call("tasks.toggleCompletion", json!([id, list])).await;
    }

    /// Deletes a task.
    pub(crate) async fn delete_task(&self, uid: &str) {
        self.call("tasks.delete", json!([uid])).await;
    }

    /// Deletes all tasks of the user, those below others first.
    pub(crate) async fn delete_tasks(&self) {
        let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        let order = "SELECT task_uid FROM nag_tasks WHERE task_owner = ? ORDER BY task_parent = ''";
        let uids: Vec<String> = conn.exec(order, (self.task_list().await,)).await.unwrap();
        conn.disconnect().await.unwrap();
        for uid in uids {
            self.delete_task(&uid).await;
        }
    }

    /// What Nag calls a task.
    pub(crate) async fn task_id(&self, uid: &str) -> String {
        let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        let id = conn.exec_first(ID, (uid,)).await.unwrap();
        conn.disconnect().await.unwrap();
        id.unwrap()
    }

    /// A task's row.
    pub(crate) async fn task(&self, uid: &str) -> Option<Value> {
        let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        let task: Option<String> = conn.exec_first(TASK, (uid,)).await.unwrap();
        conn.disconnect().await.unwrap();
        task.map(|task| serde_json::from_str(&task).unwrap())
    }

    /// Writes columns of a task past Horde.
    pub(crate) async fn set_task(&self, uid: &str, columns: &str) {
        let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        let set = format!("UPDATE nag_tasks SET {columns} WHERE task_uid = ?");
        conn.exec_drop(set, (uid,)).await.unwrap();
        conn.disconnect().await.unwrap();
    }
}
