//! `connect`: a stdio MCP server that signs and forwards.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::agents::assert_is_served_well;
use crate::support::clients::{Client, Era};
use crate::support::command::binary;
use crate::support::connected::run_connect;
use crate::support::faulty::NEW_USER;
use crate::support::gateway::TestGateway;
use crate::support::mcp::{LEGACY, MODERN, message, meta, old_message, tool_call};
use crate::support::program::Program;
use crate::support::waiting::eventually;

fn initialize() -> Value {
    let client = json!({"name": "tests", "version": "1"});
    old_message("open", "initialize", json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client}))
}

fn asked(connect: &mut Program, message: &Value) -> Value {
    connect.say(message);
    let reply = connect.hear();
    assert_eq!(reply["id"], message["id"], "{reply}");
    reply
}

fn tool_names(reply: &Value) -> Vec<&str> {
    let tools = reply["result"]["tools"].as_array().expect("a list of tools");
    tools.iter().filter_map(|tool| tool["name"].as_str()).collect()
}

#[test]
fn both_eras_are_spoken_over_one_connection() {
    let gateway = TestGateway::without_aws().start();
    let mut connect = Program::connect(&gateway, "alice", &[]);
    let found = asked(&mut connect, &message("1", "server/discover", json!({})));
    let versions = found["result"]["supportedVersions"].as_array().expect("the revisions");
    assert!(versions.contains(&json!(MODERN)), "{found}");
    let listed = asked(&mut connect, &message("2", "tools/list", json!({})));
    assert_eq!(listed["result"]["cacheScope"], "private");
    let called = asked(&mut connect, &tool_call("3", "whoami", json!({})));
    assert_eq!(called["result"]["structuredContent"]["Caller"]["name"], "alice", "{called}");
    // A name that cannot stand in a header reaches the gateway all the same.
    let odd = asked(&mut connect, &tool_call("4", " größe\r\n", json!({})));
    assert_eq!(odd["error"]["data"]["code"], "UnknownTool", "{odd}");

    let opened = asked(&mut connect, &initialize());
    assert_eq!(opened["result"]["protocolVersion"], LEGACY, "{opened}");
    connect.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    let listed = asked(&mut connect, &old_message("5", "tools/list", json!({})));
    assert!(tool_names(&listed).contains(&"create_user"), "{listed}");
    let called = asked(&mut connect, &old_message("6", "tools/call", json!({"name": "whoami", "arguments": {}})));
    assert_eq!(called["result"]["structuredContent"]["Caller"]["name"], "alice", "{called}");
    assert_eq!(asked(&mut connect, &old_message("7", "ping", json!({})))["result"], json!({}));
    assert_eq!(connect.finish(), Vec::<Value>::new());
}

#[test]
fn the_python_client_is_served_alike_over_connect_in_both_eras() {
    let gateway = TestGateway::with_moto().start();
    for (era, version, user) in [
        (Era::Legacy, LEGACY, "made-by-legacy"),
        (Era::Modern, MODERN, "made-by-modern"),
        (Era::Auto, MODERN, "by-auto"),
    ] {
        let client = |caller: &str| Client::through_connect(&gateway.url(), era, gateway.keys(caller));
        assert_is_served_well(&gateway, &client("alice"), &client("reader"), user);
        assert_eq!(client("reader").run(&[])[0]["result"]["protocolVersion"], version);
    }
}

#[test]
fn a_forced_deletion_tells_its_steps_before_its_result() {
    let gateway = TestGateway::with_moto().start();
    gateway.wait_for_writes();
    let mut connect = Program::connect(&gateway, "alice", &[]);
    let arguments = json!({"user_name": "bob", "force": true});
    let planned = asked(&mut connect, &tool_call("1", "delete_user", arguments.clone()));
    let mut confirmed = arguments;
    confirmed["confirmation_token"] = planned["result"]["structuredContent"]["confirmation_token"].clone();
    let mut call = tool_call("2", "delete_user", confirmed);
    call["params"]["_meta"]["progressToken"] = json!("steps");
    connect.say(&call);
    for step in 1..=4 {
        let told = connect.hear();
        assert_eq!(told["method"], "notifications/progress", "{told}");
        assert_eq!(
            (&told["params"]["progressToken"], told["params"]["progress"].as_f64()),
            (&json!("steps"), Some(step.into()))
        );
    }
    let done = connect.hear();
    assert_eq!((&done["id"], &done["result"]["structuredContent"]["status"]), (&json!("2"), &json!("done")), "{done}");
}

#[test]
fn a_cancelled_call_is_hung_up_on_and_not_answered() {
    let mut gateway = TestGateway::with_faulty_aws().start();
    gateway.wait_for_writes();
    gateway.aws().queue("CreateUser", &[json!({"hold": true, "result": NEW_USER})]);
    let mut connect = Program::connect(&gateway, "alice", &[]);
    connect.say(&tool_call("slow", "create_user", json!({"user_name": "dave"})));
    eventually("AWS receives CreateUser", || (gateway.received("CreateUser").len() == 1).then_some(()));
    connect.say(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "slow"}}));
    eventually("the connection is gone", || gateway.metrics().contains("gateway_requests_in_flight 0\n").then_some(()));
    gateway.aws().release();
    // What AWS had received is finished and recorded; the client is told nothing of it.
    assert_eq!(gateway.records_of("slow")[1]["stage"], "outcome");
    assert_eq!(asked(&mut connect, &tool_call("next", "whoami", json!({})))["result"]["isError"], false);
    assert_eq!(connect.finish(), Vec::<Value>::new());
}

