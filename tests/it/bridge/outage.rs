//! What the adapters make of a Horde that is broken, and how often they ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use horde_eas::backend::horde::{Config, Horde};
use horde_eas::backend::{Accounts, Credentials, Kind};
use horde_eas::secret::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server that answers everything alike; answers its URL and the number of requests so far.
async fn server(
    status: &'static str,
    kind: &'static str,
    body: String,
) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/horde", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (count, body) = (Arc::clone(&count), body.clone());
            tokio::spawn(async move {
                let mut seen = Vec::new();
                let mut buffer = [0; 4096];
                while !seen.windows(4).any(|window| window == b"\r\n\r\n") {
                    match stream.read(&mut buffer).await {
                        Ok(0) | Err(_) => return,
                        Ok(read) => seen.extend_from_slice(&buffer[..read]),
                    }
                }
                count.fetch_add(1, Ordering::SeqCst);
                let text = String::from_utf8_lossy(&seen).to_lowercase();
                assert!(!text.contains("\r\ncookie:"), "a cookie was sent");
                assert!(text.contains("\r\nuser-agent: horde-eas/"));
                tokio::time::sleep(std::time::Duration::from_millis(30)).await;
                let answer = format!(
                    "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nSet-Cookie: Horde=abc; path=/\r\n\
                     Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                drop(stream.write_all(answer.as_bytes()).await);
            });
        }
    });
    (url, asked)
}

fn horde(url: &str) -> Horde {
    Horde::new(&Config { url: url.to_owned(), timeout: 5, ..Config::default() }).unwrap()
}

fn alice(password: &str) -> Credentials {
    Credentials {
        login: "alice".to_owned(),
        password: Secret::new(password.to_owned()),
        address: None,
    }
}

fn session() -> String {
    let shares = r#"{"contacts":null,"calendar":null,"tasks":null,"notes":null}"#;
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"bridge":1,"user":"alice","tz":"","locale":"en_US",
        "access":{{"activesync":true,"no_gal":false,"max_devices":null}},"provisioning":"none",
        "policies":[],"identities":[],"shares":{shares},"mail":{{"enabled":false,"reason":"POP3 only"}}}}}}"#
    )
}

#[tokio::test]
async fn an_outage_is_never_a_refusal() {
    let page = "<html><h3>A fatal error has occurred</h3></html>".to_owned();
    let json = |kind: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","error":{{"code":-1,"message":"m","data":{{"kind":"{kind}"}}}},"id":null}}"#
        )
    };
    for (status, body, kind) in [
        ("200 OK", page.clone(), Kind::Unavailable),
        ("200 OK", String::new(), Kind::Unavailable),
        ("200 OK", r#"{"result":null}"#.to_owned(), Kind::Unavailable),
        ("500 Error", page.clone(), Kind::Unavailable),
        ("302 Found", page.clone(), Kind::Unavailable),
        ("403 Error", json("denied"), Kind::Unavailable),
        ("503 Error", json("temporary"), Kind::Unavailable),
        ("401 Error", json("auth"), Kind::Refused),
        ("401 Unauthorized", "401 Unauthorized".to_owned(), Kind::Refused),
    ] {
        let (url, _) = server(status, "text/html", body.clone()).await;
        let failed = horde(&url).accounts.login(&alice("x")).await.unwrap_err();
        assert_eq!(failed.kind, kind, "{status} {body}");
        let failed = horde(&url).accounts.site().await.unwrap_err();
        assert_eq!(failed.kind, Kind::Unavailable, "{status} {body}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", nobody.local_addr().unwrap());
    drop(nobody);
    let failed = horde(&url).accounts.login(&alice("x")).await.unwrap_err();
    assert_eq!(failed.kind, Kind::Unavailable);
    assert!(!format!("{failed:?}").contains("hunter"), "{failed:?}");
}

#[tokio::test]
async fn proven_credentials_are_not_asked_again() {
    let (url, asked) = server("200 OK", "application/json", session()).await;
    let accounts = horde(&url).accounts;
    let (one, two) = (alice("x"), alice("x"));
    let both = tokio::join!(accounts.login(&one), accounts.login(&two));
    assert_eq!(both.0.unwrap().profile.mail_off.as_deref(), Some("POP3 only"));
    both.1.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    accounts.login(&one).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    accounts.login(&alice("y")).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    accounts.forget(&one).await;
    accounts.login(&one).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    accounts.refresh(&one).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}
