//! What stands before a command: credentials, hops of web servers, packed bodies, networks of the
//! configuration.

#![no_main]

use std::net::{IpAddr, Ipv4Addr};

use horde_eas::http::basic::basic;
use horde_eas::http::body::inflate;
use horde_eas::http::network::{Network, forwarded};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    if let Some((user, password)) = basic(&text) {
        assert!(!user.contains(':'), "{user:?}");
        assert!(user.len() + password.len() <= 2 * text.len());
    }
    let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let nobody = forwarded(peer, &lines, &[]);
    assert_eq!(nobody, peer, "nobody is trusted");
    let all = ["0.0.0.0/0", "::/0"].map(|all| Network::parse(all).expect("a network"));
    let client = forwarded(peer, &lines, &all);
    assert_eq!(client, client.to_canonical());
    assert!(all.iter().any(|network| network.contains(client)));
    if let Some(network) = Network::parse(&text) {
        let (address, _) = text.split_once('/').unwrap_or((&text, ""));
        let address: IpAddr = address.trim().parse().expect("an address");
        assert!(address.to_canonical() != address || network.contains(address), "{network:?}");
    }
    if let Ok(Some(inflated)) = inflate(bytes, MOST) {
        assert!(inflated.len() <= MOST);
    }
});

const MOST: usize = 1 << 20;
