//! `doctor`: what it finds in an account with good and bad roles, and what `serve` says of it when it has started.

use std::fs;

use serde_json::{Value, json};

use crate::aws_calls::{Account as Caller, Saved};
use crate::support::clients::Keys;
use crate::support::command::{Ran, run, run_with};
use crate::support::gateway::{ACCOUNT, NAME, TestGateway};
use crate::support::prepared::Prepared;
use crate::support::waiting::eventually;

const GATEWAY_ROLE: &str = "arn:aws:iam::123456789012:role/iam-mcp-gateway";
const READS: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const ALL_ACTIONS: [&str; 3] = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];
const WRITES: &str = "access = \"read-write\"";

fn prepared() -> Prepared {
    prepared_as(GATEWAY_ROLE)
}

fn prepared_as(own: &str) -> Prepared {
    let own = format!("{own:?}");
    TestGateway::with_sandbox()
        .set("protect.gateway_role_arn", &own)
        .mapping("good", "role/good", WRITES)
        .mapping("wide", "role/wide", WRITES)
        .mapping("boss", "role/boss", WRITES)
        .mapping("untagged", "role/untagged", WRITES)
        .mapping("unsourced", "role/unsourced", WRITES)
        .mapping("missing", "role/missing", "access = \"read-only\"")
        .mapping("closed", "role/closed", "access = \"read-only\"")
}

/// Trusts everybody of the account whom the condition lets in.
fn trust(actions: &[&str], condition: &Value) -> String {
    let principal = json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")});
    let mut statement = json!({"Effect": "Allow", "Principal": principal, "Action": actions});
    if !condition.is_null() {
        statement["Condition"] = condition.clone();
    }
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn only_the_gateway(actions: &[&str]) -> String {
    let tags = json!({"aws:RequestTag/ViaAWSMCPService": "true", "aws:RequestTag/CalledViaAWSMCP": NAME});
    trust(actions, &json!({"ArnEquals": {"aws:PrincipalArn": GATEWAY_ROLE}, "StringEquals": tags}))
}

/// The roles that the mappings are to.
fn arrange(gateway: &TestGateway) {
    let mut account = gateway.account();
    let allow = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ALL_ACTIONS, "Resource": format!("arn:aws:iam::{ACCOUNT}:role/*")},
    ]});
    put(gateway, "iam-mcp-gateway", &allow);
    let boundary = account.done(
        "create_policy",
        json!({"PolicyName": "agents", "PolicyDocument": json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
        ]}).to_string()}),
    );
    let boundary = boundary["Policy"]["Arn"].as_str().expect("a policy has an ARN").to_owned();
    for (name, trust, policies, bound) in [
        ("good", only_the_gateway(&ALL_ACTIONS), &[READS][..], true),
        ("wide", trust(&ALL_ACTIONS, &Value::Null), &[READS], false),
        ("boss", only_the_gateway(&ALL_ACTIONS), &["arn:aws:iam::aws:policy/AdministratorAccess"], false),
        ("untagged", only_the_gateway(&["sts:AssumeRole", "sts:SetSourceIdentity"]), &[READS], true),
        ("unsourced", only_the_gateway(&["sts:AssumeRole", "sts:TagSession"]), &[READS], true),
        ("closed", only_the_gateway(&ALL_ACTIONS), &[], true),
    ] {
        let mut role = json!({"RoleName": name, "AssumeRolePolicyDocument": trust});
        if bound {
            role["PermissionsBoundary"] = boundary.as_str().into();
        }
        account.done("create_role", role);
        for policy in policies {
            account.done("attach_role_policy", json!({"RoleName": name, "PolicyArn": policy}));
        }
    }
}

fn put(gateway: &TestGateway, role: &str, document: &Value) {
    let put = json!({"RoleName": role, "PolicyName": "more", "PolicyDocument": document.to_string()});
    gateway.account().done("put_role_policy", put);
}

