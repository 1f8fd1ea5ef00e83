mod kept;

use super::{CaseResult, run};

const DENY_ALL: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
const ALLOW_ALL: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
const REQUEST: &str = r#"{"principal":"arn:aws:iam::123456789012:user/alice","action":"iam:GetUser","resource":"arn:aws:iam::123456789012:user/bob"}"#;

fn files(name: &str) -> Result<String, String> {
    match name {
        "allow.json" => Ok(ALLOW_ALL.to_owned()),
        "faulty.json" => Ok("{}".to_owned()),
        _ => Err("cannot be read".to_owned()),
    }
}

fn one(line: &str) -> CaseResult {
    let mut results = run(line, &files);
    assert_eq!(results.len(), 1);
    results.remove(0)
}

fn case(layers: &str, request: &str, expect: &str) -> CaseResult {
    one(&format!(r#"{{"name":"x","layers":{layers},"request":{request},"expect":"{expect}"}}"#))
}

fn found(layers: &str) -> &'static str {
    let result = case(layers, REQUEST, "allowed");
    result.found.unwrap_or_else(|| panic!("{result:?}"))
}

#[test]
fn a_policy_is_an_object_a_text_or_a_file_and_may_stand_alone_or_in_a_list() {
    let text = serde_json::to_string(&format!("\n {ALLOW_ALL}")).unwrap();
    for doc in [ALLOW_ALL, &format!("[{ALLOW_ALL}]"), &text, "\"allow.json\"", &format!("[\"allow.json\", {text}]")] {
        assert_eq!(found(&format!(r#"{{"identity": {doc}, "scp": {doc}, "boundary": {doc}}}"#)), "allowed", "{doc}");
    }
    assert_eq!(found(&format!(r#"{{"identity": [{ALLOW_ALL}, {DENY_ALL}]}}"#)), "explicitDeny");
    assert_eq!(found("{}"), "implicitDeny");
    assert_eq!(found(r#"{"identity": []}"#), "implicitDeny");
}

#[test]
fn a_key_that_stands_twice_in_a_policy_is_seen_however_the_policy_is_given() {
    let twice = ALLOW_ALL.replace("\"Effect\":\"Allow\"", "\"Effect\":\"Deny\",\"Effect\":\"Allow\"");
    for doc in [twice.clone(), serde_json::to_string(&twice).unwrap(), "\"faulty.json\"".to_owned()] {
        let result = case(&format!(r#"{{"identity": {doc}}}"#), REQUEST, "invalid");
        assert!(result.passed && result.faults.len() == 1, "{result:?}");
    }
}

#[test]
fn an_endpoint_decides_alone_or_together_with_the_others() {
    for (layers, expected) in [
        (format!(r#"{{"endpoint": {ALLOW_ALL}}}"#), "allowed"),
        (format!(r#"{{"endpoint": {DENY_ALL}}}"#), "explicitDeny"),
        (r#"{"endpoint": []}"#.to_owned(), "implicitDeny"),
        (format!(r#"{{"endpoint": {ALLOW_ALL}, "identity": {ALLOW_ALL}}}"#), "allowed"),
        (format!(r#"{{"endpoint": {ALLOW_ALL}, "identity": []}}"#), "implicitDeny"),
        (format!(r#"{{"endpoint": [], "identity": {ALLOW_ALL}}}"#), "implicitDeny"),
        (format!(r#"{{"endpoint": [], "identity": {DENY_ALL}}}"#), "explicitDeny"),
        (format!(r#"{{"endpoint": {DENY_ALL}, "identity": []}}"#), "explicitDeny"),
    ] {
        assert_eq!(found(&layers), expected, "{layers}");
    }
}

#[test]
fn the_resources_policy_of_a_role_to_assume_is_its_trust_policy() {
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/alice"},"Action":"sts:AssumeRole"}}"#;
    let request = REQUEST.replace("iam:GetUser", "STS:assumerole").replace("user/bob", "role/ops/dev");
    assert!(case(&format!(r#"{{"resource": {trust}}}"#), &request, "allowed").passed);
    assert!(case(&format!(r#"{{"resource": {trust}}}"#), REQUEST, "invalid").passed);
}

#[test]
fn the_account_is_of_the_arn_else_of_the_context_else_the_principals_own() {
    let layers = format!(r#"{{"identity": {ALLOW_ALL}}}"#);
    let request = |resource: &str, context: &str| {
        format!(
            r#"{{"principal":"arn:aws:iam::123456789012:user/alice","action":"s3:GetObject","resource":"{resource}","context":{context}}}"#
        )
    };
    let elsewhere = r#"{"aws:ResourceAccount": "999999999999"}"#;
    for (resource, context, expected) in [
        ("arn:aws:s3:::reports/may", "{}", "allowed"),
        ("arn:aws:s3:::reports/may", elsewhere, "implicitDeny"),
        ("arn:aws:sqs:us-east-1:999999999999:q", "{}", "implicitDeny"),
        ("arn:aws:sqs:us-east-1:123456789012:q", elsewhere, "allowed"),
        ("*", "{}", "allowed"),
    ] {
        assert!(case(&layers, &request(resource, context), expected).passed, "{resource} {context}");
    }
}

#[test]
fn context_values_are_texts_numbers_booleans_or_lists_of_them() {
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{
        "NumericEquals":{"aws:MultiFactorAuthAge":"1.50"},"Bool":{"aws:SecureTransport":true},
        "ForAllValues:StringEquals":{"aws:TagKeys":["a","1"]},"Null":{"aws:SourceVpc":true}}}}"#
        .replace('\n', " ");
    let context =
        r#"{"aws:MultiFactorAuthAge": 1.5, "AWS:securetransport": true, "aws:TagKeys": ["a", 1], "aws:SourceVpc": []}"#;
    let request = REQUEST.replace("\"action\"", &format!("\"context\":{context},\"action\""));
    let result = case(&format!(r#"{{"identity": {policy}}}"#), &request, "allowed");
    assert!(result.passed, "{result:?}");
}

#[test]
fn services_identity_providers_anonymous_requests_and_sessions_of_known_roles_ask_too() {
    let bucket = |principal: &str| {
        format!(
            r#"{{"resource": {{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{principal},"Action":"*","Resource":"*"}}}}}}"#
        )
    };
    let session = r#"arn:aws:sts::123456789012:assumed-role/dev/s","role":"arn:aws:iam::123456789012:role/ops/dev"#;
    for (principal, asks) in [
        (r#"{"Service":"ec2.amazonaws.com"}"#, "ec2.amazonaws.com"),
        (r#"{"Federated":"accounts.google.com"}"#, "federated:accounts.google.com"),
        (r#""*""#, "anonymous"),
        (r#"{"AWS":"arn:aws:iam::123456789012:role/ops/dev"}"#, session),
    ] {
        let request = REQUEST.replace("arn:aws:iam::123456789012:user/alice", asks);
        let result = case(&bucket(principal), &request, "allowed");
        assert!(result.passed, "{result:?}");
    }
}

#[test]
fn what_cannot_be_read_fails_with_its_line_and_its_reason() {
    let with = |name: &str, value: &str| {
        format!(r#"{{"name":"x","layers":{{}},"request":{REQUEST},"expect":"allowed","{name}":{value}}}"#)
    };
    let requesting = |from: &str, to: &str| {
        format!(r#"{{"name":"x","layers":{{}},"request":{},"expect":"allowed"}}"#, REQUEST.replace(from, to))
    };
    let context = |context: &str| requesting("\"action\"", &format!("\"context\":{context},\"action\""));
    for (line, reason) in [
        ("[]".to_owned(), "a case is an object"),
        ("{\"name\":".to_owned(), "not JSON"),
        (with("expekt", "1"), "did you mean \"expect\"?"),
        (with("note", "1"), "it has name, source"),
        (with("name", "\"y\""), "\"name\" stands more than once"),
        (with("source", "1"), "\"source\" is a string"),
        (with("x", "1").replace(",\"x\":1", "").replace("\"allowed\"", "\"Allowed\""), "did you mean \"allowed\"?"),
        (with("x", "1").replace(",\"x\":1", "").replace("\"allowed\"", "\"yes\""), "it is one of allowed"),
        (r#"{"name":"x","layers":{},"expect":"allowed"}"#.to_owned(), "no member \"request\""),
        (
            with("x", "1").replace(",\"x\":1", "").replace("\"layers\":{}", "\"layers\":{\"identiy\":[]}"),
            "did you mean \"identity\"?",
        ),
        (
            with("x", "1").replace(",\"x\":1", "").replace("\"layers\":{}", "\"layers\":{\"scp\":\"no.json\"}"),
            "no.json cannot be read",
        ),
        (requesting("user/alice", "group/a"), "is no principal"),
        (requesting("arn:aws:iam::123456789012:user/alice", "alice"), "is not an ARN"),
        (requesting("iam:GetUser", "iam:*"), "a request's action"),
        (requesting("arn:aws:iam::123456789012:user/bob", "user/bob"), "it is an ARN"),
        (requesting("\"action\"", "\"actions\":1,\"action\""), "did you mean \"action\"?"),
        (requesting("\"action\"", "\"role\":\"arn:aws:iam::123456789012:role/dev\",\"action\""), "is no session of it"),
        (context(r#"{"aws:SourceIp":null}"#), "what is missing is left out"),
        (context(r#"{"aws:SourceIp":[["a"]]}"#), "what is missing is left out"),
        (context(r#"{"aws:SourceIp":"a","AWS:sourceip":"b"}"#), "in another case"),
        (context(r#"{"aws:SourceIp":"a","aws:SourceIp":"b"}"#), "stands more than once"),
        (context(r#"{"SourceIp":"a"}"#), "is no condition key"),
        (context(r#"{"s3:max-keys":1e3}"#), "without an exponent"),
    ] {
        let result = &run(&format!("\n  \n{line}\n"), &files)[0];
        let problem = result.problem.as_deref().unwrap_or_else(|| panic!("{line}: {result:?}"));
        assert!(problem.contains(reason), "{line}: {problem}");
        assert!(!result.passed && result.line == 3, "{result:?}");
    }
}
