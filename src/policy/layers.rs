//! Everything that has a say in one request, compiled.

use super::budget::Doubt;
use super::evaluate::{Decision, PolicySet};
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
        self.evaluate_in_doubt(request, Doubt::Denies)
    }

    /// The same, with `doubt` as the word on what the request leaves open.
    #[must_use]
    pub fn evaluate_in_doubt(&self, request: &Request<'_>, doubt: Doubt) -> Decisions<'_> {
        let of_resource = self.of_resource(request);
        Decisions {
            identity: self.identity.evaluate_in_doubt(request, doubt),
            has_identity_policies: !self.identity.policies().is_empty(),
            boundary: said(self.boundary.as_ref(), request, doubt),
            session: said(self.session.as_ref(), request, doubt),
            scp: said(self.scp.as_ref(), request, doubt),
            resource: said(self.resource.as_ref(), &of_resource, doubt),
            trust: said(self.trust.as_ref(), &of_resource, doubt),
        }
    }

    /// The same of a request to assume a role that has this trust policy.
    #[must_use]
    pub fn evaluate_assuming<'a>(&'a self, request: &Request<'_>, trust: &'a PolicySet, doubt: Doubt) -> Decisions<'a> {
        let trust = said(Some(trust), &self.of_resource(request), doubt);
        Decisions { trust, ..self.evaluate_in_doubt(request, doubt) }
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

fn said<'a>(set: Option<&'a PolicySet>, request: &Request<'_>, doubt: Doubt) -> Option<Decision<'a>> {
    set.map(|set| set.evaluate_in_doubt(request, doubt))
}
