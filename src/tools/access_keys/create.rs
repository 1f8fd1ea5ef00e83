//! `create_access_key`

use serde_json::{Map, Value, json};

use super::{KEPT, OF_KEYS_AND_PERMISSIONS, keys, new_secret, rotation};
use crate::config::Toolset;
use crate::iam::change::actions::CREATE_ACCESS_KEY;
use crate::iam::reads::{GET_USER, LIST_ACCESS_KEYS};
use crate::iam::{Interrupted, Reader, Writer};
use crate::tools::holder::held::Held;
use crate::tools::holder::permissions;
use crate::tools::holder::{USER, USER_PARAMETER};
use crate::tools::parameter::PROFILE;
use crate::tools::{Call, Declaration, Effect, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool, grants};

/// `create_access_key`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&CreateAccessKey) };

static SPEC: Spec = Spec {
    name: "create_access_key",
    aliases: &["aws_iam_create_access_key"],
    title: "Create an access key",
    description: "Creates an access key for an IAM user. What becomes of its secret is the gateway's setting: refused, \
                  told once in the result, or stored in Secrets Manager. To replace a key, use rotate_access_key.",
    toolset: Toolset::AccessKeys,
    effect: Effect::Grant,
    own_parameters: &[USER_PARAMETER, PROFILE],
    output: made_output,
    kept: KEPT,
    reads: OF_KEYS_AND_PERMISSIONS,
    writes: &[CREATE_ACCESS_KEY],
    always: &[GET_USER, LIST_ACCESS_KEYS, CREATE_ACCESS_KEY],
    ..Spec::WRITING
};

/// The members of what making a key answers.
#[must_use]
pub fn made_output() -> Value {
    json!({
        "AccessKey": {"type": "object", "properties": {
            "UserName": {"type": "string"}, "AccessKeyId": {"type": "string"}, "Status": {"type": "string"},
        }},
        "SecretArn": {"type": "string"},
    })
}

struct CreateAccessKey;

impl WriteTool for CreateAccessKey {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let user = call.arguments.required(USER_PARAMETER.name);
        let writes = new_secret::declare(call, user)?;
        let mut reads = permissions::declared(&USER, user);
        reads.extend(keys::declared(user));
        Ok(Declaration { reads, writes })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let user = call.arguments.required(USER_PARAMETER.name);
            let held = Held::read(reader, &USER, user).await?;
            let keys = keys::read(reader, user).await?;
            let arn = held.principal.arn.as_str();
            rotation::check_room(&keys, user, arn)?;
            let account = call.facts.account.id.as_str();
            // The keys that there are: a confirmation is good for one more, and not for another after it.
            let there: Vec<Value> = keys.iter().map(keys::Key::shown).collect();
            Ok(Plan {
                granted: Some(grants::all_of(&held.permissions(), account)),
                stays: Map::from_iter([("AccessKeys".to_owned(), there.into())]),
                ..new_secret::planned(call, user, arn)
            }
            .observing(&held.principal))
        })
    }

    fn apply<'a>(&'a self, plan: &'a Plan, writer: &'a Writer<'a>) -> ToolFuture<'a, Result<Value, Interrupted>> {
        Box::pin(new_secret::make(plan, writer))
    }
}
