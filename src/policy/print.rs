//! A compiled document as JSON again: the members of every object in the order of their names,
//! every list as a list.

use serde_json::{Map, Value as Json, json};

use super::condition::Condition;
use super::document::{Document, Version};
use super::principals::{PrincipalPattern, Principals};
use super::statement::{Effect, Listed, Statement};

impl Document {
    /// The document as JSON. Read again, it decides the same, and prints the same.
    #[must_use]
    pub fn to_json(&self) -> String {
        let version = match self.version {
            Version::V2008 => "2008-10-17",
            Version::V2012 => "2012-10-17",
        };
        let mut document = Map::new();
        document.insert("Version".to_owned(), version.into());
        if let Some(id) = self.id() {
            document.insert("Id".to_owned(), id.into());
        }
        document.insert("Statement".to_owned(), self.statements.iter().map(statement).collect());
        Json::Object(document).to_string()
    }
}

fn statement(statement: &Statement) -> Json {
    let mut members = Map::new();
    let mut put = |name: &str, value: Json| members.insert(name.to_owned(), value);
    if let Some(sid) = statement.sid() {
        put("Sid", sid.into());
    }
    let effect = match statement.effect {
        Effect::Allow => "Allow",
        Effect::Deny => "Deny",
    };
    put("Effect", effect.into());
    match &statement.principals {
        None => None,
        Some(Principals::Everyone) => put("Principal", "*".into()),
        Some(Principals::Nobody) => put("NotPrincipal", "*".into()),
        Some(Principals::Only(patterns)) => put("Principal", principals(patterns)),
        Some(Principals::AllBut(patterns)) => put("NotPrincipal", principals(patterns)),
    };
    let (name, actions) = listed(&statement.actions, ["Action", "NotAction"], |pattern| pattern.text());
    put(name, actions);
    if let Some(resources) = &statement.resources {
        let (name, resources) = listed(resources, ["Resource", "NotResource"], |pattern| pattern.text());
        put(name, resources);
    }
    if !statement.conditions.is_empty() {
        put("Condition", conditions(&statement.conditions));
    }
    Json::Object(members)
}

fn listed<T>(list: &Listed<T>, [name, not_name]: [&'static str; 2], text: impl Fn(&T) -> &str) -> (&'static str, Json) {
    let name = match list {
        Listed::Only(_) => name,
        Listed::AllBut(_) => not_name,
    };
    (name, list.items().iter().map(text).collect())
}

fn principals(patterns: &[PrincipalPattern]) -> Json {
    let mut types = Map::new();
    for pattern in patterns {
        push(&mut types, pattern.type_name(), pattern.text());
    }
    Json::Object(types)
}

fn conditions(conditions: &[Condition]) -> Json {
    let mut operators = Map::new();
    for condition in conditions {
        let keys = operators.entry(condition.operator.to_string()).or_insert_with(|| json!({}));
        let keys = keys.as_object_mut().expect("made as an object");
        for value in &condition.values {
            push(keys, &condition.key.to_string(), value.text());
        }
    }
    Json::Object(operators)
}

fn push(lists: &mut Map<String, Json>, name: &str, text: &str) {
    let list = lists.entry(name).or_insert_with(|| json!([]));
    list.as_array_mut().expect("made as a list").push(text.into());
}
