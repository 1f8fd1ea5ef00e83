//! `list_entities_for_policy`

use serde_json::{Value, json};

use super::POLICY;
use super::usage::{self, Usage};
use crate::config::Toolset;
use crate::iam::reads::LIST_ENTITIES_FOR_POLICY;
use crate::iam::{DeclaredCall, Reader};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `list_entities_for_policy`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&ListEntitiesForPolicy) };

static SPEC: Spec = Spec {
    name: "list_entities_for_policy",
    title: "List who uses a managed policy",
    description: "Lists the users, roles and groups that a managed policy is attached to, and the users and roles that it bounds.",
    toolset: Toolset::Policies,
    own_parameters: &[POLICY],
    output: || {
        json!({
            "PolicyUsers": {"type": "array"}, "PolicyRoles": {"type": "array"}, "PolicyGroups": {"type": "array"},
            "BoundedUsers": {"type": "array"}, "BoundedRoles": {"type": "array"},
            "IsTruncated": {"type": "boolean"}, "Count": {"type": "integer"},
        })
    },
    reads: &[LIST_ENTITIES_FOR_POLICY],
    always: &[LIST_ENTITIES_FOR_POLICY],
    ..Spec::READING
};

struct ListEntitiesForPolicy;

impl ReadTool for ListEntitiesForPolicy {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        Ok(vec![usage::declared(call.arguments.required(POLICY.name))])
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let mut shown = Usage::read(reader, call.arguments.required(POLICY.name)).await?.shown();
            let count: usize = shown
                .as_object()
                .into_iter()
                .flatten()
                .map(|(_, of_kind)| of_kind.as_array().map_or(0, Vec::len))
                .sum();
            shown["Count"] = count.into();
            shown["IsTruncated"] = false.into();
            Ok(shown)
        })
    }
}
