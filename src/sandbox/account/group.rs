//! Groups.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Named, Policies};

/// A group of users.
#[derive(Debug)]
pub(in crate::sandbox) struct Group {
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) path: String,
    /// `AGPA...`
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) created: Timestamp,
    pub(in crate::sandbox) policies: Policies,
    /// Ids of users: an id outlives a new name.
    pub(in crate::sandbox) members: BTreeSet<String>,
}

impl Group {
    /// A group without members.
    pub(in crate::sandbox) fn new(name: &str, path: &str, id: String, created: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            path: path.to_owned(),
            id,
            created,
            policies: Policies::default(),
            members: BTreeSet::new(),
        }
    }

    /// The resource part of its ARN.
    pub(in crate::sandbox) fn resource(&self) -> String {
        format!("group{}{}", self.path, self.name)
    }
}

impl Named for Group {
    fn name(&self) -> &str {
        &self.name
    }
}
