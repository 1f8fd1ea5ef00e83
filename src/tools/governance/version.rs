//! `get_version`

use serde_json::{Value, json};

use crate::config::Toolset;
use crate::mcp::protocol;
use crate::tools::parameter::PROFILE;
use crate::tools::{Call, LocalTool, Spec, Tool, Work};

/// `get_version`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Local(&GetVersion) };

static SPEC: Spec = Spec {
    name: "get_version",
    aliases: &["aws_iam_get_version"],
    title: "Get versions",
    description: "Shows the versions of the gateway, its AWS SDK and MCP SDK, and the MCP revisions it speaks.",
    toolset: Toolset::Governance,
    own_parameters: &[PROFILE],
    output: || {
        json!({
            "Gateway": {"type": "string"},
            "AwsSdkIam": {"type": "string"},
            "McpSdk": {"type": "string"},
            "Protocols": {"type": "array", "items": {"type": "string"}},
        })
    },
    ..Spec::READING
};

struct GetVersion;

impl LocalTool for GetVersion {
    fn answer(&self, _call: &Call) -> Value {
        json!({
            "Gateway": env!("CARGO_PKG_VERSION"),
            "AwsSdkIam": aws_sdk_iam::meta::PKG_VERSION,
            "McpSdk": rmcp::model::Implementation::from_build_env().version,
            "Protocols": protocol::VERSIONS.iter().map(|version| version.as_str()).collect::<Vec<_>>(),
        })
    }
}
