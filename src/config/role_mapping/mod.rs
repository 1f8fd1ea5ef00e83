//! `[[role_mapping]]`: which IAM role a caller gets in an environment, and what it may do with it.

mod external_id;
mod pattern;
mod read;
pub(super) mod tags;
mod terms;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub use external_id::{ExternalId, ExternalIdError};
pub use pattern::{CallerPattern, NamePattern, NamePatternError};
pub(super) use read::read;
pub use tags::{RESERVED_TAGS, is_tag_value};
pub use terms::{Access, Confirmation, ConfirmedCalls, Confirming, Toolset};

use super::environments::EnvironmentName;
use crate::arn::{PolicyArn, RoleArn};
use crate::authn::Caller;

/// One `[[role_mapping]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleMapping {
    /// The mapping's name in records, such as `dev/keyring:ci/*`; unique.
    pub id: String,
    /// The environment it is for.
    pub environment: EnvironmentName,
    /// The callers it is for.
    pub caller: CallerPattern,
    /// The role to assume; in one of the environment's accounts.
    pub role_arn: RoleArn,
    /// Whether the callers may write.
    pub access: Access,
    /// The tools the callers have; never empty.
    pub toolsets: BTreeSet<Toolset>,
    /// Session tags beside the gateway's own.
    pub tags: BTreeMap<String, String>,
    /// What the role's trust policy demands as `sts:ExternalId`.
    pub external_id: Option<ExternalId>,
    /// How calls are confirmed.
    pub confirming: Confirming,
    /// The boundary that everything created through this mapping gets and keeps.
    pub permissions_boundary: Option<PolicyArn>,
    /// How long an assumed session lasts.
    pub session: Duration,
    /// How long gateway credentials of its callers last, where that is said; else it is as the kind of proof has it.
    pub credentials: Option<Duration>,
    /// Whether requests with an access token, whose body nobody signed, may write.
    pub bearer_writes: bool,
}

impl RoleMapping {
    /// Whether its callers may change anything.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.access == Access::ReadWrite
    }
}

/// All mappings, in the file's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleMappings(Vec<Arc<RoleMapping>>);

impl RoleMappings {
    /// The mapping for a caller in an environment: the most specific whose pattern matches, which is always one. Nobody
    /// falls through to another environment or another kind of proof.
    #[must_use]
    pub fn resolve(&self, environment: &EnvironmentName, caller: &Caller) -> Option<&Arc<RoleMapping>> {
        self.0
            .iter()
            .filter(|mapping| mapping.environment == *environment && mapping.caller.matches(caller))
            .max_by_key(|mapping| mapping.caller.pattern.specificity())
    }

    /// Whether somebody beside a caller of this mapping could approve what it plans: a caller of another one of its
    /// environment, or of its own where that is for several names.
    #[must_use]
    pub fn has_approver_for(&self, planner: &RoleMapping) -> bool {
        self.iter().any(|mapping| {
            let is_other = mapping.id != planner.id || mapping.caller.pattern.is_for_several();
            mapping.environment == planner.environment && mapping.confirming.may_approve && is_other
        })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &RoleMapping> {
        self.0.iter().map(Arc::as_ref)
    }
}
