//! From a signed HTTP request to its verified caller.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;

use super::refused::RefusedAuthentications;
use crate::authn::keyring::KeyUse;
use crate::authn::sigv4::{SigV4Refusal, SigV4Verifier};
use crate::authorize::mapping;
use crate::current::Current;
use crate::http::{Authenticate, Endpoint, Refusal, Service};

use super::road::InForce;

/// Verifies SigV4 signatures with the keys of the keyring.
#[derive(Debug)]
pub struct SigV4Authenticator {
    verifier: SigV4Verifier,
    in_force: Arc<Current<InForce>>,
    refused: Arc<RefusedAuthentications>,
}

impl SigV4Authenticator {
    /// An authenticator; every refusal is told to `refused`, which records it.
    #[must_use]
    pub fn new(verifier: SigV4Verifier, in_force: Arc<Current<InForce>>, refused: Arc<RefusedAuthentications>) -> Self {
        Self { verifier, in_force, refused }
    }

    fn verify(&self, head: &mut Parts, body: &Bytes) -> Result<(), SigV4Refusal> {
        let verified = self.verifier.verify(head, body)?;
        if self.in_force.get().config.revoked.cover(&verified.presented()) {
            return Err(SigV4Refusal::Revoked);
        }
        let endpoint = head.extensions.get::<Endpoint>();
        let named = endpoint.and_then(|endpoint| endpoint.environment.as_deref());
        match named {
            // A key that is good for an environment may know that it is not served, any other key may not.
            Some(named) => verified.good_for(named)?,
            None => {
                // Without a default environment the road says so, to callers whoever they are.
                let in_force = self.in_force.get();
                if let Ok(environment) = mapping::environment(&in_force.config, None) {
                    verified.good_for(environment.name.as_str())?;
                }
            }
        }
        verified.meant_for(match endpoint.map(|endpoint| endpoint.service) {
            Some(Service::Approvals) => KeyUse::Approvals,
            Some(Service::Mcp | Service::Exchange) | None => KeyUse::Calls,
        })?;
        head.extensions.insert(Arc::new(verified));
        Ok(())
    }
}

impl Authenticate for SigV4Authenticator {
    fn authenticate(&self, head: &mut Parts, body: &Bytes) -> Result<(), Refusal> {
        self.verify(head, body).map_err(|refusal| {
            let in_force = self.in_force.get();
            self.refused.note_signature(head, &refusal);
            let mut answer =
                Refusal::new(StatusCode::UNAUTHORIZED, refusal.code(), refusal.to_string()).with_challenge();
            answer = answer.logged_as(refusal.recorded(|name| in_force.config.environments.get(name).is_some()));
            if let Some(hint) = refusal.hint() {
                answer = answer.with_hint(hint);
            }
            answer
        })
    }
}
