use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::operation::lookup_events::LookupEventsOutput;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::sandbox::door::testing::{ALL_OF_IAM, RawReply, Served, account, add_role, add_user, keys, noon};

const LOOKING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cloudtrail:LookupEvents","Resource":"*"}]}"#;
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},
    "Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]}]}"#;

/// An account in which `alice` administers IAM and `carol` looks events up.
async fn served() -> Served {
    let mut account = account();
    add_user(&mut account, "carol").policies.inline.insert("look".into(), LOOKING.into());
    add_role(&mut account, "admin", TRUST).policies.inline.insert("iam".into(), ALL_OF_IAM.into());
    Served::start(account).await
}

/// Has so many users made, one a minute: `user0` and on.
async fn make_users(served: &Served, count: usize) {
    for number in 0..count {
        served.iam(keys("alice")).create_user().user_name(format!("user{number}")).send().await.unwrap();
        served.clock.advance(SignedDuration::from_mins(1));
    }
}

fn carol(served: &Served) -> Client {
    served.cloudtrail("us-east-1", keys("carol"))
}

fn attribute(key: &str, value: &str) -> LookupAttribute {
    LookupAttribute::builder().attribute_key(LookupAttributeKey::from(key)).attribute_value(value).build().unwrap()
}

/// What the events say that they were about, or else their names.
fn told(answer: &LookupEventsOutput) -> Vec<String> {
    let about = |event: &aws_sdk_cloudtrail::types::Event| {
        let whole: Value = serde_json::from_str(event.cloud_trail_event().unwrap()).unwrap();
        let named = whole["requestParameters"]["userName"].as_str().map(str::to_owned);
        named.unwrap_or_else(|| event.event_name().unwrap().to_owned())
    };
    answer.events().iter().map(about).collect()
}

#[tokio::test]
async fn the_latest_events_come_first_and_as_cloudtrail_tells_them() {
    let served = served().await;
    make_users(&served, 2).await;
    let answer = carol(&served).lookup_events().send().await.unwrap();
    assert_eq!((told(&answer), answer.next_token()), (vec!["user1".to_owned(), "user0".to_owned()], None));
    let event = &answer.events()[1];
    assert_eq!((event.event_name(), event.event_source()), (Some("CreateUser"), Some("iam.amazonaws.com")));
    assert_eq!((event.username(), event.read_only()), (Some("alice"), Some("false")));
    assert_eq!(event.access_key_id(), Some("AKIAALICEAAAAAAAAAAA"));
    assert_eq!(event.event_time().map(DateTime::secs), Some(noon().as_second()));
    let whole: Value = serde_json::from_str(event.cloud_trail_event().unwrap()).unwrap();
    assert_eq!(whole, serde_json::to_value(&served.sandbox.trail().events()[0]).unwrap());
    assert_eq!(event.event_id(), whole["eventID"].as_str());
    // Looking is an event itself.
    let again = carol(&served).lookup_events().send().await.unwrap();
    assert_eq!((again.events()[0].event_name(), again.events()[0].read_only()), (Some("LookupEvents"), Some("true")));
    assert_eq!(again.events()[0].event_source(), Some("cloudtrail.amazonaws.com"));
}

#[tokio::test]
async fn pages_go_on_where_they_ended_whatever_happens_meanwhile() {
    let served = served().await;
    make_users(&served, 5).await;
    let page = |token: Option<String>| {
        let made = attribute("EventName", "CreateUser");
        carol(&served).lookup_events().lookup_attributes(made).max_results(2).set_next_token(token).send()
    };
    let first = page(None).await.unwrap();
    served.iam(keys("alice")).create_user().user_name("late").send().await.unwrap();
    let second = page(first.next_token().map(str::to_owned)).await.unwrap();
    let third = page(second.next_token().map(str::to_owned)).await.unwrap();
    let all: Vec<String> = [&first, &second, &third].into_iter().flat_map(told).collect();
    assert_eq!(all, ["user4", "user3", "user2", "user1", "user0"]);
    assert_eq!(third.next_token(), None);
    let of_other_parameters =
        carol(&served).lookup_events().set_next_token(first.next_token().map(str::to_owned)).send().await.unwrap_err();
    assert!(of_other_parameters.into_service_error().is_invalid_next_token_exception());
}

