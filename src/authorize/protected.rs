//! Resources that no tool changes, whatever a policy says.
//!
//! The gateway's own role, the mapped roles, the boundaries that mappings require, and what configuration adds: whoever
//! could change them could widen its own permissions or slip the stamp. Before the plan's reads only what is known is
//! judged; in the plan, an entity whose path is still not known is judged as every ARN that it could have.

use crate::config::Config;
use crate::iam::{Account, DeclaredCall, Resource};
use crate::tools::ToolError;

/// One protected resource.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Guarded {
    /// Exactly this ARN.
    Arn(String),
    /// Every ARN that begins so.
    Prefix(String),
    /// The entity of this kind and name at any path: an assumed-role ARN tells no path.
    Named { prefix: String, name: String },
}

/// The set of protected resources.
#[derive(Debug, Clone, Default)]
pub struct Protected(Vec<Guarded>);

impl Protected {
    /// The protected resources that the configuration names.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let mut guarded = Vec::new();
        for mapping in config.role_mappings.iter() {
            guarded.push(Guarded::Arn(mapping.role_arn.to_string()));
            guarded.extend(mapping.permissions_boundary.iter().map(|arn| Guarded::Arn(arn.to_string())));
        }
        guarded.extend(config.protect.gateway_role_arn.iter().map(|arn| Guarded::Arn(arn.to_string())));
        guarded.extend(config.protect.arns.iter().map(|pattern| {
            let arn = pattern.arn().to_string();
            if pattern.is_prefix() { Guarded::Prefix(arn) } else { Guarded::Arn(arn) }
        }));
        Self(guarded)
    }

    /// These and the gateway's own identity, as `GetCallerIdentity` names it.
    #[must_use]
    pub fn with_own_identity(mut self, arn: &str) -> Self {
        self.0.push(own_identity(arn));
        self
    }

    /// Refuses calls that no answer from AWS could allow: those whose resource is known to be protected before anything
    /// was read.
    ///
    /// # Errors
    /// `ProtectedResource`.
    pub fn check_declared(&self, account: &Account, writes: &[DeclaredCall]) -> Result<(), ToolError> {
        let known = writes.iter().filter(|call| call.resource.is_known());
        refuse_any(known, account, |call| self.0.iter().any(|guarded| guarded.could_be(account, &call.resource)))
    }

    /// Refuses planned calls that change a protected resource. What is still not known of a resource is judged as
    /// everything that it could be.
    ///
    /// # Errors
    /// `ProtectedResource`.
    pub fn check_planned(&self, account: &Account, writes: &[DeclaredCall]) -> Result<(), ToolError> {
        refuse_any(writes.iter(), account, |call| {
            self.0.iter().any(|guarded| guarded.could_be(account, &call.resource))
        })
    }
}

fn refuse_any<'c>(
    mut calls: impl Iterator<Item = &'c DeclaredCall>,
    account: &Account,
    is_guarded: impl Fn(&DeclaredCall) -> bool,
) -> Result<(), ToolError> {
    match calls.find(|call| is_guarded(call)) {
        None => Ok(()),
        Some(call) => Err(ToolError::gateway(
            "ProtectedResource",
            "this resource is, or by its name could be, part of the gateway's own security: no tool changes it",
        )
        .on(call.action.as_str(), call.resource.display(account))
        .hint("the gateway's role, mapped roles, their boundaries and [protect] are changed outside of the gateway")),
    }
}

impl Guarded {
    fn could_be(&self, account: &Account, resource: &Resource) -> bool {
        match self {
            Self::Arn(arn) => resource.could_be(account, arn),
            Self::Prefix(prefix) => resource.could_begin_with(account, prefix),
            Self::Named { prefix, name } => resource.could_be_named(account, prefix, name),
        }
    }
}

/// `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION` is the role NAME at an unknown path; a user's ARN is itself.
fn own_identity(arn: &str) -> Guarded {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    if let [_, partition, "sts", _, account, resource] = parts.as_slice()
        && let Some(name) = resource.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next())
    {
        return Guarded::Named { prefix: format!("arn:{partition}:iam::{account}:role/"), name: name.to_owned() };
    }
    Guarded::Arn(arn.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::change::actions::DELETE_USER;
    use crate::iam::{Entity, EntityKind};

    fn account() -> Account {
        Account { partition: "aws".parse().unwrap(), id: "123456789012".parse().unwrap() }
    }

    fn deletes(resource: Resource) -> Vec<DeclaredCall> {
        vec![DeclaredCall::new(DELETE_USER, resource)]
    }

    fn user_at(path: &str) -> Vec<DeclaredCall> {
        deletes(Resource::Entity(Entity { kind: EntityKind::User, name: "bob".into(), path: Some(path.into()) }))
    }

    #[test]
    fn a_user_whose_path_is_unknown_is_judged_as_every_user_it_could_be() {
        let protected = Protected(vec![Guarded::Arn("arn:aws:iam::123456789012:user/break-glass/bob".into())]);
        let refused = protected.check_planned(&account(), &deletes(Resource::user("BOB"))).unwrap_err();
        assert_eq!(refused.code, "ProtectedResource");
        assert_eq!(refused.action.as_deref(), Some("iam:DeleteUser"));
        assert!(protected.check_planned(&account(), &deletes(Resource::user("eve"))).is_ok());
        assert!(protected.check_planned(&account(), &user_at("/dev/")).is_ok());
        assert!(protected.check_planned(&account(), &user_at("/break-glass/")).is_err());
    }

    #[test]
    fn before_the_reads_only_what_is_known_is_judged() {
        let protected = Protected(vec![Guarded::Prefix("arn:aws:iam::123456789012:user/break-glass/".into())]);
        assert!(protected.check_declared(&account(), &deletes(Resource::user("bob"))).is_ok());
        assert!(protected.check_declared(&account(), &user_at("/break-glass/")).is_err());
        assert!(protected.check_declared(&account(), &deletes(Resource::Any(EntityKind::Group))).is_ok());
    }

    #[test]
    fn a_protected_prefix_guards_all_below_it() {
        let protected = Protected(vec![Guarded::Prefix("arn:aws:iam::123456789012:user/break-glass/".into())]);
        assert!(protected.check_planned(&account(), &user_at("/break-glass/x/")).is_err());
        assert!(protected.check_planned(&account(), &user_at("/dev/")).is_ok());
        assert!(protected.check_planned(&account(), &deletes(Resource::user("bob"))).is_err());
    }

    #[test]
    fn the_gateways_own_role_is_known_by_its_session() {
        let guarded = own_identity("arn:aws:sts::123456789012:assumed-role/McpGateway/i-0abc");
        assert_eq!(
            guarded,
            Guarded::Named { prefix: "arn:aws:iam::123456789012:role/".into(), name: "McpGateway".into() }
        );
    }

    #[test]
    fn the_gateways_own_user_is_protected_under_any_case() {
        let protected = Protected::default().with_own_identity("arn:aws:iam::123456789012:user/gateway");
        assert!(protected.check_planned(&account(), &deletes(Resource::user("Gateway"))).is_err());
    }
}
