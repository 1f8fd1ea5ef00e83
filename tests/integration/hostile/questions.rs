//! Before something is done, a person is asked: by the client's form, or as a second person.

use iam_mcp_gateway::hidden::is_hidden;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{POSSIBLE, assert_nothing_raw_and_nothing_lost, calls, texts, tool_of};
use crate::support::gateway::TestGateway;
use crate::support::http::Answer;
use crate::support::mcp::{meta, modern};
use crate::support::prepared::Prepared;
use crate::support::waiting::{now, wait_until};

fn gateway(mode: &str) -> Prepared {
    TestGateway::with_hostile_aws(mode)
        .mapping("asked", "role/mcp-admin", "access = \"read-write\"\nconfirmation = \"client\"")
        .mapping("planner", "role/mcp-admin", "access = \"read-write\"\nconfirmation = \"second-person\"")
        .mapping("approver", "role/mcp-reader", "access = \"read-only\"\nmay_approve = true")
}

/// A tools/call of a client that can ask.
fn call(gateway: &TestGateway, caller: &str, tool: &str, arguments: &Value) -> Answer {
    let (id, request) = gateway.writing_call(caller, tool, arguments.clone());
    let mut params = json!({"name": tool, "arguments": arguments, "_meta": meta()});
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {"form": {}}});
    modern(request, &json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})).send()
}

/// Looks at a question that a person reads: lines of the gateway's own, and of what others wrote only names, spelled so that
/// they are none of its sentences.
fn assert_is_a_plain_question(what: &str, question: &str) {
    assert!(!question.chars().any(|character| character != '\n' && is_hidden(character)), "{what}: {question:?}");
    for (character, why) in [('<', "markup"), ('»', "another script's marks"), ('`', "markup")] {
        assert!(!question.contains(character), "{what}: {why}: {question}");
    }
    assert!(!question.contains("Ignore all previous instructions"), "{what}: {question}");
}

#[test]
fn the_clients_person_is_asked_in_plain_words() {
    for mode in ["text", "all"] {
        let gateway = gateway(mode).start();
        let mut asked = Vec::new();
        for (tool, arguments) in calls() {
            let what = format!("{mode} {tool}");
            let body = call(&gateway, "asked", tool_of(&tool), &arguments).json();
            let Some(question) = body["result"]["inputRequests"]["confirmation"]["params"]["message"].as_str() else {
                continue;
            };
            assert_is_a_plain_question(&what, question);
            for (pointer, text) in texts(&body).iter().filter(|(pointer, _)| !pointer.ends_with("/params/message")) {
                assert!(!text.chars().any(is_hidden), "{what}: {pointer}: {text:?}");
            }
            asked.push((tool, question.contains(POSSIBLE)));
        }
        assert!(asked.len() > 10, "{mode}: {asked:?}");
        if mode == "text" {
            assert!(asked.iter().any(|(tool, named)| tool == "delete_user" && *named), "names are told: {asked:?}");
        }
    }
}

#[test]
fn a_second_person_reads_the_plan_as_harmlessly() {
    for mode in ["text", "all"] {
        let gateway = gateway(mode).start();
        let mut looked_at = 0;
        for (tool, arguments) in calls() {
            let (_, request) = gateway.writing_call("planner", tool_of(&tool), arguments.clone());
            let answer = request.send();
            let what = format!("{mode} {tool}");
            assert_nothing_raw_and_nothing_lost(&what, &answer);
            let Some(token) = answer.json()["result"]["structuredContent"].get("plan_token").cloned() else { continue };
            wait_until(gateway.opens_for_writes() - SignedDuration::from_secs(1));
            let body = json!({"plan_token": token, "decision": "show"}).to_string();
            let request = gateway
                .request("approver")
                .target("/approvals")
                .header("x-request-id", &what.replace([' ', '(', ')'], "-"));
            let shown = request.body(body).signed_at(now().max(gateway.opens_for_writes())).send();
            assert_eq!(shown.status, 200, "{what}: {}", shown.text());
            for (pointer, text) in texts(&shown.json()) {
                assert!(!text.chars().any(is_hidden), "{what}: {pointer}: {text:?}");
                assert_is_a_plain_question(&what, &text);
            }
            looked_at += 1;
        }
        assert!(looked_at > 10, "{mode}: {looked_at}");
    }
}
