//! Writes whose end the journal does not know.

use serde_json::{Value, json};

use super::made::{World, at, call};
use super::*;

fn only(report: &Report) -> &OpenWrite {
    let [write] = report.open_writes.as_slice() else { unreachable!("one is open: {report:#?}") };
    write
}

#[test]
fn a_write_without_an_outcome_was_probably_done_where_there_is_such_an_event() {
    let mut world = World::new();
    world.intent("10:00:00", "bob");
    world.event("10:00:02", "DeleteUser", "w1", &json!({"userName": "bob"}));
    let report = world.compare();
    assert_eq!(report.verdict, Verdict::Complete, "nothing is missing: {report:#?}");
    let write = only(&report);
    assert_eq!((write.why, write.fate, write.sequence), (Why::NoOutcome, Fate::ProbablyDone, 1));
    assert_eq!(write.event.as_ref().and_then(|event| event.request_id.as_deref()), Some("w1"));

    world.event_of("w1")["errorCode"] = json!("AccessDenied");
    assert_eq!(only(&world.compare()).fate, Fate::ProbablyRefused);
}

#[test]
fn a_write_without_outcome_or_event_was_not_done_once_its_event_is_due() {
    let mut world = World::new();
    world.intent("10:00:00", "bob");
    let report = world.compare();
    assert_eq!((report.verdict, only(&report).fate), (Verdict::Complete, Fate::NoSuchEvent));
    world.question.now = at("10:50:00");
    let report = world.compare();
    assert_eq!((report.verdict, only(&report).fate), (Verdict::NotDueYet, Fate::NotDueYet));
}

#[test]
fn the_event_of_another_entity_session_or_time_is_not_taken_for_it() {
    let spoil: [fn(&mut Value); 4] = [
        |event| event["requestParameters"]["userName"] = json!("carol"),
        |event| event["eventName"] = json!("CreateUser"),
        |event| event["eventTime"] = json!("2026-11-20T10:36:00Z"),
        |event| event["eventTime"] = json!("2026-11-20T09:54:00Z"),
    ];
    for (number, spoil) in spoil.into_iter().enumerate() {
        let mut world = World::new();
        world.intent("10:00:00", "bob");
        spoil(world.event("10:00:02", "DeleteUser", "w1", &json!({"userName": "bob"})));
        let report = world.compare();
        assert_eq!(only(&report).fate, Fate::NoSuchEvent, "{number}");
        assert_eq!((report.verdict, report.events_without_record.len()), (Verdict::Incomplete, 1), "{number}");
    }
}

#[test]
fn an_event_belongs_to_one_write_only() {
    let mut world = World::new();
    world.intent("10:00:00", "bob");
    world.intent("10:00:10", "bob");
    world.event("10:00:12", "DeleteUser", "w1", &json!({"userName": "bob"}));
    let fates: Vec<Fate> = world.compare().open_writes.iter().map(|write| write.fate).collect();
    assert_eq!(fates, [Fate::ProbablyDone, Fate::NoSuchEvent]);
    world.event("10:00:13", "DeleteUser", "w2", &json!({"userName": "bob"}));
    world.event("10:00:14", "DeleteUser", "w3", &json!({"userName": "bob"}));
    let report = world.compare();
    assert!(report.open_writes.iter().all(|write| write.fate == Fate::ProbablyDone), "{report:#?}");
    assert_eq!(report.events_without_record.len(), 1, "the third was nobody's");
}

#[test]
fn an_event_that_names_nothing_is_left_for_a_write_that_no_other_event_fits() {
    let mut world = World::new();
    world.intent("10:00:00", "bob");
    world.intent("10:00:10", "carol");
    world.event("10:00:11", "DeleteUser", "w1", &Value::Null)["errorCode"] = json!("AccessDenied");
    world.event("10:00:12", "DeleteUser", "w2", &json!({"userName": "bob"}));
    let report = world.compare();
    let fates: Vec<Fate> = report.open_writes.iter().map(|write| write.fate).collect();
    assert_eq!(fates, [Fate::ProbablyDone, Fate::ProbablyRefused]);
}

#[test]
fn an_attempt_without_an_answer_is_probably_the_event_that_fits() {
    let mut world = World::new();
    let intent = world.intent("10:00:00", "bob");
    let attempt = call("iam:DeleteUser", "bob", json!({"errorCode": "Timeout", "ms": 30000}));
    world.outcome("10:00:31", &intent, &[attempt]);
    world.event("10:00:01", "DeleteUser", "w1", &json!({"userName": "bob"}));
    let report = world.compare();
    assert_eq!(report.verdict, Verdict::Complete, "{report:#?}");
    assert_eq!((only(&report).why, only(&report).fate), (Why::NoAnswer, Fate::ProbablyDone));
    assert_eq!(only(&report).sequence, 2, "the outcome says so");
    assert_eq!(only(&world.lose_event("w1").compare()).fate, Fate::NoSuchEvent);
}

