//! Prompts, resources and completion, through the real binary, in both protocol eras.

mod completion;
mod prompts;
mod resources;

use serde_json::{Value, json};

use crate::support::clients::Era;
use crate::support::gateway::TestGateway;
use crate::support::http::Answer;
use crate::support::mcp::{LEGACY, MODERN, legacy, message, modern, old_message};

/// What the caller is answered by the revision.
fn answer(gateway: &TestGateway, caller: &str, revision: &str, id: &str, method: &str, params: Value) -> Answer {
    let request = gateway.request(caller);
    match revision {
        MODERN => modern(request, &message(id, method, params)).send(),
        _ => legacy(request, &old_message(id, method, params)).send(),
    }
}

/// The result of the newest revision.
fn ask(gateway: &TestGateway, caller: &str, id: &str, method: &str, params: Value) -> Value {
    let body = answer(gateway, caller, MODERN, id, method, params).json();
    assert!(body["result"].is_object(), "{body}");
    body["result"].clone()
}

/// What is listed, by one of its members.
fn listed<'a>(result: &'a Value, list: &str, member: &str) -> Vec<&'a str> {
    let items = result[list].as_array().unwrap_or_else(|| unreachable!("no {list}: {result}"));
    items.iter().map(|item| item[member].as_str().expect("it is named")).collect()
}

#[test]
fn clients_are_told_what_is_offered_in_both_eras() {
    let gateway = TestGateway::without_aws().start();
    let discovered = ask(&gateway, "alice", "1", "server/discover", json!({}));
    let client = json!({"name": "tests", "version": "1"});
    let hello = json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client});
    let initialized = answer(&gateway, "alice", LEGACY, "1", "initialize", hello).json();
    for capabilities in [&discovered["capabilities"], &initialized["result"]["capabilities"]] {
        for offered in ["tools", "prompts", "resources", "completions"] {
            assert!(capabilities[offered].is_object(), "{offered}: {capabilities}");
        }
        // Nothing is told without being asked for: there are no streams.
        assert_eq!(capabilities["resources"].get("subscribe"), None);
    }
}

#[test]
fn lists_are_for_their_caller_alone_in_both_eras() {
    let gateway = TestGateway::without_aws().start();
    for method in ["prompts/list", "resources/list", "resources/templates/list"] {
        let result = ask(&gateway, "alice", "1", method, json!({}));
        assert_eq!(result["cacheScope"], "private", "{method}");
        assert!(result["ttlMs"].is_u64(), "{method}");
        let before = answer(&gateway, "alice", LEGACY, "1", method, json!({})).json();
        let list = if method.starts_with("prompts") { "prompts" } else { "resourceTemplates" };
        assert_eq!(before["result"].get(list), result.get(list), "{method}");
    }
    assert_eq!(ask(&gateway, "alice", "1", "resources/list", json!({}))["resources"], json!([]));
}

#[test]
fn params_that_do_not_fit_are_refused_and_recorded_where_a_call_would_be() {
    let gateway = TestGateway::without_aws().start();
    for (revision, name) in [(MODERN, "modern"), (LEGACY, "legacy")] {
        for (method, params, event) in [
            ("resources/read", json!({"uri": 7}), Some("ReadResource")),
            ("completion/complete", json!({"ref": "users", "argument": {"name": "name"}}), Some("Complete")),
            ("prompts/get", json!({"name": "onboard_developer", "arguments": []}), None),
        ] {
            let id = format!("{name}-{method}");
            let refused = answer(&gateway, "alice", revision, &id, method, params).json();
            assert!(refused["error"]["code"].is_i64() && refused.get("result").is_none(), "{refused}");
            let Some(event) = event.filter(|_| refused["error"]["code"] == -32602) else { continue };
            let records = gateway.records_of(&id);
            assert_eq!(
                (records.len(), &records[0]["eventName"], &records[0]["stage"]),
                (1, &json!(event), &json!("denied"))
            );
        }
    }
}

#[test]
fn the_python_client_goes_through_all_of_it_in_both_eras() {
    let gateway = TestGateway::with_sandbox().start();
    for era in [Era::Legacy, Era::Modern] {
        let lines = gateway.python("alice", era).run(&[
            json!(["list_prompts"]),
            json!(["get_prompt", "onboard_developer", {"user_name": "new.developer"}]),
            json!(["list_resources"]),
            json!(["list_resource_templates"]),
            json!(["read_resource", "iam://users/alice.nguyen"]),
            json!(["complete_prompt", "onboard_developer", "user_name", "alice"]),
            json!(["complete_resource", "iam://users/{name}", "name", "ALICE"]),
            json!(["read_resource", "iam://users/nobody"]),
        ]);
        let result = |line: usize| {
            assert_eq!(lines[line]["ok"], true, "{}", lines[line]);
            &lines[line]["result"]
        };
        assert!(listed(result(1), "prompts", "name").contains(&"onboard_developer"));
        assert!(
            result(2)["messages"][0]["content"]["text"].as_str().is_some_and(|text| text.contains("new.developer"))
        );
        assert_eq!(result(3)["resources"], json!([]));
        assert!(listed(result(4), "resourceTemplates", "uriTemplate").contains(&"iam://users/{name}"));
        let text = result(5)["contents"][0]["text"].as_str().expect("contents are text");
        let user: Value = serde_json::from_str(text).expect("contents are JSON");
        assert_eq!(user["User"]["UserName"], "alice.nguyen");
        for line in [6, 7] {
            assert_eq!(result(line)["completion"]["values"], json!(["alice.nguyen"]));
        }
        let number = if matches!(era, Era::Modern) { -32602 } else { -32002 };
        let error = &lines[8]["error"];
        assert_eq!((&error["code"], &error["data"]["code"]), (&json!(number), &json!("NoSuchEntity")), "{}", lines[8]);
    }
}
