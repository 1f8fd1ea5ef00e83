//! MCP's rules of both protocol eras against the real binary.

use serde_json::{Value, json};

use crate::support::faulty::NEW_USER;
use crate::support::gateway::TestGateway;
use crate::support::http::{Answer, Request};
use crate::support::mcp::{LEGACY, MODERN, legacy, message, modern, old_message, tool_call};

fn initialize() -> Value {
    let client = json!({"name": "tests", "version": "1"});
    old_message("1", "initialize", json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client}))
}

fn asked(gateway: &TestGateway, caller: &str, method: &str) -> Answer {
    modern(gateway.request(caller), &message("1", method, json!({}))).send()
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: i64) {
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (status, &json!(code)), "{}", answer.text());
}

fn tool_names(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let tools = body["result"]["tools"].as_array().expect("tools/list has tools");
    tools.iter().map(|tool| tool["name"].as_str().expect("a tool has a name").to_owned()).collect()
}

#[test]
fn only_post_is_taken_and_streams_are_not_offered() {
    let gateway = TestGateway::without_aws().start();
    for method in ["GET", "DELETE"] {
        let answer = gateway.request("alice").method(method).without("content-type").send();
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
}

#[test]
fn a_client_of_the_newest_revision_needs_no_handshake() {
    let gateway = TestGateway::without_aws().start();
    let discovered = asked(&gateway, "alice", "server/discover").json();
    let result = &discovered["result"];
    assert!(result["supportedVersions"].as_array().is_some_and(|all| all.contains(&json!(MODERN))), "{discovered}");
    assert!(result["capabilities"]["tools"].is_object(), "{discovered}");
    assert_eq!(result["resultType"], "complete", "{discovered}");
}

#[test]
fn initialize_opens_no_session() {
    let gateway = TestGateway::without_aws().start();
    let answer = gateway.request("alice").body(initialize().to_string()).send();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["result"]["protocolVersion"], LEGACY);
    assert_eq!(answer.header("mcp-session-id"), None);
}

#[test]
fn older_revisions_are_served_without_a_handshake_too() {
    let gateway = TestGateway::without_aws().start();
    for version in [LEGACY, "2025-06-18"] {
        let listed = legacy(gateway.request("alice"), &old_message("1", "tools/list", json!({})));
        let listed = listed.header("mcp-protocol-version", version).send();
        assert!(tool_names(&listed).contains(&"whoami".to_owned()), "{version}: {}", listed.text());
    }
}

#[test]
fn the_tools_list_is_for_its_caller_alone() {
    let gateway = TestGateway::without_aws().start();
    let answer = asked(&gateway, "alice", "tools/list");
    let result = &answer.json()["result"];
    assert_eq!(result["cacheScope"], "private");
    assert!(result["ttlMs"].is_u64());
}

#[test]
fn a_read_only_caller_does_not_see_writing_tools() {
    let gateway = TestGateway::without_aws().start();
    let (alice, reader) = (asked(&gateway, "alice", "tools/list"), asked(&gateway, "reader", "tools/list"));
    let (alice, reader) = (tool_names(&alice), tool_names(&reader));
    for writing in ["create_user", "delete_user"] {
        assert!(alice.iter().any(|name| name == writing), "{writing} for alice");
        assert!(!reader.iter().any(|name| name == writing), "{writing} for the reader");
    }
    assert!(reader.iter().any(|name| name == "list_users"));
}

#[test]
fn what_is_not_offered_is_not_found() {
    let gateway = TestGateway::without_aws().start();
    for method in ["resources/subscribe", "logging/setLevel", "no/such/method"] {
        let modern_answer = asked(&gateway, "alice", method);
        assert_eq!(modern_answer.json()["error"]["code"], -32601, "{method}: {}", modern_answer.text());
        let legacy_answer = legacy(gateway.request("alice"), &old_message("1", method, json!({}))).send();
        assert_refused(&legacy_answer, 200, -32601);
    }
    assert_refused(&asked(&gateway, "alice", "no/such/method"), 404, -32601);
}

#[test]
fn headers_that_differ_from_the_body_are_refused() {
    let gateway = TestGateway::without_aws().start();
    let whoami = tool_call("1", "whoami", json!({}));
    let request = || modern(gateway.request("alice"), &whoami);
    assert_refused(&request().header("mcp-method", "tools/list").send(), 400, -32020);
    assert_refused(&request().header("mcp-name", "version").send(), 400, -32020);
    assert_refused(&request().without("mcp-name").send(), 400, -32020);
    assert_refused(&request().header("mcp-protocol-version", LEGACY).send(), 400, -32020);
    assert_eq!(request().send().status, 200);
}

