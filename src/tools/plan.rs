//! What a write would do.

use serde_json::{Map, Value, json};

use super::Spec;
use crate::audit::Redaction;
use crate::iam::{Account, PlannedCall};

/// The AWS calls to be made, in order, and what will be lost by them.
///
/// Dry run, confirmation and the intent record all show this, the record without what is secret in it, and a confirmation
/// is bound to it: what was read of the account (the names in the calls, what is lost) is part of it, so a plan made over another state of the
/// account is another plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The calls, in the order in which they are made.
    pub calls: Vec<PlannedCall>,
    /// What exists now and will not afterwards, whole, so that it can be put back.
    pub lost: Map<String, Value>,
}

impl Plan {
    /// A plan that takes nothing away.
    #[must_use]
    pub fn adding(calls: Vec<PlannedCall>) -> Self {
        Self { calls, lost: Map::new() }
    }

    /// The plan as it is shown and confirmed.
    #[must_use]
    pub fn shown(&self, account: &Account) -> Value {
        let calls: Vec<Value> = self.calls.iter().map(|call| show_call(call, account)).collect();
        let mut shown = Map::from_iter([("calls".to_owned(), Value::Array(calls))]);
        if !self.lost.is_empty() {
            shown.insert("lost".to_owned(), Value::Object(self.lost.clone()));
        }
        Value::Object(shown)
    }

    /// The plan as a record has it: what is declared of each operation's input, and by the tool of what is lost.
    #[must_use]
    pub fn recorded(&self, account: &Account, spec: &Spec, redaction: &Redaction) -> Value {
        let calls: Vec<Value> = self.calls.iter().map(|call| record_call(call, account, redaction)).collect();
        let mut recorded = Map::from_iter([("calls".to_owned(), Value::Array(calls))]);
        if !self.lost.is_empty() {
            let lost = redaction.members(&Value::Object(self.lost.clone()), spec.kept.lost);
            recorded.insert("lost".to_owned(), lost);
        }
        Value::Object(recorded)
    }
}

/// One call as records list it.
#[must_use]
pub fn record_call(call: &PlannedCall, account: &Account, redaction: &Redaction) -> Value {
    let mut recorded = show_call(call, account);
    recorded["parameters"] = redaction.members(&recorded["parameters"], call.change.kept());
    recorded
}

/// One call as plans and results list it.
#[must_use]
pub fn show_call(call: &PlannedCall, account: &Account) -> Value {
    json!({
        "action": call.change.action(),
        "resource": call.resource.display(account),
        "parameters": serde_json::to_value(&call.change).expect("a change is plain data"),
    })
}
