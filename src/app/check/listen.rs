//! The address to listen on: free, or taken by the service itself.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::finding::Finding;
use crate::http;

/// Looks at `http.listen`.
pub(super) async fn look(config: &http::Config) -> Vec<Finding> {
    let place = &config.listen;
    let found = match TcpListener::bind(place).await {
        Ok(_) => Finding::ok("listen", format!("{place} is free: the service does not run")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => taken(place).await,
        Err(error) => {
            let mend = match error.kind() {
                io::ErrorKind::PermissionDenied => {
                    "ports below 1024 need a right: choose another, the web server in front has 443"
                }
                io::ErrorKind::AddrNotAvailable => "this host has no such address: see http.listen",
                _ => "http.listen is an address and a port: 127.0.0.1:8480",
            };
            Finding::error("listen.address", format!("{place} can not be listened on"))
                .because(error.to_string())
                .mend(mend)
        }
    };
    vec![found]
}

async fn taken(place: &str) -> Finding {
    match timeout(PATIENCE, ready(place)).await {
        Ok(Ok(text)) if text.contains("\r\n\r\nready\n") => {
            Finding::ok("listen", format!("the service runs at {place}, and is ready"))
        }
        Ok(Ok(text)) if text.contains("does not answer: ") => {
            let what = text.lines().last().unwrap_or_default();
            Finding::warning("listen.ready", format!("the service runs at {place}: {what}"))
                .because("phones are told to come back later")
                .mend("see what else is found here, and the service's log")
        }
        _ => Finding::error("listen.taken", format!("another program listens at {place}"))
            .because("the service can not start")
            .mend(format!("find it (ss -ltnp | grep {place}), or change http.listen")),
    }
}

async fn ready(place: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(place).await?;
    let request = "GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await?;
    let mut text = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut text).await?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

const MOST_BYTES: u64 = 65_536;
const PATIENCE: Duration = Duration::from_secs(15);
