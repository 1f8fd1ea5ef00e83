//! The policy documents that say what a principal may do.

use super::account::{Account, Policies};
use super::identity::Identity;

/// Documents, by the part they play.
#[derive(Debug, Default)]
pub(super) struct Permissions<'a> {
    /// What grants: the principal's own, inline and attached, and its groups'.
    pub(super) identity: Vec<&'a str>,
    /// What bounds: the permissions boundary.
    pub(super) boundary: Option<&'a str>,
    /// What narrows: the session's policies. Absent where the session was opened without any.
    pub(super) session: Option<Vec<&'a str>>,
}

impl<'a> Permissions<'a> {
    /// The documents of who calls.
    pub(super) fn of(account: &'a Account, identity: &'a Identity) -> Self {
        match identity {
            // The root user is the account: no policy of it gives or takes anything.
            Identity::Root { .. } => Self::default(),
            Identity::User { name, .. } => Self::of_user(account, name),
            Identity::AssumedRole(session) => {
                let Some(role) = account.roles.get(&session.role_name) else { return Self::default() };
                let by_arn = session.policy_arns.iter().map(|arn| managed(account, arn));
                let narrowing: Vec<&str> = session.policies.iter().map(String::as_str).chain(by_arn).collect();
                Self {
                    identity: documents(account, &role.policies).collect(),
                    boundary: role.boundary.as_deref().map(|arn| managed(account, arn)),
                    session: (!narrowing.is_empty()).then_some(narrowing),
                }
            }
        }
    }

    fn of_user(account: &'a Account, name: &str) -> Self {
        let Some(user) = account.users.get(name) else { return Self::default() };
        let groups = account.groups.iter().filter(|group| group.members.contains(&user.id));
        let of_groups = groups.flat_map(|group| documents(account, &group.policies));
        Self {
            identity: documents(account, &user.policies).chain(of_groups).collect(),
            boundary: user.boundary.as_deref().map(|arn| managed(account, arn)),
            session: None,
        }
    }
}

fn documents<'a>(account: &'a Account, policies: &'a Policies) -> impl Iterator<Item = &'a str> {
    let attached = policies.attached.iter().map(|arn| managed(account, arn));
    policies.inline.values().map(String::as_str).chain(attached)
}

/// The document in force. Of a policy that is gone it is no document at all, and what bounds by it lets nothing through.
fn managed<'a>(account: &'a Account, arn: &str) -> &'a str {
    account.policies.get(arn).map_or("", |policy| policy.document())
}
