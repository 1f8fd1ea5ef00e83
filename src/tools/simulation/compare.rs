//! `compare_mcp_access`

use serde_json::{Value, json};

use super::decided::{Decided, Matched};
use super::principal::declared;
use super::reason;
use super::simulate::{self, Asked};
use super::{ACTION_NAMES, POLICY_SOURCE_ARN, RESOURCE_ARNS, SIMULATE_PRINCIPAL_POLICY, check_size};
use crate::config::Toolset;
use crate::context::stamp::CALLED_VIA_TAG;
use crate::iam::{DeclaredCall, Reader};
use crate::tools::context_entries::Entry;
use crate::tools::{Call, CallFacts, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `compare_mcp_access`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&CompareMcpAccess) };

static SPEC: Spec = Spec {
    name: "compare_mcp_access",
    title: "Compare a person's access with an agent's",
    description: "Simulates a principal's policies twice, as a person and as an agent through this gateway (MCP \
                  keys, your session tags and source identity), and answers what differs by which statements.",
    toolset: Toolset::Simulation,
    own_parameters: &[POLICY_SOURCE_ARN, ACTION_NAMES, RESOURCE_ARNS],
    output: || {
        json!({
            "Comparisons": {"type": "array", "items": {"type": "object", "properties": {
                "EvalActionName": {"type": "string"}, "EvalResourceName": {"type": "string"},
                "Differs": {"type": "boolean"}, "Person": {"type": "object"}, "Agent": {"type": "object"},
                "DecidingStatements": {"type": "array"}, "Explanation": {"type": "string"},
            }, "required": ["EvalActionName", "EvalResourceName", "Differs", "Person", "Agent"]}},
            "PersonContext": {"type": "object"},
            "AgentContext": {"type": "object"},
            "Note": {"type": "string"},
            "Differences": {"type": "integer"},
            "Count": {"type": "integer"},
            "IsTruncated": {"type": "boolean"},
        })
    },
    reads: &[SIMULATE_PRINCIPAL_POLICY],
    always: &[SIMULATE_PRINCIPAL_POLICY],
    ..Spec::READING
};

/// What must not be read into a difference: the gateway cannot set `aws:` keys on real requests, and says so.
const NOTE: &str = "AWS sets aws:ViaAWSMCPService and aws:CalledViaAWSMCP on calls of its own MCP servers only. Through \
                    this gateway AWS sees the session tags (aws:PrincipalTag/...) and aws:SourceIdentity; a statement \
                    that needs the two keys takes effect in AWS when it asks for aws:PrincipalTag/ViaAWSMCPService or \
                    aws:PrincipalTag/CalledViaAWSMCP instead.";

const VIA: &str = "aws:ViaAWSMCPService";

struct CompareMcpAccess;

impl ReadTool for CompareMcpAccess {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        check_size(call)?;
        Ok(vec![declared(call)])
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let arn = call.arguments.required("policy_source_arn");
            let asked = Asked::of(&call.arguments);
            let (as_person, as_agent) = (asked.under(person()), asked.under(agent(&call.facts)));
            let (mut person, agent) = tokio::try_join!(
                simulate::principal(reader, arn, &[], &as_person),
                simulate::principal(reader, arn, &[], &as_agent),
            )?;
            // What only an agent has is missing from a person's request on purpose.
            let on_purpose = |key: &String| as_agent.context.iter().any(|entry| entry.name.eq_ignore_ascii_case(key));
            person.decided.iter_mut().for_each(|decided| decided.missing.retain(|key| !on_purpose(key)));
            let compared = compared(&person.decided, &agent.decided);
            let differences = compared.iter().filter(|comparison| comparison["Differs"] == true).count();
            Ok(json!({
                "Count": compared.len(),
                "Comparisons": compared,
                "Differences": differences,
                "IsTruncated": person.truncated || agent.truncated,
                "PersonContext": shown(&as_person.context),
                "AgentContext": shown(&as_agent.context),
                "Note": NOTE,
            }))
        })
    }
}

/// The context of a person's own request.
fn person() -> Vec<Entry> {
    vec![Entry::one(VIA, "false", "boolean")]
}

/// The context of a request through the gateway: AWS's keys for MCP, and what the caller's sessions carry.
fn agent(facts: &CallFacts) -> Vec<Entry> {
    let mut entries = vec![Entry::one(VIA, "true", "boolean")];
    if let Some(gateway) = facts.stamp.tags.get(CALLED_VIA_TAG) {
        entries.push(Entry::one("aws:CalledViaAWSMCP", gateway, "string"));
    }
    entries.push(Entry::one("aws:SourceIdentity", &facts.stamp.source_identity, "string"));
    let tags = facts.stamp.tags.iter();
    entries.extend(tags.map(|(key, value)| Entry::one(&format!("aws:PrincipalTag/{key}"), value, "string")));
    entries
}

fn shown(context: &[Entry]) -> Value {
    context.iter().map(|entry| (entry.name.clone(), Value::from(entry.values.join(", ")))).collect()
}

/// Each action and resource with both decisions; what differs comes first.
fn compared(person: &[Decided], agent: &[Decided]) -> Vec<Value> {
    let mut compared: Vec<Value> = person
        .iter()
        .filter_map(|person| {
            let same = |agent: &&Decided| agent.action == person.action && agent.resource == person.resource;
            Some(comparison(person, agent.iter().find(same)?))
        })
        .collect();
    compared.sort_by_key(|comparison| comparison["Differs"] != true);
    compared
}

