//! A second person: approved by another, and by nobody else.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::{
    APPROVES, SECOND_PERSON, altered, approval, approved, confirm, create, decide, delete, deletions, planned,
    second_person,
};
use crate::support::gateway::TestGateway;
use crate::support::prepared::Prepared;
use crate::support::waiting::eventually;

#[test]
fn another_person_is_shown_the_plan_and_lets_it_be_done_once() {
    let gateway = second_person().start();
    create(&gateway, "leaver");
    let reason = json!({"user_name": "leaver", "reason": "left the company"});
    let asked = gateway.write("planner", "delete_user", reason.clone());
    let plan_token = asked.done()["plan_token"].clone();
    assert!(asked.content["next"].as_str().is_some_and(|next| next.contains("iam-mcp-gateway approve")));
    assert_eq!(asked.content.get("confirmation_token"), None);

    let shown = approval(&gateway, "approver", &json!({"plan_token": plan_token})).send();
    assert_eq!(shown.status, 200, "{}", shown.text());
    let shown = shown.json();
    assert_eq!(shown["plan"]["object"], "arn:aws:iam::123456789012:user/people/leaver");
    let lines = [
        "delete_user in dev (AWS account 123456789012)",
        "on arn:aws:iam::123456789012:user/people/leaver",
        "This will go:",
        "- iam:DeleteUser on arn:aws:iam::123456789012:user/people/leaver",
    ];
    assert_eq!(shown["lines"], json!(lines));
    assert_eq!(
        (&shown["caller"]["person"], &shown["reason"], &shown["decision"]),
        (&json!("planner@example.com"), &json!("left the company"), &json!("asked"))
    );
    assert_eq!(shown.get("approval_token"), None, "showing is not approving");

    let token = approved(&gateway, &plan_token);
    assert_eq!(deletions(&gateway), 0, "approving does nothing yet");
    let mut confirmed = reason;
    confirmed["confirmation_token"] = token;
    let done = gateway.write("planner", "delete_user", confirmed.clone());
    assert_eq!(done.done()["status"], "done");
    assert_eq!(deletions(&gateway), 1);
    // Gone, so the plan of a second use cannot even be made.
    assert_eq!(gateway.write("planner", "delete_user", confirmed).code(), "NoSuchEntity");
}

#[test]
fn nobody_approves_for_the_same_person_or_without_being_one_or_being_allowed() {
    let gateway = second_person()
        .mapping("planner-admin", "role/mcp-admin", &format!("{APPROVES}\ntags = {{ Team = \"other\" }}"))
        .person("planner-admin", Some("Planner@Example.com"))
        .mapping("robot", "role/mcp-auditor", APPROVES)
        .person("robot", None)
        .start();
    create(&gateway, "leaver");
    let plan_token = planned(&gateway, "planner", "leaver");
    for (who, code, status) in [
        ("planner", "MayNotApprove", 403),
        ("alice", "MayNotApprove", 403),
        ("planner-admin", "ApproverIsCaller", 403),
        ("robot", "ApproverHasNoPerson", 403),
    ] {
        for decision in ["show", "approve", "reject"] {
            let refused = decide(&gateway, who, &plan_token, decision);
            assert_eq!((refused.status, refused.code().as_str()), (status, code), "{who} {decision}");
        }
    }
    assert_eq!(decide(&gateway, "approver", &plan_token, "approve").status, 200, "nobody of them has used it up");
    assert_eq!(deletions(&gateway), 0);
}

#[test]
fn what_was_not_approved_is_no_approval() {
    let gateway = second_person().start();
    create(&gateway, "leaver");
    let plan_token = planned(&gateway, "planner", "leaver");
    let model = delete(&gateway, "alice", "leaver").done()["confirmation_token"].clone();
    let token = approved(&gateway, &plan_token);
    for forged in [&plan_token, &altered(&token), &model, &json!("bm9uc2Vuc2U")] {
        assert_eq!(confirm(&gateway, "planner", "leaver", forged).code(), "ApprovalInvalid", "{forged}");
    }
    for forged in [&altered(&plan_token), &token, &model, &json!("bm9uc2Vuc2U"), &json!("")] {
        let refused = decide(&gateway, "approver", forged, "approve");
        assert_eq!((refused.status, refused.code().as_str()), (400, "ApprovalInvalid"), "{forged}");
    }
    assert_eq!(confirm(&gateway, "alice", "leaver", &token).code(), "ConfirmationInvalid");
    assert_eq!(deletions(&gateway), 0);
}

