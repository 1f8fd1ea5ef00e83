//! Tests for policies: a file of cases, each a set of layers, a request and what is expected of it.
//!
//! ```text
//! {"name": "...", "source": "...", "layers": {"identity": [DOC...], ...}, "request": {...}, "expect": "allowed"}
//! DOC = a policy as an object, as a JSON string, or the name of a file
//! ```
//!
//! One case a line, blank lines left out. A case that cannot be read counts as failed: a test that is not run must not
//! look like one that passed.
//!
//! Policies that stand in a case as objects are cut out of its text as they are written, so that what a JSON reader would
//! swallow, such as a key that stands twice, is still seen by the engine.

mod case;
mod documents;
mod judge;
mod layers;
mod members;
mod request;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use self::case::{Case, Expected};
pub use self::documents::{Doc, DocumentFaults, Files};
pub use self::judge::Found;
pub use self::layers::{CompiledLayers, GivenLayers};
pub use self::request::GivenRequest;
use crate::policy::{Explanation, Outcome};

/// How one case went.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseResult {
    /// The line it stands on, from 1.
    pub line: usize,
    /// Its name, where it could be read.
    pub name: Option<String>,
    /// Whether what was found is what was expected.
    pub passed: bool,
    /// What was expected.
    pub expected: Option<&'static str>,
    /// What was found.
    pub found: Option<&'static str>,
    /// Why the case could not be read.
    pub problem: Option<String>,
    /// What is wrong with its documents.
    pub faults: Vec<DocumentFaults>,
    /// Why the request is decided as it is.
    pub explanation: Option<Explanation>,
}

/// Runs the cases of a file's text.
#[must_use]
pub fn run(text: &str, files: Files<'_>) -> Vec<CaseResult> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(index, line)| run_one(index + 1, line, files)).collect()
}

fn run_one(line: usize, text: &str, files: Files<'_>) -> CaseResult {
    let bad = |name, problem| CaseResult {
        line,
        name,
        passed: false,
        expected: None,
        found: None,
        problem: Some(problem),
        faults: Vec::new(),
        explanation: None,
    };
    let case = match Case::read(text) {
        Ok(case) => case,
        Err(problem) => return bad(None, problem),
    };
    let judged = match case.layers.compile(&case.request, files) {
        Ok(layers) => layers.judge(&case.request),
        Err(problem) => return bad(Some(case.name), problem),
    };
    let (found, explanation, faults) = match judged {
        Found::Invalid(faults) => (Expected::Invalid, None, faults),
        Found::Decided(explanation) => (explanation.outcome.into(), Some(explanation), Vec::new()),
    };
    CaseResult {
        line,
        name: Some(case.name),
        passed: found == case.expect,
        expected: Some(case.expect.as_str()),
        found: Some(found.as_str()),
        problem: None,
        faults,
        explanation,
    }
}

impl From<Outcome> for Expected {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Allowed => Self::Allowed,
            Outcome::ExplicitDeny => Self::ExplicitDeny,
            Outcome::ImplicitDeny => Self::ImplicitDeny,
        }
    }
}
