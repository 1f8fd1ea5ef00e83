//! Which web origins may call.
//!
//! Servers must validate `Origin` (MCP 2026-07-28, Streamable HTTP, security warning). Only browsers send it; a request
//! without one is not concerned.

use http::StatusCode;
use http::header::ORIGIN;
use http::request::Parts;

use super::gate::Gate;
use super::refusal::Refusal;
use crate::config::Origin;

/// Lets requests pass that name no origin, or one of the allowed ones.
#[derive(Debug)]
pub(crate) struct AllowedOrigins(pub(crate) Vec<Origin>);

impl<B> Gate<B> for AllowedOrigins {
    fn check(&self, head: &mut Parts, _: &B) -> Result<(), Refusal> {
        // Every copy has to be allowed: which of several a later reader would take is not for us to guess. `null`, which
        // sandboxed frames and local files send, can never be in the list.
        let allowed = |value: &[u8]| self.0.iter().any(|origin| origin.as_str().as_bytes().eq_ignore_ascii_case(value));
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
