//! Who a managed policy is attached to, and who it bounds.

use aws_sdk_iam::types::PolicyUsageType;
use serde_json::{Value, json};

use crate::iam::reads::LIST_ENTITIES_FOR_POLICY;
use crate::iam::{Account, AwsFailure, DeclaredCall, EntityKind, Reader, Resource};

/// Who a policy means something to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// The users it is attached to, by name.
    pub users: Vec<String>,
    /// The roles it is attached to.
    pub roles: Vec<String>,
    /// The groups it is attached to.
    pub groups: Vec<String>,
    /// The users that it bounds.
    pub bounded_users: Vec<String>,
    /// The roles that it bounds.
    pub bounded_roles: Vec<String>,
}

/// The read of [`Usage::read`].
#[must_use]
pub fn declared(arn: &str) -> DeclaredCall {
    DeclaredCall::new(LIST_ENTITIES_FOR_POLICY, Resource::Arn(arn.to_owned())).with("PolicyArn", arn)
}

impl Usage {
    /// Reads it to its end.
    ///
    /// # Errors
    /// The first read that fails; where IAM knows no such policy, it names it and the account.
    pub async fn read(reader: &Reader, arn: &str) -> Result<Self, AwsFailure> {
        let (attached, bounding) = tokio::try_join!(
            read(reader, arn, PolicyUsageType::PermissionsPolicy),
            read(reader, arn, PolicyUsageType::PermissionsBoundary),
        )?;
        let [users, roles, groups] = attached;
        let [bounded_users, bounded_roles, _] = bounding;
        Ok(Self { users, roles, groups, bounded_users, bounded_roles })
    }

    /// The entities whose permissions a change of the policy changes. By name alone: AWS tells no paths here, so each is
    /// judged as every ARN that it could have.
    #[must_use]
    pub fn reached(&self) -> Vec<Resource> {
        let named =
            |kind, names: &[String]| names.iter().map(move |name| Resource::named(kind, name)).collect::<Vec<_>>();
        let mut all = named(EntityKind::User, &self.users);
        all.extend(named(EntityKind::Role, &self.roles));
        all.extend(named(EntityKind::Group, &self.groups));
        all.extend(named(EntityKind::User, &self.bounded_users));
        all.extend(named(EntityKind::Role, &self.bounded_roles));
        all
    }

    /// As `list_entities_for_policy` answers it.
    #[must_use]
    pub fn shown(&self) -> Value {
        let named = |member: &str, names: &[String]| names.iter().map(|name| json!({member: name})).collect::<Value>();
        json!({
            "PolicyUsers": named("UserName", &self.users),
            "PolicyRoles": named("RoleName", &self.roles),
            "PolicyGroups": named("GroupName", &self.groups),
            "BoundedUsers": named("UserName", &self.bounded_users),
            "BoundedRoles": named("RoleName", &self.bounded_roles),
        })
    }

    /// Whether it means something to nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Users, roles and groups of one kind of use.
async fn read(reader: &Reader, arn: &str, usage: PolicyUsageType) -> Result<[Vec<String>; 3], AwsFailure> {
    let resource = &Resource::Arn(arn.to_owned());
    let mut all: [Vec<String>; 3] = Default::default();
    let mut marker = None;
    loop {
        let request = reader.iam().list_entities_for_policy().policy_arn(arn).policy_usage_filter(usage.clone());
        let request = request.set_marker(marker);
        let page = reader.read(LIST_ENTITIES_FOR_POLICY, resource, Box::pin(request.send())).await;
        let page = page.map_err(|failure| failure.naming("managed policy", arn, reader.account()))?;
        all[0].extend(page.policy_users().iter().filter_map(|user| user.user_name().map(ToOwned::to_owned)));
        all[1].extend(page.policy_roles().iter().filter_map(|role| role.role_name().map(ToOwned::to_owned)));
        all[2].extend(page.policy_groups().iter().filter_map(|group| group.group_name().map(ToOwned::to_owned)));
        marker = page.marker().filter(|_| page.is_truncated()).map(ToOwned::to_owned);
        if marker.is_none() {
            return Ok(all);
        }
    }
}

/// Whether the policy of this ARN is one of AWS's own, which nobody changes.
#[must_use]
pub fn is_of_aws(account: &Account, arn: &str) -> bool {
    arn.starts_with(&account.prefix_of_aws_policies())
}
