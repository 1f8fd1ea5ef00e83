//! The commands, as people and scripts use them.

use std::fs;

use serde_json::{Value, json};

use crate::support::command::{Ran, run, run_with};
use crate::support::gateway::TestGateway;

fn call(gateway: &TestGateway, caller: &str, arguments: &[&str], input: &str) -> Ran {
    let keys = gateway.keys(caller);
    let variables =
        [("AWS_ACCESS_KEY_ID", keys.access_key_id.as_str()), ("AWS_SECRET_ACCESS_KEY", &keys.secret_access_key)];
    run_with(&[&["call"], arguments, &["--url", &gateway.url()]].concat(), &variables, input)
}

#[test]
fn call_answers_results_on_standard_output_and_refusals_on_standard_error() {
    let gateway = TestGateway::without_aws().start();
    let done = call(&gateway, "alice", &["whoami"], "");
    assert_eq!((done.code, &done.json()["Caller"]["name"]), (0, &json!("alice")), "{}", done.stderr);
    assert_eq!(done.stderr, "");

    let refused = call(&gateway, "reader", &["create_user", "{\"user_name\": \"dave\"}"], "");
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.starts_with("error: ReadOnlyCaller: "), "{}", refused.stderr);

    let refused = call(&gateway, "reader", &["create_user", "-", "--json"], "{\"user_name\": \"dave\"}");
    assert_eq!((refused.code, &refused.json()["structuredContent"]["error"]["code"]), (1, &json!("ReadOnlyCaller")));

    let unknown = call(&gateway, "alice", &["list_user", "--json"], "");
    assert_eq!((unknown.code, &unknown.json()["error"]["code"]), (1, &json!("UnknownTool")), "{}", unknown.stdout);
    for (arguments, said) in [(["whoami", "[]"], "not a JSON object"), (["whoami", "{"], "not a JSON object")] {
        let wrong = call(&gateway, "alice", &arguments, "");
        assert_eq!(wrong.code, 2);
        assert!(wrong.stderr.contains(said), "{}", wrong.stderr);
    }
}

#[test]
fn call_says_what_kept_it_from_calling() {
    let gateway = TestGateway::without_aws().start();
    let url = gateway.url();
    let variables = [("AWS_ACCESS_KEY_ID", "IMGKAAAAAAAAAAAAAAAA"), ("AWS_SECRET_ACCESS_KEY", "wrong")];
    let unknown = run_with(&["call", "whoami", "--url", &url], &variables, "");
    assert_eq!(unknown.code, 1);
    assert!(unknown.stderr.contains("not one of this gateway's keys"), "{}", unknown.stderr);
    let unknown = run_with(&["call", "whoami", "--json", "--url", &url], &variables, "");
    assert_eq!(unknown.json()["error"]["code"], "unknown_key");

    let nobody = run_with(&["call", "whoami", "--url", "http://127.0.0.1:9/mcp"], &variables, "");
    assert_eq!(nobody.code, 1);
    assert!(nobody.stderr.contains("cannot be reached"), "{}", nobody.stderr);
    let plain = run_with(&["call", "whoami", "--url", "http://iam-mcp.example.internal/mcp"], &variables, "");
    assert_eq!(plain.code, 2);
    assert!(plain.stderr.contains("use https"), "{}", plain.stderr);
}

