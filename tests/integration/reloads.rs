//! Keyring and configuration, changed while the gateway runs. The files are looked at every second.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::support::command::run;
use crate::support::gateway::{NAME, TestGateway};
use crate::support::http::{Answer, connect};
use crate::support::mcp::{Called, message, modern};
use crate::support::waiting::eventually;

fn reloads(gateway: &TestGateway, name: &str, count: usize) -> Vec<Value> {
    eventually("the reload is recorded", || {
        let records: Vec<Value> =
            gateway.records("reload").into_iter().filter(|record| record["eventName"] == name).collect();
        (records.len() >= count).then_some(records)
    })
}

fn name_line() -> String {
    format!("name = \"{NAME}\"\n")
}

fn lists(gateway: &TestGateway, tool: &str) -> bool {
    let listed = modern(gateway.request("alice"), &message("1", "tools/list", json!({}))).send().json();
    listed["result"]["tools"].as_array().is_some_and(|tools| tools.iter().any(|listed| listed["name"] == tool))
}

#[test]
fn a_disabled_key_is_refused_without_a_restart() {
    let gateway = TestGateway::without_aws().start();
    assert!(!gateway.call("reader", "whoami", json!({})).is_error);
    let id = &gateway.keys("reader").access_key_id;
    let disabled = run(&["keyring", "disable", "--config", &gateway.argument("gateway.toml"), id]);
    assert_eq!(disabled.code, 0, "{}", disabled.stderr);
    let (_, request) = gateway.tool_call("reader", "whoami", json!({}));
    let refusal = eventually("the key is refused", || Some(request.send()).filter(|answer| answer.status == 401));
    assert_eq!(refusal.code(), "inactive_key");
    let records = reloads(&gateway, "ReloadKeyring", 1);
    assert_eq!(records[0]["responseElements"]["changed"], json!([id]));
    assert!(!gateway.call("alice", "whoami", json!({})).is_error);
}

#[test]
fn the_kill_switch_hides_and_refuses_writes_until_it_is_taken_back() {
    let gateway = TestGateway::without_aws().start();
    assert!(lists(&gateway, "create_user"));
    let digest = |record: &Value| record["additionalEventData"]["configuration"].clone();
    let before = gateway.call("alice", "whoami", json!({}));
    let before = digest(&gateway.records_of(&before.id)[0]);

    gateway.reconfigure(&name_line(), &format!("{}read_only = true\n", name_line()));
    gateway.signal("HUP");
    let record = &reloads(&gateway, "ReloadConfiguration", 1)[0];
    assert_eq!(record["responseElements"]["readOnly"], true);
    assert_eq!(record["responseElements"]["previousConfiguration"], before);
    assert!(!lists(&gateway, "create_user"));
    let refused = gateway.call("alice", "create_user", json!({"user_name": "dave"}));
    assert_eq!(refused.code(), "ReadOnlyGateway");
    assert_eq!(digest(&gateway.records_of(&refused.id)[0]), digest(record));
    assert_ne!(digest(record), before);

    gateway.reconfigure("read_only = true\n", "");
    gateway.signal("HUP");
    assert_eq!(digest(&reloads(&gateway, "ReloadConfiguration", 2)[1]), before);
    assert!(lists(&gateway, "create_user"));
}

#[test]
fn a_bad_new_configuration_is_refused_and_the_old_one_stays() {
    let gateway = TestGateway::without_aws().start();
    gateway.reconfigure(&name_line(), &format!("{}read_onyl = true\n", name_line()));
    let record = &reloads(&gateway, "ReloadConfiguration", 1)[0];
    assert_eq!(record["errorCode"], "BadConfiguration");
    assert!(record["errorMessage"].as_str().is_some_and(|message| message.contains("read_onyl")), "{record}");
    assert!(gateway.log().contains("the new configuration is refused; the old one stays in force"));
    assert!(lists(&gateway, "create_user"));
    let who = gateway.call("alice", "whoami", json!({}));
    assert_eq!(who.done()["GatewayReadOnly"], false);
}

