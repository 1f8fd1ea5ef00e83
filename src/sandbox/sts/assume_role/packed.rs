//! How much of a session's packed size is used up.
//!
//! AWS compresses the session's policies and tags into a form that it does not publish and allots a space to it that it
//! does not tell. This is an approximation, on the generous side: a policy counts a quarter of its characters without
//! white space (JSON of that kind compresses about so), tags, whose values are rarely alike, in full, and a managed policy 20.

use serde_json::Value;

use super::request::Request;
use super::tags::SessionTags;
use crate::sandbox::error::ServiceError;

/// What all of it may come to.
const ALLOTTED: usize = 1024;

/// How many percent of the allotted space the session takes, rounded up.
///
/// # Errors
/// When it is more than all of it.
pub(super) fn size(request: &Request<'_>, tags: &SessionTags) -> Result<usize, ServiceError> {
    let policy = request.policy.map_or(0, |policy| {
        let compact = serde_json::from_str::<Value>(policy).map_or_else(|_| policy.to_owned(), |json| json.to_string());
        compact.len().div_ceil(4)
    });
    let tags: usize = tags.all.iter().map(|(key, value)| key.len() + value.len() + 2).sum();
    let percent = (policy + tags + 20 * request.policy_arns.len()) * 100;
    let percent = percent.div_ceil(ALLOTTED);
    if percent > 100 {
        let message = if policy == 0 && request.policy_arns.is_empty() {
            format!("Packed size of session tags consumes {percent}% of allotted space.")
        } else {
            format!("Packed policy consumes {percent}% of allotted space, please use smaller policy.")
        };
        return Err(ServiceError::other("PackedPolicyTooLarge", 400, message));
    }
    Ok(percent)
}
