//! What is stamped on the sessions, what the records say of a call, and that the journal proves itself.

use std::fs;

use serde_json::{Value, json};

use crate::support::command::run;
use crate::support::gateway::{ACCOUNT, NAME, TestGateway};

/// The members of a list parameter of the AWS query protocol: `Tags.member.1.Key` and its like.
fn members<'a>(request: &'a Value, list: &str, key: &str) -> Vec<&'a str> {
    let parameter = |number: usize| request["parameters"].get(format!("{list}.member.{number}{key}"));
    (1..).map_while(|number| parameter(number)?.as_str()).collect()
}

#[test]
fn a_session_carries_who_called_through_what_and_may_do_no_more_than_its_purpose() {
    let gateway = TestGateway::with_moto()
        .mapping(
            "ci",
            "role/mcp-external",
            "access = \"read-only\"\nexternal_id = \"gateway-external-id\"\nsession_seconds = 1800",
        )
        .start();
    assert!(!gateway.write("alice", "create_user", json!({"user_name": "dave"})).is_error);
    assert!(!gateway.call("ci", "list_users", json!({})).is_error);
    let who = gateway.call("alice", "whoami", json!({})).content;

    let assumed = gateway.received("AssumeRole");
    assert_eq!(assumed.len(), 3, "a session that reads and one that writes for alice, one for ci: {assumed:#?}");
    let keys = ["CalledViaAWSMCP", "McpCaller", "Team", "ViaAWSMCPService"];
    let mut policies = Vec::new();
    for request in &assumed[..2] {
        let parameter = |name: &str| request["parameters"][name].as_str().unwrap_or_default();
        assert_eq!(members(request, "Tags", ".Key"), keys);
        let caller = who["SessionTags"]["McpCaller"].as_str().expect("whoami tells the tags");
        assert_eq!(members(request, "Tags", ".Value"), [NAME, caller, "platform", "true"]);
        assert_eq!(members(request, "TransitiveTagKeys", ""), keys);
        assert_eq!(parameter("SourceIdentity"), "alice@example.com");
        assert_eq!(parameter("RoleSessionName"), who["RoleSessionName"]);
        assert_eq!(parameter("DurationSeconds"), "900");
        assert_eq!(request["parameters"].get("ExternalId"), None);
        policies.push(serde_json::from_str::<Value>(parameter("Policy")).expect("a session policy is JSON"));
    }
    let actions = |policy: &Value| -> Vec<String> {
        assert_eq!(
            (policy["Statement"].as_array().map(Vec::len), &policy["Statement"][0]["Effect"]),
            (Some(1), &json!("Allow"))
        );
        serde_json::from_value(policy["Statement"][0]["Action"].clone()).expect("a list of actions")
    };
    let reading =
        ["iam:Generate", "iam:Get", "iam:List", "iam:Simulate", "access-analyzer:Validate", "cloudtrail:Lookup"];
    let reads = |action: &String| reading.iter().any(|verb| action.starts_with(verb));
    // They are assumed side by side, so either may have come first.
    policies.sort_by_key(|policy| actions(policy).iter().any(|action| !reads(action)));
    let (reading, writing) = (actions(&policies[0]), actions(&policies[1]));
    assert!(reading.iter().all(reads), "{reading:?}");
    assert!(!writing.iter().any(reads), "{writing:?}");
    assert!(writing.contains(&"iam:CreateUser".to_owned()));

    let external = &assumed[2]["parameters"];
    assert_eq!(
        (&external["ExternalId"], &external["DurationSeconds"]),
        (&json!("gateway-external-id"), &json!("1800"))
    );
}

