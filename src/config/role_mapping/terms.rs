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

/// How a call is confirmed, from the weakest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confirmation {
    /// Not at all.
    None,
    /// The model passes back a token that the first call gave it, with the plan.
    Model,
    /// The client asks the person in front of it, and asserts what that person said.
    Client,
    /// Another person approves the plan, past the agent: the only one that is independent of it.
    SecondPerson,
}

impl Confirmation {
    /// The word used in configuration and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Model => "model",
            Self::Client => "client",
            Self::SecondPerson => "second-person",
        }
    }

    pub(super) const CHOICES: [(&'static str, Self); 4] =
        [("model", Self::Model), ("client", Self::Client), ("second-person", Self::SecondPerson), ("none", Self::None)];
}

/// Which calls are confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConfirmedCalls {
    /// Those that destroy something, and those that may give a principal more than it had.
    DestructiveAndGrants,
    /// Every call that changes something.
    AllWrites,
}

impl ConfirmedCalls {
    pub(super) const CHOICES: [(&'static str, Self); 2] =
        [("destructive-and-grants", Self::DestructiveAndGrants), ("all-writes", Self::AllWrites)];
}

/// How a mapping's callers confirm, and whether they approve what others ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Confirming {
    /// How strongly; of calls whose plan is not known yet, at least.
    pub strength: Confirmation,
    /// Whether a call that reaches administrator, or much, wants a second person whatever `strength` says: so where the
    /// configuration says nothing of the strength.
    pub escalates: bool,
    /// Which calls.
    pub calls: ConfirmedCalls,
    /// Whether a destructive or granting call must say why.
    pub reason_required: bool,
    /// Whether the callers may approve what other persons' agents plan in this environment.
    pub may_approve: bool,
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
