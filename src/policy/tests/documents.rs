//! Documents that are accepted, and what is known of them.

use serde_json::{Value, json};

use super::{document, kind, table};
use crate::policy::{Document, Effect, PolicyKind, Version};

#[test]
fn a_document_tells_what_it_is() {
    let json = json!({"Version": "2012-10-17", "Id": "x", "Statement": [
        {"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Sid": "", "Effect": "Deny", "Action": "*", "Resource": "*"},
    ]});
    let document = document(PolicyKind::Identity, &json);
    assert_eq!((document.kind(), document.version(), document.id()), (PolicyKind::Identity, Version::V2012, Some("x")));
    let statements: Vec<_> = document.statements().iter().map(|s| (s.sid(), s.effect())).collect();
    assert_eq!(statements, [(Some("A"), Effect::Allow), (None, Effect::Deny)]);
    let old = Document::parse(PolicyKind::Trust, r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"*"}}"#);
    assert_eq!(old.unwrap().version(), Version::V2008);
}

#[test]
fn what_aws_takes_is_taken() {
    let statement = |members: Value| {
        let mut statement = json!({"Effect": "Allow", "Action": "sts:AssumeRole"});
        statement.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        json!({"Version": "2012-10-17", "Statement": [statement]})
    };
    for (kind, members) in [
        (PolicyKind::Trust, json!({"Principal": {"Service": "ec2.amazonaws.com"}, "Condition": {}})),
        (PolicyKind::Trust, json!({"Principal": "*", "Action": "*"})),
        (PolicyKind::Trust, json!({"Principal": "*", "Action": ["STS:AssumeRole", "sts:TagSession", "sts:Set*"]})),
        (PolicyKind::Trust, json!({"Principal": {"AWS": ["AROAEXAMPLEEXAMPLE123", "123456789012"]}})),
        (PolicyKind::Trust, json!({"Principal": {"AWS": "arn:aws-cn:iam::123456789012:user/a/b/c"}})),
        (PolicyKind::Trust, json!({"Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/x.y/id/A"}})),
        (PolicyKind::Trust, json!({"Principal": {"Federated": "cognito-identity.amazonaws.com"}})),
        (PolicyKind::Resource, json!({"Principal": "*", "Resource": "*", "Sid": "with blanks, and more"})),
        (PolicyKind::Endpoint, json!({"Resource": "*"})),
        (PolicyKind::Identity, json!({"Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*"})),
        (PolicyKind::Identity, json!({"Resource": ["arn:aws:s3:::b/a b/*", "arn:aws:iam::aws:policy/*"]})),
    ] {
        document(kind, &statement(members));
    }
}

#[test]
fn what_is_printed_reads_back_as_the_same_document() {
    for lines in [include_str!("policies.jsonl"), include_str!("conditions.jsonl")] {
        for (id, case) in table(lines) {
            let kind = kind(case.get("kind"));
            let statements = match (case.get("if"), case.get("statements")) {
                (Some(condition), _) => vec![json!({"Sid": "S1", "Condition": condition})],
                (None, statements) => statements.unwrap().as_array().unwrap().clone(),
            };
            if statements.is_empty() {
                continue;
            }
            let version = case.get("version").map_or(Some("2012-10-17"), |version| version.as_str());
            let first = document(kind, &super::complete(kind, version, &statements));
            let second = Document::parse(kind, &first.to_json()).unwrap();
            assert_eq!(second.to_json(), first.to_json(), "{id}");
            assert_eq!(format!("{second:?}"), format!("{first:?}"), "{id}");
        }
    }
}
