//! What changes between an approval and its use: what the approver and their key may, what the gateway may, and the process.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::{APPROVES, approval, approved, confirm, create, decide, delete, deletions, planned, second_person};
use crate::support::gateway::{NAME, TestGateway};
use crate::support::mcp::Called;
use crate::support::waiting::eventually;

const READ_ONLY_ACCESS: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

fn reloads(gateway: &TestGateway, name: &str) -> usize {
    gateway
        .records("reload")
        .iter()
        .filter(|record| record["eventName"] == name && record["errorCode"].is_null())
        .count()
}

/// Changes a line of the configuration, and waits until that is in force.
fn reconfigure(gateway: &TestGateway, old: &str, new: &str) {
    let before = reloads(gateway, "ReloadConfiguration");
    gateway.reconfigure(old, new);
    gateway.signal("HUP");
    eventually("it is in force", || (reloads(gateway, "ReloadConfiguration") > before).then_some(()));
}

/// Changes a caller's key in the keyring, and waits until that is in force.
fn change_key(gateway: &TestGateway, caller: &str, change: impl FnOnce(&mut Value)) {
    let before = reloads(gateway, "ReloadKeyring");
    let keyring = fs::read_to_string(gateway.path("keyring.json")).expect("the folder is ours");
    let mut keyring: Value = serde_json::from_str(&keyring).expect("a keyring is JSON");
    let id = &gateway.keys(caller).access_key_id;
    let mut keys = keyring["keys"].as_array_mut().expect("a keyring has keys").iter_mut();
    change(keys.find(|key| key["access_key_id"] == json!(id)).expect("it is there"));
    fs::write(gateway.path("keyring.json"), keyring.to_string()).expect("the folder is ours");
    eventually("it is in force", || (reloads(gateway, "ReloadKeyring") > before).then_some(()));
}

#[test]
fn an_approver_who_may_approve_no_more_has_not_approved() {
    let gateway = second_person().start();
    create(&gateway, "leaver");
    let token = approved(&gateway, &planned(&gateway, "planner", "leaver"));
    reconfigure(&gateway, "may_approve = true", "may_approve = false");
    let refused = confirm(&gateway, "planner", "leaver", &token);
    assert_eq!(refused.code(), "ApprovalInvalid");
    assert!(refused.message().contains("may not approve any more"), "{}", refused.message());
    assert_eq!(delete(&gateway, "planner", "leaver").code(), "NoApprover");
    reconfigure(&gateway, "may_approve = false", "may_approve = true");
    assert_eq!(confirm(&gateway, "planner", "leaver", &token).done()["status"], "done", "it was not used up");
}

#[test]
fn an_approval_counts_no_longer_than_the_key_that_gave_it() {
    let gateway = second_person().start();
    create(&gateway, "leaver");
    let token = approved(&gateway, &planned(&gateway, "planner", "leaver"));
    for (member, value) in [
        ("status", json!("inactive")),
        ("expires_at", json!("2026-01-02T00:00:00Z")),
        ("environments", json!(["elsewhere"])),
        ("uses", json!(["calls"])),
        ("person", json!("somebody-else@example.com")),
        ("caller", json!("somebody-else")),
        ("access_key_id", json!("IMGKAAAAAAAAAAAAAAAA")),
    ] {
        let keyring = fs::read_to_string(gateway.path("keyring.json")).expect("the folder is ours");
        change_key(&gateway, "approver", |key| {
            key["created_at"] = json!("2026-01-01T00:00:00Z");
            key[member] = value.clone();
        });
        let refused = confirm(&gateway, "planner", "leaver", &token);
        assert_eq!(refused.code(), "ApproverGone", "{member} {value}: {:?}", refused.content);
        let before = reloads(&gateway, "ReloadKeyring");
        fs::write(gateway.path("keyring.json"), keyring).expect("the folder is ours");
        eventually("it is taken back", || (reloads(&gateway, "ReloadKeyring") > before).then_some(()));
    }
    assert_eq!(deletions(&gateway), 0);
    assert_eq!(confirm(&gateway, "planner", "leaver", &token).done()["status"], "done", "none of it used it up");
}

#[test]
fn a_kill_switch_thrown_after_the_approval_keeps_it_from_being_used() {
    let gateway = second_person().start();
    create(&gateway, "leaver");
    let token = approved(&gateway, &planned(&gateway, "planner", "leaver"));
    let name = format!("name = \"{NAME}\"\n");
    reconfigure(&gateway, &name, &format!("{name}read_only = true\n"));
    assert_eq!(confirm(&gateway, "planner", "leaver", &token).code(), "ReadOnlyGateway");
    reconfigure(&gateway, "read_only = true\n", "");
    assert_eq!(confirm(&gateway, "planner", "leaver", &token).done()["status"], "done");
    assert_eq!(deletions(&gateway), 1);
}

