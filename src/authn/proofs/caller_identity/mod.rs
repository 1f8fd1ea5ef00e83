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

pub use self::audience::{AUDIENCE_HEADER, audience_value};
pub use self::sts::{Answer, Forwarded, NoAnswer, OverHttp, Sts};

use self::budget::Budget;
use self::hosts::Known;
use self::once::Once;
use self::request::{Checked, Rules};
use super::{ProofRefusal, Proven};
use crate::clock::SharedClock;
use crate::config::Config;
use crate::exchange::request::SignedRequest;

/// Has signed GetCallerIdentity requests answered by STS.
#[derive(Debug)]
pub struct CallerIdentity {
    sts: Arc<dyn Sts>,
    clock: SharedClock,
    once: Once,
    budget: Budget,
}

impl CallerIdentity {
    /// One that asks `sts`, and has seen no proof yet.
    #[must_use]
    pub fn new(sts: Arc<dyn Sts>, clock: SharedClock) -> Self {
        Self { sts, clock, once: Once::new(once::MOST), budget: Budget::new() }
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

fn details(checked: &Checked, request_id: Option<&str>) -> serde_json::Map<String, Value> {
    let said = [
        ("kind", json!("caller-identity")),
        ("accessKeyId", json!(checked.access_key_id)),
        ("stsRequestId", json!(request_id)),
        ("signedAt", json!(checked.signed_at.to_string())),
    ];
    said.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}
