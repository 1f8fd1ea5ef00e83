//! A gateway for trials, how their tools are called, and what the journal has of the calls.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::rows::Trial;
use crate::support::gateway::TestGateway;
use crate::support::http::Request;
use crate::support::mcp::Called;
use crate::support::prepared::Prepared;
use crate::support::waiting::eventually;

/// The caller whose changes are made without confirmation; `alice` has to confirm hers.
pub(crate) const UNCONFIRMED: &str = "mary";

/// The gateway with both callers.
pub(crate) fn with_callers(prepared: Prepared) -> Prepared {
    prepared.set("tools.new_secrets", "\"reveal\"").mapping(
        UNCONFIRMED,
        "role/mcp-admin",
        "access = \"read-write\"\nconfirmation = \"none\"",
    )
}

/// Calls the tool, and confirms what is not to be taken on trust: every deletion, in two steps.
pub(super) fn call(gateway: &TestGateway, trial: &Trial, arguments: Value) -> Called {
    if !trial.writes() {
        return gateway.call("reader", trial.name(), arguments);
    }
    if !trial.name().starts_with("delete_") {
        return gateway.write(UNCONFIRMED, trial.name(), arguments);
    }
    let asked = gateway.write("alice", trial.name(), arguments.clone());
    if asked.is_error {
        return asked;
    }
    assert_eq!(asked.content["status"], "confirmation_required", "{}", trial.name());
    let mut confirmed = arguments;
    confirmed["confirmation_token"] = asked.content["confirmation_token"].clone();
    let done = gateway.write("alice", trial.name(), confirmed);
    assert_eq!(done.content["plan"], if done.is_error { Value::Null } else { asked.content["plan"].clone() });
    done
}

/// How many calls are under way at once.
const AT_ONCE: usize = 16;

/// Sends all these calls, side by side; what they answered, in their order.
pub(super) fn all_at_once(calls: &[(String, Request)]) -> Vec<Called> {
    let send = |(id, request): &(String, Request)| Called::of(id.clone(), &request.send());
    std::thread::scope(|scope| {
        let some = |calls| scope.spawn(move || <[_]>::iter(calls).map(send).collect::<Vec<_>>());
        let threads: Vec<_> = calls.chunks(calls.len().div_ceil(AT_ONCE).max(1)).map(some).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a call is answered")).collect()
    })
}

/// The records of many calls, by their ids, when they are all there. The journal is read once for all of them.
pub(super) fn records(gateway: &TestGateway, ids: &[String]) -> BTreeMap<String, Vec<Value>> {
    eventually("the calls are recorded", || {
        let mut records: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for record in gateway.journal() {
            if let Some(id) = record["requestParameters"]["id"].as_str() {
                records.entry(id.to_owned()).or_default().push(record);
            }
        }
        let ended =
            |id: &String| records.get(id).and_then(|of| of.last()).is_some_and(|last| last["stage"] != "intent");
        ids.iter().all(ended).then_some(records)
    })
}

/// The stages of a call's records, in their order.
pub(super) fn stages(records: &[Value]) -> Vec<&str> {
    records.iter().map(|record| record["stage"].as_str().expect("a record has a stage")).collect()
}

/// What the call's last record says that AWS was asked: one entry for each attempt.
pub(super) fn aws_calls(records: &[Value]) -> &[Value] {
    let last = records.last().expect("a call has a record");
    last["additionalEventData"]["awsCalls"].as_array().expect("a record lists its AWS calls")
}

/// The last record's error code; null where there is none.
pub(super) fn error_code(records: &[Value]) -> Value {
    records.last().and_then(|last| last.get("errorCode")).cloned().unwrap_or(json!(null))
}