#[test]
fn the_read_only_option_is_not_undone_by_a_reload() {
    let gateway = TestGateway::without_aws().read_only().start();
    assert!(!lists(&gateway, "create_user"));
    // The protected ARN makes the version a new one even though the option covers the other line.
    let protect = "[protect]\narns = [\"arn:aws:iam::123456789012:role/break-glass\"]\n";
    gateway.reconfigure(&name_line(), &format!("{}read_only = false\n\n{protect}", name_line()));
    let record = &reloads(&gateway, "ReloadConfiguration", 1)[0];
    assert_eq!((&record["responseElements"]["readOnly"], record.get("errorCode")), (&json!(true), None), "{record}");
    assert!(!lists(&gateway, "create_user"));
    assert_eq!(gateway.call("alice", "create_user", json!({"user_name": "dave"})).code(), "ReadOnlyGateway");
}

#[test]
fn what_cannot_change_while_running_is_named_and_waits() {
    let gateway = TestGateway::without_aws().start();
    gateway.reconfigure(&name_line(), "name = \"another.test\"\n");
    let record = &reloads(&gateway, "ReloadConfiguration", 1)[0];
    assert_eq!(record["responseElements"]["atNextStart"], json!(["gateway.name"]), "{record}");
    let who = gateway.call("alice", "whoami", json!({}));
    assert_eq!(who.done()["SessionTags"]["CalledViaAWSMCP"], NAME);
}

#[test]
fn a_version_that_is_refused_for_its_keys_revokes_all_the_same_and_is_taken_when_they_are_there() {
    let gateway = TestGateway::without_aws().start();
    assert!(lists(&gateway, "create_user"));
    let rest = "[[revoked]]\ncaller = \"keyring:reader\"\n\
                [[sealing.keys]]\nid = \"a\"\nfile = \"late.key\"\nstate = \"seal\"\n";
    gateway.reconfigure(&name_line(), &format!("{}read_only = true\n\n{rest}", name_line()));
    let record = &reloads(&gateway, "ReloadConfiguration", 1)[0];
    assert_eq!(record["errorCode"], "BadSealingKeys", "{record}");
    assert_eq!(record["responseElements"], json!({"readOnly": true, "revocations": 1}));
    let (_, request) = gateway.tool_call("reader", "whoami", json!({}));
    let refused = request.send();
    assert_eq!((refused.status, refused.code()), (401, "revoked".into()));
    assert!(!lists(&gateway, "create_user"), "the switch is thrown");

    let key = gateway.path("late.key");
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(key).expect("the folder is ours");
    file.write_all(BASE64.encode(&[7; 32]).as_bytes()).expect("the folder is ours");
    drop(file);
    let records = reloads(&gateway, "ReloadConfiguration", 2);
    assert_eq!((records.len(), records[1].get("errorCode")), (2, None), "refused once, taken once: {records:?}");
    let (_, request) = gateway.tool_call("reader", "whoami", json!({}));
    assert_eq!(request.send().code(), "revoked");
}

#[test]
fn a_write_that_was_planned_under_other_policies_is_not_done() {
    let policy = |effect: &str| {
        let statement = json!({"Sid": "All", "Effect": effect, "Action": "iam:*", "Resource": "*"});
        json!({"Version": "2012-10-17", "Statement": statement})
    };
    let mut gateway = TestGateway::with_faulty_aws().policy("all.json", &policy("Allow")).start();
    gateway.aws().queue("AssumeRole", &[json!({"hold": true, "times": 2})]);
    let (id, request) = gateway.writing_call("alice", "create_user", json!({"user_name": "dave"}));
    let mut stream = connect(gateway.address());
    stream.write_all(&request.bytes()).expect("the gateway listens");
    eventually("the roles are being assumed", || (gateway.received("AssumeRole").len() == 2).then_some(()));
    fs::write(gateway.path("policies/all.json"), policy("Deny").to_string()).expect("the folder is ours");
    reloads(&gateway, "ReloadPolicies", 1);
    gateway.aws().release();
    let refused = Called::of(id, &Answer::read(&mut stream));
    assert_eq!(refused.code(), "ConfigurationChanged", "{:?}", refused.content);
    assert_eq!(gateway.records_of(&refused.id)[0]["stage"], "denied");
    assert_eq!(gateway.received("CreateUser").len(), 0);
    let again = gateway.write("alice", "create_user", json!({"user_name": "dave"}));
    assert_eq!(again.code(), "PolicyDenied");
}
