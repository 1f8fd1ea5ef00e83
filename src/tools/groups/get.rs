//! `get_group`

use serde_json::{Value, json};

use super::inventory::{self, Inventory};
use crate::config::Toolset;
use crate::iam::reads::GET_GROUP;
use crate::iam::{DeclaredCall, Reader};
use crate::tools::holder::GROUP_PARAMETER;
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `get_group`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&GetGroup) };

static SPEC: Spec = Spec {
    name: "get_group",
    title: "Get an IAM group",
    description: "Shows one IAM group: its members, attached and inline policies.",
    toolset: Toolset::Groups,
    own_parameters: &[GROUP_PARAMETER],
    output: || {
        json!({
            "Group": {"type": "object", "properties": {
                "GroupName": {"type": "string"}, "Arn": {"type": "string"}, "Users": {"type": "array"},
                "AttachedPolicies": {"type": "array"}, "InlinePolicies": {"type": "array"},
            }, "required": ["GroupName", "Arn"]},
        })
    },
    reads: inventory::ACTIONS,
    always: &[GET_GROUP],
    ..Spec::READING
};

struct GetGroup;

impl ReadTool for GetGroup {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        Ok(inventory::declared(call.arguments.required(GROUP_PARAMETER.name)))
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let inventory = Inventory::read(reader, call.arguments.required(GROUP_PARAMETER.name)).await?;
            Ok(json!({"Group": inventory.shown()}))
        })
    }
}
