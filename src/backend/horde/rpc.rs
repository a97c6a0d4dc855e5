//! One call of JSON-RPC, and what its failures mean.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Response, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::backend::horde::{Config, Transport};
use crate::backend::tls::client_config;
use crate::backend::{Credentials, Error, Kind};

/// A pool of connections to one entry of Horde's.
pub(crate) struct Client {
    http: reqwest::Client,
    entry: Url,
    secret: Option<HeaderValue>,
}

impl Client {
    /// Prepares the pool.
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        let script = match config.transport {
            Transport::Bridge => "hordeeas/rpc.php",
            Transport::Rpc => "rpc.php",
        };
        let entry = Url::parse(&format!("{}/{script}", config.url.trim_end_matches('/')))
            .map_err(|error| Error::because(Kind::Invalid, "the URL of Horde", error))?;
        let secret = config
            .secret
            .as_ref()
            .map(|secret| HeaderValue::from_str(secret.expose()))
            .transpose()
            .map_err(|_| Error::new(Kind::Invalid, "the secret of the bridge has odd characters"))?
            .map(|mut value| {
                value.set_sensitive(true);
                value
            });
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(client_config(config.ca_file.as_deref())?)
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(config.connect_timeout))
            .timeout(Duration::from_secs(config.timeout))
            .pool_idle_timeout(Duration::from_secs(POOL_IDLE))
            .build()
            .map_err(|error| Error::because(Kind::Invalid, "setting up HTTP", error))?;
        Ok(Self { http, entry, secret })
    }

    /// Calls a method that may safely run twice: a broken connection is tried once more.
    pub(crate) async fn read(
        &self,
        who: Option<&Credentials>,
        method: &str,
        params: Value,
    ) -> Result<Value, Error> {
        self.call(who, method, &params, true).await
    }

    /// The same, for a long answer: it is read into its shape at once.
    pub(crate) async fn read_as<T: DeserializeOwned>(
        &self,
        who: Option<&Credentials>,
        method: &str,
        params: Value,
    ) -> Result<T, Error> {
        let (status, bytes) = self.bytes(who, method, &params, true).await?;
        if let Ok(Shaped { result, error: None }) = serde_json::from_slice(bytes.as_ref()) {
            return Ok(result);
        }
        serde_json::from_value(answer(method, status, bytes.as_ref())?).map_err(|error| {
            Error::because(Kind::Unavailable, format!("the answer of {method}"), error)
        })
    }

    /// Calls a method that writes: tried again only when nothing can have reached Horde.
    pub(crate) async fn write(
        &self,
        who: Option<&Credentials>,
        method: &str,
        params: Value,
    ) -> Result<Value, Error> {
        self.call(who, method, &params, false).await
    }

    async fn call(
        &self,
        who: Option<&Credentials>,
        method: &str,
        params: &Value,
        repeatable: bool,
    ) -> Result<Value, Error> {
        let (status, bytes) = self.bytes(who, method, params, repeatable).await?;
        answer(method, status, bytes.as_ref())
    }

    async fn bytes(
        &self,
        who: Option<&Credentials>,
        method: &str,
        params: &Value,
        repeatable: bool,
    ) -> Result<(StatusCode, impl AsRef<[u8]> + Send), Error> {
        let body =
            json!({"jsonrpc": "2.0", "method": method, "params": params, "id": 1}).to_string();
        let mut tries = 1;
        loop {
            match self.post(who, body.clone()).await {
                Ok(response) => {
                    let status = response.status();
                    let bytes = response.bytes().await.map_err(|error| {
                        let what = format!("reading the answer of {method}");
                        Error::because(Kind::Unavailable, what, error.without_url())
                    })?;
                    return Ok((status, bytes));
                }
                Err(error)
                    if tries > 0 && (error.is_connect() || repeatable && !error.is_timeout()) =>
                {
                    tries -= 1;
                }
                Err(error) => {
                    let what = format!("calling {method}");
                    return Err(Error::because(Kind::Unavailable, what, error.without_url()));
                }
            }
        }
    }

    async fn post(
        &self,
        who: Option<&Credentials>,
        body: String,
    ) -> Result<Response, reqwest::Error> {
        let mut request = self
            .http
            .post(self.entry.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .body(body);
        if let Some(who) = who {
            request = request.basic_auth(&who.login, Some(who.password.expose()));
            if let Some(address) = who.address {
                request = request.header(CLIENT_HEADER, address.to_string());
            }
        }
        if let Some(secret) = &self.secret {
            request = request.header(SECRET_HEADER, secret.clone());
        }
        request.send().await
    }
}

/// An answer that went well, and holds a result of this shape.
#[derive(Deserialize)]
struct Shaped<T> {
    result: T,
    error: Option<Value>,
}

/// The result of a call, or what its failure means.
fn answer(method: &str, status: StatusCode, bytes: &[u8]) -> Result<Value, Error> {
    let parsed = serde_json::from_slice::<Value>(bytes).ok().filter(Value::is_object);
    let Some(mut parsed) = parsed else {
        return Err(not_json(method, status));
    };
    if let Some(error) = parsed.get("error").filter(|error| !error.is_null()) {
        return Err(rpc_error(method, status, error));
    }
    let Some(result) = parsed.get_mut("result").map(Value::take) else {
        return Err(not_json(method, status));
    };
    match result.get("error").filter(|_| result.as_object().is_some_and(|map| map.len() == 1)) {
        Some(error) => Err(described(method, error)),
        None => Ok(result),
    }
}

