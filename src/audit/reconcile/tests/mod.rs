//! Made journals held against made CloudTrail files: what is missing on either side is named, and nothing is invented.

mod edges;
mod made;
mod open;
mod property;
mod sessions;

use serde_json::json;

use self::made::{World, at};
use super::*;

#[test]
fn what_stands_on_both_sides_is_complete() {
    let mut world = World::new();
    world.read("10:00:00", &["r1"]).write("10:01:00", "bob", "w1");
    let report = world.compare();
    assert_eq!(report.verdict, Verdict::Complete, "{report:#?}");
    assert_eq!(report.matched, Counts { writes: 1, reads: 1, sessions: 1 });
    assert_eq!(report.gateways, BTreeSet::from(["gw".to_owned()]));
    assert_eq!((report.journals[0].records, report.cloud_trail[0].events), (3, 4), "with one of somebody else's");
}

#[test]
fn an_event_without_a_record_is_named_with_all_that_cloudtrail_tells() {
    let mut world = World::new();
    world.read("10:00:00", &["r1"]);
    world.event("10:05:00", "CreateAccessKey", "x1", &json!({"userName": "bob"}));
    let report = world.compare();
    assert_eq!(report.verdict, Verdict::Incomplete);
    let [found] = report.events_without_record.as_slice() else { unreachable!("{report:#?}") };
    assert_eq!((found.time, found.action.as_str()), (at("10:05:00"), "iam:CreateAccessKey"));
    assert_eq!((found.resource.as_str(), found.session.as_str()), ("userName=bob", made::SESSION));
    assert_eq!(found.request_id.as_deref(), Some("x1"));
    assert_eq!(found.source_ip_address.as_deref(), Some("203.0.113.9"));
    assert_eq!(found.access_key_id.as_deref(), Some("ASIAMADE"));
    assert!(found.file.ends_with("trail.json"), "{}", found.file);
}

#[test]
fn a_write_without_an_event_is_named_and_a_read_counted() {
    let mut world = World::new();
    world.read("10:00:00", &["r1", "r2"]).write("10:01:00", "bob", "w1").lose_event("w1").lose_event("r2");
    let report = world.compare();
    assert_eq!(report.verdict, Verdict::Incomplete);
    let [found] = report.writes_without_event.as_slice() else { unreachable!("{report:#?}") };
    assert_eq!((found.action.as_str(), found.request_id.as_str(), found.sequence), ("iam:DeleteUser", "w1", 3));
    assert!(found.resource.ends_with("user/bob") && found.journal.ends_with("journal"), "{found:?}");
    assert_eq!((report.reads_without_event_count, report.reads_without_event.len()), (1, 0));

    world.restore_event("w1");
    assert_eq!(world.compare().verdict, Verdict::Complete, "a trail may leave reads out");
    let report = world.with_reads().compare();
    assert_eq!((report.verdict, report.reads_without_event.len()), (Verdict::Incomplete, 1));
    assert_eq!(report.reads_without_event[0].request_id, "r2");
}

#[test]
fn what_aws_turned_away_needs_no_event_and_what_it_refused_does() {
    for (answer, verdict) in [
        (json!({"status": 400, "errorCode": "Throttling"}), Verdict::Complete),
        (json!({"status": 503, "errorCode": "ServiceUnavailable"}), Verdict::Complete),
        (json!({"status": 403, "errorCode": "AccessDenied"}), Verdict::Incomplete),
    ] {
        let mut world = World::new();
        let mut tried = made::call("iam:DeleteUser", "bob", answer.clone());
        tried["requestId"] = json!("w0");
        world.write("10:01:00", "bob", "w1");
        let outcome = world.journals[0].last_mut().unwrap();
        outcome["additionalEventData"]["awsCalls"].as_array_mut().unwrap().insert(0, tried);
        let report = world.compare();
        assert_eq!((report.verdict, report.matched.writes), (verdict, 1), "{answer}");
        assert_eq!(report.turned_away_without_event, u64::from(verdict == Verdict::Complete));
    }
}

#[test]
fn what_the_gateway_asked_with_its_own_credentials_is_no_contradiction() {
    let mut world = World::new();
    let error = json!({"stage": "aws", "action": "sts:GetCallerIdentity", "requestId": "g1", "resource": "*"});
    world.record("10:00:00", "denied", &json!({"error": error}));
    let own = world.event("10:00:00", "GetCallerIdentity", "g1", &json!({}));
    own["eventSource"] = json!("sts.amazonaws.com");
    own["errorCode"] = json!("Throttling");
    own["userIdentity"]["arn"] = json!("arn:aws:sts::123456789012:assumed-role/gateway/task");
    let report = world.compare();
    assert_eq!(report.verdict, Verdict::Complete, "{report:#?}");
}

