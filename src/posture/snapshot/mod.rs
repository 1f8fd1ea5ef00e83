//! An account at one moment, as GetAccountAuthorizationDetails and the credential report tell it.

mod credentials;
mod csv;
mod details;
mod library;
mod report;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

pub use self::credentials::{AccessKey, Credentials};
pub use self::csv::CsvFault;
pub use self::details::DetailsError;
pub use self::library::{Library, Written};
pub use self::report::{Cell, ROOT, ReportFault, ReportRow, report};
use crate::iam::Account;

/// Everybody and everything that says what they may do. Lists are in AWS's order.
#[derive(Debug)]
pub struct Snapshot {
    /// The account.
    pub account: Account,
    /// When it was read.
    pub taken: Timestamp,
    /// The users.
    pub users: Vec<User>,
    /// The groups.
    pub groups: Vec<Group>,
    /// The roles.
    pub roles: Vec<Role>,
    /// The managed policies: the account's own, and those of AWS that are in use.
    pub policies: Vec<ManagedPolicy>,
    /// The credentials of the root user, where the credential report was read.
    pub root: Option<Credentials>,
}

/// What users, groups and roles have in common.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its name, without the path.
    pub name: Box<str>,
    /// Its ARN.
    pub arn: Box<str>,
    /// The id that no other ever has.
    pub id: Box<str>,
    /// Its path, `/` for none.
    pub path: Box<str>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Its tags, key and value; groups have none.
    pub tags: Vec<(Box<str>, Box<str>)>,
    /// The ARNs of the managed policies attached to it.
    pub attached: Vec<Arc<str>>,
    /// Its inline policies, by name.
    pub inline: Vec<(Box<str>, Arc<Written>)>,
    /// The ARN of its permissions boundary; groups have none.
    pub boundary: Option<Arc<str>>,
}

/// A user.
#[derive(Debug, Clone)]
pub struct User {
    /// Who it is and what it holds itself.
    pub identity: Identity,
    /// The names of its groups.
    pub groups: Vec<Arc<str>>,
    /// Its password, keys and second factor, where the credential report was read.
    pub credentials: Option<Credentials>,
}

/// A group.
#[derive(Debug, Clone)]
pub struct Group {
    /// What it is and holds.
    pub identity: Identity,
}

/// A role.
#[derive(Debug, Clone)]
pub struct Role {
    /// What it is and holds.
    pub identity: Identity,
    /// Who may assume it.
    pub trust: Arc<Written>,
    /// When AWS last saw it used, within the 400 days that AWS remembers.
    pub last_used: Option<Timestamp>,
    /// The names of the instance profiles that hold it.
    pub instance_profiles: Vec<Box<str>>,
}

/// A managed policy.
#[derive(Debug, Clone)]
pub struct ManagedPolicy {
    /// Its name.
    pub name: Box<str>,
    /// Its ARN.
    pub arn: Arc<str>,
    /// The version that is in force.
    pub default_version: Box<str>,
    /// All versions with their documents.
    pub versions: Vec<PolicyVersion>,
}

/// A version of a managed policy.
#[derive(Debug, Clone)]
pub struct PolicyVersion {
    /// `v1`.
    pub id: Box<str>,
    /// What it says.
    pub document: Arc<Written>,
}

/// The path of the roles that belong to AWS's services: nobody else may change them.
pub const SERVICE_LINKED_PATH: &str = "/aws-service-role/";

impl Role {
    /// Whether it belongs to a service of AWS, which alone may change it.
    #[must_use]
    pub fn is_service_linked(&self) -> bool {
        self.identity.path.starts_with(SERVICE_LINKED_PATH)
    }
}

impl ManagedPolicy {
    /// What it says now; `None` where AWS told no document of the version in force.
    #[must_use]
    pub fn document(&self) -> Option<&Arc<Written>> {
        self.versions.iter().find(|version| version.id == self.default_version).map(|version| &version.document)
    }

    /// Whether it is one of AWS's own, which nobody can change.
    #[must_use]
    pub fn is_aws_managed(&self) -> bool {
        self.arn.split(':').nth(4) == Some("aws")
    }
}

impl Identity {
    /// The value of its tag of this key, letter case aside, as IAM has it.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|(own, _)| own.eq_ignore_ascii_case(key)).map(|(_, value)| &**value)
    }
}

/// The policies and groups of a snapshot by what they are named by.
#[derive(Debug)]
pub struct Directory<'a> {
    policies: HashMap<&'a str, &'a ManagedPolicy>,
    groups: HashMap<&'a str, &'a Group>,
}

impl<'a> Directory<'a> {
    /// Of a snapshot.
    #[must_use]
    pub fn of(snapshot: &'a Snapshot) -> Self {
        Self {
            policies: snapshot.policies.iter().map(|policy| (&*policy.arn, policy)).collect(),
            groups: snapshot.groups.iter().map(|group| (&*group.identity.name, group)).collect(),
        }
    }

    /// The managed policy of this ARN.
    #[must_use]
    pub fn policy(&self, arn: &str) -> Option<&'a ManagedPolicy> {
        self.policies.get(arn).copied()
    }

    /// The group of this name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&'a Group> {
        self.groups.get(name).copied()
    }
}
