//! What is sent to the exchange.
//!
//! ```json
//! {"caller_identity": {"method": "POST", "url": "https://sts.us-east-1.amazonaws.com/",
//!                      "headers": [["authorization", "AWS4-HMAC-SHA256 ..."], ["x-amz-date", "..."]],
//!                      "body": "Action=GetCallerIdentity&Version=2011-06-15"},
//!  "public_key": "..."}
//! {"token": "eyJ...", "public_key": "..."}
//! ```
//!
//! `public_key` is an X25519 key in base64url; with it the answer is sealed to whoever has its private half.

use std::fmt;

use serde::Deserialize;

use super::reply::Reply;
use crate::authn::proofs::ProofRefusal;
use crate::secret::Secret;

/// The longest body that is read, in bytes: a session token of 4,096 characters with everything around it, or a JWT.
pub const LONGEST_BODY: usize = 24 * 1024;

/// What is asked for.
#[derive(Debug)]
pub struct Asked {
    /// The proof.
    pub proof: Proof,
    /// How the answer is given.
    pub reply: Reply,
}

/// A proof, as it was sent.
#[derive(Debug)]
pub enum Proof {
    /// A signed GetCallerIdentity request.
    CallerIdentity(SignedRequest),
    /// A JWT: of AWS's STS, or of an OIDC issuer.
    Token(Secret),
}

/// A request that somebody signed for another server. Every part of it is the sender's word.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedRequest {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// Names and values, in any order, as often as they were sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    #[serde(default)]
    pub body: String,
}

/// Without what it is signed with.
impl fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("SignedRequest").field("url", &self.url).field("headers", &names).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    caller_identity: Option<SignedRequest>,
    token: Option<String>,
    public_key: Option<String>,
}

/// Reads a body.
///
/// # Errors
/// `proof_malformed` or `public_key_invalid`.
pub fn read(body: &[u8]) -> Result<Asked, ProofRefusal> {
    // What is wrong may be quoted by the parser, and what is sent is secret: only that it is wrong is told.
    let body: Body = serde_json::from_slice(body).map_err(|_| malformed())?;
    let proof = match (body.caller_identity, body.token.map(Secret::new)) {
        (Some(request), None) => Proof::CallerIdentity(request),
        (None, Some(token)) => Proof::Token(token),
        (Some(_), Some(_)) | (None, None) => return Err(malformed()),
    };
    Ok(Asked { proof, reply: Reply::to(body.public_key.as_deref())? })
}

fn malformed() -> ProofRefusal {
    ProofRefusal::malformed(
        "proof_malformed",
        "the body must be a JSON object with either caller_identity or token, and may have public_key",
    )
    .hint("`iam-mcp-gateway credentials` sends this; docs/connect.md has its form")
}
