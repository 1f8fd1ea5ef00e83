//! Resources that no tool changes, whatever a policy says.
//!
//! The gateway's own role, the mapped roles, the boundaries that mappings require, and what configuration adds: whoever
//! could change them could widen its own permissions or slip the stamp. Before the plan's reads only what is known is
//! judged; in the plan, an entity whose path is still not known is judged as every ARN that it could have.
//!
//! So are the policies attached to protected roles, and the groups of protected users. Which these are only AWS can tell:
//! a plan says whom it reaches, and a managed policy whose tool did not look is judged as one that could be attached to any
//! of them.

use crate::config::Config;
use crate::iam::{Account, DeclaredCall, EntityKind, Resource};
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
    pub fn check_planned(
        &self,
        account: &Account,
        writes: &[DeclaredCall],
        reached: Option<&[Resource]>,
    ) -> Result<(), ToolError> {
        let is_guarded = |resource: &Resource| self.0.iter().any(|guarded| guarded.could_be(account, resource));
        let reaches_guarded = reached.is_some_and(|reached| reached.iter().any(is_guarded));
        refuse_any(writes.iter(), account, |call| {
            let is_unknown_policy = call.resource.is_of(EntityKind::Policy) && reached.is_none();
            reaches_guarded || is_unknown_policy || is_guarded(&call.resource)
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
            "this resource is, or could be, part of the gateway's own security: no tool changes it",
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
    use crate::iam::{Action, Entity};

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
        let refused = protected.check_planned(&account(), &deletes(Resource::user("BOB")), None).unwrap_err();
        assert_eq!(refused.code, "ProtectedResource");
        assert_eq!(refused.action.as_deref(), Some("iam:DeleteUser"));
        assert!(protected.check_planned(&account(), &deletes(Resource::user("eve")), None).is_ok());
        assert!(protected.check_planned(&account(), &user_at("/dev/"), None).is_ok());
        assert!(protected.check_planned(&account(), &user_at("/break-glass/"), None).is_err());
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
        assert!(protected.check_planned(&account(), &user_at("/break-glass/x/"), None).is_err());
        assert!(protected.check_planned(&account(), &user_at("/dev/"), None).is_ok());
        assert!(protected.check_planned(&account(), &deletes(Resource::user("bob")), None).is_err());
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
        assert!(protected.check_planned(&account(), &deletes(Resource::user("Gateway")), None).is_err());
    }

    /// What changes a role, who may be it, or what it may do.
    const OF_ROLES: [&str; 15] = [
        "iam:AttachRolePolicy",
        "iam:CreateRole",
        "iam:CreateServiceLinkedRole",
        "iam:DeleteRole",
        "iam:DeleteRolePermissionsBoundary",
        "iam:DeleteRolePolicy",
        "iam:DeleteServiceLinkedRole",
        "iam:DetachRolePolicy",
        "iam:PutRolePermissionsBoundary",
        "iam:PutRolePolicy",
        "iam:TagRole",
        "iam:UntagRole",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateRole",
        "iam:UpdateRoleDescription",
    ];

    /// What changes a managed policy: a boundary, or one that is attached to a role.
    const OF_POLICIES: [&str; 7] = [
        "iam:CreatePolicy",
        "iam:CreatePolicyVersion",
        "iam:DeletePolicy",
        "iam:DeletePolicyVersion",
        "iam:SetDefaultPolicyVersion",
        "iam:TagPolicy",
        "iam:UntagPolicy",
    ];

    const GATEWAY: &str = "arn:aws:iam::123456789012:role/service/gateway";
    const MAPPED: &str = "arn:aws:iam::123456789012:role/mcp/admin";

    /// As the configuration names them, with the gateway's own role as GetCallerIdentity tells it.
    fn protected() -> Protected {
        let config = crate::tools::testing::configuration();
        Protected::of(&config).with_own_identity("arn:aws:sts::123456789012:assumed-role/gateway/i-0abc")
    }

    /// Each way to name what is to be changed: its ARN, its name alone, its name in other letters, and whatever is found.
    fn named(kind: EntityKind, arn: &str) -> Vec<Resource> {
        let name = arn.rsplit('/').next().unwrap();
        vec![
            Resource::Arn(arn.to_owned()),
            Resource::Arn(arn.replace(name, &name.to_uppercase())),
            Resource::named(kind, name),
            Resource::named(kind, &name.to_uppercase()),
            Resource::Any(kind),
        ]
    }

    #[test]
    fn no_way_leads_to_the_gateways_role_a_mapped_role_their_boundaries_or_their_policies() {
        let boundary = "arn:aws:iam::123456789012:policy/bounded";
        let attached = "arn:aws:iam::123456789012:policy/attached-to-admin";
        let protected = protected();
        let mut tried = 0;
        for (kind, arns, actions) in [
            (EntityKind::Role, [GATEWAY, MAPPED], &OF_ROLES[..]),
            (EntityKind::Policy, [boundary, attached], &OF_POLICIES[..]),
        ] {
            for (arn, action) in arns.iter().flat_map(|arn| actions.iter().map(move |action| (arn, action))) {
                for resource in named(kind, arn) {
                    let call = [DeclaredCall::new(Action::new(action), resource)];
                    let refused = protected.check_planned(&account(), &call, None).expect_err(action);
                    assert_eq!(refused.code, "ProtectedResource", "{call:?}");
                    tried += 1;
                }
            }
        }
        assert_eq!(tried, (OF_ROLES.len() + OF_POLICIES.len()) * 2 * 5);
        let other = [DeclaredCall::new(Action::new("iam:PutRolePolicy"), Resource::named(EntityKind::Role, "app"))];
        assert!(protected.check_planned(&account(), &other, None).is_ok());
    }
}
