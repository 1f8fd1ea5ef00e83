//! The flow of an OAuth client, and each way to go wrong in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{authorize, register, token};
use crate::clock::ManualClock;
use crate::random::SystemRandom;
use crate::sandbox::Sandbox;
use crate::sandbox::door::form;
use crate::sandbox::door::testing::noon;
use crate::sandbox::jwt::tests::verified;

const BASE: &str = "http://127.0.0.1:4100";
const REDIRECT: &str = "http://127.0.0.1:3030/callback";
const RESOURCE: &str = "http://127.0.0.1:8426/mcp";
const VERIFIER: &str = "a-verifier-that-only-the-client-has-seen-so-far";

struct Issuer {
    sandbox: Sandbox,
    clock: Arc<ManualClock>,
}

type Changes<'a> = &'a [(&'a str, Option<&'a str>)];

impl Issuer {
    fn new() -> Self {
        let clock = ManualClock::at(noon());
        Self { sandbox: Sandbox::believable(clock.clone(), Arc::new(SystemRandom)), clock }
    }

    fn register(&self, metadata: &Value) -> Result<Value, &'static str> {
        register(&self.sandbox.0, metadata.to_string().as_bytes()).map_err(|refused| refused.error)
    }

    /// A client's id.
    fn client(&self) -> String {
        let registered = self.register(&json!({"redirect_uris": [REDIRECT]})).unwrap();
        registered["client_id"].as_str().unwrap().to_owned()
    }

    /// What the client is redirected with, after a request that is good but for the changes.
    fn authorize(&self, client: &str, changes: Changes<'_>) -> Result<BTreeMap<String, String>, &'static str> {
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(VERIFIER));
        let parameters = changed(
            &[
                ("response_type", "code"),
                ("client_id", client),
                ("redirect_uri", REDIRECT),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
                ("resource", RESOURCE),
                ("scope", "iam-mcp:read iam-mcp:write"),
                ("state", "a state & more"),
            ],
            changes,
        );
        let location = authorize(&self.sandbox.0, BASE, &parameters).map_err(|refused| refused.error)?;
        let query = location.strip_prefix(&format!("{REDIRECT}?")).expect("back to the client");
        Ok(form::pairs(query.as_bytes()).unwrap())
    }

    fn code(&self, client: &str) -> String {
        self.authorize(client, &[]).unwrap()["code"].clone()
    }

    fn trade(&self, client: &str, code: &str, changes: Changes<'_>) -> Result<Value, &'static str> {
        let parameters = changed(
            &[
                ("grant_type", "authorization_code"),
                ("client_id", client),
                ("code", code),
                ("code_verifier", VERIFIER),
                ("redirect_uri", REDIRECT),
                ("resource", RESOURCE),
            ],
            changes,
        );
        token(&self.sandbox.0, BASE, &parameters).map_err(|refused| refused.error)
    }

    fn renew(&self, client: &str, refresh: &Value, changes: Changes<'_>) -> Result<Value, &'static str> {
        let refresh = refresh["refresh_token"].as_str().unwrap();
        let parameters =
            changed(&[("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", refresh)], changes);
        token(&self.sandbox.0, BASE, &parameters).map_err(|refused| refused.error)
    }

    fn claims(&self, answer: &Value) -> Value {
        verified(answer["access_token"].as_str().unwrap(), &self.sandbox.0.oidc.key_set()).expect("signed by its key")
    }
}

fn changed(good: &[(&str, &str)], changes: Changes<'_>) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<String, String> =
        good.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for (name, value) in changes {
        match value {
            Some(value) => parameters.insert((*name).to_owned(), (*value).to_owned()),
            None => parameters.remove(*name),
        };
    }
    parameters
}

#[test]
fn a_client_gets_a_token_for_the_person_and_the_resource_it_asked_for() {
    let issuer = Issuer::new();
    let client = issuer.client();
    let answer = issuer.authorize(&client, &[("login_hint", Some("grace.kim@acme.example"))]).unwrap();
    assert_eq!((answer["state"].as_str(), answer["iss"].as_str()), ("a state & more", "http://127.0.0.1:4100/oidc"));
    let tokens = issuer.trade(&client, &answer["code"], &[]).unwrap();
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(900)));
    let claims = issuer.claims(&tokens);
    let grace = issuer.sandbox.0.state().account.users.get("grace.kim").unwrap().id.clone();
    assert_eq!(
        claims,
        json!({
            "iss": "http://127.0.0.1:4100/oidc",
            "sub": grace,
            "aud": RESOURCE,
            "iat": 1_772_366_400,
            "exp": 1_772_367_300,
            "jti": claims["jti"],
            "scope": "iam-mcp:read iam-mcp:write",
            "client_id": client,
            "email": "grace.kim@acme.example",
            "email_verified": true,
            "groups": ["developers", "mfa-required"],
        })
    );
}

