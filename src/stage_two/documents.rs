//! Generated policies: written in the order of AWS's grammar, and measured.

use serde::Serialize;
use serde_json::Value;

/// A policy that is generated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Generated {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Statement {
    pub(super) sid: &'static str,
    pub(super) effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) principal: Option<Value>,
    pub(super) action: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resource: Option<&'static str>,
    pub(super) condition: Value,
}

impl Generated {
    pub(super) fn new(statement: Vec<Statement>) -> Self {
        Self { version: "2012-10-17", statement }
    }
}

/// How long a policy may be, in characters without white space between its elements.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Of service and resource control policies.
    Organization,
    /// Of trust policies, unless the quota is raised.
    Trust,
    /// Of managed policies.
    Managed,
}

impl Limit {
    /// The characters.
    #[must_use]
    pub fn characters(self) -> usize {
        match self {
            Self::Organization => 5_120,
            Self::Trust => 2_048,
            Self::Managed => 6_144,
        }
    }

    /// What is to be said of `policy`, called `name`, if it is longer.
    #[must_use]
    pub fn exceeded(self, name: &str, policy: &impl Serialize) -> Option<String> {
        let length = serde_json::to_string(policy).expect("policies serialize").chars().count();
        (length > self.characters()).then(|| {
            format!("{name} has {length} characters without white space; AWS takes {} at most", self.characters())
        })
    }
}
