//! How the issuer says no, in OAuth's codes.

use serde_json::{Value, json};

/// A refusal: RFC 6749, sections 4.1.2.1 and 5.2; RFC 7591, section 3.2.2; RFC 8707, section 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) struct Refused {
    pub(in crate::sandbox) status: u16,
    pub(in crate::sandbox) error: &'static str,
    pub(in crate::sandbox) description: &'static str,
}

impl Refused {
    const fn new(error: &'static str, description: &'static str) -> Self {
        Self { status: 400, error, description }
    }

    pub(in crate::sandbox) const fn request(description: &'static str) -> Self {
        Self::new("invalid_request", description)
    }

    /// 401 (RFC 6749, section 5.2).
    pub(super) const fn client() -> Self {
        let refused = Self::new("invalid_client", "there is no such client; register one at registration_endpoint");
        Self { status: 401, ..refused }
    }

    pub(super) const fn grant(description: &'static str) -> Self {
        Self::new("invalid_grant", description)
    }

    pub(super) const fn scope(description: &'static str) -> Self {
        Self::new("invalid_scope", description)
    }

    pub(super) const fn target(description: &'static str) -> Self {
        Self::new("invalid_target", description)
    }

    pub(super) const fn redirect_uri(description: &'static str) -> Self {
        Self::new("invalid_redirect_uri", description)
    }

    pub(super) const fn metadata(description: &'static str) -> Self {
        Self::new("invalid_client_metadata", description)
    }

    pub(super) const fn other(error: &'static str, description: &'static str) -> Self {
        Self::new(error, description)
    }

    pub(in crate::sandbox) fn body(&self) -> Value {
        json!({"error": self.error, "error_description": self.description})
    }
}
