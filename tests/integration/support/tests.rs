//! The instruments are proved before they are used: a fault of theirs must not look like a fault of the gateway.

mod node;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::{Value, json};

use super::clients::{Client, Era, Keys, send_signed};
use super::faulty::FaultyAws;
use super::moto::Moto;
use super::program::Program;

/// The pause between two looks at a recording.
const MOMENT: Duration = Duration::from_millis(20);

fn example_keys() -> Keys {
    Keys {
        access_key_id: "AKIAEXAMPLE".to_owned(),
        secret_access_key: "not-a-real-secret".to_owned(),
        session_token: Some("example-token".to_owned()),
    }
}

/// The small MCP server of the Python SDK, and its URL.
fn echo_server() -> (Program, String) {
    let mut server = Program::python("echo_mcp_server.py", &[], &[]);
    let url = server.hear()["url"].as_str().expect("the server says its address first").to_owned();
    (server, url)
}

/// A request of the AWS query protocol, as `send_signed` takes it.
fn aws(url: &str, service: &str, form: &str) -> Value {
    json!({
        "url": format!("{url}/"),
        "service": service,
        "headers": [["content-type", "application/x-www-form-urlencoded; charset=utf-8"]],
        "body": form,
    })
}

/// The text of the first element of this name in an AWS answer.
fn element<'a>(reply: &'a Value, name: &str) -> &'a str {
    let body = reply["body"].as_str().expect("there was an answer");
    let (_, rest) = body.split_once(&format!("<{name}>")).expect("the element is in the answer");
    rest.split('<').next().expect("split yields at least one part")
}

fn session_keys(assumed: &Value) -> Keys {
    Keys {
        access_key_id: element(assumed, "AccessKeyId").to_owned(),
        secret_access_key: element(assumed, "SecretAccessKey").to_owned(),
        session_token: Some(element(assumed, "SessionToken").to_owned()),
    }
}

#[test]
fn python_client_speaks_the_era_it_is_told() {
    let (_server, url) = echo_server();
    let call = json!(["call_tool", "echo", { "text": "hello" }]);
    for (era, version) in [(Era::Legacy, "2025-11-25"), (Era::Modern, "2026-07-28"), (Era::Auto, "2026-07-28")] {
        let lines = Client::python(&url, era, &example_keys()).run(&[call.clone(), json!(["ping"])]);
        assert_eq!(lines[0]["result"]["protocolVersion"], version);
        assert_eq!(lines[1]["result"]["structuredContent"], json!({ "result": "hello" }));
        assert_eq!(lines[2]["ok"], version == "2025-11-25", "ping went away in 2026-07-28");
    }
}

#[test]
fn both_clients_sign_what_botocore_signs() {
    let (_server, url) = echo_server();
    let direct = Client::python(&url, Era::Legacy, &example_keys());
    let proxy = Client::through_proxy(&url, &example_keys()).with("--proxy-option=--log-level=CRITICAL");
    for client in [direct, proxy] {
        let lines = client.run(&[json!(["call_tool", "signed_headers", {}])]);
        let signed = &lines[1]["result"]["structuredContent"]["result"];
        for name in ["content-type", "host", "mcp-protocol-version", "x-amz-date", "x-amz-security-token"] {
            assert!(signed.as_array().is_some_and(|names| names.contains(&json!(name))), "{name} in {signed}");
        }
    }
}

#[test]
fn a_tool_that_fails_is_a_result_and_a_server_that_is_gone_an_error() {
    let (server, url) = echo_server();
    let client = Client::python(&url, Era::Legacy, &example_keys());
    let lines = client.run(&[json!(["call_tool", "fail", { "text": "no" }])]);
    assert_eq!(lines[1]["result"]["isError"], true);
    drop(server);
    let lines = client.run(&[json!(["list_tools"])]);
    assert_eq!((lines.len(), &lines[0]["step"], &lines[0]["ok"]), (1, &json!(["connect"]), &json!(false)));
    assert!(lines[0]["error"]["type"].is_string());
}

