//! Managed policies.

use aws_sdk_iam::types;
use serde_json::Value;

use super::{policy_document, present, tags, time};

/// A managed policy, as `GetPolicy` and `ListPolicies` answer it.
#[must_use]
pub fn policy(policy: &types::Policy) -> Value {
    present([
        ("PolicyName", policy.policy_name().into()),
        ("PolicyId", policy.policy_id().into()),
        ("Arn", policy.arn().into()),
        ("Path", policy.path().into()),
        ("DefaultVersionId", policy.default_version_id().into()),
        ("AttachmentCount", policy.attachment_count().into()),
        ("PermissionsBoundaryUsageCount", policy.permissions_boundary_usage_count().into()),
        ("IsAttachable", policy.is_attachable().into()),
        ("Description", policy.description().into()),
        ("CreateDate", policy.create_date().map_or(Value::Null, time)),
        ("UpdateDate", policy.update_date().map_or(Value::Null, time)),
        ("Tags", tags(policy.tags())),
    ])
}

/// A version of a managed policy, its document as an object where AWS gives it.
#[must_use]
pub fn policy_version(version: &types::PolicyVersion) -> Value {
    present([
        ("VersionId", version.version_id().into()),
        ("IsDefaultVersion", version.is_default_version().into()),
        ("CreateDate", version.create_date().map_or(Value::Null, time)),
        ("Document", version.document().map_or(Value::Null, policy_document)),
    ])
}

/// A managed policy where it is attached.
#[must_use]
pub fn attached_policy(policy: &types::AttachedPolicy) -> Value {
    present([("PolicyName", policy.policy_name().into()), ("PolicyArn", policy.policy_arn().into())])
}
