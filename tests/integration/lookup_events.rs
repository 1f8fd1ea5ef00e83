//! `lookup_events`: what CloudTrail saw, beside what the gateway recorded of it.

use serde_json::{Value, json};

use crate::aws_calls::{Account, Saved};
use crate::support::gateway::{NAME, TestGateway};
use crate::support::waiting::eventually;

/// What the tool answers `reader` once every event that it lists has what `is_there` looks for: records of reads are written
/// some moments after their answers.
fn looked_up(gateway: &TestGateway, arguments: &Value, is_there: impl Fn(&Value) -> bool) -> Value {
    eventually("the events are there, and recorded", || {
        let called = gateway.call("reader", "lookup_events", arguments.clone());
        let answer = called.done().clone();
        is_there(&answer).then_some(answer)
    })
}

fn events(answer: &Value) -> &[Value] {
    answer["Events"].as_array().expect("events are a list")
}

#[test]
fn an_event_stands_beside_the_record_of_the_call_that_made_it() {
    let mut gateway = TestGateway::with_sandbox().start();
    assert!(!gateway.write("alice", "create_user", json!({"user_name": "newcomer"})).is_error);
    gateway.account().done("create_user", json!({"UserName": "elsewhere"}));
    let answer = looked_up(&gateway, &json!({"event_name": "CreateUser"}), |answer| {
        events(answer).first().is_some_and(|event| event.get("Gateway").is_some())
    });
    let [event] = events(&answer) else { unreachable!("one user was made through the gateway: {answer}") };
    let record = gateway.records("outcome").pop().expect("the change is recorded");
    assert_eq!(
        event["Gateway"],
        json!({"caller": "keyring:alice", "person": "alice@example.com", "tool": "create_user", "decision": "allow",
            "request_id": record["requestID"]})
    );
    assert_eq!(event["requestID"], record["additionalEventData"]["awsCalls"][0]["requestId"].clone());
    assert_eq!((&event["eventSource"], &event["readOnly"]), (&json!("iam.amazonaws.com"), &json!(false)));
    assert_eq!(event["userIdentity"]["sessionContext"]["sourceIdentity"], "alice@example.com");
    assert_eq!((answer.get("Warning"), &answer["IsTruncated"]), (None, &json!(false)));
    let all = gateway.call("reader", "lookup_events", json!({"event_name": "CreateUser", "via_gateway_only": false}));
    assert_eq!((&all.done()["Count"], all.done().get("Warning")), (&json!(2), None));
    let session = event["userIdentity"]["arn"].as_str().and_then(|arn| arn.rsplit('/').next()).expect("a session");
    let of_session = json!({"user_name": session, "event_name": "CreateUser"});
    assert_eq!(gateway.call("reader", "lookup_events", of_session).done()["Count"], 1);
    gateway.stop();
}

#[test]
fn a_stamp_of_which_this_replica_has_no_record_is_warned_of_and_nobody_is_accused() {
    let gateway = TestGateway::with_sandbox().start();
    assert!(!gateway.call("reader", "list_users", json!({"max_items": 1})).is_error);
    let stolen = Account::at(gateway.sandbox().url(), &gateway.sandbox().gateway_keys());
    let tags = json!([{"Key": "ViaAWSMCPService", "Value": "true"}, {"Key": "CalledViaAWSMCP", "Value": NAME}]);
    let step = json!(["sts:AssumeRole", {"RoleArn": "arn:aws:iam::123456789012:role/mcp-admin",
        "RoleSessionName": "forger", "SourceIdentity": "nobody", "Tags": tags}]);
    stolen.call(&step, &mut Saved::default()).expect("whoever has the gateway's role can stamp as it does");
    let answer = looked_up(&gateway, &json!({"event_name": "AssumeRole"}), |answer| {
        let recorded = events(answer).iter().filter(|event| event.get("Gateway").is_some()).count();
        events(answer).len() >= 2 && recorded == events(answer).len() - 1
    });
    let (forged, own): (Vec<&Value>, Vec<&Value>) =
        events(&answer).iter().partition(|event| event.get("Warning").is_some());
    assert_eq!((forged.len(), &forged[0]["Warning"]), (1, &json!("no record on this replica")));
    assert_eq!(forged[0]["userIdentity"]["sessionContext"]["sourceIdentity"], "nobody");
    assert!(own.iter().all(|event| event["Gateway"]["caller"] == "keyring:reader"), "{answer}");
    assert!(events(&answer).iter().all(|event| event["calledViaAWSMCP"] == NAME), "{answer}");
    let warning = answer["Warning"].as_str().expect("a warning says what that can mean");
    for part in ["Another replica", "not be kept any more", "or somebody forged the stamp"] {
        assert!(warning.contains(part), "{warning}");
    }
}

#[test]
fn times_that_cannot_be_looked_through_are_refused_before_aws_is_asked() {
    let gateway = TestGateway::without_aws().start();
    for (parameter, value) in
        [("start_time", "yesterday"), ("start_time", "2020-01-01"), ("end_time", "2020-01-01T00:00:00Z")]
    {
        let called = gateway.call("reader", "lookup_events", json!({parameter: value}));
        assert_eq!((called.code(), &called.content["error"]["parameter"]), ("ValidationError", &json!(parameter)));
    }
}

#[test]
fn without_a_cloudtrail_the_tool_says_so() {
    let gateway = TestGateway::with_moto().start();
    let called = gateway.call("reader", "lookup_events", json!({}));
    assert_eq!((called.code(), &called.content["error"]["stage"]), ("CloudTrailNotConfigured", &json!("gateway")));
}
