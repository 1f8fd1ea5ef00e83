//! `report` as a command: from AWS, from files, and what it refuses.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::command::{Ran, run, run_with};
use crate::support::sandbox::RunningSandbox;

const DETAILS: &str = r#"{"UserDetailList": [{"UserName": "bob", "UserId": "AIDA1", "CreateDate": "2020-01-01T00:00:00Z",
    "Arn": "arn:aws:iam::123456789012:user/bob", "UserPolicyList": [{"PolicyName": "own", "PolicyDocument":
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}]}"#;

fn plain(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

/// The report of the sandbox's account, written to this file with the keys of one who may read it.
pub(crate) fn of_sandbox(sandbox: &RunningSandbox, page: &Path) -> Ran {
    let keys = sandbox.root_keys();
    let variables = [("AWS_ACCESS_KEY_ID", &*keys.access_key_id), ("AWS_SECRET_ACCESS_KEY", &*keys.secret_access_key)];
    run_with(&["report", "--endpoint-url", sandbox.url(), "--output", plain(page), "--json"], &variables, "")
}

#[test]
fn a_report_is_made_of_files_and_asks_nobody() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let (details, page) = (folder.path().join("details.json"), folder.path().join("a report.html"));
    fs::write(&details, DETAILS).expect("the folder is ours");
    let arguments = ["report", "--from", plain(&details), "--output", plain(&page)];
    let ran = run(&arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("account 123456789012") && ran.stdout.contains("1 critical"), "{ran:?}");
    assert!(ran.stdout.contains("no --credential-report was given"), "{ran:?}");
    for path in [&page, &page.with_extension("json")] {
        let mode = fs::metadata(path).expect("it was written").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
    let report: Value =
        serde_json::from_slice(&fs::read(page.with_extension("json")).expect("it was written")).expect("it is JSON");
    assert_eq!(report["findings"][0]["code"], "AdministratorAccess");
    assert_eq!(report["findings"][0]["mend"]["tool"], "delete_user_policy");
    // What is there is never overwritten, neither of the two.
    let again = run(&arguments);
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.stderr.contains("a report.html is there already"), "{again:?}");
    fs::remove_file(&page).expect("it was written");
    assert!(run(&arguments).stderr.contains("a report.json is there already"));
    assert!(!page.exists());
}

#[test]
fn what_cannot_be_read_or_means_nothing_is_said_with_its_reason() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let (none, page) = (folder.path().join("none.json"), folder.path().join("r.html"));
    let (none, output) = (plain(&none), plain(&page));
    for (arguments, code, said) in [
        (&["report", "--from", none, "--output", output][..], 1, "none.json"),
        (&["report", "--output", none], 2, "the JSON is written beside it"),
        (&["report", "--credential-report", none], 2, "--from"),
        (&["report", "--from", none, "--endpoint-url", "http://127.0.0.1:1"], 2, "cannot be used with"),
        (&["report", "--output", output, "--endpoint-url", "http://10.0.0.1"], 2, "not this machine"),
        (&["report", "--output", output], 1, "no AWS credentials"),
    ] {
        let ran = run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(said), "{arguments:?}: {ran:?}");
    }
    assert!(!page.exists());
}

#[test]
fn who_may_not_read_the_account_is_told_what_is_missing() {
    let (sandbox, folder) = (RunningSandbox::start(), tempfile::tempdir().expect("a temporary directory can be made"));
    let keys = sandbox.user_keys("ci-jenkins");
    let variables = [("AWS_ACCESS_KEY_ID", &*keys.access_key_id), ("AWS_SECRET_ACCESS_KEY", &*keys.secret_access_key)];
    let page = folder.path().join("r.html");
    let ran = run_with(&["report", "--endpoint-url", sandbox.url(), "--output", plain(&page)], &variables, "");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("iam:GetAccountAuthorizationDetails"), "{ran:?}");
    assert!(!page.exists() && !page.with_extension("json").exists());
}

#[test]
fn the_sandboxs_account_is_reported_with_what_is_known_to_be_wrong_in_it() {
    let (sandbox, folder) = (RunningSandbox::start(), tempfile::tempdir().expect("a temporary directory can be made"));
    let page = folder.path().join("r.html");
    let ran = of_sandbox(&sandbox, &page);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: Value =
        serde_json::from_slice(&fs::read(page.with_extension("json")).expect("it was written")).expect("it is JSON");
    assert_eq!(report["noCredentialReport"], Value::Null);
    let findings = report["findings"].as_array().expect("there are findings");
    let is_about = |code: &str, name: &str| {
        findings.iter().any(|finding| finding["code"] == code && finding["subject"]["name"] == name)
    };
    assert!(is_about("AnyoneCanAssume", "public-upload") && is_about("OidcWithoutSubject", "github-preview"));
    let said = ran.json();
    assert_eq!(said["reachAdministrator"], report["escalations"]["reaching"]);
    assert_eq!(
        said["findings"]["critical"],
        json!(findings.iter().filter(|one| one["severity"] == "critical").count())
    );
    // Reading is all that was done.
    let operations = sandbox.trail();
    let read_only =
        operations.iter().all(|event| event["readOnly"] == true || event["eventName"] == "GenerateCredentialReport");
    assert!(read_only, "{operations:?}");
}
