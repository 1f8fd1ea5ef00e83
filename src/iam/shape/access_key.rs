//! Access keys.

use aws_sdk_iam::types;
use serde_json::Value;

use super::{present, time};

/// An access key without its secret, as `ListAccessKeys` answers it.
#[must_use]
pub fn access_key(key: &types::AccessKeyMetadata) -> Value {
    present([
        ("UserName", key.user_name().into()),
        ("AccessKeyId", key.access_key_id().into()),
        ("Status", key.status().map(types::StatusType::as_str).into()),
        ("CreateDate", key.create_date().map_or(Value::Null, time)),
    ])
}

/// An access key as `CreateAccessKey` answers it, without its secret.
pub(in crate::iam) fn new_access_key(key: &types::AccessKey) -> Value {
    present([
        ("UserName", key.user_name().into()),
        ("AccessKeyId", key.access_key_id().into()),
        ("Status", key.status().as_str().into()),
        ("CreateDate", key.create_date().map_or(Value::Null, time)),
    ])
}

/// What `GetAccessKeyLastUsed` tells of a key's use, in AWS's field names; for a key that was never used without a date.
#[must_use]
pub fn access_key_last_used(used: &types::AccessKeyLastUsed) -> Value {
    present([
        ("LastUsedDate", used.last_used_date().map_or(Value::Null, time)),
        ("ServiceName", used.service_name().into()),
        ("Region", used.region().into()),
    ])
}

/// When and where a key was last used; `null` if never.
#[must_use]
pub fn last_used(used: &types::AccessKeyLastUsed) -> Value {
    used.last_used_date().map_or(Value::Null, |date| {
        present([("Date", time(date)), ("ServiceName", used.service_name().into()), ("Region", used.region().into())])
    })
}
