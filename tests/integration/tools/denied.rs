//! IAM refuses one of the calls that a tool makes, each in its turn: the tool ends there, and says what was refused and how
//! far it came.

use serde_json::{Value, json};

use super::account::{At, Place};
use super::called::{self, UNCONFIRMED, aws_calls, error_code, records, stages};
use super::rows::trials;
use crate::aws_calls::Account;
use crate::support::gateway::TestGateway;
use crate::support::mcp::Called;
use crate::support::refusing::Refusal;
use crate::support::relay::{Log, Relay};

/// A gateway whose IAM is behind a relay, and the account past it.
fn prepared() -> (TestGateway, Relay, Account) {
    let (prepared, relay) = called::with_callers(TestGateway::with_sandbox()).iam_behind_a_relay(&Log::default());
    let gateway = prepared.start();
    let account = Account::at(gateway.sandbox().url(), &gateway.sandbox().root_keys());
    (gateway, relay, account)
}

fn operation(action: &str) -> &str {
    action.split_once(':').map_or(action, |(_, operation)| operation)
}

/// AWS's code for this refusal.
fn code(action: &str) -> &'static str {
    if action.starts_with("iam:") { "AccessDenied" } else { "AccessDeniedException" }
}

/// What is wrong about an error that IAM's refusal of `action` became.
fn wrong_in(called: &Called, action: &str) -> Option<String> {
    let error = &called.content["error"];
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    let good = called.is_error
        && (text("code"), text("stage"), text("action")) == (code(action).into(), "aws".into(), action.into())
        && error["retryable"] == json!(false)
        && (text("resource").starts_with("arn:aws:iam::") || text("resource") == "*")
        && text("message").contains(&format!("not authorized to perform: {action}"))
        && text("hint").contains(&format!("the caller's role lacks {action} on {}", text("resource")))
        && error["request_id"].is_string();
    (!good).then(|| called.content.to_string())
}

/// What is wrong about the answer of a tool that does without what it was refused.
fn wrong_without(called: &Called) -> Option<String> {
    let report = &called.content["CredentialReport"];
    if called.content["NotJudged"].to_string().contains("cannot be read (AccessDenied)") {
        return None;
    }
    let good = !called.is_error && (&report["Available"], &report["Code"]) == (&json!(false), &json!("AccessDenied"));
    (!good).then(|| called.content.to_string())
}

