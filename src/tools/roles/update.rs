//! `update_role`

use serde_json::{Map, json};

use super::create::{self, LONGEST_SESSION, SHORTEST_SESSION, session};
use super::inventory;
use crate::config::Toolset;
use crate::iam::change::actions::UPDATE_ROLE;
use crate::iam::reads::GET_ROLE;
use crate::iam::{Change, Reader, Resource};
use crate::tools::holder::{ROLE, ROLE_PARAMETER};
use crate::tools::parameter::{DESCRIPTION_OF_UPDATE, Kind, Parameter};
use crate::tools::{Call, Declaration, KeptOfResult, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool};

/// `update_role`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&UpdateRole) };

const ROLE_DESCRIPTION: Parameter = Parameter { kind: Kind::Text(&DESCRIPTION_OF_UPDATE), ..create::ROLE_DESCRIPTION };

/// What is left out stays as it is, so it means no value.
const MAX_SESSION_DURATION: Parameter = Parameter {
    kind: Kind::Integer { min: SHORTEST_SESSION, max: LONGEST_SESSION, default: None },
    ..create::MAX_SESSION_DURATION
};

static SPEC: Spec = Spec {
    name: "update_role",
    title: "Update an IAM role",
    description: "Changes the description or the longest session of an IAM role. What is not named stays. The plan shows the \
                  old values.",
    toolset: Toolset::Roles,
    overwrites: true,
    idempotent: true,
    own_parameters: &[ROLE_PARAMETER, ROLE_DESCRIPTION, MAX_SESSION_DURATION],
    output: || json!({}),
    kept: KeptOfResult::ALL_LOST,
    reads: &[GET_ROLE],
    writes: &[UPDATE_ROLE],
    always: &[GET_ROLE, UPDATE_ROLE],
    ..Spec::WRITING
};

struct UpdateRole;

impl WriteTool for UpdateRole {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        if call.arguments.text(ROLE_DESCRIPTION.name).is_none() && session(call).is_none() {
            return Err(ToolError::gateway(
                "ValidationError",
                "description or max_session_duration: one of them is required, else nothing would change",
            )
            .parameter(ROLE_DESCRIPTION.name));
        }
        let name = call.arguments.required(ROLE_PARAMETER.name);
        Ok(Declaration { reads: vec![ROLE.on(GET_ROLE, name)], writes: vec![ROLE.on(UPDATE_ROLE, name)] })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let name = call.arguments.required(ROLE_PARAMETER.name);
            let role = inventory::role(reader, name).await?;
            let description = call.arguments.text(ROLE_DESCRIPTION.name).or(role.description());
            // IAM tells an empty description as none.
            let seconds = session(call).or(role.max_session_duration());
            let mut lost = Map::new();
            if description.unwrap_or_default() != role.description().unwrap_or_default() {
                lost.insert("Description".to_owned(), json!(role.description()));
            }
            if seconds != role.max_session_duration() {
                lost.insert("MaxSessionDuration".to_owned(), json!(role.max_session_duration()));
            }
            // IAM sets what is left out back to its default, so what stays is said as well.
            let change = Change::UpdateRole {
                role_name: name.to_owned(),
                description: description.map(ToOwned::to_owned),
                max_session_duration: seconds,
            };
            let calls = vec![change.on(Resource::Arn(role.arn().to_owned()))];
            Ok(Plan { calls, lost, ..Plan::default() })
        })
    }
}
