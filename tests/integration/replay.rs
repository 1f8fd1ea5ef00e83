//! A signed request that is sent again: it reads, and never writes twice.

use serde_json::json;

use crate::support::faulty::NEW_USER;
use crate::support::gateway::{NAME, TestGateway};
use crate::support::http::Request;
use crate::support::mcp::{Called, legacy, modern, tool_call};
use crate::support::person::{Home, of_account};
use crate::support::sealing::SealingKeys;
use crate::support::waiting::eventually;

#[test]
fn a_signature_writes_once_and_reads_as_often_as_it_is_sent() {
    let mut gateway = TestGateway::with_faulty_aws().start();
    let (id, read) = gateway.tool_call("alice", "whoami", json!({}));
    for _ in 0..2 {
        assert!(!Called::of(id.clone(), &read.send()).is_error);
    }
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let notification = legacy(gateway.request("alice"), &notification);
    assert_eq!((notification.send().status, notification.send().status), (202, 202));

    gateway.aws().queue("CreateUser", &[json!({"result": NEW_USER, "times": 2})]);
    let (id, write) = gateway.writing_call("alice", "create_user", json!({"user_name": "dave"}));
    assert_eq!(Called::of(id.clone(), &write.send()).done()["status"], "done");
    let again = Called::of(id.clone(), &write.send());
    assert_eq!(again.code(), "replayed");
    assert_eq!(gateway.received("CreateUser").len(), 1);
    let records = eventually("the refusal is recorded", || Some(gateway.records_of(&id)).filter(|all| all.len() == 3));
    let stages: Vec<_> = records.iter().map(|record| &record["stage"]).collect();
    assert_eq!(stages, ["intent", "outcome", "denied"]);
    assert_eq!(records[2]["errorCode"], "replayed");
}

#[test]
fn a_dry_run_uses_no_signature_up() {
    let gateway = TestGateway::with_faulty_aws().start();
    let (id, request) = gateway.tool_call("alice", "create_user", json!({"user_name": "dave", "dry_run": true}));
    for _ in 0..2 {
        assert_eq!(Called::of(id.clone(), &request.send()).done()["status"], "dry_run");
    }
    assert_eq!(gateway.received("CreateUser").len(), 0);
}

#[test]
fn a_write_signed_with_gateway_credentials_is_done_once() {
    let keys = SealingKeys::new();
    let people = of_account("caller-identity", "user/people/*");
    let gateway = TestGateway::with_sandbox()
        .mapping_of(&people, "role/mcp-admin", "access = \"read-write\"")
        .taking_identities(&keys, &[1])
        .start();
    let sandbox = gateway.sandbox();
    let home = Home::of(&sandbox.user_keys("ben.okafor"));
    let given = home.credentials(&gateway.url(), NAME, sandbox.url());
    gateway.wait_for_writes();
    let create = tool_call("write", "create_user", json!({"user_name": "dave"}));
    let request = modern(Request::post(gateway.address()).signed_with(&given), &create);
    assert_eq!(Called::of("write".to_owned(), &request.send()).done()["status"], "done");
    for _ in 0..2 {
        assert_eq!(Called::of("write".to_owned(), &request.send()).code(), "replayed");
    }
    assert_eq!(gateway.sandbox().trail_of("CreateUser").len(), 1, "AWS saw one");
    let records = eventually("the refusals are recorded", || {
        Some(gateway.records_of("write")).filter(|records| records.len() == 4)
    });
    let stages: Vec<_> = records.iter().map(|record| &record["stage"]).collect();
    assert_eq!(stages, ["intent", "outcome", "denied", "denied"]);
    for record in &records {
        let data = &record["additionalEventData"];
        assert_eq!(data["authentication"]["accessKeyId"], json!(given.access_key_id), "{record}");
        assert_eq!(data["caller"]["name"], "user/people/ben.okafor", "{record}");
    }
    // The credentials are not used up: another signature of theirs writes.
    let another = tool_call("another", "create_user", json!({"user_name": "erin"}));
    let request = modern(Request::post(gateway.address()).signed_with(&given), &another);
    assert_eq!(Called::of("another".to_owned(), &request.send()).done()["status"], "done");
}
