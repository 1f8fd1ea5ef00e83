//! Each strength of confirmation, and each way round it.

mod client;
mod command;
mod later;
mod records;
mod second_person;
mod strengths;

use std::sync::atomic::{AtomicU32, Ordering};

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::{Answer, Request};
use crate::support::mcp::Called;
use crate::support::prepared::Prepared;
use crate::support::waiting::{now, wait_until};

static REQUESTS: AtomicU32 = AtomicU32::new(1);

/// A mapping that wants a second person.
const SECOND_PERSON: &str = "access = \"read-write\"\nconfirmation = \"second-person\"";
/// A mapping of who approves, and does nothing else.
const APPROVES: &str = "access = \"read-only\"\nmay_approve = true";

/// `planner` wants a second person, and `approver` is one.
fn second_person() -> Prepared {
    TestGateway::with_sandbox().mapping("planner", "role/mcp-admin", SECOND_PERSON).mapping(
        "approver",
        "role/mcp-auditor",
        APPROVES,
    )
}

/// A user that nothing hangs on.
fn create(gateway: &TestGateway, user: &str) {
    gateway.write("alice", "create_user", json!({"user_name": user, "path": "/people/"})).done();
}

fn delete(gateway: &TestGateway, caller: &str, user: &str) -> Called {
    gateway.write(caller, "delete_user", json!({"user_name": user}))
}

/// The same call with a token passed back.
fn confirm(gateway: &TestGateway, caller: &str, user: &str, token: &Value) -> Called {
    gateway.write(caller, "delete_user", json!({"user_name": user, "confirmation_token": token}))
}

/// The plan token of a call that wants a second person.
fn planned(gateway: &TestGateway, caller: &str, user: &str) -> Value {
    let asked = delete(gateway, caller, user);
    assert_eq!(asked.done()["status"], "confirmation_required", "{:?}", asked.content);
    asked.content["plan_token"].clone()
}

/// A request of a person about a plan, signed late enough to decide.
fn approval(gateway: &TestGateway, caller: &str, body: &Value) -> Request {
    let opens = gateway.opens_for_writes();
    wait_until(opens - SignedDuration::from_secs(1));
    // Of its own, so that two equal requests in one second have two signatures.
    let id = REQUESTS.fetch_add(1, Ordering::Relaxed).to_string();
    let request = gateway.request(caller).target("/approvals").header("x-request-id", &id).body(body.to_string());
    request.signed_at(now().max(opens))
}

fn decide(gateway: &TestGateway, caller: &str, plan_token: &Value, decision: &str) -> Answer {
    approval(gateway, caller, &json!({"plan_token": plan_token, "decision": decision})).send()
}

/// The token of an approval by `approver`.
fn approved(gateway: &TestGateway, plan_token: &Value) -> Value {
    let answer = decide(gateway, "approver", plan_token, "approve");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["approval_token"].clone()
}

/// How often AWS was asked to delete a user.
fn deletions(gateway: &TestGateway) -> usize {
    gateway.sandbox().trail_of("DeleteUser").len()
}

/// The token with one character changed.
fn altered(token: &Value) -> Value {
    let token = token.as_str().expect("a token is text");
    let (before, after) = token.split_at(token.len() / 2);
    let other = if after.starts_with('A') { 'B' } else { 'A' };
    format!("{before}{other}{}", &after[1..]).into()
}
