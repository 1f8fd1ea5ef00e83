//! The `Authorization` header.
//!
//! `AWS4-HMAC-SHA256 Credential=<id>/<date>/<region>/<service>/aws4_request, SignedHeaders=<a;b;c>, Signature=<hex>`
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html>

use std::fmt;

use data_encoding::HEXLOWER;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::headers;
use super::refusal::SigV4Refusal;

pub(in crate::authn) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What the client claims, taken apart; every part still has to be believed.
pub(in crate::authn) struct Authorization<'a> {
    pub(in crate::authn) access_key_id: &'a str,
    /// `YYYYMMDD`, not yet compared with `x-amz-date`.
    pub(in crate::authn) date: &'a str,
    pub(in crate::authn) region: &'a str,
    pub(in crate::authn) service: &'a str,
    pub(in crate::authn) terminator: &'a str,
    /// Lower-case header names, strictly ascending, at least one.
    pub(in crate::authn) signed_headers: Vec<&'a str>,
    pub(in crate::authn) signature: [u8; 32],
}

/// Without the signature: with the rest of the request it is good for some minutes.
impl fmt::Debug for Authorization<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("access_key_id", &self.access_key_id)
            .field("scope", &[self.date, self.region, self.service, self.terminator])
            .field("signed_headers", &self.signed_headers)
            .finish_non_exhaustive()
    }
}

impl<'a> Authorization<'a> {
    pub(in crate::authn) fn of(headers: &'a HeaderMap) -> Result<Self, SigV4Refusal> {
        let value = headers::single(headers, AUTHORIZATION.as_str())?.ok_or(SigV4Refusal::MissingAuthorization)?;
        let Ok(text) = value.to_str() else { return malformed("it has characters outside ASCII") };
        // Any other scheme comes here too. Its value is not repeated: it may be a token.
        let (algorithm, fields) = text.split_once(' ').unwrap_or((text, ""));
        if algorithm != ALGORITHM {
            return Err(SigV4Refusal::UnsupportedAlgorithm);
        }
        Self::parse(fields)
    }

    pub(in crate::authn) fn parse(fields: &'a str) -> Result<Self, SigV4Refusal> {
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for field in fields.split(',') {
            let (name, value) = field.trim_matches(' ').split_once('=').unwrap_or_default();
            let slot = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return malformed("it must consist of Credential, SignedHeaders and Signature"),
            };
            if slot.replace(value).is_some() {
                return malformed("Credential, SignedHeaders and Signature must each stand there once");
            }
        }
        let (Some(credential), Some(signed_headers), Some(signature)) = (credential, signed_headers, signature) else {
            return malformed("it must have Credential, SignedHeaders and Signature");
        };
        let parts: Vec<&str> = credential.split('/').collect();
        let [access_key_id, date, region, service, terminator] = parts[..] else {
            return malformed("Credential must have five parts: id/date/region/service/aws4_request");
        };
        if !(1..=128).contains(&access_key_id.len())
            || !access_key_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            return malformed("the access key id must be up to 128 letters, digits or underscores");
        }
        Ok(Self {
            access_key_id,
            date,
            region,
            service,
            terminator,
            signed_headers: parse_signed_headers(signed_headers)?,
            signature: parse_signature(signature)?,
        })
    }
}

fn malformed<T>(what: &'static str) -> Result<T, SigV4Refusal> {
    Err(SigV4Refusal::MalformedAuthorization(what))
}

fn parse_signed_headers(text: &str) -> Result<Vec<&str>, SigV4Refusal> {
    let names: Vec<&str> = text.split(';').collect();
    // RFC 9110 section 5.6.2, without the upper-case letters.
    let token = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&b);
    if !names.iter().all(|name| !name.is_empty() && name.bytes().all(token)) {
        return malformed("SignedHeaders must be lower-case header names with a semicolon between them");
    }
    if !names.is_sorted_by(|a, b| a < b) {
        return malformed("SignedHeaders must be sorted, each name once");
    }
    if names.contains(&AUTHORIZATION.as_str()) {
        return malformed("SignedHeaders must not name authorization");
    }
    Ok(names)
}

fn parse_signature(text: &str) -> Result<[u8; 32], SigV4Refusal> {
    let decoded = HEXLOWER.decode(text.as_bytes()).ok();
    match decoded.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) {
        Some(signature) => Ok(signature),
        None => malformed("Signature must be 64 lower-case hex digits"),
    }
}
