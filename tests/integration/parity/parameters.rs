//! Every tool and every parameter that awslabs' tools/list has is taken by ours.

use serde_json::{Map, Value, json};

use super::arranged::{POLICY, allowing, trusting};
use crate::support::clients::{Client, Keys};
use crate::support::gateway::TestGateway;

/// How many tools awslabs.iam-mcp-server 1.1.2 has.
const TOOLS: usize = 29;
/// A parameter that awslabs' framework fills in by itself, and lists by mistake.
const BY_MISTAKE: &str = "ctx";

/// awslabs' tools/list, which needs no AWS.
fn awslabs() -> Vec<Value> {
    let keys = Keys {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: "never-used".to_owned(),
        session_token: None,
    };
    let lines = Client::on_awslabs("http://127.0.0.1:9", &keys).run(&[json!(["list_tools"])]);
    lines[1]["result"]["tools"].as_array().cloned().unwrap_or_else(|| unreachable!("{lines:#?}"))
}

/// The types that a parameter's schema takes.
fn types(schema: &Value) -> Vec<&str> {
    let alternatives = schema["anyOf"].as_array().cloned().unwrap_or_default();
    match alternatives.is_empty() {
        true => schema["type"].as_str().into_iter().collect(),
        false => {
            let all = schema["anyOf"].as_array().into_iter().flatten();
            all.map(|one| one["type"].as_str().expect("an alternative has a type")).collect()
        }
    }
}

/// A value that awslabs' parameter of this name takes, of this type.
fn value(name: &str, kind: &str) -> Value {
    match (name, kind) {
        (_, "null") => Value::Null,
        ("assume_role_policy_document", "object") => trusting("ec2.amazonaws.com"),
        ("assume_role_policy_document", "string") => trusting("ec2.amazonaws.com").to_string().into(),
        ("policy_document", "object") => allowing("s3:GetObject"),
        ("policy_document", "string") => allowing("s3:GetObject").to_string().into(),
        ("action_names", "array") => json!(["s3:GetObject", "iam:CreateUser"]),
        ("resource_arns", "array") => json!(["arn:aws:s3:::bucket/key"]),
        ("context_entries", "object") => json!({"aws:SourceIp": "192.0.2.1"}),
        ("max_items", "integer") => json!(7),
        ("max_session_duration", "integer") => json!(43200),
        ("only_attached" | "force" | "confirmed", "boolean") => json!(true),
        ("path", "string") => json!("/division_abc/"),
        ("path_prefix", "string") => json!("/division_abc/"),
        ("permissions_boundary" | "policy_arn", "string") => json!(POLICY),
        ("policy_source_arn", "string") => json!("arn:aws:iam::123456789012:user/bob"),
        ("access_key_id", "string") => json!("AKIAIOSFODNN7EXAMPLE"),
        ("scope", "string") => json!("All"),
        ("version_id", "string") => json!("v1"),
        ("description", "string") => json!("Runs the build, and nothing else."),
        ("user_name" | "role_name" | "group_name" | "policy_name", "string") => json!("some.name_1+=,@-"),
        other => unreachable!("a parameter that this test does not know: {other:?}"),
    }
}

/// The arguments that are tried: the required ones alone, and each parameter in each of its types.
fn tried(tool: &Value) -> Vec<Map<String, Value>> {
    let schema = &tool["inputSchema"];
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let parameters: Vec<(&str, Vec<&str>)> = schema["properties"]
        .as_object()
        .expect("a tool has parameters")
        .iter()
        .filter(|(name, _)| *name != BY_MISTAKE)
        .map(|(name, schema)| (name.as_str(), types(schema)))
        .collect();
    let least: Map<String, Value> = parameters
        .iter()
        .filter(|(name, _)| required.contains(name))
        .map(|(name, kinds)| ((*name).to_owned(), value(name, kinds[0])))
        .collect();
    let mut all = vec![least.clone()];
    for (name, kinds) in &parameters {
        assert!(!kinds.is_empty(), "{name} has a type");
        for kind in kinds {
            let mut one = least.clone();
            one.insert((*name).to_owned(), value(name, kind));
            all.push(one);
        }
    }
    all
}

#[test]
fn every_tool_and_parameter_of_awslabs_is_taken() {
    // Arguments are looked at before policies are, and AWS is asked for nothing.
    let nothing = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]});
    let gateway =
        TestGateway::without_aws().policy("nothing.json", &nothing).set("tools.new_secrets", "\"reveal\"").start();
    let tools = awslabs();
    assert_eq!(tools.len(), TOOLS);
    for tool in &tools {
        let name = tool["name"].as_str().expect("a tool has a name");
        for arguments in tried(tool) {
            let (_, request) = gateway.tool_call("alice", name, Value::Object(arguments.clone()));
            let answer = request.send().json();
            let error = &answer["result"]["structuredContent"]["error"];
            assert_eq!(error["code"], "PolicyDenied", "{name} {arguments:?}: {answer}");
        }
    }
}
