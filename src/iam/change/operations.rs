//! The table of writing operations.
//!
//! Each stands here once, with its input: what a plan shows, what a record keeps, what the meter is told and what the SDK
//! is given are made from the same line, so that they cannot differ. Those that a secret goes in or comes out of are not
//! sent from here: the writer has a method of its own for each.

use aws_sdk_iam::Client;
use serde::Serialize;
use serde_json::Value;

use super::Tag;
use super::input::{ForSdk, PolicyText, SecretName, Status};
use crate::iam::declared::{Action, Member};
use crate::iam::failure::AwsFailure;
use crate::iam::shape;

/// One input member, by what it is to the operation.
enum Part<'c> {
    /// It says what the operation acts on: the meter lets no other value through.
    Identifies(&'static str, Option<&'c str>),
    /// The same, of what only AWS's answers tell whole: it begins so.
    Begins(&'static str, &'c str),
    /// It says what is done.
    Says,
}

/// How an input member's value stands in [`Part`].
trait Identifying {
    fn text(&self) -> Option<&str>;
}

impl Identifying for String {
    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl Identifying for Option<String> {
    fn text(&self) -> Option<&str> {
        self.as_deref()
    }
}

macro_rules! operations {
    (@part identifies $name:literal $value:expr) => { Part::Identifies($name, Identifying::text($value)) };
    (@part begins $name:literal $value:expr) => { Part::Begins($name, &$value.0) };
    (@part says $name:literal $value:expr) => { Part::Says };
    (apart {$(
        $apart:ident $apart_constant:ident ($apart_action:literal) {
            $($apart_field:ident: $apart_type:ty = $apart_name:literal, $apart_part:ident, keeps $apart_kept:literal;)*
        };
    )*}
    $(
        $(#[$about:meta])*
        $operation:ident $constant:ident $method:ident ($action:literal) {
            $($field:ident: $type:ty = $setter:ident, $name:literal, $part:ident, keeps $kept:literal;)*
        } $(answers $answer:expr)?;
    )*) => {
        /// One writing IAM operation with its input, in AWS's own parameter names.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        #[expect(missing_docs, reason = "the fields are the parameters of the IAM operation of the variant's name")]
        pub enum Change {
            $(
                #[doc = concat!("`", $action, "`")]
                $operation {
                    $(
                        #[serde(rename = $name, skip_serializing_if = "super::input::is_left_out")]
                        $field: $type,
                    )*
                },
            )*
            $(
                #[doc = concat!("`", $apart_action, "`")]
                $apart {
                    $(
                        #[serde(rename = $apart_name, skip_serializing_if = "super::input::is_left_out")]
                        $apart_field: $apart_type,
                    )*
                },
            )*
        }

        /// The actions of [`Change`], by name: what tools declare.
        pub mod actions {
            use super::Action;

            $(#[doc = concat!("`", $action, "`")] pub const $constant: Action = Action::new($action);)*
            $(#[doc = concat!("`", $apart_action, "`")] pub const $apart_constant: Action = Action::new($apart_action);)*
            #[doc = "`kms:GenerateDataKey`: a permission that storing a secret under a key of one's own needs."]
            pub const GENERATE_DATA_KEY: Action = Action::new("kms:GenerateDataKey");
            #[doc = "`kms:Decrypt`: another one of these."]
            pub const DECRYPT: Action = Action::new("kms:Decrypt");
            #[doc = "`iam:TagPolicy`: a permission that creating with tags needs."]
            pub const TAG_POLICY: Action = Action::new("iam:TagPolicy");
        }

        impl Change {
            /// The IAM action that the operation needs.
            #[must_use]
            pub fn action(&self) -> Action {
                match self {
                    $(Self::$operation { .. } => actions::$constant,)*
                    $(Self::$apart { .. } => actions::$apart_constant,)*
                }
            }

            fn parts(&self) -> Vec<Part<'_>> {
                match self {
                    $(Self::$operation { $($field),* } => {
                        $(let _ = $field;)*
                        vec![$(operations!(@part $part $name $field)),*]
                    })*
                    $(Self::$apart { $($apart_field),* } => {
                        $(let _ = $apart_field;)*
                        vec![$(operations!(@part $apart_part $apart_name $apart_field)),*]
                    })*
                }
            }

            /// The input members that identify what the operation acts on.
            pub(super) fn members(&self) -> Vec<(&'static str, Member)> {
                let identifying = self.parts().into_iter().filter_map(|part| match part {
                    Part::Identifies(name, value) => Some((name, Member::Is(value?.to_owned()))),
                    Part::Begins(name, prefix) => Some((name, Member::Beginning(prefix.to_owned()))),
                    Part::Says => None,
                });
                identifying.collect()
            }

            /// What a record keeps of the operation's input, as
            /// [`Redaction::members`](crate::audit::Redaction::members) takes it. An input that is not here counts as
            /// secret.
            #[must_use]
            pub fn kept(&self) -> &'static [&'static str] {
                match self {
                    $(Self::$operation { .. } => &[$($kept),*],)*
                    $(Self::$apart { .. } => &[$($apart_kept),*],)*
                }
            }

            /// Sends the operation; what AWS answers, in its own field names.
            ///
            /// # Errors
            /// The call's failure, in terms of `resource`. Those that a secret goes in or comes out of are not sent.
            pub(in crate::iam) async fn send(self, iam: &Client, resource: String) -> Result<Value, AwsFailure> {
                let action = self.action().as_str();
                match self {
                    $(Self::$operation { $($field),* } => {
                        let request = iam.$method()$(.$setter(ForSdk::for_sdk($field)))*;
                        // The SDK's futures are kilobytes: on the heap they do not swell every future that awaits them.
                        let sent = Box::pin(request.send()).await;
                        let output = sent.map_err(|error| AwsFailure::of(action, resource, &error))?;
                        operations!(@answer output $($answer)?)
                    })*
                    $(Self::$apart { .. } => Err(AwsFailure::sent_apart(action, resource)),)*
                }
            }
        }
    };
    (@answer $output:ident) => {{
        let _empty = $output;
        Ok(Value::Null)
    }};
    (@answer $output:ident $answer:expr) => { Ok($answer($output)) };
}

operations! {
    apart {
        // Its answer is the only one that tells the key's secret.
        CreateAccessKey CREATE_ACCESS_KEY ("iam:CreateAccessKey") {
            user_name: String = "UserName", identifies, keeps "UserName";
        };
        // The text of the secret is no part of it: a change is shown and recorded.
        CreateSecret CREATE_SECRET ("secretsmanager:CreateSecret") {
            name: SecretName = "Name", begins, keeps "Name";
            kms_key_id: Option<String> = "KmsKeyId", identifies, keeps "KmsKeyId";
        };
    }
    // Users.
    CreateUser CREATE_USER create_user ("iam:CreateUser") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
        path: String = set_path, "Path", identifies, keeps "Path";
        permissions_boundary: Option<String> = set_permissions_boundary, "PermissionsBoundary", identifies, keeps "PermissionsBoundary";
        tags: Vec<Tag> = set_tags, "Tags", says, keeps "Tags/**";
    } answers |output: aws_sdk_iam::operation::create_user::CreateUserOutput| output.user().map_or(Value::Null, shape::user);
    UpdateUser UPDATE_USER update_user ("iam:UpdateUser") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
        new_user_name: Option<String> = set_new_user_name, "NewUserName", identifies, keeps "NewUserName";
        new_path: Option<String> = set_new_path, "NewPath", identifies, keeps "NewPath";
    };
    DeleteUser DELETE_USER delete_user ("iam:DeleteUser") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
    };
    TagUser TAG_USER tag_user ("iam:TagUser") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
        tags: Vec<Tag> = set_tags, "Tags", says, keeps "Tags/**";
    };
    UntagUser UNTAG_USER untag_user ("iam:UntagUser") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
        tag_keys: Vec<String> = set_tag_keys, "TagKeys", says, keeps "TagKeys/**";
    };
    PutUserPermissionsBoundary PUT_USER_PERMISSIONS_BOUNDARY put_user_permissions_boundary ("iam:PutUserPermissionsBoundary") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
        permissions_boundary: String = set_permissions_boundary, "PermissionsBoundary", identifies, keeps "PermissionsBoundary";
    };
    DeleteUserPermissionsBoundary DELETE_USER_PERMISSIONS_BOUNDARY delete_user_permissions_boundary ("iam:DeleteUserPermissionsBoundary") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
    };
    AttachUserPolicy ATTACH_USER_POLICY attach_user_policy ("iam:AttachUserPolicy") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
        policy_arn: String = set_policy_arn, "PolicyArn", identifies, keeps "PolicyArn";
    };
    DetachUserPolicy DETACH_USER_POLICY detach_user_policy ("iam:DetachUserPolicy") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
        policy_arn: String = set_policy_arn, "PolicyArn", identifies, keeps "PolicyArn";
    };
    PutUserPolicy PUT_USER_POLICY put_user_policy ("iam:PutUserPolicy") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
        policy_name: String = set_policy_name, "PolicyName", identifies, keeps "PolicyName";
        policy_document: PolicyText = set_policy_document, "PolicyDocument", says, keeps "PolicyDocument/**";
    };
    DeleteUserPolicy DELETE_USER_POLICY delete_user_policy ("iam:DeleteUserPolicy") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
        policy_name: String = set_policy_name, "PolicyName", identifies, keeps "PolicyName";
    };
    // What hangs on users.
    UpdateAccessKey UPDATE_ACCESS_KEY update_access_key ("iam:UpdateAccessKey") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
        access_key_id: String = set_access_key_id, "AccessKeyId", identifies, keeps "AccessKeyId";
        status: Status = set_status, "Status", says, keeps "Status";
    };
    DeleteAccessKey DELETE_ACCESS_KEY delete_access_key ("iam:DeleteAccessKey") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
        access_key_id: String = set_access_key_id, "AccessKeyId", identifies, keeps "AccessKeyId";
    };
    DeleteLoginProfile DELETE_LOGIN_PROFILE delete_login_profile ("iam:DeleteLoginProfile") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
    };
    DeactivateMfaDevice DEACTIVATE_MFA_DEVICE deactivate_mfa_device ("iam:DeactivateMFADevice") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
        serial_number: String = set_serial_number, "SerialNumber", identifies, keeps "SerialNumber";
    };
    DeleteVirtualMfaDevice DELETE_VIRTUAL_MFA_DEVICE delete_virtual_mfa_device ("iam:DeleteVirtualMFADevice") {
        serial_number: String = set_serial_number, "SerialNumber", identifies, keeps "SerialNumber";
    };
    DeleteSigningCertificate DELETE_SIGNING_CERTIFICATE delete_signing_certificate ("iam:DeleteSigningCertificate") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
        certificate_id: String = set_certificate_id, "CertificateId", identifies, keeps "CertificateId";
    };
    DeleteSshPublicKey DELETE_SSH_PUBLIC_KEY delete_ssh_public_key ("iam:DeleteSSHPublicKey") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
        ssh_public_key_id: String = set_ssh_public_key_id, "SSHPublicKeyId", identifies, keeps "SSHPublicKeyId";
    };
    DeleteServiceSpecificCredential DELETE_SERVICE_SPECIFIC_CREDENTIAL delete_service_specific_credential ("iam:DeleteServiceSpecificCredential") {
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
        service_specific_credential_id: String = set_service_specific_credential_id, "ServiceSpecificCredentialId", identifies, keeps "ServiceSpecificCredentialId";
    };
    // Roles.
    CreateRole CREATE_ROLE create_role ("iam:CreateRole") {
        role_name: String = set_role_name, "RoleName", identifies, keeps "RoleName";
        assume_role_policy_document: PolicyText = set_assume_role_policy_document, "AssumeRolePolicyDocument", says, keeps "AssumeRolePolicyDocument/**";
        path: String = set_path, "Path", identifies, keeps "Path";
        description: Option<String> = set_description, "Description", says, keeps "Description";
        max_session_duration: Option<i32> = set_max_session_duration, "MaxSessionDuration", says, keeps "MaxSessionDuration";
        permissions_boundary: Option<String> = set_permissions_boundary, "PermissionsBoundary", identifies, keeps "PermissionsBoundary";
        tags: Vec<Tag> = set_tags, "Tags", says, keeps "Tags/**";
    } answers |output: aws_sdk_iam::operation::create_role::CreateRoleOutput| output.role().map_or(Value::Null, shape::role);
    UpdateRole UPDATE_ROLE update_role ("iam:UpdateRole") {
        role_name: String = set_role_name, "RoleName", identifies, keeps "RoleName";
        description: Option<String> = set_description, "Description", says, keeps "Description";
        max_session_duration: Option<i32> = set_max_session_duration, "MaxSessionDuration", says, keeps "MaxSessionDuration";
    };
    UpdateAssumeRolePolicy UPDATE_ASSUME_ROLE_POLICY update_assume_role_policy ("iam:UpdateAssumeRolePolicy") {
        role_name: String = set_role_name, "RoleName", identifies, keeps "RoleName";
        policy_document: PolicyText = set_policy_document, "PolicyDocument", says, keeps "PolicyDocument/**";
    };
    DeleteRole DELETE_ROLE delete_role ("iam:DeleteRole") {
        role_name: String = set_role_name, "RoleName", identifies, keeps "RoleName";
    };
    TagRole TAG_ROLE tag_role ("iam:TagRole") {
        role_name: String = set_role_name, "RoleName", identifies, keeps "RoleName";
        tags: Vec<Tag> = set_tags, "Tags", says, keeps "Tags/**";
    };
    UntagRole UNTAG_ROLE untag_role ("iam:UntagRole") {
        role_name: String = set_role_name, "RoleName", identifies, keeps "RoleName";
        tag_keys: Vec<String> = set_tag_keys, "TagKeys", says, keeps "TagKeys/**";
    };
    PutRolePermissionsBoundary PUT_ROLE_PERMISSIONS_BOUNDARY put_role_permissions_boundary ("iam:PutRolePermissionsBoundary") {
        role_name: String = set_role_name, "RoleName", identifies, keeps "RoleName";
        permissions_boundary: String = set_permissions_boundary, "PermissionsBoundary", identifies, keeps "PermissionsBoundary";
    };
    DeleteRolePermissionsBoundary DELETE_ROLE_PERMISSIONS_BOUNDARY delete_role_permissions_boundary ("iam:DeleteRolePermissionsBoundary") {
        role_name: String = set_role_name, "RoleName", identifies, keeps "RoleName";
    };
    AttachRolePolicy ATTACH_ROLE_POLICY attach_role_policy ("iam:AttachRolePolicy") {
        role_name: String = set_role_name, "RoleName", identifies, keeps "RoleName";
        policy_arn: String = set_policy_arn, "PolicyArn", identifies, keeps "PolicyArn";
    };
    DetachRolePolicy DETACH_ROLE_POLICY detach_role_policy ("iam:DetachRolePolicy") {
        role_name: String = set_role_name, "RoleName", identifies, keeps "RoleName";
        policy_arn: String = set_policy_arn, "PolicyArn", identifies, keeps "PolicyArn";
    };
    PutRolePolicy PUT_ROLE_POLICY put_role_policy ("iam:PutRolePolicy") {
        role_name: String = set_role_name, "RoleName", identifies, keeps "RoleName";
        policy_name: String = set_policy_name, "PolicyName", identifies, keeps "PolicyName";
        policy_document: PolicyText = set_policy_document, "PolicyDocument", says, keeps "PolicyDocument/**";
    };
    DeleteRolePolicy DELETE_ROLE_POLICY delete_role_policy ("iam:DeleteRolePolicy") {
        role_name: String = set_role_name, "RoleName", identifies, keeps "RoleName";
        policy_name: String = set_policy_name, "PolicyName", identifies, keeps "PolicyName";
    };
    RemoveRoleFromInstanceProfile REMOVE_ROLE_FROM_INSTANCE_PROFILE remove_role_from_instance_profile ("iam:RemoveRoleFromInstanceProfile") {
        instance_profile_name: String = set_instance_profile_name, "InstanceProfileName", identifies, keeps "InstanceProfileName";
        role_name: String = set_role_name, "RoleName", identifies, keeps "RoleName";
    };
    // Groups.
    CreateGroup CREATE_GROUP create_group ("iam:CreateGroup") {
        group_name: String = set_group_name, "GroupName", identifies, keeps "GroupName";
        path: String = set_path, "Path", identifies, keeps "Path";
    } answers |output: aws_sdk_iam::operation::create_group::CreateGroupOutput| output.group().map_or(Value::Null, shape::group);
    DeleteGroup DELETE_GROUP delete_group ("iam:DeleteGroup") {
        group_name: String = set_group_name, "GroupName", identifies, keeps "GroupName";
    };
    AddUserToGroup ADD_USER_TO_GROUP add_user_to_group ("iam:AddUserToGroup") {
        group_name: String = set_group_name, "GroupName", identifies, keeps "GroupName";
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
    };
    RemoveUserFromGroup REMOVE_USER_FROM_GROUP remove_user_from_group ("iam:RemoveUserFromGroup") {
        group_name: String = set_group_name, "GroupName", identifies, keeps "GroupName";
        user_name: String = set_user_name, "UserName", identifies, keeps "UserName";
    };
    AttachGroupPolicy ATTACH_GROUP_POLICY attach_group_policy ("iam:AttachGroupPolicy") {
        group_name: String = set_group_name, "GroupName", identifies, keeps "GroupName";
        policy_arn: String = set_policy_arn, "PolicyArn", identifies, keeps "PolicyArn";
    };
    DetachGroupPolicy DETACH_GROUP_POLICY detach_group_policy ("iam:DetachGroupPolicy") {
        group_name: String = set_group_name, "GroupName", identifies, keeps "GroupName";
        policy_arn: String = set_policy_arn, "PolicyArn", identifies, keeps "PolicyArn";
    };
    PutGroupPolicy PUT_GROUP_POLICY put_group_policy ("iam:PutGroupPolicy") {
        group_name: String = set_group_name, "GroupName", identifies, keeps "GroupName";
        policy_name: String = set_policy_name, "PolicyName", identifies, keeps "PolicyName";
        policy_document: PolicyText = set_policy_document, "PolicyDocument", says, keeps "PolicyDocument/**";
    };
    DeleteGroupPolicy DELETE_GROUP_POLICY delete_group_policy ("iam:DeleteGroupPolicy") {
        group_name: String = set_group_name, "GroupName", identifies, keeps "GroupName";
        policy_name: String = set_policy_name, "PolicyName", identifies, keeps "PolicyName";
    };
    // Managed policies.
    CreatePolicy CREATE_POLICY create_policy ("iam:CreatePolicy") {
        policy_name: String = set_policy_name, "PolicyName", identifies, keeps "PolicyName";
        policy_document: PolicyText = set_policy_document, "PolicyDocument", says, keeps "PolicyDocument/**";
        path: String = set_path, "Path", identifies, keeps "Path";
        description: Option<String> = set_description, "Description", says, keeps "Description";
        tags: Vec<Tag> = set_tags, "Tags", says, keeps "Tags/**";
    } answers |output: aws_sdk_iam::operation::create_policy::CreatePolicyOutput| output.policy().map_or(Value::Null, shape::policy);
    CreatePolicyVersion CREATE_POLICY_VERSION create_policy_version ("iam:CreatePolicyVersion") {
        policy_arn: String = set_policy_arn, "PolicyArn", identifies, keeps "PolicyArn";
        policy_document: PolicyText = set_policy_document, "PolicyDocument", says, keeps "PolicyDocument/**";
        set_as_default: bool = set_set_as_default, "SetAsDefault", says, keeps "SetAsDefault";
    } answers |output: aws_sdk_iam::operation::create_policy_version::CreatePolicyVersionOutput| {
        output.policy_version().map_or(Value::Null, shape::policy_version)
    };
    SetDefaultPolicyVersion SET_DEFAULT_POLICY_VERSION set_default_policy_version ("iam:SetDefaultPolicyVersion") {
        policy_arn: String = set_policy_arn, "PolicyArn", identifies, keeps "PolicyArn";
        version_id: String = set_version_id, "VersionId", identifies, keeps "VersionId";
    };
    DeletePolicyVersion DELETE_POLICY_VERSION delete_policy_version ("iam:DeletePolicyVersion") {
        policy_arn: String = set_policy_arn, "PolicyArn", identifies, keeps "PolicyArn";
        version_id: String = set_version_id, "VersionId", identifies, keeps "VersionId";
    };
    DeletePolicy DELETE_POLICY delete_policy ("iam:DeletePolicy") {
        policy_arn: String = set_policy_arn, "PolicyArn", identifies, keeps "PolicyArn";
    };
}
