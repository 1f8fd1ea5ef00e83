//! A disk whose syncs fail or do not come back: nothing is forwarded meanwhile, nobody waits longer than the configured
//! second, and what AWS was made to do is recorded when the disk works again. A full disk that is one is in `full_disks`.

use std::io::Write;
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::support::command::run;
use crate::support::faulty_syncs::{FaultySyncs, Syncs};
use crate::support::gateway::TestGateway;
use crate::support::http::{Answer, connect};
use crate::support::mcp::Called;
use crate::support::waiting::eventually;

const FAILURES: [Syncs; 2] = [Syncs::Fail, Syncs::Hang];

fn start(syncs: &FaultySyncs) -> TestGateway {
    // The least that is possible: it passes for real where the disk hangs.
    TestGateway::with_recording_aws().set("audit.durable_seconds", "1").syncing_by(syncs).start()
}

fn create(gateway: &TestGateway, name: &str) -> Called {
    gateway.write("alice", "create_user", json!({"user_name": name}))
}

/// Writes are refused, and AWS is asked nothing.
fn assert_no_write_passes(gateway: &TestGateway) {
    let before = gateway.recording_aws().count();
    for number in 0..3 {
        let refused = create(gateway, &format!("refused-{number}"));
        assert_eq!((refused.code(), &refused.content["error"]["retryable"]), ("AuditUnavailable", &json!(true)));
    }
    assert_eq!(gateway.recording_aws().count(), before);
}

/// Reads are refused, and AWS is asked nothing.
fn assert_no_read_passes(gateway: &TestGateway) {
    let before = gateway.recording_aws().count();
    for tool in ["list_users", "whoami"] {
        assert_eq!(gateway.call("reader", tool, json!({})).code(), "AuditUnavailable", "{tool}");
    }
    assert_eq!(gateway.recording_aws().count(), before);
}

/// Writes and reads pass again by themselves, and the chain verifies.
fn assert_all_passes(gateway: &TestGateway) {
    let mut names = (0..).map(|number| format!("after-{number}"));
    eventually("writes are taken again", || {
        let name = names.next().expect("numbers do not run out");
        (!create(gateway, &name).is_error).then_some(())
    });
    assert!(!gateway.call("reader", "list_users", json!({})).is_error);
    let folder = gateway.journal_folder();
    let verified = run(&["audit", "verify", folder.to_str().expect("temporary folders have plain names")]);
    assert_eq!(verified.code, 0, "{}", verified.said());
}

/// A write that AWS has received and does not answer: its call's id and the client's connection.
fn held_write(gateway: &TestGateway) -> (String, TcpStream) {
    gateway.recording_aws().hold();
    let (id, request) = gateway.writing_call("alice", "create_user", json!({"user_name": "dave"}));
    let mut client = connect(gateway.address());
    client.write_all(&request.bytes()).expect("the gateway listens");
    gateway.recording_aws().wait_for("CreateUser", 1);
    (id, client)
}

#[test]
fn syncs_that_fail_or_hang_stop_everything_until_they_work() {
    for state in FAILURES {
        let syncs = FaultySyncs::new();
        let gateway = start(&syncs);
        create(&gateway, "before").done();
        syncs.turn(state);
        // The first one finds out.
        let refused = create(&gateway, "first");
        assert_eq!((refused.code(), &refused.content["error"]["retryable"]), ("AuditUnavailable", &json!(true)));
        let is_known = || gateway.call("reader", "whoami", json!({})).is_error.then_some(());
        eventually("it is known that the disk does not answer", is_known);
        assert_no_write_passes(&gateway);
        assert_no_read_passes(&gateway);
        syncs.turn(Syncs::Work);
        assert_all_passes(&gateway);
        let asked = gateway.recording_aws().received("CreateUser");
        let users: Vec<&str> = asked.iter().map(|parameters| parameters["UserName"].as_str()).collect();
        let [first, after @ ..] = users.as_slice() else { unreachable!("AWS was asked for nothing") };
        assert_eq!(*first, "before");
        assert!(after.iter().all(|user| user.starts_with("after-")), "{state:?}: {users:?}");
    }
}

