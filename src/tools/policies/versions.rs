//! `list_policy_versions`

use serde_json::{Value, json};

use super::POLICY;
use crate::config::Toolset;
use crate::iam::reads::LIST_POLICY_VERSIONS;
use crate::iam::{DeclaredCall, Reader, Resource, shape};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work, managed, pages};

/// `list_policy_versions`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&ListPolicyVersions) };

static SPEC: Spec = Spec {
    name: "list_policy_versions",
    title: "List the versions of a managed policy",
    description: "Lists the versions of a managed policy, of which IAM keeps at most five, and says which one is in force.",
    toolset: Toolset::Policies,
    own_parameters: &[POLICY],
    output: || {
        json!({
            "Versions": {"type": "array", "items": {"type": "object", "properties": {
                "VersionId": {"type": "string"}, "IsDefaultVersion": {"type": "boolean"},
            }, "required": ["VersionId"]}},
            "IsTruncated": {"type": "boolean"},
            "Count": {"type": "integer"},
        })
    },
    reads: &[LIST_POLICY_VERSIONS],
    always: &[LIST_POLICY_VERSIONS],
    ..Spec::READING
};

struct ListPolicyVersions;

/// The read of a policy's versions.
pub(super) fn declared(arn: &str) -> DeclaredCall {
    DeclaredCall::new(LIST_POLICY_VERSIONS, Resource::Arn(arn.to_owned())).with("PolicyArn", arn)
}

impl ReadTool for ListPolicyVersions {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        Ok(vec![declared(call.arguments.required(POLICY.name))])
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let arn = call.arguments.required(POLICY.name);
            let versions = managed::versions(reader, arn).await?;
            Ok(pages::page("Versions", versions.iter().map(shape::policy_version).collect(), None))
        })
    }
}
