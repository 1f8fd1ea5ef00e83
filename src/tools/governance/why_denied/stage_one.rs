//! What the gateway itself says against a call.

use serde_json::json;

use super::answer::{Proposal, Refusal, allowing};
use crate::audit::RecordedRefusal;
use crate::authorize;
use crate::tools::lookup::Declared;
use crate::tools::{CallFacts, Spec};

/// A refusal by stage one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) code: String,
    pub(super) policy: Option<String>,
    pub(super) statement: Option<String>,
    pub(super) on: Option<(String, String)>,
}

impl Refused {
    pub(super) fn of_record(found: &RecordedRefusal) -> Self {
        Self {
            code: found.code.clone().unwrap_or_default(),
            policy: found.policy.clone(),
            statement: found.statement.clone(),
            on: found.refused.first().cloned(),
        }
    }
}

impl From<authorize::Refused> for Refused {
    fn from(refused: authorize::Refused) -> Self {
        let authorize::Refused { error, decision } = refused;
        Self {
            policy: decision.policy,
            statement: decision.statement,
            on: error.action.zip(error.resource),
            code: error.code,
        }
    }
}

/// Judges a call that is not made: by its mapping, what is protected, the boundary that it requires and the endpoint policies.
/// Whether that is the last word: what depends on tags and paths that only AWS can tell is judged when the call is made.
pub(super) fn judged(declared: Declared) -> Result<bool, Refused> {
    let facts = &declared.call().facts;
    let Some(authorizer) = facts.authorizer.clone() else {
        let checked = authorize::access::check(declared.tool().spec, facts);
        return checked.map(|()| true).map_err(|error| authorize::Refused::from(error).into());
    };
    authorizer.judge(declared).map(|allowed| allowed.open().is_empty()).map_err(Refused::from)
}

/// What a refusal means, and what would be changed.
pub(super) fn explained(refused: &Refused, spec: Option<&Spec>, facts: &CallFacts) -> Refusal {
    let mapping = || format!("the role mapping {} of the gateway's configuration", facts.mapping.id);
    let toolset = spec.map_or("the tool's", |spec| spec.toolset.as_str());
    let environment = &facts.environment;
    let (layer, why, place, change): (_, &str, String, String) = match refused.code.as_str() {
        "ToolNotAllowed" => {
            let change = format!("add {toolset} to its toolsets");
            ("role-mapping", "the caller's role mapping does not have the tool's toolset", mapping(), change)
        }
        "ReadOnlyCaller" => {
            let change = "give it access = \"read-write\", or a second mapping for callers that change IAM".to_owned();
            ("role-mapping", "the caller's access is read-only", mapping(), change)
        }
        "ReadOnlyGateway" => (
            "gateway",
            "the whole gateway is switched to read-only",
            "gateway.read_only".to_owned(),
            "switch it back when what it was switched for is over".to_owned(),
        ),
        "InsufficientScope" => (
            "authentication",
            "the access token's scopes are for reading",
            "the access token".to_owned(),
            "get one with the scope for writing".to_owned(),
        ),
        "UnsignedWrite" => (
            "authentication",
            "an access token does not sign what it asks for",
            "the way of authentication".to_owned(),
            "use gateway credentials, which sign each request".to_owned(),
        ),
        "ProtectedResource" => (
            "protected-resources",
            "it could be part of the gateway's own security",
            "outside of the gateway".to_owned(),
            "change it there, with credentials that no agent has".to_owned(),
        ),
        "PermissionsBoundaryRequired" => (
            "required-boundary",
            "the role mapping demands a permissions boundary on everything that is made",
            "the call".to_owned(),
            match &facts.mapping.permissions_boundary {
                Some(boundary) => format!("give permissions_boundary as {boundary}"),
                None => "give permissions_boundary as the role mapping has it".to_owned(),
            },
        ),
        "PolicyDenied" => (
            "endpoint-policy",
            "a statement of an endpoint policy denies it",
            refused.policy.clone().unwrap_or_default(),
            "spare this action on this resource from the statement, by NotResource or a condition, if it was not meant"
                .to_owned(),
        ),
        "PolicyNotAllowed" => (
            "endpoint-policy",
            "no statement of the endpoint policies allows it",
            format!("an endpoint policy of environment {environment}"),
            "add the statement".to_owned(),
        ),
        _ => (
            "gateway",
            "the gateway refused it before any policy was asked",
            "the call".to_owned(),
            "do what the hint of the refusal says; docs/errors.md has each code".to_owned(),
        ),
    };
    let is_missing = refused.code == "PolicyNotAllowed";
    let statement = refused.on.as_ref().filter(|_| is_missing).map(|(action, resource)| allowing(action, resource));
    let by = refused.policy.as_ref().zip(refused.statement.as_ref());
    Refusal {
        layer,
        code: refused.code.clone(),
        on: refused.on.clone(),
        statement: by.map(|(policy, statement)| json!({"Policy": policy, "Statement": statement})),
        why: why.to_owned(),
        conditional: false,
        proposal: Proposal { place, change, statement },
    }
}
