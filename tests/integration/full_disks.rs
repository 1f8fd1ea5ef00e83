//! The audit journal on a disk of its own that is full, or read-only: nothing is forwarded meanwhile, nothing is lost that
//! was, and no restart is needed.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;

use serde_json::{Map, Value, json};

use crate::support::command::{Ran, run};
use crate::support::gateway::{NAME, TestGateway, journal_in};
use crate::support::http::{Answer, connect};
use crate::support::mcp::Called;
use crate::support::own_disk::OwnDisk;
use crate::support::waiting::eventually;

fn start_on(disk: &OwnDisk) -> TestGateway {
    TestGateway::with_recording_aws()
        .journal_in(disk.path("audit"))
        // The least, so that a test comes to the end of a file.
        .set("audit.segment_bytes", "1048576")
        .start()
}

/// A user with so many tags that no record of it fits into the rest of a page, which a full disk still takes.
fn user(name: &str) -> Value {
    let tags: Map<String, Value> = (0..20).map(|n| (format!("tag-{n}"), Value::String("x".repeat(250)))).collect();
    json!({"user_name": name, "tags": tags})
}

fn create(gateway: &TestGateway, name: &str) -> Called {
    gateway.write("alice", "create_user", user(name))
}

/// Writes are refused, and AWS is asked nothing.
fn assert_no_write_passes(gateway: &TestGateway) {
    let before = gateway.recording_aws().count();
    for number in 0..10 {
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

/// Writes and reads pass again by themselves.
fn assert_all_passes(gateway: &TestGateway) {
    let mut names = (0..).map(|number| format!("after-{number}"));
    eventually("writes are taken again", || {
        let name = names.next().expect("numbers do not run out");
        (!create(gateway, &name).is_error).then_some(())
    });
    assert!(!gateway.call("reader", "list_users", json!({})).is_error);
    eventually("it is ready", || (gateway.get("/readyz").status == 200).then_some(()));
}

/// Ends the gateway: each write that AWS was asked for is in the journal, with one intent and one outcome, and the chain
/// verifies.
fn assert_journal_tells_all(gateway: &mut TestGateway) {
    gateway.stop();
    let audit = gateway.journal_folder().to_str().expect("temporary folders have plain names");
    let verified = run(&["audit", "verify", "--json", audit]);
    assert_eq!(verified.code, 0, "{}", verified.said());
    let records = gateway.journal();
    let asked = gateway.recording_aws().received("CreateUser");
    let users: BTreeSet<&str> = asked.iter().map(|parameters| parameters["UserName"].as_str()).collect();
    assert_eq!(users.len(), asked.len(), "no write was sent twice");
    for user in users {
        let stages: Vec<&Value> = records
            .iter()
            .filter(|record| record["requestParameters"]["params"]["arguments"]["user_name"] == user)
            .map(|record| &record["stage"])
            .collect();
        assert_eq!(stages, ["intent", "outcome"], "{user}");
    }
}

/// A write that AWS has done, and whose outcome finds no room on the disk.
fn done_and_not_recorded(gateway: &TestGateway, disk: &OwnDisk) -> String {
    gateway.recording_aws().hold();
    let (id, request) = gateway.writing_call("alice", "create_user", user("dave"));
    let mut client = connect(gateway.address());
    client.write_all(&request.bytes()).expect("the gateway listens");
    gateway.recording_aws().wait_for("CreateUser", 1);
    disk.fill();
    gateway.recording_aws().release();
    let answer = Called::of(id.clone(), &Answer::read(&mut client));
    assert_eq!((answer.code(), &answer.content["error"]["retryable"]), ("AuditUnavailable", &json!(false)));
    assert!(answer.message().contains("it is held and will be written"), "{}", answer.message());
    assert_eq!(answer.content["performed"]["User"]["UserName"], "dave", "{}", answer.content);
    id
}

#[test]
fn a_full_disk_stops_everything_until_there_is_room() {
    let disk = OwnDisk::start();
    let mut gateway = start_on(&disk);
    create(&gateway, "before").done();
    disk.fill();
    assert_no_write_passes(&gateway);
    assert_no_read_passes(&gateway);
    eventually("it is not ready", || (gateway.get("/readyz").status == 503).then_some(()));
    disk.make_room();
    assert_all_passes(&gateway);
    assert_journal_tells_all(&mut gateway);
}

#[test]
fn reads_that_are_served_while_the_disk_is_full_are_counted_in_a_record_when_there_is_room() {
    let disk = OwnDisk::start();
    let mut gateway = TestGateway::with_recording_aws()
        .journal_in(disk.path("audit"))
        .set("audit.segment_bytes", "1048576")
        .set("audit.unrecorded_reads", "\"serve\"")
        .start();
    create(&gateway, "before").done();
    disk.fill();
    assert_no_write_passes(&gateway);
    for _ in 0..5 {
        for tool in ["list_users", "whoami"] {
            assert!(!gateway.call("reader", tool, json!({})).is_error, "{tool}");
        }
    }
    assert_no_write_passes(&gateway);
    disk.make_room();
    assert_all_passes(&gateway);
    let gaps: Vec<Value> = gateway.journal().into_iter().filter(|record| record["stage"] == "gap").collect();
    let counted: u64 = gaps.iter().filter_map(|gap| gap["additionalEventData"]["unrecordedReads"].as_u64()).sum();
    assert!(counted >= 10, "{gaps:#?}");
    assert_journal_tells_all(&mut gateway);
}

#[test]
fn a_reload_while_the_disk_is_full_is_recorded_when_there_is_room() {
    let disk = OwnDisk::start();
    let mut gateway = start_on(&disk);
    create(&gateway, "before").done();
    disk.fill();
    assert_no_write_passes(&gateway);
    let name = format!("name = \"{NAME}\"\n");
    gateway
        .reconfigure(&name, &format!("{name}\n[protect]\narns = [\"arn:aws:iam::123456789012:role/break-glass\"]\n"));
    eventually("it is reloaded", || gateway.log().contains("the configuration was reloaded").then_some(()));
    assert!(gateway.records("reload").is_empty(), "there is no room for its record");
    disk.make_room();
    assert_all_passes(&gateway);
    let reload = gateway.records("reload").pop().expect("it is written before what comes after it");
    let header = gateway.records("segment").pop().expect("a file was begun when there was room");
    assert_eq!(header["configuration"], reload["additionalEventData"]["configuration"]);
    assert_ne!(header["configuration"], reload["responseElements"]["previousConfiguration"]);
    assert_eq!(
        gateway.records("outcome").pop().expect("a write passed")["additionalEventData"]["configuration"],
        header["configuration"]
    );
    assert_journal_tells_all(&mut gateway);
}

#[test]
fn an_outcome_that_a_full_disk_does_not_take_is_told_to_the_client_and_written_later() {
    let disk = OwnDisk::start();
    let mut gateway = start_on(&disk);
    let id = done_and_not_recorded(&gateway, &disk);
    assert_no_write_passes(&gateway);
    assert_no_read_passes(&gateway);
    disk.make_room();
    assert_all_passes(&gateway);
    let records = gateway.records_of(&id);
    let [intent, outcome] = records.as_slice() else { unreachable!("an intent and an outcome: {records:#?}") };
    assert_eq!(outcome["additionalEventData"]["intentEventID"], intent["eventID"]);
    assert_eq!(outcome.get("errorCode"), None, "{outcome}");
    assert_journal_tells_all(&mut gateway);
}

#[test]
fn what_a_full_disk_did_not_take_before_a_kill_is_unknown_to_the_next_start() {
    let disk = OwnDisk::start();
    let mut gateway = start_on(&disk);
    let id = done_and_not_recorded(&gateway, &disk);
    gateway.signal("KILL");
    assert_eq!(gateway.wait(), None);

    let left = names_in(&gateway);
    for _ in 0..2 {
        let refused = serve(&gateway);
        assert_eq!(refused.code, 1, "{}", refused.said());
        assert!(refused.said().contains("the audit journal in"), "{}", refused.said());
        assert!(refused.said().contains("No space left on device"), "{}", refused.said());
    }
    assert_eq!(names_in(&gateway), left, "a start that is refused leaves nothing behind");

    disk.make_room();
    gateway.restart();
    let records = gateway.records_of(&id);
    let [intent, outcome] = records.as_slice() else { unreachable!("an intent and an outcome: {records:#?}") };
    assert_eq!(outcome["errorCode"], "OutcomeUnknown");
    assert_eq!(outcome["additionalEventData"]["intentEventID"], intent["eventID"]);
    assert_all_passes(&gateway);
    assert_journal_tells_all(&mut gateway);
}

/// Runs the real binary on the folder of a gateway that has ended, where it cannot start.
fn serve(gateway: &TestGateway) -> Ran {
    run(&["serve", "--config", &gateway.argument("gateway.toml")])
}

/// The files in the journal's folder.
fn names_in(gateway: &TestGateway) -> BTreeSet<String> {
    let entries = fs::read_dir(gateway.journal_folder()).expect("the gateway made its journal's folder");
    entries.map(|entry| entry.expect("the folder is ours").file_name().to_string_lossy().into_owned()).collect()
}

/// Whoever has a file open goes on writing it when its directory becomes read-only, and what is written is durable. It is
/// the next file that cannot be begun.
#[test]
fn a_read_only_directory_stops_everything_at_the_next_file_until_it_can_be_written() {
    let mut disk = OwnDisk::start();
    let mut gateway = start_on(&disk);
    create(&gateway, "before").done();
    disk.make_read_only();
    let mut names = (0..).map(|number| format!("during-{number}"));
    let (name, stopped) = loop {
        let name = names.next().expect("numbers do not run out");
        let answer = create(&gateway, &name);
        if answer.is_error {
            break (name, answer);
        }
    };
    assert_eq!(stopped.code(), "AuditUnavailable");
    let asked = gateway.recording_aws().received("CreateUser");
    assert!(asked.len() > 5, "a file of a megabyte takes more than {} writes", asked.len());
    // Either its intent found no file, and AWS was not asked, or its outcome did not, and the client is told.
    let was_asked = asked.iter().any(|parameters| parameters["UserName"] == name);
    assert_eq!(stopped.content["error"]["retryable"], !was_asked);
    assert_eq!(stopped.content["performed"]["User"]["UserName"] == name, was_asked, "{}", stopped.content);
    assert_no_write_passes(&gateway);
    assert_no_read_passes(&gateway);
    assert_eq!(journal_in(gateway.journal_folder()).iter().filter(|record| record["stage"] == "segment").count(), 1);

    disk.make_writable();
    assert_all_passes(&gateway);
    assert_journal_tells_all(&mut gateway);
}
