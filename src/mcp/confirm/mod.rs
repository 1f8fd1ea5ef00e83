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
//! token is used under its plan's number: however often a plan was approved, it is done once. It counts as long as the key
//! that approved it does.
//!
//! # Which process accepts what
//! Tokens are sealed. Without `[sealing]` keys the key is this process's own: its tokens end with it, and it knows each use of
//! them. With keys, any replica opens them, also a later process of the same replica, which reads in its audit journal what
//! was used before it. With `[shared_state]` each replica knows what every other one let be used. Without, a token could be
//! used, and a plan that was rejected be done, once at each of them, as far as the account is in the state that the token is
//! bound to.

mod approval;
mod binding;
mod earlier;
pub mod elicitation;
mod lifetimes;
mod notes;
pub mod persons;
mod question;
pub mod refusals;
mod strength;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws_lc_rs::aead::NONCE_LEN;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use approval::{Approved, Approver, PlanToApprove, WaitingPlan};
pub use binding::Binding;
pub use earlier::{EarlierUse, NotTold, remember, uses_since};
pub use lifetimes::Lifetimes;
pub use notes::Notes;
pub use question::{Question, plain};
pub use strength::{Wanted, wanted};

use crate::authn::Caller;
use crate::clock::SharedClock;
use crate::random::SharedRandom;
pub use crate::sealing::Kind;
use crate::sealing::SharedKeyset;
use crate::shared_state::{self, Gone, SharedState, Single, Use};
use crate::tools::ToolError;
use approval::Approval;

/// What makes a token one of its own, as records name it.
type Id = [u8; 16];

/// How many used tokens are remembered until they expire: those of one caller leave room for the others.
pub const CAPACITIES: shared_state::Capacities = shared_state::Capacities { of_all: 100_000, of_one: 1_000 };

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
    seals: SharedKeyset,
    lifetimes: Lifetimes,
    /// Tokens from before are not taken; `None` where what was used of them is known.
    none_before: Option<Timestamp>,
    clock: SharedClock,
    random: SharedRandom,
    /// Remembers what was used.
    state: Arc<dyn SharedState>,
}

impl Confirmer {
    /// A confirmer whose tokens these keys seal and open, and whose uses `state` remembers. Tokens from before `none_before` are
    /// not taken: where what was used of them is not known.
    #[must_use]
    pub fn new(
        seals: SharedKeyset,
        lifetimes: Lifetimes,
        state: Arc<dyn SharedState>,
        none_before: Option<Timestamp>,
        clock: SharedClock,
        random: SharedRandom,
    ) -> Self {
        Self { seals, lifetimes, none_before, clock, random, state }
    }

    /// Whether another process could let be used what was used, or turned down, at this one.
    #[must_use]
    pub fn may_be_used_elsewhere(&self) -> bool {
        !self.seals.get().are_own() && !self.state.reaches_all_replicas()
    }

    /// A token that the model ([`Kind::Model`]) or the client ([`Kind::Client`]) passes back.
    #[must_use]
    pub fn issue(&self, kind: Kind, binding: Binding) -> Issued {
        let nonce = self.nonce();
        let claims = Claims { binding, issued: self.now(), nonce: BASE64URL_NOPAD.encode(&nonce), content: () };
        let content = serde_json::to_vec(&claims).expect("plain strings");
        self.issued(kind, nonce, content, &claims)
    }

