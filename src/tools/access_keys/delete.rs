//! `delete_access_key`

use serde_json::{Map, Value, json};

use super::{KEPT, KEY_PARAMETER, OF_KEYS, keys, on_key};
use crate::config::Toolset;
use crate::iam::change::actions::DELETE_ACCESS_KEY;
use crate::iam::reads::{GET_USER, LIST_ACCESS_KEYS};
use crate::iam::{Change, Reader, Resource};
use crate::tools::holder::{USER, USER_PARAMETER, permissions};
use crate::tools::parameter::PROFILE;
use crate::tools::{Call, Declaration, Effect, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool};

/// `delete_access_key`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&DeleteAccessKey) };

static SPEC: Spec = Spec {
    name: "delete_access_key",
    aliases: &["aws_iam_delete_access_key"],
    title: "Delete an access key",
    description: "Deletes an access key of an IAM user for good. The plan shows when it was last used; \
                  update_access_key with status=Inactive stops it and can be undone.",
    toolset: Toolset::AccessKeys,
    effect: Effect::Destructive,
    own_parameters: &[USER_PARAMETER, KEY_PARAMETER, PROFILE],
    output: || {
        json!({
            "Deleted": {"type": "object", "properties": {
                "UserName": {"type": "string"}, "AccessKeyId": {"type": "string"},
            }},
        })
    },
    kept: KEPT,
    reads: OF_KEYS,
    writes: &[DELETE_ACCESS_KEY],
    always: &[GET_USER, LIST_ACCESS_KEYS, DELETE_ACCESS_KEY],
    ..Spec::WRITING
};

struct DeleteAccessKey;

impl WriteTool for DeleteAccessKey {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let user = call.arguments.required(USER_PARAMETER.name);
        let id = call.arguments.required(KEY_PARAMETER.name);
        let mut reads = vec![USER.on(GET_USER, user)];
        reads.extend(keys::declared(user));
        Ok(Declaration { reads, writes: vec![on_key(DELETE_ACCESS_KEY, user, Some(id))] })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let user = call.arguments.required(USER_PARAMETER.name);
            let arn = permissions::principal(reader, &USER, user).await?.arn;
            let keys = keys::read(reader, user).await?;
            let key = keys::find(&keys, call.arguments.required(KEY_PARAMETER.name), call, user, &arn)?;
            Ok(planned(key, user, &arn))
        })
    }

    fn result(&self, plan: &Plan, _answers: Vec<Value>) -> Value {
        deleted(plan)
    }
}

/// The plan that deletes a key of the user of this ARN.
#[must_use]
pub fn planned(key: &keys::Key, user: &str, arn: &str) -> Plan {
    let change = Change::DeleteAccessKey { user_name: user.to_owned(), access_key_id: key.id.clone() };
    Plan {
        calls: vec![change.on(Resource::Arn(arn.to_owned()))],
        lost: Map::from_iter([("AccessKey".to_owned(), key.with_last_use())]),
        ..Plan::default()
    }
}

/// What a deletion answers.
#[must_use]
pub fn deleted(plan: &Plan) -> Value {
    json!({"Deleted": plan.calls.last().map(|call| &call.change)})
}
