//! The sandbox's issuers of tokens, as tests of the gateway use them.

use aws_credential_types::Credentials;
use aws_sdk_sts::config::{BehaviorVersion, Region};
use data_encoding::BASE64URL_NOPAD;
use iam_mcp_gateway::sandbox::TokenAlgorithm;
use serde_json::{Value, json};

use super::support::clients::Keys;
use super::support::http::Request;
use super::support::sandbox::RunningSandbox;

/// A document that an issuer publishes.
fn published(sandbox: &RunningSandbox, url: &str) -> Value {
    let path = url.strip_prefix(sandbox.url()).expect("it is at the sandbox's address");
    let answer = Request::post(sandbox.address()).method("GET").target(path).without("content-type").send();
    assert_eq!(answer.status, 200, "{url}");
    answer.json()
}

/// Whether the issuer publishes the key that the token says it is signed with.
fn has_key_of(sandbox: &RunningSandbox, issuer: &str, token: &str) -> bool {
    let discovery = published(sandbox, &format!("{issuer}/.well-known/openid-configuration"));
    let keys = published(sandbox, discovery["jwks_uri"].as_str().expect("it says where its keys are"));
    let header = part(token, 0);
    let keys = keys["keys"].as_array().expect("a list of keys");
    keys.iter().any(|key| key["kid"] == header["kid"] && key["alg"] == header["alg"])
}

fn part(token: &str, index: usize) -> Value {
    let text = token.split('.').nth(index).expect("a token has three parts");
    serde_json::from_slice(&BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url")).expect("JSON")
}

fn client(sandbox: &RunningSandbox, keys: Keys) -> aws_sdk_sts::Client {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(sandbox.url())
        .credentials_provider(Credentials::from_keys(keys.access_key_id, keys.secret_access_key, keys.session_token))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_sts::Client::from_conf(config)
}

fn block_on<T>(asking: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().expect("a runtime can be made").block_on(asking)
}

#[test]
fn a_token_with_claims_of_a_test_is_the_oidc_issuers() {
    let sandbox = RunningSandbox::start();
    let issuer = sandbox.oidc_issuer();
    let claims = json!({"sub": "repo:acme/infra", "aud": "iam-mcp.test"});
    let tokens = [
        sandbox.oidc_token(claims.clone()),
        sandbox.oidc_token_signed(claims.clone(), TokenAlgorithm::Es256),
        sandbox.oidc_token_signed(claims, TokenAlgorithm::EdDsa),
    ];
    for token in tokens {
        assert!(has_key_of(&sandbox, &issuer, &token), "{}", part(&token, 0));
        assert_eq!(part(&token, 1), json!({"iss": issuer, "sub": "repo:acme/infra", "aud": "iam-mcp.test"}));
    }
    let elsewhere = sandbox.oidc_token(json!({"iss": "https://elsewhere.example"}));
    assert_eq!(part(&elsewhere, 1)["iss"], "https://elsewhere.example");
}

#[test]
fn the_operator_of_the_account_gets_a_token_that_says_who_it_is() {
    let sandbox = RunningSandbox::start();
    let sts = client(&sandbox, sandbox.user_keys("demo-operator"));
    let asked = sts.get_web_identity_token().audience("iam-mcp.test").signing_algorithm("ES384");
    let answer = block_on(asked.send());
    let answer = answer.expect("its policies allow it");
    let token = answer.web_identity_token().expect("there is a token");
    let issuer = sandbox.web_identity_issuer();
    assert!(has_key_of(&sandbox, &issuer, token));
    let claims = part(token, 1);
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(issuer), &json!("iam-mcp.test")));
    assert_eq!(claims["sub"], "arn:aws:iam::123456789012:user/demo-operator");
}

#[test]
fn an_identity_center_session_is_a_session_of_its_role() {
    let sandbox = RunningSandbox::start();
    let role = "AWSReservedSSO_AdministratorAccess_7c1f0a92b35d48e6";
    let keys = sandbox.identity_center_keys(role, "ada@example.com", "94482488-3041-7055-0b2f-1b9f2c2f3c1a");
    let sts = client(&sandbox, keys);
    let who = block_on(sts.get_caller_identity().send()).expect("everybody may ask this");
    let arn = format!("arn:aws:sts::123456789012:assumed-role/{role}/ada@example.com");
    assert_eq!(who.arn(), Some(arn.as_str()));
    let asked = sts.get_web_identity_token().audience("iam-mcp.test").signing_algorithm("RS256");
    let token = block_on(asked.send()).expect("an administrator may");
    let claims = part(token.web_identity_token().expect("there is a token"), 1);
    let own = &claims["https://sts.amazonaws.com/"];
    assert_eq!(own["identity_store_user_id"], "94482488-3041-7055-0b2f-1b9f2c2f3c1a");
}
