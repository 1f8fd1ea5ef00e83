use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::audit::RequestLog;
use crate::iam::testing::{Answer, Scripted};
use crate::tools::Arguments;
use crate::tools::testing::facts;

const HASH: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// An event of a session that the gateway named, or of somebody else's, so many minutes before 2026.
fn event(name: &str, minutes: u32, is_own: bool) -> Value {
    let session = if is_own { format!("alice-{HASH}") } else { "somebody".to_owned() };
    let arn = format!("arn:aws:sts::123456789012:assumed-role/mcp-admin/{session}");
    let time = format!("2025-12-31T23:{:02}:00Z", 60 - minutes);
    let event = json!({
        "eventTime": time, "eventName": name, "eventSource": "iam.amazonaws.com", "requestID": format!("r-{minutes}"),
        "userIdentity": {"arn": arn, "sessionContext": {"sourceIdentity": "alice@example.com"}},
    });
    json!({"EventName": name, "ReadOnly": "false", "CloudTrailEvent": event.to_string()})
}

fn page(events: &[Value], next: Option<&str>) -> Answer {
    Ok(json!({"Events": events, "NextToken": next}).to_string())
}

fn call(arguments: &Value, journal: &Path) -> Call {
    let arguments = Arguments::check(&SPEC, arguments.as_object().unwrap()).unwrap();
    Call { arguments, facts: facts("alice").with_requests(&Arc::new(RequestLog::of(journal))) }
}

/// What the tool answers, in a gateway whose journal has a record of the request `r-1`.
async fn answer(aws: &Scripted, arguments: &Value) -> Result<Value, ToolError> {
    let journal = tempfile::tempdir().unwrap();
    let record = json!({"stage": "outcome", "eventTime": "2025-12-31T23:59:01.000Z", "requestID": "call-1",
        "integrity": {"sequence": 1}, "additionalEventData": {
            "caller": {"kind": "keyring", "name": "alice", "person": "alice@example.com"}, "tool": "create_user",
            "decision": {"effect": "allow"}, "awsCalls": [{"requestId": "r-1"}]}});
    std::fs::write(journal.path().join("journal-1.jsonl"), format!("{record}\n")).unwrap();
    let call = call(arguments, journal.path());
    let reader = aws.reader(LookupEvents.declare(&call)?);
    LookupEvents.answer(&call, &reader).await
}

fn names(answer: &Value) -> Vec<&str> {
    answer["Events"].as_array().unwrap().iter().map(|event| event["eventName"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_event_stands_beside_the_call_that_it_was_made_for() {
    let events = [event("CreateUser", 1, true), event("DeleteUser", 2, true), event("GetUser", 3, false)];
    let aws = Scripted::default().answering("LookupEvents", [page(&events, None)]);
    let told = answer(&aws, &json!({})).await.unwrap();
    assert_eq!(names(&told), ["CreateUser", "DeleteUser"], "nobody else's");
    assert_eq!(
        told["Events"][0]["Gateway"],
        json!({"caller": "keyring:alice", "person": "alice@example.com", "tool": "create_user", "decision": "allow",
            "request_id": "call-1"})
    );
    assert_eq!(told["Events"][0].get("Warning"), None);
    assert_eq!((told["Events"][1].get("Gateway"), &told["Events"][1]["Warning"]), (None, &json!(NO_RECORD)));
    assert_eq!((&told["Warning"], &told["RecordsComplete"]), (&json!(WARNING), &json!(true)));
    assert_eq!((&told["Count"], &told["IsTruncated"]), (&json!(2), &json!(false)));
}

#[tokio::test]
async fn everybodys_events_are_told_where_that_is_asked_and_nobody_else_is_warned_of() {
    let events = [event("CreateUser", 1, true), event("GetUser", 3, false)];
    let aws = Scripted::default().answering("LookupEvents", [page(&events, None)]);
    let told = answer(&aws, &json!({"via_gateway_only": false})).await.unwrap();
    assert_eq!(names(&told), ["CreateUser", "GetUser"]);
    assert_eq!((told["Events"][1].get("Warning"), told.get("Warning")), (None, None));
}

#[tokio::test]
async fn cloudtrail_is_asked_for_one_attribute_and_the_other_is_looked_for_here() {
    let events = [event("CreateUser", 1, true), event("DeleteUser", 2, true)];
    for (arguments, key, value) in [
        (json!({"user_name": "alice", "event_name": "CreateUser"}), "Username", "alice"),
        (json!({"event_name": "CreateUser"}), "EventName", "CreateUser"),
    ] {
        let aws = Scripted::default().answering("LookupEvents", [page(&events, None)]);
        assert_eq!(names(&answer(&aws, &arguments).await.unwrap()), ["CreateUser"]);
        let asked = &aws.asked_json()[0];
        assert_eq!(asked["LookupAttributes"], json!([{"AttributeKey": key, "AttributeValue": value}]));
        assert_eq!((&asked["MaxResults"], &asked["EndTime"]), (&json!(50), &json!(1_767_225_600)));
    }
}

#[tokio::test(start_paused = true)]
async fn pages_are_read_until_there_are_enough_events() {
    let pages = [
        page(&[event("A", 1, true), event("B", 2, false)], Some("1")),
        page(&[event("C", 3, true)], Some("2")),
        page(&[event("D", 4, true)], Some("3")),
    ];
    let aws = Scripted::default().answering("LookupEvents", pages);
    let told = answer(&aws, &json!({"max_items": 2})).await.unwrap();
    assert_eq!(names(&told), ["A", "C"]);
    assert_eq!((&told["IsTruncated"], &told["SearchedBackTo"]), (&json!(true), &json!("2025-12-31T23:56:00Z")));
    let tokens: Vec<Value> = aws.asked_json().iter().map(|asked| asked["NextToken"].clone()).collect();
    assert_eq!(tokens, [json!(null), json!("1"), json!("2")]);
}

#[tokio::test(start_paused = true)]
async fn a_search_that_finds_nothing_ends_and_says_how_far_it_came() {
    let began = tokio::time::Instant::now();
    let pages = (0..40).map(|number| page(&[event("A", 1 + number % 50, false)], Some(&number.to_string())));
    let aws = Scripted::default().answering("LookupEvents", pages);
    let told = answer(&aws, &json!({})).await.unwrap();
    assert_eq!((&told["Count"], &told["IsTruncated"]), (&json!(0), &json!(true)));
    assert_eq!(told["SearchedBackTo"], "2025-12-31T23:40:00Z");
    assert_eq!(aws.asked_json().len(), 20);
    assert!(began.elapsed().as_secs() < 20, "within what a call has");
    let circle = Scripted::default().answering("LookupEvents", [page(&[], Some("1"))]);
    assert_eq!(answer(&circle, &json!({})).await.unwrap()["IsTruncated"], true);
    assert_eq!(circle.asked_json().len(), 2, "the same page again is not asked for");
}

#[tokio::test]
async fn a_refusal_of_awss_is_the_answer() {
    let aws = Scripted::default().answering("LookupEvents", [Err("AccessDeniedException")]);
    let error = answer(&aws, &json!({})).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retryable), ("AccessDeniedException", false));
    assert_eq!(error.action.as_deref(), Some("cloudtrail:LookupEvents"));
}

#[tokio::test]
async fn without_a_cloudtrail_nothing_is_asked() {
    let aws = Scripted::default();
    let folder = tempfile::tempdir().unwrap();
    let call = call(&json!({}), folder.path());
    let reader = aws.reader_of_iam(LookupEvents.declare(&call).unwrap());
    let error = LookupEvents.answer(&call, &reader).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retryable), (NOT_CONFIGURED, false));
}
