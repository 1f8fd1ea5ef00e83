//! How often a managed policy is used.

use super::Account;

/// The counts that IAM tells with a managed policy. They are counted where they are asked for: who is attached to what
/// stands with users, groups and roles, and nowhere else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct PolicyUsage {
    /// Users, groups and roles that it is attached to.
    pub(in crate::sandbox) attachments: usize,
    /// Users and roles whose permissions boundary it is.
    pub(in crate::sandbox) boundaries: usize,
}

impl Account {
    /// How often the managed policy of this ARN is used.
    pub(in crate::sandbox) fn policy_usage(&self, arn: &str) -> PolicyUsage {
        let policies = self
            .users
            .iter()
            .map(|user| &user.policies)
            .chain(self.groups.iter().map(|group| &group.policies))
            .chain(self.roles.iter().map(|role| &role.policies));
        let boundaries =
            self.users.iter().map(|user| &user.boundary).chain(self.roles.iter().map(|role| &role.boundary));
        PolicyUsage {
            attachments: policies.filter(|policies| policies.attached.contains(arn)).count(),
            boundaries: boundaries.filter(|boundary| boundary.as_deref() == Some(arn)).count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::testing::{Bench, TRUST};

    #[test]
    fn usage_follows_every_attachment_boundary_and_deletion() {
        let mut bench = Bench::new();
        let arn = bench.managed_policy("Base");
        let other = bench.managed_policy("Other");
        bench.ok("CreateUser", &[("UserName", "u"), ("PermissionsBoundary", &arn)]);
        bench.ok("CreateGroup", &[("GroupName", "g")]);
        bench.ok("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", TRUST)]);
        bench.ok("PutRolePermissionsBoundary", &[("RoleName", "r"), ("PermissionsBoundary", &arn)]);
        bench.ok("AttachUserPolicy", &[("UserName", "u"), ("PolicyArn", &arn)]);
        bench.ok("AttachGroupPolicy", &[("GroupName", "g"), ("PolicyArn", &arn)]);
        bench.ok("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", &arn)]);
        bench.ok("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", &other)]);
        assert_eq!(bench.account.policy_usage(&arn), PolicyUsage { attachments: 3, boundaries: 2 });

        bench.ok("DetachUserPolicy", &[("UserName", "u"), ("PolicyArn", &arn)]);
        bench.ok("DeleteUser", &[("UserName", "u")]);
        bench.ok("DetachGroupPolicy", &[("GroupName", "g"), ("PolicyArn", &arn)]);
        bench.ok("DeleteRolePermissionsBoundary", &[("RoleName", "r")]);
        assert_eq!(bench.account.policy_usage(&arn), PolicyUsage { attachments: 1, boundaries: 0 });
        assert_eq!(bench.account.policy_usage(&other), PolicyUsage { attachments: 1, boundaries: 0 });
    }
}
