//! Authentication that fails: each reason by its code, each refusal recorded, and the records bounded in rate.

use std::fs;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::clients::Keys;
use crate::support::command::run;
use crate::support::gateway::TestGateway;
use crate::support::http::{Answer, Request, exchange};
use crate::support::mcp::{message, modern, tool_call};
use crate::support::waiting::{eventually, now};

fn whoami(request: Request) -> Request {
    modern(request, &tool_call("7", "whoami", json!({})))
}

#[test]
fn every_refused_signature_is_told_why_and_asked_for_credentials() {
    let gateway = TestGateway::without_aws().start();
    let alice = || whoami(gateway.request("alice"));
    let unsigned = || whoami(Request::post(gateway.address()));
    let with = |keys: Keys| whoami(Request::post(gateway.address()).signed_with(&keys));
    let keys = || gateway.keys("alice").clone();
    let skewed = |minutes| alice().signed_at(now() + SignedDuration::from_mins(minutes));
    let date = "20260131T120000Z";
    let cases = [
        ("query_authentication", alice().sent_target("/mcp?X-Amz-Signature=abc")),
        ("ambiguous_target", alice().sent_target("/mcp?%zz")),
        ("missing_authorization", unsigned()),
        ("missing_authorization", alice().omitted("authorization")),
        ("unsupported_algorithm", unsigned().unsigned_header("authorization", "Bearer abc")),
        ("unsupported_algorithm", unsigned().unsigned_header("authorization", "AWS4-ECDSA-P256-SHA256 Credential=a")),
        ("malformed_authorization", unsigned().unsigned_header("authorization", "AWS4-HMAC-SHA256 Credential=a")),
        ("missing_date", alice().omitted("x-amz-date")),
        ("malformed_date", alice().omitted("x-amz-date").unsigned_header("x-amz-date", "yesterday")),
        ("scope_mismatch", alice().scope("iam", "us-east-1")),
        ("scope_mismatch", alice().scope("iam-mcp", "eu-west-1")),
        ("scope_mismatch", alice().omitted("x-amz-date").unsigned_header("x-amz-date", date)),
        ("clock_skew", skewed(-6)),
        ("clock_skew", skewed(6)),
        ("session_token_not_accepted", with(Keys { session_token: Some("token".to_owned()), ..keys() })),
        ("duplicate_header", alice().unsigned_header("x-amz-date", date)),
        ("header_not_signed", alice().without("content-type").unsigned_header("content-type", "application/json")),
        ("header_not_signed", alice().unsigned_header("x-amz-extra", "1")),
        ("signed_header_missing", alice().omitted("mcp-name")),
        ("payload_unsigned", alice().header("x-amz-content-sha256", "UNSIGNED-PAYLOAD")),
        ("payload_hash_mismatch", alice().header("x-amz-content-sha256", &"0".repeat(64))),
        ("unknown_key", with(Keys { access_key_id: "IMGKAAAAAAAAAAAAAAAA".to_owned(), ..keys() })),
        ("signature_mismatch", with(Keys { secret_access_key: "wrong".to_owned(), ..keys() })),
        ("signature_mismatch", alice().sent_body("{}")),
        ("signature_mismatch", alice().sent_target("/mcp/dev")),
        ("environment_not_allowed", alice().target("/mcp/elsewhere")),
    ];
    for (code, request) in &cases {
        let answer = request.send();
        let body = answer.json();
        assert_eq!((answer.status, answer.code().as_str()), (401, *code), "{body}");
        assert_eq!((&body["jsonrpc"], &body["error"]["code"]), (&json!("2.0"), &json!(-32001)), "{code}");
        let challenge = answer.header("www-authenticate").expect("a 401 asks for credentials");
        assert!(challenge.starts_with("AWS4-HMAC-SHA256 ") && challenge.contains(code), "{challenge}");
    }
    let recorded = eventually("each refusal is recorded", || {
        let records = gateway.records("authentication");
        (records.len() == cases.len()).then_some(records)
    });
    for ((code, _), record) in cases.iter().zip(&recorded) {
        assert_eq!(&record["errorCode"], code);
        // Whoever signed correctly and is refused all the same is no stranger.
        let owner = ["environment_not_allowed", "inactive_key", "expired_key"].contains(code);
        assert_eq!(record["userIdentity"]["type"], if owner { "GatewayKey" } else { "Unverified" });
    }
    assert_eq!(alice().send().status, 200);
}

