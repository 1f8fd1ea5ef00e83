//! `analyze_caller_permissions`

use serde_json::{Value, json};

use super::alone;
use super::{AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, REGION};
use crate::config::Toolset;
use crate::iam::{DeclaredCall, EntityKind, Reader};
use crate::tools::error::ToolError;
use crate::tools::holder::held::Held;
use crate::tools::holder::{ROLE, permissions};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolFuture, Work};

/// `analyze_caller_permissions`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&AnalyzeCallerPermissions) };

static SPEC: Spec = Spec {
    name: "analyze_caller_permissions",
    title: "Analyze your own permissions",
    description: "Shows what your role may do: access level by service, what holds under conditions only, dangerous \
                  permissions with the statement that allows each.",
    toolset: Toolset::Identities,
    own_parameters: &[AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, REGION],
    output: || {
        json!({
            "RoleArn": {"type": "string"}, "Access": {"type": "string"}, "AccessLevel": {"type": "string"},
            "Administrator": {"type": "string"}, "Services": {"type": "object"},
            "ServicesUnderConditions": {"type": "object"}, "DangerousPermissions": {"type": "array"},
        })
    },
    reads: permissions::OF_ROLES,
    always: &[crate::iam::reads::GET_ROLE],
    ..Spec::READING
};

struct AnalyzeCallerPermissions;

/// What the gateway adds to what the role may do.
const BEYOND: &str = "what the role's own policies and boundary allow; endpoint policies, the session's policy, resource \
    policies and SCPs can only take away from it (see whoami for your access)";

impl ReadTool for AnalyzeCallerPermissions {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        Ok(permissions::declared(&ROLE, call.facts.mapping.role_arn.name()))
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let held = Held::read(reader, &ROLE, call.facts.mapping.role_arn.name()).await?;
            let snapshot = alone::snapshot(&held, EntityKind::Role, reader.account(), reader.now());
            let standing = alone::standing(&snapshot).expect("AWS's ARN of a role is one");
            let mut shown = standing.shown();
            shown["RoleArn"] = call.facts.mapping.role_arn.to_string().into();
            shown["Access"] = call.facts.access().as_str().into();
            shown["Counted"] = BEYOND.into();
            Ok(shown)
        })
    }
}
