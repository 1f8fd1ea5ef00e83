//! Roles.

use aws_sdk_iam::types;
use serde_json::{Value, json};

use super::{boundary, policy_document, present, tags, time};

/// A role, as `GetRole` and `ListRoles` answer it, its trust policy as an object.
#[must_use]
pub fn role(role: &types::Role) -> Value {
    let last_used = role
        .role_last_used()
        .filter(|used| used.last_used_date().is_some())
        .map_or(Value::Null, |used| json!({"LastUsedDate": used.last_used_date().map(time), "Region": used.region()}));
    present([
        ("Path", role.path().into()),
        ("RoleName", role.role_name().into()),
        ("RoleId", role.role_id().into()),
        ("Arn", role.arn().into()),
        ("CreateDate", time(role.create_date())),
        ("AssumeRolePolicyDocument", role.assume_role_policy_document().map_or(Value::Null, policy_document)),
        ("Description", role.description().into()),
        ("MaxSessionDuration", role.max_session_duration().into()),
        ("PermissionsBoundary", boundary(role.permissions_boundary())),
        ("Tags", tags(role.tags())),
        ("RoleLastUsed", last_used),
    ])
}
