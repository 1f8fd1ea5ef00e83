//! `get_identity_details`

mod role;
mod user;

use serde_json::{Map, Value, json};

use super::shown::{Listed, Said, Told};
use super::{AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, REGION};
use crate::config::Toolset;
use crate::iam::{Action, DeclaredCall, Reader, reads};
use crate::posture::snapshot::Identity;
use crate::tools::parameter::{Kept, Kind, Parameter, USER_NAME};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `get_identity_details`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&GetIdentityDetails) };

/// Users' and roles' names are alike.
const IDENTITY_NAME: Parameter = Parameter {
    name: "identity_name",
    description: "name without path",
    kind: Kind::Text(&USER_NAME),
    required: true,
    kept: Kept::AsGiven,
};

const IDENTITY_TYPE: Parameter = Parameter {
    name: "identity_type",
    description: "which it is",
    kind: Kind::OneOf(&["user", "role"]),
    required: true,
    kept: Kept::AsGiven,
};

const ACTIONS: [Action; user::ACTIONS.len() + role::ACTIONS.len()] = reads::joined(&[user::ACTIONS, role::ACTIONS]);

static SPEC: Spec = Spec {
    name: "get_identity_details",
    title: "Get what an identity is",
    description: "Shows whether a user is a machine or a person, or what a role is for and dangers in whom it trusts; with \
                  credentials, last use and tags.",
    toolset: Toolset::Identities,
    own_parameters: &[
        IDENTITY_NAME,
        IDENTITY_TYPE,
        AWS_ACCESS_KEY_ID,
        AWS_SECRET_ACCESS_KEY,
        AWS_SESSION_TOKEN,
        REGION,
    ],
    output: || json!({"Identity": {"type": "object"}}),
    reads: &ACTIONS,
    ..Spec::READING
};

struct GetIdentityDetails;

impl ReadTool for GetIdentityDetails {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        let name = call.arguments.required(IDENTITY_NAME.name);
        Ok(if is_role(call) { role::declared(name) } else { user::declared(name) })
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let name = call.arguments.required(IDENTITY_NAME.name);
            if is_role(call) {
                let (role, beside) = role::read(reader, name).await?;
                return Ok(shown(call, Listed::Role(&role), beside));
            }
            let (user, beside) = user::read(reader, name).await?;
            Ok(shown(call, Listed::User(&user), beside))
        })
    }
}

fn is_role(call: &Call) -> bool {
    call.arguments.required(IDENTITY_TYPE.name) == "role"
}

/// The identity as lists have it, whole findings in the place of brief ones, and what else there is.
fn shown(call: &Call, listed: Listed<'_>, beside: Map<String, Value>) -> Value {
    let told = Told::of(listed, &call.facts.account, &call.facts.thresholds);
    let mut shown = told.shown();
    if let Said::Role(said) = &told.said {
        shown.insert("Findings".to_owned(), json!(said.findings));
        shown.insert("TrustedBy".to_owned(), said.trusted.iter().map(|trusted| trusted.name.as_str()).collect());
        shown.remove("MoreTrusted");
    }
    shown.extend(beside.into_iter().filter(|(_, value)| !value.is_null()));
    json!({"Identity": shown})
}

/// What is told of users and roles alike.
fn held(identity: &Identity, inline: Vec<String>) -> Map<String, Value> {
    let tags = identity.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value}));
    Map::from_iter([
        ("Path".to_owned(), (*identity.path).into()),
        ("Tags".to_owned(), tags.collect()),
        ("AttachedPolicies".to_owned(), identity.attached.iter().map(|arn| &**arn).collect()),
        ("InlinePolicies".to_owned(), inline.into()),
        ("PermissionsBoundary".to_owned(), identity.boundary.as_deref().into()),
    ])
}