#[test]
fn without_a_hint_and_a_scope_it_is_the_documented_person_who_reads() {
    let issuer = Issuer::new();
    let client = issuer.client();
    let answer = issuer.authorize(&client, &[("scope", None)]).unwrap();
    let claims = issuer.claims(&issuer.trade(&client, &answer["code"], &[]).unwrap());
    assert_eq!((&claims["email"], &claims["scope"]), (&json!("emma.lindqvist@acme.example"), &json!("iam-mcp:read")));
}

#[test]
fn each_algorithm_can_be_chosen_at_registration() {
    let issuer = Issuer::new();
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        let metadata = json!({"redirect_uris": [REDIRECT], "access_token_signed_response_alg": algorithm});
        let client = issuer.register(&metadata).unwrap()["client_id"].as_str().unwrap().to_owned();
        let tokens = issuer.trade(&client, &issuer.code(&client), &[]).unwrap();
        issuer.claims(&tokens);
        let header = tokens["access_token"].as_str().unwrap().split('.').next().unwrap();
        let header: Value = serde_json::from_slice(&BASE64URL_NOPAD.decode(header.as_bytes()).unwrap()).unwrap();
        assert_eq!(header["alg"], algorithm);
    }
}

#[test]
fn a_registration_that_leads_off_this_machine_is_refused() {
    let issuer = Issuer::new();
    for (metadata, code) in [
        (json!({}), "invalid_redirect_uri"),
        (json!({"redirect_uris": []}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["https://client.example/"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": vec![REDIRECT; 17]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": REDIRECT}), "invalid_client_metadata"),
        (json!([]), "invalid_client_metadata"),
        (json!("x"), "invalid_client_metadata"),
        (json!({"redirect_uris": [REDIRECT], "access_token_signed_response_alg": "none"}), "invalid_client_metadata"),
    ] {
        assert_eq!(issuer.register(&metadata).unwrap_err(), code, "{metadata}");
    }
    let mixed = issuer.register(&json!({"redirect_uris": ["https://client.example/", REDIRECT]})).unwrap();
    assert_eq!(mixed["redirect_uris"], json!([REDIRECT]));
}

#[test]
fn an_unknown_client_or_redirect_uri_is_sent_nowhere() {
    let issuer = Issuer::new();
    let client = issuer.client();
    for (changes, code) in [
        (("client_id", Some("unknown")), "invalid_client"),
        (("client_id", None), "invalid_request"),
        (("redirect_uri", None), "invalid_request"),
        (("redirect_uri", Some("http://127.0.0.1:3031/callback")), "invalid_request"),
        (("redirect_uri", Some("http://127.0.0.1:3030/callback/")), "invalid_request"),
        (("redirect_uri", Some("http://127.0.0.1:3030/callback?x")), "invalid_request"),
        (("redirect_uri", Some("https://client.example/")), "invalid_request"),
    ] {
        assert_eq!(issuer.authorize(&client, &[changes]).unwrap_err(), code, "{changes:?}");
    }
}

#[test]
fn a_bad_request_of_a_known_client_is_told_to_the_client_without_a_code() {
    let issuer = Issuer::new();
    let client = issuer.client();
    for (change, code) in [
        (("response_type", Some("token")), "unsupported_response_type"),
        (("response_type", None), "unsupported_response_type"),
        (("code_challenge", None), "invalid_request"),
        (("code_challenge", Some("short")), "invalid_request"),
        (("code_challenge_method", Some("plain")), "invalid_request"),
        (("code_challenge_method", None), "invalid_request"),
        (("resource", None), "invalid_target"),
        (("resource", Some("/mcp")), "invalid_target"),
        (("resource", Some("http://127.0.0.1:8426/mcp#x")), "invalid_target"),
        (("scope", Some("two  blanks")), "invalid_scope"),
        (("scope", Some("a\"b")), "invalid_scope"),
        (("login_hint", Some("nobody")), "access_denied"),
        (("login_hint", Some("demo-operator")), "access_denied"),
    ] {
        let answer = issuer.authorize(&client, &[change]).unwrap();
        assert_eq!(answer.get("error").map(String::as_str), Some(code), "{change:?}");
        assert_eq!((answer.get("code"), answer["state"].as_str()), (None, "a state & more"), "{change:?}");
        assert_eq!(answer["iss"], "http://127.0.0.1:4100/oidc", "{change:?}");
    }
}