fn comparison(person: &Decided, agent: &Decided) -> Value {
    let differs = person.decision != agent.decision;
    let mut shown = json!({
        "EvalActionName": person.action,
        "EvalResourceName": person.resource,
        "Differs": differs,
        "Person": person.outcome(),
        "Agent": agent.outcome(),
    });
    if differs {
        let (who, statements) = deciding(person, agent);
        shown["DecidingStatements"] = statements.iter().map(|matched| matched.shown()).collect();
        shown["Explanation"] = explanation(person, agent, who, &statements).into();
    }
    shown
}

/// The statements that make the difference, and for whom they apply: those that deny one and not the other, else those
/// that allow one and not the other.
fn deciding<'a>(person: &'a Decided, agent: &'a Decided) -> (&'static str, Vec<&'a Matched>) {
    let person_decides = match (person.is_explicit_deny(), agent.is_explicit_deny()) {
        (true, false) => true,
        (false, true) => false,
        _ => person.is_allowed(),
    };
    let (who, own, other) = if person_decides { ("a person", person, agent) } else { ("an agent", agent, person) };
    (who, own.statements.iter().filter(|matched| !other.statements.contains(matched)).collect())
}

fn explanation(person: &Decided, agent: &Decided, who: &str, statements: &[&Matched]) -> String {
    let decisions = format!("a person: {}, an agent: {}", person.decision, agent.decision);
    let barred = [("a person", person), ("an agent", agent)].into_iter().find(|(_, decided)| {
        !decided.is_allowed() && (decided.by_boundary == Some(false) || decided.by_organizations == Some(false))
    });
    if let Some((who, decided)) = barred {
        return format!("{decisions}; for {who}: {}", reason::of(decided));
    }
    if statements.is_empty() {
        return format!("{decisions}; IAM names no statement that makes the difference");
    }
    let statements: Vec<Matched> = statements.iter().map(|matched| (*matched).clone()).collect();
    format!("{decisions}; {} applies only to {who}", reason::named(&statements))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::tools::testing::facts;

    fn decided(decision: &str, policies: &[&str]) -> Decided {
        let matched =
            |policy: &&str| Matched { policy: (*policy).into(), kind: None, start: Some((1, 38)), end: Some((1, 99)) };
        Decided {
            action: "iam:CreateUser".into(),
            resource: "*".into(),
            decision: decision.into(),
            statements: policies.iter().map(matched).collect(),
            missing: Vec::new(),
            by_boundary: None,
            by_organizations: None,
            details: BTreeMap::new(),
        }
    }

    #[test]
    fn the_agents_context_is_the_stamp_with_awss_keys() {
        let facts = facts("alice");
        let entries = agent(&facts);
        let value = |name: &str| entries.iter().find(|entry| entry.name == name).map(|entry| entry.values.join(","));
        assert_eq!(value(VIA).as_deref(), Some("true"));
        assert_eq!(value("aws:CalledViaAWSMCP").as_deref(), Some("iam-mcp.example.internal"));
        assert_eq!(value("aws:SourceIdentity").as_ref(), Some(&facts.stamp.source_identity));
        assert_eq!(value("aws:PrincipalTag/ViaAWSMCPService").as_deref(), Some("true"));
        assert_eq!(entries.len(), 3 + facts.stamp.tags.len());
        assert_eq!(person(), [Entry::one(VIA, "false", "boolean")]);
    }

    #[test]
    fn a_deny_for_agents_makes_the_difference_and_not_the_allow_beside_it() {
        let (person, agent) = (decided("allowed", &["Admin"]), decided("explicitDeny", &["NoAgents"]));
        let shown = comparison(&person, &agent);
        assert_eq!(shown["DecidingStatements"][0]["SourcePolicyId"], "NoAgents");
        assert_eq!(shown["DecidingStatements"].as_array().map(Vec::len), Some(1));
        assert!(shown["Explanation"].as_str().unwrap().ends_with("applies only to an agent"), "{shown}");
    }

    #[test]
    fn an_allow_that_only_agents_have_makes_the_difference() {
        let (person, agent) = (decided("implicitDeny", &[]), decided("allowed", &["ForAgents"]));
        assert_eq!(comparison(&person, &agent)["DecidingStatements"][0]["SourcePolicyId"], "ForAgents");
    }

    #[test]
    fn a_boundary_that_bars_is_the_explanation() {
        let agent = Decided { by_boundary: Some(false), ..decided("implicitDeny", &[]) };
        let shown = comparison(&decided("allowed", &["Admin"]), &agent);
        assert!(shown["Explanation"].as_str().unwrap().contains("the permissions boundary"), "{shown}");
    }

    #[test]
    fn what_differs_comes_first() {
        let same = |decision: &str| Decided { resource: "arn:x".into(), ..decided(decision, &[]) };
        let person = [same("allowed"), decided("allowed", &[])];
        let agent = [same("allowed"), decided("implicitDeny", &[])];
        let compared = compared(&person, &agent);
        assert_eq!((&compared[0]["Differs"], &compared[1]["Differs"]), (&json!(true), &json!(false)));
        assert_eq!(compared[1].get("Explanation"), None);
    }
}