#[test]
fn an_unknown_revision_is_told_which_ones_there_are() {
    let gateway = TestGateway::without_aws().start();
    let mut future = message("1", "tools/list", json!({}));
    future["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
    let answer = modern(gateway.request("alice"), &future).header("mcp-protocol-version", "2099-01-01").send();
    assert_refused(&answer, 400, -32022);
    assert_eq!(answer.json()["error"]["data"]["supported"][2], MODERN, "{}", answer.text());
}

#[test]
fn a_notification_is_accepted_without_an_answer() {
    let gateway = TestGateway::without_aws().start();
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let answer = legacy(gateway.request("alice"), &notification).send();
    assert_eq!((answer.status, answer.body.len()), (202, 0));
}

#[test]
fn an_environment_is_named_by_the_path() {
    let gateway = TestGateway::without_aws().start();
    let whoami = tool_call("1", "whoami", json!({}));
    let at = |target: &str| -> Request { modern(gateway.request("alice"), &whoami).target(target) };
    assert_eq!(at("/mcp/dev").send().json()["result"]["structuredContent"]["Environment"], "dev");
    let elsewhere = at("/mcp/prod").send();
    assert_eq!((elsewhere.status, elsewhere.code().as_str()), (401, "environment_not_allowed"));
    assert_eq!(at("/mcp/dev/").send().status, 404);
}

#[test]
fn a_page_of_users_asks_aws_for_no_more_than_is_missing() {
    let mut gateway = TestGateway::with_faulty_aws().start();
    let user = |name: &str| {
        format!(
            "<member><Path>/</Path><UserName>{name}</UserName><UserId>AIDAEXAMPLE</UserId>\
             <Arn>arn:aws:iam::123456789012:user/{name}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></member>"
        )
    };
    let page = |names: &[&str], marker: Option<&str>| {
        let users: String = names.iter().map(|name| user(name)).collect();
        let rest = marker.map_or("<IsTruncated>false</IsTruncated>".to_owned(), |marker| {
            format!("<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>")
        });
        json!({"result": format!("<Users>{users}</Users>{rest}")})
    };
    // IAM may answer fewer than asked for although there are more.
    gateway.aws().queue("ListUsers", &[page(&["a", "b"], Some("after-b")), page(&["c"], Some("after-c"))]);
    let first = gateway.call("reader", "list_users", json!({"max_items": 3, "path_prefix": "/team/"}));
    let users = first.done()["Users"].as_array().expect("a list of users");
    assert_eq!(users.iter().map(|user| &user["UserName"]).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!((&first.content["IsTruncated"], &first.content["Marker"]), (&json!(true), &json!("after-c")));

    gateway.aws().queue("ListUsers", &[page(&["d"], None)]);
    let second =
        gateway.call("reader", "list_users", json!({"max_items": 3, "path_prefix": "/team/", "marker": "after-c"}));
    assert_eq!((&second.done()["Count"], &second.content["IsTruncated"]), (&json!(1), &json!(false)));
    assert_eq!(second.content.get("Marker"), None);

    let asked: Vec<Value> = gateway.received("ListUsers").iter().map(|request| request["parameters"].clone()).collect();
    let version = "2010-05-08";
    assert_eq!(
        asked,
        [
            json!({"Version": version, "PathPrefix": "/team/", "MaxItems": "3"}),
            json!({"Version": version, "PathPrefix": "/team/", "MaxItems": "1", "Marker": "after-b"}),
            json!({"Version": version, "PathPrefix": "/team/", "MaxItems": "3", "Marker": "after-c"}),
        ]
    );
    let record = &gateway.records_of(&first.id)[0];
    assert_eq!(record["additionalEventData"]["awsCalls"].as_array().map(Vec::len), Some(2));
    assert_eq!(record["responseElements"]["count"], 3);
}

#[test]
fn progress_is_told_before_the_result_to_those_who_ask() {
    let mut gateway = TestGateway::with_faulty_aws().start();
    gateway.aws().queue("CreateUser", &[json!({"result": NEW_USER, "times": 2})]);
    gateway.wait_for_writes();
    let call = json!({"name": "create_user", "arguments": {"user_name": "dave"}});
    let mut of_modern = message("1", "tools/call", call.clone());
    of_modern["params"]["_meta"]["progressToken"] = json!("t");
    let mut of_legacy = old_message("1", "tools/call", call);
    of_legacy["params"]["_meta"] = json!({"progressToken": "t"});
    for request in [modern(gateway.request("alice"), &of_modern), legacy(gateway.request("alice"), &of_legacy)] {
        let answer = request.send();
        assert_eq!(answer.header("content-type"), Some("text/event-stream"), "{}", answer.text());
        let events = answer.events();
        let [progress, result] = events.as_slice() else { unreachable!("two messages: {}", answer.text()) };
        assert_eq!(progress["method"], "notifications/progress");
        let params = &progress["params"];
        assert_eq!((&params["progressToken"], &params["message"]), (&json!("t"), &json!("iam:CreateUser")));
        assert_eq!((params["progress"].as_f64(), params["total"].as_f64()), (Some(1.0), Some(1.0)));
        assert_eq!(result["result"]["structuredContent"]["status"], "done", "{result}");
    }
}
