//! The toolset `simulation` through a running gateway: what AWS is asked, what is answered, and what the record says.

mod compare;
mod documents;
mod validate;

use serde_json::{Value, json};

use crate::support::gateway::{ACCOUNT, TestGateway};

const AUDITOR: &str = "arn:aws:iam::123456789012:role/mcp-auditor";

/// A document that allows this on everything.
fn allow(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
}

/// The ARN of a user of the believable account, wherever its path lies.
fn arn_of(gateway: &TestGateway, user: &str) -> String {
    let got = gateway.call("reader", "get_user", json!({"user_name": user}));
    got.done()["User"]["Arn"].as_str().expect("a user has an ARN").to_owned()
}

/// Action, resource and decision of each result.
fn decisions(content: &Value) -> Vec<(&str, &str, &str)> {
    let text = |result: &'_ Value, name: &str| -> String { result[name].as_str().unwrap_or_default().to_owned() };
    let results = content["EvaluationResults"].as_array().expect("results are a list");
    results
        .iter()
        .map(|result| {
            assert!(!text(result, "Reason").is_empty(), "{result}");
            let part = |name: &str| result[name].as_str().expect("each result names this");
            (part("EvalActionName"), part("EvalResourceName"), part("EvalDecision"))
        })
        .collect()
}

/// The record's AWS calls: action, resource and status.
fn aws_calls(gateway: &TestGateway, id: &str) -> Vec<(String, String, u64)> {
    let records = gateway.records_of(id);
    assert_eq!(records.len(), 1, "a read is one record: {records:#?}");
    let calls = records[0]["additionalEventData"]["awsCalls"].as_array().expect("a record lists its AWS calls").clone();
    let text = |call: &Value, name: &str| call[name].as_str().unwrap_or_default().to_owned();
    calls.iter().map(|c| (text(c, "action"), text(c, "resource"), c["status"].as_u64().unwrap_or_default())).collect()
}

#[test]
fn a_principals_policies_decide_and_the_statements_and_the_call_are_told() {
    let gateway = TestGateway::with_sandbox().start();
    let called = gateway.call(
        "reader",
        "simulate_principal_policy",
        json!({"policy_source_arn": AUDITOR, "action_names": ["iam:GetUser", "iam:CreateUser"]}),
    );
    let content = called.done();
    assert_eq!(decisions(content), [("iam:GetUser", "*", "allowed"), ("iam:CreateUser", "*", "implicitDeny")]);
    assert_eq!((&content["Count"], &content["IsTruncated"]), (&json!(2), &json!(false)));
    let allowed = &content["EvaluationResults"][0];
    assert_eq!(allowed["MatchedStatements"][0]["SourcePolicyId"], "mcp-auditor", "{allowed}");
    assert!(allowed["MatchedStatements"][0]["StartPosition"]["Line"].is_u64(), "{allowed}");
    assert!(allowed["Reason"].as_str().is_some_and(|reason| reason.contains("mcp-auditor (line ")), "{allowed}");
    // The path that the client wrote is not believed, so it is not recorded as the resource either.
    let acted_on = AUDITOR.replace(":role/", ":role/*");
    assert_eq!(aws_calls(&gateway, &called.id), [("iam:SimulatePrincipalPolicy".to_owned(), acted_on, 200)]);
    let trail = gateway.sandbox().trail_of("SimulatePrincipalPolicy");
    assert_eq!(trail.len(), 1);
    assert_eq!(trail[0]["userIdentity"]["sessionContext"]["sourceIdentity"], "reader@example.com", "{}", trail[0]);
}

#[test]
fn boundaries_missing_keys_and_resources_are_told() {
    let gateway = TestGateway::with_sandbox().start();
    let hugo = arn_of(&gateway, "hugo.martin");
    let ask = |action: &str, context: Value| {
        let called = gateway.call(
            "reader",
            "simulate_principal_policy",
            json!({
                "policy_source_arn": hugo, "action_names": [action], "context_entries": context,
                "resource_arns": ["arn:aws:dynamodb:eu-west-1:123456789012:table/orders"],
            }),
        );
        called.done()["EvaluationResults"][0].clone()
    };
    let bare = ask("dynamodb:PutItem", json!({}));
    assert_eq!(bare["EvalResourceName"], "arn:aws:dynamodb:eu-west-1:123456789012:table/orders");
    let missing = bare["MissingContextValues"].as_array().expect("a list of keys");
    assert!(missing.contains(&json!("aws:RequestedRegion")), "{bare}");
    assert!(bare["Reason"].as_str().is_some_and(|reason| reason.contains("MissingContextValues")), "{bare}");

    for context in [
        json!({"aws:RequestedRegion": "eu-west-1"}),
        json!([{"ContextKeyName": "aws:RequestedRegion", "ContextKeyValues": ["eu-west-1"], "ContextKeyType": "string"}]),
    ] {
        let given = ask("dynamodb:PutItem", context);
        assert_eq!(given["EvalDecision"], "allowed", "{given}");
        assert_eq!(given["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"], true, "{given}");
    }
    let barred = ask("athena:StartQueryExecution", json!({"aws:RequestedRegion": "eu-west-1"}));
    assert_eq!(barred["EvalDecision"], "implicitDeny", "{barred}");
    assert!(barred["Reason"].as_str().is_some_and(|reason| reason.contains("permissions boundary")), "{barred}");
}

