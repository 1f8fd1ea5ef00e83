//! The engine as a whole, held to tables of cases. Each case's id says the rule that it stands for.

mod agreement;
mod bounds;
mod conditions;
mod dice;
mod documents;
mod faults;
mod fuzzing;
mod generated;
mod mutation;
mod open;
mod oracle;
mod policies;
mod properties;
mod verdicts;

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{Context, Decision, Document, Policy, PolicyKind, PolicySet, Principal, Request};

const ALICE: &str = "arn:aws:iam::123456789012:user/alice";

/// The lines of a table, with ids that are all different.
fn table(lines: &str) -> Vec<(String, Value)> {
    let cases = lines.lines().map(|line| {
        let case: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        (case["id"].as_str().expect("each case has an id").to_owned(), case)
    });
    let cases: Vec<_> = cases.collect();
    let ids: HashSet<_> = cases.iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), cases.len(), "an id stands twice");
    cases
}

fn kind(name: Option<&Value>) -> PolicyKind {
    match name.map(|name| name.as_str().unwrap()) {
        None | Some("identity") => PolicyKind::Identity,
        Some("trust") => PolicyKind::Trust,
        Some("resource") => PolicyKind::Resource,
        Some("endpoint") => PolicyKind::Endpoint,
        Some(other) => panic!("{other} is no kind of policy"),
    }
}

fn context(entries: &Value) -> Context {
    let mut context = Context::new();
    for (key, value) in entries.as_object().into_iter().flatten() {
        match value {
            Value::Array(values) => context.set_all(key, values.iter().map(|value| value.as_str().unwrap())),
            value => context.set(key, value.as_str().unwrap()),
        }
    }
    context
}

/// `ARN`, `ROLE-ARN#SESSION`, `SERVICE.amazonaws.com`, `federated:PROVIDER` or `anonymous`.
fn principal(text: &str) -> Principal {
    match text.split_once('#') {
        Some((role, session)) => Principal::role_session(&role.parse().unwrap(), session),
        None if text == "anonymous" => Principal::anonymous(),
        None if text.ends_with(".amazonaws.com") => Principal::service(text),
        None => match text.strip_prefix("federated:") {
            Some(provider) => Principal::federated(provider),
            None => Principal::from_arn(text).unwrap(),
        },
    }
}

fn document(kind: PolicyKind, json: &Value) -> Document {
    Document::parse(kind, &json.to_string()).unwrap_or_else(|faults| panic!("{json}:\n{faults}"))
}

/// A document of statements in which what is left out allows everything.
fn complete(kind: PolicyKind, version: Option<&str>, statements: &[Value]) -> Value {
    let statements = statements.iter().map(|given| {
        let mut statement = Map::from_iter([("Effect".to_owned(), json!("Allow"))]);
        if given.get("NotAction").is_none() {
            statement.insert("Action".to_owned(), json!("*"));
        }
        if given.get("NotResource").is_none() && kind != PolicyKind::Trust {
            statement.insert("Resource".to_owned(), json!("*"));
        }
        statement.extend(given.as_object().unwrap().clone());
        Value::Object(statement)
    });
    let mut document = Map::from_iter([("Statement".to_owned(), statements.collect())]);
    if let Some(version) = version {
        document.insert("Version".to_owned(), json!(version));
    }
    Value::Object(document)
}

fn set(documents: impl IntoIterator<Item = Document>) -> PolicySet {
    documents
        .into_iter()
        .enumerate()
        .map(|(index, document)| Policy::new(format!("policy-{index}"), document))
        .collect()
}

/// The decision on alice's GetUser of herself.
fn on_alice<'a>(set: &'a PolicySet, context: &Context) -> Decision<'a> {
    let alice = Principal::from_arn(ALICE).unwrap();
    set.evaluate(&Request::new("iam:GetUser", ALICE, &alice, context))
}