#[test]
fn of_two_uses_at_once_one_is_done() {
    let gateway = second_person().start();
    create(&gateway, "leaver");
    let token = approved(&gateway, &planned(&gateway, "planner", "leaver"));
    let arguments = json!({"user_name": "leaver", "confirmation_token": token});
    let calls: Vec<_> = (0..4).map(|_| gateway.writing_call("planner", "delete_user", arguments.clone())).collect();
    let called: Vec<Called> = thread::scope(|scope| {
        let sent: Vec<_> =
            calls.into_iter().map(|(id, request)| scope.spawn(move || Called::of(id, &request.send()))).collect();
        sent.into_iter().map(|sent| sent.join().expect("it was answered")).collect()
    });
    assert_eq!(called.iter().filter(|called| called.content["status"] == "done").count(), 1, "one of them");
    for refused in called.iter().filter(|called| called.is_error) {
        assert!(["ConfirmationUsed", "NoSuchEntity"].contains(&refused.code()), "{:?}", refused.content);
    }
    assert_eq!(deletions(&gateway), 1);
}

#[test]
fn after_a_restart_what_was_used_or_rejected_is_not_done_although_the_account_is_as_it_was() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let key = folder.path().join("sealing.key");
    fs::write(&key, BASE64.encode(&[9; 32])).expect("the folder is ours");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("the file is ours");
    let keys = format!("[{{ id = \"a\", file = {key:?}, state = \"seal\" }}]");
    let mut gateway = second_person().set("sealing.keys", &keys).start();
    assert!(gateway.log().contains("once at each replica"), "its start warned of it");
    create(&gateway, "newcomer");
    create(&gateway, "leaver");

    let mut attach = json!({"user_name": "newcomer", "policy_arn": READ_ONLY_ACCESS});
    let plan_token = gateway.write("planner", "attach_user_policy", attach.clone()).done()["plan_token"].clone();
    attach["confirmation_token"] = approved(&gateway, &plan_token);
    assert_eq!(gateway.write("planner", "attach_user_policy", attach.clone()).done()["status"], "done");
    let mut detach = json!({"user_name": "newcomer", "policy_arn": READ_ONLY_ACCESS});
    let asked = gateway.write("alice", "detach_user_policy", detach.clone());
    detach["confirmation_token"] = asked.done()["confirmation_token"].clone();
    assert_eq!(gateway.write("alice", "detach_user_policy", detach).done()["status"], "done");

    let rejected = planned(&gateway, "planner", "leaver");
    let token = approved(&gateway, &rejected);
    let answer = decide(&gateway, "approver", &rejected, "reject").json();
    assert!(answer["note"].as_str().is_some_and(|note| note.contains("other replicas do not know")), "{answer}");
    let waiting = approved(&gateway, &planned(&gateway, "planner", "leaver"));
    assert_eq!(gateway.write("planner", "attach_user_policy", attach.clone()).code(), "ConfirmationUsed");

    gateway.stop();
    gateway.restart();
    assert_eq!(gateway.write("planner", "attach_user_policy", attach).code(), "ConfirmationUsed");
    assert_eq!(confirm(&gateway, "planner", "leaver", &token).code(), "ConfirmationUsed");
    assert_eq!(decide(&gateway, "approver", &rejected, "approve").code(), "ConfirmationUsed");
    assert_eq!(confirm(&gateway, "planner", "leaver", &waiting).done()["status"], "done", "what was not used is good");
}

#[test]
fn a_key_for_approvals_makes_no_calls_and_one_for_calls_approves_nothing() {
    let gateway = second_person().mapping("both", "role/mcp-auditor", APPROVES).start();
    create(&gateway, "leaver");
    let plan_token = planned(&gateway, "planner", "leaver");
    change_key(&gateway, "approver", |key| key["uses"] = json!(["approvals"]));
    let (_, request) = gateway.tool_call("approver", "whoami", json!({}));
    let refused = request.send();
    assert_eq!((refused.status, refused.code().as_str()), (401, "use_not_allowed"));
    let token = approved(&gateway, &plan_token);
    change_key(&gateway, "both", |key| key["uses"] = json!(["calls"]));
    assert!(!gateway.call("both", "whoami", json!({})).is_error);
    let refused = approval(&gateway, "both", &json!({"plan_token": plan_token})).send();
    assert_eq!((refused.status, refused.code().as_str()), (401, "use_not_allowed"));
    assert_eq!(confirm(&gateway, "planner", "leaver", &token).done()["status"], "done");
}

#[test]
fn a_caller_who_is_the_only_approver_is_told_that_there_is_no_other() {
    let own = "access = \"read-write\"\nconfirmation = \"second-person\"\nmay_approve = true";
    let gateway = TestGateway::with_sandbox().mapping("alone", "role/mcp-admin", own).start();
    create(&gateway, "leaver");
    let refused = delete(&gateway, "alone", "leaver");
    assert_eq!(refused.code(), "NoApprover");
    assert!(refused.message().contains("another person's"), "{}", refused.message());
}
