//! Why a signed request is refused.

use jiff::{SignedDuration, Timestamp};

use crate::authn::keyring::KeyUse;

/// Which part of the credential scope is not what this gateway expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopePart {
    /// The date, which must be the one of `x-amz-date`.
    Date,
    /// The region the client signs for.
    Region,
    /// The service the client signs for.
    Service,
    /// The last part, always `aws4_request`.
    Terminator,
}

impl ScopePart {
    /// The part's name in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Region => "region",
            Self::Service => "service",
            Self::Terminator => "terminator",
        }
    }
}

/// The reason of a refusal. [`code`](Self::code) is stable; `Display` and [`hint`](Self::hint) are for the owner of the
/// client that was refused.
///
/// All of it may be sent to the client: it says what is wrong with the request as sent, and never the canonical request
/// or the signature that would have been right. That a key is inactive or expired is told only to who signed with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigV4Refusal {
    /// There is no `Authorization` header.
    #[error("the request is not signed: it has no Authorization header")]
    MissingAuthorization,
    /// The `Authorization` header is not of the form that SigV4 prescribes.
    #[error("the Authorization header is malformed: {0}")]
    MalformedAuthorization(&'static str),
    /// Another algorithm than `AWS4-HMAC-SHA256`, or another scheme altogether.
    #[error("the Authorization header's algorithm is not AWS4-HMAC-SHA256, the only one accepted")]
    UnsupportedAlgorithm,
    /// The query carries authentication parameters, as a presigned URL does.
    #[error("authentication in the query string is not accepted")]
    QueryAuthentication,
    /// The request target could be read in more than one way.
    #[error("the request target is ambiguous: {0}")]
    AmbiguousTarget(&'static str),
    /// There is no `x-amz-date` header; `Date` does not stand in for it.
    #[error("the request has no x-amz-date header")]
    MissingDate,
    /// `x-amz-date` is not of the form `20260131T120000Z`, or no such time exists.
    #[error("the x-amz-date header is not a time of the form 20260131T120000Z")]
    MalformedDate,
    /// The credential scope names something else than this gateway.
    #[error("the credential scope's {} is not the expected {expected}", part.as_str())]
    ScopeMismatch {
        /// Which part.
        part: ScopePart,
        /// What it should be.
        expected: String,
        /// The options that make a client sign for this gateway.
        options: String,
    },
    /// Signed too long ago, or too far in the future.
    #[error("the request was signed at {signed_at}, {} seconds {} this server's time {now}; {} are allowed",
        seconds_apart(*signed_at, *now), if signed_at < now { "before" } else { "after" }, max_skew.as_secs())]
    ClockSkew {
        /// What `x-amz-date` says.
        signed_at: Timestamp,
        /// The server's time, in whole seconds.
        now: Timestamp,
        /// How far apart they may be.
        max_skew: SignedDuration,
    },
    /// The request carries a session token with a key that has none: one of the keyring, or one that AWS issued.
    #[error("the request carries x-amz-security-token, which does not go with its access key id here")]
    SessionTokenNotAccepted,
    /// The request is signed with gateway credentials and does not carry their session token.
    #[error("the access key id is one of gateway credentials, and the request does not carry their session token")]
    SessionTokenMissing,
    /// The session token is none of a gateway.
    #[error("the session token is no gateway's")]
    CredentialsMalformed,
    /// The session token was sealed with a key that this gateway does not have, or by another gateway.
    #[error("the session token was not issued by this gateway, or with a key that it has no more")]
    CredentialsForeign,
    /// The session token was changed.
    #[error("the session token was changed after it was issued")]
    CredentialsAltered,
    /// The session token belongs to another access key id.
    #[error("the session token belongs to another access key id")]
    CredentialsKeyMismatch,
    /// The gateway credentials have expired.
    #[error("the gateway credentials expired at {at}")]
    CredentialsExpired {
        /// When.
        at: Timestamp,
    },
    /// The operators of the gateway revoked them, or whoever they are of.
    #[error("what the request is authenticated with was revoked")]
    Revoked,
    /// A header that must stand at most once stands there again.
    #[error("the header {name} is given more than once")]
    DuplicateHeader {
        /// The header.
        name: String,
    },
    /// A header that must be signed is not among the `SignedHeaders`.
    #[error("the header {name} must be signed and is not among SignedHeaders")]
    HeaderNotSigned {
        /// The header.
        name: String,
    },
    /// `SignedHeaders` names a header that the request does not have.
    #[error("SignedHeaders names {name}, which the request does not have")]
    SignedHeaderMissing {
        /// The header.
        name: String,
    },
    /// A signed header's value is not UTF-8.
    #[error("the signed header {name} is not UTF-8 text")]
    HeaderNotText {
        /// The header.
        name: String,
    },
    /// `x-amz-content-sha256` says that the body is not signed as a whole.
    #[error("the body is not covered by the signature")]
    PayloadUnsigned,
    /// `x-amz-content-sha256` is not the SHA-256 of the body.
    #[error("x-amz-content-sha256 is not the SHA-256 of the body, in lower-case hex")]
    PayloadHashMismatch,
    /// The keyring has no such key.
    #[error("the access key id is not one of this gateway's keys")]
    UnknownKey,
    /// The signature is not the one that the key's secret makes of this request.
    #[error("the signature does not match the request")]
    SignatureMismatch,
    /// The key was disabled.
    #[error("the key is inactive")]
    InactiveKey,
    /// The key has expired.
    #[error("the key expired at {at}")]
    ExpiredKey {
        /// When.
        at: Timestamp,
    },
    /// The key is not good for the environment that the request names.
    #[error("the key is not good for the environment {environment}")]
    EnvironmentNotAllowed {
        /// The environment asked for.
        environment: String,
    },
    /// The key is for something else: for approvals, or for calls.
    #[error("the key is not for {}", .0.as_str())]
    UseNotAllowed(KeyUse),
}

