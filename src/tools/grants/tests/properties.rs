//! What must hold for all changes, with the engine that decides requests as the judge.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::{ACCOUNT, document};
use crate::arn::AccountId;
use crate::policy::{Context, Document, Layers, Policy, PolicyKind, PolicySet, Principal, Request};
use crate::tools::documents::text;
use crate::tools::grants::{Granted, Permissions, compare};

const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
/// Of no service and of no account's own: only whoever may do everything may do this.
const MADE_UP: (&str, &str) = ("zz-x:Anything", "arn:aws:zz-x:::thing");
const NEW_USER: (&str, &str) = ("iam:CreateUser", "arn:aws:iam::123456789012:user/somebody-new");

const LITERAL_ACTIONS: [&str; 3] = ["a:X", "a:Xy", "b:X"];
const LITERAL_RESOURCES: [&str; 3] = ["arn:aws:a:::r", "arn:aws:a:::rs", "arn:aws:b:::r"];

fn actions() -> impl Strategy<Value = Value> {
    let all = ["a:X", "A:x", "a:Xy", "b:X", "a:*", "*", "a:X?", "a:?*", "iam:*", "b:*"];
    prop::collection::vec(select(all.to_vec()), 1..3).prop_map(|list| json!(list))
}

fn resources() -> impl Strategy<Value = Value> {
    let all = [
        "*",
        "*",
        "arn:*",
        "arn:aws:a:::r",
        "arn:aws:a:::r*",
        "arn:aws:a:::*s",
        "arn:aws:a:::${aws:username}",
        "arn:aws:a:::${aws:username}*",
        "arn:aws:a:::${*}",
        "arn:aws:b:::?",
        "arn:aws:iam::*",
    ];
    prop::collection::vec(select(all.to_vec()), 1..3).prop_map(|list| json!(list))
}

fn conditions() -> impl Strategy<Value = Value> {
    select(vec![
        Value::Null,
        Value::Null,
        Value::Null,
        json!({"StringEquals": {"aws:username": "r"}}),
        json!({"StringEquals": {"AWS:username": ["r", "rs"]}}),
        json!({"StringNotEquals": {"aws:username": "r"}}),
        json!({"StringNotEquals": {"aws:username": ["r", "rs"]}}),
        json!({"StringNotEquals": {"aws:userid": "${aws:username}"}}),
        json!({"Null": {"aws:username": "true"}}),
        json!({"ForAllValues:StringLike": {"aws:username": "r*"}, "Bool": {"aws:SecureTransport": "true"}}),
    ])
}

fn statement(denies: u32) -> impl Strategy<Value = Value> {
    let names = (prop::bool::weighted(0.15), prop::bool::weighted(0.1));
    let effect = prop_oneof![4 => Just("Allow"), denies => Just("Deny")];
    (effect, actions(), resources(), conditions(), names).prop_map(
        |(effect, actions, resources, conditions, (not_action, not_resource))| {
            let mut statement = json!({"Effect": effect});
            statement[if not_action { "NotAction" } else { "Action" }] = actions;
            statement[if not_resource { "NotResource" } else { "Resource" }] = resources;
            if !conditions.is_null() {
                statement["Condition"] = conditions;
            }
            statement
        },
    )
}

fn statements(denies: u32) -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(statement(denies), 1..4)
}

fn permissions(denies: u32) -> impl Strategy<Value = Permissions> {
    let boundary = prop::option::weighted(0.3, statements(denies));
    (prop::collection::vec(statements(denies), 0..3), boundary).prop_map(|(policies, boundary)| Permissions {
        policies: policies.iter().map(|statements| document(statements)).collect(),
        boundary: boundary.map(|statements| document(&statements)),
    })
}

/// Before and after: each with something of its own, and something that stays.
fn change(denies: u32) -> impl Strategy<Value = (Permissions, Permissions)> {
    let one = || permissions(denies);
    (one(), one(), one(), any::<bool>()).prop_map(|(mut before, mut after, stays, keeps_boundary)| {
        before.policies.extend(stays.policies.clone());
        after.policies.extend(stays.policies);
        if keeps_boundary {
            after.boundary = before.boundary.clone();
        }
        (before, after)
    })
}

/// The same of literal actions and resources, without conditions.
fn literal_change() -> impl Strategy<Value = (Permissions, Permissions)> {
    let lists = |all: [&'static str; 3]| prop::collection::vec(select(all.to_vec()), 1..3);
    let effect = prop_oneof![3 => Just("Allow"), 1 => Just("Deny")];
    let one = (effect, lists(LITERAL_ACTIONS), lists(LITERAL_RESOURCES))
        .prop_map(|(effect, actions, resources)| json!({"Effect": effect, "Action": actions, "Resource": resources}));
    let list = move || prop::collection::vec(one.clone(), 1..4);
    let held = move || {
        (list(), prop::option::weighted(0.4, list())).prop_map(|(policy, boundary)| Permissions {
            policies: vec![document(&policy)],
            boundary: boundary.map(|statements| document(&statements)),
        })
    };
    (held(), held())
}

fn set(documents: &[Value]) -> PolicySet {
    let policy = |document: &Value| {
        let read = Document::parse(PolicyKind::Identity, &text(document));
        Policy::new("p", read.unwrap_or_else(|faults| panic!("{document}: {faults}")))
    };
    documents.iter().map(policy).collect()
}

/// Asked of permissions: an action on a resource by a user of this name.
type Asked<'a> = (&'a str, &'a str, Option<&'a str>);

