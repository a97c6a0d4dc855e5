//! The phone's end of HTTP: who it says it is, what it sends, what came back.
//!
//! [MS-ASHTTP] §2.2.1

use std::fmt::Write as _;
use std::io::Read as _;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method};

use crate::eas::multipart;
use crate::probe::Error;
use crate::probe::node::decode;
use crate::secret::Secret;
use crate::wbxml::element::Element;

/// Who calls, and where.
#[derive(Clone, Debug)]
pub struct Link {
    /// Address up to the question mark.
    pub url: String,
    /// Login name; when it is empty, no credentials are sent.
    pub user: String,
    /// Its password.
    pub password: Secret<String>,
    /// The device's id.
    pub device_id: String,
    /// The device's type.
    pub device_type: String,
    /// What it says of itself.
    pub user_agent: String,
    /// Protocol version, as `14.1`.
    pub version: String,
    /// Policy key, when there is one.
    pub policy_key: Option<String>,
    /// Whether the query is base64.
    pub short_query: bool,
    /// Whether gzip answers are asked for.
    pub gzip: bool,
    /// More headers of each request.
    pub headers: Vec<(&'static str, String)>,
    /// Whether answers in several parts are taken.
    pub multipart: bool,
    client: Client,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, inflated.
    pub body: Vec<u8>,
    /// Bytes of the body on the wire.
    pub wire_bytes: usize,
    /// From the request's first byte to the answer's last.
    pub took: Duration,
}

impl Answer {
    /// The header of that name; empty when it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    }

    /// The document in the body; `None` for an empty body.
    ///
    /// # Errors
    /// When the status is not 200 or 449, or the body is no document.
    pub fn document(&self) -> Result<Option<Element>, Error> {
        if self.status != 200 && self.status != 449 {
            return Err(Error::Http(self.status));
        }
        if self.body.is_empty() {
            return Ok(None);
        }
        let kind = self.header("content-type");
        if !kind.starts_with("application/vnd.ms-sync") {
            return Err(Error::NotWbxml(kind));
        }
        let document = self.parts().first().map_or(self.body.as_slice(), |first| *first);
        decode(document).map(Some).map_err(Error::Document)
    }

    /// The parts of an answer in several parts, the document first; none when it is not one.
    #[must_use]
    pub fn parts(&self) -> Vec<&[u8]> {
        if self.header("content-type") != "application/vnd.ms-sync.multipart" {
            return Vec::new();
        }
        multipart::split(&self.body).unwrap_or_default()
    }
}

impl Link {
    /// A phone of a user at a server.
    ///
    /// # Errors
    /// When the HTTP client can not be built.
    pub fn new(
        url: impl Into<String>,
        user: impl Into<String>,
        password: impl Into<String>,
        device_id: impl Into<String>,
    ) -> Result<Self, Error> {
        Ok(Self {
            url: url.into(),
            user: user.into(),
            password: Secret::new(password.into()),
            device_id: device_id.into(),
            device_type: "HordeEasProbe".to_owned(),
            user_agent: format!("horde-eas-probe/{}", env!("CARGO_PKG_VERSION")),
            version: "14.1".to_owned(),
            policy_key: None,
            short_query: false,
            gzip: false,
            headers: Vec::new(),
            multipart: false,
            client: client(false)?,
        })
    }

    /// Takes any certificate from now on.
    ///
    /// # Errors
    /// When the HTTP client can not be built.
    pub fn trust_any_certificate(&mut self) -> Result<(), Error> {
        self.client = client(true)?;
        Ok(())
    }

    /// The version as a number that can be compared: 141 for 14.1; 0 for one that is none.
    #[must_use]
    pub fn level(&self) -> u32 {
        let digits: String = self.version.chars().filter(char::is_ascii_digit).collect();
        digits.parse().unwrap_or_default()
    }

    /// Asks what the server offers.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn options(&self) -> Result<Answer, Error> {
        self.send(Method::OPTIONS, &self.url, None, &[]).await
    }