#[test]
fn a_gateway_that_is_gone_is_told_and_found_again() {
    let mut gateway = TestGateway::without_aws().start();
    let mut connect = Program::connect(&gateway, "alice", &[]);
    let who = |id: &str| tool_call(id, "whoami", json!({}));
    assert_eq!(asked(&mut connect, &who("1"))["result"]["isError"], false);
    let address = format!("[listen]\naddress = \"{}\"", gateway.address());
    gateway.stop();
    let lost = asked(&mut connect, &who("2"));
    assert_eq!(
        (&lost["error"]["data"]["code"], &lost["error"]["code"]),
        (&json!("GatewayUnreachable"), &json!(-32010))
    );
    gateway.reconfigure("[listen]\naddress = \"127.0.0.1:0\"", &address);
    gateway.restart();
    assert_eq!(asked(&mut connect, &who("3"))["result"]["isError"], false);
    assert_eq!(connect.finish(), Vec::<Value>::new());
}

#[test]
fn read_only_shows_and_calls_what_reads() {
    let gateway = TestGateway::with_sandbox().start();
    gateway.wait_for_writes();
    // Nothing was listed yet: the list is asked for, by itself.
    let mut connect = Program::connect(&gateway, "alice", &["--read-only"]);
    let refused = asked(&mut connect, &tool_call("1", "create_user", json!({"user_name": "never"})));
    assert_eq!((&refused["result"]["isError"], &refused["result"]["resultType"]), (&json!(true), &json!("complete")));
    assert_eq!(refused["result"]["structuredContent"]["error"]["code"], "ReadOnlyClient", "{refused}");
    let read = asked(&mut connect, &tool_call("2", "list_users", json!({"path_prefix": "/people/contractors/"})));
    assert_eq!(read["result"]["structuredContent"]["Count"], 2, "{read}");
    let listed = asked(&mut connect, &message("3", "tools/list", json!({})));
    let names = tool_names(&listed);
    assert!(names.contains(&"list_users") && !names.contains(&"create_user"), "{names:?}");
    let unknown = asked(&mut connect, &tool_call("4", "no_such_tool", json!({})));
    assert_eq!(unknown["result"]["structuredContent"]["error"]["code"], "ReadOnlyClient");
    assert_eq!(gateway.sandbox().trail_of("CreateUser"), Vec::<Value>::new());
}

#[test]
fn standard_output_has_the_protocol_alone_and_every_request_is_answered_before_the_end() {
    let gateway = TestGateway::without_aws().start();
    let long = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":\"long\",\"method\":\"x\",\"params\":{{\"x\":\"{}\"}}}}",
        "x".repeat(1 << 20)
    );
    let lines = [
        initialize().to_string(),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string(),
        "nonsense \u{1b}[31m".to_owned(),
        "[]".to_owned(),
        long,
        json!({"jsonrpc": "2.0", "id": "reply", "result": {}}).to_string(),
        json!({"jsonrpc": "2.0", "method": "notifications/\u{1b}odd"}).to_string(),
        old_message("list", "tools/list", json!({})).to_string(),
        old_message("none", "no/such/method", json!({})).to_string(),
        json!({"jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": {"_meta": meta()}}).to_string(),
    ];
    let ran = run_connect(&gateway, "alice", &[], &lines.join("\n"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let replies: Vec<Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).expect("a line is a message")).collect();
    assert!(replies.iter().all(|reply| reply["jsonrpc"] == "2.0"), "{replies:?}");
    let mut ids: Vec<String> = replies.iter().map(|reply| reply["id"].to_string()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["\"list\"", "\"long\"", "\"none\"", "\"open\"", "7", "null", "null", "null"]);
    assert!(!ran.stderr.is_empty() && !ran.stderr.contains('\u{1b}'), "{:?}", ran.stderr);
    assert!(ran.stderr.lines().all(|line| line.starts_with("iam-mcp-gateway connect: ")), "{}", ran.stderr);

    // Keys that the gateway does not know: its own code reaches the client.
    let mut stranger = binary();
    stranger.env("AWS_ACCESS_KEY_ID", "IMGKAAAAAAAAAAAAAAAA").env("AWS_SECRET_ACCESS_KEY", "wrong");
    let url = gateway.url();
    stranger.args(["connect", "--url", &url]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut stranger = stranger.spawn().expect("the binary starts");
    let mut stdin = stranger.stdin.take().expect("standard input was asked for");
    writeln!(stdin, "{}", old_message("1", "tools/list", json!({}))).expect("it reads");
    drop(stdin);
    let output = stranger.wait_with_output().expect("it ends by itself");
    let reply: Value = serde_json::from_slice(&output.stdout).expect("one line of JSON");
    assert_eq!((&reply["id"], &reply["error"]["data"]["code"]), (&json!("1"), &json!("unknown_key")), "{reply}");
}

#[test]
fn an_order_to_stop_ends_it_while_it_waits_for_its_client() {
    let gateway = TestGateway::without_aws().start();
    for signal in ["TERM", "INT"] {
        let mut command = binary();
        command.envs(gateway.keys("alice").environment()).args(["connect", "--url", &gateway.url()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary starts");
        let mut stdin = child.stdin.take().expect("standard input was asked for");
        writeln!(stdin, "{}", tool_call("1", "whoami", json!({}))).expect("it reads");
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("standard output was asked for"));
        stdout.read_line(&mut line).expect("it answers");
        let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status();
        assert!(sent.is_ok_and(|status| status.success()));
        let status = eventually("it ends", || child.try_wait().expect("the child can be waited for"));
        assert_eq!(status.code(), Some(0), "{signal}");
    }
}

#[test]
fn what_cannot_be_a_gateway_is_wrong_usage() {
    for url in ["http://iam-mcp.example.internal/mcp", "nonsense", "ftp://127.0.0.1/mcp"] {
        let ran = crate::support::command::run(&["connect", "--url", url]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{url}: {}", ran.stderr);
    }
}