#[test]
fn a_code_is_for_its_client_its_verifier_and_its_redirect_uri() {
    let issuer = Issuer::new();
    let (client, other) = (issuer.client(), issuer.client());
    for (change, code) in [
        (("client_id", Some(other.as_str())), "invalid_grant"),
        (("client_id", Some("unknown")), "invalid_client"),
        (("client_id", None), "invalid_request"),
        (("code", Some("made-up")), "invalid_grant"),
        (("code", None), "invalid_request"),
        (("code_verifier", Some("another-verifier")), "invalid_grant"),
        (("code_verifier", None), "invalid_request"),
        (("redirect_uri", Some("http://127.0.0.1:3031/callback")), "invalid_grant"),
        (("resource", Some("http://127.0.0.1:8426/mcp/other")), "invalid_target"),
        (("scope", Some("iam-mcp:admin")), "invalid_scope"),
        (("grant_type", Some("password")), "unsupported_grant_type"),
        (("grant_type", None), "unsupported_grant_type"),
    ] {
        let refused = issuer.trade(&client, &issuer.code(&client), &[change]).unwrap_err();
        assert_eq!(refused, code, "{change:?}");
    }
    // OAuth 2.1 has no redirect_uri in this request.
    issuer.trade(&client, &issuer.code(&client), &[("redirect_uri", None), ("resource", None)]).unwrap();
}

#[test]
fn a_code_is_good_once_and_for_a_minute() {
    let issuer = Issuer::new();
    let client = issuer.client();
    let code = issuer.code(&client);
    let tokens = issuer.trade(&client, &code, &[]).unwrap();
    assert_eq!(issuer.trade(&client, &code, &[]).unwrap_err(), "invalid_grant");
    assert_eq!(issuer.renew(&client, &tokens, &[]).unwrap_err(), "invalid_grant", "its refresh token ends with it");

    let guessed_at = issuer.code(&client);
    issuer.trade(&client, &guessed_at, &[("code_verifier", Some("wrong"))]).unwrap_err();
    assert_eq!(issuer.trade(&client, &guessed_at, &[]).unwrap_err(), "invalid_grant");

    let late = issuer.code(&client);
    issuer.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(issuer.trade(&client, &late, &[]).unwrap_err(), "invalid_grant");
}

#[test]
fn a_refresh_token_is_good_once_for_its_client_and_for_no_more_than_was_granted() {
    let issuer = Issuer::new();
    let (client, other) = (issuer.client(), issuer.client());
    let tokens = issuer.trade(&client, &issuer.code(&client), &[]).unwrap();
    let renewed = issuer.renew(&client, &tokens, &[("scope", Some("iam-mcp:read"))]).unwrap();
    assert_eq!(issuer.claims(&renewed)["scope"], "iam-mcp:read");
    assert_eq!(issuer.renew(&client, &tokens, &[]).unwrap_err(), "invalid_grant", "it was used");
    assert_eq!(issuer.renew(&client, &renewed, &[("scope", Some("iam-mcp:admin"))]).unwrap_err(), "invalid_scope");

    let tokens = issuer.trade(&client, &issuer.code(&client), &[]).unwrap();
    assert_eq!(issuer.renew(&other, &tokens, &[]).unwrap_err(), "invalid_grant");
    let tokens = issuer.trade(&client, &issuer.code(&client), &[]).unwrap();
    issuer.sandbox.0.state().account.users.get_mut("emma.lindqvist").unwrap().path = "/former/".into();
    assert_eq!(issuer.renew(&client, &tokens, &[]).unwrap_err(), "invalid_grant", "she left");
    let tokens = issuer.authorize(&client, &[("login_hint", Some("grace.kim"))]).unwrap();
    let tokens = issuer.trade(&client, &tokens["code"], &[]).unwrap();
    issuer.clock.advance(SignedDuration::from_hours(8));
    assert_eq!(issuer.renew(&client, &tokens, &[]).unwrap_err(), "invalid_grant", "it is over");
}

#[test]
fn tokens_with_claims_of_one_s_own_are_signed_by_the_same_keys() {
    let issuer = Issuer::new();
    let token = issuer.sandbox.oidc_token(json!({"iss": "https://elsewhere.example", "sub": "repo:acme/infra"}));
    let claims = verified(&token, &issuer.sandbox.0.oidc.key_set()).unwrap();
    assert_eq!(claims, json!({"iss": "https://elsewhere.example", "sub": "repo:acme/infra"}));
    assert!(issuer.sandbox.oidc_token_signed(json!({}), super::TokenAlgorithm::Es384).is_none());
}
