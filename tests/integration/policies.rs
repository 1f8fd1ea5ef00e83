//! Endpoint policies at a running gateway: what they refuse, what they hide, and how they change.

mod paths;

use std::fs;

use serde_json::{Value, json};

use crate::support::command::run;
use crate::support::gateway::{ACCOUNT, NAME, TestGateway};
use crate::support::mcp::{Called, message, modern};
use crate::support::waiting::eventually;

fn policy(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn allow_all() -> Value {
    json!({"Sid": "AllowAll", "Effect": "Allow", "Action": "*", "Resource": "*"})
}

fn user(path_and_name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:user{path_and_name}")
}

fn listed(gateway: &TestGateway, caller: &str) -> Vec<String> {
    let answer = modern(gateway.request(caller), &message("1", "tools/list", json!({}))).send().json();
    let tools = answer["result"]["tools"].as_array().expect("a list of tools");
    tools.iter().filter_map(|tool| tool["name"].as_str().map(ToOwned::to_owned)).collect()
}

/// The decision in the last record of a call.
fn decision(gateway: &TestGateway, id: &str) -> Value {
    gateway.records_of(id).last().expect("a call has a record")["additionalEventData"]["decision"].clone()
}

/// The tools that are listed where no action is allowed: those that have something to answer all the same, and the one that needs
/// now these actions and now those, none of them always.
const WITHOUT_AWS: [&str; 5] = ["validate_policy", "get_identity_details", "whoami", "get_version", "why_denied"];

#[test]
fn deny_everything_via_mcp_as_published() {
    let gateway = TestGateway::without_aws()
        .policy(
            "deny.json",
            &policy(&json!([
                allow_all(),
                {"Sid": "DenyAllMcp", "Effect": "Deny", "Action": "*", "Resource": "*",
                 "Condition": {"Bool": {"aws:ViaAWSMCPService": "true"}}},
            ])),
        )
        .start();
    for (tool, arguments) in [("list_users", json!({})), ("create_user", json!({"user_name": "bob"}))] {
        let refused = gateway.call("alice", tool, arguments);
        assert_eq!(refused.code(), "PolicyDenied");
        assert!(
            refused.message().contains("policies/deny.json (statement DenyAllMcp) denies iam:"),
            "{}",
            refused.message()
        );
        let decision = decision(&gateway, &refused.id);
        assert_eq!(
            (&decision["stage"], &decision["effect"], &decision["policy"], &decision["statement"]),
            (&json!("gateway"), &json!("deny"), &json!("policies/deny.json"), &json!("DenyAllMcp")),
        );
    }
    assert!(!gateway.call("alice", "whoami", json!({})).is_error, "whoami does nothing in AWS");
    assert_eq!(listed(&gateway, "alice"), WITHOUT_AWS);
}

#[test]
fn reads_allowed_and_deletes_denied_via_mcp_as_published() {
    let gateway = TestGateway::with_sandbox()
        .policy(
            "reads.json",
            &policy(&json!([
                {"Sid": "AllowReads", "Effect": "Allow", "Action": ["iam:Get*", "iam:List*"], "Resource": "*"},
                {"Sid": "AllowRest", "Effect": "Allow", "Action": "iam:*", "Resource": "*"},
                {"Sid": "DenyDeletesViaMcp", "Effect": "Deny", "Action": ["iam:Delete*"], "Resource": "*",
                 "Condition": {"Bool": {"aws:ViaAWSMCPService": "true"}}},
            ])),
        )
        .start();
    assert!(!gateway.call("alice", "list_users", json!({"path_prefix": "/ci/"})).is_error);
    let refused = gateway.call("alice", "delete_user", json!({"user_name": "rosa.delgado", "force": true}));
    assert_eq!(refused.code(), "PolicyDenied");
    assert!(refused.message().contains("DenyDeletesViaMcp"));
    assert_eq!(refused.content["error"]["action"], "iam:DeleteUser");
    let tools = listed(&gateway, "alice");
    assert!(tools.contains(&"create_user".to_owned()) && !tools.contains(&"delete_user".to_owned()), "{tools:?}");
    let record = &gateway.records_of(&refused.id)[0];
    assert_eq!((&record["stage"], record.get("assumedSessions")), (&json!("denied"), None), "no credential existed");
}

#[test]
fn only_one_named_mcp_server_as_published() {
    let only = |server: &str| {
        policy(&json!([
            {"Sid": "AllowNamed", "Effect": "Allow", "Action": "iam:*", "Resource": "*",
             "Condition": {"StringEquals": {"aws:CalledViaAWSMCP": server}}},
            {"Sid": "DenyOthers", "Effect": "Deny", "Action": "iam:*", "Resource": "*",
             "Condition": {"StringNotEquals": {"aws:CalledViaAWSMCP": server}}},
        ]))
    };
    let own = TestGateway::with_sandbox().policy("own.json", &only(NAME)).start();
    let answer = own.call("alice", "list_users", json!({"path_prefix": "/ci/"}));
    assert!(!answer.is_error, "{:?}", answer.content);
    assert_eq!(
        decision(&own, &answer.id)["allowedBy"],
        json!([{"policy": "policies/own.json", "statement": "AllowNamed"}])
    );
    let other = TestGateway::without_aws().policy("other.json", &only("eks-mcp.amazonaws.com")).start();
    let refused = other.call("alice", "list_users", json!({}));
    assert!(refused.message().contains("DenyOthers"), "{}", refused.message());
}

#[test]
fn a_policy_on_the_tags_of_a_user_is_judged_by_the_tags_that_aws_tells() {
    let gateway = TestGateway::with_sandbox()
        .policy(
            "tags.json",
            &policy(&json!([
                {"Sid": "OwnTeam", "Effect": "Allow", "Action": "iam:*", "Resource": "*",
                 "Condition": {"StringEquals": {"iam:ResourceTag/team": "shop"}}},
                {"Sid": "NewOnes", "Effect": "Allow", "Action": ["iam:CreateUser", "iam:TagUser"], "Resource": "*",
                 "Condition": {"StringEquals": {"aws:RequestTag/team": "shop"},
                               "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}},
            ])),
        )
        .start();
    let answer = gateway.call("alice", "get_user", json!({"user_name": "grace.kim"}));
    assert!(!answer.is_error, "{:?}", answer.content);
    assert_eq!(gateway.call("alice", "get_user", json!({"user_name": "emma.lindqvist"})).code(), "PolicyNotAllowed");
    let create = |tags: Value| {
        gateway.write("alice", "create_user", json!({"user_name": "newcomer", "tags": tags, "dry_run": true}))
    };
    assert!(!create(json!({"team": "shop"})).is_error);
    assert_eq!(create(json!({"team": "data"})).code(), "PolicyNotAllowed");
    assert_eq!(create(json!({"team": "shop", "cost": "1"})).code(), "PolicyNotAllowed");
    assert_eq!(create(json!({})).code(), "PolicyNotAllowed");
    // What is not there has no tags that anybody could tell.
    assert_eq!(gateway.call("alice", "get_user", json!({"user_name": "nobody"})).code(), "PolicyNotAllowed");
}

#[test]
fn a_user_is_renamed_by_the_tags_that_it_has_however_it_is_spelled() {
    let gateway = TestGateway::with_sandbox()
        .policy(
            "tags.json",
            &policy(&json!([
                {"Sid": "OwnTeam", "Effect": "Allow", "Action": "iam:*", "Resource": "*",
                 "Condition": {"StringEquals": {"aws:ResourceTag/team": "shop"}}},
            ])),
        )
        .start();
    let rename = |arguments: Value| gateway.write("alice", "update_user", arguments);
    let moved = rename(json!({"user_name": "GRACE.KIM", "new_path": "/moved/"}));
    assert_eq!(moved.done()["plan"]["calls"].as_array().map(Vec::len), Some(1), "{}", moved.content);
    assert!(moved.content["plan"]["reaches"].is_null(), "the new name is nobody else: {}", moved.content);
    let renamed = rename(json!({"user_name": "Grace.Kim", "new_user_name": "grace.kim-lee", "dry_run": true}));
    assert!(!renamed.is_error, "{}", renamed.content);
    let user = gateway.call("alice", "get_user", json!({"user_name": "grace.kim"}));
    assert_eq!(user.content["User"]["Arn"], self::user("/moved/grace.kim"), "{}", user.content);
    assert_eq!(rename(json!({"user_name": "emma.lindqvist", "new_path": "/moved/"})).code(), "PolicyNotAllowed");
}

#[test]
fn a_plan_is_judged_over_everything_that_hangs_on_the_user() {
    let gateway = TestGateway::with_sandbox()
        .policy(
            "groups.json",
            &policy(&json!([
                allow_all(),
                {"Sid": "KeepDevelopers", "Effect": "Deny", "Action": "iam:RemoveUserFromGroup",
                 "Resource": format!("arn:aws:iam::{ACCOUNT}:group/*developers")},
                {"Sid": "KeepMfaPolicy", "Effect": "Deny", "Action": "iam:DetachUserPolicy", "Resource": "*",
                 "Condition": {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::*:policy/nothing-of-this-name"}}},
            ])),
        )
        .start();
    let refused =
        gateway.write("alice", "delete_user", json!({"user_name": "rosa.delgado", "force": true, "dry_run": true}));
    assert_eq!(refused.code(), "PolicyDenied", "{:?}", refused.content);
    assert!(refused.message().contains("KeepDevelopers"), "{}", refused.message());
    assert_eq!(gateway.records_of(&refused.id)[0]["stage"], "denied");
    let other =
        gateway.write("alice", "delete_user", json!({"user_name": "tomas.novak", "force": true, "dry_run": true}));
    assert!(!other.is_error, "{:?}", other.content);
}

#[test]
fn an_environments_policies_have_to_allow_as_well() {
    let gateway = TestGateway::without_aws()
        .policy("all.json", &policy(&json!([allow_all()])))
        .file(
            "dev/reads.json",
            &policy(&json!([
                {"Effect": "Allow", "Action": ["iam:Get*", "iam:List*"], "Resource": "*"},
            ]))
            .to_string(),
        )
        .environment("policies = [\"dev/*.json\"]")
        .start();
    let refused = gateway.call("alice", "create_user", json!({"user_name": "bob"}));
    assert_eq!(refused.code(), "PolicyNotAllowed");
    assert_eq!(refused.message(), format!("no endpoint policy allows iam:CreateUser on {}", user("/bob")));
    assert!(!listed(&gateway, "alice").contains(&"create_user".to_owned()));
}

#[test]
fn without_documents_what_is_configured_holds() {
    let gateway = TestGateway::without_aws().set("policy.without_documents", "\"deny\"").start();
    assert_eq!(gateway.call("alice", "list_users", json!({})).code(), "PolicyNotAllowed");
    assert_eq!(listed(&gateway, "alice"), WITHOUT_AWS);
}

#[test]
fn a_pattern_that_matches_no_file_keeps_the_gateway_from_starting() {
    let gateway = TestGateway::without_aws().start();
    gateway.reconfigure("without_documents = \"allow\"", "documents = [\"policies/*.json\"]");
    let config = gateway.argument("gateway.toml");
    for command in [vec!["serve", "--config", &config], vec!["config", "check", "--config", &config]] {
        let ran = run(&command);
        assert_eq!(ran.code, 64, "{command:?}: {}", ran.stderr);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains("\"policies/*.json\" matches no file in "), "{command:?}: {said}");
    }
    // The one that runs keeps what it has, and says so.
    let record = eventually("the reload is refused", || {
        gateway.records("reload").into_iter().find(|record| record["errorCode"] == "BadPolicies")
    });
    assert!(record["errorMessage"].as_str().is_some_and(|message| message.contains("matches no file")), "{record}");
    let alarm =
        |value: u8| gateway.metrics().contains(&format!("iam_mcp_gateway_alarms{{what=\"configuration\"}} {value}\n"));
    assert!(alarm(1));
    // It is taken as soon as the file is there, though nobody touches the configuration again.
    let policies = gateway.path("policies");
    fs::create_dir(&policies).expect("the folder is ours");
    let deny = policy(&json!([{"Sid": "Closed", "Effect": "Deny", "Action": "iam:*", "Resource": "*"}]));
    fs::write(policies.join("deny.json"), deny.to_string()).expect("the folder is ours");
    eventually("the configuration is in force", || alarm(0).then_some(()));
    assert!(gateway.call("alice", "list_users", json!({})).message().contains("Closed"));
}

#[test]
fn policies_are_taken_anew_and_a_faulty_one_leaves_the_old_in_force_with_an_alarm() {
    let gateway = TestGateway::without_aws().policy("guard.json", &policy(&json!([allow_all()]))).start();
    let path = gateway.path("policies/guard.json");
    let digest = |id: &str| gateway.records_of(id)[0]["additionalEventData"]["policies"].clone();
    let reloads = |count: usize| {
        eventually("the reload is recorded", || {
            let of_policies = |record: &Value| record["eventName"] == "ReloadPolicies";
            let records: Vec<Value> = gateway.records("reload").into_iter().filter(of_policies).collect();
            (records.len() >= count).then_some(records)
        })
    };
    let alarm = |value: u8| gateway.metrics().contains(&format!("iam_mcp_gateway_alarms{{what=\"policy\"}} {value}\n"));
    assert!(alarm(0));
    let before = digest(&gateway.call("alice", "whoami", json!({})).id);

    let deny = policy(&json!([{"Sid": "Closed", "Effect": "Deny", "Action": "iam:*", "Resource": "*"}]));
    fs::write(&path, deny.to_string()).expect("the folder is ours");
    let reloaded = reloads(1)[0].clone();
    assert_eq!(reloaded["responseElements"]["previous"], before);
    let refused = gateway.call("alice", "list_users", json!({}));
    assert!(refused.message().contains("Closed"));
    assert_eq!(digest(&refused.id), reloaded["responseElements"]["policies"]);

    fs::write(&path, "{\"Statement\": []}").expect("the folder is ours");
    let record = reloads(2)[1].clone();
    assert_eq!(record["errorCode"], "BadPolicies");
    assert!(
        record["errorMessage"].as_str().is_some_and(|text| text.contains("policies/guard.json: $.Statement")),
        "{record}"
    );
    assert!(gateway.call("alice", "list_users", json!({})).message().contains("Closed"), "the old one stays in force");
    assert!(alarm(1));
    assert_eq!(gateway.get("/readyz").status, 200, "an alarm drains nobody");
    assert!(gateway.log().contains("the new policies are refused; the old ones stay in force"));

    fs::write(&path, policy(&json!([allow_all()])).to_string()).expect("the folder is ours");
    assert_eq!(reloads(3)[2]["responseElements"]["policies"], before);
    assert!(alarm(0));
}

#[test]
fn a_faulty_policy_keeps_nobody_from_throwing_the_kill_switch_and_from_revoking() {
    let gateway = TestGateway::without_aws().policy("guard.json", &policy(&json!([allow_all()]))).start();
    fs::write(gateway.path("policies/guard.json"), "{\"Statement\": []}").expect("the folder is ours");
    let refused = |name: &str| {
        let is_it = |record: &Value| record["eventName"] == name && record["errorCode"] == "BadPolicies";
        eventually("the reload is refused", || gateway.records("reload").into_iter().find(is_it))
    };
    refused("ReloadPolicies");
    assert_ne!(gateway.call("alice", "create_user", json!({"user_name": "dave"})).code(), "ReadOnlyGateway");
    let revoked = "\n[[revoked]]\ncaller = \"keyring:reader\"\n";
    gateway.reconfigure(&format!("name = \"{NAME}\"\n"), &format!("name = \"{NAME}\"\nread_only = true\n{revoked}"));
    refused("ReloadConfiguration");
    let (_, request) = gateway.tool_call("reader", "whoami", json!({}));
    assert_eq!(request.send().code(), "revoked");
    let code = || gateway.call("alice", "create_user", json!({"user_name": "dave"})).code().to_owned();
    assert_eq!(code(), "ReadOnlyGateway");
    // Taken back in the file, it holds on until the policies are whole again.
    gateway.reconfigure("read_only = true\n", "");
    eventually("the old file is refused as well", || {
        let is_it = |record: &Value| record["eventName"] == "ReloadConfiguration";
        (gateway.records("reload").into_iter().filter(is_it).count() == 2).then_some(())
    });
    assert_eq!(code(), "ReadOnlyGateway");
    fs::write(gateway.path("policies/guard.json"), policy(&json!([allow_all()])).to_string()).expect("it is ours");
    eventually("writes are let through", || (code() != "ReadOnlyGateway").then_some(()));
}

#[test]
fn a_kill_switch_that_came_with_a_faulty_pattern_goes_with_it() {
    let gateway = TestGateway::without_aws().policy("guard.json", &policy(&json!([allow_all()]))).start();
    let code = || gateway.call("alice", "create_user", json!({"user_name": "dave"})).code().to_owned();
    let (good, bad) = ("documents = [\"policies/*.json\"]", "documents = [\"polices/*.json\"]");
    let (open, closed) = (format!("name = \"{NAME}\"\n"), format!("name = \"{NAME}\"\nread_only = true\n"));
    let path = gateway.path("gateway.toml");
    let before = fs::read_to_string(&path).expect("it is ours");
    fs::write(&path, before.replace(good, bad).replace(&open, &closed)).expect("it is ours");
    eventually("writes are refused", || (code() == "ReadOnlyGateway").then_some(()));
    fs::write(&path, before).expect("it is ours");
    eventually("writes are let through", || (code() != "ReadOnlyGateway").then_some(()));
    assert!(gateway.metrics().contains("iam_mcp_gateway_alarms{what=\"configuration\"} 0\n"));
}

#[test]
fn a_faulty_shadow_policy_keeps_no_deny_from_being_enforced() {
    let gateway = TestGateway::without_aws()
        .policy("all.json", &policy(&json!([allow_all()])))
        .file("next/strict.json", &policy(&json!([allow_all()])).to_string())
        .set("policy.shadow", "[\"next/*.json\"]")
        .start();
    let deny = policy(&json!([{"Sid": "Closed", "Effect": "Deny", "Action": "iam:*", "Resource": "*"}]));
    fs::write(gateway.path("next/strict.json"), "{").expect("the folder is ours");
    fs::write(gateway.path("policies/deny.json"), deny.to_string()).expect("the folder is ours");
    let record = eventually("the reload is recorded", || {
        gateway.records("reload").into_iter().rfind(|record| record["responseElements"]["files"] == 3)
    });
    assert_eq!(record["errorCode"], "BadShadowPolicies");
    let refused = gateway.call("alice", "list_users", json!({}));
    assert!(refused.message().contains("Closed"), "{}", refused.message());
    let shadow = &decision(&gateway, &refused.id)["shadow"];
    assert_eq!(shadow["effect"], "allow", "what was tried before goes on being so: {shadow}");
    assert!(gateway.metrics().contains("iam_mcp_gateway_alarms{what=\"policy\"} 1\n"));
}

#[test]
fn a_shadow_policy_is_recorded_and_not_enforced() {
    let shadow = policy(&json!([
        allow_all(),
        {"Sid": "NextMonth", "Effect": "Deny", "Action": "iam:ListUsers", "Resource": "*"},
    ]));
    let gateway = TestGateway::with_sandbox()
        .policy("all.json", &policy(&json!([allow_all()])))
        .file("next/strict.json", &shadow.to_string())
        .set("policy.shadow", "[\"next/*.json\"]")
        .start();
    let answer = gateway.call("alice", "list_users", json!({"path_prefix": "/ci/"}));
    assert!(!answer.is_error, "{:?}", answer.content);
    let decision = decision(&gateway, &answer.id);
    assert_eq!(decision["effect"], "allow");
    let shadow = &decision["shadow"];
    assert_eq!(
        (&shadow["effect"], &shadow["policy"], &shadow["statement"], &shadow["action"]),
        (&json!("deny"), &json!("next/strict.json"), &json!("NextMonth"), &json!("iam:ListUsers")),
    );
    assert!(gateway.metrics().contains("iam_mcp_gateway_policy_decisions_total{effect=\"allow\",shadow=\"deny\"} 1\n"));
}

#[test]
fn where_a_call_came_from_is_what_trusted_proxies_say_and_no_client() {
    let guard = policy(&json!([
        allow_all(),
        {"Sid": "OnlyFromInside", "Effect": "Deny", "Action": "*", "Resource": "*",
         "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
        {"Sid": "OnlyOverTls", "Effect": "Deny", "Action": "*", "Resource": "*",
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ]));
    let called = |gateway: &TestGateway, headers: &[(&str, &str)]| {
        let (id, request) = gateway.tool_call("alice", "list_users", json!({}));
        let request = headers.iter().fold(request, |request, (name, value)| request.unsigned_header(name, value));
        Called::of(id, &request.send()).message().to_owned()
    };
    let (inside, tls) = (("X-Forwarded-For", "10.1.2.3"), ("X-Forwarded-Proto", "https"));
    let direct = TestGateway::without_aws().policy("guard.json", &guard).start();
    assert!(called(&direct, &[inside, tls]).contains("OnlyFromInside"), "a client's headers are not believed");
    let behind_a_proxy = TestGateway::without_aws()
        .policy("guard.json", &guard)
        .set("listen.trusted_proxies", "[\"127.0.0.1/32\"]")
        .start();
    assert!(called(&behind_a_proxy, &[inside]).contains("OnlyOverTls"));
    assert!(called(&behind_a_proxy, &[("X-Forwarded-For", "203.0.113.9"), tls]).contains("OnlyFromInside"));
    // The rightmost hop is what the proxy saw; what stands before it is the client's word.
    assert!(called(&behind_a_proxy, &[("X-Forwarded-For", "10.1.2.3, 203.0.113.9"), tls]).contains("OnlyFromInside"));
    let passed = called(&behind_a_proxy, &[inside, tls]);
    assert!(!passed.contains("endpoint policy"), "only AWS cannot be reached: {passed}");
}

#[test]
fn a_statement_can_be_about_one_of_the_mapped_roles() {
    let gateway = TestGateway::without_aws()
        .policy("principals.json", &policy(&json!([
            {"Effect": "Allow", "Principal": "*", "Action": ["iam:Get*", "iam:List*"], "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:role/mcp-admin")},
             "Action": "iam:*", "Resource": "*"},
            {"Sid": "NotTheReader", "Effect": "Deny", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:role/mcp-reader")},
             "Action": "iam:ListUsers", "Resource": "*"},
        ])))
        .start();
    assert!(listed(&gateway, "alice").contains(&"create_user".to_owned()));
    let refused = gateway.call("reader", "list_users", json!({}));
    assert!(refused.message().contains("NotTheReader"), "{}", refused.message());
}

#[test]
fn what_stands_in_a_policy_is_told_to_nobody() {
    let gateway = TestGateway::without_aws()
        .policy(
            "secret.json",
            &policy(&json!([
                {"Sid": "S", "Effect": "Deny", "Action": "iam:*", "Resource": "*",
                 "Condition": {"StringNotEquals": {"aws:SourceIdentity": "the-one-who-may@example.com"}}},
            ])),
        )
        .start();
    let refused = gateway.call("alice", "list_users", json!({}));
    assert_eq!(refused.code(), "PolicyDenied");
    let told = format!("{:?}{}", refused.content, gateway.log());
    assert!(!told.contains("the-one-who-may") && !told.contains("SourceIdentity"), "{told}");
}
