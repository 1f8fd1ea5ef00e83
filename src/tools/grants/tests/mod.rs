//! Changes of permissions, and what they grant.

mod administrator;
mod bounds;
mod properties;
mod trust;

use std::slice::from_ref;

use serde_json::{Value, json};

use super::{Granted, Permissions, all_of, compare};

const ACCOUNT: &str = "123456789012";
const BUCKET: &str = "arn:aws:s3:::reports/*";

/// A document with these statements.
fn document(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn allow(action: impl Into<Value>, resource: impl Into<Value>) -> Value {
    json!({"Effect": "Allow", "Action": action.into(), "Resource": resource.into()})
}

fn deny(action: impl Into<Value>, resource: impl Into<Value>) -> Value {
    json!({"Effect": "Deny", "Action": action.into(), "Resource": resource.into()})
}

fn on(mut statement: Value, condition: Value) -> Value {
    statement["Condition"] = condition;
    statement
}

/// A principal with one policy of these statements.
fn holding(statements: &[Value]) -> Permissions {
    let policies = if statements.is_empty() { Vec::new() } else { vec![document(statements)] };
    Permissions { policies, boundary: None }
}

fn bounded(statements: &[Value], boundary: &[Value]) -> Permissions {
    Permissions { boundary: Some(document(boundary)), ..holding(statements) }
}

fn granted(before: &Permissions, after: &Permissions) -> Granted {
    compare(before, after, ACCOUNT)
}

/// What is granted, as `action on resource`, each sorted.
fn pairs(before: &Permissions, after: &Permissions) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let list = |item: &Value, names: [&str; 2]| -> Vec<String> {
        let found = names.into_iter().find(|name| item.get(*name).is_some());
        let Some(name) = found else { return vec!["?".to_owned()] };
        let sign = if name.starts_with("Not") { "!" } else { "" };
        let texts: Vec<String> = item[name].as_array().unwrap().iter().map(text).collect();
        if sign.is_empty() { texts } else { vec![format!("!{}", texts.join("|"))] }
    };
    let mut pairs = Vec::new();
    for item in granted(before, after).allowed {
        for action in list(&item, ["Action", "NotAction"]) {
            for resource in list(&item, ["Resource", "NotResource"]) {
                let condition = if item.get("Condition").is_some() { " if" } else { "" };
                pairs.push(format!("{action} on {resource}{condition}"));
            }
        }
    }
    pairs.sort();
    pairs
}

#[test]
fn an_allow_that_no_allow_before_includes_is_new() {
    for (before, after, expected) in [
        (vec![], vec![allow("s3:GetObject", BUCKET)], vec!["s3:GetObject on arn:aws:s3:::reports/*"]),
        (vec![allow("s3:Get*", "*")], vec![allow("s3:GetObject", BUCKET)], vec![]),
        (vec![allow("S3:getobject", BUCKET)], vec![allow("s3:GetObject", BUCKET)], vec![]),
        (
            vec![allow("s3:GetObject", BUCKET)],
            vec![allow("s3:Get*", BUCKET)],
            vec!["s3:Get* on arn:aws:s3:::reports/*"],
        ),
        (vec![allow("s3:GetObject", BUCKET)], vec![allow("s3:GetObject", "*")], vec!["s3:GetObject on *"]),
        (
            vec![allow("s3:GetObject", "*"), allow("s3:*", "arn:aws:s3:::a")],
            vec![allow("s3:*", "arn:aws:s3:::*")],
            vec!["s3:* on arn:aws:s3:::*"],
        ),
        (
            vec![allow(json!(["s3:GetObject", "s3:PutObject"]), BUCKET)],
            vec![allow(json!(["s3:GetObject", "s3:DeleteObject"]), json!([BUCKET, "arn:aws:s3:::b/*"]))],
            vec![
                "s3:DeleteObject on arn:aws:s3:::b/*",
                "s3:DeleteObject on arn:aws:s3:::reports/*",
                "s3:GetObject on arn:aws:s3:::b/*",
            ],
        ),
        (vec![allow("*", "*")], vec![allow("*:*", "*"), allow("iam:*", "*")], vec![]),
    ] {
        assert_eq!(pairs(&holding(&before), &holding(&after)), expected, "{before:?} {after:?}");
    }
}

