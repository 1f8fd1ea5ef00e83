//! `delete_group`

use serde_json::{Map, Value};

use super::inventory::{self, Inventory};
use super::members;
use crate::config::Toolset;
use crate::iam::change::actions;
use crate::iam::reads::GET_GROUP;
use crate::iam::{Change, PlannedCall, Reader, Resource};
use crate::tools::delete::{FORCE, KEPT_OF_DELETION, deleted, deleted_output, refuse_unless_forced};
use crate::tools::holder::held::Held;
use crate::tools::holder::{GROUP, GROUP_PARAMETER, gains};
use crate::tools::{Call, Declaration, Effect, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool};

/// `delete_group`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&DeleteGroup) };

static SPEC: Spec = Spec {
    name: "delete_group",
    title: "Delete an IAM group",
    description: "Deletes an IAM group. One that still has members or policies is deleted only with force, which removes \
                  them first; the users themselves stay.",
    toolset: Toolset::Groups,
    effect: Effect::Destructive,
    own_parameters: &[GROUP_PARAMETER, FORCE],
    output: || deleted_output("GroupName"),
    kept: KEPT_OF_DELETION,
    reads: gains::OF_GROUPS,
    writes: &[
        actions::REMOVE_USER_FROM_GROUP,
        actions::DETACH_GROUP_POLICY,
        actions::DELETE_GROUP_POLICY,
        actions::DELETE_GROUP,
    ],
    always: &[GET_GROUP, actions::DELETE_GROUP],
    ..Spec::WRITING
};

struct DeleteGroup;

impl WriteTool for DeleteGroup {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let name = call.arguments.required(GROUP_PARAMETER.name);
        let mut writes = vec![GROUP.on(actions::DELETE_GROUP, name)];
        if call.arguments.is_set(FORCE.name) {
            writes.extend([
                GROUP.on(actions::REMOVE_USER_FROM_GROUP, name).with_found("UserName"),
                GROUP.on(actions::DETACH_GROUP_POLICY, name).with_found("PolicyArn"),
                GROUP.on(actions::DELETE_GROUP_POLICY, name).with_found("PolicyName"),
            ]);
        }
        let mut reads = inventory::declared(name);
        reads.extend(gains::declared_of_members(&GROUP, name));
        Ok(Declaration { reads, writes })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let name = call.arguments.required(GROUP_PARAMETER.name);
            let inventory = Inventory::read(reader, name).await?;
            let mut calls = removals(name, &inventory);
            let arn = inventory.membership.group.arn();
            refuse_unless_forced(call, &calls, "group", name, actions::DELETE_GROUP, arn)?;
            calls.push(Change::DeleteGroup { group_name: name.to_owned() }.on(Resource::Arn(arn.to_owned())));
            let lost = Map::from_iter([("Group".to_owned(), Value::Object(inventory.shown()))]);
            let members = &inventory.membership.users;
            let granted = match members.is_empty() {
                true => None,
                // What the group denies can be had without it.
                false => {
                    let own = Held::read(reader, &GROUP, name).await?;
                    let account = call.facts.account.id.as_str();
                    let nothing = Held { documents: Vec::new(), ..own.clone() };
                    let out = |held: &Held| held.out_of(name);
                    gains::of_holder(reader, account, &own, &nothing, members, out).await?.if_any()
                }
            };
            Ok(Plan { calls, lost, granted, reached: members::reached(members), ..Plan::default() })
        })
    }

    fn result(&self, plan: &Plan, _answers: Vec<Value>) -> Value {
        deleted("GroupName", &plan.lost["Group"])
    }
}

/// The calls that clear the way for DeleteGroup. The members go first: a run that stops half-way leaves nobody with what
/// the rest of the policies would allow alone.
fn removals(name: &str, inventory: &Inventory) -> Vec<PlannedCall> {
    let group = || Resource::Arn(inventory.membership.group.arn().to_owned());
    let mut calls = Vec::new();
    for user in &inventory.membership.users {
        let user_name = user.user_name().to_owned();
        calls.push(Change::RemoveUserFromGroup { group_name: name.to_owned(), user_name }.on(group()));
    }
    for policy in &inventory.attached {
        calls.push((GROUP.detach.1)(name.to_owned(), policy.arn.clone()).on(group()));
    }
    for (policy, _) in &inventory.inline {
        calls.push((GROUP.delete.1)(name.to_owned(), policy.clone()).on(group()));
    }
    calls
}
