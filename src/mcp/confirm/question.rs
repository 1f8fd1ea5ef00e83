//! What a person is asked before something is done, in the gateway's own words.
//!
//! It names the object and its ARN, the AWS calls with what their input says, what a principal will be able to do that it
//! could not before, what stays, and what is taken back if it fails. Of what others wrote it holds names, ARNs, and the
//! actions, resources and conditions of policies, and nothing else: no description, tag's value or Sid. Each of these is
//! spelled as [`plain`] has it. A document that is stored stands there by its SHA-256.

mod document;
mod gain;
mod plain;
mod step;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use gain::Gain;
pub use plain::plain;
use step::Step;

use crate::iam::{Account, PlannedCall};
use crate::tools::{Plan, Spec};

/// What would be done, as a person who is to decide about it sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The tool.
    pub tool: String,
    /// The environment.
    pub environment: String,
    /// The AWS account.
    pub account: String,
    /// The ARN of what it is about.
    pub object: String,
    /// The AWS calls, in their order.
    pub steps: Vec<Step>,
    /// The calls that are made only if a later one of these fails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub if_it_fails: Vec<Step>,
    /// What stands there now and is replaced, where no call says by its name that something goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<String>,
    /// What is left as it is, and matters to who confirms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<String>,
    /// What a principal could do afterwards and cannot do now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gained: Vec<Gain>,
    /// How much more of that there is than the plan lists.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub gained_more: usize,
    /// The ways to get more than was given that open with it, by the codes of the gateway's findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalations: Vec<String>,
    /// Whether a principal could then do, or get itself, everything.
    #[serde(default)]
    pub administrator: bool,
    /// Whose permissions change beside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reaches: Vec<String>,
}

impl Question {
    /// What is asked about this plan.
    #[must_use]
    pub fn of(spec: &Spec, environment: &str, account: &Account, plan: &Plan) -> Self {
        let steps: Vec<Step> = plan.calls.iter().map(|call| Step::of(call, account)).collect();
        let replaced = match steps.iter().any(Step::takes_away) {
            true => Vec::new(),
            false => plan.lost.keys().map(|name| plain(name)).collect(),
        };
        let granted = plan.granted.as_ref();
        Self {
            tool: spec.name.to_owned(),
            environment: environment.to_owned(),
            account: account.id.to_string(),
            object: object(&plan.calls, account),
            steps,
            if_it_fails: plan.undo.iter().map(|call| Step::undoing(call, account)).collect(),
            replaced,
            stays: stays(&plan.stays),
            gained: granted.into_iter().flat_map(|granted| &granted.allowed).map(Gain::of).collect(),
            gained_more: granted.map_or(0, |granted| granted.more),
            escalations: granted.into_iter().flat_map(|granted| &granted.escalations).map(code).collect(),
            administrator: granted.is_some_and(|granted| granted.administrator),
            reaches: plan.reached.iter().flatten().map(|entity| plain(&entity.display(account))).collect(),
        }
    }

    /// Whether it says all that the plan would let a principal do: what nobody can be shown, nobody can decide about.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.gained_more == 0
    }

    /// The question as text, whole.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { tool, environment, account, object, .. } = self;
        let mut text = format!("{tool} in {environment} (AWS account {account})\non {object}\n");
        let (going, changing): (Vec<&Step>, Vec<&Step>) = self.steps.iter().partition(|step| step.takes_away());
        list(&mut text, "This will go:", going.iter().map(|step| step.text()));
        list(&mut text, "This will be changed:", changing.iter().map(|step| step.text()));
        list(&mut text, "What stands there now is replaced:", self.replaced.iter().cloned());
        list(&mut text, "This stays as it is:", self.stays.iter().cloned());
        list(&mut text, "If it fails midway, this is done:", self.if_it_fails.iter().map(Step::text));
        list(&mut text, "Afterwards it is allowed, and is not now:", self.gained.iter().map(Gain::text));
        if self.gained_more > 0 {
            line(&mut text, &format!("- and {} more that the gateway does not list", self.gained_more));
        }
        list(&mut text, "It opens these ways to more:", self.escalations.iter().cloned());
        if self.administrator {
            line(&mut text, "WITH THIS A PRINCIPAL CAN DO EVERYTHING IN THE ACCOUNT, OR GIVE ITSELF THE RIGHT TO.");
        }
        list(&mut text, "It changes the permissions of:", self.reaches.iter().cloned());
        text
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's own way")]
fn is_nothing(count: &usize) -> bool {
    *count == 0
}

/// What the last call of IAM's acts on: that is what the tool was asked for. Those before it clear its way, such as taking a
/// user's keys away before the user; what is done at another service after it, such as storing a new key, belongs to it.
fn object(calls: &[PlannedCall], account: &Account) -> String {
    let of_iam = calls.iter().rev().find(|call| call.change.action().as_str().starts_with("iam:"));
    of_iam.or(calls.last()).map(|call| plain(&call.resource.display(account))).unwrap_or_default()
}

/// A line for each thing that stays, with the names and values of its members.
fn stays(stays: &Map<String, Value>) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, value) in stays {
        let things = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        lines.extend(things.iter().map(|thing| {
            let members = thing.as_object().into_iter().flatten();
            let members: Vec<String> =
                members.map(|(name, value)| format!("{}: {}", plain(name), shown(value))).collect();
            match members.is_empty() {
                true => format!("{}: {}", plain(name), shown(thing)),
                false => format!("{} ({})", plain(name), members.join("; ")),
            }
        }));
    }
    lines
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| plain(&value.to_string()), plain)
}

/// What a finding is called.
fn code(escalation: &Value) -> String {
    plain(escalation["code"].as_str().unwrap_or_default())
}

fn list(text: &mut String, heading: &str, lines: impl ExactSizeIterator<Item = String>) {
    if lines.len() == 0 {
        return;
    }
    line(text, heading);
    for one in lines {
        line(text, &format!("- {one}"));
    }
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a string takes everything");
}
