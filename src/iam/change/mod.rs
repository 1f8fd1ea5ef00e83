//! The writing AWS calls, as data: what a plan lists, a dry run shows, a confirmation is bound to and the writer sends.

mod input;
mod operations;

use super::declared::{Action, DeclaredCall};
use super::entity::{EntityKind, Resource};

pub use input::{PolicyText, SecretName, Status, Tag};
pub use operations::{Change, actions};

impl Change {
    /// The tags that the operation sets.
    fn tags(&self) -> &[Tag] {
        match self {
            Self::CreateUser { tags, .. }
            | Self::TagUser { tags, .. }
            | Self::CreateRole { tags, .. }
            | Self::TagRole { tags, .. }
            | Self::CreatePolicy { tags, .. } => tags,
            _ => &[],
        }
    }

    /// The permissions that the operation needs beside its own.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags_users.html>: who creates a user with tags needs
    /// `iam:TagUser` as well.
    fn permissions(&self) -> Vec<Action> {
        match self {
            Self::CreateUser { tags, .. } if !tags.is_empty() => vec![actions::TAG_USER],
            Self::CreateRole { tags, .. } if !tags.is_empty() => vec![actions::TAG_ROLE],
            Self::CreatePolicy { tags, .. } if !tags.is_empty() => vec![actions::TAG_POLICY],
            _ => Vec::new(),
        }
    }

    /// The keys of the tags that the operation removes.
    fn removed_tags(&self) -> &[String] {
        match self {
            Self::UntagUser { tag_keys, .. } | Self::UntagRole { tag_keys, .. } => tag_keys,
            _ => &[],
        }
    }

    /// The entity that exists by this name once the operation is done, and did not before.
    #[must_use]
    pub fn makes(&self) -> Option<(EntityKind, &str)> {
        match self {
            Self::CreateUser { user_name, .. } => Some((EntityKind::User, user_name)),
            Self::UpdateUser { new_user_name, .. } => Some((EntityKind::User, new_user_name.as_deref()?)),
            Self::CreateRole { role_name, .. } => Some((EntityKind::Role, role_name)),
            Self::CreateGroup { group_name, .. } => Some((EntityKind::Group, group_name)),
            Self::CreatePolicy { policy_name, .. } => Some((EntityKind::Policy, policy_name)),
            _ => None,
        }
    }

    /// The entity that no longer exists by this name once the operation is done.
    #[must_use]
    pub fn unmakes(&self) -> Option<(EntityKind, &str)> {
        match self {
            Self::DeleteUser { user_name } | Self::UpdateUser { user_name, new_user_name: Some(_), .. } => {
                Some((EntityKind::User, user_name))
            }
            Self::DeleteRole { role_name } => Some((EntityKind::Role, role_name)),
            Self::DeleteGroup { group_name } => Some((EntityKind::Group, group_name)),
            Self::DeletePolicy { policy_arn } => {
                Some((EntityKind::Policy, policy_arn.rsplit('/').next().unwrap_or(policy_arn)))
            }
            _ => None,
        }
    }

    /// This operation as a planned call on `resource`.
    #[must_use]
    pub fn on(self, resource: Resource) -> PlannedCall {
        PlannedCall { change: self, resource, also: Vec::new() }
    }
}

/// One AWS call of a plan: the operation and what it acts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCall {
    /// The operation with its input.
    pub change: Change,
    /// What it acts on, by its real ARN where AWS has told it.
    pub resource: Resource,
    /// What else has to be allowed for it, on something else.
    pub also: Vec<DeclaredCall>,
}

impl PlannedCall {
    /// The same, as one that needs another permission as well.
    #[must_use]
    pub fn needing(mut self, permission: DeclaredCall) -> Self {
        self.also.push(permission);
        self
    }

    /// The call as the meter is told of it: this operation with exactly these identifying members.
    #[must_use]
    pub fn declared(&self) -> DeclaredCall {
        let declared = DeclaredCall::new(self.change.action(), self.resource.clone());
        let tags = self.change.tags().iter().map(|tag| (tag.key.clone(), tag.value.clone()));
        let declared = declared.tagging(tags).untagging(self.change.removed_tags().iter().cloned());
        self.change
            .members()
            .into_iter()
            .fold(declared, |declared, (member, value)| declared.with_member(member, value))
    }

    /// Everything that stage one judges of the call: the operation, and the permissions that it needs beside its own.
    pub fn judged(&self) -> impl Iterator<Item = DeclaredCall> + '_ {
        let tags = || self.change.tags().iter().map(|tag| (tag.key.clone(), tag.value.clone()));
        let permission = move |action| DeclaredCall::permission(action, self.resource.clone()).tagging(tags());
        let own = self.change.permissions().into_iter().map(permission);
        std::iter::once(self.declared()).chain(own).chain(self.also.iter().cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_spelled_as_aws_spells_its_parameters() {
        let change = Change::DeleteSshPublicKey { user_name: "bob".into(), ssh_public_key_id: "APKA1".into() };
        assert_eq!(
            serde_json::to_value(&change).unwrap(),
            serde_json::json!({"UserName": "bob", "SSHPublicKeyId": "APKA1"})
        );
    }

    #[test]
    fn a_secret_is_named_by_the_key_that_is_not_there_yet() {
        let change = Change::CreateSecret { name: SecretName("iam-mcp/bob/".into()), kms_key_id: None };
        assert_eq!(serde_json::to_value(&change).unwrap(), serde_json::json!({"Name": "iam-mcp/bob/{AccessKeyId}"}));
        let declared = change.on(Resource::All).declared();
        assert!(declared.covers("CreateSecret", [("Name", "iam-mcp/bob/AKIA1")].into_iter()));
        assert!(!declared.covers("CreateSecret", [("Name", "iam-mcp/eve/AKIA1")].into_iter()));
        let with_another_key = [("Name", "iam-mcp/bob/AKIA1"), ("KmsKeyId", "arn:aws:kms:::key/1")];
        assert!(!declared.covers("CreateSecret", with_another_key.into_iter()));
    }

    #[test]
    fn a_planned_call_covers_itself_and_nothing_else() {
        let call = Change::RemoveUserFromGroup { user_name: "bob".into(), group_name: "ops".into() }
            .on(Resource::Arn("arn:aws:iam::123456789012:group/ops".into()));
        let declared = call.declared();
        assert!(declared.covers("RemoveUserFromGroup", [("UserName", "bob"), ("GroupName", "ops")].into_iter()));
        assert!(!declared.covers("RemoveUserFromGroup", [("UserName", "bob"), ("GroupName", "dev")].into_iter()));
    }
}
