//! `rotate_access_key`

use serde_json::{Map, Value, json};

use super::keys::{self, Key};
use super::rotation::Rotation;
use super::{KEPT, OF_KEYS_AND_PERMISSIONS, delete, new_secret, on_key, update};
use crate::config::Toolset;
use crate::iam::change::Status;
use crate::iam::change::actions::{CREATE_ACCESS_KEY, DELETE_ACCESS_KEY, UPDATE_ACCESS_KEY};
use crate::iam::reads::{GET_USER, LIST_ACCESS_KEYS};
use crate::iam::{Change, Interrupted, Reader, Resource, Writer};
use crate::tools::holder::held::Held;
use crate::tools::holder::permissions;
use crate::tools::holder::{USER, USER_PARAMETER};
use crate::tools::parameter::{Kept, Kind, Parameter};
use crate::tools::{
    Arguments, Call, Declaration, Effect, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool, grants,
};

/// `rotate_access_key`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&RotateAccessKey) };

const OLD_KEY: Parameter = Parameter {
    name: "old_access_key_id",
    description: "the key to be replaced; may be left out while the user has one key",
    required: false,
    ..super::KEY_PARAMETER
};

const STAGE: Parameter = Parameter {
    name: "stage",
    description: "create a new key, then deactivate the old one, then delete it",
    kind: Kind::OneOf(&["create", "deactivate", "delete"]),
    required: true,
    kept: Kept::AsGiven,
};

const USUAL_GRACE: i64 = 1;

const GRACE_DAYS: Parameter = Parameter {
    name: "grace_days",
    description: "a key that was used within so many days is still in use",
    kind: Kind::Integer { min: 1, max: 365, default: Some(USUAL_GRACE) },
    required: false,
    kept: Kept::AsGiven,
};

const FORCE: Parameter = Parameter {
    name: "force",
    description: "true: deactivate or delete a key that is in use, or that is the only one that works",
    kind: Kind::Boolean,
    required: false,
    kept: Kept::AsGiven,
};

static SPEC: Spec = Spec {
    name: "rotate_access_key",
    title: "Rotate an access key",
    description: "Replaces an access key of an IAM user in three calls: create makes a second key; deactivate stops the old \
                  one once everything uses the new; delete deletes it. A key used within grace_days is left alone \
                  unless forced. Each result says what comes next.",
    toolset: Toolset::AccessKeys,
    effect: Effect::Grant,
    other_effects: &[Effect::Destructive],
    effect_of: Some(|arguments| match Stage::of(arguments) {
        Stage::Create => Effect::Grant,
        Stage::Deactivate | Stage::Delete => Effect::Destructive,
    }),
    own_parameters: &[USER_PARAMETER, OLD_KEY, STAGE, GRACE_DAYS, FORCE],
    output: || {
        let key = json!({"type": "object", "properties": {
            "UserName": {"type": "string"}, "AccessKeyId": {"type": "string"}, "Status": {"type": "string"},
        }});
        json!({"AccessKey": key, "SecretArn": {"type": "string"}, "Deleted": key})
    },
    kept: KEPT,
    reads: OF_KEYS_AND_PERMISSIONS,
    writes: &[CREATE_ACCESS_KEY, UPDATE_ACCESS_KEY, DELETE_ACCESS_KEY],
    always: &[GET_USER, LIST_ACCESS_KEYS],
    ..Spec::WRITING
};

/// How far the rotation is to go with this call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Create,
    Deactivate,
    Delete,
}

impl Stage {
    fn of(arguments: &Arguments) -> Self {
        match arguments.text(STAGE.name) {
            Some("deactivate") => Self::Deactivate,
            Some("delete") => Self::Delete,
            _ => Self::Create,
        }
    }
}

struct RotateAccessKey;

