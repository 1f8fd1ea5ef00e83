//! From a caller in an environment to its role mapping.

use std::sync::Arc;

use crate::authn::Caller;
use crate::config::{Config, RoleMapping, ServedEnvironment};
use crate::tools::ToolError;

/// A caller with the environment it asked for and the mapping that holds there.
#[derive(Debug, Clone)]
pub struct Mapped {
    /// The environment.
    pub environment: ServedEnvironment,
    /// The most specific mapping that matches the caller there.
    pub mapping: Arc<RoleMapping>,
}

/// The environment that a path names, or the default one, and the caller's mapping in it.
///
/// Nobody falls through: a caller who is mapped in one environment is nobody in every other.
///
/// # Errors
/// `NoDefaultEnvironment`, `UnknownEnvironment` or `NoRoleMapping`.
pub fn map(config: &Config, named: Option<&str>, caller: &Caller) -> Result<Mapped, ToolError> {
    let environment = environment(config, named)?;
    let mapping = config.role_mappings.resolve(&environment.name, caller).ok_or_else(|| {
        ToolError::gateway(
            "NoRoleMapping",
            format!("no role mapping of the environment {} matches you ({})", environment.name, caller.name),
        )
        .hint("ask the gateway's operators for a [[role_mapping]] for you in this environment")
    })?;
    Ok(Mapped { environment: environment.clone(), mapping: Arc::clone(mapping) })
}

/// The environment that a path names, or the default one.
///
/// # Errors
/// `NoDefaultEnvironment` or `UnknownEnvironment`.
pub fn environment<'c>(config: &'c Config, named: Option<&str>) -> Result<&'c ServedEnvironment, ToolError> {
    match named {
        Some(name) => config.environments.get(name).ok_or_else(|| {
            ToolError::gateway("UnknownEnvironment", "this gateway serves no environment of that name")
                .hint("the path is /mcp/{environment}")
        }),
        None => config.environments.default_environment().ok_or_else(|| {
            ToolError::gateway("NoDefaultEnvironment", "this gateway has no default environment")
                .hint("name one in the path: /mcp/{environment}")
        }),
    }
}