    /// Posts a command; no body at all when `body` is empty.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn post(&self, command: &str, body: &[u8]) -> Result<Answer, Error> {
        let url = format!("{}?{}", self.url, self.query(command));
        let kind = (!body.is_empty()).then_some("application/vnd.ms-sync.wbxml");
        self.send(Method::POST, &url, kind, body).await
    }

    /// Posts a message as it is: SendMail up to 12.1.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn post_message(
        &self,
        command: &str,
        message: &[u8],
        is_kept: bool,
    ) -> Result<Answer, Error> {
        let query = match (self.short_query, is_kept) {
            // Tag 7, the options: bit 0 is SaveInSent.
            (true, true) => self.base64_query(command, &[7, 1, 1]),
            (false, true) => format!("{}&SaveInSent=T", self.query(command)),
            (_, false) => self.query(command),
        };
        let url = format!("{}?{query}", self.url);
        self.send(Method::POST, &url, Some("message/rfc822"), message).await
    }

    /// Sends anything at all, with this phone's credentials and headers.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn send(
        &self,
        method: Method,
        url: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<Answer, Error> {
        let started = Instant::now();
        let mut request = self
            .client
            .request(method, url)
            .header("User-Agent", &self.user_agent)
            .timeout(LONGEST);
        if !self.user.is_empty() {
            request = request.basic_auth(&self.user, Some(self.password.expose()));
        }
        if !self.short_query {
            request = request.header("MS-ASProtocolVersion", &self.version);
            if let Some(key) = &self.policy_key {
                request = request.header("X-MS-PolicyKey", key);
            }
        }
        if self.multipart && !self.short_query {
            request = request.header("MS-ASAcceptMultiPart", "T");
        }
        if self.gzip {
            request = request.header("Accept-Encoding", "gzip");
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(kind) = content_type {
            request = request.header("Content-Type", kind);
        }
        let answer = request.body(body.to_vec()).send().await.map_err(Error::Transport)?;
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let raw = answer.bytes().await.map_err(Error::Transport)?.to_vec();
        let took = started.elapsed();
        let wire_bytes = raw.len();
        let zipped = headers.get("content-encoding").is_some_and(|value| value == "gzip");
        let body = if zipped { inflate(&raw)? } else { raw };
        Ok(Answer { status, headers, body, wire_bytes, took })
    }

    /// The query of a command, plain or base64.
    #[must_use]
    pub fn query(&self, command: &str) -> String {
        if self.short_query {
            return self.base64_query(command, &[]);
        }
        let mut query = format!("Cmd={command}&User=");
        for byte in self.user.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                query.push(char::from(byte));
            } else {
                let _ = write!(query, "%{byte:02X}");
            }
        }
        let _ = write!(query, "&DeviceId={}&DeviceType={}", self.device_id, self.device_type);
        query
    }

    fn base64_query(&self, command: &str, parameters: &[u8]) -> String {
        let code = CODES.iter().position(|name| *name == command).unwrap_or(255);
        let mut bytes = vec![
            u8::try_from(self.level()).unwrap_or(141),
            u8::try_from(code).unwrap_or(u8::MAX),
            0x09,
            0x04,
        ];
        // An even number of hex digits is packed, anything else travels as it is.
        let id = packed(&self.device_id).unwrap_or_else(|| self.device_id.clone().into_bytes());
        counted(&mut bytes, &id);
        match self.policy_key.as_deref().and_then(|key| key.parse::<u32>().ok()) {
            Some(key) => counted(&mut bytes, &key.to_le_bytes()),
            None => bytes.push(0),
        }
        counted(&mut bytes, self.device_type.as_bytes());
        bytes.extend(parameters);
        if self.multipart {
            // The options, and among them the bit for parts.
            bytes.push(7);
            counted(&mut bytes, &[0x02]);
        }
        STANDARD.encode(bytes)
    }
}

fn counted(bytes: &mut Vec<u8>, value: &[u8]) {
    bytes.push(u8::try_from(value.len()).unwrap_or(u8::MAX));
    bytes.extend(value);
}

fn packed(hex: &str) -> Option<Vec<u8>> {
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

fn client(trust_any_certificate: bool) -> Result<Client, Error> {
    // Fails when it was installed before, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder()
        .no_proxy()
        .no_gzip()
        .redirect(reqwest::redirect::Policy::none())
        .tls_danger_accept_invalid_certs(trust_any_certificate)
        .build()
        .map_err(Error::Transport)
}

fn inflate(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).map_err(Error::Inflate)?;
    Ok(out)
}

/// Longer than any heartbeat that is asked for here.
const LONGEST: Duration = Duration::from_secs(3600);

/// Commands by their code in the base64 query.
/// [MS-ASHTTP] §2.2.1.1.1.1.2
const CODES: &[&str] = &[
    "Sync",
    "SendMail",
    "SmartForward",
    "SmartReply",
    "GetAttachment",
    "GetHierarchy",
    "CreateCollection",
    "DeleteCollection",
    "MoveCollection",
    "FolderSync",
    "FolderCreate",
    "FolderDelete",
    "FolderUpdate",
    "MoveItems",
    "GetItemEstimate",
    "MeetingResponse",
    "Search",
    "Settings",
    "Ping",
    "ItemOperations",
    "Provision",
    "ResolveRecipients",
    "ValidateCert",
];
