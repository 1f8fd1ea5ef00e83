//! `list_groups`

use serde_json::Value;

use crate::config::Toolset;
use crate::iam::reads::LIST_GROUPS;
use crate::iam::{DeclaredCall, EntityKind, Reader, Resource, shape};
use crate::tools::pages::{self, MARKER_OF_PAGE, MAX_ITEMS, PATH_PREFIX_OF_LIST, one_page};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `list_groups`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&ListGroups) };

static SPEC: Spec = Spec {
    name: "list_groups",
    title: "List IAM groups",
    description: "Lists the account's IAM groups, a page at a time. When IsTruncated is true, \
                  call again with the Marker to get the next page.",
    toolset: Toolset::Groups,
    own_parameters: &[PATH_PREFIX_OF_LIST, MAX_ITEMS, MARKER_OF_PAGE],
    output: || pages::output("Groups", &["GroupName", "Arn"]),
    reads: &[LIST_GROUPS],
    always: &[LIST_GROUPS],
    ..Spec::READING
};

struct ListGroups;

impl ReadTool for ListGroups {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        let prefix = pages::prefix(&call.arguments);
        let resource = Resource::Below(EntityKind::Group, prefix.to_owned());
        Ok(vec![DeclaredCall::new(LIST_GROUPS, resource).with("PathPrefix", prefix)])
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let prefix = pages::prefix(&call.arguments);
            let resource = &Resource::Below(EntityKind::Group, prefix.to_owned());
            let request = || reader.iam().list_groups().path_prefix(prefix);
            one_page!(call, reader, LIST_GROUPS, resource, request(), groups, "Groups", shape::group).await
        })
    }
}
