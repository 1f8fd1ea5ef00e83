//! A client that hangs up, and a process that is told to stop, while AWS is at work.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::support::command::run;
use crate::support::faulty::NEW_USER;
use crate::support::gateway::TestGateway;
use crate::support::http::{Answer, connect};
use crate::support::kept::Kept;
use crate::support::ledger::{Ended, Ledger};
use crate::support::mcp::{message, modern};
use crate::support::waiting::eventually;

/// A CreateUser that AWS has received and does not answer: its call's id and the client's connection.
fn held_write(gateway: &mut TestGateway) -> (String, TcpStream) {
    gateway.aws().queue("CreateUser", &[json!({"hold": true, "result": NEW_USER})]);
    let (id, request) = gateway.writing_call("alice", "create_user", json!({"user_name": "dave"}));
    let mut stream = connect(gateway.address());
    stream.write_all(&request.bytes()).expect("the gateway listens");
    eventually("AWS receives CreateUser", || (gateway.received("CreateUser").len() == 1).then_some(()));
    (id, stream)
}

fn stages(records: &[Value]) -> Vec<&str> {
    records.iter().filter_map(|record| record["stage"].as_str()).collect()
}

#[track_caller]
fn assert_journal_is_whole(gateway: &TestGateway) {
    let verified = run(&["audit", "verify", &gateway.argument("audit")]);
    assert_eq!(verified.code, 0, "{}", verified.said());
}

#[test]
fn a_change_is_finished_and_recorded_for_a_client_that_hung_up() {
    let mut gateway = TestGateway::with_faulty_aws().start();
    let (id, client) = held_write(&mut gateway);
    drop(client);
    // The gateway sees the connection end before AWS answers.
    eventually("the connection is gone", || gateway.metrics().contains("gateway_requests_in_flight 0\n").then_some(()));
    gateway.aws().release();
    let records = gateway.records_of(&id);
    assert_eq!(stages(&records), ["intent", "outcome"]);
    assert_eq!(records[1].get("errorCode"), None, "{}", records[1]);
    assert_eq!(records[1]["responseElements"]["structuredContent"]["User"]["UserName"], "dave");
    assert_eq!(gateway.received("CreateUser").len(), 1);
}

/// Four times 250: a test has 1,024 open files on many machines. One caller has no more than two thirds of the places.
#[test]
fn a_thousand_clients_that_hang_up_leave_a_thousand_outcomes() {
    let mut gateway = TestGateway::with_recording_aws().set("limits.concurrent_requests", "400").start();
    let mut ledger = Ledger::default();
    for so_far in [0, 250, 500, 750] {
        gateway.recording_aws().hold();
        let sent = (so_far..so_far + 250).map(|number| {
            let arguments = json!({"user_name": format!("user-{number}")});
            let (_, request) = gateway.writing_call("alice", "create_user", arguments);
            let mut stream = connect(gateway.address());
            stream.write_all(&request.bytes()).expect("the gateway listens");
            stream
        });
        let clients: Vec<TcpStream> = sent.collect();
        gateway.recording_aws().wait_for("CreateUser", so_far + 250);
        drop(clients);
        let gone = || gateway.metrics().contains("gateway_requests_in_flight 0\n").then_some(());
        eventually("the connections are gone", gone);
        ledger.read(gateway.journal_folder());
        assert_eq!(ledger.under_way().len(), 250, "AWS has answered none of them");
        gateway.recording_aws().release();
        eventually("each has its outcome", || {
            ledger.read(gateway.journal_folder());
            ledger.under_way().is_empty().then_some(())
        });
    }
    gateway.stop();
    ledger.read(gateway.journal_folder());
    assert_eq!(ledger.all_that_ended(Ended::Well).len(), 1000);
    let asked = gateway.recording_aws().received("CreateUser");
    let users: BTreeSet<_> = asked.iter().map(|parameters| &parameters["UserName"]).collect();
    assert_eq!((asked.len(), users.len()), (1000, 1000), "no call was sent twice");
    assert_journal_is_whole(&gateway);
}

#[test]
fn a_call_without_its_client_keeps_its_place_until_it_ends() {
    let mut gateway = TestGateway::with_faulty_aws().set("limits.concurrent_requests", "1").start();
    let (id, client) = held_write(&mut gateway);
    drop(client);
    eventually("the connection is gone", || gateway.metrics().contains("gateway_requests_in_flight 0\n").then_some(()));
    let (_, request) = gateway.writing_call("alice", "whoami", json!({}));
    let mut stream = connect(gateway.address());
    stream.write_all(&request.bytes()).expect("the gateway listens");
    let refused = Answer::read(&mut stream);
    assert_eq!((refused.status, &refused.json()["error"]["data"]["code"]), (503, &json!("overloaded")));
    gateway.aws().release();
    assert_eq!(stages(&gateway.records_of(&id)), ["intent", "outcome"]);
    eventually("the place is free", || {
        let (_, request) = gateway.writing_call("alice", "whoami", json!({}));
        let mut stream = connect(gateway.address());
        stream.write_all(&request.bytes()).expect("the gateway listens");
        (Answer::read(&mut stream).status == 200).then_some(())
    });
}

