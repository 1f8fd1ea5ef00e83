//! `policy test`, `policy explain` and `policy scp`, as people and scripts use them.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::command::{run, run_with};

const ALLOW: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*"}}"#;
const DENY: &str = r#"{"Version":"2012-10-17","Statement":{"Sid":"Stop","Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:ViaAWSMCPService":"true"}}}}"#;
const REQUEST: &str = r#"{"principal":"arn:aws:iam::123456789012:user/alice","action":"iam:GetUser","resource":"*","context":{"aws:ViaAWSMCPService":true}}"#;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory can be made"))
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("temporary folders have plain names").to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(Path::new(&path).parent().expect("it lies in the folder")).expect("the folder is ours");
        fs::write(&path, text).expect("the folder is ours");
        path
    }
}

fn kept(file: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file).to_str().expect("the repository has a plain name").to_owned()
}

fn case(name: &str, layers: &str, expect: &str) -> String {
    format!(r#"{{"name":"{name}","layers":{layers},"request":{REQUEST},"expect":"{expect}"}}"#)
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

#[test]
fn the_kept_cases_pass_and_the_closing_line_counts_them() {
    let files = ["published", "aws-worked-examples", "rules"].map(|name| kept(&format!("tests/policies/{name}.jsonl")));
    let examples = kept("deploy/policies/cases.jsonl");
    let all = [files.as_slice(), std::slice::from_ref(&examples)].concat();
    let count: usize = all.iter().map(|file| fs::read_to_string(file).expect("it is kept").lines().count()).sum();
    let arguments: Vec<&str> = ["policy", "test"].into_iter().chain(all.iter().map(String::as_str)).collect();
    let ran = run(&arguments);
    assert_eq!((ran.code, ran.stdout), (0, format!("{count} passed, 0 failed\n")));
}

#[test]
fn a_case_that_fails_shows_why_and_ends_with_1() {
    let folder = Folder::new();
    folder.write("deny.json", DENY);
    let good = case("good", &format!(r#"{{"endpoint":["deny.json",{ALLOW}]}}"#), "explicitDeny");
    let cases = [
        good.clone(),
        String::new(),
        case("no\\u001b[31m", r#"{"endpoint":"deny.json"}"#, "allowed"),
        case(
            "odd",
            r#"{"endpoint":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Effect":"Allow","Action":"*","Resource":"*"}}}"#,
            "allowed",
        ),
        good.replace("\"expect\"", "\"expekt\""),
        case("gone", r#"{"scp":"gone.json"}"#, "allowed"),
    ];
    let file = folder.write("cases.jsonl", &cases.join("\n"));
    let ran = run_with(&["policy", "test", &file], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], "");
    assert_eq!((ran.code, last_line(&ran.stdout)), (1, "1 passed, 4 failed"), "{}", ran.said());
    for said in [
        "cases.jsonl:3: no\\u{1b}[31m",
        "expected allowed, found explicitDeny: a statement of layer endpoint denies it",
        "by Deny deny.json statement 1 Stop",
        "Bool aws:ViaAWSMCPService \"true\"; the request has \"true\"",
        "cases.jsonl:4: odd",
        "endpoint[0]: $.Statement.Effect: stands more than once",
        "cases.jsonl:5: a case has no member \"expekt\"; did you mean \"expect\"?",
        "cases.jsonl:6: gone layer \"scp\": gone.json cannot be read",
    ] {
        assert!(ran.stdout.contains(said), "{said} is not in\n{}", ran.stdout);
    }
    assert!(!ran.said().contains('\x1b'), "{}", ran.said());

    let told = run(&["policy", "test", "--json", &file]);
    let report = told.json();
    assert_eq!((told.code, &report["passed"], &report["failed"]), (1, &json!(1), &json!(4)));
    let results = &report["files"][0]["results"];
    assert_eq!(
        (&results[0]["passed"], &results[1]["line"], &results[1]["found"]),
        (&json!(true), &json!(3), &json!("explicitDeny"))
    );
    assert_eq!(results[1]["explanation"]["layers"][0]["deciding"]["sid"], "Stop");
    assert_eq!(results[2]["faults"][0]["faults"][0]["code"], "duplicate-key");
}

#[test]
fn no_case_at_all_is_a_failure_and_so_is_a_file_that_is_not_there() {
    let none = run_with(&["policy", "test", "-"], &[], "\n  \n");
    assert_eq!((none.code, last_line(&none.stdout)), (1, "0 passed, 0 failed"));
    let one = case("x", &format!(r#"{{"identity":{ALLOW}}}"#), "allowed");
    let piped = run_with(&["policy", "test", "-"], &[], &one);
    assert_eq!((piped.code, piped.stdout.as_str()), (0, "1 passed, 0 failed\n"));
    let gone = run_with(&["policy", "test", "-", "no-such-file.jsonl"], &[], &one);
    assert_eq!((gone.code, last_line(&gone.stdout)), (1, "1 passed, 1 failed"), "{}", gone.stdout);
    assert_eq!(run(&["policy", "test"]).code, 2);
}

#[test]
fn a_decision_is_explained_for_people_and_for_scripts() {
    let folder = Folder::new();
    let (allow, deny) = (folder.write("allow.json", ALLOW), folder.write("deny.json", DENY));
    let request = folder.write("request.json", REQUEST);
    let ran = run(&["policy", "explain", "--policy", &allow, &deny, "--request", &request]);
    assert_eq!(ran.code, 0, "{}", ran.said());
    assert!(ran.stdout.starts_with("explicitDeny: a statement of layer endpoint denies it\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("statement 1 Stop") && ran.stdout.contains("also Allow"), "{}", ran.stdout);

    let identity = ["policy", "explain", "--kind", "identity", "--policy", &allow];
    let told = run_with(
        &[&identity[..], &["--boundary", &allow, "--scp", &allow, "--request", "-", "--json"]].concat(),
        &[],
        REQUEST,
    );
    assert_eq!((told.code, &told.json()["outcome"], &told.json()["becauseOf"]), (0, &json!("allowed"), &Value::Null));
    let told = run(&[&identity[..], &["--session", &deny, "--request", &request, "--json"]].concat());
    assert_eq!((told.code, &told.json()["becauseOf"]), (0, &json!("session")));

    let both = run(&["policy", "explain", "--policy", &allow, "--scp", &allow, "--request", &request, "--json"]);
    assert_eq!(both.json()["becauseOf"], "identity", "an endpoint's policies are no identity's");

    let faulty = folder.write("faulty.json", "{}");
    let ran = run(&["policy", "explain", "--policy", &faulty, "--request", &request]);
    assert!(ran.code == 1 && ran.stdout.contains("$.Statement"), "{}", ran.said());
    let gone = run(&["policy", "explain", "--policy", "gone.json", "--request", &request]);
    assert!(gone.code == 1 && gone.stderr.contains("gone.json cannot be read"), "{}", gone.said());
    let wrong = run_with(&["policy", "explain", "--policy", &allow, "--request", "-"], &[], "{\"principal\":1}");
    assert!(wrong.code == 2 && wrong.stderr.contains("\"principal\" is a string"), "{}", wrong.said());
}

#[test]
fn the_policies_of_stage_two_are_written_for_a_configuration() {
    let folder = Folder::new();
    let config = kept("examples/gateway.toml");
    let deny = folder.write("deny.json", DENY);
    let told = run(&["policy", "scp", "--config", &config, "--policy", &deny]);
    let written = told.json();
    assert_eq!(told.code, 0, "{}", told.said());
    assert_eq!(written["scp"]["Statement"][0]["Action"], json!(["sts:TagSession"]));
    assert_eq!(written["resource_control_policy"]["Statement"][0]["Principal"], "*");
    let trust = written["trust_policies"].as_object().expect("a policy for each role");
    assert!(trust.keys().all(|role| role.starts_with("arn:aws:iam::")) && !trust.is_empty(), "{trust:?}");
    let condition = &written["translated"][0]["document"]["Statement"][0]["Condition"];
    assert_eq!(*condition, json!({"StringEquals": {"aws:PrincipalTag/ViaAWSMCPService": ["true"]}}));

    // The endpoint policies of a configuration are translated without being asked for, each of them once.
    let text = fs::read_to_string(&config).expect("it is kept");
    let own = text.replace("without_documents = \"allow\"", "documents = [\"policies/*.json\"]");
    let own = folder.write("own.toml", &own);
    folder.write("policies/allow.json", ALLOW);
    folder.write("policies/deny.json", DENY);
    let of_its_own = run(&["policy", "scp", "--config", &own]);
    let of_its_own = of_its_own.json();
    let files: Vec<_> = of_its_own["translated"].as_array().expect("a list").iter().map(|t| &t["file"]).collect();
    assert_eq!(files, ["policies/allow.json", "policies/deny.json"]);
    let note = of_its_own["translated"][0]["notes"][0].as_str().expect("what allows has a note");
    assert!(note.contains("attached to a role it would"), "{note}");
    assert_eq!(of_its_own["translated"][1]["notes"], json!([]));
    folder.write("policies/deny.json", "{}");
    let faulty = run(&["policy", "scp", "--config", &own]);
    assert!(faulty.code == 64 && faulty.stderr.contains("policies/deny.json: $"), "{}", faulty.said());

    let out = folder.path("at-aws");
    let ran = run(&["policy", "scp", "--config", &config, "--policy", &deny, "--directory", &out]);
    assert_eq!(ran.code, 0, "{}", ran.said());
    for (file, kind) in [
        ("service-control-policy.json", "identity"),
        ("resource-control-policy.json", "resource"),
        ("translated/deny.json", "identity"),
    ] {
        let file = format!("{out}/{file}");
        assert!(ran.stdout.contains(&format!("written {file}\n")), "{}", ran.stdout);
        let checked = run(&["policy", "check", "--kind", kind, &file]);
        assert_eq!(checked.code, 0, "{}", checked.said());
    }
    let trust: Vec<_> = fs::read_dir(format!("{out}/trust-policies")).expect("it is written").collect();
    for file in trust {
        let file = file.expect("it can be read").path();
        let checked = run(&["policy", "check", "--kind", "trust", file.to_str().expect("a plain name")]);
        assert_eq!(checked.code, 0, "{}", checked.said());
    }
}

#[test]
fn what_stage_two_cannot_have_is_said_with_its_exit_code() {
    let folder = Folder::new();
    let text = fs::read_to_string(kept("examples/gateway.toml")).expect("it is kept");
    let without: String =
        text.lines().filter(|line| !line.contains("gateway_role_arn")).map(|line| format!("{line}\n")).collect();
    let config = folder.write("gateway.toml", &without);
    let unknown = run(&["policy", "scp", "--config", &config]);
    assert!(unknown.code == 2 && unknown.stderr.contains("--gateway-role"), "{}", unknown.said());
    let role = "arn:aws:iam::123456789012:role/gw";
    let given = run(&["policy", "scp", "--config", &config, "--gateway-role", role]);
    assert!(given.code == 0 && given.stdout.contains(role), "{}", given.said());
    assert_eq!(run(&["policy", "scp", "--config", &config, "--gateway-role", "gw"]).code, 2);
    assert_eq!(run(&["policy", "scp", "--config", &folder.write("bad.toml", "[gateway\n")]).code, 64);

    let odd = folder.write("odd.json", &DENY.replace("\"true\"", "\"false\""));
    let told = run(&["policy", "scp", "--config", &config, "--gateway-role", role, "--policy", &odd]);
    let file = &told.json()["translated"][0];
    assert_eq!((told.code, &file["document"]), (1, &Value::Null));
    assert!(file["changes"][0]["problem"].as_str().is_some_and(|problem| problem.contains("missing")), "{file}");
    let out = folder.path("out");
    let ran =
        run(&["policy", "scp", "--config", &config, "--gateway-role", role, "--policy", &odd, "--directory", &out]);
    assert!(ran.code == 1 && ran.stdout.contains("odd.json: not written"), "{}", ran.said());
    let faulty =
        run(&["policy", "scp", "--config", &config, "--gateway-role", role, "--policy", &folder.write("f.json", "{}")]);
    assert!(faulty.code == 1 && faulty.stderr.contains("has faults"), "{}", faulty.said());
}
