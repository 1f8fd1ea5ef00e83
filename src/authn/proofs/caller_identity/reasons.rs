//! Every reason for which a GetCallerIdentity proof gives nobody credentials.

use std::time::Duration;

use super::super::{ProofClass, ProofRefusal};

/// A reason: a code with the only text that is ever told of it, so that nothing of a proof can stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) class: ProofClass,
    pub(super) code: &'static str,
    message: &'static str,
    hint: &'static str,
}

impl From<Reason> for ProofRefusal {
    fn from(reason: Reason) -> Self {
        Self::new(reason.class, reason.code, reason.message).hint(reason.hint)
    }
}

const MALFORMED: ProofClass = ProofClass::Malformed;
const REFUSED: ProofClass = ProofClass::Refused;
const NOT_ACCEPTED: ProofClass = ProofClass::NotAccepted;

const fn later(seconds: u64) -> ProofClass {
    ProofClass::Unavailable { retry_after: Duration::from_secs(seconds) }
}

/// What the body may be.
const EXACTLY: &str = "sign exactly Action=GetCallerIdentity&Version=2011-06-15";

/// The constants, and the list of all of them, which the documentation and the tests are held against.
macro_rules! reasons {
    ($($name:ident = $class:expr, $code:literal, $message:literal, $hint:expr;)*) => {
        $(pub(super) const $name: Reason =
            Reason { class: $class, code: $code, message: $message, hint: $hint };)*

        #[cfg(test)]
        pub(super) const ALL: &[Reason] = &[$($name),*];
    };
}

