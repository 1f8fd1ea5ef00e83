//! Requests that leave open what only AWS can tell.

use serde_json::{Value, json};

use super::{ALICE, complete, document, set};
use crate::policy::{Context, Doubt, PolicyKind, Principal, Request, Target};

const BOB: Target<'_> = Target::Named { prefix: "arn:aws:iam::123456789012:user/", name: "bob" };

/// Whether statements allow the deletion of `target`: for certain, and at best.
fn allows(statements: &[Value], target: Target<'_>, context: &Context) -> (bool, bool) {
    let json = complete(PolicyKind::Identity, Some("2012-10-17"), statements);
    let set = set([document(PolicyKind::Identity, &json)]);
    let alice = Principal::from_arn(ALICE).unwrap();
    let request = Request::new("iam:DeleteUser", target, &alice, context);
    let allowed = |doubt| set.evaluate_in_doubt(&request, doubt).is_allow();
    assert_eq!(set.evaluate(&request).is_allow(), allowed(Doubt::Denies));
    (allowed(Doubt::Denies), allowed(Doubt::Allows))
}

#[test]
fn a_deny_on_a_path_cannot_be_walked_around_by_a_name_without_one() {
    let below = |path: &str| format!("arn:aws:iam::123456789012:user{path}");
    let context = Context::new();
    for (statements, expected) in [
        (vec![json!({})], (true, true)),
        (vec![json!({"Resource": below("/*")})], (true, true)),
        (vec![json!({"Resource": below("/dev/*")})], (false, true)),
        (vec![json!({"Resource": below("/bob")})], (false, true)),
        (vec![json!({"Resource": below("/alice")})], (false, false)),
        (vec![json!({}), json!({"Effect": "Deny", "Resource": below("/ops/*")})], (false, true)),
        (vec![json!({}), json!({"Effect": "Deny", "Resource": below("/BOB")})], (false, true)),
        (vec![json!({}), json!({"Effect": "Deny", "Resource": below("/alice")})], (true, true)),
        (vec![json!({}), json!({"Effect": "Deny", "Resource": below("/*")})], (false, false)),
        (vec![json!({"NotResource": below("/ops/*")})], (false, true)),
        (vec![json!({}), json!({"Effect": "Deny", "NotResource": below("/dev/*")})], (false, true)),
        (vec![json!({}), json!({"Effect": "Deny", "NotResource": below("/*")})], (true, true)),
    ] {
        assert_eq!(allows(&statements, BOB, &context), expected, "{statements:?}");
    }
}

#[test]
fn a_key_that_is_open_decides_nothing() {
    let mut context = Context::from_iter([("aws:ResourceTag/team", "pay"), ("aws:username", "bob")]);
    context.leave_open("iam:ResourceTag/");
    context.leave_open("aws:ResourceTag/");
    context.leave_open("iam:PolicyARN");
    let mut all = Context::from_iter([("aws:username", "bob")]);
    all.leave_all_open();
    for (condition, expected) in [
        (json!({"StringEquals": {"iam:resourcetag/team": "pay"}}), (false, true)),
        (json!({"StringNotEquals": {"iam:ResourceTag/team": "pay"}}), (false, true)),
        (json!({"StringEqualsIfExists": {"iam:ResourceTag/team": "pay"}}), (false, true)),
        (json!({"Null": {"iam:ResourceTag/team": "true"}}), (false, true)),
        (json!({"ForAllValues:StringEquals": {"iam:PolicyARN": "x"}}), (false, true)),
        (json!({"StringEquals": {"aws:username": "${iam:ResourceTag/owner}"}}), (false, true)),
        (json!({"StringNotEquals": {"aws:username": "${iam:ResourceTag/owner, 'x'}"}}), (false, true)),
        (json!({"StringEquals": {"aws:username": "bob", "iam:PolicyARN": "x"}}), (false, true)),
        (json!({"StringEquals": {"aws:username": "eve", "iam:PolicyARN": "x"}}), (false, false)),
        (json!({"StringEquals": {"aws:username": "bob"}}), (true, true)),
        (json!({"StringEquals": {"aws:username": "eve"}}), (false, false)),
    ] {
        for context in [&context, &all] {
            assert_eq!(allows(&[json!({"Condition": condition})], BOB, context), expected, "{condition}");
        }
        let denied = [json!({}), json!({"Effect": "Deny", "Condition": condition})];
        let expected = match expected {
            (false, true) => (false, true),
            (applies, _) => (!applies, !applies),
        };
        assert_eq!(allows(&denied, BOB, &context), expected, "deny {condition}");
    }
    // A variable that may turn out to have no value may void a negated operator that allows, also where there is nothing to
    // compare it with; one that denies stands.
    let negated = json!({"StringNotEquals": {"aws:RequestTag/k": "${iam:ResourceTag/owner}"}});
    assert_eq!(allows(&[json!({"Condition": negated})], BOB, &context), (false, true));
    let denied = [json!({}), json!({"Effect": "Deny", "Condition": negated})];
    assert_eq!(allows(&denied, BOB, &context), (false, false));
    // A value that is known counts although what begins so is open.
    let known = json!({"Condition": {"StringEquals": {"aws:ResourceTag/team": "pay"}}});
    assert_eq!(allows(&[known], BOB, &context), (true, true));
}

#[test]
fn what_could_at_best_be_allowed_is_never_less_than_what_is() {
    let variable = json!({"Resource": "arn:aws:iam::123456789012:user/${aws:ResourceTag/path}*"});
    let mut context = Context::new();
    context.leave_open("aws:ResourceTag/");
    assert_eq!(allows(&[variable], BOB, &context), (false, true));
    let list = json!({"Resource": "arn:aws:iam::123456789012:user/ops/*"});
    assert_eq!(allows(&[list], Target::Below("arn:aws:iam::123456789012:"), &context), (false, true));
}
