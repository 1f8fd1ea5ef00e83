//! `list_users`

use serde_json::Value;

use crate::config::Toolset;
use crate::iam::reads::LIST_USERS;
use crate::iam::{DeclaredCall, EntityKind, Reader, Resource, shape};
use crate::tools::pages::{self, MARKER_OF_PAGE, MAX_ITEMS, PATH_PREFIX_OF_LIST, one_page};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `list_users`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&ListUsers) };

static SPEC: Spec = Spec {
    name: "list_users",
    title: "List IAM users",
    description: "Lists the account's IAM users, a page at a time. When IsTruncated is true, \
                  call again with the Marker to get the next page.",
    toolset: Toolset::Users,
    own_parameters: &[PATH_PREFIX_OF_LIST, MAX_ITEMS, MARKER_OF_PAGE],
    output: || pages::output("Users", &["UserName", "Arn"]),
    reads: &[LIST_USERS],
    always: &[LIST_USERS],
    ..Spec::READING
};

struct ListUsers;

impl ReadTool for ListUsers {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        let prefix = pages::prefix(&call.arguments);
        let resource = Resource::Below(EntityKind::User, prefix.to_owned());
        Ok(vec![DeclaredCall::new(LIST_USERS, resource).with("PathPrefix", prefix)])
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let prefix = pages::prefix(&call.arguments);
            let resource = &Resource::Below(EntityKind::User, prefix.to_owned());
            let request = || reader.iam().list_users().path_prefix(prefix);
            one_page!(call, reader, LIST_USERS, resource, request(), users, "Users", shape::user).await
        })
    }
}
