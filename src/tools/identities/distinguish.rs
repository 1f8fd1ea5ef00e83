//! `distinguish_users_vs_nhi`

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::fetch::{self, Fetched};
use super::shown::{Listed, Said, Told, report};
use super::{AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, REGION};
use crate::config::Toolset;
use crate::iam::reads::GET_ACCOUNT_AUTHORIZATION_DETAILS;
use crate::iam::{DeclaredCall, Reader};
use crate::posture::classify::{Thresholds, Verdict};
use crate::tools::apart::apart;
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `distinguish_users_vs_nhi`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&Distinguish) };

/// How many names of each verdict are told; the rest is on the pages of `scan_iam_identities`.
const MOST_NAMES: usize = 200;

static SPEC: Spec = Spec {
    name: "distinguish_users_vs_nhi",
    title: "Tell people from machines",
    description: "Sorts all users into people, machines and uncertain ones, by name, and counts roles by what they are for.",
    toolset: Toolset::Identities,
    scans: true,
    own_parameters: &[AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, REGION],
    output: || json!({"Users": {"type": "object"}, "Roles": {"type": "object"}}),
    reads: fetch::ACTIONS_WITH_REPORT,
    always: &[GET_ACCOUNT_AUTHORIZATION_DETAILS],
    ..Spec::READING
};

struct Distinguish;

impl ReadTool for Distinguish {
    fn declare(&self, _call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        Ok(fetch::declared(true))
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let (fetched, thresholds) = (fetch::fetch(reader, true).await?, call.facts.thresholds);
            apart(move || sorted(&fetched, &thresholds)).await
        })
    }
}

fn sorted(fetched: &Fetched, thresholds: &Thresholds) -> Value {
    let Fetched { snapshot, no_report } = fetched;
    let mut users: BTreeMap<Verdict, Vec<&str>> = BTreeMap::new();
    let mut roles: BTreeMap<&str, usize> = BTreeMap::new();
    for listed in Listed::all(snapshot) {
        let told = Told::of(listed, &snapshot.account, thresholds);
        match &told.said {
            Said::User(said) => users.entry(said.verdict).or_default().push(&listed.identity().name),
            Said::Role(said) => {
                *roles.entry(said.kind.map_or("unknown", |kind| kind.as_str())).or_default() += 1;
            }
        }
    }
    let mut shown = Map::from_iter([("Total".to_owned(), snapshot.users.len().into())]);
    for (name, verdict) in [("Human", Verdict::Human), ("Nhi", Verdict::Nhi), ("Uncertain", Verdict::Uncertain)] {
        shown.insert(name.to_owned(), group(users.remove(&verdict).unwrap_or_default()));
    }
    json!({
        "Users": shown,
        "Roles": {"Total": snapshot.roles.len(), "ByKind": roles},
        "Thresholds": {"Nhi": thresholds.nhi.as_f64(), "Human": thresholds.human.as_f64()},
        "CredentialReport": report(no_report.as_ref()),
    })
}

/// A number of users, and their names as far as they are told.
fn group(mut names: Vec<&str>) -> Value {
    names.sort_by_key(|name| name.to_ascii_lowercase());
    let mut shown = json!({"Count": names.len(), "Names": names.iter().take(MOST_NAMES).collect::<Vec<_>>()});
    if names.len() > MOST_NAMES {
        shown["MoreNames"] = (names.len() - MOST_NAMES).into();
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounded_number_of_names_is_told_and_how_many_more_there_are() {
        let names: Vec<String> = (0..250).map(|number| format!("user-{number:03}")).collect();
        let shown = group(names.iter().rev().map(String::as_str).collect());
        assert_eq!((&shown["Count"], &shown["MoreNames"]), (&json!(250), &json!(50)));
        assert_eq!((&shown["Names"][0], shown["Names"].as_array().unwrap().len()), (&json!("user-000"), 200));
        assert_eq!(group(vec!["b", "A"]), json!({"Count": 2, "Names": ["A", "b"]}));
    }
}