#[test]
fn an_order_to_stop_waits_for_the_outcome_of_a_change() {
    let mut gateway = TestGateway::with_faulty_aws().start();
    let (id, mut client) = held_write(&mut gateway);
    gateway.signal("TERM");
    eventually("the gateway takes no more connections", || TcpStream::connect(gateway.address()).err());
    gateway.aws().release();
    let answer = Answer::read(&mut client);
    assert_eq!(answer.json()["result"]["structuredContent"]["status"], "done", "{}", answer.text());
    assert_eq!(gateway.wait(), Some(0), "{}", gateway.log());
    assert_eq!(stages(&gateway.records_of(&id)), ["intent", "outcome"]);
    assert_journal_is_whole(&gateway);
}

/// This watches the real binary go on for the seconds in which it announces its end.
#[test]
fn an_order_to_stop_is_announced_before_connections_are_refused() {
    let mut gateway = TestGateway::without_aws().set("limits.shutdown_announce_seconds", "5").start();
    let asked =
        |gateway: &TestGateway| modern(gateway.request("alice"), &message("1", "tools/list", json!({}))).kept_bytes();
    let mut kept = Kept::open(gateway.address());
    let answer = kept.ask(&asked(&gateway)).expect("it serves");
    assert_eq!((answer.status, answer.header("connection")), (200, None));

    gateway.signal("TERM");
    eventually("the gateway is not ready", || (gateway.get("/readyz").status == 503).then_some(()));
    let mut new = Kept::open(gateway.address());
    for connection in [&mut kept, &mut new] {
        let answer = connection.ask(&asked(&gateway)).expect("it still serves");
        assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    }
    assert_eq!(gateway.wait(), Some(0), "{}", gateway.log());
    assert!(TcpStream::connect(gateway.address()).is_err());
}

/// This asks the real binary in the seconds in which it announces its end.
#[test]
fn a_change_that_begins_too_late_before_the_end_is_refused_and_a_read_is_answered() {
    let mut gateway = TestGateway::with_recording_aws()
        .set("limits.shutdown_announce_seconds", "5")
        .set("limits.shutdown_grace_seconds", "2")
        .start();
    gateway.wait_for_writes();
    assert!(!gateway.write("alice", "create_user", json!({"user_name": "before"})).is_error);
    gateway.signal("TERM");
    eventually("the gateway is not ready", || (gateway.get("/readyz").status == 503).then_some(()));
    let read = gateway.call("alice", "list_users", json!({}));
    assert!(!read.is_error, "{read:?}");
    let refused = gateway.write("alice", "create_user", json!({"user_name": "late"}));
    assert_eq!((refused.code(), &refused.content["error"]["retryable"]), ("GatewayEnding", &json!(true)));
    assert_eq!(stages(&gateway.records_of(&refused.id)), ["denied"]);
    assert_eq!(gateway.wait(), Some(0), "{}", gateway.log());
}

#[test]
fn a_second_order_to_stop_does_not_wait() {
    let mut gateway = TestGateway::with_faulty_aws().start();
    let (id, _client) = held_write(&mut gateway);
    gateway.signal("TERM");
    eventually("the gateway takes no more connections", || TcpStream::connect(gateway.address()).err());
    gateway.signal("TERM");
    assert_eq!(gateway.wait(), Some(1), "{}", gateway.log());
    assert!(gateway.log().contains("ended with calls under way"), "{}", gateway.log());
    assert_journal_is_whole(&gateway);
    // What AWS makes of it nobody waits for, and the journal says so.
    let records = gateway.records_of(&id);
    assert_eq!(stages(&records), ["intent", "outcome"]);
    assert_eq!(records[1]["errorCode"], "OutcomeUnknown");
    assert_eq!(records[1]["additionalEventData"]["intentEventID"], records[0]["eventID"]);
}

/// This watches the grace of the real binary run out, at its least value of one second.
#[test]
fn a_change_that_outlasts_the_grace_has_an_unknown_outcome() {
    let mut gateway = TestGateway::with_faulty_aws().set("limits.shutdown_grace_seconds", "1").start();
    let (id, _client) = held_write(&mut gateway);
    gateway.signal("TERM");
    assert_eq!(gateway.wait(), Some(1), "{}", gateway.log());
    assert_journal_is_whole(&gateway);
    let records = gateway.records_of(&id);
    assert_eq!(stages(&records), ["intent", "outcome"]);
    assert_eq!(records[1]["errorCode"], "OutcomeUnknown");
}
