//! From a request to a call, and from its outcome to an answer and a line in the log.
//!
//! [MS-ASHTTP] §2.2.1.1

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::{Method, header};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::FutureExt as _;

use crate::backend::Account;
use crate::backend::profile::Site;
use crate::command::{self, Call, Services};
use crate::eas::request_line::RequestLine;
use crate::eas::version::ProtocolVersion;
use crate::http::network::{self, client_address};
use crate::http::reply::{self, Refusal};
use crate::http::{State, auth, browser};

/// What the log's line says of a request.
#[derive(Default)]
pub(super) struct Trace {
    user: String,
    device: String,
    command: String,
    version: String,
    notes: Vec<(&'static str, String)>,
    /// Where the client is.
    address: Option<IpAddr>,
}

impl Trace {
    /// Where the client is, for the log.
    pub(super) fn peer(&self) -> String {
        self.address.map(|address| address.to_string()).unwrap_or_default()
    }
}

/// Answers a request under the protocol's path.
pub(super) async fn handle(
    http: HttpRequest,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    let began = Instant::now();
    let address = client_address(&http, &state.config.trusted_proxies);
    let mut trace = Trace { address, ..Trace::default() };
    let answered = AssertUnwindSafe(answer(&http, payload, &state, &mut trace)).catch_unwind();
    let outcome = match answered.await {
        Ok(outcome) => outcome,
        Err(_) => {
            log::error!("Handler broke down, please report it cmd={}", trace.command);
            Err(Refusal::broken())
        }
    };
    let accepts_gzip = header_of(&http, "Accept-Encoding").is_some_and(accepts_gzip);
    let response = match outcome {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    };
    let response = reply::compress(response, accepts_gzip).await;
    log_line(&http, &trace, response.status().as_u16(), began.elapsed());
    response
}

async fn answer(
    http: &HttpRequest,
    payload: Payload,
    state: &State,
    trace: &mut Trace,
) -> Result<HttpResponse, Refusal> {
    let services = &state.services;
    if http.method() == Method::GET {
        return Ok(browser::page());
    }
    if http.method() != Method::POST && http.method() != Method::OPTIONS {
        return Err(Refusal::new(405, "only POST and OPTIONS"));
    }
    let line = RequestLine::parse(http.query_string())
        .map_err(|error| Refusal::new(400, error.to_string()))?;
    trace.command = line.command.clone().unwrap_or_default();
    trace.device = line.device.as_ref().map(ToString::to_string).unwrap_or_default();
    let site = services.accounts.site().await.map_err(|error| Refusal::outage(&error))?;
    if !site.enabled {
        return Err(Refusal::new(403, "ActiveSync is switched off in Horde's configuration"));
    }
    if let Some(why) = site.unserved() {
        log::error!("Horde is not served: {why}");
        return Err(Refusal::unavailable());
    }
    let versions = versions(services, &site);
    let caller = auth::Caller { device: line.device.as_ref(), address: trace.address };
    let account = auth::login(http, state, &site, &versions, &caller).await?;
    trace.user.clone_from(&account.profile.user);
    if http.method() == Method::OPTIONS {
        trace.command = "OPTIONS".to_owned();
        // Only who has proven a login may ask what is seen of the way here.
        let seen = http.headers().contains_key("X-Horde-EAS-Check");
        let seen = seen.then(|| network::seen(http, &state.config.trusted_proxies)).flatten();
        return Ok(reply::options(&versions, &site, seen.as_deref()));
    }
    let call = call(http, line, account, &site, &versions)?;
    trace.version = call.version.to_string();
    let body = state.room.read(http, payload).await?;
    // Given back when the command is done.
    let _room = body.room;
    let call = Call { body: Arc::new(body.bytes), ..call };
    let credentials = call.account.credentials.clone();
    match command::dispatch(services, call).await {
        Ok(mut answer) => {
            trace.notes = std::mem::take(&mut answer.notes);
            Ok(reply::of(answer, &versions, &site))
        }
        Err(error) => {
            // What the mail server does not take is not believed until Horde takes it again.
            if error.is_refused() {
                services.accounts.forget(&credentials).await;
            }
            Err(reply::of_error(&error, &plain(&trace.user), &plain(&trace.device)))
        }
    }
}

/// Everything of the call but its body.
fn call(
    http: &HttpRequest,
    line: RequestLine,
    account: Account,
    site: &Arc<Site>,
    versions: &[ProtocolVersion],
) -> Result<Call, Refusal> {
    let Some(command) = line.command.filter(|command| !command.is_empty()) else {
        return Err(Refusal::new(501, "the request names no command"));
    };
    if !command::names().contains(&command.as_str()) {
        return Err(Refusal::new(501, "unknown command"));
    }
    let Some(device) = line.device else {
        return Err(Refusal::new(400, "the request names no DeviceId"));
    };
    let said = match header_of(http, "MS-ASProtocolVersion") {
        Some(text) => Some(text.parse().map_err(|_| Refusal::new(400, "unknown version"))?),
        None => line.version,
    };
    let versions = said.and_then(|said| Some((said, known_version(said, versions)?)));
    let Some((said, version)) = versions else {
        return Err(Refusal::new(400, "MS-ASProtocolVersion is missing or not served"));
    };
    let mut parameters = line.parameters;
    parameters.accepts_multipart |=
        header_of(http, "MS-ASAcceptMultiPart").is_some_and(|value| value.trim() == "T");
    let policy_key = header_of(http, "X-MS-PolicyKey")
        .and_then(|key| key.trim().parse().ok())
        .or(line.policy_key)
        .unwrap_or(0);
    Ok(Call {
        command,
        version,
        said,
        device,
        device_type: kind(&line.device_type.unwrap_or_default()),
        user_agent: header_of(http, "User-Agent").unwrap_or_default().chars().take(255).collect(),
        policy_key,
        account,
        site: Arc::clone(site),
        parameters,
        body: Arc::default(),
    })
}

/// The device's type as it is stored: Horde's column is short, and may not hold all of Unicode.
fn kind(sent: &str) -> String {
    let plain =
        |letter: char| if letter == ' ' || letter.is_ascii_graphic() { letter } else { '_' };
    sent.chars().take(64).map(plain).collect()
}

/// The versions that are served: what works, up to what our configuration says, else Horde's.
///
/// Horde 5.2 has no word for more than 14.1, so ours must be able to say more.
fn versions(services: &Services, site: &Site) -> Vec<ProtocolVersion> {
    let most = [services.config.max_version.as_str(), site.version.as_str()]
        .into_iter()
        .find_map(|version| version.parse::<ProtocolVersion>().ok())
        .unwrap_or(ProtocolVersion::V14_1);
    WORKING.into_iter().filter(|version| *version <= most).collect()
}

/// A client may say a version above all that are served; it is answered in the highest.
fn known_version(said: ProtocolVersion, served: &[ProtocolVersion]) -> Option<ProtocolVersion> {
    let highest = served.last().copied()?;
    let version = said.min(highest);
    served.contains(&version).then_some(version)
}

/// Whether a client reads gzip, by its Accept-Encoding.
fn accepts_gzip(header: &str) -> bool {
    header.split(',').any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        let quality = quality.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
        name.trim().eq_ignore_ascii_case("gzip") && quality.is_ok_and(|quality| quality > 0.0)
    })
}

