//! Everything of a proof that can be checked without asking anybody.

use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::audience::{self, AUDIENCE_HEADER, audience_value};
use super::headers::{self, Headers};
use super::hosts::{Known, Target};
use super::parameters;
use super::reasons::{self, Reason};
use super::sts::Forwarded;
use crate::authn::credentials;
use crate::authn::sigv4::authorization::{ALGORITHM, Authorization};
use crate::authn::sigv4::date;
use crate::exchange::request::SignedRequest;

/// How far the date of a proof may be from the server's time, either way: what AWS itself takes.
pub(super) const MAX_SKEW: SignedDuration = SignedDuration::from_mins(15);

/// What a proof is checked against.
#[derive(Debug)]
pub(super) struct Rules<'a> {
    /// The STS that may be asked.
    pub(super) known: Known<'a>,
    /// The gateway's own audience.
    pub(super) audience: &'a str,
    /// The key that the reply is sealed to.
    pub(super) public_key: &'a [u8],
    /// The time.
    pub(super) now: Timestamp,
}

/// A proof of which nothing is left to check but what STS alone can.
#[derive(Debug)]
pub(super) struct Checked {
    /// Where it is asked.
    pub(super) target: Target,
    pub(super) access_key_id: String,
    pub(super) signed_at: Timestamp,
    pub(super) signature: [u8; 32],
}

impl Checked {
    /// Whether it is signed with temporary credentials.
    pub(super) fn is_of_a_session(&self) -> bool {
        self.access_key_id.starts_with("ASIA")
    }
}

/// Checks a proof, and builds anew what is forwarded of it.
pub(super) fn check(request: &SignedRequest, rules: &Rules<'_>) -> Result<(Checked, Forwarded), Reason> {
    if request.method != "POST" {
        return Err(reasons::METHOD);
    }
    let target = Target::named_by(&request.url, &rules.known)?;
    let body = parameters::checked(&request.body)?;
    let headers = Headers::read(&request.headers)?;
    let authorization = authorization(&headers)?;
    let signed = &authorization.signed_headers;
    if !signed.iter().all(|name| headers.get(name).is_some() || *name == AUDIENCE_HEADER) {
        return Err(reasons::SIGNED_HEADER_MISSING);
    }
    check_audience(&headers, signed, rules)?;
    for name in [headers::HOST, headers::CONTENT_TYPE, headers::DATE, headers::TOKEN] {
        match headers.get(name) {
            Some(_) if !signed.contains(&name) => return Err(reasons::HEADER_UNSIGNED),
            None if name != headers::TOKEN => return Err(reasons::HEADER_MISSING),
            _ => {}
        }
    }
    check_values(&headers, &target, body)?;
    check_key(authorization.access_key_id, headers.get(headers::TOKEN).is_some())?;
    let signed_at = check_scope(&authorization, &headers, &target, rules.now)?;
    let forwarded = forwarded(&target, body, &headers, &authorization, rules);
    let checked = Checked {
        access_key_id: authorization.access_key_id.to_owned(),
        signature: authorization.signature,
        target,
        signed_at,
    };
    Ok((checked, forwarded))
}

fn authorization<'a>(headers: &Headers<'a>) -> Result<Authorization<'a>, Reason> {
    let value = headers.get(headers::AUTHORIZATION).ok_or(reasons::HEADER_MISSING)?;
    let fields = value.strip_prefix(ALGORITHM).and_then(|rest| rest.strip_prefix(' '));
    Authorization::parse(fields.ok_or(reasons::AUTHORIZATION)?).map_err(|_| reasons::AUTHORIZATION)
}

fn check_audience(headers: &Headers<'_>, signed: &[&str], rules: &Rules<'_>) -> Result<(), Reason> {
    let value = headers.get(AUDIENCE_HEADER).ok_or(reasons::AUDIENCE_MISSING)?;
    if !signed.contains(&AUDIENCE_HEADER) {
        return Err(reasons::AUDIENCE_UNSIGNED);
    }
    audience::check(value, rules.audience, rules.public_key)
}

