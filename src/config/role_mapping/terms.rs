//! The words a mapping is made of.

use std::fmt;

use serde::Serialize;

/// What a mapping lets its callers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Tools that read.
    ReadOnly,
    /// Tools that read and tools that write.
    ReadWrite,
}

impl Access {
    /// The word used in configuration and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::ReadWrite => "read-write",
        }
    }

    pub(super) const CHOICES: [(&'static str, Self); 2] =
        [("read-only", Self::ReadOnly), ("read-write", Self::ReadWrite)];
}

/// How a destructive or granting call is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confirmation {
    /// Not at all.
    None,
    /// The model passes back a token that the first call gave it, with the plan.
    Model,
}

impl Confirmation {
    /// The word used in configuration and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Model => "model",
        }
    }

    pub(super) const CHOICES: [(&'static str, Self); 2] = [("model", Self::Model), ("none", Self::None)];
}

/// A group of tools that a mapping can leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Toolset {
    /// IAM users.
    Users,
    /// IAM roles.
    Roles,
    /// IAM groups.
    Groups,
    /// Managed policies.
    Policies,
    /// Access keys.
    AccessKeys,
    /// The policy simulator.
    Simulation,
    /// The analysis of identities.
    Identities,
    /// Reports and reviews.
    Governance,
}

impl Toolset {
    /// Every toolset.
    pub const ALL: [Self; 8] = [
        Self::Users,
        Self::Roles,
        Self::Groups,
        Self::Policies,
        Self::AccessKeys,
        Self::Simulation,
        Self::Identities,
        Self::Governance,
    ];

    /// The word used in configuration and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Roles => "roles",
            Self::Groups => "groups",
            Self::Policies => "policies",
            Self::AccessKeys => "access_keys",
            Self::Simulation => "simulation",
            Self::Identities => "identities",
            Self::Governance => "governance",
        }
    }
}

impl fmt::Display for Toolset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
