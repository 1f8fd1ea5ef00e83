//! AWS misbehaves: each call ends with one clear error and one record of it, and a change is never sent twice unless
//! AWS said that it did nothing.

use serde_json::{Value, json};

use crate::support::faulty::NEW_USER;
use crate::support::gateway::TestGateway;
use crate::support::mcp::Called;
use crate::support::prepared::Prepared;
use crate::support::waiting::eventually;

const NO_USERS: &str = "<Users/><IsTruncated>false</IsTruncated>";
fn prepared() -> Prepared {
    // Half of it is an attempt's: the slow answers below come later than that. The whole of it is longer than the
    // pauses between three attempts, which are at most one and two seconds.
    TestGateway::with_faulty_aws().set("broker.sts_timeout_seconds", "6").set("broker.aws_timeout_seconds", "6")
}

fn list_users(gateway: &TestGateway) -> Called {
    gateway.call("reader", "list_users", json!({}))
}

/// The errors of the attempts, as the record names them; `null` for one that went well.
fn attempts(record: &Value) -> Vec<Value> {
    let calls = record["additionalEventData"]["awsCalls"].as_array().expect("a record lists its AWS calls");
    calls.iter().map(|call| call.get("errorCode").cloned().unwrap_or_default()).collect()
}

#[test]
fn a_role_that_cannot_be_assumed_is_one_error_and_one_record() {
    let mut gateway = prepared().start();
    let denied = json!({"status": 403, "code": "AccessDenied", "message": "not authorized to perform: sts:AssumeRole"});
    let cases = [
        ("AccessDenied", denied, 1),
        ("Throttling", json!({"throttle": true, "times": 3}), 3),
        ("AwsAnswerUnreadable", json!({"body": "<html>no</html>", "content_type": "text/html", "times": 3}), 1),
        ("AwsAnswerUnreadable", json!({"result": "<Nothing/>", "times": 3}), 1),
        ("AwsUnreachable", json!({"close": "unanswered", "times": 3}), 1),
    ];
    for (code, behaviour, at_least) in cases {
        gateway.aws().queue("AssumeRole", std::slice::from_ref(&behaviour));
        let before = gateway.received("AssumeRole").len();
        let answer = list_users(&gateway);
        assert_eq!(answer.code(), code, "{behaviour}");
        let error = &answer.content["error"];
        assert_eq!((&error["stage"], &error["action"]), (&json!("aws"), &json!("sts:AssumeRole")), "{error}");
        assert_eq!(error["retryable"], code != "AccessDenied", "{error}");
        let sent = gateway.received("AssumeRole").len() - before;
        assert!((at_least..=3).contains(&sent), "{code}: sent {sent} times");
        if code == "AccessDenied" {
            assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("trust policy")), "{error}");
        }
        let records = gateway.records_of(&answer.id);
        assert_eq!(records.len(), 1, "{code}");
        assert_eq!((&records[0]["stage"], &records[0]["errorCode"]), (&json!("denied"), &json!(code)));
        // What was queued and not asked for is for nobody.
        gateway.aws().clear("AssumeRole");
    }
    gateway.aws().queue("ListUsers", &[json!({"result": NO_USERS})]);
    assert_eq!(list_users(&gateway).done()["Count"], 0, "a failure is not remembered");
}

#[test]
fn a_slow_sts_is_waited_for_no_longer_than_configured() {
    let mut gateway = TestGateway::with_faulty_aws().set("broker.sts_timeout_seconds", "1").start();
    gateway.aws().queue("AssumeRole", &[json!({"delay": 20, "times": 3})]);
    let answer = list_users(&gateway);
    assert_eq!((answer.code(), &answer.content["error"]["retryable"]), ("AwsTimeout", &json!(true)));
    let records = gateway.records_of(&answer.id);
    assert_eq!((records.len(), &records[0]["stage"]), (1, &json!("denied")));
}

#[test]
fn a_throttled_assume_role_is_tried_again() {
    let mut gateway = TestGateway::with_faulty_aws().start();
    gateway.aws().queue("AssumeRole", &[json!({"throttle": true})]);
    gateway.aws().queue("ListUsers", &[json!({"result": NO_USERS})]);
    assert_eq!(list_users(&gateway).done()["Count"], 0);
    assert_eq!(gateway.received("AssumeRole").len(), 2);
}

