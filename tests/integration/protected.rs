//! What no writing caller changes by any tool: protected resources, and the boundary that a mapping requires.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::command::run;
use crate::support::gateway::{ACCOUNT, TestGateway};

/// The tools that write. One that is added has its ways tried here too.
const WRITING: [&str; 2] = ["create_user", "delete_user"];

fn boundary(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/boundaries/{name}")
}

/// Machines' users are protected by configuration, and `builder` creates nobody without a boundary.
fn gateway() -> TestGateway {
    let required = format!("access = \"read-write\"\npermissions_boundary = \"{}\"", boundary("developer-boundary"));
    TestGateway::with_sandbox()
        .set("protect.arns", &format!("[\"arn:aws:iam::{ACCOUNT}:user/ci/*\"]"))
        .mapping("builder", "role/mcp-admin", &required)
        .start()
}

#[test]
fn every_tool_that_writes_is_tried() {
    let listed = run(&["tools", "--json"]).json();
    let tools = listed["tools"].as_array().expect("a list").iter();
    let writing: BTreeSet<_> = tools
        .filter(|tool| tool["annotations"]["readOnlyHint"] == json!(false))
        .map(|tool| tool["name"].as_str().expect("a name").to_owned())
        .collect();
    assert_eq!(writing, WRITING.map(ToOwned::to_owned).into());
}

#[test]
fn no_tool_changes_a_protected_user_however_it_is_named() {
    let gateway = gateway();
    let ways: Vec<(&str, Value)> = vec![
        ("create_user", json!({"user_name": "newcomer", "path": "/ci/"})),
        ("create_user", json!({"user_name": "newcomer", "path": "/ci/deep/"})),
        ("create_user", json!({"user_name": "newcomer", "path": "/CI/"})),
        ("delete_user", json!({"user_name": "ci-jenkins", "force": true})),
        ("delete_user", json!({"user_name": "CI-Jenkins", "force": true})),
        ("delete_user", json!({"user_name": "ci-jenkins", "force": true, "dry_run": true})),
        ("delete_user", json!({"user_name": "ci-jenkins", "force": true, "confirmation_token": "x"})),
        ("delete_user", json!({"user_name": "ci-jenkins", "force": true, "confirmed": true})),
    ];
    for (tool, arguments) in ways {
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
