//! An identity with everything that decides on its requests.
//!
//! What nobody can know beforehand (an address, a second factor, an external id) is left open: what is allowed whatever it turns
//! out to be is certain, what is allowed only if it turns out well is conditional. Resource policies and SCPs are not looked at.

mod circumstances;
mod held;
mod obstacle;
mod sample;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::Serialize;

pub use self::circumstances::Circumstances;
pub use self::held::{Cut, Held, Shelf, Source};
pub use self::obstacle::{Against, Layer, Obstacle};
use crate::actions;
use crate::arn::AccountId;
use crate::iam::Account;
use crate::policy::{Context, Deciding, Decision, Decisions, Doubt, PolicySet, Principal, Request, Verdict};
use crate::posture::snapshot::Identity;

/// Whether something is allowed whatever the circumstances are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// Only if a condition holds that depends on what nobody can know beforehand.
    Conditional,
    /// Always.
    Certain,
}

/// A statement of a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Place {
    /// The policy: an ARN, or the name of an inline policy and whose it is.
    pub policy: Box<str>,
    /// The statement's place in it, from 0.
    pub statement: usize,
    /// The statement's Sid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<Box<str>>,
    /// The document, by its number in the library.
    #[serde(skip)]
    pub document: u32,
}

/// That something is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Whether always.
    pub certainty: Certainty,
    /// The statement that allows it.
    pub by: Place,
    /// Of assuming a role, where the identity's own statement allows it: the one of the trust policy that lets it in.
    pub trusted_by: Option<Place>,
}

/// What decides on an action: the statements that name it, and whether it acts on anything in particular.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Deciders {
    identity: Vec<(usize, usize)>,
    boundary: Option<Vec<(usize, usize)>>,
    takes_resources: bool,
}

/// An identity, able to be asked what it may do.
#[derive(Debug, Clone)]
pub struct Holder {
    principal: Principal,
    account: Account,
    held: Arc<Held>,
    context: Context,
}

impl Holder {
    /// The identity of this principal in this account, which holds that, under these circumstances.
    #[must_use]
    pub fn new(account: &Account, principal: Principal, held: Arc<Held>, circumstances: &Circumstances<'_>) -> Self {
        let context = circumstances.context(&principal);
        Self { principal, account: account.clone(), held, context }
    }

    /// The same identity with other policies.
    #[must_use]
    pub fn holding(&self, held: Arc<Held>) -> Self {
        Self { held, ..self.clone() }
    }

    /// Who it is.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// What it holds.
    #[must_use]
    pub fn held(&self) -> &Arc<Held> {
        &self.held
    }

