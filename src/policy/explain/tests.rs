use serde_json::{Value, json};

use super::{Decided, Explanation, NotApplying, Outcome, SHOWN};
use crate::policy::{Context, Document, Layers, Policy, PolicyKind, PolicySet, Principal, Request};

const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
const BOB: &str = "arn:aws:iam::123456789012:user/bob";

fn set(kind: PolicyKind, statements: &Value) -> PolicySet {
    let json = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    PolicySet::from(Policy::new("guard.json", Document::parse(kind, &json).unwrap()))
}

fn explain(layers: &Layers, context: &Context) -> Explanation {
    let alice = Principal::from_arn(ALICE).unwrap();
    layers.explain(&Request::new("iam:DeleteUser", BOB, &alice, context), &"123456789012".parse().unwrap())
}

fn identity(statements: &Value) -> Layers {
    Layers { identity: set(PolicyKind::Identity, statements), ..Layers::default() }
}

#[test]
fn the_deciding_statement_shows_its_conditions_with_both_sides_values() {
    let layers = identity(&json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Sid": "NotFromHere", "Effect": "Deny", "Action": "iam:Delete*", "Resource": "*",
         "Condition": {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}, "StringNotEquals": {"aws:SourceVpce": "vpce-1"}}},
    ]));
    let told = explain(&layers, &Context::from_iter([("aws:SourceIp", "203.0.113.7")]));
    assert_eq!((told.outcome, told.because_of), (Outcome::ExplicitDeny, Some("identity")));
    let deciding = told.layers[0].deciding.as_ref().unwrap();
    assert_eq!((deciding.policy.as_str(), deciding.statement), ("guard.json", 2));
    assert_eq!((deciding.sid.as_deref(), deciding.effect), (Some("NotFromHere"), "Deny"));
    let compared = &deciding.conditions[0];
    assert_eq!((compared.operator.as_str(), compared.key.as_str()), ("NotIpAddress", "aws:SourceIp"));
    assert_eq!(
        (&*compared.policy_values, &*compared.request_values),
        (&["10.0.0.0/8".to_owned()][..], &["203.0.113.7".to_owned()][..])
    );
    assert_eq!(deciding.conditions[1].request_values, [] as [&str; 0]);
    assert_eq!(told.missing_keys.iter().collect::<Vec<_>>(), ["aws:SourceVpce"]);
}

#[test]
fn each_element_can_be_the_reason_and_near_misses_come_first() {
    let statements = json!([
        {"Sid": "OtherAction", "Effect": "Allow", "Principal": "*", "Action": "iam:Get*", "Resource": "*"},
        {"Sid": "OtherPrincipal", "Effect": "Allow", "Principal": {"AWS": BOB}, "Action": "iam:*", "Resource": "*"},
        {"Sid": "OtherResource", "Effect": "Allow", "Principal": "*", "Action": "iam:*", "Resource": ALICE},
        {"Sid": "OtherContext", "Effect": "Allow", "Principal": "*", "Action": "iam:*", "Resource": "*",
         "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}},
    ]);
    let layers = Layers { resource: Some(set(PolicyKind::Resource, &statements)), ..Layers::default() };
    let told = explain(&layers, &Context::new());
    assert_eq!((told.outcome, told.because_of), (Outcome::ImplicitDeny, Some("identity")));
    let resource = &told.layers[0];
    assert_eq!((resource.layer, resource.decided, &resource.deciding), ("resource", Decided::NoMatch, &None));
    let reasons: Vec<_> = resource.others.iter().map(|other| (other.sid.as_deref().unwrap(), &other.why_not)).collect();
    assert!(
        matches!(
            reasons.as_slice(),
            [
                ("OtherContext", Some(NotApplying::Condition(compared))),
                ("OtherResource", Some(NotApplying::Resource)),
                ("OtherPrincipal", Some(NotApplying::Principal)),
                ("OtherAction", Some(NotApplying::Action)),
            ] if compared.key == "aws:MultiFactorAuthPresent" && compared.request_values.is_empty()
        ),
        "{reasons:?}"
    );
}

#[test]
fn a_key_is_missed_only_by_statements_about_the_action_and_by_their_variables_too() {
    let layers = identity(&json!([
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"s3:prefix": "x"}}},
        {"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::123456789012:user/${aws:PrincipalTag/team}/*"},
        {"Effect": "Allow", "Action": "iam:*", "Resource": "*",
         "Condition": {"StringEquals": {"aws:ResourceTag/team": ["${aws:PrincipalTag/unit}", "${aws:userid, 'nobody'}"]}}},
    ]));
    let told = explain(&layers, &Context::from_iter([("aws:ResourceTag/team", "a")]));
    let missing: Vec<_> = told.missing_keys.iter().map(String::as_str).collect();
    assert_eq!(missing, ["aws:PrincipalTag/team", "aws:PrincipalTag/unit"]);
}

#[test]
fn no_more_statements_are_shown_than_somebody_reads() {
    let statement = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    let told = explain(&identity(&Value::Array(vec![statement; SHOWN + 3])), &Context::new());
    assert_eq!((told.layers[0].others.len(), told.layers[0].more), (SHOWN, 3));
}

#[test]
fn an_allowing_statement_that_is_too_dear_to_compare_says_so() {
    let mut context = Context::new();
    context.set("aws:RequestTag/x", "a".repeat(10_000));
    let layers = identity(&json!([{"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringLike": {"aws:RequestTag/x": "a*"}}}]));
    let told = explain(&layers, &context);
    assert_eq!(told.layers[0].others[0].why_not, Some(NotApplying::TooDear));
}

#[test]
fn the_json_form_has_stable_names() {
    let layers = identity(&json!([{"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:username": "bob"}}}]));
    let told = serde_json::to_value(explain(&layers, &Context::from_iter([("aws:username", "alice")]))).unwrap();
    assert_eq!(
        told,
        json!({"outcome": "implicitDeny", "becauseOf": "identity", "missingKeys": [], "layers": [{
            "layer": "identity", "decided": "noMatch", "policies": 1, "deciding": null, "more": 0, "missingKeys": [],
            "others": [{"policy": "guard.json", "statement": 1, "sid": "A", "effect": "Allow", "conditions": [],
                "whyNot": {"element": "condition", "operator": "StringEquals", "key": "aws:username",
                    "policyValues": ["bob"], "requestValues": ["alice"]}}],
        }]})
    );
}
