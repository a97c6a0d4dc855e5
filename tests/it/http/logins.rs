//! Who may try a password, how often, and what the answer tells.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::http::client::{Answer, Request, Server};
use crate::http::fakes::Fault;

fn from(server: &Server, pair: &str, device: &str, address: &str) -> Answer {
    let target = format!(
        "/Microsoft-Server-ActiveSync?Cmd=FolderSync&User=ann&DeviceId={device}&DeviceType=P"
    );
    Request::folder_sync()
        .target(&target)
        .credentials(pair)
        .header("X-Forwarded-For", address)
        .send(server)
}

#[test]
fn a_stranger_can_not_lock_a_user_out() {
    let server = Server::with(Fault::None);
    assert_eq!(from(&server, "ann:ann-pw", "PHONE1", "203.0.113.1").status, 200);
    let statuses: Vec<_> = (0..12)
        .map(|n| from(&server, &format!("ann:guess{n}"), "NEW1", &format!("192.0.2.{n}")).status)
        .collect();
    assert_eq!(statuses[..10], [401; 10], "{statuses:?}");
    assert_eq!(statuses[10..], [503; 2], "{statuses:?}");
    let n_logins = server.fake.n_logins.load(Ordering::SeqCst);
    let refused = from(&server, "ann:wrong", "NEW1", "192.0.2.77");
    assert_eq!(refused.status, 503);
    assert_eq!(refused.header("Retry-After"), "60");
    // The right password is answered as a wrong one, and Horde is not asked.
    let right = from(&server, "ann:ann-pw", "NEW1", "192.0.2.77");
    assert_eq!(right.without_date(), refused.without_date());
    assert_eq!(server.fake.n_logins.load(Ordering::SeqCst), n_logins);
    // The phone goes on, from wherever it is.
    assert_eq!(from(&server, "ann:ann-pw", "PHONE1", "192.0.2.77").status, 200);
    // Other users are not concerned.
    assert_eq!(from(&server, "bob:wrong", "NEW1", "192.0.2.78").status, 401);
}

#[test]
fn an_address_is_throttled_for_all_users() {
    let server = Server::with(Fault::None);
    let tries = |address: &str, n: usize| {
        let request = |n: usize| from(&server, &format!("u{n}:x"), "NEW1", address).status;
        (0..n).map(request).filter(|status| *status == 401).count()
    };
    assert_eq!(tries("198.51.100.9", 53), 50);
    assert_eq!(tries("198.51.100.10", 3), 3);
    assert_eq!(from(&server, "ann:ann-pw", "NEW2", "198.51.100.9").status, 503);
    assert_eq!(from(&server, "ann:ann-pw", "NEW2", "198.51.100.10").status, 200);
    // Known by now.
    assert_eq!(from(&server, "ann:ann-pw", "NEW2", "198.51.100.9").status, 200);
}

#[test]
fn a_paired_device_may_try_after_a_restart() {
    // This server never saw the phone, its database did.
    let server = Server::with(Fault::None);
    for n in 0..10 {
        from(&server, &format!("ann:guess{n}"), "NEW1", "192.0.2.1");
    }
    assert_eq!(from(&server, "ann:ann-pw", "NEW1", "192.0.2.1").status, 503);
    assert_eq!(from(&server, "ann:ann-pw", "PHONE1", "192.0.2.1").status, 200);
    // Ten more for who knows the device's id, and no more.
    let guesses =
        (0..12).map(|n| from(&server, &format!("ann:g{n}"), "PHONE1", "192.0.2.1").status);
    assert_eq!(guesses.filter(|status| *status == 401).count(), 10);
    assert_eq!(from(&server, "ann:ann-pw", "PHONE1", "192.0.2.1").status, 200);
}

#[test]
fn a_refusal_takes_the_same_time_for_all() {
    let server = Server::with(Fault::None);
    for pair in ["ann:wrong", "nobody:x", ":", "ann\u{1}:x", "ann:a\nb"] {
        let began = Instant::now();
        assert_eq!(from(&server, pair, "A", "192.0.2.1").status, 401, "{pair:?}");
        assert!(began.elapsed() >= Duration::from_millis(50), "{pair:?}");
    }
    let long = [format!("{}:x", "u".repeat(300)), format!("ann:{}", "p".repeat(2_000))];
    for pair in long {
        let header = format!("Basic {}", STANDARD.encode(pair));
        let answer = Request::folder_sync().header("Authorization", &header).send(&server);
        assert_eq!(answer.status, 401);
    }
}

#[test]
fn horde_hears_where_the_phone_is() {
    let server = Server::with(Fault::None);
    from(&server, "ann:ann-pw", "PHONE1", "192.0.2.1, 203.0.113.5");
    assert_eq!(*server.fake.address.lock().unwrap(), Some("203.0.113.5".parse().unwrap()));
}
