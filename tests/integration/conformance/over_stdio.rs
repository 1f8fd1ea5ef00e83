//! The MCP Inspector's command line over `connect`.

use serde_json::{Value, json};

use crate::support::command::Ran;
use crate::support::gateway::TestGateway;
use crate::support::node::run_package;

/// The Inspector takes options where it likes, so the server stands in a configuration file.
fn inspect(gateway: &TestGateway, method: &str, options: &[&str]) -> Ran {
    let keys = gateway.keys("reader");
    let server = json!({
        "type": "stdio",
        "command": env!("CARGO_BIN_EXE_iam-mcp-gateway"),
        "args": ["connect", "--url", gateway.url()],
        "env": {"AWS_ACCESS_KEY_ID": keys.access_key_id, "AWS_SECRET_ACCESS_KEY": keys.secret_access_key},
    });
    let config = gateway.path("inspector.json");
    std::fs::write(&config, json!({"mcpServers": {"iam": server}}).to_string()).expect("the folder is ours");
    let config = gateway.argument("inspector.json");
    let fixed = ["--cli", "--config", &config, "--server", "iam", "--format", "json", "--method", method];
    run_package("mcp-inspector", &[&fixed[..], options].concat())
}

#[test]
fn the_inspector_lists_and_calls_tools_over_connect() {
    let gateway = TestGateway::with_sandbox().start();
    let ran = inspect(&gateway, "tools/list", &["--strict"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    let listed = ran.json();
    let tools = listed["result"]["tools"].as_array().expect("a list of tools");
    assert!(tools.iter().any(|tool| tool["name"] == "list_users"), "{listed}");

    let arguments = json!({"path_prefix": "/people/contractors/"}).to_string();
    let ran = inspect(&gateway, "tools/call", &["--tool-name", "list_users", "--tool-args-json", &arguments]);
    assert_eq!(ran.code, 0, "{}", ran.said());
    assert_eq!(ran.json()["result"]["structuredContent"]["Count"], Value::from(2), "{}", ran.stdout);
}