#[test]
fn statements_with_not_action_and_not_resource_are_compared_as_they_are() {
    let not_action = json!({"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"});
    let less = json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"});
    let not_resource = json!({"Effect": "Allow", "Action": "s3:*", "NotResource": BUCKET});
    for (before, after, expected) in [
        (&not_action, &not_action, vec![]),
        (&less, &not_action, vec![]),
        (&not_action, &less, vec!["!iam:* on *"]),
        (&not_action, &allow("s3:*", "*"), vec![]),
        (&not_action, &allow("iam:GetUser", "*"), vec!["iam:GetUser on *"]),
        (&allow("*", "*"), &not_action, vec![]),
        (&not_resource, &allow("s3:*", "arn:aws:s3:::other"), vec![]),
        (&not_resource, &allow("s3:*", BUCKET), vec!["s3:* on arn:aws:s3:::reports/*"]),
        (&allow("s3:*", BUCKET), &not_resource, vec!["s3:* on !arn:aws:s3:::reports/*"]),
    ] {
        let (before, after) = (holding(from_ref(before)), holding(from_ref(after)));
        assert_eq!(pairs(&before, &after), expected, "{before:?} {after:?}");
    }
}

#[test]
fn conditions_that_are_no_narrower_make_nothing_new() {
    let of = |condition: Value| on(allow("s3:GetObject", "*"), condition);
    let from = |network: Value| of(json!({"IpAddress": {"aws:SourceIp": network}}));
    let shown = vec!["s3:GetObject on * if"];
    for (before, after, expected) in [
        (allow("s3:*", "*"), from(json!("203.0.113.0/24")), vec![]),
        (from(json!("203.0.113.0/24")), from(json!(["203.0.113.0/24"])), vec![]),
        (from(json!("203.0.113.0/24")), from(json!(["203.0.113.0/24", "198.51.100.0/24"])), shown.clone()),
        (from(json!("203.0.113.0/24")), of(json!({"IpAddress": {"aws:VpcSourceIp": "203.0.113.0/24"}})), shown),
        (from(json!("203.0.113.0/24")), allow("s3:GetObject", "*"), vec!["s3:GetObject on *"]),
    ] {
        let (before, after) = (holding(&[before]), holding(&[after]));
        assert_eq!(pairs(&before, &after), expected, "{before:?} {after:?}");
    }
}