#[test]
fn an_attempt_that_was_not_sent_has_no_event() {
    for code in ["UpstreamUnavailable", "AccountBudgetSpent"] {
        let mut world = World::new();
        let intent = world.intent("10:00:00", "bob");
        let attempt = call("iam:DeleteUser", "bob", json!({"errorCode": code, "ms": 1}));
        world.outcome("10:00:31", &intent, &[attempt]);
        world.event("10:00:01", "DeleteUser", "w1", &json!({"userName": "bob"}));
        let report = world.compare();
        assert_ne!(report.verdict, Verdict::Complete, "the event is somebody else's");
        assert_eq!(report.open_writes.len(), 0, "{code}");
        assert_eq!(world.lose_event("w1").compare().verdict, Verdict::Complete, "{code}");
    }
}

#[test]
fn reads_without_an_answer_are_counted() {
    let mut world = World::new();
    let unanswered = call("iam:GetUser", "bob", json!({"errorCode": "NotAwaited"}));
    world.record("10:00:00", "read", &json!({"awsCalls": [unanswered, unanswered]}));
    world.event("09:59:59", "GetUser", "r1", &json!({"userName": "bob"}));
    let report = world.compare();
    assert_eq!((report.verdict, report.probable_reads, report.open_writes.len()), (Verdict::Complete, 1, 0));
}

#[test]
fn what_an_outcome_lists_again_is_one_attempt() {
    let mut world = World::new();
    let pending = call("iam:GetUser", "bob", json!({"errorCode": "NotAwaited"}));
    let answered = call("iam:GetUser", "bob", json!({"requestId": "r1", "status": 200}));
    let intent = world.intent("10:00:00", "bob");
    world.journals[0][0]["additionalEventData"]["awsCalls"] = json!([pending]);
    let done = call("iam:DeleteUser", "bob", json!({"requestId": "w1", "status": 200}));
    world.outcome("10:00:02", &intent, &[answered, done]);
    world.event("10:00:00", "GetUser", "r1", &json!({"userName": "bob"}));
    world.event("10:00:01", "DeleteUser", "w1", &json!({"userName": "bob"}));
    world.event("10:00:01", "GetUser", "x1", &json!({"userName": "bob"}));
    let report = world.compare();
    assert_eq!((report.probable_reads, report.events_without_record.len()), (0, 1), "{report:#?}");
}

#[test]
fn an_outcome_that_is_unknown_or_was_cut_leaves_the_write_open() {
    let unknown: fn(&mut Value) = |outcome| outcome["errorCode"] = json!("OutcomeUnknown");
    let cut: fn(&mut Value) = |outcome| outcome["responseElements"] = json!("not kept: a record must not hold more");
    for spoil in [unknown, cut] {
        let mut world = World::new();
        let intent = world.intent("10:00:00", "bob");
        spoil(world.outcome("10:00:01", &intent, &[]));
        world.event("10:00:01", "DeleteUser", "w1", &json!({"userName": "bob"}));
        let report = world.compare();
        assert_eq!((only(&report).why, only(&report).fate), (Why::OutcomeUnknown, Fate::ProbablyDone));
    }
    let mut world = World::new();
    let intent = world.intent("10:00:00", "bob");
    world.outcome("10:00:01", &intent, &[])["errorCode"] = json!("NotForwarded");
    world.event("10:00:01", "DeleteUser", "w1", &json!({"userName": "bob"}));
    let report = world.compare();
    assert_eq!((report.open_writes.len(), report.events_without_record.len()), (0, 1), "nothing was forwarded");
}

#[test]
fn a_call_that_another_record_lists_is_not_open() {
    let mut world = World::new();
    let intent = world.intent("10:00:00", "bob");
    world.outcome("10:00:01", &intent, &[])["errorCode"] = json!("OutcomeUnknown");
    let done = call("iam:DeleteUser", "bob", json!({"requestId": "w1", "status": 200}));
    world.record("10:00:02", "panic", &json!({"intentEventID": intent, "awsCalls": [done]}));
    world.event("10:00:01", "DeleteUser", "w1", &json!({"userName": "bob"}));
    let report = world.compare();
    assert_eq!((report.open_writes.len(), report.matched.writes), (0, 1), "{report:#?}");
}
