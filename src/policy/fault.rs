//! What is wrong with a policy document, all of it at once.

use std::fmt;

use serde::Serialize;

/// Faults beyond this many are counted, not described.
const DESCRIBED: usize = 100;

/// The kind of a fault: stable, for whoever reads the JSON form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultCode {
    /// The text is longer than [`super::LARGEST`].
    TooLarge,
    /// The text is not JSON.
    Syntax,
    /// Objects and lists are nested more deeply than any policy is.
    TooDeep,
    /// A key stands twice in one object.
    DuplicateKey,
    /// An element that the language does not have.
    UnknownElement,
    /// An element that this kind of policy does not have.
    ForbiddenElement,
    /// A required element is not there.
    Missing,
    /// Two elements that exclude each other.
    Conflict,
    /// A list, or a text with wildcards or variables, that is longer than any policy needs.
    TooLong,
    /// A value of another JSON type than the element takes.
    WrongType,
    /// A list or an object without anything in it.
    Empty,
    /// A Version that the language never had.
    Version,
    /// A Sid of other characters than it may have, or one that stands twice.
    Sid,
    /// Neither `Allow` nor `Deny`.
    Effect,
    /// Not an action.
    Action,
    /// Neither an ARN nor `*`.
    Resource,
    /// Not a principal.
    Principal,
    /// An operator that the language does not have.
    Operator,
    /// Not a condition key.
    ConditionKey,
    /// A value that the operator cannot compare with.
    ConditionValue,
    /// A policy variable that cannot be read, or that stands where none may.
    Variable,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The kind.
    pub code: FaultCode,
    /// Where, as a JSON path: `$.Statement[0].Condition.IpAddress['aws:SourceIp'][1]`.
    pub path: String,
    /// What is wrong and, where it is not plain, what would be right.
    pub problem: String,
    /// What was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.problem)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; did you mean {suggestion:?}?"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong with one document, in the order of its elements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// The faults; never empty.
    pub faults: Vec<Fault>,
    /// How many more there are than described.
    pub more: usize,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for Faults {}

/// Where the faults of one document go.
#[derive(Debug, Default)]
pub(super) struct Sink {
    faults: Vec<Fault>,
    more: usize,
}

impl Sink {
    pub(super) fn put(&mut self, code: FaultCode, path: impl fmt::Display, problem: impl Into<String>) {
        self.put_with(code, path, problem, || None);
    }

    /// Looks for the suggestion only where it will be shown.
    pub(super) fn put_with(
        &mut self,
        code: FaultCode,
        path: impl fmt::Display,
        problem: impl Into<String>,
        suggestion: impl FnOnce() -> Option<String>,
    ) {
        if self.faults.len() == DESCRIBED {
            self.more += 1;
            return;
        }
        self.faults.push(Fault { code, path: path.to_string(), problem: problem.into(), suggestion: suggestion() });
    }

    /// The faults, or `value` if there are none. Only here is decided whether a document is whole: after a fault, what is
    /// read on need not be.
    pub(super) fn or<T>(self, value: Option<T>) -> Result<T, Faults> {
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(Faults { faults: self.faults, more: self.more }),
        }
    }
}
