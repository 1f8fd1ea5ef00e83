//! `whoami`

use serde_json::{Value, json};

use crate::config::Toolset;
use crate::tools::{Call, LocalTool, Spec, Tool, Work};

/// `whoami`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Local(&WhoAmI) };

static SPEC: Spec = Spec {
    name: "whoami",
    title: "Who am I?",
    description: "Shows who the gateway takes you for, in which environment and account you are, which role your calls \
                  run with, what you may do, and how AWS sees your sessions.",
    toolset: Toolset::Governance,
    output: || {
        json!({
            "Caller": {"type": "object"},
            "Environment": {"type": "string"},
            "Account": {"type": "string"},
            "RoleMapping": {"type": "string"},
            "RoleArn": {"type": "string"},
            "Access": {"enum": ["read-only", "read-write"]},
            "GatewayReadOnly": {"type": "boolean"},
            "Confirmation": {"type": "string"},
            "Toolsets": {"type": "array", "items": {"type": "string"}},
            "PermissionsBoundary": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "RoleSessionName": {"type": "string"},
            "SourceIdentity": {"type": "string"},
            "SessionTags": {"type": "object"},
        })
    },
    ..Spec::READING
};

struct WhoAmI;

impl LocalTool for WhoAmI {
    fn answer(&self, call: &Call) -> Value {
        let facts = &call.facts;
        let mapping = &facts.mapping;
        json!({
            "Caller": facts.caller,
            "Environment": facts.environment,
            "Account": facts.account.id.as_str(),
            "RoleMapping": mapping.id,
            "RoleArn": mapping.role_arn.to_string(),
            "Access": if facts.read_only { "read-only" } else { mapping.access.as_str() },
            "GatewayReadOnly": facts.read_only,
            "Confirmation": mapping.confirming.strength.as_str(),
            "Toolsets": mapping.toolsets.iter().map(|toolset| toolset.as_str()).collect::<Vec<_>>(),
            "PermissionsBoundary": mapping.permissions_boundary.as_ref().map(ToString::to_string),
            "RoleSessionName": facts.stamp.session_name,
            "SourceIdentity": facts.stamp.source_identity,
            "SessionTags": facts.stamp.tags,
        })
    }
}
