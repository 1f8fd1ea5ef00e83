//! Sealing keys that are secrets of AWS Secrets Manager (moto's): at the start, at a reload, and while they are not given.

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::support::clients::Keys;
use crate::support::command::{Ran, run_with};
use crate::support::gateway::{ACCOUNT, NAME, TestGateway};
use crate::support::http::{Answer, Request};
use crate::support::mcp::{modern, tool_call};
use crate::support::person::{Home, of_account};
use crate::support::prepared::Prepared;
use crate::support::secrets_manager::SecretsManager;
use crate::support::waiting::eventually;

/// The text of the key that consists of this byte.
fn key(byte: u8) -> String {
    BASE64.encode(&[byte; 32])
}

/// The value of `sealing.keys` with these secrets, by their ids; the first one seals.
fn keys(secrets: &[(&str, &str)]) -> String {
    let entry = |(at, (id, arn)): (usize, &(&str, &str))| {
        let state = if at == 0 { "seal" } else { "open" };
        format!("{{ id = {id:?}, secret = {arn:?}, state = \"{state}\" }}")
    };
    format!("[{}]", secrets.iter().enumerate().map(entry).collect::<Vec<_>>().join(", "))
}

/// A gateway with these keys out of this Secrets Manager, which takes proofs of the account's people.
fn sealing(secrets: &SecretsManager, value: &str) -> Prepared {
    TestGateway::with_sandbox()
        .set("aws.secrets_manager_endpoint", &format!("{:?}", secrets.url()))
        .set("sealing.keys", value)
        .set("sealing.single_replica", "true")
        .set("exchange.caller_identity", &format!("{{ accounts = [\"{ACCOUNT}\"] }}"))
        .set("log.level", "\"trace\"")
        .mapping_of(&of_account("caller-identity", "user/people/*"), "role/mcp-auditor", "access = \"read-only\"")
}

fn credentials(gateway: &TestGateway) -> Keys {
    let sandbox = gateway.sandbox();
    Home::of(&sandbox.user_keys("ben.okafor")).credentials(&gateway.url(), NAME, sandbox.url())
}

fn call(gateway: &TestGateway, id: &str, given: &Keys) -> Answer {
    modern(Request::post(gateway.address()).signed_with(given), &tool_call(id, "whoami", json!({}))).send()
}

/// Calls with these credentials, which are good; the id of the key that they are sealed with, as the record has it.
fn sealed_with(gateway: &TestGateway, id: &str, given: &Keys) -> Value {
    let answer = call(gateway, id, given);
    assert_eq!(answer.status, 200, "{}", answer.text());
    gateway.records_of(id)[0]["additionalEventData"]["authentication"]["sealingKey"].clone()
}

/// The records of reloads, once there are so many with this code.
fn reloads(gateway: &TestGateway, code: &Value, count: usize) -> Vec<Value> {
    eventually("the reload is recorded", || {
        let records = gateway.records("reload").into_iter().filter(|record| record["errorCode"] == *code);
        Some(records.collect::<Vec<_>>()).filter(|records| records.len() >= count)
    })
}

/// Serves the stopped gateway's configuration, which must not come to serving.
fn served(gateway: &TestGateway) -> Ran {
    run_with(&["serve", "--config", &gateway.argument("gateway.toml")], &gateway.own_keys().environment(), "")
}

