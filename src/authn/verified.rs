//! The proof that a request was verified.

use std::sync::Arc;

use jiff::Timestamp;

use super::caller::Caller;
use super::keyring::{KeyUse, KeyUses};
use super::sigv4::SigV4Refusal;
use crate::config::Presented;

/// A request that was verified, and whose it is. Only the verifiers of this module make one.
#[derive(Debug, Clone)]
pub struct Verified {
    pub(in crate::authn) caller: Arc<Caller>,
    pub(in crate::authn) environments: Arc<[String]>,
    pub(in crate::authn) uses: KeyUses,
    pub(in crate::authn) issued: Timestamp,
    pub(in crate::authn) evidence: Evidence,
}

/// How a request was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// Signed, over its head and body, with a gateway key.
    Signature {
        /// The key.
        access_key_id: String,
        /// The signature. The same request signed again in the same second has the same one.
        signature: [u8; 32],
        /// When it was signed by the client's clock, in whole seconds.
        signed_at: Timestamp,
        /// Of gateway credentials, the id of the key that sealed their session token.
        sealing_key: Option<Arc<str>>,
        /// Of gateway credentials, what the proof is called that they were given for.
        proof: Option<Arc<str>>,
    },
    /// Sent with an access token, which says nothing of the request.
    Bearer {
        /// SHA-256 of the token.
        token_sha256: [u8; 32],
        /// The token's `jti`.
        id: Option<String>,
        /// Whether its scopes let it write.
        may_write: bool,
    },
}

/// What the way in which a request was authenticated takes away from what its caller's role mapping gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Narrowing {
    /// Nothing: the request is signed.
    Nothing,
    /// The request's body is not signed, so whoever has the token, or stands between, chooses what is asked: good for
    /// reading, unless the mapping has `bearer_writes`.
    UnsignedBody,
    /// The token's scopes are for reading.
    ReadingScope,
}

impl Narrowing {
    /// Whether the request came with an access token.
    #[must_use]
    pub fn is_of_bearer(self) -> bool {
        self != Self::Nothing
    }
}

impl Verified {
    /// Who sent it.
    #[must_use]
    pub fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// The environments that the key or the token is good for.
    #[must_use]
    pub fn environments(&self) -> &[String] {
        &self.environments
    }

    /// What revocations are asked about it.
    #[must_use]
    pub fn presented(&self) -> Presented<'_> {
        let (tokens, key) = match &self.evidence {
            Evidence::Signature { access_key_id, sealing_key, proof, .. } => {
                ([Some(access_key_id.as_str()), proof.as_deref()], sealing_key.as_deref())
            }
            Evidence::Bearer { id, .. } => ([id.as_deref(), None], None),
        };
        Presented { caller: &self.caller, tokens, key, issued: self.issued }
    }

    /// How it was verified.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// The key it was signed with, if it was signed.
    #[must_use]
    pub fn access_key_id(&self) -> Option<&str> {
        match &self.evidence {
            Evidence::Signature { access_key_id, .. } => Some(access_key_id),
            Evidence::Bearer { .. } => None,
        }
    }

    /// What its way of authentication takes away from what the caller's mapping gives.
    #[must_use]
    pub fn narrowing(&self) -> Narrowing {
        match self.evidence {
            Evidence::Signature { .. } => Narrowing::Nothing,
            Evidence::Bearer { may_write: true, .. } => Narrowing::UnsignedBody,
            Evidence::Bearer { may_write: false, .. } => Narrowing::ReadingScope,
        }
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
