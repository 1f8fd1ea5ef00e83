//! What `tests/tools/` says of each tool.

use std::collections::BTreeMap;

use iam_mcp_gateway::iam::Action;
use iam_mcp_gateway::tools::catalogue::CATALOGUE;
use iam_mcp_gateway::tools::{Effect, Spec, Work};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A tool's row: see `tests/tools/README.md`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    #[serde(default = "usual_account")]
    pub(super) account: Vec<String>,
    #[serde(default)]
    pub(super) before: Vec<Value>,
    #[serde(default)]
    pub(super) missing: Vec<String>,
    #[serde(default)]
    pub(super) untold: Vec<String>,
    #[serde(default)]
    pub(super) makes: Vec<String>,
    #[serde(default)]
    pub(super) unsent: Vec<String>,
    #[serde(default)]
    pub(super) optional: Vec<String>,
    pub(super) moto: Option<Moto>,
    pub(super) result: Value,
    #[serde(default)]
    pub(super) after: Vec<Value>,
}

/// What moto cannot be asked to show.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Moto {
    /// It does not know this operation.
    Lacks(String),
    /// It does not do as IAM does.
    Differs(String),
}

fn usual_account() -> Vec<String> {
    ["policies", "users", "groups", "roles"].map(str::to_owned).into()
}

/// A tool that calls AWS, with its fullest call, or one of those whose effects differ.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) spec: &'static Spec,
    /// The tool's name, and of one of several calls a word in brackets.
    pub(super) label: String,
    pub(super) row: Row,
    /// As `calls.json` has them.
    pub(super) arguments: Value,
}

impl Trial {
    pub(super) fn name(&self) -> &'static str {
        self.spec.name
    }

    pub(super) fn writes(&self) -> bool {
        self.spec.effect.writes()
    }

    /// Whether the tool answers all the same where AWS refuses this action.
    pub(super) fn does_without(&self, action: &str) -> bool {
        self.row.optional.iter().any(|optional| optional == action)
    }

    /// The actions of this list that are sent, and not only permissions that another needs as well.
    pub(super) fn sent<'a>(&'a self, actions: &'static [Action]) -> impl Iterator<Item = &'static str> + 'a {
        actions
            .iter()
            .map(|action| action.as_str())
            .filter(|action| !self.row.unsent.iter().any(|unsent| unsent == action))
    }
}

fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| unreachable!("tests/tools: {error}"))
}

/// Every tool that calls AWS, in the catalogue's order.
pub(super) fn trials() -> Vec<Trial> {
    let mut rows: BTreeMap<String, Row> = read(include_str!("../../tools/matrix.json"));
    let calls: BTreeMap<String, Value> = read(include_str!("../../tools/calls.json"));
    let mut trials = Vec::new();
    for tool in CATALOGUE.iter().filter(|tool| !matches!(tool.work, Work::Local(_))) {
        let spec = tool.spec;
        let own = calls.iter().filter(|(label, _)| label.split(' ').next() == Some(spec.name));
        let before = trials.len();
        trials.extend(own.map(|(label, arguments)| {
            let row = rows.remove(label).unwrap_or_else(|| unreachable!("{label} has no row in matrix.json"));
            Trial { spec, label: label.clone(), row, arguments: arguments.clone() }
        }));
        assert!(trials.len() > before, "{} has no call in calls.json", spec.name);
    }
    assert!(rows.is_empty(), "rows without a call, or of tools that call nothing: {:?}", rows.keys());
    trials
}

/// The calls that prepare a part of the account.
pub(super) fn steps(part: &str) -> Vec<Value> {
    let mut parts: BTreeMap<String, Vec<Value>> = read(include_str!("../../tools/account.json"));
    parts.remove(part).unwrap_or_else(|| unreachable!("account.json has no {part}"))
}

/// The parameters that name something in the account.
const NAMING: [&str; 13] = [
    "access_key_id",
    "arn",
    "group_name",
    "identity_name",
    "new_user_name",
    "old_access_key_id",
    "permissions_boundary",
    "policy_arn",
    "policy_name",
    "policy_source_arn",
    "role_name",
    "user_name",
    "version_id",
];

#[test]
fn every_row_says_of_each_name_whether_it_has_to_exist() {
    for trial in trials() {
        let mut said: Vec<&String> =
            trial.row.missing.iter().chain(&trial.row.makes).chain(&trial.row.untold).collect();
        said.sort();
        let arguments = trial.arguments.as_object().expect("arguments are an object");
        let mut named: Vec<&String> = arguments.keys().filter(|name| NAMING.contains(&name.as_str())).collect();
        named.sort();
        assert_eq!(said, named, "{}", trial.label);
        assert_eq!(trial.row.after.is_empty(), trial.spec.effect == Effect::Read, "{}", trial.label);
        assert!(trial.row.result.is_object(), "{}", trial.label);
    }
}

#[test]
fn what_one_call_of_a_tool_leaves_out_another_sends() {
    let trials = trials();
    for trial in &trials {
        let own = trials.iter().filter(|other| other.spec.name == trial.spec.name);
        let has_one = own.clone().count() == 1;
        for action in trial.spec.reads.iter().chain(trial.spec.writes) {
            let sends = |other: &Trial| !other.row.unsent.iter().any(|unsent| unsent == action.as_str());
            assert!(has_one || own.clone().any(sends), "{}: {}", trial.label, action.as_str());
        }
    }
}
