//! `create_user`

use serde_json::{Value, json};

use crate::config::Toolset;
use crate::iam::change::actions::{CREATE_USER, TAG_USER};
use crate::iam::{Change, Entity, EntityKind, PlannedCall, Reader, Resource};
use crate::tools::create::{PATH_OF_NEW, boundary};
use crate::tools::holder::USER_PARAMETER;
use crate::tools::holder::boundary::BOUNDARY;
use crate::tools::holder::tags::TAGS;
use crate::tools::parameter::Parameter;
use crate::tools::{Call, Declaration, KeptOfResult, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool};

/// `create_user`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&CreateUser) };

/// A user as CreateUser answers it has no secrets: neither password nor keys.
const KEPT: &[&str] = &[
    "User/Path",
    "User/UserName",
    "User/UserId",
    "User/Arn",
    "User/CreateDate",
    "User/PermissionsBoundary/PermissionsBoundaryType",
    "User/PermissionsBoundary/PermissionsBoundaryArn",
    "User/Tags/*/Key",
    "User/Tags/*/Value",
];

static SPEC: Spec = Spec {
    name: "create_user",
    title: "Create an IAM user",
    description: "Creates an IAM user, without password, keys or permissions.",
    toolset: Toolset::Users,
    own_parameters: &[
        USER_PARAMETER,
        PATH_OF_NEW,
        Parameter { required: false, ..BOUNDARY },
        Parameter { required: false, ..TAGS },
    ],
    output: || json!({"User": {"type": "object", "properties": {"UserName": {"type": "string"}, "Arn": {"type": "string"}}}}),
    kept: KeptOfResult { result: KEPT, lost: &[] },
    writes: &[CREATE_USER, TAG_USER],
    always: &[CREATE_USER],
    ..Spec::WRITING
};

struct CreateUser;

impl CreateUser {
    /// The one AWS call of this tool: everything it needs is in the arguments and the role mapping.
    fn planned(call: &Call) -> PlannedCall {
        let name = call.arguments.required(USER_PARAMETER.name);
        let path = call.arguments.text(PATH_OF_NEW.name).unwrap_or("/");
        let change = Change::CreateUser {
            user_name: name.to_owned(),
            path: path.to_owned(),
            permissions_boundary: boundary(call),
            tags: call.arguments.tags(TAGS.name),
        };
        let user = Entity { kind: EntityKind::User, name: name.to_owned(), path: Some(path.to_owned()) };
        change.on(Resource::Entity(user))
    }
}

impl WriteTool for CreateUser {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        Ok(Declaration { reads: Vec::new(), writes: Self::planned(call).judged().collect() })
    }

    fn plan<'a>(&'a self, call: &'a Call, _reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move { Ok(Plan::adding(vec![Self::planned(call)])) })
    }

    fn result(&self, _plan: &Plan, mut answers: Vec<Value>) -> Value {
        json!({"User": answers.pop()})
    }
}
