//! The profiles that a demo leaves in its folder, in the hands of this program and of AWS's own tools.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use aws_credential_types::Credentials;
use serde_json::{Value, json};

use super::Serving;
use crate::support::command::run_with;
use crate::support::program::Program;

#[test]
fn the_aws_config_file_has_a_person_and_the_way_to_gateway_credentials() {
    let demo = Serving::start();
    let place = &demo.place;
    let mode = fs::metadata(place.path.join("aws-config")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (person, operator) =
        (place.keys_in("aws-config", "profile person"), place.keys_in("sandbox-credentials", "demo-operator"));
    assert_eq!(person.access_key_id, operator.access_key_id);
    assert_eq!(person.secret_access_key, operator.secret_access_key);
    let text = place.read("aws-config");
    let (_, process) =
        text.split_once("\n[profile gateway]\nregion = us-east-1\ncredential_process = ").expect("it is there");
    let folder = place.path.canonicalize().expect("the folder is there");
    let folder = folder.to_str().expect("temporary folders have plain names");
    let (url, sandbox) = (demo.url(), place.sandbox_url());
    assert_eq!(
        process,
        format!(
            "{} credentials --url {url} --profile person --aws-config {folder}/aws-config --sts-endpoint {sandbox} \
             --audience iam-mcp.demo --cache-dir {folder}/credentials-cache\n",
            env!("CARGO_BIN_EXE_iam-mcp-gateway"),
        )
    );
    assert_eq!(demo.way("Clients that do OAuth"), url);
    assert!(demo.way("Clients that speak stdio alone, as demo-operator").ends_with(&format!(" connect --url {url}")));
}

#[test]
fn the_profile_gateway_calls_as_the_operator() {
    let demo = Serving::start();
    let (config, url) = (demo.place.path.join("aws-config").display().to_string(), demo.url());
    let elsewhere = tempfile::tempdir().expect("a temporary directory can be made");
    let home = elsewhere.path().display().to_string();
    let variables =
        [("AWS_CONFIG_FILE", config.as_str()), ("AWS_PROFILE", "gateway"), ("HOME", &home), ("PATH", "/usr/bin:/bin")];
    let called = run_with(&["call", "whoami", "--url", &url], &variables, "");
    assert_eq!(called.code, 0, "{}", called.stderr);
    let caller = &called.json()["Caller"];
    assert_eq!(
        (&caller["kind"], &caller["name"]),
        (&json!("caller-identity"), &json!("user/demo-operator")),
        "{caller}"
    );
    assert!(demo.place.path.join("credentials-cache").is_dir(), "what it was given is kept in the demo's folder");
    assert_eq!(fs::read_dir(elsewhere.path()).expect("it is there").count(), 0, "and nothing is in the home");
}

#[test]
fn the_profile_person_is_the_operator_to_boto3() {
    let demo = Serving::start();
    let config = demo.place.path.join("aws-config").display().to_string();
    let mut boto3 = Program::python("account.py", &[], &[("AWS_CONFIG_FILE", &config)]);
    let mut call = |operation: &str, parameters: Value| {
        boto3.say(&json!({"do": "call", "profile": "person", "operation": operation, "parameters": parameters}));
        boto3.hear()
    };
    let found = call("get_user", json!({"UserName": "nora.lind"}));
    assert_eq!(found["User"]["Path"], "/people/", "{found}");
    let operator = call("get_user", json!({}));
    assert_eq!(operator["User"]["UserName"], "demo-operator", "{operator}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_can_be_looked_at_with_awss_own_tools() {
    let demo = Serving::start();
    let keys = demo.place.keys_in("sandbox-credentials", "demo-operator");
    let config = aws_sdk_iam::Config::builder()
        .behavior_version(aws_sdk_iam::config::BehaviorVersion::latest())
        .region(aws_sdk_iam::config::Region::new("us-east-1"))
        .endpoint_url(demo.place.sandbox_url())
        .credentials_provider(Credentials::from_keys(keys.access_key_id, keys.secret_access_key, None))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let client = aws_sdk_iam::Client::from_conf(config);
    let found = client.get_user().user_name("nora.lind").send().await.expect("the operator reads users");
    assert_eq!(found.user().map(|user| user.path()), Some("/people/"), "the tour created it");
}
