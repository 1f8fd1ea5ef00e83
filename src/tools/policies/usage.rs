//! Who a managed policy is attached to, and who it bounds.

use std::collections::BTreeSet;

use aws_sdk_iam::types::PolicyUsageType;
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use crate::iam::reads::LIST_ENTITIES_FOR_POLICY;
use crate::iam::{Account, AwsFailure, DeclaredCall, EntityKind, Reader, Resource};
use crate::tools::groups::members;
use crate::tools::holder::{Holder, ROLE, USER, gains};

/// Who a policy means something to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// The users it is attached to, by name.
    pub users: Vec<String>,
    /// The roles it is attached to.
    pub roles: Vec<String>,
    /// The groups it is attached to.
    pub groups: Vec<String>,
    /// The members of these, by name and ARN; not looked for by [`Usage::read`].
    pub members: Vec<(String, String)>,
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

/// The reads of [`Usage::read_with_members`], and of what [`gains::of`] asks of whoever it finds.
#[must_use]
pub fn declared_with_principals(arn: &str) -> Vec<DeclaredCall> {
    let mut calls = vec![declared(arn)];
    calls.extend(gains::declared_found());
    calls
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
        Ok(Self { users, roles, groups, members: Vec::new(), bounded_users, bounded_roles })
    }

    /// The same with the members of the groups, whose permissions a change of the policy changes too.
    ///
    /// # Errors
    /// The first read that fails.
    pub async fn read_with_members(reader: &Reader, arn: &str) -> Result<Self, AwsFailure> {
        let mut usage = Self::read(reader, arn).await?;
        let groups = try_join_all(usage.groups.iter().map(|group| members::read(reader, group))).await?;
        let users = groups.iter().flat_map(|group| &group.users);
        usage.members = users.map(|user| (user.user_name().to_owned(), user.arn().to_owned())).collect();
        Ok(usage)
    }

    /// Whoever a change of the policy gives something, or takes it from.
    #[must_use]
    pub fn principals(&self) -> Vec<(&'static Holder, String)> {
        let users = self.users.iter().chain(self.members.iter().map(|(name, _)| name)).chain(&self.bounded_users);
        let roles = self.roles.iter().chain(&self.bounded_roles);
        let mut all: Vec<(&'static Holder, String)> = users.map(|name| (&USER, name.clone())).collect();
        all.extend(roles.map(|name| (&ROLE, name.clone())));
        let mut seen = BTreeSet::new();
        all.retain(|(holder, name)| seen.insert((holder.kind, name.clone())));
        all
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
        all.extend(self.members.iter().map(|(_, arn)| Resource::Arn(arn.clone())));
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
