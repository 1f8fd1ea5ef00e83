//! What a change lets somebody do that could not before, beyond the document that is changed: what a Deny kept from whom,
//! who may be a role, and that whoever was looked at is still the same one.

use serde_json::{Value, json};

use crate::support::gateway::{ACCOUNT, TestGateway};
use crate::support::mcp::Called;

const CONFIRMED: &str = "access = \"read-write\"\nconfirmation = \"model\"";
const BY_ITSELF: &str = "access = \"read-write\"\nconfirmation = \"none\"";
const APPROVES: &str = "access = \"read-only\"\nmay_approve = true";

/// `alice`'s mapping says nothing of confirmation, so what reaches administrator wants a second person, which `approver` is;
/// `keeper` is asked with a token, and `maker` never.
fn gateway() -> TestGateway {
    TestGateway::with_sandbox()
        .mapping("keeper", "role/mcp-admin", CONFIRMED)
        .mapping("maker", "role/mcp-admin", BY_ITSELF)
        .mapping("approver", "role/mcp-auditor", APPROVES)
        .start()
}

fn document(effect: &str, action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]})
}

fn trust(principal: &Value) -> Value {
    json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]})
}

fn own(policy: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/{policy}")
}

fn make(gateway: &TestGateway, tool: &str, arguments: Value) {
    gateway.write("maker", tool, arguments).done();
}

/// A user who may everything, held down by a Deny.
fn make_held_down(gateway: &TestGateway, user: &str) {
    make(gateway, "create_user", json!({"user_name": user}));
    let everything = json!({"user_name": user, "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"});
    make(gateway, "attach_user_policy", everything);
}

/// What `alice` is answered wants a second person, since somebody would reach administrator.
#[track_caller]
fn assert_reaches_administrator(gateway: &TestGateway, tool: &str, arguments: &Value) {
    let asked = gateway.write("alice", tool, arguments.clone());
    assert_eq!(asked.content["plan"]["granted"]["administrator"], true, "{tool}: {:?}", asked.content);
    assert!(asked.content["plan_token"].is_string(), "{tool} wants a second person: {:?}", asked.content);
    assert!(asked.content.get("confirmation_token").is_none(), "{tool}: {:?}", asked.content);
}

#[test]
fn whoever_lifts_a_deny_from_an_administrator_wants_a_second_person() {
    let gateway = gateway();
    make(&gateway, "create_policy", json!({"policy_name": "quarantine", "policy_document": document("Deny", "*")}));
    make_held_down(&gateway, "mallory");
    let attached = json!({"user_name": "mallory", "policy_arn": own("quarantine")});
    make(&gateway, "attach_user_policy", attached.clone());
    assert_reaches_administrator(&gateway, "detach_user_policy", &attached);
    // The same by what the policy says, and by its end.
    let harmless = json!({"policy_arn": own("quarantine"), "policy_document": document("Allow", "s3:GetObject"),
        "set_as_default": true});
    assert_reaches_administrator(&gateway, "create_policy_version", &harmless);
    assert_reaches_administrator(&gateway, "delete_policy", &json!({"policy_arn": own("quarantine"), "force": true}));

    let inline = json!({"user_name": "mallory", "policy_name": "held", "policy_document": document("Deny", "*")});
    make(&gateway, "put_user_policy", inline);
    make(&gateway, "detach_user_policy", attached);
    assert_reaches_administrator(
        &gateway,
        "delete_user_policy",
        &json!({"user_name": "mallory", "policy_name": "held"}),
    );
    let replaced =
        json!({"user_name": "mallory", "policy_name": "Held", "policy_document": document("Allow", "s3:GetObject")});
    let asked = gateway.write("alice", "put_user_policy", replaced);
    assert_eq!(asked.content["plan"]["lost"]["Policy"]["PolicyName"], "held", "{:?}", asked.content);
}

#[test]
fn a_group_that_denies_is_not_left_nor_deleted_by_one_alone() {
    let gateway = gateway();
    make_held_down(&gateway, "mallory");
    make(&gateway, "create_group", json!({"group_name": "held"}));
    let deny = json!({"group_name": "held", "policy_name": "held", "policy_document": document("Deny", "*")});
    make(&gateway, "put_group_policy", deny);
    let membership = json!({"group_name": "held", "user_name": "mallory"});
    make(&gateway, "add_user_to_group", membership.clone());
    assert_reaches_administrator(&gateway, "remove_user_from_group", &membership);
    let policy = json!({"group_name": "held", "policy_name": "held"});
    assert_reaches_administrator(&gateway, "delete_group_policy", &policy);
    assert_reaches_administrator(&gateway, "delete_group", &json!({"group_name": "held", "force": true}));
}