#[test]
fn tools_lists_what_there_is_and_what_roles_need() {
    let listed = run(&["tools"]);
    assert_eq!(listed.code, 0);
    assert!(listed.stdout.lines().any(|line| line.starts_with("delete_user") && line.contains("destructive")));
    let tools = run(&["tools", "--json"]).json();
    let delete = tools["tools"].as_array().and_then(|tools| tools.iter().find(|tool| tool["name"] == "delete_user"));
    assert_eq!(delete.expect("delete_user is listed")["annotations"]["destructiveHint"], true);

    let policy = run(&["tools", "--policy"]).json();
    assert_eq!(policy["Version"], "2012-10-17");
    let statements = |policy: &Value| policy["Statement"].as_array().map_or(0, Vec::len);
    let reading = run(&["tools", "--policy", "--read-only"]).json();
    assert_eq!((statements(&policy), statements(&reading)), (2, 1));
    assert!(!reading.to_string().contains("iam:CreateUser") && policy.to_string().contains("iam:CreateUser"));
    assert_eq!(run(&["tools", "--json", "--policy"]).code, 2);
    assert_eq!(run(&["tools", "--read-only"]).code, 2);
    assert_eq!(run(&["tools", "--config", "gateway.toml"]).code, 2);
    assert_eq!(run(&["tools", "--policy", "--config", "nowhere.toml"]).code, 64);
}

#[test]
fn keys_are_made_listed_and_disabled_and_secrets_told_once() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let file = folder.path().join("keyring.json");
    let file = file.to_str().expect("temporary folders have plain names");
    let add = |more: &[&str]| run(&[&["keyring", "add", "--file", file, "--environment", "dev"], more].concat());

    let for_people = add(&["--caller", "ci/deploy", "--expires-in", "8h"]);
    assert_eq!(for_people.code, 0, "{}", for_people.stderr);
    assert!(for_people.stdout.starts_with("[iam-mcp]\naws_access_key_id = IMGK"), "{}", for_people.stdout);
    let key = add(&["--caller", "alice", "--person", "alice@example.com", "--json"]).json();
    let (id, secret) = (key["AccessKeyId"].as_str(), key["SecretAccessKey"].as_str());
    let (id, secret) = (id.expect("an id"), secret.expect("a secret"));

    let mut said = String::new();
    let listed = run(&["keyring", "list", "--file", file]);
    assert!(
        listed.stdout.contains(id) && listed.stdout.contains("alice (alice@example.com) in dev"),
        "{}",
        listed.stdout
    );
    said.push_str(&listed.said());
    let listed = run(&["keyring", "list", "--file", file, "--json"]);
    assert_eq!(listed.json().as_array().map(Vec::len), Some(2));
    said.push_str(&listed.said());
    let disabled = run(&["keyring", "disable", "--file", file, id, "--json"]);
    assert_eq!((disabled.code, disabled.json()), (0, json!({"AccessKeyId": id, "WasActive": true})));
    said.push_str(&disabled.said());
    let again = run(&["keyring", "disable", "--file", file, id]);
    assert_eq!((again.code, again.stdout), (0, format!("{id} was inactive already\n")));
    said.push_str(&again.stderr);
    let unknown = run(&["keyring", "disable", "--file", file, "IMGKAAAAAAAAAAAAAAAA"]);
    assert_eq!(unknown.code, 1);
    said.push_str(&unknown.said());
    assert!(!said.contains(secret), "a secret was told again");

    assert_eq!(add(&["--caller", "x", "--expires-in", "soon"]).code, 2);
    assert_eq!(add(&["--caller", "no such name!"]).code, 2);
    assert_eq!(run(&["keyring", "list"]).code, 2);
}