fn is_allowed(layers: &Layers, (action, resource, user): Asked<'_>) -> bool {
    let mut context = Context::from_iter([("aws:SecureTransport", "true"), ("aws:userid", "r")]);
    if let Some(user) = user {
        context.set("aws:username", user);
    }
    let principal = Principal::from_arn(ALICE).unwrap();
    let account: AccountId = ACCOUNT.parse().unwrap();
    layers.decide(&Request::new(action, resource, &principal, &context), &account).is_allowed()
}

fn layers(permissions: &Permissions) -> Layers {
    let boundary = permissions.boundary.as_ref().map(|boundary| set(std::slice::from_ref(boundary)));
    Layers { identity: set(&permissions.policies), boundary, ..Layers::default() }
}

/// What an item allows, taken for a policy.
fn of_item(item: &Value) -> Layers {
    let mut statement = item.clone();
    statement["Effect"] = "Allow".into();
    Layers { identity: set(&[document(&[statement])]), ..Layers::default() }
}

const USERS: [Option<&str>; 4] = [None, Some("r"), Some("rs"), Some("*")];

fn requests() -> Vec<Asked<'static>> {
    let actions = ["a:X", "a:Xy", "a:Xyz", "b:X", MADE_UP.0, NEW_USER.0];
    let resources = [
        "*",
        "arn:aws:a:::r",
        "arn:aws:a:::rs",
        "arn:aws:a:::*",
        "arn:aws:b:::r",
        "arn:aws:b:::rs",
        MADE_UP.1,
        NEW_USER.1,
    ];
    let each = |action| resources.into_iter().map(move |resource| (action, resource));
    let pairs = actions.into_iter().flat_map(each);
    pairs.flat_map(|(action, resource)| USERS.map(|user| (action, resource, user))).collect()
}

/// Every list and every set of statements the other way round.
fn turned(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().rev().map(turned).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), turned(value))).collect(),
        other => other.clone(),
    }
}

fn turn(permissions: &Permissions) -> Permissions {
    Permissions {
        policies: permissions.policies.iter().rev().map(turned).collect(),
        boundary: permissions.boundary.as_ref().map(turned),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_change_grants_nothing(held in permissions(2)) {
        prop_assert_eq!(compare(&held, &held, ACCOUNT), Granted::default());
        prop_assert_eq!(compare(&held, &Permissions::default(), ACCOUNT), Granted::default());
    }

    #[test]
    fn whatever_is_newly_allowed_is_named((before, after) in change(2)) {
        let granted = compare(&before, &after, ACCOUNT);
        prop_assert_eq!(granted.more, 0);
        let items: Vec<Layers> = granted.allowed.iter().map(of_item).collect();
        let (old, new) = (layers(&before), layers(&after));
        for asked in requests() {
            if is_allowed(&new, asked) && !is_allowed(&old, asked) {
                prop_assert!(
                    items.iter().any(|item| is_allowed(item, asked)),
                    "{:?}: {:?}\n{:?}\n{:?}", asked, granted, before, after
                );
            }
        }
    }

    #[test]
    fn nothing_is_named_that_is_not_allowed_where_nothing_denies_or_bounds((mut before, mut after) in change(0)) {
        (before.boundary, after.boundary) = (None, None);
        let granted = compare(&before, &after, ACCOUNT);
        let new = layers(&after);
        for item in &granted.allowed {
            let layers = of_item(item);
            for asked in requests() {
                prop_assert!(is_allowed(&new, asked) || !is_allowed(&layers, asked), "{:?}: {}", asked, item);
            }
        }
    }

    #[test]
    fn of_literal_actions_and_resources_exactly_the_new_is_named((before, after) in literal_change()) {
        let granted = compare(&before, &after, ACCOUNT);
        let items: Vec<Layers> = granted.allowed.iter().map(of_item).collect();
        let (old, new) = (layers(&before), layers(&after));
        for asked in requests() {
            let is_new = is_allowed(&new, asked) && !is_allowed(&old, asked);
            let is_named = items.iter().any(|item| is_allowed(item, asked));
            prop_assert_eq!(is_named, is_new, "{:?}: {:?}\n{:?}\n{:?}", asked, granted, before, after);
        }
    }

    #[test]
    fn order_never_matters((before, after) in change(2)) {
        prop_assert_eq!(compare(&before, &after, ACCOUNT), compare(&turn(&before), &turn(&after), ACCOUNT));
    }

    #[test]
    fn whoever_could_not_do_everything_and_can_now_is_administrator((before, after) in change(1)) {
        let (old, new) = (layers(&before), layers(&after));
        let everything = |layers: &Layers, user| {
            [MADE_UP, NEW_USER].into_iter().all(|(action, resource)| is_allowed(layers, (action, resource, user)))
        };
        let is_new = USERS.into_iter().any(|user| everything(&new, user) && !everything(&old, user));
        let granted = compare(&before, &after, ACCOUNT);
        prop_assert!(granted.administrator || !is_new, "{:?}\n{:?}\n{:?}", granted, before, after);
    }
}
