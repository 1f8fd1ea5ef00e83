//! The writing AWS calls, as data: what a plan lists, a dry run shows, a confirmation is bound to and the writer sends.

use serde::Serialize;

use super::declared::{Action, DeclaredCall};
use super::entity::Resource;

/// A tag, as IAM spells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// 1-128 characters.
    pub key: String,
    /// 0-256 characters.
    pub value: String,
}

/// One writing IAM operation with its input, in AWS's own parameter names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged, rename_all_fields = "PascalCase")]
#[expect(missing_docs, reason = "the fields are the parameters of the IAM operation of the variant's name")]
pub enum Change {
    /// `CreateUser`
    CreateUser {
        user_name: String,
        path: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        permissions_boundary: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tags: Vec<Tag>,
    },
    /// `RemoveUserFromGroup`
    RemoveUserFromGroup { user_name: String, group_name: String },
    /// `DetachUserPolicy`
    DetachUserPolicy { user_name: String, policy_arn: String },
    /// `DeleteUserPolicy`
    DeleteUserPolicy { user_name: String, policy_name: String },
    /// `DeleteAccessKey`
    DeleteAccessKey { user_name: String, access_key_id: String },
    /// `DeleteLoginProfile`
    DeleteLoginProfile { user_name: String },
    /// `DeactivateMFADevice`
    DeactivateMfaDevice { user_name: String, serial_number: String },
    /// `DeleteVirtualMFADevice`
    DeleteVirtualMfaDevice { serial_number: String },
    /// `DeleteSigningCertificate`
    DeleteSigningCertificate { user_name: String, certificate_id: String },
    /// `DeleteSSHPublicKey`
    DeleteSshPublicKey {
        user_name: String,
        #[serde(rename = "SSHPublicKeyId")]
        ssh_public_key_id: String,
    },
    /// `DeleteServiceSpecificCredential`
    DeleteServiceSpecificCredential { user_name: String, service_specific_credential_id: String },
    /// `DeleteUser`
    DeleteUser { user_name: String },
}

/// The actions of [`Change`], by name: what tools declare.
pub mod actions {
    use super::Action;

    macro_rules! actions {
        ($($name:ident = $action:literal;)*) => {
            $(#[doc = concat!("`", $action, "`")] pub const $name: Action = Action::new($action);)*
        };
    }

    actions! {
        CREATE_USER = "iam:CreateUser";
        TAG_USER = "iam:TagUser";
        REMOVE_USER_FROM_GROUP = "iam:RemoveUserFromGroup";
        DETACH_USER_POLICY = "iam:DetachUserPolicy";
        DELETE_USER_POLICY = "iam:DeleteUserPolicy";
        DELETE_ACCESS_KEY = "iam:DeleteAccessKey";
        DELETE_LOGIN_PROFILE = "iam:DeleteLoginProfile";
        DEACTIVATE_MFA_DEVICE = "iam:DeactivateMFADevice";
        DELETE_VIRTUAL_MFA_DEVICE = "iam:DeleteVirtualMFADevice";
        DELETE_SIGNING_CERTIFICATE = "iam:DeleteSigningCertificate";
        DELETE_SSH_PUBLIC_KEY = "iam:DeleteSSHPublicKey";
        DELETE_SERVICE_SPECIFIC_CREDENTIAL = "iam:DeleteServiceSpecificCredential";
        DELETE_USER = "iam:DeleteUser";
    }
}

impl Change {
    /// The IAM action that the operation needs.
    #[must_use]
    pub fn action(&self) -> Action {
        match self {
            Self::CreateUser { .. } => actions::CREATE_USER,
            Self::RemoveUserFromGroup { .. } => actions::REMOVE_USER_FROM_GROUP,
            Self::DetachUserPolicy { .. } => actions::DETACH_USER_POLICY,
            Self::DeleteUserPolicy { .. } => actions::DELETE_USER_POLICY,
            Self::DeleteAccessKey { .. } => actions::DELETE_ACCESS_KEY,
            Self::DeleteLoginProfile { .. } => actions::DELETE_LOGIN_PROFILE,
            Self::DeactivateMfaDevice { .. } => actions::DEACTIVATE_MFA_DEVICE,
            Self::DeleteVirtualMfaDevice { .. } => actions::DELETE_VIRTUAL_MFA_DEVICE,
            Self::DeleteSigningCertificate { .. } => actions::DELETE_SIGNING_CERTIFICATE,
            Self::DeleteSshPublicKey { .. } => actions::DELETE_SSH_PUBLIC_KEY,
            Self::DeleteServiceSpecificCredential { .. } => actions::DELETE_SERVICE_SPECIFIC_CREDENTIAL,
            Self::DeleteUser { .. } => actions::DELETE_USER,
        }
    }