fn examine_with(gateway: &TestGateway, keys: &Keys, options: &[&str]) -> Ran {
    let mut variables = vec![
        ("AWS_ACCESS_KEY_ID", keys.access_key_id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", keys.secret_access_key.as_str()),
    ];
    variables.extend(keys.session_token.as_deref().map(|token| ("AWS_SESSION_TOKEN", token)));
    let config = gateway.argument("gateway.toml");
    run_with(&[&["doctor", "--config", &config], options].concat(), &variables, "")
}

fn examine(gateway: &TestGateway, options: &[&str]) -> Ran {
    examine_with(gateway, &gateway.own_keys(), options)
}

/// The status that a check has for whatever is called so.
fn status<'a>(report: &'a Value, of: &str, code: &str) -> &'a str {
    finding(report, of, code)["status"].as_str().expect("a finding has a status")
}

fn finding<'a>(report: &'a Value, of: &str, code: &str) -> &'a Value {
    let is_of = |finding: &Value| {
        let named = ["mapping", "roleArn", "account", "about"].map(|member| finding[member].as_str());
        finding["code"] == code && named.iter().flatten().any(|name| name.ends_with(of))
    };
    let found = report["findings"].as_array().expect("findings are a list").iter().find(|finding| is_of(finding));
    found.unwrap_or_else(|| unreachable!("no {code} of {of} in {report:#}"))
}

#[test]
fn good_and_bad_roles_are_told_apart() {
    let gateway = prepared().start();
    arrange(&gateway);
    let ran = examine(&gateway, &["--json"]);
    let report = ran.json();
    assert_eq!((ran.code, &report["ok"]), (1, &json!(false)), "{report:#}");
    for (of, code, expected) in [
        ("gateway", "GatewayCredentials", "ok"),
        ("gateway", "GatewayIdentity", "ok"),
        ("gateway", "GatewayFreeOfIam", "ok"),
        ("keyring:good", "AssumeRole", "ok"),
        ("keyring:good", "TagSession", "ok"),
        ("keyring:good", "SetSourceIdentity", "ok"),
        ("keyring:good", "InheritedTags", "ok"),
        ("keyring:good", "SessionRequest", "ok"),
        ("role/good", "TrustOnlyGateway", "ok"),
        ("role/good", "TrustRequiresStamp", "ok"),
        ("role/good", "PermissionsBoundary", "ok"),
        ("role/good", "NotAdministrator", "ok"),
        ("keyring:wide", "AssumeRole", "ok"),
        ("role/wide", "TrustOnlyGateway", "problem"),
        ("role/wide", "TrustRequiresStamp", "problem"),
        ("role/wide", "PermissionsBoundary", "problem"),
        ("role/wide", "NotAdministrator", "ok"),
        ("role/boss", "TrustOnlyGateway", "ok"),
        ("role/boss", "NotAdministrator", "problem"),
        ("keyring:untagged", "TagSession", "problem"),
        ("keyring:untagged", "AssumeRole", "unknown"),
        ("role/untagged", "TrustOnlyGateway", "unknown"),
        ("keyring:unsourced", "SetSourceIdentity", "problem"),
        ("keyring:unsourced", "TagSession", "unknown"),
        ("keyring:missing", "AssumeRole", "problem"),
        ("role/missing", "TrustOnlyGateway", "unknown"),
        ("keyring:closed", "AssumeRole", "ok"),
        ("role/closed", "TrustOnlyGateway", "unknown"),
        ("role/closed", "NotAdministrator", "unknown"),
        // The demo's own role takes the stamp of any gateway.
        ("role/mcp-admin", "TrustRequiresStamp", "warning"),
        (ACCOUNT, "CloudTrail", "unknown"),
    ] {
        assert_eq!(status(&report, of, code), expected, "{code} of {of}: {:#}", finding(&report, of, code));
    }
    let counts = &report["counts"];
    let told = ["ok", "unknown", "warning", "problem"].map(|status| counts[status].as_u64().expect("a number"));
    assert_eq!(told.iter().sum::<u64>(), report["findings"].as_array().map_or(0, Vec::len) as u64);
    let wide = finding(&report, "role/wide", "TrustOnlyGateway");
    assert_eq!((&wide["about"], &wide["mappings"]), (&json!("role"), &json!(["dev/keyring:wide"])));
    assert!(wide["mend"].as_str().is_some_and(|mend| mend.contains("OnlyTheGatewayWithItsStamp")), "{wide}");
    assert_eq!(wide["expected"], "the role's trust policy lets in the gateway and nobody else");
    assert!(!ran.said().contains(gateway.own_keys().secret_access_key.as_str()));
    for event in gateway.sandbox().trail() {
        let arn = event["userIdentity"]["arn"].as_str().unwrap_or_default();
        let name = event["eventName"].as_str().unwrap_or_default();
        let looks = ["Get", "List", "Describe", "Lookup", "Simulate"].iter().any(|verb| name.starts_with(verb));
        let by_gateway = arn.contains("/iam-mcp-gateway/") && (looks || name == "AssumeRole");
        assert!(arn.ends_with(":root") || by_gateway || arn.contains("/doctor-") && looks, "{event:#}");
    }
}

