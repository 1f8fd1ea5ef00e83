//! What an identity holds and may do, where a call asks for it.

use serde_json::{Map, Value};

use super::shown::Listed;
use crate::posture::standing::Standings;

/// What an identity holds itself, by its groups, what bounds it, and what it may do with all that.
pub(super) fn permissions_of(standings: &mut Standings<'_>, identity: &Listed<'_>) -> Value {
    let own = identity.identity();
    let standing = match identity {
        Listed::User(user) => standings.of_user(user),
        Listed::Role(role) => standings.of_role(role),
    };
    let mut held = match standing.map(|standing| standing.shown_in_short()) {
        Some(Value::Object(shown)) => shown,
        _ => Map::new(),
    };
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
