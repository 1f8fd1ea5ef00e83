//! Where readers put what they find.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::fault::{Fault, FaultCode, Place, Warning};
use crate::suggest::suggest;

/// What is wrong, before it is known where.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    code: FaultCode,
    text: String,
    suggestion: Option<String>,
    remedy: Option<String>,
}

impl Problem {
    pub(super) fn new(code: FaultCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), suggestion: None, remedy: None }
    }

    pub(super) fn invalid(text: impl Into<String>) -> Self {
        Self::new(FaultCode::Invalid, text)
    }

    /// A value that is right by itself and wrong together with another.
    pub(super) fn conflict(text: impl Into<String>) -> Self {
        Self::new(FaultCode::Conflict, text)
    }

    /// Adds what to do.
    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Adds what to do, unless a suggestion says it already.
    pub(super) fn or_remedy(self, remedy: impl FnOnce() -> String) -> Self {
        if self.suggestion.is_some() { self } else { self.remedy(remedy()) }
    }

    /// Adds the candidate that `word` was probably meant to be.
    pub(super) fn suggest<'a>(mut self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        self.suggestion = suggest(word, candidates).map(ToOwned::to_owned);
        self
    }
}

/// Collects faults, warnings and the keys that were asked for, while everything is read once.
///
/// Interior mutability, so that readers of nested tables can all hold it.
#[derive(Debug, Default)]
pub(super) struct Sink {
    faults: RefCell<Vec<Fault>>,
    warnings: RefCell<Vec<Warning>>,
    known: RefCell<BTreeSet<String>>,
}

impl Sink {
    pub(super) fn fault(&self, place: Place, path: &str, problem: Problem) {
        let Problem { code, text, suggestion, remedy } = problem;
        self.faults.borrow_mut().push(Fault { code, place, path: path.to_owned(), problem: text, suggestion, remedy });
    }

    pub(super) fn warn(&self, subject: impl Into<String>, message: impl Into<String>) {
        self.warnings.borrow_mut().push(Warning { subject: subject.into(), message: message.into() });
    }

    /// Remembers that `path` is a key somebody reads; indexes are left out: `role_mapping[].access`.
    pub(super) fn know(&self, path: &str) {
        let mut known = String::with_capacity(path.len());
        let mut inside = false;
        for c in path.chars() {
            inside = inside && c != ']';
            if !inside {
                known.push(c);
            }
            inside = inside || c == '[';
        }
        self.known.borrow_mut().insert(known);
    }

    pub(super) fn is_clean(&self) -> bool {
        self.faults.borrow().is_empty()
    }

    /// Faults in the order of the file, and the warnings, and every key that was asked for.
    ///
    /// A key that is missing because it was misspelled is one fault, not two.
    /// Beside a syntax fault some others are only its echo, and left out: what stands on the same line, and what seems to
    /// be missing or undeclared because the parser could not see it.
    pub(super) fn into_parts(self) -> (Vec<Fault>, Vec<Warning>, BTreeSet<String>) {
        let mut faults = self.faults.into_inner();
        faults.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
        let misspelled: BTreeSet<String> = faults.iter().filter_map(meant).collect();
        faults.retain(|fault| fault.code != FaultCode::Missing || !misspelled.contains(&fault.path));
        let broken: BTreeSet<usize> =
            faults.iter().filter(|fault| fault.code == FaultCode::Syntax).filter_map(line).collect();
        if faults.iter().any(|fault| fault.code == FaultCode::Syntax) {
            faults.retain(|fault| match fault.code {
                FaultCode::Syntax => true,
                FaultCode::Missing | FaultCode::UnknownName | FaultCode::Conflict => false,
                _ => line(fault).is_none_or(|line| !broken.contains(&line)),
            });
        }
        (faults, self.warnings.into_inner(), self.known.into_inner())
    }
}

/// The path of the key that an unknown key was probably meant to be.
fn meant(fault: &Fault) -> Option<String> {
    let suggestion = fault.suggestion.as_ref().filter(|_| fault.code == FaultCode::UnknownKey)?;
    let (section, _) = fault.path.rsplit_once('.')?;
    Some(format!("{section}.{suggestion}"))
}

fn sort_key(fault: &Fault) -> (&Place, &str) {
    (&fault.place, &fault.path)
}

fn line(fault: &Fault) -> Option<usize> {
    match fault.place {
        Place::Line { line, .. } => Some(line),
        Place::File | Place::Variable(_) => None,
    }
}
