//! `protected-resource`: a call would have changed what nobody changes through the gateway.

use super::seen::Seen;
use super::told::Finding;

/// Stage one refused the call with `ProtectedResource` or `PermissionsBoundaryRequired`. Dry runs are refused so, too, and
/// count: who only asks wants to know.
pub(super) fn find(seen: &Seen<'_>) -> Option<Finding> {
    seen.is_about_protected().then(|| {
        let about = seen.resource().map_or_else(String::new, |resource| format!(" on {resource}"));
        Finding::of(seen, format!("{}{about} was refused: {}", seen.tool(), seen.code()))
    })
}