    /// Its account.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    fn account_id(&self) -> &AccountId {
        &self.account.id
    }

    /// Whether it may do this action to this very resource (an ARN, or `*` for an action on nothing in particular), where the
    /// request has these condition keys too. A key without a value is not set for certain.
    #[must_use]
    pub fn may(&self, action: &str, resource: &str, with: &[(&str, Option<&str>)]) -> Option<Allowed> {
        self.may_in(&self.context_with(with), action, resource)
    }

    fn may_in(&self, context: &Context, action: &str, resource: &str) -> Option<Allowed> {
        let request = Request::new(action, resource, &self.principal, context);
        self.decide(|doubt| self.held.layers.evaluate_in_doubt(&request, doubt))
    }

    /// Whether it may assume the role of this ARN, which trusts by these policies.
    #[must_use]
    pub fn may_assume(&self, role: &str, trust: &PolicySet, with: &[(&str, Option<&str>)]) -> Option<Allowed> {
        let context = self.context_with(with);
        let request = Request::new("sts:AssumeRole", role, &self.principal, &context);
        self.decide(|doubt| self.held.layers.evaluate_assuming(&request, trust, doubt))
    }

    /// Whether it may do this action to anything at all: to something that its policies name, or to something without a
    /// particular name. The surest answer is given.
    #[must_use]
    pub fn may_somewhere(&self, action: &str, with: &[(&str, Option<&str>)]) -> Option<Allowed> {
        if !self.held.layers.identity.could_allow(&action.to_ascii_lowercase()) {
            return None;
        }
        let mut best: Option<Allowed> = None;
        let context = self.context_with(with);
        for resource in sample::resources(&self.held.layers, &self.account, &context, action) {
            match self.may_in(&context, action, &resource) {
                Some(certain) if certain.certainty == Certainty::Certain => return Some(certain),
                other => best = best.or(other),
            }
        }
        best
    }

    /// What decides on an action (in lower case) wherever it is done: of two actions of a service for which it is the same, both may be
    /// done somewhere or neither.
    #[must_use]
    pub fn deciding(&self, action: &str) -> Deciders {
        let layers = &self.held.layers;
        Deciders {
            identity: layers.identity.naming(action),
            boundary: layers.boundary.as_ref().map(|boundary| boundary.naming(action)),
            takes_resources: actions::find(action).is_none_or(|known| known.takes_resources),
        }
    }

    /// The same of an action on an identity, whose tags and boundary are known: `iam:PermissionsBoundary` is the one that it has,
    /// unless `with` says otherwise.
    #[must_use]
    pub fn may_to(&self, action: &str, identity: &Identity, with: &[(&str, Option<&str>)]) -> Option<Allowed> {
        let mut context = self.context.clone();
        for family in ["aws:ResourceTag/", "iam:ResourceTag/"] {
            for (key, value) in &identity.tags {
                context.set(&format!("{family}{key}"), &**value);
            }
            context.settle(family);
        }
        context.set_all("iam:PermissionsBoundary", identity.boundary.as_deref());
        for (key, value) in with {
            context.set_all(key, value.iter().copied());
        }
        let request = Request::new(action, &*identity.arn, &self.principal, &context);
        self.decide(|doubt| self.held.layers.evaluate_in_doubt(&request, doubt))
    }

    /// Resources that stand for everything that an action could act on.
    #[must_use]
    pub fn resources_of(&self, action: &str) -> Vec<String> {
        sample::resources(&self.held.layers, &self.account, &self.context, action)
    }

    fn context_with(&self, with: &[(&str, Option<&str>)]) -> Context {
        let mut context = self.context.clone();
        for (key, value) in with {
            context.set_all(key, value.iter().copied());
        }
        context
    }

    fn decide<'a>(&self, evaluate: impl Fn(Doubt) -> Decisions<'a>) -> Option<Allowed> {
        let by_doubt = [(Doubt::Denies, Certainty::Certain), (Doubt::Allows, Certainty::Conditional)];
        by_doubt.into_iter().find_map(|(doubt, certainty)| {
            let decisions = evaluate(doubt);
            if !Verdict::of(&decisions, &self.principal, self.account_id()).is_allowed() {
                return None;
            }
            let own = allowing(decisions.identity).map(|deciding| place(deciding, self.held.number(deciding.index)));
            let trusted_by = decisions.trust.and_then(allowing).map(|deciding| place(deciding, OF_TRUST));
            let (by, trusted_by) = match own {
                Some(own) => (own, trusted_by),
                None => (trusted_by?, None),
            };
            Some(Allowed { certainty, by, trusted_by })
        })
    }
}

/// The number of a document that is none of the identity's own.
pub(in crate::posture) const OF_TRUST: u32 = u32::MAX;

fn allowing(decision: Decision<'_>) -> Option<Deciding<'_>> {
    match decision {
        Decision::Allow(deciding) => Some(deciding),
        Decision::ExplicitDeny(_) | Decision::NoMatch => None,
    }
}

fn place(deciding: Deciding<'_>, document: u32) -> Place {
    Place { policy: deciding.policy.into(), statement: deciding.statement, sid: deciding.sid.map(Into::into), document }
}
