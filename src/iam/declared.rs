//! What a tool says it will call, before it may call it.

use serde::{Serialize, Serializer};

use super::detail::EntityDetail;
use super::entity::Resource;

/// An IAM action, `iam:GetUser`, as policies write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Action(&'static str);

impl Action {
    /// The action for the API operation of that name; `name` includes the service prefix.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The action as policies write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The API operation, `GetUser`.
    #[must_use]
    pub fn operation(self) -> &'static str {
        self.0.split_once(':').map_or(self.0, |(_, operation)| operation)
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// What an identifying member of an operation's input may be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Member {
    /// Exactly this.
    Is(String),
    /// Whatever AWS's answers name.
    Found,
    /// Whatever begins so; AWS's answers name the rest.
    Beginning(String),
}

impl Member {
    /// Whether a value of an operation's input is what was declared here.
    fn takes(&self, value: &str) -> bool {
        match self {
            Self::Is(expected) => expected == value,
            Self::Found => true,
            Self::Beginning(prefix) => value.starts_with(prefix.as_str()),
        }
    }

    /// Whether everything that `exact` takes is taken here.
    fn includes(&self, exact: &Self) -> bool {
        match exact {
            Self::Is(value) => self.takes(value),
            Self::Found => *self == Self::Found,
            Self::Beginning(prefix) => match self {
                Self::Is(_) => false,
                Self::Found => true,
                Self::Beginning(own) => prefix.starts_with(own.as_str()),
            },
        }
    }
}

/// One API operation that a call may make: the action, what it acts on, and the input members that identify it.
///
/// The meter refuses an operation whose identifying members are not those declared, so that a tool with a mistake in it
/// cannot reach beyond what was authorized and recorded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeclaredCall {
    /// The IAM action.
    pub action: Action,
    /// What stage one judges, and what the record names.
    pub resource: Resource,
    /// The members of the operation's input that identify what it acts on, by their API names (`UserName`).
    pub members: Vec<(&'static str, Member)>,
    /// The tags that the request sets, key and value.
    pub tags: Vec<(String, String)>,
    /// The keys of the tags that the request removes.
    pub removed_tags: Vec<String>,
    /// Whether the operation of this name is sent. If not, the action is a permission that another operation needs as well.
    sent: bool,
    /// Whether the tool can do without it.
    optional: bool,
    /// What is known of the entity that comes to be the resource.
    was: Option<Box<EntityDetail>>,
}

impl DeclaredCall {
    /// `action` on `resource`, no identifying members yet.
    #[must_use]
    pub fn new(action: Action, resource: Resource) -> Self {
        Self {
            action,
            resource,
            members: Vec::new(),
            tags: Vec::new(),
            removed_tags: Vec::new(),
            sent: true,
            optional: false,
            was: None,
        }
    }

    /// A permission that an operation needs beside its own, such as `iam:TagUser` where CreateUser sets tags: it is judged,
    /// and nothing of its name is sent.
    #[must_use]
    pub fn permission(action: Action, resource: Resource) -> Self {
        Self { sent: false, ..Self::new(action, resource) }
    }

    /// The same, as one that the tool can do without: where the endpoint policies do not allow it, it is not made, and the
    /// tool's call is not refused for it.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// Says which entity comes to be the resource: what is renamed keeps its tags and its boundary.
    #[must_use]
    pub fn of(self, entity: EntityDetail) -> Self {
        Self { was: Some(Box::new(entity)), ..self }
    }

    /// The entity that comes to be the resource, where that is another one yet.
    #[must_use]
    pub fn was(&self) -> Option<&EntityDetail> {
        self.was.as_deref()
    }

    /// Whether the tool can do without it.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        self.optional
    }

    /// Says which tags the request sets.
    #[must_use]
    pub fn tagging(mut self, tags: impl IntoIterator<Item = (String, String)>) -> Self {
        self.tags = tags.into_iter().collect();
        self
    }

    /// Says which tags the request removes, by their keys.
    #[must_use]
    pub fn untagging(mut self, keys: impl IntoIterator<Item = String>) -> Self {
        self.removed_tags = keys.into_iter().collect();
        self
    }

    /// The member of this name, if it identifies what the operation acts on.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|(own, _)| *own == name).map(|(_, member)| member)
    }

    /// The same on `resource`, the one that AWS has told.
    #[must_use]
    pub fn to(self, resource: Resource) -> Self {
        Self { resource, ..self }
    }

    /// Adds a member that must have exactly this value.
    #[must_use]
    pub fn with(mut self, member: &'static str, value: &str) -> Self {
        self.members.push((member, Member::Is(value.to_owned())));
        self
    }

    /// Adds a member whose value only AWS's answers will tell.
    #[must_use]
    pub fn with_found(self, member: &'static str) -> Self {
        self.with_member(member, Member::Found)
    }

    /// Adds a member that may be this.
    #[must_use]
    pub fn with_member(mut self, member: &'static str, value: Member) -> Self {
        self.members.push((member, value));
        self
    }

    /// Whether the operation of the action's name is sent.
    #[must_use]
    pub fn is_sent(&self) -> bool {
        self.sent
    }

    /// Whether `exact`, a call of a plan, is one that was declared here.
    #[must_use]
    pub fn allows(&self, exact: &Self) -> bool {
        if !exact.sent || !self.sent {
            let is_same = is_same(&self.resource, &exact.resource);
            return self.sent == exact.sent && self.action == exact.action && self.tags == exact.tags && is_same;
        }
        self.action.operation() == exact.action.operation()
            && self.members.len() == exact.members.len()
            && exact.members.iter().all(|(name, exact)| self.member(name).is_some_and(|own| own.includes(exact)))
    }

    /// Whether an operation with these identifying input members is what was declared here.
    ///
    /// Every member that is present must be declared, and every member that is declared must be present: leaving
    /// `UserName` out of `GetUser` asks about somebody else.
    #[must_use]
    pub fn covers<'a>(&self, operation: &str, present: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
        if !self.sent || self.action.operation() != operation {
            return false;
        }
        let mut seen = 0;
        for (name, value) in present {
            let Some((_, member)) = self.members.iter().find(|(declared, _)| *declared == name) else {
                return false;
            };
            if !member.takes(value) {
                return false;
            }
            seen += 1;
        }
        seen == self.members.len()
    }
}

