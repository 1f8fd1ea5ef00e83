//! `delete_policy_version`

use serde_json::{Map, json};

use super::usage::{self, Usage};
use super::{POLICY, VERSION};
use crate::config::Toolset;
use crate::iam::change::actions::DELETE_POLICY_VERSION;
use crate::iam::reads::{GET_POLICY_VERSION, LIST_ENTITIES_FOR_POLICY};
use crate::iam::{Change, DeclaredCall, Reader, Resource, shape};
use crate::tools::{
    Call, Declaration, Effect, KeptOfResult, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool, managed,
};

/// `delete_policy_version`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&DeletePolicyVersion) };

static SPEC: Spec = Spec {
    name: "delete_policy_version",
    title: "Delete a version of a managed policy",
    description: "Deletes a version of a managed policy that is not in force; the plan shows its document.",
    toolset: Toolset::Policies,
    effect: Effect::Destructive,
    own_parameters: &[POLICY, VERSION],
    output: || json!({}),
    kept: KeptOfResult::ALL_LOST,
    reads: &[GET_POLICY_VERSION, LIST_ENTITIES_FOR_POLICY],
    writes: &[DELETE_POLICY_VERSION],
    always: &[GET_POLICY_VERSION, DELETE_POLICY_VERSION],
    ..Spec::WRITING
};

struct DeletePolicyVersion;

impl WriteTool for DeletePolicyVersion {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let (arn, version) = (call.arguments.required(POLICY.name), call.arguments.required(VERSION.name));
        let on = |action| {
            DeclaredCall::new(action, Resource::Arn(arn.to_owned())).with("PolicyArn", arn).with("VersionId", version)
        };
        let reads = vec![on(GET_POLICY_VERSION), usage::declared(arn)];
        Ok(Declaration { reads, writes: vec![on(DELETE_POLICY_VERSION)] })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let (arn, version) = (call.arguments.required(POLICY.name), call.arguments.required(VERSION.name));
            let (found, used) = tokio::try_join!(managed::version(reader, arn, version), Usage::read(reader, arn))?;
            if found.is_default_version() {
                return Err(ToolError::gateway(
                    "DeleteConflict",
                    format!("{version} of {arn} is in force, and IAM deletes no such version"),
                )
                .on(DELETE_POLICY_VERSION.as_str(), arn)
                .hint("put another version in force first with set_default_policy_version, or delete the policy"));
            }
            let change = Change::DeletePolicyVersion { policy_arn: arn.to_owned(), version_id: version.to_owned() };
            Ok(Plan {
                calls: vec![change.on(Resource::Arn(arn.to_owned()))],
                lost: Map::from_iter([("PolicyVersion".to_owned(), shape::policy_version(&found))]),
                reached: Some(used.reached()),
                ..Plan::default()
            })
        })
    }
}