#[test]
fn config_check_says_everything_that_is_wrong_at_once() {
    let gateway = TestGateway::without_aws().start();
    let file = gateway.argument("gateway.toml");
    let good = run(&["config", "check", "--config", &file]);
    assert_eq!(good.code, 0, "{}", good.said());
    assert!(good.stdout.contains("the configuration can be served"), "{}", good.stdout);

    let text = fs::read_to_string(&file).expect("the configuration is there");
    let bad = text
        .replace("[gateway]\n", "[gateway]\nread_onyl = true\n")
        .replace("access = \"read-only\"", "access = \"all\"");
    let path = gateway.argument("bad.toml");
    fs::write(&path, bad).expect("the folder is ours");
    let checked = run(&["config", "check", "--config", &path]);
    assert_eq!(checked.code, 64);
    for fault in ["read_onyl", "read_only", "access", "2 fault(s)"] {
        assert!(checked.stdout.contains(fault), "{fault} is not in {}", checked.stdout);
    }
    let checked = run(&["config", "check", "--config", &path, "--json"]);
    assert_eq!((checked.code, checked.json()["faults"].as_array().map(Vec::len)), (64, Some(2)));
    let served = run(&["serve", "--config", &path]);
    assert_eq!(served.code, 64);
    assert!(served.stderr.contains("read_onyl"), "{}", served.stderr);

    fs::remove_file(gateway.path("keyring.json")).expect("the folder is ours");
    let without_keyring = run(&["config", "check", "--config", &file, "--json"]);
    assert_eq!((without_keyring.code, &without_keyring.json()["ok"]), (64, &json!(false)));
    assert_eq!(without_keyring.json()["files"].as_array().map(Vec::len), Some(1));
    assert_eq!(run(&["config", "check", "--config", "/no/such/file"]).code, 64);
}

#[test]
fn a_bad_configuration_keyring_or_sealing_key_ends_commands_with_64() {
    let mut gateway = TestGateway::without_aws().start();
    gateway.stop();
    let config = gateway.argument("gateway.toml");
    let keyring = |command: &[&str], config: &str| run(&[&["keyring"], command, &["--config", config]].concat());
    let commands: [&[&str]; 3] =
        [&["list"], &["disable", "IMGKAAAAAAAAAAAAAAAA"], &["add", "--caller", "bob", "--environment", "dev"]];

    let bad = gateway.argument("bad.toml");
    fs::write(&bad, "[gateway\n").expect("the folder is ours");
    for command in commands {
        assert_eq!(keyring(command, &bad).code, 64, "{command:?}");
    }
    assert_eq!(keyring(&["add", "--caller", "bob", "--environment", "nowhere"], &config).code, 2);

    let text = fs::read_to_string(&config).expect("the configuration is there");
    let sealed = gateway.argument("sealed.toml");
    let keys = "[sealing]\nkeys = [{ id = \"a\", file = \"sealing.key\", state = \"seal\" }]\n";
    fs::write(&sealed, format!("{keys}{text}")).expect("the folder is ours");
    fs::write(gateway.path("sealing.key"), "no key\n").expect("the folder is ours");
    let served = run(&["serve", "--config", &sealed]);
    assert_eq!(served.code, 64, "{}", served.said());
    assert!(served.stderr.contains("sealing.key"), "{}", served.stderr);

    fs::write(gateway.path("keyring.json"), "no keyring\n").expect("the folder is ours");
    let served = run(&["serve", "--config", &config]);
    assert_eq!(served.code, 64, "{}", served.said());
    assert!(served.stderr.contains("keyring"), "{}", served.stderr);
    for command in commands {
        assert_eq!(keyring(command, &config).code, 64, "{command:?}");
    }
}

#[test]
fn healthcheck_tells_by_its_exit_code() {
    let gateway = TestGateway::without_aws().start();
    let address = gateway.address().to_string();
    for path in ["/healthz", "/readyz"] {
        let healthy = run(&["healthcheck", "--address", &address, "--path", path]);
        assert_eq!((healthy.code, healthy.stdout), (0, format!("healthy: {address}\n")));
    }
    let healthy = run(&["healthcheck", "--address", &address, "--json"]);
    assert_eq!(healthy.json(), json!({"healthy": true, "status": 200, "error": null}));
    let nobody = run(&["healthcheck", "--address", "127.0.0.1:9", "--json"]);
    assert_eq!((nobody.code, &nobody.json()["healthy"]), (1, &json!(false)));
    assert_eq!(run(&["healthcheck", "--path", "/metrics"]).code, 2);
}

