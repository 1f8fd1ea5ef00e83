//! The operations of the tables: their parameters from JSON, their answers to JSON.

use std::collections::BTreeMap;

use aws_sdk_iam::types;
use serde_json::Value;

use super::answers::{Told, members};
use super::sdk::{Clients, Refusal, finished};
use super::values::folded;

/// Makes `call` an operation that takes `(set_parameter ...)` and answers `(member ...)`.
macro_rules! operations {
    ($($service:ident: $operation:ident($($set:ident)*) -> ($($member:ident)*);)*) => {
        /// Calls an operation by its name in a table, `service:Operation`.
        #[expect(deprecated, reason = "AWS still answers PackedPolicySize")]
        pub(super) async fn call(clients: &Clients, name: &str, input: Value) -> Result<Value, Refusal> {
            let wanted = folded(name);
            let mut input = Input::new(&input);
            $(if wanted == folded(concat!(stringify!($service), ":", stringify!($operation))) {
                let call = clients.$service.$operation()$(.$set(input.take(stringify!($set))))*;
                assert!(input.0.is_empty(), "{name} is not given {:?} here", input.0);
                // The SDK's futures are large, and this function has one for each operation.
                let sent = Box::pin(call.send()).await;
                return finished(sent, |_answer| members([$((stringify!($member), _answer.$member().told())),*]));
            })*
            unreachable!("{name} is not listed here")
        }
    };
}