#[test]
fn people_read_what_is_not_fine_with_its_mend() {
    let gateway = prepared().start();
    arrange(&gateway);
    let good = examine(&gateway, &["--mapping", "dev/keyring:good"]);
    assert_eq!(good.code, 0, "{}", good.said());
    assert!(good.stdout.contains("0 problem(s)") && !good.stdout.contains("wide"), "{}", good.stdout);
    let bad = examine(&gateway, &["--mapping", "dev/keyring:untagged"]);
    assert_eq!(bad.code, 1, "{}", bad.said());
    let lines: Vec<&str> = bad.stdout.lines().collect();
    let at =
        lines.iter().position(|line| line.starts_with("  problem  TagSession: STS: ")).expect("the problem is told");
    assert!(lines[at + 1].trim_start().starts_with("mend: make this the trust policy of "), "{}", bad.stdout);
    assert!(!bad.stdout.contains('\u{1b}'), "a pipe gets no colours");

    let unknown = examine(&gateway, &["--mapping", "dev/keyring:nobody"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (2, ""));
    assert!(unknown.stderr.contains("dev/keyring:good"), "{}", unknown.stderr);
    assert_eq!(run(&["doctor", "--config", "nowhere.toml"]).code, 64);
}

#[test]
fn without_credentials_or_without_aws_nothing_is_fine() {
    let gateway = TestGateway::without_aws().start();
    let config = gateway.argument("gateway.toml");
    let nobody = run(&["doctor", "--config", &config, "--json"]);
    let report = nobody.json();
    assert_eq!((nobody.code, &report["counts"]["ok"]), (2, &json!(0)), "{report:#}");
    assert_eq!(status(&report, "gateway", "GatewayCredentials"), "problem");
    let unreachable = examine(&gateway, &["--json"]);
    let report = unreachable.json();
    assert_eq!((unreachable.code, &report["ok"]), (2, &json!(false)), "{report:#}");
    let unknown = report["findings"].as_array().expect("a list").iter().all(|finding| finding["status"] == "unknown");
    assert!(unknown, "{report:#}");
}

#[test]
fn a_gateway_that_may_use_iam_is_told_what_it_may_and_that_a_role_is_not_there() {
    let gateway = prepared().start();
    arrange(&gateway);
    let reach = |statement: Value| {
        let allow = json!({"Effect": "Allow", "Action": ALL_ACTIONS, "Resource": "*"});
        put(&gateway, "iam-mcp-gateway", &json!({"Version": "2012-10-17", "Statement": [allow, statement]}));
        examine(&gateway, &["--json", "--mapping", "dev/keyring:missing"]).json()
    };
    let all = reach(json!({"Effect": "Allow", "Action": "iam:*", "Resource": "*"}));
    assert_eq!(status(&all, "gateway", "GatewayFreeOfIam"), "problem");
    assert_eq!(finding(&all, "keyring:missing", "AssumeRole")["evidence"], "there is no such role");
    let simulates =
        reach(json!({"Effect": "Allow", "Action": ["iam:SimulatePrincipalPolicy", "iam:CreateUser"], "Resource": "*"}));
    let simulated = finding(&simulates, "gateway", "GatewayFreeOfIam");
    assert_eq!(simulated["status"], "problem");
    assert!(simulated["evidence"].as_str().is_some_and(|told| told.contains("simulation")), "{simulated}");
    let reads = reach(json!({"Effect": "Allow", "Action": "iam:GetAccountSummary", "Resource": "*"}));
    assert_eq!(status(&reads, "gateway", "GatewayFreeOfIam"), "warning");
}

#[test]
fn a_person_who_looks_is_told_apart_from_the_gateway() {
    let gateway = prepared().start();
    arrange(&gateway);
    let person = gateway.sandbox().user_keys("demo-operator");
    let ran = examine_with(&gateway, &person, &["--json", "--mapping", "dev/keyring:wide"]);
    let report = ran.json();
    assert_eq!((ran.code, status(&report, "gateway", "GatewayIdentity")), (1, "problem"), "{report:#}");
    assert_eq!(status(&report, "gateway", "GatewayFreeOfIam"), "unknown");
    assert_eq!(status(&report, "keyring:wide", "AssumeRole"), "unknown");
    assert_eq!(status(&report, "role/wide", "TrustOnlyGateway"), "problem");
}

#[test]
fn tags_that_the_gateways_session_hands_on_are_found_in_the_way() {
    let gateway = prepared_as("arn:aws:iam::123456789012:role/wide").start();
    arrange(&gateway);
    let own = Caller::at(gateway.sandbox().url(), &gateway.own_keys());
    let mut saved = Saved::default();
    let step = json!(["sts:AssumeRole",
        {"RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/wide"), "RoleSessionName": "task",
            "Tags": [{"Key": "calledviaawsmcp", "Value": "eks"}], "TransitiveTagKeys": ["calledviaawsmcp"]},
        {"Credentials": {"$includes": {"AccessKeyId": {"$save": "id"}, "SecretAccessKey": {"$save": "secret"},
            "SessionToken": {"$save": "token"}}}}]);
    own.call(&step, &mut saved).expect("the role trusts everybody of the account");
    let text = |name: &str| {
        let value = saved.filled(&json!({"$use": name})).expect("it was remembered");
        value.as_str().expect("it is a text").to_owned()
    };
    let keys =
        Keys { access_key_id: text("id"), secret_access_key: text("secret"), session_token: Some(text("token")) };
    let ran = examine_with(&gateway, &keys, &["--json", "--mapping", "dev/keyring:good"]);
    let report = ran.json();
    assert_eq!((ran.code, status(&report, "keyring:good", "InheritedTags")), (1, "problem"), "{report:#}");
    assert_eq!(status(&report, "gateway", "GatewayIdentity"), "ok");
}

