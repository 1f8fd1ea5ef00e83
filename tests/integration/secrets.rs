//! What is secret is in no log, record, figure or error.

use std::fs;

use serde_json::{Value, json};

use crate::support::clients::{Era, Keys};
use crate::support::command::run;
use crate::support::gateway::TestGateway;
use crate::support::http::Request;
use crate::support::mcp::{message, modern};

/// What the gateway's folder holds and its process said, but for the keyring itself.
fn everything_written(gateway: &TestGateway) -> Vec<(String, String)> {
    let journal = fs::read_dir(gateway.path("audit")).expect("the journal is there");
    let journal = journal.map(|entry| fs::read_to_string(entry.expect("ours").path()).expect("records are UTF-8"));
    vec![("the journal".to_owned(), journal.collect()), ("the log".to_owned(), gateway.log())]
}

fn signature_of(request: &Request) -> String {
    let text = String::from_utf8(request.bytes()).expect("the tests' requests are text");
    let signature = text.split("Signature=").nth(1).expect("the request is signed");
    signature.chars().take_while(char::is_ascii_hexdigit).collect()
}

#[test]
fn no_secret_is_logged_recorded_or_told() {
    for level in ["debug", "trace"] {
        let mut gateway = TestGateway::with_faulty_aws().set("log.level", &format!("\"{level}\"")).start();
        let mut secrets: Vec<(&str, String)> = vec![
            ("the gateway's own AWS secret", gateway.own_keys().secret_access_key),
            ("a caller's secret", gateway.keys("alice").secret_access_key.clone()),
            // What faulty_aws.py hands out.
            ("the assumed secret", "not-a-real-secret".to_owned()),
            ("the assumed session token", "token-of-".to_owned()),
        ];
        let mut told = Vec::new();

        gateway.aws().queue("ListUsers", &[json!({"result": "<Users/><IsTruncated>false</IsTruncated>"})]);
        let (_, read) = gateway.tool_call("reader", "list_users", json!({}));
        secrets.push(("the signature of a read", signature_of(&read)));
        told.push(read.send().text());

        gateway.aws().queue("CreateUser", &[json!({"close": "unanswered"})]);
        let (_, write) = gateway.writing_call("alice", "create_user", json!({"user_name": "dave"}));
        secrets.push(("the signature of a write", signature_of(&write)));
        told.extend([write.send().text(), write.send().text()]);

        // Refused ones too: a wrong secret, a pasted secret as an argument, a token that nobody issued.
        let wrong = Keys { secret_access_key: "a-secret-that-was-guessed".to_owned(), ..gateway.keys("alice").clone() };
        let refused = Request::post(gateway.address()).signed_with(&wrong);
        let refused = modern(refused, &message("1", "tools/list", json!({})));
        secrets.push(("the signature of a refused request", signature_of(&refused)));
        told.push(refused.send().text());
        let pasted = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        secrets.push(("an argument that no tool takes", pasted.to_owned()));
        gateway.call("alice", "list_users", json!({"secret_access_key": pasted}));
        let token = "AQdwcm9jZXNzc29tZWJvZHlzdG9rZW4";
        secrets.push(("a confirmation token", token.to_owned()));
        gateway.write("alice", "delete_user", json!({"user_name": "bob", "confirmation_token": token}));
        told.push(gateway.metrics());
        told.push(run(&["keyring", "list", "--file", &gateway.argument("keyring.json"), "--json"]).said());
        told.push(run(&["config", "check", "--config", &gateway.argument("gateway.toml"), "--json"]).said());

        gateway.stop();
        assert!(gateway.log().contains("\"level\":\"INFO\""), "the log was written");
        let mut written = everything_written(&gateway);
        written.push(("an answer".to_owned(), told.concat()));
        for (place, text) in &written {
            for (what, secret) in &secrets {
                assert!(!text.contains(secret.as_str()), "{what} stands in {place} at level {level}");
            }
        }
    }
}

#[test]
fn a_confirmation_token_is_told_to_its_caller_and_to_nobody_else() {
    let mut gateway = TestGateway::with_moto().set("log.level", "\"trace\"").start();
    gateway.wait_for_writes();
    let client = gateway.python("alice", Era::Modern);
    let arguments = json!({"user_name": "bob", "force": true});
    let asked = client.run(&[json!(["call_tool", "delete_user", arguments])]);
    let token =
        asked[1]["result"]["structuredContent"]["confirmation_token"].as_str().expect("a token is given").to_owned();
    let confirmed = json!({"user_name": "bob", "force": true, "confirmation_token": token});
    let done: Vec<Value> = client.run(&[json!(["call_tool", "delete_user", confirmed])]);
    assert_eq!(done[1]["result"]["isError"], false, "{}", done[1]);
    gateway.stop();
    for (place, text) in everything_written(&gateway) {
        assert!(!text.contains(&token), "the token stands in {place}");
        assert!(!text.contains(&gateway.own_keys().secret_access_key), "the gateway's secret stands in {place}");
    }
}
