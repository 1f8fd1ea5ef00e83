//! Agents at work: mcp-proxy-for-aws and the Python SDK's client, through the real binary, on moto as AWS.

use serde_json::{Value, json};

use crate::support::clients::{Client, Era};
use crate::support::gateway::{NAME, TestGateway};

const WRITING: [&str; 4] = ["Create", "Delete", "Remove", "Detach"];

/// The writing operations that AWS received.
fn writes(gateway: &TestGateway) -> Vec<String> {
    let requests = gateway.moto().recording().requests();
    let actions = requests.iter().filter_map(|request| request["action"].as_str().map(ToOwned::to_owned));
    actions.filter(|action| WRITING.iter().any(|verb| action.starts_with(verb))).collect()
}

fn content(line: &Value) -> &Value {
    &line["result"]["structuredContent"]
}

fn names<'a>(items: &'a Value, key: &str) -> Vec<&'a str> {
    let items = items.as_array().expect("a list");
    items.iter().filter_map(|item| item[key].as_str()).collect()
}

/// What every client is to see, whatever it speaks.
pub(crate) fn assert_is_served_well(gateway: &TestGateway, alice: &Client, reader: &Client, new_user: &str) {
    gateway.wait_for_writes();
    let lines = alice.run(&[
        json!(["list_tools"]),
        json!(["call_tool", "list_users", {"path_prefix": "/engineering/"}]),
        json!(["call_tool", "create_user", {"user_name": new_user, "path": "/new/", "tags": {"team": "x y"}}]),
        json!(["call_tool", "get_user", {"user_name": new_user}]),
    ]);
    assert_eq!(lines.len(), 5, "{lines:#?}");
    assert!(lines.iter().all(|line| line["ok"] == true), "{lines:#?}");
    let tools = names(&lines[1]["result"]["tools"], "name");
    assert!(
        ["list_users", "get_user", "create_user", "delete_user"].iter().all(|name| tools.contains(name)),
        "{tools:?}"
    );
    assert_eq!(names(&content(&lines[2])["Users"], "UserName"), ["alice", "bob"]);
    assert_eq!(content(&lines[3])["User"]["UserName"], new_user, "{}", lines[3]);
    let user = &content(&lines[4])["User"];
    assert_eq!(
        (&user["Path"], &user["Tags"]),
        (&json!("/new/"), &json!([{"Key": "team", "Value": "x y"}])),
        "{}",
        lines[4]
    );

    let lines = reader.run(&[json!(["list_tools"]), json!(["call_tool", "get_user", {"user_name": "alice"}])]);
    assert!(!names(&lines[1]["result"]["tools"], "name").contains(&"create_user"));
    assert_eq!(
        names(&content(&lines[2])["User"]["Groups"], "GroupName"),
        ["developers", "administrators"],
        "{}",
        lines[2]
    );
}

/// The text that a model is shown of an error.
fn error_text(line: &Value) -> &str {
    assert_eq!(line["result"]["isError"], true, "{line}");
    line["result"]["content"][0]["text"].as_str().expect("an error has text")
}

#[test]
fn mcp_proxy_for_aws_reads_and_writes_and_passes_refusals_on() {
    let gateway = TestGateway::with_moto().mapping("limited", "role/mcp-reader", "access = \"read-write\"").start();
    let proxy = |caller| {
        Client::through_proxy(&gateway.url(), gateway.keys(caller)).with("--proxy-option=--log-level=CRITICAL")
    };
    assert_is_served_well(&gateway, &proxy("alice"), &proxy("reader"), "made-by-proxy");

    let lines = proxy("alice").run(&[json!(["call_tool", "delete_user", {"user_name": "bob"}])]);
    let text = error_text(&lines[1]);
    assert!(text.contains("DeleteConflict") && text.contains("force=true"), "{text}");

    // The proxy takes only what is listed, and a read-only caller's list has no writing tools: the refusal is its own.
    let lines = proxy("reader").run(&[json!(["call_tool", "create_user", {"user_name": "never"}])]);
    assert!(error_text(&lines[1]).contains("Unknown tool: 'create_user'"), "{}", lines[1]);
    assert_eq!(gateway.received("CreateUser").len(), 1);
    // Whoever sees the tool and has a role that only reads is refused by AWS, and reads what is missing.
    let lines = proxy("limited").run(&[json!(["call_tool", "create_user", {"user_name": "never"}])]);
    let text = error_text(&lines[1]);
    assert!(text.contains("AccessDenied") && text.contains("iam:CreateUser"), "{text}");

    assert_recorded_as_an_agents_call(&gateway);
}

