//! What the request target may look like.
//!
//! The endpoints are `/mcp` and `/mcp/{environment}`, so being strict costs nothing: a path of unreserved characters
//! without empty or dot segments is the same under every canonicalization there is (normalized or not, percent-encoded
//! once or twice), and no router, proxy or signer can read it in another way.

use std::borrow::Cow;

use http::header::HOST;
use http::request::Parts;

use super::refusal::SigV4Refusal;

/// The parameters of a presigned URL, in lower case.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html>
const AUTHENTICATION_PREFIX: &[u8] = b"x-amz-";

pub(super) fn check(head: &Parts) -> Result<(), SigV4Refusal> {
    // First of all, so that a presigned URL is called by its name and not by one of its oddities.
    let query = head.uri.query().unwrap_or_default();
    if query.split('&').any(|pair| is_authentication(pair.split('=').next().unwrap_or_default())) {
        return Err(SigV4Refusal::QueryAuthentication);
    }
    check_authority(head)?;
    check_path(head.uri.path())?;
    check_query(query)
}

fn is_authentication(name: &str) -> bool {
    let name = decoded(name);
    // The other way to call it, without a prefix: Signature Version 2's `AWSAccessKeyId` and `Signature`.
    name.get(..AUTHENTICATION_PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(AUTHENTICATION_PREFIX))
        || name.eq_ignore_ascii_case(b"awsaccesskeyid")
}

/// An absolute-form target (`GET http://host/mcp`) names a host of its own, which the signature does not cover.
fn check_authority(head: &Parts) -> Result<(), SigV4Refusal> {
    let Some(authority) = head.uri.authority() else { return Ok(()) };
    match head.headers.get(HOST) {
        Some(host) if host.as_bytes() != authority.as_str().as_bytes() => {
            Err(SigV4Refusal::AmbiguousTarget("its host is not the one of the Host header"))
        }
        _ => Ok(()),
    }
}

fn check_path(path: &str) -> Result<(), SigV4Refusal> {
    let Some(relative) = path.strip_prefix('/') else {
        return Err(SigV4Refusal::AmbiguousTarget("the path does not start with a slash"));
    };
    if !path.bytes().all(|b| b == b'/' || b.is_ascii_alphanumeric() || b"-._~".contains(&b)) {
        return Err(SigV4Refusal::AmbiguousTarget("the path has characters other than letters, digits and -._~/"));
    }
    let mut segments = relative.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            // A trailing slash is a path of its own; whether it exists is for the router to say.
            "" if last => {}
            "" => return Err(SigV4Refusal::AmbiguousTarget("the path has an empty segment")),
            "." | ".." => return Err(SigV4Refusal::AmbiguousTarget("the path has a dot segment")),
            _ => {}
        }
    }
    Ok(())
}

/// The signature covers the decoded parameters, so what decodes in more than one way is refused: a raw `+` (a plus or a
/// space), a `%` without two hex digits (kept or dropped), bytes that are not UTF-8 (all replaced by one character).
fn check_query(query: &str) -> Result<(), SigV4Refusal> {
    if query.contains('+') {
        return Err(SigV4Refusal::AmbiguousTarget("the query has a raw +; write %2B or %20"));
    }
    let bytes = query.as_bytes();
    let escaped = |at: usize| bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
    if bytes.iter().enumerate().any(|(at, b)| *b == b'%' && !escaped(at)) {
        return Err(SigV4Refusal::AmbiguousTarget("the query has a % that is not followed by two hex digits"));
    }
    if std::str::from_utf8(&decoded(query)).is_err() {
        return Err(SigV4Refusal::AmbiguousTarget("the query does not decode to UTF-8"));
    }
    Ok(())
}

fn decoded(text: &str) -> Cow<'_, [u8]> {
    let bytes = text.as_bytes();
    if !bytes.contains(&b'%') {
        return Cow::Borrowed(bytes);
    }
    let digit = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(out)
}
