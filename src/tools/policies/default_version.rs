//! `set_default_policy_version`

use serde_json::{Map, Value, json};

use super::new_version::gained;
use super::usage::{self, Usage};
use super::{POLICY, READS_OF_ONE_VERSION, VERSION};
use crate::config::Toolset;
use crate::iam::change::actions::SET_DEFAULT_POLICY_VERSION;
use crate::iam::reads::GET_POLICY;
use crate::iam::{Change, DeclaredCall, Reader, Resource, shape};
use crate::tools::{
    Call, Declaration, Effect, KeptOfResult, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool, managed,
};

/// `set_default_policy_version`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&SetDefaultPolicyVersion) };

static SPEC: Spec = Spec {
    name: "set_default_policy_version",
    title: "Set the version of a managed policy that is in force",
    description: "Puts another version of a managed policy in force, for all that it is attached to. The plan shows what it \
                  newly allows and whom that reaches.",
    toolset: Toolset::Policies,
    effect: Effect::Grant,
    overwrites: true,
    idempotent: true,
    own_parameters: &[POLICY, VERSION],
    output: || json!({}),
    kept: KeptOfResult::ALL_LOST,
    reads: READS_OF_ONE_VERSION,
    writes: &[SET_DEFAULT_POLICY_VERSION],
    always: &[GET_POLICY, SET_DEFAULT_POLICY_VERSION],
    ..Spec::WRITING
};

struct SetDefaultPolicyVersion;

impl WriteTool for SetDefaultPolicyVersion {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let (arn, version) = (call.arguments.required(POLICY.name), call.arguments.required(VERSION.name));
        let mut reads = Vec::from(managed::declared(arn));
        reads.extend(usage::declared_with_principals(arn));
        let write = DeclaredCall::new(SET_DEFAULT_POLICY_VERSION, Resource::Arn(arn.to_owned()))
            .with("PolicyArn", arn)
            .with("VersionId", version);
        Ok(Declaration { reads, writes: vec![write] })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let (arn, version) = (call.arguments.required(POLICY.name), call.arguments.required(VERSION.name));
            let policy = managed::policy(reader, arn).await?;
            let default = policy.default_version_id().unwrap_or_default();
            let (before, after, used) = tokio::try_join!(
                managed::version(reader, arn, default),
                managed::version(reader, arn, version),
                Usage::read_with_members(reader, arn),
            )?;
            let document = after.document().map_or(Value::Null, shape::policy_document);
            let granted = gained(reader, call, &used, &before, &document).await?;
            let change = Change::SetDefaultPolicyVersion { policy_arn: arn.to_owned(), version_id: version.to_owned() };
            Ok(Plan {
                calls: vec![change.on(Resource::Arn(arn.to_owned()))],
                lost: Map::from_iter([("DefaultVersion".to_owned(), shape::policy_version(&before))]),
                granted: Some(granted),
                reached: Some(used.reached()),
                ..Plan::default()
            })
        })
    }
}
