//! How a request is refused before any operation looks at it.
//!
//! Codes and statuses: <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>; wording:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>. No refusal repeats a
//! signature, a token or the canonical request.

use jiff::{SignedDuration, Timestamp};

use crate::authn::sigv4::SigV4Refusal;
use crate::sandbox::error::ServiceError;

/// How far a signature's date may be from the server's time.
pub(super) const MAX_SKEW: SignedDuration = SignedDuration::from_mins(15);

/// 403: nobody signed.
pub(super) fn not_signed() -> ServiceError {
    ServiceError::other("MissingAuthenticationToken", 403, "Request is missing Authentication Token")
}

/// 403: a key that there is not, is not active, or does not go with the session token that came along.
pub(super) fn invalid_token() -> ServiceError {
    ServiceError::other("InvalidClientTokenId", 403, "The security token included in the request is invalid.")
}

/// 403: a session that is over.
pub(super) fn expired_token() -> ServiceError {
    ServiceError::other("ExpiredToken", 403, "The security token included in the request is expired")
}

/// 403: signed with another secret, or not this request.
pub(super) fn wrong_signature() -> ServiceError {
    mismatch(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
         Key and signing method. Consult the service documentation for details.",
    )
}

/// 403: signed, but not so that it means anything here.
pub(super) fn mismatch(message: impl Into<String>) -> ServiceError {
    ServiceError::other("SignatureDoesNotMatch", 403, message.into())
}

/// 403: signed too long ago or too far ahead.
pub(super) fn skewed(signed_at: Timestamp, now: Timestamp) -> ServiceError {
    let basic = |time: Timestamp| time.strftime("%Y%m%dT%H%M%SZ").to_string();
    let minutes = MAX_SKEW.as_mins();
    let (signed, present) = (basic(signed_at), basic(now));
    mismatch(if signed_at < now {
        let earliest = basic(now - MAX_SKEW);
        format!("Signature expired: {signed} is now earlier than {earliest} ({present} - {minutes} min.)")
    } else {
        let latest = basic(now + MAX_SKEW);
        format!("Signature not yet current: {signed} is still later than {latest} ({present} + {minutes} min.)")
    })
}

/// 404: the parameters cannot be read.
pub(super) fn malformed_query() -> ServiceError {
    ServiceError::other("MalformedQueryString", 404, "The query string contains a syntax error.")
}

/// 400: the body is not the JSON that a request has.
pub(super) fn malformed_json() -> ServiceError {
    ServiceError::other("SerializationException", 400, "The request body could not be read.")
}

/// 404: what came is not the service's protocol.
pub(super) fn unknown_operation() -> ServiceError {
    ServiceError::other("UnknownOperationException", 404, "The requested operation is not known.")
}

/// 413: a body longer than any request needs.
pub(super) fn too_large() -> ServiceError {
    ServiceError::other("RequestEntityTooLarge", 413, "The request body is too large.")
}

/// 408: a body that does not arrive.
pub(super) fn too_slow() -> ServiceError {
    ServiceError::other("RequestTimeout", 408, "The request body did not arrive in time.")
}

/// 400: no `Action`.
pub(super) fn missing_action() -> ServiceError {
    ServiceError::other("MissingAction", 400, "The request is missing an action or a required parameter.")
}

/// What AWS says where the rules that all of this crate's verifiers share are broken.
pub(super) fn of_signature(refusal: &SigV4Refusal) -> ServiceError {
    match refusal {
        SigV4Refusal::MissingAuthorization => not_signed(),
        SigV4Refusal::QueryAuthentication => ServiceError::other(
            "IncompleteSignature",
            400,
            "The request is signed in its query string; here, sign it in the Authorization header.",
        ),
        SigV4Refusal::MissingDate | SigV4Refusal::MalformedDate => incomplete(
            "Authorization header requires existence of a 'X-Amz-Date' header, in the form 20260131T120000Z."
                .to_owned(),
        ),
        SigV4Refusal::UnsupportedAlgorithm
        | SigV4Refusal::MalformedAuthorization(_)
        | SigV4Refusal::DuplicateHeader { .. } => incomplete(format!("{refusal}.")),
        SigV4Refusal::HeaderNotSigned { name } => {
            mismatch(format!("'{name}' must be a 'SignedHeader' in the AWS Authorization."))
        }
        other => mismatch(format!("{other}.")),
    }
}

fn incomplete(message: String) -> ServiceError {
    ServiceError::other("IncompleteSignature", 400, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skew_is_told_in_the_words_of_aws() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        assert_eq!(
            skewed(now - SignedDuration::from_mins(20), now).message,
            "Signature expired: 20260301T114000Z is now earlier than 20260301T114500Z (20260301T120000Z - 15 min.)"
        );
        assert_eq!(
            skewed(now + SignedDuration::from_mins(20), now).message,
            "Signature not yet current: 20260301T122000Z is still later than 20260301T121500Z (20260301T120000Z + 15 min.)"
        );
    }
}
