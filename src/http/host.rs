//! Which `Host` a request may name.
//!
//! Against DNS rebinding (MCP 2026-07-28, Streamable HTTP, security warning): a page that makes its own name resolve to
//! this gateway still sends its own name. `X-Forwarded-Host` is never read. A load balancer preserves `Host`, or what it sends in
//! its place is listed too, and the name that clients sign for is `listen.signed_host`.

use http::StatusCode;
use http::header::HOST;
use http::request::Parts;

use super::gate::Gate;
use super::refusal::Refusal;
use crate::config::HostPattern;

/// Whether the value of a `Host` header names this host. Letter case does not matter, everything else does.
fn matches(pattern: &HostPattern, host: &str) -> bool {
    let Some((name, port)) = split(host) else { return false };
    match port.map(port_number) {
        None => pattern.matches(name, None),
        Some(Some(port)) => pattern.matches(name, Some(port)),
        Some(None) => false,
    }
}

/// Name and port of `host`, the name made of the characters a host name or bracketed IPv6 address has.
fn split(host: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = host.strip_prefix('[') {
        let (address, after) = rest.split_once(']')?;
        address.parse::<std::net::Ipv6Addr>().ok()?;
        let port = if after.is_empty() { None } else { Some(after.strip_prefix(':')?) };
        return Some((&host[..address.len() + 2], port));
    }
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let is_name =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    is_name.then_some((name, port))
}

/// `u16::from_str` would take a sign.
fn port_number(digits: &str) -> Option<u16> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// Lets requests for one of the accepted hosts pass.
#[derive(Debug)]
pub(crate) struct AcceptedHosts(pub(crate) Vec<HostPattern>);

impl<B> Gate<B> for AcceptedHosts {
    fn check(&self, head: &mut Parts, _: &B) -> Result<(), Refusal> {
        let mut values = head.headers.get_all(HOST).iter();
        let Some(host) = values.next().filter(|host| !host.is_empty()) else {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "host_missing", "the request has no Host header"));
        };
        if values.next().is_some() {
            return Err(ambiguous("the request has several Host headers"));
        }
        // An absolute request target overrides Host (RFC 9112 section 3.2.2); two names are one too many to judge.
        if head.uri.authority().is_some_and(|target| !target.as_str().as_bytes().eq_ignore_ascii_case(host.as_bytes()))
        {
            return Err(ambiguous("the request target names another host than the Host header"));
        }
        let accepted = host.to_str().is_ok_and(|host| self.0.iter().any(|pattern| matches(pattern, host)));
        if accepted {
            return Ok(());
        }
        let named = String::from_utf8_lossy(host.as_bytes()).chars().take(100).collect::<String>();
        Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "host_not_allowed",
            format!("`{}` is not a name this gateway answers to", named.escape_debug()),
        )
        .logged_as("the Host header is not a name this gateway answers to")
        .with_hint(
            "if clients should use this name, add it to listen.hosts; behind a load balancer, have it preserve the Host \
             header, or add what it sends and name what clients sign for in listen.signed_host",
        ))
    }
}

fn ambiguous(message: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "host_ambiguous", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> HostPattern {
        text.parse().unwrap()
    }

    #[test]
    fn letter_case_does_not_matter() {
        assert!(matches(&pattern("IAM.Example"), "iam.EXAMPLE"));
    }

    #[test]
    fn without_a_port_only_the_bare_name_matches() {
        assert!(!matches(&pattern("iam.example"), "iam.example:443"));
    }

    #[test]
    fn a_port_must_be_the_same_number() {
        assert!(matches(&pattern("iam.example:8443"), "iam.example:8443"));
        for host in ["iam.example", "iam.example:443", "iam.example:+8443", "iam.example:", "iam.example:8443:1"] {
            assert!(!matches(&pattern("iam.example:8443"), host), "{host}");
        }
    }

    #[test]
    fn a_star_takes_any_port_and_none() {
        assert!(matches(&pattern("localhost:*"), "localhost"));
        assert!(matches(&pattern("localhost:*"), "localhost:3000"));
        assert!(!matches(&pattern("localhost:*"), "localhost:x"));
        assert!(!matches(&pattern("localhost:*"), "localhost:99999"));
    }

    #[test]
    fn similar_names_do_not_match() {
        for host in ["iam.example.evil", "evil-iam.example", "iam.example.", "user@iam.example", "iam.example/", ""] {
            assert!(!matches(&pattern("iam.example:*"), host), "{host}");
        }
    }

    #[test]
    fn an_ipv6_address_matches_with_its_brackets() {
        assert!(matches(&pattern("[::1]:*"), "[::1]:80"));
        assert!(matches(&pattern("[::1]"), "[::1]"));
        assert!(!matches(&pattern("[::1]"), "[::1]x"));
    }
}
