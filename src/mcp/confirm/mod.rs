//! Confirmation of what destroys or grants, and of what a role mapping wants confirmed beside.
//!
//! # Strengths
//! `model`: the first call answers a plan and a token, the second passes it back. It slows mistakes down; a model that wants
//! to can pass its own token. `client`: the client asks the person in front of it (MCP elicitation) and says what that person
//! answered; a client that lies is believed. `second-person`: the first call answers a plan token, another person approves
//! it past the agent, the retry passes the approval token. It alone is independent of the agent.
//!
//! # States of a token
//! *Issued* for one binding: the caller, the environment and role, the tool, the exact arguments and the plan, which holds
//! the observed state of what will change. *Used* when a call with the same binding passes it, once. *Expired* after
//! `tools.confirmation_seconds`, or `tools.approval_seconds` where a second person is waited for. A call whose binding
//! differs (other arguments, another caller, or the account changed meanwhile) is refused and uses nothing up. A question
//! that the client's person answers with no is used up by that.
//!
//! A plan token *waits* until it is *approved*, which gives an approval token, or *rejected*, which uses it up. An approval
//! token is used under its plan's number: however often a plan was approved, it is done once.
//!
//! # Which process accepts what
//! Tokens are sealed. Without `[sealing]` keys the key is this process's own: its tokens end with it, and it knows each use of
//! them. With keys, any replica opens them, also a later process of the same replica, and single use is per process: a token
//! could be used once at each replica, as far as the account is still in the state that the token is bound to.

mod approval;
mod binding;
pub mod elicitation;
mod notes;
pub mod persons;
mod question;
pub mod refusals;
mod seal;
mod strength;
#[cfg(test)]
mod tests;
mod used;

use std::time::Duration;

use aws_lc_rs::aead::NONCE_LEN;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use approval::{Approved, PlanToApprove, WaitingPlan};
pub use binding::Binding;
pub use notes::Notes;
pub use question::{Question, plain};
pub use seal::Kind;
pub use strength::{Wanted, wanted};

use crate::authn::Caller;
use crate::clock::SharedClock;
use crate::config::SealingKey;
use crate::random::SharedRandom;
use crate::tools::ToolError;
use seal::Seals;
use used::{Use, Used};

/// A token and when it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The sealed token.
    pub token: String,
    /// When it stops being accepted.
    pub expires: Timestamp,
    /// By which records name it: the token itself stands in none.
    pub id: String,
}

/// How long tokens are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Those that the same caller passes back.
    pub confirmation: Duration,
    /// Plans that wait for another person, and approvals.
    pub approval: Duration,
}

/// What every token says.
#[derive(Debug, Serialize, Deserialize)]
struct Claims<T> {
    #[serde(rename = "b")]
    binding: Binding,
    /// Milliseconds since 1970.
    #[serde(rename = "i")]
    issued: i64,
    /// What is used up: of an approval, its plan's.
    #[serde(rename = "n")]
    nonce: String,
    #[serde(rename = "c")]
    content: T,
}

/// Issues and accepts tokens.
#[derive(Debug)]
pub struct Confirmer {
    seals: Seals,
    lifetimes: Lifetimes,
    started: Timestamp,
    clock: SharedClock,
    random: SharedRandom,
    used: Used,
}

impl Confirmer {
    /// A confirmer of the gateway of this name; without `keys` it makes a key of its own.
    #[must_use]
    pub fn new(
        gateway: &str,
        keys: &[SealingKey],
        lifetimes: Lifetimes,
        clock: SharedClock,
        random: SharedRandom,
    ) -> Self {
        let seals = Seals::new(gateway, keys, &random);
        Self { seals, lifetimes, started: clock.now(), clock, random, used: Used::default() }
    }

    /// A token that the model ([`Kind::Model`]) or the client ([`Kind::Client`]) passes back.
    #[must_use]
    pub fn issue(&self, kind: Kind, binding: Binding) -> Issued {
        let nonce = self.nonce();
        let claims = Claims { binding, issued: self.now(), nonce: BASE64URL_NOPAD.encode(&nonce), content: () };
        let content = serde_json::to_vec(&claims).expect("plain strings");
        self.issued(kind, nonce, content, &claims)
    }

    /// Accepts what [`Confirmer::issue`] gave for this binding, once; answers by what records name it.
    ///
    /// # Errors
    /// `ConfirmationInvalid`, `ConfirmationExpired`, `ConfirmationMismatch`, `ConfirmationUsed` or `ConfirmationsFull`.
    pub fn accept(&self, kind: Kind, token: &str, binding: &Binding) -> Result<String, ToolError> {
        let claims: Claims<()> = match self.seals.open(token) {
            Some((found, content)) if found == kind => serde_json::from_slice(&content).ok(),
            Some(_) => return Err(refusals::invalid("this is a token of another kind of confirmation")),
            None => None,
        }
        .ok_or_else(|| refusals::invalid("this is no token of this gateway"))?;
        let expires = self.check(kind, &claims, Some(binding))?;
        self.take(&claims.nonce, expires)?;
        Ok(recorded_id(&claims.nonce))
    }

    /// A token with a plan that waits for another person.
    ///
    /// # Errors
    /// `PlanTooLarge`.
    pub fn issue_plan(&self, binding: Binding, plan: PlanToApprove) -> Result<Issued, ToolError> {
        let nonce = self.nonce();
        let claims = Claims { binding, issued: self.now(), nonce: BASE64URL_NOPAD.encode(&nonce), content: plan };
        let content = PlanToApprove::pack(&claims).ok_or_else(refusals::plan_too_large)?;
        Ok(self.issued(Kind::Plan, nonce, content, &claims))
    }

