//! Users.

use aws_sdk_iam::types;
use serde_json::Value;

use super::{boundary, present, tags, time};

/// A user, as `GetUser` and `ListUsers` answer it.
#[must_use]
pub fn user(user: &types::User) -> Value {
    present([
        ("Path", user.path().into()),
        ("UserName", user.user_name().into()),
        ("UserId", user.user_id().into()),
        ("Arn", user.arn().into()),
        ("CreateDate", time(user.create_date())),
        ("PasswordLastUsed", user.password_last_used().map_or(Value::Null, time)),
        ("PermissionsBoundary", boundary(user.permissions_boundary())),
        ("Tags", tags(user.tags())),
    ])
}
