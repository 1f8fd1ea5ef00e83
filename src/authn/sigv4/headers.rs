//! Which headers must be signed, and which may stand there only once.

use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};

use super::date::X_AMZ_DATE;
use super::refusal::SigV4Refusal;

pub(super) const X_AMZ_SECURITY_TOKEN: &str = "x-amz-security-token";

/// Present or not, these are always among the signed: without them a signature is good for any host and any time.
const ALWAYS_SIGNED: [&str; 2] = ["host", X_AMZ_DATE];

/// Where one of these stands, what the request means hangs on it.
fn must_be_signed(name: &str) -> bool {
    // `mcp-` covers the session id, protocol version, method, name and whatever MCP adds. `x-amz-` does not cover
    // `x-amzn-trace-id`, which load balancers add.
    name.starts_with("x-amz-")
        || name.starts_with("mcp-")
        || name == CONTENT_TYPE.as_str()
        || name == "last-event-id"
        || ALWAYS_SIGNED.contains(&name)
}

/// A second copy of one of these would be read by one layer and not by another.
fn must_be_single(name: &str) -> bool {
    must_be_signed(name) || name == AUTHORIZATION.as_str() || name == CONTENT_LENGTH.as_str()
}

/// The header's only value, if it is there.
pub(super) fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a HeaderValue>, SigV4Refusal> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(SigV4Refusal::duplicate(name));
    }
    Ok(first)
}

/// Holds the request's headers against the (sorted) names of those that are signed.
pub(super) fn check(headers: &HeaderMap, signed: &[&str]) -> Result<(), SigV4Refusal> {
    for name in headers.keys() {
        if must_be_single(name.as_str()) {
            single(headers, name.as_str())?;
        }
    }
    let is_signed = |name: &str| signed.binary_search(&name).is_ok();
    let required = headers.keys().map(http::HeaderName::as_str).filter(|name| must_be_signed(name));
    if let Some(name) = ALWAYS_SIGNED.into_iter().chain(required).find(|name| !is_signed(name)) {
        return Err(SigV4Refusal::not_signed(name));
    }
    match signed.iter().find(|name| !headers.contains_key(**name)) {
        Some(name) => Err(SigV4Refusal::missing(name)),
        None => Ok(()),
    }
}
