//! The `Origin` headers that are answered.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::host::{HostPattern, PortPattern};

/// A web origin as browsers send it: `scheme://host[:port]`, in lower case, without the scheme's own port (RFC 6454).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin(String);

impl Origin {
    /// The origin, to be compared with a header as it is.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is no origin.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("is not an origin; write https://host or https://host:port, without path, user or wildcard")]
pub struct OriginError;

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower = text.to_ascii_lowercase();
        let (scheme, rest) = lower.split_once("://").ok_or(OriginError)?;
        let own_port = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return Err(OriginError),
        };
        let host: HostPattern = rest.parse().map_err(|_| OriginError)?;
        match host.port() {
            PortPattern::Any => Err(OriginError),
            PortPattern::Exactly(port) if port != own_port => Ok(Self(format!("{scheme}://{}:{port}", host.name()))),
            PortPattern::Exactly(_) | PortPattern::Absent => Ok(Self(format!("{scheme}://{}", host.name()))),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_spelled_as_browsers_spell_it() {
        for (text, origin) in [
            ("https://App.Example", "https://app.example"),
            ("https://app.example:443", "https://app.example"),
            ("http://app.example:443", "http://app.example:443"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().as_str(), origin);
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in
            ["null", "*", "app.example", "ftp://a", "https://a/", "https://a:*", "https://u@a", "https://*.a", ""]
        {
            assert_eq!(text.parse::<Origin>(), Err(OriginError), "{text}");
        }
    }
}
