//! What no writing caller changes by any tool: protected resources, and the boundary that a mapping requires.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::command::run;
use crate::support::gateway::{ACCOUNT, TestGateway};

fn boundary(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/boundaries/{name}")
}

/// Machines' users are protected by configuration, and `builder` creates nobody without a boundary.
fn gateway() -> TestGateway {
    let required = format!("access = \"read-write\"\npermissions_boundary = \"{}\"", boundary("developer-boundary"));
    TestGateway::with_sandbox()
        .set(
            "protect.arns",
            &format!(
                "[\"arn:aws:iam::{ACCOUNT}:user/ci/*\", \"arn:aws:iam::{ACCOUNT}:user/people/reserved\", \
                 \"arn:aws:iam::{ACCOUNT}:group/locked/*\"]"
            ),
        )
        .set("tools.new_secrets", "\"reveal\"")
        .mapping("builder", "role/mcp-admin", &required)
        .start()
}

/// Ways to what is protected: to a machine's user, to the mapped role, to a boundary that a mapping requires, and to what
/// reaches them through a group or a policy.
fn ways(key: &str) -> Vec<(&'static str, Value)> {
    let identity = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"},
    ]});
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ]});
    let (required, of_machines) =
        (boundary("developer-boundary"), format!("arn:aws:iam::{ACCOUNT}:policy/ci-deploy-legacy"));
    let (user, of_role) = ("ci-jenkins", format!("arn:aws:iam::{ACCOUNT}:policy/mcp/mcp-admin"));
    vec![
        ("create_user", json!({"user_name": "newcomer", "path": "/ci/"})),
        ("create_user", json!({"user_name": "newcomer", "path": "/ci/deep/"})),
        ("create_user", json!({"user_name": "newcomer", "path": "/CI/"})),
        ("update_user", json!({"user_name": user, "new_user_name": "somebody"})),
        ("update_user", json!({"user_name": user, "new_path": "/people/"})),
        ("update_user", json!({"user_name": "farid.haddad", "new_path": "/ci/"})),
        ("update_user", json!({"user_name": "FARID.HADDAD", "new_path": "/CI/"})),
        ("update_user", json!({"user_name": "farid.haddad", "new_user_name": "Reserved"})),
        ("delete_user", json!({"user_name": user, "force": true})),
        ("delete_user", json!({"user_name": "CI-Jenkins", "force": true})),
        ("delete_user", json!({"user_name": user, "force": true, "dry_run": true})),
        ("delete_user", json!({"user_name": user, "force": true, "confirmation_token": "x"})),
        ("delete_user", json!({"user_name": user, "force": true, "confirmed": true})),
        ("tag_user", json!({"user_name": user, "tags": {"team": "x"}})),
        ("untag_user", json!({"user_name": user, "tag_keys": ["team"]})),
        ("put_user_permissions_boundary", json!({"user_name": user, "permissions_boundary": required})),
        ("attach_user_policy", json!({"user_name": user, "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"})),
        ("detach_user_policy", json!({"user_name": user, "policy_arn": of_machines})),
        ("put_user_policy", json!({"user_name": user, "policy_name": "x", "policy_document": identity})),
        ("create_access_key", json!({"user_name": user})),
        ("create_role", json!({"role_name": "mcp-admin", "assume_role_policy_document": trust})),
        ("update_role", json!({"role_name": "mcp-admin", "description": "mine"})),
        ("update_role", json!({"role_name": "MCP-Auditor", "max_session_duration": 7200})),
        ("update_assume_role_policy", json!({"role_name": "mcp-admin", "assume_role_policy_document": trust})),
        ("delete_role", json!({"role_name": "mcp-admin", "force": true})),
        ("delete_role", json!({"role_name": "iam-mcp-gateway", "force": true})),
        ("tag_role", json!({"role_name": "mcp-admin", "tags": {"team": "x"}})),
        ("untag_role", json!({"role_name": "mcp-admin", "tag_keys": ["team"]})),
        ("put_role_permissions_boundary", json!({"role_name": "mcp-admin", "permissions_boundary": required})),
        ("attach_role_policy", json!({"role_name": "mcp-admin", "policy_arn": of_machines})),
        ("detach_role_policy", json!({"role_name": "mcp-admin", "policy_arn": of_role})),
        ("delete_policy", json!({"policy_arn": of_role, "force": true})),
        ("put_role_policy", json!({"role_name": "mcp-admin", "policy_name": "x", "policy_document": identity})),
        ("create_group", json!({"group_name": "newcomers", "path": "/locked/"})),
        ("delete_group", json!({"group_name": "ci-deployers", "force": true})),
        ("add_user_to_group", json!({"group_name": "developers", "user_name": user})),
        ("remove_user_from_group", json!({"group_name": "ci-deployers", "user_name": "ci-nightly"})),
        ("attach_group_policy", json!({"group_name": "ci-deployers", "policy_arn": of_machines})),
        (
            "detach_group_policy",
            json!({"group_name": "ci-deployers", "policy_arn": format!("arn:aws:iam::{ACCOUNT}:policy/ci-deploy")}),
        ),
        ("put_group_policy", json!({"group_name": "CI-Deployers", "policy_name": "x", "policy_document": identity})),
        (
            "create_policy",
            json!({"policy_name": "developer-boundary", "path": "/boundaries/", "policy_document": identity}),
        ),
        ("create_policy_version", json!({"policy_arn": required, "policy_document": identity})),
        (
            "create_policy_version",
            json!({"policy_arn": of_machines, "policy_document": identity, "set_as_default": true}),
        ),
        ("create_policy_version", json!({"policy_arn": of_machines, "policy_document": identity})),
        ("set_default_policy_version", json!({"policy_arn": required, "version_id": "v1"})),
        ("set_default_policy_version", json!({"policy_arn": of_machines, "version_id": "v1"})),
        ("delete_policy_version", json!({"policy_arn": required, "version_id": "v1"})),
        ("delete_policy", json!({"policy_arn": required, "force": true})),
        ("delete_policy", json!({"policy_arn": of_machines, "force": true})),
        ("rotate_access_key", json!({"user_name": "ci-github-legacy", "stage": "create"})),
        ("update_access_key", json!({"user_name": "ci-github-legacy", "access_key_id": key, "status": "Inactive"})),
        ("delete_access_key", json!({"user_name": "ci-github-legacy", "access_key_id": key})),
    ]
}

