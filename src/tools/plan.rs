//! What a write would do.

use serde_json::{Map, Value, json};

use super::Spec;
use super::grants::Granted;
use super::holder::permissions::Principal;
use crate::audit::Redaction;
use crate::iam::writer::is_already_gone;
use crate::iam::{Account, DeclaredCall, Member, PlannedCall, Resource};

/// The AWS calls to be made, in order, what will be lost by them, and what they let somebody do that could not before.
///
/// Dry run, confirmation and the intent record all show this, the record without what is secret in it, and a confirmation
/// is bound to it: what was read of the account (the names in the calls, what is lost, what is granted) is part of it, so a
/// plan made over another state of the account is another plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The calls, in the order in which they are made.
    pub calls: Vec<PlannedCall>,
    /// What is called when a later one of `calls` fails, to take back an earlier one. What only the earlier one's answer
    /// names is open.
    pub undo: Vec<DeclaredCall>,
    /// What exists now and will not afterwards, whole, so that it can be put back.
    pub lost: Map<String, Value>,
    /// What is left as it is, and matters to who confirms: the key that is used in place of one that goes.
    pub stays: Map<String, Value>,
    /// What a principal could do afterwards and cannot do now; `None` where nothing of the kind can happen.
    pub granted: Option<Granted>,
    /// That whom the calls change is still the one that was looked at: by ARN its unique id, and of a role who may be it. One
    /// that was deleted and made anew is another, and so is the plan.
    pub observed: Map<String, Value>,
    /// Whose permissions the calls change beside those of the resources that they name: the entities that a managed policy
    /// is attached to, the members of a group. `None` where the tool did not look.
    pub reached: Option<Vec<Resource>>,
}

impl Plan {
    /// A plan that takes nothing away and gives nobody anything.
    #[must_use]
    pub fn adding(calls: Vec<PlannedCall>) -> Self {
        Self { calls, ..Self::default() }
    }

    /// The same, bound to this principal as it is now.
    #[must_use]
    pub fn observing(mut self, principal: &Principal) -> Self {
        self.observed.extend([principal.observed()]);
        self
    }

    /// How many entities it changes, those that are reached through a policy or a group included.
    #[must_use]
    pub fn touches(&self, account: &Account) -> usize {
        let named = self.calls.iter().map(|call| &call.resource);
        let all = named.chain(self.reached.iter().flatten()).map(|entity| entity.display(account));
        all.collect::<std::collections::BTreeSet<_>>().len()
    }

    /// The plan as it is shown and confirmed.
    #[must_use]
    pub fn shown(&self, account: &Account) -> Value {
        let calls: Vec<Value> = self.calls.iter().map(|call| show_call(call, account)).collect();
        let mut shown = Map::from_iter([("calls".to_owned(), Value::Array(calls))]);
        self.show_undo(&mut shown, account);
        if !self.lost.is_empty() {
            shown.insert("lost".to_owned(), Value::Object(self.lost.clone()));
        }
        if !self.stays.is_empty() {
            shown.insert("stays".to_owned(), Value::Object(self.stays.clone()));
        }
        if let Some(granted) = &self.granted {
            shown.insert("granted".to_owned(), granted.shown());
        }
        if !self.observed.is_empty() {
            shown.insert("observed".to_owned(), Value::Object(self.observed.clone()));
        }
        if let Some(reached) = self.reached.as_ref().filter(|reached| !reached.is_empty()) {
            shown.insert("reaches".to_owned(), reached.iter().map(|entity| entity.display(account)).collect());
        }
        Value::Object(shown)
    }

    /// The plan as a record has it: what is declared of each operation's input, and by the tool of what is lost.
    #[must_use]
    pub fn recorded(&self, account: &Account, spec: &Spec, redaction: &Redaction) -> Value {
        let calls: Vec<Value> = self.calls.iter().map(|call| record_call(call, account, redaction)).collect();
        let mut recorded = Map::from_iter([("calls".to_owned(), Value::Array(calls))]);
        // Of its input it has what identifies, which records keep.
        self.show_undo(&mut recorded, account);
        if !self.lost.is_empty() {
            let lost = redaction.members(&Value::Object(self.lost.clone()), spec.kept.lost);
            recorded.insert("lost".to_owned(), lost);
        }
        if !self.stays.is_empty() {
            let stays = redaction.members(&Value::Object(self.stays.clone()), spec.kept.lost);
            recorded.insert("stays".to_owned(), stays);
        }
        if let Some(granted) = &self.granted {
            // Actions and resources of policies, which records keep.
            recorded.insert("granted".to_owned(), granted.shown());
        }
        if !self.observed.is_empty() {
            recorded.insert("observed".to_owned(), Value::Object(self.observed.clone()));
        }
        if let Some(reached) = self.reached.as_ref().filter(|reached| !reached.is_empty()) {
            recorded.insert("reaches".to_owned(), reached.iter().map(|entity| entity.display(account)).collect());
        }
        Value::Object(recorded)
    }
}

impl Plan {
    fn show_undo(&self, shown: &mut Map<String, Value>, account: &Account) {
        let calls = self.undo.iter().map(|call| {
            let members = call.members.iter().map(|(name, member)| {
                let value = match member {
                    Member::Is(value) => value.clone(),
                    Member::Found => format!("{{{name}}}"),
                    Member::Beginning(prefix) => format!("{prefix}{{...}}"),
                };
                ((*name).to_owned(), Value::String(value))
            });
            let parameters: Map<String, Value> = members.collect();
            json!({"action": call.action, "resource": call.resource.display(account), "parameters": parameters})
        });
        let calls: Vec<Value> = calls.collect();
        if !calls.is_empty() {
            shown.insert("if_it_fails".to_owned(), calls.into());
        }
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

/// The calls of a plan that found nothing left to remove.
#[must_use]
pub fn already_gone(plan: &Plan, answers: &[Value]) -> Vec<Value> {
    (plan.calls.iter().zip(answers))
        .filter(|(_, answer)| is_already_gone(answer))
        .map(|(call, _)| json!({"action": call.change.action(), "parameters": call.change}))
        .collect()
}
