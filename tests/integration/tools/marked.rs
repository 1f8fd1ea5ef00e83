//! Names that no other trial has: many trials share an account, and none is in the way of another.

use serde_json::Value;

use crate::support::gateway::ACCOUNT;

/// The names of what `tests/tools/` calls and prepares.
const NAMES: [&str; 7] = ["app", "bob", "bound", "crew", "other", "reports", "rob"];

/// The value with a mark on each name, path and ARN of this account.
pub(super) fn marked(value: &Value, mark: &str) -> Value {
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                // So that a list tool finds what was prepared for its trial, and nothing else.
                let everything = name == "path_prefix" && value == "/";
                let value = if everything { marked_text("/team/", mark).into() } else { marked(value, mark) };
                (name.clone(), value)
            };
            Value::Object(members.iter().map(member).collect())
        }
        Value::Array(items) => items.iter().map(|item| marked(item, mark)).collect(),
        Value::String(text) => marked_text(text, mark).into(),
        other => other.clone(),
    }
}

fn marked_text(text: &str, mark: &str) -> String {
    if NAMES.contains(&text) {
        return format!("{text}-{mark}");
    }
    let own = format!("arn:aws:iam::{ACCOUNT}:");
    let Some(resource) = text.strip_prefix(&own) else {
        return match text {
            "/ops/" | "/team/" => format!("/{}-{mark}/", text.trim_matches('/')),
            _ => text.to_owned(),
        };
    };
    let parts: Vec<&str> = resource.split('/').collect();
    match parts.as_slice() {
        // Where no path is named: of principals it is the one that they are prepared with.
        [kind @ ("user" | "role" | "group"), name] => format!("{own}{kind}/team-{mark}/{name}-{mark}"),
        [kind, rest @ ..] => {
            let rest: Vec<String> = rest.iter().map(|part| format!("{part}-{mark}")).collect();
            format!("{own}{kind}/{}", rest.join("/"))
        }
        [] => text.to_owned(),
    }
}

#[test]
fn names_paths_and_arns_are_marked_and_nothing_else() {
    for (given, expected) in [
        ("bob", "bob-m1"),
        ("/ops/", "/ops-m1/"),
        ("/", "/"),
        ("own", "own"),
        ("arn:aws:iam::123456789012:policy/team/reports", "arn:aws:iam::123456789012:policy/team-m1/reports-m1"),
        ("arn:aws:iam::123456789012:policy/bound", "arn:aws:iam::123456789012:policy/bound-m1"),
        ("arn:aws:iam::123456789012:user/bob", "arn:aws:iam::123456789012:user/team-m1/bob-m1"),
        ("arn:aws:s3:::reports/*", "arn:aws:s3:::reports/*"),
    ] {
        assert_eq!(marked_text(given, "m1"), expected);
    }
}
