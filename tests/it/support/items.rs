//! Items of Horde's applications: read from its tables, written through the bridge, so through its
//! own objects.

use mysql_async::prelude::{FromRow, Queryable as _};
use mysql_async::{Conn, Params};
use serde_json::{Value, json};

use crate::support::shares::{self, Form};
use crate::support::stack::{self, port};
use crate::support::world::World;

impl World {
    /// Rows of Horde's database.
    pub(crate) async fn select<T: FromRow + Send + 'static>(
        &self,
        query: &str,
        values: impl Into<Params> + Send,
    ) -> Vec<T> {
        let mut conn = Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        let rows = conn.exec(query, values.into()).await.unwrap();
        conn.disconnect().await.unwrap();
        rows
    }

    /// Calls a method of the bridge.
    pub(crate) async fn bridge(&self, method: &str, params: Value) -> Value {
        let url = format!("http://127.0.0.1:{}/horde/hordeeas/rpc.php", port(8481));
        let request = json!({ "jsonrpc": "2.0", "method": method, "params": params, "id": 1 });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.post(url).basic_auth(&self.user, Some(format!("{}-pw", self.user)));
        let answer = answer.json(&request).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer.get("result").unwrap_or_else(|| panic!("{method}: {answer}")).clone()
    }

    /// One operation of `bridge.apply`, which must go well.
    pub(crate) async fn apply(&self, operation: Value) -> Value {
        let answer = self.bridge("bridge.apply", json!([[operation]])).await;
        let result = answer["results"][0].clone();
        assert!(result.is_object() && result.get("error").is_none(), "{operation}: {answer}");
        result
    }

    /// Deletes the user's events, notes and tasks.
    pub(crate) async fn delete_items(&self) {
        for form in [shares::CALENDAR, shares::NOTES, shares::TASKS] {
            self.delete_items_of(form).await;
        }
    }

    async fn delete_items_of(&self, form: Form) {
        let share = self.default_share(form).await;
        let listed = self.bridge("bridge.list", json!([form.api, [share], {}])).await;
        for item in listed["items"].as_array().unwrap() {
            let uid = &item["uid"];
            self.apply(json!({ "op": "delete", "class": form.api, "share": share, "uid": uid }))
                .await;
        }
    }
}
