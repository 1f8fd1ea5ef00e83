//! Each name in a call that has to exist, and does not: one error that says what is not there, one record, nothing changed.

use serde_json::{Value, json};

use super::account::{At, Place};
use super::called::{self, aws_calls, error_code, records};
use super::rows::{Trial, trials};
use crate::aws_calls::Account;
use crate::support::gateway::{ACCOUNT, TestGateway};

/// A name of this kind that nothing has, and what the message calls the kind.
fn nobody(parameter: &str) -> (&'static str, &'static str) {
    match parameter {
        "user_name" => ("nobody", "user"),
        "role_name" => ("nobody", "role"),
        "group_name" => ("nobody", "group"),
        "policy_name" => ("nothing", "policy"),
        "policy_arn" | "permissions_boundary" => ("arn:aws:iam::123456789012:policy/nothing", "policy"),
        "arn" | "policy_source_arn" => ("arn:aws:iam::123456789012:user/nobody", "user"),
        "version_id" => ("v9", "version"),
        "access_key_id" | "old_access_key_id" => ("AKIANOBODYSKEY000000", "access key"),
        other => unreachable!("nobody is called {other}"),
    }
}

#[test]
fn what_is_missing_is_named_with_its_kind_and_account_and_nothing_is_changed() {
    let gateway = called::with_callers(TestGateway::with_sandbox()).start();
    let account = Account::at(gateway.sandbox().url(), &gateway.sandbox().root_keys());
    let (mut asked, mut wrong) = (Vec::new(), Vec::new());
    let trials = trials();
    let place = Place::to_read("m", &account, At::Sandbox);
    let before = changes(&gateway);
    for trial in &trials {
        for parameter in trial.row.missing.iter().chain(&trial.row.untold) {
            let mut arguments = place.arguments(trial);
            // What may be of several kinds says beside it which it is.
            let parameter_of_kind = match arguments["identity_type"].as_str() {
                Some("role") => "role_name",
                Some(_) => "user_name",
                None => parameter,
            };
            let (name, kind) = nobody(parameter_of_kind);
            // What may be another account's AWS does not tell from what is nowhere.
            let untold = trial.row.untold.contains(parameter);
            let expected = if untold { "AccessDenied" } else { "NoSuchEntity" };
            arguments[parameter] = name.into();
            let called = if trial.writes() {
                gateway.write(called::UNCONFIRMED, trial.name(), arguments)
            } else {
                gateway.call("reader", trial.name(), arguments)
            };
            let case = format!("{}({parameter})", trial.label);
            if !called.is_error || called.code() != expected {
                wrong.push(format!("{case}: {}", called.content));
                continue;
            }
            let error = &called.content["error"];
            let message = called.message();
            // Of an ARN the message may name the end.
            let name = if name.ends_with("nobody") { "nobody" } else { name };
            // An ARN has kind and account in it, which does not count.
            let around = message.replace(name, "");
            if !message.contains(name) || !around.contains(kind) || !(untold || around.contains(ACCOUNT)) {
                wrong.push(format!("{case}: {message}"));
            }
            if error["retryable"] != json!(false) || !error["action"].is_string() || !error["resource"].is_string() {
                wrong.push(format!("{case}: {error}"));
            }
            asked.push((trial, case, expected, called.id));
        }
    }
    let ids: Vec<String> = asked.iter().map(|(.., id)| id.clone()).collect();
    let records = records(&gateway, &ids);
    for (trial, case, expected, id) in &asked {
        wrong.extend(record_differs(trial, expected, &records[id]).map(|difference| format!("{case}: {difference}")));
    }
    assert_eq!(changes(&gateway), before, "AWS saw no change");
    assert!(asked.len() > trials.len(), "most tools name something: {}", asked.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn record_differs(trial: &Trial, expected: &str, records: &[Value]) -> Option<String> {
    let [record] = records else { return Some(format!("{} records", records.len())) };
    let stage = if trial.writes() { "denied" } else { "read" };
    let wrote =
        aws_calls(records).iter().any(|call| trial.spec.writes.iter().any(|action| call["action"] == action.as_str()));
    let good = record["stage"] == stage && error_code(records) == expected && !wrote;
    (!good).then(|| record.to_string())
}

/// How many changes AWS was asked for.
fn changes(gateway: &TestGateway) -> usize {
    let trail = gateway.sandbox().trail();
    trail.iter().filter(|event| event["readOnly"] == false && event["eventSource"] == "iam.amazonaws.com").count()
}
