//! Whatever is sent, there is a clear error, and others are served on.

use std::io::Write;
use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::{Answer, Request, connect, exchange};
use crate::support::mcp::{message, modern, tool_call};

fn whoami(gateway: &TestGateway) -> Request {
    modern(gateway.request("alice"), &tool_call("1", "whoami", json!({})))
}

fn address(gateway: &TestGateway) -> SocketAddr {
    gateway.address()
}

#[track_caller]
fn assert_served_on(gateway: &TestGateway) {
    assert_eq!(gateway.call("reader", "whoami", json!({})).done()["Caller"]["name"], "reader");
}

#[test]
fn a_body_that_is_no_request_is_refused_by_name() {
    let gateway = TestGateway::without_aws().start();
    let cases: [(&[u8], u16, i64, &str); 10] = [
        (b"", 400, -32700, "malformed_json"),
        (b"{\"jsonrpc\": \"2.0\", ", 400, -32700, "malformed_json"),
        (b"\xff\xfe{}", 400, -32700, "invalid_utf8"),
        (b"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}]", 400, -32600, "batch_not_supported"),
        (b"7", 400, -32600, "not_an_object"),
        (b"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"tools/list\"}", 400, -32600, "jsonrpc_version"),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", 400, -32600, "method_invalid"),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":[]}", 400, -32600, "params_invalid"),
        (b"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"tools/list\"}", 400, -32600, "id_invalid"),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"method\":\"b\"}", 400, -32600, "duplicate_member"),
    ];
    for (body, status, rpc, code) in cases {
        let answer = whoami(&gateway).body(body).send();
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text());
        assert_eq!(answer.json()["error"]["code"], rpc, "{code}");
    }
    let deep = format!("{}{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    assert_eq!(whoami(&gateway).body(deep).send().code(), "nesting_too_deep");
    assert_served_on(&gateway);
}

#[test]
fn calls_that_fit_no_tool_are_refused_with_what_is_wrong() {
    let gateway = TestGateway::without_aws().start();
    let call = |params: Value| modern(gateway.request("alice"), &message("1", "tools/call", params)).send();

    let unknown = call(json!({"name": "list_user", "arguments": {}})).json();
    assert_eq!(unknown["error"]["code"], -32602);
    assert!(unknown["error"]["message"].as_str().is_some_and(|text| text.contains("list_users")), "{unknown}");

    for (arguments, parameter) in [
        (json!({"no_such_argument": 1}), "no_such_argument"),
        (json!({"max_items": "many"}), "max_items"),
        (json!({"max_items": 0}), "max_items"),
        (json!({"path_prefix": ["/"]}), "path_prefix"),
        (json!({"path_prefix": "no-slash"}), "path_prefix"),
    ] {
        let answer = gateway.call("alice", "list_users", arguments.clone());
        assert!(answer.is_error, "{arguments}");
        assert_eq!(answer.content["error"]["parameter"], parameter, "{}", answer.content);
        assert_eq!(gateway.records_of(&answer.id)[0]["stage"], "denied");
    }

    for params in [json!({"name": 7, "arguments": {}}), json!({"name": "whoami", "arguments": []}), json!({})] {
        let request = message("1", "tools/call", params.clone());
        let answer = modern(gateway.request("alice"), &request).send().json();
        assert!(answer["error"]["code"].is_i64() && answer.get("result").is_none(), "{params}: {answer}");
    }
    assert_served_on(&gateway);
}

#[test]
fn the_media_types_are_mcps() {
    let gateway = TestGateway::without_aws().start();
    for accept in ["application/json", "text/event-stream", "*/*", "text/html"] {
        let answer = whoami(&gateway).header("accept", accept).send();
        assert_eq!((answer.status, answer.code().as_str()), (406, "not_acceptable"), "{accept}");
    }
    let answer = whoami(&gateway).header("content-type", "text/plain").send();
    assert_eq!((answer.status, answer.code().as_str()), (415, "unsupported_media_type"));
    assert_served_on(&gateway);
}

#[test]
fn what_is_too_large_is_refused() {
    let gateway = TestGateway::without_aws().start();
    let answer = whoami(&gateway).body(vec![b' '; 2 * 1024 * 1024]).send();
    assert_eq!((answer.status, answer.code().as_str()), (413, "body_too_large"));

    let answer = whoami(&gateway).unsigned_header("x-filler", &"x".repeat(100 * 1024)).send();
    assert_eq!(answer.status, 431);
    assert_served_on(&gateway);
}

#[test]
fn foreign_hosts_and_origins_learn_nothing() {
    let gateway = TestGateway::without_aws().start();
    for (name, value) in [("host", "evil.example"), ("origin", "https://evil.example"), ("origin", "null")] {
        // The refusal comes before authentication: signed or not, it is the same.
        for request in [whoami(&gateway).header(name, value), Request::post(address(&gateway)).header(name, value)] {
            let answer = request.send();
            assert_eq!(answer.status, 403, "{name}: {}", answer.text());
            assert_eq!(answer.code(), if name == "host" { "host_not_allowed" } else { "origin_not_allowed" });
        }
    }
    assert_served_on(&gateway);
}

#[test]
fn what_is_no_http_is_hung_up_on() {
    let gateway = TestGateway::without_aws().start();
    for bytes in ["\x16\x03\x01\x02\x00\x01\x00\x01", "POST /mcp\r\n\r\n", "POST /mcp HTTP/1.1\r\nbad header\r\n\r\n"] {
        assert_eq!(exchange(address(&gateway), bytes.as_bytes()).status, 400, "{bytes:?}");
    }
    let smuggled = whoami(&gateway).unsigned_header("transfer-encoding", "chunked").send();
    assert!(smuggled.status >= 400, "{}", smuggled.text());
    assert_served_on(&gateway);
}

/// The next two watch a deadline of the real binary expire, at its least value of one second.
#[test]
fn a_head_that_never_ends_is_cut_off() {
    let gateway = TestGateway::without_aws().set("limits.head_seconds", "1").start();
    let mut stream = connect(address(&gateway));
    stream.write_all(b"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\nx-").expect("the gateway listens");
    assert_served_on(&gateway);
    assert_eq!(Answer::read(&mut stream).status, 408);
    assert_served_on(&gateway);
}

#[test]
fn a_body_that_never_ends_is_cut_off() {
    let gateway = TestGateway::without_aws().set("limits.body_seconds", "1").start();
    let mut bytes = whoami(&gateway).bytes();
    bytes.pop();
    let mut stream = connect(address(&gateway));
    stream.write_all(&bytes).expect("the gateway listens");
    assert_served_on(&gateway);
    let answer = Answer::read(&mut stream);
    assert_eq!((answer.status, answer.code().as_str()), (408, "body_timeout"));
    assert_served_on(&gateway);
}