/// Tools that change only what is there, which no protected user or role has in this account.
const WITHOUT_A_WAY: [&str; 5] = [
    "delete_group_policy",
    "delete_role_policy",
    "delete_role_permissions_boundary",
    "delete_user_permissions_boundary",
    "delete_user_policy",
];

#[test]
fn every_tool_that_writes_is_tried() {
    let listed = run(&["tools", "--json"]).json();
    let tools = listed["tools"].as_array().expect("a list").iter();
    let writing: BTreeSet<_> = tools
        .filter(|tool| tool["annotations"]["readOnlyHint"] == json!(false))
        .map(|tool| tool["name"].as_str().expect("a name").to_owned())
        .collect();
    let ways = ways("AKIAIOSFODNN7EXAMPLE");
    let tried = ways.iter().map(|(tool, _)| *tool).chain(WITHOUT_A_WAY).map(ToOwned::to_owned).collect();
    assert_eq!(writing, tried);
}

#[test]
fn no_tool_changes_what_is_protected_however_it_is_named() {
    let gateway = gateway();
    let keys = gateway.call("reader", "list_access_keys", json!({"user_name": "ci-github-legacy"}));
    let key = keys.done()["AccessKeyMetadata"][0]["AccessKeyId"].as_str().expect("it has a key").to_owned();
    for (tool, arguments) in ways(&key) {
        let refused = gateway.write("alice", tool, arguments.clone());
        assert_eq!(refused.code(), "ProtectedResource", "{tool} {arguments}: {:?}", refused.content);
        let records = gateway.records_of(&refused.id);
        assert_eq!((records.len(), &records[0]["stage"]), (1, &json!("denied")), "{tool} {arguments}");
    }
    let read = gateway.call("alice", "get_user", json!({"user_name": "ci-jenkins"}));
    assert!(!read.is_error, "reading it is nobody's harm: {:?}", read.content);
}

#[test]
fn nobody_is_created_without_the_boundary_of_the_mapping() {
    let gateway = gateway();
    for other in ["admin-boundary", "Developer-Boundary"] {
        let arguments = json!({"user_name": "newcomer", "permissions_boundary": boundary(other), "dry_run": true});
        let refused = gateway.write("builder", "create_user", arguments);
        assert_eq!(refused.code(), "PermissionsBoundaryRequired", "{:?}", refused.content);
    }
    let created = gateway.write("builder", "create_user", json!({"user_name": "newcomer"}));
    assert!(!created.is_error, "{:?}", created.content);
    let user = gateway.call("builder", "get_user", json!({"user_name": "newcomer"}));
    assert_eq!(
        user.content["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"],
        boundary("developer-boundary"),
        "{:?}",
        user.content
    );
    let free = gateway.write("alice", "create_user", json!({"user_name": "another"}));
    assert!(!free.is_error, "whose mapping requires none creates without: {:?}", free.content);
}
