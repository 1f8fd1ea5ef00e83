//! The proof that a request was verified.

use std::sync::Arc;

use jiff::Timestamp;

use super::refusal::SigV4Refusal;
use crate::authn::Caller;
use crate::authn::keyring::{KeyUse, KeyUses};

/// A request whose signature was verified, and whose it is. Only [`SigV4Verifier::verify`](super::SigV4Verifier::verify)
/// makes one.
#[derive(Debug, Clone)]
pub struct Verified {
    pub(in crate::authn) caller: Arc<Caller>,
    pub(in crate::authn) access_key_id: String,
    pub(in crate::authn) environments: Arc<[String]>,
    pub(in crate::authn) uses: KeyUses,
    pub(in crate::authn) signature: [u8; 32],
    pub(in crate::authn) signed_at: Timestamp,
}

impl Verified {
    /// Who signed.
    #[must_use]
    pub fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// The key it was signed with.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The environments the key is good for.
    #[must_use]
    pub fn environments(&self) -> &[String] {
        &self.environments
    }

    /// The signature. The same request signed again in the same second has the same one.
    #[must_use]
    pub fn signature(&self) -> &[u8; 32] {
        &self.signature
    }

    /// When it was signed by the client's clock, in whole seconds.
    #[must_use]
    pub fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// Whether the key is good for this environment.
    ///
    /// # Errors
    /// [`SigV4Refusal::EnvironmentNotAllowed`] when it is not.
    pub fn good_for(&self, environment: &str) -> Result<(), SigV4Refusal> {
        if self.environments.iter().any(|allowed| allowed == environment) {
            Ok(())
        } else {
            let environment = environment.chars().take(64).collect();
            Err(SigV4Refusal::EnvironmentNotAllowed { environment })
        }
    }

    /// Whether the key is for this.
    ///
    /// # Errors
    /// [`SigV4Refusal::UseNotAllowed`] when it is not.
    pub fn meant_for(&self, key_use: KeyUse) -> Result<(), SigV4Refusal> {
        if self.uses.allow(key_use) { Ok(()) } else { Err(SigV4Refusal::UseNotAllowed(key_use)) }
    }
}