/// The headers whose names are told to others than the client: those that MCP and SigV4 clients send.
const KNOWN_HEADERS: [&str; 14] = [
    "accept",
    "authorization",
    "content-length",
    "content-type",
    "host",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
    "user-agent",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-user-agent",
];

/// What stands in the place of any other name.
const OTHER_NAME: &str = "[not kept]";

impl SigV4Refusal {
    /// All the codes there are, in the order in which the checks are made.
    pub const CODES: [&'static str; 29] = [
        "query_authentication",
        "ambiguous_target",
        "missing_authorization",
        "unsupported_algorithm",
        "malformed_authorization",
        "missing_date",
        "malformed_date",
        "scope_mismatch",
        "clock_skew",
        "session_token_not_accepted",
        "session_token_missing",
        "duplicate_header",
        "header_not_signed",
        "signed_header_missing",
        "header_not_text",
        "payload_unsigned",
        "payload_hash_mismatch",
        "credentials_malformed",
        "credentials_foreign",
        "credentials_altered",
        "credentials_key_mismatch",
        "unknown_key",
        "signature_mismatch",
        "inactive_key",
        "expired_key",
        "credentials_expired",
        "environment_not_allowed",
        "use_not_allowed",
        "revoked",
    ];

    /// The stable code of this reason, for clients, records and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::QueryAuthentication => "query_authentication",
            Self::AmbiguousTarget(_) => "ambiguous_target",
            Self::MissingAuthorization => "missing_authorization",
            Self::UnsupportedAlgorithm => "unsupported_algorithm",
            Self::MalformedAuthorization(_) => "malformed_authorization",
            Self::MissingDate => "missing_date",
            Self::MalformedDate => "malformed_date",
            Self::ScopeMismatch { .. } => "scope_mismatch",
            Self::ClockSkew { .. } => "clock_skew",
            Self::SessionTokenNotAccepted => "session_token_not_accepted",
            Self::SessionTokenMissing => "session_token_missing",
            Self::CredentialsMalformed => "credentials_malformed",
            Self::CredentialsForeign => "credentials_foreign",
            Self::CredentialsAltered => "credentials_altered",
            Self::CredentialsKeyMismatch => "credentials_key_mismatch",
            Self::CredentialsExpired { .. } => "credentials_expired",
            Self::Revoked => "revoked",
            Self::DuplicateHeader { .. } => "duplicate_header",
            Self::HeaderNotSigned { .. } => "header_not_signed",
            Self::SignedHeaderMissing { .. } => "signed_header_missing",
            Self::HeaderNotText { .. } => "header_not_text",
            Self::PayloadUnsigned => "payload_unsigned",
            Self::PayloadHashMismatch => "payload_hash_mismatch",
            Self::UnknownKey => "unknown_key",
            Self::SignatureMismatch => "signature_mismatch",
            Self::InactiveKey => "inactive_key",
            Self::ExpiredKey { .. } => "expired_key",
            Self::EnvironmentNotAllowed { .. } => "environment_not_allowed",
            Self::UseNotAllowed(_) => "use_not_allowed",
        }
    }

    /// Its words for records and the log. What the client wrote stands in them only where it is a name that is known: of a
    /// header that this gateway reads, or of an environment that `is_served`. Anything else may be a secret that somebody
    /// wrote in the wrong place.
    #[must_use]
    pub fn recorded(&self, is_served: impl FnOnce(&str) -> bool) -> String {
        let other = || OTHER_NAME.to_owned();
        let is_unknown = |name: &String| !KNOWN_HEADERS.contains(&name.as_str());
        match self {
            Self::DuplicateHeader { name } if is_unknown(name) => Self::DuplicateHeader { name: other() }.to_string(),
            Self::HeaderNotSigned { name } if is_unknown(name) => Self::HeaderNotSigned { name: other() }.to_string(),
            Self::SignedHeaderMissing { name } if is_unknown(name) => {
                Self::SignedHeaderMissing { name: other() }.to_string()
            }
            Self::HeaderNotText { name } if is_unknown(name) => Self::HeaderNotText { name: other() }.to_string(),
            Self::EnvironmentNotAllowed { environment } if !is_served(environment) => {
                Self::EnvironmentNotAllowed { environment: other() }.to_string()
            }
            told => told.to_string(),
        }
    }

    /// What the client's owner can do about it, where there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::MissingAuthorization | Self::UnsupportedAlgorithm | Self::QueryAuthentication => {
                "sign the request with AWS Signature Version 4 in the Authorization header, as mcp-proxy-for-aws or \
                 `iam-mcp-gateway call` do"
                    .into()
            }
            Self::AmbiguousTarget(_) => {
                "use /mcp or /mcp/{environment} as it stands: no empty or dot segments, no percent-encoding".into()
            }
            Self::ScopeMismatch { part: ScopePart::Region | ScopePart::Service, options, .. } => {
                format!("tell the client what to sign for: {options}")
            }
            Self::ClockSkew { .. } => {
                "set the clock of the client's machine, and do not keep signed requests for later".into()
            }
            Self::SessionTokenNotAccepted | Self::UnknownKey => {
                "sign with a key of this gateway: access keys that AWS issued cannot be verified by anybody but AWS. \
                 `iam-mcp-gateway credentials` trades a proof of who you are at AWS for one, as credential_process of a \
                 profile; or the gateway's operator makes one with `iam-mcp-gateway keyring add`"
                    .into()
            }
            Self::SessionTokenMissing
            | Self::CredentialsMalformed
            | Self::CredentialsAltered
            | Self::CredentialsKeyMismatch => {
                "use access key id, secret access key and session token as the exchange gave them, together".into()
            }
            Self::CredentialsForeign | Self::CredentialsExpired { .. } => {
                "get new ones from this gateway, with `iam-mcp-gateway credentials`".into()
            }
            Self::Revoked => "ask the gateway's operator".into(),
            Self::HeaderNotSigned { .. } => {
                "have the client sign every header it sends; a header that a proxy adds must not start with x-amz- or \
                 mcp-"
                    .into()
            }
            Self::PayloadUnsigned => "have the client sign the body's SHA-256".into(),
            Self::SignatureMismatch => {
                "check the secret access key, and that nothing between the client and the gateway changes the path, \
                 the Host header or the body"
                    .into()
            }
            Self::InactiveKey | Self::ExpiredKey { .. } => "ask the gateway's operator for a new key".into(),
            Self::EnvironmentNotAllowed { .. } => {
                "use an environment the key was made for, or ask the gateway's operator".into()
            }
            Self::UseNotAllowed(_) => {
                "calls and approvals can have keys of their own: use the other one, or ask the gateway's operator"
                    .into()
            }
            _ => return None,
        })
    }

    pub(super) fn duplicate(name: &str) -> Self {
        Self::DuplicateHeader { name: shown(name) }
    }

    pub(super) fn not_signed(name: &str) -> Self {
        Self::HeaderNotSigned { name: shown(name) }
    }

    pub(super) fn missing(name: &str) -> Self {
        Self::SignedHeaderMissing { name: shown(name) }
    }

    pub(super) fn not_text(name: &str) -> Self {
        Self::HeaderNotText { name: shown(name) }
    }
}

