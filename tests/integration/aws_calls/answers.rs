//! The SDK's typed answers, told as JSON: members by their folded names, without those that are not there.

use std::collections::HashMap;

use aws_smithy_types::date_time::Format;
use aws_smithy_types::{Blob, DateTime};
use serde_json::{Map, Value};

use super::values::folded;

/// A part of an answer.
pub(super) trait Told {
    /// As JSON; null where there is none.
    fn told(&self) -> Value;
}

/// The members that are there.
pub(super) fn members<const N: usize>(members: [(&str, Value); N]) -> Value {
    let there = members.into_iter().filter(|(_, value)| !value.is_null());
    there.map(|(name, value)| (folded(name), value)).collect::<Map<_, _>>().into()
}

impl<T: Told + ?Sized> Told for &T {
    fn told(&self) -> Value {
        (**self).told()
    }
}

impl<T: Told> Told for Option<T> {
    fn told(&self) -> Value {
        self.as_ref().map_or(Value::Null, Told::told)
    }
}

impl<T: Told> Told for [T] {
    fn told(&self) -> Value {
        self.iter().map(Told::told).collect()
    }
}

impl<K: AsRef<str>, V: Told> Told for HashMap<K, V> {
    fn told(&self) -> Value {
        self.iter().map(|(name, value)| (folded(name.as_ref()), value.told())).collect::<Map<_, _>>().into()
    }
}

impl Told for DateTime {
    fn told(&self) -> Value {
        self.fmt(Format::DateTime).expect("IAM's times are within the calendar").into()
    }
}

impl Told for Blob {
    fn told(&self) -> Value {
        String::from_utf8_lossy(self.as_ref()).into()
    }
}

macro_rules! plain {
    ($($type:ty)*) => {$(
        impl Told for $type {
            fn told(&self) -> Value {
                self.to_owned().into()
            }
        }
    )*};
}

plain! { bool i32 str String }

macro_rules! words {
    ($($type:ident)*) => {$(
        impl Told for aws_sdk_iam::types::$type {
            fn told(&self) -> Value {
                self.as_str().into()
            }
        }
    )*};
}

words! {
    PermissionsBoundaryAttachmentType PolicyEvaluationDecisionType PolicySourceType ReportStateType StatusType
}

macro_rules! shapes {
    ($sdk:ident: $($type:ident: $($member:ident)*;)*) => {$(
        impl Told for $sdk::types::$type {
            fn told(&self) -> Value {
                members([$((stringify!($member), self.$member().told())),*])
            }
        }
    )*};
}

shapes! { aws_sdk_iam:
    AccessKey: user_name access_key_id status secret_access_key create_date;
    AccessKeyLastUsed: last_used_date service_name region;
    AccessKeyMetadata: user_name access_key_id status create_date;
    AttachedPermissionsBoundary: permissions_boundary_type permissions_boundary_arn;
    AttachedPolicy: policy_name policy_arn;
    EvaluationResult:
        eval_action_name eval_resource_name eval_decision matched_statements missing_context_values
        organizations_decision_detail permissions_boundary_decision_detail eval_decision_details
        resource_specific_results;
    Group: path group_name group_id arn create_date;
    GroupDetail: path group_name group_id arn create_date group_policy_list attached_managed_policies;
    InstanceProfile: path instance_profile_name instance_profile_id arn create_date roles tags;
    LoginProfile: user_name create_date password_reset_required;
    MfaDevice: user_name serial_number enable_date;
    ManagedPolicyDetail:
        policy_name policy_id arn path default_version_id attachment_count permissions_boundary_usage_count
        is_attachable description create_date update_date policy_version_list;
    OrganizationsDecisionDetail: allowed_by_organizations;
    PasswordPolicy:
        minimum_password_length require_symbols require_numbers require_uppercase_characters
        require_lowercase_characters allow_users_to_change_password expire_passwords max_password_age
        password_reuse_prevention hard_expiry;
    PermissionsBoundaryDecisionDetail: allowed_by_permissions_boundary;
    Policy:
        policy_name policy_id arn path default_version_id attachment_count permissions_boundary_usage_count
        is_attachable description create_date update_date tags;
    PolicyDetail: policy_name policy_document;
    PolicyGroup: group_name group_id;
    PolicyRole: role_name role_id;
    PolicyUser: user_name user_id;
    PolicyVersion: document version_id is_default_version create_date;
    Position: line column;
    ResourceSpecificResult:
        eval_resource_name eval_resource_decision matched_statements missing_context_values eval_decision_details
        permissions_boundary_decision_detail;
    Role:
        path role_name role_id arn create_date assume_role_policy_document description max_session_duration
        permissions_boundary tags role_last_used;
    RoleDetail:
        path role_name role_id arn create_date assume_role_policy_document instance_profile_list role_policy_list
        attached_managed_policies permissions_boundary tags role_last_used;
    RoleLastUsed: last_used_date region;
    Statement: source_policy_id source_policy_type start_position end_position;
    Tag: key value;
    User: path user_name user_id arn create_date password_last_used permissions_boundary tags;
    UserDetail:
        path user_name user_id arn create_date user_policy_list group_list attached_managed_policies
        permissions_boundary tags;
    VirtualMfaDevice: serial_number base32_string_seed qr_code_png user enable_date tags;
}

shapes! { aws_sdk_sts:
    AssumedRoleUser: assumed_role_id arn;
    Credentials: access_key_id secret_access_key session_token expiration;
}