#[test]
fn a_file_whose_sync_failed_is_left_for_another() {
    let syncs = FaultySyncs::new();
    let gateway = start(&syncs);
    create(&gateway, "before").done();
    syncs.turn(Syncs::Fail);
    assert_eq!(create(&gateway, "during").code(), "AuditUnavailable");
    syncs.turn(Syncs::Work);
    assert_all_passes(&gateway);
    let segments = gateway.records("segment");
    let reasons: Vec<&Value> = segments.iter().map(|header| &header["segment"]["reason"]).collect();
    assert_eq!(reasons, ["start", "recovery"]);
}

#[test]
fn an_intent_that_a_hanging_disk_takes_too_late_says_that_nothing_was_forwarded() {
    let syncs = FaultySyncs::new();
    let gateway = start(&syncs);
    create(&gateway, "before").done();
    syncs.turn(Syncs::Hang);
    let (id, request) = gateway.writing_call("alice", "create_user", json!({"user_name": "late"}));
    assert_eq!(Called::of(id.clone(), &request.send()).code(), "AuditUnavailable");
    syncs.turn(Syncs::Work);
    let records = eventually("the intent has its outcome", || {
        let records = [gateway.records("intent"), gateway.records("outcome")].concat();
        let records: Vec<Value> =
            records.into_iter().filter(|record| record["requestParameters"]["id"] == id.as_str()).collect();
        (records.len() == 2).then_some(records)
    });
    let [intent, outcome] = records.as_slice() else { unreachable!("an intent and an outcome: {records:#?}") };
    assert_eq!((&intent["stage"], &outcome["stage"]), (&json!("intent"), &json!("outcome")));
    assert_eq!(outcome["additionalEventData"]["intentEventID"], intent["eventID"]);
    assert_eq!(outcome["errorCode"], "NotForwarded");
    assert_eq!(gateway.recording_aws().received("CreateUser").len(), 1, "that is the one before");
    assert_all_passes(&gateway);
}

#[test]
fn an_outcome_whose_sync_fails_or_hangs_is_told_to_the_client_and_written_later() {
    for state in FAILURES {
        let syncs = FaultySyncs::new();
        let gateway = start(&syncs);
        let (id, mut client) = held_write(&gateway);
        syncs.turn(state);
        gateway.recording_aws().release();
        let answer = Called::of(id.clone(), &Answer::read(&mut client));
        assert_eq!((answer.code(), &answer.content["error"]["retryable"]), ("AuditUnavailable", &json!(false)));
        assert!(answer.message().contains("it is held and will be written"), "{}", answer.message());
        assert_eq!(answer.content["performed"]["User"]["UserName"], "dave", "{}", answer.content);
        assert_no_write_passes(&gateway);
        assert_no_read_passes(&gateway);

        syncs.turn(Syncs::Work);
        assert_all_passes(&gateway);
        let outcomes = gateway.journal();
        let outcomes: Vec<&Value> = outcomes
            .iter()
            .filter(|record| record["requestParameters"]["id"] == id.as_str() && record["stage"] == "outcome")
            .collect();
        // A file that was left may hold one that was never confirmed.
        let confirmed = outcomes.last().expect("what AWS was made to do is recorded");
        assert_eq!((outcomes.len(), confirmed.get("errorCode")), (1 + usize::from(state == Syncs::Fail), None));
        assert_eq!(gateway.recording_aws().received("CreateUser")[0]["UserName"], "dave");
    }
}

/// It watches the real binary stop, which takes the graces of what waits for the disk.
#[test]
fn a_disk_that_hangs_keeps_no_process_from_ending() {
    let syncs = FaultySyncs::new();
    let prepared = TestGateway::with_recording_aws().set("audit.durable_seconds", "1").set("audit.stdout", "true");
    let mut gateway = prepared.syncing_by(&syncs).start();
    create(&gateway, "before").done();
    syncs.turn(Syncs::Hang);
    assert_eq!(create(&gateway, "refused").code(), "AuditUnavailable");
    gateway.signal("TERM");
    assert_eq!(gateway.wait(), Some(0), "{}", gateway.log());
    assert!(gateway.log().contains("the disk does not answer"), "{}", gateway.log());
}
