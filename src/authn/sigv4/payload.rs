//! The body's hash.

use data_encoding::HEXLOWER;
use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::headers;
use super::refusal::SigV4Refusal;

/// The SHA-256 of the body, in lower-case hex. Where the client says what it is (`x-amz-content-sha256`), it must be
/// that: `UNSIGNED-PAYLOAD` and the `STREAMING-` kinds would leave the body open to change.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
pub(super) fn hash(headers: &HeaderMap, body: &[u8]) -> Result<String, SigV4Refusal> {
    let hash = HEXLOWER.encode(&Sha256::digest(body));
    let Some(claimed) = headers::single(headers, "x-amz-content-sha256")? else { return Ok(hash) };
    let claimed = claimed.as_bytes();
    if claimed == hash.as_bytes() {
        return Ok(hash);
    }
    let starts_with = |word: &[u8]| claimed.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if starts_with(b"UNSIGNED-") || starts_with(b"STREAMING-") {
        return Err(SigV4Refusal::PayloadUnsigned);
    }
    Err(SigV4Refusal::PayloadHashMismatch)
}
