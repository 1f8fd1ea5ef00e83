//! Proofs of identity: what a caller shows the [exchange](crate::exchange) to get gateway credentials.
//!
//! Nobody outside of AWS can check a signature made with AWS's keys, so AWS is asked: by a signed request that only STS can
//! answer ([`caller_identity`]), or by a token that STS signed with a key whose public half everybody has. Tokens of other
//! issuers are the same kind of proof ([`super::tokens`]).

pub mod caller_identity;
mod refusal;

use jiff::Timestamp;
use serde_json::{Map, Value};

pub use refusal::{ProofClass, ProofRefusal};

use super::caller::Caller;

/// A proof that held.
#[derive(Debug, Clone, PartialEq)]
pub struct Proven {
    /// Who it is of.
    pub caller: Caller,
    /// When the session ends that was proved, where that is known: credentials do not outlast it.
    pub until: Option<Timestamp>,
    /// When the proof was made, and what it is called, as far as it says so: by both it can be revoked.
    pub issued: Option<Timestamp>,
    /// The proof's own name, such as a token's `jti`.
    pub id: Option<String>,
    /// What records say of the proof beside the caller, such as STS's request id or the token's id; no secret.
    pub details: Map<String, Value>,
}
