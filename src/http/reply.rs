//! What a client is told: the only place that turns outcomes into HTTP.
//!
//! [MS-ASHTTP] §2.2.2

use std::io::Write as _;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONTENT_DISPOSITION, CONTENT_ENCODING, HeaderName, HeaderValue, VARY,
};
use actix_web::{HttpResponse, HttpResponseBuilder, body};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::backend;
use crate::backend::profile::Site;
use crate::command::{self, Answer, Blame, Content};
use crate::eas::version::ProtocolVersion;
use crate::logging::chain;

/// A request that its command does not answer.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    text: String,
    headers: Vec<(&'static str, String)>,
}

impl Refusal {
    /// A refusal with a line of text.
    pub(super) fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), headers: Vec::new() }
    }

    /// The handler broke down.
    pub(super) fn broken() -> Self {
        Self::new(500, "the server made a mistake")
    }

    /// Somebody whom we need does not answer: the client should come back.
    pub(super) fn outage(error: &backend::Error) -> Self {
        log::warn!("Horde can not be asked: {}", chain(error));
        Self::unavailable()
    }

    /// Wrong user or password, or none.
    pub(super) fn unauthorized(versions: &[ProtocolVersion], site: &Site) -> Self {
        let mut headers = protocol_headers(versions, site);
        headers.push(("WWW-Authenticate", REALM.to_owned()));
        Self { status: 401, text: "user or password is wrong".to_owned(), headers }
    }

    /// The response.
    pub(super) fn into_response(self) -> HttpResponse {
        let mut response = builder(self.status);
        for (name, value) in self.headers {
            response.insert_header((name, value));
        }
        response.content_type("text/plain; charset=utf-8").body(self.text + "\n")
    }

    /// The client should come back later.
    pub(super) fn unavailable() -> Self {
        let headers = vec![("Retry-After", RETRY_SECONDS.to_owned())];
        Self { status: 503, text: "please try again later".to_owned(), headers }
    }
}

/// The answer of a command.
pub(super) fn of(answer: Answer, versions: &[ProtocolVersion], site: &Site) -> HttpResponse {
    match answer.content {
        Content::Document(document) => document_of(document, WBXML, site),
        Content::Empty => document_of(Vec::new(), WBXML, site),
        Content::Multipart(parts) => document_of(parts, MULTIPART, site),
        Content::File { media_type, bytes } => file_of(bytes, &media_type, site),
        Content::NotFound => Refusal::new(404, "there is no such attachment").into_response(),
        Content::Failed(blame) => {
            let status = match blame {
                Blame::Client => 400,
                Blame::Server => 500,
            };
            Refusal::new(status, "the command could not be done").into_response()
        }
        Content::Forbidden => Refusal::new(403, "this device or user may not sync").into_response(),
        Content::MustProvision(document) => {
            let mut response = builder(449);
            for (name, value) in protocol_headers(versions, site) {
                response.insert_header((name, value));
            }
            response.content_type(WBXML).body(document.unwrap_or_default())
        }
    }
}

fn document_of(document: Vec<u8>, content_type: &str, site: &Site) -> HttpResponse {
    let mut response = builder(200);
    response.insert_header(("MS-Server-ActiveSync", site.version.as_str()));
    response.content_type(content_type).body(document)
}

/// What a stranger sent by mail: no browser may show it under our name.
fn file_of(bytes: Vec<u8>, media_type: &str, site: &Site) -> HttpResponse {
    let is_plain = media_type.bytes().all(|byte| byte.is_ascii_graphic());
    let media_type = if is_plain { media_type } else { "application/octet-stream" };
    let mut response = document_of(bytes, media_type, site);
    response.headers_mut().insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    response
}

/// The answer to OPTIONS; `seen` is for `check` alone.
pub(super) fn options(
    versions: &[ProtocolVersion],
    site: &Site,
    seen: Option<&str>,
) -> HttpResponse {
    let mut response = builder(200);
    if let Some(seen) = seen {
        response.insert_header(("X-Horde-EAS-Seen", seen));
    }
    for (name, value) in protocol_headers(versions, site) {
        response.insert_header((name, value));
    }
    response.body("")
}

/// The answer when a command could not do its part.
pub(super) fn of_error(error: &command::Error, user: &str, device: &str) -> Refusal {
    if error.is_refused() {
        log::warn!("Mail server refuses the login user={user} device={device}");
        return Refusal {
            headers: vec![("WWW-Authenticate", REALM.to_owned())],
            ..Refusal::new(401, "user or password is wrong")
        };
    }
    match error {
        command::Error::Document(_) => return Refusal::new(400, "the document can not be read"),
        command::Error::Unknown(_) => return Refusal::new(501, "unknown command"),
        command::Error::Backend(_) | command::Error::State(_) => {}
    }
    log::warn!("Request failed user={user} device={device}: {}", chain(error));
    if error.is_outage() { Refusal::unavailable() } else { Refusal::broken() }
}

/// The answer packed, where the client takes that and it pays; a large one where it holds no other
/// request up.
pub(super) async fn compress(response: HttpResponse, accepts_gzip: bool) -> HttpResponse {
    if !accepts_gzip || response.status() != StatusCode::OK {
        return response;
    }
    let (head, body) = response.into_parts();
    let bytes = match body::MessageBody::try_into_bytes(body) {
        Ok(bytes) if bytes.len() < LEAST_PACKED => return head.set_body(body::BoxBody::new(bytes)),
        Ok(bytes) => bytes,
        Err(body) => return head.set_body(body),
    };
    let packed = if bytes.len() <= MOST_AT_ONCE {
        packed(&bytes)
    } else {
        let bytes = bytes.clone();
        tokio::task::spawn_blocking(move || packed(&bytes)).await.ok().flatten()
    };
    let Some(packed) = packed else { return head.set_body(body::BoxBody::new(bytes)) };
    let mut response = head.set_body(body::BoxBody::new(packed));
    let headers = response.headers_mut();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    response
}

fn packed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).ok()
}

/// Headers that tell a client what is spoken here.
fn protocol_headers(versions: &[ProtocolVersion], site: &Site) -> Vec<(&'static str, String)> {
    let versions: Vec<&str> = versions.iter().map(|version| version.as_str()).collect();
    vec![
        ("MS-Server-ActiveSync", site.version.clone()),
        ("MS-ASProtocolVersions", versions.join(",")),
        ("MS-ASProtocolCommands", command::names().join(",")),
    ]
}

fn builder(status: u16) -> HttpResponseBuilder {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for (name, value) in [
        ("Allow", "OPTIONS,POST"),
        ("Public", "OPTIONS,POST"),
        ("Cache-Control", "private"),
        ("X-Content-Type-Options", "nosniff"),
    ] {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            response.insert_header((name, value));
        }
    }
    response
}

const MULTIPART: &str = "application/vnd.ms-sync.multipart";
const WBXML: &str = "application/vnd.ms-sync.wbxml";
const REALM: &str = "Basic realm=\"Horde ActiveSync\"";
const RETRY_SECONDS: &str = "60";
/// Shorter answers are sent as they are.
const LEAST_PACKED: usize = 1_024;
/// Packing longer ones takes more than a few milliseconds.
const MOST_AT_ONCE: usize = 256 * 1_024;
