//! What the decisions of all layers make together.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use std::fmt;

use serde::Serialize;

use super::evaluate::Decision;
use super::principal::{Principal, PrincipalKind};
use super::principals::PrincipalMatch;
use crate::arn::AccountId;

/// Which policies a deny comes from, or which would have had to allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// The policies of the caller's identity.
    Identity,
    /// The permissions boundary of the caller's identity.
    Boundary,
    /// The policies that the caller's session was opened with.
    Session,
    /// The service control policies of the caller's organization.
    Scp,
    /// The policy attached to the resource.
    Resource,
    /// The role's trust policy.
    Trust,
}

impl Layer {
    /// The word in records and explanations.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Boundary => "boundary",
            Self::Session => "session",
            Self::Scp => "scp",
            Self::Resource => "resource",
            Self::Trust => "trust",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What each layer decided on one request; `None` where there is no such layer.
#[derive(Debug, Clone, Copy)]
pub struct Decisions<'a> {
    /// The policies of the caller's identity.
    pub identity: Decision<'a>,
    /// Whether the caller's identity has policies at all: the root user of an account has none and needs none.
    pub has_identity_policies: bool,
    /// The permissions boundary.
    pub boundary: Option<Decision<'a>>,
    /// The session's policies.
    pub session: Option<Decision<'a>>,
    /// The service control policies.
    pub scp: Option<Decision<'a>>,
    /// The resource's policy.
    pub resource: Option<Decision<'a>>,
    /// The role's trust policy, where the request is to assume it.
    pub trust: Option<Decision<'a>>,
}

/// Whether something may be done, and if not, because of which layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It may.
    Allowed,
    /// A statement of that layer denies it.
    ExplicitDeny(Layer),
    /// No statement of that layer allows it, and one would have to.
    ImplicitDeny(Layer),
}

impl Verdict {
    /// Whether it may be done.
    #[must_use]
    pub fn is_allowed(self) -> bool {
        self == Self::Allowed
    }
}

/// What, beside the policy of the resource and the SCPs, has to allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needed {
    Nothing,
    Bounds,
    IdentityAndBounds,
}

impl Verdict {
    /// Whether `principal` may do to a resource of `account` what the layers decided on.
    ///
    /// An explicit deny of any layer wins. SCPs always have to allow, save that services, identity providers and
    /// service-linked roles are not under them. A trust policy always has to allow; a resource's policy has to for
    /// principals of other accounts. What else has to allow depends on how the trust or resource policy covers the
    /// principal:
    /// - not at all, by its account only, or of another account: the identity policies, the boundary and the session's;
    /// - covered as a session of a named role, as a role, or as everybody: the boundary and the session's;
    /// - covered by the user's or session's own ARN or id: nothing, since neither a boundary nor a session's policy takes
    ///   away what is given to just these;
    /// - a root user, a service or an identity provider: nothing, since they have no identity policies.
    #[must_use]
    pub fn of(decisions: &Decisions<'_>, principal: &Principal, account: &AccountId) -> Self {
        let layers = [
            (Layer::Trust, decisions.trust),
            (Layer::Resource, decisions.resource),
            (Layer::Identity, Some(decisions.identity)),
            (Layer::Scp, decisions.scp.filter(|_| is_under_scps(principal))),
            (Layer::Boundary, decisions.boundary),
            (Layer::Session, decisions.session),
        ];
        let given = || layers.into_iter().filter_map(|(layer, decision)| Some((layer, decision?)));
        if let Some((layer, _)) = given().find(|(_, decision)| decision.is_explicit_deny()) {
            return Self::ExplicitDeny(layer);
        }
        let is_foreign = principal.account() != Some(account);
        let grants = decisions.trust.or(decisions.resource);
        let has_to_be_granted = decisions.trust.is_some() || is_foreign;
        let how = match grants {
            Some(Decision::Allow(deciding)) => Some(deciding.principal),
            _ if has_to_be_granted => {
                return Self::ImplicitDeny(if decisions.trust.is_some() { Layer::Trust } else { Layer::Resource });
            }
            _ => None,
        };
        let needed = needed(how, is_foreign, principal, decisions.has_identity_policies);
        let has_to_allow = |layer| match layer {
            Layer::Trust | Layer::Resource => false,
            Layer::Scp => true,
            Layer::Identity => needed == Needed::IdentityAndBounds,
            Layer::Boundary | Layer::Session => needed != Needed::Nothing,
        };
        match given().find(|(layer, decision)| has_to_allow(*layer) && !decision.is_allow()) {
            Some((layer, _)) => Self::ImplicitDeny(layer),
            None => Self::Allowed,
        }
    }
}

/// `how` is how the resource's or the trust policy covers the principal; the outer `None` where neither allows.
fn needed(
    how: Option<Option<PrincipalMatch>>,
    is_foreign: bool,
    principal: &Principal,
    has_identity_policies: bool,
) -> Needed {
    match principal.kind() {
        PrincipalKind::Service | PrincipalKind::Federated | PrincipalKind::Anonymous => return Needed::Nothing,
        PrincipalKind::Root if !has_identity_policies => return Needed::Nothing,
        PrincipalKind::Root => {}
        PrincipalKind::User | PrincipalKind::Role | PrincipalKind::RoleSession | PrincipalKind::FederatedUser => {}
    }
    match how.flatten() {
        _ if is_foreign => Needed::IdentityAndBounds,
        None | Some(PrincipalMatch::Account) => Needed::IdentityAndBounds,
        Some(PrincipalMatch::Own) if principal.kind() != PrincipalKind::Role => Needed::Nothing,
        Some(PrincipalMatch::Own | PrincipalMatch::Role | PrincipalMatch::Everyone | PrincipalMatch::NotExcluded) => {
            Needed::Bounds
        }
    }
}

/// SCPs bound the users, roles and root users of member accounts; not services, nor what AWS itself runs as.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>
fn is_under_scps(principal: &Principal) -> bool {
    principal.account().is_some() && !principal.role().is_some_and(|role| role.contains(":role/aws-service-role/"))
}