#[tokio::test]
async fn events_are_looked_up_by_one_attribute_by_time_and_in_their_region() {
    let served = served().await;
    make_users(&served, 3).await;
    let role = "arn:aws:iam::123456789012:role/admin";
    let assume = served.sts(keys("alice")).assume_role().role_arn(role).role_session_name("me");
    assume.send().await.unwrap();
    let id = served.sandbox.trail().events()[1].event_id.clone();
    for (key, value, expected) in [
        ("EventId", id.as_str(), &["user1"][..]),
        ("EventName", "CreateUser", &["user2", "user1", "user0"]),
        ("EventName", "createuser", &[]),
        ("Username", "alice", &["user2", "user1", "user0"]),
        ("Username", "carol", &["LookupEvents", "LookupEvents", "LookupEvents", "LookupEvents"]),
        ("EventSource", "sts.amazonaws.com", &[]),
        ("AccessKeyId", "AKIAALICEAAAAAAAAAAA", &["user2", "user1", "user0"]),
        ("ReadOnly", "false", &["user2", "user1", "user0"]),
    ] {
        let answer = carol(&served).lookup_events().lookup_attributes(attribute(key, value)).send().await.unwrap();
        assert_eq!(told(&answer), expected, "{key} {value}");
    }
    // The SDK's STS is in another region here.
    let there = served.cloudtrail("eu-central-1", keys("carol"));
    for (key, value) in [("ResourceName", role), ("ResourceType", "AWS::IAM::Role"), ("EventName", "AssumeRole")] {
        let answer = there.lookup_events().lookup_attributes(attribute(key, value)).send().await.unwrap();
        assert_eq!(told(&answer), ["AssumeRole"], "{key}");
    }
    let at = |minutes: i64| DateTime::from_secs(noon().as_second() + 60 * minutes);
    let between = carol(&served).lookup_events().start_time(at(1)).end_time(at(1)).send().await.unwrap();
    assert_eq!(told(&between), ["user1"]);
    let since = carol(&served).lookup_events().start_time(at(2)).max_results(50);
    let since = since.lookup_attributes(attribute("EventName", "CreateUser")).send().await.unwrap();
    assert_eq!(told(&since), ["user2"]);
}

#[tokio::test]
async fn the_name_of_a_session_is_looked_up_as_a_user_s() {
    let served = served().await;
    let provider = served.sandbox.role_credentials("admin");
    served.iam(provider).list_users().send().await.unwrap();
    let session = carol(&served).lookup_events().send().await.unwrap().events()[0].username().unwrap().to_owned();
    let found = carol(&served).lookup_events().lookup_attributes(attribute("Username", &session)).send().await.unwrap();
    assert_eq!(told(&found), ["ListUsers"]);
}

