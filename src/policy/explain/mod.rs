//! Why a request is decided as it is: what each layer says, by which statement, and why other statements do not apply.
//!
//! Nothing is decided here. The verdict is the engine's own; the statements are then asked again, element by element. So
//! an explanation costs a few times what a decision does, and belongs where somebody reads it.

mod layer;
mod statement;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::Serialize;

pub use self::layer::{Decided, LayerExplanation, SHOWN};
pub use self::statement::{ConditionExplanation, NotApplying, StatementExplanation};
use super::evaluate::PolicySet;
use super::layers::Layers;
use super::request::Request;
use super::verdict::{Layer, Verdict};
use crate::arn::AccountId;

/// Whether something may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It may.
    Allowed,
    /// A statement denies it.
    ExplicitDeny,
    /// No statement allows it in a layer that would have to.
    ImplicitDeny,
}

impl Outcome {
    /// The word in records and test cases.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ExplicitDeny => "explicitDeny",
            Self::ImplicitDeny => "implicitDeny",
        }
    }
}

/// Why a request is decided as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The verdict.
    pub outcome: Outcome,
    /// The layer that a deny comes from, or that would have had to allow.
    pub because_of: Option<&'static str>,
    /// What each layer says, in the order in which they are asked.
    pub layers: Vec<LayerExplanation>,
    /// The condition keys that statements about the action asked for and the request does not have, in the letter case of
    /// the policy.
    pub missing_keys: BTreeSet<String>,
}

impl Explanation {
    /// The explanation of a verdict that these layers make.
    #[must_use]
    pub fn new(outcome: Outcome, because_of: Option<&'static str>, layers: Vec<LayerExplanation>) -> Self {
        let missing_keys = layers.iter().flat_map(|layer| layer.missing_keys.iter().cloned()).collect();
        Self { outcome, because_of, layers, missing_keys }
    }
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Allowed => Self::Allowed,
            Verdict::ExplicitDeny(_) => Self::ExplicitDeny,
            Verdict::ImplicitDeny(_) => Self::ImplicitDeny,
        }
    }
}

impl Layers {
    /// Why the request's principal may, or may not, do it to a resource of `account`.
    #[must_use]
    pub fn explain(&self, request: &Request<'_>, account: &AccountId) -> Explanation {
        let verdict = self.decide(request, account);
        let because_of = match verdict {
            Verdict::Allowed => None,
            Verdict::ExplicitDeny(layer) | Verdict::ImplicitDeny(layer) => Some(layer.as_str()),
        };
        let of_resource = self.of_resource(request);
        let layers = [
            (Layer::Trust, self.trust.as_ref(), &of_resource),
            (Layer::Resource, self.resource.as_ref(), &of_resource),
            (Layer::Identity, Some(&self.identity), request),
            (Layer::Scp, self.scp.as_ref(), request),
            (Layer::Boundary, self.boundary.as_ref(), request),
            (Layer::Session, self.session.as_ref(), request),
        ];
        let layers = layers.into_iter();
        let layers = layers.filter_map(|(layer, set, request)| Some(set?.explain(layer.as_str(), request))).collect();
        Explanation::new(verdict.into(), because_of, layers)
    }
}

impl PolicySet {
    /// What these policies, as the layer of that name, say about `request`, and why.
    #[must_use]
    pub fn explain(&self, layer: &'static str, request: &Request<'_>) -> LayerExplanation {
        layer::explain(self, layer, request)
    }
}
