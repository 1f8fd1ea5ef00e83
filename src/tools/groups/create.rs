//! `create_group`

use serde_json::{Value, json};

use crate::config::Toolset;
use crate::iam::change::actions::CREATE_GROUP;
use crate::iam::{Change, Entity, EntityKind, PlannedCall, Reader, Resource};
use crate::tools::create::PATH_OF_NEW;
use crate::tools::holder::GROUP_PARAMETER;
use crate::tools::{Call, Declaration, KeptOfResult, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool};

/// `create_group`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&CreateGroup) };

static SPEC: Spec = Spec {
    name: "create_group",
    title: "Create an IAM group",
    description: "Creates an IAM group, without members or policies.",
    toolset: Toolset::Groups,
    own_parameters: &[GROUP_PARAMETER, PATH_OF_NEW],
    output: || json!({"Group": {"type": "object", "properties": {"GroupName": {"type": "string"}, "Arn": {"type": "string"}}}}),
    // A group has no secrets.
    kept: KeptOfResult { result: &["Group/**"], lost: &[] },
    writes: &[CREATE_GROUP],
    always: &[CREATE_GROUP],
    ..Spec::WRITING
};

struct CreateGroup;

impl CreateGroup {
    fn planned(call: &Call) -> PlannedCall {
        let name = call.arguments.required(GROUP_PARAMETER.name);
        let path = call.arguments.text(PATH_OF_NEW.name).unwrap_or("/");
        let group = Entity { kind: EntityKind::Group, name: name.to_owned(), path: Some(path.to_owned()) };
        Change::CreateGroup { group_name: name.to_owned(), path: path.to_owned() }.on(Resource::Entity(group))
    }
}

impl WriteTool for CreateGroup {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        Ok(Declaration { reads: Vec::new(), writes: vec![Self::planned(call).declared()] })
    }

    fn plan<'a>(&'a self, call: &'a Call, _reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move { Ok(Plan::adding(vec![Self::planned(call)])) })
    }

    fn result(&self, _plan: &Plan, mut answers: Vec<Value>) -> Value {
        json!({"Group": answers.pop()})
    }
}
