//! `POST /credentials` and `/credentials/{environment}`: a proof of identity in, short-lived gateway credentials out.
//!
//! The way of one exchange: the address may ask (`limits`), the body is one proof (`request`), the proof holds
//! ([`crate::authn::proofs`], [`crate::authn::tokens`]), nobody revoked its author, a role mapping of the environment is
//! for them, credentials are made ([`crate::authn::credentials`]), the record of it is durable (`record`), and they are
//! given (`reply`): in the JSON that `credential_process` programs print, sealed to the key that the proof names where it
//! names one. Nothing is remembered of it but that a proof was used.

pub mod limits;
mod record;
mod refusal;
pub mod reply;
pub mod request;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Request};
use jiff::{SignedDuration, Timestamp};

use self::record::Noted;
use self::request::{Asked, Proof};
use crate::audit::{AuditUnavailable, Journal};
use crate::authn::CallerKind;
use crate::authn::credentials::{self, GatewayCredentials, Grant};
use crate::authn::proofs::caller_identity::CallerIdentity;
use crate::authn::proofs::{ProofRefusal, Proven};
use crate::authn::tokens::Tokens;
use crate::authorize::{Mapped, map};
use crate::config::{Presented, RoleMapping};
use crate::current::Current;
use crate::http::{Endpoint, Refusal};
use crate::mcp::refused::RefusedAuthentications;
use crate::mcp::road::InForce;
use crate::mcp::trail::Stationery;
use crate::sealing::SharedKeyset;

/// How long credentials last for a GetCallerIdentity proof, which says nothing of how long its session does.
const OF_CALLER_IDENTITY: Duration = Duration::from_mins(15);
/// How long they last for a token.
const OF_TOKENS: Duration = Duration::from_hours(1);
/// Credentials that would end sooner are not given: they would be over before their first use.
const SHORTEST: SignedDuration = SignedDuration::from_secs(30);

/// Everything that an exchange needs.
#[derive(Debug)]
pub struct Exchange {
    /// The configuration in force.
    pub in_force: Arc<Current<InForce>>,
    /// What session tokens are sealed with.
    pub keyset: SharedKeyset,
    /// Has GetCallerIdentity proofs answered by STS.
    pub caller_identity: CallerIdentity,
    /// Verifies tokens.
    pub tokens: Arc<Tokens>,
    /// The audit journal.
    pub journal: Journal,
    /// Records refused proofs.
    pub refused: Arc<RefusedAuthentications>,
    /// Time and identifiers for records.
    pub stationery: Stationery,
}

impl Exchange {
    /// Answers one request, whose address may ask and whose body is bounded.
    ///
    /// # Errors
    /// Never: a refusal is an answer.
    pub async fn answer(self: Arc<Self>, request: Request<Body>) -> Result<Response, Infallible> {
        let (head, body) = request.into_parts();
        // Credentials are made in a task of their own: a caller that hangs up leaves no half of a record.
        let exchanging = tokio::spawn(async move { self.exchange(&head, body).await });
        let answered = exchanging.await.unwrap_or_else(|error| {
            tracing::error!(%error, "an exchange broke off");
            Err(refusal::mistake())
        });
        Ok(match answered {
            Ok(json) => {
                let mut response = Response::new(Body::from(json.expose().to_owned()));
                let headers = response.headers_mut();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                response
            }
            Err(refusal) => refusal.into_response(),
        })
    }

    async fn exchange(&self, head: &Parts, body: Body) -> Result<crate::secret::Secret, Refusal> {
        let body = to_bytes(body, usize::MAX).await.map_err(|_| refusal::no_body())?;
        let in_force = self.in_force.get();
        let outcome = self.weigh(&in_force, head, &body).await;
        let (noted, credentials, reply) = match outcome {
            Ok(given) => given,
            Err(error) => {
                let refusal = refusal::answer(&error);
                self.refused.note_proof(head, &error);
                return Err(refusal);
            }
        };
        let record = noted.record(&self.stationery, &in_force, head, &credentials);
        match self.journal.note_durably(record).await {
            Ok(_recorded) => Ok(reply.of(&credentials)),
            Err(AuditUnavailable { reason, .. }) => Err(refusal::not_recorded(reason)),
        }
    }

    /// Whose proof it is, and what is given for it.
    async fn weigh(
        &self,
        in_force: &InForce,
        head: &Parts,
        body: &[u8],
    ) -> Result<(Noted, GatewayCredentials, reply::Reply), ProofRefusal> {
        let config = &in_force.config;
        if !config.exchange.is_on(&config.issuers) {
            return Err(refusal::switched_off());
        }
        let Asked { proof, reply } = request::read(body)?;
        let proven = match &proof {
            Proof::CallerIdentity(request) => {
                let key = reply.key().ok_or_else(refusal::no_public_key)?;
                self.caller_identity.prove(request, key, config).await?
            }
            Proof::Token(token) => self.tokens.prove(token.expose(), config).await?,
        };
        let now = self.stationery.clock.now();
        // A proof may be dated ahead, and is not newer than now for that.
        let issued = proven.issued.map_or(now, |issued| issued.min(now));
        let presented = Presented { caller: &proven.caller, tokens: [proven.id.as_deref(), None], key: None, issued };
        if config.revoked.cover(&presented) {
            return Err(refusal::revoked());
        }
        let named = head.extensions.get::<Endpoint>().and_then(|endpoint| endpoint.environment.as_deref());
        let mapped = map(config, named, &proven.caller).map_err(|error| refusal::not_mapped(&error))?;
        let expires = expiry(&mapped.mapping, &proven, now)?;
        let grant = Grant {
            caller: &proven.caller,
            environment: mapped.environment.name.as_str(),
            proof: proven.id.as_deref(),
            issued: now,
            expires,
        };
        let credentials = credentials::issue(&self.keyset.get(), &*self.stationery.random, grant);
        Ok((Noted { proven, mapped }, credentials, reply))
    }
}

/// When credentials for this proof expire: as its mapping says, or its kind; never after what was proved ends.
fn expiry(mapping: &RoleMapping, proven: &Proven, now: Timestamp) -> Result<Timestamp, ProofRefusal> {
    let of_kind = match proven.caller.kind {
        CallerKind::CallerIdentity => OF_CALLER_IDENTITY,
        CallerKind::Keyring | CallerKind::WebIdentity | CallerKind::Oidc => OF_TOKENS,
    };
    let lasts = SignedDuration::try_from(mapping.credentials.unwrap_or(of_kind)).unwrap_or(SignedDuration::ZERO);
    let by_mapping = now.saturating_add(lasts).unwrap_or(now);
    let expires = proven.until.map_or(by_mapping, |until| until.min(by_mapping));
    if expires.duration_since(now) < SHORTEST {
        return Err(refusal::ending());
    }
    // In whole seconds, as it is told.
    Ok(Timestamp::from_second(expires.as_second()).expect("a second of a valid time is valid"))
}

/// What a mapped caller is, for records.
fn described(mapped: &Mapped) -> (&str, &str) {
    (mapped.environment.name.as_str(), &mapped.mapping.id)
}
