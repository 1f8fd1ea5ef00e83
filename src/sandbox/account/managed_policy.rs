//! Managed policies, the account's own and AWS's.

use jiff::Timestamp;

use super::Tags;

/// A managed policy.
#[derive(Debug)]
pub(in crate::sandbox) struct ManagedPolicy {
    pub(in crate::sandbox) arn: String,
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) path: String,
    /// `ANPA...`
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) created: Timestamp,
    pub(in crate::sandbox) updated: Timestamp,
    pub(in crate::sandbox) description: Option<String>,
    pub(in crate::sandbox) tags: Tags,
    /// From the oldest to the newest; at most five, and one of them is the default.
    pub(in crate::sandbox) versions: Vec<PolicyVersion>,
    /// The number of the version in force.
    pub(in crate::sandbox) default_version: u32,
    /// The number that the next version gets: numbers are never used again.
    pub(in crate::sandbox) next_version: u32,
}

/// One version of a managed policy.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct PolicyVersion {
    /// 3 for `v3`.
    pub(in crate::sandbox) number: u32,
    pub(in crate::sandbox) document: String,
    pub(in crate::sandbox) created: Timestamp,
}

impl ManagedPolicy {
    /// Whether it is one of AWS's, which nobody changes.
    pub(in crate::sandbox) fn is_aws_managed(&self) -> bool {
        self.arn.contains(":iam::aws:policy/")
    }

    /// A version by its number.
    pub(in crate::sandbox) fn version(&self, number: u32) -> Option<&PolicyVersion> {
        self.versions.iter().find(|version| version.number == number)
    }

    /// The document in force.
    pub(in crate::sandbox) fn document(&self) -> &str {
        self.version(self.default_version).map_or("", |version| &version.document)
    }
}
