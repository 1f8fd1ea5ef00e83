//! The person in front of the client, asked by a form.

use serde_json::{Value, json};

use super::{create, deletions};
use crate::support::clients::{Client, Era};
use crate::support::gateway::TestGateway;
use crate::support::http::Answer;
use crate::support::mcp::{Called, MODERN, meta, modern};

const BY_CLIENT: &str = "access = \"read-write\"\nconfirmation = \"client\"";

fn gateway() -> TestGateway {
    let gateway = TestGateway::with_sandbox().mapping("asked", "role/mcp-admin", BY_CLIENT).start();
    create(&gateway, "leaver");
    gateway.wait_for_writes();
    gateway
}

fn python(gateway: &TestGateway, era: Era) -> Client {
    gateway.python("asked", era).with("--elicitation")
}

#[test]
fn the_clients_person_is_asked_in_the_gateways_words_and_decides() {
    let gateway = gateway();
    let client = python(&gateway, Era::Modern);
    let call = json!(["call_tool", "delete_user", {"user_name": "leaver"}]);
    let answer = |words: &[Value]| [&[json!("answer_elicitations_with")], words].concat();
    let noes = [vec![json!("decline")], vec![json!("cancel")], vec![json!("accept"), json!({"confirm": false})]];
    // By one client, whose requests differ by their ids: equal ones within a second would be one signed request.
    let asked = noes.iter().flat_map(|no| [json!(answer(no)), call.clone()]);
    let steps: Vec<Value> =
        asked.chain([json!(answer(&[json!("accept"), json!({"confirm": true})])), call.clone()]).collect();
    let lines = client.run(&steps);
    for refused in &lines[1..4] {
        assert_eq!(refused["result"]["structuredContent"]["error"]["code"], "ConfirmationDeclined", "{refused}");
    }
    let done = &lines[4];
    assert_eq!(done["result"]["structuredContent"]["status"], "done", "{done}");
    assert_eq!(
        done["elicitations"].as_array().and_then(|asked| asked.last()).expect("its person was asked")["message"],
        "delete_user in dev (AWS account 123456789012)\n\
         on arn:aws:iam::123456789012:user/people/leaver\n\
         This will go:\n- iam:DeleteUser on arn:aws:iam::123456789012:user/people/leaver\n"
    );
    assert_eq!(deletions(&gateway), 1);
    let intent = &gateway.records("intent").pop().expect("it was done")["additionalEventData"];
    assert_eq!((&intent["confirmation"], &intent["confirmationWanted"]), (&json!("client"), &json!("client")));
    let declined = gateway.records("denied");
    assert_eq!(declined.iter().filter(|record| record["errorCode"] == "ConfirmationDeclined").count(), 3);
    assert_eq!(declined.last().expect("three were")["additionalEventData"]["confirmation"], "declined");
}

#[test]
fn a_client_that_cannot_ask_is_refused() {
    let gateway = gateway();
    let call = json!(["call_tool", "delete_user", {"user_name": "leaver"}]);
    for client in [
        gateway.python("asked", Era::Modern),
        python(&gateway, Era::Legacy),
        Client::through_proxy(&gateway.url(), gateway.keys("asked")).with("--proxy-option=--log-level=CRITICAL"),
    ] {
        let lines = client.run(std::slice::from_ref(&call));
        assert!(lines[1].to_string().contains("ElicitationNotSupported"), "{}", lines[1]);
    }
    let with_token = json!({"user_name": "leaver", "confirmation_token": "x"});
    assert_eq!(gateway.write("asked", "delete_user", with_token).code(), "ConfirmationInvalid");
    assert_eq!(deletions(&gateway), 0);
}

/// A tools/call of a client that can ask, with what it says of its person beside.
fn call(gateway: &TestGateway, user: &str, input: &Value) -> Answer {
    call_of(gateway, user, input, &json!({"elicitation": {"form": {}}}))
}

/// The same, of a client with these capabilities.
fn call_of(gateway: &TestGateway, user: &str, input: &Value, capabilities: &Value) -> Answer {
    let (id, request) = gateway.writing_call("asked", "delete_user", json!({"user_name": user}));
    let mut params = json!({"name": "delete_user", "arguments": {"user_name": user}, "_meta": meta()});
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities.clone();
    params.as_object_mut().expect("an object").extend(input.as_object().cloned().unwrap_or_default());
    let message = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params});
    modern(request, &message).send()
}

fn answered(state: &Value, action: &str, confirm: bool) -> Value {
    let answer = json!({"action": action, "content": {"confirm": confirm}});
    json!({"requestState": state, "inputResponses": {"confirmation": answer}})
}

fn code(answer: &Answer) -> String {
    Called::of(String::new(), answer).code().to_owned()
}

#[test]
fn an_answer_is_for_one_question_and_a_no_stays_one() {
    let gateway = gateway();
    create(&gateway, "other");
    let ask = || {
        let asked = call(&gateway, "leaver", &json!({})).json();
        assert_eq!(asked["result"]["resultType"], "input_required", "{MODERN}: {asked}");
        asked["result"]["requestState"].clone()
    };
    let state = ask();
    assert_eq!(code(&call(&gateway, "other", &answered(&state, "accept", true))), "ConfirmationMismatch");
    let forged = super::altered(&state);
    assert_eq!(code(&call(&gateway, "leaver", &answered(&forged, "accept", true))), "ConfirmationInvalid");
    assert_eq!(code(&call(&gateway, "leaver", &json!({"requestState": state}))), "ConfirmationInvalid");
    assert_eq!(code(&call(&gateway, "leaver", &answered(&json!("x"), "accept", true))), "ConfirmationInvalid");
    assert_eq!(code(&call(&gateway, "leaver", &answered(&state, "decline", true))), "ConfirmationDeclined");
    assert_eq!(code(&call(&gateway, "leaver", &answered(&state, "accept", true))), "ConfirmationUsed");
    assert_eq!(deletions(&gateway), 0);

    let state = ask();
    let done = call(&gateway, "leaver", &answered(&state, "accept", true)).json();
    assert_eq!(done["result"]["structuredContent"]["status"], "done", "{done}");
    assert_eq!(deletions(&gateway), 1);
}

#[test]
fn an_answer_of_a_client_that_cannot_ask_is_none() {
    let gateway = gateway();
    let asked = call(&gateway, "leaver", &json!({})).json();
    let yes = answered(&asked["result"]["requestState"], "accept", true);
    for capabilities in [json!({}), json!({"elicitation": {"url": {}}})] {
        assert_eq!(
            code(&call_of(&gateway, "leaver", &yes, &capabilities)),
            "ElicitationNotSupported",
            "{capabilities}"
        );
    }
    assert_eq!(deletions(&gateway), 0);
    let done = call(&gateway, "leaver", &yes).json();
    assert_eq!(done["result"]["structuredContent"]["status"], "done", "its answer was not used up: {done}");
}
