//! Which sessions are the gateway's.

use serde_json::json;

use super::made::{SESSION, World};
use super::*;

const FORGED: &str = "arn:aws:sts::123456789012:assumed-role/mcp/forged";
const CHAINED: &str = "arn:aws:sts::210987654321:assumed-role/elsewhere/x";

fn named(report: &Report) -> Vec<&str> {
    report.events_without_record.iter().filter_map(|event| event.request_id.as_deref()).collect()
}

/// The world with a session that carries the stamp and that no record knows of.
fn forged() -> World {
    let mut world = World::new();
    world.read("10:00:00", &["r1"]);
    world.assumed("10:10:00", "a1", "gw", FORGED);
    world.event("10:11:00", "CreateUser", "x1", &json!({}))["userIdentity"]["arn"] = json!(FORGED);
    world
}

#[test]
fn a_stamped_session_without_a_record_is_named_and_so_is_what_was_done_with_it() {
    let report = forged().compare();
    assert_eq!((report.verdict, named(&report)), (Verdict::Incomplete, vec!["a1", "x1"]));
    assert_eq!(report.events_without_record[0].session, FORGED);
}

#[test]
fn what_a_session_did_is_found_also_where_it_is_read_before_its_beginning() {
    let mut world = forged();
    let chained = world.event("10:12:00", "AssumeRole", "a2", &json!({"incomingTransitiveTags": {}}));
    chained["eventSource"] = json!("sts.amazonaws.com");
    chained["userIdentity"]["arn"] = json!(FORGED);
    chained["responseElements"] = json!({"assumedRoleUser": {"arn": CHAINED}});
    world.event("10:13:00", "ListBuckets", "x2", &json!({}))["userIdentity"]["arn"] = json!(CHAINED);
    world.events.reverse();
    let report = world.compare();
    assert_eq!(named(&report), ["a1", "x1", "a2", "x2"]);
    assert_eq!(report.cloud_trail[0].events, 7, "each is counted once, however often the files are read");
}

#[test]
fn a_session_that_inherited_the_stamp_is_the_gateways() {
    let mut world = World::new();
    world.read("10:00:00", &["r1"]);
    let tags = json!({"ViaAWSMCPService": "true", "CalledViaAWSMCP": "gw"});
    let chained = world.assumed("10:10:00", "a1", "gw", CHAINED);
    chained["requestParameters"] = json!({"incomingTransitiveTags": tags});
    world.event("10:13:00", "ListBuckets", "x2", &json!({}))["userIdentity"]["arn"] = json!(CHAINED);
    assert_eq!(named(&world.compare()), ["a1", "x2"]);
}

#[test]
fn other_sessions_are_nobodys_business() {
    let mut world = World::new();
    world.read("10:00:00", &["r1"]);
    world.assumed("10:10:00", "a1", "another-gateway", FORGED);
    world.event("10:11:00", "CreateUser", "x1", &json!({}))["userIdentity"]["arn"] = json!(FORGED);
    let unstamped = world.assumed("10:10:00", "a2", "gw", CHAINED);
    unstamped["requestParameters"]["principalTags"]["ViaAWSMCPService"] = json!("false");
    world.event("10:11:00", "CreateUser", "x2", &json!({}))["userIdentity"]["arn"] = json!(CHAINED);
    assert_eq!(world.compare().verdict, Verdict::Complete);
    world.question.gateways.insert("another-gateway".to_owned());
    assert_eq!(named(&world.compare()), ["a1", "x1"]);
}

#[test]
fn a_refused_stamp_gives_no_session() {
    let mut world = forged();
    world.event_of("a1")["errorCode"] = json!("AccessDenied");
    assert_eq!(named(&world.compare()), ["a1"]);
}

#[test]
fn a_session_that_was_replaced_beside_a_call_is_told_and_not_missing() {
    let mut world = World::new();
    world.read("10:00:00", &["r1"]);
    world.assumed("09:59:00", "refreshed", "gw", SESSION);
    let report = world.compare();
    assert_eq!((report.verdict, report.sessions_beside.len()), (Verdict::Complete, 1), "{report:#?}");
    // Nobody called then.
    world.event_of("refreshed")["eventTime"] = json!("2026-11-20T10:20:00Z");
    assert_eq!(named(&world.compare()), ["refreshed"]);
}

#[test]
fn a_call_that_was_refused_explains_no_session() {
    let mut world = World::new();
    world.record("10:00:00", "denied", &json!({"decision": {"effect": "deny"}, "assumedSessions": []}));
    world.lose_event("s1").assumed("10:00:00", "a1", "gw", SESSION);
    assert_eq!(named(&world.compare()), ["a1"]);
}

#[test]
fn a_role_that_could_not_be_assumed_is_known_by_the_error() {
    let mut world = World::new();
    let error = json!({"stage": "aws", "action": "sts:AssumeRole", "requestId": "a1",
        "resource": "arn:aws:iam::123456789012:role/path/mcp"});
    world.record("10:00:00", "denied", &json!({"assumedSessions": [], "error": error}));
    world.lose_event("s1").assumed("10:00:00", "a1", "gw", SESSION)["errorCode"] = json!("AccessDenied");
    let report = world.compare();
    assert_eq!((report.verdict, report.matched.sessions), (Verdict::Complete, 1), "{report:#?}");
}

#[test]
fn a_session_of_the_hour_before_is_known() {
    let mut world = World::new();
    world.read("09:10:00", &["r1"]);
    world.event("10:05:00", "CreateUser", "x1", &json!({}));
    assert_eq!(named(&world.between("10:00:00", "11:00:00").compare()), ["x1"]);
}
