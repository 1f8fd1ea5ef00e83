//! Whether a statement applies: its principal, its action, its resource and every condition have to match.

use serde_json::Value;

use super::principal::{self, Way};
use super::text::{matches, plain, tokens};
use super::{Asked, Seen, condition, listed};

/// `None` if it does not; else how it covers who asks, where it says whom it is about.
pub(super) fn applies(
    statement: &Value,
    has_variables: bool,
    asked: &Asked,
    has_boundary: bool,
    seen: &mut Seen,
) -> Option<Option<Way>> {
    let denies = statement["Effect"] == "Deny";
    // All of them are looked at, so that each is counted.
    let way = principal::covers(statement, &asked.who, denies, has_boundary, seen);
    let action = names_action(statement, asked, seen);
    let resource = names_resource(statement, has_variables, denies, asked, seen);
    let conditions = condition::all_hold(&statement["Condition"], has_variables, denies, asked, seen);
    let way = way?;
    (action && resource && conditions).then_some(way)
}

fn names_action(statement: &Value, asked: &Asked, seen: &mut Seen) -> bool {
    let is_listed = |list: &Value| {
        listed(list).into_iter().any(|pattern| {
            let pattern = pattern.as_str().expect("an action is text").to_lowercase();
            matches(&plain(&pattern, true), &asked.action.to_lowercase())
        })
    };
    match statement.get("NotAction") {
        Some(list) => counted(seen, "NotAction", !is_listed(list)),
        None => counted(seen, "Action", is_listed(&statement["Action"])),
    }
}

fn names_resource(statement: &Value, has_variables: bool, denies: bool, asked: &Asked, seen: &mut Seen) -> bool {
    let (name, list) = match (statement.get("Resource"), statement.get("NotResource")) {
        (Some(list), _) => ("Resource", list),
        (_, Some(list)) => ("NotResource", list),
        // A trust policy is about its own role.
        (None, None) => return true,
    };
    let patterns: Vec<_> = listed(list)
        .into_iter()
        .map(|text| tokens(text.as_str().expect("a resource is text"), has_variables, true, asked))
        .collect();
    let is_listed = patterns.iter().flatten().any(|pattern| matches(pattern, &asked.resource));
    let has_unset = patterns.iter().any(Option::is_none);
    if name == "Resource" {
        return counted(seen, "Resource", is_listed);
    }
    counted(seen, "NotResource", !is_listed && (denies || !has_unset))
}

fn counted(seen: &mut Seen, what: &str, held: bool) -> bool {
    seen.count(what, held);
    held
}
