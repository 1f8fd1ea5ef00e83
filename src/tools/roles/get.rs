//! `get_role`

use serde_json::{Value, json};

use super::inventory::{self, Inventory};
use crate::config::Toolset;
use crate::iam::reads::GET_ROLE;
use crate::iam::{DeclaredCall, Reader};
use crate::tools::holder::ROLE_PARAMETER;
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `get_role`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&GetRole) };

static SPEC: Spec = Spec {
    name: "get_role",
    title: "Get an IAM role",
    description: "Shows one IAM role and all that hangs on it: trust policy, last use, tags, permissions boundary, attached \
                  and inline policies, instance profiles.",
    toolset: Toolset::Roles,
    own_parameters: &[ROLE_PARAMETER],
    output: || {
        json!({
            "Role": {"type": "object", "properties": {
                "RoleName": {"type": "string"}, "Arn": {"type": "string"},
                "AttachedPolicies": {"type": "array"}, "InlinePolicies": {"type": "array"},
                "InstanceProfiles": {"type": "array"},
            }, "required": ["RoleName", "Arn"]},
        })
    },
    reads: inventory::ACTIONS,
    always: &[GET_ROLE],
    ..Spec::READING
};

struct GetRole;

impl ReadTool for GetRole {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        Ok(inventory::declared(call.arguments.required(ROLE_PARAMETER.name)))
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let inventory = Inventory::read(reader, call.arguments.required(ROLE_PARAMETER.name)).await?;
            Ok(json!({"Role": inventory.shown()}))
        })
    }
}
