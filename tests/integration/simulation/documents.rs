//! `simulate_custom_policy`: documents that need not exist.

use serde_json::{Value, json};

use super::{allow, aws_calls, decisions};
use crate::support::gateway::TestGateway;

#[test]
fn documents_are_taken_together_as_objects_or_texts() {
    let gateway = TestGateway::with_sandbox().start();
    let deny = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*",
        "Condition": {"Bool": {"aws:ViaAWSMCPService": "true"}},
    }]});
    let ask = |via: &str| {
        gateway.call(
            "reader",
            "simulate_custom_policy",
            json!({
                "policy_documents": [allow("s3:*").to_string(), deny],
                "action_names": ["s3:DeleteObject"],
                "resource_arns": ["arn:aws:s3:::b/1", "arn:aws:s3:::b/2"],
                "context_entries": {"aws:ViaAWSMCPService": via},
            }),
        )
    };
    let agent = ask("true");
    assert_eq!(
        decisions(agent.done()),
        [
            ("s3:DeleteObject", "arn:aws:s3:::b/1", "explicitDeny"),
            ("s3:DeleteObject", "arn:aws:s3:::b/2", "explicitDeny")
        ]
    );
    let denied = &agent.content["EvaluationResults"][0];
    assert_eq!(denied["MatchedStatements"][0]["SourcePolicyId"], "PolicyInputList.2", "{denied}");
    assert!(denied["Reason"].as_str().is_some_and(|reason| reason.contains("PolicyInputList.2")), "{denied}");
    assert_eq!(decisions(ask("false").done())[0].2, "allowed");
    assert_eq!(aws_calls(&gateway, &agent.id), [("iam:SimulateCustomPolicy".to_owned(), "*".to_owned(), 200)]);
}

#[test]
fn every_fault_of_every_document_is_told_before_aws_is_asked() {
    let gateway = TestGateway::with_sandbox().start();
    let misspelt = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "GetObject", "Resource": "*", "Conditions": {}},
    ]});
    let called = gateway.call(
        "reader",
        "simulate_custom_policy",
        json!({"policy_documents": [allow("s3:*"), misspelt, "{"], "action_names": ["s3:GetObject"]}),
    );
    let error = &called.content["error"];
    assert_eq!(
        (called.code(), &error["stage"], &error["parameter"]),
        ("MalformedPolicyDocument", &json!("gateway"), &json!("policy_documents"))
    );
    for said in [
        "policy_documents[1] $.Statement[0].Action: ",
        "policy_documents[1] $.Statement[0].Conditions: ",
        "did you mean \"Condition\"?",
        "policy_documents[2] $: not JSON",
    ] {
        assert!(called.message().contains(said), "{said}: {}", called.message());
    }
    assert_eq!(gateway.records_of(&called.id)[0]["stage"], "denied");
    assert_eq!(gateway.sandbox().trail_of("SimulateCustomPolicy"), Vec::<Value>::new());
}

#[test]
fn what_is_no_document_is_named_by_its_place() {
    let gateway = TestGateway::without_aws().start();
    let arguments = json!({"policy_documents": [allow("s3:*"), 7], "action_names": ["s3:GetObject"]});
    let called = gateway.call("reader", "simulate_custom_policy", arguments);
    assert_eq!(called.code(), "ValidationError");
    assert!(called.message().starts_with("policy_documents: [1] must be a policy document"), "{}", called.message());
}
