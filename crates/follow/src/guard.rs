//! Which hosts may be connected: none of a private network, unless it is allowed by name.
//!
//! A name is looked up once, and the connection is made to the addresses that were checked: a server that
//! gives another answer the second time (DNS rebinding) gains nothing.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::{Error, Result};

/// Hosts that may be connected although their addresses are not public.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guard {
    allowed: BTreeSet<String>,
}

impl Guard {
    /// Allows hosts by their names as they stand in addresses, `intranet.example`, `intranet.example:8080` or
    /// `[fd00::1]:8080`.
    pub fn allowing(names: impl IntoIterator<Item = impl AsRef<str>>) -> Guard {
        Guard { allowed: names.into_iter().map(|name| named(name.as_ref())).collect() }
    }

    /// Those of a host's addresses that may be connected.
    ///
    /// # Errors
    /// [`Error::Private`] when there are addresses and none is public.
    pub fn check(&self, host: &str, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>> {
        let Some(first) = addresses.first().copied() else { return Ok(addresses) };
        let name = named(host);
        let with_port = match name.contains(':') {
            true => format!("[{name}]:{}", first.port()),
            false => format!("{name}:{}", first.port()),
        };
        if self.allowed.contains(&name) || self.allowed.contains(&with_port) {
            return Ok(addresses);
        }
        let public: Vec<SocketAddr> = addresses.into_iter().filter(|a| is_public(a.ip())).collect();
        match public.is_empty() {
            true => Err(Error::Private { host: name, address: first.ip().to_string() }),
            false => Ok(public),
        }
    }
}

/// A host, or one with its port, written in one way: an address of version 6 has brackets only before a port.
fn named(said: &str) -> String {
    let said = said.to_ascii_lowercase();
    let (host, port) = match said.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port),
        None => (said.as_str(), ""),
    };
    let host = host.parse::<Ipv6Addr>().map_or_else(|_| host.to_owned(), |address| address.to_string());
    if port.is_empty() { host } else { format!("[{host}]{port}") }
}

/// Whether an address belongs to the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, d] = v4.octets();
    let special = v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_documentation()
        || a == 0
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        // A cloud's metadata at an address that looks public.
        || [a, b, c, d] == [168, 63, 129, 16];
    !special
}

/// Only the range from which public addresses are given out, less what in it leads elsewhere.
fn is_public_v6(v6: Ipv6Addr) -> bool {
    if let Some(v4) = v6.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let [a, b, c, ..] = v6.segments();
    match (a, b) {
        (0x2001, 0x0000..=0x01ff) | (0x2001, 0x0db8) => false,
        // 6to4 holds an address of version 4.
        (0x2002, _) => is_public_v4(Ipv4Addr::from((u32::from(b) << 16) | u32::from(c))),
        (0x3fff, 0x0000..=0x0fff) => false,
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        let public = ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "2002:0101:0101::1"];
        let private = [
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.0.8",
            "198.18.0.1",
            "192.0.2.1",
            "168.63.129.16",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "64:ff9b::7f00:1",
            "2002:7f00:0001::1",
            "2001::1",
            "2001:db8::1",
            "ff02::1",
        ];
        public.iter().for_each(|a| assert!(is_public(a.parse().unwrap()), "{a}"));
        private.iter().for_each(|a| assert!(!is_public(a.parse().unwrap()), "{a}"));
    }

    #[test]
    fn a_private_host_is_allowed_by_its_name_only() {
        let guard = Guard::allowing(["Intranet.example", "127.0.0.1:8080"]);
        let at = |text: &str| vec![text.parse::<SocketAddr>().unwrap()];
        assert!(guard.check("intranet.example", at("10.0.0.1:80")).is_ok());
        assert!(guard.check("other.example", at("10.0.0.1:80")).is_err());
        assert!(guard.check("127.0.0.1", at("127.0.0.1:8080")).is_ok());
        assert!(guard.check("127.0.0.1", at("127.0.0.1:8081")).is_err());
        let six = Guard::allowing(["[::1]", "[FD00:0::1]:8080", "fd00::2"]);
        assert!(six.check("[::1]", at("[::1]:80")).is_ok() && six.check("::1", at("[::1]:81")).is_ok());
        assert!(six.check("[fd00::1]", at("[fd00::1]:8080")).is_ok());
        assert!(six.check("[fd00::1]", at("[fd00::1]:80")).is_err());
        assert!(six.check("[fd00::2]", at("[fd00::2]:80")).is_ok());
        let mixed = vec!["10.0.0.1:80".parse().unwrap(), "1.1.1.1:80".parse().unwrap()];
        assert_eq!(guard.check("mixed.example", mixed).unwrap(), at("1.1.1.1:80"));
    }
}
