//! A token taken apart: a JWS in compact form (RFC 7515, section 7.1) that holds claims (RFC 7519), and nothing else.
//!
//! Nothing here is believed yet. What could make another key, another algorithm or another reading count is refused before
//! anything is looked up: RFC 8725, section 3.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use super::keys::Algorithm;
use super::refusal::TokenRefusal;
use crate::strict_json;

/// The longest token that is looked at, in characters.
pub const LONGEST: usize = 8 * 1024;

/// The longest `kid`, in characters.
pub(super) const LONGEST_KEY_ID: usize = 256;

/// Header parameters that bring a key along, or change what is signed (RFC 7515, section 4.1; RFC 7797; RFC 7516).
const NOT_ACCEPTED: [&str; 10] = ["crit", "jwk", "jku", "x5u", "x5c", "b64", "enc", "zip", "epk", "p2s"];

/// What `typ` may say (RFC 7519, section 5.1; RFC 9068, section 2.1): tokens for other purposes, such as logout, say so.
const TYPES: [&str; 4] = ["jwt", "application/jwt", "at+jwt", "application/at+jwt"];

/// A token whose signature is still to be verified.
pub(super) struct Jwt<'t> {
    /// By what it says to be signed.
    pub(super) algorithm: Algorithm,
    /// Which key of its issuer it says to be signed with.
    pub(super) key_id: String,
    /// An object.
    pub(super) claims: Value,
    /// What the signature is over.
    pub(super) signed: &'t [u8],
    pub(super) signature: Vec<u8>,
}

/// Without what it says.
impl fmt::Debug for Jwt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwt").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl<'t> Jwt<'t> {
    /// Takes a token apart.
    pub(super) fn read(token: &'t str) -> Result<Self, TokenRefusal> {
        if token.len() > LONGEST {
            return Err(TokenRefusal::TooLarge);
        }
        let parts: Vec<&str> = token.split('.').take(6).collect();
        let (header, claims, signature) = match parts.as_slice() {
            [header, claims, signature] => (*header, *claims, *signature),
            // RFC 7516, section 7.1.
            [_, _, _, _, _] => return Err(TokenRefusal::Encrypted),
            _ => return Err(TokenRefusal::Malformed("it must have three parts")),
        };
        let (algorithm, key_id) = read_header(&object(header, "its header is not a JSON object in base64url")?)?;
        let claims = object(claims, "its claims are not a JSON object in base64url")?;
        let signature = decode(signature).ok_or(TokenRefusal::Malformed("its signature is not base64url"))?;
        let signed = token.rfind('.').map_or(token, |end| &token[..end]).as_bytes();
        Ok(Self { algorithm, key_id, claims, signed, signature })
    }

    /// Who says to have issued it.
    pub(super) fn issuer(&self) -> Result<&str, TokenRefusal> {
        match self.claims.get("iss") {
            Some(Value::String(issuer)) => Ok(issuer),
            Some(_) => Err(TokenRefusal::ClaimInvalid("iss".into())),
            None => Err(TokenRefusal::ClaimMissing("iss".into())),
        }
    }
}

fn decode(part: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(part.as_bytes()).ok()
}

fn object(part: &str, fault: &'static str) -> Result<Value, TokenRefusal> {
    let value = decode(part).and_then(|text| strict_json::read(&text).ok());
    value.filter(Value::is_object).ok_or(TokenRefusal::Malformed(fault))
}

fn read_header(header: &Value) -> Result<(Algorithm, String), TokenRefusal> {
    let text = |name| match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(TokenRefusal::Malformed("a parameter of its header is not text")),
    };
    if text("cty")?.is_some_and(|cty| TYPES.iter().any(|own| own.eq_ignore_ascii_case(cty))) {
        return Err(TokenRefusal::Nested);
    }
    if let Some(name) = NOT_ACCEPTED.into_iter().find(|name| header.get(*name).is_some()) {
        return Err(TokenRefusal::Header(name));
    }
    let algorithm = text("alg")?.and_then(Algorithm::named).ok_or(TokenRefusal::Algorithm)?;
    if text("typ")?.is_some_and(|typ| !TYPES.iter().any(|own| own.eq_ignore_ascii_case(typ))) {
        return Err(TokenRefusal::Type);
    }
    let key_id = text("kid")?.filter(|id| (1..=LONGEST_KEY_ID).contains(&id.len()));
    Ok((algorithm, key_id.ok_or(TokenRefusal::KeyIdMissing)?.to_owned()))
}