#[test]
fn python_client_answers_the_servers_question_as_told() {
    let (_server, url) = echo_server();
    let ask = json!(["call_tool", "ask", {}]);
    let steps = [ask.clone(), json!(["answer_elicitations_with", "accept", { "confirm": true }]), ask];
    let lines = Client::python(&url, Era::Modern, &example_keys()).with("--elicitation").run(&steps);
    assert_eq!(lines[1]["elicitations"][0]["message"], "Are you sure?");
    for (line, answer) in [(&lines[1], json!({ "action": "decline" })), (&lines[2], accepted())] {
        let told = line["result"]["content"][0]["text"].as_str().expect("the tool answers with text");
        assert_eq!(serde_json::from_str::<Value>(told).expect("the text is JSON"), answer);
    }
}

fn accepted() -> Value {
    json!({ "action": "accept", "content": { "confirm": true } })
}

#[test]
fn moto_lets_the_gateway_assume_its_roles_and_nothing_more() {
    let moto = Moto::start();
    let assume = |role: &str, more: &str| {
        let form = format!("Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=alice{more}");
        send_signed(&moto.gateway_keys(), &[aws(moto.url(), "sts", &form)]).remove(0)
    };
    let list = "Action=ListUsers&Version=2010-05-08";
    // Spaces as the AWS SDK for Rust sends them.
    let create = "Action=CreateUser&Version=2010-05-08&UserName=dave&Tags.member.1.Key=a%20b&Tags.member.1.Value=c%20d";

    assert_eq!(send_signed(&moto.gateway_keys(), &[aws(moto.url(), "iam", list)])[0]["status"], 403);
    assert_eq!(element(&assume(moto.role("not-trusting"), ""), "Code"), "AccessDenied");
    assert_eq!(element(&assume(moto.role("mcp-external"), "&ExternalId=wrong"), "Code"), "AccessDenied");
    assert_eq!(assume(moto.role("mcp-external"), &format!("&ExternalId={}", moto.external_id()))["status"], 200);

    let reader = session_keys(&assume(moto.role("mcp-reader"), "&SourceIdentity=alice&DurationSeconds=900"));
    let replies = send_signed(&reader, &[aws(moto.url(), "iam", list), aws(moto.url(), "iam", create)]);
    assert!(replies[0]["body"].as_str().is_some_and(|body| body.contains(moto.user("alice"))));
    assert_eq!(element(&replies[1], "Code"), "AccessDenied");
    let admin = session_keys(&assume(moto.role("mcp-admin"), ""));
    assert_eq!(send_signed(&admin, &[aws(moto.url(), "iam", create)])[0]["status"], 200);

    let forged = Keys { secret_access_key: "wrong".to_owned(), ..admin };
    assert_eq!(element(&send_signed(&forged, &[aws(moto.url(), "iam", list)])[0], "Code"), "SignatureDoesNotMatch");
}

#[test]
fn moto_records_what_it_received() {
    let moto = Moto::start();
    let form = format!(
        "Action=AssumeRole&RoleArn={}&RoleSessionName=a&Tags.member.1.Key=team&Tags.member.1.Value=x",
        moto.role("mcp-reader")
    );
    send_signed(&moto.gateway_keys(), &[aws(moto.url(), "sts", &form)]);
    let received = moto.recording().of("AssumeRole");
    assert_eq!(received.len(), 1);
    assert_eq!(received[0]["parameters"]["Tags.member.1.Key"], "team");
    assert_eq!(received[0]["access_key_id"], moto.gateway_keys().access_key_id);
    assert_eq!((&received[0]["order"], &received[0]["status"]), (&json!(0), &json!(200)));
    assert!(moto.role("mcp-reader").contains(moto.account()));
}

#[test]
fn a_signed_request_can_be_sent_again_and_with_another_body() {
    let moto = Moto::start();
    let mut request = aws(moto.url(), "sts", "Action=GetCallerIdentity&Version=2011-06-15");
    let mut altered = request.clone();
    request["times"] = json!(2);
    altered["sent_body"] = json!("Action=GetCallerIdentity&Version=2011-06-15&More=1");
    let replies = send_signed(&moto.gateway_keys(), &[request, altered]);
    let statuses: Vec<&Value> = replies.iter().map(|reply| &reply["status"]).collect();
    assert_eq!(statuses, [&json!(200), &json!(200), &json!(403)]);
}

