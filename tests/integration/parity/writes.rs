//! What writes, awslabs' and ours, make of two accounts that are alike.

use serde_json::{Value, json};

use super::arranged::{PATH, POLICY, allowing, arrange, trusting};
use super::{Iam, ours};
use crate::support::account::Account;
use crate::support::clients::Client;
use crate::support::moto::Moto;
use crate::support::sandbox::RunningSandbox;

/// Where a row is tried.
#[derive(Clone, Copy, PartialEq)]
enum Tried {
    Everywhere,
    /// moto lets pass what IAM refuses.
    NotOnMoto,
}

/// What a row comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Ends {
    Done,
    Refused,
}

struct Row {
    tool: &'static str,
    arguments: Value,
    ends: Ends,
    tried: Tried,
}

fn done(tool: &'static str, arguments: Value) -> Row {
    Row { tool, arguments, ends: Ends::Done, tried: Tried::Everywhere }
}

fn refused(tool: &'static str, arguments: Value) -> Row {
    Row { tool, arguments, ends: Ends::Refused, tried: Tried::Everywhere }
}

/// IAM refuses, and moto does not.
fn refused_by_iam(tool: &'static str, arguments: Value) -> Row {
    Row { tried: Tried::NotOnMoto, ..refused(tool, arguments) }
}

/// Every writing tool of awslabs, in the order in which they are called. `{key}` is the id of anna's access key.
fn rows() -> Vec<Row> {
    let attached = json!({"user_name": "parity-new", "policy_arn": POLICY});
    let to_group = json!({"group_name": "parity-new-group", "user_name": "parity-new"});
    let on_group = json!({"group_name": "parity-new-group", "policy_arn": POLICY});
    let own = |kind: &str, name: &str, document: Value| {
        let mut arguments = json!({"policy_name": "parity-own", "policy_document": document});
        arguments[kind] = name.into();
        arguments
    };
    vec![
        done("create_user", json!({"user_name": "parity-new", "path": PATH, "permissions_boundary": POLICY})),
        done("create_user", json!({"user_name": "parity-plain"})),
        refused("create_user", json!({"user_name": "parity-new", "path": PATH})),
        done("create_group", json!({"group_name": "parity-new-group", "path": PATH})),
        refused("create_group", json!({"group_name": "parity-new-group"})),
        done("add_user_to_group", to_group.clone()),
        refused("add_user_to_group", json!({"group_name": "parity-nobody", "user_name": "parity-new"})),
        done("attach_user_policy", attached.clone()),
        done("attach_user_policy", attached.clone()),
        refused("attach_user_policy", json!({"user_name": "parity-nobody", "policy_arn": POLICY})),
        done("detach_user_policy", attached.clone()),
        refused("detach_user_policy", attached),
        done("put_user_policy", own("user_name", "parity-new", allowing("s3:GetObject"))),
        done("put_user_policy", own("user_name", "parity-new", allowing("s3:PutObject").to_string().into())),
        refused("put_user_policy", own("user_name", "parity-new", "{".into())),
        done("delete_user_policy", json!({"user_name": "parity-new", "policy_name": "parity-own"})),
        refused("delete_user_policy", json!({"user_name": "parity-new", "policy_name": "parity-own"})),
        done(
            "create_role",
            json!({
                "role_name": "parity-full", "path": PATH, "description": "does all that is asked",
                "assume_role_policy_document": trusting("ec2.amazonaws.com").to_string(),
                "max_session_duration": 43200, "permissions_boundary": POLICY,
            }),
        ),
        done(
            "create_role",
            json!({"role_name": "parity-bare", "assume_role_policy_document": trusting("lambda.amazonaws.com")}),
        ),
        done("put_role_policy", own("role_name", "parity-full", allowing("s3:GetObject"))),
        done("put_role_policy", own("role_name", "parity-full", allowing("s3:PutObject").to_string().into())),
        done("delete_role_policy", json!({"role_name": "parity-full", "policy_name": "parity-own"})),
        done("attach_group_policy", on_group.clone()),
        done("detach_group_policy", on_group),
        done("remove_user_from_group", to_group),
        done("create_access_key", json!({"user_name": "parity-new"})),
        done("delete_access_key", json!({"user_name": "parity-anna", "access_key_id": "{key}"})),
        refused_by_iam("delete_user", json!({"user_name": "parity-anna"})),
        done("delete_user", json!({"user_name": "parity-anna", "force": true})),
        done("delete_user", json!({"user_name": "parity-plain"})),
        refused_by_iam("delete_group", json!({"group_name": "parity-readers"})),
        done("delete_group", json!({"group_name": "parity-readers", "force": true})),
        done("delete_group", json!({"group_name": "parity-new-group", "force": false})),
    ]
}

