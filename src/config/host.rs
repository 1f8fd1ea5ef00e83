//! The `Host` headers that are answered.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use thiserror::Error;

/// A host the gateway is known under: `host`, `host:port` or `host:*`. Letter case does not matter (RFC 9110, 4.2.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostPattern {
    name: String,
    port: PortPattern,
}

/// The port part of a [`HostPattern`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PortPattern {
    /// `host`: the header names no port.
    Absent,
    /// `host:8443`: the header names this port.
    Exactly(u16),
    /// `host:*`: the header names any port or none.
    Any,
}

impl HostPattern {
    /// The names of this machine, at any port.
    pub(super) fn loopback() -> Vec<Self> {
        let any = |name: &str| Self { name: name.to_owned(), port: PortPattern::Any };
        ["localhost", "127.0.0.1", "[::1]"].map(any).to_vec()
    }

    /// The host in lower case; an IPv6 address in brackets.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> PortPattern {
        self.port
    }

    /// Whether a `Host` header that names `host` (IPv6 in brackets) and `port` is meant.
    #[must_use]
    pub fn matches(&self, host: &str, port: Option<u16>) -> bool {
        self.name.eq_ignore_ascii_case(host)
            && match self.port {
                PortPattern::Absent => port.is_none(),
                PortPattern::Exactly(own) => port == Some(own),
                PortPattern::Any => true,
            }
    }
}

/// Why a text is no host.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HostPatternError {
    /// A wildcard in the host's name.
    #[error(
        "has a wildcard in the name; write each host out, or a page elsewhere can rebind its own name to this gateway"
    )]
    Wildcard,
    /// A scheme or a path.
    #[error("is not a host; write host, host:port or host:*, without scheme and path")]
    NotAHost,
    /// An IPv6 address without brackets.
    #[error("looks like an IPv6 address; put the address in brackets: [::1]:8080")]
    Brackets,
    /// A port that is none.
    #[error("the port {0:?} is not a number from 1 to 65535, nor *")]
    Port(String),
}

impl FromStr for HostPattern {
    type Err = HostPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bracket = text.find(']').map_or(0, |end| end + 1);
        let (name, port) = match text[bracket..].find(':') {
            Some(colon) => (&text[..bracket + colon], Some(&text[bracket + colon + 1..])),
            None => (text, None),
        };
        if let Some(address) = name.strip_prefix('[') {
            let inside = address.strip_suffix(']').ok_or(HostPatternError::NotAHost)?;
            inside.parse::<Ipv6Addr>().map_err(|_| HostPatternError::NotAHost)?;
        } else if text.parse::<Ipv6Addr>().is_ok() {
            return Err(HostPatternError::Brackets);
        } else if name.contains('*') {
            return Err(HostPatternError::Wildcard);
        } else if name.is_empty() || name.len() > 253 || !name.bytes().all(is_host_byte) || text.contains('/') {
            return Err(HostPatternError::NotAHost);
        }
        let port = match port {
            None => PortPattern::Absent,
            Some("*") => PortPattern::Any,
            Some(text) => {
                PortPattern::Exactly(port_number(text).ok_or_else(|| HostPatternError::Port(text.to_owned()))?)
            }
        };
        Ok(Self { name: name.to_ascii_lowercase(), port })
    }
}

fn is_host_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'.' || b == b'-'
}

/// A port as a header spells it: digits only, no sign, not 0.
fn port_number(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0)
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match self.port {
            PortPattern::Absent => Ok(()),
            PortPattern::Exactly(port) => write!(f, ":{port}"),
            PortPattern::Any => f.write_str(":*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> HostPattern {
        text.parse().unwrap()
    }

    #[test]
    fn a_pattern_says_which_ports_it_means() {
        assert!(host("a.example").matches("A.Example", None));
        assert!(!host("a.example").matches("a.example", Some(443)));
        assert!(host("a.example:8443").matches("a.example", Some(8443)));
        assert!(!host("a.example:8443").matches("a.example", None));
        assert!(host("a.example:*").matches("a.example", None));
        assert!(host("a.example:*").matches("a.example", Some(1)));
        assert!(!host("a.example:*").matches("b.a.example", Some(1)));
        assert!(host("[::1]:8080").matches("[::1]", Some(8080)));
        for text in ["a.example", "a.example:1", "a.example:*", "[::1]", "[::1]:*"] {
            assert_eq!(host(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_host_is_refused_with_its_reason() {
        let fault = |text: &str| text.parse::<HostPattern>().unwrap_err();
        assert_eq!(fault("*"), HostPatternError::Wildcard);
        assert_eq!(fault("*.example:80"), HostPatternError::Wildcard);
        assert_eq!(fault("::1"), HostPatternError::Brackets);
        for text in ["", ":80", "a/b", "a.example/", "a b", "[::1", "[x]:80", "[::1]x", "ä.example"] {
            assert_eq!(fault(text), HostPatternError::NotAHost, "{text}");
        }
        for (text, port) in [("a:", ""), ("a:0", "0"), ("a:65536", "65536"), ("a:+8", "+8"), ("https://a", "//a")] {
            let expected =
                if text.contains('/') { HostPatternError::NotAHost } else { HostPatternError::Port(port.to_owned()) };
            assert_eq!(fault(text), expected, "{text}");
        }
    }
}