#[test]
fn a_read_is_tried_again_and_every_attempt_is_recorded() {
    let mut gateway = TestGateway::with_faulty_aws().start();
    let good = json!({"result": NO_USERS});
    let cases = [
        (json!({"throttle": true}), "Throttling"),
        (json!({"status": 500, "code": "ServiceFailure"}), "ServiceFailure"),
        (json!({"close": "unanswered"}), "ConnectionFailed"),
    ];
    for (fault, attempt) in cases {
        gateway.aws().queue("ListUsers", &[fault, good.clone()]);
        let answer = list_users(&gateway);
        assert_eq!(answer.done()["Count"], 0, "{attempt}");
        let records = gateway.records_of(&answer.id);
        assert_eq!((records.len(), &records[0]["stage"]), (1, &json!("read")));
        assert_eq!(attempts(&records[0]), [json!(attempt), Value::Null]);
    }
    assert_eq!(gateway.received("ListUsers").len(), 6);
}

#[test]
fn a_read_that_aws_refuses_is_an_error_with_awss_own_words() {
    let mut gateway = TestGateway::with_faulty_aws().start();
    let refusal = json!({"status": 403, "code": "AccessDenied", "message": "an SCP says no"});
    gateway.aws().queue("ListUsers", &[refusal]);
    let answer = list_users(&gateway);
    assert_eq!((answer.code(), answer.message()), ("AccessDenied", "an SCP says no"));
    let request_id = answer.content["error"]["request_id"].as_str().expect("AWS's request id is told");
    let records = gateway.records_of(&answer.id);
    assert_eq!(
        (records.len(), &records[0]["stage"], &records[0]["errorCode"]),
        (1, &json!("read"), &json!("AccessDenied"))
    );
    assert_eq!(records[0]["additionalEventData"]["awsCalls"][0]["requestId"], request_id);
}

#[test]
fn a_change_is_sent_once_whatever_becomes_of_its_answer() {
    let mut gateway = prepared().start();
    let cases = [
        ("AwsUnreachable", json!({"close": "unanswered"}), true),
        ("AwsAnswerUnreadable", json!({"close": "mid-body", "result": NEW_USER}), true),
        ("ServiceFailure", json!({"status": 500, "code": "ServiceFailure"}), true),
        ("AwsAnswerUnreadable", json!({"status": 502, "body": "<html>", "content_type": "text/html"}), true),
        ("AwsAnswerUnreadable", json!({"body": "%%%"}), true),
        ("AwsTimeout", json!({"delay": 20}), true),
        ("EntityAlreadyExists", json!({"status": 409, "code": "EntityAlreadyExists"}), false),
    ];
    for (number, (code, behaviour, unknown)) in cases.into_iter().enumerate() {
        // Failures with nothing good between them would open the breaker.
        gateway.aws().queue("ListUsers", &[json!({"result": NO_USERS})]);
        list_users(&gateway).done();
        gateway.aws().queue("CreateUser", std::slice::from_ref(&behaviour));
        let name = format!("user-{number}");
        let answer = gateway.write("alice", "create_user", json!({"user_name": name}));
        assert_eq!(answer.code(), code, "{behaviour}");
        let sent: Vec<Value> = gateway.received("CreateUser");
        let sent = sent.iter().filter(|request| request["parameters"]["UserName"] == name).count();
        assert_eq!(sent, 1, "{behaviour}");
        assert_eq!(answer.message().contains("AWS may have acted"), unknown, "{behaviour}: {}", answer.message());
        assert_eq!(answer.content["error"]["retryable"], false, "{behaviour}");
        assert_eq!(answer.content["not_done"].as_array().map(Vec::len), Some(1), "{}", answer.content);

        let records = gateway.records_of(&answer.id);
        let stages: Vec<&Value> = records.iter().map(|record| &record["stage"]).collect();
        assert_eq!(stages, ["intent", "outcome"], "{behaviour}");
        assert_eq!(records[1]["errorCode"], code);
        assert_eq!(records[1]["additionalEventData"]["intentEventID"], records[0]["eventID"]);
        assert_eq!(records[1]["responseElements"]["isError"], true);
        assert_eq!(attempts(&records[1]).len(), 1, "{behaviour}");
    }
}