/// What the record of alice's create_user says, when everybody involved is somebody else's program.
fn assert_recorded_as_an_agents_call(gateway: &TestGateway) {
    let outcomes = gateway.records("outcome");
    let record = &outcomes[0];
    let data = &record["additionalEventData"];
    assert_eq!((&data["viaAWSMCPService"], &data["calledViaAWSMCP"]), (&json!(true), &json!(NAME)));
    assert_eq!((&data["caller"]["name"], &data["tool"]), (&json!("alice"), &json!("create_user")));
    assert_eq!(data["roleArn"], gateway.moto().role("mcp-admin"));
    assert_eq!(
        (&data["sessionTags"]["ViaAWSMCPService"], &data["sessionTags"]["CalledViaAWSMCP"], &data["sourceIdentity"]),
        (&json!("true"), &json!(NAME), &json!("alice@example.com"))
    );
    assert_eq!(record["userIdentity"]["sessionContext"]["sourceIdentity"], "alice@example.com");
    let calls = data["awsCalls"].as_array().expect("the AWS calls");
    assert_eq!((calls.len(), &calls[0]["action"], &calls[0]["status"]), (1, &json!("iam:CreateUser"), &json!(200)));
    assert!(calls[0]["requestId"].as_str().is_some_and(|id| !id.is_empty()), "{record}");
}

#[test]
fn the_python_client_is_served_alike_in_both_eras() {
    let gateway = TestGateway::with_moto().start();
    for (era, user) in [(Era::Legacy, "made-by-legacy"), (Era::Modern, "made-by-modern")] {
        let (alice, reader) = (gateway.python("alice", era), gateway.python("reader", era));
        assert_is_served_well(&gateway, &alice, &reader, user);
        let lines = reader.run(&[json!(["call_tool", "create_user", {"user_name": "never"}])]);
        let text = error_text(&lines[1]);
        assert!(text.contains("ReadOnlyCaller") && text.contains("your access in dev is read-only"), "{text}");
        assert_eq!(content(&lines[1])["error"]["code"], "ReadOnlyCaller");
    }
    assert_eq!(gateway.received("CreateUser").len(), 2);
}

#[test]
fn a_forced_deletion_is_planned_confirmed_and_told_step_by_step() {
    let gateway = TestGateway::with_moto().start();
    gateway.wait_for_writes();
    // bob has two keys and a group, deployer a key and an inline policy.
    for (era, user, plan) in [
        (Era::Legacy, "bob", vec!["DeleteAccessKey", "DeleteAccessKey", "RemoveUserFromGroup", "DeleteUser"]),
        (Era::Modern, "deployer", vec!["DeleteAccessKey", "DeleteUserPolicy", "DeleteUser"]),
    ] {
        let before = writes(&gateway).len();
        let client = gateway.python("alice", era);
        let arguments = json!({"user_name": user, "force": true});
        let asked = client.run(&[json!(["call_tool", "delete_user", arguments])]);
        let question = content(&asked[1]);
        assert_eq!(question["status"], "confirmation_required", "{}", asked[1]);
        let planned: Vec<String> =
            names(&question["plan"]["calls"], "action").iter().map(|action| action.replace("iam:", "")).collect();
        assert_eq!(planned, plan);
        assert_eq!(writes(&gateway).len(), before, "nothing is written before it is confirmed");

        let mut confirmed = arguments.clone();
        confirmed["confirmation_token"] = question["confirmation_token"].clone();
        let done = client.run(&[json!(["call_tool_telling_progress", "delete_user", confirmed])]);
        assert_eq!(content(&done[1])["Deleted"]["UserName"], user, "{}", done[1]);
        assert_eq!(writes(&gateway)[before..], plan[..]);
        let total = plan.len();
        let told: Vec<Value> =
            plan.iter().enumerate().map(|(step, action)| json!([step + 1, total, format!("iam:{action}")])).collect();
        assert_eq!(as_integers(&done[1]["progress"]), told, "{}", done[1]);
    }
}

/// Progress is a number of any kind on the wire.
fn as_integers(progress: &Value) -> Vec<Value> {
    let steps = progress.as_array().expect("a list of steps");
    let integer =
        |value: &Value| value.as_f64().map(|number| format!("{number}").parse::<u64>().expect("a whole number"));
    steps.iter().map(|step| json!([integer(&step[0]), integer(&step[1]), step[2]])).collect()
}

