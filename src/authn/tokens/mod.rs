//! Tokens: JWTs that an issuer signed with a key whose public half it publishes.

use crate::authn::proofs::{ProofRefusal, Proven};
use crate::config::Config;

/// Verifies tokens.
#[derive(Debug)]
pub struct Tokens;

impl Tokens {
    /// Who the bearer of a token is, for the exchange.
    ///
    /// # Errors
    /// When it is not accepted, does not hold, or its issuer's keys cannot be had.
    #[expect(clippy::unused_async, reason = "keys are fetched")]
    pub async fn prove(&self, _token: &str, _config: &Config) -> Result<Proven, ProofRefusal> {
        Err(ProofRefusal::not_accepted("proof_not_accepted", "this gateway accepts no tokens"))
    }
}
