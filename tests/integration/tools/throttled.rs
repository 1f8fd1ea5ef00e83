//! IAM turns calls away for their rate: they are sent again a bounded number of times, reads and changes alike, since AWS
//! did nothing; what is not served in the end says so.

use serde_json::{Value, json};

use super::account::{At, Place};
use super::called::{self, UNCONFIRMED, all_at_once, aws_calls, error_code, records, stages};
use super::rows::{Trial, trials};
use crate::aws_calls::Account;
use crate::support::gateway::TestGateway;
use crate::support::refusing::Refusal;
use crate::support::relay::Log;

/// How often a call is sent at most.
const ATTEMPTS: usize = 3;

#[test]
fn a_read_that_is_throttled_is_sent_again_within_bounds() {
    hold(|trial| !trial.writes());
}

/// A test of its own: the SDK sends again only so much in one process before calls succeed again.
#[test]
fn a_change_that_is_throttled_is_sent_again_within_bounds() {
    hold(Trial::writes);
}

fn hold(these: fn(&Trial) -> bool) {
    let (prepared, relay) = called::with_callers(TestGateway::with_sandbox()).iam_behind_a_relay(&Log::default());
    let gateway = prepared.start();
    let account = Account::at(gateway.sandbox().url(), &gateway.sandbox().root_keys());
    let trials: Vec<Trial> = trials().into_iter().filter(these).filter(|trial| last_action(trial).is_some()).collect();
    let of = |(number, trial): (usize, &Trial)| Place::of(trial, &format!("t{number:03}"), &account, At::Sandbox);
    let mut places: Vec<Place> = trials.iter().enumerate().map(of).collect();
    let call_all = |places: &[Place]| {
        let call = |(trial, place): (&Trial, &Place)| match trial.writes() {
            true => gateway.writing_call(UNCONFIRMED, trial.name(), place.arguments(trial)),
            false => gateway.tool_call("reader", trial.name(), place.arguments(trial)),
        };
        all_at_once(trials.iter().zip(places).map(call).collect())
    };
    let mut wrong = Vec::new();

    // The last of the calls that change something, or what is read first, and for good.
    let of = |(trial, place): (&Trial, &Place)| throttle(trial, place, last_action(trial)?, usize::MAX);
    relay.refuse(trials.iter().zip(&places).filter_map(of).collect());
    let refused = call_all(&places);
    let all = records(&gateway, &refused.iter().map(|called| called.id.clone()).collect::<Vec<_>>());
    for (trial, called) in trials.iter().zip(&refused) {
        let (error, records) = (&called.content["error"], &all[&called.id]);
        let sent = attempts(records, last_action(trial).unwrap_or_default());
        // Where two are under way side by side, the other may have been sent as often.
        let most = if trial.writes() { ATTEMPTS } else { 2 * ATTEMPTS };
        let expected: &[&str] = if trial.writes() { &["intent", "outcome"] } else { &["read"] };
        let good = called.is_error
            && (&error["code"], &error["stage"], &error["retryable"])
                == (&json!("Throttling"), &json!("aws"), &json!(true))
            && error["hint"].as_str().is_some_and(|hint| hint.contains("it was tried several times"))
            && stages(records) == expected
            && error_code(records) == "Throttling"
            && (ATTEMPTS..=most).contains(&sent.iter().filter(|code| *code == "Throttling").count())
            && !sent.contains(&Value::Null);
        if !good {
            wrong.push(format!("{}: {} {records:?}", trial.name(), called.content));
        }
    }

    // The first attempt only, of what is read first and of the last change. What was begun above is finished.
    let of = |(trial, place): (&Trial, &Place)| {
        let first = trial.sent(trial.spec.reads).next();
        let last = last_action(trial).filter(|last| Some(*last) != first);
        let each = first.into_iter().chain(last);
        each.filter_map(|action| throttle(trial, place, action, 1)).collect::<Vec<_>>()
    };
    relay.refuse(trials.iter().zip(&places).flat_map(of).collect());
    let served = call_all(&places);
    let all = records(&gateway, &served.iter().map(|called| called.id.clone()).collect::<Vec<_>>());
    for ((trial, place), called) in trials.iter().zip(&mut places).zip(&served) {
        if called.is_error {
            wrong.push(format!("{}: {}", trial.name(), called.content));
            continue;
        }
        let differences = place.differences(trial, &called.content, &account);
        wrong.extend(differences.into_iter().map(|difference| format!("{}: {difference}", trial.name())));
        for action in trial.sent(trial.spec.reads).next().into_iter().chain(last_action(trial)) {
            let sent = attempts(&all[&called.id], action);
            let turned_away = sent.iter().filter(|code| *code == "Throttling").count();
            if turned_away != 1 || !sent.contains(&Value::Null) {
                wrong.push(format!("{}: {action} was sent so: {sent:?}", trial.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Of a tool that changes something its last change, else what it reads first; none of one that asks IAM nothing.
fn last_action(trial: &Trial) -> Option<&'static str> {
    trial.sent(trial.spec.writes).last().or_else(|| trial.sent(trial.spec.reads).next())
}

/// Turns this trial's calls away, and those of no other.
fn throttle(trial: &Trial, place: &Place, action: &str, times: usize) -> Option<Refusal> {
    let named = place.arguments(trial).to_string().contains(&place.mark);
    // What names nothing of the account is called by one tool alone.
    let about = if named { format!("-{}", place.mark) } else { String::new() };
    Some(Refusal::throttled(action.strip_prefix("iam:")?, &about, times))
}

/// The error codes of a call's attempts, null where there is none.
fn attempts(records: &[Value], action: &str) -> Vec<Value> {
    let of_action = aws_calls(records).iter().filter(|call| call["action"] == action);
    of_action.map(|call| call.get("errorCode").cloned().unwrap_or_default()).collect()
}
