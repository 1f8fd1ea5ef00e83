//! The MCP Inspector's command line over `connect`.

use serde_json::json;

use crate::support::command::Ran;
use crate::support::gateway::TestGateway;
use crate::support::node::run_package;

const ERAS: [&str; 2] = ["legacy", "modern"];

/// The Inspector takes options where it likes, so the server stands in a configuration file.
fn inspect(gateway: &TestGateway, era: &str, method: &str, options: &[&str]) -> Ran {
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
    let fixed = ["--cli", "--config", &config, "--server", "iam", "--format", "json"];
    run_package("mcp-inspector", &[&fixed[..], &["--protocol-era", era, "--method", method], options].concat())
}

#[test]
fn the_inspector_lists_and_calls_tools_over_connect() {
    let gateway = TestGateway::with_sandbox().start();
    for era in ERAS {
        // On standard error it speaks of the machine's keychain, so its exit code alone says that the schemas are well.
        let ran = inspect(&gateway, era, "tools/list", &["--strict"]);
        assert_eq!(ran.code, 0, "{era}: {}", ran.stderr);
        let listed = ran.json();
        let tools = listed["result"]["tools"].as_array().expect("a list of tools");
        assert!(tools.iter().any(|tool| tool["name"] == "list_users"), "{era}: {listed}");

        let arguments = json!({"path_prefix": "/people/contractors/"}).to_string();
        let ran = inspect(&gateway, era, "tools/call", &["--tool-name", "list_users", "--tool-args-json", &arguments]);
        assert_eq!(ran.code, 0, "{era}: {}", ran.said());
        assert_eq!(ran.json()["result"]["structuredContent"]["Count"], 2, "{era}: {}", ran.stdout);
    }
}
