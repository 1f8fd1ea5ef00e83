//! Ship CLI's names of tools on access keys.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::command::run;
use crate::support::gateway::TestGateway;
use crate::support::mcp::Called;

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

/// Each name, with the tool that it is and the arguments that it is called with.
fn names() -> [(&'static str, &'static str, Value); 6] {
    [
        ("aws_iam_list_access_keys", "list_access_keys", json!({"user_name": "bob"})),
        ("aws_iam_create_access_key", "create_access_key", json!({"user_name": "bob"})),
        (
            "aws_iam_update_access_key",
            "update_access_key",
            json!({"user_name": "bob", "access_key_id": KEY, "status": "Inactive"}),
        ),
        ("aws_iam_delete_access_key", "delete_access_key", json!({"user_name": "bob", "access_key_id": KEY})),
        ("aws_iam_get_access_key_last_used", "get_access_key_last_used", json!({"access_key_id": KEY})),
        ("aws_iam_get_version", "get_version", json!({})),
    ]
}

/// The tools of this version, each with its aliases.
fn tools() -> BTreeMap<String, Vec<Value>> {
    let listed = run(&["tools", "--json"]).json();
    let tools = listed["tools"].as_array().expect("a list").iter();
    tools
        .map(|tool| {
            (tool["name"].as_str().expect("a name").to_owned(), tool["aliases"].as_array().cloned().unwrap_or_default())
        })
        .collect()
}

#[test]
fn each_name_is_the_tool_that_it_says() {
    let tools = tools();
    for (alias, tool, _) in names() {
        let aliases = tools.get(tool).unwrap_or_else(|| unreachable!("there is no {tool}"));
        assert!(aliases.contains(&json!(alias)), "{alias} is no name of {tool}");
    }
}

#[test]
fn an_alias_is_taken_and_profile_is_refused_with_the_reason() {
    let gateway = TestGateway::without_aws().start();
    for (alias, tool, arguments) in names() {
        let by_alias = gateway.write("alice", alias, arguments.clone());
        let by_name = gateway.write("alice", tool, arguments.clone());
        // After some attempts in vain AWS is not asked for a while, which says the same of both.
        let code = |called: &Called| match called.content["error"]["code"].as_str() {
            Some("UpstreamUnavailable") => Some("AwsUnreachable".to_owned()),
            other => other.map(ToOwned::to_owned),
        };
        assert_eq!((by_alias.is_error, code(&by_alias)), (by_name.is_error, code(&by_name)), "{alias}");
        let record = gateway.records_of(&by_alias.id).pop().expect("a call is recorded");
        assert_eq!(record["additionalEventData"]["tool"], tool, "a record has the tool's own name");
        let mut with_profile = arguments;
        with_profile["profile"] = "prod-admin".into();
        let refused = gateway.write("alice", alias, with_profile);
        assert_eq!((refused.code(), &refused.content["error"]["parameter"]), ("ValidationError", &json!("profile")));
        assert!(refused.message().contains("the gateway chooses the role"), "{alias}: {}", refused.message());
        assert!(!refused.content.to_string().contains("prod-admin"), "{alias}");
    }
}