#[test]
fn keys_are_read_out_of_secrets_and_rolled_to_another_secret() {
    let mut secrets = SecretsManager::start();
    let (one, two) = (secrets.store("sealing/one", &key(1)), secrets.store("sealing/two", &key(2)));
    let before = keys(&[("one", &one)]);
    let mut gateway = sealing(&secrets, &before).start();
    let first = credentials(&gateway);
    assert_eq!(sealed_with(&gateway, "first", &first), "one");

    let both = keys(&[("two", &two), ("one", &one)]);
    gateway.reconfigure(&before, &both);
    assert_eq!(reloads(&gateway, &Value::Null, 1).len(), 1);
    let second = credentials(&gateway);
    assert_eq!(sealed_with(&gateway, "second", &second), "two");
    assert_eq!(sealed_with(&gateway, "still", &first), "one");

    gateway.reconfigure(&both, &keys(&[("two", &two)]));
    assert_eq!(reloads(&gateway, &Value::Null, 2).len(), 2);
    assert_eq!(call(&gateway, "gone", &first).code(), "credentials_foreign");
    assert_eq!(sealed_with(&gateway, "stays", &second), "two");

    // With its own role, in the secret's own region, by the whole ARN.
    let asked = secrets.recording().of("GetSecretValue");
    assert!(asked.iter().all(|call| call["region"] == "eu-central-1" && call["session_token"] == true), "{asked:?}");
    let named: Vec<&Value> = asked.iter().map(|call| &call["parameters"]["SecretId"]).collect();
    assert_eq!(named, [&json!(one), &json!(two), &json!(one), &json!(two)]);
    gateway.stop();
    let written = gateway.log() + &gateway.journal_lines().concat();
    assert!([1, 2].iter().all(|byte| !written.contains(&key(*byte))), "a key was written down");
}

#[test]
fn a_key_that_is_not_given_or_is_none_keeps_the_gateway_from_starting() {
    let mut secrets = SecretsManager::start();
    let (one, text) = (secrets.store("sealing/one", &key(1)), secrets.store("sealing/text", "hunter2"));
    let value = keys(&[("one", &one)]);
    let mut gateway = sealing(&secrets, &value).start();
    gateway.stop();
    secrets.refuse("GetSecretValue", "AccessDeniedException", 400);
    let refused = served(&gateway);
    assert_eq!((refused.code, refused.stdout.as_str()), (64, ""), "{}", refused.said());
    for told in [one.as_str(), "AccessDeniedException"] {
        assert!(refused.stderr.contains(told), "{told} is not in {}", refused.stderr);
    }

    secrets.allow();
    gateway.reconfigure(&value, &keys(&[("text", &text)]));
    let none = served(&gateway);
    assert_eq!(none.code, 64, "{}", none.said());
    assert!(none.stderr.contains(&text) && none.stderr.contains("base64"), "{}", none.stderr);
    assert!(!none.said().contains("hunter2"), "what the secret holds is not told");
    gateway.reconfigure(&text, &one.replace("sealing/one", "sealing/no-such"));
    let missing = served(&gateway);
    assert_eq!(missing.code, 64, "{}", missing.said());
    assert!(missing.stderr.contains("ResourceNotFoundException"), "{}", missing.stderr);
}

#[test]
fn a_key_that_is_not_given_at_a_reload_leaves_the_old_ones_in_force_until_it_is() {
    let mut secrets = SecretsManager::start();
    let (one, two) = (secrets.store("sealing/one", &key(1)), secrets.store("sealing/two", &key(2)));
    let before = keys(&[("one", &one)]);
    let gateway = sealing(&secrets, &before).start();
    let first = credentials(&gateway);
    secrets.refuse("GetSecretValue", "AccessDeniedException", 400);
    gateway.reconfigure(&before, &keys(&[("two", &two)]));
    let record = reloads(&gateway, &json!("BadSealingKeys"), 1).remove(0);
    assert_eq!(record["eventName"], "ReloadConfiguration");
    let said = record["errorMessage"].as_str().expect("a refusal has a message");
    assert!(said.contains(&two) && said.contains("AccessDeniedException"), "{said}");
    let alarm = gateway.readiness()["alarms"]["configuration"].clone();
    assert!(alarm.as_str().is_some_and(|text| text.contains(&two)), "{}", gateway.readiness());
    assert_eq!(sealed_with(&gateway, "first", &first), "one");
    assert_eq!(sealed_with(&gateway, "second", &credentials(&gateway)), "one", "new ones are sealed with it, too");

    // The file does not change any more, and the gateway goes on asking.
    secrets.allow();
    reloads(&gateway, &Value::Null, 1);
    assert!(gateway.readiness()["alarms"]["configuration"].is_null(), "{}", gateway.readiness());
    assert_eq!(call(&gateway, "gone", &first).code(), "credentials_foreign");
    assert_eq!(sealed_with(&gateway, "third", &credentials(&gateway)), "two");
}
