//! What tools that delete entities have in common: without `force` nothing is removed that hangs on them.

use serde_json::{Value, json};

use super::parameter::{Kept, Kind, Parameter};
use super::{Call, KeptOfResult, ToolError};
use crate::iam::{Action, Member, PlannedCall};

/// `force` of every tool that deletes.
pub const FORCE: Parameter = Parameter {
    name: "force",
    description: "true: first remove everything that hangs on it",
    kind: Kind::Boolean,
    required: false,
    kept: Kept::AsGiven,
};

/// What a record keeps of a deletion.
pub const KEPT_OF_DELETION: KeptOfResult = KeptOfResult {
    result: &["Deleted/**", "already_gone/*/action", "already_gone/*/parameters/**"],
    lost: KeptOfResult::ALL_LOST.lost,
};

/// The members of what a deletion answers; `name` is that of what names the entity.
#[must_use]
pub fn deleted_output(name: &str) -> Value {
    json!({"Deleted": {"type": "object", "properties": {name: {"type": "string"}, "Arn": {"type": "string"}}}})
}

/// What a deletion of `entity` answers; `name` is the member that names it.
#[must_use]
pub fn deleted(name: &str, entity: &Value) -> Value {
    json!({"Deleted": {name: entity[name], "Arn": entity["Arn"]}})
}

/// A removal by its operation and what it removes: `DetachUserPolicy arn:aws:iam::aws:policy/X`.
fn named(call: &PlannedCall, entity: &str) -> String {
    let mut named = call.change.action().operation().to_owned();
    for (_, member) in call.declared().members {
        if let Member::Is(value) = member
            && value != entity
        {
            named.push_str(&format!(" {value}"));
        }
    }
    named
}

/// Refuses the deletion of what something still hangs on, unless it was asked for with `force`.
///
/// # Errors
/// `DeleteConflict`, which names the operations that `removals` would take.
pub fn refuse_unless_forced(
    call: &Call,
    removals: &[PlannedCall],
    kind: &str,
    name: &str,
    action: Action,
    arn: &str,
) -> Result<(), ToolError> {
    if removals.is_empty() || call.arguments.is_set(FORCE.name) {
        return Ok(());
    }
    let blocking: Vec<String> = removals.iter().map(|call| named(call, name)).collect();
    Err(ToolError::gateway(
        "DeleteConflict",
        format!("the {kind} {name} cannot be deleted before these are done: {}", blocking.join(", ")),
    )
    .on(action.as_str(), arn)
    .hint("call with force=true to remove them first, or with force=true and dry_run=true to see the plan"))
}
