//! `get_user`

use futures_util::future::try_join_all;
use serde_json::{Value, json};

use super::inventory::{self, Inventory};
use crate::config::Toolset;
use crate::iam::reads::{self, GET_ACCESS_KEY_LAST_USED};
use crate::iam::{AwsFailure, DeclaredCall, Reader, Resource, shape};
use crate::tools::holder::USER_PARAMETER;
use crate::tools::parameter::Parameter;
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `get_user`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&GetUser) };

static SPEC: Spec = Spec {
    name: "get_user",
    title: "Get an IAM user",
    description: "Shows one IAM user and all that hangs on it: tags, permissions boundary, groups, attached and inline \
                  policies, access keys with last use, MFA devices and login profile.",
    toolset: Toolset::Users,
    own_parameters: &[Parameter { required: false, ..USER_PARAMETER }],
    output: || {
        json!({
            "User": {"type": "object", "properties": {
                "UserName": {"type": "string"}, "Arn": {"type": "string"},
                "Groups": {"type": "array"}, "AttachedPolicies": {"type": "array"},
                "InlinePolicies": {"type": "array"}, "AccessKeys": {"type": "array"},
                "MFADevices": {"type": "array"}, "LoginProfile": {"anyOf": [{"type": "object"}, {"type": "null"}]},
            }, "required": ["UserName", "Arn"]},
        })
    },
    reads: &[
        reads::GET_USER,
        reads::LIST_GROUPS_FOR_USER,
        reads::LIST_ATTACHED_USER_POLICIES,
        reads::LIST_USER_POLICIES,
        reads::GET_USER_POLICY,
        reads::LIST_ACCESS_KEYS,
        GET_ACCESS_KEY_LAST_USED,
        reads::GET_LOGIN_PROFILE,
        reads::LIST_MFA_DEVICES,
    ],
    always: &[reads::GET_USER],
    ..Spec::READING
};

struct GetUser;

impl ReadTool for GetUser {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        let Some(name) = call.arguments.text("user_name") else {
            // AWS's own answer to GetUser without a name from a role's session, given before the call.
            return Err(ToolError::gateway(
                "ValidationError",
                format!(
                    "user_name: is required here, because calls run as the role {}, which has no IAM user of its own",
                    call.facts.mapping.role_arn
                ),
            )
            .parameter("user_name")
            .hint("name a user, or ask whoami who you are"));
        };
        let mut declared = inventory::declared(name);
        declared.push(DeclaredCall::new(GET_ACCESS_KEY_LAST_USED, Resource::user(name)).with_found("AccessKeyId"));
        Ok(declared)
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let name = call.arguments.required("user_name");
            let inventory = Inventory::read(reader, name).await?;
            let last_used = try_join_all(
                inventory
                    .access_keys
                    .iter()
                    .filter_map(|key| key.access_key_id())
                    .map(|id| last_used(reader, name, id)),
            )
            .await?;
            let mut user = inventory.shown();
            if let Some(Value::Array(keys)) = user.get_mut("AccessKeys") {
                for (key, used) in keys.iter_mut().zip(last_used) {
                    key["LastUsed"] = used;
                }
            }
            Ok(json!({"User": user}))
        })
    }
}

/// When and where an access key was last used; `null` if never.
async fn last_used(reader: &Reader, user: &str, access_key_id: &str) -> Result<Value, AwsFailure> {
    let request = reader.iam().get_access_key_last_used().access_key_id(access_key_id);
    let answer = reader.read(GET_ACCESS_KEY_LAST_USED, &Resource::user(user), Box::pin(request.send())).await?;
    Ok(answer.access_key_last_used().map_or(Value::Null, shape::last_used))
}