fn not_json(method: &str, status: StatusCode) -> Error {
    match status {
        StatusCode::UNAUTHORIZED => Error::new(Kind::Refused, "wrong credentials"),
        _ => Error::new(Kind::Unavailable, format!("{method} answered HTTP {status} without JSON")),
    }
}

/// An error of the entry itself, or of stock JSON-RPC.
fn rpc_error(method: &str, status: StatusCode, error: &Value) -> Error {
    // Whom the bridge does not let in is a matter of its configuration, not of the user.
    if status == StatusCode::FORBIDDEN {
        let message = error.get("message").and_then(Value::as_str).unwrap_or("forbidden");
        return Error::new(Kind::Unavailable, format!("{method}: {message}"));
    }
    if error.get("code").and_then(Value::as_i64) == Some(NO_METHOD) {
        let message = format!("{method} is not known: run horde-bridge/install of this version");
        return Error::because(Kind::Unavailable, message, Missing);
    }
    match error.get("data").filter(|data| data.get("kind").is_some()) {
        Some(data) => {
            let mut described = described(method, data);
            if let Some(message) = error.get("message").and_then(Value::as_str) {
                described.message = format!("{method}: {message}");
            }
            described
        }
        None => described(method, error),
    }
}

/// An error object of the bridge: kind, message, class.
pub(crate) fn described(method: &str, error: &Value) -> Error {
    let text = |name| error.get(name).and_then(Value::as_str).unwrap_or("");
    let kind = match text("kind") {
        "auth" => Kind::Refused,
        "conflict" | "exists" => Kind::Conflict,
        "denied" => Kind::Denied,
        "invalid" => Kind::Invalid,
        "notfound" => Kind::NotFound,
        "unsupported" => Kind::Unsupported,
        _ => Kind::Unavailable,
    };
    let class = text("class");
    let separator = if class.is_empty() { "" } else { ": " };
    let message = format!("{method}: {class}{separator}{}", text("message"));
    if text("kind") == "internal" {
        return Error::because(kind, message, Broken);
    }
    Error::new(kind, message)
}

/// PHP works, and died or gave up over what it was to do.
#[derive(Debug, thiserror::Error)]
#[error("the work itself failed")]
struct Broken;

/// The bridge in Horde is older than this program.
#[derive(Debug, thiserror::Error)]
#[error("the bridge has no such method")]
struct Missing;

/// Whether an error is not of the connection, the login or a database, but of the work itself.
pub(crate) fn is_broken(error: &Error) -> bool {
    error.source.as_ref().is_some_and(|source| source.is::<Broken>())
}

/// Whether the same call fails in the same way until somebody mends the bridge or Horde.
pub(crate) fn is_lasting(error: &Error) -> bool {
    is_broken(error) || error.source.as_ref().is_some_and(|source| source.is::<Missing>())
}

const POOL_IDLE: u64 = 30;
/// JSON-RPC's code for a method that is not there.
const NO_METHOD: i64 = -32601;
/// The bridge believes it of those whom it lets in.
const CLIENT_HEADER: &str = "X-Horde-Eas-Client";
const SECRET_HEADER: &str = "X-Horde-Eas-Secret";
/// Never changes within a process: Horde may bind a session to it.
const USER_AGENT: &str = concat!("horde-eas/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use serde_json::json;

    use crate::backend::Kind;
    use crate::backend::horde::rpc::{described, is_broken, is_lasting, not_json, rpc_error};

    #[test]
    fn tells_an_outage_from_a_refusal() {
        assert_eq!(not_json("x", StatusCode::OK).kind, Kind::Unavailable);
        assert_eq!(not_json("x", StatusCode::UNAUTHORIZED).kind, Kind::Refused);
        let auth = json!({"code": -32001, "message": "no", "data": {"kind": "auth"}});
        assert_eq!(rpc_error("x", StatusCode::UNAUTHORIZED, &auth).kind, Kind::Refused);
        let shut = json!({"code": -32002, "message": "no", "data": {"kind": "denied"}});
        assert_eq!(rpc_error("x", StatusCode::FORBIDDEN, &shut).kind, Kind::Unavailable);
        let stock = json!({"name": "JSONRPCError", "code": 999, "message": "Permission Denied"});
        assert_eq!(
            rpc_error("x", StatusCode::INTERNAL_SERVER_ERROR, &stock).kind,
            Kind::Unavailable
        );
        let dead =
            json!({"code": -32603, "message": "fatal error: x", "data": {"kind": "internal"}});
        let dead = rpc_error("x", StatusCode::INTERNAL_SERVER_ERROR, &dead);
        assert!(is_broken(&dead) && is_lasting(&dead));
        // An older bridge: what a phone sends waits until it is renewed.
        let old =
            json!({"code": -32601, "message": "no such method: x", "data": {"kind": "invalid"}});
        let old = rpc_error("x", StatusCode::OK, &old);
        assert!(old.kind == Kind::Unavailable && !is_broken(&old) && is_lasting(&old));
        assert!(old.message.contains("horde-bridge/install"), "{old}");
        let denied = json!({"kind": "denied", "message": "no", "class": "Turba_Exception"});
        let error = described("bridge.list", &denied);
        assert_eq!(
            (error.kind, error.message.as_str()),
            (Kind::Denied, "bridge.list: Turba_Exception: no")
        );
    }
}
