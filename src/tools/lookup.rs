//! From a name and arguments to a checked call with its declaration.

use serde_json::{Map, Value};

use super::catalogue::Catalogue;
use super::{Arguments, Call, CallFacts, Declaration, Effect, Spec, Tool, ToolError, Work, text};
use crate::authorize::Judged;
use crate::iam::DeclaredCall;

/// A call of a known tool with checked arguments, and every AWS call that it can lead to.
#[derive(Debug)]
pub struct Declared {
    tool: &'static Tool,
    call: Call,
    declaration: Declaration,
}

impl Declared {
    /// The tool.
    #[must_use]
    pub fn tool(&self) -> &'static Tool {
        self.tool
    }

    /// The checked call.
    #[must_use]
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// Every AWS call that it can lead to.
    #[must_use]
    pub fn declaration(&self) -> &Declaration {
        &self.declaration
    }
}

impl Judged for Declared {
    fn facts(&self) -> &CallFacts {
        &self.call.facts
    }

    fn spec(&self) -> &'static Spec {
        self.tool.spec
    }

    fn effect(&self) -> Effect {
        self.tool.spec.effect_with(&self.call.arguments)
    }

    fn reads(&self) -> &[DeclaredCall] {
        &self.declaration.reads
    }

    fn writes(&self) -> &[DeclaredCall] {
        &self.declaration.writes
    }
}

/// The code of the error for a tool that does not exist.
pub const UNKNOWN_TOOL: &str = "UnknownTool";

/// Finds the tool.
///
/// # Errors
/// `UnknownTool`, with the nearest name.
pub fn find(catalogue: Catalogue, name: &str) -> Result<&'static Tool, ToolError> {
    catalogue.find(name).ok_or_else(|| {
        let shortened: String = name.chars().take(64).collect();
        let error = ToolError::gateway(UNKNOWN_TOOL, format!("there is no tool {}", text::visible(&shortened)));
        match catalogue.nearest(name) {
            Some(nearest) => error
                .recorded_as(format!("there is no such tool; the nearest is {nearest}"))
                .hint(format!("did you mean {nearest}?")),
            None => error
                .recorded_as("there is no such tool")
                .hint("tools/list (iam-mcp-gateway tools) shows the tools that there are"),
        }
    })
}

/// Checks the arguments of a call of `tool` and lets the tool declare what it will call.
///
/// # Errors
/// `ValidationError`, or the tool's own refusal of these arguments.
pub fn look_up(tool: &'static Tool, arguments: &Map<String, Value>, facts: CallFacts) -> Result<Declared, ToolError> {
    let arguments = Arguments::check(tool.spec, arguments)?;
    let call = Call { arguments, facts };
    let declaration = match tool.work {
        Work::Local(_) => Declaration::default(),
        Work::Read(work) => Declaration { reads: work.declare(&call)?, writes: Vec::new() },
        Work::Write(work) => work.declare(&call)?,
    };
    Ok(Declared { tool, call, declaration })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::json;

    use super::super::catalogue::CATALOGUE;
    use super::super::testing::declared;
    use super::*;

    #[test]
    fn tools_declare_exactly_the_actions_that_sessions_and_policies_are_made_of() {
        let calls: Map<String, Value> =
            serde_json::from_str(include_str!("../../tests/tools/calls.json")).expect("an object of calls");
        let mut by_tool: BTreeMap<&str, Vec<Declared>> = BTreeMap::new();
        for (name, arguments) in &calls {
            let tool = name.split(' ').next().expect("a name has a first word");
            let call = declared("alice", tool, arguments).unwrap_or_else(|error| panic!("{name}: {error}"));
            by_tool.entry(tool).or_default().push(call);
        }
        let called: BTreeSet<&str> = by_tool.keys().copied().collect();
        assert_eq!(called, CATALOGUE.iter().map(|tool| tool.spec.name).collect(), "every tool has a call there");
        for (tool, calls) in by_tool {
            let spec = calls[0].tool().spec;
            let actions = |of: fn(&Declaration) -> &Vec<DeclaredCall>| {
                calls.iter().flat_map(|call| of(call.declaration())).map(|call| call.action).collect::<BTreeSet<_>>()
            };
            assert_eq!(actions(|declaration| &declaration.reads), spec.reads.iter().copied().collect(), "{tool}");
            assert_eq!(actions(|declaration| &declaration.writes), spec.writes.iter().copied().collect(), "{tool}");
            for call in &calls {
                let declared = [&call.declaration().reads[..], &call.declaration().writes[..]].concat();
                let has = |action: &crate::iam::Action| declared.iter().any(|call| call.action == *action);
                assert!(spec.always.iter().all(has), "{tool}");
            }
        }
    }

    #[test]
    fn without_force_only_the_deletion_itself_is_declared() {
        let call = declared("alice", "delete_user", &json!({"user_name": "bob"})).unwrap();
        assert_eq!(call.declaration().writes.len(), 1);
        let plain = declared("alice", "create_user", &json!({"user_name": "bob"})).unwrap();
        assert!(plain.tool().spec.always.contains(&plain.declaration().writes[0].action));
        assert_eq!(plain.declaration().writes.len(), 1, "tagging is a permission that only tags need");
    }

    #[test]
    fn a_user_without_a_name_is_asked_for_before_aws_is() {
        let error = declared("alice", "get_user", &json!({})).unwrap_err();
        assert_eq!((error.code.as_str(), error.parameter.as_deref()), ("ValidationError", Some("user_name")));
        assert!(error.message.contains("role/mcp/admin"), "{}", error.message);
    }

    #[test]
    fn an_unknown_tool_is_named_with_its_neighbour() {
        let error = find(CATALOGUE, "list_user").unwrap_err();
        assert_eq!(error.code, UNKNOWN_TOOL);
        assert_eq!(error.hint.as_deref(), Some("did you mean list_users?"));
    }
}
