//! The URLs that tokens call their issuers by, and those where issuers publish their keys.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use serde::{Serialize, Serializer};
use thiserror::Error;

use super::loopback::LoopbackUrl;

/// `https://`, a host and a path; plain `http://` on this machine only, for the sandbox and tests.
///
/// Whoever answers there decides who is believed: nothing but TLS tells that it is the issuer. The text is compared with a
/// token's `iss` as it is, the slash at its end included (OpenID Connect Core, section 3.1.3.7).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IssuerUrl(String);

impl IssuerUrl {
    /// The URL as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A document that stands below it.
    #[must_use]
    pub fn below(&self, path: &str) -> Self {
        Self(format!("{}/{path}", self.0.trim_end_matches('/')))
    }

    /// Its scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> &str {
        let host = self.0.find("://").map_or(0, |at| at + 3);
        let end = self.0[host..].find('/').map_or(self.0.len(), |at| host + at);
        &self.0[..end]
    }
}

/// Why a text is no such URL.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IssuerUrlError {
    /// No URL.
    #[error("is not a URL such as https://login.example.com/tenant")]
    Url,
    /// Plain HTTP to another machine.
    #[error(
        "must begin with https://: nothing else tells that it is the issuer who answers (http:// is for this machine alone)"
    )]
    NotHttps,
    /// A user, a query or a fragment.
    #[error("has a user, a query or a fragment; write scheme, host, port and path only")]
    Excess,
}

impl FromStr for IssuerUrl {
    type Err = IssuerUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().map_err(|_| IssuerUrlError::Url)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(IssuerUrlError::Url);
        };
        if authority.as_str().contains('@') || uri.query().is_some() || text.contains(['#', '?']) {
            return Err(IssuerUrlError::Excess);
        }
        match scheme {
            "https" if text.starts_with("https://") => Ok(Self(text.to_owned())),
            "http" if is_loopback(authority.as_str()) => Ok(Self(text.to_owned())),
            _ => Err(IssuerUrlError::NotHttps),
        }
    }
}

fn is_loopback(authority: &str) -> bool {
    format!("http://{authority}").parse::<LoopbackUrl>().is_ok()
}

impl fmt::Display for IssuerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for IssuerUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_are_reached_by_tls_or_on_this_machine() {
        for text in ["https://token.actions.githubusercontent.com", "https://a.example/b/", "http://127.0.0.1:1/x"] {
            assert_eq!(text.parse::<IssuerUrl>().unwrap().as_str(), text);
        }
        for (text, error) in [
            ("http://a.example", IssuerUrlError::NotHttps),
            ("http://127.0.0.1.example", IssuerUrlError::NotHttps),
            ("ftp://a.example", IssuerUrlError::NotHttps),
            ("HTTPS://a.example", IssuerUrlError::NotHttps),
            ("a.example", IssuerUrlError::Url),
            ("", IssuerUrlError::Url),
            ("https://u@a.example", IssuerUrlError::Excess),
            ("https://a.example/?x", IssuerUrlError::Excess),
            ("https://a.example/#x", IssuerUrlError::Excess),
        ] {
            assert_eq!(text.parse::<IssuerUrl>(), Err(error), "{text}");
        }
    }

    #[test]
    fn documents_stand_below_it_and_its_origin_is_its_own() {
        let url: IssuerUrl = "https://a.example:1/b/".parse().unwrap();
        assert_eq!(url.below(".well-known/jwks.json").as_str(), "https://a.example:1/b/.well-known/jwks.json");
        assert_eq!(url.origin(), "https://a.example:1");
        assert_eq!("https://a.example".parse::<IssuerUrl>().unwrap().origin(), "https://a.example");
    }
}