    /// Accepts what [`Confirmer::issue`] gave for this binding, once; answers by what records name it. The binding holds
    /// the caller, so the token is none of another's.
    ///
    /// # Errors
    /// `ConfirmationInvalid`, `ConfirmationExpired`, `ConfirmationMismatch`, `ConfirmationUsed`, `ConfirmationsFull`
    /// or `shared_state_unavailable`.
    pub async fn accept(
        &self,
        kind: Kind,
        token: &str,
        binding: &Binding,
        caller: &Caller,
    ) -> Result<String, ToolError> {
        let claims: Claims<()> = match self.open(token) {
            Some((found, content)) if found == kind => serde_json::from_slice(&content).ok(),
            // Once it was done, the same call may want less than it did.
            Some((Kind::Approval, content)) if self.is_used::<Approval>(&content).await => {
                return Err(refusals::used());
            }
            Some(_) => return Err(refusals::invalid("this is a token of another kind of confirmation")),
            None => None,
        }
        .ok_or_else(|| refusals::invalid("this is no token of this gateway"))?;
        let expires = self.check(kind, &claims, Some(binding)).await?;
        self.take(&claims.nonce, claims.issued, expires, caller).await?;
        Ok(recorded(&id(&claims.nonce)))
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
    pub async fn open_plan(&self, token: &str) -> Result<WaitingPlan, ToolError> {
        let claims: Claims<PlanToApprove> = match self.open(token) {
            Some((Kind::Plan, content)) => PlanToApprove::unpack(&content),
            _ => None,
        }
        .ok_or_else(|| refusals::approval_invalid("this is no plan_token of this gateway"))?;
        let expires = self.check(Kind::Plan, &claims, None).await?;
        let Claims { binding, nonce, content: plan, issued } = claims;
        Ok(WaitingPlan { plan, binding, id: recorded(&id(&nonce)), expires, nonce, issued })
    }

    /// The approval of a plan by this approver, who must be another person and allowed to: whoever calls this has seen to it.
    #[must_use]
    pub fn approve(&self, waiting: &WaitingPlan, approver: Approver) -> Issued {
        let (binding, nonce) = (waiting.binding.clone(), waiting.nonce.clone());
        let content = Approval { approver, planned: waiting.issued };
        let claims = Claims { binding, issued: self.now(), nonce, content };
        let content = serde_json::to_vec(&claims).expect("plain strings");
        self.issued(Kind::Approval, self.nonce(), content, &claims)
    }

    /// Uses a plan up, so that no approval of it is accepted any more. It counts among the uses of the caller who planned.
    ///
    /// # Errors
    /// `ConfirmationUsed`, `ConfirmationsFull` or `shared_state_unavailable`.
    pub async fn reject(&self, waiting: &WaitingPlan) -> Result<(), ToolError> {
        let until = self.last_approval_expires(waiting.issued);
        self.take(&waiting.nonce, waiting.issued, until, &waiting.plan.caller).await
    }

    /// Accepts another person's approval of this binding, once. `may_approve` says whether the approver still may.
    ///
    /// # Errors
    /// `ApprovalInvalid`, `ApproverIsCaller`, `ConfirmationExpired`, `ConfirmationMismatch`, `ConfirmationUsed`,
    /// `ConfirmationsFull` or `shared_state_unavailable`, and what `may_approve` says.
    pub async fn accept_approval(
        &self,
        token: &str,
        binding: &Binding,
        caller: &Caller,
        may_approve: impl FnOnce(&Approver) -> Result<(), ToolError>,
    ) -> Result<Approved, ToolError> {
        let claims: Claims<Approval> = match self.open(token) {
            Some((Kind::Approval, content)) => serde_json::from_slice(&content).ok(),
            Some((Kind::Plan, _)) => {
                return Err(refusals::approval_invalid("this is the plan_token, which nobody has approved yet"));
            }
            Some(_) => return Err(refusals::approval_invalid("this token confirms, and this call wants an approval")),
            None => None,
        }
        .ok_or_else(|| refusals::approval_invalid("this is no approval_token of this gateway"))?;
        self.check(Kind::Approval, &claims, Some(binding)).await?;
        let Approval { approver, planned } = claims.content;
        if !persons::are_different(caller, &approver.caller) {
            return Err(refusals::approver_is_caller());
        }
        may_approve(&approver)?;
        self.take(&claims.nonce, planned, self.last_approval_expires(planned), caller).await?;
        Ok(Approved { id: recorded(&id(&claims.nonce)), approver: approver.caller })
    }

    /// What a token holds and what kind it is of; `None` for anything that this gateway has not sealed.
    fn open(&self, token: &str) -> Option<(Kind, Vec<u8>)> {
        self.seals.get().open(token).ok().map(|opened| (opened.kind, opened.content))
    }

    async fn is_used<T: DeserializeOwned>(&self, content: &[u8]) -> bool {
        match serde_json::from_slice::<Claims<T>>(content) {
            Ok(claims) => self.was_used(&claims.nonce).await,
            Err(_) => false,
        }
    }

    async fn was_used(&self, nonce: &str) -> bool {
        self.state.was_used(shared_state::Kind::Token, &remembered(&id(nonce))).await
    }

    /// Whether a token may still be used, and for this; when it expires.
    async fn check<T>(
        &self,
        kind: Kind,
        claims: &Claims<T>,
        binding: Option<&Binding>,
    ) -> Result<Timestamp, ToolError> {
        let issued = Timestamp::from_millisecond(claims.issued).unwrap_or(Timestamp::MIN);
        let expires = issued.saturating_add(self.lifetime(kind)).unwrap_or(Timestamp::MIN);
        let of_earlier_process = self.none_before.is_some_and(|earliest| issued < earliest);
        if self.clock.now() >= expires || of_earlier_process {
            return Err(refusals::expired());
        }
        // What was done has changed what the plan was made for: that it was used is what there is to say.
        if self.was_used(&claims.nonce).await {
            return Err(refusals::used());
        }
        if binding.is_some_and(|binding| *binding != claims.binding) {
            return Err(refusals::mismatch());
        }
        Ok(expires)
    }

    /// When the last approval expires that a plan of then, in milliseconds, can be given: in the last moment of the plan.
    fn last_approval_expires(&self, planned: i64) -> Timestamp {
        let planned = Timestamp::from_millisecond(planned).unwrap_or(Timestamp::MIN);
        planned.saturating_add(self.lifetimes.of_approvals() * 2).unwrap_or(Timestamp::MAX)
    }

    /// Uses up what has this number and was first issued then, in milliseconds.
    async fn take(&self, nonce: &str, issued: i64, until: Timestamp, caller: &Caller) -> Result<(), ToolError> {
        let single = Single {
            kind: shared_state::Kind::Token,
            id: remembered(&id(nonce)),
            owner: Some(caller.digest()),
            made: Timestamp::from_millisecond(issued).unwrap_or(Timestamp::MIN),
            until,
        };
        match self.state.use_up(&single).await {
            Ok(Use::First) => Ok(()),
            Ok(Use::Again) => Err(refusals::used()),
            Ok(Use::Forgotten | Use::MadeTooEarly { .. }) => Err(refusals::expired()),
            Ok(Use::Full) => Err(refusals::full()),
            Err(Gone) => Err(refusals::not_known_to_be_unused()),
        }
    }

    fn issued<T>(&self, kind: Kind, nonce: [u8; NONCE_LEN], content: Vec<u8>, claims: &Claims<T>) -> Issued {
        let issued = Timestamp::from_millisecond(claims.issued).expect("the clock's own time");
        let expires = issued + self.lifetime(kind);
        Issued { token: self.seals.get().seal(kind, nonce, content), expires, id: recorded(&id(&claims.nonce)) }
    }

    fn lifetime(&self, kind: Kind) -> SignedDuration {
        match kind {
            Kind::Model | Kind::Client => self.lifetimes.of_confirmations(),
            Kind::Plan | Kind::Approval => self.lifetimes.of_approvals(),
            // Those are none of these tokens, and say themselves when they expire.
            Kind::Credentials => SignedDuration::ZERO,
        }
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

/// What makes a token one of its own: it follows from the token, and the token does not follow from it.
fn id(nonce: &str) -> Id {
    let digest: [u8; 32] = Sha256::digest(nonce.as_bytes()).into();
    let [first, ..] = digest.as_chunks::<16>().0 else { unreachable!("32 bytes are two times 16") };
    *first
}

/// That, as what is shared knows it.
fn remembered(id: &Id) -> [u8; 32] {
    let mut remembered = [0; 32];
    remembered[..id.len()].copy_from_slice(id);
    remembered
}

/// That, by which records name the token.
fn recorded(id: &Id) -> String {
    HEXLOWER.encode(id)
}
