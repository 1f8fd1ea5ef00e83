//! `get_account_summary`

use serde_json::{Map, Value, json};

use crate::config::Toolset;
use crate::iam::reads::GET_ACCOUNT_SUMMARY;
use crate::iam::{AwsFailure, DeclaredCall, Reader, Resource};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `get_account_summary`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&GetAccountSummary) };

static SPEC: Spec = Spec {
    name: "get_account_summary",
    title: "Count what the account has",
    description: "Shows how many users, groups, roles and policies the account has, its quotas, and whether its root user has \
                  access keys and MFA.",
    toolset: Toolset::Governance,
    output: || json!({"SummaryMap": {"type": "object"}}),
    reads: &[GET_ACCOUNT_SUMMARY],
    always: &[GET_ACCOUNT_SUMMARY],
    ..Spec::READING
};

struct GetAccountSummary;

impl ReadTool for GetAccountSummary {
    fn declare(&self, _call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        // IAM authorizes it on no resource.
        Ok(vec![DeclaredCall::new(GET_ACCOUNT_SUMMARY, Resource::All)])
    }

    fn answer<'a>(&'a self, _call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let request = reader.iam().get_account_summary();
            let answer = reader.read(GET_ACCOUNT_SUMMARY, &Resource::All, Box::pin(request.send())).await?;
            let unreadable = || AwsFailure::unreadable(GET_ACCOUNT_SUMMARY.as_str(), "*");
            let counts = answer.summary_map().ok_or_else(unreadable)?;
            let counts: Map<String, Value> =
                counts.iter().map(|(name, count)| (name.as_str().to_owned(), (*count).into())).collect();
            Ok(json!({"SummaryMap": counts}))
        })
    }
}
