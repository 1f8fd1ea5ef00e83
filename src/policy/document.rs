//! One policy document, compiled.

use super::fault::Faults;
use super::parse;
use super::statement::Statement;

/// The longest document that is read, in bytes. AWS's own limits are far below it (at most 20,480 for bucket policies);
/// the gateway's endpoint policies may be long.
pub const LARGEST: usize = 512 * 1024;

/// What a policy is attached to, which decides about the elements that it must and may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// Attached to an identity, or bounding one (permissions boundary, session policy, SCP): no Principal.
    Identity,
    /// A role's trust policy: a Principal, no Resource, and only actions of STS.
    Trust,
    /// Attached to a resource: a Principal and a Resource.
    Resource,
    /// At an endpoint, as VPC endpoint policies are: a Resource, and a Principal where it matters.
    Endpoint,
}

/// The version of the language that a document is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// `2008-10-17`, also where no Version is given: without policy variables.
    V2008,
    /// `2012-10-17`.
    V2012,
}

/// A policy document without faults, compiled.
#[derive(Debug, Clone)]
pub struct Document {
    pub(super) kind: PolicyKind,
    pub(super) version: Version,
    pub(super) id: Option<Box<str>>,
    pub(super) statements: Box<[Statement]>,
}

impl Document {
    /// Reads a document of the given kind from its JSON.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once. Whatever could be misread is wrong: unknown elements and operators,
    /// keys that stand twice, values that the operator cannot compare with, empty lists.
    pub fn parse(kind: PolicyKind, json: &str) -> Result<Self, Faults> {
        parse::document(kind, json)
    }

    /// What it is attached to.
    #[must_use]
    pub fn kind(&self) -> PolicyKind {
        self.kind
    }

    /// The version of the language.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Its Id, which means nothing to the evaluation.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The same without the statement at this place; `None` where no other is left.
    #[must_use]
    pub fn without(&self, statement: usize) -> Option<Self> {
        let mut left = self.clone();
        let kept = self.statements.iter().enumerate().filter(|(place, _)| *place != statement);
        left.statements = kept.map(|(_, statement)| statement.clone()).collect();
        (!left.statements.is_empty()).then_some(left)
    }

    /// Its statements, in their order; never empty.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }
}
