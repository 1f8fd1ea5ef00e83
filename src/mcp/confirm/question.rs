//! What a person is asked before something is done, in the gateway's own words.
//!
//! It names the object and its ARN, the AWS calls with what each is about, and what a principal will be able to do that it
//! could not before. Of what others wrote it holds names, ARNs and the actions and resources of policies, and nothing else:
//! no description, tag, Sid or condition value. Each of these is spelled with letters, digits and the few marks that such
//! names are made of; every other character is written as `\u{...}`, so that a name can neither read as a sentence of ours
//! nor as markup of the client that shows it.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::iam::{Account, Member, PlannedCall};
use crate::tools::{Plan, Spec};

/// The longest of these names that is shown whole: an ARN has at most 2,048 characters, and hardly any has 300.
const LONGEST: usize = 300;
/// How many lines of one kind the text shows; the data has them all.
const MOST_LINES: usize = 60;
/// What operations begin with that take something away.
const REMOVING: [&str; 5] = ["Delete", "Remove", "Detach", "Deactivate", "Untag"];

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
    /// What stands there now and is replaced, where no call says by its name that something goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<String>,
    /// What a principal could do afterwards and cannot do now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gained: Vec<Gain>,
    /// How much more of that there is than the plan lists.
    #[serde(default)]
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

/// One AWS call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The action.
    pub action: String,
    /// What it acts on.
    pub resource: String,
    /// The names in its input that say what it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

/// Something that is allowed then and is not now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gain {
    /// The actions, or all but these.
    pub actions: Vec<String>,
    /// The resources, or all but these.
    pub resources: Vec<String>,
    /// Who may, where that is not the object itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<String>,
    /// Whether it holds under conditions only.
    #[serde(default)]
    pub conditional: bool,
}

impl Question {
    /// What is asked about this plan.
    #[must_use]
    pub fn of(spec: &Spec, environment: &str, account: &Account, plan: &Plan) -> Self {
        let steps: Vec<Step> = plan.calls.iter().map(|call| step(call, account)).collect();
        let replaced = match steps.iter().any(Step::takes_away) {
            true => Vec::new(),
            false => plan.lost.keys().map(|name| plain(name)).collect(),
        };
        let granted = plan.granted.as_ref();
        Self {
            tool: spec.name.to_owned(),
            environment: environment.to_owned(),
            account: account.id.to_string(),
            // The last call is what the tool was asked for; those before clear its way.
            object: steps.last().map(|step| step.resource.clone()).unwrap_or_default(),
            steps,
            replaced,
            gained: granted.into_iter().flat_map(|granted| &granted.allowed).map(gain).collect(),
            gained_more: granted.map_or(0, |granted| granted.more),
            escalations: granted.into_iter().flat_map(|granted| &granted.escalations).map(code).collect(),
            administrator: granted.is_some_and(|granted| granted.administrator),
            reaches: plan.reached.iter().flatten().map(|entity| plain(&entity.display(account))).collect(),
        }
    }

    /// The question as text.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { tool, environment, account, object, .. } = self;
        let mut text = format!("{tool} in {environment} (AWS account {account})\non {object}\n");
        let (going, changing): (Vec<&Step>, Vec<&Step>) = self.steps.iter().partition(|step| step.takes_away());
        list(&mut text, "This will go:", going.iter().map(|step| step.text()));
        list(&mut text, "This will be changed:", changing.iter().map(|step| step.text()));
        list(&mut text, "What stands there now is replaced:", self.replaced.iter().cloned());
        list(&mut text, "Afterwards it is allowed, and is not now:", self.gained.iter().map(Gain::text));
        if self.gained_more > 0 {
            writeln!(text, "- and {} more, see the plan", self.gained_more).expect("a string takes everything");
        }
        list(&mut text, "It opens these ways to more:", self.escalations.iter().cloned());
        if self.administrator {
            text.push_str("WITH THIS A PRINCIPAL CAN DO EVERYTHING IN THE ACCOUNT, OR GIVE ITSELF THE RIGHT TO.\n");
        }
        list(&mut text, "It changes the permissions of:", self.reaches.iter().cloned());
        text
    }
}