    /// The input members that identify what the operation acts on.
    fn members(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::CreateUser { user_name, path, permissions_boundary, .. } => {
                let mut members = vec![("UserName", user_name.as_str()), ("Path", path)];
                members.extend(permissions_boundary.as_deref().map(|arn| ("PermissionsBoundary", arn)));
                members
            }
            Self::RemoveUserFromGroup { user_name, group_name } => {
                vec![("UserName", user_name), ("GroupName", group_name)]
            }
            Self::DetachUserPolicy { user_name, policy_arn } => {
                vec![("UserName", user_name), ("PolicyArn", policy_arn)]
            }
            Self::DeleteUserPolicy { user_name, policy_name } => {
                vec![("UserName", user_name), ("PolicyName", policy_name)]
            }
            Self::DeleteAccessKey { user_name, access_key_id } => {
                vec![("UserName", user_name), ("AccessKeyId", access_key_id)]
            }
            Self::DeactivateMfaDevice { user_name, serial_number } => {
                vec![("UserName", user_name), ("SerialNumber", serial_number)]
            }
            Self::DeleteVirtualMfaDevice { serial_number } => vec![("SerialNumber", serial_number)],
            Self::DeleteSigningCertificate { user_name, certificate_id } => {
                vec![("UserName", user_name), ("CertificateId", certificate_id)]
            }
            Self::DeleteSshPublicKey { user_name, ssh_public_key_id } => {
                vec![("UserName", user_name), ("SSHPublicKeyId", ssh_public_key_id)]
            }
            Self::DeleteServiceSpecificCredential { user_name, service_specific_credential_id } => {
                vec![("UserName", user_name), ("ServiceSpecificCredentialId", service_specific_credential_id)]
            }
            Self::DeleteLoginProfile { user_name } | Self::DeleteUser { user_name } => vec![("UserName", user_name)],
        }
    }

    /// What a record keeps of the operation's input, as [`Redaction::members`](crate::audit::Redaction::members) takes it.
    /// An input that is not here counts as secret.
    #[must_use]
    pub fn kept(&self) -> &'static [&'static str] {
        match self {
            Self::CreateUser { .. } => &["UserName", "Path", "PermissionsBoundary", "Tags/*/Key", "Tags/*/Value"],
            Self::RemoveUserFromGroup { .. } => &["UserName", "GroupName"],
            Self::DetachUserPolicy { .. } => &["UserName", "PolicyArn"],
            Self::DeleteUserPolicy { .. } => &["UserName", "PolicyName"],
            Self::DeleteAccessKey { .. } => &["UserName", "AccessKeyId"],
            Self::DeactivateMfaDevice { .. } => &["UserName", "SerialNumber"],
            Self::DeleteVirtualMfaDevice { .. } => &["SerialNumber"],
            Self::DeleteSigningCertificate { .. } => &["UserName", "CertificateId"],
            Self::DeleteSshPublicKey { .. } => &["UserName", "SSHPublicKeyId"],
            Self::DeleteServiceSpecificCredential { .. } => &["UserName", "ServiceSpecificCredentialId"],
            Self::DeleteLoginProfile { .. } | Self::DeleteUser { .. } => &["UserName"],
        }
    }

    /// The tags that the operation sets.
    fn tags(&self) -> &[Tag] {
        match self {
            Self::CreateUser { tags, .. } => tags,
            _ => &[],
        }
    }

    /// The permissions that the operation needs beside its own.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags_users.html>: who creates a user with tags needs
    /// `iam:TagUser` as well.
    fn permissions(&self) -> Vec<Action> {
        match self {
            Self::CreateUser { tags, .. } if !tags.is_empty() => vec![actions::TAG_USER],
            _ => Vec::new(),
        }
    }

    /// This operation as a planned call on `resource`.
    #[must_use]
    pub fn on(self, resource: Resource) -> PlannedCall {
        PlannedCall { change: self, resource }
    }
}

/// One AWS call of a plan: the operation and what it acts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCall {
    /// The operation with its input.
    pub change: Change,
    /// What it acts on, by its real ARN where AWS has told it.
    pub resource: Resource,
}

impl PlannedCall {
    /// The call as the meter is told of it: this operation with exactly these identifying members.
    #[must_use]
    pub fn declared(&self) -> DeclaredCall {
        let declared = DeclaredCall::new(self.change.action(), self.resource.clone());
        let tags = self.change.tags().iter().map(|tag| (tag.key.clone(), tag.value.clone()));
        let declared = declared.tagging(tags);
        self.change.members().into_iter().fold(declared, |declared, (member, value)| declared.with(member, value))
    }

    /// Everything that stage one judges of the call: the operation, and the permissions that it needs beside its own.
    pub fn judged(&self) -> impl Iterator<Item = DeclaredCall> + '_ {
        let tags = || self.change.tags().iter().map(|tag| (tag.key.clone(), tag.value.clone()));
        let permission = move |action| DeclaredCall::permission(action, self.resource.clone()).tagging(tags());
        std::iter::once(self.declared()).chain(self.change.permissions().into_iter().map(permission))
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
    fn a_planned_call_covers_itself_and_nothing_else() {
        let call = Change::RemoveUserFromGroup { user_name: "bob".into(), group_name: "ops".into() }
            .on(Resource::Arn("arn:aws:iam::123456789012:group/ops".into()));
        let declared = call.declared();
        assert!(declared.covers("RemoveUserFromGroup", [("UserName", "bob"), ("GroupName", "ops")].into_iter()));
        assert!(!declared.covers("RemoveUserFromGroup", [("UserName", "bob"), ("GroupName", "dev")].into_iter()));
    }
}