operations! {
    iam: add_role_to_instance_profile(set_instance_profile_name set_role_name) -> ();
    iam: add_user_to_group(set_group_name set_user_name) -> ();
    iam: attach_group_policy(set_group_name set_policy_arn) -> ();
    iam: attach_role_policy(set_role_name set_policy_arn) -> ();
    iam: attach_user_policy(set_user_name set_policy_arn) -> ();
    iam: create_access_key(set_user_name) -> (access_key);
    iam: create_account_alias(set_account_alias) -> ();
    iam: create_group(set_path set_group_name) -> (group);
    iam: create_instance_profile(set_instance_profile_name set_path) -> (instance_profile);
    iam: create_login_profile(set_user_name set_password set_password_reset_required) -> (login_profile);
    iam: create_policy(set_policy_name set_path set_policy_document set_description set_tags) -> (policy);
    iam: create_policy_version(set_policy_arn set_policy_document set_set_as_default) -> (policy_version);
    iam: create_role(
        set_path set_role_name set_assume_role_policy_document set_description set_max_session_duration
        set_permissions_boundary set_tags
    ) -> (role);
    iam: create_service_specific_credential(set_user_name set_service_name) -> ();
    iam: create_user(set_path set_user_name set_permissions_boundary set_tags) -> (user);
    iam: create_virtual_mfa_device(set_path set_virtual_mfa_device_name) -> (virtual_mfa_device);
    iam: deactivate_mfa_device(set_user_name set_serial_number) -> ();
    iam: delete_access_key(set_user_name set_access_key_id) -> ();
    iam: delete_account_alias(set_account_alias) -> ();
    iam: delete_account_password_policy() -> ();
    iam: delete_group(set_group_name) -> ();
    iam: delete_group_policy(set_group_name set_policy_name) -> ();
    iam: delete_instance_profile(set_instance_profile_name) -> ();
    iam: delete_login_profile(set_user_name) -> ();
    iam: delete_policy(set_policy_arn) -> ();
    iam: delete_policy_version(set_policy_arn set_version_id) -> ();
    iam: delete_role(set_role_name) -> ();
    iam: delete_role_permissions_boundary(set_role_name) -> ();
    iam: delete_role_policy(set_role_name set_policy_name) -> ();
    iam: delete_user(set_user_name) -> ();
    iam: delete_user_permissions_boundary(set_user_name) -> ();
    iam: delete_user_policy(set_user_name set_policy_name) -> ();
    iam: delete_virtual_mfa_device(set_serial_number) -> ();
    iam: detach_group_policy(set_group_name set_policy_arn) -> ();
    iam: detach_role_policy(set_role_name set_policy_arn) -> ();
    iam: detach_user_policy(set_user_name set_policy_arn) -> ();
    iam: enable_mfa_device(set_user_name set_serial_number set_authentication_code1 set_authentication_code2) -> ();
    iam: generate_credential_report() -> (state description);
    iam: generate_service_last_accessed_details(set_arn) -> (job_id);
    iam: get_access_key_last_used(set_access_key_id) -> (user_name access_key_last_used);
    iam: get_account_authorization_details(
        set_filter
    ) -> (user_detail_list group_detail_list role_detail_list policies is_truncated marker);
    iam: get_account_password_policy() -> (password_policy);
    iam: get_account_summary() -> (summary_map);
    iam: get_context_keys_for_custom_policy(set_policy_input_list) -> (context_key_names);
    iam: get_context_keys_for_principal_policy(set_policy_source_arn set_policy_input_list) -> (context_key_names);
    iam: get_credential_report() -> ();
    iam: get_group(set_group_name set_marker set_max_items) -> (group users is_truncated marker);
    iam: get_group_policy(set_group_name set_policy_name) -> (group_name policy_name policy_document);
    iam: get_instance_profile(set_instance_profile_name) -> (instance_profile);
    iam: get_login_profile(set_user_name) -> (login_profile);
    iam: get_policy(set_policy_arn) -> (policy);
    iam: get_policy_version(set_policy_arn set_version_id) -> (policy_version);
    iam: get_role(set_role_name) -> (role);
    iam: get_role_policy(set_role_name set_policy_name) -> (role_name policy_name policy_document);
    iam: get_service_last_accessed_details(set_job_id) -> ();
    iam: get_user(set_user_name) -> (user);
    iam: get_user_policy(set_user_name set_policy_name) -> (user_name policy_name policy_document);
    iam: list_access_keys(set_user_name set_max_items) -> (access_key_metadata is_truncated marker);
    iam: list_account_aliases() -> (account_aliases is_truncated marker);
    iam: list_attached_group_policies(set_group_name) -> (attached_policies is_truncated marker);
    iam: list_attached_role_policies(set_role_name) -> (attached_policies is_truncated marker);
    iam: list_attached_user_policies(
        set_user_name set_marker set_max_items
    ) -> (attached_policies is_truncated marker);
    iam: list_entities_for_policy(
        set_policy_arn set_entity_filter
    ) -> (policy_groups policy_users policy_roles is_truncated marker);
    iam: list_group_policies(set_group_name set_marker set_max_items) -> (policy_names is_truncated marker);
    iam: list_groups(set_path_prefix) -> (groups is_truncated marker);
    iam: list_groups_for_user(set_user_name) -> (groups is_truncated marker);
    iam: list_instance_profiles(set_path_prefix) -> (instance_profiles is_truncated marker);
    iam: list_instance_profiles_for_role(set_role_name) -> (instance_profiles is_truncated marker);
    iam: list_mfa_devices(set_user_name) -> (mfa_devices is_truncated marker);
    iam: list_policies(
        set_scope set_only_attached set_path_prefix set_marker set_max_items
    ) -> (policies is_truncated marker);
    iam: list_policy_tags(set_policy_arn) -> (tags is_truncated marker);
    iam: list_policy_versions(set_policy_arn set_marker set_max_items) -> (versions is_truncated marker);
    iam: list_role_policies(set_role_name set_marker set_max_items) -> (policy_names is_truncated marker);
    iam: list_role_tags(set_role_name) -> (tags is_truncated marker);
    iam: list_roles(set_path_prefix set_marker set_max_items) -> (roles is_truncated marker);
    iam: list_user_policies(set_user_name set_marker set_max_items) -> (policy_names is_truncated marker);
    iam: list_user_tags(set_user_name set_marker set_max_items) -> (tags is_truncated marker);
    iam: list_users(set_path_prefix set_marker set_max_items) -> (users is_truncated marker);
    iam: list_virtual_mfa_devices(set_assignment_status) -> (virtual_mfa_devices is_truncated marker);
    iam: put_group_policy(set_group_name set_policy_name set_policy_document) -> ();
    iam: put_role_permissions_boundary(set_role_name set_permissions_boundary) -> ();
    iam: put_role_policy(set_role_name set_policy_name set_policy_document) -> ();
    iam: put_user_permissions_boundary(set_user_name set_permissions_boundary) -> ();
    iam: put_user_policy(set_user_name set_policy_name set_policy_document) -> ();
    iam: remove_role_from_instance_profile(set_instance_profile_name set_role_name) -> ();
    iam: remove_user_from_group(set_group_name set_user_name) -> ();
    iam: set_default_policy_version(set_policy_arn set_version_id) -> ();
    iam: simulate_custom_policy(
        set_policy_input_list set_permissions_boundary_policy_input_list set_action_names set_resource_arns
        set_resource_policy set_resource_owner set_caller_arn set_context_entries set_max_items set_marker
    ) -> (evaluation_results is_truncated marker);
    iam: simulate_principal_policy(
        set_policy_source_arn set_policy_input_list set_permissions_boundary_policy_input_list set_action_names
        set_resource_arns set_resource_policy set_caller_arn set_context_entries set_max_items set_marker
    ) -> (evaluation_results is_truncated marker);
    iam: tag_policy(set_policy_arn set_tags) -> ();
    iam: tag_role(set_role_name set_tags) -> ();
    iam: tag_user(set_user_name set_tags) -> ();
    iam: untag_policy(set_policy_arn set_tag_keys) -> ();
    iam: untag_role(set_role_name set_tag_keys) -> ();
    iam: untag_user(set_user_name set_tag_keys) -> ();
    iam: update_access_key(set_user_name set_access_key_id set_status) -> ();
    iam: update_account_password_policy(
        set_minimum_password_length set_require_symbols set_require_numbers set_require_uppercase_characters
        set_require_lowercase_characters set_allow_users_to_change_password set_max_password_age
        set_password_reuse_prevention set_hard_expiry
    ) -> ();
    iam: update_assume_role_policy(set_role_name set_policy_document) -> ();
    iam: update_group(set_group_name set_new_path set_new_group_name) -> ();
    iam: update_login_profile(set_user_name set_password_reset_required) -> ();
    iam: update_role(set_role_name set_description set_max_session_duration) -> ();
    iam: update_role_description(set_role_name set_description) -> (role);
    iam: update_user(set_user_name set_new_path set_new_user_name) -> ();
    iam: upload_signing_certificate(set_user_name set_certificate_body) -> ();
    iam: upload_ssh_public_key(set_user_name set_ssh_public_key_body) -> ();
    sts: assume_role(
        set_role_arn set_role_session_name set_policy set_duration_seconds set_tags set_transitive_tag_keys
        set_external_id set_source_identity
    ) -> (
        credentials assumed_role_user packed_policy_size source_identity session_token_utilization session_token_size
    );
    sts: get_caller_identity() -> (user_id account arn);
}

