//! `delete_role`

use serde_json::{Map, Value};

use super::inventory::{self, Inventory};
use crate::config::Toolset;
use crate::iam::change::actions;
use crate::iam::reads::GET_ROLE;
use crate::iam::{Change, DeclaredCall, EntityKind, PlannedCall, Reader, Resource, reads};
use crate::tools::delete::{FORCE, KEPT_OF_DELETION, deleted, deleted_output, refuse_unless_forced};
use crate::tools::holder::{ROLE, ROLE_PARAMETER};
use crate::tools::withdrawal::{self, Weight};
use crate::tools::{Call, Declaration, Effect, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool};

/// `delete_role`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&DeleteRole) };

static SPEC: Spec = Spec {
    name: "delete_role",
    title: "Delete an IAM role",
    description: "Deletes an IAM role. One that still has policies or is in instance profiles is deleted only with force, \
                  which removes them first.",
    toolset: Toolset::Roles,
    effect: Effect::Destructive,
    own_parameters: &[ROLE_PARAMETER, FORCE],
    output: || deleted_output("RoleName"),
    kept: KEPT_OF_DELETION,
    reads: &[
        GET_ROLE,
        reads::LIST_ATTACHED_ROLE_POLICIES,
        reads::LIST_ROLE_POLICIES,
        reads::GET_ROLE_POLICY,
        reads::LIST_INSTANCE_PROFILES_FOR_ROLE,
        reads::GET_POLICY,
        reads::GET_POLICY_VERSION,
    ],
    writes: &[
        actions::DETACH_ROLE_POLICY,
        actions::DELETE_ROLE_POLICY,
        actions::REMOVE_ROLE_FROM_INSTANCE_PROFILE,
        actions::DELETE_ROLE,
    ],
    always: &[GET_ROLE, actions::DELETE_ROLE],
    ..Spec::WRITING
};

struct DeleteRole;

impl WriteTool for DeleteRole {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let name = call.arguments.required(ROLE_PARAMETER.name);
        let mut reads = inventory::declared(name);
        let mut writes = vec![ROLE.on(actions::DELETE_ROLE, name)];
        if call.arguments.is_set(FORCE.name) {
            writes.extend([
                ROLE.on(actions::DETACH_ROLE_POLICY, name).with_found("PolicyArn"),
                ROLE.on(actions::DELETE_ROLE_POLICY, name).with_found("PolicyName"),
                DeclaredCall::new(
                    actions::REMOVE_ROLE_FROM_INSTANCE_PROFILE,
                    Resource::Any(EntityKind::InstanceProfile),
                )
                .with_found("InstanceProfileName")
                .with("RoleName", name),
            ]);
            reads.extend(withdrawal::attached_declared());
        }
        Ok(Declaration { reads, writes })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let name = call.arguments.required(ROLE_PARAMETER.name);
            let inventory = Inventory::read(reader, name).await?;
            let attached = match call.arguments.is_set(FORCE.name) {
                true => withdrawal::attached(reader, &inventory.attached).await?,
                // Whatever hangs on it is refused then, in any order.
                false => vec![Value::Null; inventory.attached.len()],
            };
            let mut calls = removals(name, &inventory, &attached);
            let arn = inventory.role.arn();
            refuse_unless_forced(call, &calls, "role", name, actions::DELETE_ROLE, arn)?;
            calls.push(Change::DeleteRole { role_name: name.to_owned() }.on(Resource::Arn(arn.to_owned())));
            let lost = Map::from_iter([("Role".to_owned(), Value::Object(inventory.shown()))]);
            Ok(Plan { calls, lost, ..Plan::default() })
        })
    }

    fn result(&self, plan: &Plan, _answers: Vec<Value>) -> Value {
        deleted("RoleName", &plan.lost["Role"])
    }
}

/// The calls that clear the way for DeleteRole; `attached` are the documents of what is attached. What the role is used by
/// goes first, so that a run that stops half-way leaves nobody with a role whose policies are half there.
fn removals(name: &str, inventory: &Inventory, attached: &[Value]) -> Vec<PlannedCall> {
    let on_role = || Resource::Arn(inventory.role.arn().to_owned());
    let mut calls = Vec::new();
    for profile in &inventory.profiles {
        let change = Change::RemoveRoleFromInstanceProfile {
            instance_profile_name: profile.instance_profile_name().to_owned(),
            role_name: name.to_owned(),
        };
        calls.push(change.on(Resource::Arn(profile.arn().to_owned())));
    }
    let mut going = Vec::new();
    for (policy, document) in inventory.attached.iter().zip(attached) {
        going.push((Weight::of(document), (ROLE.detach.1)(name.to_owned(), policy.arn.clone()).on(on_role())));
    }
    for (policy, document) in &inventory.inline {
        going.push((Weight::of(document), (ROLE.delete.1)(name.to_owned(), policy.clone()).on(on_role())));
    }
    calls.extend(withdrawal::in_order(going));
    calls
}
