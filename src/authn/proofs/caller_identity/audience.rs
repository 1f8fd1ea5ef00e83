//! Whom a proof is for: one gateway, and whoever has the private half of one key.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::reasons::{self, Reason};

/// The signed header that says it.
pub const AUDIENCE_HEADER: &str = "x-iam-mcp-gateway-id";

const KEY: &str = ";key=";

/// The header's value for a gateway with this audience and this X25519 public key.
///
/// A gateway writes it from what it knows into the request that it forwards. A proof that was made for another gateway, or
/// for another key, then has another signature than the one that STS computes.
#[must_use]
pub fn audience_value(audience: &str, public_key: &[u8]) -> String {
    format!("{audience}{KEY}{}", BASE64URL_NOPAD.encode(&Sha256::digest(public_key)))
}

/// Whether a proof with this value is for this gateway and key.
pub(super) fn check(value: &str, audience: &str, public_key: &[u8]) -> Result<(), Reason> {
    // No audience has a semicolon in it.
    let Some((given, hash)) = value.split_once(KEY) else { return Err(reasons::AUDIENCE_MALFORMED) };
    let is_hash = BASE64URL_NOPAD.decode(hash.as_bytes()).is_ok_and(|hash| hash.len() == 32);
    if !is_hash {
        return Err(reasons::AUDIENCE_MALFORMED);
    }
    if given != audience {
        return Err(reasons::AUDIENCE);
    }
    if value != audience_value(audience, public_key) {
        return Err(reasons::AUDIENCE_KEY);
    }
    Ok(())
}
