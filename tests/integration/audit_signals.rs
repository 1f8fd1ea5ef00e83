//! Signals from the records of a real gateway: in its log, as figures, and by `audit signals`.

use serde_json::{Value, json};

use crate::support::command::{run, run_with};
use crate::support::gateway::{ACCOUNT, TestGateway};
use crate::support::waiting::eventually;

/// Two callers that may write, and users that nobody changes.
fn gateway() -> TestGateway {
    TestGateway::with_sandbox()
        .set("protect.arns", &format!("[\"arn:aws:iam::{ACCOUNT}:user/ci/*\"]"))
        .mapping("builder", "role/mcp-admin", "access = \"read-write\"")
        .start()
}

/// Tries to create a protected user; the number of the record.
fn attempt(gateway: &TestGateway, caller: &str) -> u64 {
    let refused =
        gateway.write(caller, "create_user", json!({"user_name": "newcomer", "path": "/ci/", "dry_run": true}));
    assert_eq!(refused.code(), "ProtectedResource", "{:?}", refused.content);
    gateway.records_of(&refused.id)[0]["integrity"]["sequence"].as_u64().expect("records are numbered")
}

/// The log's lines of signals.
fn logged(gateway: &TestGateway) -> Vec<Value> {
    let log = gateway.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line.get("signal").is_some()).collect()
}

/// How many signals about protected resources the metrics listener tells.
fn counted(gateway: &TestGateway) -> u64 {
    let metrics = gateway.metrics();
    let name = "iam_mcp_gateway_audit_signals_total{kind=\"protected-resource\"} ";
    let told =
        metrics.lines().find_map(|line| line.strip_prefix(name)).expect("each kind has a figure from the start on");
    told.parse().expect("a number")
}

fn stored(gateway: &TestGateway, options: &[&str]) -> Vec<Value> {
    let path = gateway.argument("audit");
    let ran = run(&[&["audit", "signals", &path, "--json"], options].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    ran.stdout.lines().map(|line| serde_json::from_str(line).expect("each line is a signal")).collect()
}

#[test]
fn an_attempt_on_a_protected_resource_is_logged_counted_and_found_and_told_once() {
    let mut gateway = gateway();
    assert_eq!(counted(&gateway), 0);
    let sequence = attempt(&gateway, "alice");
    let line = eventually("the signal is logged", || logged(&gateway).pop());
    let text = format!("create_user on arn:aws:iam::{ACCOUNT}:user/ci/newcomer was refused: ProtectedResource");
    assert_eq!((&line["level"], &line["message"]), (&json!("WARN"), &json!(text)));
    assert_eq!(
        [&line["signal"], &line["severity"], &line["records"], &line["target"]],
        ["protected-resource", "high", &sequence.to_string(), "iam_mcp_gateway::audit::signals"]
    );
    assert_eq!((&line["caller"], &line["count"]), (&json!("keyring:alice (alice@example.com)"), &json!(1)));
    assert_eq!(counted(&gateway), 1);

    let found = stored(&gateway, &[]);
    let [signal] = found.as_slice() else { unreachable!("one signal: {found:#?}") };
    let record = gateway.journal().into_iter().find(|record| record["integrity"]["sequence"] == sequence);
    let record = record.expect("it is in the journal");
    assert_eq!(
        *signal,
        json!({"signal": "protected-resource", "severity": "high", "time": record["eventTime"], "text": text, "count": 1,
            "caller": {"kind": "keyring", "name": "alice", "person": "alice@example.com"},
            "records": [sequence], "eventID": record["eventID"]})
    );

    gateway.stop();
    gateway.restart();
    attempt(&gateway, "alice");
    let other = attempt(&gateway, "builder");
    let line = eventually("the next signal is logged", || logged(&gateway).pop());
    assert_eq!(line["records"], other.to_string(), "the old one is not told again, and one like it is only counted");
    assert_eq!((logged(&gateway).len(), counted(&gateway)), (1, 1));
    gateway.stop();

    let counts: Vec<(Value, Value)> = stored(&gateway, &[])
        .into_iter()
        .map(|signal| (signal["caller"]["name"].clone(), signal["count"].clone()))
        .collect();
    let expected = [("alice", 1), ("builder", 1), ("alice", 1)].map(|(name, count)| (json!(name), json!(count)));
    assert_eq!(counts, expected, "the end of the journal tells what was only counted");
}

#[test]
fn signals_are_told_by_kind_caller_and_range_and_in_the_configurations_numbers() {
    let mut gateway = gateway();
    attempt(&gateway, "alice");
    for _ in 0..2 {
        assert_eq!(gateway.call("reader", "create_user", json!({"user_name": "mallory"})).code(), "ReadOnlyCaller");
    }
    gateway.stop();
    let found = |options: &[&str]| -> Vec<String> {
        stored(&gateway, options)
            .iter()
            .map(|signal| signal["signal"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(found(&[]), ["protected-resource"]);
    assert_eq!(found(&["--caller", "keyring:alice", "--from", "1h"]), ["protected-resource"]);
    assert_eq!(found(&["--caller", "reader"]), [""; 0]);
    assert_eq!(found(&["--kind", "new-address"]), [""; 0]);
    assert_eq!(found(&["--to", "1h"]), [""; 0]);
    gateway.reconfigure("[audit]", "[audit.signals]\nrefusals = 2\n[audit]");
    let config = gateway.argument("gateway.toml");
    assert_eq!(found(&["--config", &config]), ["protected-resource", "many-refusals"]);
    assert_eq!(found(&["--config", &config, "--kind", "many-refusals"]), ["many-refusals"]);

    let path = gateway.argument("audit");
    let table = run(&["audit", "signals", &path]);
    assert_eq!((table.code, table.stdout.lines().count()), (0, 2), "{table:?}");
    assert!(table.stdout.contains("keyring:alice (alice@example.com)"), "{}", table.stdout);
    assert!(table.stderr.contains("1 signal(s) out of "), "{}", table.stderr);
    let coloured = run_with(&["audit", "signals", &path], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], "");
    assert!(!coloured.stdout.contains('\u{1b}'));
}

#[test]
fn what_cannot_be_read_is_a_failure_and_what_means_nothing_wrong_usage() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().to_str().expect("temporary folders have plain names");
    let code = |arguments: &[&str]| run(&[&["audit", "signals"], arguments].concat()).code;
    assert_eq!(code(&[path]), 1, "there is no journal");
    std::fs::write(folder.path().join("journal-1.jsonl"), "{\"integrity\":{\"sequence\":1}}\n").expect("it is ours");
    assert_eq!(code(&[path]), 0, "without a signal");
    std::fs::write(folder.path().join("journal-2.jsonl.gz"), b"\x1f\x8b\x08").expect("it is ours");
    let ran = run(&["audit", "signals", path, "--json"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("journal-2.jsonl.gz cannot be read to its end"), "{}", ran.stderr);
    assert_eq!(code(&[path, "--kind", "everything"]), 2);
    assert_eq!(code(&[path, "--from", "1h", "--to", "2h"]), 2);
    assert_eq!(code(&[path, "--config", "/nonexistent.toml"]), 64);
}
