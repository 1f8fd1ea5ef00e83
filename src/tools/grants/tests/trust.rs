//! Changes of trust policies.

use std::slice::from_ref;

use serde_json::{Value, json};

use super::{ACCOUNT, document};
use crate::tools::grants::{Granted, compare_trust};

const ROOT: &str = "arn:aws:iam::123456789012:root";
const ROLE: &str = "arn:aws:iam::123456789012:role/app";

fn trust(effect: &str, principal: &Value, condition: &Value) -> Value {
    let mut statement = json!({"Effect": effect, "Action": "sts:AssumeRole", "Principal": principal});
    if !condition.is_null() {
        statement["Condition"] = condition.clone();
    }
    statement
}

fn allow(principal: &Value) -> Value {
    trust("Allow", principal, &Value::Null)
}

fn granted(before: &[Value], after: &[Value]) -> Granted {
    let before = (!before.is_empty()).then(|| document(before));
    compare_trust(before.as_ref(), &document(after), ACCOUNT)
}

fn who(before: &[Value], after: &[Value]) -> Vec<Value> {
    granted(before, after).allowed.iter().map(|item| item["Principal"].clone()).collect()
}

#[test]
fn whoever_is_named_and_was_not_is_new() {
    let aws = |name: &str| allow(&json!({"AWS": name}));
    let foreign = "arn:aws:iam::210987654321:root";
    for (before, after, expected) in [
        (vec![], vec![aws(ROOT)], vec![json!({"AWS": [ROOT]})]),
        (vec![aws(ROOT)], vec![aws(ACCOUNT)], vec![]),
        (vec![aws(ROOT)], vec![aws(foreign)], vec![json!({"AWS": [foreign]})]),
        (vec![aws(ROOT)], vec![aws(ROOT), aws(ROLE)], vec![json!({"AWS": [ROLE]})]),
        (vec![aws("*")], vec![aws(ROOT), aws(foreign)], vec![]),
        (vec![aws(ROOT)], vec![allow(&json!("*"))], vec![json!("*")]),
        (vec![aws("*")], vec![allow(&json!("*"))], vec![json!("*")]),
        (
            vec![aws(ROOT)],
            vec![allow(&json!({"AWS": [ROOT, ROLE], "Service": "ec2.amazonaws.com"}))],
            vec![json!({"AWS": [ROLE], "Service": ["ec2.amazonaws.com"]})],
        ),
        (vec![aws(ROLE)], vec![aws(ROLE)], vec![]),
    ] {
        assert_eq!(who(&before, &after), expected, "{before:?} {after:?}");
    }
}

#[test]
fn conditions_that_go_and_denies_that_go_let_in() {
    let id = json!({"StringEquals": {"sts:ExternalId": "x1"}});
    let root = json!({"AWS": ROOT});
    let narrow = trust("Allow", &root, &id);
    let shown = json!({"Action": ["sts:AssumeRole"], "Principal": {"AWS": [ROOT]}});
    assert_eq!(granted(from_ref(&narrow), &[allow(&root)]).allowed, [shown]);
    assert_eq!(granted(&[allow(&root)], from_ref(&narrow)).allowed, [] as [Value; 0]);
    let with_id = json!({"Action": ["sts:AssumeRole"], "Principal": {"AWS": [ROOT]}, "Condition": {
        "StringEquals": {"sts:ExternalId": ["x1"]},
    }});
    assert_eq!(granted(&[], &[narrow]).allowed, [with_id]);
    let deny = trust("Deny", &json!({"AWS": ROLE}), &Value::Null);
    let denied = [allow(&root), deny];
    // The role may assume by the leave of its account, which is what is named.
    assert_eq!(who(&denied, &[allow(&root)]), [json!({"AWS": [ROOT]})]);
}

#[test]
fn a_trust_reaches_no_administrator_and_tells_what_is_dangerous_about_it() {
    let everybody = granted(&[allow(&json!({"AWS": ROLE}))], &[allow(&json!("*"))]);
    assert!(!everybody.administrator && !everybody.escalations.is_empty());
    assert!(everybody.escalations.iter().all(|one| one.as_object().unwrap().keys().eq(["code"])));
    let again = granted(&[allow(&json!("*"))], &[allow(&json!("*"))]);
    assert_eq!(again, Granted::default());
}

#[test]
fn a_trust_that_cannot_be_read_is_everybody() {
    let broken = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Who": "*"}]});
    let found = compare_trust(Some(&document(&[allow(&json!("*"))])), &broken, ACCOUNT);
    assert_eq!((found.allowed, found.administrator), (vec![json!({"Unreadable": true})], true));
    let found = compare_trust(Some(&broken), &document(&[allow(&json!({"AWS": ROLE}))]), ACCOUNT);
    assert_eq!((found.allowed.len(), found.administrator), (1, false));
    assert_eq!(compare_trust(Some(&broken), &broken, ACCOUNT), Granted::default());
}