#[test]
fn an_approval_is_for_one_caller_its_arguments_and_the_account_as_it_was() {
    let gateway = second_person().mapping("planner2", "role/mcp-admin", SECOND_PERSON).start();
    create(&gateway, "leaver");
    create(&gateway, "other");
    let token = approved(&gateway, &planned(&gateway, "planner", "leaver"));
    assert_eq!(confirm(&gateway, "planner2", "leaver", &token).code(), "ConfirmationMismatch", "another caller");
    assert_eq!(confirm(&gateway, "planner", "other", &token).code(), "ConfirmationMismatch", "other arguments");
    let forced = json!({"user_name": "leaver", "force": true, "confirmation_token": token});
    assert_eq!(gateway.write("planner", "delete_user", forced).code(), "ConfirmationMismatch", "one argument more");
    // Another user of the same name is not the one that was approved.
    let model = delete(&gateway, "alice", "leaver").done()["confirmation_token"].clone();
    confirm(&gateway, "alice", "leaver", &model).done();
    create(&gateway, "leaver");
    assert_eq!(confirm(&gateway, "planner", "leaver", &token).code(), "ConfirmationMismatch", "a changed target");
    assert_eq!(deletions(&gateway), 1, "only the one that alice confirmed");
}

#[test]
fn an_approval_is_used_up_by_an_attempt_and_a_plan_by_a_no() {
    let gateway = second_person().mapping("limited", "role/mcp-auditor", SECOND_PERSON).start();
    create(&gateway, "leaver");
    let plan_token = planned(&gateway, "limited", "leaver");
    let (first, second) = (approved(&gateway, &plan_token), approved(&gateway, &plan_token));
    let refused = confirm(&gateway, "limited", "leaver", &first);
    assert_eq!((refused.code(), &refused.content["error"]["stage"]), ("AccessDenied", &json!("aws")));
    for token in [&first, &second] {
        assert_eq!(confirm(&gateway, "limited", "leaver", token).code(), "ConfirmationUsed");
    }
    let refused = decide(&gateway, "approver", &plan_token, "approve");
    assert_eq!((refused.status, refused.code().as_str()), (409, "ConfirmationUsed"));

    let plan_token = planned(&gateway, "planner", "leaver");
    let token = approved(&gateway, &plan_token);
    let rejected = decide(&gateway, "approver", &plan_token, "reject");
    assert_eq!((rejected.status, &rejected.json()["decision"]), (200, &json!("rejected")));
    assert_eq!(decide(&gateway, "approver", &plan_token, "show").code(), "ConfirmationUsed");
    assert_eq!(confirm(&gateway, "planner", "leaver", &token).code(), "ConfirmationUsed");
}

#[test]
fn an_approval_that_is_sent_again_is_a_replay() {
    let gateway = second_person().start();
    create(&gateway, "leaver");
    let body = json!({"plan_token": planned(&gateway, "planner", "leaver"), "decision": "approve"});
    let request = approval(&gateway, "approver", &body);
    assert_eq!(request.send().status, 200);
    let again = request.send();
    assert_eq!((again.status, again.code().as_str()), (409, "replayed"));
}

#[test]
fn an_unsigned_or_malformed_request_decides_nothing() {
    let gateway = second_person().start();
    create(&gateway, "leaver");
    let plan_token = planned(&gateway, "planner", "leaver");
    let body = json!({"plan_token": plan_token, "decision": "approve"});
    let good = || approval(&gateway, "approver", &body);
    for (request, status, code) in [
        (good().omitted("authorization"), 401, "missing_authorization"),
        (good().sent_body("{}"), 401, "signature_mismatch"),
        (good().target("/approvals/elsewhere"), 401, "environment_not_allowed"),
        (good().target("/approvals/"), 404, "not_found"),
        (good().method("GET"), 405, "method_not_allowed"),
        (good().header("content-type", "text/plain"), 415, "unsupported_media_type"),
        (good().body("{}"), 400, "params_invalid"),
        (good().body("[]"), 400, "params_invalid"),
        (good().body(json!({"plan_token": plan_token, "decision": "maybe"}).to_string()), 400, "params_invalid"),
        (good().body(json!({"plan_token": plan_token, "force": true}).to_string()), 400, "params_invalid"),
        (good().body("x".repeat(2 * 1024 * 1024)), 413, "body_too_large"),
    ] {
        let answer = request.send();
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
    }
    assert_eq!(good().send().status, 200);
    let named = approval(&gateway, "approver", &json!({"plan_token": plan_token})).target("/approvals/dev");
    assert_eq!(named.send().status, 200, "the default environment has a name, too");
}