    /// The plan of a token, for whoever is to approve it.
    ///
    /// # Errors
    /// `ApprovalInvalid`, `ConfirmationExpired` or `ConfirmationUsed`.
    pub fn open_plan(&self, token: &str) -> Result<WaitingPlan, ToolError> {
        let claims: Claims<PlanToApprove> = match self.seals.open(token) {
            Some((Kind::Plan, content)) => PlanToApprove::unpack(&content),
            _ => None,
        }
        .ok_or_else(|| refusals::approval_invalid("this is no plan_token of this gateway"))?;
        let expires = self.check(Kind::Plan, &claims, None)?;
        if self.used.has(&claims.nonce) {
            return Err(refusals::used());
        }
        let Claims { binding, nonce, content: plan, .. } = claims;
        Ok(WaitingPlan { plan, binding, id: recorded_id(&nonce), expires, nonce })
    }

    /// The approval of a plan by this caller, who must be another person and allowed to: whoever calls this has seen to it.
    #[must_use]
    pub fn approve(&self, waiting: &WaitingPlan, approver: &Caller) -> Issued {
        let (binding, nonce) = (waiting.binding.clone(), waiting.nonce.clone());
        let claims = Claims { binding, issued: self.now(), nonce, content: approver.clone() };
        let content = serde_json::to_vec(&claims).expect("plain strings");
        self.issued(Kind::Approval, self.nonce(), content, &claims)
    }

    /// Uses a plan up, so that no approval of it is accepted here any more.
    ///
    /// # Errors
    /// `ConfirmationUsed` or `ConfirmationsFull`.
    pub fn reject(&self, waiting: &WaitingPlan) -> Result<(), ToolError> {
        self.take(&waiting.nonce, self.last_approval_expires())
    }

    /// Accepts another person's approval of this binding, once. `may_approve` says whether the approver still may.
    ///
    /// # Errors
    /// `ApprovalInvalid`, `ApproverIsCaller`, `ConfirmationExpired`, `ConfirmationMismatch`, `ConfirmationUsed` or
    /// `ConfirmationsFull`.
    pub fn accept_approval(
        &self,
        token: &str,
        binding: &Binding,
        caller: &Caller,
        may_approve: impl FnOnce(&Caller) -> bool,
    ) -> Result<Approved, ToolError> {
        let claims: Claims<Caller> = match self.seals.open(token) {
            Some((Kind::Approval, content)) => serde_json::from_slice(&content).ok(),
            Some((Kind::Plan, _)) => {
                return Err(refusals::approval_invalid("this is the plan_token, which nobody has approved yet"));
            }
            Some(_) => return Err(refusals::approval_invalid("this token confirms, and this call wants an approval")),
            None => None,
        }
        .ok_or_else(|| refusals::approval_invalid("this is no approval_token of this gateway"))?;
        self.check(Kind::Approval, &claims, Some(binding))?;
        if !persons::are_different(caller, &claims.content) {
            return Err(refusals::approver_is_caller());
        }
        if !may_approve(&claims.content) {
            return Err(refusals::approval_invalid("whoever approved it may not approve any more"));
        }
        self.take(&claims.nonce, self.last_approval_expires())?;
        Ok(Approved { id: recorded_id(&claims.nonce), approver: claims.content })
    }

    /// Whether a token may still be used, and for this; when it expires.
    fn check<T>(&self, kind: Kind, claims: &Claims<T>, binding: Option<&Binding>) -> Result<Timestamp, ToolError> {
        let issued = Timestamp::from_millisecond(claims.issued).unwrap_or(Timestamp::MIN);
        let expires = issued.saturating_add(self.lifetime(kind)).unwrap_or(Timestamp::MIN);
        // No earlier process had this process's own key, so this only says once more what sealing does.
        let of_earlier_process = self.seals.are_own() && issued < self.started;
        if self.clock.now() >= expires || of_earlier_process {
            return Err(refusals::expired());
        }
        if binding.is_some_and(|binding| *binding != claims.binding) {
            return Err(refusals::mismatch());
        }
        Ok(expires)
    }

    /// When the last approval expires that a plan which exists now can be given: in the last moment of the plan.
    fn last_approval_expires(&self) -> Timestamp {
        self.clock.now() + signed(self.lifetimes.approval) * 2
    }

    fn take(&self, nonce: &str, expires: Timestamp) -> Result<(), ToolError> {
        match self.used.take(nonce, expires, self.clock.now()) {
            Use::First => Ok(()),
            Use::Again => Err(refusals::used()),
            Use::Full => Err(refusals::full()),
        }
    }

    fn issued<T>(&self, kind: Kind, nonce: [u8; NONCE_LEN], content: Vec<u8>, claims: &Claims<T>) -> Issued {
        let issued = Timestamp::from_millisecond(claims.issued).expect("the clock's own time");
        let expires = issued + self.lifetime(kind);
        Issued { token: self.seals.seal(kind, nonce, content), expires, id: recorded_id(&claims.nonce) }
    }

    fn lifetime(&self, kind: Kind) -> SignedDuration {
        signed(match kind {
            Kind::Model | Kind::Client => self.lifetimes.confirmation,
            Kind::Plan | Kind::Approval => self.lifetimes.approval,
        })
    }

    fn nonce(&self) -> [u8; NONCE_LEN] {
        let mut nonce = [0u8; NONCE_LEN];
        self.random.fill(&mut nonce);
        nonce
    }

    fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }
}

/// By what records name a token: it follows from the token, and the token does not follow from it.
fn recorded_id(nonce: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(nonce.as_bytes())[..16])
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
