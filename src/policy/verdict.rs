//! What the decisions of all layers make together, where one of them is a role's trust policy.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use super::evaluate::Decision;
use super::principal::{Principal, PrincipalKind};
use super::principals::PrincipalMatch;
use crate::arn::AccountId;

/// Which policies a deny comes from, or which would have had to allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layer {
    /// The policies of the caller's identity.
    Identity,
    /// The permissions boundary of the caller's identity.
    Boundary,
    /// The policies that the caller's session was opened with.
    Session,
    /// The role's trust policy.
    Trust,
}

/// What each layer decided on one request.
#[derive(Debug, Clone, Copy)]
pub struct Decisions<'a> {
    /// The policies of the caller's identity.
    pub identity: Decision<'a>,
    /// The permissions boundary, if there is one.
    pub boundary: Option<Decision<'a>>,
    /// The session's policies, if it was opened with any.
    pub session: Option<Decision<'a>>,
    /// The role's trust policy.
    pub trust: Decision<'a>,
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

/// What, beside the trust policy, has to allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needed {
    Nothing,
    Bounds,
    IdentityAndBounds,
}

impl Verdict {
    /// Whether `principal` may do to a role of `account` what the layers decided on, such as `sts:AssumeRole`.
    ///
    /// An explicit deny of any layer wins, and the trust policy always has to allow. What else has to:
    /// - of another account, or covered by its account only: the identity policies, the boundary and the session's;
    /// - covered as a session of a named role, as a role, or as everybody: the boundary and the session's;
    /// - covered by the user's or session's own ARN or id: nothing, since neither a boundary nor a session's policy takes
    ///   away what is given to just these;
    /// - a root user, a service or an identity provider: nothing, since they have no identity policies.
    #[must_use]
    pub fn of(decisions: &Decisions<'_>, principal: &Principal, account: &AccountId) -> Self {
        let layers = [
            (Layer::Trust, Some(decisions.trust)),
            (Layer::Identity, Some(decisions.identity)),
            (Layer::Boundary, decisions.boundary),
            (Layer::Session, decisions.session),
        ];
        let given = || layers.into_iter().filter_map(|(layer, decision)| Some((layer, decision?)));
        if let Some((layer, _)) = given().find(|(_, decision)| decision.is_explicit_deny()) {
            return Self::ExplicitDeny(layer);
        }
        let Decision::Allow(deciding) = decisions.trust else { return Self::ImplicitDeny(Layer::Trust) };
        let needed = needed(deciding.principal, principal, account);
        let has_to_allow = |layer| match layer {
            Layer::Trust => true,
            Layer::Identity => needed == Needed::IdentityAndBounds,
            Layer::Boundary | Layer::Session => needed != Needed::Nothing,
        };
        match given().find(|(layer, decision)| has_to_allow(*layer) && !decision.is_allow()) {
            Some((layer, _)) => Self::ImplicitDeny(layer),
            None => Self::Allowed,
        }
    }
}

fn needed(how: Option<PrincipalMatch>, principal: &Principal, account: &AccountId) -> Needed {
    match principal.kind() {
        PrincipalKind::Root | PrincipalKind::Service | PrincipalKind::Federated | PrincipalKind::Anonymous => {
            return Needed::Nothing;
        }
        PrincipalKind::User | PrincipalKind::Role | PrincipalKind::RoleSession | PrincipalKind::FederatedUser => {}
    }
    match how {
        _ if principal.account() != Some(account) => Needed::IdentityAndBounds,
        None | Some(PrincipalMatch::Account) => Needed::IdentityAndBounds,
        Some(PrincipalMatch::Own) if principal.kind() != PrincipalKind::Role => Needed::Nothing,
        Some(PrincipalMatch::Own | PrincipalMatch::Role | PrincipalMatch::Everyone | PrincipalMatch::NotExcluded) => {
            Needed::Bounds
        }
    }
}
