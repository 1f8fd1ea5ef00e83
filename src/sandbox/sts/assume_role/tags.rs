//! The tags of a session that is about to be.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>

use std::collections::BTreeSet;

use super::request::Request;
use crate::sandbox::account::{Tags, folded};
use crate::sandbox::error::ServiceError;
use crate::sandbox::identity::Identity;

/// All tags of the new session, and which of them go on to the next.
#[derive(Debug, Default)]
pub(super) struct SessionTags {
    pub(super) all: Tags,
    /// Keys in lower case.
    pub(super) transitive: BTreeSet<String>,
}

/// Puts together what the caller's session hands on and what the request asks for.
///
/// # Errors
/// A key twice, one of AWS's own, one that the calling session hands on, a transitive key without a tag.
pub(super) fn of_session(request: &Request<'_>, caller: &Identity) -> Result<SessionTags, ServiceError> {
    let mut tags = SessionTags::default();
    if let Identity::AssumedRole(session) = caller {
        for (key, value) in session.transitive_tags() {
            tags.all.set(key, value);
            tags.transitive.insert(folded(key));
        }
    }
    let mut passed = BTreeSet::new();
    for (key, value) in &request.tags {
        let folded_key = folded(key);
        if folded_key.starts_with("aws:") {
            return Err(invalid(format!("Tag keys that begin with aws: are reserved: {key}")));
        }
        if tags.transitive.contains(&folded_key) {
            return Err(invalid(
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key \
                 from the calling session.",
            ));
        }
        if !passed.insert(folded_key) {
            return Err(invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive."));
        }
        tags.all.set(key, value);
    }
    for key in &request.transitive_tag_keys {
        let folded_key = folded(key);
        if !passed.contains(&folded_key) {
            return Err(invalid("The specified transitive tag key must be included in the requested tags."));
        }
        tags.transitive.insert(folded_key);
    }
    Ok(tags)
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> ServiceError {
    ServiceError::other("InvalidParameterValue", 400, message)
}
