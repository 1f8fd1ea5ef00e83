//! `add_user_to_group` and `remove_user_from_group`

use serde_json::{Map, json};

use super::members;
use crate::config::Toolset;
use crate::iam::change::actions::{ADD_USER_TO_GROUP, REMOVE_USER_FROM_GROUP};
use crate::iam::reads::{GET_GROUP, GET_USER};
use crate::iam::{Action, Change, DeclaredCall, Reader, Resource};
use crate::tools::holder::held::{self, Held};
use crate::tools::holder::{GROUP, GROUP_PARAMETER, USER, USER_PARAMETER, gains, permissions};
use crate::tools::{Call, Declaration, Effect, KeptOfResult, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool};

/// `add_user_to_group`
pub const ADD: Tool = Tool { spec: &ADD_SPEC, work: Work::Write(&AddUserToGroup) };

static ADD_SPEC: Spec = Spec {
    name: "add_user_to_group",
    title: "Add a user to a group",
    description: "Adds an IAM user to a group. The plan shows what the user could newly do.",
    toolset: Toolset::Groups,
    effect: Effect::Grant,
    idempotent: true,
    own_parameters: &[GROUP_PARAMETER, USER_PARAMETER],
    output: || json!({}),
    reads: ADDING,
    writes: &[ADD_USER_TO_GROUP],
    always: &[GET_GROUP, GET_USER, ADD_USER_TO_GROUP],
    ..Spec::WRITING
};

/// What a user holds, and the group.
const ADDING: &[Action] = gains::OF_GROUPS;

/// `remove_user_from_group`
pub const REMOVE: Tool = Tool { spec: &REMOVE_SPEC, work: Work::Write(&RemoveUserFromGroup) };

static REMOVE_SPEC: Spec = Spec {
    name: "remove_user_from_group",
    title: "Remove a user from a group",
    description: "Removes an IAM user from a group; the user loses what the group's policies allow.",
    toolset: Toolset::Groups,
    effect: Effect::Destructive,
    own_parameters: &[GROUP_PARAMETER, USER_PARAMETER],
    output: || json!({}),
    kept: KeptOfResult::ALL_LOST,
    reads: ADDING,
    writes: &[REMOVE_USER_FROM_GROUP],
    always: &[GET_GROUP, GET_USER, REMOVE_USER_FROM_GROUP],
    ..Spec::WRITING
};

fn names(call: &Call) -> (&str, &str) {
    (call.arguments.required(GROUP_PARAMETER.name), call.arguments.required(USER_PARAMETER.name))
}

fn membership(action: Action, group: &str, user: &str) -> DeclaredCall {
    GROUP.on(action, group).with("UserName", user)
}

struct AddUserToGroup;

impl WriteTool for AddUserToGroup {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let (group, user) = names(call);
        let mut reads = permissions::declared(&USER, user);
        reads.extend(permissions::declared(&GROUP, group));
        Ok(Declaration { reads, writes: vec![membership(ADD_USER_TO_GROUP, group, user)] })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let (group, user) = names(call);
            let principal = permissions::principal(reader, &GROUP, group).await?;
            let (held, given) = tokio::try_join!(Held::read(reader, &USER, user), held::of_group(reader, group))?;
            let mut after = held.clone();
            after.documents.extend(given);
            let change = Change::AddUserToGroup { group_name: group.to_owned(), user_name: user.to_owned() };
            Ok(Plan {
                calls: vec![change.on(Resource::Arn(principal.arn.clone()))],
                granted: Some(gains::of_one(&held, &after, call.facts.account.id.as_str())),
                reached: Some(vec![Resource::Arn(held.principal.arn.clone())]),
                ..Plan::default()
            }
            .observing(&principal)
            .observing(&held.principal))
        })
    }
}

struct RemoveUserFromGroup;

impl WriteTool for RemoveUserFromGroup {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let (group, user) = names(call);
        let mut reads = permissions::declared(&USER, user);
        reads.push(GROUP.on(GET_GROUP, group));
        Ok(Declaration { reads, writes: vec![membership(REMOVE_USER_FROM_GROUP, group, user)] })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let (group, user) = names(call);
            let found = members::read(reader, group).await?;
            let Some(member) = found.users.iter().find(|own| own.user_name().eq_ignore_ascii_case(user)) else {
                let account = &call.facts.account.id;
                let message = format!("the IAM user {user} is not in the group {group} in account {account}");
                return Err(ToolError::gateway("NoSuchEntity", message)
                    .on(REMOVE_USER_FROM_GROUP.as_str(), found.group.arn())
                    .hint("get_group shows its members"));
            };
            let lost = json!({
                "GroupName": found.group.group_name(), "GroupArn": found.group.arn(),
                "UserName": member.user_name(), "UserArn": member.arn(),
            });
            let reached = Some(vec![Resource::Arn(member.arn().to_owned())]);
            // What the group denies can be had outside of it.
            let held = Held::read(reader, &USER, user).await?;
            let granted = gains::of_one(&held, &held.out_of(group), call.facts.account.id.as_str());
            let change = Change::RemoveUserFromGroup { group_name: group.to_owned(), user_name: user.to_owned() };
            Ok(Plan {
                calls: vec![change.on(Resource::Arn(found.group.arn().to_owned()))],
                lost: Map::from_iter([("Membership".to_owned(), lost)]),
                granted: granted.if_any(),
                reached,
                ..Plan::default()
            }
            .observing(&held.principal))
        })
    }
}
