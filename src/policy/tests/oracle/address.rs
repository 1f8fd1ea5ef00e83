//! Addresses and networks, bit by bit.

use std::net::{IpAddr, Ipv6Addr};

/// Whether `address` lies in `network`, an address or `address/length`.
pub(super) fn is_within(address: &str, network: &str) -> bool {
    let Ok(address) = address.parse() else { return false };
    let (base, length) = match network.split_once('/') {
        Some((base, length)) => (base, Some(length.parse::<usize>().expect("a length"))),
        None => (network, None),
    };
    let base: IpAddr = base.parse().expect("an address");
    let (base, length) = match (base, length) {
        (base, None) => (bits(base), usize::MAX),
        // Of a network of IPv4 addresses that are written as IPv6 ones, 96 bits say only that. One with fewer bits is of
        // IPv6, whatever its own address looks like.
        (IpAddr::V6(base), Some(length)) if is_mapped(base) && length >= 96 => (bits(IpAddr::V6(base)), length - 96),
        (IpAddr::V6(base), Some(length)) => (spread(&base.octets()), length),
        (base, Some(length)) => (bits(base), length),
    };
    let address = bits(address);
    base.len() == address.len() && base.iter().zip(&address).take(length).all(|(left, right)| left == right)
}

/// The bits of an address, 32 or 128. An IPv4 address that is written as an IPv6 one is an IPv4 address.
fn bits(address: IpAddr) -> Vec<bool> {
    match address {
        IpAddr::V4(address) => spread(&address.octets()),
        IpAddr::V6(address) if is_mapped(address) => spread(&address.octets()[12..]),
        IpAddr::V6(address) => spread(&address.octets()),
    }
}

/// Whether it is `::ffff:a.b.c.d`.
fn is_mapped(address: Ipv6Addr) -> bool {
    address.octets()[..12] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
}

fn spread(bytes: &[u8]) -> Vec<bool> {
    bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect()
}
