//! A request's body: bounded in size and time, inflated, and few large ones at once.

use std::io::{self, Read as _};
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::Payload;
use flate2::read::MultiGzDecoder;
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::Config;
use crate::http::reply::Refusal;
use crate::http::request::header_of;

/// Room for bodies; shared by all requests.
pub(super) struct Room {
    large: Arc<Semaphore>,
    most: usize,
    patience: Duration,
}

/// A body, and the room that it takes while it is worked on.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    pub(super) room: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// Nobody is there yet.
    pub(super) fn new(config: &Config) -> Self {
        Self {
            large: Arc::new(Semaphore::new(LARGE_AT_ONCE)),
            most: config.body_bytes,
            patience: Duration::from_secs(config.body_seconds.clamp(1, 3_600)),
        }
    }

    /// Reads a body to its end.
    pub(super) async fn read(&self, http: &HttpRequest, payload: Payload) -> Result<Body, Refusal> {
        let announced = header_of(http, "Content-Length").and_then(|length| length.parse().ok());
        if announced.is_some_and(|length: usize| length > self.most) {
            return Err(too_large());
        }
        // As a socket it would never end.
        if header_of(http, "Upgrade").is_some_and(|to| to.eq_ignore_ascii_case("websocket")) {
            return Err(Refusal::new(400, "nothing to upgrade to"));
        }
        let coding = header_of(http, "Content-Encoding").unwrap_or_default().trim();
        let is_packed = ["gzip", "x-gzip"].iter().any(|gzip| coding.eq_ignore_ascii_case(gzip));
        if !is_packed && !coding.is_empty() && !coding.eq_ignore_ascii_case("identity") {
            return Err(Refusal::new(415, "unknown Content-Encoding"));
        }
        let mut body = match tokio::time::timeout(self.patience, self.collect(payload)).await {
            Ok(body) => body?,
            Err(_) => return Err(Refusal::new(408, "the body took too long")),
        };
        if is_packed {
            body = self.unpack(body).await?;
        }
        Ok(body)
    }

    async fn collect(&self, mut payload: Payload) -> Result<Body, Refusal> {
        let mut body = Body { bytes: Vec::new(), room: None };
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| Refusal::new(400, "the body broke off"))?;
            let length = body.bytes.len() + chunk.len();
            if length > self.most {
                return Err(too_large());
            }
            if length > LARGE && body.room.is_none() {
                body.room = Some(self.room().await?);
            }
            body.bytes.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    async fn room(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        Arc::clone(&self.large).acquire_owned().await.map_err(|_| Refusal::unavailable())
    }

    /// Inflates; what may take long does so where it holds nobody up.
    async fn unpack(&self, body: Body) -> Result<Body, Refusal> {
        let Body { bytes, mut room } = body;
        let no_gzip = |_| Refusal::new(400, "the body is no gzip");
        if bytes.len() <= SMALL {
            let small = inflate(&bytes, LARGE.min(self.most)).map_err(no_gzip)?;
            if let Some(bytes) = small {
                return Ok(Body { bytes, room });
            }
        }
        if room.is_none() {
            let waiting = tokio::time::timeout(self.patience, self.room());
            room = Some(waiting.await.map_err(|_| Refusal::unavailable())??);
        }
        let most = self.most;
        let inflated = tokio::task::spawn_blocking(move || inflate(&bytes, most)).await;
        match inflated.map_err(|_| Refusal::broken())?.map_err(no_gzip)? {
            Some(bytes) => Ok(Body { bytes, room }),
            None => Err(too_large()),
        }
    }
}

/// Inflates gzip; `None` when that makes more than `most` bytes.
///
/// # Errors
/// When the bytes are no gzip.
pub fn inflate(bytes: &[u8], most: usize) -> io::Result<Option<Vec<u8>>> {
    let mut inflated = Vec::new();
    let bound = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(bytes).take(bound).read_to_end(&mut inflated)?;
    Ok(Some(inflated).filter(|inflated| inflated.len() <= most))
}

fn too_large() -> Refusal {
    Refusal::new(413, "the body is larger than http.body_bytes allows")
}

/// Packed bodies up to this are inflated at once: a document; larger ones may be thousands of gzips.
const SMALL: usize = 16 * 1024;
/// Larger bodies wait for room: mail with attachments, and whoever means ill.
const LARGE: usize = 512 * 1024;
const LARGE_AT_ONCE: usize = 32;
