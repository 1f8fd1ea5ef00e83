//! No operation stores a document that the policy engine cannot read: it would judge by the others as if it were not
//! there, and what it denies would be allowed.

use serde_json::{Value, json};

use crate::policy::{Document, PolicyKind};
use crate::sandbox::testing::{ALLOW, Bench, TRUST};

/// The document with each of its values replaced by each of a few that do not belong there, and some texts besides.
fn spoiled(document: &Value) -> Vec<String> {
    let others = [
        json!(null),
        json!(true),
        json!(-1),
        json!(""),
        json!("*"),
        json!("a:*"),
        json!("sts:a b"),
        json!("${aws:x"),
        json!("arn:aws:iam"),
        json!("AROAGONEGONEGONEGONE1"),
        json!([]),
        json!([null]),
        json!([[]]),
        json!(["*", "*"]),
        json!({}),
        json!({"*": "*"}),
        json!({"AWS": "*"}),
        json!({"Bool": {"aws:SecureTransport": []}}),
        json!({"NoSuch": {"aws:SecureTransport": "x"}}),
        json!({"NumericEquals": {"a:b": "x", "": "1"}}),
    ];
    let mut documents = Vec::new();
    for place in places(document, "") {
        for other in &others {
            let mut spoiled = document.clone();
            *spoiled.pointer_mut(&place).unwrap() = other.clone();
            documents.push(spoiled.to_string());
        }
    }
    let text = document.to_string();
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    documents.extend([
        format!("\u{feff}{text}"),
        format!("{text}{text}"),
        format!("{text},"),
        text.replacen('{', "{\"Version\":\"2012-10-17\",", 1),
        text.replace("\"Effect\"", "\"Effect\":\"Deny\",\"Effect\""),
        text.replace("\"Effect\"", "\"effect\":\"Deny\",\"Effect\""),
        text.replace("\"Effect\"", "\"Remark\":1,\"Effect\""),
        text.replace("2012-10-17", "2008-10-17"),
        text.replace("\"Allow\"", &deep),
        text.replace('"', "'"),
        text,
    ]);
    documents
}

fn places(value: &Value, at: &str) -> Vec<String> {
    let below: Vec<String> = match value {
        Value::Object(members) => {
            members.iter().flat_map(|(name, value)| places(value, &format!("{at}/{name}"))).collect()
        }
        Value::Array(list) => {
            list.iter().enumerate().flat_map(|(index, value)| places(value, &format!("{at}/{index}"))).collect()
        }
        _ => Vec::new(),
    };
    [at.to_owned()].into_iter().chain(below).collect()
}

/// Its name, the parameter that is the document, and the other parameters.
type Operation = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Tries to store each document by each of the operations, and answers how many they stored and how many refused.
fn store(documents: &[String], kind: PolicyKind, operations: &[Operation]) -> (usize, usize) {
    let mut bench = Bench::new();
    bench.ok("CreateUser", &[("UserName", "u")]);
    bench.ok("CreateGroup", &[("GroupName", "g")]);
    bench.ok("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", TRUST)]);
    let (mut stored, mut refused) = (0, 0);
    for (index, document) in documents.iter().enumerate() {
        let new = format!("new-{index}");
        let versioned = [("PolicyName", "versioned"), ("PolicyDocument", ALLOW)];
        let versioned = bench.ok("CreatePolicy", &versioned).get("Arn").unwrap();
        for (action, parameter, fields) in operations {
            let named = |value: &&str| match *value {
                "NEW" => new.clone(),
                "VERSIONED" => versioned.clone(),
                value => value.to_owned(),
            };
            let fields: Vec<(&str, String)> = fields.iter().map(|(name, value)| (*name, named(value))).collect();
            let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            fields.push((parameter, document));
            match bench.run(action, &fields) {
                Ok(_) => stored += 1,
                Err(error) => {
                    assert!(["MalformedPolicyDocument", "ValidationError"].contains(&error.code), "{error:?}");
                    refused += 1;
                }
            }
        }
        for held in held(&bench, kind) {
            Document::parse(kind, &held).unwrap_or_else(|faults| panic!("{held}: {faults}"));
        }
        bench.account.policies.retain(|_, policy| policy.is_aws_managed());
        bench.account.roles.remove(&new);
        bench.account.users.get_mut("u").unwrap().policies.inline.clear();
        bench.account.groups.get_mut("g").unwrap().policies.inline.clear();
        bench.account.roles.get_mut("r").unwrap().policies.inline.clear();
    }
    (stored, refused)
}