#[test]
fn the_records_of_a_change_say_who_what_why_and_what_aws_answered() {
    let mut gateway = TestGateway::with_faulty_aws().start();
    let new_user = "<User><Path>/x/</Path><UserName>dave</UserName><UserId>AIDAEXAMPLE</UserId>\
        <Arn>arn:aws:iam::123456789012:user/x/dave</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></User>";
    gateway.aws().queue("CreateUser", &[json!({"result": new_user})]);
    let arguments = json!({"user_name": "dave", "path": "/x/"});
    let answer = gateway.write("alice", "create_user", arguments.clone());
    assert_eq!(answer.done()["User"]["UserName"], "dave");
    let who = gateway.call("alice", "whoami", json!({})).content;
    let records = gateway.records_of(&answer.id);
    let [intent, outcome] = records.as_slice() else { unreachable!("an intent and an outcome: {records:#?}") };

    for record in [intent, outcome] {
        assert_eq!((&record["eventType"], &record["eventSource"]), (&json!("McpGatewayEvent"), &json!(NAME)));
        assert_eq!(record["requestParameters"]["params"], json!({"name": "create_user", "arguments": arguments}));
        assert_eq!((&record["readOnly"], &record["recipientAccountId"]), (&json!(false), &json!(ACCOUNT)));
        assert_eq!(record["sourceIPAddress"], "127.0.0.1");
        let identity = &record["userIdentity"];
        assert_eq!((&identity["type"], &identity["accountId"]), (&json!("AssumedRole"), &json!(ACCOUNT)));
        assert_eq!(
            identity["sessionContext"]["sessionIssuer"]["arn"],
            format!("arn:aws:iam::{ACCOUNT}:role/mcp-admin")
        );
        assert_eq!(identity["sessionContext"]["sourceIdentity"], "alice@example.com");

        let data = &record["additionalEventData"];
        assert_eq!((&data["viaAWSMCPService"], &data["calledViaAWSMCP"]), (&json!(true), &json!(NAME)));
        assert_eq!(data["caller"], json!({"kind": "keyring", "name": "alice", "person": "alice@example.com"}));
        assert_eq!(data["authentication"]["accessKeyId"], gateway.keys("alice").access_key_id.as_str());
        assert_eq!((&data["tool"], &data["effect"]), (&json!("create_user"), &json!("write")));
        assert_eq!((&data["environment"], &data["roleMapping"]), (&json!("dev"), &json!("dev/keyring:alice")));
        assert_eq!(data["roleArn"], format!("arn:aws:iam::{ACCOUNT}:role/mcp-admin"));
        assert_eq!((&data["sessionTags"], &data["sourceIdentity"]), (&who["SessionTags"], &json!("alice@example.com")));
        assert_eq!(data["roleSessionName"], who["RoleSessionName"]);
        assert_eq!((&data["decision"]["effect"], &data["decision"]["stage"]), (&json!("allow"), &json!("gateway")));
        assert_eq!(data["plan"]["calls"][0]["action"], "iam:CreateUser", "{data}");
        assert_eq!(data["mcp"]["protocolVersion"], "2026-07-28");
        assert_eq!(data["mcp"]["client"], "tests 1");
        assert_eq!(data["configuration"], digest(&gateway));

        // The request ids are those of the AssumeRole calls, by which CloudTrail can be asked.
        let sessions = data["assumedSessions"].as_array().expect("the sessions are named");
        let mut ids: Vec<&Value> = sessions.iter().map(|session| &session["requestId"]).collect();
        ids.sort_by_key(|id| id.to_string());
        assert_eq!(
            ids,
            gateway.received("AssumeRole").iter().map(request_id).collect::<Vec<_>>().iter().collect::<Vec<_>>()
        );
    }
    assert_eq!((&intent["stage"], &outcome["stage"]), (&json!("intent"), &json!("outcome")));
    assert_eq!(intent["additionalEventData"]["awsCalls"], json!([]), "the intent is written before AWS is asked");
    assert_eq!(outcome["additionalEventData"]["intentEventID"], intent["eventID"]);
    assert_eq!(outcome["responseElements"]["isError"], false);
    let call = &outcome["additionalEventData"]["awsCalls"][0];
    assert_eq!(
        (&call["action"], &call["resource"], &call["status"]),
        (&json!("iam:CreateUser"), &json!("arn:aws:iam::123456789012:user/x/dave"), &json!(200))
    );
    assert_eq!(call["requestId"], request_id(&gateway.received("CreateUser")[0]));
}

/// The request id that the faulty AWS answered with (`tests/python/faulty_aws.py`).
fn request_id(request: &Value) -> Value {
    let order = request["order"].as_u64().expect("each request has a place in the order");
    json!(format!("00000000-0000-4000-8000-{order:012}"))
}

/// The digest of the configuration in force, as `config check` computes it.
fn digest(gateway: &TestGateway) -> Value {
    run(&["config", "check", "--config", &gateway.argument("gateway.toml"), "--json"]).json()["digest"].clone()
}

#[test]
fn a_journal_that_was_touched_does_not_verify() {
    let mut gateway = TestGateway::without_aws().start();
    for _ in 0..3 {
        assert!(!gateway.call("alice", "whoami", json!({})).is_error);
    }
    gateway.stop();
    let audit = gateway.argument("audit");
    let whole = run(&["audit", "verify", &audit]);
    assert_eq!(whole.code, 0, "{}", whole.said());
    assert!(whole.stdout.contains("whole:"), "{}", whole.stdout);

    let file = fs::read_dir(&audit)
        .expect("the journal is there")
        .map(|entry| entry.expect("ours").path())
        .find(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    let file = file.expect("the journal has a file");
    let bytes = fs::read(&file).expect("the file is ours");
    let text = String::from_utf8(bytes.clone()).expect("records are UTF-8");
    let third = text.match_indices('\n').nth(1).map(|(end, _)| end).expect("there are three lines");
    let place = third + text[third..].find("alice").expect("the record names its caller");
    let mut touched = bytes;
    touched[place] ^= 1;
    fs::write(&file, touched).expect("the file is ours");

    let broken = run(&["audit", "verify", &audit]);
    assert_eq!(broken.code, 1, "{}", broken.said());
    assert!(broken.stdout.contains("line 3 (record 3)"), "{}", broken.stdout);
    let broken = run(&["audit", "verify", "--json", &audit]);
    assert_eq!(broken.code, 1);
    let report = broken.json();
    assert_eq!((&report["verdict"], &report["firstBad"]["sequence"]), (&json!("broken"), &json!(3)), "{report}");
}

#[test]
fn a_gateway_that_starts_again_goes_on_in_the_same_chain() {
    let mut gateway = TestGateway::without_aws().start();
    assert!(!gateway.call("alice", "whoami", json!({})).is_error);
    gateway.stop();
    let records = gateway.journal().len();
    gateway.restart();
    assert!(!gateway.call("alice", "whoami", json!({})).is_error);
    gateway.stop();
    assert!(gateway.journal().len() > records);
    let verified = run(&["audit", "verify", &gateway.argument("audit")]);
    assert_eq!(verified.code, 0, "{}", verified.said());
}
