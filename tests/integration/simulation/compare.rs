//! `compare_mcp_access`: the same principal, once as a person and once as an agent.

use aws_credential_types::Credentials;
use aws_sdk_iam::config::{BehaviorVersion, Region};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{arn_of, aws_calls};
use crate::support::gateway::{NAME, TestGateway};

/// Gives a user of the sandbox an inline policy, as its root user.
fn put_user_policy(gateway: &TestGateway, user: &str, name: &str, document: &Value) {
    let root = gateway.sandbox().root_keys();
    let config = aws_sdk_iam::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(gateway.sandbox().url())
        .credentials_provider(Credentials::new(root.access_key_id, root.secret_access_key, None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let put = aws_sdk_iam::Client::from_conf(config)
        .put_user_policy()
        .user_name(user)
        .policy_name(name)
        .policy_document(document.to_string())
        .send();
    Runtime::new().expect("a runtime can be made").block_on(put).expect("the root user may do it");
}

#[test]
fn what_an_agent_may_not_is_told_with_the_statement_that_says_so() {
    let gateway = TestGateway::with_sandbox().start();
    let guard = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["sqs:*"], "Resource": "*"},
        {"Sid": "NoAgents", "Effect": "Deny", "Action": "sqs:Delete*", "Resource": "*",
         "Condition": {"StringEquals": {"aws:PrincipalTag/ViaAWSMCPService": "true"}}},
        {"Sid": "AgentsOnly", "Effect": "Allow", "Action": "sns:Publish", "Resource": "*",
         "Condition": {"StringEquals": {"aws:PrincipalTag/CalledViaAWSMCP": NAME}}},
    ]});
    put_user_policy(&gateway, "tomas.novak", "agents", &guard);
    let tomas = arn_of(&gateway, "tomas.novak");
    let actions = ["sqs:SendMessage", "sqs:DeleteQueue", "sns:Publish"];
    let called = gateway.call(
        "alice",
        "compare_mcp_access",
        json!({"policy_source_arn": tomas, "action_names": actions, "resource_arns": ["*"]}),
    );
    let content = called.done();
    assert_eq!((&content["Count"], &content["Differences"]), (&json!(3), &json!(2)), "{content}");
    let compared = content["Comparisons"].as_array().expect("comparisons are a list");
    let of = |action: &str| {
        compared.iter().find(|one| one["EvalActionName"] == action).expect("each action was compared").clone()
    };
    let both = |one: &Value| (one["Person"]["EvalDecision"].clone(), one["Agent"]["EvalDecision"].clone());

    let delete = of("sqs:DeleteQueue");
    assert_eq!(both(&delete), (json!("allowed"), json!("explicitDeny")), "{delete}");
    assert_eq!(delete["DecidingStatements"].as_array().map(Vec::len), Some(1), "{delete}");
    assert!(delete["DecidingStatements"][0]["SourcePolicyId"].as_str().is_some_and(|id| id.contains("agents")));
    assert!(delete["Explanation"].as_str().is_some_and(|told| told.ends_with("applies only to an agent")), "{delete}");
    let publish = of("sns:Publish");
    assert_eq!(both(&publish), (json!("implicitDeny"), json!("allowed")), "{publish}");
    let send = of("sqs:SendMessage");
    assert_eq!((&send["Differs"], both(&send)), (&json!(false), (json!("allowed"), json!("allowed"))), "{send}");
    assert_eq!(compared[2]["Differs"], false, "what differs comes first");

    // The agent is simulated with exactly what the caller's sessions carry.
    let who = gateway.call("alice", "whoami", json!({})).content;
    let agent = &content["AgentContext"];
    for (tag, value) in who["SessionTags"].as_object().expect("whoami tells the tags") {
        assert_eq!(&agent[format!("aws:PrincipalTag/{tag}")], value, "{agent}");
    }
    assert_eq!(agent["aws:SourceIdentity"], who["SourceIdentity"]);
    assert_eq!((&agent["aws:ViaAWSMCPService"], &agent["aws:CalledViaAWSMCP"]), (&json!("true"), &json!(NAME)));
    assert_eq!(content["PersonContext"], json!({"aws:ViaAWSMCPService": "false"}));
    assert_eq!(delete["Person"]["MissingContextValues"], json!([]), "a person has no tags of an agent, on purpose");

    let one = ("iam:SimulatePrincipalPolicy".to_owned(), tomas.replace("user/people/", "user/*"), 200);
    assert_eq!(aws_calls(&gateway, &called.id), [one.clone(), one]);
}
