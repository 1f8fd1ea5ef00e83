//! The permission policies of a user, group or role.

use std::collections::{BTreeMap, BTreeSet};

/// What is attached, and what is written into the entity itself.
#[derive(Debug, Clone, Default)]
pub(in crate::sandbox) struct Policies {
    /// ARNs of managed policies.
    pub(in crate::sandbox) attached: BTreeSet<String>,
    /// Documents by name. The names are case-sensitive, unlike those of entities.
    pub(in crate::sandbox) inline: BTreeMap<String, String>,
}
