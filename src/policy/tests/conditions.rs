//! conditions.jsonl: each operator, with the contexts for which its condition holds, for which it fails, and for which it
//! holds only in a statement that denies.

use serde_json::{Value, json};

use super::{complete, context, document, on_alice, set, table};
use crate::policy::{Decision, PolicyKind};

const TABLE: &str = include_str!("conditions.jsonl");

#[test]
fn conditions_hold_and_fail_as_the_table_says() {
    let mut contexts = 0;
    for (id, case) in table(TABLE) {
        let version = case.get("version").map_or("2012-10-17", |version| version.as_str().unwrap());
        let with = |effect: &str| {
            let statement = json!({"Effect": effect, "Condition": case["if"]});
            document(PolicyKind::Identity, &complete(PolicyKind::Identity, Some(version), &[statement]))
        };
        let (allows, denies) = (set([with("Allow")]), set([with("Deny")]));
        for (outcome, holds, denies_by_it) in [("holds", true, true), ("fails", false, false), ("denies", false, true)]
        {
            for entries in case.get(outcome).into_iter().flat_map(|list| list.as_array().unwrap()) {
                let context = context(entries);
                let (allowed, denied) = (on_alice(&allows, &context), on_alice(&denies, &context));
                assert_eq!(allowed.is_allow(), holds, "{id} with {entries}");
                assert_eq!(denied.is_explicit_deny(), denies_by_it, "{id} denying with {entries}");
                assert!(holds || allowed == Decision::NoMatch, "{id} with {entries}");
                contexts += 1;
            }
        }
    }
    assert!(contexts >= 300, "{contexts}");
}

#[test]
fn every_operator_is_in_the_table() {
    let table = table(TABLE);
    let used = |name: &str| table.iter().any(|(_, case)| case["if"].get(name).is_some_and(Value::is_object));
    for (name, ..) in crate::policy::operator::NAMES {
        assert!(used(name), "{name}");
    }
}