#[test]
fn a_caller_without_a_person_gets_no_second_one() {
    let gateway = second_person().mapping("robot", "role/mcp-admin", SECOND_PERSON).person("robot", None).start();
    create(&gateway, "leaver");
    assert_eq!(delete(&gateway, "robot", "leaver").code(), "CallerHasNoPerson");
    let token = approved(&gateway, &planned(&gateway, "planner", "leaver"));
    assert_eq!(confirm(&gateway, "robot", "leaver", &token).code(), "CallerHasNoPerson");
    let dry = gateway.write("robot", "delete_user", json!({"user_name": "leaver", "dry_run": true}));
    assert_eq!(dry.done()["status"], "dry_run");
}

#[test]
fn where_nobody_may_approve_the_refusal_says_what_to_do() {
    let gateway = TestGateway::with_sandbox().mapping("planner", "role/mcp-admin", SECOND_PERSON).start();
    create(&gateway, "leaver");
    let refused = delete(&gateway, "planner", "leaver");
    assert_eq!(refused.code(), "NoApprover");
    let hint = refused.content["error"]["hint"].as_str().expect("the refusal says what to do");
    assert!(hint.contains("may_approve = true") && hint.contains("confirmation"), "{hint}");
    assert!(gateway.log().contains("wants a second person"), "its start warned of it");
}

#[test]
fn a_plan_ends_with_the_process_that_alone_has_the_key() {
    let mut gateway = second_person().start();
    create(&gateway, "leaver");
    let plan_token = planned(&gateway, "planner", "leaver");
    let token = approved(&gateway, &plan_token);
    gateway.stop();
    gateway.restart();
    assert_eq!(decide(&gateway, "approver", &plan_token, "approve").code(), "ApprovalInvalid");
    assert_eq!(confirm(&gateway, "planner", "leaver", &token).code(), "ApprovalInvalid");
}

#[test]
fn replicas_with_one_sealing_key_accept_what_the_other_sealed() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let key = folder.path().join("sealing.key");
    fs::write(&key, BASE64.encode(&[9; 32])).expect("the folder is ours");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("the file is ours");
    let keys = format!("[{{ id = \"a\", file = {key:?}, state = \"seal\" }}]");
    let sealed = |prepared: Prepared| prepared.set("sealing.keys", &keys);
    let first = sealed(second_person()).start();
    let second = sealed(TestGateway::without_aws().mapping("approver", "role/mcp-reader", APPROVES)).start();
    create(&first, "leaver");
    // Replicas have one keyring: an approval counts where its key is known.
    let keyring = |gateway: &TestGateway| -> Value {
        let keyring = fs::read(gateway.path("keyring.json")).expect("the folder is ours");
        serde_json::from_slice(&keyring).expect("a keyring is JSON")
    };
    let mut both = keyring(&first);
    both["keys"]
        .as_array_mut()
        .expect("a keyring has keys")
        .extend(keyring(&second)["keys"].as_array().cloned().unwrap());
    fs::write(first.path("keyring.json"), both.to_string()).expect("the folder is ours");
    eventually("the keyring is reloaded", || first.records("reload").pop());
    let plan_token = planned(&first, "planner", "leaver");
    let token: Value = approved(&second, &plan_token);
    assert_eq!(confirm(&first, "planner", "leaver", &token).done()["status"], "done");
    assert_eq!(decide(&first, "approver", &plan_token, "approve").code(), "ConfirmationUsed");
}

#[test]
fn a_plan_is_approved_in_its_own_environment() {
    let other = "default = true\n\n[[environment]]\nname = \"other\"\naccounts = [\"222222222222\"]\n\n\
                 [[role_mapping]]\nenvironment = \"other\"\ncaller = \"approver\"\naccess = \"read-only\"\n\
                 role_arn = \"arn:aws:iam::{account}:role/agent\"\nmay_approve = true\n";
    let gateway = second_person().environment(other).start();
    let keyring = fs::read_to_string(gateway.path("keyring.json")).expect("the folder is ours");
    let mut keyring: Value = serde_json::from_str(&keyring).expect("a keyring is JSON");
    for key in keyring["keys"].as_array_mut().expect("a keyring has keys") {
        key["environments"] = json!(["dev", "other"]);
    }
    fs::write(gateway.path("keyring.json"), keyring.to_string()).expect("the folder is ours");
    create(&gateway, "leaver");
    let plan_token = planned(&gateway, "planner", "leaver");
    let body = json!({"plan_token": plan_token, "decision": "approve"});
    let refused = eventually("the keyring is reloaded", || {
        let answer = approval(&gateway, "approver", &body).target("/approvals/other").send();
        (answer.status != 401).then_some(answer)
    });
    assert_eq!((refused.status, refused.code().as_str()), (409, "ConfirmationMismatch"));
    assert!(refused.text().contains("/approvals/dev"), "{}", refused.text());
    let refused = approval(&gateway, "planner", &body).target("/approvals/other").send();
    assert_eq!((refused.status, refused.code().as_str()), (403, "NoRoleMapping"));
}
