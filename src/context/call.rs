//! The condition keys that are the same for all AWS calls of one tools/call.

use std::net::IpAddr;

use jiff::Timestamp;

use super::keys::{CALLED_VIA_MCP, VIA_MCP};
use super::stamp::CALLED_VIA_TAG;
use crate::config::{Confirmation, ConfirmedCalls, RoleMapping};
use crate::policy::{Context, Principal};
use crate::tools::{CallFacts, Effect, Spec};

/// Where a call came from and when, as the gateway itself saw it, and what the client says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The client's address, as far as proxies can be believed.
    pub source_ip: Option<IpAddr>,
    /// Whether the client spoke TLS, to a trusted proxy that says so.
    pub secure: bool,
    /// When the call arrived.
    pub at: Timestamp,
    /// The User-Agent: the client's own word.
    pub user_agent: Option<String>,
    /// The name that the MCP client gives itself: its own word.
    pub client: Option<String>,
}

/// The keys of a call of the tool `spec` with this effect. What only AWS can tell of a resource is left open.
#[must_use]
pub fn of_call(facts: &CallFacts, spec: &Spec, effect: Effect) -> Context {
    let mut context = of_caller(facts);
    tool(&mut context, facts, spec, effect);
    let Origin { source_ip, secure, at, user_agent, client } = &facts.origin;
    if let Some(address) = source_ip {
        context.set("aws:SourceIp", address.to_string());
    }
    context.set("aws:SecureTransport", secure.to_string());
    context.set("aws:CurrentTime", at.to_string());
    context.set("aws:EpochTime", at.as_second().to_string());
    for (key, value) in [("aws:UserAgent", user_agent), ("mcp:ClientName", client)] {
        if let Some(value) = value {
            context.set(key, value);
        }
    }
    context
}

/// The keys of whatever call of the tool this caller could make, from wherever and whenever: everything else is open.
#[must_use]
pub fn of_any_call(facts: &CallFacts, spec: &Spec) -> Context {
    let mut context = of_caller(facts);
    match spec.effect_of {
        None => tool(&mut context, facts, spec, spec.effect),
        // What it does depends on its arguments.
        Some(_) => context.set("mcp:ToolName", spec.name),
    }
    context.leave_all_open();
    context
}

/// Who calls, as AWS will see it: the session of the mapped role.
#[must_use]
pub fn principal(facts: &CallFacts) -> Principal {
    Principal::role_session(&facts.mapping.role_arn, &facts.stamp.session_name)
}

fn of_caller(facts: &CallFacts) -> Context {
    let mut context = Context::new();
    let (mapping, stamp) = (&facts.mapping, &facts.stamp);
    context.set(VIA_MCP, "true");
    if let Some(gateway) = stamp.tags.get(CALLED_VIA_TAG) {
        context.set(CALLED_VIA_MCP, gateway);
    }
    // AWS gives the role's ARN for its sessions, not the session's own.
    context.set("aws:PrincipalArn", mapping.role_arn.to_string());
    context.set("aws:PrincipalAccount", mapping.role_arn.account().to_string());
    context.set("aws:PrincipalType", "AssumedRole");
    context.set("aws:PrincipalIsAWSService", "false");
    context.set("aws:ViaAWSService", "false");
    context.set("aws:SourceIdentity", &stamp.source_identity);
    context.set("aws:RequestedRegion", facts.account.partition.global_region().as_str());
    context.set("aws:ResourceAccount", facts.account.id.to_string());
    for (key, value) in &stamp.tags {
        context.set(&format!("aws:PrincipalTag/{key}"), value);
    }
    context.set("mcp:Environment", &facts.environment);
    context.set("mcp:Authentication", facts.authentication());
    context.set("mcp:RoleMapping", &mapping.id);
    context
}

/// How a call with this effect is confirmed before it changes something, at least: its plan may want more.
#[must_use]
pub fn confirmation(mapping: &RoleMapping, effect: Effect) -> Confirmation {
    let is_confirmed = match mapping.confirming.calls {
        ConfirmedCalls::DestructiveAndGrants => effect.is_confirmed(),
        ConfirmedCalls::AllWrites => effect.writes(),
    };
    if is_confirmed { mapping.confirming.strength } else { Confirmation::None }
}

fn tool(context: &mut Context, facts: &CallFacts, spec: &Spec, effect: Effect) {
    context.set("mcp:ToolName", spec.name);
    context.set("mcp:ToolEffect", effect.as_str());
    context.set("mcp:Confirmation", confirmation(&facts.mapping, effect).as_str());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::keys::{KEYS, Source, known};
    use crate::tools::catalogue::CATALOGUE;
    use crate::tools::testing::facts;

    fn context(tool: &str) -> Context {
        let mut facts = facts("alice");
        facts.origin.source_ip = Some("203.0.113.7".parse().unwrap());
        facts.origin.user_agent = Some("agent/1".to_owned());
        facts.origin.client = Some("claude 1".to_owned());
        let spec = CATALOGUE.find(tool).unwrap().spec;
        of_call(&facts, spec, spec.effect)
    }

    #[test]
    fn every_key_that_is_stamped_is_in_the_table_and_the_other_way_round() {
        let context = context("delete_user");
        for (key, _) in context.iter() {
            assert!(known(key).is_some(), "{key} is set and in no table");
        }
        for key in KEYS.iter().filter(|key| !matches!(key.source, Source::Arguments | Source::Aws)) {
            let set = context.iter().any(|(set, _)| known(set) == Some(key));
            assert!(set, "{} is in the table and never set", key.name);
        }
    }

    #[test]
    fn a_call_is_stamped_as_coming_through_this_gateway() {
        let context = context("delete_user");
        for (key, value) in [
            ("aws:ViaAWSMCPService", "true"),
            ("aws:CalledViaAWSMCP", "iam-mcp.example.internal"),
            ("aws:PrincipalArn", "arn:aws:iam::123456789012:role/mcp/admin"),
            ("aws:PrincipalTag/CalledViaAWSMCP", "iam-mcp.example.internal"),
            ("aws:SourceIp", "203.0.113.7"),
            ("aws:SecureTransport", "false"),
            ("mcp:ToolName", "delete_user"),
            ("mcp:ToolEffect", "destructive"),
            ("mcp:Environment", "dev"),
            ("mcp:Authentication", "keyring"),
            ("mcp:RoleMapping", "dev/keyring:alice"),
            ("mcp:Confirmation", "model"),
            ("mcp:ClientName", "claude 1"),
        ] {
            assert_eq!(context.get(key), [value], "{key}");
        }
    }

    #[test]
    fn what_is_not_confirmed_before_it_is_done_says_so() {
        assert_eq!(context("list_users").get("mcp:Confirmation"), ["none"]);
        assert_eq!(context("create_user").get("mcp:Confirmation"), ["none"]);
    }
}
