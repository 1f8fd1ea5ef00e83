//! Audit records of refused authentications, bounded in rate: strangers must not be able to fill the journal.
//!
//! In every window the first refusals are recorded one by one; the rest is counted, and the count stands in the first
//! record of the next window that has one. Whoever signed correctly and was refused all the same (a key that is inactive,
//! expired, or not good for the environment) has a window apart, which no stranger can fill. So has whoever showed a genuine
//! access token, or a genuine proof of somebody who may do nothing here: where a public issuer is believed, anybody can have such,
//! and must not fill the key owners' window. A verified caller that asks too often fills its own.

use std::sync::{Arc, Mutex, PoisonError};

use http::header::USER_AGENT;
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::road::InForce;
use super::trail::Stationery;
use crate::audit::redaction::NOT_KEPT;
use crate::audit::{Event, Journal, Kept, Stage};
use crate::authn::Caller;
use crate::authn::proofs::{ProofClass, ProofRefusal};
use crate::authn::sigv4::{SigV4Refusal, SigV4Verifier};
use crate::authn::tokens::TokenRefusal;
use crate::current::Current;
use crate::http::{ClientAddress, Endpoint, RequestId, Service};
use crate::random::uuid;

/// How many refusals are recorded one by one in each window.
const RECORDED: u32 = 60;
/// How long a window lasts.
const WINDOW: SignedDuration = SignedDuration::from_secs(60);

/// Records refused authentications.
#[derive(Debug)]
pub struct RefusedAuthentications {
    journal: Journal,
    in_force: Arc<Current<InForce>>,
    stationery: Stationery,
    strangers: Mutex<Window>,
    key_owners: Mutex<Window>,
    proven: Mutex<Window>,
    limited: Mutex<Window>,
}

/// A refusal, as records have it.
struct Refused {
    code: &'static str,
    message: String,
    /// What made whoever sent it somebody known; nothing of a stranger.
    owner: Option<Owner>,
}

/// What only somebody known has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// A gateway key.
    Key,
    /// A proof that holds.
    Proof,
    /// An access token that its issuer signed.
    Token,
    /// All that a call needs.
    Verified,
}

impl Owner {
    fn as_str(self) -> &'static str {
        match self {
            Self::Key => "GatewayKey",
            Self::Proof => "Proof",
            Self::Token => "AccessToken",
            Self::Verified => "VerifiedCaller",
        }
    }
}

#[derive(Debug)]
struct Window {
    began: Timestamp,
    recorded: u32,
    unrecorded: u64,
}

impl Window {
    fn new(began: Timestamp) -> Mutex<Self> {
        Mutex::new(Self { began, recorded: 0, unrecorded: 0 })
    }
}

impl RefusedAuthentications {
    /// Records into `journal`.
    #[must_use]
    pub fn new(journal: Journal, in_force: Arc<Current<InForce>>, stationery: Stationery) -> Self {
        let now = stationery.clock.now();
        Self {
            journal,
            in_force,
            stationery,
            strangers: Window::new(now),
            key_owners: Window::new(now),
            proven: Window::new(now),
            limited: Window::new(now),
        }
    }

    /// Notes that a signed request was refused.
    pub fn note_signature(&self, head: &Parts, refusal: &SigV4Refusal) {
        let in_force = self.in_force.get();
        let is_served = |name: &str| in_force.config.environments.get(name).is_some();
        let claimed = SigV4Verifier::claimed_access_key_id(head);
        let refused = Refused {
            code: refusal.code(),
            message: refusal.recorded(is_served),
            owner: is_told_to_key_owners(refusal).then_some(Owner::Key),
        };
        self.note(&in_force, head, "Authenticate", claimed, &refused);
    }

    /// Notes that a proof of identity was refused.
    pub fn note_proof(&self, head: &Parts, refusal: &ProofRefusal) {
        // Who is proven and not mapped here is somebody, all the same.
        let owner = (refusal.class == ProofClass::NoPlace).then_some(Owner::Proof);
        let refused = Refused { code: refusal.code, message: refusal.message.clone(), owner };
        self.note(&self.in_force.get(), head, "ExchangeProof", None, &refused);
    }

    /// Notes that a request with an access token was refused.
    pub fn note_bearer(&self, head: &Parts, refusal: &TokenRefusal) {
        let owner = refusal.is_told_to_owners().then_some(Owner::Token);
        let in_force = self.in_force.get();
        let named = head.extensions.get::<Endpoint>().and_then(|endpoint| endpoint.environment.as_deref());
        let is_served = named.is_none_or(|name| in_force.config.environments.get(name).is_some());
        let refused = Refused { code: refusal.code(), message: refusal.recorded(is_served), owner };
        self.note(&in_force, head, "Authenticate", None, &refused);
    }

