//! Signed GetCallerIdentity requests: whoever can sign one shows STS, and through it the gateway, who they are.
//!
//! The way of a proof: everything that can be checked here is (`request`, with `hosts`, `parameters`, `headers` and
//! `audience`), it is used up (`once`) if STS may be asked now (`budget`), STS is asked (`sts`) by a request that the gateway
//! writes anew, its answer is read (`answer`), and it names a caller (`caller`). Each refusal is one of `reasons`.
//!
//! It proves who somebody is, as of now, and nothing more: GetCallerIdentity answers also where a policy denies everything,
//! and does not tell when the session ends.
//!
//! What STS does here concerns nobody else. Who holds credentials never comes here, and the connections are of this module.

mod answer;
mod audience;
mod budget;
mod caller;
mod headers;
mod hosts;
mod once;
mod parameters;
mod reasons;
mod request;
mod sts;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub use self::audience::{AUDIENCE_HEADER, audience_value};
pub use self::sts::{Answer, Forwarded, NoAnswer, OverHttp, Sts};

use self::budget::Budget;
use self::hosts::Known;
use self::once::Once;
use self::request::{Checked, MAX_SKEW, Rules};
use super::{ProofRefusal, Proven};
use crate::clock::SharedClock;
use crate::config::Config;
use crate::exchange::request::SignedRequest;
use crate::shared_state::{Kind, SharedState, Single, Use};

/// Has signed GetCallerIdentity requests answered by STS.
#[derive(Debug)]
pub struct CallerIdentity {
    sts: Arc<dyn Sts>,
    clock: SharedClock,
    once: Once,
    budget: Budget,
    /// What tells of the proofs that other replicas took.
    shared: Option<Arc<dyn SharedState>>,
}

impl CallerIdentity {
    /// One that asks `sts`, and has seen no proof yet.
    #[must_use]
    pub fn new(sts: Arc<dyn Sts>, clock: SharedClock) -> Self {
        Self { sts, clock, once: Once::new(once::MOST), budget: Budget::new(), shared: None }
    }

    /// The same, for which a proof that another replica took is used, too, as far as `state` reaches.
    #[must_use]
    pub fn sharing(mut self, state: Arc<dyn SharedState>) -> Self {
        self.shared = state.reaches_all_replicas().then_some(state);
        self
    }

    /// Who signed the request, as STS says; `public_key` is the one that its audience header must name.
    ///
    /// # Errors
    /// When it is not accepted, does not hold, or STS does not answer.
    pub async fn prove(
        &self,
        request: &SignedRequest,
        public_key: &[u8],
        config: &Config,
    ) -> Result<Proven, ProofRefusal> {
        let exchange = &config.exchange;
        let accepted = exchange.caller_identity.as_ref().ok_or(reasons::OFF)?;
        let now = self.clock.now();
        let rules = Rules { known: Known::of(config), audience: &exchange.audience, public_key, now };
        let (checked, forwarded) = request::check(request, &rules)?;
        // Before STS is asked, so that of two askers with one proof only one is answered.
        let place = self
            .once
            .use_up(&checked.signature, checked.signed_at, now, || self.budget.take(exchange.sts_per_second, now))?;
        self.check_elsewhere(&checked).await?;
        let answer = sts::ask(&*self.sts, forwarded).await?;
        drop(place);
        let identity = answer::read(&answer)?;
        let details = details(&checked, identity.request_id.as_deref());
        Ok(Proven {
            caller: caller::of(identity, &checked, accepted)?,
            until: None,
            issued: Some(checked.signed_at),
            id: None,
            details,
        })
    }
}

impl CallerIdentity {
    /// Whether another replica took the proof. Where that cannot be known it is taken: what is answered is sealed to the key that
    /// the proof names, so whoever repeats one of somebody else's gets nothing that they could read.
    async fn check_elsewhere(&self, checked: &Checked) -> Result<(), ProofRefusal> {
        let Some(state) = &self.shared else { return Ok(()) };
        let single = Single {
            kind: Kind::Proof,
            id: Sha256::digest(checked.signature).into(),
            owner: None,
            made: checked.signed_at,
            until: checked.signed_at + MAX_SKEW,
        };
        match state.use_up(&single).await {
            Ok(Use::Again) => Err(reasons::USED.into()),
            _ => Ok(()),
        }
    }
}

fn details(checked: &Checked, request_id: Option<&str>) -> serde_json::Map<String, Value> {
    let said = [
        ("kind", json!("caller-identity")),
        ("accessKeyId", json!(checked.access_key_id)),
        ("stsRequestId", json!(request_id)),
        ("signedAt", json!(checked.signed_at.to_string())),
    ];
    said.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}
