//! Endpoint policies for IAM: conditions on the two `aws:` keys of MCP become conditions on the session tags that the
//! gateway stamps.
//!
//! AWS sets the keys only for its own MCP servers; of the gateway's sessions it knows the tags:
//!
//! | | through the gateway | a person, without MCP |
//! |---|---|---|
//! | `aws:ViaAWSMCPService` | true | false, or missing |
//! | `aws:PrincipalTag/ViaAWSMCPService` | true | missing |
//! | `aws:CalledViaAWSMCP` | the gateway's name | missing |
//! | `aws:PrincipalTag/CalledViaAWSMCP` | the gateway's name | missing |
//!
//! A translated condition holds in exactly the cases in which the original does. Where that cannot be had, nothing is
//! translated: a policy that is only nearly the same would be taken for the same.

mod conditions;
mod variables;

use serde::Serialize;
use serde_json::{Map, Value, json};

use self::conditions::{Became, CALLED_VIA, VIA, became};
use self::variables::Renamed;
use crate::policy::Document;

/// What became of one part of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The statement's place, from 1.
    pub statement: usize,
    /// Its Sid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The part as it was.
    pub before: Value,
    /// The part as it is now; `None` where there is none.
    pub after: Option<Value>,
    /// What has to be said about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
    /// Why it cannot be translated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<&'static str>,
}

/// A document translated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Translated {
    /// The document; `None` where something of it cannot be translated, or nothing of it is left.
    pub document: Option<Value>,
    /// What was changed, and what cannot be.
    pub changes: Vec<Change>,
    /// What else has to be known before it is attached.
    pub notes: Vec<String>,
}

impl Translated {
    /// Whether everything could be translated.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.changes.iter().all(|change| change.problem.is_none())
    }
}

/// Two conditions of a statement that would be one, with other values each.
const COLLIDES: &str = "the statement has another condition on the session tag under the same operator; join the two";

/// Translates a policy of an endpoint.
#[must_use]
pub fn translate(document: &Document) -> Translated {
    let mut json: Value = serde_json::from_str(&document.to_json()).expect("a document prints as JSON");
    let mut changes = Vec::new();
    let statements = json["Statement"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let mut notes = notes(&statements);
    let statements: Vec<Value> = statements
        .into_iter()
        .enumerate()
        .filter_map(|(index, mut statement)| {
            let mut of_statement = OfStatement {
                number: index + 1,
                sid: statement["Sid"].as_str().map(Into::into),
                changes: &mut changes,
            };
            of_statement.translate(&mut statement).then_some(statement)
        })
        .collect();
    notes.extend(of_everybody(&statements));
    let whole = changes.iter().all(|change| change.problem.is_none());
    let document = (whole && !statements.is_empty()).then(|| {
        json["Statement"] = Value::Array(statements);
        json
    });
    Translated { document, changes, notes }
}

struct OfStatement<'a> {
    number: usize,
    sid: Option<String>,
    changes: &'a mut Vec<Change>,
}

impl OfStatement<'_> {
    /// Whether anything is left of the statement.
    fn translate(&mut self, statement: &mut Value) -> bool {
        for name in ["Resource", "NotResource"] {
            if let Some(values) = statement.get_mut(name) {
                self.rename(values, |values| json!({name: values}));
            }
        }
        let Some(Value::Object(condition)) = statement.get_mut("Condition").map(Value::take) else {
            remove(statement, "Condition");
            return true;
        };
        match self.conditions(condition) {
            Some(condition) if condition.is_empty() => remove(statement, "Condition"),
            Some(condition) => statement["Condition"] = Value::Object(condition),
            None => return false,
        }
        true
    }

    /// The conditions of the statement; `None` where one of them never holds.
    fn conditions(&mut self, condition: Map<String, Value>) -> Option<Map<String, Value>> {
        let mut all = Map::new();
        let mut applies = true;
        for (operator, keys) in condition {
            let Value::Object(keys) = keys else { continue };
            for (key, mut values) in keys {
                let before = json!({operator.as_str(): {key.as_str(): &values}});
                let (after_operator, after_key) = if key.eq_ignore_ascii_case(VIA) {
                    match became(&operator, &values) {
                        Became::Condition { operator, key, value } => {
                            self.change(before, Some(json!({operator: {key: value}})), None);
                            values = json!(value);
                            (operator.to_owned(), key.to_owned())
                        }
                        Became::Always => {
                            self.change(before, None, Some("holds for every request, so it is left out"));
                            continue;
                        }
                        Became::Never => {
                            self.change(before, None, Some("never holds, so the statement is left out"));
                            applies = false;
                            continue;
                        }
                        Became::Untranslatable(problem) => {
                            self.problem(before, problem);
                            continue;
                        }
                    }
                } else if key.eq_ignore_ascii_case(CALLED_VIA) {
                    self.rename(&mut values, |values| json!({operator.as_str(): {key.as_str(): values}}));
                    let after = json!({operator.as_str(): {conditions::CALLED_VIA_TAG_KEY: &values}});
                    self.change(before, Some(after), None);
                    (operator.clone(), conditions::CALLED_VIA_TAG_KEY.to_owned())
                } else {
                    self.rename(&mut values, |values| json!({operator.as_str(): {key.as_str(): values}}));
                    (operator.clone(), key)
                };
                if !insert(&mut all, &after_operator, &after_key, values) {
                    self.problem(json!({after_operator: {after_key: null}}), COLLIDES);
                }
            }
        }
        applies.then_some(all)
    }

    /// Renames the variables in a list of texts, as which every element prints; `shown` makes of a list what the change shows.
    fn rename(&mut self, values: &mut Value, shown: impl Fn(&Value) -> Value) {
        let before = shown(values);
        let (mut renamed, mut problem) = (false, None);
        for value in values.as_array_mut().into_iter().flatten() {
            let Value::String(text) = value else { continue };
            match variables::rename(text) {
                Renamed::Unchanged => {}
                Renamed::Text(new) => {
                    *text = new;
                    renamed = true;
                }
                Renamed::Untranslatable(why) => problem = Some(why),
            }
        }
        match problem {
            Some(problem) => self.problem(before, problem),
            None if renamed => self.change(before, Some(shown(values)), None),
            None => {}
        }
    }

    fn change(&mut self, before: Value, after: Option<Value>, note: Option<&'static str>) {
        let (statement, sid) = (self.number, self.sid.clone());
        self.changes.push(Change { statement, sid, before, after, note, problem: None });
    }

    fn problem(&mut self, before: Value, problem: &'static str) {
        let (statement, sid) = (self.number, self.sid.clone());
        self.changes.push(Change { statement, sid, before, after: None, note: None, problem: Some(problem) });
    }
}