/// Every document of the account but AWS's own.
fn held(bench: &Bench, kind: PolicyKind) -> Vec<String> {
    let account = &bench.account;
    if kind == PolicyKind::Trust {
        return account.roles.iter().map(|role| role.trust_policy.clone()).collect();
    }
    let inline = account.users.iter().map(|user| &user.policies);
    let inline = inline.chain(account.groups.iter().map(|group| &group.policies));
    let inline = inline.chain(account.roles.iter().map(|role| &role.policies));
    let own = account.policies.values().filter(|policy| !policy.is_aws_managed());
    let versions = own.flat_map(|policy| &policy.versions).map(|version| version.document.clone());
    inline.flat_map(|policies| policies.inline.values().cloned()).chain(versions).collect()
}

#[test]
fn no_operation_stores_a_permission_policy_that_cannot_be_judged_by() {
    let document = json!({
        "Version": "2012-10-17",
        "Id": "i",
        "Statement": [
            {
                "Sid": "s",
                "Effect": "Allow",
                "Action": ["s3:Get*", "iam:GetUser"],
                "Resource": ["arn:aws:s3:::a/*", "*"],
                "Condition": {"StringLike": {"aws:username": ["a*"]}, "Bool": {"aws:SecureTransport": "true"}},
            },
            {"Effect": "Deny", "NotAction": "s3:*", "NotResource": "arn:aws:s3:::b"},
        ],
    });
    let documents = spoiled(&document);
    let (stored, refused) = store(
        &documents,
        PolicyKind::Identity,
        &[
            ("PutUserPolicy", "PolicyDocument", &[("UserName", "u"), ("PolicyName", "p")]),
            ("PutGroupPolicy", "PolicyDocument", &[("GroupName", "g"), ("PolicyName", "p")]),
            ("PutRolePolicy", "PolicyDocument", &[("RoleName", "r"), ("PolicyName", "p")]),
            ("CreatePolicy", "PolicyDocument", &[("PolicyName", "NEW")]),
            ("CreatePolicyVersion", "PolicyDocument", &[("PolicyArn", "VERSIONED"), ("SetAsDefault", "true")]),
        ],
    );
    assert_eq!(stored + refused, documents.len() * 5);
    assert!(stored > 100 && refused > 1000, "{stored} {refused}");
}

#[test]
fn no_operation_stores_a_trust_policy_that_cannot_be_judged_by() {
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "s",
                "Effect": "Allow",
                "Principal": {
                    "AWS": ["arn:aws:iam::123456789012:user/u", "999999999999"],
                    "Service": "ec2.amazonaws.com",
                    "Federated": ["accounts.google.com"],
                },
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": {"StringEquals": {"sts:ExternalId": ["a"]}},
            },
            {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::123456789012:role/r"}, "NotAction": "sts:AssumeRole"},
        ],
    });
    let documents = spoiled(&document);
    let (stored, refused) = store(
        &documents,
        PolicyKind::Trust,
        &[
            ("CreateRole", "AssumeRolePolicyDocument", &[("RoleName", "NEW")]),
            ("UpdateAssumeRolePolicy", "PolicyDocument", &[("RoleName", "r")]),
        ],
    );
    assert_eq!(stored + refused, documents.len() * 2);
    assert!(stored > 20 && refused > 400, "{stored} {refused}");
}
