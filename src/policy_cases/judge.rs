//! What the layers of a case decide.

use super::documents::DocumentFaults;
use super::layers::CompiledLayers;
use super::request::GivenRequest;
use crate::policy::{Decided, Explanation, Outcome, Request};

/// What was found.
#[derive(Debug, Clone)]
pub enum Found {
    /// Documents have faults; the request is not decided.
    Invalid(Vec<DocumentFaults>),
    /// The decision, with its reasons.
    Decided(Explanation),
}

const ENDPOINT: &str = "endpoint";

impl CompiledLayers {
    /// Decides on a request.
    ///
    /// The policies of an endpoint decide as the gateway has them do: by themselves where nothing else is given, else both
    /// they and the other layers have to allow.
    #[must_use]
    pub fn judge(self, given: &GivenRequest) -> Found {
        if !self.faults.is_empty() {
            return Found::Invalid(self.faults);
        }
        let request = Request::new(&given.action, &given.resource, &given.principal, &given.context);
        let endpoint = self.endpoint.as_ref().map(|set| {
            let layer = set.explain(ENDPOINT, &request);
            let (outcome, because_of) = match layer.decided {
                Decided::Allow => (Outcome::Allowed, None),
                Decided::ExplicitDeny => (Outcome::ExplicitDeny, Some(ENDPOINT)),
                Decided::NoMatch => (Outcome::ImplicitDeny, Some(ENDPOINT)),
            };
            Explanation::new(outcome, because_of, vec![layer])
        });
        let others = self.others.as_ref().map(|layers| layers.explain(&request, &given.account()));
        Found::Decided(match (endpoint, others) {
            (Some(endpoint), Some(others)) => both(endpoint, others),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => Explanation::new(Outcome::ImplicitDeny, None, Vec::new()),
        })
    }
}

/// Both have to allow; an explicit deny of either is named before what merely nobody allows.
fn both(mut first: Explanation, mut second: Explanation) -> Explanation {
    let denies = |explanation: &Explanation, outcome| explanation.outcome == outcome;
    let of_second = denies(&first, Outcome::Allowed)
        || denies(&second, Outcome::ExplicitDeny) && !denies(&first, Outcome::ExplicitDeny);
    let (outcome, because_of) =
        if of_second { (second.outcome, second.because_of) } else { (first.outcome, first.because_of) };
    first.layers.append(&mut second.layers);
    Explanation::new(outcome, because_of, first.layers)
}
