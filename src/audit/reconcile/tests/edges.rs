//! What lies at the edge of the range, and what is late.

use serde_json::json;

use super::made::{World, at, call};
use super::*;

#[test]
fn what_lies_at_an_edge_finds_its_counterpart_beyond_it() {
    for (event, from, to) in [("10:00:00", "10:00:00", "11:00:00"), ("09:59:59", "10:00:00", "11:00:00")] {
        let mut world = World::new();
        let read = call("iam:GetUser", "bob", json!({"requestId": "r1", "status": 200}));
        world.record("10:00:00", "read", &json!({"awsCalls": [read]}));
        world.event(event, "GetUser", "r1", &json!({"userName": "bob"}));
        let report = world.with_reads().between(from, to).compare();
        assert_eq!((report.verdict, report.matched.reads), (Verdict::Complete, 1), "{report:#?}");
        // The record is just behind the end, the event just before it.
        let report = world.between("09:00:00", "10:00:00").compare();
        assert_eq!((report.verdict, report.matched.reads), (Verdict::Complete, 0), "{report:#?}");
    }
}

#[test]
fn what_is_outside_the_range_is_not_named() {
    let mut world = World::new();
    world.write("09:30:00", "bob", "w1").write("10:30:00", "carol", "w2").lose_event("w1").lose_event("w2");
    world.event("09:31:00", "CreateUser", "x1", &json!({}));
    world.event("10:31:00", "CreateUser", "x2", &json!({}));
    let report = world.between("10:00:00", "11:00:00").compare();
    let events: Vec<_> = report.events_without_record.iter().filter_map(|event| event.request_id.as_deref()).collect();
    let writes: Vec<_> = report.writes_without_event.iter().map(|write| write.request_id.as_str()).collect();
    assert_eq!((events, writes), (vec!["x2"], vec!["w2"]));
    let report = world.between("09:31:01", "10:30:00").compare();
    assert_eq!(report.verdict, Verdict::Complete, "{report:#?}");
}

#[test]
fn what_is_too_new_is_not_due_on_either_side() {
    let mut world = World::new();
    world.write("11:31:00", "bob", "w1").read("11:32:00", &["r1"]).lose_event("w1").lose_event("r1");
    world.event("11:33:00", "CreateUser", "x1", &json!({}));
    let report = world.compare();
    assert_eq!(report.verdict, Verdict::NotDueYet, "{report:#?}");
    assert_eq!((report.writes_not_due.len(), report.reads_not_due_count, report.events_not_due.len()), (1, 1, 1));
    world.question.now = at("12:05:00");
    let report = world.compare();
    assert_eq!(report.verdict, Verdict::Incomplete);
    assert_eq!((report.writes_without_event.len(), report.events_without_record.len()), (0, 1));
    assert_eq!(report.writes_not_due.len(), 1, "the newest event is too old to say so");
    world.event("11:50:00", "ListRoles", "later", &json!({}))["userIdentity"] = json!({});
    let report = world.compare();
    assert_eq!((report.writes_without_event.len(), report.reads_without_event_count), (1, 1), "{report:#?}");
}

#[test]
fn a_trail_that_delivers_nothing_is_late_for_a_day_and_then_missing() {
    let mut world = World::new();
    world.write("09:00:00", "bob", "w1");
    world.events.retain(|event| event["requestID"] == "somebody-else");
    world.events[0]["eventTime"] = json!("2026-11-20T08:00:00Z");
    assert_eq!(world.compare().verdict, Verdict::NotDueYet);
    world.question.now = at("09:00:01").checked_add(SignedDuration::from_hours(24)).unwrap();
    let report = world.compare();
    assert_eq!((report.verdict, report.writes_without_event.len()), (Verdict::Incomplete, 1), "{report:#?}");
    assert_eq!(report.newest_event, Some(at("08:00:00")));
}

#[test]
fn another_account_or_region_that_is_ahead_makes_nothing_due() {
    for place in ["recipientAccountId", "awsRegion"] {
        let mut world = World::new();
        world.write("09:00:00", "bob", "w1");
        world.events.retain(|event| event["requestID"] == "somebody-else");
        world.events[0][place] = json!("another");
        assert_eq!(world.compare().verdict, Verdict::NotDueYet, "{place}");
    }
}
