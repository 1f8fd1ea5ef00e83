//! A document that has no faults, taken apart with the place of each part, as its author wrote it.

use serde_json::{Map, Value};

use crate::json_path::member;

/// A text of the document and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) path: String,
    pub(super) text: String,
}

/// A list of patterns, or everything but it.
#[derive(Debug, Clone, Default)]
pub(super) struct Patterns {
    /// Of the whole list.
    pub(super) path: String,
    /// `NotAction` or `NotResource`.
    pub(super) negated: bool,
    pub(super) items: Vec<Text>,
}

/// One key under one operator.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub(super) path: String,
    pub(super) operator: String,
    pub(super) key: String,
    pub(super) values: Vec<Text>,
}

/// A principal and its type: `AWS`, `Service`, `Federated`, `CanonicalUser`; `*` alone is of type `AWS`.
#[derive(Debug, Clone)]
pub(super) struct Principal {
    pub(super) kind: String,
    pub(super) name: Text,
}

/// One statement.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) allows: bool,
    pub(super) actions: Patterns,
    pub(super) resources: Patterns,
    /// Those of Principal.
    pub(super) principals: Vec<Principal>,
    /// The place of NotPrincipal, which has no faults only where it denies.
    pub(super) all_but: Option<String>,
    pub(super) conditions: Vec<Condition>,
}

/// The whole document.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// Whether it is of a version without policy variables.
    pub(super) is_old: bool,
    pub(super) statements: Vec<Statement>,
}

impl Document {
    /// Takes the JSON of a document apart. What the language does not have is passed over: it was a fault before.
    pub(super) fn of(document: &Value) -> Self {
        let (items, path) = (listed(&document["Statement"], "$.Statement"), document["Version"].as_str());
        Self {
            is_old: path != Some("2012-10-17"),
            statements: items
                .into_iter()
                .filter_map(|(path, item)| Some(statement(&path, item.as_object()?)))
                .collect(),
        }
    }
}

impl Condition {
    /// Whether the key is this one, in any letter case.
    pub(super) fn is_on(&self, key: &str) -> bool {
        self.key.eq_ignore_ascii_case(key)
    }

    /// The operator without its set and `IfExists`: `StringLike`.
    pub(super) fn base(&self) -> &str {
        let plain = self.operator.split_once(':').map_or(self.operator.as_str(), |(_, plain)| plain);
        plain.strip_suffix("IfExists").unwrap_or(plain)
    }

    /// Whether a key that is missing lets it hold: nothing is demanded then.
    pub(super) fn passes_without_key(&self) -> bool {
        self.operator.ends_with("IfExists") || self.operator.starts_with("ForAllValues:") || self.is_negated()
    }

    /// Whether it holds where none of the values matches.
    pub(super) fn is_negated(&self) -> bool {
        self.base().contains("Not")
    }
}

fn statement(path: &str, members: &Map<String, Value>) -> Statement {
    Statement {
        allows: members.get("Effect").and_then(Value::as_str) == Some("Allow"),
        actions: patterns(members, path, ["Action", "NotAction"]),
        resources: patterns(members, path, ["Resource", "NotResource"]),
        principals: members
            .get("Principal")
            .map(|value| principals(value, &format!("{path}.Principal")))
            .unwrap_or_default(),
        all_but: members.contains_key("NotPrincipal").then(|| format!("{path}.NotPrincipal")),
        conditions: members.get("Condition").map(|value| conditions(value, path)).unwrap_or_default(),
    }
}

fn patterns(members: &Map<String, Value>, path: &str, names: [&str; 2]) -> Patterns {
    let Some((name, value)) = names.into_iter().find_map(|name| Some((name, members.get(name)?))) else {
        return Patterns::default();
    };
    let path = format!("{path}.{name}");
    Patterns { negated: name == names[1], items: texts(value, &path), path }
}

fn principals(value: &Value, path: &str) -> Vec<Principal> {
    let Value::Object(types) = value else {
        return texts(value, path).into_iter().map(|name| Principal { kind: "AWS".to_owned(), name }).collect();
    };
    let of_type = |(kind, value): (&String, &Value)| {
        let kind = kind.clone();
        texts(value, &member(path, &kind)).into_iter().map(move |name| Principal { kind: kind.clone(), name })
    };
    types.iter().flat_map(of_type).collect()
}

fn conditions(value: &Value, path: &str) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for (operator, keys) in value.as_object().into_iter().flatten() {
        let path = member(&format!("{path}.Condition"), operator);
        for (key, values) in keys.as_object().into_iter().flatten() {
            let path = member(&path, key);
            let values = texts(values, &path);
            conditions.push(Condition { path, operator: operator.clone(), key: key.clone(), values });
        }
    }
    conditions
}

/// The texts of a value or a list; numbers and Booleans as what they stand for.
fn texts(value: &Value, path: &str) -> Vec<Text> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    listed(value, path).into_iter().map(|(path, value)| Text { path, text: text(value) }).collect()
}

/// The items of a list, or the value that stands alone, each with its place.
fn listed<'v>(value: &'v Value, path: &str) -> Vec<(String, &'v Value)> {
    match value {
        Value::Array(items) => items.iter().enumerate().map(|(i, item)| (format!("{path}[{i}]"), item)).collect(),
        Value::Null => Vec::new(),
        one => vec![(path.to_owned(), one)],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_part_has_the_place_where_its_author_wrote_it() {
        let document = Document::of(&json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*",
            "Principal": {"AWS": ["*"], "Service": "ec2.amazonaws.com"},
            "Condition": {"ForAnyValue:StringLike": {"aws:TagKeys": ["a", "b"]}, "Bool": {"aws:SecureTransport": true}},
        }]}));
        let statement = &document.statements[0];
        assert!(statement.allows && statement.actions.negated && !document.is_old);
        assert_eq!(statement.actions.items[1].path, "$.Statement[0].NotAction[1]");
        assert_eq!(statement.resources.items[0].path, "$.Statement[0].Resource");
        let principals: Vec<&str> = statement.principals.iter().map(|principal| principal.name.path.as_str()).collect();
        assert_eq!(principals, ["$.Statement[0].Principal.AWS[0]", "$.Statement[0].Principal.Service"]);
        let values: Vec<&Text> = statement.conditions.iter().flat_map(|condition| &condition.values).collect();
        assert!(values.contains(&&Text {
            path: "$.Statement[0].Condition['ForAnyValue:StringLike']['aws:TagKeys'][1]".into(),
            text: "b".into()
        }));
        assert!(values.iter().any(|value| value.text == "true"));
        let single = Document::of(&json!({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}));
        assert_eq!((single.statements[0].actions.path.as_str(), single.is_old), ("$.Statement.Action", true));
    }

    #[test]
    fn an_operator_says_whether_it_demands_its_key() {
        let passes = |operator: &str| {
            let condition =
                Condition { path: String::new(), operator: operator.into(), key: "a:b".into(), values: Vec::new() };
            condition.passes_without_key()
        };
        for operator in ["StringEqualsIfExists", "ForAllValues:StringEquals", "StringNotLike", "NotIpAddress"] {
            assert!(passes(operator), "{operator}");
        }
        for operator in ["StringEquals", "ForAnyValue:StringLike", "ArnLike", "IpAddress", "Null"] {
            assert!(!passes(operator), "{operator}");
        }
    }
}
