//! The ARN of a managed policy.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

use super::{AccountId, Arn, ArnError, Partition, is_entity_name, is_path, split_path};

/// Who owns a managed policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyOwner {
    /// AWS itself: the account part reads `aws`.
    Aws,
    /// An account: a customer managed policy.
    Account(AccountId),
}

/// `arn:PARTITION:iam::ACCOUNT:policy/[path/]name`, where the account is twelve digits or `aws`; a name of 1-128
/// characters of `[\w+=,.@-]`, a path of at most 512 (IAM's API reference, CreatePolicy).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyArn {
    partition: Partition,
    owner: PolicyOwner,
    path: String,
    name: String,
}

impl PolicyArn {
    /// The partition the policy lives in.
    #[must_use]
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// Whose policy it is.
    #[must_use]
    pub fn owner(&self) -> PolicyOwner {
        self.owner
    }

    /// The path with its slashes; `/` when the policy has none.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The policy's name without its path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Why a text is not the ARN of a managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PolicyArnError {
    /// Not an ARN at all.
    #[error(transparent)]
    Arn(#[from] ArnError),
    /// An ARN of something else.
    #[error("is not a managed policy's ARN, which reads arn:{partition}:iam::ACCOUNT:policy/NAME", partition = .0)]
    NotAPolicy(Partition),
    /// The path breaks IAM's rule.
    #[error("the path {0:?} is not a policy path: at most 512 printable ASCII characters, with / at both ends")]
    Path(String),
    /// The name breaks IAM's rule.
    #[error("the policy name {0:?} is not valid: 1-128 letters, digits or _+=,.@-")]
    Name(String),
}

impl FromStr for PolicyArn {
    type Err = PolicyArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let arn: Arn = text.parse()?;
        let not_a_policy = || PolicyArnError::NotAPolicy(arn.partition());
        if arn.service() != "iam" || !arn.region().is_empty() {
            return Err(not_a_policy());
        }
        let owner = match arn.account() {
            "aws" => PolicyOwner::Aws,
            account => PolicyOwner::Account(account.parse().map_err(|_| not_a_policy())?),
        };
        let (path, name) = split_path(arn.resource().strip_prefix("policy/").ok_or_else(not_a_policy)?);
        if !is_path(&path) {
            return Err(PolicyArnError::Path(path));
        }
        if !is_entity_name(name, 128) {
            return Err(PolicyArnError::Name(name.to_owned()));
        }
        Ok(Self { partition: arn.partition(), owner, path, name: name.to_owned() })
    }
}

impl fmt::Display for PolicyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, owner, path, name } = self;
        match owner {
            PolicyOwner::Aws => write!(f, "arn:{partition}:iam::aws:policy{path}{name}"),
            PolicyOwner::Account(account) => write!(f, "arn:{partition}:iam::{account}:policy{path}{name}"),
        }
    }
}

impl Serialize for PolicyArn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
