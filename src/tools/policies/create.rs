//! `create_policy`

use serde_json::{Value, json};

use crate::config::Toolset;
use crate::iam::change::PolicyText;
use crate::iam::change::actions::{CREATE_POLICY, TAG_POLICY};
use crate::iam::{Change, Entity, EntityKind, PlannedCall, Reader, Resource};
use crate::policy::PolicyKind;
use crate::tools::create;
use crate::tools::documents::{self, Quota};
use crate::tools::holder::inline::{DOCUMENT, POLICY_NAME};
use crate::tools::holder::tags::TAGS;
use crate::tools::parameter::{DESCRIPTION, Kept, Kind, POLICY_PATH, Parameter};
use crate::tools::{Call, Declaration, KeptOfResult, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool};

/// `create_policy`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&CreatePolicy) };

const PATH_OF_NEW: Parameter = Parameter { kind: Kind::Text(&POLICY_PATH), ..create::PATH_OF_NEW };

const POLICY_DESCRIPTION: Parameter = Parameter {
    name: "description",
    description: "what the policy is for; it cannot be changed later",
    kind: Kind::Text(&DESCRIPTION),
    required: false,
    kept: Kept::AsGiven,
};

static SPEC: Spec = Spec {
    name: "create_policy",
    title: "Create a managed policy",
    description: "Creates a managed policy in the account, attached to nobody.",
    toolset: Toolset::Policies,
    own_parameters: &[POLICY_NAME, DOCUMENT, PATH_OF_NEW, POLICY_DESCRIPTION, Parameter { required: false, ..TAGS }],
    output: || json!({"Policy": {"type": "object", "properties": {"PolicyName": {"type": "string"}, "Arn": {"type": "string"}}}}),
    // What CreatePolicy answers of a policy has no secrets.
    kept: KeptOfResult { result: &["Policy/**"], lost: &[] },
    writes: &[CREATE_POLICY, TAG_POLICY],
    always: &[CREATE_POLICY],
    ..Spec::WRITING
};

struct CreatePolicy;

impl CreatePolicy {
    fn planned(call: &Call) -> PlannedCall {
        let name = call.arguments.required(POLICY_NAME.name);
        let path = call.arguments.text(PATH_OF_NEW.name).unwrap_or("/");
        let change = Change::CreatePolicy {
            policy_name: name.to_owned(),
            policy_document: PolicyText(documents::one(&call.arguments, DOCUMENT.name)),
            path: path.to_owned(),
            description: call.arguments.text(POLICY_DESCRIPTION.name).map(ToOwned::to_owned),
            tags: call.arguments.tags(TAGS.name),
        };
        let policy = Entity { kind: EntityKind::Policy, name: name.to_owned(), path: Some(path.to_owned()) };
        change.on(Resource::Entity(policy))
    }
}

impl WriteTool for CreatePolicy {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        documents::parse_one(&call.arguments, DOCUMENT.name, PolicyKind::Identity, Quota::MANAGED)?;
        Ok(Declaration { reads: Vec::new(), writes: Self::planned(call).judged().collect() })
    }

    fn plan<'a>(&'a self, call: &'a Call, _reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            // What is only created is attached to nothing yet.
            Ok(Plan { reached: Some(Vec::new()), ..Plan::adding(vec![Self::planned(call)]) })
        })
    }

    fn result(&self, _plan: &Plan, mut answers: Vec<Value>) -> Value {
        json!({"Policy": answers.pop()})
    }
}
