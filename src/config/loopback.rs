//! URLs that stay on this machine.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use http::Uri;
use thiserror::Error;

/// `http://` or `https://` and a loopback host: 127.0.0.0/8, `[::1]` or `localhost`, with nothing but a port behind.
///
/// An endpoint receives signed requests and hands out credentials, so one that is not AWS's is allowed on the same
/// machine only: for tests and the sandbox, never for a service elsewhere that claims to be AWS.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LoopbackUrl(String);

impl LoopbackUrl {
    /// The URL, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no such URL.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LoopbackUrlError {
    /// No URL, or of another scheme.
    #[error("is not a URL that begins with http:// or https://")]
    Url,
    /// Another machine.
    #[error(
        "names {0:?}, which is not this machine; an endpoint sees signed requests and hands out credentials, so other \
         than AWS's own it must be on 127.0.0.0/8, [::1] or localhost"
    )]
    NotLoopback(String),
    /// A user, a path or a query.
    #[error("has a user, a path or a query; write scheme, host and port only")]
    Excess,
}

impl FromStr for LoopbackUrl {
    type Err = LoopbackUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().map_err(|_| LoopbackUrlError::Url)?;
        let (Some("http" | "https"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(LoopbackUrlError::Url);
        };
        if authority.as_str().contains('@')
            || uri.query().is_some()
            || !matches!(uri.path(), "" | "/")
            || text.contains('#')
        {
            return Err(LoopbackUrlError::Excess);
        }
        let host = authority.host();
        if !is_loopback(host) {
            return Err(LoopbackUrlError::NotLoopback(host.to_owned()));
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

/// Whether a URL's host is this machine: 127.0.0.0/8, `[::1]`, or `localhost` in letters of any case.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let v6 = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match v6 {
        Some(address) => address.parse::<Ipv6Addr>().is_ok_and(|address| address == Ipv6Addr::LOCALHOST),
        None => host.eq_ignore_ascii_case("localhost") || host.parse::<Ipv4Addr>().is_ok_and(|a| a.is_loopback()),
    }
}

impl fmt::Display for LoopbackUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_allowed_under_its_own_names() {
        for (text, url) in [
            ("http://127.0.0.1:4566/", "http://127.0.0.1:4566"),
            ("https://127.8.9.10", "https://127.8.9.10"),
            ("http://localhost:1", "http://localhost:1"),
            ("http://LocalHost:1", "http://LocalHost:1"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(text.parse::<LoopbackUrl>().unwrap().as_str(), url);
        }
    }

    #[test]
    fn every_other_machine_is_refused() {
        for text in [
            "https://sts.amazonaws.com",
            "http://10.0.0.1",
            "http://127.0.0.1.example.com",
            "http://localhost.example",
            "http://0.0.0.0:1",
            "http://[::ffff:127.0.0.1]",
            "http://127.1",
            "http://169.254.169.254",
        ] {
            let fault = text.parse::<LoopbackUrl>().unwrap_err();
            assert!(matches!(fault, LoopbackUrlError::NotLoopback(_)), "{text}: {fault:?}");
        }
    }

    #[test]
    fn what_hides_the_host_is_refused() {
        let fault = |text: &str| text.parse::<LoopbackUrl>().unwrap_err();
        for text in ["http://localhost@evil.example", "http://localhost/x", "http://localhost?x", "http://localhost/#x"]
        {
            assert_eq!(fault(text), LoopbackUrlError::Excess, "{text}");
        }
        for text in ["", "localhost", "localhost:1", "ftp://localhost", "/localhost", "http://"] {
            assert_eq!(fault(text), LoopbackUrlError::Url, "{text}");
        }
    }
}