#[test]
fn the_start_is_summed_up_in_the_log_and_what_was_asked_is_recorded() {
    let mut gateway = prepared().set("gateway.examine_at_start", "true").start();
    let log = eventually("the examination is summed up", || {
        let log = gateway.log();
        log.contains("looked at what the gateway stands on at AWS").then_some(log)
    });
    let problem = log.lines().find(|line| line.contains("`doctor` found a problem")).unwrap_or_default();
    assert!(problem.contains("AssumeRole") || problem.contains("PermissionsBoundary"), "{log}");
    assert!(!log.contains(gateway.own_keys().secret_access_key.as_str()));
    assert!(!gateway.call("alice", "list_users", json!({"max_items": 3})).is_error);
    gateway.stop();
    let records: Vec<Value> = gateway.journal().into_iter().filter(|record| record["eventName"] == "Examine").collect();
    let mapped = |record: &Value| record["additionalEventData"]["roleMapping"].as_str().map(str::to_owned);
    let mappings: Vec<String> = records.iter().filter_map(mapped).collect();
    assert_eq!(mappings.len(), 9, "one of each: {mappings:?}");
    let missing = records.iter().find(|record| record["additionalEventData"]["roleMapping"] == "dev/keyring:missing");
    let refused = &missing.expect("what STS refused is recorded, too")["additionalEventData"]["awsCalls"][0];
    assert_eq!((&refused["action"], &refused["errorCode"]), (&json!("sts:AssumeRole"), &json!("AccessDenied")));
    assert!(records.iter().all(|record| record["stage"] == "read"), "{records:#?}");

    let trail = tempfile::tempdir().expect("a temporary directory can be made");
    let events = json!({"Records": gateway.sandbox().trail()}).to_string();
    fs::write(trail.path().join("log.json"), events).expect("the folder is ours");
    let folder = trail.path().to_str().expect("temporary folders have plain names");
    let journal = gateway.argument("audit");
    let compared = run(&["audit", "reconcile", &journal, "--cloudtrail", folder, "--settle", "0s", "--json"]).json();
    assert_eq!(compared["eventsWithoutRecord"], json!([]), "{compared:#}");
}

#[test]
fn where_it_is_switched_off_nothing_is_asked() {
    let mut gateway = prepared().start();
    gateway.stop();
    assert!(gateway.sandbox().trail().is_empty());
}
