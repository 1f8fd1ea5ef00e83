//! IAM turns calls away for their rate: they are sent again a bounded number of times, reads and changes alike, since AWS
//! did nothing; what is not served in the end says so.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::account::{At, Place};
use super::called::{self, UNCONFIRMED, all_at_once, aws_calls, error_code, records, stages};
use super::rows::{Trial, trials};
use crate::aws_calls::Account;
use crate::support::gateway::TestGateway;
use crate::support::mcp::Called;
use crate::support::refusing::Refusal;
use crate::support::relay::{Log, Relay};

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
    let mut bench = Bench::of(these);
    let wrong = [bench.turned_away_for_good(), bench.turned_away_once()].concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A gateway whose IAM is behind a relay, and what each tool is called on.
struct Bench {
    gateway: TestGateway,
    relay: Relay,
    account: Account,
    trials: Vec<Trial>,
    places: Vec<Place>,
}

impl Bench {
    fn of(these: fn(&Trial) -> bool) -> Self {
        let (prepared, relay) = called::with_callers(TestGateway::with_sandbox()).iam_behind_a_relay(&Log::default());
        let gateway = prepared.start();
        let account = Account::at(gateway.sandbox().url(), &gateway.sandbox().root_keys());
        let calls_iam = |trial: &Trial| these(trial) && last_action(trial).is_some();
        let trials: Vec<Trial> = trials().into_iter().filter(calls_iam).collect();
        let of = |(number, trial): (usize, &Trial)| Place::of(trial, &format!("t{number:03}"), &account, At::Sandbox);
        let places = trials.iter().enumerate().map(of).collect();
        Self { gateway, relay, account, trials, places }
    }

    /// Calls every tool while IAM turns these requests away; what each answered, and its records. Those whose requests can be
    /// told apart are called side by side, and each of the others alone.
    fn call_all(&self, refusals: impl Fn(&Trial, &Place) -> Vec<Refusal>) -> Vec<(Called, Vec<Value>)> {
        let each = || self.trials.iter().zip(&self.places).enumerate();
        let call = |(trial, place): (&Trial, &Place)| match trial.writes() {
            true => self.gateway.writing_call(UNCONFIRMED, trial.name(), place.arguments(trial)),
            false => self.gateway.tool_call("reader", trial.name(), place.arguments(trial)),
        };
        let refused = |(trial, place): (&Trial, &Place)| refusals(trial, place);
        let is_told_apart = |(trial, place): (&Trial, &Place)| !about(trial, place).is_empty();
        let (together, alone): (Vec<_>, Vec<_>) = each().partition(|(_, tried)| is_told_apart(*tried));
        self.relay.refuse(together.iter().flat_map(|(_, tried)| refused(*tried)).collect());
        let answered = all_at_once(&together.iter().map(|(_, tried)| call(*tried)).collect::<Vec<_>>());
        let mut answers: Vec<(usize, Called)> = together.iter().map(|(number, _)| *number).zip(answered).collect();
        for (number, tried) in alone {
            self.relay.refuse(refused(tried));
            answers.extend(all_at_once(&[call(tried)]).into_iter().map(|called| (number, called)));
        }
        answers.sort_by_key(|(number, _)| *number);
        let answers: Vec<Called> = answers.into_iter().map(|(_, called)| called).collect();
        let ids: Vec<String> = answers.iter().map(|called| called.id.clone()).collect();
        let mut records = records(&self.gateway, &ids);
        let mut with_records = |called: Called| {
            let records = records.remove(&called.id).expect("each call has records");
            (called, records)
        };
        answers.into_iter().map(&mut with_records).collect()
    }

