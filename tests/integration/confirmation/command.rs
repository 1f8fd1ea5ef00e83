//! `approve`, as a person runs it.

use serde_json::json;

use super::{confirm, create, deletions, planned, second_person};
use crate::support::command::{Ran, run_with};
use crate::support::gateway::TestGateway;

fn approve(gateway: &TestGateway, caller: &str, more: &[&str], input: &str) -> Ran {
    gateway.wait_for_writes();
    let keys = gateway.keys(caller);
    let variables = [("AWS_ACCESS_KEY_ID", &*keys.access_key_id), ("AWS_SECRET_ACCESS_KEY", &*keys.secret_access_key)];
    run_with(&[&["approve", "--url", &gateway.url()], more].concat(), &variables, input)
}

#[test]
fn it_shows_the_plan_and_prints_nothing_but_the_token() {
    let gateway = second_person().start();
    create(&gateway, "leaver");
    let plan_token = planned(&gateway, "planner", "leaver");
    let plan_token = plan_token.as_str().expect("a token is text");
    let ran = approve(&gateway, "approver", &["--yes", plan_token], "");
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert!(lines[0].contains("planner@example.com asks for this"), "{}", ran.stderr);
    let step = "  - iam:DeleteUser on arn:aws:iam::123456789012:user/people/leaver";
    assert!(lines.contains(&step) && lines.contains(&"  This will go:"), "{}", ran.stderr);
    let token = json!(ran.stdout.trim_end());
    assert!(!ran.stdout.trim_end().contains(char::is_whitespace), "{:?}", ran.stdout);
    assert_eq!(confirm(&gateway, "planner", "leaver", &token).done()["status"], "done");
    assert_eq!(deletions(&gateway), 1);

    let again = approve(&gateway, "approver", &["--yes", "--json", plan_token], "");
    assert_eq!((again.code, &again.json()["error"]["code"]), (1, &json!("ConfirmationUsed")));
}

#[test]
fn it_reads_the_token_from_standard_input_and_rejects() {
    let gateway = second_person().start();
    create(&gateway, "leaver");
    let plan_token = planned(&gateway, "planner", "leaver");
    let given = format!("{}\n", plan_token.as_str().expect("a token is text"));
    let ran = approve(&gateway, "approver", &["--reject", "--json", "-"], &given);
    assert_eq!((ran.code, &ran.json()["decision"]), (0, &json!("rejected")));
    assert_eq!(ran.json().get("approval_token"), None);
    let ran = approve(&gateway, "approver", &["--yes", "-"], &given);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("ConfirmationUsed"), "{}", ran.stderr);
}

#[test]
fn it_shows_a_plan_whole_and_decides_nothing() {
    let gateway = second_person().start();
    let asked = gateway.write("planner", "delete_user", json!({"user_name": "rosa.delgado", "force": true}));
    let plan_token = asked.done()["plan_token"].as_str().expect("a token is text").to_owned();
    let ran = approve(&gateway, "approver", &["--show", &plan_token], "");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    let calls = asked.content["plan"]["calls"].as_array().expect("a list of calls").len();
    assert_eq!(ran.stdout.lines().filter(|line| line.starts_with("  - iam:")).count(), calls, "{}", ran.stdout);
    assert!(ran.stdout.contains("plan, SHA-256: "), "{}", ran.stdout);
    let ran = approve(&gateway, "approver", &["--show", "--json", "-"], &plan_token);
    let shown = ran.json();
    assert_eq!(shown["plan"]["steps"].as_array().map(Vec::len), Some(calls), "{shown}");
    assert_eq!((&shown["decision"], shown.get("approval_token")), (&json!("asked"), None));
    assert_eq!(approve(&gateway, "approver", &["--show", "--yes", &plan_token], "").code, 2);
    assert_eq!(gateway.records("approval").len(), 0);
}

#[test]
fn it_decides_nothing_that_nobody_was_asked() {
    let gateway = second_person().start();
    create(&gateway, "leaver");
    let plan_token = planned(&gateway, "planner", "leaver");
    let plan_token = plan_token.as_str().expect("a token is text");
    let ran = approve(&gateway, "approver", &[plan_token], "y\n");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "a pipe is no person");
    assert!(ran.stderr.contains("--yes"), "{}", ran.stderr);
    assert_eq!(approve(&gateway, "approver", &["--yes", "--reject", plan_token], "").code, 2);
    assert_eq!(approve(&gateway, "approver", &["--yes", "-"], " \n").code, 2);
    let ran = approve(&gateway, "alice", &["--yes", plan_token], "");
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("MayNotApprove") && ran.stderr.contains("may_approve"), "{}", ran.stderr);
    let elsewhere = run_with(&["approve", "--yes", "--url", "https://gateway.example/", "x"], &[], "");
    assert_eq!(elsewhere.code, 2, "{elsewhere:?}");
    assert_eq!(gateway.records("approval").len(), 0);
}