#[test]
fn a_throttled_change_is_sent_again_up_to_the_bound() {
    let mut gateway = TestGateway::with_faulty_aws().start();
    gateway.aws().queue("CreateUser", &[json!({"throttle": true}), json!({"result": NEW_USER})]);
    let answer = gateway.write("alice", "create_user", json!({"user_name": "dave"}));
    assert_eq!(answer.done()["User"]["UserName"], "dave");
    assert_eq!(attempts(&gateway.records_of(&answer.id)[1]), [json!("Throttling"), Value::Null]);
    assert_eq!(gateway.received("CreateUser").len(), 2);

    gateway.aws().queue("CreateUser", &[json!({"throttle": true, "times": 10})]);
    let answer = gateway.write("alice", "create_user", json!({"user_name": "erin"}));
    assert_eq!((answer.code(), &answer.content["error"]["retryable"]), ("Throttling", &json!(true)));
    assert!(!answer.message().contains("may have acted"), "{}", answer.message());
    assert_eq!(gateway.received("CreateUser").len(), 2 + 3);
}

#[test]
fn a_change_is_sent_again_by_nobody_when_throttling_follows_an_unknown_outcome() {
    let mut gateway = TestGateway::with_faulty_aws().start();
    gateway.aws().queue("CreateUser", &[json!({"throttle": true}), json!({"close": "unanswered"})]);
    let answer = gateway.write("alice", "create_user", json!({"user_name": "dave"}));
    assert_eq!(answer.code(), "AwsUnreachable");
    assert!(answer.message().contains("AWS may have acted"), "{}", answer.message());
    assert_eq!(gateway.received("CreateUser").len(), 2);
}

#[test]
fn a_connection_that_is_refused_is_said_and_nothing_was_done() {
    let nobody = "\"http://127.0.0.1:1\"";
    let gateway = TestGateway::with_faulty_aws().set("aws.iam_endpoint", nobody).start();
    let answer = gateway.write("alice", "create_user", json!({"user_name": "dave"}));
    assert_eq!((answer.code(), &answer.content["error"]["retryable"]), ("AwsUnreachable", &json!(true)));
    assert!(!answer.message().contains("may have acted"), "{}", answer.message());
    let records = gateway.records_of(&answer.id);
    assert_eq!(attempts(&records[1]), [json!("ConnectionFailed")]);
}

#[test]
fn an_aws_that_does_not_answer_is_left_alone_and_found_again() {
    let mut gateway = TestGateway::with_faulty_aws().start();
    gateway.aws().queue("ListUsers", &[json!({"close": "unanswered", "times": 5})]);
    // It takes two callers to open a breaker.
    assert_eq!(gateway.call("alice", "list_users", json!({})).code(), "AwsUnreachable");
    let refused = list_users(&gateway);
    let error = &refused.content["error"];
    assert_eq!((refused.code(), &error["stage"]), ("UpstreamUnavailable", &json!("gateway")));
    assert_eq!((&error["retryable"], &error["action"]), (&json!(true), &json!("iam:ListUsers")));
    assert!(refused.message().contains("try again in"), "{}", refused.message());
    assert_eq!(gateway.received("ListUsers").len(), 5);
    let records = gateway.records_of(&refused.id);
    assert_eq!(attempts(&records[0]).last(), Some(&json!("UpstreamUnavailable")));
    assert!(gateway.metrics().contains("iam_mcp_gateway_aws_breakers_not_closed{upstream=\"iam\"} 1"));

    gateway.aws().queue("ListUsers", &[json!({"result": NO_USERS, "times": 1000})]);
    eventually("AWS is found again", || {
        let answer = list_users(&gateway);
        (answer.content["Count"] == 0).then_some(())
    });
    assert!(gateway.metrics().contains("iam_mcp_gateway_aws_breakers_not_closed{upstream=\"iam\"} 0"));
}

#[test]
fn a_call_beyond_the_accounts_budget_is_not_sent() {
    let prepared = TestGateway::with_faulty_aws()
        .set("broker.account_calls_per_second", "1")
        .set("broker.account_burst", "1")
        .set("broker.aws_timeout_seconds", "2");
    let mut gateway = prepared.start();
    // AWS's throttling halves the rate, so that the second attempt's turn is two seconds away.
    gateway.aws().queue("ListUsers", &[json!({"throttle": true, "times": 3})]);
    let answer = list_users(&gateway);
    let error = &answer.content["error"];
    assert_eq!((answer.code(), &error["stage"]), ("AccountBudgetSpent", &json!("gateway")));
    assert_eq!((&error["retryable"], gateway.received("ListUsers").len()), (&json!(true), 1));
    let records = gateway.records_of(&answer.id);
    assert_eq!((records.len(), attempts(&records[0])), (1, vec![json!("Throttling"), json!("AccountBudgetSpent")]));
}