#[test]
fn a_tampered_request_is_on_the_wire_as_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    let request = json!({
        "url": format!("http://{address}/mcp"),
        "headers": [["content-type", "text/plain"], ["x-one", "1"]],
        "unsigned": ["content-type"],
        "omitted": ["x-amz-security-token"],
        "doubled": ["x-one"],
        "added": [["x-two", "2"]],
        "sent_target": "/other",
        "skew_seconds": -3_000_000_000_i64,
    });
    let caller = std::thread::spawn(move || send_signed(&example_keys(), &[request]));
    let (connection, _) = listener.accept().expect("the caller connects");
    let head: Vec<String> =
        BufReader::new(&connection).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    (&connection).write_all(b"HTTP/1.1 204 No Content\r\n\r\n").expect("the caller listens");
    assert_eq!(caller.join().expect("the caller does not fail")[0]["status"], 204);

    let lines = |start: &str| head.iter().filter(|line| line.to_lowercase().starts_with(start)).collect::<Vec<_>>();
    assert_eq!(head[0], "POST /other HTTP/1.1");
    assert_eq!(lines("x-one: ").len(), 2);
    assert_eq!((lines("x-two: ").len(), lines("content-type: ").len(), lines("x-amz-security-token").len()), (1, 1, 0));
    assert!(
        lines("authorization: ")[0]
            .contains("SignedHeaders=content-length;host;x-amz-date;x-amz-security-token;x-one,")
    );
    assert!(lines("x-amz-date: ")[0].contains(": 19"), "three thousand million seconds ago was another century");
}

#[test]
fn faulty_aws_does_what_was_queued_and_then_behaves() {
    let mut aws_stand_in = FaultyAws::start();
    aws_stand_in.queue(
        "CreateUser",
        &[
            json!({ "throttle": true, "times": 2 }),
            json!({ "status": 503, "code": "ServiceUnavailable", "message": "<later>" }),
            json!({ "close": "unanswered" }),
            json!({ "close": "mid-body", "result": "<User/>" }),
            json!({ "body": "<html>", "content_type": "text/html", "status": 502 }),
            json!({ "result": "<User><UserName>dave</UserName></User>" }),
        ],
    );
    let create = aws(aws_stand_in.url(), "iam", "Action=CreateUser&UserName=dave");
    let replies = send_signed(&example_keys(), &vec![create; 8]);
    assert_eq!(element(&replies[0], "Code"), "Throttling");
    assert_eq!(element(&replies[1], "Code"), "Throttling");
    assert_eq!((&replies[2]["status"], element(&replies[2], "Message")), (&json!(503), "&lt;later&gt;"));
    assert_eq!(replies[3]["error"]["type"], "RemoteDisconnected");
    assert_eq!(replies[4]["error"]["type"], "IncompleteRead");
    assert_eq!((&replies[5]["status"], &replies[5]["body"]), (&json!(502), &json!("<html>")));
    assert_eq!(element(&replies[6], "UserName"), "dave");
    assert_eq!(element(&replies[7], "Code"), "InvalidAction");
    let behaviours = aws_stand_in.recording().requests();
    assert_eq!((behaviours.len(), &behaviours[3]["behaviour"]["close"]), (8, &json!("unanswered")));

    let assume = aws(aws_stand_in.url(), "sts", "Action=AssumeRole&RoleArn=arn:aws:iam::1:role/r&RoleSessionName=bob");
    let assumed = send_signed(&example_keys(), &[assume]).remove(0);
    assert_eq!(session_keys(&assumed).session_token.as_deref(), Some("token-of-bob"));
}

#[test]
fn a_held_request_waits_for_its_release() {
    let mut aws_stand_in = FaultyAws::start();
    aws_stand_in.queue("GetUser", &[json!({ "hold": true, "result": "<User/>" })]);
    let request = aws(aws_stand_in.url(), "iam", "Action=GetUser");
    let (sender, answered) = channel();
    let caller = std::thread::spawn(move || sender.send(send_signed(&example_keys(), &[request])));
    // Ends by itself: the caller's own patience is bounded, and its answer would be seen here.
    while aws_stand_in.recording().requests().is_empty() {
        assert!(matches!(answered.recv_timeout(MOMENT), Err(RecvTimeoutError::Timeout)), "answered before it was held");
    }
    assert!(matches!(answered.recv_timeout(MOMENT), Err(RecvTimeoutError::Timeout)), "answered before its release");
    aws_stand_in.release();
    let replies = answered.recv().expect("the caller sends the replies");
    assert_eq!(replies[0]["status"], 200);
    caller.join().expect("the caller does not fail").expect("the replies were received");
}
