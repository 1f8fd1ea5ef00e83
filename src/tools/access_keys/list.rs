//! `list_access_keys`

use serde_json::Value;

use super::keys;
use crate::config::Toolset;
use crate::iam::reads::LIST_ACCESS_KEYS;
use crate::iam::{DeclaredCall, Reader, shape};
use crate::tools::holder::{USER, USER_PARAMETER};
use crate::tools::pages;
use crate::tools::parameter::PROFILE;
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `list_access_keys`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&ListAccessKeys) };

static SPEC: Spec = Spec {
    name: "list_access_keys",
    aliases: &["aws_iam_list_access_keys"],
    title: "List access keys",
    description: "Lists the access keys of an IAM user, two at most: id, status and age, never a secret.",
    toolset: Toolset::AccessKeys,
    own_parameters: &[USER_PARAMETER, PROFILE],
    output: || pages::output("AccessKeyMetadata", &["AccessKeyId", "Status"]),
    reads: &[LIST_ACCESS_KEYS],
    always: &[LIST_ACCESS_KEYS],
    ..Spec::READING
};

struct ListAccessKeys;

impl ReadTool for ListAccessKeys {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        Ok(vec![USER.on(LIST_ACCESS_KEYS, call.arguments.required(USER_PARAMETER.name))])
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let keys = keys::list(reader, call.arguments.required(USER_PARAMETER.name)).await?;
            Ok(pages::page("AccessKeyMetadata", keys.iter().map(shape::access_key).collect(), None))
        })
    }
}
