//! Networks in the configuration, and where a request comes from.

use std::fmt;
use std::net::IpAddr;

use actix_web::HttpRequest;
use serde::{Deserialize, Deserializer, de};

/// A network such as `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Reads `address` or `address/prefix`; bits behind the prefix mean nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.trim().parse().ok().filter(|prefix| *prefix <= most)?,
            None => most,
        };
        Some(Self { address, prefix })
    }

    /// Whether an address lies in it; IPv4 in the clothes of IPv6 is IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(other)) => {
                let differ = u64::from(ours.to_bits() ^ other.to_bits());
                differ >> 32_u32.saturating_sub(self.prefix) == 0
            }
            (IpAddr::V6(ours), IpAddr::V6(other)) => {
                let differ = ours.to_bits() ^ other.to_bits();
                differ.checked_shr(128_u32.saturating_sub(self.prefix)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.prefix)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            let expected = "an address, or a network such as `10.0.0.0/8`";
            de::Error::invalid_value(de::Unexpected::Str(&text), &expected)
        })
    }
}

/// Where the client is: the peer, or what trusted web servers in front say of it.
///
/// X-Forwarded-For is read from the right: each hop that is trusted vouches for the address
/// before its own, and what stands further left anybody can have sent.
pub(super) fn client_address(http: &HttpRequest, trusted: &[Network]) -> Option<IpAddr> {
    let peer = http.peer_addr()?.ip().to_canonical();
    let lines: Vec<_> =
        http.headers().get_all("X-Forwarded-For").map(|line| line.as_bytes()).collect();
    Some(forwarded(peer, &lines, trusted))
}

/// What `check` asks for: where the client seems to be, and whether a web server in front is
/// believed, unknown, or says nothing (or is not there).
pub(super) fn seen(http: &HttpRequest, trusted: &[Network]) -> Option<String> {
    let peer = http.peer_addr()?.ip().to_canonical();
    let client = client_address(http, trusted)?;
    let says = http.headers().contains_key("X-Forwarded-For");
    let is_trusted = trusted.iter().any(|network| network.contains(peer));
    let proxy = match (says, is_trusted) {
        (true, true) => "believed",
        (true, false) => "unknown",
        (false, _) => "none",
    };
    Some(format!("client={client} peer={peer} proxy={proxy}"))
}

/// The client behind a peer, by the lines of X-Forwarded-For that the peer sent.
#[must_use]
pub fn forwarded(peer: IpAddr, lines: &[&[u8]], trusted: &[Network]) -> IpAddr {
    let is_trusted = |address| trusted.iter().any(|network| network.contains(address));
    let mut client = peer;
    let hops = lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    for hop in hops.take(MOST_HOPS) {
        if !is_trusted(client) {
            break;
        }
        let Some(address) = std::str::from_utf8(hop).ok().and_then(hop_address) else { break };
        client = address;
    }
    client
}

/// The address of one hop; some write its port, and brackets around IPv6.
fn hop_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let address = match bare {
        Some((address, rest)) if rest.is_empty() || rest.starts_with(':') => address.parse().ok(),
        Some(_) => None,
        None => text.parse().ok().or_else(|| text.rsplit_once(':')?.0.parse().ok()),
    };
    address.map(|address: IpAddr| address.to_canonical())
}

/// Further hops are not looked at.
const MOST_HOPS: usize = 16;

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use actix_web::test::TestRequest;

    use crate::http::network::{Network, client_address};

    fn inside(network: &str, address: &str) -> bool {
        Network::parse(network).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_holds_its_addresses() {
        for (network, address) in [
            ("10.0.0.0/8", "10.255.0.1"),
            ("10.1.2.3/8", "10.255.0.1"),
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1", "::ffff:192.0.2.1"),
            ("0.0.0.0/0", "203.0.113.9"),
            ("2001:db8::/32", "2001:db8:1::1"),
            ("::/0", "2001:db8::1"),
            ("::1", "::1"),
        ] {
            assert!(inside(network, address), "{network} {address}");
        }
        for (network, address) in [
            ("10.0.0.0/8", "11.0.0.1"),
            ("192.0.2.1", "192.0.2.2"),
            ("192.0.2.128/25", "192.0.2.127"),
            ("0.0.0.0/0", "2001:db8::1"),
            ("2001:db8::/32", "2001:db9::1"),
            ("::1", "::2"),
        ] {
            assert!(!inside(network, address), "{network} {address}");
        }
        for odd in ["", "here", "10.0.0.0/33", "::1/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8"] {
            assert_eq!(Network::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn only_trusted_hops_are_believed() {
        let trusted = ["127.0.0.0/8", "::1", "10.0.0.0/8"].map(|one| Network::parse(one).unwrap());
        let from = |peer: &str, lines: &[&str]| {
            let peer: IpAddr = peer.parse().unwrap();
            let mut request = TestRequest::default().peer_addr((peer, 1000).into());
            for line in lines {
                request = request.append_header(("X-Forwarded-For", *line));
            }
            client_address(&request.to_http_request(), &trusted).unwrap().to_string()
        };
        assert_eq!(from("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(from("127.0.0.1", &["192.0.2.1, 192.0.2.2"]), "192.0.2.2");
        assert_eq!(from("127.0.0.1", &["192.0.2.1, 192.0.2.2, 10.1.1.1"]), "192.0.2.2");
        assert_eq!(from("127.0.0.1", &["192.0.2.1", "192.0.2.2", "10.1.1.1"]), "192.0.2.2");
        assert_eq!(from("::ffff:127.0.0.1", &["192.0.2.1:4711"]), "192.0.2.1");
        assert_eq!(from("::1", &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(from("::1", &["2001:db8::1"]), "2001:db8::1");
        assert_eq!(from("127.0.0.1", &["10.0.0.1,10.0.0.2"]), "10.0.0.1");
        assert_eq!(from("127.0.0.1", &["192.0.2.1, nonsense\tuser=root"]), "127.0.0.1");
        assert_eq!(from("127.0.0.1", &["nonsense, 10.1.1.1"]), "10.1.1.1");
        assert_eq!(from("127.0.0.1", &["192.0.2.1,"]), "127.0.0.1");
        assert_eq!(from("192.0.2.9", &["192.0.2.1"]), "192.0.2.9");
        let long = vec!["10.0.0.1"; 10_000].join(",");
        assert_eq!(from("127.0.0.1", &[&long]), "10.0.0.1");
    }
}
