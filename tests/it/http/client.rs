//! A server of our own in this process, and a client that sends the very bytes it is told to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use horde_eas::http::{self, Config, throttle};

use crate::http::fakes::{Fake, Fault};

/// A running server.
pub(crate) struct Server {
    address: SocketAddr,
    pub(crate) fake: Arc<Fake>,
}

/// The largest body that the servers of these tests take.
pub(crate) const BODY_BYTES: usize = 4_096;

impl Server {
    /// A server over a Horde with a fault.
    pub(crate) fn with(fault: Fault) -> Self {
        Self::over(Fake::new(fault))
    }

    /// A server over a Horde as given.
    pub(crate) fn over(fake: Fake) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let fake = Arc::new(fake);
        let services = fake.services();
        let throttle = throttle::Config { refusal_millis: 50, ..throttle::Config::default() };
        let config = Config {
            threads: 1,
            body_bytes: BODY_BYTES,
            body_seconds: 1,
            throttle,
            ..Config::default()
        };
        thread::spawn(move || {
            http::block_on(async { http::serve_on(listener, &config, services).unwrap().await })
        });
        Self { address, fake }
    }

    /// Sends bytes and reads until the server closes.
    pub(crate) fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        Answer::parse(&answer)
    }
}

/// A request in the making.
#[derive(Clone)]
pub(crate) struct Request {
    method: &'static str,
    target: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Request {
    /// A POST of a command by ann's phone, at 14.1.
    pub(crate) fn command(name: &str) -> Self {
        let target = format!("{PATH}?Cmd={name}&User=ann&DeviceId=PHONE1&DeviceType=Phone");
        Self::new("POST", target)
            .credentials("ann:ann-pw")
            .header("MS-ASProtocolVersion", "14.1")
            .header("Content-Type", "application/vnd.ms-sync.wbxml")
    }

    /// A FolderSync with the key 0.
    pub(crate) fn folder_sync() -> Self {
        // Page FolderHierarchy: FolderSync, SyncKey.
        Self::command("FolderSync").body(b"\x03\x01\x6a\x00\x00\x07\x56\x52\x030\x00\x01\x01")
    }

    /// Any request, without credentials.
    pub(crate) fn new(method: &'static str, target: impl Into<String>) -> Self {
        Self { method, target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// Another method.
    pub(crate) fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    /// Another target.
    pub(crate) fn target(mut self, target: &str) -> Self {
        target.clone_into(&mut self.target);
        self
    }

    /// Sets a header; an empty value takes it away.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            self.headers.push((name, value.to_owned()));
        }
        self
    }

    /// Basic credentials, `user:password`.
    pub(crate) fn credentials(self, pair: impl AsRef<[u8]>) -> Self {
        self.header("Authorization", &format!("Basic {}", STANDARD.encode(pair)))
    }

    /// Another body.
    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    /// Sends it with a Content-Length.
    pub(crate) fn send(&self, server: &Server) -> Answer {
        let length = self.body.len().to_string();
        let head = self.clone().header("Content-Length", &length).head();
        server.send(&[head.as_bytes(), &self.body].concat())
    }

    /// Sends it in chunks of seven bytes.
    pub(crate) fn send_chunked(&self, server: &Server) -> Answer {
        let mut bytes = self.clone().header("Transfer-Encoding", "chunked").head().into_bytes();
        for chunk in self.body.chunks(7) {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        server.send(&bytes)
    }

    /// The request line and the headers, up to the body.
    pub(crate) fn head(&self) -> String {
        let mut head = format!("{} {} HTTP/1.1\r\nHost: test\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        head + "Connection: close\r\n\r\n"
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: BTreeMap<_, _> = lines
            .map(|line| line.split_once(": ").expect("a header"))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let body = bytes[end + 4..].to_vec();
        let length: usize = headers["content-length"].parse().expect("a length");
        assert_eq!(body.len(), length, "Content-Length is exact");
        Self { status, headers, body }
    }

    /// A header's value; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(&name.to_ascii_lowercase()).map_or("", String::as_str)
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    /// All that a client may learn from, without the date.
    pub(crate) fn without_date(&self) -> (u16, BTreeMap<String, String>, Vec<u8>) {
        let mut headers = self.headers.clone();
        headers.remove("date");
        (self.status, headers, self.body.clone())
    }
}

/// Where the protocol lives.
pub(crate) const PATH: &str = "/Microsoft-Server-ActiveSync";
