//! `IAM_MCP_GATEWAY__SECTION__KEY=value`: environment variables over the file.

use toml::de::DeValue;

use super::fault::{FaultCode, Place};
use super::node::{Entry, Node, Places, Table, Value, node};
use super::process::Environment;
use super::sink::{Problem, Sink};

/// What the name of every overriding variable begins with. Two underscores, because Kubernetes sets
/// `IAM_MCP_GATEWAY_PORT` and its like by itself for a service of that name.
pub(super) const PREFIX: &str = "IAM_MCP_GATEWAY__";

/// Sections that are arrays of tables even when the file has none of them.
const ARRAYS: [&str; 2] = ["environment", "role_mapping"];

/// Lays the overriding variables over `root`.
pub(super) fn apply(root: &mut Table, environment: &dyn Environment, sink: &Sink) {
    for (name, text) in environment.all() {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let keys: Vec<String> = rest.split("__").map(str::to_ascii_lowercase).collect();
        let path = keys.join(".").escape_debug().to_string();
        let place = Place::Variable(name.clone());
        let outcome = if text.contains('\u{fffd}') {
            Err(Problem::new(FaultCode::Override, "the value is not UTF-8"))
        } else {
            set(root, &keys, value(&name, &text), &place)
        };
        if let Err(problem) = outcome {
            sink.fault(place, &path, problem);
        }
    }
}

/// The value as TOML when it reads as such, else the text itself.
fn value(variable: &str, text: &str) -> Node {
    match DeValue::parse(text.trim()) {
        Ok(value) => node(&value, &Places::Variable(variable)),
        Err(_) => Node { place: Place::Variable(variable.to_owned()), value: Value::String(text.to_owned()) },
    }
}

fn set(root: &mut Table, keys: &[String], value: Node, place: &Place) -> Result<(), Problem> {
    let [section, .., last] = keys else {
        return Err(Problem::new(FaultCode::Override, "names a section and no key")
            .remedy(format!("write {PREFIX}SECTION__KEY, with two underscores between them")));
    };
    if keys.iter().any(String::is_empty) {
        return Err(Problem::new(FaultCode::Override, "has an empty part between its double underscores"));
    }
    if ARRAYS.contains(&section.as_str()) || value.is_array_of_tables() {
        return Err(array_of_tables());
    }
    let mut table = root;
    for key in &keys[..keys.len() - 1] {
        let empty =
            || Entry { key: place.clone(), node: Node { place: place.clone(), value: Value::Table(Table::new()) } };
        let entry = table.entry(key.clone()).or_insert_with(empty);
        table = match &mut entry.node.value {
            Value::Table(table) => table,
            Value::Array(_) => return Err(array_of_tables()),
            _ => return Err(Problem::new(FaultCode::Override, format!("{key:?} is not a table in the file"))),
        };
    }
    if table.get(last).is_some_and(|entry| entry.node.is_array_of_tables()) {
        return Err(array_of_tables());
    }
    table.insert(last.clone(), Entry { key: place.clone(), node: value });
    Ok(())
}

fn array_of_tables() -> Problem {
    Problem::new(FaultCode::Override, "arrays of tables cannot be overridden by a variable")
        .remedy("write it in the configuration file; a variable has no way to say which of the tables it means")
}
