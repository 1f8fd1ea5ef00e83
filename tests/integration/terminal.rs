//! What a server says is data to the terminal that shows it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use serde_json::{Value, json};

use crate::support::command::{Ran, run_with};

/// Clears the screen, sets the title, recolours with a C1 introducer, turns the reading direction, hides a letter.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\u{7f}\u{202e}\u{e0041}";

/// A server that answers one request with each of these messages.
fn answering(messages: &[Value]) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let url = format!("http://{}/mcp", listener.local_addr().expect("a bound listener has an address"));
    let messages: Vec<String> = messages.iter().map(Value::to_string).collect();
    let server = thread::spawn(move || messages.iter().for_each(|message| answer(&listener, message)));
    (url, server)
}

fn answer(listener: &TcpListener, message: &str) {
    let (mut stream, _) = listener.accept().expect("the command connects");
    let mut request = BufReader::new(stream.try_clone().expect("a socket can be shared"));
    let mut length = 0;
    loop {
        let mut line = String::new();
        request.read_line(&mut line).expect("the command sends a head");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("the command knows its body's length");
        }
        if line.trim().is_empty() {
            break;
        }
    }
    request.read_exact(&mut vec![0; length]).expect("the command sends a body");
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
    write!(stream, "{head}Content-Length: {}\r\n\r\n{message}", message.len()).expect("the command reads");
}

fn called(message: &Value, more: &[&str]) -> Ran {
    ran_with(&["call", "whoami"], std::slice::from_ref(message), more)
}

fn ran_with(command: &[&str], messages: &[Value], more: &[&str]) -> Ran {
    let (url, server) = answering(messages);
    let variables = [("AWS_ACCESS_KEY_ID", "IMGKAAAAAAAAAAAAAAAA"), ("AWS_SECRET_ACCESS_KEY", "none")];
    let ran = run_with(&[command, &["--url", &url], more].concat(), &variables, "");
    server.join().expect("the server answered");
    ran
}

#[track_caller]
fn assert_harmless(ran: &Ran) {
    let said = ran.said();
    assert!(!said.contains(|c: char| HOSTILE.contains(c) && !c.is_ascii_graphic()), "{said:?}");
    assert!(said.contains("title"), "it was shown: {said:?}");
}

#[test]
fn a_refusal_is_shown_and_not_obeyed() {
    let error = json!({"code": -32600, "message": HOSTILE, "data": {"code": HOSTILE, "hint": HOSTILE}});
    let message = json!({"jsonrpc": "2.0", "id": 1, "error": error});
    let shown = called(&message, &[]);
    assert_eq!((shown.code, shown.stdout.as_str()), (1, ""));
    assert_harmless(&shown);
    assert!(shown.stderr.contains("\\u{202e}"), "{}", shown.stderr);
    let shown = called(&message, &["--json"]);
    assert_eq!((shown.code, &shown.json()["error"]["message"]), (1, &json!(HOSTILE)));
    assert_harmless(&shown);
}

#[test]
fn a_result_is_shown_and_not_obeyed() {
    for is_error in [false, true] {
        let error = json!({"code": HOSTILE, "message": HOSTILE, "hint": HOSTILE});
        let content = json!({"error": error, HOSTILE: [HOSTILE]});
        let message = json!({"jsonrpc": "2.0", "id": 1, "result": {"isError": is_error, "structuredContent": content}});
        for more in [&[][..], &["--json"]] {
            let shown = called(&message, more);
            assert_eq!(shown.code, i32::from(is_error), "{shown:?}");
            assert_harmless(&shown);
        }
        let json = called(&message, &["--json"]).json();
        assert_eq!(json["structuredContent"], content, "the escapes are JSON's, so the value is the same");
    }
}

#[test]
fn a_plan_is_shown_to_who_approves_and_not_obeyed() {
    let plan = json!({
        "lines": [HOSTILE, HOSTILE], "caller": {"name": HOSTILE, "person": HOSTILE}, "role_arn": HOSTILE,
        "role_mapping": HOSTILE, "reason": HOSTILE, "because": HOSTILE, "planned_by_request_id": HOSTILE,
        "expires_at": HOSTILE, "approval_token": HOSTILE,
    });
    for more in [&["--yes"][..], &["--yes", "--json"], &["--reject"]] {
        let shown = ran_with(&["approve", "a-token"], &[plan.clone(), plan.clone()], more);
        assert_eq!(shown.code, 0, "{shown:?}");
        assert_harmless(&shown);
    }
    let refused = json!({"error": {"code": -32600, "message": HOSTILE, "data": {"code": HOSTILE, "hint": HOSTILE}}});
    let shown = ran_with(&["approve", "a-token"], &[refused], &["--yes"]);
    assert_eq!((shown.code, shown.stdout.as_str()), (1, ""));
    assert_harmless(&shown);
}