/// A header's value, when it is text.
pub(super) fn header_of<'a>(http: &'a HttpRequest, name: &str) -> Option<&'a str> {
    http.headers().get(header::HeaderName::from_bytes(name.as_bytes()).ok()?)?.to_str().ok()
}

/// One line for each request.
fn log_line(http: &HttpRequest, trace: &Trace, status: u16, took: Duration) {
    let notes: String =
        trace.notes.iter().map(|(key, value)| format!(" {key}={}", plain(value))).collect();
    let command = if trace.command.is_empty() { http.method().as_str() } else { &trace.command };
    log::info!(
        "{} answered user={} device={} cmd={} version={} peer={} http={status} ms={}{notes}",
        plain(command),
        plain(&trace.user),
        plain(&trace.device),
        plain(command),
        trace.version,
        trace.peer(),
        took.as_millis(),
    );
}

/// What a client sent, fit for a line of the log: letters, digits and signs of one word.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .take(64)
        .map(|letter| {
            let is_plain = letter.is_ascii_graphic() || letter.is_alphanumeric();
            if is_plain { letter } else { '_' }
        })
        .collect()
}

/// The versions that are there; of 16.x what `deploy/README.md` names is not yet.
const WORKING: [ProtocolVersion; 5] = [
    ProtocolVersion::V12_1,
    ProtocolVersion::V14_0,
    ProtocolVersion::V14_1,
    ProtocolVersion::V16_0,
    ProtocolVersion::V16_1,
];

#[cfg(test)]
mod tests {
    use crate::http::request::{accepts_gzip, plain};

    #[test]
    fn quality_0_means_no() {
        for yes in ["gzip", "deflate, GZIP", "br;q=0, gzip;q=0.5"] {
            assert!(accepts_gzip(yes), "{yes}");
        }
        for no in ["", "identity", "gzip;q=0", "gzip; q=0.0", "xgzip"] {
            assert!(!accepts_gzip(no), "{no}");
        }
    }

    #[test]
    fn what_a_client_sent_stays_one_word_of_one_line() {
        assert_eq!(plain("a b\nERROR x"), "a_b_ERROR_x");
        assert_eq!(plain("ä\u{a0}\u{2028}\u{202e}peer=1"), "ä___peer=1");
        assert_eq!(plain(&"x".repeat(100)).len(), 64);
    }
}
