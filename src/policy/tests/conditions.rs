//! conditions.jsonl and operators.jsonl: conditions with the contexts for which they hold, for which they fail, and for
//! which they hold only in a statement that denies. The first tells rules and their exceptions; the second goes through
//! every operator in every form.

use serde_json::{Value, json};

use super::{complete, context, document, on_alice, set, table};
use crate::policy::operator::{NAMES, Relation};
use crate::policy::{Decision, PolicyKind};

const RULES: &str = include_str!("conditions.jsonl");
const OPERATORS: &str = include_str!("operators.jsonl");

/// Each context is asked of a statement that allows and of one that denies.
fn assert_decides(lines: &str) -> usize {
    let mut contexts = 0;
    for (id, case) in table(lines) {
        let version = case.get("version").map_or("2012-10-17", |version| version.as_str().unwrap());
        let with = |effect: &str| {
            let statement = json!({"Effect": effect, "Condition": case["if"]});
            document(PolicyKind::Identity, &complete(PolicyKind::Identity, Some(version), &[statement]))
        };
        let (allows, denies) = (set([with("Allow")]), set([with("Deny")]));
        for (outcome, holds, denies_by_it) in [("holds", true, true), ("fails", false, false), ("denies", false, true)]
        {
            for entries in contexts_of(&case, outcome) {
                let context = context(entries);
                let (allowed, denied) = (on_alice(&allows, &context), on_alice(&denies, &context));
                assert_eq!(allowed.is_allow(), holds, "{id} with {entries}");
                assert_eq!(denied.is_explicit_deny(), denies_by_it, "{id} denying with {entries}");
                assert!(holds || allowed == Decision::NoMatch, "{id} with {entries}");
                contexts += 1;
            }
        }
    }
    contexts
}

fn contexts_of<'a>(case: &'a Value, outcome: &str) -> impl Iterator<Item = &'a Value> {
    case.get(outcome).into_iter().flat_map(|list| list.as_array().unwrap())
}

#[test]
fn conditions_hold_and_fail_as_the_table_says() {
    let contexts = assert_decides(RULES);
    assert!(contexts >= 300, "{contexts}");
}

#[test]
fn operators_hold_and_fail_in_every_form_as_the_table_says() {
    let contexts = assert_decides(OPERATORS);
    assert!(contexts >= 1_200, "{contexts}");
}

/// What a context has of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Missing,
    Empty,
    Single,
    Several,
}

fn shape(entries: &Value, key: &str) -> Shape {
    match entries.get(key) {
        None => Shape::Missing,
        Some(Value::Array(values)) if values.is_empty() => Shape::Empty,
        Some(Value::Array(values)) if values.len() > 1 => Shape::Several,
        Some(_) => Shape::Single,
    }
}

#[test]
fn every_form_of_every_operator_is_asked_with_a_missing_an_empty_a_single_and_several_values() {
    let cases = [table(RULES), table(OPERATORS)].concat();
    for (name, relation, _) in NAMES {
        let (sets, suffixes): (&[&str], &[&str]) = match relation {
            Relation::Null => (&[""], &[""]),
            _ => (&["", "ForAllValues:", "ForAnyValue:"], &["", "IfExists"]),
        };
        for operator in sets.iter().flat_map(|set| suffixes.iter().map(move |suffix| format!("{set}{name}{suffix}"))) {
            let (mut shapes, mut outcomes) = (Vec::new(), Vec::new());
            for (_, case) in &cases {
                // Only where the operator alone decides.
                let keys = case["if"].as_object().filter(|operators| operators.len() == 1);
                let Some(keys) = keys.and_then(|operators| operators.get(&operator)).and_then(Value::as_object) else {
                    continue;
                };
                let Some((key, _)) = keys.iter().next().filter(|_| keys.len() == 1) else { continue };
                for outcome in ["holds", "fails"] {
                    let contexts: Vec<_> = contexts_of(case, outcome).collect();
                    outcomes.extend((!contexts.is_empty()).then_some(outcome));
                    shapes.extend(contexts.into_iter().map(|entries| shape(entries, key)));
                }
            }
            for wanted in [Shape::Missing, Shape::Empty, Shape::Single, Shape::Several] {
                assert!(shapes.contains(&wanted), "{operator} is never asked with a key that is {wanted:?}");
            }
            assert!(outcomes.contains(&"holds") && outcomes.contains(&"fails"), "{operator} only {outcomes:?}");
        }
    }
}