#[test]
fn a_boundary_is_tried_in_place_of_the_principals_own() {
    let gateway = TestGateway::with_sandbox().start();
    let arguments = json!({
        "policy_source_arn": AUDITOR, "action_names": ["iam:GetUser", "iam:ListUsers"],
        "permissions_boundary_documents": [allow("iam:List*")],
    });
    let called = gateway.call("reader", "simulate_principal_policy", arguments);
    assert_eq!(decisions(called.done()), [("iam:GetUser", "*", "implicitDeny"), ("iam:ListUsers", "*", "allowed")]);
}

#[test]
fn a_principal_that_does_not_exist_is_named() {
    let gateway = TestGateway::with_sandbox().start();
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/nobody");
    let arguments = json!({"policy_source_arn": arn, "action_names": ["iam:GetUser"]});
    for tool in ["simulate_principal_policy", "compare_mcp_access"] {
        let called = gateway.call("reader", tool, arguments.clone());
        assert_eq!((called.code(), &called.content["error"]["stage"]), ("NoSuchEntity", &json!("aws")), "{tool}");
        assert_eq!(called.message(), "there is no IAM user nobody in account 123456789012");
    }
}

#[test]
fn what_iam_never_takes_is_refused_with_its_place() {
    let gateway = TestGateway::with_sandbox().start();
    for (name, value, said) in [
        (
            "policy_source_arn",
            json!("arn:aws:sts::123456789012:assumed-role/a/b"),
            "policy_source_arn: must be the ARN",
        ),
        ("action_names", json!(["iam:GetUser", "iam:*"]), "action_names: [1] must be an action without wildcards"),
        ("action_names", json!([]), "action_names: must have 1 to"),
        (
            "resource_arns",
            json!(["*", "bucket", 1]),
            "resource_arns: [1] must be an ARN, or * for all resources, [2] must",
        ),
        ("context_entries", json!({"SourceIp": "x"}), "context_entries: has \"SourceIp\""),
    ] {
        let mut arguments = json!({"policy_source_arn": AUDITOR, "action_names": ["iam:GetUser"]});
        arguments[name] = value;
        let called = gateway.call("reader", "simulate_principal_policy", arguments);
        assert_eq!((called.code(), &called.content["error"]["parameter"]), ("ValidationError", &json!(name)));
        assert!(called.message().starts_with(said), "{name}: {}", called.message());
    }
    assert_eq!(gateway.sandbox().trail_of("SimulatePrincipalPolicy"), Vec::<Value>::new());
}

#[test]
fn all_pages_are_read_and_what_is_asked_is_what_was_given() {
    let mut gateway = TestGateway::with_faulty_aws().start();
    let page = |action: &str, rest: &str| {
        let result = format!(
            "<EvaluationResults><member><EvalActionName>{action}</EvalActionName>\
             <EvalResourceName>*</EvalResourceName><EvalDecision>allowed</EvalDecision></member></EvaluationResults>{rest}"
        );
        json!({"result": result})
    };
    let more = "<IsTruncated>true</IsTruncated><Marker>next</Marker>";
    let end = "<IsTruncated>false</IsTruncated>";
    gateway.aws().queue("SimulateCustomPolicy", &[page("s3:GetObject", more), page("s3:PutObject", end)]);
    let document = allow("s3:*").to_string();
    let called = gateway.call(
        "reader",
        "simulate_custom_policy",
        json!({
            "policy_documents": [document], "action_names": ["s3:GetObject", "s3:PutObject"],
            "context_entries": {"aws:SourceIp": "203.0.113.7", "aws:TagKeys": ["a", "b"]},
        }),
    );
    assert_eq!(decisions(called.done()), [("s3:GetObject", "*", "allowed"), ("s3:PutObject", "*", "allowed")]);
    let received = gateway.received("SimulateCustomPolicy");
    assert_eq!((received.len(), &received[1]["parameters"]["Marker"]), (2, &json!("next")));
    let parameters = &received[0]["parameters"];
    for (name, value) in [
        ("PolicyInputList.member.1", document.as_str()),
        ("ActionNames.member.2", "s3:PutObject"),
        ("ContextEntries.member.1.ContextKeyName", "aws:SourceIp"),
        ("ContextEntries.member.1.ContextKeyType", "ip"),
        ("ContextEntries.member.2.ContextKeyType", "stringList"),
        ("ContextEntries.member.2.ContextKeyValues.member.2", "b"),
    ] {
        assert_eq!(parameters[name], value, "{name}: {parameters}");
    }
    assert_eq!(aws_calls(&gateway, &called.id).len(), 2);

    // A server that has always more to tell is not followed for ever.
    let endless = json!({"result": format!("<EvaluationResults/>{more}"), "times": 60});
    gateway.aws().queue("SimulateCustomPolicy", &[endless]);
    let arguments = json!({"policy_documents": [document], "action_names": ["s3:GetObject"]});
    let called = gateway.call("reader", "simulate_custom_policy", arguments);
    assert_eq!((&called.done()["IsTruncated"], &called.content["Count"]), (&json!(true), &json!(0)));
}

#[test]
fn a_server_without_simulators_is_one_clear_error() {
    let gateway = TestGateway::with_moto().start();
    let arguments = json!({"policy_documents": [allow("s3:*")], "action_names": ["s3:GetObject"]});
    let called = gateway.call("reader", "simulate_custom_policy", arguments);
    let error = &called.content["error"];
    assert_eq!((&error["stage"], &error["action"]), (&json!("aws"), &json!("iam:SimulateCustomPolicy")), "{error}");
    assert_eq!(error["resource"], "*", "{error}");
}
