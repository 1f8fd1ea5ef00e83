//! The Condition element: operators, their keys, and the values to compare with.

use std::collections::HashMap;

use super::json::Node;
use super::members::{Members, each, fits, means_variables, wrong_type};
use super::path::Path;
use crate::policy::condition::Condition;
use crate::policy::context::Key;
use crate::policy::document::{PolicyKind, Version};
use crate::policy::fault::{FaultCode, Sink};
use crate::policy::operator::{NAMES, Operator};
use crate::policy::value::{NoValue, Value};
use crate::suggest::suggest;

/// An empty Condition is none, as the AWS console writes it into trust policies.
pub(super) fn read(node: &Node, path: &Path<'_>, language: (PolicyKind, Version), sink: &mut Sink) -> Vec<Condition> {
    let mut conditions = Vec::new();
    let Some(operators) = Members::any(node, path, "a condition", sink) else { return conditions };
    for (name, node) in operators.iter() {
        let path = path.member(name);
        match Operator::read(name) {
            Some(operator) => block(operator, node, &path, language, sink, &mut conditions),
            None => unknown(name, &path, sink),
        }
    }
    conditions
}

/// The keys under one operator.
fn block(
    operator: Operator,
    node: &Node,
    path: &Path<'_>,
    language: (PolicyKind, Version),
    sink: &mut Sink,
    conditions: &mut Vec<Condition>,
) {
    let Some(keys) = Members::any(node, path, "what stands under an operator", sink) else { return };
    if keys.is_empty() {
        sink.put(FaultCode::Empty, path, "compares no key");
    }
    let mut seen = HashMap::new();
    for (name, node) in keys.iter() {
        let path = path.member(name);
        let mut values = Vec::new();
        each(node, &path, sink, |node, path, sink| values.extend(value(operator, node, path, language, sink)));
        let Some(key) = Key::new(name) else {
            sink.put(
                FaultCode::ConditionKey,
                path,
                "a condition key is a service and a name, such as aws:SourceIp, without wildcards and variables",
            );
            continue;
        };
        // The very same name twice is reported already.
        if seen.insert(key.folded().to_owned(), name).is_some_and(|before| before != name) {
            sink.put(FaultCode::DuplicateKey, path, "stands more than once under this operator, in another case");
        }
        conditions.push(Condition { operator, key, values: values.into() });
    }
}

fn value(
    operator: Operator,
    node: &Node,
    path: &Path<'_>,
    language: (PolicyKind, Version),
    sink: &mut Sink,
) -> Option<Value> {
    let text = match node {
        Node::Text(text) | Node::Number(text) => text.as_str(),
        Node::Bool(true) => "true",
        Node::Bool(false) => "false",
        Node::InexactNumber => {
            sink.put(FaultCode::ConditionValue, path, "this number is not exact in JSON; write it as a string");
            return None;
        }
        Node::Null | Node::List(_) | Node::Object(_) => {
            wrong_type(node, path, "a value is a string, a number or a Boolean", sink);
            return None;
        }
    };
    if !fits(text, path, sink) || !means_variables(text, path, language, sink) {
        return None;
    }
    match Value::new(operator.relation, text, language.1 == Version::V2012) {
        Ok(value) => Some(value),
        Err(problem) => {
            let code = match problem {
                NoValue::Variable(_) => FaultCode::Variable,
                _ => FaultCode::ConditionValue,
            };
            sink.put(code, path, format!("{operator}: {problem}"));
            None
        }
    }
}

fn unknown(name: &str, path: &Path<'_>, sink: &mut Sink) {
    sink.put_with(FaultCode::Operator, path, "the language has no such operator", || {
        let (set, rest) = match name.split_once(':') {
            Some((set, rest)) => (format!("{}:", suggest(set, ["ForAllValues", "ForAnyValue"])?), rest),
            None => (String::new(), name),
        };
        let (base, suffix) = match rest.strip_suffix("IfExists") {
            Some(base) => (base, "IfExists"),
            None => (rest, ""),
        };
        let base = suggest(base, NAMES.into_iter().map(|(name, ..)| name))?;
        let suggestion = format!("{set}{base}{suffix}");
        Operator::read(&suggestion).is_some().then_some(suggestion)
    });
}