impl WriteTool for RotateAccessKey {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let user = call.arguments.required(USER_PARAMETER.name);
        let old = call.arguments.text(OLD_KEY.name);
        let of_user = || vec![USER.on(GET_USER, user)];
        let (mut reads, writes) = match Stage::of(&call.arguments) {
            Stage::Create => (permissions::declared(&USER, user), new_secret::declare(call, user)?),
            Stage::Deactivate => (of_user(), vec![on_key(UPDATE_ACCESS_KEY, user, old)]),
            Stage::Delete => (of_user(), vec![on_key(DELETE_ACCESS_KEY, user, old)]),
        };
        reads.extend(keys::declared(user));
        Ok(Declaration { reads, writes })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let user = call.arguments.required(USER_PARAMETER.name);
            match Stage::of(&call.arguments) {
                Stage::Create => {
                    let held = Held::read(reader, &USER, user).await?;
                    let keys = keys::read(reader, user).await?;
                    let arn = held.principal.arn.as_str();
                    let rotation = rotation(call, &keys, arn);
                    // Of two keys, the limit is what there is to say.
                    rotation.check_creation()?;
                    let old = rotation.old(call.arguments.text(OLD_KEY.name))?;
                    Ok(Plan {
                        granted: Some(grants::all_of(&held.permissions(), call.facts.account.id.as_str())),
                        stays: stays([old]),
                        ..new_secret::planned(call, user, arn)
                    }
                    .observing(&held.principal))
                }
                stage => {
                    let arn = permissions::principal(reader, &USER, user).await?.arn;
                    let keys = keys::read(reader, user).await?;
                    let rotation = rotation(call, &keys, &arn);
                    let old = rotation.old(call.arguments.text(OLD_KEY.name))?;
                    let plan = if stage == Stage::Delete {
                        rotation.check_deletion(old)?;
                        delete::planned(old, user, &arn)
                    } else {
                        rotation.check_deactivation(old)?;
                        deactivation(old, user, &arn)
                    };
                    Ok(Plan { stays: stays(keys.iter().filter(|key| key.id != old.id)), ..plan })
                }
            }
        })
    }

    fn apply<'a>(&'a self, plan: &'a Plan, writer: &'a Writer<'a>) -> ToolFuture<'a, Result<Value, Interrupted>> {
        Box::pin(async move {
            let first = plan.calls.first().map(|call| &call.change);
            if let Some(Change::CreateAccessKey { user_name }) = first {
                let mut made = new_secret::make(plan, writer).await?;
                made["next"] = after_creation(user_name, plan).into();
                return Ok(made);
            }
            writer.perform(&plan.calls).await?;
            Ok(match first {
                Some(Change::UpdateAccessKey { access_key_id, .. }) => {
                    let mut updated = update::updated(plan);
                    updated["next"] = after_deactivation(access_key_id).into();
                    updated
                }
                _ => {
                    let mut deleted = delete::deleted(plan);
                    deleted["next"] = "The rotation is done.".into();
                    deleted
                }
            })
        })
    }
}

fn rotation<'r>(call: &'r Call, keys: &'r [Key], arn: &'r str) -> Rotation<'r> {
    Rotation {
        keys,
        user: call.arguments.required(USER_PARAMETER.name),
        arn,
        account: call.facts.account.id.as_str(),
        now: call.facts.origin.at,
        grace_days: call.arguments.integer(GRACE_DAYS.name).unwrap_or(USUAL_GRACE),
        force: call.arguments.is_set(FORCE.name),
    }
}

/// The plan that deactivates a key. One that does not work any more is deactivated again, which changes nothing.
fn deactivation(old: &Key, user: &str, arn: &str) -> Plan {
    let change =
        Change::UpdateAccessKey { user_name: user.to_owned(), access_key_id: old.id.clone(), status: Status::Inactive };
    let lost = old.is_active().then(|| ("AccessKey".to_owned(), old.with_last_use()));
    Plan { calls: vec![change.on(Resource::Arn(arn.to_owned()))], lost: lost.into_iter().collect(), ..Plan::default() }
}

/// The keys that are left as they are. Whether they were ever used says whether somebody has them; not when, since a plan
/// whose key is used while it is read would be another one.
fn stays<'k>(keys: impl IntoIterator<Item = &'k Key>) -> Map<String, Value> {
    let keys = keys.into_iter().map(|key| {
        let mut shown = key.shown();
        shown["EverUsed"] = key.used.is_some().into();
        shown
    });
    Map::from_iter([("AccessKeys".to_owned(), keys.collect())])
}

fn after_creation(user: &str, plan: &Plan) -> String {
    let old = plan.stays["AccessKeys"][0]["AccessKeyId"].as_str().unwrap_or_default();
    format!(
        "Have everything that uses {old} use the new key. When get_access_key_last_used shows that nothing uses {old} any \
         more, call rotate_access_key with user_name={user}, stage=deactivate and old_access_key_id={old}."
    )
}

fn after_deactivation(old: &str) -> String {
    format!(
        "See that everything works without {old}; update_access_key with status=Active undoes this. Then call \
         rotate_access_key with stage=delete and old_access_key_id={old}."
    )
}
