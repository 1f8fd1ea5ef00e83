//! The signature as the key's owner would have made it.

use std::time::SystemTime;

use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use data_encoding::HEXLOWER;
use http::header::HOST;
use http::request::Parts;
use jiff::Timestamp;

use super::refusal::SigV4Refusal;

/// How a path becomes canonical: as every AWS service but S3 does it, so as unmodified clients sign. For the paths that
/// [`target`](super::target) lets through, every other way gives the same.
pub(super) fn settings() -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Double;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Enabled;
    // The default leaves out headers that proxies change. The client has said what it signed; exactly that counts.
    settings.excluded_headers = None;
    settings
}

/// What is signed besides the request itself.
pub(super) struct Scope<'a> {
    pub(super) identity: &'a Identity,
    pub(super) signed_at: Timestamp,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
}

/// More copies of signed headers than any client sends. aws-sigv4 sizes a `HeaderMap` by their number, which panics
/// beyond some 24,000.
const MAX_VALUES: usize = 256;

/// Signs the request anew: its method, path and query, every copy of each header of `signed_headers`, and the body's
/// hash. `host` must be among the headers; where one is given, it stands in the place of the header's value.
///
/// # Errors
/// When a signed header is not text, there are too many of them, or the target is too long to be a URI with a host.
pub(super) fn compute(
    head: &Parts,
    host: Option<&str>,
    signed_headers: &[&str],
    body_sha256: String,
    scope: &Scope<'_>,
    settings: SigningSettings,
) -> Result<[u8; 32], SigV4Refusal> {
    let mut headers = Vec::with_capacity(signed_headers.len());
    for name in signed_headers {
        if let Some(host) = host.filter(|_| *name == HOST.as_str()) {
            headers.push((*name, host));
            continue;
        }
        for value in head.headers.get_all(*name) {
            let value = std::str::from_utf8(value.as_bytes()).map_err(|_| SigV4Refusal::not_text(name))?;
            headers.push((*name, value));
        }
    }
    if headers.len() > MAX_VALUES {
        return Err(SigV4Refusal::MalformedAuthorization("SignedHeaders must cover no more than 256 header values"));
    }
    // The host that is signed is the header's. This one only keeps the URI absolute: aws-sigv4 panics on one that is
    // not.
    let target = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let uri = format!("https://gateway.invalid{target}");
    let body = SignableBody::Precomputed(body_sha256);
    let request = SignableRequest::new(head.method.as_str(), uri, headers.into_iter(), body)
        .map_err(|_| SigV4Refusal::AmbiguousTarget("it is not a URI that can be signed"))?;
    let params = v4::SigningParams::builder()
        .identity(scope.identity)
        .region(scope.region)
        .name(scope.service)
        .time(SystemTime::from(scope.signed_at))
        .settings(settings)
        .build()
        .expect("identity, region, name, time and settings are all there is to set");
    // What is left to fail is a header value that is UTF-8 and yet no header value.
    let output = sign(request, &params.into()).map_err(|_| SigV4Refusal::not_text("(one of them)"))?;
    let signature = HEXLOWER.decode(output.signature().as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    Ok(signature.expect("aws-sigv4 writes an HMAC-SHA256 as 64 lower-case hex digits"))
}
