//! A policy of a simulation, and its statements one by one.

use serde_json::{Value, json};

use super::positions::{Position, of_statements};
use crate::policy::{Document, Effect, Policy, PolicyKind, PolicySet};
use crate::sandbox::error::ServiceError;

/// A policy.
#[derive(Debug)]
pub(super) struct Source {
    /// What results call it.
    pub(super) id: String,
    /// What results call its kind.
    pub(super) kind: &'static str,
    pub(super) policy: Policy,
    pub(super) statements: Vec<One>,
    pub(super) keys: Vec<String>,
}

/// A statement alone: whether it applies can be asked whatever the others say.
#[derive(Debug)]
pub(super) struct One {
    pub(super) effect: Effect,
    pub(super) alone: PolicySet,
    pub(super) place: Option<(Position, Position)>,
}

impl Source {
    /// Reads a document; one that cannot be read is nobody's to simulate.
    ///
    /// # Errors
    /// InvalidInput.
    pub(super) fn read(id: String, kind: PolicyKind, text: &str) -> Result<Self, ServiceError> {
        let document = Document::parse(kind, text).map_err(|_| {
            ServiceError::invalid_input(format!(
                "The policy {id} is not in the valid JSON format or has syntax errors."
            ))
        })?;
        let keys = document.context_keys();
        let places = of_statements(text);
        let statements = alone(&document);
        let statements = statements.into_iter().enumerate().map(|(index, (effect, alone))| One {
            effect,
            alone,
            place: places.get(index).copied(),
        });
        // What AWS answers, although its reference lists other words
        // (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_Statement.html>).
        let told = if kind == PolicyKind::Resource { "Resource Policy" } else { "IAM Policy" };
        Ok(Self { statements: statements.collect(), kind: told, policy: Policy::new(id.as_str(), document), id, keys })
    }
}

/// Reads the documents of a list, which are called `PolicyInputList.1` and so on.
///
/// # Errors
/// InvalidInput.
pub(super) fn read_all(list: &str, texts: &[&str]) -> Result<Vec<Source>, ServiceError> {
    let read =
        |(index, text): (usize, &&str)| Source::read(format!("{list}.{}", index + 1), PolicyKind::Identity, text);
    texts.iter().enumerate().map(read).collect()
}

/// Each statement as a document of its own.
fn alone(document: &Document) -> Vec<(Effect, PolicySet)> {
    let printed: Value = serde_json::from_str(&document.to_json()).unwrap_or_default();
    let statements = printed["Statement"].as_array().into_iter().flatten();
    let effects = document.statements().iter().map(|statement| statement.effect());
    statements
        .zip(effects)
        .map(|(statement, effect)| {
            let text = json!({"Version": printed["Version"], "Statement": [statement]}).to_string();
            let alone = Document::parse(document.kind(), &text);
            (effect, alone.map(|document| PolicySet::from(Policy::new("", document))).unwrap_or_default())
        })
        .collect()
}
