//! Which web origins may call.
//!
//! Servers must validate `Origin` (MCP 2026-07-28, Streamable HTTP, security warning). Only browsers send it; a request
//! without one is not concerned.

use std::str::FromStr;

use http::StatusCode;
use http::header::ORIGIN;
use http::request::Parts;

use super::gate::Gate;
use super::refusal::Refusal;

/// A web origin that may call, such as `https://console.example.com`; compared as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedOrigin(String);

/// An entry of the list of origins that no browser would send.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an origin: write scheme://host or scheme://host:port, nothing after it and no wildcard")]
pub struct AllowedOriginError(String);

impl FromStr for AllowedOrigin {
    type Err = AllowedOriginError;

    fn from_str(text: &str) -> Result<Self, AllowedOriginError> {
        let is_origin = text.split_once("://").is_some_and(|(scheme, host)| {
            let plain =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']');
            !host.is_empty()
                && host.bytes().all(plain)
                && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        });
        if is_origin { Ok(Self(text.to_owned())) } else { Err(AllowedOriginError(text.to_owned())) }
    }
}

/// Lets requests pass that name no origin, or one of the allowed ones.
#[derive(Debug)]
pub(crate) struct AllowedOrigins(pub(crate) Vec<AllowedOrigin>);

impl<B> Gate<B> for AllowedOrigins {
    fn check(&self, head: &mut Parts, _: &B) -> Result<(), Refusal> {
        // Every copy has to be allowed: which of several a later reader would take is not for us to guess. `null`, which
        // sandboxed frames and local files send, can never be in the list.
        let allowed = |value: &[u8]| self.0.iter().any(|origin| origin.0.as_bytes().eq_ignore_ascii_case(value));
        if head.headers.get_all(ORIGIN).iter().all(|value| allowed(value.as_bytes())) {
            return Ok(());
        }
        Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "origin_not_allowed",
            "web pages of this origin may not call the gateway",
        )
        .with_hint("if a browser application should call the gateway, add its origin to listen.origins"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_schemes_with_hosts() {
        for text in ["https://a.example", "http://localhost:3000", "http://[::1]:80", "vscode-webview://abc"] {
            assert!(text.parse::<AllowedOrigin>().is_ok(), "{text}");
        }
    }

    #[test]
    fn what_no_browser_sends_is_refused_in_configuration() {
        for text in ["null", "*", "https://*.example", "https://a.example/", "a.example", "://a", "https://", "1x://a"]
        {
            assert!(text.parse::<AllowedOrigin>().is_err(), "{text}");
        }
    }
}
