//! `create_user`

use serde_json::{Value, json};

use super::USER;
use crate::config::Toolset;
use crate::iam::change::actions::{CREATE_USER, TAG_USER};
use crate::iam::{Change, DeclaredCall, Entity, EntityKind, Interrupted, PlannedCall, Reader, Resource, Writer};
use crate::tools::parameter::{Kept, Kind, PATH, POLICY_ARN, Parameter};
use crate::tools::{Call, Declaration, Effect, KeptOfResult, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool};

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
    aliases: &[],
    title: "Create an IAM user",
    description: "Creates an IAM user, without password, keys or permissions.",
    toolset: Toolset::Users,
    effect: Effect::Write,
    effect_of: None,
    idempotent: false,
    open_world: false,
    own_parameters: &[
        USER,
        Parameter {
            name: "path",
            description: "the user's path, such as /division/team/",
            kind: Kind::Text(&PATH),
            required: false,
            kept: Kept::AsGiven,
        },
        Parameter {
            name: "permissions_boundary",
            description: "ARN of the policy that bounds the user's permissions",
            kind: Kind::Text(&POLICY_ARN),
            required: false,
            kept: Kept::AsGiven,
        },
        Parameter {
            name: "tags",
            description: "tags as an object of key to value, at most 50",
            kind: Kind::Tags,
            required: false,
            kept: Kept::AsGiven,
        },
    ],
    output: || json!({"User": {"type": "object", "properties": {"UserName": {"type": "string"}, "Arn": {"type": "string"}}}}),
    kept: KeptOfResult { result: KEPT, lost: &[] },
    reads: &[],
    writes: &[CREATE_USER, TAG_USER],
    always: &[CREATE_USER],
};

struct CreateUser;

impl CreateUser {
    /// The one AWS call of this tool: everything it needs is in the arguments and the role mapping.
    fn planned(call: &Call) -> PlannedCall {
        let name = call.arguments.required("user_name");
        let path = call.arguments.text("path").unwrap_or("/");
        let change = Change::CreateUser {
            user_name: name.to_owned(),
            path: path.to_owned(),
            permissions_boundary: boundary(call),
            tags: call.arguments.tags("tags"),
        };
        let user = Entity { kind: EntityKind::User, name: name.to_owned(), path: Some(path.to_owned()) };
        change.on(Resource::Entity(user))
    }
}

/// The boundary to set: the caller's choice, else the one that the role mapping requires, beside which no other passes.
fn boundary(call: &Call) -> Option<String> {
    let asked = call.arguments.text("permissions_boundary").map(ToOwned::to_owned);
    asked.or_else(|| call.facts.mapping.permissions_boundary.as_ref().map(ToString::to_string))
}

impl WriteTool for CreateUser {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let writes: Vec<DeclaredCall> = Self::planned(call).judged().collect();
        Ok(Declaration { reads: Vec::new(), writes })
    }

    fn plan<'a>(&'a self, call: &'a Call, _reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move { Ok(Plan::adding(vec![Self::planned(call)])) })
    }

    fn apply<'a>(&'a self, plan: &'a Plan, writer: &'a Writer<'a>) -> ToolFuture<'a, Result<Value, Interrupted>> {
        Box::pin(async move {
            let mut answers = writer.perform(&plan.calls).await?;
            Ok(json!({"User": answers.pop().unwrap_or_default()}))
        })
    }
}
