//! `list_policies`

use aws_sdk_iam::types::PolicyScopeType;
use serde_json::Value;

use crate::config::Toolset;
use crate::iam::reads::LIST_POLICIES;
use crate::iam::{DeclaredCall, Reader, Resource, shape};
use crate::tools::pages::{self, MARKER_OF_PAGE, MAX_ITEMS, one_page};
use crate::tools::parameter::{Kept, Kind, POLICY_PATH_PREFIX, Parameter};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `list_policies`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&ListPolicies) };

const PATH_PREFIX_OF_LIST: Parameter =
    Parameter { kind: Kind::Text(&POLICY_PATH_PREFIX), ..pages::PATH_PREFIX_OF_LIST };

const SCOPE: Parameter = Parameter {
    name: "scope",
    description: "Local: the account's own; AWS: those that AWS manages; All: both",
    kind: Kind::Choice { words: &["Local", "AWS", "All"], default: "Local" },
    required: false,
    kept: Kept::AsGiven,
};

const ONLY_ATTACHED: Parameter = Parameter {
    name: "only_attached",
    description: "true: only those that are attached to something",
    kind: Kind::Boolean,
    required: false,
    kept: Kept::AsGiven,
};

static SPEC: Spec = Spec {
    name: "list_policies",
    title: "List managed policies",
    description: "Lists managed policies, a page at a time. When IsTruncated is true, call again with the Marker to get the \
                  next page.",
    toolset: Toolset::Policies,
    own_parameters: &[SCOPE, ONLY_ATTACHED, PATH_PREFIX_OF_LIST, MAX_ITEMS, MARKER_OF_PAGE],
    output: || pages::output("Policies", &["PolicyName", "Arn"]),
    reads: &[LIST_POLICIES],
    always: &[LIST_POLICIES],
    ..Spec::READING
};

struct ListPolicies;

impl ReadTool for ListPolicies {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        let prefix = pages::prefix(&call.arguments);
        Ok(vec![DeclaredCall::new(LIST_POLICIES, Resource::All).with("PathPrefix", prefix)])
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let scope = PolicyScopeType::from(call.arguments.text(SCOPE.name).unwrap_or("Local"));
            let only_attached = call.arguments.is_set(ONLY_ATTACHED.name);
            let prefix = pages::prefix(&call.arguments);
            let request =
                || reader.iam().list_policies().scope(scope.clone()).only_attached(only_attached).path_prefix(prefix);
            let resource = &Resource::All;
            one_page!(call, reader, LIST_POLICIES, resource, request(), policies, "Policies", shape::policy).await
        })
    }
}
