//! Signing requests with SigV4, as the clients of a gateway do.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use jiff::Timestamp;

/// What a signature is scoped to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The service name that the gateway expects, `iam-mcp`.
    pub service: String,
    /// The region that the gateway expects.
    pub region: String,
}

/// A request that cannot be signed.
#[derive(Debug, thiserror::Error)]
#[error("the request cannot be signed: {0}")]
pub struct SigningError(String);

/// The headers to add to a request so that it is signed: `x-amz-date`, `authorization` and, with a session token,
/// `x-amz-security-token`.
///
/// # Errors
/// When the URL or a header cannot be signed.
pub fn headers(
    method: &str,
    url: &http::Uri,
    headers: &[(&str, &str)],
    body: &[u8],
    credentials: &Credentials,
    scope: &Scope,
    now: Timestamp,
) -> Result<Vec<(&'static str, String)>, SigningError> {
    let failed = |error: &dyn std::fmt::Display| SigningError(error.to_string());
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&scope.region)
        .name(&scope.service)
        .time(SystemTime::from(now))
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| failed(&error))?
        .into();
    let request = SignableRequest::new(method, url.to_string(), headers.iter().copied(), SignableBody::Bytes(body))
        .map_err(|error| failed(&error))?;
    let (instructions, _) = sign(request, &params).map_err(|error| failed(&error))?.into_parts();
    Ok(instructions.headers().filter_map(|(name, value)| Some((known(name)?, value.to_owned()))).collect())
}

fn known(name: &str) -> Option<&'static str> {
    ["authorization", "x-amz-date", "x-amz-security-token"].into_iter().find(|known| *known == name)
}
