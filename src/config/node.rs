//! A configuration as a tree in which every value knows where it was written.

use std::collections::BTreeMap;

use serde_json::json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{FaultCode, Place};
use super::sink::{Problem, Sink};

/// A value and the place of it.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// What TOML can say.
#[derive(Debug, Clone)]
pub(super) enum Value {
    String(String),
    Integer(i64),
    HugeInteger(String),
    Float(String),
    Boolean(bool),
    Datetime(String),
    Array(Vec<Node>),
    Table(Table),
}

/// Keys with their own places: an unknown key is reported where the key stands, not its value.
pub(super) type Table = BTreeMap<String, Entry>;

/// One key of a table.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: Place,
    pub(super) node: Node,
}

impl Node {
    /// The type's name, with its article, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::String(_) => "a string",
            Value::Integer(_) => "an integer",
            Value::HugeInteger(_) => "an integer beyond 64 bits",
            Value::Float(_) => "a float",
            Value::Boolean(_) => "a boolean",
            Value::Datetime(_) => "a date or time",
            Value::Array(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    /// Whether this is `[[...]]`, or a list of inline tables, which means the same.
    pub(super) fn is_array_of_tables(&self) -> bool {
        matches!(&self.value, Value::Array(items)
            if !items.is_empty() && items.iter().all(|item| matches!(item.value, Value::Table(_))))
    }

    /// The value alone, without places. Floats and dates become text; no key takes them.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::String(text) | Value::HugeInteger(text) | Value::Float(text) | Value::Datetime(text) => json!(text),
            Value::Integer(number) => json!(number),
            Value::Boolean(flag) => json!(flag),
            Value::Array(items) => items.iter().map(Self::to_json).collect(),
            Value::Table(table) => table_to_json(table),
        }
    }
}

/// A table's values without places.
pub(super) fn table_to_json(table: &Table) -> serde_json::Value {
    table.iter().map(|(key, entry)| (key.clone(), entry.node.to_json())).collect::<serde_json::Map<_, _>>().into()
}

/// Turns byte offsets into places.
pub(super) enum Places<'a> {
    /// Offsets into this text.
    Text(&'a str),
    /// Everything came from this variable.
    Variable(&'a str),
}

impl Places<'_> {
    pub(super) fn at(&self, offset: usize) -> Place {
        match self {
            Self::Text(text) => {
                let before = &text[..text.floor_char_boundary(offset)];
                let start = before.rfind('\n').map_or(0, |newline| newline + 1);
                let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
                Place::Line { line, column: before[start..].chars().count() + 1 }
            }
            Self::Variable(name) => Place::Variable((*name).to_owned()),
        }
    }
}

/// Parses a file's text; every syntax fault goes to `sink`, and what could be understood is returned.
pub(super) fn parse(text: &str, sink: &Sink) -> Table {
    let places = Places::Text(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let place = error.span().map_or(Place::File, |span| places.at(span.start));
        let problem = Problem::new(FaultCode::Syntax, format!("not TOML: {}", error.message()));
        let bare = error.span().is_some_and(|span| is_in_bare_word(text, span.start));
        sink.fault(place, "", if bare { problem.remedy("put text in quotes: key = \"text\"") } else { problem });
    }
    table(document.get_ref(), &places)
}

/// Whether the value around `offset` is a word without quotes, which the parser takes for a number or a boolean.
fn is_in_bare_word(text: &str, offset: usize) -> bool {
    let line_start = text[..text.floor_char_boundary(offset)].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    line.split_once('=').is_some_and(|(key, value)| {
        line_start + key.len() < offset && value.trim_start().starts_with(|c: char| c.is_alphabetic() || c == '/')
    })
}

/// Takes a value out of the TOML parser's tree.
pub(super) fn node(value: &Spanned<DeValue<'_>>, places: &Places<'_>) -> Node {
    let place = places.at(value.span().start);
    let value = match value.get_ref() {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::HugeInteger(number.to_string()),
        },
        DeValue::Float(number) => Value::Float(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Datetime(moment) => Value::Datetime(moment.to_string()),
        DeValue::Array(items) => Value::Array(items.iter().map(|item| node(item, places)).collect()),
        DeValue::Table(entries) => Value::Table(table(entries, places)),
    };
    Node { place, value }
}

fn table(entries: &DeTable<'_>, places: &Places<'_>) -> Table {
    let entry = |value, key: &Spanned<_>| Entry { key: places.at(key.span().start), node: node(value, places) };
    entries.iter().map(|(key, value)| (key.get_ref().to_string(), entry(value, key))).collect()
}
