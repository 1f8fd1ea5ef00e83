//! `get_access_key_last_used`

use serde_json::{Value, json};

use super::KEY_PARAMETER;
use crate::config::Toolset;
use crate::iam::reads::GET_ACCESS_KEY_LAST_USED;
use crate::iam::{AwsFailure, DeclaredCall, EntityKind, Reader, Resource, shape};
use crate::tools::parameter::PROFILE;
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `get_access_key_last_used`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&GetAccessKeyLastUsed) };

static SPEC: Spec = Spec {
    name: "get_access_key_last_used",
    aliases: &["aws_iam_get_access_key_last_used"],
    title: "See when an access key was last used",
    description: "Shows whose an access key is, and when, for which service and in which region it was last used.",
    toolset: Toolset::AccessKeys,
    own_parameters: &[KEY_PARAMETER, PROFILE],
    output: || {
        json!({
            "UserName": {"type": "string"},
            "AccessKeyLastUsed": {"type": "object", "properties": {
                "LastUsedDate": {"type": "string"}, "ServiceName": {"type": "string"}, "Region": {"type": "string"},
            }},
        })
    },
    reads: &[GET_ACCESS_KEY_LAST_USED],
    always: &[GET_ACCESS_KEY_LAST_USED],
    ..Spec::READING
};

struct GetAccessKeyLastUsed;

/// IAM authorizes it on the user whose key it is, and only the answer tells who that is: until then it could be any.
const OWNER: Resource = Resource::Any(EntityKind::User);

impl ReadTool for GetAccessKeyLastUsed {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        let id = call.arguments.required(KEY_PARAMETER.name);
        Ok(vec![DeclaredCall::new(GET_ACCESS_KEY_LAST_USED, OWNER).with("AccessKeyId", id)])
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let id = call.arguments.required(KEY_PARAMETER.name);
            let request = reader.iam().get_access_key_last_used().access_key_id(id);
            let answer = reader.read(GET_ACCESS_KEY_LAST_USED, &OWNER, Box::pin(request.send())).await;
            let answer =
                answer.map_err(|failure| or_no_such_key(failure.naming("access key", id, reader.account())))?;
            Ok(json!({
                "UserName": answer.user_name(),
                "AccessKeyLastUsed": answer.access_key_last_used().map_or_else(|| json!({}), shape::access_key_last_used),
            }))
        })
    }
}

/// AWS does not say whether a key is another account's or nobody's: of both it says that the caller may not.
fn or_no_such_key(failure: AwsFailure) -> ToolError {
    let mut error = ToolError::from(failure);
    if let (true, Some(hint)) = (error.code.starts_with("AccessDenied"), &mut error.hint) {
        hint.push_str("; or there is no such key in this account, of which AWS says the same");
    }
    error
}