#[test]
fn a_deny_that_stays_keeps_what_it_kept_and_one_that_goes_lets_it_loose() {
    let all = allow("*", "*");
    let tight = on(deny("iam:*", "*"), json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}));
    for (before, after, expected) in [
        (vec![all.clone(), deny("iam:*", "*")], vec![all.clone(), deny("iam:*", "*")], vec![]),
        (vec![all.clone(), deny("iam:*", "*")], vec![all.clone()], vec!["iam:* on *"]),
        (vec![all.clone(), deny("iam:*", "*")], vec![all.clone(), deny(json!(["iam:*", "sts:*"]), "*")], vec![]),
        (vec![all.clone(), deny("iam:*", "*")], vec![all.clone(), tight.clone()], vec!["iam:* on *"]),
        (vec![all.clone(), tight.clone()], vec![all.clone(), deny("iam:*", "*")], vec![]),
        (vec![allow("s3:*", "*"), deny("iam:*", "*")], vec![allow("s3:*", "*")], vec![]),
        (vec![allow("iam:Get*", "*"), deny("iam:*", "*")], vec![allow("iam:Get*", "*")], vec!["iam:Get* on *"]),
        (
            vec![all.clone(), deny(json!(["iam:*", "sts:*"]), "*")],
            vec![all.clone(), deny("iam:*", "*")],
            vec!["sts:* on *"],
        ),
        (vec![], vec![allow("iam:GetUser", "*"), deny("iam:*", "*")], vec![]),
        (vec![], vec![allow("iam:*", "*"), deny("iam:GetUser", "*")], vec!["iam:* on *"]),
        (
            vec![all.clone(), json!({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"})],
            vec![all],
            vec!["!s3:* on *"],
        ),
    ] {
        assert_eq!(pairs(&holding(&before), &holding(&after)), expected, "{before:?} {after:?}");
    }
}

#[test]
fn a_boundary_bounds_what_is_new_and_one_that_goes_or_widens_lets_loose() {
    let (all, s3, iam) = (vec![allow("*", "*")], vec![allow("s3:*", "*")], vec![allow("iam:*", "*")]);
    let both = [s3.clone(), iam.clone()].concat();
    for (before, after, expected) in [
        (bounded(&[], &s3), bounded(&all, &s3), vec!["s3:* on *"]),
        (bounded(&[], &s3), bounded(&iam, &s3), vec![]),
        (bounded(&all, &s3), bounded(&all, &s3), vec![]),
        (bounded(&all, &s3), bounded(&all, &both), vec!["iam:* on *"]),
        (bounded(&all, &both), bounded(&all, &s3), vec![]),
        (bounded(&s3, &s3), holding(&s3), vec![]),
        (bounded(&both, &s3), holding(&both), vec!["iam:* on *"]),
        (holding(&all), bounded(&all, &s3), vec![]),
        (bounded(&all, &s3), bounded(&all, &[allow(json!(["s3:*", "iam:*"]), "*")]), vec!["iam:* on *"]),
        (
            bounded(&[], &s3),
            bounded(&all, &[allow(json!(["s3:*", "iam:*"]), "*"), deny("iam:*", "*")]),
            vec!["s3:* on *"],
        ),
        (bounded(&all, &[all[0].clone(), deny("iam:*", "*")]), holding(&all), vec!["iam:* on *"]),
    ] {
        assert_eq!(pairs(&before, &after), expected, "{before:?} {after:?}");
    }
}

#[test]
fn variables_are_the_same_before_and_after_and_nothing_else_is_known_of_them() {
    let own = allow("iam:GetUser", "arn:aws:iam::123456789012:user/${aws:username}");
    let alice = allow("iam:GetUser", "arn:aws:iam::123456789012:user/alice");
    let users = allow("iam:GetUser", "arn:aws:iam::123456789012:user/*");
    let of = |statement: &Value| holding(from_ref(statement));
    assert_eq!(pairs(&of(&own), &of(&own)), [] as [&str; 0]);
    assert_eq!(pairs(&of(&users), &of(&own)), [] as [&str; 0]);
    assert_eq!(pairs(&of(&own), &of(&alice)).len(), 1);
    assert_eq!(pairs(&of(&alice), &of(&own)).len(), 1);
}

#[test]
fn a_credential_hands_over_all_that_the_policies_allow() {
    let permissions = bounded(&[allow("iam:*", "*"), allow("s3:*", BUCKET)], &[allow("s3:*", "*")]);
    let granted = all_of(&permissions, ACCOUNT);
    assert_eq!(granted.allowed, [json!({"Action": ["s3:*"], "Resource": [BUCKET]})]);
    assert!(!granted.reaches_administrator());
    assert!(all_of(&holding(&[allow("*", "*")]), ACCOUNT).reaches_administrator());
    assert_eq!(all_of(&Permissions::default(), ACCOUNT), Granted::default());
}

#[test]
fn actions_with_the_same_resources_and_conditions_stand_together() {
    let after = holding(&[
        allow(json!(["s3:PutObject", "s3:GetObject"]), json!(["arn:aws:s3:::b/*", BUCKET])),
        allow("S3:GETOBJECT", BUCKET),
        on(allow("s3:ListBucket", "arn:aws:s3:::b"), json!({"StringLike": {"s3:prefix": "home/*"}})),
    ]);
    assert_eq!(
        granted(&Permissions::default(), &after).shown(),
        json!({"administrator": false, "allowed": [
            {"Action": ["S3:GETOBJECT", "s3:PutObject"], "Resource": [BUCKET]},
            {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::b/*"]},
            {
                "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::b"],
                "Condition": {"StringLike": {"s3:prefix": ["home/*"]}},
            },
        ]})
    );
}

#[test]
fn what_somebody_wrote_for_readers_is_not_shown() {
    let statement = json!({"Sid": "ApproveThisAtOnce", "Effect": "Allow", "Action": "iam:*", "Resource": "*"});
    let mut policy = document(&[statement]);
    policy["Id"] = "ApproveThisAtOnce".into();
    let shown = all_of(&Permissions { policies: vec![policy], boundary: None }, ACCOUNT).shown();
    assert!(!shown.to_string().contains("Approve"), "{shown}");
    let members: Vec<&String> = shown.as_object().unwrap().keys().collect();
    assert_eq!(members, ["administrator", "allowed", "escalations"]);
}

#[test]
fn a_document_given_as_text_is_read_all_the_same() {
    let as_text = Permissions { policies: vec![document(&[allow("s3:*", "*")]).to_string().into()], boundary: None };
    assert_eq!(granted(&as_text, &holding(&[allow("s3:GetObject", "*")])), Granted::default());
}
