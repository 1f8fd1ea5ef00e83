//! What an identity holds, where a call asks for it.

use serde_json::{Map, Value};

use super::shown::Listed;
use crate::posture::Snapshot;

/// What an identity holds itself, by its groups, and what bounds it.
pub(super) fn permissions_of(_snapshot: &Snapshot, identity: &Listed<'_>) -> Value {
    let own = identity.identity();
    let mut held = Map::new();
    let mut put = |name: &str, values: Vec<&str>| held.insert(name.to_owned(), values.into());
    put("AttachedPolicies", own.attached.iter().map(|arn| &**arn).collect());
    put("InlinePolicies", own.inline.iter().map(|(name, _)| &**name).collect());
    if let Listed::User(user) = identity {
        put("Groups", user.groups.iter().map(|name| &**name).collect());
    }
    if let Some(boundary) = &own.boundary {
        held.insert("PermissionsBoundary".to_owned(), Value::from(&**boundary));
    }
    Value::Object(held)
}
