//! What a role mapping lets its callers do: its toolsets and its access, and the gateway's kill switch over all.

use crate::config::Access;
use crate::tools::{CallFacts, Spec, ToolError};

/// Whether the caller may call the tool at all.
///
/// # Errors
/// `ToolNotAllowed`, `ReadOnlyGateway` or `ReadOnlyCaller`.
pub fn check(spec: &Spec, facts: &CallFacts) -> Result<(), ToolError> {
    if !facts.mapping.toolsets.contains(&spec.toolset) {
        let allowed: Vec<&str> = facts.mapping.toolsets.iter().map(|toolset| toolset.as_str()).collect();
        return Err(ToolError::gateway(
            "ToolNotAllowed",
            format!(
                "{} belongs to the toolset {}, which your role mapping does not have",
                spec.name,
                spec.toolset.as_str()
            ),
        )
        .hint(format!("your toolsets are: {}", allowed.join(", "))));
    }
    if !spec.effect.writes() {
        return Ok(());
    }
    if facts.read_only {
        return Err(ToolError::gateway(
            "ReadOnlyGateway",
            format!("{} changes IAM, and this gateway is switched to read-only at the moment", spec.name),
        )
        .hint("its operators can switch it back (gateway.read_only)"));
    }
    if facts.mapping.access != Access::ReadWrite {
        return Err(ToolError::gateway(
            "ReadOnlyCaller",
            format!("{} changes IAM, and your access in {} is read-only", spec.name, facts.environment),
        )
        .hint("ask the gateway's operators for a role mapping with read-write access"));
    }
    Ok(())
}
