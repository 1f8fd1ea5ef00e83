//! `whoami`

use serde_json::{Value, json};

use crate::config::{Confirming, Toolset};
use crate::tools::{Call, LocalTool, Spec, Tool, Work};

/// `whoami`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Local(&WhoAmI) };

static SPEC: Spec = Spec {
    name: "whoami",
    title: "Who am I?",
    description: "Shows who the gateway takes you for, in which environment and account you are, which role your calls \
                  run with, what you may do, and how AWS sees your sessions.",
    toolset: Toolset::Governance,
    output: || {
        json!({
            "Caller": {"type": "object"},
            "Environment": {"type": "string"},
            "Account": {"type": "string"},
            "RoleMapping": {"type": "string"},
            "RoleArn": {"type": "string"},
            "Access": {"enum": ["read-only", "read-write"]},
            "GatewayReadOnly": {"type": "boolean"},
            "Confirmation": {
                "type": "object",
                "properties": {
                    "Strength": {"enum": ["none", "model", "client", "second-person"]},
                    "Escalates": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "Calls": {"enum": ["destructive-and-grants", "all-writes"]},
                    "ReasonRequired": {"type": "boolean"},
                    "MayApprove": {"type": "boolean"},
                },
            },
            "Toolsets": {"type": "array", "items": {"type": "string"}},
            "PermissionsBoundary": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "RoleSessionName": {"type": "string"},
            "SourceIdentity": {"type": "string"},
            "SessionTags": {"type": "object"},
        })
    },
    ..Spec::READING
};

/// What escalates, where the role mapping leaves the strength to the gateway.
const ESCALATES: &str = "second-person where a plan reaches administrator or many entities";

struct WhoAmI;

impl LocalTool for WhoAmI {
    fn answer(&self, call: &Call) -> Value {
        let facts = &call.facts;
        let mapping = &facts.mapping;
        json!({
            "Caller": facts.caller,
            "Environment": facts.environment,
            "Account": facts.account.id.as_str(),
            "RoleMapping": mapping.id,
            "RoleArn": mapping.role_arn.to_string(),
            "Access": facts.access().as_str(),
            "GatewayReadOnly": facts.read_only,
            "Confirmation": confirmation(&mapping.confirming),
            "Toolsets": mapping.toolsets.iter().map(|toolset| toolset.as_str()).collect::<Vec<_>>(),
            "PermissionsBoundary": mapping.permissions_boundary.as_ref().map(ToString::to_string),
            "RoleSessionName": facts.stamp.session_name,
            "SourceIdentity": facts.stamp.source_identity,
            "SessionTags": facts.stamp.tags,
        })
    }
}

fn confirmation(confirming: &Confirming) -> Value {
    json!({
        "Strength": confirming.strength,
        "Escalates": confirming.escalates.then_some(ESCALATES),
        "Calls": confirming.calls,
        "ReasonRequired": confirming.reason_required,
        "MayApprove": confirming.may_approve,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Confirmation, ConfirmedCalls};

    #[test]
    fn it_is_told_when_a_second_person_is_wanted_after_all() {
        let left_out = Confirming {
            strength: Confirmation::Model,
            escalates: true,
            calls: ConfirmedCalls::DestructiveAndGrants,
            reason_required: false,
            may_approve: true,
        };
        let told = json!({
            "Strength": "model", "Escalates": ESCALATES, "Calls": "destructive-and-grants", "ReasonRequired": false,
            "MayApprove": true,
        });
        assert_eq!(confirmation(&left_out), told);
        let said = Confirming { escalates: false, reason_required: true, ..left_out };
        assert_eq!(confirmation(&said)["Escalates"], Value::Null);
    }
}
