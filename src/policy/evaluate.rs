//! Evaluating the policies of one layer.
//!
//! Within a layer the policies are a union: an explicit deny in any of them wins, else an allow in any of them, else
//! there is none. Between layers (identity policies, boundary, session policy, SCP, resource or trust policy) it is an
//! intersection, which [`super::Verdict::of`] makes of their decisions.

use std::sync::Arc;

use super::budget::{Budget, Doubt, STEPS};
use super::document::Document;
use super::index::{At, Index};
use super::principals::PrincipalMatch;
use super::request::Request;
use super::statement::{Applies, Effect};

/// A document with the name under which decisions refer to it: a file, a policy's name or ARN.
#[derive(Debug, Clone)]
pub struct Policy {
    name: Arc<str>,
    document: Arc<Document>,
}

impl Policy {
    /// A named document.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, document: impl Into<Arc<Document>>) -> Self {
        Self { name: name.into(), document: document.into() }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }
}

/// The policies of one layer. Without any, no request is allowed by it.
#[derive(Debug, Clone, Default)]
pub struct PolicySet {
    policies: Box<[Policy]>,
    index: Index,
}

impl FromIterator<Policy> for PolicySet {
    fn from_iter<I: IntoIterator<Item = Policy>>(policies: I) -> Self {
        let policies: Box<[Policy]> = policies.into_iter().collect();
        let index = Index::of(policies.iter().map(Policy::document));
        Self { policies, index }
    }
}

impl From<Policy> for PolicySet {
    fn from(policy: Policy) -> Self {
        Self::from_iter([policy])
    }
}

/// The statement that decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deciding<'a> {
    /// The policy's place in its set, from 0.
    pub index: usize,
    /// The policy's name.
    pub policy: &'a str,
    /// The statement's place in its document, from 0.
    pub statement: usize,
    /// The statement's Sid.
    pub sid: Option<&'a str>,
    /// How the statement covers the principal; `None` in policies without Principal.
    pub principal: Option<PrincipalMatch>,
}

/// What one layer says about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision<'a> {
    /// A statement denies. Of several, the first in the order of the set is named.
    ExplicitDeny(Deciding<'a>),
    /// No statement denies and one allows. Of several, the one that covers the principal most closely is named; of
    /// those, the first.
    Allow(Deciding<'a>),
    /// No statement applies, which is a deny unless another layer allows.
    NoMatch,
}

impl Decision<'_> {
    /// Whether the layer allows.
    #[must_use]
    pub fn is_allow(&self) -> bool {
        matches!(self, Self::Allow(_))
    }

    /// Whether the layer denies explicitly.
    #[must_use]
    pub fn is_explicit_deny(&self) -> bool {
        matches!(self, Self::ExplicitDeny(_))
    }
}

impl PolicySet {
    /// The policies, in their order.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// What these policies say about `request`.
    ///
    /// Where a text is too long or the policies are too many to be compared, a statement that denies applies and one that
    /// allows does not.
    #[must_use]
    pub fn evaluate(&self, request: &Request<'_>) -> Decision<'_> {
        self.evaluate_in_doubt(request, Doubt::Denies)
    }

    /// The same, with `doubt` as the word on what the request leaves open.
    #[must_use]
    pub fn evaluate_in_doubt(&self, request: &Request<'_>, doubt: Doubt) -> Decision<'_> {
        self.evaluate_within(&Budget::new(STEPS), request, doubt)
    }

    /// Whether a statement allows this action (`service:name`, in lower case) on something, under whatever conditions. `true`
    /// says little, since another statement may deny; `false` is certain.
    #[must_use]
    pub fn could_allow(&self, action: &str) -> bool {
        let budget = Budget::new(STEPS);
        self.index.candidates(action).any(|at| {
            let statement = &self.policies[at.policy].document.statements[at.statement];
            statement.effect == Effect::Allow && statement.names_action(action, &budget).unwrap_or(true)
        })
    }

    /// The statements that name this action (`service:name`, in lower case), by the places of policy and statement: actions that the same
    /// ones name are allowed and denied alike.
    #[must_use]
    pub fn naming(&self, action: &str) -> Vec<(usize, usize)> {
        let budget = Budget::new(STEPS);
        let candidates = self.index.candidates(action);
        let naming = candidates.filter(|at| {
            let statement = &self.policies[at.policy].document.statements[at.statement];
            statement.names_action(action, &budget).unwrap_or(true)
        });
        naming.map(|at| (at.policy, at.statement)).collect()
    }

    pub(super) fn evaluate_within(&self, budget: &Budget, request: &Request<'_>, doubt: Doubt) -> Decision<'_> {
        let mut allowing: Option<Deciding<'_>> = None;
        for At { policy: index, statement: place } in self.index.candidates(&request.action) {
            let policy = &self.policies[index];
            let statement = &policy.document.statements[place];
            let Some(Applies(principal)) = statement.applies(request, budget, doubt) else { continue };
            let deciding = Deciding { index, policy: policy.name(), statement: place, sid: statement.sid(), principal };
            match statement.effect {
                Effect::Deny => return Decision::ExplicitDeny(deciding),
                Effect::Allow if allowing.is_none_or(|before| before.principal < principal) => {
                    allowing = Some(deciding);
                }
                Effect::Allow => {}
            }
        }
        allowing.map_or(Decision::NoMatch, Decision::Allow)
    }
}
