//! Variables that would send the gateway's requests elsewhere are not obeyed.

use std::io::ErrorKind;
use std::net::TcpListener;

use serde_json::json;

use crate::support::command::run_with;
use crate::support::gateway::TestGateway;

/// A listener that must not be connected to.
struct Trap(TcpListener);

impl Trap {
    fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        // Whoever connects waits in its queue and is seen at the end.
        listener.set_nonblocking(true).expect("a listener can be made non-blocking");
        Self(listener)
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let url = format!("http://{}", self.0.local_addr().expect("a bound listener has an address"));
        let names = [
            "AWS_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_STS",
            "AWS_ENDPOINT_URL_IAM",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
            "http_proxy",
            "https_proxy",
            "all_proxy",
        ];
        names.into_iter().map(|name| (name, url.clone())).collect()
    }

    #[track_caller]
    fn assert_untouched(&self) {
        let connected = self.0.accept().map(|(_, peer)| peer);
        assert!(connected.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "{connected:?}");
    }
}

#[test]
fn endpoint_and_proxy_variables_are_not_obeyed_and_a_warning_says_so() {
    let trap = Trap::set();
    let prepared = trap
        .variables()
        .into_iter()
        .fold(TestGateway::with_moto(), |prepared, (name, value)| prepared.variable(name, &value));
    let gateway = prepared.start();
    assert_eq!(gateway.call("reader", "list_users", json!({})).done()["Count"], 6);
    assert!(!gateway.write("alice", "create_user", json!({"user_name": "dave"})).is_error);
    assert_eq!(gateway.received("AssumeRole").len(), 3);
    assert_eq!(gateway.received("CreateUser").len(), 1);
    trap.assert_untouched();
    let log = gateway.log();
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_IAM", "HTTPS_PROXY"] {
        assert!(log.contains(name), "{name} is warned of in {log}");
    }
}

#[test]
fn the_gateways_own_credentials_are_not_fetched_from_a_variables_endpoint() {
    let trap = Trap::set();
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let token = folder.path().join("token");
    std::fs::write(&token, "a-web-identity-token").expect("the folder is ours");
    let prepared = trap
        .variables()
        .into_iter()
        .fold(TestGateway::with_faulty_aws(), |prepared, (name, value)| prepared.variable(name, &value));
    // Without a key pair of its own the gateway turns to its web identity, whose STS is AWS's alone.
    let gateway = prepared
        .variable("AWS_ACCESS_KEY_ID", "")
        .variable("AWS_SECRET_ACCESS_KEY", "")
        .variable("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().expect("temporary folders have plain names"))
        .variable("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/gateway")
        .variable("AWS_REGION", "us-east-1")
        .set("broker.sts_timeout_seconds", "2")
        .start();
    assert!(gateway.call("reader", "list_users", json!({})).is_error);
    assert_eq!(gateway.received("AssumeRole").len(), 0);
    trap.assert_untouched();
}

#[test]
fn the_client_command_obeys_no_proxy_either() {
    let trap = Trap::set();
    let gateway = TestGateway::without_aws().start();
    let keys = gateway.keys("alice");
    let mut variables = trap.variables();
    variables.push(("AWS_ACCESS_KEY_ID", keys.access_key_id.clone()));
    variables.push(("AWS_SECRET_ACCESS_KEY", keys.secret_access_key.clone()));
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let ran = run_with(&["call", "whoami", "--url", &gateway.url()], &variables, "");
    assert_eq!(ran.code, 0, "{}", ran.said());
    trap.assert_untouched();
}