    /// The last of the calls that change something, or what is read first, is never served.
    fn turned_away_for_good(&self) -> Vec<String> {
        let never = |trial: &Trial, place: &Place| {
            last_action(trial).map(|action| throttle(trial, place, action, usize::MAX)).into_iter().collect()
        };
        let mut wrong = Vec::new();
        for (trial, (called, records)) in self.trials.iter().zip(self.call_all(never)) {
            let error = &called.content["error"];
            let sent = attempts(&records, last_action(trial).unwrap_or_default());
            // Where two are under way side by side, the other may have been sent as often.
            let most = if trial.writes() { ATTEMPTS } else { 2 * ATTEMPTS };
            let code = if trial.spec.reads.iter().all(|action| action.as_str().starts_with("iam:")) {
                "Throttling"
            } else {
                "ThrottlingException"
            };
            let expected: &[&str] = if trial.writes() { &["intent", "outcome"] } else { &["read"] };
            let good = called.is_error
                && (&error["code"], &error["stage"]) == (&json!(code), &json!("aws"))
                && error["retryable"] == json!(true)
                && error["hint"].as_str().is_some_and(|hint| hint.contains("it was tried several times"))
                && stages(&records) == expected
                && error_code(&records) == code
                && (ATTEMPTS..=most).contains(&sent.iter().filter(|sent| *sent == code).count())
                && !sent.contains(&Value::Null);
            if !good {
                wrong.push(format!("{}: {} {records:?}", trial.label, called.content));
            }
        }
        wrong
    }

    /// The first attempt alone is turned away, of what is read first and of the last change. What a tool had begun before is
    /// finished.
    fn turned_away_once(&mut self) -> Vec<String> {
        let answers = self.call_all(|trial, place| {
            first_and_last(trial).into_iter().map(|action| throttle(trial, place, action, 1)).collect()
        });
        let mut wrong = Vec::new();
        for ((trial, place), (called, records)) in self.trials.iter().zip(&mut self.places).zip(answers) {
            if called.is_error {
                wrong.push(format!("{}: {}", trial.label, called.content));
                continue;
            }
            let differences = place.differences(trial, &called.content, &self.account);
            wrong.extend(differences.into_iter().map(|difference| format!("{}: {difference}", trial.label)));
            for action in first_and_last(trial) {
                let sent = attempts(&records, action);
                let turned_away =
                    sent.iter().filter(|code| code.as_str().is_some_and(|code| code.starts_with("Throttling"))).count();
                if turned_away != 1 || !sent.contains(&Value::Null) {
                    wrong.push(format!("{}: {action} was sent so: {sent:?}", trial.label));
                }
            }
        }
        wrong
    }
}

/// What a tool reads first, and what it changes last.
fn first_and_last(trial: &Trial) -> BTreeSet<&'static str> {
    trial.sent(trial.spec.reads).next().into_iter().chain(last_action(trial)).collect()
}

/// Of a tool that changes something its last change, else what it reads first; none of one that asks IAM nothing.
fn last_action(trial: &Trial) -> Option<&'static str> {
    trial.sent(trial.spec.writes).last().or_else(|| trial.sent(trial.spec.reads).next())
}

/// Turns this trial's calls away, and those of no other.
fn throttle(trial: &Trial, place: &Place, action: &str, times: usize) -> Refusal {
    let about = about(trial, place);
    let about = about.as_str();
    Refusal::throttled(action.split_once(':').map_or(action, |(_, operation)| operation), about, times)
}

/// What stands in the requests of this trial and of no other; nothing where it names neither an entity nor a key.
fn about(trial: &Trial, place: &Place) -> String {
    let arguments = place.arguments(trial);
    // What is only talked about stands in no request.
    if arguments.get("tool_name").is_some() {
        return String::new();
    }
    let own = format!("-{}", place.mark);
    match (arguments.to_string().contains(&own), arguments["access_key_id"].as_str()) {
        (true, _) => own,
        (false, key) => key.unwrap_or_default().to_owned(),
    }
}

/// The error codes of a call's attempts, null where there is none.
fn attempts(records: &[Value], action: &str) -> Vec<Value> {
    let of_action = aws_calls(records).iter().filter(|call| call["action"] == action);
    of_action.map(|call| call.get("errorCode").cloned().unwrap_or_default()).collect()
}
