//! In which order a forced deletion takes away what its principal may do: wherever it stops, the principal can do no more than
//! before.

use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::prepared::Prepared;
use crate::tools::{UNCONFIRMED, with_callers};

const READS: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

fn prepared() -> Prepared {
    with_callers(TestGateway::with_sandbox())
}

fn write(gateway: &TestGateway, tool: &str, arguments: Value) -> Value {
    gateway.write(UNCONFIRMED, tool, arguments).done().clone()
}

fn document(effect: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": "s3:*", "Resource": "*"}]})
}

/// What each call of a forced deletion's plan takes away, by the policy or the group.
fn going(gateway: &TestGateway, tool: &str, arguments: &Value) -> Vec<String> {
    let mut forced = arguments.clone();
    (forced["force"], forced["dry_run"]) = (json!(true), json!(true));
    let plan = write(gateway, tool, forced)["plan"].clone();
    let calls = plan["calls"].as_array().expect("a plan has calls");
    let named = |call: &Value| {
        let members = ["PolicyName", "PolicyArn", "GroupName"].map(|member| call["parameters"][member].as_str());
        members.into_iter().flatten().next().map(ToOwned::to_owned)
    };
    calls.iter().filter_map(named).collect()
}

/// A group that denies and a user in it, who has one policy of each kind.
fn make_user(gateway: &TestGateway) {
    write(gateway, "create_group", json!({"group_name": "a-denying"}));
    let put = json!({"group_name": "a-denying", "policy_name": "no", "policy_document": document("Deny")});
    write(gateway, "put_group_policy", put);
    write(gateway, "create_group", json!({"group_name": "b-empty"}));
    write(gateway, "create_user", json!({"user_name": "leaver"}));
    for group in ["a-denying", "b-empty"] {
        write(gateway, "add_user_to_group", json!({"user_name": "leaver", "group_name": group}));
    }
    for (name, effect) in [("a-deny", "Deny"), ("b-allow", "Allow")] {
        let put = json!({"user_name": "leaver", "policy_name": name, "policy_document": document(effect)});
        write(gateway, "put_user_policy", put);
    }
    write(gateway, "attach_user_policy", json!({"user_name": "leaver", "policy_arn": READS}));
}

#[test]
fn what_denies_a_user_goes_after_what_allows_it_and_groups_go_last() {
    let gateway = prepared().start();
    make_user(&gateway);
    let order = going(&gateway, "delete_user", &json!({"user_name": "leaver"}));
    assert_eq!(order, [READS, "b-allow", "b-empty", "a-deny", "a-denying"]);
    let deleted = write(&gateway, "delete_user", json!({"user_name": "leaver", "force": true}));
    assert_eq!(deleted["Deleted"]["UserName"], "leaver");
}

#[test]
fn what_denies_a_role_goes_after_what_allows_it() {
    let gateway = prepared().start();
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ]});
    write(&gateway, "create_role", json!({"role_name": "retired", "assume_role_policy_document": trust}));
    let managed = json!({"policy_name": "denying", "policy_document": document("Deny")});
    let denying = write(&gateway, "create_policy", managed)["Policy"]["Arn"].as_str().expect("an ARN").to_owned();
    for arn in [&denying, READS] {
        write(&gateway, "attach_role_policy", json!({"role_name": "retired", "policy_arn": arn}));
    }
    for (name, effect) in [("a-deny", "Deny"), ("b-allow", "Allow")] {
        let put = json!({"role_name": "retired", "policy_name": name, "policy_document": document(effect)});
        write(&gateway, "put_role_policy", put);
    }
    let order = going(&gateway, "delete_role", &json!({"role_name": "retired"}));
    assert_eq!(order, [READS, "b-allow", denying.as_str(), "a-deny"]);
}

#[test]
fn what_the_endpoint_policies_do_not_let_be_read_counts_as_denying_and_keeps_nothing_from_being_deleted() {
    let gateway = prepared()
        .policy(
            "documents.json",
            &json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "Action": "iam:GetPolicyVersion", "Resource": "*",
                 "Condition": {"StringEquals": {"mcp:ToolName": "delete_user"}}},
            ]}),
        )
        .start();
    make_user(&gateway);
    let order = going(&gateway, "delete_user", &json!({"user_name": "leaver"}));
    assert_eq!(order, ["b-allow", "b-empty", READS, "a-deny", "a-denying"]);
    let deleted = write(&gateway, "delete_user", json!({"user_name": "leaver", "force": true}));
    assert_eq!(deleted["Deleted"]["UserName"], "leaver");
}
