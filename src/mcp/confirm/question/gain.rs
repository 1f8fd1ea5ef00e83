//! What a principal could do afterwards and cannot do now.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::plain::plain;

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
    /// The conditions it holds under; all of them have to hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}

/// A condition: the key's value has to compare so with one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The operator, such as `StringEquals`.
    pub operator: String,
    /// The key.
    pub key: String,
    /// The values, as the policy has them.
    pub values: Vec<String>,
}

impl Gain {
    /// What is allowed, out of an item as policies write it. What cannot be read is taken for the most that it could be.
    pub(super) fn of(allowed: &Value) -> Self {
        let of = |name: &str, negated: &str| match (names(&allowed[name]), names(&allowed[negated])) {
            (named, _) if !named.is_empty() => named,
            (_, named) if !named.is_empty() => vec![format!("everything but {}", named.join(", "))],
            _ => Vec::new(),
        };
        let or_all = |named: Vec<String>| if named.is_empty() { vec!["*".to_owned()] } else { named };
        Self {
            actions: or_all(of("Action", "NotAction")),
            resources: or_all(of("Resource", "NotResource")),
            principals: of("Principal", "NotPrincipal"),
            conditions: conditions(&allowed["Condition"]),
        }
    }

    pub(super) fn text(&self) -> String {
        let conditions: Vec<String> = self.conditions.iter().map(Condition::text).collect();
        let conditions = match conditions.is_empty() {
            true => String::new(),
            false => format!(" if {}", conditions.join(" and ")),
        };
        let actions = self.actions.join(", ");
        match self.principals.is_empty() {
            true => format!("{actions} on {}{conditions}", self.resources.join(", ")),
            false => format!("{actions} for {}{conditions}", self.principals.join(", ")),
        }
    }
}

impl Condition {
    fn text(&self) -> String {
        format!("{} {} {}", self.key, self.operator, self.values.join(", "))
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

fn conditions(block: &Value) -> Vec<Condition> {
    let operators = block.as_object().into_iter().flatten();
    let keys = operators.flat_map(|(operator, keys)| {
        keys.as_object().into_iter().flatten().map(move |(key, value)| (operator, key, value))
    });
    keys.map(|(operator, key, value)| Condition {
        operator: plain(operator),
        key: plain(key),
        values: match value {
            Value::Array(values) => values.iter().map(scalar).collect(),
            one => vec![scalar(one)],
        },
    })
    .collect()
}

fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| plain(&value.to_string()), plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_read_is_taken_for_everything() {
        for unreadable in [json!("x"), json!({"Unreadable": true}), json!({"Action": [7], "Resource": {}})] {
            let gain = Gain::of(&unreadable);
            assert_eq!((gain.actions, gain.resources), (vec!["*".to_owned()], vec!["*".to_owned()]), "{unreadable}");
        }
    }

    #[test]
    fn conditions_are_shown_with_their_values() {
        let gain = Gain::of(&json!({
            "Action": ["sts:AssumeRole"], "Principal": {"AWS": ["111122223333"]},
            "Condition": {
                "Bool": {"aws:MultiFactorAuthPresent": [true]},
                "StringEquals": {"sts:ExternalId": ["a", "and on *\nGrant: all"]},
            },
        }));
        assert_eq!(
            gain.text(),
            "sts:AssumeRole for 111122223333 if aws:MultiFactorAuthPresent Bool true and sts:ExternalId StringEquals a, \
             and\\u{20}on\\u{20}*\\u{a}Grant:\\u{20}all"
        );
        let long = Gain::of(&json!({"Action": "*", "Condition": {"StringLike": {"aws:userid": "x".repeat(1000)}}}));
        assert!(long.text().ends_with("...(700 more characters)"), "{}", long.text());
    }
}