/// The code of a refusal in JSON.
fn code(reply: &RawReply) -> (u16, String) {
    assert!(reply.head.contains("content-type: application/x-amz-json-1.1"), "{}", reply.head);
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    assert!(body["message"].is_string(), "{body}");
    (reply.status, body["__type"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn only_who_may_looks_events_up() {
    let served = served().await;
    let refused = served.cloudtrail("us-east-1", keys("alice")).lookup_events().send().await.unwrap_err();
    let refused = refused.into_service_error();
    assert_eq!(refused.meta().code(), Some("AccessDeniedException"));
    let message = refused.meta().message().unwrap();
    let whom = "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: cloudtrail:LookupEvents";
    assert!(message.starts_with(whom), "{message}");
    let seen = served.sandbox.trail().events();
    assert_eq!((seen[0].event_name.as_str(), seen[0].error_code.as_deref()), ("LookupEvents", Some("AccessDenied")));
    let (id, secret) = served.sandbox.root_keys();
    let root = aws_credential_types::Credentials::new(id, secret.expose(), None, None, "test");
    let told = served.cloudtrail("us-east-1", root).lookup_events().send().await.unwrap();
    assert_eq!(told.events()[0].username(), Some("alice"));
}

#[tokio::test]
async fn a_bad_parameter_has_cloudtrail_s_code() {
    let served = served().await;
    let one = json!({"AttributeKey": "Username", "AttributeValue": "x"});
    for (body, expected) in [
        (json!({"MaxResults": 0}), "InvalidMaxResultsException"),
        (json!({"MaxResults": 51}), "InvalidMaxResultsException"),
        (json!({"StartTime": 2, "EndTime": 1}), "InvalidTimeRangeException"),
        (json!({"StartTime": "soon"}), "InvalidTimeRangeException"),
        (json!({"LookupAttributes": [one, one]}), "InvalidLookupAttributesException"),
        (
            json!({"LookupAttributes": [{"AttributeKey": "Colour", "AttributeValue": "x"}]}),
            "InvalidLookupAttributesException",
        ),
        (json!({"LookupAttributes": [{"AttributeKey": "Username"}]}), "InvalidLookupAttributesException"),
        (json!({"EventCategory": "other"}), "InvalidEventCategoryException"),
        (json!({"NextToken": "1.0000000000000000"}), "InvalidNextTokenException"),
        (json!({"NextToken": ""}), "InvalidNextTokenException"),
        (json!([]), "SerializationException"),
    ] {
        let reply = served.json_request("LookupEvents", &body.to_string(), &keys("carol")).send().await;
        assert_eq!(code(&reply), (400, expected.to_owned()), "{body}");
    }
    let insights = json!({"EventCategory": "insight"}).to_string();
    let reply = served.json_request("LookupEvents", &insights, &keys("carol")).send().await;
    assert_eq!((reply.status, reply.body.as_str()), (200, r#"{"Events":[]}"#));
}

#[tokio::test]
async fn what_is_no_request_of_cloudtrail_s_is_refused_in_its_protocol() {
    let served = served().await;
    let carol = keys("carol");
    let good = || served.json_request("LookupEvents", "{}", &carol);
    let other = |_: &str| Some("com.amazonaws.other.Other.LookupEvents".to_owned());
    let unsigned = served.unsigned("POST /", "application/x-amz-json-1.1", "{}").with("x-amz-target", "x");
    let nobody = aws_credential_types::Credentials::new("AKIANOBODYNOBODYNOBO", "made-up", None, None, "test");
    let mut spoiled = good();
    spoiled.body = b"[]".to_vec();
    let mut elsewhere = served.unsigned("POST /", "application/x-amz-json-1.1", "{}");
    elsewhere = elsewhere.with("x-amz-target", &other("").unwrap());
    elsewhere.sign("cloudtrail", "us-east-1", &carol, served.clock.now());
    for (request, expected) in [
        (served.json_request("DeleteTrail", "{}", &carol), "UnknownOperationException"),
        (elsewhere, "UnknownOperationException"),
        (unsigned, "MissingAuthenticationTokenException"),
        (served.json_request("LookupEvents", "{}", &nobody), "UnrecognizedClientException"),
        (spoiled, "InvalidSignatureException"),
    ] {
        assert_eq!(code(&request.send().await), (400, expected.to_owned()));
    }
    assert_eq!(good().send().await.status, 200);
    // Signed for IAM it is asked for in IAM's protocol.
    let mut of_iam = served.unsigned("POST /", "application/x-amz-json-1.1", "{}").with("x-amz-target", "x.ListUsers");
    of_iam.sign("iam", "us-east-1", &keys("alice"), served.clock.now());
    assert_eq!(of_iam.send().await.text("Code"), "UnknownOperationException");
}
