//! Whose policies are simulated.

use super::super::names::missing;
use super::source::Source;
use crate::policy::PolicyKind;
use crate::sandbox::account::{Account, Policies};
use crate::sandbox::error::ServiceError;

/// A user, group or role, and the policies that it has.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) is_user: bool,
    pub(super) is_role: bool,
    /// A user's are its groups' as well.
    pub(super) policies: Vec<Source>,
    pub(super) boundary: Option<Vec<Source>>,
}

impl Subject {
    /// The entity of this ARN.
    ///
    /// # Errors
    /// NoSuchEntity; InvalidInput when it is no ARN of a user, group or role.
    pub(super) fn of(account: &Account, arn: &str) -> Result<Self, ServiceError> {
        let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
        let name = resource.rsplit('/').next().unwrap_or_default();
        let is = |own: String| account.arn(&own) == arn;
        match resource.split_once('/').map(|(kind, _)| kind) {
            Some("user") if arn.starts_with("arn:") => {
                let user =
                    account.users.get(name).filter(|user| is(user.resource())).ok_or_else(|| missing("user", name))?;
                let mut policies = read(account, "user", &user.name, &user.policies)?;
                for group in account.groups.iter().filter(|group| group.members.contains(&user.id)) {
                    policies.extend(read(account, "group", &group.name, &group.policies)?);
                }
                let boundary = boundary(account, user.boundary.as_deref())?;
                Ok(Self { is_user: true, is_role: false, policies, boundary })
            }
            Some("group") if arn.starts_with("arn:") => {
                let found = account.groups.get(name).filter(|group| is(group.resource()));
                let group = found.ok_or_else(|| missing("group", name))?;
                let policies = read(account, "group", &group.name, &group.policies)?;
                Ok(Self { is_user: false, is_role: false, policies, boundary: None })
            }
            Some("role") if arn.starts_with("arn:") => {
                let role =
                    account.roles.get(name).filter(|role| is(role.resource())).ok_or_else(|| missing("role", name))?;
                let policies = read(account, "role", &role.name, &role.policies)?;
                let boundary = boundary(account, role.boundary.as_deref())?;
                Ok(Self { is_user: false, is_role: true, policies, boundary })
            }
            _ => Err(ServiceError::invalid_input(format!(
                "Invalid Entity Arn: {arn} does not clearly define entity type and name."
            ))),
        }
    }
}

/// The policies of an entity, by the names that results tell: of an inline policy, the kind and name of the entity with it.
fn read(account: &Account, kind: &str, name: &str, policies: &Policies) -> Result<Vec<Source>, ServiceError> {
    let inline = policies.inline.iter().map(|(policy, text)| (format!("{kind}_{name}_{policy}"), text.as_str()));
    let attached = policies.attached.iter().filter_map(|arn| account.policies.get(arn));
    let attached = attached.map(|policy| (policy.name.clone(), policy.document()));
    inline.chain(attached).map(|(id, text)| Source::read(id, PolicyKind::Identity, text)).collect()
}

fn boundary(account: &Account, arn: Option<&str>) -> Result<Option<Vec<Source>>, ServiceError> {
    let Some(arn) = arn else { return Ok(None) };
    // A boundary that is gone lets nothing through.
    let Some(policy) = account.policies.get(arn) else { return Ok(Some(Vec::new())) };
    Ok(Some(vec![Source::read(policy.name.clone(), PolicyKind::Identity, policy.document())?]))
}
