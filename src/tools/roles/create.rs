//! `create_role`

use serde_json::{Value, json};

use crate::config::Toolset;
use crate::iam::change::PolicyText;
use crate::iam::change::actions::{CREATE_ROLE, TAG_ROLE};
use crate::iam::{Change, Entity, EntityKind, PlannedCall, Reader, Resource};
use crate::policy::PolicyKind;
use crate::tools::create::{PATH_OF_NEW, boundary};
use crate::tools::documents::{self, Quota};
use crate::tools::holder::ROLE_PARAMETER;
use crate::tools::holder::boundary::BOUNDARY;
use crate::tools::holder::tags::TAGS;
use crate::tools::parameter::{DESCRIPTION, Kept, Kind, Parameter};
use crate::tools::{Call, Declaration, KeptOfResult, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool};

/// `create_role`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&CreateRole) };

/// The parameter that holds a trust policy.
pub const TRUST: Parameter = Parameter {
    name: "assume_role_policy_document",
    description: "the trust policy, who may assume the role: an object, or its JSON as text",
    kind: Kind::Document,
    required: true,
    kept: Kept::AsGiven,
};

/// The parameter that describes a role.
pub const ROLE_DESCRIPTION: Parameter = Parameter {
    name: "description",
    description: "what the role is for",
    kind: Kind::Text(&DESCRIPTION),
    required: false,
    // Told to everybody who may read IAM, and part of what is put back after a deletion.
    kept: Kept::AsGiven,
};

/// The bounds of what a role's sessions may ask for, in seconds.
/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>.
pub(super) const SHORTEST_SESSION: i64 = 3_600;
pub(super) const LONGEST_SESSION: i64 = 43_200;

/// The longest session that a role's sessions may ask for, in seconds.
pub const MAX_SESSION_DURATION: Parameter = Parameter {
    name: "max_session_duration",
    description: "the longest session, in seconds",
    kind: Kind::Integer { min: SHORTEST_SESSION, max: LONGEST_SESSION, default: Some(SHORTEST_SESSION) },
    required: false,
    kept: Kept::AsGiven,
};

static SPEC: Spec = Spec {
    name: "create_role",
    title: "Create an IAM role",
    description: "Creates an IAM role with a trust policy and without permissions.",
    toolset: Toolset::Roles,
    own_parameters: &[
        ROLE_PARAMETER,
        TRUST,
        PATH_OF_NEW,
        ROLE_DESCRIPTION,
        MAX_SESSION_DURATION,
        Parameter { required: false, ..BOUNDARY },
        Parameter { required: false, ..TAGS },
    ],
    output: || json!({"Role": {"type": "object", "properties": {"RoleName": {"type": "string"}, "Arn": {"type": "string"}}}}),
    // A role as CreateRole answers it has no secrets.
    kept: KeptOfResult { result: &["Role/**"], lost: &[] },
    writes: &[CREATE_ROLE, TAG_ROLE],
    always: &[CREATE_ROLE],
    ..Spec::WRITING
};

struct CreateRole;

impl CreateRole {
    /// The one AWS call of this tool: everything it needs is in the arguments and the role mapping.
    fn planned(call: &Call) -> PlannedCall {
        let name = call.arguments.required(ROLE_PARAMETER.name);
        let path = call.arguments.text(PATH_OF_NEW.name).unwrap_or("/");
        let change = Change::CreateRole {
            role_name: name.to_owned(),
            assume_role_policy_document: PolicyText(documents::one(&call.arguments, TRUST.name)),
            path: path.to_owned(),
            description: call.arguments.text(ROLE_DESCRIPTION.name).map(ToOwned::to_owned),
            max_session_duration: session(call),
            permissions_boundary: boundary(call),
            tags: call.arguments.tags(TAGS.name),
        };
        let role = Entity { kind: EntityKind::Role, name: name.to_owned(), path: Some(path.to_owned()) };
        change.on(Resource::Entity(role))
    }
}

/// The longest session that the call names.
pub(super) fn session(call: &Call) -> Option<i32> {
    call.arguments.integer(MAX_SESSION_DURATION.name).and_then(|seconds| i32::try_from(seconds).ok())
}

impl WriteTool for CreateRole {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        documents::parse_one(&call.arguments, TRUST.name, PolicyKind::Trust, Quota::TRUST)?;
        Ok(Declaration { reads: Vec::new(), writes: Self::planned(call).judged().collect() })
    }

    fn plan<'a>(&'a self, call: &'a Call, _reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move { Ok(Plan::adding(vec![Self::planned(call)])) })
    }

    fn result(&self, _plan: &Plan, mut answers: Vec<Value>) -> Value {
        json!({"Role": answers.pop()})
    }
}