/// Whether the resource of a plan is the one that was declared. Of an entity that was declared by name, the plan has found
/// the path, and the name as IAM spells it: names are the same in any letter case.
fn is_same(declared: &Resource, exact: &Resource) -> bool {
    declared == exact
        || match (declared.entity(), exact.entity()) {
            (Some((kind, name)), Some((found, real))) => kind == found && name.eq_ignore_ascii_case(real),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET_USER: Action = Action::new("iam:GetUser");

    fn declared() -> DeclaredCall {
        DeclaredCall::new(GET_USER, Resource::user("bob")).with("UserName", "bob")
    }

    #[test]
    fn the_declared_call_is_covered() {
        assert!(declared().covers("GetUser", [("UserName", "bob")].into_iter()));
    }

    #[test]
    fn another_operation_resource_or_a_missing_member_is_not() {
        assert!(!declared().covers("DeleteUser", [("UserName", "bob")].into_iter()));
        assert!(!declared().covers("GetUser", [("UserName", "eve")].into_iter()));
        assert!(!declared().covers("GetUser", std::iter::empty()));
        assert!(!declared().covers("GetUser", [("UserName", "bob"), ("PolicyName", "p")].into_iter()));
    }

    #[test]
    fn a_permission_covers_no_operation_and_only_itself() {
        let permission = DeclaredCall::permission(Action::new("iam:TagUser"), Resource::user("bob"));
        assert!(!permission.covers("TagUser", std::iter::empty()));
        assert!(permission.allows(&permission.clone()));
        assert!(!permission.allows(&DeclaredCall::permission(Action::new("iam:TagUser"), Resource::user("eve"))));
        let found = Resource::Arn("arn:aws:iam::123456789012:user/ops/Bob".into());
        assert!(permission.allows(&DeclaredCall::permission(Action::new("iam:TagUser"), found)));
        let role = Resource::Arn("arn:aws:iam::123456789012:role/ops/bob".into());
        assert!(!permission.allows(&DeclaredCall::permission(Action::new("iam:TagUser"), role)));
        assert!(!permission.allows(&DeclaredCall::new(Action::new("iam:TagUser"), Resource::user("bob"))));
    }

    #[test]
    fn a_member_found_by_the_plan_may_have_any_value() {
        let call = DeclaredCall::new(Action::new("iam:GetUserPolicy"), Resource::user("bob"))
            .with("UserName", "bob")
            .with_found("PolicyName");
        assert!(call.covers("GetUserPolicy", [("UserName", "bob"), ("PolicyName", "x")].into_iter()));
        assert!(!call.covers("GetUserPolicy", [("UserName", "bob")].into_iter()));
    }

    #[test]
    fn a_plan_may_leave_open_only_what_was_declared_open() {
        let named = |name: Member| {
            DeclaredCall::new(Action::new("iam:GetUser"), Resource::user("bob")).with_member("UserName", name)
        };
        let (is, beginning) = (|text: &str| Member::Is(text.into()), |text: &str| Member::Beginning(text.into()));
        for (wide, exact, allowed) in [
            (Member::Found, is("x"), true),
            (Member::Found, Member::Found, true),
            (Member::Found, beginning("a/"), true),
            (beginning("a/"), is("a/x"), true),
            (beginning("a/"), is("b/x"), false),
            (beginning("a/"), beginning("a/b/"), true),
            (beginning("a/b/"), beginning("a/"), false),
            (beginning("a/"), Member::Found, false),
            (is("x"), is("x"), true),
            (is("x"), Member::Found, false),
            (is("x"), beginning("x"), false),
        ] {
            assert_eq!(named(wide.clone()).allows(&named(exact.clone())), allowed, "{wide:?} {exact:?}");
        }
        assert!(!named(Member::Found).allows(&DeclaredCall::new(Action::new("iam:GetUser"), Resource::user("bob"))));
        assert!(named(beginning("a/")).covers("GetUser", [("UserName", "a/x")].into_iter()));
        assert!(!named(beginning("a/")).covers("GetUser", [("UserName", "ax")].into_iter()));
    }
}
