//! Which strength a call gets, which calls are confirmed at all, and what has to come with them.

use serde_json::{Value, json};

use super::{APPROVES, confirm, create, delete, deletions};
use crate::support::clients::Era;
use crate::support::gateway::{ACCOUNT, TestGateway};

#[test]
fn what_touches_much_wants_a_second_person_unless_the_mapping_says_otherwise() {
    let model = "access = \"read-write\"\nconfirmation = \"model\"";
    let gateway = TestGateway::with_sandbox()
        .set("tools.second_person_above", "1")
        .mapping("said", "role/mcp-admin", model)
        .mapping("approver", "role/mcp-auditor", APPROVES)
        .start();
    create(&gateway, "alone");
    let asked = delete(&gateway, "alice", "alone");
    assert!(asked.done()["confirmation_token"].is_string(), "one entity: {:?}", asked.content);
    let forced =
        |caller: &str| gateway.write(caller, "delete_user", json!({"user_name": "rosa.delgado", "force": true}));
    let asked = forced("alice");
    assert!(asked.done()["plan_token"].is_string(), "several entities: {:?}", asked.content);
    assert!(asked.content["next"].as_str().is_some_and(|next| next.contains("more than 1")), "{:?}", asked.content);
    assert!(forced("said").done()["confirmation_token"].is_string(), "the mapping said model");
}

#[test]
fn what_touches_much_is_refused_where_nobody_may_approve() {
    let gateway = TestGateway::with_sandbox().set("tools.second_person_above", "1").start();
    let refused = gateway.write("alice", "delete_user", json!({"user_name": "rosa.delgado", "force": true}));
    assert_eq!(refused.code(), "NoApprover");
    assert!(refused.message().contains("more than 1"), "{}", refused.message());
}

#[test]
fn a_mapping_can_want_every_write_confirmed_and_says_so_in_its_list() {
    let all = "access = \"read-write\"\nconfirmation = \"model\"\nconfirm = \"all-writes\"";
    let gateway = TestGateway::with_sandbox().mapping("careful", "role/mcp-admin", all).start();
    let arguments = json!({"user_name": "newcomer", "path": "/people/"});
    let asked = gateway.write("careful", "create_user", arguments.clone());
    assert_eq!(asked.done()["status"], "confirmation_required");
    assert_eq!(gateway.sandbox().trail_of("CreateUser").len(), 0);
    let mut confirmed = arguments.clone();
    confirmed["confirmation_token"] = asked.content["confirmation_token"].clone();
    confirmed["reason"] = json!("new here");
    assert_eq!(gateway.write("careful", "create_user", confirmed.clone()).code(), "ConfirmationMismatch");
    confirmed.as_object_mut().expect("an object").remove("reason");
    assert_eq!(gateway.write("careful", "create_user", confirmed).done()["status"], "done");

    let properties = |caller: &str| {
        let lines = gateway.python(caller, Era::Modern).run(&[json!(["list_tools"])]);
        let tools = lines[1]["result"]["tools"].as_array().cloned().expect("a list of tools");
        let tool = tools.into_iter().find(|tool| tool["name"] == "create_user").expect("it is listed");
        tool["inputSchema"]["properties"].clone()
    };
    assert!(properties("careful")["confirmation_token"].is_object());
    assert_eq!(properties("alice")["confirmation_token"], Value::Null);
}

#[test]
fn automation_can_do_without() {
    let none = "access = \"read-write\"\nconfirmation = \"none\"";
    let gateway = TestGateway::with_sandbox().mapping("automation", "role/mcp-admin", none).start();
    create(&gateway, "leaver");
    let done = delete(&gateway, "automation", "leaver");
    assert_eq!(done.done()["status"], "done");
    let data = &gateway.records_of(&done.id)[0]["additionalEventData"];
    assert_eq!((&data["confirmation"], &data["confirmationWanted"]), (&json!("none"), &json!("none")));
}

#[test]
fn confirmed_alone_means_no_more_than_the_first_call() {
    let gateway = TestGateway::with_sandbox().start();
    create(&gateway, "leaver");
    let asked = gateway.write("alice", "delete_user", json!({"user_name": "leaver", "confirmed": true}));
    assert_eq!(asked.done()["status"], "confirmation_required");
    assert_eq!(deletions(&gateway), 0);
    // Nor does its word count among the arguments that are bound.
    let token = asked.content["confirmation_token"].clone();
    assert_eq!(confirm(&gateway, "alice", "leaver", &token).done()["status"], "done");
}

#[test]
fn a_mapping_can_want_to_know_why() {
    let why = "access = \"read-write\"\nrequire_reason = true";
    let gateway = TestGateway::with_sandbox().mapping("asked", "role/mcp-admin", why).start();
    create(&gateway, "leaver");
    for reason in [Value::Null, json!(" ")] {
        let refused = gateway.write("asked", "delete_user", json!({"user_name": "leaver", "reason": reason}));
        assert_eq!((refused.code(), &refused.content["error"]["parameter"]), ("ReasonRequired", &json!("reason")));
    }
    let arguments = json!({"user_name": "leaver", "reason": "left the company"});
    let asked = gateway.write("asked", "delete_user", arguments.clone());
    let mut confirmed = arguments;
    confirmed["confirmation_token"] = asked.done()["confirmation_token"].clone();
    let done = gateway.write("asked", "delete_user", confirmed);
    assert_eq!(gateway.records_of(&done.id)[0]["additionalEventData"]["reason"], "left the company");
    let dry =
        gateway.write("asked", "delete_user", json!({"user_name": "rosa.delgado", "force": true, "dry_run": true}));
    assert_eq!(dry.done()["status"], "dry_run", "a dry run needs no reason");
    let created = gateway.write("asked", "create_user", json!({"user_name": "newcomer", "path": "/people/"}));
    assert_eq!(created.done()["status"], "done", "nor does what neither destroys nor grants");
}