    /// Notes that a verified caller asks too often.
    pub fn note_limited(&self, head: &Parts, caller: &Caller) {
        let refused = Refused {
            code: "caller_rate_limited",
            message: format!("{} sends more requests than one caller may", caller.id()),
            owner: Some(Owner::Verified),
        };
        self.note(&self.in_force.get(), head, "LimitRequests", None, &refused);
    }

    fn note(&self, in_force: &InForce, head: &Parts, name: &'static str, claimed: Option<&str>, refused: &Refused) {
        let signed_correctly = refused.owner.is_some();
        let window = match refused.owner {
            None => &self.strangers,
            Some(Owner::Key) => &self.key_owners,
            Some(Owner::Proof | Owner::Token) => &self.proven,
            Some(Owner::Verified) => &self.limited,
        };
        let Some(unrecorded_before) = self.take_place(window) else { return };
        let mut event = Event::new(
            in_force.config.gateway.name.as_str(),
            name,
            Stage::Authentication,
            self.stationery.clock.now(),
            uuid(&*self.stationery.random),
        );
        event.request_id = head.extensions.get::<RequestId>().map(|id| id.as_str().to_owned());
        event.source_ip_address = head.extensions.get::<ClientAddress>().map(|client| client.address.to_string());
        event.user_agent = head
            .headers
            .get(USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .map(|agent| agent.chars().take(256).collect());
        event.user_identity = json!({
            // A key's owner is known by the key; the name behind it stands in the keyring.
            "type": refused.owner.map_or("Unverified", Owner::as_str),
            "accessKeyId": claimed.map(|id| self.claimed(id, signed_correctly)),
        });
        let is_served = |name: &str| in_force.config.environments.get(name).is_some();
        event.fail(refused.code, &refused.message);
        let endpoint = head.extensions.get::<Endpoint>();
        let service = endpoint.map_or(Service::Mcp, |endpoint| endpoint.service).path();
        let path = match endpoint.and_then(|endpoint| endpoint.environment.as_deref()) {
            None => service.to_owned(),
            Some(name) if is_served(name) => format!("{service}/{name}"),
            Some(_) => format!("{service}/{NOT_KEPT}"),
        };
        event.request_parameters = json!({"method": head.method.as_str(), "path": path});
        event.additional_event_data.insert("unrecordedBefore".into(), unrecorded_before.into());
        event.additional_event_data.insert("configuration".into(), in_force.config.digest.as_str().into());
        if let Err(failure) = self.journal.note(event.into_record_cut()) {
            tracing::warn!(%failure, reason = refused.code, "a refused authentication could not be recorded");
            give_back(window, unrecorded_before + 1);
        }
    }

    /// What was claimed as an access key id, if it can be one. Whoever confuses the two halves of a pair writes the secret
    /// there.
    fn claimed(&self, id: &str, signed_correctly: bool) -> Value {
        let kept = if signed_correctly || is_access_key_id(id) { Kept::AsGiven } else { Kept::Secret };
        self.stationery.redaction.value(kept, &id.into())
    }

    /// A place in this window, with the number of refusals that found none since the last record; `None` if it is full.
    fn take_place(&self, window: &Mutex<Window>) -> Option<u64> {
        let now = self.stationery.clock.now();
        let mut window = window.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(window.began).abs() >= WINDOW {
            window.began = now;
            window.recorded = 0;
        }
        if window.recorded >= RECORDED {
            window.unrecorded += 1;
            return None;
        }
        window.recorded += 1;
        Some(std::mem::take(&mut window.unrecorded))
    }
}

/// What was to be told by a record that could not be written is told by the next.
fn give_back(window: &Mutex<Window>, unrecorded: u64) {
    window.lock().unwrap_or_else(PoisonError::into_inner).unrecorded += unrecorded;
}

/// Whether it looks like an id of AWS or of a keyring: of 16 to 32 upper-case letters and digits. A secret of 40 letters and
/// digits of either case, as AWS makes them, is none.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>.
fn is_access_key_id(id: &str) -> bool {
    (16..=32).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Whether the refusal is one that only a correct signature leads to.
fn is_told_to_key_owners(refusal: &SigV4Refusal) -> bool {
    matches!(
        refusal,
        SigV4Refusal::InactiveKey
            | SigV4Refusal::ExpiredKey { .. }
            | SigV4Refusal::CredentialsExpired { .. }
            | SigV4Refusal::Revoked
            | SigV4Refusal::EnvironmentNotAllowed { .. }
            | SigV4Refusal::UseNotAllowed(_)
    )
}

#[cfg(test)]
mod tests {
    use super::is_access_key_id;

    #[test]
    fn a_secret_is_not_taken_for_an_id() {
        for id in ["AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "IMGKABCDEFGHIJKLMNOP"] {
            assert!(is_access_key_id(id), "{id}");
        }
        for other in ["wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYAB", "hunter2", "0123456789abcdef0123456789abcdef"] {
            assert!(!is_access_key_id(other), "{other}");
        }
    }
}
