//! IP addresses and networks.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// How many bits of an IPv4 address that is written as an IPv6 one say only that.
const MAPPED: u8 = 96;

/// Reads a network, or an address as the network of itself. A network of IPv4 addresses that are written as IPv6 ones
/// (`::ffff:192.0.2.0/120`) is the IPv4 network.
pub(in crate::policy) fn network(text: &str) -> Option<IpNet> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(IpNet::from(address.to_canonical()));
    }
    let (_, length) = text.split_once('/')?;
    if length.len() > 1 && length.starts_with('0') {
        return None;
    }
    let network: IpNet = text.parse().ok()?;
    match (network.addr().to_canonical(), network.prefix_len().checked_sub(MAPPED)) {
        (IpAddr::V4(address), Some(length)) if network.addr().is_ipv6() => {
            Ipv4Net::new(address, length).ok().map(IpNet::V4)
        }
        _ => Some(network),
    }
}

/// Whether `address` lies in `network`. An IPv4 address that is written as an IPv6 one (`::ffff:192.0.2.1`, which a
/// socket that speaks both reports) is an IPv4 address.
pub(in crate::policy) fn contains(network: &IpNet, address: IpAddr) -> bool {
    network.contains(&address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::{contains, network};

    #[test]
    fn an_address_is_found_in_its_network() {
        for (net, address, expected) in [
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.77/24", "203.0.113.1", true),
            ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7", "203.0.113.8", false),
            ("0.0.0.0/0", "203.0.113.8", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:DB8:1234:5678::/64", "2001:db8:1234:5678::9", true),
            ("2001:db8::1", "2001:0db8:0::1", true),
            ("203.0.113.0/24", "::ffff:203.0.113.9", true),
            ("::ffff:0:0/96", "::ffff:203.0.113.9", true),
            ("::ffff:0:0/96", "203.0.113.9", true),
            ("::ffff:203.0.113.0/120", "203.0.113.9", true),
            ("::ffff:203.0.113.0/120", "203.0.114.9", false),
            ("::ffff:203.0.113.9", "203.0.113.9", true),
            ("::/0", "::ffff:203.0.113.9", false),
            ("::/0", "2001:db8::1", true),
        ] {
            assert_eq!(contains(&network(net).unwrap(), address.parse().unwrap()), expected, "{address} in {net}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "203.0.113.0/33",
            "203.0.113",
            "2001:db8::/129",
            "203.0.113.0/-1",
            "*",
            "203.0.113.0/24 ",
            "010.0.0.1",
            "203.0.113.0/08",
            "2001:db8::/032",
            "10.0.0.0/00",
        ] {
            assert_eq!(network(text), None, "{text}");
        }
    }
}