#[test]
fn whoever_is_newly_trusted_by_an_administrator_becomes_one() {
    let gateway = gateway();
    let service = trust(&json!({"Service": "ec2.amazonaws.com"}));
    let role = |name: &str| json!({"role_name": name, "assume_role_policy_document": service});
    make(&gateway, "create_role", role("mighty"));
    make(&gateway, "create_role", role("meek"));
    let everything = json!({"role_name": "mighty", "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"});
    make(&gateway, "attach_role_policy", everything);
    let foreign = trust(&json!({"AWS": "arn:aws:iam::999999999999:root"}));
    let opened = |name: &str| json!({"role_name": name, "assume_role_policy_document": foreign});
    assert_reaches_administrator(&gateway, "update_assume_role_policy", &opened("mighty"));
    let meek = gateway.write("alice", "update_assume_role_policy", opened("meek"));
    assert_eq!(meek.content["plan"]["granted"]["administrator"], false, "{:?}", meek.content);
    assert!(meek.content["confirmation_token"].is_string(), "{:?}", meek.content);
    let same = gateway.write("alice", "update_assume_role_policy", role("mighty"));
    assert_eq!(same.content["plan"]["granted"]["administrator"], false, "nobody new: {:?}", same.content);
}

#[test]
fn a_policy_of_a_group_reaches_its_members() {
    let gateway = gateway();
    make(
        &gateway,
        "create_policy",
        json!({"policy_name": "shared", "policy_document": document("Allow", "s3:GetObject")}),
    );
    make(&gateway, "create_group", json!({"group_name": "crew"}));
    make(&gateway, "create_user", json!({"user_name": "bob", "path": "/ops/"}));
    make(&gateway, "add_user_to_group", json!({"group_name": "crew", "user_name": "bob"}));
    make(&gateway, "attach_group_policy", json!({"group_name": "crew", "policy_arn": own("shared")}));
    let new = json!({"policy_arn": own("shared"), "policy_document": document("Allow", "*"), "set_as_default": true});
    assert_reaches_administrator(&gateway, "create_policy_version", &new);
    let asked = gateway.write("alice", "create_policy_version", new);
    let reached = asked.content["plan"]["reaches"].to_string();
    assert!(reached.contains(&format!("arn:aws:iam::{ACCOUNT}:user/ops/bob")), "{reached}");
}

/// The token of a call by `keeper`.
fn token(gateway: &TestGateway, tool: &str, arguments: &Value) -> Value {
    let asked = gateway.write("keeper", tool, arguments.clone());
    asked.done()["confirmation_token"].clone()
}

fn confirm(gateway: &TestGateway, tool: &str, arguments: &Value, token: &Value) -> Called {
    let mut arguments = arguments.clone();
    arguments["confirmation_token"] = token.clone();
    gateway.write("keeper", tool, arguments)
}

#[test]
fn a_principal_that_was_made_anew_is_another_one() {
    let gateway = gateway();
    let service = trust(&json!({"Service": "ec2.amazonaws.com"}));
    let role = json!({"role_name": "deploy", "assume_role_policy_document": service});
    make(&gateway, "create_role", role.clone());
    let attached = json!({"role_name": "deploy", "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"});
    let given = token(&gateway, "attach_role_policy", &attached);
    make(&gateway, "delete_role", json!({"role_name": "deploy", "force": true}));
    make(&gateway, "create_role", role);
    assert_eq!(confirm(&gateway, "attach_role_policy", &attached, &given).code(), "ConfirmationMismatch");

    let given = token(&gateway, "attach_role_policy", &attached);
    let opened = json!({"role_name": "deploy", "assume_role_policy_document": trust(&json!({"AWS": "*"}))});
    make(&gateway, "update_assume_role_policy", opened);
    let other = confirm(&gateway, "attach_role_policy", &attached, &given);
    assert_eq!(other.code(), "ConfirmationMismatch", "somebody else may be it: {:?}", other.content);
}
