//! Where a request comes from.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::StatusCode;
use http::request::Parts;
use ipnet::IpNet;

use super::gate::Gate;
use super::refusal::Refusal;

/// What the server knows about a connection; in every request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// The other end of the socket: the client, or the proxy before it.
    pub peer: SocketAddr,
}

/// That a request comes from a trusted proxy, whatever it says of its client; in the extensions of those requests only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThroughProxy {
    /// The `Host` that the request was signed for, where the proxy may have put another one in its place.
    pub signed_host: Option<Arc<str>>,
}

/// The address a request comes from, as far as it can be believed; in every request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress {
    /// The client's address; an IPv4-mapped IPv6 address is given as IPv4.
    pub address: IpAddr,
    /// Whether a trusted proxy told it, rather than the socket.
    pub via_proxy: bool,
    /// Whether the client spoke TLS: to a trusted proxy that says so, since this listener speaks none itself.
    pub secure: bool,
}

/// Works out each request's [`ClientAddress`], and whether it came through a trusted proxy.
#[derive(Debug)]
pub(crate) struct ClientAddresses {
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) signed_host: Option<Arc<str>>,
}

impl ClientAddresses {
    fn trust(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }

    /// Each proxy appends the address it was spoken to from, so the list is believed from the right, for as long as the
    /// one who appended is trusted. What lies further left was written by the client and is not even parsed.
    fn resolve(&self, head: &Parts, peer: IpAddr) -> ClientAddress {
        let mut address = peer.to_canonical();
        let direct = ClientAddress { address, via_proxy: false, secure: false };
        let lines = head.headers.get_all("x-forwarded-for").iter().rev();
        let hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        let mut via_proxy = false;
        for hop in hops {
            if !self.trust(address) {
                break;
            }
            let Some(next) = parse_hop(hop) else {
                tracing::warn!(peer = %peer, "a trusted proxy sent an X-Forwarded-For that is not a list of addresses");
                return direct;
            };
            address = next;
            via_proxy = true;
        }
        ClientAddress { address, via_proxy, secure: via_proxy && is_https(head) }
    }
}

/// What the proxy before this listener was spoken to in: it writes the last of the values, or the only one.
fn is_https(head: &Parts) -> bool {
    let last = head.headers.get_all("x-forwarded-proto").iter().next_back();
    let last = last.and_then(|line| line.as_bytes().rsplit(|byte| *byte == b',').next());
    last.is_some_and(|scheme| scheme.trim_ascii().eq_ignore_ascii_case(b"https"))
}

/// An address, or one with a port, which an Application Load Balancer can be told to add.
fn parse_hop(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim_matches([' ', '\t']);
    let address = text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip())).ok()?;
    Some(address.to_canonical())
}

impl<B> Gate<B> for ClientAddresses {
    fn check(&self, head: &mut Parts, _: &B) -> Result<(), Refusal> {
        let Some(connection) = head.extensions.get::<ConnectionInfo>() else {
            // Policies compare the address, so a request of unknown origin goes no further.
            tracing::error!("a request reached the router without information about its connection");
            return Err(Refusal::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal_error",
                "the gateway made a mistake",
            ));
        };
        let peer = connection.peer.ip();
        let address = self.resolve(head, peer);
        head.extensions.insert(address);
        // By the socket alone: a client writes what it likes into headers.
        if self.trust(peer.to_canonical()) {
            head.extensions.insert(ThroughProxy { signed_host: self.signed_host.clone() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(peer: &str, lines: &[&str]) -> (String, bool) {
        let mut request = http::Request::new(());
        for line in lines {
            request.headers_mut().append("x-forwarded-for", line.parse().unwrap());
        }
        let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let found = ClientAddresses { trusted_proxies, signed_host: None }
            .resolve(&request.into_parts().0, peer.parse().unwrap());
        (found.address.to_string(), found.via_proxy)
    }

    fn direct(address: &str) -> (String, bool) {
        (address.to_owned(), false)
    }

    fn told(address: &str) -> (String, bool) {
        (address.to_owned(), true)
    }

    #[test]
    fn tls_is_what_a_trusted_proxy_says_and_nobody_else() {
        let secure = |peer: &str, forwarded: &[&str], schemes: &[&str]| {
            let mut request = http::Request::new(());
            for line in forwarded {
                request.headers_mut().append("x-forwarded-for", line.parse().unwrap());
            }
            for line in schemes {
                request.headers_mut().append("x-forwarded-proto", line.parse().unwrap());
            }
            let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
            ClientAddresses { trusted_proxies, signed_host: None }
                .resolve(&request.into_parts().0, peer.parse().unwrap())
                .secure
        };
        assert!(secure("10.0.0.1", &["198.51.100.1"], &["HTTPS"]));
        assert!(secure("10.0.0.1", &["198.51.100.1"], &["http, https"]));
        assert!(!secure("10.0.0.1", &["198.51.100.1"], &["https, http"]));
        assert!(!secure("10.0.0.1", &["198.51.100.1"], &[]));
        assert!(!secure("10.0.0.1", &[], &["https"]), "a proxy that names no client did not proxy");
        assert!(!secure("203.0.113.9", &["198.51.100.1"], &["https"]));
    }

    #[test]
    fn a_stranger_cannot_name_another_address() {
        assert_eq!(resolve("203.0.113.9", &["198.51.100.1"]), direct("203.0.113.9"));
    }

    #[test]
    fn a_trusted_proxy_is_believed() {
        assert_eq!(resolve("10.0.0.1", &["198.51.100.1"]), told("198.51.100.1"));
        assert_eq!(resolve("10.0.0.1", &[]), direct("10.0.0.1"));
    }

    #[test]
    fn what_the_client_wrote_itself_is_not_believed() {
        assert_eq!(resolve("10.0.0.1", &["1.1.1.1, 198.51.100.1"]), told("198.51.100.1"));
        assert_eq!(resolve("10.0.0.1", &["10.9.9.9, 198.51.100.1, 10.0.0.2"]), told("198.51.100.1"));
        assert_eq!(resolve("10.0.0.1", &["not an address, 198.51.100.1"]), told("198.51.100.1"));
    }

    #[test]
    fn several_lines_are_one_list() {
        assert_eq!(resolve("10.0.0.1", &["1.1.1.1", "198.51.100.1,10.0.0.3", "10.0.0.2"]), told("198.51.100.1"));
    }

    #[test]
    fn a_chain_of_trusted_proxies_ends_at_its_first_one() {
        assert_eq!(resolve("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), told("10.0.0.3"));
    }

    #[test]
    fn a_malformed_hop_falls_back_to_the_peer() {
        for line in ["unknown", "", "198.51.100.1, ", "10.0.0.3.4", "x, 10.0.0.2"] {
            assert_eq!(resolve("10.0.0.1", &[line]), direct("10.0.0.1"), "{line}");
        }
    }

    #[test]
    fn ports_and_both_families_are_understood() {
        assert_eq!(resolve("10.0.0.1", &["198.51.100.1:4711"]), told("198.51.100.1"));
        assert_eq!(resolve("fd00::1", &["[2001:db8::1]:4711"]), told("2001:db8::1"));
        assert_eq!(resolve("fd00::1", &["2001:db8::1"]), told("2001:db8::1"));
    }

    #[test]
    fn a_mapped_address_is_ipv4_everywhere() {
        assert_eq!(resolve("::ffff:203.0.113.9", &[]), direct("203.0.113.9"));
        assert_eq!(resolve("::ffff:10.0.0.1", &["::ffff:198.51.100.1"]), told("198.51.100.1"));
    }
}
