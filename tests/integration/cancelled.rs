//! Clients that cancel calls: a read ends, with one record; a change goes on (`hang_ups`).

use std::io::Write;
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::{Answer, Request, connect};
use crate::support::mcp::{Called, legacy, message, modern, old_message};
use crate::support::waiting::eventually;

const NOBODY: &str = "<Users/><IsTruncated>false</IsTruncated>";

/// Sends a request whose ListUsers AWS has received and does not answer.
fn held(gateway: &mut TestGateway, request: &Request) -> TcpStream {
    gateway.aws().queue("ListUsers", &[json!({"hold": true, "result": NOBODY})]);
    let mut stream = connect(gateway.address());
    stream.write_all(&request.bytes()).expect("the gateway listens");
    eventually("AWS receives ListUsers", || (gateway.received("ListUsers").len() == 1).then_some(()));
    stream
}

#[track_caller]
fn assert_cancelled(records: &[Value]) {
    let [record] = records else { unreachable!("one record: {records:?}") };
    assert_eq!((&record["stage"], &record["errorCode"]), (&json!("read"), &json!("CallCancelled")));
    let calls = record["additionalEventData"]["awsCalls"].as_array().expect("a list");
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!((&calls[0]["action"], &calls[0]["errorCode"]), (&json!("iam:ListUsers"), &json!("NotAwaited")));
}

#[test]
fn a_read_ends_when_its_client_hangs_up() {
    for (number, with_progress) in [false, true].into_iter().enumerate() {
        let mut gateway = TestGateway::with_faulty_aws().start();
        let id = format!("read-{number}");
        let mut call = message(&id, "tools/call", json!({"name": "list_users", "arguments": {}}));
        if with_progress {
            call["params"]["_meta"]["progressToken"] = json!("t");
        }
        let request = modern(gateway.request("reader"), &call);
        let client = held(&mut gateway, &request);
        drop(client);
        assert_cancelled(&gateway.records_of(&id));
        gateway.aws().release();
    }
}

fn cancelling(gateway: &TestGateway, caller: &str, id: &str) -> Request {
    let mut cancelled = old_message("", "notifications/cancelled", json!({"requestId": id, "reason": "enough"}));
    cancelled.as_object_mut().expect("an object").remove("id");
    legacy(gateway.request(caller), &cancelled)
}

#[test]
fn a_read_ends_when_its_client_says_so() {
    let mut gateway = TestGateway::with_faulty_aws().start();
    let call = old_message("read", "tools/call", json!({"name": "list_users", "arguments": {}}));
    let request = legacy(gateway.request("reader"), &call);
    let mut client = held(&mut gateway, &request);
    // What another caller cancels, or what has another id, is not this one.
    for other in [cancelling(&gateway, "alice", "read"), cancelling(&gateway, "reader", "other")] {
        assert_eq!(other.send().status, 202);
    }
    assert_eq!(gateway.records("read"), Vec::<Value>::new());
    assert_eq!(cancelling(&gateway, "reader", "read").send().status, 202);
    let answer = Called::of("read".to_owned(), &Answer::read(&mut client));
    assert_eq!((answer.code(), &answer.content["error"]["retryable"]), ("CallCancelled", &json!(true)));
    assert!(answer.message().contains("nothing was changed"), "{}", answer.message());
    assert_cancelled(&gateway.records_of("read"));
    gateway.aws().release();
}

/// This watches the real binary end with a read under way.
#[test]
fn a_read_that_is_under_way_at_the_end_has_its_record() {
    let mut gateway = TestGateway::with_faulty_aws()
        .set("limits.shutdown_announce_seconds", "0")
        .set("limits.shutdown_grace_seconds", "3")
        .start();
    let call = message("read", "tools/call", json!({"name": "list_users", "arguments": {}}));
    let request = modern(gateway.request("reader"), &call);
    let mut client = held(&mut gateway, &request);
    gateway.signal("TERM");
    let answer = Called::of("read".to_owned(), &Answer::read(&mut client));
    assert_eq!(answer.code(), "GatewayEnding");
    assert_eq!(gateway.wait(), Some(0), "{}", gateway.log());
    assert_eq!(gateway.records_of("read")[0]["errorCode"], "GatewayEnding");
    gateway.aws().release();
}
