//! policies.jsonl: whole policies, one request each.

use super::{ALICE, complete, context, document, kind, principal, set, table};
use crate::policy::{Decision, PrincipalMatch, Request};

const TABLE: &str = include_str!("policies.jsonl");

#[test]
fn policies_decide_as_the_table_says() {
    let table = table(TABLE);
    assert!(table.len() >= 140, "{}", table.len());
    for (id, case) in table {
        let text = |name: &str, default| case.get(name).map_or(default, |value| value.as_str().unwrap());
        let kind = kind(case.get("kind"));
        let documents = match case.get("policies") {
            Some(policies) => policies.as_array().unwrap().clone(),
            None => {
                let version = case.get("version").map_or(Some("2012-10-17"), |version| version.as_str());
                vec![complete(kind, version, case["statements"].as_array().unwrap())]
            }
        };
        let set = set(documents.iter().map(|json| document(kind, json)));
        let mut principal = principal(text("principal", ALICE));
        if let Some(unique_id) = case.get("unique_id") {
            principal = principal.with_unique_id(unique_id.as_str().unwrap());
        }
        let context = context(&case["context"]);
        let request = Request::new(text("action", "iam:GetUser"), text("resource", ALICE), &principal, &context);
        let (decision, deciding) = match set.evaluate(&request) {
            Decision::Allow(deciding) => ("allow", Some(deciding)),
            Decision::ExplicitDeny(deciding) => ("deny", Some(deciding)),
            Decision::NoMatch => ("none", None),
        };
        assert_eq!(decision, text("expect", ""), "{id}");
        if let Some(by) = case.get("by") {
            let deciding = deciding.unwrap();
            assert_eq!(serde_json::json!([deciding.index, deciding.statement]), *by, "{id}");
            assert_eq!(deciding.policy, format!("policy-{}", deciding.index), "{id}");
        }
        if let Some(how) = case.get("how") {
            let found = match deciding.unwrap().principal {
                None => "nothing",
                Some(PrincipalMatch::Account) => "account",
                Some(PrincipalMatch::NotExcluded) => "not-excluded",
                Some(PrincipalMatch::Everyone) => "everyone",
                Some(PrincipalMatch::Role) => "role",
                Some(PrincipalMatch::Own) => "own",
            };
            assert_eq!(found, how.as_str().unwrap(), "{id}");
        }
    }
}

#[test]
fn the_deciding_statement_is_named_by_its_sid() {
    let json = serde_json::json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "", "Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Sid": "NoUsers", "Effect": "Deny", "Action": "iam:*User", "Resource": "*"},
    ]});
    let set = set([document(kind(None), &json)]);
    let principal = principal(ALICE);
    let context = context(&serde_json::json!({}));
    let Decision::ExplicitDeny(deciding) = set.evaluate(&Request::new("iam:GetUser", ALICE, &principal, &context))
    else {
        panic!("a deny");
    };
    assert_eq!((deciding.statement, deciding.sid), (1, Some("NoUsers")));
    let Decision::Allow(deciding) = set.evaluate(&Request::new("iam:GetRole", ALICE, &principal, &context)) else {
        panic!("an allow");
    };
    assert_eq!((deciding.statement, deciding.sid), (0, None));
}
