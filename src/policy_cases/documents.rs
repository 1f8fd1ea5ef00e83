//! The policies of a case: in its own text, or in files beside it.

use std::fmt;

use serde::Serialize;

use super::members::items;
use crate::policy::{Document, Faults, Policy, PolicyKind, PolicySet};

/// Reads a file that a case names. The error says why it cannot.
pub type Files<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// One policy of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doc {
    /// Its JSON.
    Json(String),
    /// The name of its file.
    File(String),
}

impl Doc {
    /// The policies of a layer: one, or a list.
    pub(super) fn read_all(layer: &str, text: &str) -> Result<Vec<Self>, String> {
        let items = items(text).map_err(|problem| format!("layer {layer:?}: {problem}"))?;
        items.into_iter().map(|item| Self::read(layer, item)).collect()
    }

    fn read(layer: &str, text: &str) -> Result<Self, String> {
        // What is neither an object nor a string is a document with a fault, which a case may expect.
        if !text.starts_with('"') {
            return Ok(Self::Json(text.to_owned()));
        }
        let text: String = serde_json::from_str(text).map_err(|error| format!("layer {layer:?}: {error}"))?;
        let is_json = text.trim().is_empty() || serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        let looks_so = text.trim_start().starts_with(['{', '[']);
        Ok(if is_json || looks_so { Self::Json(text) } else { Self::File(text) })
    }
}

/// What is wrong with one policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DocumentFaults {
    /// The policy's name: its file, or its layer and place.
    pub policy: String,
    /// The faults.
    #[serde(flatten)]
    pub faults: Faults,
}

impl fmt::Display for DocumentFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.policy, self.faults)
    }
}

/// Compiles the policies of a layer; faults go to `faults`. The error says why a file cannot be read.
pub(super) fn compile(
    layer: &str,
    kind: PolicyKind,
    docs: &[Doc],
    files: Files<'_>,
    faults: &mut Vec<DocumentFaults>,
) -> Result<PolicySet, String> {
    let mut policies = Vec::new();
    for (index, doc) in docs.iter().enumerate() {
        let (name, read) = match doc {
            Doc::Json(json) => (format!("{layer}[{index}]"), json.clone()),
            Doc::File(name) => {
                (name.clone(), files(name).map_err(|problem| format!("layer {layer:?}: {name} {problem}"))?)
            }
        };
        match Document::parse(kind, &read) {
            Ok(document) => policies.push(Policy::new(name, document)),
            Err(found) => faults.push(DocumentFaults { policy: name, faults: found }),
        }
    }
    Ok(policies.into_iter().collect())
}
