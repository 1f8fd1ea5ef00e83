//! What a role mapping lets its callers do: its toolsets and its access, and the gateway's kill switch over all.

use crate::authn::Narrowing;
use crate::config::Access;
use crate::tools::{CallFacts, Spec, ToolError};

/// Whether the caller may call the tool at all.
///
/// # Errors
/// `ToolNotAllowed`, `ReadOnlyGateway`, `InsufficientScope`, `UnsignedWrite` or `ReadOnlyCaller`.
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
    check_authentication(spec, facts)?;
    if facts.mapping.access != Access::ReadWrite {
        return Err(ToolError::gateway(
            "ReadOnlyCaller",
            format!("{} changes IAM, and your access in {} is read-only", spec.name, facts.environment),
        )
        .hint("ask the gateway's operators for a role mapping with read-write access"));
    }
    Ok(())
}

/// Whether a request that was authenticated in this way may write.
fn check_authentication(spec: &Spec, facts: &CallFacts) -> Result<(), ToolError> {
    match facts.narrowing {
        Narrowing::Nothing => Ok(()),
        Narrowing::ReadingScope => Err(ToolError::gateway(
            "InsufficientScope",
            format!("{} changes IAM, and your access token's scopes are for reading", spec.name),
        )
        .hint("get an access token with the scope for writing, if your role mapping lets access tokens write at all")),
        Narrowing::UnsignedBody if facts.mapping.bearer_writes => Ok(()),
        Narrowing::UnsignedBody => Err(ToolError::gateway(
            "UnsignedWrite",
            format!(
                "{} changes IAM, and your requests come with an access token, which does not sign what they ask for",
                spec.name
            ),
        )
        .hint(
            "use gateway credentials, which sign each request (`iam-mcp-gateway credentials` or `connect`), or ask the \
             gateway's operators for bearer_writes in your role mapping",
        )),
    }
}
