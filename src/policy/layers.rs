//! Everything that has a say in one request, compiled.

use super::evaluate::PolicySet;
use super::request::Request;
use super::verdict::{Decisions, Verdict};
use crate::arn::AccountId;

/// The policies of all layers.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    /// The policies of the caller's identity: its own and its groups'. They grant.
    pub identity: PolicySet,
    /// The permissions boundary. Grants nothing by itself.
    pub boundary: Option<PolicySet>,
    /// The policies that the session was opened with. They grant nothing by themselves.
    pub session: Option<PolicySet>,
    /// The service control policies. They grant nothing by themselves.
    pub scp: Option<PolicySet>,
    /// The policy attached to the resource.
    pub resource: Option<PolicySet>,
    /// The role's trust policy, where the request is to assume it.
    pub trust: Option<PolicySet>,
}

impl Layers {
    /// What each layer says.
    #[must_use]
    pub fn evaluate(&self, request: &Request<'_>) -> Decisions<'_> {
        let of_resource = self.of_resource(request);
        Decisions {
            identity: self.identity.evaluate(request),
            has_identity_policies: !self.identity.policies().is_empty(),
            boundary: self.boundary.as_ref().map(|set| set.evaluate(request)),
            session: self.session.as_ref().map(|set| set.evaluate(request)),
            scp: self.scp.as_ref().map(|set| set.evaluate(request)),
            resource: self.resource.as_ref().map(|set| set.evaluate(&of_resource)),
            trust: self.trust.as_ref().map(|set| set.evaluate(&of_resource)),
        }
    }

    /// The request as the resource's policy sees it: that the principal has a boundary matters there.
    pub(super) fn of_resource<'a>(&self, request: &Request<'a>) -> Request<'a> {
        if self.boundary.is_some() { request.with_boundary() } else { request.clone() }
    }

    /// Whether the request's principal may do it to a resource of `account`.
    #[must_use]
    pub fn decide(&self, request: &Request<'_>, account: &AccountId) -> Verdict {
        Verdict::of(&self.evaluate(request), request.principal(), account)
    }
}
