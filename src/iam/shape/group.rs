//! Groups.

use aws_sdk_iam::types;
use serde_json::Value;

use super::{present, time};

/// A group, as `GetGroup` and `ListGroups` answer it.
#[must_use]
pub fn group(group: &types::Group) -> Value {
    present([
        ("Path", group.path().into()),
        ("GroupName", group.group_name().into()),
        ("GroupId", group.group_id().into()),
        ("Arn", group.arn().into()),
        ("CreateDate", time(group.create_date())),
    ])
}