/// Adds a condition; `false` where there is one already that is not the same.
fn insert(all: &mut Map<String, Value>, operator: &str, key: &str, values: Value) -> bool {
    let keys = all.entry(operator).or_insert_with(|| json!({}));
    let keys = keys.as_object_mut().expect("made as an object");
    let values = match values {
        Value::Array(values) => values,
        value => vec![value],
    };
    match keys.iter().find(|(own, _)| own.eq_ignore_ascii_case(key)) {
        Some((_, before)) => *before == Value::Array(values),
        None => {
            keys.insert(key.to_owned(), Value::Array(values));
            true
        }
    }
}

fn remove(statement: &mut Value, name: &str) {
    if let Value::Object(members) = statement {
        members.remove(name);
    }
}

fn notes(statements: &[Value]) -> Vec<String> {
    let mut notes = Vec::new();
    if statements.iter().any(|statement| statement["Effect"] == "Allow") {
        notes.push(
            "it allows: here that grants nothing, but attached to a role it would; attach it as a permissions boundary or \
             a service control policy, or without its Allow statements"
                .to_owned(),
        );
    }
    if statements.iter().any(|statement| statement.get("Principal").or(statement.get("NotPrincipal")).is_some()) {
        notes.push(
            "it says whom it is about (Principal): neither an identity policy nor a service control policy may; attach \
             it to just these, without the Principal"
                .to_owned(),
        );
    }
    let keys = statements.iter().filter_map(|statement| statement.get("Condition")?.as_object());
    let keys = keys.flat_map(|condition| condition.values()).filter_map(Value::as_object).flat_map(Map::keys);
    let own: std::collections::BTreeSet<_> = keys.filter(|key| is_the_gateways(key)).collect();
    if !own.is_empty() {
        let own: Vec<_> = own.into_iter().map(String::as_str).collect();
        notes.push(format!("AWS does not know the gateway's own keys, and takes them for missing: {}", own.join(", ")));
    }
    notes
}

/// What to say of statements that deny whoever comes without the gateway, too.
fn of_everybody(statements: &[Value]) -> Option<String> {
    let is_bound = |statement: &Value| {
        let operators = statement["Condition"].as_object().into_iter().flatten();
        operators.filter(|(operator, _)| WANTS_A_VALUE.contains(&operator.as_str())).any(|(_, keys)| {
            let mut keys = keys.as_object().into_iter().flatten().map(|(key, _)| key);
            keys.any(|key| {
                [conditions::VIA_TAG_KEY, conditions::CALLED_VIA_TAG_KEY]
                    .iter()
                    .any(|tag| key.eq_ignore_ascii_case(tag))
            })
        })
    };
    let wide =
        statements.iter().enumerate().filter(|(_, statement)| statement["Effect"] == "Deny" && !is_bound(statement));
    let wide: Vec<String> = wide
        .map(|(index, statement)| statement["Sid"].as_str().map_or_else(|| (index + 1).to_string(), ToOwned::to_owned))
        .collect();
    (!wide.is_empty()).then(|| {
        format!(
            "it also denies whoever comes without the gateway (statement {}): as a service control policy that is everybody \
             in the account, so attach it to the mapped roles only, as their permissions boundary or session policy",
            wide.join(", ")
        )
    })
}

/// The operators that hold only where the key is there.
const WANTS_A_VALUE: [&str; 6] = [
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "ForAnyValue:StringEquals",
    "ForAnyValue:StringEqualsIgnoreCase",
    "ForAnyValue:StringLike",
];

fn is_the_gateways(key: &str) -> bool {
    key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("mcp:"))
}
