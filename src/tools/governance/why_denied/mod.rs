//! `why_denied`

mod answer;
mod asked;
mod stage_one;
mod stage_two;
#[cfg(test)]
mod tests;

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use self::answer::{Refusal, Seen};
use self::asked::Asked;
use crate::audit::RecordedRefusal;
use crate::config::Toolset;
use crate::iam::{DeclaredCall, Reader};
use crate::tools::catalogue::CATALOGUE;
use crate::tools::holder::{ROLE, permissions};
use crate::tools::lookup::{self, Declared};
use crate::tools::parameter::{Kept, Kind, Parameter, TOKEN};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `why_denied`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&WhyDenied) };

/// How far back a call is looked for in the records.
const BACK: SignedDuration = SignedDuration::from_hours(7 * 24);

const REQUEST_ID: Parameter = Parameter {
    name: "request_id",
    description: "of the refusal",
    kind: Kind::Text(&TOKEN),
    required: false,
    kept: Kept::AsGiven,
};

const TOOL_NAME: Parameter = Parameter {
    name: "tool_name",
    description: "or the call that is refused",
    kind: Kind::Text(&TOKEN),
    required: false,
    kept: Kept::AsGiven,
};

const ARGUMENTS: Parameter = Parameter {
    name: "arguments",
    description: "its arguments",
    kind: Kind::Object,
    required: false,
    kept: Kept::Secret,
};

static SPEC: Spec = Spec {
    name: "why_denied",
    title: "Why was it denied?",
    description: "Says which layer and statement refuse a call of yours, past or described and not made, and the \
                  smallest change that would allow it.",
    toolset: Toolset::Governance,
    own_parameters: &[REQUEST_ID, TOOL_NAME, ARGUMENTS],
    output: || {
        json!({
            "Outcome": {"enum": ["denied", "under-conditions", "not-denied", "unknown"]}, "Tool": {"type": "string", "absent": true}, "Refusals": {"type": "array"},
            "NotSeen": {"type": "string"},
        })
    },
    reads: permissions::OF_ROLES,
    ..Spec::READING
};

struct WhyDenied;

/// What neither stage of this analysis can look at.
const NOT_SEEN: &str = "service and resource control policies, resource policies and VPC endpoint policies: AWS's own message \
    names the kind of policy that denies. The session policy always allows what the tools declare";

impl ReadTool for WhyDenied {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        if asked(call)?.is_none() {
            request_id(call)?;
        }
        let reads = permissions::declared(&ROLE, call.facts.mapping.role_arn.name());
        // Where the caller may not look, what stage one says is told all the same.
        Ok(reads.into_iter().map(DeclaredCall::optional).collect())
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let (tool, seen) = match asked(call)? {
                Some(declared) => {
                    let tool = declared.tool().spec.name;
                    (Some(tool.to_owned()), of_call(call, declared, reader).await?)
                }
                None => of_record(call, request_id(call)?, reader).await?,
            };
            let mut answer = json!({
                "Outcome": seen.outcome(),
                "Refusals": seen.refusals.iter().map(Refusal::shown).collect::<Vec<_>>(),
                "NotSeen": NOT_SEEN,
            });
            if let Some(tool) = tool {
                answer["Tool"] = tool.into();
            }
            if !seen.unjudged.is_empty() {
                answer["NotJudged"] = seen.unjudged.into();
            }
            Ok(answer)
        })
    }
}

fn request_id(call: &Call) -> Result<&str, ToolError> {
    call.arguments.text(REQUEST_ID.name).ok_or_else(|| {
        ToolError::gateway("ValidationError", "request_id: is needed where tool_name is left out")
            .parameter(REQUEST_ID.name)
            .hint("give the request_id of the refusal, or tool_name and arguments of the call")
    })
}

/// The call that is described, as if it were made.
fn asked(call: &Call) -> Result<Option<Declared>, ToolError> {
    let Some(name) = call.arguments.text(TOOL_NAME.name) else { return Ok(None) };
    let within =
        |error: ToolError, parameter: &'static str| ToolError { parameter: Some(parameter.to_owned()), ..error };
    let tool = lookup::find(CATALOGUE, name).map_err(|error| within(error, TOOL_NAME.name))?;
    if tool.spec.name == SPEC.name {
        let error = ToolError::gateway("ValidationError", "tool_name: is why_denied itself");
        return Err(error.parameter(TOOL_NAME.name).hint("name the tool that refused you"));
    }
    let none = Map::new();
    let arguments = call.arguments.object(ARGUMENTS.name).unwrap_or(&none);
    let declared = lookup::look_up(tool, arguments, call.facts.clone());
    declared.map(Some).map_err(|error| within(error, ARGUMENTS.name))
}

/// What is said against a call that is described: by stage one, or else by the policies of the mapped role.
async fn of_call(call: &Call, declared: Declared, reader: &Reader) -> Result<Seen, ToolError> {
    let declaration = declared.declaration();
    let needed = declaration.reads.iter().chain(&declaration.writes).filter(|call| !call.is_optional());
    let asked: Vec<Asked> = needed.map(|needed| Asked::of(needed, &call.facts.account)).collect();
    let spec = declared.tool().spec;
    match stage_one::judged(declared) {
        Err(refused) => Ok(Seen::of(vec![stage_one::explained(&refused, Some(spec), &call.facts)])),
        Ok(is_last_word) => {
            let mut seen = stage_two::refusals(call, reader, &asked, false).await?;
            seen.unjudged.extend((!is_last_word).then(|| DEPENDS.to_owned()));
            Ok(seen)
        }
    }
}

/// What stage one leaves open.
const DEPENDS: &str = "the endpoint policies' answer depends on tags or paths that are looked up when the call is made";

/// What was said against a call of this caller that is in the records.
async fn of_record(call: &Call, id: &str, reader: &Reader) -> Result<(Option<String>, Seen), ToolError> {
    let (found, complete) = match &call.facts.requests {
        Some(records) => records.refusal(&call.facts.caller, id, reader.now() - BACK).await,
        None => (None, false),
    };
    let Some(found) = found else { return Err(no_such_request(complete)) };
    let seen = match &found {
        RecordedRefusal { code: None, .. } => Seen::of(Vec::new()),
        found if found.by_aws => {
            let asked: Vec<Asked> = found.refused.iter().cloned().map(Asked::refused).collect();
            stage_two::refusals(call, reader, &asked, true).await?
        }
        found => {
            let spec = found.tool.as_deref().and_then(|tool| CATALOGUE.find(tool)).map(|tool| tool.spec);
            Seen::of(vec![stage_one::explained(&stage_one::Refused::of_record(found), spec, &call.facts)])
        }
    };
    Ok((found.tool, seen))
}

fn no_such_request(complete: bool) -> ToolError {
    let message = if complete {
        "no call of yours of the last seven days has this request id in the records of this replica"
    } else {
        "no call of yours with this request id was found, and not all records of this replica could be looked at"
    };
    ToolError::gateway("NoSuchRequest", message)
        .parameter(REQUEST_ID.name)
        .hint("each replica knows its own calls: give tool_name and arguments instead")
}
