//! What is too long or too much: refused in a document, and a deny in a request.

use serde_json::{Value, json};

use super::{ALICE, document, on_alice, set};
use crate::policy::budget::{Budget, LONGEST_PATTERN, LONGEST_TEXT, MOST_ENTRIES, STEPS};
use crate::policy::{
    Context, Decision, Document, Doubt, FaultCode, LARGEST, PolicyKind, PolicySet, Principal, Request,
};

fn policy(effect: &str, members: &Value) -> Value {
    let mut statement = json!({"Effect": effect, "Action": "*", "Resource": "*"});
    statement.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn compiled(effect: &str, members: &Value) -> PolicySet {
    set([document(PolicyKind::Identity, &policy(effect, members))])
}

#[test]
fn a_pattern_a_value_or_a_list_beyond_the_bound_is_a_fault() {
    let arn = |length: usize| format!("arn:aws:s3:::{}*", "a".repeat(length - 14));
    let long = |length: usize| format!("{}?", "a".repeat(length - 1));
    let list = |length: usize| vec!["a:b"; length];
    for (members, path) in [
        (json!({"Action": format!("a:{}", long(LONGEST_PATTERN - 1))}), "Action"),
        (json!({"Resource": ["*", arn(LONGEST_PATTERN + 1)]}), "Resource[1]"),
        (json!({"Action": list(MOST_ENTRIES + 1)}), "Action"),
        (json!({"Condition": {"StringLike": {"a:b": long(LONGEST_PATTERN + 1)}}}), "Condition.StringLike['a:b']"),
        (json!({"Condition": {"StringLike": {"a:b": list(MOST_ENTRIES + 1)}}}), "Condition.StringLike['a:b']"),
    ] {
        let faults = Document::parse(PolicyKind::Identity, &policy("Deny", &members).to_string()).unwrap_err();
        let found: Vec<_> = faults.faults.iter().map(|fault| (fault.path.as_str(), fault.code)).collect();
        assert_eq!(found, [(format!("$.Statement[0].{path}").as_str(), FaultCode::TooLong)]);
    }
    compiled("Deny", &json!({"Resource": arn(LONGEST_PATTERN), "Action": list(MOST_ENTRIES)}));
    compiled("Deny", &json!({"Resource": arn(LONGEST_PATTERN + 100).replace('*', "a")}));
}

#[test]
fn a_value_beyond_the_bound_holds_every_condition_that_denies_and_none_that_allows() {
    let long = Context::from_iter([("aws:UserAgent", "a".repeat(LONGEST_TEXT + 1))]);
    for condition in [
        json!({"StringEquals": {"aws:UserAgent": "b"}}),
        json!({"StringNotEquals": {"aws:UserAgent": "b"}}),
        json!({"StringLike": {"aws:UserAgent": "*"}}),
        json!({"StringEqualsIfExists": {"aws:UserAgent": "b"}}),
        json!({"ForAllValues:StringNotLike": {"aws:UserAgent": "b"}}),
        json!({"ForAnyValue:StringLike": {"aws:UserAgent": "a*"}}),
        json!({"NumericLessThan": {"aws:UserAgent": 1}}),
    ] {
        let members = json!({ "Condition": condition });
        assert_eq!(on_alice(&compiled("Allow", &members), &long), Decision::NoMatch, "{condition}");
        assert!(on_alice(&compiled("Deny", &members), &long).is_explicit_deny(), "{condition}");
    }
    let present = json!({"Condition": {"Null": {"aws:UserAgent": "false"}}});
    assert!(on_alice(&compiled("Allow", &present), &long).is_allow());
    let longest = Context::from_iter([("aws:UserAgent", "a".repeat(LONGEST_TEXT))]);
    let begins = json!({"Condition": {"StringLike": {"aws:UserAgent": "a*"}}});
    assert!(on_alice(&compiled("Allow", &begins), &longest).is_allow());
}

#[test]
fn what_is_certain_settles_a_statement_with_something_undecided_in_it() {
    let mut context = Context::from_iter([("aws:UserAgent", "a".repeat(LONGEST_TEXT + 1))]);
    context.set_all("aws:TagKeys", ["a".repeat(LONGEST_TEXT + 1), "b".to_owned()]);
    let agent = json!({"aws:UserAgent": "b"});
    let elsewhere = json!({"Condition": {"StringEquals": agent}, "Action": "s3:*"});
    let fails = json!({"Condition": {"StringEquals": agent, "Bool": {"aws:SecureTransport": "true"}}});
    let one_matches = json!({"Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "b"}}});
    assert_eq!(on_alice(&compiled("Deny", &elsewhere), &context), Decision::NoMatch);
    assert_eq!(on_alice(&compiled("Deny", &fails), &context), Decision::NoMatch);
    assert!(on_alice(&compiled("Allow", &one_matches), &context).is_allow());
}

#[test]
fn an_action_or_a_resource_beyond_the_bound_is_denied_and_never_allowed() {
    let (alice, context) = (Principal::from_arn(ALICE).unwrap(), Context::new());
    let long = "a".repeat(LONGEST_TEXT);
    let (action, resource) = (format!("iam:{long}"), format!("arn:aws:s3:::{long}"));
    for (action, resource) in [(action.as_str(), ALICE), ("iam:GetUser", resource.as_str())] {
        let request = Request::new(action, resource, &alice, &context);
        assert_eq!(compiled("Allow", &json!({})).evaluate(&request), Decision::NoMatch);
        let other = json!({"Action": "*", "Resource": "*"});
        assert!(compiled("Deny", &other).evaluate(&request).is_explicit_deny());
    }
}

/// What is left of the steps after an evaluation for alice.
fn left(set: &PolicySet, context: &Context) -> (usize, bool, bool) {
    let (alice, budget) = (Principal::from_arn(ALICE).unwrap(), Budget::new(STEPS));
    let decision = set.evaluate_within(&budget, &Request::new("iam:GetUser", ALICE, &alice, context), Doubt::Denies);
    (budget.left(), decision.is_allow(), decision.is_explicit_deny())
}

#[test]
fn patterns_made_to_take_long_use_up_the_steps_and_end_in_a_deny() {
    // Just below the largest document, against values just below the largest text.
    let pattern = format!("*{}b*", "a?".repeat(LONGEST_PATTERN / 2 - 2));
    let conditions = json!({"Condition": {"StringLike": {"aws:TagKeys": vec![pattern; 250]}}});
    let mut context = Context::new();
    context.set_all("aws:TagKeys", vec!["a".repeat(LONGEST_TEXT); 50]);
    assert_eq!(left(&compiled("Allow", &conditions), &context), (0, false, false));
    assert_eq!(left(&compiled("Deny", &conditions), &context), (0, false, true));
}

#[test]
fn the_statements_behind_the_last_step_deny_and_do_not_allow() {
    let (alice, context) = (Principal::from_arn(ALICE).unwrap(), Context::new());
    let request = Request::new("iam:GetUser", ALICE, &alice, &context);
    let decided = |set: &PolicySet| {
        let decision = set.evaluate_within(&Budget::new(0), &request, Doubt::Denies);
        (decision.is_allow(), decision.is_explicit_deny())
    };
    assert_eq!(decided(&compiled("Allow", &json!({}))), (false, false));
    assert_eq!(decided(&compiled("Deny", &json!({"Action": "iam:List*"}))), (false, true));
    // What the index tells apart costs no step.
    assert_eq!(decided(&compiled("Deny", &json!({"Action": "s3:*"}))), (false, false));
}

#[test]
fn the_largest_document_takes_few_of_the_steps() {
    let arn = "arn:aws:iam::123456789012:user/ops/*/${aws:username}";
    let resources = vec![arn; MOST_ENTRIES];
    let statement = json!({"Effect": "Allow", "Action": "*", "Resource": resources});
    let count = LARGEST / statement.to_string().len();
    let largest =
        set([document(PolicyKind::Identity, &json!({"Version": "2012-10-17", "Statement": vec![statement; count]}))]);
    let (left, ..) = left(&largest, &Context::from_iter([("aws:username", "alice")]));
    assert!(count > 3 && left > STEPS - STEPS / 50, "{count} {left}");
}