#[test]
fn a_read_that_is_denied_ends_the_tool_and_nothing_is_changed() {
    let (gateway, relay, account) = prepared();
    let (to_read, nothing) = (Place::to_read("d", &account, At::Sandbox), Place::empty("n"));
    let trials = trials();
    let (mut asked, mut wrong) = (Vec::new(), Vec::new());
    for trial in &trials {
        let place = if trial.row.account.is_empty() { &nothing } else { &to_read };
        for action in trial.sent(trial.spec.reads) {
            relay.refuse(vec![Refusal::denied(operation(action), "")]);
            let arguments = place.arguments(trial);
            let called = match trial.writes() {
                true => gateway.write(UNCONFIRMED, trial.name(), arguments),
                false => gateway.call("reader", trial.name(), arguments),
            };
            let differs = if trial.does_without(action) { wrong_without(&called) } else { wrong_in(&called, action) };
            wrong.extend(differs.map(|error| format!("{} at {action}: {error}", trial.label)));
            asked.push((trial, action, called));
        }
    }
    let ids: Vec<String> = asked.iter().map(|(_, _, called)| called.id.clone()).collect();
    let records = records(&gateway, &ids);
    for (trial, action, called) in &asked {
        let records = &records[&called.id];
        let stage = if trial.writes() { "denied" } else { "read" };
        let calls = aws_calls(records);
        // Reads that were under way side by side may have been sent as well; of changes there is not even an intent.
        let refused: Vec<&Value> = calls.iter().filter(|call| call["errorCode"] == code(action)).collect();
        let ended = if trial.does_without(action) { Value::Null } else { json!(code(action)) };
        let good = stages(records) == [stage]
            && error_code(records) == ended
            && !refused.is_empty()
            && refused.iter().all(|call| call["action"] == *action)
            && !calls.iter().any(|call| trial.spec.writes.iter().any(|write| call["action"] == write.as_str()));
        if !good {
            wrong.push(format!("{} at {action}: {records:?}", trial.label));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked.len() > 3 * trials.len(), "{} reads", asked.len());
}

#[test]
fn a_change_that_is_denied_ends_the_tool_which_says_how_far_it_came_and_goes_on_when_called_again() {
    let (gateway, relay, account) = prepared();
    let shared = (Place::to_read("d", &account, At::Sandbox), Place::empty("n"));
    let trials = trials();
    let (mut asked, mut wrong) = (Vec::new(), Vec::new());
    for (number, trial) in trials.iter().enumerate().filter(|(_, trial)| trial.writes()) {
        let has_several = trial.sent(trial.spec.writes).count() > 1;
        // A tool of one step changes nothing when that is refused.
        let needs_its_own = has_several || !trial.row.before.is_empty();
        let mut own = needs_its_own.then(|| Place::of(trial, &format!("d{number:03}"), &account, At::Sandbox));
        let usual = if trial.row.account.is_empty() { &shared.1 } else { &shared.0 };
        let arguments = own.as_ref().unwrap_or(usual).arguments(trial);
        let write = |arguments: Value| gateway.write(UNCONFIRMED, trial.name(), arguments);
        let planned = || {
            let mut dry = arguments.clone();
            dry["dry_run"] = json!(true);
            actions(&write(dry).done()["plan"]["calls"])
        };
        relay.refuse(Vec::new());
        let mut steps = planned();
        steps.dedup();
        for (step, action) in steps.iter().enumerate() {
            let plan = if has_several { planned() } else { steps.clone() };
            let done = plan.iter().position(|planned| planned == action).expect("what was refused is planned again");
            relay.refuse(vec![Refusal::denied(operation(action), "")]);
            let called = write(arguments.clone());
            relay.refuse(Vec::new());
            wrong.extend(wrong_in(&called, action).map(|error| format!("{} at {action}: {error}", trial.label)));
            let told = (actions(&called.content["done"]), actions(&called.content["not_done"]));
            if told != (plan[..done].to_vec(), plan[done..].to_vec()) {
                wrong.push(format!("{} at {action}, step {step}: {}", trial.label, called.content));
            }
            let counted = format!("; {done} of {} steps were done before", plan.len());
            if called.message().contains(&counted) != (done > 0) {
                wrong.push(format!("{} at {action}: {}", trial.label, called.message()));
            }
            asked.push((trial, plan, done, called));
        }
        if let Some(place) = &mut own {
            let finished = write(arguments.clone());
            let differences = place.differences(trial, finished.done(), &account);
            wrong.extend(differences.into_iter().map(|difference| format!("{}, again: {difference}", trial.label)));
        }
    }
    let ids: Vec<String> = asked.iter().map(|(_, _, _, called)| called.id.clone()).collect();
    let records = records(&gateway, &ids);
    for (trial, plan, done, called) in &asked {
        let records = &records[&called.id];
        let changed = |call: &&Value| trial.spec.writes.iter().any(|write| call["action"] == write.as_str());
        let changes: Vec<&Value> = aws_calls(records).iter().filter(changed).collect();
        let made: Vec<&Value> = changes.iter().map(|call| &call["action"]).collect();
        let good = stages(records) == ["intent", "outcome"]
            && error_code(records) == "AccessDenied"
            && made == plan[..=*done].iter().map(|action| json!(action)).collect::<Vec<_>>().iter().collect::<Vec<_>>()
            && changes.iter().map(|call| call.get("errorCode").is_some()).eq((0..=*done).map(|index| index == *done));
        if !good {
            wrong.push(format!("{} after {done} steps: {records:?}", trial.label));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        asked.iter().filter(|(_, _, done, _)| *done > 0).count() > 15,
        "tools of several steps were stopped half-way"
    );
}

/// The actions of planned calls.
fn actions(calls: &Value) -> Vec<String> {
    let calls = calls.as_array().map(Vec::as_slice).unwrap_or_default();
    calls.iter().map(|call| call["action"].as_str().expect("a planned call has an action").to_owned()).collect()
}
