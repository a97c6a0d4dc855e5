//! One file of `tests/bridge`; its README explains the notation.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

/// One story, and where it is told.
pub(crate) struct Story {
    name: String,
    steps: Vec<Value>,
    road: &'static str,
    url: String,
    user: String,
    values: BTreeMap<String, Value>,
    client: reqwest::Client,
}

impl Story {
    /// Reads a file.
    pub(crate) fn read(path: &Path, road: &'static str, url: &str, user: &str) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let story: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let run = uuid::Uuid::new_v4().simple().to_string();
        Self {
            name: format!("{} over {road}", path.file_name().unwrap().display()),
            steps: story["steps"].as_array().unwrap().clone(),
            road,
            url: url.to_owned(),
            user: user.to_owned(),
            values: [("run", run), ("user", user.to_owned())]
                .map(|(name, value)| (name.to_owned(), Value::from(value)))
                .into(),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// Tells it; answers the number of steps.
    pub(crate) async fn run(mut self) -> usize {
        let mut told = 0;
        for (at, step) in std::mem::take(&mut self.steps).iter().enumerate() {
            if step.get("only").is_some_and(|only| only != self.road) {
                continue;
            }
            let place = format!("{}, step {} ({})", self.name, at + 1, step["method"]);
            let (status, answer) = self.call(step).await;
            match step.get("error") {
                Some(error) => self.refused(error, status, &answer, &place),
                None => {
                    let answer: Value = serde_json::from_str(&answer)
                        .unwrap_or_else(|error| panic!("{place}: {error}: {answer}"));
                    let result =
                        answer.get("result").unwrap_or_else(|| panic!("{place}: {answer}"));
                    self.same(&step["result"], result, &place);
                }
            }
            told += 1;
        }
        told
    }

    async fn call(&self, step: &Value) -> (u16, String) {
        let params = self.filled(&step["params"]);
        let body = json!({"jsonrpc": "2.0", "method": step["method"], "params": params, "id": 7});
        let mut request = self
            .client
            .post(&self.url)
            .header("Content-Type", "application/json")
            .body(body.to_string());
        request = match step.get("login").and_then(Value::as_str) {
            Some("none") => request,
            Some(_) => request.basic_auth(&self.user, Some("wrong")),
            None => request.basic_auth(&self.user, Some(format!("{}-pw", self.user))),
        };
        let answer = request
            .send()
            .await
            .unwrap_or_else(|error| panic!("no Horde: start the stack with tests/run ({error})"));
        if self.road == "bridge" {
            assert!(!answer.headers().contains_key("set-cookie"), "{}: a cookie came", self.name);
        }
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    fn refused(&self, error: &Value, status: u16, answer: &str, place: &str) {
        if self.road == "rpc" {
            assert_eq!(status, 401, "{place}");
            return;
        }
        let answer: Value = serde_json::from_str(answer).unwrap();
        assert_eq!(answer.pointer("/error/data/kind"), error.get("kind"), "{place}");
        assert_eq!(status, if error["kind"] == "auth" { 401 } else { 200 }, "{place}");
    }

    fn filled(&self, value: &Value) -> Value {
        match value {
            Value::Array(list) => list.iter().map(|item| self.filled(item)).collect(),
            Value::Object(map) => map
                .iter()
                .map(|(name, item)| (name.clone(), self.filled(item)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            Value::String(text) => self.text(text),
            _ => value.clone(),
        }
    }

    fn text(&self, text: &str) -> Value {
        let mut out = text.to_owned();
        for (name, value) in &self.values {
            let mark = format!("${{{name}}}");
            if text == mark {
                return value.clone();
            }
            out = out.replace(&mark, value.as_str().unwrap_or("?"));
        }
        Value::String(out)
    }

    fn same(&mut self, wanted: &Value, is: &Value, place: &str) {
        if let Some(mark) = wanted.as_str().and_then(|text| text.strip_prefix('<')) {
            return self.any(mark.trim_end_matches('>'), is, place);
        }
        if let Some(members) = wanted.get("<contains>") {
            let members = self.filled(members);
            let members = members.as_object().unwrap();
            let has =
                |item: &Value| members.iter().all(|(name, part)| item.get(name) == Some(part));
            assert!(is.as_array().is_some_and(|list| list.iter().any(has)), "{place}: {is}");
            return;
        }
        match (wanted, is) {
            (Value::Object(wanted), Value::Object(is)) => {
                for (name, part) in wanted {
                    let found =
                        is.get(name).unwrap_or_else(|| panic!("{place}: no {name} in {is:?}"));
                    self.same(part, found, &format!("{place}/{name}"));
                }
            }
            (Value::Array(wanted), Value::Array(is)) => {
                assert_eq!(wanted.len(), is.len(), "{place}: {is:?}");
                for (at, (part, found)) in wanted.iter().zip(is).enumerate() {
                    self.same(part, found, &format!("{place}/{at}"));
                }
            }
            _ => assert_eq!(&self.filled(wanted), is, "{place}"),
        }
    }

    fn any(&mut self, mark: &str, is: &Value, place: &str) {
        let words: Vec<&str> = mark.split(' ').collect();
        let fits = match words.as_slice() {
            ["save", name] => {
                self.values.insert((*name).to_owned(), is.clone());
                !is.is_null()
            }
            ["int", ">", name] => is.as_u64() > self.values.get(*name).unwrap().as_u64(),
            ["int"] => is.is_u64(),
            ["text"] => is.is_string(),
            ["bool"] => is.is_boolean(),
            ["list"] => is.is_array(),
            ["map"] => is.is_object(),
            ["null"] => is.is_null(),
            ["any"] => true,
            _ => false,
        };
        assert!(fits, "{place}: {is} is no <{mark}");
    }
}
