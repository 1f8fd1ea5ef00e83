//! `create_policy_version`

use aws_sdk_iam::types;
use serde_json::{Map, Value, json};

use super::usage::{self, Usage};
use super::{POLICY, READS, versions};
use crate::config::Toolset;
use crate::iam::change::PolicyText;
use crate::iam::change::actions::CREATE_POLICY_VERSION;
use crate::iam::{AwsFailure, Change, DeclaredCall, Reader, Resource, shape};
use crate::policy::PolicyKind;
use crate::tools::documents::{self, Quota};
use crate::tools::grants::Granted;
use crate::tools::holder::gains;
use crate::tools::holder::inline::DOCUMENT;
use crate::tools::parameter::{Kept, Kind, Parameter};
use crate::tools::{
    Call, Declaration, Effect, KeptOfResult, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool, managed,
};

/// `create_policy_version`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&CreatePolicyVersion) };

/// The most versions that IAM keeps of a policy.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
const MOST_VERSIONS: usize = 5;

const SET_AS_DEFAULT: Parameter = Parameter {
    name: "set_as_default",
    description: "true: it is in force at once, for all that the policy is attached to",
    kind: Kind::Boolean,
    required: false,
    kept: Kept::AsGiven,
};

static SPEC: Spec = Spec {
    name: "create_policy_version",
    title: "Create a version of a managed policy",
    description: "Adds a version to a managed policy. With set_as_default it is in force at once; the plan then shows what it \
                  newly allows and whom that reaches.",
    toolset: Toolset::Policies,
    effect: Effect::Grant,
    effect_of: Some(|arguments| if arguments.is_set(SET_AS_DEFAULT.name) { Effect::Grant } else { Effect::Write }),
    overwrites: true,
    own_parameters: &[POLICY, DOCUMENT, SET_AS_DEFAULT],
    output: || json!({"PolicyVersion": {"type": "object", "properties": {"VersionId": {"type": "string"}}}}),
    kept: KeptOfResult { result: &["PolicyVersion/**"], lost: KeptOfResult::ALL_LOST.lost },
    reads: READS,
    writes: &[CREATE_POLICY_VERSION],
    always: &[CREATE_POLICY_VERSION],
    ..Spec::WRITING
};

struct CreatePolicyVersion;

impl WriteTool for CreatePolicyVersion {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        documents::parse_one(&call.arguments, DOCUMENT.name, PolicyKind::Identity, Quota::MANAGED)?;
        let arn = call.arguments.required(POLICY.name);
        let mut reads = Vec::from(managed::declared(arn));
        reads.push(versions::declared(arn));
        reads.extend(usage::declared_with_principals(arn));
        let resource = Resource::Arn(arn.to_owned());
        let writes = vec![DeclaredCall::new(CREATE_POLICY_VERSION, resource).with("PolicyArn", arn)];
        Ok(Declaration { reads, writes })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let arn = call.arguments.required(POLICY.name);
            let set_as_default = call.arguments.is_set(SET_AS_DEFAULT.name);
            let text = documents::one(&call.arguments, DOCUMENT.name);
            let policy = managed::policy(reader, arn).await?;
            let (all, used) = tokio::try_join!(managed::versions(reader, arn), Usage::read_with_members(reader, arn))?;
            if all.len() >= MOST_VERSIONS {
                return Err(full(arn, &all));
            }
            let mut lost = Map::new();
            let mut granted = None;
            if set_as_default {
                let before = managed::version(reader, arn, policy.default_version_id().unwrap_or_default()).await?;
                let after = shape::policy_text(&text);
                granted = Some(gained(reader, call, &used, &before, &after).await?);
                lost.insert("DefaultVersion".to_owned(), shape::policy_version(&before));
            }
            let change = Change::CreatePolicyVersion {
                policy_arn: arn.to_owned(),
                policy_document: PolicyText(text),
                set_as_default,
            };
            let calls = vec![change.on(Resource::Arn(arn.to_owned()))];
            Ok(Plan { calls, lost, granted, reached: Some(used.reached()), ..Plan::default() })
        })
    }

    fn result(&self, _plan: &Plan, mut answers: Vec<Value>) -> Value {
        json!({"PolicyVersion": answers.pop()})
    }
}

/// What a policy lets whoever it is attached to newly do, once another version of it is in force; and whom it bounds.
pub(super) async fn gained(
    reader: &Reader,
    call: &Call,
    used: &Usage,
    before: &types::PolicyVersion,
    after: &Value,
) -> Result<Granted, AwsFailure> {
    let (arn, account) = (call.arguments.required(POLICY.name), call.facts.account.id.as_str());
    let before = before.document().map_or(Value::Null, shape::policy_document);
    let documents = (std::slice::from_ref(&before), std::slice::from_ref(after));
    gains::of(reader, account, &used.principals(), documents, |held| held.once(arn, Some(after))).await
}

/// What IAM would refuse: five versions are there already.
fn full(arn: &str, all: &[types::PolicyVersion]) -> ToolError {
    let ids: Vec<&str> =
        all.iter().filter(|version| !version.is_default_version()).filter_map(|version| version.version_id()).collect();
    ToolError::gateway("LimitExceeded", format!("{arn} has {MOST_VERSIONS} versions, as many as IAM keeps"))
        .on(CREATE_POLICY_VERSION.as_str(), arn)
        .hint(format!("delete one that is not in force with delete_policy_version: {}", ids.join(", ")))
}