#[test]
fn events_that_come_twice_or_in_two_accounts_count_once() {
    let mut world = World::new();
    world.read("10:00:00", &["r1"]);
    world.event("10:05:00", "GetUser", "x1", &json!({"userName": "bob"}));
    let mut again = world.events.clone();
    for event in &mut again {
        event["sharedEventID"] = event["eventID"].clone();
        event["eventID"] = json!("another account's");
    }
    world.events.extend(world.events.clone());
    world.events.extend(again);
    let report = world.compare();
    assert_eq!((report.matched.reads, report.events_without_record.len()), (1, 1), "{report:#?}");
}

#[test]
fn two_events_of_one_request_that_differ_are_both_named() {
    let mut world = World::new();
    world.read("10:00:00", &["r1"]);
    world.event("10:05:00", "CreateAccessKey", "x1", &json!({"userName": "bob"}));
    world.event("10:05:01", "DeleteUser", "x1", &json!({"userName": "bob"}));
    assert_eq!(world.compare().events_without_record.len(), 2);
}

#[test]
fn journals_of_several_replicas_are_taken_together() {
    let mut world = World::new();
    world.read("10:00:00", &["r1"]).other_replica().read("10:01:00", &["r2"]).write("10:02:00", "bob", "w1");
    assert_eq!(world.compare().verdict, Verdict::Complete);
    let report = world.without_other_replicas().compare();
    let missing: Vec<_> = report.events_without_record.iter().map(|event| event.action.as_str()).collect();
    assert_eq!(missing, ["iam:GetUser", "iam:DeleteUser"]);
}

#[test]
fn what_the_two_sides_contradict_each_other_in_is_named() {
    for (pointer, value, about) in [
        ("/eventName", json!("CreateUser"), About::Action),
        ("/eventSource", json!("sts.amazonaws.com"), About::Action),
        ("/userIdentity/arn", json!("arn:aws:sts::123456789012:assumed-role/mcp/mallory"), About::Session),
        ("/errorCode", json!("AccessDenied"), About::Outcome),
    ] {
        let mut world = World::new();
        world.write("10:01:00", "bob", "w1");
        *world.event_of("w1").pointer_mut(pointer).unwrap() = value;
        let report = world.compare();
        let [found] = report.contradictions.as_slice() else { unreachable!("{pointer}: {report:#?}") };
        assert_eq!((report.verdict, found.about), (Verdict::Incomplete, about), "{pointer}");
        assert_eq!((found.record.sequence, report.matched.writes), (2, 1));
    }
    let mut world = World::new();
    world.write("10:01:00", "bob", "w1");
    world.event_of("w1")["userIdentity"] = json!({"type": "AWSAccount", "accountId": "123456789012"});
    assert_eq!(world.compare().verdict, Verdict::Complete, "what CloudTrail does not tell is no contradiction");
}

#[test]
fn what_cannot_be_read_is_named_and_nothing_is_said_to_be_complete() {
    let mut world = World::new();
    world.read("10:00:00", &["r1"]);
    world.file("broken.json.gz", b"\x1f\x8b\x08");
    let report = world.compare();
    assert_eq!(report.verdict, Verdict::Unreadable);
    assert!(report.cloud_trail[0].given.unread[0].name.ends_with("broken.json.gz"), "{report:#?}");

    let mut world = World::new();
    world.read("10:00:00", &["r1"]);
    world.journal_file("journal-9.jsonl.gz", b"\x1f\x8b\x08");
    let report = world.compare();
    assert_eq!((report.verdict, report.journals[0].unread.len()), (Verdict::Unreadable, 1));
}

#[test]
fn what_is_no_event_and_no_record_is_counted_and_not_believed() {
    let mut world = World::new();
    world.read("10:00:00", &["r1"]);
    let nonsense = json!({"Records": [null, 7, [], {}, {"eventTime": "now", "eventName": "A", "eventSource": "b"},
        {"eventTime": "2026-11-20T10:00:00Z", "eventName": ["A"], "eventSource": {"a": 1}, "requestID": "r1"},
        {"eventTime": "2026-11-20T10:00:00Z", "eventName": "A", "eventSource": "b", "userIdentity": 7}]});
    world.file("odd.json", nonsense.to_string().as_bytes());
    world
        .journal_file("journal-9.jsonl", b"{}\nnonsense\n{\"integrity\":{\"sequence\":9},\"additionalEventData\":7}\n");
    let report = world.compare();
    assert_eq!(report.verdict, Verdict::Complete, "{report:#?}");
    assert_eq!((report.cloud_trail[0].odd, report.journals[0].no_records), (6, 2));
}

#[test]
fn files_are_read_compressed_or_not() {
    let mut world = World::new();
    world.read("10:00:00", &["r1"]).write("10:01:00", "bob", "w1");
    assert_eq!(world.compressed().compare().verdict, Verdict::Complete);
}