#[test]
fn a_policy_can_demand_a_strength() {
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Sid": "PeopleDecide", "Effect": "Deny", "Action": "iam:DeleteUser", "Resource": "*",
         "Condition": {"StringNotEquals": {"mcp:Confirmation": "second-person", "mcp:RoleMapping": "dev/keyring:alice"}}},
    ]});
    let modelled = "access = \"read-write\"\nconfirmation = \"model\"";
    let prepared = super::second_person().mapping("modelled", "role/mcp-admin", modelled);
    let gateway = prepared.policy("people.json", &policy).start();
    create(&gateway, "leaver");
    let refused = delete(&gateway, "modelled", "leaver");
    assert_eq!(refused.code(), "PolicyDenied");
    assert!(refused.message().contains("PeopleDecide"), "{}", refused.message());
    assert_eq!(delete(&gateway, "planner", "leaver").done()["status"], "confirmation_required");
}

#[test]
fn a_grant_shows_what_is_new_and_one_of_administrator_wants_a_second_person() {
    let gateway = super::second_person().start();
    create(&gateway, "newcomer");
    let arguments = json!({"user_name": "newcomer", "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"});
    let asked = gateway.write("alice", "attach_user_policy", arguments);
    assert!(asked.done()["plan_token"].is_string(), "{:?}", asked.content);
    let answer = decide_show(&gateway, &asked.content["plan_token"]);
    assert_eq!(answer["plan"]["administrator"], true, "{answer}");
    assert!(answer["lines"].to_string().contains("CAN DO EVERYTHING"), "{answer}");
    assert_eq!(answer["because"], "a principal would reach administrator");
}

fn decide_show(gateway: &TestGateway, plan_token: &Value) -> Value {
    super::decide(gateway, "approver", plan_token, "show").json()
}

#[test]
fn a_grant_of_more_than_can_be_listed_is_not_asked_of_anybody() {
    let gateway = super::second_person().start();
    gateway.write("alice", "create_group", json!({"group_name": "many"})).done();
    let grant = |count: usize| {
        let allow = |n: usize| json!({"Effect": "Allow", "Action": format!("s{n}:Get"), "Resource": format!("arn:aws:s3:::b{n}")});
        let document = json!({"Version": "2012-10-17", "Statement": (0..count).map(allow).collect::<Vec<_>>()});
        let arguments = json!({"group_name": "many", "policy_name": "p", "policy_document": document});
        gateway.write("planner", "put_group_policy", arguments)
    };
    let refused = grant(60);
    assert_eq!(refused.code(), "PlanTooLarge", "{:?}", refused.content);
    assert!(
        refused.content["error"]["hint"].as_str().is_some_and(|hint| hint.contains("split")),
        "{:?}",
        refused.content
    );
    let asked = grant(5);
    let answer = decide_show(&gateway, &asked.done()["plan_token"]);
    let step = &answer["plan"]["steps"][0]["said"];
    assert_eq!((&step["PolicyName"], &step["PolicyDocument"]["statements"]), (&json!("p"), &json!(5)), "{answer}");
}

#[test]
fn a_condition_and_a_new_status_are_shown_once_spelled_out() {
    let gateway = super::second_person().start();
    create(&gateway, "newcomer");
    let document = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["a b"]}},
    }]});
    let arguments = json!({"user_name": "newcomer", "policy_name": "newcomer", "policy_document": document});
    let asked = gateway.write("planner", "put_user_policy", arguments);
    let lines = decide_show(&gateway, &asked.done()["plan_token"])["lines"].clone();
    let lines: Vec<&str> = lines.as_array().expect("lines").iter().filter_map(Value::as_str).collect();
    assert!(lines.iter().any(|line| line.ends_with("if aws:PrincipalTag/team StringEquals a\\u{20}b")), "{lines:?}");
    assert!(
        lines.iter().any(|line| line.contains("(PolicyDocument: 1 statement, SHA-256 ")
            || line.contains("; PolicyDocument: 1 statement, SHA-256 ")),
        "{lines:?}"
    );
    assert!(lines.iter().any(|line| line.contains("PolicyName: newcomer")), "{lines:?}");
}

#[test]
fn a_write_that_is_no_grant_has_nothing_granted() {
    let gateway = TestGateway::with_sandbox().start();
    let identity = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    gateway.write("alice", "create_user", json!({"user_name": "newcomer", "path": "/people/"})).done();
    gateway.write("alice", "create_policy", json!({"policy_name": "p", "policy_document": identity})).done();
    let policy = format!("arn:aws:iam::{ACCOUNT}:policy/p");
    for (tool, arguments) in [
        ("create_user", json!({"user_name": "another", "tags": {"team": "x"}})),
        ("update_user", json!({"user_name": "newcomer", "new_path": "/"})),
        ("tag_user", json!({"user_name": "newcomer", "tags": {"team": "x"}})),
        ("create_group", json!({"group_name": "newcomers"})),
        ("create_policy", json!({"policy_name": "q", "policy_document": identity})),
        ("create_policy_version", json!({"policy_arn": policy, "policy_document": identity})),
    ] {
        let mut dry = arguments;
        dry["dry_run"] = json!(true);
        let planned = gateway.write("alice", tool, dry);
        let record = &gateway.records_of(&planned.id)[0]["additionalEventData"];
        if record["effect"] == "write" {
            assert_eq!(planned.done()["plan"].get("granted"), None, "{tool}");
        }
    }
}
