//! The MCP Inspector's command line, npm `@modelcontextprotocol/inspector`. It holds every answer against the tool's
//! output schema, and with `--strict` the schemas against what other clients can take.

use serde_json::{Value, json};

use super::Proxied;
use crate::support::command::Ran;
use crate::support::node::run_package;

const ERAS: [&str; 2] = ["legacy", "modern"];

/// The exit code of a call whose result has `isError`.
const TOOL_ERROR: i32 = 5;

fn inspect(proxied: &Proxied, era: &str, method: &str, options: &[&str]) -> Ran {
    let url = proxied.url();
    let fixed = ["--cli", &url, "--transport", "http", "--format", "json", "--protocol-era", era, "--method", method];
    run_package("mcp-inspector", &[&fixed[..], options].concat())
}

fn call(proxied: &Proxied, era: &str, tool: &str, arguments: &Value) -> Ran {
    inspect(proxied, era, "tools/call", &["--tool-name", tool, "--tool-args-json", &arguments.to_string()])
}

#[test]
fn the_strict_inspector_has_nothing_to_say_against_the_tools() {
    let proxied = Proxied::start();
    for era in ERAS {
        let ran = inspect(&proxied, era, "tools/list", &["--strict"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{era}: {}", ran.stdout);
        let listed = ran.json();
        let tools = listed["result"]["tools"].as_array().expect("a list of tools");
        assert!(tools.iter().any(|tool| tool["name"] == "list_users"), "{era}: {listed}");
    }
}

#[test]
fn the_inspector_shows_results_and_refusals_as_they_are() {
    let proxied = Proxied::start();
    proxied.gateway.wait_for_writes();
    for era in ERAS {
        let ran = call(&proxied, era, "list_users", &json!({"path_prefix": "/people/contractors/"}));
        assert_eq!(ran.code, 0, "{era}: {}", ran.said());
        assert_eq!(ran.json()["result"]["structuredContent"]["Count"], 2, "{era}: {}", ran.stdout);

        let ran = call(&proxied, era, "delete_user", &json!({"user_name": "ben.okafor"}));
        assert_eq!(ran.code, TOOL_ERROR, "{era}: {}", ran.said());
        let error = &ran.json()["result"]["structuredContent"]["error"];
        assert_eq!((&error["code"], &error["stage"]), (&json!("DeleteConflict"), &json!("gateway")), "{era}: {error}");
    }
    assert_eq!(proxied.gateway.sandbox().trail_of("DeleteUser"), Vec::<Value>::new());
}

#[test]
fn what_policies_allow_and_what_is_wrong_with_them_fits_the_schemas() {
    let proxied = Proxied::start();
    let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let source = "arn:aws:iam::123456789012:role/mcp-auditor";
    let actions = ["iam:GetUser", "iam:CreateUser"];
    for era in ERAS {
        for (tool, arguments) in [
            ("simulate_principal_policy", json!({"policy_source_arn": source, "action_names": actions})),
            ("simulate_custom_policy", json!({"policy_documents": [document], "action_names": actions})),
            ("compare_mcp_access", json!({"policy_source_arn": source, "action_names": actions})),
            ("validate_policy", json!({"policy_document": document})),
            ("validate_policy", json!({"policy_document": "{", "policy_type": "trust"})),
        ] {
            let ran = call(&proxied, era, tool, &arguments);
            assert_eq!(ran.code, 0, "{era} {tool}: {}", ran.said());
        }
        let ran =
            call(&proxied, era, "simulate_custom_policy", &json!({"policy_documents": ["{"], "action_names": actions}));
        assert_eq!(ran.code, TOOL_ERROR, "{era}: {}", ran.said());
        let error = &ran.json()["result"]["structuredContent"]["error"];
        assert_eq!(error["code"], "MalformedPolicyDocument", "{era}: {error}");
    }
}
