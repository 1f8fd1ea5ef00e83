//! A signed request, taken apart: what every verifier of SigV4 in this crate goes through, whatever keys it holds and
//! whatever scope it expects.
//!
//! [`Signed::read`] gives what the client claims; [`Signed::with_body`] holds the headers and the body against it; only
//! then can a signature be computed, so no rule is left out by a verifier that forgets it.

use std::fmt;

use aws_smithy_runtime_api::client::identity::Identity;
use http::request::Parts;
use jiff::Timestamp;
use subtle::ConstantTimeEq;

use super::authorization::Authorization;
use super::refusal::SigV4Refusal;
use super::{date, headers, payload, signature, target};

pub(crate) const TERMINATOR: &str = "aws4_request";

/// What the request says of its own signature. Every part still has to be believed.
pub(crate) struct Signed<'a> {
    head: &'a Parts,
    /// What `Host` was when the request was signed, if it may be something else by now.
    host: Option<&'a str>,
    authorization: Authorization<'a>,
    x_amz_date: &'a str,
    signed_at: Timestamp,
}

/// Without the values of headers, among which are tokens and the signature.
impl fmt::Debug for Signed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed")
            .field("method", &self.head.method)
            .field("path", &self.head.uri.path())
            .field("authorization", &self.authorization)
            .field("x_amz_date", &self.x_amz_date)
            .finish_non_exhaustive()
    }
}

impl<'a> Signed<'a> {
    /// Reads the target, the `Authorization` header and the date, in this order.
    pub(crate) fn read(head: &'a Parts) -> Result<Self, SigV4Refusal> {
        target::check(head)?;
        let authorization = Authorization::of(&head.headers)?;
        let (x_amz_date, signed_at) = date::signed_at(&head.headers)?;
        Ok(Self { head, host: None, authorization, x_amz_date, signed_at })
    }

    /// As signed with this value of the `Host` header, which must still be there and among the signed.
    pub(crate) fn for_host(self, host: Option<&'a str>) -> Self {
        Self { host, ..self }
    }

    /// The key that it claims to be signed with.
    pub(crate) fn access_key_id(&self) -> &'a str {
        self.authorization.access_key_id
    }

    /// The scope's region.
    pub(crate) fn region(&self) -> &'a str {
        self.authorization.region
    }

    /// The scope's service.
    pub(crate) fn service(&self) -> &'a str {
        self.authorization.service
    }

    /// The scope's last part, which must be [`TERMINATOR`].
    pub(crate) fn terminator(&self) -> &'a str {
        self.authorization.terminator
    }

    /// The scope's date, `YYYYMMDD`, which must be [`Signed::day`].
    pub(crate) fn scope_date(&self) -> &'a str {
        self.authorization.date
    }

    #[cfg(feature = "sandbox")]
    /// `x-amz-date` as it stands there.
    pub(crate) fn x_amz_date(&self) -> &'a str {
        self.x_amz_date
    }

    /// The day of `x-amz-date`.
    pub(crate) fn day(&self) -> &'a str {
        &self.x_amz_date[..8]
    }

    /// `x-amz-date` as a time, in whole seconds.
    pub(crate) fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// The signature that it carries.
    pub(crate) fn signature(&self) -> [u8; 32] {
        self.authorization.signature
    }

    /// The session token that it carries, which [`Signed::with_body`] sees to be single and signed.
    pub(crate) fn session_token(&self) -> Option<&'a [u8]> {
        self.head.headers.get(headers::X_AMZ_SECURITY_TOKEN).map(http::HeaderValue::as_bytes)
    }

    /// Checks which headers are signed and single, and the body's hash.
    pub(crate) fn with_body(self, body: &[u8]) -> Result<WithBody<'a>, SigV4Refusal> {
        headers::check(&self.head.headers, &self.authorization.signed_headers)?;
        let body_sha256 = payload::hash(&self.head.headers, body)?;
        Ok(WithBody { signed: self, body_sha256 })
    }
}

/// A request whose signature means something, should it turn out to be the right one.
#[derive(Debug)]
pub(crate) struct WithBody<'a> {
    signed: Signed<'a>,
    body_sha256: String,
}

impl<'a> WithBody<'a> {
    /// What was read before the body.
    pub(crate) fn signed(&self) -> &Signed<'a> {
        &self.signed
    }

    /// Whether the signature is the one that this key makes, compared in constant time.
    ///
    /// # Errors
    /// When no signature can be computed, because a signed header is not text or there are too many.
    pub(crate) fn is_by(&self, identity: &Identity) -> Result<bool, SigV4Refusal> {
        let Signed { head, host, authorization, signed_at, .. } = &self.signed;
        let scope = signature::Scope {
            identity,
            signed_at: *signed_at,
            region: authorization.region,
            service: authorization.service,
        };
        let signed_headers = &authorization.signed_headers;
        let expected =
            signature::compute(head, *host, signed_headers, self.body_sha256.clone(), &scope, signature::settings())?;
        Ok(expected.ct_eq(&authorization.signature).into())
    }
}
