//! One statement.

use std::iter;

use super::action::ActionPattern;
use super::budget::{Budget, Doubt, Scope, Undecided, all, any};
use super::condition::Condition;
use super::principals::{NamedPrincipal, PrincipalMatch, Principals};
use super::request::Request;
use super::resource::ResourcePattern;

/// What a statement that applies does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It allows, unless another denies.
    Allow,
    /// It denies, whatever others allow.
    Deny,
}

/// A list, or everything but it.
#[derive(Debug, Clone)]
pub(super) enum Listed<T> {
    Only(Box<[T]>),
    AllBut(Box<[T]>),
}

impl<T> Listed<T> {
    pub(super) fn items(&self) -> &[T] {
        match self {
            Self::Only(items) | Self::AllBut(items) => items,
        }
    }
}

/// A statement of a policy.
#[derive(Debug, Clone)]
pub struct Statement {
    pub(super) sid: Option<Box<str>>,
    pub(super) effect: Effect,
    /// `None` where the kind of policy has no Principal.
    pub(super) principals: Option<Principals>,
    pub(super) actions: Listed<ActionPattern>,
    /// `None` where the kind of policy has no Resource.
    pub(super) resources: Option<Listed<ResourcePattern>>,
    pub(super) conditions: Box<[Condition]>,
}

/// That a statement applies to a request, and how it covers the principal where it says whom it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Applies(pub(super) Option<PrincipalMatch>);

impl Statement {
    /// Its Sid; an empty one counts as none.
    #[must_use]
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// What it does where it applies.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// The patterns of its actions, as they are written, and whether they are what it is not about (`NotAction`).
    pub fn action_patterns(&self) -> (bool, impl Iterator<Item = &str>) {
        (matches!(self.actions, Listed::AllBut(_)), self.actions.items().iter().map(ActionPattern::text))
    }

    /// The patterns of its resources, as they are written, and whether they are what it is not about (`NotResource`). None in
    /// a trust policy, which has no resources.
    pub fn resource_patterns(&self) -> (bool, impl Iterator<Item = &str>) {
        let listed = self.resources.as_ref();
        let items = listed.map(Listed::items).unwrap_or_default();
        (matches!(listed, Some(Listed::AllBut(_))), items.iter().map(ResourcePattern::text))
    }

    /// The keys of its conditions, in lower case.
    pub fn condition_keys(&self) -> impl Iterator<Item = &str> {
        self.conditions.iter().map(|condition| condition.key.folded())
    }

    /// Whether a policy variable stands in its conditions.
    #[must_use]
    pub fn has_variables(&self) -> bool {
        self.conditions.iter().any(Condition::has_variables)
    }

    /// The principals that it names under Principal; none where the kind of policy has none, or where it says NotPrincipal.
    pub fn principals(&self) -> impl Iterator<Item = NamedPrincipal<'_>> {
        self.principals.iter().flat_map(Principals::named)
    }

    /// Whether the statement applies; one that cannot be decided, as `doubt` says.
    pub(super) fn applies(&self, request: &Request<'_>, budget: &Budget, doubt: Doubt) -> Option<Applies> {
        let principal = match &self.principals {
            Some(principals) => Some(principals.covers(request, self.effect == Effect::Deny)?),
            None => None,
        };
        let scope = Scope { context: request.context, budget };
        let conditions = self.conditions.iter().map(|condition| condition.holds(scope, self.effect));
        let action = iter::once_with(|| self.names_action(&request.action, budget));
        let resource = iter::once_with(|| self.names_resource(request, scope));
        all(action.chain(resource).chain(conditions))
            .unwrap_or((self.effect == Effect::Deny) == (doubt == Doubt::Denies))
            .then_some(Applies(principal))
    }

    pub(super) fn names_action(&self, action: &str, budget: &Budget) -> Result<bool, Undecided> {
        let listed = any(self.actions.items().iter().map(|pattern| pattern.matches(action, budget)))?;
        Ok(listed == matches!(self.actions, Listed::Only(_)))
    }

    /// A resource with a policy variable that has no value is none; the others of the list count as ever. A NotResource
    /// with such a one still denies the rest, as AWS has it, but allows nothing: that is narrower than AWS, on purpose.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value>
    pub(super) fn names_resource(&self, request: &Request<'_>, scope: Scope<'_>) -> Result<bool, Undecided> {
        let Some(resources) = &self.resources else { return Ok(true) };
        let listed = || any(resources.items().iter().map(|pattern| pattern.matches(request.resource, scope)));
        match resources {
            Listed::Only(_) => listed(),
            Listed::AllBut(patterns) => {
                let unset = self.effect == Effect::Allow && patterns.iter().any(|p| p.is_unset(request.context));
                if unset { Ok(false) } else { listed().map(|listed| !listed) }
            }
        }
    }
}