#[test]
fn a_signed_header_that_is_no_text_is_refused() {
    let gateway = TestGateway::without_aws().start();
    let mut bytes = whoami(gateway.request("alice")).header("x-note", "AB").bytes();
    let place = bytes.windows(10).position(|part| part == b"x-note: AB").expect("the header is sent") + 8;
    bytes[place..place + 2].copy_from_slice(&[0xff, 0xfe]);
    let answer = exchange(gateway.address(), &bytes);
    assert_eq!((answer.status, answer.code().as_str()), (401, "header_not_text"));
    assert!(answer.header("www-authenticate").is_some());
}

#[test]
fn an_expired_or_disabled_key_is_told_so_to_its_owner_alone() {
    let gateway = TestGateway::without_aws().start();
    let id = gateway.keys("reader").access_key_id.clone();
    let disabled = run(&["keyring", "disable", "--file", &gateway.argument("keyring.json"), &id]);
    assert_eq!(disabled.code, 0, "{}", disabled.stderr);
    let code = eventually("the keyring is reloaded", || {
        let answer = whoami(gateway.request("reader")).send();
        (answer.status == 401).then(|| answer.code())
    });
    assert_eq!(code, "inactive_key");

    let mut keyring: Value = serde_json::from_str(&fs::read_to_string(gateway.path("keyring.json")).expect("ours"))
        .expect("a keyring is JSON");
    for key in keyring["keys"].as_array_mut().expect("a keyring has keys") {
        key["status"] = json!("active");
        key["created_at"] = json!("2026-01-01T00:00:00Z");
        key["expires_at"] = json!("2026-01-02T00:00:00Z");
    }
    fs::write(gateway.path("keyring.json"), keyring.to_string()).expect("the folder is ours");
    let (reader, alice) = (whoami(gateway.request("reader")), whoami(gateway.request("alice")));
    eventually("the keyring is reloaded", || (reader.send().code() == "expired_key").then_some(()));
    assert_eq!(alice.send().code(), "expired_key");

    let stranger = Keys { secret_access_key: "guessed".to_owned(), ..gateway.keys("reader").clone() };
    assert_eq!(whoami(Request::post(gateway.address()).signed_with(&stranger)).send().code(), "signature_mismatch");
}

#[test]
fn strangers_cannot_fill_the_journal() {
    let began = now();
    let mut gateway = TestGateway::without_aws().start();
    for _ in 0..100 {
        assert_eq!(Request::post(gateway.address()).body("{}").send().status, 401);
    }
    assert!(now() < began + SignedDuration::from_secs(60), "this machine is too slow: a second window has begun");
    gateway.stop();
    // What comes of the other forty is shown in `in_process`, where time can be moved.
    assert_eq!(gateway.records("authentication").len(), 60);
}

/// A call that a client signs for one host and a load balancer passes on with another.
fn passed_on(gateway: &TestGateway, signed: &str, sent: &str) -> Answer {
    let request = modern(gateway.request("alice").header("host", signed), &message("1", "tools/list", json!({})));
    request.omitted("host").unsigned_header("host", sent).send()
}

#[test]
fn a_load_balancer_may_rewrite_the_host_where_the_configuration_says_what_is_signed() {
    let name = "iam-mcp.example.internal";
    let behind = |networks: &str| TestGateway::without_aws().set("listen.trusted_proxies", networks);
    let hint = |answer: &Answer| answer.json()["error"]["data"]["hint"].as_str().unwrap_or_default().to_owned();

    let told = behind("[\"127.0.0.0/8\"]").set("listen.signed_host", &format!("{name:?}")).start();
    assert_eq!(passed_on(&told, name, "127.0.0.1").status, 200);
    let other = passed_on(&told, "other.example", "127.0.0.1");
    assert_eq!((other.status, other.code().as_str()), (401, "signature_mismatch"));
    assert_eq!(passed_on(&told, name, name).code(), "host_not_allowed", "it is not what the load balancer sends");

    let preserving = behind("[\"127.0.0.0/8\"]").set("listen.hosts", &format!("[{name:?}, \"127.0.0.1:*\"]")).start();
    assert_eq!(passed_on(&preserving, name, name).status, 200);
    let rewritten = passed_on(&preserving, name, "127.0.0.1");
    assert_eq!(rewritten.code(), "signature_mismatch");
    assert!(hint(&rewritten).contains("listen.signed_host"), "{}", rewritten.text());

    let elsewhere = behind("[\"10.0.0.0/8\"]").set("listen.signed_host", &format!("{name:?}")).start();
    let by_a_stranger = passed_on(&elsewhere, name, "127.0.0.1");
    assert_eq!(by_a_stranger.code(), "signature_mismatch");
    assert!(!hint(&by_a_stranger).contains("listen.signed_host"), "{}", by_a_stranger.text());
    assert_eq!(passed_on(&elsewhere, "127.0.0.1", "127.0.0.1").status, 200);
}
