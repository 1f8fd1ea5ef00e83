//! `lookup_events`

mod pages;
mod seen;
mod times;

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use self::pages::{Found, Question};
use self::seen::Seen;
use self::times::Times;
use crate::audit::{FoundRequests, RecordedRequest};
use crate::config::Toolset;
use crate::iam::{Action, DeclaredCall, Reader, Resource};
use crate::tools::holder::USER_PARAMETER;
use crate::tools::pages::{MAX_ITEMS, wanted};
use crate::tools::parameter::{EVENT_NAME, Kept, Kind, Parameter, SESSION_NAME, TIME};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `lookup_events`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&LookupEvents) };

/// CloudTrail authorizes it on no resource.
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html>.
const LOOKUP_EVENTS: Action = Action::new("cloudtrail:LookupEvents");

/// The code where there is no CloudTrail to ask.
const NOT_CONFIGURED: &str = "CloudTrailNotConfigured";

const START_TIME: Parameter = Parameter {
    name: "start_time",
    description: "ISO 8601",
    kind: Kind::Text(&TIME),
    required: false,
    kept: Kept::AsGiven,
};

const END_TIME: Parameter = Parameter { name: "end_time", ..START_TIME };

static SPEC: Spec = Spec {
    name: "lookup_events",
    title: "Look up CloudTrail events",
    description: "Looks up CloudTrail events, newest first, of sessions stamped by this gateway, with the call that each was \
                  made for.",
    toolset: Toolset::Governance,
    own_parameters: &[
        Parameter {
            description: "of a user or session",
            kind: Kind::Text(&SESSION_NAME),
            required: false,
            ..USER_PARAMETER
        },
        Parameter {
            name: "event_name",
            description: "such as CreateUser",
            kind: Kind::Text(&EVENT_NAME),
            required: false,
            kept: Kept::AsGiven,
        },
        START_TIME,
        END_TIME,
        Parameter {
            name: "via_gateway_only",
            description: "false: of everybody",
            kind: Kind::DefaultTrue,
            required: false,
            kept: Kept::AsGiven,
        },
        MAX_ITEMS,
    ],
    output: || {
        json!({
            "Events": {"type": "array"}, "IsTruncated": {"type": "boolean"}, "Count": {"type": "integer"},
            "SearchedBackTo": {"type": "string", "absent": true}, "RecordsComplete": {"type": "boolean"},
            "Warning": {"type": "string", "absent": true},
        })
    },
    reads: &[LOOKUP_EVENTS],
    always: &[LOOKUP_EVENTS],
    ..Spec::READING
};

/// On an event that is stamped and that no record on this replica lists.
const NO_RECORD: &str = "no record on this replica";

/// What that can mean. Which of it is the case is not known here.
const WARNING: &str = "Events with a Warning carry the stamp of an agent's session, and no audit record of this replica lists \
                       them. Another replica or another gateway may have the record; it may not be written yet, or not be kept \
                       any more; or somebody forged the stamp. iam-mcp-gateway audit reconcile tells, with all replicas' journals.";

struct LookupEvents;

impl ReadTool for LookupEvents {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        Times::of(&call.arguments, call.facts.origin.at)?;
        Ok(vec![DeclaredCall::new(LOOKUP_EVENTS, Resource::All)])
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let client = reader.cloudtrail().ok_or_else(not_configured)?;
            let question = Question {
                user_name: call.arguments.text(USER_PARAMETER.name),
                event_name: call.arguments.text("event_name"),
                times: Times::of(&call.arguments, call.facts.origin.at)?,
                stamped_only: !call.arguments.is_refused("via_gateway_only"),
                most: wanted(&call.arguments),
            };
            let found = pages::look_up(reader, client, &question).await?;
            let recorded = recorded(call, &found.events).await;
            Ok(shown(found, &recorded))
        })
    }
}

fn not_configured() -> ToolError {
    ToolError::gateway(
        NOT_CONFIGURED,
        "the gateway's IAM is not AWS's own here, and no CloudTrail is configured that goes with it",
    )
    .on(LOOKUP_EVENTS.as_str(), "*")
    .hint("its operators may set aws.cloudtrail_endpoint")
}

/// What the records of this replica say of these events.
async fn recorded(call: &Call, events: &[Seen]) -> FoundRequests {
    let Some(log) = &call.facts.requests else { return FoundRequests::default() };
    let told: Vec<(&String, Timestamp)> =
        events.iter().filter_map(|event| Some((event.request_id.as_ref()?, event.time))).collect();
    let times = || told.iter().map(|(_, time)| *time);
    let ids: HashSet<String> = told.iter().map(|(id, _)| (*id).clone()).collect();
    let now = call.facts.origin.at;
    log.find(ids, times().min().unwrap_or(now), times().max().unwrap_or(now)).await
}

fn shown(found: Found, recorded: &FoundRequests) -> Value {
    let mut warns = false;
    let events: Vec<Value> = found
        .events
        .into_iter()
        .map(|event| {
            let record = event.request_id.as_ref().and_then(|id| recorded.requests.get(id));
            let mut shown = event.shown;
            match record {
                Some(record) => shown["Gateway"] = call_of(record),
                // Where not all records were looked at, that none was found says nothing.
                None if event.is_stamped && recorded.complete => {
                    warns = true;
                    shown["Warning"] = NO_RECORD.into();
                }
                None => {}
            }
            shown
        })
        .collect();
    let mut answer = json!({
        "Count": events.len(), "Events": events, "IsTruncated": found.back_to.is_some(),
        "RecordsComplete": recorded.complete,
    });
    if let Some(back_to) = found.back_to {
        answer["SearchedBackTo"] = back_to.to_string().into();
    }
    if warns {
        answer["Warning"] = WARNING.into();
    }
    answer
}

/// The call that a request was made for; what its record does not say is left out.
fn call_of(record: &RecordedRequest) -> Value {
    let RecordedRequest { caller, person, tool, decision, request_id } = record;
    let mut shown = Map::from_iter([("caller".to_owned(), caller.as_str().into())]);
    for (name, text) in [("person", person), ("tool", tool), ("decision", decision), ("request_id", request_id)] {
        if let Some(text) = text {
            shown.insert(name.to_owned(), text.as_str().into());
        }
    }
    Value::Object(shown)
}

#[cfg(test)]
mod tests;