reasons! {
    OFF = NOT_ACCEPTED, "proof_not_accepted", "this gateway accepts no GetCallerIdentity proofs",
        "its operators can accept them with [exchange.caller_identity]";

    // Where it goes.
    METHOD = MALFORMED, "proof_method", "the signed request is not a POST",
        "sign a POST whose body is Action=GetCallerIdentity&Version=2011-06-15";
    URL = MALFORMED, "proof_url", "the URL has more than 256 characters, or such that no URL has",
        "sign for https://sts.REGION.amazonaws.com/";
    SCHEME = MALFORMED, "proof_url_scheme", "the URL is not https", "sign for https://sts.REGION.amazonaws.com/";
    USERINFO = MALFORMED, "proof_url_userinfo", "the URL has a user before its host",
        "sign for https://sts.REGION.amazonaws.com/";
    PORT = MALFORMED, "proof_url_port", "the URL has a port that is not 443", "leave the port out";
    PATH = MALFORMED, "proof_url_path", "the URL's path is not /", "sign for https://sts.REGION.amazonaws.com/";
    PRESIGNED = MALFORMED, "proof_presigned", "the URL is presigned",
        "sign in the Authorization header: what is in a URL is written into logs";
    QUERY = MALFORMED, "proof_url_query", "the URL has a query", "put the parameters into the body";
    FRAGMENT = MALFORMED, "proof_url_fragment", "the URL has a fragment", "leave it out";
    HOST = REFUSED, "proof_host", "the URL's host is none of AWS's STS", "sign for https://sts.REGION.amazonaws.com/";
    PARTITION = REFUSED, "proof_partition", "this gateway serves no account in the partition of this STS",
        "sign with credentials of an account that the gateway serves";
    ENDPOINT = REFUSED, "proof_endpoint", "this gateway asks another STS, the one of its aws.sts_endpoint",
        "sign for exactly that endpoint";
    REGION = REFUSED, "proof_region", "the signature is for another region than its host's",
        "sign for the region of the host; for a global one, for the region of the partition's global services";

    // What it asks for.
    BODY = MALFORMED, "proof_body", "the body is not name=value pairs without escapes",
        EXACTLY;
    PARAMETER_UNKNOWN = MALFORMED, "proof_parameter_unknown", "the body has a parameter beside Action and Version",
        EXACTLY;
    PARAMETER_REPEATED = MALFORMED, "proof_parameter_repeated",
        "the body has a parameter more than once, in whatever letter case",
        EXACTLY;
    PARAMETER_CASE = MALFORMED, "proof_parameter_case", "a parameter's name is in other letter case than STS's",
        EXACTLY;
    PARAMETER_MISSING = MALFORMED, "proof_parameter_missing", "the body lacks Action or Version",
        EXACTLY;
    ACTION = REFUSED, "proof_action", "the body asks for another action",
        EXACTLY;
    VERSION = REFUSED, "proof_version", "the body asks in another version of STS's API",
        EXACTLY;

    // Its headers.
    HEADER_UNKNOWN = MALFORMED, "proof_header_unknown", "there is a header that no such proof needs",
        "send what docs/connect.md lists";
    HEADER_REPEATED = MALFORMED, "proof_header_repeated", "a header stands there more than once",
        "send each header once";
    HEADER_VALUE = MALFORMED, "proof_header_value",
        "a header's value is empty, has blanks around it, or characters outside of printable ASCII",
        "send the headers as they were signed";
    HEADER_TOO_LONG = MALFORMED, "proof_header_too_long", "a header's value is too long",
        "1,024 characters are enough for everything but a session token";
    HEADER_MISSING = MALFORMED, "proof_header_missing", "host, content-type, x-amz-date or authorization is missing",
        "send all four";
    HEADER_UNSIGNED = REFUSED, "proof_header_unsigned",
        "host, content-type, x-amz-date or x-amz-security-token is there, and not signed", "sign all that are there";
    SIGNED_HEADER_MISSING = MALFORMED, "proof_signed_header_missing", "a header is named as signed and is not there",
        "send every header that SignedHeaders names";
    HOST_HEADER = REFUSED, "proof_host_header", "the host header is not the URL's host",
        "sign the host without a port";
    CONTENT_TYPE = REFUSED, "proof_content_type", "the content type is not that of a form",
        "sign application/x-www-form-urlencoded, with or without charset=utf-8";
    CONTENT_LENGTH = REFUSED, "proof_content_length", "content-length is not the length of the body",
        "leave it out, or send the body's own";
    CONTENT_HASH = REFUSED, "proof_content_hash", "x-amz-content-sha256 is not the hash of the body",
        "leave it out, or send the body's own; unsigned payloads are not accepted";
    ACCEPT = REFUSED, "proof_accept", "accept or accept-encoding asks for an answer other than plain XML",
        "leave both out, or sign */* and identity";

    // Its signature.
    AUTHORIZATION = MALFORMED, "proof_authorization",
        "the Authorization header is not of the form of SigV4 (AWS4-HMAC-SHA256)",
        "sign with SigV4 in the Authorization header";
    GATEWAY_KEY = REFUSED, "proof_gateway_key", "it is signed with a key of a gateway, which STS does not know",
        "sign with AWS credentials; a gateway key needs no exchange";
    ACCESS_KEY = REFUSED, "proof_access_key", "the access key id is none of AWS's",
        "sign with AWS credentials, whose key ids begin with AKIA or ASIA";
    TOKEN_MISSING = REFUSED, "proof_token_missing", "it is signed with temporary credentials, and their token is missing",
        "sign and send x-amz-security-token";
    TOKEN_UNEXPECTED = REFUSED, "proof_token_unexpected",
        "it is signed with long-term credentials, to which no session token belongs", "leave x-amz-security-token out";
    TOKEN_TOO_LONG = REFUSED, "proof_token_too_long", "the session token has more than 4,096 characters",
        "assume the role with fewer session tags or policies";
    SCOPE_SERVICE = REFUSED, "proof_scope_service", "the signature is for another service", "sign for sts";
    SCOPE_TERMINATOR = REFUSED, "proof_scope_terminator", "the credential scope does not end in aws4_request",
        "sign with SigV4";
    DATE_MALFORMED = MALFORMED, "proof_date_malformed", "x-amz-date is not of the form 20261120T120000Z",
        "sign with SigV4";
    DATE_SCOPE = REFUSED, "proof_date_scope", "the day of the credential scope is not that of x-amz-date",
        "sign with SigV4";
    STALE = REFUSED, "proof_stale", "it was signed more than 15 minutes ago", "sign it anew; is your clock right?";
    FUTURE = REFUSED, "proof_future", "it was signed more than 15 minutes ahead of this server's time",
        "set your clock";

    // Whom it is for.
    AUDIENCE_MISSING = REFUSED, "proof_audience_missing", "the header x-iam-mcp-gateway-id is missing",
        "sign it with the value AUDIENCE;key=HASH: this gateway's audience, and the base64url SHA-256 of public_key";
    AUDIENCE_UNSIGNED = REFUSED, "proof_audience_unsigned", "the header x-iam-mcp-gateway-id is not signed",
        "name it in SignedHeaders";
    AUDIENCE_MALFORMED = REFUSED, "proof_audience_malformed", "x-iam-mcp-gateway-id is not AUDIENCE;key=HASH",
        "write this gateway's audience, and the base64url SHA-256 of public_key";
    AUDIENCE = REFUSED, "proof_audience", "it was made for another gateway", "sign for this gateway's audience";
    AUDIENCE_KEY = REFUSED, "proof_audience_key", "it was made for another public_key than the one beside it",
        "send the key that was signed";

    // Once.
    USED = REFUSED, "proof_used", "this proof was shown before; each is good for once", "sign a new one";
    MEMORY_FULL = later(60), "proof_memory_full", "no more proofs can be remembered until others run out",
        "try again in a minute";

    // Asking STS.
    BUDGET_SPENT = later(1), "sts_budget_spent", "this gateway asks STS as often as it may at the moment",
        "try again in a second; see exchange.sts_per_second";
    BUSY = later(1), "sts_busy", "this gateway already waits for as many answers of STS as it may",
        "try again in a second";
    TIMEOUT = later(5), "sts_timeout", "STS did not answer within ten seconds", "sign a new proof, and try again";
    UNREACHABLE = later(5), "sts_unreachable", "STS cannot be reached, or the connection broke off",
        "sign a new proof, and try again; is this region's STS reachable from the gateway?";
    REDIRECT = later(60), "sts_redirect", "STS answered with a redirect, which is not followed",
        "tell the gateway's operators: something stands between it and STS";
    THROTTLED = later(5), "sts_throttled", "STS is asked too often", "sign a new proof, and try again";
    FAILED = later(5), "sts_failed", "STS failed", "sign a new proof, and try again";
    ANSWER_TOO_LARGE = later(60), "sts_answer_too_large", "STS's answer is larger than such an answer can be",
        "tell the gateway's operators: something stands between it and STS";
    ANSWER_KIND = later(60), "sts_answer_content_type", "STS's answer is not XML by its content type",
        "tell the gateway's operators: something stands between it and STS";
    ANSWER_MALFORMED = later(60), "sts_answer_malformed",
        "STS's answer is not plain XML: neither markup declarations nor comments, instructions or entities belong there",
        "tell the gateway's operators: something stands between it and STS";
    ANSWER_UNEXPECTED = later(60), "sts_answer_unexpected",
        "STS's answer is not exactly one of GetCallerIdentity, whose parts agree with each other",
        "tell the gateway's operators: something stands between it and STS";

    // What STS says.
    SIGNATURE = REFUSED, "proof_signature", "STS does not accept the signature, or does not know the access key",
        "check the credentials, and that nothing changes the request after it is signed";
    SESSION_EXPIRED = REFUSED, "proof_session_expired", "the session that signed it has expired", "renew the session";
    TURNED_AWAY = REFUSED, "proof_turned_away", "STS turned the signed request away",
        "does `aws sts get-caller-identity` work with these credentials, in this region?";

    // Who it is.
    ROOT = NOT_ACCEPTED, "proof_root", "it is of an account's root user", "use a role";
    FEDERATED_USER = NOT_ACCEPTED, "proof_federated_user", "it is of a federated user, whose name is anybody's choice",
        "use a role";
    PRINCIPAL = NOT_ACCEPTED, "proof_principal", "it is of a principal that is neither a role's session nor an IAM user",
        "use a role";
    NAME = NOT_ACCEPTED, "proof_name", "the principal's name has characters, or a length, that callers' names do not have",
        "use a principal whose path has only letters, digits and _+=,.@/-";
    ACCOUNT = NOT_ACCEPTED, "proof_account", "this gateway does not accept proofs of this account",
        "its operators list accounts in exchange.caller_identity.accounts";
    KEY_KIND = REFUSED, "proof_key_kind", "the access key is long-term, and the principal is a session",
        "sign with the session's own credentials";
}
