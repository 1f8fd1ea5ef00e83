//! Instance profiles.

use jiff::Timestamp;

use super::{KeyCase, Named, Tags};

/// An instance profile: how an EC2 instance is given a role.
#[derive(Debug)]
pub(in crate::sandbox) struct InstanceProfile {
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) path: String,
    /// `AIPA...`
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) created: Timestamp,
    pub(in crate::sandbox) tags: Tags,
    /// The name of its role, at most one. A role keeps its name, and is not deleted while a profile holds it.
    pub(in crate::sandbox) role: Option<String>,
}

impl InstanceProfile {
    /// An instance profile without a role.
    pub(in crate::sandbox) fn new(name: &str, path: &str, id: String, created: Timestamp) -> Self {
        Self { name: name.to_owned(), path: path.to_owned(), id, created, tags: Tags::none(KeyCase::Kept), role: None }
    }

    /// The resource part of its ARN.
    pub(in crate::sandbox) fn resource(&self) -> String {
        format!("instance-profile{}{}", self.path, self.name)
    }

    /// Whether it holds this role.
    pub(in crate::sandbox) fn holds(&self, role_name: &str) -> bool {
        self.role.as_deref().is_some_and(|role| role.eq_ignore_ascii_case(role_name))
    }
}

impl Named for InstanceProfile {
    fn name(&self) -> &str {
        &self.name
    }
}
