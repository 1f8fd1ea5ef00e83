//! Each tool's fullest call, in an account that is made for it: the result, the records, and the account afterwards.

use serde_json::json;

use super::account::{At, Place};
use super::called::{self, records, stages};
use super::declared;
use super::rows::{Moto, Trial, trials};
use crate::aws_calls::Account;
use crate::support::gateway::TestGateway;
use crate::support::mcp::Called;

#[test]
fn every_tool_does_what_it_says_and_asks_aws_for_what_it_declares() {
    let gateway = called::with_callers(TestGateway::with_sandbox()).start();
    let account = Account::at(gateway.sandbox().url(), &gateway.sandbox().root_keys());
    let trials = trials();
    let (mut wrong, mut ids) = (Vec::new(), Vec::new());
    for (trial, called, differences) in try_all(&gateway, &trials, &account, At::Sandbox) {
        wrong.extend(differences.into_iter().map(|difference| format!("{}: {difference}", trial.label)));
        ids.push(called.id);
    }
    let records = records(&gateway, &ids);
    for (trial, id) in trials.iter().zip(&ids) {
        let records = &records[id];
        let expected: &[&str] = if trial.writes() { &["intent", "outcome"] } else { &["read"] };
        if stages(records) != expected {
            wrong.push(format!("{}: its records are {:?}", trial.label, stages(records)));
            continue;
        }
        wrong.extend(declared::differences(trial, records));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_tool_does_what_it_says_at_moto_as_far_as_moto_can() {
    let gateway = called::with_callers(TestGateway::with_moto()).start();
    let account = Account::at(gateway.moto().url(), &gateway.moto().root_keys()).of_moto();
    let mut wrong = Vec::new();
    for (trial, called, differences) in try_all(&gateway, &trials(), &account, At::Moto) {
        let name = &trial.label;
        match &trial.row.moto {
            None => wrong.extend(differences.into_iter().map(|difference| format!("{name}: {difference}"))),
            Some(Moto::Lacks(action)) if called.is_error => {
                assert_eq!(called.content["error"]["action"], json!(action), "{name}: {}", called.content);
            }
            Some(Moto::Lacks(action)) => wrong.push(format!("{name}: moto has learnt {action}")),
            Some(Moto::Differs(how)) if differences.is_empty() => wrong.push(format!("{name}: moto no longer {how}")),
            Some(Moto::Differs(_)) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Calls every tool; what it answered, and what differs from what was expected.
fn try_all<'t>(
    gateway: &TestGateway,
    trials: &'t [Trial],
    account: &Account,
    at: At,
) -> Vec<(&'t Trial, Called, Vec<String>)> {
    let mut to_read = Place::to_read("r", account, at);
    let tried = trials.iter().enumerate().map(|(number, trial)| {
        let mut own = trial.writes().then(|| Place::of(trial, &format!("s{number:03}"), account, at));
        let place = own.as_mut().unwrap_or(&mut to_read);
        let called = called::call(gateway, trial, place.arguments(trial));
        let differences = match called.is_error {
            true => vec![called.content["error"].to_string()],
            false => place.differences(trial, &called.content, account),
        };
        (trial, called, differences)
    });
    tried.collect()
}