impl Step {
    fn takes_away(&self) -> bool {
        let operation = self.action.split_once(':').map_or(self.action.as_str(), |(_, operation)| operation);
        REMOVING.iter().any(|verb| operation.starts_with(verb))
    }

    fn text(&self) -> String {
        let names = self.names.join(", ");
        match names.is_empty() {
            true => format!("{} on {}", self.action, self.resource),
            false => format!("{} {names} on {}", self.action, self.resource),
        }
    }
}

impl Gain {
    fn text(&self) -> String {
        let conditions = if self.conditional { ", under conditions" } else { "" };
        let actions = self.actions.join(", ");
        match self.principals.is_empty() {
            true => format!("{actions} on {}{conditions}", self.resources.join(", ")),
            false => format!("{actions} for {}{conditions}", self.principals.join(", ")),
        }
    }
}

fn step(call: &PlannedCall, account: &Account) -> Step {
    let resource = call.resource.display(account);
    let last = resource.rsplit('/').next().unwrap_or_default();
    let named = call.declared().members.into_iter().filter_map(|(_, member)| match member {
        // The entity's own name and path stand in its ARN.
        Member::Is(value) if value != last && value != resource && value != "/" => Some(plain(&value)),
        // What only its beginning is known of, such as the name of a secret that has a new key's id in it.
        Member::Beginning(prefix) => Some(plain(&format!("{prefix}..."))),
        Member::Is(_) | Member::Found => None,
    });
    Step { action: plain(call.change.action().as_str()), resource: plain(&resource), names: named.collect() }
}

/// What is allowed, out of an item as policies write it. What cannot be read is taken for the most that it could be.
fn gain(allowed: &Value) -> Gain {
    let of = |name: &str, negated: &str| match (names(&allowed[name]), names(&allowed[negated])) {
        (named, _) if !named.is_empty() => named,
        (_, named) if !named.is_empty() => vec![format!("everything but {}", named.join(", "))],
        _ => Vec::new(),
    };
    let or_all = |named: Vec<String>| if named.is_empty() { vec!["*".to_owned()] } else { named };
    Gain {
        actions: or_all(of("Action", "NotAction")),
        resources: or_all(of("Resource", "NotResource")),
        principals: of("Principal", "NotPrincipal"),
        conditional: allowed["Condition"].as_object().is_some_and(|conditions| !conditions.is_empty()),
    }
}

/// The names in a member of a policy: one, a list of them, or such by their kind.
fn names(member: &Value) -> Vec<String> {
    match member {
        Value::String(text) => vec![plain(text)],
        Value::Array(items) => items.iter().flat_map(names).collect(),
        Value::Object(kinds) => kinds.values().flat_map(names).collect(),
        _ => Vec::new(),
    }
}

/// What a finding is called.
fn code(escalation: &Value) -> String {
    plain(escalation["code"].as_str().unwrap_or_default())
}

/// A name, ARN or action as it may stand in a question: printable letters, digits and marks of ARNs and policies only.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars().take(LONGEST) {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' => shown.push(character),
            ':' | '/' | '_' | '*' | '?' | '.' | '+' | '=' | ',' | '@' | '$' | '-' | '{' | '}' => shown.push(character),
            other => write!(shown, "\\u{{{:x}}}", u32::from(other)).expect("a string takes everything"),
        }
    }
    let more = text.chars().count().saturating_sub(LONGEST);
    if more > 0 {
        write!(shown, "...({more} more characters)").expect("a string takes everything");
    }
    shown
}

fn list(text: &mut String, heading: &str, lines: impl ExactSizeIterator<Item = String>) {
    let count = lines.len();
    if count == 0 {
        return;
    }
    writeln!(text, "{heading}").expect("a string takes everything");
    for line in lines.take(MOST_LINES) {
        writeln!(text, "- {line}").expect("a string takes everything");
    }
    if count > MOST_LINES {
        writeln!(text, "- and {} more", count - MOST_LINES).expect("a string takes everything");
    }
}

#[cfg(test)]
mod tests;
