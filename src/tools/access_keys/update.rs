//! `update_access_key`

use serde_json::{Map, Value, json};

use super::{KEPT, KEY_PARAMETER, OF_KEYS_AND_PERMISSIONS, keys, on_key};
use crate::config::Toolset;
use crate::iam::change::Status;
use crate::iam::change::actions::UPDATE_ACCESS_KEY;
use crate::iam::reads::{GET_USER, LIST_ACCESS_KEYS};
use crate::iam::{Change, Reader, Resource};
use crate::tools::grants::Granted;
use crate::tools::holder::held::Held;
use crate::tools::holder::permissions;
use crate::tools::holder::{USER, USER_PARAMETER};
use crate::tools::parameter::{Kept, Kind, PROFILE, Parameter};
use crate::tools::{
    Arguments, Call, Declaration, Effect, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool, grants,
};

/// `update_access_key`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&UpdateAccessKey) };

const STATUS: Parameter = Parameter {
    name: "status",
    description: "Active: the key works (again); Inactive: it does not",
    kind: Kind::OneOf(&["Active", "Inactive"]),
    required: true,
    kept: Kept::AsGiven,
};

static SPEC: Spec = Spec {
    name: "update_access_key",
    aliases: &["aws_iam_update_access_key"],
    title: "Activate or deactivate an access key",
    description: "Activates or deactivates an access key of an IAM user. The plan shows what an activated key lets do, or \
                  when the one that stops working was last used.",
    toolset: Toolset::AccessKeys,
    effect: Effect::Grant,
    other_effects: &[Effect::Destructive],
    effect_of: Some(|arguments| match status(arguments) {
        Status::Active => Effect::Grant,
        Status::Inactive => Effect::Destructive,
    }),
    idempotent: true,
    own_parameters: &[USER_PARAMETER, KEY_PARAMETER, STATUS, PROFILE],
    output: updated_output,
    kept: KEPT,
    reads: OF_KEYS_AND_PERMISSIONS,
    writes: &[UPDATE_ACCESS_KEY],
    always: &[GET_USER, LIST_ACCESS_KEYS, UPDATE_ACCESS_KEY],
    ..Spec::WRITING
};

/// The members of what an update answers.
#[must_use]
pub fn updated_output() -> Value {
    json!({
        "AccessKey": {"type": "object", "properties": {
            "UserName": {"type": "string"}, "AccessKeyId": {"type": "string"}, "Status": {"type": "string"},
        }},
    })
}

fn status(arguments: &Arguments) -> Status {
    match arguments.text(STATUS.name) {
        Some("Inactive") => Status::Inactive,
        _ => Status::Active,
    }
}

struct UpdateAccessKey;

impl WriteTool for UpdateAccessKey {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let user = call.arguments.required(USER_PARAMETER.name);
        let mut reads = match status(&call.arguments) {
            Status::Active => permissions::declared(&USER, user),
            Status::Inactive => vec![USER.on(GET_USER, user)],
        };
        reads.extend(keys::declared(user));
        let id = call.arguments.required(KEY_PARAMETER.name);
        Ok(Declaration { reads, writes: vec![on_key(UPDATE_ACCESS_KEY, user, Some(id))] })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let user = call.arguments.required(USER_PARAMETER.name);
            let id = call.arguments.required(KEY_PARAMETER.name);
            let status = status(&call.arguments);
            let (principal, permissions) = match status {
                Status::Active => {
                    let held = Held::read(reader, &USER, user).await?;
                    let permissions = held.permissions();
                    (held.principal, Some(permissions))
                }
                Status::Inactive => (permissions::principal(reader, &USER, user).await?, None),
            };
            let arn = principal.arn.clone();
            let keys = keys::read(reader, user).await?;
            let key = keys::find(&keys, id, call, user, &arn)?;
            // One that works already lets nobody do more, and one that does not takes nothing away.
            let granted = permissions.map(|permissions| match key.is_active() {
                true => Granted::default(),
                false => grants::all_of(&permissions, call.facts.account.id.as_str()),
            });
            let lost = match (status, key.is_active()) {
                (Status::Inactive, true) => Map::from_iter([("AccessKey".to_owned(), key.with_last_use())]),
                _ => Map::new(),
            };
            let change = Change::UpdateAccessKey { user_name: user.to_owned(), access_key_id: id.to_owned(), status };
            let calls = vec![change.on(Resource::Arn(arn))];
            Ok(Plan { calls, lost, granted, ..Plan::default() }.observing(&principal))
        })
    }

    fn result(&self, plan: &Plan, _answers: Vec<Value>) -> Value {
        updated(plan)
    }
}

/// What an update of a key answers: its input, since AWS answers nothing.
#[must_use]
pub fn updated(plan: &Plan) -> Value {
    json!({"AccessKey": plan.calls.last().map(|call| &call.change)})
}
