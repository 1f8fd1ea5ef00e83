//! Gateway credentials where they are not good: at other gateways, under other ids, altered.

use data_encoding::BASE64URL_NOPAD;
use serde_json::json;

use crate::support::clients::Keys;
use crate::support::gateway::{NAME, TestGateway};
use crate::support::http::{Answer, Request};
use crate::support::mcp::{modern, tool_call};
use crate::support::person::{Home, of_account};
use crate::support::sandbox::RunningSandbox;
use crate::support::sealing::SealingKeys;
use crate::support::waiting::eventually;

/// A gateway of this name that seals with this key, and takes proofs of the account's people.
fn gateway(name: &str, keys: &SealingKeys, byte: u8) -> TestGateway {
    TestGateway::with_sandbox()
        .set("gateway.name", &format!("{name:?}"))
        .mapping_of(&of_account("caller-identity", "user/people/*"), "role/mcp-auditor", "access = \"read-only\"")
        .taking_identities(keys, &[byte])
        .start()
}

/// What a gateway says to a call that is signed with these.
fn call(gateway: &TestGateway, keys: &Keys) -> Answer {
    modern(Request::post(gateway.address()).signed_with(keys), &tool_call("1", "whoami", json!({}))).send()
}

fn token(keys: &Keys) -> &str {
    keys.session_token.as_deref().expect("gateway credentials have one")
}

/// The gateway refuses these with this code, says so in a record, and has not used them for anything.
fn assert_refused(gateway: &TestGateway, keys: &Keys, code: &str) {
    let answer = call(gateway, keys);
    assert_eq!((answer.status, answer.code().as_str()), (401, code));
    let recorded = eventually("the refusal is recorded", || {
        gateway.records("authentication").into_iter().find(|record| record["errorCode"] == code)
    });
    assert_eq!(recorded["userIdentity"]["type"], "Unverified", "{recorded}");
    assert!(gateway.records("read").is_empty());
    assert!(!answer.text().contains(token(keys)) && !recorded.to_string().contains(token(keys)));
}

/// A person's home, and fresh credentials of a gateway for it.
fn credentials(gateway: &TestGateway, name: &str) -> Keys {
    let person: &RunningSandbox = gateway.sandbox();
    Home::of(&person.user_keys("ben.okafor")).credentials(&gateway.url(), name, person.url())
}

#[test]
fn credentials_of_another_sealing_key_or_of_another_gateways_name_are_foreign() {
    let keys = SealingKeys::new();
    let (one, of_another_key, of_another_name) =
        (gateway(NAME, &keys, 1), gateway(NAME, &keys, 2), gateway("other.test", &keys, 1));
    let given = credentials(&one, NAME);
    for other in [&of_another_key, &of_another_name] {
        assert_refused(other, &given, "credentials_foreign");
    }
    let called = call(&one, &given);
    assert_eq!(called.status, 200, "where they come from they are good: {}", called.text());
    // The other way round, too, and a replica with the same name and key takes them.
    assert_refused(&one_more(&keys), &credentials(&of_another_name, "other.test"), "credentials_foreign");
    assert_eq!(call(&one_more(&keys), &given).status, 200);
}

/// A replica of the first gateway.
fn one_more(keys: &SealingKeys) -> TestGateway {
    gateway(NAME, keys, 1)
}

#[test]
fn an_id_with_anothers_token_and_a_token_with_another_byte_are_refused() {
    let keys = SealingKeys::new();
    let gateway = gateway(NAME, &keys, 1);
    let (one, other) = (credentials(&gateway, NAME), credentials(&gateway, NAME));
    let swapped = Keys { session_token: other.session_token.clone(), ..one.clone() };
    assert_refused(&gateway, &swapped, "credentials_key_mismatch");
    // With the secret of the token as well, it is still another's id.
    let renamed = Keys { access_key_id: one.access_key_id.clone(), ..other.clone() };
    assert_refused(&gateway, &renamed, "credentials_key_mismatch");
    let unknown = Keys { secret_access_key: other.secret_access_key, ..one.clone() };
    assert_eq!(call(&gateway, &unknown).code(), "signature_mismatch");

    let mut bytes = BASE64URL_NOPAD.decode(token(&one).as_bytes()).expect("a token is base64url");
    *bytes.last_mut().expect("a token has bytes") ^= 1;
    let altered = Keys { session_token: Some(BASE64URL_NOPAD.encode(&bytes)), ..one.clone() };
    assert_refused(&gateway, &altered, "credentials_altered");
    let without = Keys { session_token: None, ..one.clone() };
    assert_eq!(call(&gateway, &without).code(), "session_token_missing");
    assert_eq!(call(&gateway, &one).status, 200, "unaltered they are good");
}
