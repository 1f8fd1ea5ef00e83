//! What a check says.

use serde::Serialize;

use crate::arn::{AccountId, RoleArn};

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// It could not be looked at.
    Unknown,
    /// It works, and something that guards it is missing.
    Warning,
    /// It does not work, or does not guard what it is there to guard.
    Problem,
}

impl Status {
    /// The word in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "about", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Subject {
    /// The gateway's own identity.
    Gateway,
    /// A role mapping, with the role that it is to.
    Mapping {
        /// Its name.
        mapping: String,
        /// The role.
        #[serde(serialize_with = "text")]
        role_arn: RoleArn,
    },
    /// A mapped role.
    Role {
        /// The role.
        #[serde(serialize_with = "text")]
        role_arn: RoleArn,
        /// The mappings to it.
        mappings: Vec<String>,
    },
    /// An account that has mapped roles.
    Account {
        /// The account.
        #[serde(serialize_with = "text")]
        account: AccountId,
    },
}

fn text<S: serde::Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// What one check says of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check's code: stable.
    pub code: &'static str,
    /// What is so where it is fine.
    pub expected: &'static str,
    /// How it stands.
    pub status: Status,
    /// What was looked at.
    #[serde(flatten)]
    pub subject: Subject,
    /// What was seen.
    pub evidence: String,
    /// What to change; of what is unknown, what lets it be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

/// The same before it is known what it is said of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) status: Status,
    pub(super) evidence: String,
    pub(super) mend: Option<String>,
}

impl Said {
    pub(super) fn ok(evidence: impl Into<String>) -> Self {
        Self { status: Status::Ok, evidence: evidence.into(), mend: None }
    }

    pub(super) fn unknown(evidence: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { status: Status::Unknown, evidence: evidence.into(), mend: Some(mend.into()) }
    }

    pub(super) fn warning(evidence: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { status: Status::Warning, evidence: evidence.into(), mend: Some(mend.into()) }
    }

    pub(super) fn problem(evidence: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { status: Status::Problem, evidence: evidence.into(), mend: Some(mend.into()) }
    }
}

/// How many findings there are of each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// As they should be.
    pub ok: usize,
    /// Not looked at.
    pub unknown: usize,
    /// Warnings.
    pub warning: usize,
    /// Problems.
    pub problem: usize,
}

impl Counts {
    /// Of these.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            *match finding.status {
                Status::Ok => &mut counts.ok,
                Status::Unknown => &mut counts.unknown,
                Status::Warning => &mut counts.warning,
                Status::Problem => &mut counts.problem,
            } += 1;
        }
        counts
    }
}