/// An account that is like the gateway's, for awslabs' server.
enum Twin {
    Sandbox(RunningSandbox),
    Moto(Moto),
}

impl Twin {
    fn of(iam: Iam) -> Self {
        match iam {
            Iam::Sandbox => Self::Sandbox(RunningSandbox::start()),
            Iam::Moto => Self::Moto(Moto::start()),
        }
    }

    fn account(&self) -> Account {
        match self {
            Self::Sandbox(sandbox) => sandbox.root(),
            Self::Moto(moto) => moto.root(),
        }
    }
}

fn with_key(arguments: &Value, key: &str) -> Value {
    serde_json::from_str(&arguments.to_string().replace("{key}", key)).expect("an id needs no escape")
}

/// What awslabs is called with: it wants the model's word that somebody confirmed.
fn theirs(row: &Row, key: &str) -> Value {
    let mut arguments = with_key(&row.arguments, key);
    arguments["confirmed"] = true.into();
    if row.tool == "create_user" {
        arguments["ctx"] = json!({"content": []});
    }
    arguments
}

fn writes_do_the_same(iam: Iam) {
    let gateway = iam.gateway().start();
    let twin = Twin::of(iam);
    let (mut own, mut other) = (gateway.account(), twin.account());
    let (own_key, other_key) = (arrange(&mut own), arrange(&mut other));
    assert_eq!(own.state(PATH), other.state(PATH), "the two accounts are alike");

    let rows: Vec<Row> =
        rows().into_iter().filter(|row| row.tried == Tried::Everywhere || iam == Iam::Sandbox).collect();
    let steps: Vec<Value> = rows
        .iter()
        .flat_map(|row| [json!(["call_tool", row.tool, theirs(row, &other_key)]), json!(["account", PATH])])
        .collect();
    let lines = Client::on_awslabs(other.url(), other.keys()).run(&steps);
    for (row, lines) in rows.iter().zip(lines[1..].chunks(2)) {
        let what = format!("{} {}", row.tool, row.arguments);
        let refused = row.ends == Ends::Refused;
        assert_eq!(lines[0]["result"]["isError"], refused, "{what}: {}", lines[0]);
        let mut arguments = with_key(&row.arguments, &own_key);
        arguments["confirmed"] = true.into();
        let ours = ours(&gateway, row.tool, &arguments);
        assert_eq!(ours.is_error, refused, "{what}: {}", ours.content);
        assert_eq!(own.state(PATH), lines[1]["result"], "{what}: what is there afterwards differs");
    }
}

#[test]
fn writes_do_the_same_to_the_sandbox() {
    writes_do_the_same(Iam::Sandbox);
}

#[test]
fn writes_do_the_same_to_moto() {
    writes_do_the_same(Iam::Moto);
}

#[test]
fn every_tool_of_awslabs_that_writes_has_a_row() {
    // That all tools of awslabs are tried is held by the number of those that read or write.
    let tools: std::collections::BTreeSet<&str> = rows().iter().map(|row| row.tool).collect();
    assert_eq!(tools.len(), 17);
}