/// What the values of headers must agree with.
fn check_values(headers: &Headers<'_>, target: &Target, body: &str) -> Result<(), Reason> {
    let differs = |name: &str, expected: &[&str]| headers.get(name).is_some_and(|value| !expected.contains(&value));
    if differs(headers::HOST, &[&target.host]) {
        return Err(reasons::HOST_HEADER);
    }
    const FORM: [&str; 3] = [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-8",
        "application/x-www-form-urlencoded;charset=utf-8",
    ];
    if differs(headers::CONTENT_TYPE, &FORM) {
        return Err(reasons::CONTENT_TYPE);
    }
    if differs(headers::CONTENT_LENGTH, &[&body.len().to_string()]) {
        return Err(reasons::CONTENT_LENGTH);
    }
    if differs(headers::CONTENT_HASH, &[&HEXLOWER.encode(&Sha256::digest(body))]) {
        return Err(reasons::CONTENT_HASH);
    }
    // STS answers in JSON to whoever asks for it.
    if differs(headers::ACCEPT, &["*/*"]) || differs(headers::ACCEPT_ENCODING, &["identity"]) {
        return Err(reasons::ACCEPT);
    }
    Ok(())
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes>
fn check_key(access_key_id: &str, has_token: bool) -> Result<(), Reason> {
    if access_key_id.starts_with(credentials::PREFIX) || access_key_id.starts_with("IMGK") {
        return Err(reasons::GATEWAY_KEY);
    }
    let has_form =
        access_key_id.len() == 20 && access_key_id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    match access_key_id.get(..4) {
        Some("AKIA") if has_form && has_token => Err(reasons::TOKEN_UNEXPECTED),
        Some("ASIA") if has_form && !has_token => Err(reasons::TOKEN_MISSING),
        Some("AKIA" | "ASIA") if has_form => Ok(()),
        _ => Err(reasons::ACCESS_KEY),
    }
}

/// When it was signed.
fn check_scope(
    authorization: &Authorization<'_>,
    headers: &Headers<'_>,
    target: &Target,
    now: Timestamp,
) -> Result<Timestamp, Reason> {
    if authorization.terminator != "aws4_request" {
        return Err(reasons::SCOPE_TERMINATOR);
    }
    if authorization.service != "sts" {
        return Err(reasons::SCOPE_SERVICE);
    }
    if !target.is_in(authorization.region) {
        return Err(reasons::REGION);
    }
    let text = headers.get(headers::DATE).ok_or(reasons::HEADER_MISSING)?;
    let signed_at = date::parse(text).ok_or(reasons::DATE_MALFORMED)?;
    if text.get(..8) != Some(authorization.date) {
        return Err(reasons::DATE_SCOPE);
    }
    let age = now.duration_since(signed_at);
    if age > MAX_SKEW {
        return Err(reasons::STALE);
    }
    if age < -MAX_SKEW {
        return Err(reasons::FUTURE);
    }
    Ok(signed_at)
}

/// The request to STS: of a client's own text, only values that were checked and are covered by the signature.
fn forwarded(
    target: &Target,
    body: &'static str,
    headers: &Headers<'_>,
    authorization: &Authorization<'_>,
    rules: &Rules<'_>,
) -> Forwarded {
    let Authorization { access_key_id, date, region, service, terminator, signed_headers, signature } = authorization;
    let mut all: Vec<(&'static str, String)> = signed_headers
        .iter()
        .filter_map(|name| headers.entry(name))
        .map(|(name, value)| match name {
            headers::HOST => (name, target.host.clone()),
            AUDIENCE_HEADER => (name, audience_value(rules.audience, rules.public_key)),
            _ => (name, value.to_owned()),
        })
        .collect();
    let value = format!(
        "{ALGORITHM} Credential={access_key_id}/{date}/{region}/{service}/{terminator}, SignedHeaders={}, Signature={}",
        signed_headers.join(";"),
        HEXLOWER.encode(signature)
    );
    all.push((headers::AUTHORIZATION, value));
    Forwarded { url: target.url.clone(), headers: all, body }
}
