//! What must hold for all policies and requests.

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use serde_json::{Value, json};

use super::{document, on_alice, set};
use crate::policy::{Context, Decision, Document, PolicyKind};

/// Few words, so that what is made often matches what is made elsewhere.
const ACTIONS: [&str; 6] = ["*", "iam:*", "iam:Get*", "iam:GetUser", "iam:?etRole", "s3:GetObject"];
const RESOURCES: [&str; 5] = [
    "*",
    "arn:aws:iam::*",
    "arn:aws:iam::123456789012:user/*",
    "arn:aws:iam::123456789012:user/${aws:username}",
    "arn:aws:iam::123456789012:role/dev",
];
const KEYS: [&str; 3] = ["aws:username", "aws:TagKeys", "AWS:tagkeys"];
const VALUES: [&str; 5] = ["a", "b", "alice", "*", ""];
const OPERATORS: [&str; 8] = [
    "StringEquals",
    "StringNotEquals",
    "StringLikeIfExists",
    "StringNotLike",
    "ForAllValues:StringEquals",
    "ForAnyValue:StringLike",
    "ForAnyValue:StringNotEquals",
    "StringEqualsIgnoreCase",
];

fn condition() -> impl Strategy<Value = Value> {
    let values = prop_oneof![
        subsequence(&VALUES, 1..4).prop_map(|values| json!(values)),
        Just(json!("${aws:username}")),
        Just(json!(["${aws:username, 'a'}", "b"])),
    ];
    prop_oneof![
        1 => Just(json!({})),
        2 => (select(&OPERATORS[..]), select(&KEYS[..]), values)
            .prop_map(|(operator, key, values)| json!({ operator: { key: values } })),
        1 => (select(&KEYS[..]), any::<bool>()).prop_map(|(key, missing)| json!({"Null": { key: missing }})),
    ]
}

fn statement() -> impl Strategy<Value = Value> {
    let element = |name: &'static str, values: &'static [&'static str]| {
        (any::<bool>(), subsequence(values, 1..3))
            .prop_map(move |(negated, values)| (if negated { format!("Not{name}") } else { name.to_owned() }, values))
    };
    (select(&["Allow", "Deny"][..]), element("Action", &ACTIONS), element("Resource", &RESOURCES), condition()).prop_map(
        |(effect, (action, actions), (resource, resources), condition)| {
            json!({"Effect": effect, action: actions, resource: resources, "Condition": condition})
        },
    )
}

fn statements() -> impl Strategy<Value = Vec<Value>> {
    proptest::collection::vec(statement(), 1..6)
}

fn context() -> impl Strategy<Value = Context> {
    proptest::collection::vec((select(&KEYS[..]), subsequence(&VALUES, 0..3)), 0..3).prop_map(|entries| {
        let mut context = Context::new();
        for (key, values) in entries {
            context.set_all(key, values);
        }
        context
    })
}

/// Whether the statements allow, and whether they deny explicitly.
fn decided(statements: &[Value], context: &Context) -> (bool, bool) {
    let set = set([document(PolicyKind::Identity, &json!({"Version": "2012-10-17", "Statement": statements}))]);
    effect(&on_alice(&set, context))
}

fn effect(decision: &Decision<'_>) -> (bool, bool) {
    (decision.is_allow(), decision.is_explicit_deny())
}

/// Every list of a policy the other way round, the statements' own included.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().rev().map(reversed).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), reversed(value))).collect(),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_order_of_statements_never_matters(
        (given, shuffled) in statements().prop_flat_map(|given| (Just(given.clone()), Just(given).prop_shuffle())),
        context in context(),
    ) {
        prop_assert_eq!(decided(&given, &context), decided(&shuffled, &context));
    }

    #[test]
    fn the_order_of_values_never_matters(given in statements(), context in context()) {
        let Value::Array(turned) = reversed(&json!(given)) else { unreachable!("a list stays one") };
        prop_assert_eq!(decided(&given, &context), decided(&turned, &context));
    }

    #[test]
    fn adding_a_deny_never_allows_more(
        given in statements(),
        mut added in statement(),
        place in any::<Index>(),
        context in context(),
    ) {
        added["Effect"] = json!("Deny");
        let mut more = given.clone();
        more.insert(place.index(given.len() + 1), added);
        prop_assert!(decided(&given, &context).0 || !decided(&more, &context).0);
    }

    #[test]
    fn adding_an_allow_never_lifts_a_deny(given in statements(), mut added in statement(), context in context()) {
        added["Effect"] = json!("Allow");
        let more = [given.clone(), vec![added]].concat();
        prop_assert_eq!(decided(&given, &context).1, decided(&more, &context).1);
    }

    #[test]
    fn what_is_printed_decides_the_same(given in statements(), context in context()) {
        let first = document(PolicyKind::Identity, &json!({"Version": "2012-10-17", "Statement": given}));
        let second = Document::parse(PolicyKind::Identity, &first.to_json()).unwrap();
        prop_assert_eq!(format!("{:?}", second), format!("{:?}", first));
        let (first, second) = (set([first]), set([second]));
        prop_assert_eq!(effect(&on_alice(&first, &context)), effect(&on_alice(&second, &context)));
    }

    #[test]
    fn no_text_makes_the_parser_panic(
        text in "\\PC{0,40}|([{}\\[\\]:,\"]|\"(Statement|Effect|Allow|Action|Resource|Condition|Null|\\*|\\$\\{)\"){0,40}",
    ) {
        for kind in [PolicyKind::Identity, PolicyKind::Trust, PolicyKind::Resource, PolicyKind::Endpoint] {
            if let Err(faults) = Document::parse(kind, &text) {
                prop_assert!(!faults.faults.is_empty());
            }
        }
    }

    #[test]
    fn no_value_makes_the_parser_or_the_evaluation_panic(
        operator in select(&crate::policy::operator::NAMES[..]).prop_map(|(name, ..)| name),
        value in "\\PC{0,12}|[0-9TZ:.+/-]{0,24}|(\\$|\\{|\\}|\\*|'|,| |aws:username|arn:){0,8}",
        actual in "\\PC{0,12}|[0-9TZ:.+/-]{0,24}",
    ) {
        let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": { operator: { "aws:username": value } }});
        let json = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
        if let Ok(document) = Document::parse(PolicyKind::Identity, &json) {
            on_alice(&set([document]), &Context::from_iter([("aws:username", actual)]));
        }
    }
}
