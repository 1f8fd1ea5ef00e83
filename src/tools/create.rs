//! What tools that create have in common.

use super::Call;
use super::parameter::{Kept, Kind, PATH, Parameter};

/// The path of what is created.
pub const PATH_OF_NEW: Parameter = Parameter {
    name: "path",
    description: "its path, such as /division/team/",
    kind: Kind::Text(&PATH),
    required: false,
    kept: Kept::AsGiven,
};

/// The boundary to set: the caller's choice, else the one that the role mapping requires, beside which no other passes.
#[must_use]
pub fn boundary(call: &Call) -> Option<String> {
    let asked = call.arguments.text("permissions_boundary").map(ToOwned::to_owned);
    asked.or_else(|| call.facts.mapping.permissions_boundary.as_ref().map(ToString::to_string))
}
