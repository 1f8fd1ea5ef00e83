//! `delete_policy`

use futures_util::future::try_join_all;
use serde_json::{Map, Value};

use super::usage::{self, Usage, is_of_aws};
use super::{POLICY, READS, versions};
use crate::config::Toolset;
use crate::iam::change::actions;
use crate::iam::reads::GET_POLICY;
use crate::iam::{AwsFailure, Change, DeclaredCall, PlannedCall, Reader, Resource, shape};
use crate::tools::delete::{FORCE, KEPT_OF_DELETION, deleted, deleted_output, refuse_unless_forced};
use crate::tools::holder::{GROUP, Holder, ROLE, USER, gains};
use crate::tools::{Call, Declaration, Effect, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool, managed};

/// `delete_policy`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&DeletePolicy) };

static SPEC: Spec = Spec {
    name: "delete_policy",
    title: "Delete a managed policy",
    description: "Deletes a managed policy of the account. One that is attached or has several versions is deleted only with \
                  force, which detaches it and deletes them first.",
    toolset: Toolset::Policies,
    effect: Effect::Destructive,
    own_parameters: &[POLICY, FORCE],
    output: || deleted_output("PolicyName"),
    kept: KEPT_OF_DELETION,
    reads: READS,
    writes: &[
        actions::DETACH_USER_POLICY,
        actions::DETACH_ROLE_POLICY,
        actions::DETACH_GROUP_POLICY,
        actions::DELETE_POLICY_VERSION,
        actions::DELETE_POLICY,
    ],
    always: &[GET_POLICY, actions::DELETE_POLICY],
    ..Spec::WRITING
};

struct DeletePolicy;

impl WriteTool for DeletePolicy {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let arn = call.arguments.required(POLICY.name);
        if is_of_aws(&call.facts.account, arn) {
            return Err(ToolError::gateway(
                "ValidationError",
                "policy_arn: must be a policy of the account; AWS's own stay",
            )
            .parameter(POLICY.name));
        }
        let on_policy = |action| DeclaredCall::new(action, Resource::Arn(arn.to_owned())).with("PolicyArn", arn);
        let mut reads = Vec::from(managed::declared(arn));
        reads.push(versions::declared(arn));
        reads.extend(usage::declared_with_principals(arn));
        let mut writes = vec![on_policy(actions::DELETE_POLICY)];
        if call.arguments.is_set(FORCE.name) {
            let detaching = |holder: &Holder| {
                DeclaredCall::new(holder.detach.0, Resource::Any(holder.kind))
                    .with_found(holder.member)
                    .with("PolicyArn", arn)
            };
            writes.extend([&USER, &ROLE, &GROUP].map(detaching));
            writes.push(on_policy(actions::DELETE_POLICY_VERSION).with_found("VersionId"));
        }
        Ok(Declaration { reads, writes })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let arn = call.arguments.required(POLICY.name);
            let policy = managed::policy(reader, arn).await?;
            let (all, used) =
                tokio::try_join!(versions_with_documents(reader, arn), Usage::read_with_members(reader, arn))?;
            if !used.bounded_users.is_empty() || !used.bounded_roles.is_empty() {
                return Err(bounding(arn, &used));
            }
            let mut calls = removals(arn, &all, &used);
            refuse_unless_forced(call, &calls, "managed policy", arn, actions::DELETE_POLICY, arn)?;
            calls.push(Change::DeletePolicy { policy_arn: arn.to_owned() }.on(Resource::Arn(arn.to_owned())));
            // What the policy denies can be had once it is gone.
            let in_force =
                all.iter().find(|version| version.is_default_version()).and_then(|version| version.document());
            let before = in_force.map_or(Value::Null, shape::policy_document);
            let account = call.facts.account.id.as_str();
            let documents: (&[Value], &[Value]) = (std::slice::from_ref(&before), &[]);
            let granted =
                gains::of(reader, account, &used.principals(), documents, |held| held.once(arn, None)).await?;
            let mut lost = shape::policy(&policy);
            lost["Versions"] = all.iter().map(shape::policy_version).collect();
            lost["Attached"] = used.shown();
            Ok(Plan {
                calls,
                lost: Map::from_iter([("Policy".to_owned(), lost)]),
                granted: granted.if_any(),
                reached: Some(used.reached()),
                ..Plan::default()
            })
        })
    }

    fn result(&self, plan: &Plan, _answers: Vec<Value>) -> Value {
        deleted("PolicyName", &plan.lost["Policy"])
    }
}

/// All versions with their documents, so that they can be put back.
async fn versions_with_documents(
    reader: &Reader,
    arn: &str,
) -> Result<Vec<aws_sdk_iam::types::PolicyVersion>, AwsFailure> {
    let all = managed::versions(reader, arn).await?;
    let ids = all.iter().filter_map(|version| version.version_id());
    try_join_all(ids.map(|id| managed::version(reader, arn, id))).await
}

/// The calls that clear the way for DeletePolicy.
fn removals(arn: &str, all: &[aws_sdk_iam::types::PolicyVersion], used: &Usage) -> Vec<PlannedCall> {
    let mut calls = Vec::new();
    for (holder, names) in [(&USER, &used.users), (&ROLE, &used.roles), (&GROUP, &used.groups)] {
        for name in names {
            calls.push((holder.detach.1)(name.clone(), arn.to_owned()).on(holder.named(name)));
        }
    }
    let others = all.iter().filter(|version| !version.is_default_version()).filter_map(|version| version.version_id());
    for id in others {
        let change = Change::DeletePolicyVersion { policy_arn: arn.to_owned(), version_id: id.to_owned() };
        calls.push(change.on(Resource::Arn(arn.to_owned())));
    }
    calls
}

/// A boundary is not taken from anybody on the way: without it they could do more.
fn bounding(arn: &str, used: &Usage) -> ToolError {
    let users = used.bounded_users.iter().map(|name| format!("user {name}"));
    let bounded: Vec<String> = users.chain(used.bounded_roles.iter().map(|name| format!("role {name}"))).collect();
    ToolError::gateway(
        "DeleteConflict",
        format!("{arn} is the permissions boundary of {}, and no deletion takes it from them", bounded.join(", ")),
    )
    .on(actions::DELETE_POLICY.as_str(), arn)
    .hint("set another boundary on each of them first")
}
