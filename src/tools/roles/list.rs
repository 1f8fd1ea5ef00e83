//! `list_roles`

use serde_json::Value;

use crate::config::Toolset;
use crate::iam::reads::LIST_ROLES;
use crate::iam::{DeclaredCall, EntityKind, Reader, Resource, shape};
use crate::tools::pages::{self, MARKER_OF_PAGE, MAX_ITEMS, PATH_PREFIX_OF_LIST, one_page};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `list_roles`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&ListRoles) };

static SPEC: Spec = Spec {
    name: "list_roles",
    title: "List IAM roles",
    description: "Lists the account's IAM roles, a page at a time, with their trust policies. When IsTruncated is true, \
                  call again with the Marker to get the next page.",
    toolset: Toolset::Roles,
    own_parameters: &[PATH_PREFIX_OF_LIST, MAX_ITEMS, MARKER_OF_PAGE],
    output: || pages::output("Roles", &["RoleName", "Arn"]),
    reads: &[LIST_ROLES],
    always: &[LIST_ROLES],
    ..Spec::READING
};

struct ListRoles;

impl ReadTool for ListRoles {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        let prefix = pages::prefix(&call.arguments);
        let resource = Resource::Below(EntityKind::Role, prefix.to_owned());
        Ok(vec![DeclaredCall::new(LIST_ROLES, resource).with("PathPrefix", prefix)])
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let prefix = pages::prefix(&call.arguments);
            let resource = &Resource::Below(EntityKind::Role, prefix.to_owned());
            let request = || reader.iam().list_roles().path_prefix(prefix);
            one_page!(call, reader, LIST_ROLES, resource, request(), roles, "Roles", shape::role).await
        })
    }
}