/// The parameters of a call that were not read yet, by their folded names.
struct Input<'a>(BTreeMap<String, &'a Value>);

impl<'a> Input<'a> {
    fn new(input: &'a Value) -> Self {
        Self(input.as_object().into_iter().flatten().map(|(name, value)| (folded(name), value)).collect())
    }

    fn take<T: Parameter>(&mut self, setter: &str) -> Option<T> {
        self.0.remove(folded(setter).strip_prefix("set").expect("setters begin with set")).map(T::read)
    }
}

/// A parameter of the SDK.
trait Parameter {
    fn read(value: &Value) -> Self;
}

impl Parameter for String {
    fn read(value: &Value) -> Self {
        value.as_str().expect("this parameter is a text").to_owned()
    }
}

impl Parameter for i32 {
    fn read(value: &Value) -> Self {
        value.as_i64().and_then(|number| number.try_into().ok()).expect("this parameter is a number")
    }
}

impl Parameter for bool {
    fn read(value: &Value) -> Self {
        value.as_bool().expect("this parameter is true or false")
    }
}

impl<T: Parameter> Parameter for Vec<T> {
    fn read(value: &Value) -> Self {
        value.as_array().expect("this parameter is a list").iter().map(T::read).collect()
    }
}

macro_rules! words {
    ($($type:ident)*) => {$(
        impl Parameter for types::$type {
            fn read(value: &Value) -> Self {
                value.as_str().expect("this parameter is a word").into()
            }
        }
    )*};
}

words! { AssignmentStatusType EntityType PolicyScopeType StatusType }

impl Parameter for types::ContextEntry {
    fn read(value: &Value) -> Self {
        let kind = value.get("ContextKeyType").and_then(Value::as_str).map(Into::into);
        Self::builder()
            .context_key_name(String::read(&value["ContextKeyName"]))
            .set_context_key_values(Some(Vec::read(&value["ContextKeyValues"])))
            .set_context_key_type(kind)
            .build()
    }
}

macro_rules! tags {
    ($($sdk:ident)*) => {$(
        impl Parameter for $sdk::types::Tag {
            fn read(value: &Value) -> Self {
                let tag = Self::builder().key(String::read(&value["Key"])).value(String::read(&value["Value"]));
                tag.build().expect("a tag has a key and a value")
            }
        }
    )*};
}

tags! { aws_sdk_iam aws_sdk_sts }