#[test]
fn a_confirmation_is_for_one_call_of_one_plan() {
    let gateway = TestGateway::with_moto().mapping("mallory", "role/mcp-admin", "access = \"read-write\"").start();
    let ask = |user: &str| {
        let asked = gateway.write("alice", "delete_user", json!({"user_name": user, "force": true}));
        assert_eq!(asked.done()["status"], "confirmation_required");
        asked.content["confirmation_token"].clone()
    };
    let confirm = |caller: &str, arguments: Value| gateway.write(caller, "delete_user", arguments);
    let bob = ask("bob");
    // Always another token: one of two letters is not the one that stands there.
    let altered = bob.as_str().map(|token| {
        let (before, after) = token.split_at(token.len() / 2);
        let other = if after.starts_with('A') { 'B' } else { 'A' };
        format!("{before}{other}{}", &after[1..])
    });

    for (caller, arguments, code) in [
        ("alice", json!({"user_name": "alice", "force": true, "confirmation_token": bob}), "ConfirmationMismatch"),
        ("mallory", json!({"user_name": "bob", "force": true, "confirmation_token": bob}), "ConfirmationMismatch"),
        (
            "alice",
            json!({"user_name": "bob", "force": true, "reason": "new", "confirmation_token": bob}),
            "ConfirmationMismatch",
        ),
        ("alice", json!({"user_name": "bob", "force": true, "confirmation_token": altered}), "ConfirmationInvalid"),
        (
            "alice",
            json!({"user_name": "bob", "force": true, "confirmation_token": "bm9uc2Vuc2U"}),
            "ConfirmationInvalid",
        ),
    ] {
        let refused = confirm(caller, arguments.clone());
        assert_eq!(refused.code(), code, "{arguments}");
    }
    assert_eq!(writes(&gateway), Vec::<String>::new());

    let confirmed = json!({"user_name": "bob", "force": true, "confirmation_token": bob});
    assert_eq!(confirm("alice", confirmed.clone()).done()["status"], "done");
    // The user is gone, so the second use is of a plan that cannot be made any more.
    assert_eq!(confirm("alice", confirmed).code(), "NoSuchEntity");
}

#[test]
fn a_confirmation_is_used_once_and_not_for_what_has_changed_since() {
    let gateway = TestGateway::with_moto().start();
    let create = || gateway.write("alice", "create_user", json!({"user_name": "twin"}));
    let twin = create().done()["User"]["Arn"].clone();
    let asked = gateway.write("alice", "delete_user", json!({"user_name": "twin"}));
    let confirmed = json!({"user_name": "twin", "confirmation_token": asked.done()["confirmation_token"]});
    assert_eq!(gateway.write("alice", "delete_user", confirmed.clone()).done()["Deleted"]["Arn"], twin);

    // Another user of the same name is not the one that was confirmed.
    create();
    assert_eq!(gateway.write("alice", "delete_user", confirmed).code(), "ConfirmationUsed");
    let asked = gateway.write("alice", "delete_user", json!({"user_name": "twin"}));
    gateway.write("alice", "tag_user", json!({"user_name": "twin", "tags": {"team": "x"}})).done();
    let of_before = json!({"user_name": "twin", "confirmation_token": asked.done()["confirmation_token"]});
    assert_eq!(gateway.write("alice", "delete_user", of_before).code(), "ConfirmationMismatch");
    assert_eq!(gateway.received("DeleteUser").len(), 1);
}

#[test]
fn a_confirmation_is_used_up_by_an_attempt_that_aws_refuses() {
    let gateway = TestGateway::with_moto().mapping("limited", "role/mcp-reader", "access = \"read-write\"").start();
    let delete = |arguments: Value| gateway.write("limited", "delete_user", arguments);
    let asked = delete(json!({"user_name": "carol", "force": true}));
    let confirmed =
        json!({"user_name": "carol", "force": true, "confirmation_token": asked.done()["confirmation_token"]});
    let refused = delete(confirmed.clone());
    assert_eq!((refused.code(), &refused.content["error"]["stage"]), ("AccessDenied", &json!("aws")));
    assert_eq!(delete(confirmed).code(), "ConfirmationUsed");
    assert_eq!(writes(&gateway), ["DetachUserPolicy"]);
}

#[test]
fn aws_refuses_by_the_tag_of_the_session_what_the_gateway_allows() {
    let gateway = TestGateway::with_sandbox().start();
    let create = |path: &str| gateway.write("alice", "create_user", json!({"user_name": "new", "path": path}));
    let refused = create("/ci/");
    assert_eq!((refused.code(), &refused.content["error"]["stage"]), ("AccessDenied", &json!("aws")));
    let trail = gateway.sandbox().trail_of("CreateUser");
    let message = trail[0]["errorMessage"].as_str().expect("CloudTrail says why");
    assert_eq!((trail.len(), &trail[0]["errorCode"]), (1, &json!("AccessDenied")));
    assert!(message.contains("user/ci/new with an explicit deny in an identity-based policy"), "{message}");
    assert_eq!(create("/people/").done()["User"]["UserName"], "new");
}
