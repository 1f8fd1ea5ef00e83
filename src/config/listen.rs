//! `[listen]`: where requests come in, and whose word about their origin is taken.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::fault::FaultCode;
use super::host::{HostPattern, PortPattern};
use super::origin::Origin;
use super::section::{Item, Section};
use super::sink::Problem;

/// `[listen]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// Where MCP requests are served. Port 0 lets the system choose.
    pub address: SocketAddr,
    /// Where `/metrics` and readiness detail are served; `None` when switched off.
    pub metrics_address: Option<SocketAddr>,
    /// The proxies whose `X-Forwarded-For` is believed, for its rightmost hop.
    pub trusted_proxies: Vec<IpNet>,
    /// The `Host` that clients sign for, in lower case, where the trusted proxies put another one in its place.
    pub signed_host: Option<String>,
    /// The `Host` headers that are answered; never empty.
    pub hosts: Vec<HostPattern>,
    /// The `Origin` headers that are answered; a request without one is no browser's.
    pub origins: Vec<Origin>,
}

pub(super) fn read(section: &Section<'_>) -> Option<Listen> {
    let address = address(section, "address", SocketAddr::from(([127, 0, 0, 1], 8080)));
    let metrics_address = match section.optional("metrics_address") {
        Some(item) if item.as_str() == Some("off") => Some(None),
        Some(item) => socket_address(&item).map(|found| {
            if found.port() != 0 && Some(found) == address {
                item.fault(Problem::conflict("is also [listen] address").remedy("choose another port, or \"off\""));
            }
            Some(found)
        }),
        None => Some(Some(SocketAddr::from(([127, 0, 0, 1], 9464)))),
    };
    let trusted_proxies = section.optional("trusted_proxies").map(|item| item.list(network)).unwrap_or_default();
    let signed_host = section.optional("signed_host").and_then(|item| signed_host(&item));
    let proxies = section.optional("trusted_proxies");
    if let Some(item) = section.optional("signed_host")
        && proxies.is_none_or(|proxies| proxies.is_empty_list())
    {
        let problem = Problem::conflict("is for requests through a trusted proxy, and there is none");
        item.fault(problem.remedy("list the load balancers' subnets in trusted_proxies, or leave signed_host out"));
    }
    let hosts = match section.optional("hosts") {
        Some(item) => {
            let hosts = item.list(Item::parse);
            if item.is_empty_list() {
                item.fault(Problem::invalid("no request could be answered").remedy("name at least one host"));
            }
            hosts
        }
        None if address.is_none_or(|address| address.ip().is_loopback()) => HostPattern::loopback(),
        None => {
            section.missing(
                "hosts",
                "the address is not a loopback one: list the host names that clients use, as [\"host\"]",
            );
            Vec::new()
        }
    };
    let origins = section.optional("origins").map(|item| item.list(Item::parse)).unwrap_or_default();
    let (address, metrics_address) = (address?, metrics_address?);
    Some(Listen { address, metrics_address, trusted_proxies, signed_host, hosts, origins })
}

fn address(section: &Section<'_>, key: &str, default: SocketAddr) -> Option<SocketAddr> {
    section.optional(key).map_or(Some(default), |item| socket_address(&item))
}

fn socket_address(item: &Item<'_>) -> Option<SocketAddr> {
    item.check(|text| {
        text.parse().map_err(|_| {
            Problem::invalid(format!("{text:?} is not an address with a port"))
                .remedy("write IP:PORT, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080; names are not looked up")
        })
    })
}

/// One name as clients sign it: with its port only where that is not the scheme's own.
fn signed_host(item: &Item<'_>) -> Option<String> {
    let pattern: HostPattern = item.parse()?;
    if pattern.port() == PortPattern::Any {
        let problem = Problem::invalid("names any port, and clients sign for one host");
        item.fault(problem.remedy("write host, or host:port where clients name a port"));
        return None;
    }
    Some(pattern.to_string())
}

fn network(item: &Item<'_>) -> Option<IpNet> {
    item.check(|text| {
        let network: IpNet = text.parse().map_err(|_| {
            let problem = Problem::invalid(format!("{text:?} is not a network"));
            match text.parse::<IpAddr>() {
                Ok(address) => problem.remedy(format!("for this one address write {}", IpNet::from(address))),
                Err(_) => problem.remedy("write ADDRESS/BITS, such as 10.0.0.0/16"),
            }
        })?;
        if network.prefix_len() == 0 {
            let problem = Problem::invalid("covers every address, so any client could claim any source address");
            return Err(problem.remedy("list the load balancers' subnets"));
        }
        if network.trunc() != network {
            let problem = Problem::new(FaultCode::Invalid, "has address bits beyond its prefix");
            return Err(problem.remedy(format!("write {}", network.trunc())));
        }
        Ok(network)
    })
}
