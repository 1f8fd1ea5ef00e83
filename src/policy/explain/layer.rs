//! One layer.

use std::collections::BTreeSet;

use serde::Serialize;

use super::statement::{NotApplying, StatementExplanation};
use crate::policy::budget::{Budget, STEPS};
use crate::policy::evaluate::{Decision, PolicySet};
use crate::policy::request::Request;

/// How many statements that do not decide are described for each layer.
pub const SHOWN: usize = 8;

/// What a layer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Decided {
    /// A statement denies.
    ExplicitDeny,
    /// No statement denies and one allows.
    Allow,
    /// No statement applies.
    NoMatch,
}

impl Decided {
    /// The words of it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ExplicitDeny => "denies",
            Self::Allow => "allows",
            Self::NoMatch => "is silent",
        }
    }
}

/// What one layer says, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LayerExplanation {
    /// The layer's name.
    pub layer: &'static str,
    /// What it says.
    pub decided: Decided,
    /// How many policies it has.
    pub policies: usize,
    /// The statement that decides.
    pub deciding: Option<StatementExplanation>,
    /// Statements that do not decide, at most [`SHOWN`]: first those that came nearest to applying.
    pub others: Vec<StatementExplanation>,
    /// How many more there are.
    pub more: usize,
    /// The condition keys that statements about the action asked for and the request does not have.
    pub missing_keys: BTreeSet<String>,
}

pub(super) fn explain(set: &PolicySet, layer: &'static str, request: &Request<'_>) -> LayerExplanation {
    let (decided, place) = match set.evaluate(request) {
        Decision::ExplicitDeny(deciding) => (Decided::ExplicitDeny, Some((deciding.index, deciding.statement))),
        Decision::Allow(deciding) => (Decided::Allow, Some((deciding.index, deciding.statement))),
        Decision::NoMatch => (Decided::NoMatch, None),
    };
    let budget = Budget::new(STEPS);
    let (mut deciding, mut others, mut missing_keys) = (None, Vec::new(), BTreeSet::new());
    for (index, policy) in set.policies().iter().enumerate() {
        for (number, statement) in policy.document().statements().iter().enumerate() {
            let explanation = StatementExplanation::new(policy.name(), number, statement, request, &budget);
            if explanation.why_not != Some(NotApplying::Action) {
                missing_keys.extend(statement.missing_keys(request));
            }
            if place == Some((index, number)) { deciding = Some(explanation) } else { others.push(explanation) }
        }
    }
    others.sort_by_key(|other| other.why_not.as_ref().map_or(0, NotApplying::distance));
    let more = others.len().saturating_sub(SHOWN);
    others.truncate(SHOWN);
    LayerExplanation { layer, decided, policies: set.policies().len(), deciding, others, more, missing_keys }
}
