//! What the issuer tells of itself.

use serde_json::{Value, json};

use super::{ALGORITHMS, issuer_at};
use crate::sandbox::jwt::TokenAlgorithm;

/// The one document for both: OpenID Connect Discovery 1.0, section 3, and RFC 8414, section 2.
pub(in crate::sandbox) fn discovery(base: &str) -> Value {
    let issuer = issuer_at(base);
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "registration_endpoint": format!("{issuer}/register"),
        "jwks_uri": format!("{issuer}/jwks"),
        "scopes_supported": ["iam-mcp:read", "iam-mcp:write"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "authorization_response_iss_parameter_supported": true,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ALGORITHMS.map(TokenAlgorithm::as_str),
        "claims_supported": ["sub", "email", "email_verified", "groups"],
    })
}