// The names come from the request: tokens by then, but of any length.
fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}

fn seconds_apart(a: Timestamp, b: Timestamp) -> u64 {
    a.as_second().abs_diff(b.as_second())
}

#[cfg(test)]
mod tests {
    use super::SigV4Refusal;

    #[test]
    fn names_that_are_not_known_are_told_to_the_client_alone() {
        let served = |name: &str| name == "dev";
        for refusal in [
            SigV4Refusal::duplicate("x-hunter2"),
            SigV4Refusal::not_signed("x-hunter2"),
            SigV4Refusal::missing("x-hunter2"),
            SigV4Refusal::not_text("x-hunter2"),
            SigV4Refusal::EnvironmentNotAllowed { environment: "x-hunter2".into() },
        ] {
            assert!(refusal.to_string().contains("x-hunter2"), "{refusal}");
            let recorded = refusal.recorded(served);
            assert!(recorded.contains("[not kept]") && !recorded.contains("hunter2"), "{recorded}");
        }
        for refusal in [
            SigV4Refusal::not_signed("x-amz-date"),
            SigV4Refusal::EnvironmentNotAllowed { environment: "dev".into() },
            SigV4Refusal::UnknownKey,
        ] {
            assert_eq!(refusal.recorded(served), refusal.to_string());
        }
    }
}