#[test]
fn audit_verify_answers_scripts_in_json() {
    let mut gateway = TestGateway::without_aws().start();
    assert!(!gateway.call("alice", "whoami", json!({})).is_error);
    gateway.stop();
    let verified = run(&["audit", "verify", "--json", &gateway.argument("audit")]);
    let report = verified.json();
    assert_eq!((verified.code, &report["verdict"], &report["firstBad"]), (0, &json!("verified"), &Value::Null));
    assert_eq!(report["records"].as_u64(), Some(gateway.journal().len() as u64));
    let nothing = run(&["audit", "verify", &gateway.argument(".")]);
    assert_eq!(nothing.code, 1);
    assert!(nothing.stderr.contains("there is no journal"), "{}", nothing.stderr);
}

#[test]
fn every_command_explains_itself_with_an_example() {
    let commands: [&[&str]; 16] = [
        &["serve"],
        &["call"],
        &["connect"],
        &["credentials"],
        &["tools"],
        &["keyring", "add"],
        &["keyring", "list"],
        &["keyring", "disable"],
        &["config", "check"],
        &["policy", "check"],
        &["policy", "test"],
        &["policy", "explain"],
        &["policy", "scp"],
        &["doctor"],
        &["audit", "verify"],
        &["healthcheck"],
    ];
    for command in commands {
        let help = run(&[command, &["--help"]].concat());
        assert_eq!(help.code, 0, "{command:?}");
        let example = format!("iam-mcp-gateway {}", command.join(" "));
        let (_, after) = help.stdout.split_once("Example").expect("there are examples");
        assert!(after.contains(&example), "{example} is not in {after}");
        assert_eq!(run(&[command, &["--no-such-option"]].concat()).code, 2, "{command:?}");
    }
    assert_eq!(run(&[]).code, 2);
    assert_eq!(run(&["no-such-command"]).code, 2);
    assert_eq!(run(&["--version"]).stdout, format!("iam-mcp-gateway {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn colours_are_for_those_who_want_them() {
    let nobody = ["healthcheck", "--address", "127.0.0.1:9"];
    let coloured = |variables: &[(&str, &str)]| run_with(&nobody, variables, "").said().contains('\x1b');
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]), "this test can see colours");
    assert!(!coloured(&[]), "a pipe has none");
    assert!(!coloured(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("TERM", "xterm")]), "NO_COLOR is obeyed");
}

#[test]
fn policies_are_checked_with_all_their_faults_and_places() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("the folder is ours");
        path.to_str().expect("temporary folders have plain names").to_owned()
    };
    let good =
        write("good.json", r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#);
    let bad = write(
        "bad.json",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"deny","Action":"iam:*","Resource":"*","Conditions":{}}]}"#,
    );
    let trust = write(
        "trust.json",
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"123456789012"}}}"#,
    );

    let ran = run(&["policy", "check", &good]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, format!("good  {good}: 1 statement(s)\n").as_str()));
    let ran = run(&["policy", "check", &good, &bad]);
    assert_eq!(ran.code, 1);
    for place in ["$.Statement[0].Effect", "$.Statement[0].Conditions", "did you mean \"Condition\"?"] {
        assert!(ran.stdout.contains(place), "{place}: {}", ran.stdout);
    }
    let told = run(&["policy", "check", "--json", &good, &bad, "nowhere.json"]).json();
    assert_eq!((&told["ok"], &told["files"][0]["statements"]), (&json!(false), &json!(1)));
    assert_eq!(told["files"][1]["faults"].as_array().map(Vec::len), Some(2), "{told}");
    assert!(told["files"][2]["error"].as_str().is_some_and(|error| error.contains("cannot be read")), "{told}");

    assert_eq!(run(&["policy", "check", &trust]).code, 1, "an endpoint policy has a Resource");
    assert_eq!(run(&["policy", "check", "--kind", "trust", &trust]).code, 0);
    let large = write("large.json", &" ".repeat(600_000));
    assert!(run(&["policy", "check", &large]).stdout.contains("is longer than"));
    assert_eq!(run(&["policy", "check"]).code, 2);
}
